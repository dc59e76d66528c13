// Package telemetry gives a Go service, in one call, what tutorials wire up by hand:
// spans over OTLP (Honeycomb, or any OpenTelemetry backend), log lines to CloudWatch
// Logs, errors to Rollbar, segments to the X-Ray daemon. It speaks to the vendors
// themselves, or to an Oriel server, which answers for all four; only addresses and
// keys differ, and all of them may come from the environment.
//
//	t, err := telemetry.Start(ctx, telemetry.Config{})
//	if err != nil {
//		return err
//	}
//	defer t.Shutdown(context.Background())
//	slog.SetDefault(slog.New(t.LogHandler(slog.NewTextHandler(os.Stderr, nil))))
//	http.ListenAndServe(":8080", t.Handler(mux))
//
// Each exporter works alone. None of them waits for its backend in the way of the
// app: what it cannot deliver waits within a bound, and is dropped and counted beyond
// it (see [Telemetry.Stats]).
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

const (
	scope    = "github.com/oriel-dev/oriel/telemetry"
	endLasts = 5 * time.Second // of a Shutdown that has no deadline
)

// Telemetry is what [Start] started. All methods are safe for concurrent use, and do
// nothing harmful after [Telemetry.Shutdown].
type Telemetry struct {
	settings settings
	tracer   trace.Tracer
	carrier  propagation.TextMapPropagator
	traces   *spanQueue // nil: off
	xray     *spanQueue // nil: off
	lines    *shipper   // nil: off
	reporter *reporter  // nil: off

	stop   context.CancelFunc
	ending sync.WaitGroup
	once   sync.Once
	ended  error
}

// Start begins what cfg and the environment ask for. It makes the tracer provider,
// the propagator and the error handler those of OpenTelemetry's globals, so that
// instrumented libraries use them. It fails only on settings that cannot be right: a backend that is away is
// not an error. ctx bounds the start, not the life.
func Start(ctx context.Context, cfg Config) (*Telemetry, error) {
	s, err := resolve(cfg, os.Getenv)
	if err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	t := &Telemetry{settings: s, stop: stop, carrier: propagatorOf(s.propagators, s.Trouble)}
	for _, begin := range []func(ctx, background context.Context) error{t.startTraces, t.startLogs, t.startErrors} {
		if err := begin(ctx, background); err != nil {
			return nil, errors.Join(err, t.Shutdown(ctx))
		}
	}
	t.ending.Go(func() { t.tellDrops(background) })
	return t, nil
}

// Shutdown sends what waits and ends everything. It returns when all is delivered or
// ctx ends; then what was left is counted as dropped, and the error says what it was.
// A ctx without a deadline gets one of five seconds: no backend that is away keeps an
// app from ending. Only the first call does something.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	t.once.Do(func() {
		if _, bounded := ctx.Deadline(); !bounded {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, endLasts)
			defer cancel()
		}
		var all sync.WaitGroup
		var failed [4]error
		for i, end := range []func(context.Context) error{t.endTraces, t.endLogs, t.endErrors, t.endXRay} {
			all.Go(func() { failed[i] = end(ctx) })
		}
		all.Wait()
		t.stop()
		t.ending.Wait()
		t.ended = errors.Join(failed[:]...)
	})
	return t.ended
}

// Tracer makes spans. It works when nothing is exported, too.
func (t *Telemetry) Tracer() trace.Tracer { return t.tracer }

// Propagator reads and writes the headers that carry a trace: traceparent, baggage
// and X-Amzn-Trace-Id, or what OTEL_PROPAGATORS names.
func (t *Telemetry) Propagator() propagation.TextMapPropagator { return t.carrier }

// Flow is what became of the telemetry of one exporter.
type Flow struct {
	On      bool
	Sent    int64 // spans, lines, items or segments that the backend took
	Waiting int64
	Dropped int64 // beyond the bound, refused by the backend, or left at the end
}

// Stats says what became of everything since the start.
type Stats struct{ Traces, Logs, Errors, XRay Flow }

