package sqlgen_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// compiledStore is the reference store, but answers queries by compiled SQL over
// all its rows.
type compiledStore struct {
	*storetest.Reference
	record  func(q *query.Query, batches []*event.Batch)
	mu      sync.Mutex
	batches []*event.Batch
	horizon func(environment, dataset string) int64
}

// asked is a query of the suite with the rows it was about.
type asked struct {
	q       *query.Query
	batches []*event.Batch
}

// TestSuite runs the conformance suite of stores on compiled SQL in DuckDB, then
// the same queries, in one process, in ClickHouse.
func TestSuite(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var all []asked
	record := func(q *query.Query, batches []*event.Batch) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, asked{q, batches})
	}
	t.Run("duckdb", func(t *testing.T) {
		storetest.Run(t, func(*testing.T) store.Store {
			return &compiledStore{Reference: storetest.NewReference(), record: record}
		})
	})
	t.Run("clickhouse", func(t *testing.T) {
		// What is slow here is to read rows as SQL.
		const longest = 60_000
		var batch clickHouseBatch
		var added []asked
		for _, a := range all {
			if strings.HasPrefix(a.q.Environment, "random") {
				continue // a test of its own asks such queries
			}
			i, err := batch.add(a.q, a.batches)
			if fault.Is(err, fault.Unsupported) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(batch.statements[i]) > longest {
				batch.statements, batch.compiled = batch.statements[:i], batch.compiled[:i]
				continue
			}
			added = append(added, a)
		}
		for i, answer := range batch.run(t) {
			want, err := runReference(t.Context(), added[i].q, added[i].batches)
			if err != nil {
				t.Fatal(err)
			}
			got, err := answer()
			if err != nil {
				t.Errorf("%s\n%.3000s", added[i].q, err)
				continue
			}
			if d := storetest.Difference(added[i].q, want, got); d != "" {
				t.Errorf("%s\n%.3000s\n%s", added[i].q, d, batch.compiled[i].SQL)
			}
		}
	})
}

func (s *compiledStore) Append(ctx context.Context, seq uint64, batches []*event.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq > s.Durable() {
		s.batches = append(s.batches, batches...)
	}
	return s.Reference.Append(ctx, seq, batches)
}

func (s *compiledStore) DropDataset(ctx context.Context, environment, dataset string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = slices.DeleteFunc(slices.Clone(s.batches), func(b *event.Batch) bool { return b.Environment == environment && b.Dataset == dataset })
	return s.Reference.DropDataset(ctx, environment, dataset)
}

func (s *compiledStore) DropRows(ctx context.Context, environment, dataset string, where query.Expr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make([]*event.Batch, len(s.batches))
	for i, b := range s.batches {
		if kept[i] = b; b.Environment == environment && b.Dataset == dataset {
			gone := query.MaskOf(where, b)
			kept[i] = rowsOf(b, func(row int) bool { return !gone.Has(row) })
		}
	}
	s.batches = kept
	return s.Reference.DropRows(ctx, environment, dataset, where)
}

func (s *compiledStore) Retain(horizon func(environment, dataset string) int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.horizon = horizon
	s.Reference.Retain(horizon)
}

// rowsOf copies the rows of a batch that are kept.
func rowsOf(b *event.Batch, keep func(row int) bool) *event.Batch {
	out := event.NewBatch(b.Environment, b.Dataset)
	for row, at := range b.Times {
		if !keep(row) {
			continue
		}
		out.Begin(at)
		out.SetSampleRate(b.SampleRate(row))
		b.Row(row).Each(func(name string, v event.Value) { out.SetAt(out.Len()-1, name, v) })
	}
	return out
}

func (s *compiledStore) Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error) {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fault.Wrap(fault.Deadline, err, "too late")
	case err != nil:
		return nil, fault.Wrap(fault.Canceled, err, "canceled")
	}
	s.mu.Lock()
	var batches []*event.Batch
	for _, b := range s.batches {
		if b.Environment != q.Environment {
			continue
		}
		if s.horizon != nil {
			from := s.horizon(b.Environment, b.Dataset)
			b = rowsOf(b, func(row int) bool { return b.Times[row] >= from })
		}
		batches = append(batches, b)
	}
	s.mu.Unlock()
	s.record(q, batches)
	r, err := runDuckDB(q, batches)
	if err == nil && opts.MaxRows > 0 && r.Rows > opts.MaxRows {
		return nil, fault.New(fault.TooLarge, "more than %d rows", opts.MaxRows)
	}
	return r, err
}
