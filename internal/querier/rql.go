package querier

import (
	"context"
	"maps"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/store"
)

// RQLAnswer is the answer to a text of RQL.
type RQLAnswer struct {
	Columns []rql.Filled
	Rows    int
	Stats   store.Stats
}

// RQLFields completes options with the fields that occurrences may have.
func (q *Querier) RQLFields(o rql.Options) rql.Options {
	o.Fields = func() []string {
		seen := map[string]bool{}
		for _, d := range q.Catalog(o.Environment).Datasets {
			if !slices.ContainsFunc(d.Fields, func(f store.FieldInfo) bool { return f.Name == event.FieldErrorFingerprint }) {
				continue
			}
			for _, f := range d.Fields {
				seen[f.Name] = true
			}
		}
		const most = 2_000
		names := slices.Sorted(maps.Keys(seen))
		return names[:min(len(names), most)]
	}
	return o
}

// RQL runs a program that was compiled with the options. Faults are those of
// Pipeline.
func (q *Querier) RQL(ctx context.Context, p *rql.Program, o rql.Options, progress func(store.Progress)) (*RQLAnswer, error) {
	var r *store.Result
	var err error
	if p.Table == rql.Deploys {
		r, err = q.overDeploys(ctx, p, o)
	} else {
		r, err = q.Pipeline(ctx, p.Query(o), progress)
	}
	if fault.Is(err, fault.TooLarge) {
		return nil, fault.New(fault.TooLarge, "more rows would have to be gathered than the %d that can be: narrow the conditions, by timestamp or item.id, or group by item.id", q.config.MaxRows)
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	columns := p.Output(r.Rows, names, func(name string) []event.Value {
		if c := r.Column(name); c != nil {
			return c.Values
		}
		return nil
	})
	return &RQLAnswer{Columns: columns, Rows: r.Rows, Stats: r.Stats}, nil
}

func (q *Querier) overDeploys(ctx context.Context, p *rql.Program, o rql.Options) (*store.Result, error) {
	r := &store.Result{}
	for _, h := range rql.DeployColumns() {
		r.Columns = append(r.Columns, store.ResultColumn{Name: h.Name})
	}
	var rows []map[string]event.Value
	if o.Deploys != nil {
		var err error
		if rows, err = o.Deploys(); err != nil {
			return nil, err
		}
	}
	r.Rows = len(rows)
	for i := range r.Columns {
		for _, row := range rows {
			r.Columns[i].Values = append(r.Columns[i].Values, row[r.Columns[i].Name])
		}
	}
	return q.Over(ctx, r, p.Stages)
}
