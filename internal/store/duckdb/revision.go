package duckdb

import (
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// revisions remembers when rows of each stretch of time last changed. The
// store's lock is held by its callers.
type revisions struct {
	last  uint64
	all   uint64 // of the last change that may have touched any time
	slots map[revisionSlot]uint64
}

type revisionSlot struct {
	environment string
	number      int64 // of slotLength since the epoch
}

const (
	slotLength = int64(5 * time.Minute)
	mostSlots  = 100_000 // about a year of one environment
)

// added notes rows that came.
func (r *revisions) added(b *event.Batch) {
	r.last++
	if r.slots == nil || len(r.slots) > mostSlots {
		r.slots, r.all = map[revisionSlot]uint64{}, r.last
	}
	var from, to int64 // of the slot noted last: neighbours mostly share it
	for _, at := range b.Times {
		if at >= from && at < to {
			continue
		}
		number := floorTo(at, slotLength)
		r.slots[revisionSlot{b.Environment, number}] = r.last
		from = number * slotLength
		to = from + slotLength
	}
}

// removed notes that rows went, whichever.
func (r *revisions) removed() {
	r.last++
	r.all = r.last
}

// of returns the newest change in [start, end).
func (r *revisions) of(environment string, start, end int64) uint64 {
	newest := r.all
	first, last := floorTo(start, slotLength), floorTo(end-1, slotLength)
	if last-first >= int64(len(r.slots)) {
		for s, revision := range r.slots {
			if s.environment == environment && s.number >= first && s.number <= last {
				newest = max(newest, revision)
			}
		}
		return newest
	}
	for n := first; n <= last; n++ {
		newest = max(newest, r.slots[revisionSlot{environment, n}])
	}
	return newest
}

// floorTo returns how many whole lengths lie between the epoch and at.
func floorTo(at, length int64) int64 {
	n := at / length
	if at%length < 0 {
		n--
	}
	return n
}

// Revision implements store.Store.
func (s *Store) Revision(environment string, start, end int64) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.revisions.of(environment, start, end) + s.expired(environment, start)
}

// expired is a number that changes as the rows do that are hidden in a range from
// start on: they go with time, and nothing else tells.
func (s *Store) expired(environment string, start int64) uint64 {
	if s.horizon == nil {
		return 0
	}
	newest := int64(0)
	for _, f := range s.files {
		for _, d := range f.info.Datasets {
			if d.Environment == environment {
				newest = s.newerHorizon(newest, start, d.MinTime, environment, d.Dataset)
			}
		}
	}
	for _, g := range append(slices.Clone(s.sealed), s.active) {
		for _, b := range g.order {
			if b.Environment == environment && b.Len() > 0 {
				newest = s.newerHorizon(newest, start, start, environment, b.Dataset)
			}
		}
	}
	return uint64(newest) << 20 // beside what counts changes
}

// newerHorizon returns the later of newest and a dataset's horizon, if that hides
// rows from start on.
func (s *Store) newerHorizon(newest, start, first int64, environment, dataset string) int64 {
	if at := s.horizon(environment, dataset); at > start && at > first {
		return max(newest, at/int64(time.Second))
	}
	return newest
}
