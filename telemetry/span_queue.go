package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	spanBatch = 512 // at most, unless OTEL_BSP_MAX_EXPORT_BATCH_SIZE says otherwise
	spanEvery = time.Second
)

// spanSink is where spans go.
type spanSink struct {
	export func(context.Context, []sdktrace.ReadOnlySpan) error
	again  func(error) bool // says whether what failed so is worth another try; nil: never
	// choose says in what order spans that ended are exported, and which of them wait
	// for others to end, none where all is given; nil: as they come, none.
	choose func(ended []sdktrace.ReadOnlySpan, now time.Time, all bool) (export, wait []sdktrace.ReadOnlySpan)
	end    func(context.Context) error
}

// partly is the error of an exporter that got rid of all spans but some.
type partly struct {
	lost int
	err  error
}

// Error implements error.
func (p partly) Error() string { return p.err.Error() }

// Unwrap is what the errors package looks for.
func (p partly) Unwrap() error { return p.err }

// spanQueue is a span processor that hands finished spans to an exporter in batches,
// from a goroutine of its own. The SDK's own does the same, but tells nobody how many
// spans it dropped, and drops the newest. Ending a span never waits.
type spanQueue struct {
	what    string
	to      spanSink
	trouble *slog.Logger
	batch   int
	every   time.Duration
	lasts   time.Duration // of one export at most; 0: as the exporter has it

	spans  chan sdktrace.ReadOnlySpan // those that wait
	closed atomic.Bool

	wake    chan struct{} // holds one: a batch is full, or someone flushes
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{}
	busy    atomic.Int64            // spans that are being exported
	held    []sdktrace.ReadOnlySpan // that wait for others; of the goroutine alone
	holds   atomic.Int64            // how many
	sent    atomic.Int64
	dropped atomic.Int64
	failing bool // of the goroutine alone
	flushes chan chan struct{}
}

func newSpanQueue(what string, limit int, to spanSink, s *settings) *spanQueue {
	ctx, cancel := context.WithCancel(context.Background())
	q := &spanQueue{
		what: what, to: to, trouble: s.Trouble, batch: s.spanBatch, every: s.spanEvery, lasts: s.spanLasts, spans: make(chan sdktrace.ReadOnlySpan, limit),
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
	for range 3 { // others may take the room that is made
		select {
		case q.spans <- s:
			if len(q.spans) >= q.batch {
				q.nudge()
			}
			return
		default:
		}
		select { // what happened last is worth most
		case <-q.spans:
			q.dropped.Add(1)
		default:
		}
	}
	q.dropped.Add(1)
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
	before := q.dropped.Load()
	err := q.ForceFlush(ctx)
	q.cancel()
	<-q.done
	q.dropped.Add(int64(len(q.take(cap(q.spans))) + len(q.held)))
	q.busy.Store(0)
	q.holds.Store(0)
	err = leftError(err, q.dropped.Load()-before, q.what)
	return errors.Join(err, q.to.end(ctx))
}

// leftError says how much was dropped at the end, and why.
func leftError(err error, n int64, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%d %s were dropped at the end: %w", n, what, err)
}

func (q *spanQueue) flow() Flow {
	if q == nil {
		return Flow{}
	}
	return Flow{On: true, Sent: q.sent.Load(), Waiting: int64(len(q.spans)) + q.busy.Load() + q.holds.Load(), Dropped: q.dropped.Load()}
}

func (q *spanQueue) run() {
	defer close(q.done)
	tick := time.NewTicker(q.every)
	defer tick.Stop()
	for {
		select {
		case <-q.ctx.Done():
			return
		case <-tick.C:
			q.drain(false)
		case <-q.wake:
			q.drain(false)
		case flushed := <-q.flushes:
			q.drain(false)
			q.drain(true)
			close(flushed)
		}
	}
}

// drain exports what waits now; what waits for others only if all is to go.
func (q *spanQueue) drain(all bool) {
	for q.ctx.Err() == nil {
		batch := q.take(q.batch)
		taken := len(batch)
		if q.to.choose != nil {
			batch, q.held = q.to.choose(append(q.held, batch...), time.Now(), all)
			q.holds.Store(int64(len(q.held)))
			q.busy.Store(int64(len(batch)))
		}
		if len(batch) > 0 {
			q.deliver(batch)
			q.busy.Store(0)
		}
		if taken == 0 {
			return
		}
	}
}

// deliver exports one batch until it is taken, is refused, or the queue ends.
func (q *spanQueue) deliver(batch []sdktrace.ReadOnlySpan) {
	for wait := waitFirst; ; wait = min(2*wait, waitMost) {
		began := time.Now()
		err := q.export(batch)
		if time.Since(began) >= waitMost { // the exporter has tried for long already
			wait = waitMost
		}
		if err == nil {
			q.sent.Add(int64(len(batch)))
			q.failing = false
			return
		}
		if !q.failing {
			q.failing = true
			q.trouble.Warn("telemetry cannot be delivered; this is said once until it works again", slog.String("exporter", q.what), slog.Any("error", err))
		}
		if p, ok := errors.AsType[partly](err); ok {
			q.sent.Add(int64(len(batch) - p.lost))
			q.dropped.Add(int64(p.lost))
			return
		}
		if q.to.again == nil || !q.to.again(err) || !pause(q.ctx, spread(wait)) {
			q.dropped.Add(int64(len(batch)))
			return
		}
	}
}

func (q *spanQueue) export(batch []sdktrace.ReadOnlySpan) error {
	if q.lasts == 0 {
		return q.to.export(q.ctx, batch)
	}
	ctx, cancel := context.WithTimeout(q.ctx, q.lasts)
	defer cancel()
	return q.to.export(ctx, batch)
}

// pause waits for d. It reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// spread is half of d to the whole, so that clients do not all come back at once.
func spread(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1) //nolint:gosec // no secret
}

// take removes up to n spans that wait.
func (q *spanQueue) take(n int) []sdktrace.ReadOnlySpan {
	batch := make([]sdktrace.ReadOnlySpan, 0, min(n, len(q.spans)))
	for len(batch) < n {
		select {
		case s := <-q.spans:
			batch = append(batch, s)
			continue
		default:
		}
		break
	}
	q.busy.Store(int64(len(batch)))
	return batch
}
