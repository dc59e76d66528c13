package telemetry

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	spanBatch = 512
	spanEvery = time.Second
)

// spanQueue is a span processor that hands finished spans to an exporter in batches,
// from a goroutine of its own. The SDK's own does the same, but tells nobody how many
// spans it dropped. Ending a span never waits.
type spanQueue struct {
	what    string
	export  func(context.Context, []sdktrace.ReadOnlySpan) error
	end     func(context.Context) error
	trouble *slog.Logger

	spans  chan sdktrace.ReadOnlySpan // those that wait
	closed atomic.Bool

	wake    chan struct{} // holds one: a batch is full, or someone flushes
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{}
	busy    atomic.Int64 // spans that are being exported
	sent    atomic.Int64
	dropped atomic.Int64
	failing atomic.Bool
	flushes chan chan struct{}
}

func newSpanQueue(what string, limit int, export func(context.Context, []sdktrace.ReadOnlySpan) error, end func(context.Context) error, trouble *slog.Logger) *spanQueue {
	ctx, cancel := context.WithCancel(context.Background())
	q := &spanQueue{
		what: what, export: export, end: end, trouble: trouble, spans: make(chan sdktrace.ReadOnlySpan, limit),
		wake: make(chan struct{}, 1), ctx: ctx, cancel: cancel, done: make(chan struct{}), flushes: make(chan chan struct{}),
	}
	go q.run()
	return q
}

// OnStart implements sdktrace.SpanProcessor.
func (q *spanQueue) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements sdktrace.SpanProcessor. It never waits for the exporter.
func (q *spanQueue) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.closed.Load() {
		q.dropped.Add(1)
		return
	}
	select {
	case q.spans <- s:
	default:
		q.dropped.Add(1)
		return
	}
	if len(q.spans) >= spanBatch {
		q.nudge()
	}
}

func (q *spanQueue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake already
	}
}

// ForceFlush implements sdktrace.SpanProcessor: what has ended by now is exported, or
// dropped, when it returns.
func (q *spanQueue) ForceFlush(ctx context.Context) error {
	if q == nil {
		return nil
	}
	done := make(chan struct{})
	select {
	case q.flushes <- done:
	case <-q.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Shutdown implements sdktrace.SpanProcessor. When ctx ends first, what is left is
// dropped and counted.
func (q *spanQueue) Shutdown(ctx context.Context) error {
	if q == nil {
		return nil
	}
	if q.closed.Swap(true) {
		return nil
	}
	err := q.ForceFlush(ctx)
	q.cancel()
	<-q.done
	q.dropped.Add(int64(len(q.take(cap(q.spans)))))
	if e := q.end(ctx); err == nil {
		err = e
	}
	return err
}

func (q *spanQueue) flow() Flow {
	if q == nil {
		return Flow{}
	}
	return Flow{On: true, Sent: q.sent.Load(), Waiting: int64(len(q.spans)) + q.busy.Load(), Dropped: q.dropped.Load()}
}

func (q *spanQueue) run() {
	defer close(q.done)
	tick := time.NewTicker(spanEvery)
	defer tick.Stop()
	for {
		select {
		case <-q.ctx.Done():
			return
		case <-tick.C:
			q.drain()
		case <-q.wake:
			q.drain()
		case flushed := <-q.flushes:
			q.drain()
			close(flushed)
		}
	}
}

// drain exports what waits now.
func (q *spanQueue) drain() {
	for q.ctx.Err() == nil {
		batch := q.take(spanBatch)
		if len(batch) == 0 {
			return
		}
		err := q.export(q.ctx, batch)
		q.busy.Store(0)
		if err == nil {
			q.sent.Add(int64(len(batch)))
			q.failing.Store(false)
			continue
		}
		q.dropped.Add(int64(len(batch)))
		if !q.failing.Swap(true) {
			q.trouble.Warn("telemetry cannot be delivered; this is said once until it works again", slog.String("exporter", q.what), slog.Any("error", err))
		}
	}
}

// take removes up to n spans that wait.
func (q *spanQueue) take(n int) []sdktrace.ReadOnlySpan {
	n = min(n, len(q.spans)) // nobody else takes
	batch := make([]sdktrace.ReadOnlySpan, n)
	q.busy.Store(int64(n))
	for i := range batch {
		batch[i] = <-q.spans
	}
	return batch
}
