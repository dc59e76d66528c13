package ingest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	maxSubscriptions = 256
	maxBuffer        = 5000
	fanOutQueue      = 64 // writes that wait to be matched
)

// Subscription receives the rows that match a filter, from the moment it was
// made, shortly after each was acknowledged. It never holds ingest up: rows
// that do not fit its buffer are skipped and counted.
type Subscription struct {
	rows    chan event.Row
	match   func(event.Row) bool
	skipped atomic.Int64
	from    *fanOut
	missed  int64 // of from when it began
	end     func()
}

// Rows returns the channel of matching rows. It is closed when the
// subscription ends. Each row is a copy of its own, valid for ever.
func (s *Subscription) Rows() <-chan event.Row { return s.rows }

// Skipped returns how many rows may have matched but were not delivered: those
// that found the buffer full, and those never looked at because matching was
// behind.
func (s *Subscription) Skipped() int64 { return s.skipped.Load() + s.from.missed.Load() - s.missed }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() { s.end() }

// fanOut hands acknowledged batches to subscriptions on a goroutine of its own.
type fanOut struct {
	active atomic.Int32
	missed atomic.Int64 // rows that matching had no time for
	queue  chan []*event.Batch
	stop   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	subs   []*Subscription
	closed bool
}

func newFanOut() *fanOut {
	f := &fanOut{queue: make(chan []*event.Batch, fanOutQueue), stop: make(chan struct{}), done: make(chan struct{})}
	go f.run()
	return f
}

func (f *fanOut) run() {
	defer close(f.done)
	for {
		select {
		case <-f.stop:
			f.mu.Lock()
			f.closed = true
			subs := slices.Clone(f.subs)
			f.mu.Unlock()
			for _, s := range subs {
				s.Close()
			}
			return
		case batches := <-f.queue:
			f.deliver(batches)
		}
	}
}

// publish costs one atomic load while nobody listens.
func (f *fanOut) publish(batches []*event.Batch) {
	if f.active.Load() == 0 {
		return
	}
	select {
	case f.queue <- batches:
	default:
		f.missed.Add(int64(rowsOf(batches)))
	}
}

// deliver holds the lock while it sends, which never blocks, so that no
// subscription's channel is closed under it.
func (f *fanOut) deliver(batches []*event.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range batches {
		for i := range b.Len() {
			row := b.Row(i)
			for _, s := range f.subs {
				if s.match != nil && !s.match(row) {
					continue
				}
				if len(s.rows) == cap(s.rows) {
					s.skipped.Add(1)
					continue
				}
				s.rows <- detach(row)
			}
		}
	}
}

func (f *fanOut) subscribe(ctx context.Context, buffer int, match func(event.Row) bool) (*Subscription, error) {
	s := &Subscription{rows: make(chan event.Row, min(max(buffer, 1), maxBuffer)), match: match, from: f}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, fault.New(fault.Unavailable, "the server is shutting down")
	case len(f.subs) >= maxSubscriptions:
		return nil, fault.New(fault.Throttled, "there are %d live views already, the most there may be", maxSubscriptions)
	}
	f.subs = append(f.subs, s)
	f.active.Add(1)
	s.missed = f.missed.Load()
	var release func() bool
	s.end = sync.OnceFunc(func() {
		f.mu.Lock() // also waits until subscribe has returned
		defer f.mu.Unlock()
		release()
		f.subs = slices.DeleteFunc(f.subs, func(other *Subscription) bool { return other == s })
		f.active.Add(-1)
		close(s.rows)
	})
	release = context.AfterFunc(ctx, s.end)
	return s, nil
}

func (f *fanOut) close() {
	close(f.stop)
	<-f.done
}

// detach copies one row, so that a slow reader does not keep whole batches alive.
func detach(row event.Row) event.Row {
	b := event.NewBatch(row.Batch.Environment, row.Batch.Dataset)
	b.Begin(row.Batch.Times[row.Index])
	b.SetSampleRate(row.Batch.SampleRate(row.Index))
	row.All(func(name string, v event.Value) { b.SetAt(0, name, v) })
	return b.Row(0)
}

func rowsOf(batches []*event.Batch) int {
	n := 0
	for _, b := range batches {
		n += b.Len()
	}
	return n
}
