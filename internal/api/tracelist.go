package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/trace"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// traceFilter says which traces a list, its groups and its chart are about.
// Name and duration are the root span's; services, text and errors may be those
// of any span of the trace.
type traceFilter struct {
	env      string
	from, to int64
	services []string
	name     string
	texts    []query.Expr // each holds for some span
	minMS    float64
	maxMS    float64
	errors   bool

	// traces are the newest of those that the filter expressions among the texts
	// match, nil where there are no expressions; cut says that there are more.
	traces []string
	cut    bool
}

// mostMatched is how many traces that filter expressions match are gone on with.
const mostMatched = 5000

func (a *API) readTraceFilter(r *http.Request) (traceFilter, error) {
	q := r.URL.Query()
	f := traceFilter{env: a.environment(r), services: q["service"], name: q.Get("name"), errors: q.Get("errors") == "1"}
	var err error
	if f.from, f.to, err = a.timeRange(q.Get("from"), q.Get("to")); err != nil {
		return f, err
	}
	if len(f.services) > 100 {
		return f, fault.New(fault.Invalid, "%d services were named; at most 100 may be", len(f.services))
	}
	if f.minMS, err = number(q.Get("min_ms"), "min_ms"); err != nil {
		return f, err
	}
	if f.maxMS, err = number(q.Get("max_ms"), "max_ms"); err != nil {
		return f, err
	}
	return f, a.readTexts(r, &f)
}

// readTexts reads what the q parameters say: conditions of some span each, and
// filter expressions, which are matched with whole traces.
func (a *API) readTexts(r *http.Request, f *traceFilter) error {
	question := tracesearch.Question{Environment: f.env, Start: f.from, End: f.to, Column: a.definedColumns(f.env), Slow: a.slow(r.Context(), f.env, f.to)}
	if err := a.addTexts(r.Context(), f.env, &question, r.URL.Query()["q"]); err != nil {
		return err
	}
	f.texts = question.Spans
	if len(question.Filters) == 0 {
		return nil
	}
	f.traces = []string{}
	reach, err := tracesearch.Newest(r.Context(), a.Querier, &question, tracesearch.Limits{Traces: mostMatched}, func(t *xraymodel.Trace, _ bool) {
		f.traces = append(f.traces, t.ID)
	})
	f.cut = !reach.Done
	return err
}

func number(s, name string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 0 || v > 1e15 {
		return 0, fault.New(fault.Invalid, "%s is %q; it must be a number of milliseconds", name, s)
	}
	return v, nil
}

func is(field string, op query.CompareOp, v event.Value) query.Expr {
	return query.Compare{Op: op, L: query.Field{Name: field}, R: query.Literal{Value: v}}
}

func absent(field string) query.Expr {
	return query.Not{X: query.Exists{X: query.Field{Name: field}}}
}

// isSpan is true of spans, not of their events, links and logs.
func isSpan() []query.Expr {
	return []query.Expr{query.Exists{X: query.Field{Name: event.FieldSpanID}}, absent(event.FieldAnnotation)}
}

// roots are the stages that keep the root spans of the wanted traces.
func (f *traceFilter) roots() []query.Stage {
	terms := append(isSpan(), absent(event.FieldParentID))
	if f.name != "" {
		terms = append(terms, is(event.FieldName, query.Eq, event.StringValue(f.name)))
	}
	if f.minMS > 0 {
		terms = append(terms, is(event.FieldDuration, query.Ge, event.FloatValue(f.minMS)))
	}
	if f.maxMS > 0 {
		terms = append(terms, is(event.FieldDuration, query.Le, event.FloatValue(f.maxMS)))
	}
	stages := []query.Stage{query.Filter{Where: query.And{Terms: terms}}}
	if terms := f.anywhere(); len(terms) > 0 {
		conditions := make([]query.TraceCondition, len(terms))
		for i, e := range terms {
			conditions[i] = query.TraceCondition{Relation: query.Any, Where: e}
		}
		stages = append(stages, query.TraceFilter{Conditions: conditions})
	}
	return stages
}

// anywhere are the conditions that some span of the trace must meet.
func (f *traceFilter) anywhere() []query.Expr {
	var terms []query.Expr
	if len(f.services) > 0 {
		in := query.In{X: query.Field{Name: event.FieldService}}
		for _, s := range f.services {
			in.Values = append(in.Values, event.StringValue(s))
		}
		terms = append(terms, in)
	}
	terms = append(terms, f.texts...)
	if f.traces != nil {
		in := query.In{X: query.Field{Name: event.FieldTraceID}}
		for _, id := range f.traces {
			in.Values = append(in.Values, event.StringValue(id))
		}
		terms = append(terms, in)
	}
	if f.errors {
		terms = append(terms, query.Failed())
	}
	return terms
}

