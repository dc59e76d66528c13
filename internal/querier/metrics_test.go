package querier

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

const minute = int64(60e9)

// metricsBase is a full minute; questions are about the five minutes from one after it.
func metricsBase() int64 { return now.UnixNano() - now.UnixNano()%minute - 100*minute }

// metricsKinds are those of the metrics of readings.
func metricsKinds(name string) event.Metric {
	kinds := map[string]event.MetricKind{
		"requests": event.CumulativeCounter, "load": event.Gauge, "sent": event.DeltaCounter, "open": event.CumulativeSum,
		"latency": event.CumulativeHistogram, "latency.count": event.CumulativeCounter, "latency.sum": event.CumulativeCounter, "latency.p99": event.Gauge,
		"pause.count": event.CumulativeCounter, "errors": event.DeltaCounter, "wait": event.DeltaHistogram,
	}
	return event.Metric{Name: name, Kind: kinds[name]}
}

// readings are what two hosts said each minute, from minute 0 to 5. Host a was
// started again before minute 3, and did not say anything in minute 5.
func readings() *event.Batch {
	b := event.NewBatch("test", "points")
	say := func(host string, m, start int64, fields map[string]event.Value) {
		b.Begin(metricsBase() + m*minute + 20e9)
		b.SetAt(b.Len()-1, event.FieldSeries, event.IntValue(int64(host[0])))
		b.SetAt(b.Len()-1, event.FieldSeriesStart, event.IntValue(start))
		b.Set("host", event.StringValue(host))
		for name, v := range fields {
			b.Set(name, v)
		}
	}
	count, n := event.FloatValue, event.IntValue
	for m, v := range []struct {
		requests int64
		load     float64
		sent     int64
		latency  string
		values   int64
		sum      float64
	}{
		{10, 1, 1, "[[0,10,4]]", 4, 20},
		{20, 2, 1, "[[0,10,8]]", 8, 40},
		{30, 3, 1, "[[0,10,8],[10,20,2]]", 10, 70},
		{5, 4, 1, "[[10,20,1]]", 1, 15},
		{15, 5, 1, "[[10,20,1],[20,40,5]]", 6, 165},
	} {
		start := int64(1)
		if m >= 3 {
			start = metricsBase() + int64(m)*minute - 30e9
			if m > 3 {
				start -= minute
			}
		}
		say("a", int64(m), start, map[string]event.Value{
			"requests": n(v.requests), "load": count(v.load), "open": n(int64(m)), "latency": event.StringValue(v.latency),
			"latency.count": n(v.values), "latency.sum": count(v.sum), "latency.p99": count(1),
		})
		b.Begin(metricsBase() + int64(m)*minute + 20e9) // deltas are in events of their own
		b.SetAt(b.Len()-1, event.FieldSeries, n('a'))
		b.Set("host", event.StringValue("a"))
		b.Set("sent", n(v.sent))
	}
	for m := range int64(6) {
		say("b", m, 0, map[string]event.Value{"requests": n(100 * (m + 1)), "load": count(10)})
	}
	return b
}

func askMetrics(t *testing.T, q *Querier, spec string, opts SpecOptions) (*SpecResult, error) {
	t.Helper()
	from := metricsBase()/1e9 + 60
	parsed, err := query.DecodeSpec([]byte(fmt.Sprintf(`{"start_time":%d,"end_time":%d,%s}`, from, from+300, spec)))
	if err != nil {
		return nil, err
	}
	return q.RunSpec(t.Context(), "test", []string{"points"}, parsed, opts)
}

func metricsQuerier(t *testing.T) *Querier {
	t.Helper()
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{readings()}); err != nil {
		t.Fatal(err)
	}
	return newQuerier(s, Config{
		Metrics: func(_, dataset string) func(string) event.Metric {
			return map[string]func(string) event.Metric{"points": metricsKinds}[dataset]
		},
		Calculated: func(string, string) map[string]string {
			return map[string]string{"pace": "RATE($requests, 120)", "double": "$requests * 2", "tall": "IF($load > 2, `high`, `low`)"}
		},
	})
}

