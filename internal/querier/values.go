package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// TopValues returns the most frequent values of a field among the rows that ask
// keeps, with how many events have each as Events[store.Selected]; at most limit.
func (q *Querier) TopValues(ctx context.Context, ask *query.Query, field string, limit int) (values []store.ContrastValue, stats store.Stats, err error) {
	if _, calculated := q.saved(ask.Environment, ask.Datasets)[field]; calculated {
		return q.groupValues(ctx, ask, field, limit)
	}
	if ask, err = q.withFields(ask); err != nil {
		return nil, stats, err
	}
	var c *store.Contrast
	_, err = q.admit(ctx, q.light, func(ctx context.Context) (*store.Result, error) {
		var err error
		all := query.Literal{Value: event.BoolValue(true)}
		c, err = q.config.Store.Contrast(ctx, ask, all, store.ContrastOptions{Fields: []string{field}, MaxValues: limit})
		return nil, err
	})
	if err != nil {
		return nil, stats, err
	}
	if len(c.Fields) == 1 && len(c.Fields[0].Values) > 0 {
		return c.Fields[0].Values, c.Stats, nil
	}
	if len(c.Fields) == 0 && c.Left == 0 {
		return nil, c.Stats, nil
	}
	return q.groupValues(ctx, ask, field, limit) // too many different values to be counted on the way
}

// groupValues is TopValues by a query.
func (q *Querier) groupValues(ctx context.Context, ask *query.Query, field string, limit int) (values []store.ContrastValue, stats store.Stats, err error) {
	grouped := *ask
	grouped.Stages = append(append([]query.Stage{}, ask.Stages...),
		query.Filter{Where: query.Exists{X: query.Field{Name: field}}},
		query.Aggregate{Groups: []string{field}, Calcs: []query.Calc{{Op: query.Count, Name: "count"}}},
		query.Sort{Keys: []query.SortKey{{Field: "count", Desc: true}, {Field: field}}},
		query.Limit{Count: limit},
	)
	res, err := q.Run(ctx, &grouped)
	if err != nil {
		return nil, stats, err
	}
	for i := range res.Rows {
		n, _ := res.Column("count").Values[i].Number()
		values = append(values, store.ContrastValue{Value: res.Column(field).Values[i], Events: [2]float64{n, 0}})
	}
	return values, res.Stats, nil
}
