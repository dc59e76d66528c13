package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// maxSeries bounds the time series that one question may look at: of each, a value for
// each step of time is in memory at once.
const maxSeries = 200_000

// PlanOptions adds to the options of a plan what a question about datasets must know
// of them: the metrics of a metrics dataset, and stored calculated fields.
func (q *Querier) PlanOptions(environment string, datasets []string, opts query.PlanOptions) query.PlanOptions {
	if len(datasets) == 1 && q.config.Metrics != nil {
		opts.Metrics = q.config.Metrics(environment, datasets[0])
	}
	if opts.Metrics != nil {
		opts.Saved = q.saved(environment, datasets)
	}
	return opts
}

// checkSeries refuses a question that looks at too many time series.
func (q *Querier) checkSeries(ctx context.Context, p *query.Plan) error {
	if !p.OfSeries() {
		return nil
	}
	const name = "series"
	ask := p.Rows()
	ask.Stages = append(ask.Stages, query.Aggregate{Calcs: []query.Calc{{Op: query.CountDistinct, Field: event.FieldSeries, Name: name}}})
	res, err := q.run(ctx, ask, Telling{})
	if err != nil {
		return err
	}
	if c := res.Column(name); c != nil && res.Rows > 0 && c.Values[0].Int() > maxSeries {
		return fault.New(fault.TooLarge, "the question looks at %d time series, more than the %d that are taken: filter by an attribute, or choose a shorter time range", c.Values[0].Int(), maxSeries)
	}
	return nil
}
