package duckdb

import (
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// rowGroup is a row group whose fields are counted.
type rowGroup struct {
	rows *segment.Rows
	of   []*sides // of each batch; nil if none of its rows counts
	all  *sides   // of the row group, its batches together
}

func (g *rowGroup) len() (n int) {
	for _, b := range g.rows.Batches {
		n += b.Len()
	}
	return n
}

// join puts the sides of batches together, in the order of the row group.
func (g *rowGroup) join() {
	if len(g.of) == 1 {
		g.all = g.of[0]
		return
	}
	n := g.len()
	g.all = &sides{of: make([]uint8, n)}
	for i := range g.all.of {
		g.all.of[i] = neither
	}
	for _, s := range g.of {
		if s == nil {
			continue
		}
		if s.weights != nil && g.all.weights == nil {
			g.all.weights = make([]uint32, n)
		}
		for side := range s.events {
			g.all.events[side] += s.events[side]
		}
	}
	for row := range g.all.of {
		batch, at := g.rows.Place(g.rows.First() + row)
		s := g.of[batch]
		if s == nil {
			continue
		}
		g.all.of[row] = s.of[at]
		switch {
		case s.weights != nil:
			g.all.weights[row] = s.weights[at]
		case g.all.weights != nil:
			g.all.weights[row] = 1
		}
	}
}

// count counts a field in the cheapest way there is: from statistics, page by
// page, or, where it is loaded because a condition reads it, from the columns.
func (g *rowGroup) count(f *counter, at *part) (err error) {
	loaded := false
	for _, b := range g.rows.Batches {
		loaded = loaded || b.Find(f.name) != nil
	}
	if !loaded {
		if v, one := g.rows.Constant(f.name); one {
			f.addConstant(v, g.len(), g.all)
			return nil
		}
		at.begin(f, g.all)
		defer at.end()
		return g.rows.Pages(f.name, func(p *segment.Page) bool {
			at.addPage(p)
			return !f.unique.Load()
		})
	}
	if err := g.rows.Load(f.name); err != nil { // beside names that were in the overflow column
		return err
	}
	for i, b := range g.rows.Batches {
		if col := b.Find(f.name); col != nil && col.Len() > 0 && g.of[i] != nil {
			at.begin(f, g.of[i])
			at.add(col, 0, false)
			at.end()
		}
	}
	return nil
}
