package duckdb

import (
	"context"

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
	c := &scan{sweep: sweep{sn: sn}, where: where, opts: opts, conditions: append(query.FieldsOf(where), event.FieldOverflow)}
	workers := max(s.config.Threads, 1)
	opts.Begin(workers)
	c.run(ctx, workers, sn.pieces(), c.visit, opts.Progress)
	return store.Stats{Segments: len(sn.files), Scanned: sn.total, Sampled: sn.weighted, Partial: len(sn.missing) > 0, Missing: sn.missing}, c.damaged, c.err
}

// scan is one run. Workers share it.
type scan struct {
	sweep
	where      query.Expr
	conditions []string // the fields that where reads
	opts       store.ScanOptions
}

// visit hands over the rows of a piece.
func (c *scan) visit(_ context.Context, worker int, p piece) error {
	if p.hot != nil {
		return c.batch(worker, p.hot, nil)
	}
	return c.group(worker, p)
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
	kept := c.sn.inRange(b)
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