// TestRunSpec_CalculatesOverSeries holds tables and courses over time against
// numbers that were worked out by hand.
func TestRunSpec_CalculatesOverSeries(t *testing.T) {
	t.Parallel()
	q := metricsQuerier(t)
	for _, c := range []struct{ spec, table, course string }{
		// a: +10 +10, 5 from zero, +10; b: +100 each minute.
		{`"calculations":[{"op":"SUM","column":"requests"}],"granularity":60`, "535.0", "110 110 105 110 100"},
		{`"calculations":[{"op":"SUM","column":"requests"}],"granularity":30`, "535.0", "110 - 110 - 105 - 110 - 100 -"},
		{`"calculations":[{"op":"MAX","column":"requests"},{"op":"COUNT","column":"requests"}],"breakdowns":["host"]`, "b,500.0,1 a,35.0,1", ""},
		{`"calculations":[{"op":"AVG","column":"load"}],"granularity":60`, "7.5", "6 6.5 7 7.5 10"},
		{`"calculations":[{"op":"SUM","column":"sent"},{"op":"MIN","column":"open"}],"granularity":60`, "4.0,4.0", ""},
		{`"calculations":[{"op":"SUM","column":"double"}]`, "1070.0", ""},
		{`"calculations":[{"op":"SUM","column":"pace"}],"granularity":60`, "1.75", "0.9166666666666667 1.8333333333333335 1.7916666666666667 1.7916666666666667 1.75"},
		{`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"LAST($requests)"}]`, "615.0", ""},
		{`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"SUMMARIZE($load)"}]`, "64.0", ""},
		{`"calculations":[{"op":"SUM","column":"x"},{"op":"COUNT","column":"x"}],"calculated_fields":[{"name":"x","expression":"RAW_METRIC($load)"}]`, "64.0,9", ""},
		{`"calculations":[{"op":"COUNT_DATAPOINTS"},{"op":"COUNT_DATAPOINTS","column":"load"}]`, "13,9", ""},
		{`"calculations":[{"op":"SUM","column":"requests","name":"all"},{"op":"SUM","column":"requests","name":"a","filters":[{"column":"host","op":"=","value":"a"}]}],"formulas":[{"name":"share","expression":"$a / $all"}]`, "0.06542056074766354", ""},
		// A breakdown that changes cuts the series: b and the later readings of a are high.
		{`"calculations":[{"op":"SUM","column":"requests"}],"breakdowns":["tall"]`, "high,515.0 low,10.0", ""},
		{`"calculations":[{"op":"SUM","column":"requests"}],"breakdowns":["host"],"havings":[{"calculate_op":"SUM","column":"requests","op":"<","value":100}]`, "a,35.0", ""},
		{`"calculations":[{"op":"SUM","column":"requests"}],"filters":[{"column":"host","op":"=","value":"a"}]`, "35.0", ""},
		// Grown since minute 0: 4 in 0-10, 2 + 1 in 10-20, 5 in 20-40.
		{`"calculations":[{"op":"HISTOGRAM_COUNT","column":"latency"},{"op":"P50","column":"latency"},{"op":"SUM","column":"latency"},{"op":"AVG","column":"latency"}]`, "12.0,16.666666666666668,215.0,17.916666666666668", ""},
		{`"calculations":[{"op":"P50","column":"latency"}],"granularity":60`, "16.666666666666668", "5 15 15 30 -"},
		{`"calculations":[{"op":"MAX","column":"latency.p50"}]`, "16.666666666666668", ""},
		{`"calculations":[{"op":"AVG","column":"latency"}],"granularity":60`, "17.916666666666668", "5 15 15 30 -"},
		{`"calculations":[{"op":"P99","column":"x"}],"calculated_fields":[{"name":"x","expression":"LAST($latency)"}]`, "39.76", ""},
	} {
		r, err := askMetrics(t, q, c.spec, SpecOptions{Series: true, Totals: true})
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		lines := strings.Split(strings.TrimSpace(storetest.Table(&store.Result{Columns: r.Columns, Rows: r.Rows})), "\n")[1:]
		for i, l := range lines {
			lines[i] = strings.NewReplacer("[", "", "]", "", `"`, "", " ", "").Replace(l)
		}
		if got := strings.Join(lines, " "); got != c.table {
			t.Errorf("%s\ntable %s, wanted %s", c.spec, got, c.table)
		}
		if c.course == "" {
			continue
		}
		var points []string
		for _, v := range r.Series.Groups[0].Values[r.Columns[0].Name] {
			if points = append(points, fmt.Sprint(v)); math.IsNaN(v) {
				points[len(points)-1] = "-"
			}
		}
		if got := strings.Join(points, " "); got != c.course {
			t.Errorf("%s\ncourse %s, wanted %s", c.spec, got, c.course)
		}
	}
}

