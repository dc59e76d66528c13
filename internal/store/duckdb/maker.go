package duckdb

import (
	"math"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// mostKnown is of how many values what they lead to is remembered, for each worker.
const mostKnown = 10_000

// maker works out the values of a field, for one worker.
type maker struct {
	sn    *snapshot
	expr  query.Expr
	eval  func(query.Row) event.Value
	reads string     // the one field that is read, "" if there are several
	kind  event.Kind // of that field
	known *knownValues
}

// knownValues are the values that were worked out before. Those that are equal are one.
type knownValues struct {
	values []knownValue
	places map[event.Value]uint32 // in values, by the value
	of     map[event.Value]uint32 // in values, by what was read
	codes  []uint32               // in values and 1, by code of the dictionary at hand
	latest [1 << latestBits]struct{ bits, place uint64 }
}

type knownValue struct {
	event.Value
	n    counts // in the batch at hand
	rows int
}

const latestBits = 6

func newMaker(sn *snapshot, expr query.Expr) *maker {
	m := &maker{sn: sn, expr: expr, eval: query.Evaluation(expr, unified{sn: sn}.Kind)}
	if names := query.FieldsOf(expr); len(names) == 1 && !event.IsSystem(names[0]) {
		m.reads, m.kind = names[0], sn.Kind(names[0])
		m.known = &knownValues{places: map[event.Value]uint32{}, of: map[event.Value]uint32{}}
	}
	return m
}

// column computes the field for the rows that are on a side; nil if none has a value.
func (m *maker) column(name string, s *sides) *event.Column {
	out := event.NewBatch(s.batch.Environment, s.batch.Dataset)
	rows := m.sn.walk(m.expr, s.batch)
	for row, side := range s.of {
		if side != neither {
			out.SetAt(row, name, m.eval(rows.at(row)))
		}
	}
	return out.Find(name)
}

// count counts the events of each value of a field that reads one other, which it
// takes as its values lie. It returns nil where they are too many to be remembered.
func (m *maker) count(s *sides) *knownValues {
	k := m.known
	k.begin()
	rest := knownValue{n: *countsOf(&s.events), rows: len(s.of)}
	c := s.batch.Find(m.reads)
	if c == nil {
		c = &event.Column{}
	}
	if c.Kind == event.String {
		k.codes = append(k.codes[:0], make([]uint32, c.Dict.Len())...)
	}
	for i := range c.Len() {
		row := c.Row(i)
		side, weight := s.of[row], 1.0
		if side == neither {
			continue
		}
		at, ok := m.placeAt(c, i)
		if !ok {
			return nil
		}
		if s.weights != nil {
			weight = float64(s.weights[row])
		}
		v := &k.values[at]
		v.n[side] += weight
		v.rows++
		rest.n[side] -= weight
		rest.rows--
	}
	if rest.n.some() {
		at, ok := m.place(event.Value{})
		if !ok {
			return nil
		}
		v := &k.values[at]
		v.n[store.Selected] += rest.n[store.Selected]
		v.n[store.Others] += rest.n[store.Others]
		v.rows += rest.rows
	}
	return k
}

func (k *knownValues) begin() {
	for i := range k.values {
		k.values[i].n, k.values[i].rows = counts{}, 0
	}
	clear(k.latest[:])
}

// placeAt is the place of what value i of the column that is read leads to; ok is
// false where there is no room for it.
func (m *maker) placeAt(c *event.Column, i int) (at uint32, ok bool) {
	const spread = 0x9e3779b97f4a7c15
	k, bits := m.known, uint64(0)
	switch c.Kind {
	case event.String:
		code := c.Codes[i]
		if at = k.codes[code]; at > 0 {
			return at - 1, true
		}
		if at, ok = m.place(c.ValueAt(i)); ok {
			k.codes[code] = at + 1
		}
		return at, ok
	case event.Int:
		bits = uint64(c.Ints[i])
	case event.Float:
		bits = math.Float64bits(c.Floats[i])
	case event.Bool, event.Null:
		return m.place(c.ValueAt(i))
	}
	latest := &k.latest[bits*spread>>(64-latestBits)]
	if latest.place > 0 && latest.bits == bits {
		return uint32(latest.place - 1), true
	}
	if at, ok = m.place(c.ValueAt(i)); ok {
		latest.bits, latest.place = bits, uint64(at)+1
	}
	return at, ok
}

// place is the place of what a value leads to.
func (m *maker) place(from event.Value) (at uint32, ok bool) {
	k := m.known
	from = inKind(from, m.kind)
	if at, ok = k.of[from]; ok {
		return at, true
	}
	if len(k.of) >= mostKnown {
		return 0, false
	}
	v := ownText(m.eval(&oneValue{unified: unified{sn: m.sn}, name: m.reads, value: from}))
	if at, ok = k.places[v]; !ok {
		at = uint32(len(k.values))
		k.values = append(k.values, knownValue{Value: v})
		k.places[v] = at
	}
	k.of[ownText(from)] = at
	return at, true
}

// ownText copies a text that lies in a batch's memory.
func ownText(v event.Value) event.Value {
	if v.Kind() == event.String {
		return event.StringValue(strings.Clone(v.Str()))
	}
	return v
}

// oneValue is a row of which one field is read.
type oneValue struct {
	unified
	name  string
	value event.Value
}

// Get implements query.Row.
func (o *oneValue) Get(name string) event.Value {
	if name == o.name {
		return o.value
	}
	return event.Value{}
}
