package xray

import (
	"math"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/servicegraph"
	"github.com/oriel-dev/oriel/internal/store"
)

const (
	defaultPeriod = 60
	maxBuckets    = 10_000
	seriesPage    = 1440
)

type forecastStatistics struct{ FaultCountHigh, FaultCountLow int64 }

type timeSeries struct {
	Timestamp                 seconds
	EdgeSummaryStatistics     *countStatistics    `json:",omitempty"`
	ServiceSummaryStatistics  *countStatistics    `json:",omitempty"`
	ServiceForecastStatistics *forecastStatistics `json:",omitempty"`
	ResponseTimeHistogram     []histogramEntry
}

// chosen says which nodes or edges of graphs are summed up.
type chosen struct {
	service *xrayfilter.Service
	edge    *xrayfilter.Edge
}

func choose(text string, forecast bool) (s chosen, err error) {
	if text == "" {
		if forecast {
			return s, invalid("ForecastStatistics needs an EntitySelectorExpression of service(id(…)).")
		}
		return s, nil
	}
	e, err := xrayfilter.Selector(text)
	if err != nil {
		return s, atColumn(err)
	}
	var where xrayfilter.Expr
	switch e := e.(type) {
	case xrayfilter.Service:
		s.service, where = &e, e.Where
	case xrayfilter.Edge:
		s.edge, where = &e, e.Where
	}
	if where != nil {
		return s, invalid("An EntitySelectorExpression takes no conditions in braces: leave { %s } out.", aws.Cut(where.String()))
	}
	if forecast && (s.service == nil || s.service.Of == nil || s.service.Of.IDName == nil && s.service.Of.IDType == nil) {
		return s, invalid("ForecastStatistics needs an EntitySelectorExpression of service(id(…)).")
	}
	return s, nil
}

// node reports whether a node is one that is summed up; id is as expressions see it.
func (s *chosen) node(id servicegraph.NodeID) bool {
	return s.service != nil && id.Kind != servicegraph.Client && (s.service.Of == nil || s.service.Of.Means(id.Name, id.Type, ""))
}

func (s *chosen) connects(from, to servicegraph.NodeID) bool {
	if s.edge == nil {
		return s.service == nil && from.Kind == servicegraph.Client
	}
	if from.Kind == servicegraph.Client && s.edge.From.IDType == nil {
		return false // the client before a service has its name
	}
	return s.edge.From.Means(from.Name, from.Type, "") && s.edge.To.Means(to.Name, to.Type, "")
}

// buckets are the sums of a series over time.
type buckets struct {
	start, step int64
	list        []servicegraph.Stats
}

func (b *buckets) at(ns int64) *servicegraph.Stats {
	i := (ns - b.start) / b.step
	if ns < b.start || i >= int64(len(b.list)) {
		return &servicegraph.Stats{} // not asked for
	}
	return &b.list[i]
}

