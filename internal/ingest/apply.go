package ingest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// applyQueue holds the writes that are in the journal and not yet in the store.
// It is bounded by the bytes in flight.
type applyQueue struct {
	mu      sync.Mutex
	writes  []*write
	arrived chan struct{}
}

func (q *applyQueue) push(w *write) {
	q.mu.Lock()
	q.writes = append(q.writes, w)
	q.mu.Unlock()
	select {
	case q.arrived <- struct{}{}:
	default:
	}
}

func (q *applyQueue) take(spare []*write) []*write {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.writes
	q.writes = spare
	return out
}

// runApply hands writes to the store, one at a time in the journal's order,
// until ctx ends.
func (d *Door) runApply(ctx context.Context) {
	var spare []*write
	for {
		group := d.apply.take(spare[:0])
		for i, w := range group {
			if !d.applyOne(ctx, w) {
				d.leave(group[i:])
				return
			}
		}
		clear(group)
		if spare = group; len(group) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-d.apply.arrived:
		}
	}
}

// leave acknowledges writes that the closing door cannot give to the store any
// more: they are in the journal and come back by replay.
func (d *Door) leave(writes []*write) {
	for _, w := range writes {
		d.release(w)
		w.finish(nil)
	}
}

// applyOne reports whether the store took the write. While the store refuses,
// it is asked again and again, and nothing more is let in: what is in the journal
// must not be given to the store out of order. The sender need not wait for that,
// its rows are safe.
func (d *Door) applyOne(ctx context.Context, w *write) bool {
	stamp(w.batches, w.entry.Time)
	err := d.appendRetrying(ctx, w.seq, w.batches, func(err error) {
		if d.stalled.set(err) {
			d.cfg.Log.ErrorContext(ctx, "the store takes nothing in, trying again until it does", slog.Any("error", err))
		}
		w.finish(nil)
	})
	if err != nil {
		return false
	}
	if d.stalled.clear() {
		d.cfg.Log.InfoContext(ctx, "the store takes events in again")
	}
	d.touch(w.batches)
	for _, f := range d.cfg.Followers {
		f.Follow(w.seq, w.batches)
	}
	d.tail.publish(w.batches)
	for _, b := range w.batches {
		d.ledger.receive(describe(b, w))
	}
	d.release(w)
	w.finish(nil)
	return true
}

// appendRetrying appends to the store until it succeeds or ctx ends; failed is
// called after each failure.
func (d *Door) appendRetrying(ctx context.Context, seq uint64, batches []*event.Batch, failed func(error)) error {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		// Not canceled in the middle: a store must not be left with half of it.
		err := d.cfg.Store.Append(context.WithoutCancel(ctx), seq, batches)
		if err == nil {
			return nil
		}
		failed(err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, ctx.Err())
		case <-timer.C:
		}
	}
}

func (d *Door) touch(batches []*event.Batch) {
	if d.cfg.Datasets == nil {
		return
	}
	for _, b := range batches {
		d.cfg.Datasets.Touch(b)
	}
}

// describe copies its texts: the book must not keep batches in memory.
func describe(b *event.Batch, w *write) Received {
	first := func(field string) string {
		if c := b.Find(field); c != nil && c.Kind == event.String && c.Len() > 0 {
			return brief(c.ValueAt(0).Str())
		}
		return ""
	}
	return Received{
		Protocol: w.protocol, Signal: first(event.FieldSignal), Key: w.key, Environment: strings.Clone(b.Environment), Dataset: strings.Clone(b.Dataset),
		Service: first(event.FieldService), TraceID: first(event.FieldTraceID), Group: first(event.FieldLogGroup), Stream: first(event.FieldLogStream),
		Error: ErrorName{first(event.FieldErrorEnvironment), first(event.FieldErrorFingerprint)}, Rows: int64(b.Len()),
	}
}

// stall is why the store takes nothing in, if so.
type stall struct {
	mu  sync.Mutex
	err error
}

// set reports whether this is news.
func (s *stall) set(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.err == nil
	kind := fault.Unavailable
	if fault.Is(err, fault.Throttled) {
		kind = fault.Throttled
	}
	wait := max(fault.RetryAfter(err), busyRetry)
	s.err = &fault.Error{Kind: kind, Message: "the store takes nothing in at the moment", Position: -1, Retry: wait, Cause: err}
	return news
}

func (s *stall) clear() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.err != nil
	s.err = nil
	return was
}

func (s *stall) get() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
