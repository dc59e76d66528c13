package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// TopValues are the most frequent values of a field, with how many events have each as
// Events[store.Selected].
type TopValues struct {
	Values []store.ContrastValue
	Exact  bool // all rows were counted; else events are at least so many, and rarer values may be missing
	Stats  store.Stats
}

// enoughRows is about how many rows of segments are read for values, see
// store.ContrastOptions: two cores read them in a tenth of a second, and somebody types.
const enoughRows = 3_500_000

// TopValues finds values of a field among the rows that ask keeps, at most limit.
func (q *Querier) TopValues(ctx context.Context, ask *query.Query, field string, limit int) (*TopValues, error) {
	ask, err := q.withFields(ask, field)
	if err != nil {
		return nil, err
	}
	var c *store.Contrast
	_, err = q.admit(ctx, q.light, func(ctx context.Context) (*store.Result, error) {
		var err error
		all := query.Literal{Value: event.BoolValue(true)}
		c, err = q.config.Store.Contrast(ctx, ask, all, store.ContrastOptions{Fields: []string{field}, MaxValues: limit, Enough: enoughRows})
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	out := &TopValues{Exact: c.Unread == 0, Stats: c.Stats}
	for _, f := range c.Fields {
		out.Values, out.Exact = f.Values, out.Exact && !f.Cut && !f.Unique
	}
	return out, nil
}
