package querier

import (
	"context"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/store"
)

// InsightsAnswer is the answer to a text of Logs Insights QL.
type InsightsAnswer struct {
	Result  *store.Result
	Matched int64 // events that the filters let through
	Scanned int64 // events of the groups within the time range
	Bytes   int64 // of them as stored, estimated by share
}

// InsightsFields completes options with the fields that groups have.
func (q *Querier) InsightsFields(o insights.Options) insights.Options {
	o.Fields = func(groups []insights.Group) func(string) bool {
		wanted := map[string]bool{}
		for _, g := range groups {
			wanted[g.Dataset] = true
		}
		known := map[string]bool{}
		for _, d := range q.Catalog(o.Environment).Datasets {
			if len(groups) > 0 && !wanted[""] && !wanted[d.Slug] {
				continue
			}
			for _, f := range d.Fields {
				known[f.Name] = true
			}
		}
		return func(name string) bool { return known[name] }
	}
	return o
}

// Insights runs a program that was compiled with the options.
func (q *Querier) Insights(ctx context.Context, p *insights.Program, o insights.Options, tell Telling) (*InsightsAnswer, error) {
	a := &InsightsAnswer{}
	var err error
	if a.Scanned, err = q.countOf(ctx, p.Everything(o)); err != nil {
		return nil, err
	}
	a.Bytes = q.bytesOf(p, o, a.Scanned)
	if p.Estimate {
		a.Result = &store.Result{Rows: 1}
		for i, n := range []int64{a.Scanned, a.Bytes} {
			a.Result.Columns = append(a.Result.Columns, store.ResultColumn{
				Name: p.Columns[i].Field, Kind: event.Int, Values: []event.Value{event.IntValue(n)},
			})
		}
		return a, nil
	}
	if a.Result, err = q.runAll(ctx, p.Query(o), tell); err != nil {
		return nil, err
	}
	switch {
	case p.Whole(a.Result.Rows):
		a.Matched = eventsOf(p, a.Result)
	case len(p.Matching) == 0:
		a.Matched = a.Scanned
	default:
		if a.Matched, err = q.countOf(ctx, p.Count(o)); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// eventsOf is how many events the rows of a whole answer are made of.
func eventsOf(p *insights.Program, r *store.Result) int64 {
	c := r.Column(p.Counts)
	if p.Counts == "" || c == nil {
		return int64(r.Rows)
	}
	sum := int64(0)
	for _, v := range c.Values {
		sum += v.Int()
	}
	return sum
}

// runAll answers a query whose conditions hold other queries.
func (q *Querier) runAll(ctx context.Context, ask *query.Query, tell Telling) (*store.Result, error) {
	ask, err := ask.WithLists(func(inner *query.Query) ([]event.Value, error) {
		r, err := q.runAll(ctx, inner, Telling{})
		if err != nil || len(r.Columns) == 0 {
			return nil, err
		}
		return r.Columns[0].Values, nil
	})
	if err != nil {
		return nil, err
	}
	if _, local := query.Cut(ask.Stages); len(local) > 0 {
		return q.runLocal(ctx, ask, tell.Progress)
	}
	if r, err := q.newest(ctx, ask, tell.Partial); r != nil || err != nil {
		return r, err
	}
	return q.run(ctx, ask, tell)
}

func (q *Querier) countOf(ctx context.Context, ask *query.Query) (int64, error) {
	r, err := q.runAll(ctx, ask, Telling{})
	if err != nil || r.Rows != 1 {
		return 0, err
	}
	return r.Column("n").Values[0].Int(), nil
}

// memoryRow is what a row that is in memory only counts for in bytes.
const memoryRow = 100

// bytesOf estimates the stored bytes of so many events of the groups.
func (q *Querier) bytesOf(p *insights.Program, o insights.Options, events int64) int64 {
	var rows, bytes int64
	for _, d := range q.Catalog(o.Environment).Datasets {
		for _, g := range p.Groups {
			if g.Dataset == d.Slug || g.Dataset == "" {
				rows, bytes = rows+d.Rows, bytes+d.Bytes
				break
			}
		}
	}
	if rows == 0 {
		return 0
	}
	if bytes == 0 {
		return events * memoryRow
	}
	return int64(float64(bytes) * min(float64(events)/float64(rows), 1))
}
