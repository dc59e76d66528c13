package ingest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	samplesPerDrop = 20
	maxSampleBytes = 500
	maxDropKinds   = 256 // distinct (reason, protocol); what comes later counts as "other"
	maxSources     = 256
	maxRefusals    = 200
)

// Ledger is the book of what came in and what did not: whose events came last,
// the requests that were refused, and the events dropped, each with a reason and a
// sample. What is alike is one entry with a count, so a busy source hides nothing
// and a sender that tries again and again does not either. It is bounded in memory
// and safe for concurrent use. Counts start at zero with the process.
type Ledger struct {
	clock func() time.Time

	mu       sync.Mutex
	drops    map[dropKey]*Drop
	dropped  int64
	refused  map[RefusedKind]int64
	sources  map[sourceKey]*Entry
	refusals map[refusalKey]*Entry
	last     uint64        // id of the newest change
	grown    chan struct{} // closed at the next change
	waited   bool          // somebody has grown
}

type sourceKey struct{ environment, dataset, protocol, signal string }

// refusalKey is what makes two refused requests alike: numbers in the reason, times
// and sizes, do not count.
type refusalKey struct {
	protocol, method, path, host, reason, key string
	status                                    int
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
	First    time.Time
	ID       uint64   // of its last change, as that of an [Entry]
	Last     []Sample // oldest first
}

// copied shares nothing with what is counted on.
func (d *Drop) copied() Drop {
	c := *d
	c.Last = slices.Clone(d.Last)
	return c
}

// Sample is an example of what was dropped.
type Sample struct {
	At     time.Time
	Detail string
}

// Entry is one line of the book as it is now. One of Received, Refused and Dropped
// is set.
type Entry struct {
	ID       uint64 // of its last change: they grow by one, from 1
	At       time.Time
	Received *Received
	Refused  *Refused
	Dropped  *Drop
}

// Received describes what came from a source, which is a protocol, and a signal in
// it, that filled a dataset. What it says of rows is of the first row of the last
// request; texts may be empty.
type Received struct {
	Protocol    string
	Signal      string // see event.FieldSignal
	Key         string // id of the key
	Environment string
	Dataset     string
	Service     string
	TraceID     string
	Group       string // of logs, and the stream
	Stream      string
	Error       ErrorName
	Rows        int64 // of all its requests
	Requests    int64
	First       time.Time // when the first of them came
}

// ErrorName is how an occurrence names the error that it is one of.
type ErrorName struct{ Environment, Fingerprint string }

// Refused describes requests that were turned away whole, and what their sender
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
	Count    int64  // how many of the kind; the ledger counts
	First    time.Time
}

// RefusedKind is how requests were turned away: which protocol's, and with what
// status in terms of HTTP.
type RefusedKind struct {
	Protocol string
	Status   int
}

func newLedger(clock func() time.Time) *Ledger {
	return &Ledger{clock: clock, drops: map[dropKey]*Drop{}, refused: map[RefusedKind]int64{}, sources: map[sourceKey]*Entry{}, refusals: map[refusalKey]*Entry{}, grown: make(chan struct{})}
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
			d = &Drop{Reason: key.reason, Protocol: key.protocol, Stored: key.stored, First: now}
			l.drops[key] = d
		}
	}
	d.Count += int64(count)
	if len(d.Last) == samplesPerDrop {
		copy(d.Last, d.Last[1:])
		d.Last = d.Last[:samplesPerDrop-1]
	}
	d.Last = append(d.Last, Sample{At: now, Detail: brief(detail)})
	d.ID = l.change()
}

// Drops returns every reason with its count and last samples, most frequent first.
func (l *Ledger) Drops() []Drop {
	l.mu.Lock()
	all := make([]Drop, 0, len(l.drops))
	for _, d := range l.drops {
		all = append(all, d.copied())
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
	host := r.Remote
	if at := strings.LastIndexByte(host, ':'); at >= 0 {
		host = host[:at]
	}
	key := refusalKey{r.Protocol, r.Method, r.Path, host, withoutNumbers(r.Reason), r.Key, r.Status}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[RefusedKind{r.Protocol, r.Status}]++ // of few: both are ours
	r.Count, r.First = 1, now
	if e := l.refusals[key]; e != nil {
		r.Count, r.First = e.Refused.Count+1, e.Refused.First
	} else {
		makeRoom(l.refusals, maxRefusals)
	}
	l.refusals[key] = &Entry{ID: l.change(), At: now, Refused: &r}
}

// withoutNumbers makes texts that differ in numbers alone the same.
func withoutNumbers(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' {
			c = '0'
			if n := len(out); n > 0 && out[n-1] == c {
				continue
			}
		}
		out = append(out, c)
	}
	return string(out)
}

// makeRoom removes the entry that has not changed for longest if there are most.
func makeRoom[K comparable](entries map[K]*Entry, most int) {
	if len(entries) < most {
		return
	}
	var oldest K
	id := uint64(math.MaxUint64)
	for k, e := range entries {
		if e.ID < id {
			oldest, id = k, e.ID
		}
	}
	delete(entries, oldest)
}

// RefusedRequests returns how many requests were turned away, by kind.
func (l *Ledger) RefusedRequests() map[RefusedKind]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.refused)
}

// receive notes rows that are stored. Rows is their number.
func (l *Ledger) receive(r Received) {
	key := sourceKey{r.Environment, r.Dataset, r.Protocol, r.Signal}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Requests, r.First = 1, now
	if e := l.sources[key]; e != nil {
		r.Rows, r.Requests, r.First = r.Rows+e.Received.Rows, e.Received.Requests+1, e.Received.First
	} else {
		makeRoom(l.sources, maxSources)
	}
	l.sources[key] = &Entry{ID: l.change(), At: now, Received: &r}
}

// change returns the id of a change and wakes those who wait for one.
func (l *Ledger) change() uint64 {
	l.last++
	if l.waited {
		close(l.grown)
		l.grown, l.waited = make(chan struct{}), false
	}
	return l.last
}

// Watch returns the entries that have changed since the change with the id after, in
// that order, and a channel that is closed when there are more. An id from before a
// restart, larger than any now, returns all there are.
func (l *Ledger) Watch(after uint64) (entries []Entry, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after > l.last {
		after = 0
	}
	for _, e := range l.sources {
		if e.ID > after {
			entries = append(entries, *e)
		}
	}
	for _, e := range l.refusals {
		if e.ID > after {
			entries = append(entries, *e)
		}
	}
	for _, d := range l.drops {
		if d.ID > after {
			c := d.copied()
			entries = append(entries, Entry{ID: d.ID, At: d.Last[len(d.Last)-1].At, Dropped: &c})
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
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
