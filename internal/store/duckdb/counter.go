package duckdb

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// neither is the place in counts of the rows that are on no side.
const neither = 2

// sides says of each row of a batch on which side it is.
type sides struct {
	batch   *event.Batch
	of      []uint8  // store.Selected, store.Others or neither
	weights []uint32 // nil means 1
	events  [2]float64
	squares [2]float64 // of the weights
}

func newSides(b *event.Batch, kept, selected query.Mask, unweighted bool) *sides {
	s := &sides{of: make([]uint8, b.Len())}
	if !unweighted {
		s.weights = b.SampleRates
	}
	const all = ^uint64(0)
	for w, in := range kept {
		chosen := in & selected[w]
		switch of := s.of[64*w : min(64*w+64, len(s.of))]; {
		case in == all && chosen == all:
			setAll(of, store.Selected)
		case in == all && chosen == 0:
			setAll(of, store.Others)
		case in == 0:
			setAll(of, neither)
		default:
			for i := range of {
				of[i] = neither - uint8(in>>i&1) - uint8(chosen>>i&1)
			}
		}
		if s.weights == nil {
			s.events[store.Selected] += float64(bits.OnesCount64(chosen))
			s.events[store.Others] += float64(bits.OnesCount64(in &^ chosen))
		}
	}
	if s.weights == nil {
		s.squares = s.events
	}
	for row, weight := range s.weights {
		if side := s.of[row]; side != neither {
			s.events[side] += float64(weight)
			s.squares[side] += float64(weight) * float64(weight)
		}
	}
	return s
}

func setAll(of []uint8, side uint8) {
	for i := range of {
		of[i] = side
	}
}

// counts are the events of both sides, and of neither.
type counts [4]float64

func (c *counts) some() bool { return c[store.Selected] > 0 || c[store.Others] > 0 }

func (c *counts) addTo(to *[2]float64) {
	to[store.Selected] += c[store.Selected]
	to[store.Others] += c[store.Others]
}

// Limits of what is counted of one field.
const (
	mostTexts     = 100_000 // different texts kept
	mostNumbers   = 1_000   // different numbers kept, beside their bins
	uniqueAfter   = 20_000  // values from which a field may turn out to be an id
	smallIntegers = 1_024   // from 0: counted without a map
)

// counter counts one field's values. Workers count a batch by themselves and
// then add to it.
type counter struct {
	name   string
	kind   event.Kind
	expr   query.Expr // what computes it, nil if it is stored
	some   bool       // some values are wanted also where there are too many to keep
	unique atomic.Bool

	mu      sync.Mutex
	rows    int // with a value, however they are weighted
	present [2]float64
	texts   map[string]*[2]float64
	numbers map[event.Value]*[2]float64 // integers, floats and booleans
	many    bool                        // there were too many numbers to keep
	cut     bool                        // rare texts were let go of
	bins    map[int32]*[2]float64
}

func newCounter(name string, unique bool) *counter {
	f := &counter{name: name, texts: map[string]*[2]float64{}, numbers: map[event.Value]*[2]float64{}, bins: map[int32]*[2]float64{}}
	f.unique.Store(unique)
	return f
}

// addConstant counts a value that n rows have, all there are of both sides.
func (f *counter) addConstant(v event.Value, n int, s *sides) {
	both := counts{store.Selected: s.events[store.Selected], store.Others: s.events[store.Others]}
	f.mu.Lock()
	defer f.mu.Unlock()
	if v.Kind() == event.String {
		f.rows += n
		f.addText(v.Str(), &both)
		f.judge()
		return
	}
	number, _ := v.Number()
	if number != number { //nolint:gocritic // NaN differs from itself
		return
	}
	both.addTo(&f.present)
	if bin, ok := store.BinOf(number); ok {
		both.addTo(binAt(f.bins, bin))
	}
	f.addNumber(v, &both)
}

// addText counts a text, which is copied if it is kept. The caller holds the lock.
func (f *counter) addText(text string, n *counts) {
	if f.texts == nil {
		return // it has turned out to be an id
	}
	n.addTo(&f.present)
	sum := f.texts[text]
	if sum == nil {
		sum = &[2]float64{}
		f.texts[strings.Clone(text)] = sum
	}
	n.addTo(sum)
}

// judge lets go of a field that turns out to be an id, and of rare texts where
// there are too many.
func (f *counter) judge() {
	if f.rows >= uniqueAfter && len(f.texts) > f.rows/2 {
		if f.unique.Store(true); !f.some {
			f.texts = nil
		}
		return
	}
	for least := 1.0; len(f.texts) > mostTexts; least *= 2 {
		f.cut = true
		for text, n := range f.texts {
			if n[store.Selected]+n[store.Others] <= least {
				delete(f.texts, text)
			}
		}
	}
}

