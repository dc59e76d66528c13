package duckdb

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Contrast implements store.Store. It does not ask DuckDB: our own columns are
// coded by dictionaries, so that counting a field is one addition per row, and
// all fields together are read once.
func (s *Store) Contrast(ctx context.Context, q *query.Query, selection query.Expr, opts store.ContrastOptions) (*store.Contrast, error) {
	reading, err := q.Reading()
	if err != nil {
		return nil, err
	}
	var c *contrast
	if err := s.untilWhole(ctx, func() (damages, error) {
		c = s.contrastOnce(ctx, q, reading, reading.Inline(selection), opts)
		return c.damaged, c.err
	}); err != nil {
		return nil, err
	}
	return c.result(), nil
}

func (s *Store) contrastOnce(ctx context.Context, q *query.Query, reading *query.Reading, selection query.Expr, opts store.ContrastOptions) *contrast {
	sn := s.snapshotOf(q)
	defer sn.release()
	c := &contrast{sweep: sweep{sn: sn}, unweighted: q.Unweighted, where: reading.Where, selection: selection, opts: opts, fields: map[string]*counter{}}
	workers := max(s.config.Threads, 1)
	if reading.LooksAtTraces() {
		c.relatives = newRelatives(sn, reading)
		c.relatives.find(ctx, workers)
		if c.damaged, c.err = c.relatives.damaged, c.relatives.err; c.err != nil || len(c.damaged) > 0 || ctx.Err() != nil {
			return c
		}
		c.sn = c.relatives.asking(q)
	}
	c.choose(reading.Inline)
	c.measure()
	c.parts = make([]part, workers)
	for i := range c.parts {
		c.parts[i].first = i * len(c.names) / workers
	}
	var tell func(store.Progress)
	if opts.Progress != nil {
		tell = func(p store.Progress) {
			if p.Scanned > 0 {
				opts.Progress(c.result(), p)
			}
		}
	}
	c.run(ctx, workers, mixed(c.sn.pieces()), c.visit, tell)
	return c
}

// contrast is one run. Workers share it.
type contrast struct {
	sweep
	unweighted bool
	where      query.Expr
	selection  query.Expr
	opts       store.ContrastOptions
	names      []string // of the fields that are counted
	conditions []string // of the fields that where and selection read
	left       int
	read       atomic.Int64 // weight of what is taken to be read
	unread     atomic.Int64 // rows of segments that are left out
	relatives  *relatives   // nil if no other spans are asked about
	each       int64        // weight of what is worked out for a row, see measure
	share      float64      // of the rows that are looked at, if each is not 0

	fields  map[string]*counter // by name; the map itself does not change while workers run
	parts   []part              // of each worker
	events  [2]float64          // guarded by mu, as squares
	squares [2]float64
}

// choose finds the fields to count.
func (c *contrast) choose(inline func(query.Expr) query.Expr) {
	c.conditions = query.FieldsOf(query.And{Terms: []query.Expr{c.where, c.selection}})
	if c.relatives != nil {
		c.conditions = append(c.conditions, c.relatives.idNames()...)
	}
	unfold := false
	left := map[string]bool{}
	c.compute(inline)
	for _, f := range c.sn.files {
		for _, d := range f.info.Datasets {
			if d.Environment != c.sn.environment || !c.sn.wants(d.Dataset) {
				continue
			}
			for _, field := range d.Fields {
				if field.Column == "" {
					if left[field.Name] = true; slices.Contains(c.opts.Fields, field.Name) {
						c.add(field.Name, field.Kind)
					}
					unfold = unfold || slices.Contains(c.conditions, field.Name)
					continue
				}
				c.add(field.Name, field.Kind)
			}
		}
	}
	for _, b := range c.sn.hot {
		for _, col := range b.Columns {
			if col.Len() > 0 {
				c.add(col.Name, col.Kind)
			}
		}
	}
	for name := range left {
		if c.fields[name] == nil {
			c.left++
		} else {
			unfold = true // a column elsewhere: both count
		}
	}
	if unfold {
		c.conditions = append(c.conditions, event.FieldOverflow)
	}
}

// add adds a stored field, if it is one to count.
func (c *contrast) add(name string, kind event.Kind) {
	if event.IsSystem(name) || len(c.opts.Fields) > 0 && !slices.Contains(c.opts.Fields, name) {
		return
	}
	f := c.fields[name]
	if f != nil && f.expr != nil {
		return // a computed field goes before a stored one
	}
	if f == nil {
		f = newCounter(name, len(c.opts.Fields) == 0 && isID(name))
		f.some = c.opts.Enough > 0
		c.fields[name] = f
		c.names = append(c.names, name)
	}
	f.kind = event.Unify(f.kind, kind)
}

// compute adds those of the fields asked for that the query computes.
func (c *contrast) compute(inline func(query.Expr) query.Expr) {
	for _, name := range c.opts.Fields {
		stored := query.Expr(query.Field{Name: name})
		expr := inline(stored)
		if f, same := expr.(query.Field); same && f.Name == name || c.fields[name] != nil {
			continue
		}
		f := newCounter(name, false)
		f.expr, f.some, f.kind = expr, c.opts.Enough > 0, query.KindOf(expr, unified{sn: c.sn}.Kind)
		c.fields[name] = f
		c.names = append(c.names, name)
		c.conditions = append(c.conditions, query.FieldsOf(expr)...)
	}
}

