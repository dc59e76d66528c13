package duckdb

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// storedCall is a sum of calls as it lies in a segment.
type storedCall struct {
	Environment string `json:"e"`
	store.Call
	Bins storedBins `json:"b"` // in place of the call's own
}

// service is one of an environment: ids of traces are not unique across them.
type service struct{ environment, name string }

// halves are spans of one generation that may be one side of a call: the other
// side may come with the next generations, in either order.
type halves struct {
	services []service
	callers  spanTable // place in services
	orphans  []orphan  // whose parent has not come yet
}

// orphan is a called span without its caller.
type orphan struct {
	parent     uint64
	callee     service
	minute     int64
	ms, weight float64
	failed     bool
}

// Halves are kept for some generations, up to so many in all.
const (
	mostHalves      = 200_000
	mostGenerations = 8
)

// spanTable maps the identities of spans to small numbers: a map without what
// makes one dear, since each span of a flush goes through it.
type spanTable struct {
	slots []spanSlot // a power of two, at most half full
	n     int
}

type spanSlot struct {
	span  uint64
	place uint32 // plus 1; 0 is free
}

// newSpanTable makes room for n spans.
func newSpanTable(n int) spanTable {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return spanTable{slots: make([]spanSlot, size)}
}

// put notes a span, in place of what was noted of it. There must be room.
func (t *spanTable) put(span uint64, place uint32) {
	mask := uint64(len(t.slots) - 1)
	i := span & mask
	for t.slots[i].place != 0 && t.slots[i].span != span {
		i = (i + 1) & mask
	}
	if t.slots[i].place == 0 {
		t.n++
	}
	t.slots[i] = spanSlot{span, place + 1}
}

func (t *spanTable) get(span uint64) (place uint32, ok bool) {
	mask := uint64(len(t.slots) - 1)
	for i := span & mask; t.slots[i].place != 0; i = (i + 1) & mask {
		if t.slots[i].span == span {
			return t.slots[i].place - 1, true
		}
	}
	return 0, false
}

// cut returns a table with at most n of the spans, whichever.
func (t *spanTable) cut(n int) spanTable {
	if t.n <= n && len(t.slots) <= 8*max(n, 16) {
		return *t
	}
	out := newSpanTable(min(n, t.n))
	for _, s := range t.slots {
		if s.place != 0 && out.n < n {
			out.put(s.span, s.place-1)
		}
	}
	return out
}

// spanHasher gives a span an identity among those of a few minutes. Two of
// 200,000 share one by a chance of one in a billion. It remembers the trace of
// the last span: neighbours mostly share it.
type spanHasher struct {
	code  uint32
	known bool
	hash  uint64
}

func (h *spanHasher) of(trace *walk, row int, span []byte) uint64 {
	if code := trace.code(row); !h.known || code != h.code {
		h.code, h.known, h.hash = code, true, 0
		if code != noCode {
			h.hash = xxhash.Sum64(trace.c.Dict.Bytes(code))
		}
	}
	return h.hash*31 + xxhash.Sum64(span)
}

// joinCalls sums up the calls among rows, and those between them and what
// earlier rows left open. It returns what is open now; earlier is not changed.
func joinCalls(batches []*event.Batch, earlier []*halves) (calls []storedCall, open []*halves) {
	rows := 0
	for _, b := range batches {
		rows += b.Len()
	}
	now := &halves{callers: newSpanTable(rows)}
	for _, b := range batches {
		now.collectCallers(b)
	}
	sums := callSums{}
	for _, b := range batches {
		now.collectCalled(b, earlier, sums)
	}
	var kept []*halves
	for _, h := range earlier {
		k := &halves{services: h.services, callers: h.callers}
		for _, o := range h.orphans {
			if caller, ok := now.find(o.parent); ok {
				sums.add(caller, o)
			} else {
				k.orphans = append(k.orphans, o)
			}
		}
		kept = append(kept, k)
	}
	now.bound()
	open = []*halves{now}
	left := mostHalves - now.callers.n - len(now.orphans)
	for _, k := range kept {
		if left -= k.callers.n + len(k.orphans); left < 0 || len(open) == mostGenerations {
			break
		}
		open = append(open, k)
	}
	return sums.list(), open
}

// spanWalks go through the columns that tell what a span is.
type spanWalks struct {
	trace, span, parent, annotation, service, kind, duration, failed walk
}

func walksOf(b *event.Batch) spanWalks {
	at := func(name string) walk { return walk{c: b.Find(name)} }
	return spanWalks{
		at(event.FieldTraceID), at(event.FieldSpanID), at(event.FieldParentID), at(event.FieldAnnotation),
		at(event.FieldService), at(event.FieldSpanKind), at(event.FieldDuration), at(event.FieldError),
	}
}

// bytes returns a row's text, nil if it has none.
func (w *walk) bytes(row int) []byte {
	if code := w.code(row); code != noCode {
		return w.c.Dict.Bytes(code)
	}
	return nil
}

// collectCallers notes the spans that others may have been called from: all but
// those that say they do nothing outside of their service.
func (h *halves) collectCallers(b *event.Batch) {
	w := walksOf(b)
	if w.span.c == nil || w.trace.c == nil {
		return
	}
	places := map[uint32]uint32{}
	var hasher spanHasher
	for row := range b.Times {
		span := w.span.bytes(row)
		if len(span) == 0 || string(w.kind.bytes(row)) == "internal" || w.annotation.has(row) {
			continue
		}
		code := w.service.code(row)
		place, known := places[code]
		if !known {
			place = uint32(len(h.services))
			h.services = append(h.services, service{b.Environment, w.service.text(code)})
			places[code] = place
		}
		h.callers.put(hasher.of(&w.trace, row, span), place)
	}
}

