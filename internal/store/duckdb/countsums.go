package duckdb

import (
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// groupKey is the numbers of the values that a group has of its keys.
type groupKey [mostCountKeys]uint32

// countSums are the events by group, and what is made of their numbers. Groups are
// numbered: without keys there is one, with one key a group has the number of its
// value, and with more they are numbered as they come.
type countSums struct {
	mu      sync.Mutex
	keys    []valueNumbers
	numbers map[groupKey]uint32 // where there are several keys
	groups  []groupKey          // by number, where there are several keys
	events  []int64             // by number; none where a number has no group
	fields  []fieldSums
}

func newCountSums(p *countPlan) *countSums {
	s := &countSums{keys: make([]valueNumbers, len(p.keys)), numbers: map[groupKey]uint32{}}
	for i := range s.keys {
		s.keys[i] = valueNumbers{values: make([]event.Value, 1), texts: map[string]uint32{}, others: map[event.Value]uint32{}}
	}
	for i := range p.fields {
		s.fields = append(s.fields, fieldSums{fieldPlan: &p.fields[i], single: len(p.keys) == 0})
	}
	return s
}

// len is the number that the next group may have.
func (s *countSums) len() int {
	switch len(s.keys) {
	case 0:
		return 1
	case 1:
		return s.keys[0].len()
	}
	return len(s.groups)
}

// number returns the number of a group.
func (s *countSums) number(g groupKey) uint32 {
	switch len(s.keys) {
	case 0:
		return 0
	case 1:
		return g[0]
	}
	n, known := s.numbers[g]
	if !known {
		n = uint32(len(s.groups))
		s.numbers[g] = n
		s.groups = append(s.groups, g)
	}
	return n
}

// key is what a group's number stands for.
func (s *countSums) key(number int) groupKey {
	switch len(s.keys) {
	case 0:
		return groupKey{}
	case 1:
		return groupKey{uint32(number)}
	}
	return s.groups[number]
}

// grow makes room for the groups there are.
func (s *countSums) grow() {
	if n := s.len(); n > len(s.events) {
		s.events = append(s.events, make([]int64, n-len(s.events))...)
	}
	for i := range s.fields {
		s.fields[i].grow(len(s.events))
	}
}

// merge adds the sums of another worker, which may be at work.
func (s *countSums) merge(o *countSums) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours := make([][]uint32, len(s.keys))
	for k := range s.keys {
		ours[k] = make([]uint32, o.keys[k].len())
		for code, v := range o.keys[k].values {
			ours[k][code] = s.keys[k].number(v)
		}
	}
	to := make([]uint32, len(o.events))
	for number, n := range o.events {
		if n == 0 {
			to[number] = noGroup
			continue
		}
		g := o.key(number)
		for k := range s.keys {
			g[k] = ours[k][g[k]]
		}
		to[number] = s.number(g)
	}
	s.grow()
	for number, n := range o.events {
		if n > 0 {
			s.events[to[number]] += n
		}
	}
	for i := range s.fields {
		s.fields[i].merge(&o.fields[i], to)
	}
}

// valueNumbers numbers the values of a key in the order they come; null is 0.
type valueNumbers struct {
	values []event.Value
	texts  map[string]uint32
	others map[event.Value]uint32
	bytes  int
}

func (n *valueNumbers) len() int { return len(n.values) }

// full reports whether there are more values than so many, or their texts are long.
func (n *valueNumbers) full(most int) bool {
	return len(n.values) > most || n.bytes > mostCountBytes
}

func (n *valueNumbers) number(v event.Value) uint32 {
	switch v.Kind() {
	case event.Null:
		return 0
	case event.String:
		return n.text(v.Str())
	case event.Int, event.Float, event.Bool:
	}
	code, known := n.others[v]
	if !known {
		code = uint32(len(n.values))
		n.others[v] = code
		n.values = append(n.values, v)
	}
	return code
}

// text numbers a text, which is copied if it is a new one.
func (n *valueNumbers) text(s string) uint32 {
	code, known := n.texts[s]
	if !known {
		s = strings.Clone(s)
		code = uint32(len(n.values))
		n.texts[s] = code
		n.values = append(n.values, event.StringValue(s))
		n.bytes += len(s)
	}
	return code
}

