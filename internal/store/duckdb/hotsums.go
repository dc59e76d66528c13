package duckdb

import (
	"slices"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
)

// Rows in memory are summed up for who asks for roll-ups or calls, which costs
// about a microsecond each. What was made of most of them is kept until they are
// written, and only the rows that came since are summed up beside it.
type hotSums struct {
	rollups, calls hotPart
}

// hotPart is one kind of sums, of each environment that was asked for.
type hotPart struct {
	mu    sync.Mutex
	known map[string]*hotBefore
}

// hotBefore are sums of the first rows of batches.
type hotBefore struct {
	bases []*event.Batch
	rows  []int
	total int

	rollups []storedRollup
	calls   []storedCall
	open    []*halves
}

// Sums are kept of so many rows, and used while no more than that share came since.
const (
	worthKeeping = 50_000
	shareSince   = 8
)

// forget lets go of sums of rows that are in a segment now.
func (s *hotSums) forget() {
	for _, p := range []*hotPart{&s.rollups, &s.calls} {
		p.mu.Lock()
		p.known = nil
		p.mu.Unlock()
	}
}

// of gives the sums of a snapshot's rows in memory: those kept, and the rows that are
// not in them. sum makes anew what is to be kept.
func (p *hotPart) of(sn *snapshot, sum func(batches []*event.Batch) *hotBefore) (before *hotBefore, since []*event.Batch) {
	total := 0
	for _, b := range sn.hot {
		total += b.Len()
	}
	if sn.bases == nil || total < worthKeeping {
		return &hotBefore{}, sn.hot
	}
	p.mu.Lock() // who asks at the same time waits for the same sums
	defer p.mu.Unlock()
	if before := p.known[sn.environment]; before != nil && before.holds(sn) && total-before.total <= total/shareSince {
		return before, before.since(sn)
	}
	before = sum(sn.hot)
	before.bases, before.total = sn.bases, total
	for _, b := range sn.hot {
		before.rows = append(before.rows, b.Len())
	}
	if p.known == nil {
		p.known = map[string]*hotBefore{}
	}
	p.known[sn.environment] = before
	return before, nil
}

// holds reports whether the sums are of the first rows of what a snapshot has.
func (h *hotBefore) holds(sn *snapshot) bool {
	if len(h.bases) > len(sn.bases) || !slices.Equal(h.bases, sn.bases[:len(h.bases)]) {
		return false
	}
	for i, rows := range h.rows {
		if sn.hot[i].Len() < rows {
			return false
		}
	}
	return true
}

// since are the rows that came after those summed up.
func (h *hotBefore) since(sn *snapshot) []*event.Batch {
	var out []*event.Batch
	for i, b := range sn.hot {
		from := 0
		if i < len(h.rows) {
			from = h.rows[i]
		}
		if from == b.Len() {
			continue
		}
		names := make([]string, len(b.Columns))
		for k, c := range b.Columns {
			names[k] = c.Name
		}
		out = append(out, b.Slice(from, b.Len(), names))
	}
	return out
}

// hotRollups sums up the rows that a snapshot has in memory.
func (s *Store) hotRollups(sn *snapshot) []storedRollup {
	before, since := s.hotSums.rollups.of(sn, func(batches []*event.Batch) *hotBefore {
		return &hotBefore{rollups: rollupBatches(batches)}
	})
	return append(slices.Clip(before.rollups), rollupBatches(since)...)
}

// hotCalls sums up the calls among the rows that a snapshot has in memory, and those
// that they have a side of. What came since is joined as the rows of a next segment are.
func (s *Store) hotCalls(sn *snapshot) []storedCall {
	before, since := s.hotSums.calls.of(sn, func(batches []*event.Batch) *hotBefore {
		h := &hotBefore{}
		h.calls, h.open = joinCalls(batches, sn.open)
		return h
	})
	open := before.open
	if before.total == 0 {
		open = sn.open
	}
	if len(since) == 0 && before.total > 0 {
		return before.calls
	}
	calls, _ := joinCalls(since, open)
	return append(slices.Clip(before.calls), calls...)
}
