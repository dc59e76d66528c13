package ingest

import (
	"encoding/binary"
	"sync"
	"time"
)

// fingerprints remembers the requests we hold, for as long as the window and
// within a limit of entries, oldest out first.
type fingerprints struct {
	window time.Duration
	limit  int

	mu      sync.Mutex
	known   map[fingerprint]int64 // Unix nanoseconds at which it was written
	order   []remembered          // from first on, by time
	first   int
	pending map[fingerprint]*write
}

type fingerprint = [16]byte

// forgotten marks the journal entry that says that all requests before it were
// forgotten. It holds no rows.
func forgotten() fingerprint { return fingerprint([]byte("\xffforgotten\xff\xff\xff\xff\xff\xff")) }

type remembered struct {
	fingerprint fingerprint
	at          int64
}

func newFingerprints(window time.Duration, limit int) *fingerprints {
	return &fingerprints{window: window, limit: limit, known: map[fingerprint]int64{}, pending: map[fingerprint]*write{}}
}

// claim registers w as the one write of its fingerprint. seen means that we
// hold the request already; other is the write to wait for, if one is under way.
func (f *fingerprints) claim(w *write, now time.Time) (seen bool, other *write) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if other := f.pending[w.entry.Fingerprint]; other != nil {
		return false, other
	}
	if at, ok := f.known[w.entry.Fingerprint]; ok && now.UnixNano()-at < int64(f.window) {
		return true, nil
	}
	f.pending[w.entry.Fingerprint] = w
	return false, nil
}

// settle ends a claim: the request is remembered if it was stored.
func (f *fingerprints) settle(p fingerprint, at int64, stored bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pending, p)
	if stored {
		f.addLocked(p, at)
	}
}

// add remembers a request of an earlier run.
func (f *fingerprints) add(p fingerprint, at int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addLocked(p, at)
}

func (f *fingerprints) addLocked(p fingerprint, at int64) {
	if f.known[p] >= at {
		return
	}
	f.known[p] = at
	f.order = append(f.order, remembered{p, at})
	for len(f.order)-f.first > f.limit {
		f.popLocked()
	}
}

func (f *fingerprints) popLocked() {
	r := f.order[f.first]
	if f.known[r.fingerprint] == r.at {
		delete(f.known, r.fingerprint)
	}
	f.first++
	if f.first > len(f.order)/2 && f.first > 1024 {
		f.order = append([]remembered(nil), f.order[f.first:]...)
		f.first = 0
	}
}

// forget lets go of all that was remembered up to a time.
func (f *fingerprints) forget(until int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var later []remembered
	for _, r := range f.order[f.first:] {
		if r.at > until {
			later = append(later, r)
		} else if f.known[r.fingerprint] == r.at {
			delete(f.known, r.fingerprint)
		}
	}
	f.order, f.first = later, 0
}

// expire forgets what is older than the window.
func (f *fingerprints) expire(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.first < len(f.order) && now.UnixNano()-f.order[f.first].at >= int64(f.window) {
		f.popLocked()
	}
}

func (f *fingerprints) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.known)
}

// The note that begins each journal file lists what is remembered then:
//
//	note = (fingerprint of 16 bytes, time in Unix nanoseconds of 8, little-endian)*
//
// The door puts one more before them; see preface.
const rememberedBytes = 24

func (f *fingerprints) note() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	live := f.order[f.first:]
	out := make([]byte, 0, len(live)*rememberedBytes)
	for _, r := range live {
		out = binary.LittleEndian.AppendUint64(append(out, r.fingerprint[:]...), uint64(r.at))
	}
	return out
}

func (f *fingerprints) restore(note []byte) {
	for ; len(note) >= rememberedBytes; note = note[rememberedBytes:] {
		f.add(fingerprint(note[:16]), int64(binary.LittleEndian.Uint64(note[16:])))
	}
}
