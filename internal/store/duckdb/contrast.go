package duckdb

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Contrast implements store.Store. It does not ask DuckDB: our own columns are
// coded by dictionaries, so that counting a field is one addition per row, and
// all fields together are read once.
func (s *Store) Contrast(ctx context.Context, q *query.Query, selection query.Expr, opts store.ContrastOptions) (*store.Contrast, error) {
	where, inline, err := q.Condition()
	if err != nil {
		return nil, err
	}
	for {
		c, damaged := s.contrastOnce(ctx, q, where, inline(selection), opts)
		switch {
		case ctx.Err() != nil:
			return nil, ended(ctx, ctx.Err())
		case c.err != nil:
			return nil, c.err
		case len(damaged) == 0:
			return c.result(), nil
		}
		// What was counted of a damaged segment is not told from the rest: the
		// others are counted again, without it.
		for _, f := range damaged {
			if !s.retire(ctx, f, segment.ErrDamaged) {
				return nil, fmt.Errorf("segment %s: %w", f.name, segment.ErrDamaged)
			}
		}
	}
}

func (s *Store) contrastOnce(ctx context.Context, q *query.Query, where, selection query.Expr, opts store.ContrastOptions) (*contrast, []*file) {
	sn := s.snapshotOf(q)
	defer sn.release()
	c := &contrast{sn: sn, unweighted: q.Unweighted, where: where, selection: selection, opts: opts, fields: map[string]*counter{}}
	c.choose()
	return c, c.run(ctx, s.config.Threads)
}

// contrast is one run. Workers share it.
type contrast struct {
	sn         *snapshot
	unweighted bool
	where      query.Expr
	selection  query.Expr
	opts       store.ContrastOptions
	names      []string // of the fields that are counted
	conditions []string // of the fields that where and selection read
	left       int

	fields map[string]*counter // by name; the map itself does not change while workers run
	done   atomic.Int64        // rows

	mu      sync.Mutex
	events  [2]float64
	err     error
	damaged []*file
}

