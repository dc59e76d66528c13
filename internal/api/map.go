package api

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// health are the counts that a node, an edge and an operation have.
type health struct {
	Count     float64  `json:"count"`
	Errors    float64  `json:"errors"` // 4xx other than 429
	Throttles float64  `json:"throttles"`
	Faults    float64  `json:"faults"`
	P50       *float64 `json:"p50_ms"`
	P95       *float64 `json:"p95_ms"`
	P99       *float64 `json:"p99_ms"`
}

func healthOf(s *servicegraph.Stats) health {
	h := health{Count: s.Count, Errors: s.Refused, Throttles: s.Throttles, Faults: s.Faults}
	for q, into := range map[float64]**float64{0.5: &h.P50, 0.95: &h.P95, 0.99: &h.P99} {
		if ms, some := s.Quantile(q); some {
			*into = &ms
		}
	}
	return h
}

type mapNode struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Kind     string `json:"kind"`
	Inferred bool   `json:"inferred"`
	Root     bool   `json:"root"`
	Slot     int    `json:"slot"`
	Group    string `json:"group"`
	health
}

type mapEdge struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	Kind string `json:"kind"`
	health
}

// kindLink is the kind of edges between traces, whose figures are of how long what
// was left was waiting.
const kindLink = "link"

// mostMapNodes is how many nodes a map has at most: the busiest.
const mostMapNodes = 1000

func (a *API) serviceMap(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	var g *servicegraph.Graph
	var stats store.Stats
	if texts := q["q"]; len(texts) == 0 {
		g, stats, err = a.graph(r, from, to)
	} else {
		g, stats, err = a.graphOfTraces(r, &traceSet{From: q.Get("from"), To: q.Get("to"), Q: texts})
	}
	if err != nil {
		return err
	}
	around := map[string]bool{}
	for _, s := range q["service"] {
		around[s] = true
	}
	nodes, edges, left := a.drawn(g, around)
	return a.answer(w, r, stats, map[string]any{"from": ns(from), "to": ns(to), "nodes": nodes, "edges": edges, "left_out": left})
}

// graph is the map of everything in a range, of roll-ups alone.
func (a *API) graph(r *http.Request, from, to int64) (*servicegraph.Graph, store.Stats, error) {
	rollups, calls, err := a.sums(r, from, to)
	if err != nil {
		return nil, store.Stats{}, err
	}
	links, err := tracesearch.OfGraph(r.Context(), a.Querier, a.environment(r), from, to)
	if err != nil {
		return nil, store.Stats{}, err
	}
	return servicegraph.OfRollups(rollups, calls, links), store.Stats{Scanned: int64(len(rollups) + len(calls))}, nil
}

// mostMapTraces is of how many traces a map of some of them is made: the newest.
const mostMapTraces = 3000

// graphOfTraces is the map of the traces of a set.
func (a *API) graphOfTraces(r *http.Request, set *traceSet) (*servicegraph.Graph, store.Stats, error) {
	question, err := a.traceQuestion(r, set)
	if err != nil {
		return nil, store.Stats{}, err
	}
	var traces []*xraymodel.Trace
	reach, err := tracesearch.Newest(r.Context(), a.Querier, question, tracesearch.Limits{Traces: mostMapTraces}, func(t *xraymodel.Trace, _ bool) { traces = append(traces, t) })
	if err != nil {
		return nil, store.Stats{}, err
	}
	rollups, calls, err := a.sums(r, question.Start, question.End)
	if err != nil {
		return nil, store.Stats{}, err
	}
	links, err := tracesearch.Edges(r.Context(), a.Querier, question.Environment, question.Start, question.End, tracesearch.LinksOf(traces))
	return servicegraph.OfTraces(traces, servicegraph.OriginsOf(rollups, calls), links), store.Stats{Scanned: reach.Scanned, Partial: !reach.Done}, err
}

func (a *API) sums(r *http.Request, from, to int64) ([]store.Rollup, []store.Call, error) {
	env := a.environment(r)
	rollups, err := a.Querier.Rollups(r.Context(), env, from, to)
	if err != nil {
		return nil, nil, err
	}
	calls, err := a.Querier.Calls(r.Context(), env, from, to)
	return rollups, calls, err
}

