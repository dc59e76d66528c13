package querier

import (
	"context"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Limits of looking for the newest events a page at a time: where they are rare
// a query of all is sooner done.
const (
	mostNewest   = 10_000
	newestWithin = 250 * time.Millisecond
)

// newest answers a query for the newest events that satisfy a condition from a
// page of them. Nil if it is another query, or such events are not soon found.
func (q *Querier) newest(ctx context.Context, ask *query.Query) (*store.Result, error) {
	at := slices.IndexFunc(ask.Stages, func(s query.Stage) bool { _, ok := s.(query.Sort); return ok })
	if at < 0 || at+1 >= len(ask.Stages) {
		return nil, nil //nolint:nilnil // another query
	}
	sort, _ := ask.Stages[at].(query.Sort)
	limit, ok := ask.Stages[at+1].(query.Limit)
	if !ok || limit.Offset > 0 || limit.Count > mostNewest || limit.Count == 0 || !byTime(sort) {
		return nil, nil //nolint:nilnil // another query
	}
	fields, ok := fieldsRead(ask.Stages[at+2:])
	if !ok {
		return nil, nil //nolint:nilnil // another query
	}
	for _, s := range ask.Stages[:at] {
		switch s.(type) {
		case query.Filter, query.Compute:
		default:
			return nil, nil //nolint:nilnil // another query
		}
	}
	part := *ask
	part.Stages = ask.Stages[:at]
	page, err := q.Page(ctx, &part, store.PageOptions{Backward: true, Limit: limit.Count, Fields: fields, Within: newestWithin})
	if err != nil || page.More && len(page.Rows) < limit.Count {
		return nil, err
	}
	t := &rows{names: map[string]int{}, most: q.config.MaxRows, stats: page.Stats}
	for _, name := range fields {
		t.column(name)
	}
	for _, r := range page.Rows {
		values := make([]event.Value, len(fields))
		for k, name := range fields {
			values[k] = r.Get(name)
		}
		t.values = append(t.values, values)
	}
	for _, s := range ask.Stages[at+2:] {
		if err := t.apply(s); err != nil {
			return nil, err
		}
	}
	return t.result(), nil
}

// byTime reports whether rows are in the order of a page, backward.
func byTime(s query.Sort) bool {
	want := []string{event.SystemTime, event.FieldArrival}
	if len(s.Keys) != len(want) {
		return false
	}
	for i, k := range s.Keys {
		if k.Field != want[i] || !k.Desc {
			return false
		}
	}
	return true
}

// fieldsRead are the fields that the stages behind a limit read; false if they
// read what nobody can tell.
func fieldsRead(stages []query.Stage) ([]string, bool) {
	made := map[string]bool{}
	var names []string
	add := func(list []string) {
		for _, name := range list {
			if !made[name] && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	whole := true // no stage has said yet which fields there are
	for _, s := range stages {
		switch s := s.(type) {
		case query.Project:
			add(s.Fields)
			whole = false
			for _, name := range s.Fields {
				made[name] = true
			}
		case query.Compute:
			add(query.FieldsOf(s.Expr))
			made[s.Name] = true
		case query.Filter:
			add(query.FieldsOf(s.Where))
		case query.Limit:
		case query.Dedup:
			add(s.Fields)
		default:
			return nil, false
		}
	}
	return names, !whole
}
