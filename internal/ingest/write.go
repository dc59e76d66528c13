package ingest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest/journal"
)

const (
	busyRetry     = time.Second
	closingRetry  = 5 * time.Second
	keepBuffer    = 4 << 20 // larger payload buffers are left to the garbage collector
	bytesPerGuess = 64      // a row's payload, guessed to size a fresh buffer
	reasonNames   = "too_many_names"
)

// write is one request on its way to the journal and the store.
type write struct {
	door     *Door
	batches  []*event.Batch
	rows     int
	bytes    int64 // counted in flight until the store has taken the batches
	protocol string
	key      string
	entry    journal.Entry
	seq      uint64
	at       int64 // when Write was called, Unix nanoseconds

	err  error
	done chan struct{} // closed once err is final
	once sync.Once
}

// Write stores a request: when it returns nil, the rows are on disk and can be
// queried. Errors: Throttled or Unavailable with a time to wait when too much
// is in flight, the disk is full or the door closes; TooLarge; Canceled or
// Deadline when ctx ends first, in which case the rows may be stored all the same
// (a retry with the same fingerprint will not count twice).
func (d *Door) Write(ctx context.Context, req Request) error {
	d.requests.Add(1)
	batches, rows := filled(req.Batches)
	if rows == 0 {
		return nil
	}
	d.received.Add(int64(rows))
	now := d.cfg.Clock()
	for {
		w := &write{
			door: d, batches: batches, rows: rows, protocol: req.Protocol, key: req.Key, at: now.UnixNano(),
			entry: journal.Entry{Fingerprint: req.Fingerprint}, done: make(chan struct{}),
		}
		w.entry.Done = w.journaled
		if req.Fingerprint != (fingerprint{}) { //nolint:nestif // three outcomes of one question, side by side
			seen, other := d.seen.claim(w, now)
			if other != nil {
				if err := other.wait(ctx); err != nil && ctx.Err() != nil {
					d.refused.Add(int64(rows))
					return err
				} else if err != nil {
					continue // the first one failed: now it is our turn
				}
				seen = true
			}
			if seen {
				d.withdraw(w)
				d.deduplicated.Add(int64(rows))
				return nil
			}
		}
		if err := d.submit(w); err != nil { //nolint:contextcheck // what is queued for the journal is written whoever waits for it
			d.refused.Add(int64(rows))
			w.settle(false)
			w.finish(err)
			return err
		}
		return w.wait(ctx)
	}
}

// submit encodes a write and queues it for the journal.
func (d *Door) submit(w *write) error {
	d.closing.RLock()
	defer d.closing.RUnlock()
	if d.closed {
		return fault.Busy(fault.Unavailable, closingRetry, "the server is shutting down")
	}
	if err := d.stalled.get(); err != nil {
		return err
	}
	if n := d.inFlight.Load(); n >= d.cfg.MaxInFlight {
		return fault.Busy(fault.Throttled, busyRetry, "%d bytes wait to be stored, the limit is %d: send more slowly", n, d.cfg.MaxInFlight)
	}
	d.leaveNames(w)
	if d.cfg.Stamper != nil {
		d.cfg.Stamper.Stamp(w.batches)
	}
	w.entry.Payload = d.encode(w.batches, w.rows)
	w.bytes = int64(len(w.entry.Payload))
	d.inFlight.Add(w.bytes)
	d.writes.Add(1)
	if err := d.appendInOrder(&w.entry, w.rows); err != nil {
		d.withdraw(w)
		d.release(w)
		return err
	}
	return nil
}

// leaveNames leaves out the fields whose names are too many for their dataset.
func (d *Door) leaveNames(w *write) {
	if d.cfg.Datasets == nil {
		return
	}
	for i, b := range w.batches {
		beyond := d.cfg.Datasets.Beyond(b)
		if len(beyond) == 0 {
			continue
		}
		values := 0
		for _, c := range beyond {
			values += c.Len()
		}
		d.ledger.Alter(reasonNames, w.protocol, min(values, b.Len()), "dataset "+b.Dataset+" has too many names of fields: "+brief(beyond[0].Name)+" is left out")
		w.batches = slices.Clone(w.batches) // the caller's list stays as it is
		w.batches[i] = b.Without(beyond)
	}
}

func (d *Door) withdraw(w *write) {
	if d.cfg.Stamper != nil {
		d.cfg.Stamper.Withdraw(w.batches)
	}
}

func (d *Door) encode(batches []*event.Batch, rows int) []byte {
	var buf []byte
	if b, ok := d.buffers.Get().(*[]byte); ok {
		buf = (*b)[:0]
	} else {
		buf = make([]byte, 0, rows*bytesPerGuess)
	}
	for _, b := range batches {
		buf = event.AppendBatch(buf, b)
	}
	return buf
}

// release ends what submit began.
func (d *Door) release(w *write) {
	d.recycle(w)
	d.inFlight.Add(-w.bytes)
	d.writes.Done()
}

// recycle gives the payload's buffer back once the journal is done with it.
func (d *Door) recycle(w *write) {
	if b := w.entry.Payload; cap(b) > 0 && cap(b) <= keepBuffer {
		d.buffers.Put(&b)
	}
	w.entry.Payload = nil
}

// journaled is called by the journal, in the order of seq.
func (w *write) journaled(seq uint64, err error) {
	d := w.door
	if err != nil {
		d.refused.Add(int64(w.rows))
		w.settle(false)
		d.withdraw(w)
		d.release(w)
		w.finish(err)
		return
	}
	d.stored.Add(int64(w.rows))
	w.settle(true)
	d.recycle(w)
	w.seq = seq
	d.apply.push(w)
}

func (w *write) settle(stored bool) {
	if w.entry.Fingerprint != (fingerprint{}) {
		w.door.seen.settle(w.entry.Fingerprint, w.at, stored)
	}
}

// finish tells everybody who waits; the first outcome counts.
func (w *write) finish(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.done)
	})
}

func (w *write) wait(ctx context.Context) error {
	select {
	case <-w.done:
		return w.err
	default:
	}
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		return ended(ctx)
	}
}

func ended(ctx context.Context) error {
	kind := fault.Canceled
	if ctx.Err() == context.DeadlineExceeded {
		kind = fault.Deadline
	}
	return fault.Wrap(kind, ctx.Err(), "the request ended before it was stored")
}

// filled leaves out batches without rows.
func filled(batches []*event.Batch) (out []*event.Batch, rows int) {
	rows = rowsOf(batches)
	empty := func(b *event.Batch) bool { return b.Len() == 0 }
	if slices.ContainsFunc(batches, empty) {
		batches = slices.DeleteFunc(slices.Clone(batches), empty)
	}
	return batches, rows
}