// choose finds the fields to count.
func (c *contrast) choose() {
	c.conditions = query.FieldsOf(query.And{Terms: []query.Expr{c.where, c.selection}})
	unfold := false
	left := map[string]bool{}
	add := func(name string, kind event.Kind) {
		if len(c.opts.Fields) > 0 && !slices.Contains(c.opts.Fields, name) {
			return
		}
		f := c.fields[name]
		if f == nil {
			f = newCounter(name, len(c.opts.Fields) == 0 && isID(name))
			c.fields[name] = f
			c.names = append(c.names, name)
		}
		f.kind = event.Unify(f.kind, kind)
	}
	for _, f := range c.sn.files {
		for _, d := range f.info.Datasets {
			if d.Environment != c.sn.environment || !c.sn.wants(d.Dataset) {
				continue
			}
			for _, field := range d.Fields {
				if field.Column == "" {
					left[field.Name] = true
					unfold = unfold || slices.Contains(c.conditions, field.Name)
					continue
				}
				add(field.Name, field.Kind)
			}
		}
	}
	for _, b := range c.sn.hot {
		for _, col := range b.Columns {
			if col.Len() > 0 {
				add(col.Name, col.Kind)
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

// isID tells the fields whose values say nothing by themselves.
func isID(name string) bool {
	return slices.Contains([]string{event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldLinkTraceID, event.FieldLinkSpanID}, name)
}

// piece is a part of the work: a row group, or rows in memory.
type piece struct {
	file  *file
	group int
	hot   *event.Batch
}

// pieces lists the work in an order that mixes times, so that what is counted
// first is like the whole.
func (c *contrast) pieces() []piece {
	var all []piece
	for _, b := range c.sn.hot {
		all = append(all, piece{hot: b})
	}
	for _, f := range c.sn.files {
		for g := range f.reader.Groups() {
			all = append(all, piece{file: f, group: g})
		}
	}
	const stride = 7
	mixed := make([]piece, 0, len(all))
	for first := range min(stride, len(all)) {
		for i := first; i < len(all); i += stride {
			mixed = append(mixed, all[i])
		}
	}
	return mixed
}

// tellEvery is how often progress is told.
const tellEvery = 250 * time.Millisecond

// run works on all pieces and returns the files that are damaged.
func (c *contrast) run(ctx context.Context, workers int) []*file {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work := make(chan piece)
	var wg sync.WaitGroup
	for range max(workers, 1) {
		wg.Go(func() {
			at := &part{}
			for p := range work {
				if ctx.Err() == nil {
					c.count(ctx, p, at, stop)
				}
			}
		})
	}
	told := make(chan struct{})
	counted := make(chan struct{})
	go func() {
		defer close(told)
		c.tell(counted)
	}()
	for _, p := range c.pieces() {
		work <- p
	}
	close(work)
	wg.Wait()
	close(counted)
	<-told
	return c.damaged
}

// tell reports progress until all is counted.
func (c *contrast) tell(counted <-chan struct{}) {
	if c.opts.Progress == nil {
		return
	}
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-counted:
			return
		case <-tick.C:
			rows := c.done.Load()
			if rows == 0 {
				continue
			}
			share := min(float64(rows)/float64(max(c.sn.total, 1)), 1)
			c.opts.Progress(c.result(), store.Progress{Share: share, Scanned: rows, Rows: c.sn.total})
		}
	}
}

// count adds the rows of a piece.
func (c *contrast) count(ctx context.Context, p piece, at *part, stop func()) {
	defer func() {
		if v := recover(); v != nil { // the process must outlive a mistake in counting
			*at = part{}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.err = errors.Join(c.err, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			stop()
		}
	}()
	if p.hot != nil {
		c.batch(p.hot, at)
		return
	}
	err := c.group(ctx, p, at)
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, segment.ErrDamaged) {
		if !slices.Contains(c.damaged, p.file) {
			c.damaged = append(c.damaged, p.file)
		}
		return
	}
	c.err = errors.Join(c.err, fmt.Errorf("read segment %s: %w", p.file.name, err))
	stop()
}

// batch adds the rows of a batch in memory.
func (c *contrast) batch(b *event.Batch, at *part) {
	defer c.done.Add(int64(b.Len()))
	sides := c.sides(b)
	if sides == nil {
		return
	}
	for _, name := range c.names {
		f := c.fields[name]
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
	kept := query.NewMask(b.Len())
	from := max(c.sn.start, c.sn.horizonOf(b.Dataset))
	for i, at := range b.Times {
		if at >= from && at < c.sn.end {
			kept.Set(i)
		}
	}
	kept.And(c.sn.mask(c.where, b))
	if kept.Count() == 0 {
		return nil
	}
	s := newSides(b, kept, c.sn.mask(c.selection, b), c.unweighted)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events[store.Selected] += s.events[store.Selected]
	c.events[store.Others] += s.events[store.Others]
	return s
}

// group adds the rows of a row group. Of the times, if nothing else asks for them,
// it reads only whether they are in the range.
func (c *contrast) group(ctx context.Context, p piece, at *part) (err error) {
	g := rowGroup{}
	if slices.Contains(c.conditions, event.SystemTime) {
		g.rows, err = p.file.reader.Rows(p.group)
	} else {
		from := c.sn.start
		for _, at := range c.sn.horizons {
			from = max(from, at)
		}
		g.rows, err = p.file.reader.RowsWithin(p.group, from, c.sn.end)
	}
	if err != nil {
		return err
	}
	defer c.done.Add(int64(g.len()))
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
	for _, name := range c.names {
		f := c.fields[name]
		if f.unique.Load() {
			continue
		}
		if err := g.count(f, at); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// result is what has been counted so far.
func (c *contrast) result() *store.Contrast {
	most := c.opts.MaxValues
	if most <= 0 {
		most = 40
	}
	c.mu.Lock()
	out := &store.Contrast{Events: c.events, Left: c.left}
	c.mu.Unlock()
	for _, name := range c.names {
		if f, some := c.fields[name].result(most); some {
			out.Fields = append(out.Fields, f)
		}
	}
	out.Stats = store.Stats{Segments: len(c.sn.files), Scanned: c.sn.total, Sampled: c.sn.weighted, Partial: len(c.sn.missing) > 0, Missing: c.sn.missing}
	return out
}
