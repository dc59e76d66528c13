package telemetry

import (
	"context"
	"log/slog"
	"sync"
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
// spans it dropped. Ending a span costs one short lock.
type spanQueue struct {
	what    string
	export  func(context.Context, []sdktrace.ReadOnlySpan) error
	end     func(context.Context) error
	trouble *slog.Logger

	mu     sync.Mutex
	spans  []sdktrace.ReadOnlySpan // those that wait; never more than limit
	limit  int
	closed bool

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
		what: what, export: export, end: end, trouble: trouble, limit: limit,
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
	q.mu.Lock()
	if q.closed || len(q.spans) >= q.limit {
		q.mu.Unlock()
		q.dropped.Add(1)
		return
	}
	q.spans = append(q.spans, s)
	full := len(q.spans) == spanBatch
	q.mu.Unlock()
	if full {
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
	q.mu.Lock()
	again := q.closed
	q.closed = true
	q.mu.Unlock()
	if again {
		return nil
	}
	err := q.ForceFlush(ctx)
	q.cancel()
	<-q.done
	q.mu.Lock()
	q.dropped.Add(int64(len(q.spans)))
	q.spans = nil
	q.mu.Unlock()
	if e := q.end(ctx); err == nil {
		err = e
	}
	return err
}

func (q *spanQueue) flow() Flow {
	if q == nil {
		return Flow{}
	}
	q.mu.Lock()
	waiting := int64(len(q.spans))
	q.mu.Unlock()
	return Flow{On: true, Sent: q.sent.Load(), Waiting: waiting + q.busy.Load(), Dropped: q.dropped.Load()}
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
		batch := q.take()
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

func (q *spanQueue) take() []sdktrace.ReadOnlySpan {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.spans), spanBatch)
	batch := make([]sdktrace.ReadOnlySpan, n)
	copy(batch, q.spans)
	rest := copy(q.spans, q.spans[n:])
	clear(q.spans[rest:])
	q.spans = q.spans[:rest]
	q.busy.Store(int64(n))
	return batch
}
