package xray

import (
	"cmp"
	"maps"
	"slices"

	"github.com/oriel-dev/oriel/internal/servicegraph"
)

// The detector of insights. AWS does not say how its own works; this one is: of each
// node and minute it is known how many faults are expected (see expectation). A node
// is anomalous from the first of three minutes among five whose faults lie above the
// band, if those have five faults together, until ten minutes have passed within it.
// While it is, and only then, nothing is learned; of a node's first half hour that
// is all that is done. Anomalous nodes that call each other are one
// insight; its root cause is the farthest downstream.
const (
	openOf       = 5
	openMinutes  = 3
	openFaults   = 5
	quietMinutes = 10
	warmMinutes  = 30 // with requests, from which it is learned what to expect
)

// minuteStats are what nodes did in the minutes from start on.
type minuteStats struct {
	start int64
	nodes map[servicegraph.NodeID][]servicegraph.Stats
	roots []servicegraph.Stats // what came from outside
	calls map[servicegraph.NodeID]map[servicegraph.NodeID]bool
	n     int
}

func newMinuteStats(start, end int64) *minuteStats {
	n := int((end - start) / minuteOf)
	return &minuteStats{
		start: start, n: n, nodes: map[servicegraph.NodeID][]servicegraph.Stats{}, roots: make([]servicegraph.Stats, n),
		calls: map[servicegraph.NodeID]map[servicegraph.NodeID]bool{},
	}
}

func (m *minuteStats) place(at int64) (int, bool) {
	i := int((at - m.start) / minuteOf)
	return i, at >= m.start && i < m.n
}

func (m *minuteStats) node(id servicegraph.NodeID, at int64, s servicegraph.Stats) {
	i, ok := m.place(at)
	if !ok {
		return
	}
	if m.nodes[id] == nil {
		m.nodes[id] = make([]servicegraph.Stats, m.n)
	}
	s.Bins = nil
	m.nodes[id][i].Add(s)
}

func (m *minuteStats) edge(from, to servicegraph.NodeID, at int64, s servicegraph.Stats) {
	i, ok := m.place(at)
	switch {
	case !ok:
	case from.Kind == servicegraph.Client:
		s.Bins = nil
		m.roots[i].Add(s)
	default:
		if m.calls[from] == nil {
			m.calls[from] = map[servicegraph.NodeID]bool{}
		}
		m.calls[from][to] = true
	}
}

// anomaly is a time in which a node had more faults than expected: minutes
// [from, to), open if it goes on.
type anomaly struct {
	node     servicegraph.NodeID
	from, to int
	open     bool
	faults   float64
}

// anomalies of one node, in order.
func anomalies(id servicegraph.NodeID, list []servicegraph.Stats) []anomaly {
	var out []anomaly
	var now *anomaly
	expect := newExpectation(minuteOf)
	above := make([]bool, len(list))
	last, seen := 0, 0 // minute above the band; minutes with requests
	for i := range list {
		if seen < warmMinutes {
			expect.learn(list[i].Count, list[i].Faults)
			if list[i].Count > 0 {
				seen++
			}
			continue
		}
		_, high := expect.band(list[i].Count)
		above[i] = list[i].Faults > float64(high)
		if above[i] {
			last = i
		}
		switch {
		case now != nil && i-last >= quietMinutes:
			now.to, now.open = last+1, false
			now = nil
			expect.learn(list[i].Count, list[i].Faults)
		case now != nil:
			now.to = i + 1
		case !above[i]:
			expect.learn(list[i].Count, list[i].Faults)
		default:
			if from, ok := opens(above, list, i); ok {
				out = append(out, anomaly{node: id, from: from, to: i + 1, open: true})
				now = &out[len(out)-1]
			}
		}
	}
	for k := range out {
		for i := out[k].from; i < out[k].to; i++ {
			out[k].faults += list[i].Faults
		}
	}
	return out
}

// opens reports whether an anomaly is certain at minute i, and where it began.
func opens(above []bool, list []servicegraph.Stats, i int) (from int, ok bool) {
	n, faults := 0, 0.0
	for k := i; k >= 0 && k > i-openOf; k-- {
		if above[k] {
			n++
			faults += list[k].Faults
			from = k
		}
	}
	return from, n >= openMinutes && faults >= openFaults
}

// finding is what becomes an insight.
type finding struct {
	root     servicegraph.NodeID
	from, to int
	open     bool
	parts    []anomaly // the most faults first
}

// findings are the anomalies of all nodes, put together.
func (m *minuteStats) findings() []finding {
	ids := slices.SortedFunc(maps.Keys(m.nodes), func(x, y servicegraph.NodeID) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Type, y.Type))
	})
	var all []anomaly
	for _, id := range ids {
		all = append(all, anomalies(id, m.nodes[id])...)
	}
	var out []finding
	for _, a := range all {
		root := m.root(a, all)
		i := slices.IndexFunc(out, func(f finding) bool {
			return f.root == root.node && f.from < a.to+quietMinutes && a.from < f.to+quietMinutes
		})
		if i < 0 {
			i = len(out)
			out = append(out, finding{root: root.node, from: root.from, to: root.to, open: root.open})
		}
		f := &out[i]
		f.from, f.to, f.open = min(f.from, a.from), max(f.to, a.to), f.open || a.open
		f.parts = append(f.parts, a)
	}
	for _, f := range out {
		slices.SortStableFunc(f.parts, func(x, y anomaly) int { return cmp.Compare(y.faults, x.faults) })
	}
	return out
}

// root follows calls downstream, through what is anomalous at the same time.
func (m *minuteStats) root(a anomaly, all []anomaly) anomaly {
	been := map[servicegraph.NodeID]bool{a.node: true}
	for {
		next := -1
		for i, b := range all {
			at := m.calls[a.node][b.node] && !been[b.node] && b.from < a.to && a.from < b.to
			if at && (next < 0 || b.faults > all[next].faults) {
				next = i
			}
		}
		if next < 0 {
			return a
		}
		a = all[next]
		been[a.node] = true
	}
}

// within sums up minutes.
func within(list []servicegraph.Stats, from, to int) (s servicegraph.Stats) {
	for i := max(from, 0); i < min(to, len(list)); i++ {
		s.Add(list[i])
	}
	return s
}
