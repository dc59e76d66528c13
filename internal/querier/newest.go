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
// page of them. If they are not soon found, partial is told of those that were,
// unless it is nil. Nil if it is another query, or a query of all is sooner done.
func (q *Querier) newest(ctx context.Context, ask *query.Query, partial func(*store.Result)) (*store.Result, error) {
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
	if err != nil {
		return nil, err
	}
	last := ask.Stages[at+2:]
	if page.More && len(page.Rows) < limit.Count {
		if err := q.tellOf(page, fields, last, partial); err != nil {
			return nil, err
		}
		if !query.IsPlain(part.Stages) {
			return nil, nil //nolint:nilnil // see above
		}
		// Then nobody is quicker than who has begun.
		rest, err := q.Page(ctx, &part, store.PageOptions{Backward: true, Limit: limit.Count - len(page.Rows), Fields: fields, After: &page.Next})
		if err != nil {
			return nil, err
		}
		rest.Rows = append(page.Rows, rest.Rows...)
		page = rest
	}
	return q.ofPage(page, fields, last)
}

// tellOf tells of the first rows of an answer, if there are any.
func (q *Querier) tellOf(page *store.Page, fields []string, stages []query.Stage, partial func(*store.Result)) error {
	if partial == nil || len(page.Rows) == 0 {
		return nil
	}
	soFar, err := q.ofPage(page, fields, stages)
	if err == nil {
		partial(soFar)
	}
	return err
}

// ofPage makes a result of a page, and applies stages to it.
func (q *Querier) ofPage(page *store.Page, fields []string, stages []query.Stage) (*store.Result, error) {
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
	for _, s := range stages {
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