// number writes the numbers of the values that the rows of a batch have of key k.
func (c *counting) number(w *countWorker, k int, b *event.Batch, x *segment.Rows, kept query.Mask) error {
	key := &c.plan.keys[k]
	n := b.Len()
	if cap(w.codes[k]) < n {
		w.codes[k] = make([]uint32, n)
	}
	codes := w.codes[k][:n]
	w.codes[k] = codes
	if key.step > 0 {
		w.times(k, key, b.Times, kept)
		return nil
	}
	clear(codes)
	switch {
	case key.dataset:
		fill(codes, w.keys[k].text(b.Dataset))
		return nil
	case key.kind == event.Null:
		return nil
	}
	r := &renumbering{to: &w.keys[k], codes: codes, kept: kept}
	if x == nil || b.Find(key.field) != nil {
		r.column(b.Find(key.field), 0, false)
		return nil
	}
	if len(x.Batches) > 1 {
		if err := x.Load(key.field); err != nil {
			return err
		}
		r.column(b.Find(key.field), 0, false)
		return nil
	}
	if v, one := x.Constant(key.field); one {
		fill(codes, w.keys[k].number(v))
		return nil
	}
	first := x.First()
	return x.Pages(key.field, func(p *segment.Page) bool {
		if p.Entries != nil {
			r.coded(&p.Column, p.Entries, p.First-first, p.Same)
		} else {
			r.column(&p.Column, p.First-first, p.Same)
		}
		return !w.keys[k].full(c.plan.most)
	})
}

func fill(codes []uint32, code uint32) {
	for i := range codes {
		codes[i] = code
	}
}

// steps are the numbers of times rounded down that were met lately, by their place.
type steps [1 << stepBits]struct {
	from int64
	code uint32 // and 1
}

const stepBits = 10

// times numbers times rounded down. Rows that follow each other are mostly of one
// trace, and so of one step; traces lie side by side at all times.
func (w *countWorker) times(k int, key *countKey, times []int64, kept query.Mask) {
	if w.steps[k] == nil {
		w.steps[k] = &steps{}
	}
	codes, numbers := w.codes[k], &w.keys[k]
	var code uint32
	from, to := int64(0), int64(0)
	for row, t := range times {
		if t >= from && t < to {
			codes[row] = code
			continue
		}
		if !kept.Has(row) {
			continue
		}
		rest := (t - key.offset) % key.step
		if rest < 0 {
			rest += key.step
		}
		from = t - rest
		to = from + key.step
		known := &w.steps[k][uint64(from/key.step)&(1<<stepBits-1)]
		if known.code == 0 || known.from != from {
			known.from, known.code = from, numbers.number(event.IntValue(from))+1
		}
		code = known.code - 1
		codes[row] = code
	}
}

// renumbering turns the values of columns into numbers of a key.
type renumbering struct {
	to    *valueNumbers
	codes []uint32
	kept  query.Mask
	known []uint32 // of the texts of a dictionary: their number and 1, or 0
}

// column numbers the values of a column whose rows are counted from first; same
// tells that its dictionary is that of the column before.
func (r *renumbering) column(c *event.Column, first int, same bool) {
	if c == nil || c.Len() == 0 {
		return
	}
	if c.Kind == event.String {
		r.texts(c, first, same)
		return
	}
	if c.Kind == event.Int {
		r.ints(c, first)
		return
	}
	for i := range c.Len() {
		if row := first + c.Row(i); r.kept.Has(row) {
			r.codes[row] = r.to.number(c.ValueAt(i))
		}
	}
}

// ints remembers the numbers of the latest integers: most fields have few.
func (r *renumbering) ints(c *event.Column, first int) {
	const kept, spread = 64, 0x9e3779b97f4a7c15
	var known [kept]struct {
		v    int64
		code uint32 // and 1
	}
	for i, v := range c.Ints {
		row := first + c.Row(i)
		if !r.kept.Has(row) {
			continue
		}
		k := &known[uint64(v)*spread>>58]
		if k.code == 0 || k.v != v {
			k.v, k.code = v, r.to.number(event.IntValue(v))+1
		}
		r.codes[row] = k.code - 1
	}
}

func (r *renumbering) texts(c *event.Column, first int, same bool) {
	if !same {
		r.forget(c.Dict.Len())
	}
	for i, code := range c.Codes {
		row := first + c.Row(i)
		if !r.kept.Has(row) {
			continue
		}
		number := r.known[code]
		if number == 0 {
			number = r.to.text(c.Dict.Text(code)) + 1
			r.known[code] = number
		}
		r.codes[row] = number - 1
	}
}

// coded numbers the values of a column of numbers that are codes into others.
func (r *renumbering) coded(c, entries *event.Column, first int, same bool) {
	if !same {
		r.forget(entries.Len())
	}
	for i, code := range c.Codes {
		row := first + c.Row(i)
		if !r.kept.Has(row) {
			continue
		}
		number := r.known[code]
		if number == 0 {
			number = r.to.number(entries.ValueAt(int(code))) + 1
			r.known[code] = number
		}
		r.codes[row] = number - 1
	}
}

// forget makes room for the numbers of a dictionary of n entries.
func (r *renumbering) forget(n int) {
	if cap(r.known) < n {
		r.known = make([]uint32, n)
	}
	r.known = r.known[:n]
	clear(r.known)
}
