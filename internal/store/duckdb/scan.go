package duckdb

import (
	"cmp"
	"context"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Scan implements store.Store.
func (s *Store) Scan(ctx context.Context, q *query.Query, opts store.ScanOptions) (store.Stats, error) {
	where, _, err := q.Condition()
	if err != nil {
		return store.Stats{}, err
	}
	var stats store.Stats
	err = s.untilWhole(ctx, func() (damaged damages, err error) {
		stats, damaged, err = s.scanOnce(ctx, q, where, opts)
		return damaged, err
	})
	return stats, err
}

func (s *Store) scanOnce(ctx context.Context, q *query.Query, where query.Expr, opts store.ScanOptions) (store.Stats, damages, error) {
	sn := s.snapshotOf(q)
	defer sn.release()
	c := &scan{sweep: sweep{sn: sn}, opts: opts}
	c.terms, _ = planTerms(where)
	c.opts.Untimed = opts.Untimed && !slices.Contains(query.FieldsOf(where), event.SystemTime)
	workers := max(s.config.Threads, 1)
	opts.Begin(workers)
	c.run(ctx, workers, sn.pieces(), c.visit, opts.Progress)
	return store.Stats{Segments: len(sn.files), Scanned: sn.total, Sampled: sn.weighted, Partial: len(sn.missing) > 0, Missing: sn.missing}, c.damaged, c.err
}

// scan is one run. Workers share it.
type scan struct {
	sweep
	terms []query.Expr // all must hold; those that cost least come first
	opts  store.ScanOptions
}

// visit hands over the rows of a piece.
func (c *scan) visit(_ context.Context, worker int, p piece) error {
	if p.hot != nil {
		return c.hot(worker, p.hot)
	}
	info := p.file.reader.GroupInfo(p.group)
	defer c.done.Add(int64(info.Rows))
	if info.MaxTime < c.sn.start || info.MinTime >= c.sn.end || info.Environment != "" && info.Environment != c.sn.environment || info.Dataset != "" && !c.sn.wants(info.Dataset) {
		return nil
	}
	runs, err := c.narrow(p, info.Rows)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := c.rows(worker, p, run); err != nil {
			return err
		}
	}
	return nil
}

// hot hands over rows in memory.
func (c *scan) hot(worker int, b *event.Batch) error {
	defer c.done.Add(int64(b.Len()))
	kept, err := c.keep(b, func(...string) error { return nil })
	if kept != nil {
		c.opts.Visit(worker, b, kept)
	}
	return err
}

// narrow leaves out the pages of a row group that can't have rows which are kept, as
// far as texts tell which the conditions look for.
func (c *scan) narrow(p piece, rows int) ([]segment.Run, error) {
	whole := segment.Run{To: rows}
	runs := []segment.Run{whole}
	for _, t := range c.terms {
		found, told, err := containing(p, t, whole)
		if err != nil {
			return nil, err
		}
		if told {
			runs = both(runs, found)
		}
		if len(runs) == 0 {
			return nil, nil
		}
	}
	if left := lengthOf(runs); left > rows/2 || len(runs) > mostRuns {
		return []segment.Run{{From: runs[0].From, To: runs[len(runs)-1].To}}, nil
	}
	return runs, nil
}

// mostRuns is how many runs of a row group are read apart: each reads dictionaries anew.
const mostRuns = 8

// containing are the runs of a row group that hold a text which a condition needs;
// told is false where it needs none.
func containing(p piece, e query.Expr, in segment.Run) (runs []segment.Run, told bool, err error) {
	if or, ok := e.(query.Or); ok {
		for _, t := range or.Terms {
			found, told, err := containing(p, t, in)
			if err != nil || !told {
				return nil, false, err
			}
			runs = either(runs, found)
		}
		return runs, true, nil
	}
	n, ok := needleOf(e)
	if !ok {
		return nil, false, nil
	}
	runs, err = p.file.reader.Containing(p.group, n.field, n.lists, in.From, in.To)
	return runs, true, err
}

func lengthOf(runs []segment.Run) (n int) {
	for _, r := range runs {
		n += r.To - r.From
	}
	return n
}

