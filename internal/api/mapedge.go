package api

import (
	"net/http"

	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// mapOfEdge tells of one edge over time.
func (a *API) mapOfEdge(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	caller, err := readNode(q.Get("from_id"), "from_id")
	if err != nil {
		return err
	}
	callee, err := readNode(q.Get("to_id"), "to_id")
	if err != nil {
		return err
	}
	if texts := q["q"]; len(texts) > 0 && q.Get("kind") != kindLink {
		return a.mapOfTraces(w, r, from, to, func(t *timeline, tr *xraymodel.Trace, origins servicegraph.Origins) {
			t.addEdge(tr, &edgeEnds{caller, callee, origins})
		})
	}
	rollups, calls, err := a.sums(r, from, to)
	if err != nil {
		return err
	}
	t, e := newTimeline(from, to), edgeEnds{caller, callee, servicegraph.OriginsOf(rollups, calls)}
	if q.Get("kind") == kindLink {
		links, err := tracesearch.OfGraph(r.Context(), a.Querier, a.environment(r), from, to)
		if err != nil {
			return err
		}
		e.addLinks(t, links)
		return a.answerTimeline(w, r, t, len(links))
	}
	e.addCalls(t, rollups, calls)
	answer := t.fields()
	if callee.Kind == servicegraph.Service && caller.Kind == servicegraph.Service {
		served, err := a.served(r, from, to, &e, rollups, calls)
		if err != nil {
			return err
		}
		if served.Count > 0 {
			answer["served"] = servedOf(served)
		}
	}
	return a.answer(w, r, store.Stats{Scanned: int64(len(rollups) + len(calls))}, answer)
}

// edgeEnds say which edge is told of.
type edgeEnds struct {
	caller, callee servicegraph.NodeID
	origins        servicegraph.Origins
}

func (e *edgeEnds) addCalls(t *timeline, rollups []store.Rollup, calls []store.Call) {
	for i := range calls {
		c := &calls[i]
		if f, to := e.origins.OfCall(c); f == e.caller && to == e.callee {
			name := c.Peer
			if name == "" {
				name = c.Callee
			}
			t.add(c.Minute, name, servicegraph.StatsOfCall(c))
		}
	}
	for i := range rollups {
		s := &rollups[i]
		if e.caller.Kind == servicegraph.Client && s.Root && s.Serves && e.origins.OfRollup(s) == e.callee {
			t.add(s.Minute, s.Name, servicegraph.StatsOfRollup(s))
		}
	}
}

func (e *edgeEnds) addLinks(t *timeline, links []servicegraph.Link) {
	for i := range links {
		l := &links[i]
		if f, to := e.origins.Ends(l); f == e.caller && to == e.callee {
			t.add(l.At, l.To.Service, l.Stats())
		}
	}
}

// servedHistogram is what a callee took itself for the calls of an edge.
type servedHistogram struct {
	histogram
	Count float64  `json:"count"`
	P50   *float64 `json:"p50_ms"`
	P95   *float64 `json:"p95_ms"`
	P99   *float64 `json:"p99_ms"`
}

func servedOf(s *servicegraph.Stats) servedHistogram {
	h := healthOf(s)
	return servedHistogram{histogramOf(s.Bins), s.Count, h.P50, h.P95, h.P99}
}

// mostServedTraces is from how many of the newest traces it is told what the callee
// took, where not all of its requests are this edge's.
const mostServedTraces = 100

// served is what the callee took itself. Who is called by one service only has that
// in its sums; else it is what the newest traces with such calls say, which takes its
// time, and so is asked for by itself.
func (a *API) served(r *http.Request, from, to int64, e *edgeEnds, rollups []store.Rollup, calls []store.Call) (*servicegraph.Stats, error) {
	sum := &servicegraph.Stats{}
	if e.alone(rollups, calls) {
		for i := range rollups {
			if r := &rollups[i]; r.Serves && e.origins.OfRollup(r) == e.callee {
				sum.Add(servicegraph.StatsOfRollup(r))
			}
		}
		return sum, nil
	}
	if r.URL.Query().Get("served") != "1" {
		return sum, nil
	}
	env := a.environment(r)
	question := tracesearch.Question{Environment: env, Start: from, End: to, Column: a.definedColumns(env), Filters: []xrayfilter.Expression{
		{Root: xrayfilter.Edge{From: xrayfilter.Ref{Name: e.caller.Name}, To: xrayfilter.Ref{Name: e.callee.Name}}},
	}}
	_, err := tracesearch.Newest(r.Context(), a.Querier, &question, tracesearch.Limits{Traces: mostServedTraces, Examine: 10 * mostServedTraces}, func(t *xraymodel.Trace, _ bool) {
		for _, c := range t.Calls {
			if e.origins.OfSegment(c.From) == e.caller && e.origins.OfSegment(c.To) == e.callee {
				sum.Part(c.To)
			}
		}
	})
	return sum, err
}

// alone reports whether nobody else calls the callee.
func (e *edgeEnds) alone(rollups []store.Rollup, calls []store.Call) bool {
	for i := range calls {
		if f, to := e.origins.OfCall(&calls[i]); to == e.callee && f != e.caller {
			return false
		}
	}
	for i := range rollups {
		if r := &rollups[i]; r.Serves && r.Root && e.origins.OfRollup(r) == e.callee {
			return false
		}
	}
	return true
}
