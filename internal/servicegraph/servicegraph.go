// Package servicegraph makes the map of who calls whom: of roll-ups, which is what
// maps of everything are made of, or of single traces, where only some of them are
// wanted. Both give the same shape. It is pure.
//
// A node is a service with what it served itself, a client in front of a service
// where requests begin, or what is known only from those who call it: a database, a
// queue, a host. An edge is what the caller saw of its calls.
package servicegraph

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// NodeKind is how a node is known.
type NodeKind uint8

// The kinds of node.
const (
	Service  NodeKind = iota // by spans of its own
	Client                   // by requests that come from nowhere
	Inferred                 // by those who call it
)

// NodeID tells nodes apart.
type NodeID struct {
	Kind NodeKind
	Name string
	Type string // origin of a service, call.Peer.Type of what is inferred, "client"
}

// Stats sum up requests. A request is counted in one of the four outcomes.
type Stats struct {
	Count     float64
	Refused   float64 // call.Error
	Throttles float64
	Faults    float64
	SumMS     float64
	Bins      map[int32]float64 // ms by query.HistogramBin
}

// Add adds other sums.
func (s *Stats) Add(o Stats) {
	s.Count += o.Count
	s.Refused += o.Refused
	s.Throttles += o.Throttles
	s.Faults += o.Faults
	s.SumMS += o.SumMS
	if s.Bins == nil {
		s.Bins = make(map[int32]float64, len(o.Bins))
	}
	for bin, n := range o.Bins {
		s.Bins[bin] += n
	}
}

// One counts a request.
func (s *Stats) One(outcome call.Outcome, ms, weight float64) {
	s.Count += weight
	s.SumMS += ms * weight
	if s.Bins == nil {
		s.Bins = map[int32]float64{}
	}
	s.Bins[query.HistogramBin(ms)] += weight
	switch outcome {
	case call.Error:
		s.Refused += weight
	case call.Throttle:
		s.Throttles += weight
	case call.Fault:
		s.Faults += weight
	case call.OK:
	}
}

// OK is how many ended well.
func (s *Stats) OK() float64 { return s.Count - s.Refused - s.Throttles - s.Faults }

// Quantile returns the latency in ms below which a share q of the requests lies,
// false where there are none.
func (s *Stats) Quantile(q float64) (float64, bool) {
	total := 0.0
	for _, n := range s.Bins {
		total += n
	}
	if total <= 0 {
		return 0, false
	}
	seen, last := 0.0, int32(0)
	for _, bin := range slices.Sorted(maps.Keys(s.Bins)) {
		last = bin
		if seen += s.Bins[bin]; seen >= q*total {
			break
		}
	}
	return math.Max(query.HistogramValue(last), 0), true
}

// Node is a node of the map.
type Node struct {
	NodeID
	Group string // namespace, "" for none or several
	Root  bool   // requests begin here
	Stats        // as it served; of what is inferred, as it was called; none of a client
	First int64  // minute or time of the first and last request, Unix nanoseconds
	Last  int64
}

// Edge is what a node saw of its calls to another; or, between two traces, how
// long what a node had left was waiting when the other took it up.
type Edge struct {
	From, To int // places in Graph.Nodes
	Async    bool
	Link     bool // of links between traces: Stats are of ages
	Stats
	Aliases     []string // names by which it calls the other that are not the other's
	First, Last int64
}

// Graph is a map. Nodes are ordered by kind of being known, name and type.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// builder collects a graph.
type builder struct {
	nodes map[NodeID]*Node
	edges map[edgeID]*builtEdge
}

type edgeID struct {
	from, to NodeID
	link     bool
}

type builtEdge struct {
	Edge
	aliases map[string]bool
}

func newBuilder() *builder {
	return &builder{nodes: map[NodeID]*Node{}, edges: map[edgeID]*builtEdge{}}
}

func span(first, last *int64, at int64) {
	if *first == 0 || at < *first {
		*first = at
	}
	*last = max(*last, at)
}