// Stats may be called at any time; it costs little.
func (t *Telemetry) Stats() Stats {
	return Stats{Traces: t.traces.flow(), Logs: t.lines.flow(), Errors: t.reporter.flow(), XRay: t.xray.flow()}
}

func (t *Telemetry) startTraces(ctx, background context.Context) error {
	s := &t.settings
	t.tracer = noop.NewTracerProvider().Tracer(scope)
	if s.off {
		return nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.handle))
	options := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(resourceOf(ctx, s)), sdktrace.WithIDGenerator(idGenerator{}),
	}
	options = append(options, sdktrace.WithSampler(t.samplerOf(background)))
	if s.traces {
		export, err := newExporter(ctx, s)
		if err != nil {
			return fmt.Errorf("telemetry: %w", err)
		}
		t.traces = newSpanQueue("spans", s.Traces.Queue, spanSink{export: allOrSome(export.ExportSpans), again: exportAgain, end: export.Shutdown}, s) //nolint:contextcheck // it lives as long as the app
		options = append(options, sdktrace.WithSpanProcessor(t.traces))
	}
	if s.udp != "" {
		segments := &emitter{settings: s}
		t.xray = newSpanQueue("segments", s.XRay.Queue, spanSink{export: segments.export, choose: segmentsFirst, end: segments.close}, s) //nolint:contextcheck // it lives as long as the app
		options = append(options, sdktrace.WithSpanProcessor(t.xray))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.tracer = provider.Tracer(scope)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(t.carrier)
	return nil
}

// handle takes what OpenTelemetry itself has trouble with. What it says of the sampler
// is left out: that is chosen here.
func (t *Telemetry) handle(err error) {
	text := err.Error()
	if !strings.HasPrefix(text, "unsupported sampler") && !strings.HasPrefix(text, "parsing sampler argument") {
		t.settings.Trouble.Warn("OpenTelemetry has trouble", slog.String("error", text))
	}
}

func (t *Telemetry) startLogs(ctx, _ context.Context) error {
	if t.settings.Logs.Group == "" {
		return nil
	}
	client, err := newLogsClient(ctx, &t.settings)
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	t.lines = newShipper(&t.settings, client) //nolint:contextcheck // it lives as long as the app
	return nil
}

func (t *Telemetry) startErrors(context.Context, context.Context) error {
	if t.settings.Errors.Token == "" {
		return nil
	}
	t.reporter = newReporter(&t.settings)
	return nil
}

func (t *Telemetry) endTraces(ctx context.Context) error { return t.traces.Shutdown(ctx) }
func (t *Telemetry) endXRay(ctx context.Context) error   { return t.xray.Shutdown(ctx) }
func (t *Telemetry) endLogs(ctx context.Context) error   { return t.lines.close(ctx) }
func (t *Telemetry) endErrors(ctx context.Context) error { return t.reporter.close(ctx) }

// tellDrops says once a minute, and at the end, what was dropped since it last said so.
func (t *Telemetry) tellDrops(ctx context.Context) {
	var told Stats
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			t.tellDropped(ctx, told, t.Stats())
			return
		case <-tick.C:
			now := t.Stats()
			t.tellDropped(ctx, told, now)
			told = now
		}
	}
}

func (t *Telemetry) tellDropped(ctx context.Context, was, is Stats) {
	for _, f := range []struct {
		what, unit string
		was, is    Flow
	}{
		{"traces", "spans", was.Traces, is.Traces},
		{"logs", "lines", was.Logs, is.Logs},
		{"errors", "items", was.Errors, is.Errors},
		{"xray", "segments", was.XRay, is.XRay},
	} {
		if n := f.is.Dropped - f.was.Dropped; n > 0 {
			t.settings.Trouble.WarnContext(ctx, "telemetry was dropped", slog.String("exporter", f.what), slog.Int64(f.unit, n), slog.Int64("in_total", f.is.Dropped))
		}
	}
}