// both are the rows that are in x and in y.
func both(x, y []segment.Run) (out []segment.Run) {
	for len(x) > 0 && len(y) > 0 {
		if r := (segment.Run{From: max(x[0].From, y[0].From), To: min(x[0].To, y[0].To)}); r.From < r.To {
			out = append(out, r)
		}
		if x[0].To < y[0].To {
			x = x[1:]
		} else {
			y = y[1:]
		}
	}
	return out
}

// either are the rows that are in x or in y.
func either(x, y []segment.Run) (out []segment.Run) {
	all := slices.Concat(x, y)
	slices.SortFunc(all, func(x, y segment.Run) int { return cmp.Compare(x.From, y.From) })
	for _, r := range all {
		if n := len(out); n > 0 && r.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// rows hands over those of a run of a row group. Fields beyond those of the
// conditions are only read if some row is kept, and only around such rows if they are few.
func (c *scan) rows(worker int, p piece, run segment.Run) error {
	x, err := c.open(p, run)
	if err != nil {
		return err
	}
	load := func(names ...string) error { return x.Load(append(names, event.FieldOverflow)...) }
	for i, b := range x.Batches {
		if b.Environment != c.sn.environment || !c.sn.wants(b.Dataset) {
			continue
		}
		kept, err := c.keep(b, load)
		if err != nil {
			return err
		}
		if kept == nil {
			continue
		}
		if near := clusters(x.Places(i), kept); lengthOf(near)+nearRows*len(near) < b.Len()/2 {
			if err := c.few(worker, p, near, x.Places(i), kept); err != nil {
				return err
			}
			continue
		}
		if err := load(c.opts.Fields...); err != nil {
			return err
		}
		c.opts.Visit(worker, b, kept)
	}
	return nil
}

// open reads the frame of a run. Where times don't matter, and the footer tells that all
// are in the range, they are not read.
func (c *scan) open(p piece, run segment.Run) (*segment.Rows, error) {
	if c.opts.Untimed && len(c.sn.horizons) == 0 {
		return p.file.reader.RangeWithin(p.group, run.From, run.To, c.sn.start, c.sn.end)
	}
	return p.file.reader.Range(p.group, run.From, run.To)
}

// keep returns the rows of a batch that are wanted, nil if there are none.
func (c *scan) keep(b *event.Batch, load func(names ...string) error) (query.Mask, error) {
	kept := c.sn.inRange(b)
	for _, t := range c.terms {
		if kept.Count() == 0 {
			break
		}
		if err := load(query.FieldsOf(t)...); err != nil {
			return nil, err
		}
		kept.And(c.sn.mask(t, b))
	}
	if kept.Count() == 0 {
		return nil, nil //nolint:nilnil // see above
	}
	return kept, nil
}

// nearRows is about as many rows as a page has: what lies closer is read together.
const nearRows = 2048

// clusters are runs around the rows that are kept; places are their numbers in the row group.
func clusters(places []int, kept query.Mask) (out []segment.Run) {
	for i, place := range places {
		switch n := len(out); {
		case !kept.Has(i):
		case n > 0 && place-out[n-1].To < nearRows:
			out[n-1].To = place + 1
		default:
			out = append(out, segment.Run{From: place, To: place + 1})
		}
	}
	return out
}

// few hands over rows that lie far apart.
func (c *scan) few(worker int, p piece, near []segment.Run, places []int, kept query.Mask) error {
	at := 0
	for _, run := range near {
		x, err := c.open(p, run)
		if err != nil {
			return err
		}
		if err := x.Load(append(c.opts.Fields, event.FieldOverflow)...); err != nil {
			return err
		}
		masks := map[*event.Batch]query.Mask{}
		for ; at < len(places) && places[at] < run.To; at++ {
			if !kept.Has(at) {
				continue
			}
			r := x.Find(places[at])
			if masks[r.Batch] == nil {
				masks[r.Batch] = query.NewMask(r.Batch.Len())
			}
			masks[r.Batch].Set(r.Index)
		}
		for b, mask := range masks {
			c.opts.Visit(worker, b, mask)
		}
	}
	return nil
}
