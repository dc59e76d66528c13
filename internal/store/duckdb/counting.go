package duckdb

import (
	"context"
	"errors"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// counting is one run of a countPlan. It does not ask DuckDB: texts of few values
// are coded by dictionaries in our own columns, so that counting a row is an
// addition, and what is made of numbers is made of them as they are read. Workers
// share it.
type counting struct {
	scan
	plan    *countPlan
	workers []countWorker
}

// countWorker is what one worker has counted. Its mutex is held while a batch is
// counted, for who looks at it meanwhile.
type countWorker struct {
	*countSums
	codes  [mostCountKeys][]uint32 // of the rows of a batch, by key
	steps  [mostCountKeys]*steps
	dense  []uint32
	places []uint32 // groups of the rows of a batch
	taken  taken
}

// Bounds of what is counted in memory; DuckDB, which can spill, does what is beyond.
const (
	mostCountValues = 400_000  // different values of a key, of one worker
	mostCountGroups = 400_000  // of one worker
	mostCountBytes  = 64 << 20 // of the texts of a key, of one worker
	mostDense       = 1 << 16  // groups counted in a table beside the map
)

// errManyGroups ends a count that has outgrown its bounds.
var errManyGroups = errors.New("there are too many groups to count here")

// countGroups answers a query that begins by counting, if it is such a one; nil if
// it is not, or if there are too many groups.
func (s *Store) countGroups(ctx context.Context, q *query.Query, opts store.Options) (res *store.Result, err error) {
	if _, _, _, counts := countStages(q); !counts {
		return nil, nil //nolint:nilnil // see above
	}
	err = s.untilWhole(ctx, func() (damaged damages, err error) {
		res, damaged, err = s.countOnce(ctx, q, opts)
		return damaged, err
	})
	if errors.Is(err, errManyGroups) {
		return nil, nil //nolint:nilnil // see above
	}
	return res, err
}

func (s *Store) countOnce(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, damages, error) {
	sn := s.snapshotOf(q)
	defer sn.release()
	plan, ok := sn.planCount(q)
	if !ok {
		return nil, nil, nil
	}
	defer s.counted.Add(-plan.keeps)
	if s.counted.Add(plan.keeps) > s.config.MemoryLimit/2 && plan.keeps > 0 {
		return nil, nil, nil // DuckDB, which can spill, keeps them
	}
	n := opts.Threads
	if n <= 0 {
		n = max(s.config.Threads, 1)
	}
	c := newCounting(sn, plan, n)
	c.run(ctx, n, sn.pieces(), c.visit, c.teller(ctx, s, opts))
	if c.err != nil || len(c.damaged) > 0 || ctx.Err() != nil {
		return nil, c.damaged, c.err
	}
	res, err := c.answer(ctx, s, opts.MaxRows)
	return res, nil, err
}

func newCounting(sn *snapshot, plan *countPlan, workers int) *counting {
	c := &counting{scan: scan{sweep: sweep{sn: sn}, terms: plan.terms}, plan: plan, workers: make([]countWorker, workers)}
	c.opts.Untimed = !plan.timed
	for i := range c.workers {
		c.workers[i].countSums = newCountSums(plan)
	}
	return c
}

// teller tells how far the count is, and what it has come to.
func (c *counting) teller(ctx context.Context, s *Store, opts store.Options) func(store.Progress) {
	if opts.Progress == nil && opts.Partial == nil {
		return nil
	}
	return func(p store.Progress) {
		if opts.Progress != nil {
			opts.Progress(p)
		}
		if opts.Partial == nil || p.Scanned == 0 || c.hasMany() {
			return
		}
		if res, err := c.answer(ctx, s, opts.MaxRows); err == nil { // the whole answer will say what is wrong
			opts.Partial(res)
		}
	}
}

// mostPartial is how many values a key may have for what is counted to be told on
// the way: putting many together takes longer than counting on.
const mostPartial = 5_000

func (c *counting) hasMany() bool {
	for i := range c.workers {
		w := &c.workers[i]
		w.mu.Lock()
		many := len(w.events) > mostPartial
		for k := range w.keys {
			many = many || w.keys[k].len() > mostPartial
		}
		w.mu.Unlock()
		if many {
			return true
		}
	}
	return false
}

// answer puts the workers' sums together and does what the query says of them.
func (c *counting) answer(ctx context.Context, s *Store, maxRows int) (*store.Result, error) {
	all := newCountSums(c.plan)
	for i := range c.workers {
		all.merge(c.workers[i].countSums)
	}
	res, err := c.plan.result(ctx, s, all, maxRows)
	if err != nil {
		return nil, err
	}
	sn := c.sn
	res.Stats = store.Stats{Segments: len(sn.files), Scanned: sn.total, Sampled: sn.weighted, Partial: len(sn.missing) > 0, Missing: sn.missing}
	return res, nil
}

// visit counts the rows of a piece.
func (c *counting) visit(_ context.Context, worker int, p piece) error {
	w := &c.workers[worker]
	if p.hot != nil {
		defer c.done.Add(int64(p.hot.Len()))
		kept, err := c.keep(p.hot, func(...string) error { return nil })
		if err != nil || kept == nil {
			return err
		}
		return c.add(w, p.hot, nil, kept)
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
		if err := c.rowsOf(w, p, run); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf counts those of a run of a row group.
func (c *counting) rowsOf(w *countWorker, p piece, run segment.Run) error {
	x, err := c.open(p, run)
	if err != nil {
		return err
	}
	load := func(names ...string) error { return x.Load(append(names, event.FieldOverflow)...) }
	for _, b := range x.Batches {
		if b.Environment != c.sn.environment || !c.sn.wants(b.Dataset) {
			continue
		}
		kept, err := c.keep(b, load)
		if err != nil || kept == nil {
			if err != nil {
				return err
			}
			continue
		}
		if err := c.add(w, b, x, kept); err != nil {
			return err
		}
	}
	return nil
}

// add counts the rows of a batch that are kept. x is nil if they are in memory.
func (c *counting) add(w *countWorker, b *event.Batch, x *segment.Rows, kept query.Mask) error {
	if kept.Count() == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var weights []uint32
	if c.plan.weighted {
		weights = b.SampleRates
	}
	if len(c.plan.keys)+len(c.plan.fields) == 0 {
		w.grow()
		w.events[0] += weigh(kept, weights)
		return nil
	}
	for k := range c.plan.keys {
		if err := c.number(w, k, b, x, kept); err != nil {
			return err
		}
		if w.keys[k].full(c.plan.most) {
			return errManyGroups
		}
	}
	w.taken.whole = kept.Count() == b.Len()
	w.place(b.Len(), kept)
	w.grow()
	w.count(weights)
	for i := range w.fields {
		if err := w.addField(&w.fields[i], b, x, weights); err != nil {
			return err
		}
	}
	if w.len() > mostCountGroups {
		return errManyGroups
	}
	return nil
}

func weigh(kept query.Mask, weights []uint32) int64 {
	if weights == nil {
		return int64(kept.Count())
	}
	sum := int64(0)
	for row, w := range weights {
		if kept.Has(row) {
			sum += int64(w)
		}
	}
	return sum
}

// noGroup is the place of rows that are not kept.
const noGroup = ^uint32(0)

// place finds the groups of the rows of a batch.
func (w *countWorker) place(rows int, kept query.Mask) {
	size := 1
	for k := range w.keys {
		size = min(size*w.keys[k].len(), mostDense+1)
	}
	w.places = slices.Grow(w.places[:0], rows)[:rows]
	switch {
	case len(w.keys) == 0:
		clear(w.places)
	case len(w.keys) == 1:
		copy(w.places, w.codes[0])
	case size <= mostDense:
		w.placeDense(size, kept)
		return
	default:
		w.placeSparse(kept)
		return
	}
	for i, in := range kept {
		if out := ^in; out != 0 {
			for at := range w.places[64*i : min(64*i+64, rows)] {
				if out>>at&1 == 1 {
					w.places[64*i+at] = noGroup
				}
			}
		}
	}
}

// placeDense places rows by several keys that have few values.
func (w *countWorker) placeDense(size int, kept query.Mask) {
	if cap(w.dense) < size {
		w.dense = make([]uint32, mostDense)
	}
	dense := w.dense[:size] // groups, and 1, by the combination of the numbers of their values
	clear(dense)
	first, keys := w.codes[0], w.keys
	for row := range w.places {
		if !kept.Has(row) {
			w.places[row] = noGroup
			continue
		}
		at := first[row]
		for k := 1; k < len(keys); k++ {
			at = at*uint32(keys[k].len()) + w.codes[k][row]
		}
		number := dense[at]
		if number == 0 {
			number = w.number(w.groupOf(row)) + 1
			dense[at] = number
		}
		w.places[row] = number - 1
	}
}

// placeSparse places rows by several keys of many values.
func (w *countWorker) placeSparse(kept query.Mask) {
	for row := range w.places {
		w.places[row] = noGroup
		if kept.Has(row) {
			w.places[row] = w.number(w.groupOf(row))
		}
	}
}

func (w *countWorker) groupOf(row int) (g groupKey) {
	for k := range w.keys {
		g[k] = w.codes[k][row]
	}
	return g
}

// count adds the events of the rows to their groups.
func (w *countWorker) count(weights []uint32) {
	events := w.events
	if weights == nil {
		for _, g := range w.places {
			if g != noGroup {
				events[g]++
			}
		}
		return
	}
	for row, g := range w.places {
		if g != noGroup {
			events[g] += int64(weights[row])
		}
	}
}

// result makes the answer of the sums: the rest of the query is run on them.
func (p *countPlan) result(ctx context.Context, s *Store, all *countSums, maxRows int) (*store.Result, error) {
	columns, rows := p.columns(all)
	if len(p.rest) > 0 {
		return s.runOver(ctx, columns, rows, p.rest, maxRows)
	}
	if rows > maxRows {
		return nil, tooManyRows(maxRows)
	}
	return &store.Result{Columns: columns, Rows: rows}, nil
}

// columns lays the sums out: the keys, then what was calculated.
func (p *countPlan) columns(all *countSums) (columns []store.ResultColumn, rows int) {
	all.grow()
	columns = make([]store.ResultColumn, len(p.names))
	for i, name := range p.names {
		columns[i].Name = name
	}
	put := func(i int, v event.Value) {
		columns[i].Values = append(columns[i].Values, v)
		columns[i].Kind = event.Unify(columns[i].Kind, v.Kind())
	}
	for number, n := range all.events {
		if n == 0 && len(p.keys) > 0 {
			continue
		}
		rows++
		g := all.key(number)
		for k := range p.keys {
			put(k, all.keys[k].values[g[k]])
		}
		for i, calc := range p.calcs {
			if calc.field < 0 {
				put(len(p.keys)+i, event.IntValue(n))
				continue
			}
			put(len(p.keys)+i, all.fields[calc.field].result(number, calc))
		}
	}
	return columns, rows
}
