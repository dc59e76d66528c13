package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// itemOccurrence tells an occurrence of an item: the newest, the oldest, one
// that is like most, or the one with an id; and which lie beside it.
func (a *API) itemOccurrence(w http.ResponseWriter, r *http.Request) error {
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	row, err := a.occurrence(r.Context(), &i, r.URL.Query().Get("which"))
	if err != nil {
		return err
	}
	o, err := a.occurrenceJSON(r.Context(), row)
	if err != nil {
		return err
	}
	links, err := a.serviceLinks(r.Context(), &i, row)
	if err != nil {
		return err
	}
	body := map[string]any{"occurrence": o, "links": links}
	for name, backward := range map[string]bool{"older": true, "newer": false} {
		at := row.Position
		page, err := a.Querier.Page(r.Context(), a.occurrencesOf(&i), store.PageOptions{Backward: backward, After: &at, Limit: 1, Fields: []string{event.FieldErrorID}})
		if err != nil {
			return err
		}
		body[name] = ""
		if len(page.Rows) > 0 {
			body[name] = ns(page.Rows[0].Get(event.FieldErrorID).Int())
		}
	}
	return a.answer(w, r, store.Stats{}, body)
}

// occurrencePart is a part of an occurrence's payload that was left out because
// it is large.
func (a *API) occurrencePart(w http.ResponseWriter, r *http.Request) error {
	i, err := a.pathItem(r)
	if err != nil {
		return err
	}
	row, err := a.occurrence(r.Context(), &i, r.PathValue("occurrence"))
	if err != nil {
		return err
	}
	raw, err := item.PayloadOf(row.Row)
	if err != nil {
		return err
	}
	path := r.URL.Query()["path"]
	v, err := decodeLoose(raw)
	if err != nil {
		return err
	}
	for _, step := range path {
		if v = member(v, step); v == nil {
			return fault.New(fault.NotFound, "the payload has nothing at %q", path)
		}
	}
	// A long text comes whole, up to what a page can bear.
	if s, isText := v.(string); isText {
		return a.answer(w, r, store.Stats{}, map[string]any{"value": s[:min(len(s), mostText)]})
	}
	v, more := firstMembers(v)
	return a.answer(w, r, store.Stats{}, map[string]any{"value": pruned(v, path, partBytes), "more": more})
}

// firstMembers cuts what has very many members, and says how many are not there.
func firstMembers(v any) (cut any, more int) {
	switch v := v.(type) {
	case []any:
		n := min(len(v), prunedWidth)
		return v[:n], len(v) - n
	case map[string]any:
		if len(v) <= prunedWidth {
			return v, 0
		}
		out := make(map[string]any, prunedWidth)
		for _, name := range slices.Sorted(maps.Keys(v))[:prunedWidth] {
			out[name] = v[name]
		}
		return out, len(v) - prunedWidth
	}
	return v, 0
}

// mostText bounds a text that is asked for by itself.
const mostText = 4 << 20

func member(v any, step string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[step]
	case []any:
		if n, err := strconv.Atoi(step); err == nil && n >= 0 && n < len(v) {
			return v[n]
		}
	}
	return nil
}

// decodeLoose reads JSON with its numbers as they are written.
func decodeLoose(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func (a *API) occurrence(ctx context.Context, i *item.Item, which string) (store.PageRow, error) {
	switch which {
	case "", "latest":
		return a.firstOf(ctx, i, true)
	case "oldest":
		return a.firstOf(ctx, i, false)
	case "typical":
		return a.typical(ctx, i)
	}
	id, err := strconv.ParseInt(which, 10, 64)
	if err != nil {
		return store.PageRow{}, fault.New(fault.Invalid, "which is %q; it must be latest, oldest, typical or the id of an occurrence", which)
	}
	return a.firstOf(ctx, i, true, query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldErrorID}, R: query.Literal{Value: event.IntValue(id)}})
}

func (a *API) firstOf(ctx context.Context, i *item.Item, newest bool, further ...query.Expr) (store.PageRow, error) {
	page, err := a.Querier.Page(ctx, a.occurrencesOf(i, further...), store.PageOptions{Backward: newest, Limit: 1})
	if err != nil {
		return store.PageRow{}, err
	}
	if len(page.Rows) == 0 {
		if len(further) > 0 {
			return store.PageRow{}, fault.New(fault.NotFound, "item #%d has no such occurrence; it may be older than its dataset keeps", i.Counter)
		}
		return store.PageRow{}, fault.New(fault.NotFound, "no occurrence of item #%d is kept any more; its counts and what was written about it are", i.Counter)
	}
	return page.Rows[0], nil
}

