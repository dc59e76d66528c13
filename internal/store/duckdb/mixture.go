package duckdb

import (
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// A segment has one column for a name, so all datasets in it share the column's
// kind: numbers of one would become text because another has text there, and
// integers lose digits beside floats. Datasets that would do that to each other
// are kept in segments apart.

// maxMixtures is into how many segments rows in memory are written at most: what
// fits none of them shares the last.
const maxMixtures = 8

// mixture is what kind a name has in a segment, and whose it is.
type mixture map[string]shape

type shape struct {
	kind        event.Kind
	big         bool // integers that no float holds
	environment string
	dataset     string
	several     bool // datasets have it
}

// spoils reports whether a column with both would change values of one: of a
// dataset of its own it may, there a name has one kind.
func (m shape) spoils(o shape) bool {
	switch {
	case !m.several && m.environment == o.environment && m.dataset == o.dataset, m.kind == o.kind, m.kind == event.Null, o.kind == event.Null:
		return false
	case event.Unify(m.kind, o.kind) == event.Float:
		return m.big || o.big
	}
	return true
}

func (m mixture) add(name string, o shape) {
	old, known := m[name]
	if !known {
		m[name] = o
		return
	}
	old.several = old.several || old.environment != o.environment || old.dataset != o.dataset
	old.kind, old.big = event.Unify(old.kind, o.kind), old.big || o.big
	m[name] = old
}

// fields yields the fields of a batch, or of a segment.
type fields func(yield func(name string, o shape) bool)

// takes reports whether nothing is spoilt by fields that join.
func (m mixture) takes(all fields) bool {
	for name, o := range all {
		if old, known := m[name]; known && old.spoils(o) {
			return false
		}
	}
	return true
}

func (m mixture) join(all fields) {
	for name, o := range all {
		m.add(name, o)
	}
}

func fieldsOfBatch(b *event.Batch) fields {
	return func(yield func(string, shape) bool) {
		for _, c := range b.Columns {
			o := shape{kind: c.Kind, big: segment.Big(c), environment: b.Environment, dataset: b.Dataset}
			if c.Len() > 0 && !event.IsSystem(c.Name) && !yield(c.Name, o) {
				return
			}
		}
	}
}

func fieldsOfSegment(info *segment.Info) fields {
	return func(yield func(string, shape) bool) {
		for i := range info.Datasets {
			d := &info.Datasets[i]
			for _, f := range d.Fields {
				o := shape{kind: f.Kind, big: f.Big, environment: d.Environment, dataset: d.Dataset}
				if f.Column != "" && !event.IsSystem(f.Name) && !yield(f.Name, o) {
					return
				}
			}
		}
	}
}

// apart divides batches into those that may share a segment.
func apart(batches []*event.Batch) [][]*event.Batch {
	var groups [][]*event.Batch
	var kinds []mixture
	for _, b := range batches {
		all, at := fieldsOfBatch(b), 0
		for at < len(kinds) && !kinds[at].takes(all) {
			at++
		}
		if at == maxMixtures {
			at--
		}
		if at == len(kinds) {
			groups, kinds = append(groups, nil), append(kinds, mixture{})
		}
		groups[at] = append(groups[at], b)
		kinds[at].join(all)
	}
	return groups
}

// integerFields are fields that a segment keeps as floats because of other
// datasets: of which environment, of which dataset, of which name.
type integerFields map[[3]string]bool

func sentAsIntegers(info *segment.Info) integerFields {
	all := integerFields{}
	for _, d := range info.Datasets {
		for _, f := range d.Fields {
			if f.Sent == event.Int {
				all[[3]string{d.Environment, d.Dataset, f.Name}] = true
			}
		}
	}
	return all
}

// restore makes the floats of a batch integers again that were sent as such.
func (all integerFields) restore(b *event.Batch) {
	if len(all) == 0 {
		return
	}
	for _, c := range b.Columns {
		if c.Kind != event.Float || !all[[3]string{b.Environment, b.Dataset, c.Name}] {
			continue
		}
		ints := make([]int64, len(c.Floats))
		for i, f := range c.Floats {
			ints[i] = int64(f)
		}
		c.Kind, c.Ints, c.Floats = event.Int, ints, nil
	}
}
