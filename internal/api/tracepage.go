package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/trace"
)

const (
	maxTraceRows   = 300_000
	maxDetailSpans = 200
	maxEvents      = 1000 // of a span, in its details
	arrivingFor    = time.Minute
)

// loadedTrace is an assembled trace with the rows it came from.
type loadedTrace struct {
	tree    *trace.Trace
	batches []*event.Batch
	more    bool
	rows    int
}

func (a *API) loadTrace(ctx context.Context, env, text string, keepClocks bool) (*loadedTrace, error) {
	id, ok := event.TraceID(text)
	if !ok {
		return nil, fault.New(fault.Invalid, "%q is no trace id", text)
	}
	batches, more, err := a.Querier.Trace(ctx, env, id, maxTraceRows)
	if err != nil {
		return nil, err
	}
	rows := 0
	for _, b := range batches {
		rows += b.Len()
	}
	if rows == 0 {
		return nil, fault.New(fault.NotFound, "no span or log line of trace %s is known in environment %s: it may not have arrived yet, be older than the retention, or have been sampled out by its sender", id, env)
	}
	return &loadedTrace{tree: trace.Assemble(id, batches, trace.Options{KeepClocks: keepClocks, Column: a.definedColumns(env)}), batches: batches, more: more, rows: rows}, nil
}

// spanColumns is the skeleton's spans, by column.
type spanColumns struct {
	ID          []string `json:"id"`
	Parent      []int32  `json:"parent"`
	Depth       []int32  `json:"depth"`
	Start       []int64  `json:"start"`
	Duration    []int64  `json:"duration"`
	Self        []int64  `json:"self"`
	Service     []int32  `json:"service"`
	Name        []int32  `json:"name"`
	Kind        []int32  `json:"kind"` // int32: a []uint8 would be encoded as base64
	Status      []int32  `json:"status"`
	HTTP        []int32  `json:"http"`
	Flags       []uint32 `json:"flags"`
	Descendants []int32  `json:"descendants"`
}

type annotationColumns struct {
	Span     []int32 `json:"span"`
	Time     []int64 `json:"time"`
	Name     []int32 `json:"name"`
	Kind     []int32 `json:"kind"`
	Severity []int32 `json:"severity"`
	Ref      []int32 `json:"ref"`
}

func (a *API) trace(w http.ResponseWriter, r *http.Request) error {
	lt, err := a.loadTrace(r.Context(), a.environment(r), r.PathValue("id"), r.URL.Query().Get("skew") == "off")
	if err != nil {
		return err
	}
	tr := lt.tree
	critical := make([][3]int64, len(tr.Critical))
	for i, s := range tr.Critical {
		critical[i] = [3]int64{int64(s.Span), s.Start, s.End}
	}
	type service struct {
		Name   string `json:"name"`
		Slot   int    `json:"slot"`
		Spans  int    `json:"spans"`
		Errors int    `json:"errors"`
		Self   int64  `json:"self"`
	}
	services := make([]service, len(tr.Services))
	for i, s := range tr.Services {
		services[i] = service{s.Name, a.Datasets.Slot(s.Name), s.Spans, s.Errors, s.Self}
	}
	type skew struct {
		Service string `json:"service"`
		Host    string `json:"host"`
		NS      int64  `json:"ns"`
		Spans   int    `json:"spans"`
	}
	skews := make([]skew, len(tr.Notes.Skew))
	for i, s := range tr.Notes.Skew {
		skews[i] = skew(s)
	}
	w, finish := zipped(w, r)
	err = a.answer(w, r, statsOfRows(lt.rows, lt.more), map[string]any{
		"trace_id": tr.ID, "environment": tr.Environment, "base": ns(tr.Base), "duration": tr.Duration,
		"arriving":  a.clock().UnixNano()-tr.Newest < int64(arrivingFor),
		"truncated": lt.more || tr.Total > len(tr.Spans), "total_spans": tr.Total, "strings": tr.Strings,
		"spans": columnsOf(tr.Spans), "annotations": annotationsOf(tr.Annotations), "critical": critical, "services": services,
		"notes": map[string]any{
			"missing_parents": tr.Notes.MissingParents, "roots": tr.Notes.Roots, "loops": tr.Notes.Loops,
			"duplicates": tr.Notes.Duplicates, "skew": skews,
		},
	})
	return errors.Join(err, finish())
}

