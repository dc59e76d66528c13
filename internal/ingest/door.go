package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest/journal"
)

// tidyEvery is how often the journal is truncated and fingerprints expire.
const tidyEvery = time.Second

// Door is the way in. All methods are safe for concurrent use.
type Door struct {
	cfg     Config
	journal *journal.Journal
	ledger  *Ledger
	tail    *fanOut
	seen    *fingerprints
	arrival arrivals
	apply   applyQueue
	stalled stall
	buffers sync.Pool // of *[]byte

	closing sync.RWMutex // held for reading while a write is submitted
	closed  bool
	writes  sync.WaitGroup // submitted and not yet taken by the store

	background sync.WaitGroup
	stop       context.CancelFunc

	requests, received, stored, deduplicated, refused, replayed, inFlight atomic.Int64
}

// Open opens the journal, hands everything in it that the store does not hold
// durably to the store, and returns a door that is ready. Errors: Conflict if
// another process has the journal; what the store answers when it does not take
// the rows back.
func Open(ctx context.Context, cfg Config) (*Door, error) {
	cfg.setDefaults()
	d := &Door{
		cfg: cfg, ledger: newLedger(cfg.Clock), seen: newFingerprints(cfg.DedupWindow, cfg.DedupEntries),
		apply: applyQueue{arrived: make(chan struct{}, 1)},
	}
	var err error
	d.journal, err = journal.Open(ctx, journal.Config{
		Dir: cfg.Dir, FS: cfg.FS, Clock: cfg.Clock, Log: cfg.Log, After: cfg.Store.Durable(), Preface: d.preface,
		// The door's own limit governs; the journal must not be the narrower one.
		MaxQueue: 2 * cfg.MaxInFlight, MaxBytes: cfg.MaxJournal, FileBytes: cfg.JournalFile,
	})
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	if err := d.replay(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("replay the journal: %w", err), d.journal.Close(ctx))
	}
	d.tail = newFanOut()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.background.Go(func() { d.runApply(background) })
	d.background.Go(func() { d.runTidy(background) })
	return d, nil
}

// replay gives the store what it lacks. An entry whose write failed and was
// then retried may be there twice: the fingerprint tells, among the entries that
// are given to the store now (of older ones we cannot know whether it has them).
func (d *Door) replay(ctx context.Context) error {
	durable, whole := d.cfg.Store.Durable(), d.safe()
	given := map[fingerprint]time.Time{}
	return d.journal.Replay(ctx, whole, func(r journal.Record) error {
		if r.Note {
			d.readPreface(r.Payload)
			return nil
		}
		d.arrival.heed(r.Time.UnixNano(), mostRows(r.Bytes))
		if r.Fingerprint == forgotten() {
			d.seen.forget(r.Time.UnixNano())
			clear(given)
			return nil
		}
		if r.Fingerprint != (fingerprint{}) {
			d.seen.add(r.Fingerprint, r.Time.UnixNano())
		}
		if r.Seq <= whole {
			return nil
		}
		// Of those that the store holds we cannot know which were given to it.
		if r.Seq > durable && r.Fingerprint != (fingerprint{}) {
			if at, again := given[r.Fingerprint]; again && r.Time.Sub(at) < d.cfg.DedupWindow {
				return nil
			}
			given[r.Fingerprint] = r.Time
		}
		batches, err := decode(r.Payload)
		if err != nil {
			d.cfg.Log.ErrorContext(ctx, "a journal record cannot be decoded and is left out", slog.Uint64("seq", r.Seq), slog.Any("error", err))
			d.ledger.Drop("journal_record_unreadable", "journal", 1, err.Error())
			return nil
		}
		stamp(batches, r.Time.UnixNano())
		d.follow(r.Seq, batches)
		if r.Seq <= durable {
			return nil
		}
		if err := d.appendReplayed(ctx, r.Seq, batches); err != nil {
			return err
		}
		d.replayed.Add(int64(rowsOf(batches)))
		d.touch(batches)
		return nil
	})
}

// safe returns the highest seq up to which the journal is no longer needed.
func (d *Door) safe() uint64 {
	seq := d.cfg.Store.Durable()
	for _, f := range d.cfg.Followers {
		seq = min(seq, f.Followed())
	}
	return seq
}

// follow tells those followers that have not followed so far yet.
func (d *Door) follow(seq uint64, batches []*event.Batch) {
	for _, f := range d.cfg.Followers {
		if seq > f.Followed() {
			f.Follow(seq, batches)
		}
	}
}

// appendReplayed waits for a store that is only busy; any other error ends the start.
func (d *Door) appendReplayed(ctx context.Context, seq uint64, batches []*event.Batch) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	return d.appendRetrying(ctx, seq, batches, func(err error) {
		if !fault.Is(err, fault.Throttled) {
			cancel(err)
		}
	})
}

func decode(payload []byte) ([]*event.Batch, error) {
	var batches []*event.Batch
	for len(payload) > 0 {
		b, rest, err := event.DecodeBatch(payload)
		if err != nil {
			return nil, err
		}
		batches, payload = append(batches, b), rest
	}
	return batches, nil
}

