package storetest

import (
	"cmp"
	"context"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Page implements store.Store: it sorts all rows, and cuts.
func (r *Reference) Page(ctx context.Context, q *query.Query, opts store.PageOptions) (*store.Page, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	where, inline, err := q.Condition()
	if err != nil {
		return nil, err
	}
	var reached []row
	for _, e := range r.snapshot() {
		if e.environment == q.Environment && e.time >= q.Start && e.time < q.End {
			reached = append(reached, e)
		}
	}
	reached = inDatasets(reached, q.Datasets)
	unify(reached)
	known := kindsOf(reached)
	var found []store.PageRow
	for _, e := range reached {
		if holds(where, newRecord(e, known)) {
			b := event.NewBatch(e.environment, e.dataset)
			appendRow(b, e)
			found = append(found, placed(b.Row(0)))
		}
	}
	out := &store.Page{Stats: store.Stats{Scanned: int64(len(reached))}}
	found = ordered(found, opts)
	limit := opts.Limit
	if limit <= 0 {
		limit = store.DefaultPage
	}
	bytes := int64(0)
	for _, at := range found {
		whole := at
		at.Row = selected(whole.Row, opts.Fields, inline)
		bytes += opts.RowBytes
		at.Each(func(_ string, v event.Value) { bytes += int64(len(v.Text())) })
		if len(out.Rows) == limit || (opts.MaxBytes > 0 && bytes > opts.MaxBytes && len(out.Rows) > 0) {
			out.More = true
			break
		}
		out.Rows = append(out.Rows, at)
	}
	out.Next = afterAll(q, opts)
	if out.More {
		out.Next = out.Rows[len(out.Rows)-1].Position
	}
	return out, nil
}

// afterAll is the position behind everything a query asks for.
func afterAll(q *query.Query, opts store.PageOptions) store.Position {
	if opts.Backward {
		return store.BeforeTime(q.Start)
	}
	return store.AfterTime(q.End - 1)
}

func placed(r event.Row) store.PageRow {
	p := store.Position{Time: r.Batch.Times[r.Index], Arrival: r.Get(event.FieldArrival).Int()}
	if p.Arrival == 0 {
		p.Tie = store.Tie(r)
	}
	return store.PageRow{Row: r, Position: p}
}

// ordered sorts rows, numbers those that are alike, and leaves out those before
// the page.
func ordered(rows []store.PageRow, opts store.PageOptions) []store.PageRow {
	slices.SortStableFunc(rows, func(x, y store.PageRow) int { return x.Position.Compare(y.Position) })
	for i := range rows {
		if i > 0 && rows[i-1].Position.Time == rows[i].Position.Time && rows[i-1].Position.Arrival == rows[i].Position.Arrival && rows[i-1].Position.Tie == rows[i].Position.Tie {
			rows[i].Position.Nth = rows[i-1].Position.Nth + 1
		}
	}
	direction := 1
	if opts.Backward {
		direction = -1
		slices.Reverse(rows)
	}
	if opts.After == nil {
		return rows
	}
	return slices.DeleteFunc(rows, func(r store.PageRow) bool { return cmp.Compare(r.Position.Compare(*opts.After)*direction, 0) <= 0 })
}

// selected returns a row of the wanted fields only.
func selected(r event.Row, fields []string, inline func(query.Expr) query.Expr) event.Row {
	if fields == nil {
		return r
	}
	b := event.NewBatch(r.Batch.Environment, r.Batch.Dataset)
	b.Begin(r.Batch.Times[r.Index])
	b.SetSampleRate(r.Batch.SampleRate(r.Index))
	for _, name := range fields {
		if !event.IsSystem(name) || name == event.SystemLag {
			b.SetAt(0, name, query.Eval(inline(query.Field{Name: name}), r))
		}
	}
	return b.Row(0)
}