func (b *builder) node(id NodeID, at int64) *Node {
	n := b.nodes[id]
	if n == nil {
		n = &Node{NodeID: id}
		b.nodes[id] = n
	}
	span(&n.First, &n.Last, at)
	return n
}

func (b *builder) edge(from, to NodeID, at int64) *builtEdge {
	return b.edgeOf(edgeID{from, to, false}, at)
}

func (b *builder) edgeOf(id edgeID, at int64) *builtEdge {
	e := b.edges[id]
	if e == nil {
		e = &builtEdge{Edge: Edge{Link: id.link}, aliases: map[string]bool{}}
		b.edges[id] = e
	}
	span(&e.First, &e.Last, at)
	return e
}

func (b *builder) graph() *Graph {
	g := &Graph{}
	ids := slices.SortedFunc(maps.Keys(b.nodes), func(x, y NodeID) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Type, y.Type))
	})
	place := map[NodeID]int{}
	for i, id := range ids {
		place[id] = i
		g.Nodes = append(g.Nodes, *b.nodes[id])
	}
	for id, e := range b.edges {
		e.From, e.To = place[id.from], place[id.to]
		delete(e.aliases, id.to.Name)
		e.Aliases = slices.Sorted(maps.Keys(e.aliases))
		g.Edges = append(g.Edges, e.Edge)
	}
	slices.SortFunc(g.Edges, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), compareBools(x.Link, y.Link))
	})
	return g
}

func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// OfRollups makes the map of sums kept by a store, and of links.
func OfRollups(rollups []store.Rollup, calls []store.Call, links []Link) *Graph {
	b, origins := newBuilder(), OriginsOf(rollups, calls)
	groups := map[NodeID]map[string]bool{}
	for i := range rollups {
		r := &rollups[i]
		if !r.Serves {
			continue
		}
		id := origins.OfRollup(r)
		n, stats := b.node(id, r.Minute), StatsOfRollup(r)
		n.Add(stats)
		if groups[id] == nil {
			groups[id] = map[string]bool{}
		}
		groups[id][r.Namespace] = true
		if n.Group = r.Namespace; len(groups[id]) > 1 {
			n.Group = ""
		}
		if r.Root {
			n.Root = true
			client := NodeID{Client, r.Service, "client"}
			b.node(client, r.Minute)
			e := b.edge(client, id, r.Minute)
			e.Add(stats)
		}
	}
	for i := range calls {
		c := &calls[i]
		from, to := origins.OfCall(c)
		stats := StatsOfCall(c)
		b.node(from, c.Minute)
		n := b.node(to, c.Minute)
		if to.Kind == Inferred {
			n.Add(stats)
		}
		e := b.edge(from, to, c.Minute)
		e.Add(stats)
		e.Async = e.Async || c.Async
		if to.Kind == Service && c.Peer != "" {
			e.aliases[c.Peer] = true
		}
	}
	b.links(links, origins)
	return b.graph()
}

// StatsOfRollup takes over the sums of a roll-up.
func StatsOfRollup(r *store.Rollup) Stats {
	return Stats{r.Count, r.Refused, r.Throttles, r.Faults, r.SumMS, r.Bins}
}

// StatsOfCall takes over the sums of calls.
func StatsOfCall(c *store.Call) Stats {
	return Stats{c.Count, c.Refused, c.Throttles, c.Faults, c.SumMS, c.Bins}
}

// Slow tells traces that are slow for where they begin: slower than a second, and
// no faster than the slowest tenth of the requests that came to that service from
// outside in the hour until a time. rollups is asked once, if at all, for those to
// compare with; without them a second is the bound.
func Slow(until int64, rollups func(start, end int64) ([]store.Rollup, error)) func(*xraymodel.Trace) bool {
	var bounds map[NodeID]float64
	var origins Origins
	return func(t *xraymodel.Trace) bool {
		const second, share, binWidth = int64(1e9), 0.9, 1.005
		if t.Root == nil || t.Root.Flags.Has(xraymodel.InProgress) || t.Root.Duration() <= second {
			return false
		}
		if bounds == nil {
			all, err := rollups(until-int64(time.Hour), until)
			if err != nil {
				all = nil
			}
			origins = OriginsOf(all, nil)
			bounds = rootQuantiles(all, origins, share)
		}
		return float64(t.Root.Duration())/1e6*binWidth >= bounds[origins.OfSegment(t.Root)]
	}
}

