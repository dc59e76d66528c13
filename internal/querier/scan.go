package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Scan hands the rows of ask to a visitor; see store.Store. Saved calculated fields
// are not put in. Errors: those of Run.
func (q *Querier) Scan(ctx context.Context, ask *query.Query, opts store.ScanOptions) (stats store.Stats, err error) {
	if err := ask.Validate(); err != nil {
		q.failed.Add(1)
		return store.Stats{}, err
	}
	ask = ask.WithIDs()
	_, err = q.admit(ctx, q.gateOf(ask), func(ctx context.Context) (*store.Result, error) {
		var err error
		stats, err = q.config.Store.Scan(ctx, ask, opts)
		return nil, err
	})
	return stats, err
}
