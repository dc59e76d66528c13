package xray

import (
	"context"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

const (
	graphPage    = 500    // nodes of a page
	maxGraphOf   = 20_000 // traces that the graph of a group is made of: the newest
	secondsIn    = int64(time.Second)
	minuteOf     = int64(time.Minute)
	stateActive  = "active"
	stateUnknown = "unknown"
)

type countStatistics struct {
	OkCount         int64
	ErrorStatistics struct{ ThrottleCount, OtherCount, TotalCount int64 }
	FaultStatistics struct{ OtherCount, TotalCount int64 }
	TotalCount      int64

	TotalResponseTime float64
}

type histogramEntry struct {
	Value float64
	Count int64
}

type graphAlias struct {
	Name  string
	Names []string
	Type  string `json:",omitempty"`
}

type graphEdge struct {
	ReferenceID           int `json:"ReferenceId"`
	StartTime, EndTime    seconds
	SummaryStatistics     *countStatistics `json:",omitempty"`
	ResponseTimeHistogram []histogramEntry
	Aliases               []graphAlias

	// Of links between traces, whose times are of how old what was taken up was.
	EdgeType                  string           `json:",omitempty"`
	ReceivedEventAgeHistogram []histogramEntry `json:",omitempty"`
}

const edgeTypeLink = "link"

type graphService struct {
	ReferenceID           int `json:"ReferenceId"`
	Name                  string
	Names                 []string
	Root                  bool   `json:",omitempty"`
	Type                  string `json:",omitempty"`
	State                 string
	StartTime, EndTime    seconds
	Edges                 []graphEdge
	SummaryStatistics     *countStatistics `json:",omitempty"`
	DurationHistogram     []histogramEntry `json:",omitempty"`
	ResponseTimeHistogram []histogramEntry `json:",omitempty"`
}

func whole(n float64) int64 { return int64(math.Round(n)) }

func statisticsOf(s *servicegraph.Stats) *countStatistics {
	out := &countStatistics{OkCount: whole(s.OK()), TotalCount: whole(s.Count), TotalResponseTime: s.SumMS / 1000}
	e := &out.ErrorStatistics
	e.ThrottleCount, e.OtherCount = whole(s.Throttles), whole(s.Refused)
	e.TotalCount = e.ThrottleCount + e.OtherCount
	out.FaultStatistics.OtherCount, out.FaultStatistics.TotalCount = whole(s.Faults), whole(s.Faults)
	return out
}

// histogramOf writes bins of latency, each by the time in its middle: within 0.4 %
// of what was counted, to a microsecond.
func histogramOf(s *servicegraph.Stats) []histogramEntry {
	out := make([]histogramEntry, 0, len(s.Bins))
	for bin, n := range s.Bins {
		const micro = 1e6
		value := math.Round(math.Max(query.HistogramValue(bin), 0)/1000*micro) / micro
		if c := whole(n); c > 0 {
			out = append(out, histogramEntry{value, c})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Value < out[j].Value })
	merged := out[:0]
	for _, e := range out {
		if k := len(merged) - 1; k >= 0 && merged[k].Value == e.Value {
			merged[k].Count += e.Count
			continue
		}
		merged = append(merged, e)
	}
	return merged
}

// wholeSeconds are the bounds of a node or edge; a roll-up is of a whole minute.
func wholeSeconds(first, last, width int64) (from, to seconds) {
	at := func(ns int64) seconds { return seconds(time.Unix(ns/secondsIn, 0)) }
	return at(first), at(last + width)
}

// servicesOf writes a graph; width is how long a moment of it is.
func servicesOf(g *servicegraph.Graph, width int64) []graphService {
	out := make([]graphService, len(g.Nodes))
	for i := range g.Nodes {
		n := &g.Nodes[i]
		s := graphService{ReferenceID: i, Name: n.Name, Names: []string{n.Name}, Root: n.Root, Type: n.Type, State: stateUnknown, Edges: []graphEdge{}}
		s.StartTime, s.EndTime = wholeSeconds(n.First, n.Last, width)
		if n.Kind != servicegraph.Client {
			s.SummaryStatistics, s.ResponseTimeHistogram = statisticsOf(&n.Stats), histogramOf(&n.Stats)
			s.DurationHistogram = s.ResponseTimeHistogram
		}
		if n.Kind == servicegraph.Service {
			s.State = stateActive
		}
		out[i] = s
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		edge := graphEdge{ReferenceID: e.To, SummaryStatistics: statisticsOf(&e.Stats), ResponseTimeHistogram: histogramOf(&e.Stats), Aliases: []graphAlias{}}
		edge.StartTime, edge.EndTime = wholeSeconds(e.First, e.Last, width)
		if e.Link {
			edge.EdgeType, edge.ReceivedEventAgeHistogram, edge.ResponseTimeHistogram = edgeTypeLink, edge.ResponseTimeHistogram, []histogramEntry{}
			edge.SummaryStatistics.TotalResponseTime = 0
		}
		for _, a := range e.Aliases {
			edge.Aliases = append(edge.Aliases, graphAlias{a, []string{a}, g.Nodes[e.To].Type})
		}
		out[e.From].Edges = append(out[e.From].Edges, edge)
	}
	return out
}

func servicesPage(asked, token string, services []graphService) (map[string]any, error) {
	return answerPage("Services", aws.Listing[graphService]{
		Limit: graphPage, Token: token, Asked: asked, Key: func(s *graphService) string { return sortable(s.ReferenceID) },
	}, services)
}

// ranged is what questions about a time and a group have in common.
type ranged struct {
	StartTime, EndTime  seconds
	GroupName, GroupARN string
	NextToken           string
}

func (in *ranged) bounds() (start, end int64, err error) {
	start, end = time.Time(in.StartTime).UnixNano(), time.Time(in.EndTime).UnixNano()
	if start > end {
		return 0, 0, invalid("The StartTime is after the EndTime.")
	}
	return start, max(end, start+1), nil
}

// filterOf is the expression of the group that is asked about, ok false for all traces.
func (f *Front) filterOf(c *call, in *ranged) (e xrayfilter.Expression, ok bool, err error) {
	if in.GroupName == "" && in.GroupARN == "" {
		return e, false, nil
	}
	g, err := f.findGroup(c, in.GroupName, in.GroupARN)
	if err != nil || g.Body.Filter == "" {
		return e, false, err
	}
	e, err = c.expression(g.Body.Filter)
	return e, true, err
}

// getServiceGraph answers from roll-ups, which are of whole minutes; a group's graph
// is made of the newest traces in it.
func (f *Front) getServiceGraph(c *call) (any, error) {
	var in ranged
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	start, end, err := in.bounds()
	if err != nil {
		return nil, err
	}
	e, some, err := f.filterOf(c, &in)
	if err != nil {
		return nil, err
	}
	var services []graphService
	if some {
		traces, origins, err := f.tracesOf(c, e, start, end)
		if err != nil {
			return nil, err
		}
		links, err := tracesearch.Edges(c.Context(), f.Querier, c.Who.Environment, start, end, tracesearch.LinksOf(traces))
		if err != nil {
			return nil, err
		}
		services = servicesOf(servicegraph.OfTraces(traces, origins, links), secondsIn-1)
	} else {
		g, err := f.graph(c, start, end)
		if err != nil {
			return nil, err
		}
		services = servicesOf(g, minuteOf)
	}
	asked := aws.Asked("GetServiceGraph", strconv.FormatInt(start, 10), strconv.FormatInt(end, 10), in.GroupName, in.GroupARN)
	answer, err := servicesPage(asked, in.NextToken, services)
	if err != nil {
		return nil, err
	}
	answer["StartTime"], answer["EndTime"], answer["ContainsOldGroupVersions"] = in.StartTime, in.EndTime, false
	return answer, nil
}

func (f *Front) graph(c *call, start, end int64) (*servicegraph.Graph, error) {
	rollups, calls, err := f.sums(c.Context(), c.Who.Environment, start, end)
	if err != nil {
		return nil, err
	}
	links, err := tracesearch.OfGraph(c.Context(), f.Querier, c.Who.Environment, start, end)
	return servicegraph.OfRollups(rollups, calls, links), err
}

func (f *Front) sums(ctx context.Context, environment string, start, end int64) ([]store.Rollup, []store.Call, error) {
	rollups, err := f.Querier.Rollups(ctx, environment, start, end)
	if err != nil {
		return nil, nil, err
	}
	calls, err := f.Querier.Calls(ctx, environment, start, end)
	return rollups, calls, err
}

// tracesOf returns the newest traces that an expression matches, and the origins of
// all services of that time.
func (f *Front) tracesOf(c *call, e xrayfilter.Expression, start, end int64) ([]*xraymodel.Trace, servicegraph.Origins, error) {
	q := tracesearch.Question{
		Environment: c.Who.Environment, Start: start, End: end, Filters: []xrayfilter.Expression{e}, Slow: f.slow(c.Context(), c.Who.Environment, end),
	}
	var traces []*xraymodel.Trace
	_, err := tracesearch.Newest(c.Context(), f.Querier, &q, tracesearch.Limits{Traces: maxGraphOf}, func(t *xraymodel.Trace, _ bool) { traces = append(traces, t) })
	if err != nil {
		return nil, nil, err
	}
	rollups, calls, err := f.sums(c.Context(), c.Who.Environment, start, end)
	return traces, servicegraph.OriginsOf(rollups, calls), err
}

// getTraceGraph answers the graph of single traces.
func (f *Front) getTraceGraph(c *call) (any, error) {
	var in struct {
		TraceIds  []string //nolint:revive // the service's name
		NextToken string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	const most = 100
	ids, _ := distinctIDs(in.TraceIds)
	if len(ids) > most {
		return nil, invalid("%d TraceIds are asked for, at most %d are possible at once.", len(ids), most)
	}
	var traces []*xraymodel.Trace
	for _, id := range ids {
		t, _, err := f.loadTrace(c, id.canonical)
		if err != nil {
			return nil, err
		}
		traces = append(traces, t)
	}
	asked := aws.Asked(slices.Concat([]string{"GetTraceGraph"}, in.TraceIds)...)
	g := servicegraph.OfTraces(traces, servicegraph.OriginsOfTraces(traces...), servicegraph.LinksAmong(traces))
	return servicesPage(asked, in.NextToken, servicesOf(g, secondsIn-1))
}