// rootQuantiles returns for each service below what time, in ms, a share q of the
// requests lay that came to it from outside.
func rootQuantiles(rollups []store.Rollup, origins Origins, q float64) map[NodeID]float64 {
	sums := map[NodeID]*Stats{}
	for i := range rollups {
		if r := &rollups[i]; r.Root && r.Serves {
			id := origins.OfRollup(r)
			if sums[id] == nil {
				sums[id] = &Stats{}
			}
			sums[id].Add(StatsOfRollup(r))
		}
	}
	out := map[NodeID]float64{}
	for id, s := range sums {
		out[id], _ = s.Quantile(q)
	}
	return out
}

// OfTraces makes the map of single traces, and of links.
func OfTraces(traces []*xraymodel.Trace, origins Origins, links []Link) *Graph {
	b := newBuilder()
	for _, t := range traces {
		b.trace(t, origins)
	}
	b.links(links, origins)
	return b.graph()
}

// Part counts a part of a trace, unless it is still in progress.
func (s *Stats) Part(p *xraymodel.Part) {
	if p.Flags.Has(xraymodel.InProgress) {
		return
	}
	s.One(p.Outcome(), float64(p.Duration())/1e6, p.Weight())
}

func (b *builder) trace(t *xraymodel.Trace, origins Origins) {
	for _, s := range t.Segments {
		if isRoot(s) {
			b.node(origins.OfSegment(s), s.Start).Root = true
			b.node(clientOf(s), s.Start)
		}
	}
	EachOfTrace(t, origins, func(id NodeID, at int64, stats Stats) {
		b.node(id, at).Add(stats)
	}, func(from, to NodeID, at int64, stats Stats) {
		b.edge(from, to, at).Add(stats)
	})
	for _, c := range t.Calls {
		if c.From.Segment && !c.To.Inferred && c.Via != c.To {
			b.edge(origins.OfSegment(c.From), origins.OfSegment(c.To), c.Via.Start).aliases[c.Via.Name] = true
		}
	}
}

func isRoot(s *xraymodel.Part) bool { return s.Segment && !s.Inferred && s.ParentID == "" }

func clientOf(s *xraymodel.Part) NodeID { return NodeID{Client, s.Name, "client"} }

// EachOfTrace hands over what a trace adds to nodes and to edges. A call that
// several segments of a service answer is one.
func EachOfTrace(t *xraymodel.Trace, origins Origins, node func(id NodeID, at int64, s Stats), edge func(from, to NodeID, at int64, s Stats)) {
	one := func(p *xraymodel.Part) (s Stats) {
		s.Part(p)
		return s
	}
	for _, s := range t.Segments {
		if !s.Segment || s.Inferred && s.Via != nil && s.Via.Of != nil && !s.Via.Of.Segment {
			continue // a piece without its segment, or what it called
		}
		node(origins.OfSegment(s), s.Start, one(s))
		if isRoot(s) {
			edge(clientOf(s), origins.OfSegment(s), s.Start, one(s))
		}
	}
	type pair struct {
		via *xraymodel.Part
		to  NodeID
	}
	counted := map[pair]bool{}
	for _, c := range t.Calls {
		p := pair{c.Via, origins.OfSegment(c.To)}
		if !c.From.Segment || counted[p] {
			continue // a piece without its segment, or another answer
		}
		counted[p] = true
		edge(origins.OfSegment(c.From), p.to, c.Via.Start, one(c.Via))
	}
}