func columnsOf(spans []trace.Span) *spanColumns {
	n := len(spans)
	c := &spanColumns{
		ID: make([]string, n), Parent: make([]int32, n), Depth: make([]int32, n), Start: make([]int64, n),
		Duration: make([]int64, n), Self: make([]int64, n), Service: make([]int32, n), Name: make([]int32, n),
		Kind: make([]int32, n), Status: make([]int32, n), HTTP: make([]int32, n), Flags: make([]uint32, n), Descendants: make([]int32, n),
	}
	for i := range spans {
		s := &spans[i]
		c.ID[i], c.Parent[i], c.Depth[i], c.Start[i], c.Duration[i], c.Self[i] = s.ID, s.Parent, s.Depth, s.Start, s.Duration, s.Self
		c.Service[i], c.Name[i], c.Kind[i], c.Status[i] = s.Service, s.Name, int32(s.Kind), int32(s.Status)
		c.HTTP[i], c.Flags[i], c.Descendants[i] = s.HTTP, s.Flags, s.Descendants
	}
	return c
}

func annotationsOf(list []trace.Annotation) *annotationColumns {
	n := len(list)
	c := &annotationColumns{
		Span: make([]int32, n), Time: make([]int64, n), Name: make([]int32, n), Kind: make([]int32, n),
		Severity: make([]int32, n), Ref: make([]int32, n),
	}
	for i, an := range list {
		c.Span[i], c.Time[i], c.Name[i], c.Kind[i], c.Severity[i], c.Ref[i] = an.Span, an.Time, an.Name, int32(an.Kind), an.Severity, int32(i)
	}
	return c
}

// spanDetail is what the side panel shows of a span.
type spanDetail struct {
	Index    int32             `json:"index"`
	ID       string            `json:"id"` // a trace that has grown meanwhile has another span at the index
	Fields   map[string]any    `json:"fields"`
	Types    map[string]string `json:"types"`
	Resource []string          `json:"resource"`
	Scope    []string          `json:"scope"`
	Dataset  string            `json:"dataset"`
	Time     string            `json:"time"`
	Events   []eventDetail     `json:"events"`
	Links    []linkDetail      `json:"links"`
	LeftOut  int               `json:"left_out"` // events and links beyond the most that are told
}

type eventDetail struct {
	Name   string         `json:"name"`
	Time   string         `json:"time"`
	Kind   int            `json:"kind"`
	Fields map[string]any `json:"fields"`
}

type linkDetail struct {
	TraceID string         `json:"trace_id"`
	SpanID  string         `json:"span_id"`
	Fields  map[string]any `json:"fields"`
}

