package api

import (
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

const (
	mostTraceLinks   = 500 // that are told of one trace, each way
	mostTracesTold   = 50  // linked traces of which more than the id is told
	linkedWithin     = 7 * 24 * time.Hour
	linkedMayPrecede = time.Hour
)

// traceLink is a link between a span of the trace and one of another.
type traceLink struct {
	Span      string `json:"span_id"` // of this trace
	Trace     string `json:"trace_id"`
	XRay      string `json:"xray_id"`
	Other     string `json:"other_span_id"`
	Incoming  bool   `json:"incoming"`            // the other trace links to this one
	Upstream  bool   `json:"upstream"`            // the other trace came first: this one goes on with what it left
	Reference string `json:"reference,omitempty"` // as it was sent
}

// traceLinks tells which traces this one links to, and which link to it: within a
// week after it began.
func (a *API) traceLinks(w http.ResponseWriter, r *http.Request) error {
	env := a.environment(r)
	lt, err := a.loadTrace(r.Context(), env, r.PathValue("id"), true)
	if err != nil {
		return err
	}
	id, base := lt.tree.ID, lt.tree.Base
	links := []traceLink{}
	own, moreOwn, err := tracesearch.Links(r.Context(), a.Querier, env, base-int64(linkedMayPrecede), base+int64(linkedWithin), is(event.FieldTraceID, query.Eq, event.StringValue(id)), mostTraceLinks)
	if err != nil {
		return err
	}
	for i := range own {
		l := &own[i]
		links = append(links, traceLink{l.SpanID, l.ToTrace, event.XRayTraceID(l.ToTrace), l.ToSpan, false, l.Reference != xraymodel.ReferenceChild, l.Reference})
	}
	to, moreTo, err := tracesearch.Links(r.Context(), a.Querier, env, base-int64(linkedMayPrecede), base+int64(linkedWithin), is(event.FieldLinkTraceID, query.Eq, event.StringValue(id)), mostTraceLinks)
	if err != nil {
		return err
	}
	for i := range to {
		l := &to[i]
		links = append(links, traceLink{l.ToSpan, l.TraceID, event.XRayTraceID(l.TraceID), l.SpanID, true, l.Reference == xraymodel.ReferenceChild, l.Reference})
	}
	traces, err := a.summariseTraces(r.Context(), env, linkedTraces(links), base)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{Scanned: int64(len(links)), Partial: moreOwn || moreTo}, map[string]any{"base": ns(base), "links": links, "traces": traces})
}

// linkedTraces are the traces at the other ends of links, each once.
func linkedTraces(links []traceLink) []string {
	var ids []string
	seen := map[string]bool{}
	for i := range links {
		if id := links[i].Trace; !seen[id] && len(ids) < mostTracesTold {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
