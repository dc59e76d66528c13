package duckdb

import (
	"math"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// fieldPlan says what is made of the numbers of a field.
type fieldPlan struct {
	field    string
	kind     event.Kind // of all its values: Int, Float, or Null if there is none
	counted  bool       // its values are, be they finite or not
	summed   bool
	extremes bool
	kept     bool // each number is
	binned   bool
	shares   []share // that are looked up
}

// share is a quantile.
type share struct {
	q       float64
	between bool // it may lie between two values; else it is one
	binned  bool // it is looked up among the bins
}

// fieldSums is what has been made of the numbers of a field, by the number of the
// group. Numbers that are not finite are left out.
type fieldSums struct {
	*fieldPlan
	single  bool    // there is one group
	present []int64 // events with a value
	events  []int64 // with a finite one
	sums    []float64
	least   []float64
	most    []float64
	low     []int64 // least and most of integers, which floats don't hold
	high    []int64
	lists   []valueList
	bins    []binTable
	blocks  int // of all tables

	found   []float64 // at the shares, of a group
	foundOf int       // its number, and 1
}

// mostBlocks bounds the bins of one worker: 64 MiB.
const mostBlocks = 1 << 17

// grow makes room for so many groups.
func (f *fieldSums) grow(groups int) {
	f.events = grown(f.events, groups, 0)
	if f.counted {
		f.present = grown(f.present, groups, 0)
	}
	if f.summed {
		f.sums = grown(f.sums, groups, 0)
	}
	switch {
	case !f.extremes:
	case f.kind == event.Int:
		f.low, f.high = grown(f.low, groups, math.MaxInt64), grown(f.high, groups, math.MinInt64)
	default:
		f.least, f.most = grown(f.least, groups, math.Inf(1)), grown(f.most, groups, math.Inf(-1))
	}
	if f.kept {
		f.lists = grown(f.lists, groups, valueList{})
	}
	if f.binned {
		f.bins = grown(f.bins, groups, binTable{})
	}
}

// grown makes a list n long with what a new group begins with.
func grown[T any](list []T, n int, first T) []T {
	if n <= len(list) {
		return list
	}
	list = slices.Grow(list, n-len(list))
	for len(list) < n {
		list = append(list, first)
	}
	return list
}

// merge adds what another worker has made; to has our numbers of its groups.
func (f *fieldSums) merge(o *fieldSums, to []uint32) {
	for number, n := range o.events {
		at := to[number]
		if at == noGroup {
			continue
		}
		f.events[at] += n
		if f.counted {
			f.present[at] += o.present[number]
		}
		if f.summed {
			f.sums[at] += o.sums[number]
		}
		switch {
		case !f.extremes:
		case f.kind == event.Int:
			f.low[at], f.high[at] = min(f.low[at], o.low[number]), max(f.high[at], o.high[number])
		default:
			f.least[at], f.most[at] = min(f.least[at], o.least[number]), max(f.most[at], o.most[number])
		}
		if f.kept {
			f.lists[at].join(&o.lists[number])
		}
		if f.binned {
			f.bins[at].join(&o.bins[number])
		}
	}
}

// taken are the numbers of some rows that count, with their groups.
type taken struct {
	whole   bool // all rows of the batch count
	groups  []uint32
	values  []float64
	ints    []int64  // the same, where the field has integers
	weights []uint32 // nil: each is one event
}

// addField adds the numbers of a field of a batch whose rows have been placed. x is
// nil if they are in memory.
func (w *countWorker) addField(f *fieldSums, b *event.Batch, x *segment.Rows, weights []uint32) error {
	if f.kind == event.Null {
		return nil
	}
	switch loaded := b.Find(f.field); {
	case x == nil || loaded != nil:
		f.column(&w.taken, loaded, w.places, weights)
	case len(x.Batches) > 1:
		if err := x.Load(f.field); err != nil {
			return err
		}
		f.column(&w.taken, b.Find(f.field), w.places, weights)
	default:
		if err := w.addPages(f, x, weights); err != nil {
			return err
		}
	}
	if f.blocks > mostBlocks {
		return errManyGroups
	}
	return nil
}

// addPages adds the numbers of a field page by page.
func (w *countWorker) addPages(f *fieldSums, x *segment.Rows, weights []uint32) error {
	if f.single && w.taken.whole && f.extremes && !f.counted && !f.summed && !f.kept && !f.binned {
		if least, most, told := x.Extremes(f.field); told {
			f.widen(least, most)
			return nil
		}
	}
	first := x.First()
	var plain event.Column
	return x.Pages(f.field, func(p *segment.Page) bool {
		at := p.First - first
		var weightsOf []uint32
		if weights != nil {
			weightsOf = weights[at:]
		}
		column := &p.Column
		if p.Entries != nil { // codes of numbers
			column = decoded(&plain, &p.Column, p.Entries)
		}
		f.column(&w.taken, column, w.places[at:], weightsOf)
		return f.blocks <= mostBlocks
	})
}

// decoded puts the numbers of entries in the place of codes.
func decoded(to, codes, entries *event.Column) *event.Column {
	to.Kind, to.Rows, to.Ints, to.Floats = codes.Kind, codes.Rows, to.Ints[:0], to.Floats[:0]
	if to.Kind == event.Int {
		for _, code := range codes.Codes {
			to.Ints = append(to.Ints, entries.Ints[code])
		}
		return to
	}
	for _, code := range codes.Codes {
		to.Floats = append(to.Floats, entries.Floats[code])
	}
	return to
}

// column adds the numbers of a column, whose rows have places and weights.
func (f *fieldSums) column(t *taken, c *event.Column, places, weights []uint32) {
	if c == nil || c.Len() == 0 {
		return
	}
	if f.single && weights == nil && !f.kept && !f.binned && t.whole {
		f.addWhole(c)
		return
	}
	t.take(c, places, weights)
	if f.counted {
		for i := range c.Len() {
			if row := c.Row(i); places[row] != noGroup {
				f.present[places[row]] += weightOf(weights, row)
			}
		}
	}
	f.add(t)
}

func weightOf(weights []uint32, row int) int64 {
	if weights == nil {
		return 1
	}
	return int64(weights[row])
}

// take picks the numbers of a column that count.
func (t *taken) take(c *event.Column, places, weights []uint32) {
	n := c.Len()
	t.groups, t.values = slices.Grow(t.groups[:0], n)[:n], slices.Grow(t.values[:0], n)[:n]
	groups, values, kept := t.groups, t.values, 0
	if c.Kind == event.Int {
		t.ints = slices.Grow(t.ints[:0], n)[:n]
		for i, v := range c.Ints {
			g := places[c.Row(i)]
			groups[kept], values[kept], t.ints[kept] = g, float64(v), v
			if g != noGroup {
				kept++
			}
		}
		t.ints = t.ints[:kept]
	} else {
		for i, v := range c.Floats {
			g := places[c.Row(i)]
			groups[kept], values[kept] = g, v
			if g != noGroup && v-v == 0 { // it is finite
				kept++
			}
		}
	}
	t.groups, t.values = groups[:kept], values[:kept]
	if weights == nil {
		t.weights = nil
		return
	}
	t.weights = slices.Grow(t.weights[:0], kept)
	for i := range n {
		row := c.Row(i)
		if places[row] == noGroup || c.Kind == event.Float && c.Floats[i]-c.Floats[i] != 0 {
			continue
		}
		t.weights = append(t.weights, weights[row])
	}
}

// add adds what was picked to its groups.
func (f *fieldSums) add(t *taken) {
	values := t.values[:len(t.groups)]
	if t.weights == nil {
		for _, g := range t.groups {
			f.events[g]++
		}
	} else {
		for i, g := range t.groups {
			f.events[g] += int64(t.weights[i])
		}
	}
	if f.summed {
		f.addSums(t)
	}
	if f.extremes {
		f.addExtremes(t)
	}
	if f.kept {
		for i, g := range t.groups {
			f.lists[g].add(values[i])
		}
	}
	if f.binned {
		for i, g := range t.groups {
			f.blocks += f.bins[g].add(query.HistogramBin(values[i]), values[i], weightOf(t.weights, i))
		}
	}
}

// addWhole adds all numbers of a column to the one group there is.
func (f *fieldSums) addWhole(c *event.Column) {
	if f.counted {
		f.present[0] += int64(c.Len())
	}
	if c.Kind == event.Int {
		f.addInts(c.Ints)
		return
	}
	n, sum, least, most := 0, f.sumOf(0), math.Inf(1), math.Inf(-1)
	for _, v := range c.Floats {
		if v-v != 0 { // it is not finite
			continue
		}
		n++
		sum += v
		if v < least {
			least = v
		}
		if v > most {
			most = v
		}
	}
	f.events[0] += int64(n)
	if f.summed {
		f.sums[0] = sum
	}
	if f.extremes {
		f.least[0], f.most[0] = min(f.least[0], least), max(f.most[0], most)
	}
}

func (f *fieldSums) addInts(ints []int64) {
	f.events[0] += int64(len(ints))
	if f.summed {
		sum := f.sums[0]
		for _, v := range ints {
			sum += float64(v)
		}
		f.sums[0] = sum
	}
	if !f.extremes {
		return
	}
	if f.kind == event.Int {
		f.low[0], f.high[0] = min(f.low[0], slices.Min(ints)), max(f.high[0], slices.Max(ints))
		return
	}
	f.least[0], f.most[0] = min(f.least[0], float64(slices.Min(ints))), max(f.most[0], float64(slices.Max(ints)))
}

// widen minds the extremes of numbers of the one group there is.
func (f *fieldSums) widen(least, most event.Value) {
	f.events[0]++ // there is some
	if f.kind == event.Int {
		f.low[0], f.high[0] = min(f.low[0], least.Int()), max(f.high[0], most.Int())
		return
	}
	low, _ := least.Number()
	high, _ := most.Number()
	f.least[0], f.most[0] = min(f.least[0], low), max(f.most[0], high)
}

// sumOf is what a group's numbers add up to so far.
func (f *fieldSums) sumOf(group int) float64 {
	if !f.summed {
		return 0
	}
	return f.sums[group]
}

func (f *fieldSums) addSums(t *taken) {
	values := t.values[:len(t.groups)]
	if t.weights == nil {
		for i, g := range t.groups {
			f.sums[g] += values[i]
		}
		return
	}
	for i, g := range t.groups {
		f.sums[g] += values[i] * float64(t.weights[i])
	}
}

func (f *fieldSums) addExtremes(t *taken) {
	if f.kind == event.Int {
		for i, g := range t.groups {
			f.low[g], f.high[g] = min(f.low[g], t.ints[i]), max(f.high[g], t.ints[i])
		}
		return
	}
	least, most := f.least, f.most
	for i, g := range t.groups { // comparing costs less than min and max, which mind NaN
		if v := t.values[i]; v < least[g] {
			least[g] = v
		}
		if v := t.values[i]; v > most[g] {
			most[g] = v
		}
	}
}

// result is what was calculated of the numbers of a group.
func (f *fieldSums) result(number int, c countCalc) event.Value {
	if c.op == query.Count {
		return event.IntValue(f.present[number])
	}
	if f.events[number] == 0 {
		return event.Value{}
	}
	switch c.op { //nolint:exhaustive // planCount takes no others
	case query.Sum:
		return event.FloatValue(f.sums[number])
	case query.Avg:
		return event.FloatValue(f.sums[number] / float64(f.events[number]))
	case query.Min, query.Max:
		return f.extreme(number, c.op == query.Max)
	case query.Histogram:
		return event.StringValue(f.bins[number].text())
	}
	if f.foundOf != number+1 {
		f.foundOf, f.found = number+1, f.find(number)
	}
	return event.FloatValue(f.found[c.share])
}

func (f *fieldSums) extreme(number int, greatest bool) event.Value {
	switch {
	case f.kind == event.Int && greatest:
		return event.IntValue(f.high[number])
	case f.kind == event.Int:
		return event.IntValue(f.low[number])
	case greatest:
		return event.FloatValue(f.most[number])
	}
	return event.FloatValue(f.least[number])
}

// find looks the shares up of a group, which has values.
func (f *fieldSums) find(number int) []float64 {
	var found []float64
	if f.kept {
		found = f.lists[number].at(f.shares)
	}
	found = grown(found, len(f.shares), 0)
	for i, s := range f.shares {
		if s.binned {
			found[i] = f.bins[number].at(s.q, f.events[number])
		}
	}
	return found
}
