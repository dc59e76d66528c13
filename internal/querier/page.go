package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Page returns rows of a query in the order of time, a page at a time; saved
// calculated fields are put in. See store.Store. Errors: those of Run, and Invalid
// for queries that say more than which rows they are about.
func (q *Querier) Page(ctx context.Context, ask *query.Query, opts store.PageOptions) (*store.Page, error) {
	ask, err := q.withFields(ask, opts.Fields...)
	if err == nil {
		err = ask.Validate()
	}
	if err != nil {
		q.failed.Add(1)
		return nil, err
	}
	var page *store.Page
	_, err = q.admit(ctx, q.gateOf(ask), func(ctx context.Context) (*store.Result, error) {
		var err error
		page, err = q.config.Store.Page(ctx, ask, opts)
		return nil, err
	})
	return page, err
}
