package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// foundThing is something an id in the omnibox stands for.
type foundThing struct {
	Kind        string `json:"kind"` // trace, span, line, request, person, occurrence, result or query
	TraceID     string `json:"trace_id,omitempty"`
	SpanID      string `json:"span_id,omitempty"`
	At          string `json:"at"`
	Spans       int    `json:"spans"`
	Service     string `json:"service"`
	Name        string `json:"name"`
	Environment string `json:"environment"`
	Dataset     string `json:"dataset,omitempty"`
	Line        string `json:"line,omitempty"` // the position of a log line
	Field       string `json:"field,omitempty"`
	Value       string `json:"value,omitempty"`
	Item        int64  `json:"item,omitempty"`
	Occurrence  string `json:"occurrence,omitempty"`

	// Of a result its id, of a saved query what it asks.
	Result string          `json:"result,omitempty"`
	Query  json.RawMessage `json:"query,omitempty"`
}

// Bounds of a search for an id.
const (
	mostRowsOfID = 10
	findWithin   = 2 * time.Second
	longestID    = 600 // a pointer to a line is the longest
)

// find says what an id stands for, whichever vendor's it is: a trace, a span, a line
// by its event id or pointer, a request, a person, an occurrence, a query or its result.
func (a *API) find(w http.ResponseWriter, r *http.Request) error {
	text := strings.TrimSpace(r.URL.Query().Get("id"))
	if text == "" || len(text) > longestID {
		return fault.New(fault.Invalid, "id is empty or longer than %d bytes", longestID)
	}
	found := []foundThing{}
	for _, env := range a.environments(r) {
		in, err := a.findIn(r, env, text)
		if err != nil {
			return err
		}
		found = append(found, in...)
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"found": found})
}

// findIn looks in the cheapest places first, and no further than where it finds.
func (a *API) findIn(r *http.Request, env, text string) ([]foundThing, error) {
	if line, ok := a.namedLine(text); ok {
		return a.findLine(r, env, line)
	}
	if kept, err := a.findKept(r.Context(), env, text); kept != nil || err != nil {
		return kept, err
	}
	id, ok := event.TraceID(text)
	if !ok {
		return nil, nil
	}
	row, err := a.summariseTrace(r.Context(), env, id, 0)
	if err != nil {
		return nil, err
	}
	if row.Spans > 0 {
		return []foundThing{{
			Kind: "trace", TraceID: id, At: ns(row.Start), Spans: row.Spans,
			Service: row.Root.Service, Name: row.Root.Name, Environment: env,
		}}, nil
	}
	return a.findRows(r, env, text, id)
}

// namedLine is where a line is that a text names.
type namedLine struct {
	at      store.Position
	dataset string // "" where the name does not say it
	exact   bool   // the position is whole
}

// namedLine reads the names that lines have: the event id of CloudWatch Logs, which
// begins with its time and arrival, the pointer of Insights, and our own.
func (a *API) namedLine(text string) (n namedLine, ok bool) {
	const eventDigits, timeDigits = 56, 19
	if len(text) == eventDigits && strings.Trim(text, "0123456789") == "" {
		at, err := strconv.ParseInt(text[:timeDigits], 10, 64)
		arrival, err2 := strconv.ParseInt(text[timeDigits:2*timeDigits], 10, 64)
		n.at = store.Position{Time: at, Arrival: arrival}
		return n, err == nil && err2 == nil
	}
	if at, err := store.ParsePosition(text); err == nil {
		return namedLine{at: at, exact: true}, true
	}
	if a.Pointer != nil {
		if dataset, at, ok := a.Pointer(text); ok {
			return namedLine{at, dataset, true}, true
		}
	}
	return n, false
}

func (a *API) findLine(r *http.Request, env string, n namedLine) ([]foundThing, error) {
	ask := &query.Query{Environment: env, Start: n.at.Time, End: n.at.Time + 1}
	if n.dataset != "" {
		ask.Datasets = []string{n.dataset}
	}
	before := n.at.Before()
	page, err := a.Querier.Page(r.Context(), ask, store.PageOptions{After: &before, Limit: mostRowsOfID, Fields: fieldsOfFound(), Within: findWithin})
	if err != nil {
		return nil, err
	}
	for i := range page.Rows {
		if at := page.Rows[i].Position; at == n.at || !n.exact && at.Arrival == n.at.Arrival {
			return []foundThing{a.describeFound(&page.Rows[i], env, "", "")}, nil
		}
	}
	return nil, nil
}

