package duckdb

import (
	"math"
	"slices"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/store"
)

// textCounts counts the events of many texts. Everything lies in a few slices
// without pointers: a field may have 100,000 texts, each of which is looked up for
// every row group.
type textCounts struct {
	slots []textSlot // open addressing, at most half full
	sums  [][2]float64
	ends  []uint32 // of the texts in data, in the order in which they came
	data  []byte
}

type textSlot struct{ hash, place uint32 } // place is one more than that in sums; 0 is free

const leastTextSlots = 64

func (t *textCounts) len() int { return len(t.ends) }

// text returns a text in memory that never changes.
func (t *textCounts) text(i int) string {
	b := t.bytes(i)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (t *textCounts) bytes(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.data[start:t.ends[i]]
}

// add counts events of a text, which is copied if it is a new one. One for which
// there is no room is not counted.
func (t *textCounts) add(hash uint32, text []byte, n *counts) (counted bool) {
	if 2*t.len() >= len(t.slots) {
		t.grow()
	}
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i].place != 0; i = (i + 1) & mask {
		if t.slots[i].hash != hash {
			continue
		}
		if at := t.slots[i].place - 1; string(t.bytes(int(at))) == string(text) {
			n.addTo(&t.sums[at])
			return true
		}
	}
	if len(t.data)+len(text) > math.MaxUint32 {
		return false
	}
	t.data = append(t.data, text...)
	t.ends = append(t.ends, uint32(len(t.data)))
	t.sums = append(t.sums, [2]float64{store.Selected: n[store.Selected], store.Others: n[store.Others]})
	t.slots[i] = textSlot{hash: hash, place: uint32(t.len())}
	return true
}

func (t *textCounts) grow() {
	old := t.slots
	t.slots = make([]textSlot, max(2*len(old), leastTextSlots))
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s.place == 0 {
			continue
		}
		i := s.hash & mask
		for t.slots[i].place != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}

// frequent returns the texts with the most events, so many and so many bytes at most.
func (t *textCounts) frequent(most, mostBytes int) *textCounts {
	least, n, size := 0.0, t.len(), len(t.data)
	for step := 1.0; n > most || size > mostBytes; step *= 2 {
		least, n, size = step, 0, 0
		for i := range t.sums {
			if t.events(i) > least {
				n++
				size += len(t.bytes(i))
			}
		}
	}
	kept := &textCounts{slots: make([]textSlot, slotsFor(n)), sums: make([][2]float64, 0, n), ends: make([]uint32, 0, n), data: make([]byte, 0, size)}
	for _, s := range t.slots {
		if at := int(s.place) - 1; at >= 0 && t.events(at) > least {
			kept.add(s.hash, t.bytes(at), countsOf(&t.sums[at]))
		}
	}
	return kept
}

// slotsFor is how many slots n texts need.
func slotsFor(n int) int {
	slots := leastTextSlots
	for slots <= 2*n {
		slots *= 2
	}
	return slots
}

// events are those of a text on both sides.
func (t *textCounts) events(i int) float64 {
	return t.sums[i][store.Selected] + t.sums[i][store.Others]
}

func (t *textCounts) clone() *textCounts {
	return &textCounts{slots: slices.Clone(t.slots), sums: slices.Clone(t.sums), ends: slices.Clone(t.ends), data: slices.Clone(t.data)}
}