// TestRunSpec_HeatmapsAreOfDistributions: a histogram's heatmap shows the values it
// holds, each once.
func TestRunSpec_HeatmapsAreOfDistributions(t *testing.T) {
	t.Parallel()
	r, err := askMetrics(t, metricsQuerier(t), `"calculations":[{"op":"HEATMAP","column":"latency"}]`, SpecOptions{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, n := range r.Heatmaps[0].Counts {
		total += n
	}
	if h := r.Heatmaps[0]; total != 12 || math.Abs(h.Min-5) > 0.05 || math.Abs(h.Max-30) > 0.3 {
		t.Errorf("%v values from %v to %v", total, h.Min, h.Max)
	}
}

// TestRunSpec_MetricsRefuse names what can't be asked of series, and where.
func TestRunSpec_MetricsRefuse(t *testing.T) {
	t.Parallel()
	q := metricsQuerier(t)
	for spec, want := range map[string]string{
		`"calculations":[{"op":"COUNT_DISTINCT","column":"latency"}]`:                                                                        "COUNT_DISTINCT can't be made of latency, which is a histogram",
		`"calculations":[{"op":"HISTOGRAM_COUNT","column":"load"}]`:                                                                          "HISTOGRAM_COUNT is for histograms and summaries; load is gauge",
		`"calculations":[{"op":"HISTOGRAM_COUNT","column":"host"}]`:                                                                          "host is no metric",
		`"calculations":[{"op":"SUM","column":"load"}],"breakdowns":["pace"]`:                                                                "pace is made of time series: it can be calculated with, and not filtered or grouped by",
		`"calculations":[{"op":"SUM","column":"load","filters":[{"column":"pace","op":">","value":1}]}]`:                                     "pace is made of time series",
		`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"LAST($load) * 2"}]`:                       "LAST must be the whole expression",
		`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"LAST(RATE($load))"}]`:                     "timeseries operations cannot be nested",
		`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"RATE($load, 0)"}]`:                        "the range must be a whole number of seconds from 1",
		`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"LAST($load, 60)"}]`:                       "LAST takes one argument, found 2",
		`"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"LAST(1)"}]`:                               "the metric must be a column, found 1",
		`"calculations":[{"op":"SUM","column":"x"}],"granularity":1,"calculated_fields":[{"name":"x","expression":"INCREASE($load, 7200)"}]`: "more than 1000 steps: choose a coarser granularity",
	} {
		if _, err := askMetrics(t, q, spec, SpecOptions{Series: true}); err == nil || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%s: %v, wanted %s", spec, err, want)
		}
	}
	elsewhere, err := query.DecodeSpec([]byte(`{"calculations":[{"op":"SUM","column":"x"}],"calculated_fields":[{"name":"x","expression":"RATE($load)"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, datasets := range [][]string{{"events"}, {"points", "events"}, nil} {
		if _, err := q.RunSpec(t.Context(), "test", datasets, elsewhere, SpecOptions{}); err == nil || !strings.Contains(err.Error(), "RATE is only supported in metrics datasets") {
			t.Errorf("in %v: %v", datasets, err)
		}
	}
}

// TestRunSpec_StepsAddUp: what a counter grew by in all steps is what it grew by over
// the whole range, however long the steps are and wherever they begin.
func TestRunSpec_StepsAddUp(t *testing.T) {
	t.Parallel()
	q := metricsQuerier(t)
	for _, step := range []int{1, 7, 10, 45, 60, 100, 300} {
		r, err := askMetrics(t, q, fmt.Sprintf(`"granularity":%d,"calculations":[{"op":"SUM","column":"requests"}]`, step), SpecOptions{Series: true})
		if err != nil {
			t.Fatal(err)
		}
		values := slices.DeleteFunc(slices.Clone(r.Series.Groups[0].Values["SUM(requests)"]), math.IsNaN)
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		if sum != 535 {
			t.Errorf("in steps of %d s it grew by %v", step, sum)
		}
	}
}

// TestRunSpec_DeltasAreSpreadOverTheirTime: what a delta tells of counts in each step for
// the share of its time that lies there, also if it began before the range or comes after
// it; whole if its time is not known, or long.
func TestRunSpec_DeltasAreSpreadOverTheirTime(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "points")
	for _, p := range []struct {
		since, at time.Duration
		errors    int64
	}{
		{40 * time.Second, 100 * time.Second, 6},   // 20 s before the range
		{270 * time.Second, 390 * time.Second, 12}, // 30 s after it
		{0, 160 * time.Second, 100},                // from nobody knows when
		{-10 * time.Minute, 200 * time.Second, 1000},
	} {
		b.Begin(metricsBase() + int64(p.at))
		row := b.Len() - 1
		b.SetAt(row, event.FieldSeries, event.IntValue(1))
		b.SetAt(row, event.FieldSeriesSince, event.IntValue(max(metricsBase()+int64(p.since), 0)))
		if p.since == 0 {
			b.SetAt(row, event.FieldSeriesSince, event.IntValue(0))
		}
		b.Set("errors", event.IntValue(p.errors))
		b.Set("wait", event.StringValue(fmt.Sprintf("[[0,10,%d],[10,30,%d]]", p.errors, p.errors)))
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	q := newQuerier(s, Config{Metrics: func(string, string) func(string) event.Metric { return metricsKinds }})
	for spec, want := range map[string]string{
		`"calculations":[{"op":"SUM","column":"errors"}]`:                     "1113 | 4 100 1000 3 6",
		`"calculations":[{"op":"COUNT_DATAPOINTS"}]`:                          "3 | 1 1 1 - -",
		`"calculations":[{"op":"P75","column":"wait"}]`:                       "20 | 20 20 20 20 20",
		`"calculations":[{"op":"SUM","column":"x"}],` + madeOf("RAW_METRIC"):  "1106 | 6 100 1000 - -",
		`"calculations":[{"op":"SUM","column":"x"}],` + madeOf("INCREASE"):    "1113 | 4 100 1000 3 6",
		`"calculations":[{"op":"SUM","column":"x"}],` + madeOf("LAST"):        "1000 | 6 100 1000 - -",
		`"calculations":[{"op":"COUNT","column":"x"}],` + madeOf("SUMMARIZE"): "1 | 1 1 1 1 1",
	} {
		r, err := askMetrics(t, q, `"granularity":60,`+spec, SpecOptions{Series: true})
		if err != nil {
			t.Fatalf("%s: %v", spec, err)
		}
		got := fmt.Sprint(r.Columns[0].Values[0].Text(), " |")
		for _, v := range r.Series.Groups[0].Values[r.Columns[0].Name] {
			got += strings.Replace(fmt.Sprintf(" %.6g", v), "NaN", "-", 1)
		}
		if got != want {
			t.Errorf("%s\ngives %s, wanted %s", spec, got, want)
		}
	}
}

func madeOf(function string) string {
	return fmt.Sprintf(`"calculated_fields":[{"name":"x","expression":"%s($errors)"}]`, function)
}

// TestBubbleUp_ComparesHistogramsByWhatWasMeasured: not by the texts of their buckets. A
// reading counts from the one before it, whichever side that is on.
func TestBubbleUp_ComparesHistogramsByWhatWasMeasured(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "points")
	low, high := 0, 0
	for m := range 60 {
		slow := m >= 20 && m < 30
		if slow {
			high += 50
		} else {
			low += 50
		}
		b.Begin(metricsBase() + int64(m)*5e9)
		row := b.Len() - 1
		b.SetAt(row, event.FieldSeries, event.IntValue(1))
		b.SetAt(row, event.FieldSeriesStart, event.IntValue(0))
		b.Set("minute", event.IntValue(int64(m)))
		b.Set("latency", event.StringValue(fmt.Sprintf("[[0,10,%d],[100,200,%d]]", low, high)))
		b.Set("latency.count", event.IntValue(int64(low+high)))
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	q := newQuerier(s, Config{Metrics: func(string, string) func(string) event.Metric { return metricsKinds }})
	spec, err := query.DecodeSpec([]byte(fmt.Sprintf(`{"start_time":%d,"end_time":%d}`, metricsBase()/1e9, metricsBase()/1e9+300)))
	if err != nil {
		t.Fatal(err)
	}
	selection, err := query.ParseFilter(`minute >= 20 AND minute < 30`)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	got, err := q.BubbleUp(t.Context(), "test", []string{"points"}, spec, selection, BubbleUpOptions{Tell: func(b *BubbleUp, _ store.Progress) {
		told++
		if slices.ContainsFunc(b.Fields, func(d Difference) bool { return d.Name == "latency" }) {
			t.Error("texts of buckets are told on the way")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got.Fields, func(d Difference) bool { return d.Name == "latency" })
	d := got.Fields[i]
	sums := [2]float64{}
	for side := range sums {
		for _, n := range d.Numbers.Counts[side] {
			sums[side] += n
		}
	}
	if sums != [2]float64{500, 2450} || d.Score < 0.1 || d.Class != Ranked || len(d.Values) > 0 || d.Present != [2]float64{1, 1} {
		t.Errorf("measured %v, %+v", sums, d)
	}
	if i := slices.IndexFunc(got.Fields, func(d Difference) bool { return event.Internal(d.Name) }); i >= 0 {
		t.Errorf("%s is nobody's affair", got.Fields[i].Name)
	}
	if want := "latency is higher: median 150 in the selection, 5"; !strings.HasPrefix(d.Headline, want) {
		t.Errorf("says %q, wanted %q", d.Headline, want)
	}
}
