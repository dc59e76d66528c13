package duckdb

import "github.com/oriel-dev/oriel/internal/event"

// dense is a column with a place for every row.
type dense struct {
	valid  []byte // one bit for each row that has a value; nil if all have. Texts have none
	ints   []int64
	floats []float64
	bools  []bool
	codes  []uint32 // of rows without a value: noCode
	dict   *event.Dict
}

// newDense lays out the n rows of a column in a kind. A column that has a value
// in every row, and is of that kind, is taken as it is.
func newDense(c *event.Column, kind event.Kind, n int) *dense {
	d := &dense{}
	if c.Kind == event.String {
		d.dict = &c.Dict
	}
	full := c.Len() == n
	if full && c.Kind == kind {
		d.ints, d.floats, d.bools, d.codes = c.Ints, c.Floats, c.Bools, c.Codes
		return d
	}
	d.allot(kind, n)
	if !full && kind != event.String && kind != event.Null {
		d.valid = make([]byte, (n+7)/8)
	}
	for i := range c.Len() {
		at := c.Row(i)
		if d.valid != nil {
			d.valid[at>>3] |= 1 << (at & 7)
		}
		d.put(at, c, i, kind)
	}
	return d
}

func (d *dense) allot(kind event.Kind, n int) {
	switch kind {
	case event.Int:
		d.ints = make([]int64, n)
	case event.Float:
		d.floats = make([]float64, n)
	case event.Bool:
		d.bools = make([]bool, n)
	case event.String, event.Null:
		d.codes = make([]uint32, n)
		for i := range d.codes {
			d.codes[i] = noCode
		}
		if d.dict == nil {
			d.dict = &event.Dict{}
		}
	}
}

func (d *dense) put(at int, c *event.Column, i int, kind event.Kind) {
	switch {
	case kind == c.Kind && kind == event.Int:
		d.ints[at] = c.Ints[i]
	case kind == c.Kind && kind == event.Float:
		d.floats[at] = c.Floats[i]
	case kind == c.Kind && kind == event.Bool:
		d.bools[at] = c.Bools[i]
	case kind == c.Kind:
		d.codes[at] = c.Codes[i]
	case kind == event.Float:
		d.floats[at], _ = c.ValueAt(i).Number()
	default:
		d.codes[at] = d.dict.Intern(c.ValueAt(i).Text())
	}
}
