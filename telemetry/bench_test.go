//go:build unix

package telemetry

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// cpu measures what calls cost the goroutine that makes them, in time of its thread:
// a machine that is busy with other things does not change it. Where the system cannot
// tell, nothing is reported.
func cpu(b *testing.B, call func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ReportAllocs()
	began, ok := threadTime()
	for b.Loop() {
		call()
	}
	if ended, _ := threadTime(); ok {
		b.ReportMetric(float64(ended-began)/float64(b.N), "cpu-ns/op")
	}
}

func threadTime() (time.Duration, bool) {
	const ofThread = 1 // RUSAGE_THREAD of Linux
	var u syscall.Rusage
	err := syscall.Getrusage(ofThread, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err == nil
}

// What a log call costs the app: with a console handler alone, and what the exporters
// add to it. Each has the same console behind it, so that the difference is theirs.
func BenchmarkLog(b *testing.B) {
	s, err := resolve(Config{Logs: Logs{Group: "g"}}, func(string) string { return "" })
	if err != nil {
		b.Fatal(err)
	}
	lines, reporter := newShipper(&s, discard{}), newReporter(&s)
	defer func() { _, _ = lines.close(context.Background()), reporter.close(context.Background()) }()
	console := slog.NewJSONHandler(io.Discard, nil) //nolint:sloglint // one that does nothing measures nothing
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}))
	for _, c := range []struct {
		name string
		h    slog.Handler
	}{
		{"console", console},
		{"console and lines", (&Telemetry{settings: s, lines: lines}).LogHandler(console)},
		{"console, lines and errors", (&Telemetry{settings: s, lines: lines, reporter: reporter}).LogHandler(console)},
	} {
		b.Run(c.name, func(b *testing.B) {
			log := slog.New(c.h)
			cpu(b, func() {
				log.LogAttrs(ctx, slog.LevelInfo, "GET /api/activities/home 200", slog.String("remote_addr", "127.0.0.1"), slog.String("method", "GET"),
					slog.String("full_path", "/api/activities/home"), slog.Int("status", 200), slog.Float64("duration_ms", 12.5))
			})
		})
	}
}

// What a span costs with our processors, and what it costs OpenTelemetry without any.
func BenchmarkSpan(b *testing.B) {
	for name, processors := range map[string]int{"otel": 0, "otlp": 1, "otlp and x-ray": 2} {
		b.Run(name, func(b *testing.B) {
			options := []sdktrace.TracerProviderOption{sdktrace.WithIDGenerator(idGenerator{})}
			for range processors {
				q := newSpanQueue("bench", 8192, spanSink{export: func(context.Context, []sdktrace.ReadOnlySpan) error { return nil }, end: func(context.Context) error { return nil }}, &settings{Config: Config{Trouble: slog.New(slog.DiscardHandler)}, spanBatch: spanBatch, spanEvery: spanEvery})
				defer func() { _ = q.Shutdown(context.Background()) }()
				options = append(options, sdktrace.WithSpanProcessor(q))
			}
			if processors == 0 {
				options = append(options, sdktrace.WithSpanProcessor(nothing{}))
			}
			tracer := sdktrace.NewTracerProvider(options...).Tracer("bench")
			cpu(b, func() {
				_, span := tracer.Start(context.Background(), "work", trace.WithAttributes(attribute.String("a", "b"), attribute.Int("n", 1)))
				span.End()
			})
		})
	}
}

type nothing struct{}

func (nothing) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (nothing) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (nothing) Shutdown(context.Context) error                  { return nil }
func (nothing) ForceFlush(context.Context) error                { return nil }

// discard takes all lines.
type discard struct{ logsAPI }

// PutLogEvents implements logsAPI.
func (discard) PutLogEvents(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error) {
	return &cloudwatchlogs.PutLogEventsOutput{}, nil
}