// drawn are the nodes of a graph that a page gets: all of them, or those around
// some services, and not more than it can draw.
func (a *API) drawn(g *servicegraph.Graph, around map[string]bool) (nodes []mapNode, edges []mapEdge, left int) {
	wanted := make([]bool, len(g.Nodes))
	busy := make([]float64, len(g.Nodes))
	for i, n := range g.Nodes {
		wanted[i] = len(around) == 0 || n.Kind == servicegraph.Service && around[n.Name]
	}
	near := slices.Clone(wanted)
	for _, e := range g.Edges {
		near[e.From] = near[e.From] || wanted[e.To]
		near[e.To] = near[e.To] || wanted[e.From]
		busy[e.From] += e.Count
		busy[e.To] += e.Count
	}
	var order []int
	for i := range g.Nodes {
		if near[i] {
			order = append(order, i)
			busy[i] += g.Nodes[i].Count
		}
	}
	if left = max(len(order)-mostMapNodes, 0); left > 0 {
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(busy[y], busy[x]) })
		order = order[:mostMapNodes]
		slices.Sort(order)
	}
	place := map[int]int{}
	nodes, edges = make([]mapNode, 0, len(order)), []mapEdge{}
	for _, i := range order {
		place[i] = len(nodes)
		nodes = append(nodes, a.mapNode(&g.Nodes[i]))
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		f, okFrom := place[e.From]
		t, okTo := place[e.To]
		if !okFrom || !okTo || !wanted[e.From] && !wanted[e.To] {
			continue
		}
		kind := "call"
		switch {
		case e.Link:
			kind = kindLink
		case e.Async:
			kind = "async"
		}
		edges = append(edges, mapEdge{From: f, To: t, Kind: kind, health: healthOf(&e.Stats)})
	}
	return nodes, edges, left
}

func (a *API) mapNode(n *servicegraph.Node) mapNode {
	out := mapNode{
		ID: nodeText(n.NodeID), Name: n.Name, Type: n.Type, Inferred: n.Kind == servicegraph.Inferred, Root: n.Root, Group: n.Group,
		Kind: call.KindOf(n.Type, n.Kind == servicegraph.Inferred), health: healthOf(&n.Stats),
	}
	switch n.Kind {
	case servicegraph.Client:
		out.Kind = "client"
	case servicegraph.Service:
		out.Slot = a.Datasets.Slot(n.Name)
	case servicegraph.Inferred:
	}
	return out
}

// nodeText writes a node's id as it stands in answers and addresses.
func nodeText(id servicegraph.NodeID) string {
	return [...]string{"s", "c", "i"}[id.Kind] + "|" + id.Type + "|" + id.Name
}

func readNode(text, parameter string) (servicegraph.NodeID, error) {
	parts := strings.SplitN(text, "|", 3)
	if kind := slices.Index([]string{"s", "c", "i"}, parts[0]); kind >= 0 && len(parts) == 3 {
		return servicegraph.NodeID{Kind: servicegraph.NodeKind(kind), Type: parts[1], Name: parts[2]}, nil
	}
	return servicegraph.NodeID{}, fault.New(fault.Invalid, "%s is %q; it must be the id of a node of GET /api/map", parameter, text)
}

// histogram counts in bins that are equally wide by logarithm.
type histogram struct {
	MinMS  float64   `json:"min_ms"`
	MaxMS  float64   `json:"max_ms"`
	Counts []float64 `json:"counts"`
}

const histogramBins = 60

func histogramOf(bins map[int32]float64) histogram {
	h := histogram{MinMS: math.Inf(1), Counts: make([]float64, histogramBins)}
	for bin := range bins {
		if ms := query.HistogramValue(bin); ms > 0 {
			h.MinMS, h.MaxMS = math.Min(h.MinMS, ms), math.Max(h.MaxMS, ms)
		}
	}
	if math.IsInf(h.MinMS, 1) {
		h.MinMS, h.MaxMS = 1, 1
	}
	// A little more than the middles of the outer bins, so that both lie within.
	const half = 1.005
	h.MinMS, h.MaxMS = h.MinMS/half, h.MaxMS*half
	width := math.Log(h.MaxMS/h.MinMS) / histogramBins
	for bin, n := range bins {
		at := 0
		if ms := query.HistogramValue(bin); ms > h.MinMS {
			at = min(int(math.Log(ms/h.MinMS)/width), histogramBins-1)
		}
		h.Counts[at] += n
	}
	return h
}

// heat counts durations over time, in bins that are equally wide by logarithm.
type heat struct {
	MinMS  float64   `json:"min_ms"`
	MaxMS  float64   `json:"max_ms"`
	Bins   int       `json:"bins"`
	Counts []float64 `json:"counts"` // step by step, from short to long
}

const heatBins = 40

// heat is of the same steps as the series.
func (t *timeline) heat() heat {
	whole := histogramOf(t.total.Bins)
	h := heat{MinMS: whole.MinMS, MaxMS: whole.MaxMS, Bins: heatBins, Counts: make([]float64, len(t.steps)*heatBins)}
	width := math.Log(h.MaxMS/h.MinMS) / heatBins
	for i := range t.steps {
		for bin, n := range t.steps[i].Bins {
			at := 0
			if ms := query.HistogramValue(bin); ms > h.MinMS {
				at = min(int(math.Log(ms/h.MinMS)/width), heatBins-1)
			}
			h.Counts[i*heatBins+at] += n
		}
	}
	return h
}

