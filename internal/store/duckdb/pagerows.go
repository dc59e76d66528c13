package duckdb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// rowsAtOnce is how many rows of a page are read together.
const rowsAtOnce = 1000

// assemble makes the page of what was found.
func (p *paging) assemble(ctx context.Context, inline func(query.Expr) query.Expr) (*store.Page, error) {
	page := &store.Page{Next: p.end(), Stats: store.Stats{
		Segments: len(p.sn.files), Scanned: p.looked.Load(), Sampled: p.sn.weighted, Partial: len(p.sn.missing) > 0, Missing: p.sn.missing,
	}}
	chosen, more, err := p.choose(ctx, page)
	if err != nil || len(p.damaged) > 0 || ctx.Err() != nil {
		return nil, err
	}
	page.More = more
	bytes := int64(0)
	for at := 0; at < len(chosen); at += rowsAtOnce {
		part := chosen[at:min(at+rowsAtOnce, len(chosen))]
		rows, err := p.read(ctx, part, inline)
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err // some rows may be missing
		}
		for i, r := range rows {
			if bytes += p.opts.RowBytes; p.opts.MaxBytes > 0 {
				r.Each(func(_ string, v event.Value) { bytes += int64(len(v.Text())) })
				if bytes > p.opts.MaxBytes && len(page.Rows) > 0 {
					page.More, page.Next = true, page.Rows[len(page.Rows)-1].Position
					return page, nil
				}
			}
			page.Rows = append(page.Rows, store.PageRow{Row: r, Position: part[i].position()})
		}
	}
	return page, nil
}

// end is the position behind all rows of the range.
func (p *paging) end() store.Position {
	if p.opts.Backward {
		return store.BeforeTime(p.sn.start)
	}
	return store.AfterTime(p.high)
}

// choose brings the candidates into their final order and cuts the page. It says
// in page where the next one begins.
func (p *paging) choose(ctx context.Context, page *store.Page) (chosen []candidate, more bool, err error) {
	p.settle(true)
	chosen = slices.Concat(p.edge, p.best)
	left := p.lanes.Len() > 0
	if left { // what lies behind them may have rows that come first
		first := p.lanes.lanes[0].first
		chosen = slices.DeleteFunc(chosen, func(c candidate) bool { return !p.before(c.time, first) })
		page.Next = store.BeforeTime(first)
		if p.opts.Backward {
			page.Next = store.AfterTime(first)
		}
	}
	if err := p.findTies(ctx, chosen); err != nil || len(p.damaged) > 0 {
		return nil, false, err
	}
	slices.SortFunc(chosen, candidate.compare)
	for i := 1; i < len(chosen); i++ {
		if x, y := chosen[i-1], &chosen[i]; x.time == y.time && x.arrival == y.arrival && x.tie == y.tie {
			y.nth = x.nth + 1
		}
	}
	if p.opts.Backward {
		slices.Reverse(chosen)
	}
	if at := p.opts.After; at != nil {
		chosen = slices.DeleteFunc(chosen, func(c candidate) bool {
			by := c.position().Compare(*at)
			return by == 0 || (by > 0) == p.opts.Backward
		})
	}
	if len(chosen) >= p.opts.Limit && (left || p.cut.Load() || len(chosen) > p.opts.Limit) {
		chosen = chosen[:p.opts.Limit]
		page.Next, left = chosen[len(chosen)-1].position(), true
	}
	return chosen, left, nil
}

// findTies sets the ties of the candidates that have no arrival.
func (p *paging) findTies(ctx context.Context, all []candidate) error {
	byPlace := make([]*candidate, 0, len(all))
	for i := range all {
		if all[i].arrival == 0 {
			byPlace = append(byPlace, &all[i])
		}
	}
	return p.visit(ctx, byPlace, func(src *origin, x *segment.Rows, part []*candidate) error {
		if x != nil {
			if err := p.load(src.file, x, store.TieFields()); err != nil {
				return err
			}
			if slices.ContainsFunc(part, func(c *candidate) bool { return !store.IsSpan(x.Find(int(c.row))) }) {
				if err := x.LoadAll(); err != nil {
					return err
				}
			}
		}
		for _, c := range part {
			c.tie = store.Tie(rowOf(src, x, c))
		}
		return nil
	})
}