func (a *API) traceSpans(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Indexes []int32 `json:"indexes"`
		Skew    *bool   `json:"skew"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	if len(ask.Indexes) == 0 || len(ask.Indexes) > maxDetailSpans {
		return fault.New(fault.Invalid, "%d spans were asked for; it must be from 1 to %d", len(ask.Indexes), maxDetailSpans)
	}
	lt, err := a.loadTrace(r.Context(), a.environment(r), r.PathValue("id"), ask.Skew != nil && !*ask.Skew)
	if err != nil {
		return err
	}
	details := make([]spanDetail, 0, len(ask.Indexes))
	at := map[int32]int{}
	for _, i := range ask.Indexes {
		if i < loneRows || int(i) >= len(lt.tree.Spans) {
			return fault.New(fault.Invalid, "span %d was asked for; the trace has %d: load it again", i, len(lt.tree.Spans))
		}
		at[i] = len(details)
		details = append(details, lt.detail(i))
	}
	for _, an := range lt.tree.Annotations {
		if k, wanted := at[an.Span]; wanted {
			lt.addAnnotation(&details[k], an)
		}
	}
	return a.answer(w, r, statsOfRows(lt.rows, lt.more), map[string]any{"spans": details})
}

// loneRows is the index under which the rows are asked for that carry the
// trace's id and belong to no span of it.
const loneRows = -1

func (lt *loadedTrace) detail(i int32) spanDetail {
	d := spanDetail{
		Index: i, Fields: map[string]any{}, Types: map[string]string{}, Resource: []string{}, Scope: []string{},
		Events: []eventDetail{}, Links: []linkDetail{}, Time: ns(lt.tree.Base),
	}
	if i == loneRows {
		return d
	}
	s := &lt.tree.Spans[i]
	d.ID, d.Time = s.ID, ns(lt.tree.Base+s.Start)
	if s.Ref.Batch < 0 {
		return d
	}
	b := lt.batches[s.Ref.Batch]
	d.Dataset = b.Dataset
	b.Row(int(s.Ref.Row)).Each(func(name string, v event.Value) {
		d.Fields[name] = jsonValue(v)
		d.Types[name] = v.Kind().String()
		switch {
		case isScopeField(name):
			d.Scope = append(d.Scope, name)
		case isResourceField(name):
			d.Resource = append(d.Resource, name)
		}
	})
	slices.Sort(d.Resource)
	slices.Sort(d.Scope)
	return d
}

func (lt *loadedTrace) addAnnotation(d *spanDetail, an trace.Annotation) {
	if len(d.Events)+len(d.Links) >= maxEvents {
		d.LeftOut++
		return
	}
	fields := map[string]any{}
	eachField(lt.batches[an.Ref.Batch].Row(int(an.Ref.Row)), func(name string, v event.Value) { fields[name] = jsonValue(v) })
	if an.Kind == trace.Link {
		traceID, _ := fields[event.FieldLinkTraceID].(string)
		spanID, _ := fields[event.FieldLinkSpanID].(string)
		d.Links = append(d.Links, linkDetail{TraceID: traceID, SpanID: spanID, Fields: fields})
		return
	}
	d.Events = append(d.Events, eventDetail{
		Name: lt.tree.Strings[an.Name], Time: ns(lt.tree.Base + an.Time), Kind: int(an.Kind), Fields: fields,
	})
}

// jsonValue is a value as the browser takes it.
func jsonValue(v event.Value) any { return querier.JSONValue(v) }

var resourcePrefixes = []string{
	"service.", "host.", "process.", "os.", "container.", "k8s.", "cloud.", "telemetry.", "deployment.", "device.", "faas.", "aws.ecs.", "aws.eks.", "resource.",
}

// isResourceField tells resource attributes from a span's own by OpenTelemetry's
// resource conventions: an event is flat and does not say where a field came from.
func isResourceField(name string) bool {
	return slices.ContainsFunc(resourcePrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func isScopeField(name string) bool {
	return strings.HasPrefix(name, "library.") || strings.HasPrefix(name, "otel.scope.") || name == "scope.schema_url" || name == "telemetry.instrumentation_library"
}

// traceLive tells a viewer when more of the trace has arrived, for a minute.
func (a *API) traceLive(w http.ResponseWriter, r *http.Request) error {
	id, ok := event.TraceID(r.PathValue("id"))
	if !ok {
		return fault.New(fault.Invalid, "%q is no trace id", r.PathValue("id"))
	}
	env := a.environment(r)
	ctx, cancel := context.WithTimeout(r.Context(), arrivingFor)
	defer cancel()
	sub, err := a.subscribe(ctx, func(row event.Row) bool {
		return row.Batch.Environment == env && row.Get(event.FieldTraceID).Str() == id
	})
	if err != nil {
		return err
	}
	defer sub.Close()
	stream, err := a.openStream(w)
	if err != nil {
		return err
	}
	// Rows of one request come one by one: tell once for all that are there.
	for {
		n := 0
		select {
		case <-ctx.Done():
			return nil
		case <-a.closing:
			return nil
		case _, open := <-sub.Rows():
			if !open {
				return nil
			}
			n++
		}
		for more := true; more; {
			select {
			case _, open := <-sub.Rows():
				n++
				more = open
			default:
				more = false
			}
		}
		data, err := json.Marshal(map[string]int{"spans": n})
		if err != nil {
			return err
		}
		if err := stream.send("grown", "", data); err != nil {
			return nil // the viewer has gone
		}
	}
}
