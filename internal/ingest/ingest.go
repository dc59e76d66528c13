// Package ingest is the one door in. [Door.Write] returns only when the rows it
// was given would survive a crash: they are in the journal, synced, and handed
// to the store in the journal's order. The door recognises retries, holds the
// limits, feeds live tails and keeps the book of what was dropped.
//
// No wire format here: protocol rooms decode, then call Write.
package ingest

import (
	"log/slog"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest/journal"
	"github.com/oriel-dev/oriel/internal/store"
)

// Follower keeps sums of its own over the rows that come in. It is told of each
// write once, in the order of the journal, also over restarts: at the start the
// journal is read again from what it has followed on, even where the store has
// the rows already, and the journal is kept until then.
type Follower interface {
	// Follow is called by one goroutine at a time, before the write that brought
	// the batches returns. It must be quick and must not keep them.
	Follow(seq uint64, batches []*event.Batch)
	// Followed returns the highest seq such that nothing is lost in a crash of what
	// Follow made of all up to it. It never goes down.
	Followed() uint64
}

// Stamper marks rows as they come in, with what only the server may say of them.
type Stamper interface {
	// Stamp may add fields to the batches of a request, which nobody else uses yet.
	// It is called by many at once, before the rows are in the journal.
	Stamp(batches []*event.Batch)
	// Withdraw tells that batches are not stored after all, or were before. They
	// may have been stamped.
	Withdraw(batches []*event.Batch)
}

// Config says where the journal is and how much may be in flight. Zero numbers
// mean the defaults given.
type Config struct {
	Dir       string            // the journal's folder; one process at a time
	Store     store.Store       // the door calls Append, Durable and, on Close, Flush
	Datasets  *dataset.Registry // told of every batch; may be nil
	Followers []Follower
	Stamper   Stamper // may be nil
	Clock     func() time.Time
	Log       *slog.Logger
	FS        journal.FS // nil means the operating system's

	MaxInFlight  int64         // bytes written but not yet taken by the store; 64 MiB
	MaxJournal   int64         // bytes of journal on disk before writes are refused; 8 GiB
	JournalFile  int64         // bytes of one journal file; 64 MiB
	MaxPast      time.Duration // events older than this are refused by decoders; 60 days
	MaxFuture    time.Duration // events further ahead than this, too; 24 hours
	DedupWindow  time.Duration // how long a fingerprint is remembered; 10 minutes
	DedupEntries int           // how many are remembered at most; 262,144
}

const (
	defaultInFlight     = 64 << 20
	defaultPast         = 60 * 24 * time.Hour
	defaultFuture       = 24 * time.Hour
	defaultDedupWindow  = 10 * time.Minute
	defaultDedupEntries = 1 << 18
)

func (c *Config) setDefaults() {
	if c.MaxInFlight <= 0 {
		c.MaxInFlight = defaultInFlight
	}
	if c.MaxPast <= 0 {
		c.MaxPast = defaultPast
	}
	if c.MaxFuture <= 0 {
		c.MaxFuture = defaultFuture
	}
	if c.DedupWindow <= 0 {
		c.DedupWindow = defaultDedupWindow
	}
	if c.DedupEntries <= 0 {
		c.DedupEntries = defaultDedupEntries
	}
}

// Request is what one call of a protocol room writes, all or nothing.
type Request struct {
	// Batches belong to the door, and then the store, once Write is called:
	// nobody may change them any more. Empty ones are ignored.
	Batches []*event.Batch
	// Protocol is a short stable name for counts: "otlp_http", "honeycomb".
	Protocol string
	// Key is the id of the key that sent it, for the watch list; never a secret.
	Key string
	// Fingerprint is a hash of the body and the route, the key included. A second
	// request with the same one within the window is acknowledged and not
	// written. Zero switches that off.
	Fingerprint [16]byte
}

// Limits are the event times that decoders accept, Unix nanoseconds. Rows
// outside are to be counted with Ledger.Drop.
type Limits struct {
	MinTime, MaxTime int64
}

// Stats are counts since the process started. At rest,
// Received = Stored + Deduplicated + Dropped + Refused.
type Stats struct {
	Received     int64 // rows that came in, those dropped by decoders included
	Stored       int64 // rows in the journal, acknowledged or about to be
	Deduplicated int64 // rows of a request we already hold
	Dropped      int64 // rows in the ledger
	Refused      int64 // rows of writes that returned an error: the sender still has them
	Replayed     int64 // rows read back from the journal at start; not in Received

	InFlight      int64 // bytes written but not yet taken by the store
	Requests      int64 // calls of Write
	Fingerprints  int   // remembered
	Subscriptions int
	Journal       journal.Stats
}
