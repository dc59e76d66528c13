package xray

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/tracesearch"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Insights of groups that have them enabled: looked for every minute in what the last
// hours were like, and kept for thirty days. What was found before is found again,
// so that a restart changes nothing.
const (
	insightWindow = 4 * time.Hour
	insightEvery  = time.Minute
	insightKept   = 30 * 24 * time.Hour
	impactRange   = 6 * time.Hour
	insightsPage  = 100
	eventsPage    = 50
	maxInsights   = 10_000
	maxEvents     = 200
)

type impact struct{ FaultCount, OkCount, TotalCount int64 }

func impactOf(s servicegraph.Stats) impact {
	return impact{whole(s.Faults), whole(s.Count) - whole(s.Faults), whole(s.Count)}
}

// insight is one as it is kept. Times are Unix ns; End is 0 while it goes on.
type insight struct {
	Group      string
	Root       serviceID
	Services   []serviceID
	Start, End int64
	Updated    int64
	Summary    string
	Clients    impact
	Cause      impact
	Events     []insightEvent
}

type insightEvent struct {
	Time     int64
	Summary  string
	Clients  impact
	Cause    impact
	Services []serviceID
}

func (f *Front) insights() shelf[insight] {
	return shelf[insight]{settings: f.settings, kind: "insight", most: maxInsights, full: errors.New("there are too many insights")}
}

// watcher looks for insights in the background.
type watcher struct {
	stop context.CancelFunc
	done sync.WaitGroup
	mu   sync.Mutex           // of looking, and of last
	last map[string]time.Time // by environment
}

func (f *Front) watchInsights(ctx context.Context) {
	ctx, f.watcher.stop = context.WithCancel(context.WithoutCancel(ctx))
	f.watcher.last = map[string]time.Time{}
	f.watcher.done.Go(func() {
		tick := time.NewTicker(insightEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for _, e := range f.Keys.Environments() {
				if err := f.lookForInsights(ctx, e.Slug); err != nil && ctx.Err() == nil {
					f.Log.WarnContext(ctx, "insights could not be looked for", slog.String("environment", e.Slug), slog.Any("error", err))
				}
			}
		}
	})
}

func (w *watcher) close() {
	if w.stop != nil {
		w.stop()
		w.done.Wait()
	}
}

// lookForInsights keeps what there is to be found in an environment, once a minute
// at most.
func (f *Front) lookForInsights(ctx context.Context, environment string) error {
	f.watcher.mu.Lock()
	defer f.watcher.mu.Unlock()
	now := f.Clock()
	if last, ok := f.watcher.last[environment]; ok && now.Sub(last) < insightEvery && !now.Before(last) {
		return nil
	}
	all, err := f.allGroups(ctx, environment)
	if err != nil {
		return err
	}
	known := filterGroups(all, func(resource string) string { return resource })
	for i := range all {
		if !all[i].Body.Insights {
			continue
		}
		if err := f.insightsOf(ctx, environment, &all[i], known, now); err != nil {
			return err
		}
	}
	f.watcher.last[environment] = now
	return nil
}