// redSeries are rates, errors and durations over time.
type redSeries struct {
	Base      string     `json:"base"`
	Step      int64      `json:"step"`
	Count     []float64  `json:"count"`
	Errors    []float64  `json:"errors"`
	Throttles []float64  `json:"throttles"`
	Faults    []float64  `json:"faults"`
	P50       []*float64 `json:"p50_ms"`
	P95       []*float64 `json:"p95_ms"`
	P99       []*float64 `json:"p99_ms"`
}

// operation is what a node does, or is asked by one caller.
type operation struct {
	Name string `json:"name"`
	health
	Spark []float64 `json:"spark"`
	Share float64   `json:"share"`
}

const mostOperations = 100

// timeline sums up requests by step and by name.
type timeline struct {
	base, step int64
	steps      []servicegraph.Stats
	total      servicegraph.Stats
	names      map[string]*named
}

type named struct {
	servicegraph.Stats
	spark []float64
}

func newTimeline(from, to int64) *timeline {
	const most = 120
	step := int64(time.Minute)
	step *= max((to-from+most*step-1)/(most*step), 1)
	t := &timeline{base: floorTo(from, step), step: step, names: map[string]*named{}}
	t.steps = make([]servicegraph.Stats, max((to-t.base+step-1)/step, 1))
	return t
}

func (t *timeline) add(minute int64, name string, s servicegraph.Stats) {
	at := int((minute - t.base) / t.step)
	if minute < t.base { // the minute that the range begins in
		at = 0
	}
	if at >= len(t.steps) {
		return
	}
	t.steps[at].Add(s)
	t.total.Add(s)
	n := t.names[name]
	if n == nil {
		n = &named{spark: make([]float64, sparkPoints)}
		t.names[name] = n
	}
	n.Add(s)
	n.spark[at*sparkPoints/len(t.steps)] += s.Count
}

func (t *timeline) series() redSeries {
	s := redSeries{Step: t.step, Base: ns(t.base)}
	for i := range t.steps {
		h := healthOf(&t.steps[i])
		s.Count, s.Errors, s.Throttles, s.Faults = append(s.Count, h.Count), append(s.Errors, h.Errors), append(s.Throttles, h.Throttles), append(s.Faults, h.Faults)
		s.P50, s.P95, s.P99 = append(s.P50, h.P50), append(s.P95, h.P95), append(s.P99, h.P99)
	}
	return s
}

func (t *timeline) operations() []operation {
	ops := make([]operation, 0, len(t.names))
	for name, n := range t.names {
		o := operation{Name: name, health: healthOf(&n.Stats), Spark: n.spark}
		if t.total.SumMS > 0 {
			o.Share = n.SumMS / t.total.SumMS
		}
		ops = append(ops, o)
	}
	slices.SortFunc(ops, func(x, y operation) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Name, y.Name)) })
	return ops[:min(len(ops), mostOperations)]
}

func (a *API) answerTimeline(w http.ResponseWriter, r *http.Request, t *timeline, looked int) error {
	return a.answer(w, r, store.Stats{Scanned: int64(looked)}, t.fields())
}

func (t *timeline) fields() map[string]any {
	return map[string]any{"series": t.series(), "histogram": histogramOf(t.total.Bins), "heat": t.heat(), "operations": t.operations()}
}

// mapOfNode tells of one node over time: of what is inferred, by who calls it.
func (a *API) mapOfNode(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	id, err := readNode(q.Get("id"), "id")
	if err != nil {
		return err
	}
	if texts := q["q"]; len(texts) > 0 {
		return a.mapOfTraces(w, r, from, to, func(t *timeline, tr *xraymodel.Trace, origins servicegraph.Origins) { t.addNode(tr, origins, id) })
	}
	rollups, calls, err := a.sums(r, from, to)
	if err != nil {
		return err
	}
	t, origins := newTimeline(from, to), servicegraph.OriginsOf(rollups, calls)
	for i := range rollups {
		s := &rollups[i]
		served := s.Serves && origins.OfRollup(s) == id
		asked := id.Kind == servicegraph.Client && s.Serves && s.Root && s.Service == id.Name
		if served || asked {
			t.add(s.Minute, s.Name, servicegraph.StatsOfRollup(s))
		}
	}
	for i := range calls {
		if _, to := origins.OfCall(&calls[i]); to == id && id.Kind == servicegraph.Inferred {
			t.add(calls[i].Minute, calls[i].Caller, servicegraph.StatsOfCall(&calls[i]))
		}
	}
	return a.answerTimeline(w, r, t, len(rollups)+len(calls))
}