func (f *Front) getTimeSeriesServiceStatistics(c *call) (any, error) {
	var in struct {
		ranged
		EntitySelectorExpression string
		Period                   *int64
		ForecastStatistics       bool
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	start, end, err := in.bounds()
	if err != nil {
		return nil, err
	}
	period := int64(defaultPeriod)
	if in.Period != nil {
		period = *in.Period
	}
	if period < defaultPeriod || period%defaultPeriod != 0 || period > math.MaxInt32 {
		return nil, invalid("The Period %d is not a multiple of 60 seconds.", period)
	}
	b := &buckets{step: period * secondsIn}
	b.start = start - start%b.step
	n := (end - b.start + b.step - 1) / b.step
	if n > maxBuckets {
		return nil, invalid("%d periods are asked for, at most %d are possible: make the Period longer or the time range shorter.", n, maxBuckets)
	}
	b.list = make([]servicegraph.Stats, n)
	s, err := choose(in.EntitySelectorExpression, in.ForecastStatistics)
	if err != nil {
		return nil, err
	}
	if err := f.fill(c, &in.ranged, s, b); err != nil {
		return nil, err
	}
	asked := aws.Asked("GetTimeSeriesServiceStatistics", strconv.FormatInt(start, 10), strconv.FormatInt(end, 10), in.GroupName, in.GroupARN,
		in.EntitySelectorExpression, strconv.FormatInt(period, 10), strconv.FormatBool(in.ForecastStatistics))
	answer, err := answerPage("TimeSeriesServiceStatistics", aws.Listing[timeSeries]{
		Limit: seriesPage, Token: in.NextToken, Asked: asked, Key: func(t *timeSeries) string { return sortable(int(time.Time(t.Timestamp).Unix())) },
	}, b.series(s.service != nil, in.ForecastStatistics))
	if err != nil {
		return nil, err
	}
	answer["ContainsOldGroupVersions"] = false
	return answer, nil
}

// fill sums up what is chosen: of roll-ups, or of the newest traces of a group.
func (f *Front) fill(c *call, in *ranged, s chosen, b *buckets) error {
	from, to := b.start, b.start+int64(len(b.list))*b.step
	e, some, err := f.filterOf(c, in)
	if err != nil {
		return err
	}
	if some {
		traces, origins, err := f.tracesOf(c, e, from, to)
		if err != nil {
			return err
		}
		for _, t := range traces {
			servicegraph.EachOfTrace(t, origins, func(id servicegraph.NodeID, at int64, stats servicegraph.Stats) {
				if s.node(id) {
					b.at(at).Add(stats)
				}
			}, func(from, to servicegraph.NodeID, at int64, stats servicegraph.Stats) {
				if s.connects(from, to) {
					b.at(at).Add(stats)
				}
			})
		}
		return nil
	}
	rollups, calls, err := f.sums(c.Context(), c.Who.Environment, from, to)
	if err != nil {
		return err
	}
	s.sum(rollups, calls, b)
	return nil
}

func (s *chosen) sum(rollups []store.Rollup, calls []store.Call, b *buckets) {
	origins := servicegraph.OriginsOf(rollups, calls)
	for i := range rollups {
		r := &rollups[i]
		if !r.Serves {
			continue
		}
		id := origins.OfRollup(r)
		if s.node(id) || r.Root && s.connects(servicegraph.NodeID{Kind: servicegraph.Client, Name: r.Service, Type: "client"}, id) {
			b.at(r.Minute).Add(servicegraph.StatsOfRollup(r))
		}
	}
	for i := range calls {
		from, to := origins.OfCall(&calls[i])
		if to.Kind == servicegraph.Inferred && s.node(to) || s.connects(from, to) {
			b.at(calls[i].Minute).Add(servicegraph.StatsOfCall(&calls[i]))
		}
	}
}

func (b *buckets) series(ofService, forecast bool) []timeSeries {
	out := make([]timeSeries, len(b.list))
	expect := newExpectation(b.step)
	for i := range b.list {
		stats := &b.list[i]
		t := timeSeries{Timestamp: seconds(time.Unix(0, b.start+int64(i)*b.step)), ResponseTimeHistogram: histogramOf(stats)}
		if ofService {
			t.ServiceSummaryStatistics = statisticsOf(stats)
		} else {
			t.EdgeSummaryStatistics = statisticsOf(stats)
		}
		if forecast {
			low, high := expect.band(stats.Count)
			t.ServiceForecastStatistics = &forecastStatistics{high, low}
			expect.learn(stats.Count, stats.Faults)
		}
		out[i] = t
	}
	return out
}

// expectation is how many faults are expected of a service: a share of its requests
// that follows what was seen, with a half-life.
type expectation struct {
	keep  float64 // how much of what was known stays after a step
	count float64
	fault float64
}

const halfLife = 30 * time.Minute

func newExpectation(step int64) *expectation {
	return &expectation{keep: math.Exp2(-float64(step) / float64(halfLife))}
}

func (x *expectation) learn(count, faults float64) {
	x.count = x.count*x.keep + count
	x.fault = x.fault*x.keep + faults
}

// band is between how many faults 99.9 of 100 like steps lie: of a Poisson
// distribution around what is expected, which as much as one fault in a thousand
// requests always is.
func (x *expectation) band(requests float64) (low, high int64) {
	const (
		least = 0.001
		z     = 3.29 // of a normal distribution, both sides together
	)
	rate := least
	if x.count > 0 {
		rate = math.Max(x.fault/x.count, least)
	}
	mean := rate * requests
	spread := z * math.Sqrt(mean)
	return int64(math.Max(math.Floor(mean-spread), 0)), int64(math.Ceil(mean + spread + 1))
}
