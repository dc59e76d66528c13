package ingest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	samplesPerDrop = 20
	maxSampleBytes = 500
	maxDropKinds   = 256 // distinct (reason, protocol); what comes later counts as "other"
	watchLength    = 100
)

// Ledger is the book of what came in and what did not: events dropped, each
// with a reason and a sample, and the last requests received or refused. It is
// bounded in memory and safe for concurrent use. Counts start at zero with the
// process.
type Ledger struct {
	clock func() time.Time

	mu      sync.Mutex
	drops   map[dropKey]*Drop
	dropped int64
	refused map[RefusedKind]int64
	watch   [watchLength]Entry
	last    uint64        // id of the newest entry
	grown   chan struct{} // closed at the next entry
	waited  bool          // somebody has grown
}

type dropKey struct {
	reason, protocol string
	stored           bool
}

// Drop counts the events that were not stored for one reason, or what stored
// events lost of what was sent.
type Drop struct {
	Reason   string // snake_case, stable: a metric label
	Protocol string
	Stored   bool // the events are stored, with less than was sent
	Count    int64
	Last     []Sample // oldest first
}

// Sample is an example of what was dropped.
type Sample struct {
	At     time.Time
	Detail string
}

// Entry is one request in the watch list: either Received or Refused is set.
type Entry struct {
	ID       uint64 // grows by one, from 1
	At       time.Time
	Received *Received
	Refused  *Refused
}

// Received describes rows of one dataset that were acknowledged.
type Received struct {
	Protocol    string
	Key         string // id of the key
	Environment string
	Dataset     string
	Service     string // of the first row; may be empty
	TraceID     string // of the first row; may be empty
	Rows        int
}

// Refused describes a request that was turned away whole, and what its sender
// should change.
type Refused struct {
	Protocol string
	Method   string
	Path     string
	Remote   string
	Status   int
	Reason   string
	Remedy   string
	Key      string // masked by the caller
}

// RefusedKind is how requests were turned away: which protocol's, and with what
// status in terms of HTTP.
type RefusedKind struct {
	Protocol string
	Status   int
}

func newLedger(clock func() time.Time) *Ledger {
	return &Ledger{clock: clock, drops: map[dropKey]*Drop{}, refused: map[RefusedKind]int64{}, grown: make(chan struct{})}
}

// Drop counts events that came in and were not stored. reason is snake_case
// and one of few; detail is an example of what was dropped, without secrets,
// cut at 500 bytes.
func (l *Ledger) Drop(reason, protocol string, count int, detail string) {
	l.count(dropKey{reason, protocol, false}, count, detail)
}

// Alter counts places at which events were stored with less than was sent: a
// value cut, a field left out. The events themselves are not dropped.
func (l *Ledger) Alter(reason, protocol string, count int, detail string) {
	l.count(dropKey{reason, protocol, true}, count, detail)
}

func (l *Ledger) count(key dropKey, count int, detail string) {
	if count <= 0 {
		return
	}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !key.stored {
		l.dropped += int64(count)
	}
	d := l.drops[key]
	if d == nil {
		if len(l.drops) >= maxDropKinds {
			key.reason, key.protocol = "other", "other"
		}
		if d = l.drops[key]; d == nil {
			key.reason, key.protocol = strings.Clone(key.reason), strings.Clone(key.protocol)
			d = &Drop{Reason: key.reason, Protocol: key.protocol, Stored: key.stored}
			l.drops[key] = d
		}
	}
	d.Count += int64(count)
	if len(d.Last) == samplesPerDrop {
		copy(d.Last, d.Last[1:])
		d.Last = d.Last[:samplesPerDrop-1]
	}
	d.Last = append(d.Last, Sample{At: now, Detail: brief(detail)})
}

// Drops returns every reason with its count and last samples, most frequent first.
func (l *Ledger) Drops() []Drop {
	l.mu.Lock()
	all := make([]Drop, 0, len(l.drops))
	for _, d := range l.drops {
		c := *d
		c.Last = slices.Clone(d.Last)
		all = append(all, c)
	}
	l.mu.Unlock()
	slices.SortFunc(all, func(a, b Drop) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason), strings.Compare(a.Protocol, b.Protocol))
	})
	return all
}

// Dropped returns how many events were dropped in all.
func (l *Ledger) Dropped() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped
}

// Refuse notes a request that was turned away.
func (l *Ledger) Refuse(r Refused) {
	r.Path, r.Reason, r.Remedy = brief(r.Path), brief(r.Reason), brief(r.Remedy)
	r.Method, r.Remote, r.Key = brief(r.Method), brief(r.Remote), brief(r.Key)
	l.mu.Lock()
	l.refused[RefusedKind{r.Protocol, r.Status}]++ // of few: both are ours
	l.mu.Unlock()
	l.add(Entry{Refused: &r})
}

// RefusedRequests returns how many requests were turned away, by kind.
func (l *Ledger) RefusedRequests() map[RefusedKind]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.refused)
}

func (l *Ledger) receive(r Received) { l.add(Entry{Received: &r}) }

func (l *Ledger) add(e Entry) {
	e.At = l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.ID = l.last
	l.watch[e.ID%watchLength] = e
	if l.waited {
		close(l.grown)
		l.grown, l.waited = make(chan struct{}), false
	}
}

// Watch returns the entries with an id above after that are still kept (the
// last 100), oldest first, and a channel that is closed when there are more. An
// id from before a restart, larger than any now, returns all there are.
func (l *Ledger) Watch(after uint64) (entries []Entry, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after > l.last {
		after = 0
	}
	if l.last > watchLength {
		after = max(after, l.last-watchLength)
	}
	for i := after + 1; i <= l.last; i++ {
		entries = append(entries, l.watch[i%watchLength])
	}
	l.waited = true
	return entries, l.grown
}

// brief cuts text of outside origin to what is worth keeping, and copies it.
func brief(s string) string {
	if len(s) > maxSampleBytes {
		s = strings.ToValidUTF8(s[:maxSampleBytes], "") + "…"
	}
	return strings.Clone(s)
}
