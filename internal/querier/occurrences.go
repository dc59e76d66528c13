package querier

import (
	"context"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Around an occurrence's id, which is the microsecond it came in, its row is looked
// for first. One whose sender says when it happened may be of any time.
const (
	occurrenceBefore = int64(time.Minute)
	occurrenceAfter  = int64(time.Second)
)

// isOccurrence is true of the rows that are occurrences of errors.
func isOccurrence() query.Expr {
	return query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}}
}

// Occurrence returns the row of an occurrence of an error, by its id. Errors:
// NotFound, and those of Run.
func (q *Querier) Occurrence(ctx context.Context, environment string, id int64) (event.Row, error) {
	where := query.And{Terms: []query.Expr{
		query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldErrorID}, R: query.Literal{Value: event.IntValue(id)}}, isOccurrence(),
	}}
	at := id * int64(time.Microsecond)
	if at/int64(time.Microsecond) == id && id > 0 {
		rows, err := q.rowsOf(ctx, environment, where, at-occurrenceBefore, at+occurrenceAfter, 1)
		if err != nil || len(rows) > 0 {
			return first(rows), err
		}
	}
	rows, err := q.rowsOf(ctx, environment, where, 0, q.soon(), 1)
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "occurrence %d is not known", id)
	}
	return first(rows), err
}

func first(rows []event.Row) event.Row {
	if len(rows) == 0 {
		return event.Row{}
	}
	return rows[0]
}

// soon is behind all that senders may say about time.
func (q *Querier) soon() int64 { return q.config.Clock().Add(48 * time.Hour).UnixNano() }

func (q *Querier) rowsOf(ctx context.Context, environment string, where query.Expr, start, end int64, limit int) ([]event.Row, error) {
	page, err := q.Page(ctx, &query.Query{Environment: environment, Start: start, End: end, Stages: []query.Stage{query.Filter{Where: where}}},
		store.PageOptions{Backward: true, Limit: limit})
	if err != nil {
		return nil, err
	}
	rows := make([]event.Row, len(page.Rows))
	for i, r := range page.Rows {
		rows[i] = r.Row
	}
	return rows, nil
}

// OccurrencesBefore returns the rows of the occurrences that satisfy a condition
// (nil for any), the newest by their ids first: at most limit of those with ids
// below one, 0 for the newest of all. skip leaves out so many of them.
func (q *Querier) OccurrencesBefore(ctx context.Context, environment string, where query.Expr, before int64, skip, limit int) ([]event.Row, error) {
	terms := []query.Expr{isOccurrence()}
	if where != nil {
		terms = append(terms, where)
	}
	if before > 0 {
		terms = append(terms, query.Compare{Op: query.Lt, L: query.Field{Name: event.FieldErrorID}, R: query.Literal{Value: event.IntValue(before)}})
	}
	// First which, then their rows: payloads are large, and sorting carries along what it gives.
	res, err := q.Run(ctx, &query.Query{Environment: environment, Start: 0, End: q.soon(), Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: terms}},
		query.Sort{Keys: []query.SortKey{{Field: event.FieldErrorID, Desc: true}}},
		query.Limit{Count: limit, Offset: skip},
		query.Project{Fields: []string{event.FieldErrorID, event.SystemTime}},
	}})
	if err != nil || res.Rows == 0 {
		return nil, err
	}
	const atOnce = 500
	ids, times := res.Column(event.FieldErrorID).Values, res.Column(event.SystemTime).Values
	out := make([]event.Row, 0, len(ids))
	for from := 0; from < len(ids); from += atOnce {
		to := min(from+atOnce, len(ids))
		part, err := q.occurrences(ctx, environment, ids[from:to], times[from:to])
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// occurrences returns the rows of ids, in their order.
func (q *Querier) occurrences(ctx context.Context, environment string, ids, times []event.Value) ([]event.Row, error) {
	start, end := times[0].Int(), times[0].Int()
	for _, t := range times {
		start, end = min(start, t.Int()), max(end, t.Int())
	}
	where := query.And{Terms: []query.Expr{query.In{X: query.Field{Name: event.FieldErrorID}, Values: ids}, isOccurrence()}}
	rows, err := q.rowsOf(ctx, environment, where, start, end+1, len(ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]event.Row, len(rows))
	for _, r := range rows {
		byID[r.Get(event.FieldErrorID).Int()] = r
	}
	out := make([]event.Row, 0, len(ids))
	for _, id := range ids {
		if r, ok := byID[id.Int()]; ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// OccurrenceKey says which occurrences belong together: those of an error
// environment that have one fingerprint.
type OccurrenceKey struct{ ErrorEnvironment, Fingerprint string }

// OccurrenceKeys returns the keys of the occurrences since a time that satisfy a
// condition, at most so many.
func (q *Querier) OccurrenceKeys(ctx context.Context, environment string, where query.Expr, since int64, limit int) ([]OccurrenceKey, error) {
	res, err := q.Run(ctx, &query.Query{Environment: environment, Start: since, End: q.soon(), Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: []query.Expr{isOccurrence(), where}}},
		query.Aggregate{
			Groups: []string{event.FieldErrorEnvironment, event.FieldErrorFingerprint},
			Calcs:  []query.Calc{{Op: query.Count, Name: "n"}},
		},
		query.Limit{Count: limit},
	}})
	if err != nil {
		return nil, err
	}
	keys := make([]OccurrenceKey, res.Rows)
	for i := range keys {
		keys[i] = OccurrenceKey{res.Column(event.FieldErrorEnvironment).Values[i].Text(), res.Column(event.FieldErrorFingerprint).Values[i].Text()}
	}
	return keys, nil
}
