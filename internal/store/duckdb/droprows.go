package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// DropRows implements store.Store. What is in memory is flushed first, if it has
// any of the rows, so that the journal does not bring them back. Segments that
// have some are written anew, one by one.
func (s *Store) DropRows(ctx context.Context, environment, dataset string, where query.Expr) error {
	s.upkeep.Lock()
	defer s.upkeep.Unlock()
	d := rowDrop{environment: environment, dataset: dataset, where: where, reads: append(query.FieldsOf(where), event.FieldOverflow)}
	if d.inMemory(s) {
		if err := s.Flush(ctx); err != nil {
			return err
		}
	}
	rewritten := 0
	for _, f := range s.inUse() {
		some, err := d.inFile(ctx, f)
		if errors.Is(err, segment.ErrDamaged) {
			gone, problem := s.examine(ctx, damage{f, err})
			switch {
			case problem != nil:
				return problem
			case gone:
				continue
			}
		}
		if ctx.Err() != nil {
			return fault.Wrap(fault.Canceled, ctx.Err(), "the rows are dropped in part: drop them again")
		}
		if err != nil {
			return fmt.Errorf("look for rows in %s: %w", f.name, err)
		}
		if !some {
			continue
		}
		if err := s.rewrite(ctx, f, d.kept, func(storedCall) bool { return true }); err != nil {
			return classifyDisk(err)
		}
		rewritten++
	}
	if rewritten > 0 {
		s.config.Log.InfoContext(ctx, "dropped rows of a dataset", slog.String("environment", environment), slog.String("dataset", dataset),
			slog.Int("segments_rewritten", rewritten))
	}
	return nil
}

// rowDrop are rows of a dataset on their way out.
type rowDrop struct {
	environment, dataset string
	where                query.Expr
	reads                []string
}

func (d *rowDrop) has(b *event.Batch) bool {
	return b.Environment == d.environment && b.Dataset == d.dataset && query.MaskOf(d.where, b).Count() > 0
}

// inMemory reports whether some are in memory.
func (d *rowDrop) inMemory(s *Store) bool {
	sn := s.snapshotOf(&query.Query{Environment: d.environment, Datasets: []string{d.dataset}, Start: -1 << 63, End: 1<<63 - 1})
	defer sn.release()
	return slices.ContainsFunc(sn.hot, d.has)
}

// inFile reports whether a segment has some.
func (d *rowDrop) inFile(ctx context.Context, f *file) (bool, error) {
	if !slices.ContainsFunc(f.info.Datasets, func(i segment.DatasetInfo) bool { return i.Environment == d.environment && i.Dataset == d.dataset }) {
		return false, nil
	}
	f.hold()
	defer f.release()
	for g := range f.reader.Groups() {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if i := f.reader.GroupInfo(g); i.Dataset != "" && i.Dataset != d.dataset {
			continue
		}
		x, err := f.reader.Rows(g)
		if err == nil {
			err = x.Load(d.reads...)
		}
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(x.Batches, d.has) {
			return true, nil
		}
	}
	return false, nil
}

// kept returns the rows of a batch that stay, nil if none does.
func (d *rowDrop) kept(b *event.Batch) *event.Batch {
	if b.Environment != d.environment || b.Dataset != d.dataset {
		return b
	}
	gone := query.MaskOf(d.where, b)
	rows := make([]int, 0, b.Len())
	for i := range b.Len() {
		if !gone.Has(i) {
			rows = append(rows, i)
		}
	}
	switch len(rows) {
	case 0:
		return nil
	case b.Len():
		return b
	}
	return b.Pick(rows)
}