func (f *Front) insightsOf(ctx context.Context, environment string, g *kept[group], groups []xrayfilter.Group, now time.Time) error {
	end := now.Truncate(time.Minute).UnixNano()
	m := newMinuteStats(now.Truncate(time.Hour).Add(-insightWindow).UnixNano(), end)
	if err := f.fillMinutes(ctx, environment, g.Body.Filter, groups, m); err != nil {
		return err
	}
	old, err := f.insights().list(ctx, environment)
	if err != nil {
		return err
	}
	for _, found := range m.findings() {
		if err := f.keepInsight(ctx, environment, g.Name, m, &found, old, now.UnixNano()); err != nil {
			return err
		}
	}
	for _, o := range old {
		if o.Body.Start < now.Add(-insightKept).UnixNano() {
			if _, err := f.insights().delete(ctx, environment, o.Name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillMinutes takes roll-ups, or the newest traces of a group.
func (f *Front) fillMinutes(ctx context.Context, environment, filter string, groups []xrayfilter.Group, m *minuteStats) error {
	end := m.start + int64(m.n)*minuteOf
	rollups, calls, err := f.sums(ctx, environment, m.start, end)
	if err != nil {
		return err
	}
	origins := servicegraph.OriginsOf(rollups, calls)
	if filter != "" {
		e, err := xrayfilter.Parse(filter)
		if err == nil {
			e, err = e.Resolve(groups)
		}
		if err != nil {
			return err
		}
		q := tracesearch.Question{Environment: environment, Start: m.start, End: end, Filters: []xrayfilter.Expression{e}, Slow: f.slow(ctx, environment, end)}
		_, err = tracesearch.Newest(ctx, f.Querier, &q, tracesearch.Limits{Traces: maxGraphOf}, func(t *xraymodel.Trace, _ bool) {
			servicegraph.EachOfTrace(t, origins, m.node, m.edge)
		})
		return err
	}
	for i := range rollups {
		r := &rollups[i]
		if !r.Serves {
			continue
		}
		id := origins.OfRollup(r)
		m.node(id, r.Minute, servicegraph.StatsOfRollup(r))
		if r.Root {
			m.edge(servicegraph.NodeID{Kind: servicegraph.Client, Name: r.Service}, id, r.Minute, servicegraph.StatsOfRollup(r))
		}
	}
	for i := range calls {
		from, to := origins.OfCall(&calls[i])
		m.edge(from, to, calls[i].Minute, servicegraph.StatsOfCall(&calls[i]))
		if to.Kind == servicegraph.Inferred {
			m.node(to, calls[i].Minute, servicegraph.StatsOfCall(&calls[i]))
		}
	}
	return nil
}

func serviceOfNode(id servicegraph.NodeID) serviceID {
	return serviceID{Name: id.Name, Names: []string{id.Name}, Type: id.Type}
}

// keepInsight makes an insight of a finding, or brings the one that it is of up to date.
func (f *Front) keepInsight(ctx context.Context, environment, group string, m *minuteStats, found *finding, old []kept[insight], now int64) error {
	at := func(minute int) int64 { return m.start + int64(minute)*minuteOf }
	i := insight{Group: group, Root: serviceOfNode(found.root), Start: at(found.from), Updated: now}
	for _, p := range found.parts {
		if s := serviceOfNode(p.node); !slices.ContainsFunc(i.Services, func(o serviceID) bool { return o.same(&s) }) {
			i.Services = append(i.Services, s)
		}
	}
	i.Clients, i.Cause = impactOf(within(m.roots, found.from, found.to)), impactOf(within(m.nodes[found.root], found.from, found.to))
	if !found.open {
		i.End = at(found.to)
	}
	i.Summary = i.words()
	name := insightID(environment, group, found.root, i.Start)
	for _, o := range old {
		over := o.Body.End
		if over == 0 {
			over = now
		}
		b := &o.Body
		if b.Group == group && b.Root.same(&i.Root) && b.Start <= at(found.to) && i.Start <= over+int64(quietMinutes)*minuteOf {
			name = o.Name
			break
		}
	}
	_, err := f.insights().put(ctx, environment, name, now, func(was *kept[insight]) (insight, error) {
		next := i
		if was != nil {
			next.Start, next.Events = was.Body.Start, was.Body.Events
			if was.Body.same(&next) {
				return was.Body, nil
			}
		}
		if len(next.Events) < maxEvents {
			next.Events = append(next.Events, insightEvent{now, next.Summary, next.Clients, next.Cause, next.Services})
		}
		return next, nil
	})
	return err
}

// same reports whether nothing notable changed.
func (i *insight) same(o *insight) bool {
	return i.End == o.End && i.Clients == o.Clients && i.Cause == o.Cause && len(i.Services) == len(o.Services)
}

// words says in two sentences what happened, and what clients saw of it.
func (i *insight) words() string {
	from := time.Unix(0, i.Start).UTC().Format(time.RFC3339)
	when := "since " + from
	if i.End != 0 {
		when = "from " + from + " to " + time.Unix(0, i.End).UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s failed more often than expected %s: %d of %d requests. Of %d requests of clients, %d failed.",
		i.Root.Name, when, i.Cause.FaultCount, i.Cause.TotalCount, i.Clients.TotalCount, i.Clients.FaultCount)
}

// insightID is the id of an insight, a UUID.
func insightID(environment, group string, root servicegraph.NodeID, start int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %q %d", environment, group, root.Kind, root.Name, root.Type, start))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (i *insight) state() string {
	if i.End == 0 {
		return "ACTIVE"
	}
	return "CLOSED"
}

func anomalous(list []serviceID) []map[string]any {
	out := []map[string]any{}
	for _, s := range list {
		out = append(out, map[string]any{"ServiceId": s})
	}
	return out
}

func (f *Front) insightOnWire(c *call, k *kept[insight]) map[string]any {
	i := &k.Body
	out := map[string]any{
		"InsightId": k.Name, "GroupName": i.Group, "RootCauseServiceId": i.Root, "Categories": []string{"FAULT"}, "State": i.state(),
		"StartTime": seconds(time.Unix(0, i.Start)), "Summary": i.Summary, "ClientRequestImpactStatistics": i.Clients,
		"RootCauseServiceRequestImpactStatistics": i.Cause, "TopAnomalousServices": anomalous(i.Services),
	}
	if g, err := f.findGroup(c, i.Group, ""); err == nil {
		out["GroupARN"] = c.arn(groupPath(g))
	}
	if i.End != 0 {
		out["EndTime"] = seconds(time.Unix(0, i.End))
	}
	return out
}

func (f *Front) getInsightSummaries(c *call) (any, error) {
	var in struct {
		ranged
		States     []string
		MaxResults int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	start, end, err := in.bounds()
	if err != nil {
		return nil, err
	}
	g, err := f.findGroup(c, in.GroupName, in.GroupARN)
	if err != nil {
		return nil, err
	}
	if err := f.lookForInsights(c.Context(), c.Who.Environment); err != nil {
		return nil, err
	}
	all, err := f.insights().list(c.Context(), c.Who.Environment)
	if err != nil {
		return nil, err
	}
	var list []kept[insight]
	for _, k := range all {
		b := &k.Body
		if b.Group == g.Name && b.Start < end && (b.End == 0 || b.End > start) && (len(in.States) == 0 || slices.Contains(in.States, b.state())) {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(x, y kept[insight]) int {
		return cmp.Or(cmp.Compare(y.Body.Start, x.Body.Start), cmp.Compare(x.Name, y.Name))
	})
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = f.insightOnWire(c, &list[i])
		out[i]["LastUpdateTime"] = seconds(time.Unix(0, list[i].Body.Updated))
	}
	limit := insightsPage
	if in.MaxResults > 0 {
		limit = in.MaxResults
	}
	asked := aws.Asked(append([]string{"GetInsightSummaries", g.Name, fmt.Sprint(start, end)}, in.States...)...)
	return answerPage("InsightSummaries", aws.Listing[map[string]any]{
		Limit: limit, Token: in.NextToken, Asked: asked, Key: func(m *map[string]any) string {
			return sortable(int(1<<40-time.Time((*m)["StartTime"].(seconds)).Unix())) + (*m)["InsightId"].(string)
		},
	}, out)
}

func (f *Front) findInsight(c *call, id string) (*kept[insight], error) {
	if err := f.lookForInsights(c.Context(), c.Who.Environment); err != nil {
		return nil, err
	}
	k, err := f.insights().get(c.Context(), c.Who.Environment, id)
	if err == nil && k == nil {
		err = invalid("There is no insight %s.", aws.Cut(id))
	}
	return k, err
}

func (f *Front) getInsight(c *call) (any, error) {
	var in struct {
		InsightID string `json:"InsightId"`
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.findInsight(c, in.InsightID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Insight": f.insightOnWire(c, k)}, nil
}

type insightEventOnWire struct {
	Summary                                 string
	EventTime                               seconds
	ClientRequestImpactStatistics           impact
	RootCauseServiceRequestImpactStatistics impact
	TopAnomalousServices                    []map[string]any
}

func (f *Front) getInsightEvents(c *call) (any, error) {
	var in struct {
		InsightID  string `json:"InsightId"`
		MaxResults int
		NextToken  string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.findInsight(c, in.InsightID)
	if err != nil {
		return nil, err
	}
	events := make([]insightEventOnWire, 0, len(k.Body.Events))
	for _, e := range slices.Backward(k.Body.Events) {
		events = append(events, insightEventOnWire{e.Summary, seconds(time.Unix(0, e.Time)), e.Clients, e.Cause, anomalous(e.Services)})
	}
	limit := eventsPage
	if in.MaxResults > 0 {
		limit = in.MaxResults
	}
	return answerPage("InsightEvents", aws.Listing[insightEventOnWire]{
		Limit: limit, Token: in.NextToken, Asked: aws.Asked("GetInsightEvents", in.InsightID),
		Key: func(e *insightEventOnWire) string { return sortable(int(1<<40 - time.Time(e.EventTime).Unix())) },
	}, events)
}

type impactService struct {
	ReferenceID int    `json:"ReferenceId"`
	Type        string `json:",omitempty"`
	Name        string
	Names       []string
	Edges       []map[string]int
}

// getInsightImpactGraph answers the anomalous services and all that calls them.
func (f *Front) getInsightImpactGraph(c *call) (any, error) {
	var in struct {
		InsightID          string `json:"InsightId"`
		StartTime, EndTime seconds
		NextToken          string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	start, end := time.Time(in.StartTime), time.Time(in.EndTime)
	if start.After(end) || end.Sub(start) > impactRange {
		return nil, invalid("The range from StartTime to EndTime is %s, it must be from 0 to %s.", end.Sub(start), impactRange)
	}
	k, err := f.findInsight(c, in.InsightID)
	if err != nil {
		return nil, err
	}
	from := k.Body.Start - int64(10*time.Minute)
	to := k.Body.End
	if to == 0 {
		to = f.Clock().UnixNano()
	}
	g, err := f.graph(c, max(from, start.UnixNano()), max(min(to, end.UnixNano()), start.UnixNano()+1))
	if err != nil {
		return nil, err
	}
	services := impactServices(g, k.Body.Services)
	answer, err := answerPage("Services", aws.Listing[impactService]{
		Limit: graphPage, Token: in.NextToken, Asked: aws.Asked("GetInsightImpactGraph", in.InsightID, fmt.Sprint(start.UnixNano(), end.UnixNano())),
		Key: func(s *impactService) string { return sortable(s.ReferenceID) },
	}, services)
	if err != nil {
		return nil, err
	}
	answer["InsightId"], answer["StartTime"], answer["EndTime"] = k.Name, in.StartTime, in.EndTime
	answer["ServiceGraphStartTime"], answer["ServiceGraphEndTime"] = seconds(time.Unix(0, from)), seconds(time.Unix(0, to))
	return answer, nil
}

func impactServices(g *servicegraph.Graph, anomalous []serviceID) []impactService {
	reached := make([]bool, len(g.Nodes))
	for i := range g.Nodes {
		s := serviceOfNode(g.Nodes[i].NodeID)
		reached[i] = slices.ContainsFunc(anomalous, func(o serviceID) bool { return o.same(&s) })
	}
	for changed := true; changed; {
		changed = false
		for _, e := range g.Edges {
			if reached[e.To] && !reached[e.From] {
				reached[e.From], changed = true, true
			}
		}
	}
	out := []impactService{}
	for i, n := range g.Nodes {
		if !reached[i] {
			continue
		}
		s := impactService{ReferenceID: i, Type: n.Type, Name: n.Name, Names: []string{n.Name}, Edges: []map[string]int{}}
		for _, e := range g.Edges {
			if e.From == i && reached[e.To] {
				s.Edges = append(s.Edges, map[string]int{"ReferenceId": e.To})
			}
		}
		out = append(out, s)
	}
	return out
}
