package duckdb

import (
	"cmp"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Catalog implements store.Store.
func (s *Store) Catalog(environment string) store.Catalog {
	sn := s.snapshotOf(&query.Query{Environment: environment, Start: -1 << 63, End: 1<<63 - 1})
	defer sn.release()
	c := catalog{sets: map[string]*store.Dataset{}, fields: map[[2]string]int{}}
	out := store.Catalog{Segments: len(sn.files)}
	for _, f := range sn.files {
		out.Bytes += f.info.Bytes
		for _, d := range f.info.Datasets {
			from := sn.horizonOf(d.Dataset)
			if d.Environment != environment || d.MaxTime < from {
				continue
			}
			d.MinTime = max(d.MinTime, from)
			set := c.add(d.Dataset, d.Rows, d.MinTime, d.MaxTime)
			set.Bytes += f.info.Bytes * d.Rows / max(f.info.Rows, 1)
			for _, field := range d.Fields {
				set.Overflowed = set.Overflowed || field.Column == ""
				c.field(d.Dataset, field.Name, cmp.Or(field.Sent, field.Kind), field.Filled, d.MaxTime)
			}
		}
	}
	for _, b := range sn.hot {
		if b.Len() == 0 {
			continue
		}
		newest := slices.Max(b.Times)
		c.add(b.Dataset, int64(b.Len()), slices.Min(b.Times), newest)
		for _, col := range b.Columns {
			if col.Len() > 0 {
				c.field(b.Dataset, col.Name, col.Kind, int64(col.Len()), newest)
			}
		}
	}
	for _, set := range c.order {
		slices.SortFunc(set.Fields, func(x, y store.FieldInfo) int { return cmp.Compare(x.Name, y.Name) })
		out.Datasets = append(out.Datasets, *set)
	}
	slices.SortFunc(out.Datasets, func(x, y store.Dataset) int { return cmp.Compare(x.Slug, y.Slug) })
	return out
}

// catalog adds up what segments and rows in memory hold.
type catalog struct {
	sets   map[string]*store.Dataset
	order  []*store.Dataset
	fields map[[2]string]int // place in the set
}

func (c *catalog) add(slug string, rows, first, last int64) *store.Dataset {
	set := c.sets[slug]
	if set == nil {
		set = &store.Dataset{Slug: slug, First: first, Last: last}
		c.sets[slug] = set
		c.order = append(c.order, set)
	}
	set.Rows += rows
	set.First, set.Last = min(set.First, first), max(set.Last, last)
	return set
}

func (c *catalog) field(slug, name string, kind event.Kind, filled, last int64) {
	if event.IsSystem(name) {
		return
	}
	at, known := c.fields[[2]string{slug, name}]
	set := c.sets[slug]
	if !known {
		c.fields[[2]string{slug, name}] = len(set.Fields)
		set.Fields = append(set.Fields, store.FieldInfo{Name: name, Kind: kind, Filled: filled, Last: last})
		return
	}
	f := &set.Fields[at]
	f.Kind = event.Unify(f.Kind, kind)
	f.Filled += filled
	f.Last = max(f.Last, last)
}
