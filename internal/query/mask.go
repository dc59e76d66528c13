package query

import (
	"math/bits"

	"github.com/oriel-dev/oriel/internal/event"
)

// Mask has a bit for each row of a batch.
type Mask []uint64

// NewMask returns a mask of n rows, all of them out.
func NewMask(n int) Mask { return make(Mask, (n+63)/64) }

// Has reports whether row i is in.
func (m Mask) Has(i int) bool { return m[i>>6]>>(i&63)&1 == 1 }

// Set puts row i in.
func (m Mask) Set(i int) { m[i>>6] |= 1 << (i & 63) }

// Count returns the number of rows that are in.
func (m Mask) Count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// And takes out the rows that are not in o, too.
func (m Mask) And(o Mask) {
	for i := range m {
		m[i] &= o[i]
	}
}

// MaskOf evaluates an expression on all rows of a batch: row i is in where
// Match(e, b.Row(i)). A condition on one text field is tested once for each
// different text, not for each row.
func MaskOf(e Expr, b *event.Batch) Mask {
	n := b.Len()
	switch x := e.(type) {
	case And:
		m := NewMask(n)
		m.fill(n)
		for _, t := range x.Terms {
			m.And(MaskOf(t, b))
		}
		return m
	case Or:
		m := NewMask(n)
		for _, t := range x.Terms {
			for i, w := range MaskOf(t, b) {
				m[i] |= w
			}
		}
		return m
	case Not:
		m := MaskOf(x.X, b)
		for i := range m {
			m[i] = ^m[i]
		}
		m.trim(n)
		return m
	}
	return leafMask(e, b)
}

// fill puts n rows in.
func (m Mask) fill(n int) {
	for i := range m {
		m[i] = ^uint64(0)
	}
	m.trim(n)
}

// trim takes out what lies beyond n rows.
func (m Mask) trim(n int) {
	if r := n & 63; r != 0 {
		m[len(m)-1] &= 1<<r - 1
	}
}

// single is a row with one field.
type single struct {
	name  string
	value event.Value
}

// Get implements Row.
func (s *single) Get(name string) event.Value {
	if name == s.name {
		return s.value
	}
	return event.Value{}
}

func leafMask(e Expr, b *event.Batch) Mask {
	n := b.Len()
	m := NewMask(n)
	names := FieldsOf(e)
	if len(names) > 1 {
		for i := range n {
			if Match(e, b.Row(i)) {
				m.Set(i)
			}
		}
		return m
	}
	one := &single{}
	if len(names) == 1 {
		one.name = names[0]
	}
	is := func(v event.Value) bool {
		one.value = v
		return Match(e, one)
	}
	switch one.name {
	case event.SystemTime:
		for i, at := range b.Times {
			if is(event.IntValue(at)) {
				m.Set(i)
			}
		}
		return m
	case event.SystemSampleRate:
		for i := range n {
			if is(event.IntValue(int64(b.SampleRate(i)))) {
				m.Set(i)
			}
		}
		return m
	case event.SystemDataset, event.SystemEnvironment, "":
		if n > 0 && Match(e, b.Row(0)) { // the same for every row
			m.fill(n)
		}
		return m
	}
	m.column(e, b.Find(one.name), n, is)
	return m
}

// column puts in the rows whose value of a column is as e wants it, which is told
// value by value.
func (m Mask) column(e Expr, c *event.Column, n int, is func(event.Value) bool) {
	if c == nil || c.Len() < n {
		if is(event.Value{}) {
			m.fill(n)
			if c != nil {
				for i := range c.Len() {
					row := c.Row(i)
					m[row>>6] &^= 1 << (row & 63)
				}
			}
		}
		if c == nil {
			return
		}
	}
	if c.Kind == event.String {
		const unknown, no, yes = 0, 1, 2
		known := make([]uint8, c.Dict.Len())
		for i, code := range c.Codes {
			if known[code] == unknown {
				known[code] = no
				if is(event.StringValue(c.Dict.Text(code))) {
					known[code] = yes
				}
			}
			if known[code] == yes {
				m.Set(c.Row(i))
			}
		}
		return
	}
	if m.compared(e, c) {
		return
	}
	if c.Kind == event.Int {
		m.ints(c, is)
		return
	}
	for i := range c.Len() {
		if is(c.ValueAt(i)) {
			m.Set(c.Row(i))
		}
	}
}

// ints is column for integers, which are mostly of few values: what is known of the
// latest ones is remembered.
func (m Mask) ints(c *event.Column, is func(event.Value) bool) {
	const kept, spread = 64, 0x9e3779b97f4a7c15
	var known [kept]struct {
		n        int64
		told, is bool
	}
	for i, n := range c.Ints {
		k := &known[uint64(n)*spread>>58]
		if !k.told || k.n != n {
			k.n, k.told, k.is = n, true, is(event.IntValue(n))
		}
		if k.is {
			m.Set(c.Row(i))
		}
	}
}

// compared is column for a comparison of a number with a number, which takes no
// look at each value by itself. It reports whether e is one.
func (m Mask) compared(e Expr, c *event.Column) bool {
	x, ok := e.(Compare)
	if !ok {
		return false
	}
	_, isField := x.L.(Field)
	border, isValue := x.R.(Literal)
	if !isField || !isValue {
		return false
	}
	switch kind := border.Value.Kind(); {
	case c.Kind == event.Int && kind == event.Int:
		compareAll(m, x.Op, c, c.Ints, border.Value.Int())
	case c.Kind == event.Float && (kind == event.Int || kind == event.Float):
		to, _ := border.Value.Number()
		compareAll(m, x.Op, c, c.Floats, to)
	default:
		return false
	}
	return true
}

func compareAll[T int64 | float64](m Mask, op CompareOp, c *event.Column, values []T, border T) {
	less, equal, greater := ordered(op, true, false), ordered(op, false, false), ordered(op, false, true)
	for i, v := range values {
		in := equal
		if v < border {
			in = less
		} else if v > border {
			in = greater
		}
		if in && v == v && border == border { //nolint:gocritic // what is no number differs from itself: see compareValues
			m.Set(c.Row(i))
		}
	}
}
