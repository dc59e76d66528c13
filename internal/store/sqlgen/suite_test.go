package sqlgen_test

import (
	"context"
	"errors"
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
	mu      sync.Mutex
	batches []*event.Batch
}

// TestSuite runs the conformance suite of stores on compiled SQL.
func TestSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) store.Store { return &compiledStore{Reference: storetest.NewReference()} })
}

func (s *compiledStore) Append(ctx context.Context, seq uint64, batches []*event.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq > s.Durable() {
		s.batches = append(s.batches, batches...)
	}
	return s.Reference.Append(ctx, seq, batches)
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
		if b.Environment == q.Environment {
			batches = append(batches, b)
		}
	}
	s.mu.Unlock()
	r, err := runDuckDB(q, batches)
	if err == nil && opts.MaxRows > 0 && r.Rows > opts.MaxRows {
		return nil, fault.New(fault.TooLarge, "more than %d rows", opts.MaxRows)
	}
	return r, err
}