func (f *traceFilter) query(stages ...query.Stage) *query.Query {
	return &query.Query{Environment: f.env, Start: f.from, End: f.to, Stages: stages}
}

// listedTrace is one row of the list.
type listedTrace struct {
	TraceID  string          `json:"trace_id"`
	Start    int64           `json:"start"`
	Duration int64           `json:"duration"`
	Root     listedRoot      `json:"root"`
	Spans    int             `json:"spans"`
	Errors   int             `json:"errors"`
	Services []listedService `json:"services"`
}

type listedRoot struct {
	Service    string `json:"service"`
	Name       string `json:"name"`
	Kind       uint8  `json:"kind"`
	StatusCode uint8  `json:"status_code"`
	HTTPStatus int32  `json:"http_status"`
	Missing    bool   `json:"missing"`
}

type listedService struct {
	Name  string  `json:"name"`
	Slot  int     `json:"slot"`
	Spans int     `json:"spans"`
	Share float64 `json:"share"` // of the trace's self times
}

const (
	defaultTraces = 50
	maxTraces     = 1000
)

func (a *API) traces(w http.ResponseWriter, r *http.Request) error {
	f, err := a.readTraceFilter(r)
	if err != nil {
		return err
	}
	order, err := readOrder(r)
	if err != nil {
		return err
	}
	ids, stats, err := a.findTraces(r.Context(), &f, order)
	if err != nil {
		return err
	}
	next := ""
	if len(ids) > order.limit {
		ids = ids[:order.limit]
		next = order.cursorAfter()
	}
	listed, err := a.summariseTraces(r.Context(), f.env, ids, f.from)
	if err != nil {
		return err
	}
	if order.by == "duration" {
		order.byDuration(listed)
	}
	stats.Partial = stats.Partial || f.cut
	return a.answer(w, r, stats, map[string]any{"base": ns(f.from), "traces": listed, "next": next})
}

// traceOrder is how a list is sorted and which page of it is wanted.
type traceOrder struct {
	by     string
	desc   bool
	limit  int
	offset int
}

func readOrder(r *http.Request) (traceOrder, error) {
	q := r.URL.Query()
	o := traceOrder{by: q.Get("sort"), desc: q.Get("order") != "asc", limit: defaultTraces}
	switch o.by {
	case "":
		o.by = "start"
	case "start", "duration", "spans", "errors":
	default:
		return o, fault.New(fault.Invalid, "sort is %q; it must be start, duration, spans or errors", o.by)
	}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxTraces {
			return o, fault.New(fault.Invalid, "limit is %q; it must be from 1 to %d", s, maxTraces)
		}
		o.limit = n
	}
	if c := q.Get("cursor"); c != "" {
		raw, err := base64.RawURLEncoding.DecodeString(c)
		n, convErr := strconv.Atoi(string(raw))
		if err != nil || convErr != nil || n < 0 || n > 1_000_000 {
			return o, fault.New(fault.Invalid, "cursor %q is not one this server gave", c)
		}
		o.offset = n
	}
	return o, nil
}

// byDuration sorts the traces of a page by how long they took. The page was found by
// how long their roots did, and some go on after their root has ended.
func (o traceOrder) byDuration(list []listedTrace) {
	slices.SortStableFunc(list, func(x, y listedTrace) int {
		if o.desc {
			x, y = y, x
		}
		return cmp.Compare(x.Duration, y.Duration)
	})
}

func (o traceOrder) cursorAfter() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(o.offset + o.limit)))
}

// findTraces returns the ids of a page of traces and, if there are more, one id
// beyond it.
func (a *API) findTraces(ctx context.Context, f *traceFilter, o traceOrder) ([]string, store.Stats, error) {
	var stages []query.Stage
	switch o.by {
	case "spans", "errors":
		stages = a.byCount(f, o)
	default:
		field := event.SystemTime
		if o.by == "duration" {
			field = event.FieldDuration
		}
		stages = append(f.roots(),
			query.Sort{Keys: []query.SortKey{{Field: field, Desc: o.desc}, {Field: event.FieldTraceID}}},
			query.Limit{Count: o.limit + 1, Offset: o.offset},
			query.Project{Fields: []string{event.FieldTraceID}})
	}
	res, err := a.Querier.Run(ctx, f.query(stages...))
	if err != nil {
		return nil, store.Stats{}, err
	}
	ids := distinct(nil, res.Column(event.FieldTraceID))
	if len(ids) <= o.limit && o.offset == 0 && f.name == "" && f.minMS == 0 && f.maxMS == 0 {
		// Services whose callers are not instrumented have no root spans.
		if ids, err = a.withoutRoots(ctx, f, o, ids); err != nil {
			return nil, res.Stats, err
		}
	}
	return ids, res.Stats, nil
}

