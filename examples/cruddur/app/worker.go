package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/oriel-dev/oriel/telemetry"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	waitingJobs = 1000
	jobTries    = 3
)

// job is something that somebody is to be told of. It carries its trace, as a
// message of a real queue does.
type job struct {
	kind, actor, receiver, uuid string
	headers                     propagation.MapCarrier
	queued                      time.Time
}

// worker takes jobs from a queue and makes notifications of them.
type worker struct {
	*database
	tel    *telemetry.Telemetry
	log    *slog.Logger
	tracer trace.Tracer
	jobs   chan job
}

func newWorker(ctx context.Context, a *App) (*worker, error) {
	tel, log, err := a.observe(ctx, "cruddur-worker", "1.2.0")
	if err != nil {
		return nil, err
	}
	return &worker{database: a.db, tel: tel, log: log, tracer: tel.Tracer(), jobs: make(chan job, waitingJobs)}, nil
}

// tell queues a job. When the queue is full, nobody is told: better than to wait.
func (b *api) tell(ctx context.Context, j job) {
	if j.actor == j.receiver {
		return
	}
	ctx, span := b.tracer.Start(ctx, "notifications publish", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "memory"), attribute.String("messaging.destination.name", "notifications"), attribute.String("app.kind", j.kind)))
	defer span.End()
	j.headers, j.queued = propagation.MapCarrier{}, time.Now()
	b.tel.Propagator().Inject(ctx, j.headers)
	select {
	case b.jobs <- j:
	default:
		b.log.ErrorContext(ctx, "the queue of notifications is full", slog.Int("waiting", waitingJobs))
	}
}

func (w *worker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-w.jobs:
			w.work(ctx, j)
		}
	}
}

func (w *worker) work(ctx context.Context, j job) {
	ctx = w.tel.Propagator().Extract(ctx, j.headers)
	ctx, span := w.tracer.Start(ctx, "notifications process", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("messaging.system", "memory"), attribute.String("messaging.destination.name", "notifications"), attribute.String("app.kind", j.kind),
		attribute.Float64("messaging.wait_ms", float64(time.Since(j.queued).Microseconds())/1000)))
	var err error
	defer func() { end(span, err) }()
	var uuid any
	if j.uuid != "" {
		uuid = j.uuid
	}
	for try := 1; try <= jobTries; try++ {
		err = w.exec(ctx, w.tracer, "INSERT INTO notifications VALUES (?, ?, ?, ?, ?, 0, ?)", newID(), j.receiver, j.kind, j.actor, uuid, time.Now().Unix())
		if err == nil {
			w.log.InfoContext(ctx, "notified", slog.String("user", j.receiver), slog.String("kind", j.kind))
			return
		}
		w.log.WarnContext(ctx, "a notification was not kept", slog.Int("try", try), slog.Any("cause", err.Error()))
	}
	err = fmt.Errorf("notify %s of a %s: %w", j.receiver, j.kind, err)
	w.tel.Report(ctx, err)
}