// collectCalled finds the callers of spans that may have been called from
// another service.
func (h *halves) collectCalled(b *event.Batch, earlier []*halves, sums callSums) {
	w := walksOf(b)
	if w.span.c == nil || w.trace.c == nil || w.parent.c == nil || w.duration.c == nil {
		return
	}
	var hasher spanHasher
	for row, at := range b.Times {
		parent := w.parent.bytes(row)
		if len(parent) == 0 {
			continue
		}
		switch string(w.kind.bytes(row)) {
		case "internal", "client", "producer":
			continue // within the service that does it
		}
		i, timed := w.duration.at(row)
		if !timed || !w.span.has(row) || w.annotation.has(row) {
			continue
		}
		ms, ok := w.duration.c.ValueAt(i).Number()
		if !ok || math.IsInf(ms, 0) || math.IsNaN(ms) {
			continue
		}
		o := orphan{
			parent: hasher.of(&w.trace, row, parent), callee: service{b.Environment, string(w.service.bytes(row))},
			minute: floorMinute(at), ms: ms, weight: float64(b.SampleRate(row)),
		}
		if i, ok := w.failed.at(row); ok {
			o.failed = event.Failed(w.failed.c.ValueAt(i))
		}
		if caller, ok := h.find(o.parent); ok {
			sums.add(caller, o)
		} else if caller, ok := findIn(earlier, o.parent); ok {
			sums.add(caller, o)
		} else {
			h.orphans = append(h.orphans, o)
		}
	}
}

func (h *halves) find(span uint64) (service, bool) {
	if place, ok := h.callers.get(span); ok {
		return h.services[place], true
	}
	return service{}, false
}

func findIn(list []*halves, span uint64) (service, bool) {
	for _, h := range list {
		if s, ok := h.find(span); ok {
			return s, true
		}
	}
	return service{}, false
}

// bound lets go of what is too much, whichever.
func (h *halves) bound() {
	h.callers = h.callers.cut(mostHalves / 2)
	if len(h.orphans) > mostHalves/2 {
		h.orphans = slices.Clone(h.orphans[len(h.orphans)-mostHalves/2:])
	}
}

type callKey struct {
	environment, caller, callee string
	minute                      int64
}

type callSums map[callKey]*store.Call

func (s callSums) add(caller service, o orphan) {
	if caller == o.callee || caller.environment != o.callee.environment {
		return
	}
	c := s.sum(callKey{caller.environment, caller.name, o.callee.name, o.minute})
	c.Count += o.weight
	c.SumMS += o.ms * o.weight
	c.Bins[query.HistogramBin(o.ms)] += o.weight
	if o.failed {
		c.Errors += o.weight
	}
}

func (s callSums) sum(k callKey) *store.Call {
	c := s[k]
	if c == nil {
		c = &store.Call{Minute: k.minute, Caller: k.caller, Callee: k.callee, Bins: map[int32]float64{}}
		s[k] = c
	}
	return c
}

// merge adds sums made before.
func (s callSums) merge(list []storedCall) {
	for _, m := range list {
		c := s.sum(callKey{m.Environment, m.Caller, m.Callee, m.Minute})
		c.Count += m.Count
		c.Errors += m.Errors
		c.SumMS += m.SumMS
		for bin, n := range m.Bins {
			c.Bins[bin] += n
		}
	}
}

func (s callSums) list() []storedCall {
	out := make([]storedCall, 0, len(s))
	for k, c := range s {
		call := storedCall{Environment: k.environment, Call: *c, Bins: c.Bins}
		call.Call.Bins = nil
		out = append(out, call)
	}
	slices.SortFunc(out, func(x, y storedCall) int {
		return cmp.Or(cmp.Compare(x.Environment, y.Environment), cmp.Compare(x.Minute, y.Minute), cmp.Compare(x.Caller, y.Caller), cmp.Compare(x.Callee, y.Callee))
	})
	return out
}

// Calls implements store.Store. Minutes are whole, as in [Store.Rollups].
func (s *Store) Calls(ctx context.Context, environment string, start, end int64) ([]store.Call, error) {
	start = floorMinute(start)
	// The caller of a span may have come later than it, and lie in a later segment.
	const late = int64(time.Hour)
	sn := s.snapshotOf(&query.Query{Environment: environment, Start: start, End: max(end, end+late)})
	defer sn.release()
	sums := callSums{}
	for _, f := range sn.files {
		if err := ctx.Err(); err != nil {
			return nil, ended(ctx, err)
		}
		kept, err := summaryOf(f)
		if err != nil {
			return nil, err
		}
		sums.merge(kept.Calls)
	}
	fresh, _ := joinCalls(sn.hot, sn.open)
	sums.merge(fresh)
	var out []store.Call
	for _, c := range sums.list() {
		if c.Environment == environment && c.Minute >= start && c.Minute < end {
			c.Call.Bins = c.Bins
			out = append(out, c.Call)
		}
	}
	return out, nil
}

func summaryOf(f *file) (*summary, error) {
	raw, err := f.reader.Extra()
	if err != nil {
		return nil, fmt.Errorf("read the roll-ups of %s: %w", f.name, err)
	}
	s, err := decodeSummary(raw)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", f.name, err)
	}
	return s, nil
}
