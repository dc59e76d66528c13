package duckdb

import (
	"math"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
)

// tally counts numbers: all by bin, and each by itself while there are few
// different ones, which are put into their bins in the end.
type tally[T int64 | float64] struct {
	slots  []uint16 // open addressing: a place in values and 1; 0 is free
	values []tallied[T]
	bins   binCounts
	many   bool
}

type tallied[T int64 | float64] struct {
	value T
	n     counts
}

const tallySlots = 4 * 1024 // more than twice mostNumbers

func (t *tally[T]) add(v T, side uint8, w float64) {
	if !t.many {
		if n := t.find(v); n != nil {
			n[side] += w
			return
		}
	}
	t.bins.add(float64(v), side, w)
}

// find returns the counts of a number, nil where there are too many.
func (t *tally[T]) find(v T) *counts {
	if t.slots == nil {
		t.slots = make([]uint16, tallySlots)
	}
	i := hashOf(v) % tallySlots
	for ; t.slots[i] != 0; i = (i + 1) % tallySlots {
		if one := &t.values[t.slots[i]-1]; one.value == v {
			return &one.n
		}
	}
	if len(t.values) > mostNumbers {
		t.many = true
		return nil
	}
	t.values = append(t.values, tallied[T]{value: v})
	t.slots[i] = uint16(len(t.values))
	return &t.values[len(t.values)-1].n
}

func hashOf[T int64 | float64](v T) uint64 {
	const spread, top = 0x9e3779b97f4a7c15, 40
	bits := math.Float64bits(float64(v) + 0) // of zero one, whatever its sign
	return bits * spread >> top
}

// addTo adds what was counted to a counter, whose lock the caller holds.
func (t *tally[T]) addTo(f *counter, valueOf func(T) event.Value) {
	for i := range t.values {
		one := &t.values[i]
		f.addNumber(valueOf(one.value), &one.n)
		for side, events := range one.n[:neither] {
			if events > 0 {
				t.bins.add(float64(one.value), uint8(side), events)
			}
		}
	}
	f.addTally(&t.bins, t.many)
	if len(t.values) > 0 {
		clear(t.slots)
	}
	t.values, t.many = t.values[:0], false
	t.bins.reset()
}

func binAt(bins map[int32]*[2]float64, bin int32) *[2]float64 {
	n := bins[bin]
	if n == nil {
		n = &[2]float64{}
		bins[bin] = n
	}
	return n
}

// binCounts counts numbers by bin, in blocks that are made as they are needed.
type binCounts struct {
	blocks [binBlocks]*[binBlock]counts
	used   []int // places in blocks
	free   []*[binBlock]counts
	apart  [2]float64 // infinities
}

const (
	binBlock  = 64
	binMiddle = 1 << 17 // more than the largest bin
	binBlocks = 2 * binMiddle / binBlock
)

func (b *binCounts) add(v float64, side uint8, w float64) {
	bin, ok := store.BinOf(v)
	if !ok {
		b.apart[side] += w
		return
	}
	at := int(bin) + binMiddle
	block := b.blocks[at/binBlock]
	if block == nil {
		block = b.block(at / binBlock)
	}
	block[at%binBlock][side] += w
}

func (b *binCounts) block(i int) *[binBlock]counts {
	block := &[binBlock]counts{}
	if n := len(b.free); n > 0 {
		block, b.free = b.free[n-1], b.free[:n-1]
	}
	b.blocks[i] = block
	b.used = append(b.used, i)
	return block
}

func (b *binCounts) addTo(bins map[int32]*[2]float64, present *[2]float64) {
	present[store.Selected] += b.apart[store.Selected]
	present[store.Others] += b.apart[store.Others]
	for _, i := range b.used {
		for k := range b.blocks[i] {
			if n := &b.blocks[i][k]; n.some() {
				n.addTo(binAt(bins, int32(i*binBlock+k-binMiddle)))
				n.addTo(present)
			}
		}
	}
}

func (b *binCounts) reset() {
	for _, i := range b.used {
		block := b.blocks[i]
		*block = [binBlock]counts{}
		b.free = append(b.free, block)
		b.blocks[i] = nil
	}
	b.used, b.apart = b.used[:0], [2]float64{}
}
