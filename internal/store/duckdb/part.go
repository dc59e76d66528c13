package duckdb

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
)

// part counts one field's values in the rows of one batch, all at once or page
// by page, before they are added to those of other batches. A worker uses one
// for all its work, one field after the other.
type part struct {
	f     *counter
	sides *sides

	dict     event.Dict
	rows     int
	weighed  []counts    // of the dictionary's texts, by code
	unweighd [][4]uint32 // the same where each row is one event

	bools    [2]counts
	small    [smallIntegers]counts
	anySmall bool
	integers tally[int64]
	floats   tally[float64]
}

// begin makes the part ready for a field.
func (p *part) begin(f *counter, s *sides) {
	p.f, p.sides = f, s
	many := f.hasMany()
	p.integers.many, p.floats.many = many, many
}

// add counts the values of a column whose rows are counted from first on; same
// tells that its dictionary is that of the column before.
func (p *part) add(c *event.Column, first int, same bool) {
	of := p.sides.of[first:]
	var weights []uint32
	if p.sides.weights != nil {
		weights = p.sides.weights[first:]
	}
	weight := func(row int) float64 {
		if weights == nil {
			return 1
		}
		return float64(weights[row])
	}
	switch c.Kind {
	case event.String:
		if !same {
			p.endTexts()
			p.beginTexts(c.Dict, weights == nil)
		}
		p.rows += c.Len()
		p.addTexts(c, of, weights)
	case event.Int:
		p.addIntegers(c, of, weight)
	case event.Float:
		for i, v := range c.Floats {
			row := c.Row(i)
			if side := of[row]; side != neither && v == v { //nolint:gocritic // NaN differs from itself
				p.floats.add(v, side, weight(row))
			}
		}
	case event.Bool:
		for i, v := range c.Bools {
			row, n := c.Row(i), 0
			if v {
				n = 1
			}
			p.bools[n][of[row]&3] += weight(row)
		}
	case event.Null:
	}
}

func (p *part) beginTexts(dict event.Dict, unweighted bool) {
	p.dict = dict
	n := dict.Len()
	if unweighted {
		p.unweighd = slices.Grow(p.unweighd[:0], n)[:n]
		clear(p.unweighd)
		return
	}
	p.weighed = slices.Grow(p.weighed[:0], n)[:n]
	clear(p.weighed)
}

func (p *part) addTexts(c *event.Column, of []uint8, weights []uint32) {
	switch {
	case weights != nil:
		for i, code := range c.Codes {
			row := c.Row(i)
			p.weighed[code][of[row]&3] += float64(weights[row])
		}
	case c.Rows == nil:
		by := p.unweighd
		for row, code := range c.Codes {
			by[code][of[row]&3]++
		}
	default:
		by := p.unweighd
		for i, code := range c.Codes {
			by[code][of[c.Rows[i]]&3]++
		}
	}
}

// endTexts adds what was counted with the dictionary at hand.
func (p *part) endTexts() {
	if p.rows == 0 {
		return
	}
	f := p.f
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows += p.rows
	p.rows = 0
	for code := range p.dict.Len() {
		var n counts
		if p.sides.weights == nil {
			by := &p.unweighd[code]
			n = counts{store.Selected: float64(by[store.Selected]), store.Others: float64(by[store.Others])}
		} else {
			n = p.weighed[code]
		}
		if n.some() {
			f.addText(p.dict.Text(uint32(code)), &n)
		}
	}
	f.judge()
}

func (p *part) addIntegers(c *event.Column, of []uint8, weight func(row int) float64) {
	for i, v := range c.Ints {
		row := c.Row(i)
		if uint64(v) < smallIntegers {
			p.small[v][of[row]&3] += weight(row)
			p.anySmall = true
			continue
		}
		if side := of[row]; side != neither {
			p.integers.add(v, side, weight(row))
		}
	}
}

// end adds what was counted.
func (p *part) end() {
	p.endTexts()
	f := p.f
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range p.bools {
		if p.bools[n].some() {
			p.bools[n].addTo(&f.present)
			f.addNumber(event.BoolValue(n == 1), &p.bools[n])
		}
	}
	p.bools = [2]counts{}
	if p.anySmall {
		for v := range p.small {
			if n := &p.small[v]; n.some() {
				bin, _ := store.BinOf(float64(v))
				n.addTo(binAt(f.bins, bin))
				n.addTo(&f.present)
				f.addNumber(event.IntValue(int64(v)), n)
			}
		}
		clear(p.small[:])
		p.anySmall = false
	}
	for v, n := range p.integers.values {
		f.addNumber(event.IntValue(v), n)
	}
	f.addTally(&p.integers.bins, p.integers.many)
	p.integers.reset()
	for v, n := range p.floats.values {
		f.addNumber(event.FloatValue(v), n)
	}
	f.addTally(&p.floats.bins, p.floats.many)
	p.floats.reset()
}

// tally counts numbers: all by bin, and each by itself while there are few
// different ones.
type tally[T int64 | float64] struct {
	values map[T]*counts
	bins   binCounts
	many   bool
}

func (t *tally[T]) add(v T, side uint8, w float64) {
	t.bins.add(float64(v), side, w)
	if t.many {
		return
	}
	n := t.values[v]
	if n == nil {
		if t.values == nil {
			t.values = map[T]*counts{}
		}
		n = &counts{}
		t.values[v] = n
		t.many = len(t.values) > mostNumbers
	}
	n[side] += w
}

func (t *tally[T]) reset() {
	clear(t.values)
	t.bins.reset()
	t.many = false
}
