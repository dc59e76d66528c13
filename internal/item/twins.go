package item

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// Ways that an exception is reported.
type way uint8

const (
	byPayload  way = iota + 1 // Rollbar's
	bySpan                    // an event of a span
	byLog                     // a log record of a span
	byDocument                // a segment document of X-Ray's
	ways
)

// twins finds out whether an exception was reported before another way: an app
// may have an OpenTelemetry SDK, Rollbar's and X-Ray's. Reports of one trace,
// class and message are matched, one of each other way to the first; those of the
// same way never are. It is bounded in time and number.
type twins struct {
	mu    sync.Mutex
	ring  []report
	next  int
	byKey map[uint64]int32 // the newest of a key, a place in the ring
	notes []byte           // what is to be written, see twins_kept.go
}

type report struct {
	key    uint64
	id     int64       // of the occurrence
	usedBy [ways]int64 // the reports that are its twins
	at     int64
	way    way
	older  int32 // the next place of the same key, noReport if there is none
}

const noReport int32 = -1

const (
	twinWindow  = int64(10 * time.Minute)
	twinReports = 1 << 16
	twinsOfKey  = 64
)

func (w *twins) init() {
	w.ring, w.byKey = make([]report, 0, 1024), map[uint64]int32{}
}

// twinKey tells one exception of a trace from another. Classes are compared by
// their last name: SDKs disagree on packages and pointers.
func twinKey(environment, traceID, class, message string) uint64 {
	class = class[strings.LastIndexAny(class, ".:/*\\")+1:]
	return hashText(environment + "\x00" + traceID + "\x00" + class + "\x00" + strings.TrimSpace(event.Cut(message, maxTitle)))
}

// match returns the occurrence that a report repeats, 0 if it is the first.
func (w *twins) match(key uint64, by way, id, now int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, n := noReport, 0
	for p := w.newest(key); p != noReport; p = w.ring[p].older {
		n++
		if r := &w.ring[p]; r.way != by && r.usedBy[by] == 0 && now-r.at < twinWindow {
			found = p // the oldest one counts
		}
	}
	if found != noReport {
		w.ring[found].usedBy[by] = id
		w.note(noteTwin, key, id, w.ring[found].id, by)
		return w.ring[found].id
	}
	if n < twinsOfKey {
		w.add(report{key: key, id: id, at: now, way: by})
		w.note(noteReport, key, id, now, by)
	}
	return 0
}

func (w *twins) newest(key uint64) int32 {
	if p, ok := w.byKey[key]; ok {
		return p
	}
	return noReport
}

func (w *twins) add(r report) {
	if len(w.ring) < twinReports {
		r.older, w.byKey[r.key] = w.newest(r.key), int32(len(w.ring))
		w.ring = append(w.ring, r)
		return
	}
	w.remove(int32(w.next))
	r.older, w.byKey[r.key] = w.newest(r.key), int32(w.next)
	w.ring[w.next] = r
	w.next = (w.next + 1) % twinReports
}

// remove takes what is at a place out of the index.
func (w *twins) remove(place int32) {
	key, older := w.ring[place].key, w.ring[place].older
	if w.byKey[key] == place {
		if w.byKey[key] = older; older == noReport {
			delete(w.byKey, key)
		}
		return
	}
	for p := w.newest(key); p != noReport; p = w.ring[p].older {
		if w.ring[p].older == place {
			w.ring[p].older = older
			return
		}
	}
}

// withdraw forgets a report that was not stored after all.
func (w *twins) withdraw(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.ring {
		if w.ring[i].is(id) {
			w.forget(w.ring[i].key, id)
			w.note(noteWithdrawn, w.ring[i].key, id, 0, 0)
			return
		}
	}
}

// is reports whether an occurrence is the one reported, or a twin of it.
func (r *report) is(id int64) bool { return r.id == id || slices.Contains(r.usedBy[:], id) }

// forget lets go of an occurrence among the reports of a key.
func (w *twins) forget(key uint64, id int64) {
	for p := w.newest(key); p != noReport; p = w.ring[p].older {
		r := &w.ring[p]
		if r.id == id {
			r.at = -twinWindow // no longer matched
		}
		for by := range r.usedBy {
			if r.usedBy[by] == id {
				r.usedBy[by] = 0
			}
		}
	}
}