func (d *Door) runTidy(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.tidy(ctx)
		}
	}
}

func (d *Door) tidy(ctx context.Context) {
	d.seen.expire(d.cfg.Clock())
	_ = d.journal.Ready() // looks at the free space, also while nobody writes
	if err := d.journal.Truncate(ctx, d.safe()); err != nil {
		d.cfg.Log.WarnContext(ctx, "the journal could not be shortened", slog.Any("error", err))
	}
}

// Forget makes the door take requests anew that it has taken before: where rows
// were deleted, who sends them again means it. Errors: Unavailable, then a
// restart may remember again what this process has forgotten; Canceled and Deadline.
func (d *Door) Forget(ctx context.Context) error {
	d.seen.forget(d.cfg.Clock().UnixNano())
	select {
	case err := <-d.noteForgotten():
		return err
	case <-ctx.Done():
		return ended(ctx)
	}
}

// noteForgotten tells the journal; the channel gets the outcome.
func (d *Door) noteForgotten() <-chan error {
	done := make(chan error, 1)
	entry := &journal.Entry{Fingerprint: forgotten(), Done: func(_ uint64, err error) { done <- err }}
	if err := d.appendInOrder(entry, 0); err != nil {
		done <- err
	}
	return done
}

// Limits returns the event times accepted now. Never that of an event that has none.
func (d *Door) Limits() Limits {
	now := d.cfg.Clock()
	return Limits{MinTime: max(now.Add(-d.cfg.MaxPast).UnixNano(), 1), MaxTime: now.Add(d.cfg.MaxFuture).UnixNano()}
}

// Ledger returns the book of drops and of requests received and refused.
func (d *Door) Ledger() *Ledger { return d.ledger }

// Subscribe returns rows as they are acknowledged, those for which match is
// true (nil: all), until ctx ends or the subscription is closed. match runs on
// one goroutine for everybody and must be quick. buffer is how many rows wait
// for a slow reader, at most 5,000. Errors: Throttled beyond 256 subscriptions,
// Unavailable while closing.
func (d *Door) Subscribe(ctx context.Context, buffer int, match func(event.Row) bool) (*Subscription, error) {
	return d.tail.subscribe(ctx, buffer, match)
}

// Stats returns the counts for metrics.
func (d *Door) Stats() Stats {
	dropped := d.ledger.Dropped()
	return Stats{
		Received: d.received.Load() + dropped, Stored: d.stored.Load(), Deduplicated: d.deduplicated.Load(),
		Dropped: dropped, Refused: d.refused.Load(), Replayed: d.replayed.Load(),
		InFlight: d.inFlight.Load(), Requests: d.requests.Load(), Fingerprints: d.seen.count(),
		Subscriptions: int(d.tail.active.Load()), Journal: d.journal.Stats(),
	}
}

// Ready returns nil while writes are taken, else the fault they get.
func (d *Door) Ready() error {
	d.closing.RLock()
	closed := d.closed
	d.closing.RUnlock()
	if closed {
		return fault.New(fault.Unavailable, "the server is shutting down")
	}
	if err := d.stalled.get(); err != nil {
		return err
	}
	return d.journal.Ready()
}

// Close refuses new writes, waits for those in flight, lets the store flush so
// that the next start replays nothing, and closes the journal. It gives up
// waiting when ctx ends; nothing acknowledged is lost then either, and the next
// start replays it, which is no error where only the flush was cut short. The store
// is the caller's to close afterwards.
func (d *Door) Close(ctx context.Context) error {
	d.closing.Lock()
	again := d.closed
	d.closed = true
	d.closing.Unlock()
	if again {
		return nil
	}
	drained := make(chan struct{})
	go func() {
		d.writes.Wait()
		close(drained)
	}()
	var errs []error
	select {
	case <-drained:
		errs = append(errs, d.flush(ctx))
	case <-ctx.Done():
		errs = append(errs, fmt.Errorf("wait for the writes in flight: %w", ctx.Err()))
	}
	d.stop()
	d.background.Wait()
	d.tidy(ctx)
	d.tail.close()
	errs = append(errs, d.closeJournal(ctx))
	d.leave(d.apply.take(nil)) // what the journal wrote after the store was given its last
	return errors.Join(errs...)
}

// flush lets the store write all rows as segments, as far as there is time.
func (d *Door) flush(ctx context.Context) error {
	err := d.cfg.Store.Flush(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	d.cfg.Log.WarnContext(ctx, "there was no time to write all rows as segments before the stop; they are in the journal, from which the next start reads them", slog.Any("error", err))
	return nil
}

// lastMoment is what the journal gets where the time of the stop is over.
const lastMoment = 2 * time.Second

// closeJournal has the rest written. That takes milliseconds, and so a moment more
// than there is: who starts next should find the folder unlocked.
func (d *Door) closeJournal(ctx context.Context) error {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
		defer cancel()
	}
	return d.journal.Close(ctx)
}
