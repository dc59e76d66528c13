package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// instance is an app that the SDK measures. Its readings are sent by the real
// exporter, as of minutes that the test chooses.
type instance struct {
	t        *testing.T
	started  time.Time
	reader   *sdkmetric.ManualReader
	exporter sdkmetric.Exporter
	requests metric.Int64Counter
	open     metric.Int64UpDownCounter
	load     metric.Float64Gauge
	latency  metric.Float64Histogram
}

func (s *server) instance(name string, started time.Time, temporality metricdata.Temporality) *instance {
	t := s.t
	t.Helper()
	selector := func(sdkmetric.InstrumentKind) metricdata.Temporality { return temporality }
	exporter, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpoint(s.addr["listen"]), otlpmetrichttp.WithInsecure(),
		otlpmetrichttp.WithHeaders(map[string]string{"x-honeycomb-team": "any-key", "x-honeycomb-dataset": "series"}), otlpmetrichttp.WithTemporalitySelector(selector))
	need(t, err)
	i := &instance{t: t, started: started, reader: sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(selector)), exporter: exporter}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(i.reader), sdkmetric.WithResource(resource.NewSchemaless(attribute.String("instance", name))))
	meter := provider.Meter("app")
	i.requests, err = meter.Int64Counter("requests", metric.WithUnit("{request}"), metric.WithDescription("what came in"))
	need(t, err)
	i.open, err = meter.Int64UpDownCounter("open")
	need(t, err)
	i.load, err = meter.Float64Gauge("load")
	need(t, err)
	i.latency, err = meter.Float64Histogram("latency", metric.WithExplicitBucketBoundaries(0, 10, 20, 40))
	need(t, err)
	t.Cleanup(func() { _ = exporter.Shutdown(context.WithoutCancel(t.Context())) })
	return i
}

// measures lets the app do something, and sends what it then says as of a moment.
func (i *instance) measures(at time.Time, requests int64, load float64, latencies ...float64) {
	i.t.Helper()
	ctx := i.t.Context()
	i.requests.Add(ctx, requests)
	i.open.Add(ctx, 1)
	i.load.Record(ctx, load)
	for _, l := range latencies {
		i.latency.Record(ctx, l)
	}
	var all metricdata.ResourceMetrics
	need(i.t, i.reader.Collect(ctx, &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for p := range d.DataPoints {
					d.DataPoints[p].StartTime, d.DataPoints[p].Time = i.started, at
				}
			case metricdata.Gauge[float64]:
				for p := range d.DataPoints {
					d.DataPoints[p].StartTime, d.DataPoints[p].Time = i.started, at
				}
			case metricdata.Histogram[float64]:
				for p := range d.DataPoints {
					d.DataPoints[p].StartTime, d.DataPoints[p].Time = i.started, at
				}
			default:
				i.t.Fatalf("%s is a %T", m.Name, m.Data)
			}
		}
	}
	need(i.t, i.exporter.Export(ctx, &all))
}

// results runs a query through Honeycomb's API.
func (s *server) results(dataset string, query map[string]any) (rows, series []map[string]any) {
	s.t.Helper()
	var made, run struct {
		ID       string
		Complete bool
		Error    string
		Data     struct {
			Results []struct{ Data map[string]any }
			Series  []struct{ Data map[string]any }
		}
	}
	s.call(http.MethodPost, "/1/queries/"+dataset, query, &made)
	s.call(http.MethodPost, "/1/query_results/"+dataset, map[string]any{"query_id": made.ID}, &run)
	for id := run.ID; !run.Complete; {
		if s.t.Context().Err() != nil {
			s.t.Fatal("the results were never complete")
		}
		s.call(http.MethodGet, "/1/query_results/"+dataset+"/"+id, nil, &run)
	}
	if run.Error != "" {
		s.t.Fatal(run.Error)
	}
	for _, row := range run.Data.Results {
		rows = append(rows, row.Data)
	}
	for _, point := range run.Data.Series {
		series = append(series, point.Data)
	}
	return rows, series
}