// hasMany reports whether numbers are counted by bin alone.
func (f *counter) hasMany() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.many
}

// addTally adds the bins of a batch, which hold all its numbers.
func (f *counter) addTally(bins *binCounts, many bool) {
	bins.addTo(f.bins, &f.present)
	if f.many = f.many || many; f.many && !f.some {
		clear(f.numbers)
	}
}

// addNumber counts a number by itself, while there are few different ones.
func (f *counter) addNumber(v event.Value, n *counts) {
	if f.many || !n.some() {
		return
	}
	if v.Kind() == event.Float && v.Float() == 0 {
		v = event.FloatValue(0) // zero is one value, whatever its sign
	}
	sum := f.numbers[v]
	if sum == nil {
		sum = &[2]float64{}
		f.numbers[v] = sum
		f.many = len(f.numbers) > mostNumbers
	}
	n.addTo(sum)
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

// result is what has been counted so far, with the most frequent values; some is
// false if there is nothing to say.
func (f *counter) result(most int) (out store.ContrastField, some bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out = store.ContrastField{Name: f.name, Kind: f.kind, Present: f.present, Unique: f.unique.Load(), Cut: f.cut}
	if out.Unique && !f.some {
		return out, true
	}
	if f.present == [2]float64{} {
		return out, false
	}
	texts, numbers := f.texts, f.numbers
	if f.many {
		if out.Cut = true; !f.some {
			numbers, out.Distinct = nil, mostNumbers
		}
	}
	if out.Kind == event.String && len(numbers) > 0 {
		texts = f.asTexts()
		numbers = nil
	}
	numbers = ofKind(numbers, out.Kind)
	out.Distinct += len(texts) + len(numbers)
	top := topValues{most: most, present: f.present}
	for text, n := range texts {
		top.add(event.StringValue(text), n)
	}
	for v, n := range numbers {
		top.add(v, n)
	}
	out.Values = top.values
	if out.Kind == event.Int || out.Kind == event.Float {
		for bin, n := range f.bins {
			out.Bins = append(out.Bins, store.ContrastBin{Value: store.BinValue(bin), Events: *n})
		}
		slices.SortFunc(out.Bins, func(x, y store.ContrastBin) int { return cmp.Compare(x.Value, y.Value) })
	}
	return out, true
}

// ofKind joins numbers that are one where they are of one kind: 9 in one segment
// is 9.0 in another.
func ofKind(numbers map[event.Value]*[2]float64, kind event.Kind) map[event.Value]*[2]float64 {
	if kind != event.Float {
		return numbers
	}
	all := make(map[event.Value]*[2]float64, len(numbers))
	for v, n := range numbers {
		sum := all[v.Convert(kind)]
		if sum == nil {
			sum = &[2]float64{}
			all[v.Convert(kind)] = sum
		}
		sum[store.Selected] += n[store.Selected]
		sum[store.Others] += n[store.Others]
	}
	return all
}

// asTexts joins numbers and texts of a field that has both.
func (f *counter) asTexts() map[string]*[2]float64 {
	all := make(map[string]*[2]float64, len(f.texts)+len(f.numbers))
	put := func(text string, n *[2]float64) {
		sum := all[text]
		if sum == nil {
			sum = &[2]float64{}
			all[text] = sum
		}
		sum[store.Selected] += n[store.Selected]
		sum[store.Others] += n[store.Others]
	}
	for text, n := range f.texts {
		put(text, n)
	}
	for v, n := range f.numbers {
		put(v.Text(), n)
	}
	return all
}

// topValues keeps the values with the largest share of either side.
type topValues struct {
	most    int
	present [2]float64
	values  []store.ContrastValue // in their order
}

func (t *topValues) rank(n *[2]float64) float64 {
	rank := 0.0
	for side, present := range t.present {
		if present > 0 {
			rank = max(rank, n[side]/present)
		}
	}
	return rank
}

func (t *topValues) compare(x, y store.ContrastValue) int {
	return cmp.Or(
		cmp.Compare(t.rank(&y.Events), t.rank(&x.Events)),
		cmp.Compare(y.Events[store.Others]+y.Events[store.Selected], x.Events[store.Others]+x.Events[store.Selected]),
		strings.Compare(x.Value.Text(), y.Value.Text()),
	)
}

func (t *topValues) add(v event.Value, n *[2]float64) {
	c := store.ContrastValue{Value: v, Events: *n}
	full := len(t.values) >= t.most
	if full && t.compare(c, t.values[len(t.values)-1]) >= 0 {
		return
	}
	if full {
		t.values = t.values[:len(t.values)-1]
	}
	at, _ := slices.BinarySearchFunc(t.values, c, t.compare)
	t.values = slices.Insert(t.values, at, c)
}
