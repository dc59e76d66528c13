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

// countSums are the events by group.
type countSums struct {
	mu     sync.Mutex
	keys   []valueNumbers
	total  int64              // where there are no keys
	single []int64            // by the number of the value, where there is one key
	groups map[groupKey]int64 // where there are more
}

func newCountSums(keys int) *countSums {
	s := &countSums{keys: make([]valueNumbers, keys), groups: map[groupKey]int64{}}
	for i := range s.keys {
		s.keys[i] = valueNumbers{values: make([]event.Value, 1), texts: map[string]uint32{}, others: map[event.Value]uint32{}}
	}
	return s
}

// merge adds the sums of another worker, which may be at work.
func (s *countSums) merge(o *countSums) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.total += o.total
	ours := make([][]uint32, len(s.keys))
	for k := range s.keys {
		ours[k] = make([]uint32, o.keys[k].len())
		for code, v := range o.keys[k].values {
			ours[k][code] = s.keys[k].number(v)
		}
	}
	if len(s.keys) == 1 {
		if n := s.keys[0].len(); len(s.single) < n {
			s.single = append(s.single, make([]int64, n-len(s.single))...)
		}
	}
	for code, n := range o.single {
		s.single[ours[0][code]] += n
	}
	for g, n := range o.groups {
		for k := range s.keys {
			g[k] = ours[k][g[k]]
		}
		s.groups[g] += n
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

// times numbers times rounded down. Rows that follow each other are mostly of one step.
func (w *countWorker) times(k int, key *countKey, times []int64, kept query.Mask) {
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
		code = numbers.number(event.IntValue(from))
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