// TestGo_MetricsAreSeries: an app with two instances, one of which is started again,
// and another that sends deltas; Honeycomb's API and Oriel's own answer what happened.
func TestGo_MetricsAreSeries(t *testing.T) {
	t.Parallel()
	s := start(t)
	begin := time.Now().Truncate(time.Minute).Add(-30 * time.Minute)
	minute := func(n int) time.Time { return begin.Add(time.Duration(n)*time.Minute + 10*time.Second) }
	long := begin.Add(-24 * time.Hour)
	a := s.instance("a", long, metricdata.CumulativeTemporality)
	a.measures(minute(0), 10, 1, 5, 5)
	a.measures(minute(1), 10, 2, 15, 15)
	a = s.instance("a", minute(1).Add(20*time.Second), metricdata.CumulativeTemporality)
	a.measures(minute(2), 25, 3, 30)
	b := s.instance("b", long, metricdata.CumulativeTemporality)
	b.measures(minute(0), 100, 10)
	b.measures(minute(1), 100, 10)
	b.measures(minute(2), 100, 20)
	c := s.instance("c", long, metricdata.DeltaTemporality)
	for n := range 3 {
		c.measures(minute(n), 3, 5, 15)
	}
	ask := func(calculations string, more string) map[string]any {
		query := map[string]any{}
		need(t, json.Unmarshal([]byte(fmt.Sprintf(`{"start_time":%d,"end_time":%d,"granularity":60,"calculations":[%s]%s}`, begin.Unix()+60, begin.Unix()+180, calculations, more)), &query))
		return query
	}
	for _, q := range []struct {
		calculations, more, key string
		table                   float64
		course                  []float64
	}{
		// a: +10, then 25 from zero; b: +100 each minute; c: 3 each minute.
		{`{"op":"SUM","column":"requests"}`, "", "SUM(requests)", 35 + 200 + 6, []float64{113, 128}},
		{`{"op":"MAX","column":"requests"}`, "", "MAX(requests)", 200, []float64{100, 100}},
		{`{"op":"COUNT","column":"requests"}`, "", "COUNT(requests)", 3, nil},
		{`{"op":"SUM","column":"requests"}`, `,"filters":[{"column":"instance","op":"=","value":"a"}]`, "SUM(requests)", 35, []float64{10, 25}},
		{`{"op":"SUM","column":"load"}`, "", "SUM(load)", 3 + 20 + 5, []float64{17, 28}},
		{`{"op":"HISTOGRAM_COUNT","column":"latency"}`, "", "HISTOGRAM_COUNT(latency)", 2 + 1 + 2, []float64{3, 2}},
		{`{"op":"SUM","column":"latency"}`, "", "SUM(latency)", 30 + 30 + 30, nil},
		{`{"op":"P50","column":"latency"}`, "", "P50(latency)", 10 + 10*2.5/4, []float64{15, 20}},
		{`{"op":"SUM","column":"pace"}`, `,"calculated_fields":[{"name":"pace","expression":"RATE($requests)"}]`, "SUM(pace)", 241.0 / 120, []float64{113.0 / 60, 128.0 / 60}},
		{`{"op":"SUM","column":"raw"}`, `,"calculated_fields":[{"name":"raw","expression":"RAW_METRIC($requests)"}]`, "SUM(raw)", 20 + 25 + 200 + 300 + 6, nil},
	} {
		query := ask(q.calculations, q.more)
		rows, series := s.results("series", query)
		if len(rows) != 1 || !about(rows[0][q.key], q.table) {
			t.Errorf("%s%s: %v, want %v", q.calculations, q.more, rows, q.table)
		}
		for i, want := range q.course {
			if i >= len(series) || !about(series[i][q.key], want) {
				t.Errorf("%s%s, minute %d: %v, want %v", q.calculations, q.more, i+1, series, want)
			}
		}
		lines := s.lines("/api/query", map[string]any{"dataset": "series", "query": query})
		var own struct {
			Result struct{ Rows [][]any }
		}
		need(t, json.Unmarshal(lines[len(lines)-1], &own))
		if len(own.Result.Rows) != 1 || !about(own.Result.Rows[0][0], q.table) {
			t.Errorf("the Query page's answer to %s%s: %s, want %v", q.calculations, q.more, lines[len(lines)-1], q.table)
		}
	}
	var fields struct {
		Fields []struct{ Name, Type, Metric, Unit, Description string }
	}
	s.call(http.MethodGet, "/api/fields?dataset=series", nil, &fields)
	kinds := map[string]string{}
	for _, f := range fields.Fields {
		kinds[f.Name] = f.Metric
		if f.Name == "requests" && (f.Unit != "{request}" || f.Description != "what came in") {
			t.Errorf("requests: %+v", f)
		}
	}
	for name, want := range map[string]string{"load": "gauge", "instance": ""} {
		if got, ok := kinds[name]; got != want || !ok {
			t.Errorf("%s is %q (%v), want %q", name, got, ok, want)
		}
	}
}

func about(got any, want float64) bool {
	f, ok := got.(float64)
	return ok && math.Abs(f-want) <= 1e-6*max(math.Abs(want), 1)
}
