package duckdb

import "github.com/cespare/xxhash/v2"

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
	if t.n == 0 {
		return 0, false
	}
	mask := uint64(len(t.slots) - 1)
	for i := span & mask; t.slots[i].place != 0; i = (i + 1) & mask {
		if t.slots[i].span == span {
			return t.slots[i].place - 1, true
		}
	}
	return 0, false
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
