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

// Scan implements store.Store.
func (s *Store) Scan(ctx context.Context, q *query.Query, opts store.ScanOptions) (store.Stats, error) {
	where, _, err := q.Condition()
	if err != nil {
		return store.Stats{}, err
	}
	for {
		stats, damaged, err := s.scanOnce(ctx, q, where, opts)
		switch {
		case ctx.Err() != nil:
			return stats, ended(ctx, ctx.Err())
		case err != nil:
			return stats, err
		case len(damaged) == 0:
			return stats, nil
		}
		for _, f := range damaged {
			if !s.retire(ctx, f, segment.ErrDamaged) {
				return stats, fmt.Errorf("segment %s: %w", f.name, segment.ErrDamaged)
			}
		}
	}
}

func (s *Store) scanOnce(ctx context.Context, q *query.Query, where query.Expr, opts store.ScanOptions) (store.Stats, []*file, error) {
	sn := s.snapshotOf(q)
	defer sn.release()
	c := &scan{sn: sn, where: where, opts: opts, conditions: append(query.FieldsOf(where), event.FieldOverflow)}
	c.run(ctx, max(s.config.Threads, 1))
	return store.Stats{Segments: len(sn.files), Scanned: sn.total, Sampled: sn.weighted, Partial: len(sn.missing) > 0, Missing: sn.missing}, c.damaged, c.err
}

// scan is one run. Workers share it.
type scan struct {
	sn         *snapshot
	where      query.Expr
	conditions []string // the fields that where reads
	opts       store.ScanOptions
	done       atomic.Int64 // rows

	mu      sync.Mutex
	err     error
	damaged []*file
}

// run hands over all rows, with so many workers.
func (c *scan) run(ctx context.Context, workers int) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c.opts.Begin(workers)
	work := make(chan piece)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for p := range work {
				if ctx.Err() == nil && !c.visit(worker, p) {
					stop()
				}
			}
		})
	}
	over, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		c.tell(over)
	}()
	for _, b := range c.sn.hot {
		work <- piece{hot: b}
	}
	for _, f := range c.sn.files {
		for g := range f.reader.Groups() {
			work <- piece{file: f, group: g}
		}
	}
	close(work)
	wg.Wait()
	close(over)
	<-told
}

func (c *scan) tell(over <-chan struct{}) {
	if c.opts.Progress == nil {
		return
	}
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
			rows := c.done.Load()
			c.opts.Progress(store.Progress{Share: min(float64(rows)/float64(max(c.sn.total, 1)), 1), Scanned: rows, Rows: c.sn.total})
		}
	}
}

// visit hands over the rows of a piece; it returns false if there is no point in
// going on.
func (c *scan) visit(worker int, p piece) (fine bool) {
	defer func() {
		if v := recover(); v != nil { // the process must outlive a mistake of the visitor
			c.fail(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			fine = false
		}
	}()
	var err error
	if p.hot != nil {
		err = c.batch(worker, p.hot, nil)
	} else {
		err = c.group(worker, p)
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, segment.ErrDamaged):
		c.mu.Lock()
		defer c.mu.Unlock()
		if !slices.Contains(c.damaged, p.file) {
			c.damaged = append(c.damaged, p.file)
		}
		return true // to find the other ones
	}
	c.fail(fmt.Errorf("read segment %s: %w", p.file.name, err))
	return false
}

func (c *scan) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = errors.Join(c.err, err)
}

// group hands over the rows of a row group. Fields beyond those of the condition
// are only read if some row is kept.
func (c *scan) group(worker int, p piece) error {
	info := p.file.reader.GroupInfo(p.group)
	if info.MaxTime < c.sn.start || info.MinTime >= c.sn.end || info.Environment != "" && info.Environment != c.sn.environment || info.Dataset != "" && !c.sn.wants(info.Dataset) {
		c.done.Add(int64(info.Rows))
		return nil
	}
	rows, err := p.file.reader.Rows(p.group)
	if err != nil {
		return err
	}
	if err := rows.Load(c.conditions...); err != nil {
		return err
	}
	for _, b := range rows.Batches {
		if b.Environment == c.sn.environment && c.sn.wants(b.Dataset) {
			if err := c.batch(worker, b, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// batch hands over the rows of a batch, of a row group or in memory.
func (c *scan) batch(worker int, b *event.Batch, of *segment.Rows) error {
	defer c.done.Add(int64(b.Len()))
	kept := query.NewMask(b.Len())
	from := max(c.sn.start, c.sn.horizonOf(b.Dataset))
	for i, at := range b.Times {
		if at >= from && at < c.sn.end {
			kept.Set(i)
		}
	}
	if kept.Count() > 0 {
		kept.And(c.sn.mask(c.where, b))
	}
	if kept.Count() == 0 {
		return nil
	}
	if of != nil {
		if err := of.Load(c.opts.Fields...); err != nil {
			return err
		}
	}
	c.opts.Visit(worker, b, kept)
	return nil
}