// typicalFields are those by which an occurrence is like others.
func typicalFields() []string {
	return []string{
		"code_version", "service.version", "server.host", "host.name", "request.url", "http.route", "request.method", "context", "browser", "os",
		"service.name", "exception.message", "language",
	}
}

// typical is, of the newest occurrences, the one that has most often what most of
// them have.
func (a *API) typical(ctx context.Context, i *item.Item) (store.PageRow, error) {
	const looked = 200
	page, err := a.Querier.Page(ctx, a.occurrencesOf(i), store.PageOptions{Backward: true, Limit: looked, Fields: append(typicalFields(), event.FieldErrorID)})
	if err != nil || len(page.Rows) == 0 {
		return a.firstOf(ctx, i, true)
	}
	scores := make([]int, len(page.Rows))
	for _, field := range typicalFields() {
		counts := map[string]int{}
		for _, row := range page.Rows {
			counts[row.Get(field).Text()]++
		}
		for k, row := range page.Rows {
			scores[k] += counts[row.Get(field).Text()]
		}
	}
	best := slices.Index(scores, slices.Max(scores))
	return a.occurrence(ctx, i, ns(page.Rows[best].Get(event.FieldErrorID).Int()))
}

// occurrenceOut is an occurrence as the pages read it.
type occurrenceOut struct {
	ID          string         `json:"id"`
	At          string         `json:"at"`
	UUID        string         `json:"uuid"`
	Title       string         `json:"title"`
	Level       string         `json:"level"`
	Kind        string         `json:"kind"`
	Language    string         `json:"language"`
	Version     string         `json:"version"`
	Environment string         `json:"environment"`
	Service     string         `json:"service"`
	Dataset     string         `json:"dataset"`
	TraceID     string         `json:"trace_id"`
	SpanID      string         `json:"span_id"`
	Traces      []traceOut     `json:"traces"`
	Text        string         `json:"text"`
	Telemetry   []telemetryOut `json:"telemetry"`
	Payload     any            `json:"payload"`
}

// Bytes of JSON that are sent at once: of the whole payload, and of one part.
const (
	payloadBytes = 256 << 10
	partBytes    = 512 << 10
)

func (a *API) occurrenceJSON(_ context.Context, row store.PageRow) (*occurrenceOut, error) {
	raw, err := item.PayloadOf(row.Row)
	if err != nil {
		return nil, err
	}
	v, err := decodeLoose(raw)
	if err != nil {
		return nil, err
	}
	data, _ := v.(map[string]any)
	text := func(names ...string) string {
		for _, n := range names {
			if s := row.Get(n).Text(); s != "" {
				return s
			}
		}
		return ""
	}
	o := &occurrenceOut{
		ID: ns(row.Get(event.FieldErrorID).Int()), At: ns(row.Position.Time), UUID: text("uuid"), Title: text(event.FieldErrorTitle),
		Level: text(event.FieldErrorLevel), Language: text("language", "telemetry.sdk.language"), Version: text("code_version", "service.version"),
		Environment: text(event.FieldErrorEnvironment), Service: text(event.FieldService), Dataset: row.Batch.Dataset,
		TraceID: text(event.FieldTraceID), SpanID: cmp.Or(text(event.FieldParentID), text(event.FieldSpanID)),
		Kind: "message", Traces: tracesOf(data, a.Symbols.Payload(row.Batch.Environment, raw).Traces, payloadBytes), Telemetry: telemetryOf(data),
	}
	body, _ := data["body"].(map[string]any)
	if len(o.Traces) > 0 {
		o.Kind = "trace"
	} else if report, ok := body["crash_report"].(map[string]any); ok {
		o.Kind, o.Text = "crash_report", plainText(report["raw"])
	} else if message, ok := body["message"].(map[string]any); ok {
		o.Text = plainText(message["body"])
	} else {
		o.Text = plainText(body["message"])
	}
	o.Text = o.Text[:min(len(o.Text), payloadBytes)]
	o.Payload = pruned(v, nil, payloadBytes)
	return o, nil
}