// byCount ranks traces by how many spans, or failed spans, they have.
func (a *API) byCount(f *traceFilter, o traceOrder) []query.Stage {
	calc := query.Calc{Op: query.Count, Name: "n"}
	if o.by == "errors" {
		calc.Where = query.Failed()
	}
	stages := []query.Stage{query.Filter{Where: query.And{Terms: append(isSpan(), query.Exists{X: query.Field{Name: event.FieldTraceID}})}}}
	if root := f.roots()[0].(query.Filter); f.name != "" || f.minMS > 0 || f.maxMS > 0 {
		stages = append(stages, query.TraceFilter{Conditions: []query.TraceCondition{{Relation: query.Any, Where: root.Where}}})
	}
	for _, e := range f.anywhere() {
		stages = append(stages, query.TraceFilter{Conditions: []query.TraceCondition{{Relation: query.Any, Where: e}}})
	}
	return append(stages,
		query.Aggregate{Groups: []string{event.FieldTraceID}, Calcs: []query.Calc{calc}},
		query.Sort{Keys: []query.SortKey{{Field: "n", Desc: o.desc}, {Field: event.FieldTraceID}}},
		query.Limit{Count: o.limit + 1, Offset: o.offset},
		query.Project{Fields: []string{event.FieldTraceID}})
}

// withoutRoots adds the newest traces that have matching spans but no root span.
func (a *API) withoutRoots(ctx context.Context, f *traceFilter, o traceOrder, ids []string) ([]string, error) {
	terms := append(isSpan(), query.Exists{X: query.Field{Name: event.FieldTraceID}})
	terms = append(terms, f.anywhere()...)
	field := event.SystemTime
	if o.by == "duration" {
		field = event.FieldDuration
	}
	const perTrace = 40
	res, err := a.Querier.Run(ctx, f.query(
		query.Filter{Where: query.And{Terms: terms}},
		query.Sort{Keys: []query.SortKey{{Field: field, Desc: o.desc}}},
		query.Limit{Count: (o.limit + 1) * perTrace},
		query.Project{Fields: []string{event.FieldTraceID}},
	))
	if err != nil {
		return nil, err
	}
	ids = distinct(ids, res.Column(event.FieldTraceID))
	return ids[:min(len(ids), o.limit+1)], nil
}

// distinct appends the texts of a column that are not in ids yet.
func distinct(ids []string, c *store.ResultColumn) []string {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		seen[id] = true
	}
	if c == nil {
		return ids
	}
	for _, v := range c.Values {
		if id := v.Text(); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// summariseTraces reads each trace and boils it down to a row; start is an
// offset from base.
func (a *API) summariseTraces(ctx context.Context, env string, ids []string, base int64) ([]listedTrace, error) {
	rows := make([]listedTrace, len(ids))
	errs := make([]error, len(ids))
	const readers = 4
	var wg sync.WaitGroup
	for k := range readers {
		wg.Go(func() {
			for i := k; i < len(ids); i += readers {
				rows[i], errs[i] = a.summariseTrace(ctx, env, ids[i], base)
			}
		})
	}
	wg.Wait()
	out := make([]listedTrace, 0, len(ids))
	for i := range rows {
		if errs[i] != nil {
			return nil, fmt.Errorf("read trace %s: %w", ids[i], errs[i])
		}
		if rows[i].Spans > 0 {
			out = append(out, rows[i])
		}
	}
	return out, nil
}

func (a *API) summariseTrace(ctx context.Context, env, id string, base int64) (listedTrace, error) {
	const rowsOfATrace = 20_000
	batches, _, err := a.Querier.Trace(ctx, env, id, rowsOfATrace)
	if err != nil {
		return listedTrace{}, err
	}
	tr := trace.Assemble(id, batches, trace.Options{Column: a.definedColumns(env)})
	row := listedTrace{TraceID: id, Start: tr.Base - base, Duration: tr.Duration}
	var total int64
	for _, s := range tr.Services {
		row.Spans += s.Spans
		row.Errors += s.Errors
		total += s.Self
	}
	for _, s := range tr.Services {
		ls := listedService{Name: s.Name, Slot: a.Datasets.Slot(s.Name), Spans: s.Spans}
		if total > 0 {
			ls.Share = float64(s.Self) / float64(total)
		}
		row.Services = append(row.Services, ls)
	}
	if root := tr.Root(); root >= 0 {
		s := &tr.Spans[root]
		if s.Flags&trace.FlagPlaceholder != 0 {
			row.Root.Missing = true
			s = &tr.Spans[root+1] // a placeholder always has a child, and it comes next
		}
		row.Root.Service, row.Root.Name = tr.Strings[s.Service], tr.Strings[s.Name]
		row.Root.Kind, row.Root.StatusCode, row.Root.HTTPStatus = s.Kind, s.Status, s.HTTP
	}
	return row, nil
}
