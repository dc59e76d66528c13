package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// everyDataset is the slug that stands for the whole environment.
const everyDataset = "__all__"

func datasetsOf(slug string) []string {
	if slug == "" || slug == everyDataset {
		return nil
	}
	return []string{slug}
}

// listedField is a field as completion and the fields list show it.
type listedField struct {
	Name string  `json:"name"`
	Type string  `json:"type"`
	Fill float64 `json:"fill"` // share of rows that have it
	Last string  `json:"last"` // newest event with it, Unix ns
}

func (a *API) fields(w http.ResponseWriter, r *http.Request) error {
	slug := r.URL.Query().Get("dataset")
	catalog := a.Querier.Catalog(a.environment(r))
	type sum struct {
		kind         event.Kind
		filled, last int64
	}
	sums := map[string]*sum{}
	var rows int64
	found := len(datasetsOf(slug)) == 0
	for _, d := range catalog.Datasets {
		if len(datasetsOf(slug)) > 0 && d.Slug != slug {
			continue
		}
		found = true
		rows += d.Rows
		for _, f := range d.Fields {
			s := sums[f.Name]
			if s == nil {
				s = &sum{}
				sums[f.Name] = s
			}
			s.kind = event.Unify(s.kind, f.Kind)
			s.filled += f.Filled
			s.last = max(s.last, f.Last)
		}
	}
	if !found {
		return fault.New(fault.NotFound, "dataset %q is not known", slug)
	}
	out := make([]listedField, 0, len(sums))
	for name, s := range sums {
		out = append(out, listedField{Name: name, Type: s.kind.String(), Fill: float64(s.filled) / float64(max(rows, 1)), Last: ns(s.last)})
	}
	slices.SortFunc(out, func(x, y listedField) int {
		switch {
		case x.Fill > y.Fill:
			return -1
		case x.Fill < y.Fill:
			return 1
		}
		return strings.Compare(x.Name, y.Name)
	})
	return a.answer(w, r, store.Stats{}, map[string]any{"fields": out})
}

func (a *API) values(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	field := q.Get("field")
	if field == "" || len(field) > 300 {
		return fault.New(fault.Invalid, "field is empty or longer than 300 bytes")
	}
	limit, err := sizeParam(r, "limit", 20, 200)
	if err != nil {
		return err
	}
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	ask := &query.Query{Environment: a.environment(r), Datasets: datasetsOf(q.Get("dataset")), Start: from, End: to}
	if prefix := q.Get("prefix"); prefix != "" {
		ask.Stages = []query.Stage{query.Filter{Where: query.Text{Op: query.StartsWith, X: query.Field{Name: field}, S: prefix}}}
	}
	found, stats, err := a.Querier.TopValues(r.Context(), ask, field, limit)
	if err != nil {
		return err
	}
	type listed struct {
		Value any     `json:"value"`
		Count float64 `json:"count"`
	}
	out := make([]listed, len(found))
	for i, v := range found {
		out[i] = listed{jsonValue(v.Value), v.Events[store.Selected]}
	}
	return a.answer(w, r, stats, map[string]any{"values": out})
}

// findRange is how far back an id is looked for.
const findRange = int64(60 * 24 * 3600 * 1e9)

// foundThing is something an id in the omnibox stands for.
type foundThing struct {
	Kind        string `json:"kind"` // trace or span
	TraceID     string `json:"trace_id"`
	SpanID      string `json:"span_id,omitempty"`
	At          string `json:"at"`
	Spans       int    `json:"spans"`
	Service     string `json:"service"`
	Name        string `json:"name"`
	Environment string `json:"environment"`
}

func (a *API) find(w http.ResponseWriter, r *http.Request) error {
	id, ok := event.TraceID(r.URL.Query().Get("id"))
	if !ok {
		return fault.New(fault.Invalid, "id is empty or longer than 256 bytes")
	}
	found := []foundThing{}
	for _, env := range a.environments(r) {
		row, err := a.summariseTrace(r.Context(), env, id, 0)
		if err != nil {
			return err
		}
		if row.Spans > 0 {
			found = append(found, foundThing{
				Kind: "trace", TraceID: id, At: ns(row.Start), Spans: row.Spans,
				Service: row.Root.Service, Name: row.Root.Name, Environment: env,
			})
			continue
		}
		spans, err := a.findSpan(r, env, id)
		if err != nil {
			return err
		}
		found = append(found, spans...)
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"found": found})
}

func (a *API) findSpan(r *http.Request, env, id string) ([]foundThing, error) {
	now := a.clock().UnixNano()
	const most = 10
	res, err := a.Querier.Run(r.Context(), &query.Query{
		Environment: env, Start: now - findRange, End: now + int64(3600*1e9),
		Stages: []query.Stage{
			query.Filter{Where: is(event.FieldSpanID, query.Eq, event.StringValue(id))},
			query.Limit{Count: most},
			query.Project{Fields: []string{event.SystemTime, event.FieldTraceID, event.FieldService, event.FieldName}},
		},
	})
	if err != nil {
		return nil, err
	}
	var found []foundThing
	for i := range res.Rows {
		found = append(found, foundThing{
			Kind: "span", SpanID: id, TraceID: cell(res, event.FieldTraceID, i).Text(), At: ns(cell(res, event.SystemTime, i).Int()),
			Spans: 1, Service: cell(res, event.FieldService, i).Text(), Name: cell(res, event.FieldName, i).Text(), Environment: env,
		})
	}
	return found, nil
}

func (a *API) storage(w http.ResponseWriter, r *http.Request) error {
	catalog := a.Querier.Catalog(a.environment(r))
	type listed struct {
		Slug  string `json:"slug"`
		Rows  int64  `json:"rows"`
		Bytes int64  `json:"bytes"`
		First string `json:"first"`
		Last  string `json:"last"`
	}
	var rows int64
	out := make([]listed, 0, len(catalog.Datasets))
	for _, d := range catalog.Datasets {
		rows += d.Rows
		out = append(out, listed{d.Slug, d.Rows, d.Bytes, ns(d.First), ns(d.Last)})
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"segments": catalog.Segments, "bytes": catalog.Bytes, "rows": rows, "datasets": out})
}
