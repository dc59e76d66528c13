package sdk_test

import (
	"context"
	"errors"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func TestGo_OverHTTPAndGRPC(t *testing.T) {
	t.Parallel()
	headers := map[string]string{"x-honeycomb-team": "any-key"}
	for name, open := range map[string]func(context.Context, *server) (sdktrace.SpanExporter, error){
		"http": func(ctx context.Context, s *server) (sdktrace.SpanExporter, error) {
			return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(s.addr["listen"]), otlptracehttp.WithInsecure(), otlptracehttp.WithHeaders(headers),
				otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
		},
		"grpc on the main address": func(ctx context.Context, s *server) (sdktrace.SpanExporter, error) {
			return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(s.addr["listen"]), otlptracegrpc.WithInsecure(), otlptracegrpc.WithHeaders(headers))
		},
		"grpc on its own, packed": func(ctx context.Context, s *server) (sdktrace.SpanExporter, error) {
			return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(s.addr["otlp_grpc"]), otlptracegrpc.WithInsecure(), otlptracegrpc.WithHeaders(headers),
				otlptracegrpc.WithCompressor("gzip"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			exporter, err := open(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
				sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "backend-go"), attribute.Int("shard", 4))))
			tracer := provider.Tracer("go-app", trace.WithInstrumentationVersion("2.0"))
			ctx, root := tracer.Start(t.Context(), "GET /search", trace.WithSpanKind(trace.SpanKindServer),
				trace.WithAttributes(attribute.Int64("big", 1<<53+1), attribute.StringSlice("tags", []string{"x"})))
			_, child := tracer.Start(ctx, "rank", trace.WithLinks(trace.Link{SpanContext: root.SpanContext()}))
			child.RecordError(errors.New("no index"))
			child.SetStatus(codes.Error, "no index")
			child.End()
			root.End()
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			spans := s.spans(1)
			common := map[string]any{
				"service.name": "backend-go", "shard": 4, "library.name": "go-app", "library.version": "2.0", "meta.signal_type": "trace", "duration_ms": "*",
				"trace.trace_id": root.SpanContext().TraceID().String(),
			}
			exactly(t, spans["GET /search"], "", merged(common, map[string]any{
				"name": "GET /search", "trace.span_id": root.SpanContext().SpanID().String(), "big": "9007199254740993", "tags": `["x"]`,
				"span.kind": "server", "type": "server", "status_code": 0, "span.num_events": 0, "span.num_links": 0,
			}))
			exactly(t, spans["rank"], "GET /search", merged(common, map[string]any{
				"name": "rank", "trace.span_id": child.SpanContext().SpanID().String(), "trace.parent_id": root.SpanContext().SpanID().String(),
				"span.kind": "internal", "type": "internal", "error": true, "status_code": 2, "status_message": "no index",
				"exception.message": "no index", "exception.type": "*errors.errorString", "span.num_events": 1, "span.num_links": 1,
			}))
		})
	}
}
