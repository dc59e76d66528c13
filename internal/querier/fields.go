package querier

import (
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/query"
)

// saved returns the calculated fields that a question may read: those of its
// dataset, or of the environment where it looks at several.
func (q *Querier) saved(environment string, datasets []string) map[string]string {
	if q.config.Calculated == nil {
		return nil
	}
	scope := dataset.All
	if len(datasets) == 1 {
		scope = datasets[0]
	}
	return q.config.Calculated(environment, scope)
}

// withFields puts the saved calculated fields into a query that it, or the
// further names, read, and writes ids of traces as rows have them.
func (q *Querier) withFields(ask *query.Query, further ...string) (*query.Query, error) {
	return ask.WithIDs().WithFields(q.saved(ask.Environment, ask.Datasets), further...)
}

// Condition puts saved calculated fields in the place of their aliases, for one
// who matches events by themselves. No datasets stands for all.
func (q *Querier) Condition(environment string, datasets []string, where query.Expr) (query.Expr, error) {
	ask := &query.Query{Environment: environment, Datasets: datasets, Stages: []query.Stage{query.Filter{Where: where}}}
	ask, err := q.withFields(ask)
	if err != nil {
		return nil, err
	}
	where, _, err = ask.Condition()
	return where, err
}
