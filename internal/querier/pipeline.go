package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Pipeline answers a query whose conditions may hold other queries, and whose last
// stages may be such that no store runs. Errors are those of Run; TooLarge also
// where more rows than an answer may have would have to be gathered.
func (q *Querier) Pipeline(ctx context.Context, ask *query.Query, progress func(store.Progress)) (*store.Result, error) {
	return q.runAll(ctx, ask, Telling{Progress: progress})
}

// Over applies stages to rows that are given, of a table that is in no store.
func (q *Querier) Over(ctx context.Context, given *store.Result, stages []query.Stage) (*store.Result, error) {
	t := newRows(given, q.config.MaxRows)
	for _, stage := range stages {
		if err := ctx.Err(); err != nil {
			return nil, q.ended(ctx, ctx, err)
		}
		if err := q.applyLocal(ctx, t, stage, &query.Query{}); err != nil {
			return nil, err
		}
	}
	return t.result(), nil
}