// findKept looks for a query that was saved, or for a result of one.
func (a *API) findKept(ctx context.Context, env, id string) ([]foundThing, error) {
	if !workspace.IsID(id) {
		return nil, nil
	}
	result, err := a.Workspace.Result(ctx, env, id)
	if err == nil {
		return []foundThing{{
			Kind: "result", At: ns(result.Asked.UnixNano()), Name: textOf(result.Spec), Environment: env, Dataset: result.Scope.Dataset, Result: id,
		}}, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	q, err := a.Workspace.FindQuery(ctx, env, id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []foundThing{{
		Kind: "query", At: ns(q.Created.UnixNano()), Name: textOf(q.Spec), Environment: env, Dataset: q.Scope.Dataset, Query: q.Spec,
	}}, nil
}

// textOf is a kept question in one line.
func textOf(raw json.RawMessage) string {
	const longest = 200
	spec, err := query.DecodeSpec(raw)
	if err != nil {
		return ""
	}
	return cutText(spec.Text(), longest)
}

// idFields are the fields that hold what people look for by its id.
func idFields() (spans, requests, people []string) {
	return []string{event.FieldSpanID},
		[]string{"@requestId", "aws.request_id", "request_id", "requestId", "request.id", "http.request_id", "aws.requestId", "faas.invocation_id", "x-amzn-requestid", "aws.operation.request_id"},
		[]string{"person.id", "enduser.id", "user.id", "user_id", "person.username", "person.email", "user.email"}
}

// findRows looks for the latest rows that have an id in one of the fields that hold
// ids, back to the first row there is.
func (a *API) findRows(r *http.Request, env, text, id string) ([]foundThing, error) {
	ask := a.rowsWith(env, text, id)
	if ask == nil {
		return nil, nil
	}
	page, err := a.Querier.Page(r.Context(), ask, store.PageOptions{
		Backward: true, Limit: mostRowsOfID, Fields: append(fieldsOfFound(), fieldsWithIDs()...), Within: findWithin,
	})
	if err != nil {
		return nil, err
	}
	spans, requests, people := idFields()
	var found []foundThing
	for i := range page.Rows {
		row := &page.Rows[i]
		matched := func(fields []string) (string, bool) {
			for _, f := range fields {
				if v := row.Get(f).Text(); v != "" && (v == text || v == id) {
					return f, true
				}
			}
			return "", false
		}
		var thing foundThing
		if _, ok := matched(spans); ok {
			thing = a.describeFound(row, env, "span", "")
			thing.SpanID, thing.Spans = id, 1
		} else if f, ok := matched(people); ok {
			thing = a.describeFound(row, env, "person", f)
		} else if f, ok := matched(requests); ok {
			thing = a.describeFound(row, env, "request", f)
		} else {
			thing = a.describeFound(row, env, "", "")
		}
		same := func(t foundThing) bool {
			return t.Kind == thing.Kind && t.TraceID == thing.TraceID && t.SpanID == thing.SpanID && t.Line == thing.Line && t.Item == thing.Item && t.Occurrence == thing.Occurrence ||
				t.Kind == "person" && thing.Kind == "person" && t.Field == thing.Field
		}
		if !slices.ContainsFunc(found, same) {
			found = append(found, thing)
		}
	}
	return found, nil
}

// rowsWith asks for the rows that have an id in a field that there is; nil if there
// is none.
func (a *API) rowsWith(env, text, id string) *query.Query {
	wanted := fieldsWithIDs()
	first, last := int64(0), int64(0)
	there := map[string]bool{}
	for _, d := range a.Querier.Catalog(env).Datasets {
		if first == 0 || d.First < first {
			first = d.First
		}
		last = max(last, d.Last)
		for _, f := range d.Fields {
			if slices.Contains(wanted, f.Name) || f.Name == event.FieldErrorID {
				there[f.Name] = true
			}
		}
	}
	values := []event.Value{event.StringValue(text)}
	if id != text {
		values = append(values, event.StringValue(id))
	}
	number, err := strconv.ParseInt(text, 10, 64)
	var terms []query.Expr
	for _, f := range wanted {
		if !there[f] {
			continue
		}
		in := query.In{X: query.Field{Name: f}, Values: values}
		if err == nil && f != event.FieldSpanID {
			in.Values = append(slices.Clone(values), event.IntValue(number))
		}
		terms = append(terms, in)
	}
	if err == nil && there[event.FieldErrorID] {
		terms = append(terms, is(event.FieldErrorID, query.Eq, event.IntValue(number)))
	}
	if len(terms) == 0 {
		return nil
	}
	return &query.Query{Environment: env, Start: first, End: last + 1, Stages: []query.Stage{query.Filter{Where: query.Or{Terms: terms}}}}
}

func fieldsWithIDs() []string {
	spans, requests, people := idFields()
	return slices.Concat(spans, requests, people)
}

// fieldsOfFound are what is said of a row that was found.
func fieldsOfFound() []string {
	return []string{
		event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldService, event.FieldName, event.FieldBody, event.FieldLogGroup,
		event.FieldErrorFingerprint, event.FieldErrorEnvironment, event.FieldErrorID, event.FieldErrorTitle,
	}
}

// describeFound says what a row is, if kind does not.
func (a *API) describeFound(row *store.PageRow, env, kind, field string) foundThing {
	text := func(name string) string { return row.Get(name).Text() }
	t := foundThing{
		Kind: kind, TraceID: text(event.FieldTraceID), At: ns(row.Position.Time), Service: text(event.FieldService), Name: text(event.FieldName),
		Environment: env, Dataset: row.Batch.Dataset, Field: field,
	}
	if field != "" {
		t.Value = text(field)
	}
	isLine := !row.Get(event.FieldBody).IsNull()
	if isLine {
		const longest = 200
		t.Name = cutText(text(event.FieldBody), longest)
		t.Line = row.Position.String()
		if t.Service == "" {
			t.Service = text(event.FieldLogGroup)
		}
	} else {
		t.SpanID = text(event.FieldSpanID)
	}
	if f := text(event.FieldErrorFingerprint); f != "" {
		if i, err := a.Items.ByFingerprint(env, text(event.FieldErrorEnvironment), f); err == nil {
			t.Item, t.Occurrence, t.Name = i.ID, ns(row.Get(event.FieldErrorID).Int()), text(event.FieldErrorTitle)
		}
	}
	switch {
	case t.Kind != "":
	case t.Item != 0:
		t.Kind = "occurrence"
	case isLine:
		t.Kind = "line"
	default:
		t.Kind = "span"
	}
	return t
}
