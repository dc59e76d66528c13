package api

import (
	"net/http"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// mapOfTraces tells of a node or an edge over time, of those traces alone that the
// map is filtered to: add takes what it is about from each.
func (a *API) mapOfTraces(w http.ResponseWriter, r *http.Request, from, to int64, add func(*timeline, *xraymodel.Trace, servicegraph.Origins)) error {
	q := r.URL.Query()
	question, err := a.traceQuestion(r, &traceSet{From: q.Get("from"), To: q.Get("to"), Q: q["q"]})
	if err != nil {
		return err
	}
	rollups, calls, err := a.sums(r, from, to)
	if err != nil {
		return err
	}
	t, origins := newTimeline(from, to), servicegraph.OriginsOf(rollups, calls)
	question.Fields = []string{event.FieldName} // operations have the names of spans
	reach, err := tracesearch.Newest(r.Context(), a.Querier, question, tracesearch.Limits{Traces: mostMapTraces}, func(tr *xraymodel.Trace, _ bool) { add(t, tr, origins) })
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{Scanned: reach.Scanned, Partial: !reach.Done}, t.fields())
}

func (t *timeline) addNode(tr *xraymodel.Trace, origins servicegraph.Origins, id servicegraph.NodeID) {
	for _, s := range tr.Segments {
		asked := id.Kind == servicegraph.Client && !s.Inferred && s.ParentID == "" && s.Name == id.Name
		if s.Segment && (asked || origins.OfSegment(s) == id) {
			t.addPart(operationOf(s), s)
		}
	}
}

func (t *timeline) addEdge(tr *xraymodel.Trace, e *edgeEnds) {
	seen := map[*xraymodel.Part]bool{} // a call that several segments answer is one
	for _, c := range tr.Calls {
		if e.origins.OfSegment(c.From) == e.caller && e.origins.OfSegment(c.To) == e.callee && !seen[c.Via] {
			seen[c.Via] = true
			t.addPart(c.Via.Name, c.Via)
		}
	}
	if e.caller.Kind != servicegraph.Client {
		return
	}
	for _, s := range tr.Segments {
		if s.Segment && !s.Inferred && s.ParentID == "" && e.origins.OfSegment(s) == e.callee {
			t.addPart(operationOf(s), s)
		}
	}
}

func (t *timeline) addPart(name string, p *xraymodel.Part) {
	var s servicegraph.Stats
	if s.Part(p); s.Count > 0 {
		t.add(p.Start, name, s)
	}
}

// operationOf is the name under which roll-ups count a segment: what its span is called.
// What is inferred has the name of who calls it, as there.
func operationOf(s *xraymodel.Part) string {
	if s.Inferred && s.Via != nil && s.Via.Of != nil {
		return s.Via.Of.Name
	}
	if s.Row.Batch != nil {
		if name := s.Row.Get(event.FieldName).Text(); name != "" {
			return name
		}
	}
	return s.Name
}
