package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// specTotals runs the calculations over all groups, those that havings or the
// limit have left out included.
func (q *Querier) specTotals(ctx context.Context, r *SpecResult) (err error) {
	r.Totals = map[string]event.Value{}
	if ask, some := r.Plan.Totals(); some {
		if r.Totals, err = q.oneRow(ctx, r, ask); err != nil {
			return err
		}
	}
	return nil
}

// specTotalSeries runs the course over time of the calculations over all groups.
func (q *Querier) specTotalSeries(ctx context.Context, r *SpecResult) (err error) {
	if len(r.Plan.Breakdowns) == 0 && r.Series != nil {
		r.TotalSeries = r.Series // there is one group, and it is all
		return nil
	}
	plain := *r.Plan
	plain.Breakdowns = nil
	all := &SpecResult{Plan: &plain}
	if r.TotalSeries, err = q.specSeries(ctx, all, 0); err != nil {
		return err
	}
	r.note(all.Stats)
	return nil
}

// specOther runs the calculations over the rows that are in no group of the
// table. Where the table has all groups there are none.
func (q *Querier) specOther(ctx context.Context, r *SpecResult) (err error) {
	r.Other = map[string]event.Value{}
	if !r.More && !r.Plan.HasHavings() {
		return nil
	}
	if ask, some := r.Plan.Other(r.keys()); some {
		r.Other, err = q.oneRow(ctx, r, ask)
	}
	return err
}

func (q *Querier) oneRow(ctx context.Context, r *SpecResult, ask *query.Query) (map[string]event.Value, error) {
	res, err := q.run(ctx, ask, Telling{})
	if err != nil {
		return nil, err
	}
	r.note(res.Stats)
	values := map[string]event.Value{}
	for _, c := range res.Columns {
		if len(c.Values) > 0 {
			values[c.Name] = c.Values[0]
		}
	}
	return values, nil
}
