package duckdb

import (
	"cmp"
	"hash/maphash"
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

// countsOf are the events of both sides.
func countsOf(n *[2]float64) *counts {
	return &counts{store.Selected: n[store.Selected], store.Others: n[store.Others]}
}

func (c *counts) some() bool { return c[store.Selected] > 0 || c[store.Others] > 0 }

func (c *counts) addTo(to *[2]float64) {
	to[store.Selected] += c[store.Selected]
	to[store.Others] += c[store.Others]
}

// Limits of what is counted of one field.
const (
	mostTexts     = 100_000 // different texts kept
	mostTextBytes = 64 << 20
	mostNumbers   = 1_000  // different numbers kept, beside their bins
	uniqueAfter   = 20_000 // values from which a field may turn out to be an id
	smallIntegers = 1_024  // from 0: counted without a map
)

// counter counts one field's values. Workers count a batch by themselves and
// then add to it.
type counter struct {
	name   string
	kind   event.Kind
	expr   query.Expr // what computes it, nil if it is stored
	some   bool       // some values are wanted also where there are too many to keep
	unique atomic.Bool
	seed   maphash.Seed // of the hashes of texts

	mu      sync.Mutex
	rows    int // with a value, however they are weighted
	present [2]float64
	texts   *textCounts                 // nil if the field has turned out to be an id
	numbers map[event.Value]*[2]float64 // integers, floats and booleans
	many    bool                        // there were too many numbers to keep
	cut     bool                        // rare texts were let go of
	bins    map[int32]*[2]float64
}

func newCounter(name string, unique bool) *counter {
	f := &counter{name: name, seed: maphash.MakeSeed(), texts: &textCounts{}, numbers: map[event.Value]*[2]float64{}, bins: map[int32]*[2]float64{}}
	f.unique.Store(unique)
	return f
}

// addConstant counts a value that n rows have, all there are of both sides.
func (f *counter) addConstant(v event.Value, n int, s *sides) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addValue(v, n, countsOf(&s.events))
	f.judge()
}

// addKnown counts the values of a batch.
func (f *counter) addKnown(k *knownValues) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range k.values {
		if v := &k.values[i]; v.n.some() {
			f.addValue(v.Value, v.rows, &v.n)
		}
	}
	f.judge()
}

// addValue counts a value that so many rows have. The caller holds the lock.
func (f *counter) addValue(v event.Value, rows int, n *counts) {
	switch v.Kind() {
	case event.Null:
		return
	case event.String:
		f.rows += rows
		text := []byte(v.Str())
		f.addText(f.hash(text), text, n)
		return
	case event.Int, event.Float, event.Bool:
	}
	number, _ := v.Number()
	if number != number { //nolint:gocritic // NaN differs from itself
		return
	}
	n.addTo(&f.present)
	if bin, ok := store.BinOf(number); ok {
		n.addTo(binAt(f.bins, bin))
	}
	f.addNumber(v, n)
}

// hash needs no lock.
func (f *counter) hash(text []byte) uint32 { return uint32(maphash.Bytes(f.seed, text)) }

// addText counts a text by its hash. The caller holds the lock.
func (f *counter) addText(hash uint32, text []byte, n *counts) {
	if f.texts == nil {
		return
	}
	n.addTo(&f.present)
	if !f.texts.add(hash, text, n) {
		f.cut = true
	}
}

// judge lets go of a field that turns out to be an id, and of rare texts where
// there are too many.
func (f *counter) judge() {
	if f.texts == nil {
		return
	}
	if f.rows >= uniqueAfter && f.texts.len() > f.rows/2 {
		if f.unique.Store(true); !f.some {
			f.texts = nil
		}
		return
	}
	if f.texts.len() > mostTexts || len(f.texts.data) > mostTextBytes {
		f.cut = true
		f.texts = f.texts.frequent(mostTexts/2, mostTextBytes/2) // half, so that it is long until the next time
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
	if texts == nil {
		texts = &textCounts{}
	}
	if f.many {
		if out.Cut = true; !f.some {
			numbers, out.Distinct = nil, mostNumbers
		}
	}
	if out.Kind == event.String && len(numbers) > 0 {
		texts = f.withNumbers(texts)
		numbers = nil
	}
	numbers = ofKind(numbers, out.Kind)
	out.Distinct += texts.len() + len(numbers)
	top := topValues{most: most, present: f.present}
	for i := range texts.sums {
		top.add(event.StringValue(texts.text(i)), &texts.sums[i])
	}
	for v, n := range numbers {
		top.add(v, n)
	}
	out.Values = top.taken()
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

// withNumbers joins numbers and texts of a field that has both.
func (f *counter) withNumbers(texts *textCounts) *textCounts {
	all := texts.clone()
	for v, n := range f.numbers {
		text := []byte(v.Text())
		all.add(f.hash(text), text, countsOf(n))
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
	if n := cmp.Compare(t.rank(&y.Events), t.rank(&x.Events)); n != 0 {
		return n
	}
	if n := cmp.Compare(y.Events[store.Others]+y.Events[store.Selected], x.Events[store.Others]+x.Events[store.Selected]); n != 0 {
		return n
	}
	return strings.Compare(x.Value.Text(), y.Value.Text())
}

func (t *topValues) add(v event.Value, n *[2]float64) {
	full := len(t.values) >= t.most
	if full && t.rank(n) < t.rank(&t.values[len(t.values)-1].Events) {
		return
	}
	c := store.ContrastValue{Value: v, Events: *n}
	at, _ := slices.BinarySearchFunc(t.values, c, t.compare)
	if full {
		if at == len(t.values) {
			return
		}
		t.values = t.values[:len(t.values)-1]
	}
	t.values = slices.Insert(t.values, at, c)
}

// taken returns the values, which share no memory with what is being counted.
func (t *topValues) taken() []store.ContrastValue {
	for i := range t.values {
		if v := &t.values[i].Value; v.Kind() == event.String {
			*v = event.StringValue(strings.Clone(v.Str()))
		}
	}
	return t.values
}
