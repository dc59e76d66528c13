package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// pageOfEvents lists the events of a question that is about nothing but their own
// fields. The id of each is its position: a cursor, in both directions, and what
// "around" takes.
func (a *API) pageOfEvents(w http.ResponseWriter, r *http.Request, l *listing, ask *query.Query) error {
	var page *store.Page
	at := -1
	var err error
	if l.Around != "" {
		page, at, err = a.eventsAround(r.Context(), l, ask)
	} else {
		page, err = a.eventsAfter(r.Context(), l, ask)
	}
	if err != nil {
		return err
	}
	body := map[string]any{"base": ns(ask.Start), "next": "", "reached": ns(page.Next.Time)}
	if page.More {
		body["next"] = page.Next.String()
	}
	if at >= 0 {
		body["at"] = at
	}
	l.table(page.Rows, ask.Start, body)
	return a.answer(w, r, page.Stats, body)
}

// fields are the fields to be read, nil for all.
func (l *listing) fields() []string {
	if len(l.Columns) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(l.Columns), event.IsSystem)
}

func (l *listing) eventOptions() store.PageOptions {
	return store.PageOptions{
		Backward: l.Order != "asc", Limit: l.Limit, Fields: l.fields(), Within: time.Duration(l.Within) * time.Millisecond,
	}
}

// eventsAfter returns the page that begins behind the cursor.
func (a *API) eventsAfter(ctx context.Context, l *listing, ask *query.Query) (*store.Page, error) {
	opts := l.eventOptions()
	if l.Cursor != "" {
		at, err := store.ParsePosition(l.Cursor)
		if err != nil {
			return nil, err
		}
		opts.After = &at
	}
	opts.Limit++ // to know whether there are more
	page, err := a.Querier.Page(ctx, ask, opts)
	if err == nil && len(page.Rows) > l.Limit {
		page.Rows = page.Rows[:l.Limit]
		page.Next, page.More = page.Rows[l.Limit-1].Position, true
	}
	return page, err
}

// eventsAround returns an event with those before and after it, and where among
// them it is; -1 if it is not one of the question's.
func (a *API) eventsAround(ctx context.Context, l *listing, ask *query.Query) (page *store.Page, at int, err error) {
	position, err := store.ParsePosition(l.Around)
	if err != nil {
		return nil, 0, err
	}
	opts := l.eventOptions()
	half := max(l.Limit/2, 1)
	// First what lies before it in the order that is wanted, then itself and the rest.
	before, begin := position, position.Before()
	if opts.Backward {
		begin, before = position, position.Before()
	}
	first := opts
	first.Backward, first.Limit, first.After = !opts.Backward, half, &before
	rest := opts
	rest.Limit, rest.After = max(l.Limit-half, 1)+1, &begin
	if opts.Backward { // the row itself comes with those after it in time
		first.After, first.Limit = &before, half+1
		rest.Limit--
	}
	head, err := a.Querier.Page(ctx, ask, first)
	if err != nil {
		return nil, 0, err
	}
	page, err = a.Querier.Page(ctx, ask, rest)
	if err != nil {
		return nil, 0, err
	}
	slices.Reverse(head.Rows)
	page.Rows = append(head.Rows, page.Rows...)
	page.Stats.Scanned += head.Stats.Scanned
	return page, slices.IndexFunc(page.Rows, func(r store.PageRow) bool { return r.Position == position }), nil
}

// table puts rows into an answer.
func (l *listing) table(rows []store.PageRow, base int64, body map[string]any) {
	columns := l.fields()
	if columns == nil {
		columns = []string{}
		seen := map[string]bool{}
		for _, r := range rows {
			eachField(r.Row, func(name string, _ event.Value) {
				if !seen[name] {
					seen[name] = true
					columns = append(columns, name)
				}
			})
		}
	}
	table := make([][]any, len(rows))
	offsets, datasets, ids := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	texts := cutter{most: l.TextBytes, places: [][3]int{}}
	for i, r := range rows {
		offsets[i], datasets[i], ids[i] = r.Position.Time-base, r.Batch.Dataset, r.Position.String()
		table[i] = make([]any, len(columns))
		for k, name := range columns {
			table[i][k] = texts.value(r.Get(name), i, k)
		}
	}
	body["columns"], body["rows"], body["times"], body["datasets"], body["ids"] = columns, table, offsets, datasets, ids
	body["cut"] = texts.places
}
