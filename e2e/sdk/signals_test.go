package sdk_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
)

// nextIn waits for the next event of a dataset and returns its fields as texts.
func nextIn(t *testing.T, tail <-chan tailed, dataset string) map[string]string {
	t.Helper()
	for {
		select {
		case e := <-tail:
			if e.Dataset != dataset {
				continue
			}
			fields := map[string]string{}
			for name, v := range e.Fields {
				fields[name] = fmt.Sprint(v)
			}
			return fields
		case <-time.After(time.Minute):
			t.Fatalf("nothing arrived in %s", dataset)
		}
	}
}

// holds wants fields to be as given; those not named are not looked at.
func holds(t *testing.T, fields, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if got, ok := fields[name]; got != w {
			t.Errorf("%s is %q (%v), want %q, in %v", name, got, ok, w, fields)
		}
	}
}

// Instruments of every kind, as the SDK aggregates and sends them.
func TestGo_MetricsOfEveryKind(t *testing.T) {
	t.Parallel()
	headers := map[string]string{"x-honeycomb-team": "any-key", "x-honeycomb-dataset": "Go Metrics"}
	for name, open := range map[string]func(context.Context, string) (sdkmetric.Exporter, error){
		"http": func(ctx context.Context, address string) (sdkmetric.Exporter, error) {
			return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(address), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithHeaders(headers), otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
		},
		"grpc": func(ctx context.Context, address string) (sdkmetric.Exporter, error) {
			return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(address), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithHeaders(headers))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			tail := s.tail()
			exporter, err := open(t.Context(), s.addr["listen"])
			if err != nil {
				t.Fatal(err)
			}
			exponential := sdkmetric.NewView(sdkmetric.Instrument{Name: "size"}, sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
			provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Hour))), sdkmetric.WithView(exponential),
				sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "meter-go"), attribute.String("host.name", "h1"))))
			meter := provider.Meter("go-meter")
			with := metric.WithAttributes(attribute.String("route", "/x"))
			counter, err := meter.Int64Counter("requests")
			need(t, err)
			ratio, err := meter.Float64UpDownCounter("balance")
			need(t, err)
			gauge, err := meter.Float64Gauge("temperature")
			need(t, err)
			latency, err := meter.Float64Histogram("latency", metric.WithExplicitBucketBoundaries(10, 20, 50, 100))
			need(t, err)
			size, err := meter.Int64Histogram("size")
			need(t, err)
			counter.Add(t.Context(), 3, with)
			counter.Add(t.Context(), 4, with)
			ratio.Add(t.Context(), -2.5, with)
			gauge.Record(t.Context(), 21.5, with)
			for i := 1; i <= 100; i++ {
				latency.Record(t.Context(), float64(i), with)
				size.Record(t.Context(), int64(i), with)
			}
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			fields := nextIn(t, tail, "go-metrics")
			// A push may fall on the change of a second; then its points are two events.
			for len(fields) > 0 && (fields["requests"] == "" || fields["size.count"] == "") {
				maps.Copy(fields, nextIn(t, tail, "go-metrics"))
			}
			holds(t, fields, map[string]string{
				"requests": "7", "balance": "-2.5", "temperature": "21.5", "route": "/x", "service.name": "meter-go", "host.name": "h1", "meta.signal_type": "metric",
				"latency.count": "100", "latency.sum": "5050", "latency.avg": "50.5", "latency.min": "1", "latency.max": "100", "latency.p10": "10", "latency.p50": "50", "latency.p75": "75",
				"size.count": "100", "size.sum": "5050", "size.avg": "50.5", "size.min": "1", "size.max": "100",
			})
			for field, want := range map[string]float64{"size.p50": 50, "size.p90": 90, "size.p999": 100} {
				var got float64
				if _, err := fmt.Sscan(fields[field], &got); err != nil || got < want*0.97 || got > want*1.03 {
					t.Errorf("%s is %q, want about %g", field, fields[field], want)
				}
			}
		})
	}
}

func need(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGo_LogRecords(t *testing.T) {
	t.Parallel()
	headers := map[string]string{"x-honeycomb-team": "any-key"}
	for name, open := range map[string]func(context.Context, string) (sdklog.Exporter, error){
		"http": func(ctx context.Context, address string) (sdklog.Exporter, error) {
			return otlploghttp.New(ctx, otlploghttp.WithEndpoint(address), otlploghttp.WithInsecure(), otlploghttp.WithHeaders(headers), otlploghttp.WithCompression(otlploghttp.GzipCompression))
		},
		"grpc": func(ctx context.Context, address string) (sdklog.Exporter, error) {
			return otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(address), otlploggrpc.WithInsecure(), otlploggrpc.WithHeaders(headers))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			tail := s.tail()
			exporter, err := open(t.Context(), s.addr["listen"])
			if err != nil {
				t.Fatal(err)
			}
			provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)), sdklog.WithResource(resource.NewSchemaless(attribute.String("service.name", "logger-go"))))
			logger := provider.Logger("go-logger", log.WithInstrumentationVersion("3"))
			span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: 2}, SpanID: trace.SpanID{3, 7: 4}, TraceFlags: trace.FlagsSampled})
			var r log.Record
			r.SetTimestamp(time.Now())
			r.SetSeverity(log.SeverityWarn)
			r.SetSeverityText("WARN")
			r.SetBody(attribute.Map("body", attribute.String("msg", "low on <disk>"), attribute.Int("free", 12)).Value)
			r.AddAttributes(attribute.String("volume", "/data"), attribute.Slice("tags", attribute.StringValue("a"), attribute.IntValue(1)))
			logger.Emit(trace.ContextWithSpanContext(t.Context(), span), r)
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			holds(t, nextIn(t, tail, "logger-go"), map[string]string{
				"body": `{"free":12,"msg":"low on <disk>"}`, "body.msg": "low on <disk>", "body.free": "12", "severity": "warn", "severity_text": "WARN", "severity_code": "13", "flags": "1",
				"volume": "/data", "tags": `["a",1]`, "library.name": "go-logger", "library.version": "3", "service.name": "logger-go", "meta.signal_type": "log",
				"trace.trace_id": span.TraceID().String(), "trace.parent_id": span.SpanID().String(), "meta.annotation_type": "span_event",
			})
		})
	}
}