// isID tells the fields whose values say nothing by themselves.
func isID(name string) bool {
	return slices.Contains([]string{event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldLinkTraceID, event.FieldLinkSpanID}, name)
}

// mixed puts pieces into an order that mixes times, so that what is counted first
// is like the whole.
func mixed(all []piece) []piece {
	const stride = 7
	out := make([]piece, 0, len(all))
	for first := range min(stride, len(all)) {
		for i := first; i < len(all); i += stride {
			out = append(out, all[i])
		}
	}
	return out
}

// visit adds the rows of a piece.
func (c *contrast) visit(ctx context.Context, worker int, p piece) error {
	if p.hot != nil {
		c.batch(p.hot, &c.parts[worker])
		return nil
	}
	return c.group(ctx, p, &c.parts[worker])
}

// batch adds the rows of a batch in memory.
func (c *contrast) batch(b *event.Batch, at *part) {
	defer c.done.Add(int64(b.Len()))
	b = c.recent(b)
	sides := c.sides(b)
	if sides == nil {
		return
	}
	for _, name := range c.names {
		f := c.fields[name]
		if f.expr != nil {
			at.addMade(f, c.sn, sides)
			continue
		}
		if col := b.Find(name); col != nil && col.Len() > 0 && !f.unique.Load() {
			at.begin(f, sides)
			at.add(col, 0, false)
			at.end()
		}
	}
}

// sides divides the rows of a batch, and counts them. It returns nil if none is
// of the question.
func (c *contrast) sides(b *event.Batch) *sides {
	kept := c.sn.inRange(b)
	if c.relatives != nil {
		b = c.relatives.meet(b, kept)
	}
	kept.And(c.sn.mask(c.where, b))
	if kept.Count() == 0 {
		return nil
	}
	s := newSides(b, kept, c.sn.mask(c.selection, b), c.unweighted)
	s.batch = b
	c.mu.Lock()
	defer c.mu.Unlock()
	for side := range c.events {
		c.events[side] += s.events[side]
		c.squares[side] += s.squares[side]
	}
	return s
}

// group adds the rows of a row group. Of the times, if nothing else asks for them,
// it reads only whether they are in the range.
func (c *contrast) group(ctx context.Context, p piece, at *part) (err error) {
	if passed, err := c.passes(p); passed || err != nil {
		return err
	}
	g := rowGroup{}
	rows := p.file.reader.GroupInfo(p.group).Rows
	defer c.done.Add(int64(rows))
	n := c.stretch(rows)
	c.unread.Add(int64(rows - n))
	if slices.Contains(c.conditions, event.SystemTime) {
		g.rows, err = p.file.reader.Range(p.group, 0, n)
	} else {
		from := c.sn.start
		for _, at := range c.sn.horizons {
			from = max(from, at)
		}
		g.rows, err = p.file.reader.RangeWithin(p.group, 0, n, from, c.sn.end)
	}
	if err != nil {
		return err
	}
	wanted := func(b *event.Batch) bool { return b.Environment == c.sn.environment && c.sn.wants(b.Dataset) }
	if !slices.ContainsFunc(g.rows.Batches, wanted) {
		return nil
	}
	if err := g.rows.Load(c.conditions...); err != nil {
		return err
	}
	g.of = make([]*sides, len(g.rows.Batches))
	some := false
	for i, b := range g.rows.Batches {
		if wanted(b) {
			g.of[i] = c.sides(b)
			some = some || g.of[i] != nil
		}
	}
	if !some {
		return nil
	}
	g.join()
	for i := range c.names {
		f := c.fields[c.names[(at.first+i)%len(c.names)]]
		if f.unique.Load() {
			continue
		}
		if f.expr != nil {
			for _, s := range g.of {
				if s != nil {
					at.addMade(f, c.sn, s)
				}
			}
			continue
		}
		if err := g.count(f, at); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// passes reports whether a row group is passed over, because enough has been read or
// because nothing in it counts.
func (c *contrast) passes(p piece) (bool, error) {
	if c.opts.Enough <= 0 {
		return false, nil
	}
	r := p.file.reader
	info := r.GroupInfo(p.group)
	if !c.mayCount(info) {
		c.done.Add(int64(info.Rows))
		return true, nil
	}
	terms, _ := planTerms(c.where)
	for _, t := range terms {
		n, ok := needleOf(t)
		if !ok || !r.Lists(p.group, n.field) {
			continue
		}
		runs, told, err := containing(p, t, segment.Run{To: info.Rows})
		if err != nil || told && len(runs) == 0 {
			c.done.Add(int64(info.Rows))
			return true, err
		}
	}
	weight := c.weight(p, info.Rows)
	if weight == 0 || c.read.Add(weight)-weight < c.opts.Enough {
		return false, nil
	}
	c.unread.Add(int64(info.Rows))
	return true, nil
}

// result is what has been counted so far.
func (c *contrast) result() *store.Contrast {
	most := c.opts.MaxValues
	if most <= 0 {
		most = 40
	}
	c.mu.Lock()
	out := &store.Contrast{Events: c.events, Squares: c.squares, Left: c.left, Unread: c.unread.Load()}
	c.mu.Unlock()
	for _, name := range c.names {
		if f, some := c.fields[name].result(most); some {
			out.Fields = append(out.Fields, f)
		}
	}
	out.Stats = store.Stats{Segments: len(c.sn.files), Scanned: c.sn.total, Sampled: c.sn.weighted, Partial: len(c.sn.missing) > 0, Missing: c.sn.missing}
	return out
}