// rowOf returns a candidate's row; x is nil if it is in memory.
func rowOf(src *origin, x *segment.Rows, c *candidate) event.Row {
	if x == nil {
		return src.hot.Row(int(c.row))
	}
	return x.Find(int(c.row))
}

// visit calls f for candidates that lie close to each other, with the rows around
// them, or nil if they are in memory.
func (p *paging) visit(ctx context.Context, all []*candidate, f func(src *origin, x *segment.Rows, part []*candidate) error) error {
	slices.SortFunc(all, func(x, y *candidate) int {
		if x.origin != y.origin {
			return compareTimes(int64(x.origin), int64(y.origin))
		}
		return compareTimes(int64(x.row), int64(y.row))
	})
	const near = 2048 // rows
	for len(all) > 0 && ctx.Err() == nil {
		src := &p.origins[all[0].origin]
		n := 1
		for n < len(all) && all[n].origin == all[0].origin && (src.file == nil || all[n].row-all[n-1].row < near) {
			n++
		}
		part := all[:n]
		all = all[n:]
		var x *segment.Rows
		if src.file != nil {
			var err error
			if x, err = src.file.reader.Range(src.group, int(part[0].row), int(part[n-1].row)+1); err != nil {
				return p.damage(src.file, err)
			}
		}
		if err := f(src, x, part); err != nil {
			return p.damage(src.file, err)
		}
	}
	return nil
}

// damage notes a damaged file; any other error is returned.
func (p *paging) damage(f *file, err error) error {
	if f != nil && errors.Is(err, segment.ErrDamaged) {
		p.damaged.add(f, err)
		return nil
	}
	return fmt.Errorf("read a page: %w", err)
}

// read returns the rows of candidates, with the fields that are wanted.
func (p *paging) read(ctx context.Context, part []candidate, inline func(query.Expr) query.Expr) ([]event.Row, error) {
	want := newSelection(p, inline)
	rows := make([]event.Row, len(part))
	all := make([]*candidate, len(part))
	at := make(map[*candidate]int, len(part))
	for i := range part {
		all[i], at[&part[i]] = &part[i], i
	}
	err := p.visit(ctx, all, func(src *origin, x *segment.Rows, near []*candidate) error {
		if x != nil {
			if err := want.load(src.file, x); err != nil {
				return err
			}
		}
		batches := map[string]*event.Batch{}
		for _, c := range near {
			r := rowOf(src, x, c)
			b := batches[r.Batch.Dataset]
			if b == nil {
				b = event.NewBatch(r.Batch.Environment, r.Batch.Dataset)
				batches[b.Dataset] = b
			}
			want.copy(b, r)
			rows[at[c]] = b.Row(b.Len() - 1)
		}
		return nil
	})
	return rows, err
}

// selection is the fields of a page's rows.
type selection struct {
	p     *paging
	exprs []query.Expr // nil: all fields as they are
	reads []string
}

func newSelection(p *paging, inline func(query.Expr) query.Expr) *selection {
	s := &selection{p: p}
	if p.opts.Fields == nil {
		return s
	}
	for _, name := range p.opts.Fields {
		s.exprs = append(s.exprs, inline(query.Field{Name: name}))
	}
	s.reads = query.FieldsOf(query.And{Terms: s.exprs})
	return s
}

func (s *selection) load(f *file, x *segment.Rows) error {
	if s.p.opts.Fields == nil {
		return x.LoadAll()
	}
	return s.p.load(f, x, s.reads)
}

// copy appends a row, its values in the kinds that all rows of the query have.
func (s *selection) copy(to *event.Batch, r event.Row) {
	to.Begin(r.Batch.Times[r.Index])
	to.SetSampleRate(r.Batch.SampleRate(r.Index))
	row := to.Len() - 1
	set := func(name string, v event.Value) {
		if kind := s.p.sn.Kind(name); kind != event.Null && kind != v.Kind() && !v.IsNull() {
			v = v.Convert(kind)
		}
		to.SetAt(row, name, v)
	}
	if s.p.opts.Fields == nil {
		r.All(set)
		return
	}
	for i, name := range s.p.opts.Fields {
		switch {
		case event.IsSystem(name) && name != event.SystemLag:
		case s.exprs[i] == query.Expr(query.Field{Name: name}):
			set(name, r.Get(name))
		default:
			to.SetAt(row, name, query.Eval(s.exprs[i], r))
		}
	}
}
