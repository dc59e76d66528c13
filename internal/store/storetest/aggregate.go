package storetest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// group is the records of one combination of group values and time bucket.
type group struct {
	key     record
	bucket  int64
	records []record
	// reaching holds spans that are in flight in this bucket, whenever they began.
	reaching []record
	over     map[string]event.Value // of calculations over series
}

func (p *pipeline) aggregate(s query.Aggregate) error {
	groups, err := p.groups(s)
	if err != nil {
		return err
	}
	if len(s.Groups) == 0 && s.Step == 0 && len(groups) == 0 {
		groups = []*group{{key: record{fields: map[string]event.Value{}}}}
	}
	var records []record
	for _, g := range groups {
		out := record{fields: map[string]event.Value{}, weight: 1}
		for _, name := range s.Groups {
			out.fields[name] = g.key.Get(name)
		}
		if s.Step > 0 {
			out.fields[event.SystemTime] = g.key.Get(event.SystemTime)
		}
		for _, c := range s.Calcs {
			if c.Series != nil {
				out.fields[c.Name] = g.ofSeries(c)
				continue
			}
			v, err := p.calculate(c, g, s.Step)
			if err != nil {
				return err
			}
			out.fields[c.Name] = v
		}
		records = append(records, out)
	}
	p.columns = slices.Clone(s.Groups)
	if s.Step > 0 {
		p.columns = append(p.columns, event.SystemTime)
	}
	for _, c := range s.Calcs {
		p.columns = append(p.columns, c.Name)
	}
	p.records, p.raw, p.added = records, false, nil
	p.kinds = p.kindsAfter(s)
	for i := range p.records {
		p.records[i].kinds = p.kinds
	}
	return nil
}

// kindsAfter are the kinds of an aggregate's columns.
func (p *pipeline) kindsAfter(s query.Aggregate) kinds {
	after := kinds{}
	for _, name := range s.Groups {
		after[name] = p.kinds[name]
	}
	if s.Step > 0 {
		after[event.SystemTime] = event.Int
	}
	for _, c := range s.Calcs {
		if c.Series != nil && (c.Op == query.Min || c.Op == query.Max) {
			after[c.Name] = event.Float
			continue
		}
		switch c.Op {
		case query.Count, query.CountDistinct:
			after[c.Name] = event.Int
		case query.Sum, query.Avg, query.Quantile, query.Concurrency, query.Interpolated, query.StdDev, query.Variance:
			after[c.Name] = event.Float
		case query.Min, query.Max, query.First, query.Last:
			after[c.Name] = p.kinds[c.Field]
		case query.Histogram, query.LeastText, query.GreatestText, query.Values, query.TopValues:
			after[c.Name] = event.String
		}
	}
	return after
}

// timeOf is the time of a record: the event's, or what an earlier Aggregate named so.
func (p *pipeline) timeOf(r record) (int64, bool) {
	if p.raw {
		return r.time, true
	}
	v := r.Get(event.SystemTime)
	return v.Int(), v.Kind() == event.Int
}

func floor(t, step int64) int64 {
	b := t / step * step
	if b > t {
		b -= step
	}
	return b
}

// groups puts each record into its group, and each span into the groups of all
// the buckets it reaches into if concurrency is asked for.
func (p *pipeline) groups(s query.Aggregate) ([]*group, error) {
	byKey := map[string]*group{}
	var groups []*group
	at := func(r record, bucket int64, timed bool) *group {
		key := keyOf(r, s.Groups) + fmt.Sprint(bucket, timed)
		g := byKey[key]
		if g == nil {
			g = &group{bucket: bucket, key: record{fields: map[string]event.Value{}}}
			for _, name := range s.Groups {
				g.key.fields[name] = r.Get(name)
			}
			if s.Step > 0 && timed {
				g.key.fields[event.SystemTime] = event.IntValue(bucket)
			}
			byKey[key] = g
			groups = append(groups, g)
		}
		return g
	}
	if err := p.groupsOfSeries(s, at); err != nil {
		return nil, err
	}
	for _, r := range p.records {
		t, timed := p.timeOf(r)
		if s.From != 0 && t < s.From || s.To != 0 && t >= s.To {
			continue
		}
		if s.Step == 0 {
			g := at(r, 0, false)
			g.records, g.reaching = append(g.records, r), append(g.reaching, r)
			continue
		}
		first := floor(t, s.Step)
		g := at(r, first, timed)
		g.records = append(g.records, r)
		for _, c := range s.Calcs {
			if c.Op != query.Concurrency || c.Where != nil && !holds(c.Where, r) {
				continue
			}
			for b := first; b < p.spanEnd(r); b += s.Step {
				if g := at(r, b, true); len(g.reaching) == 0 || g.reaching[len(g.reaching)-1].id != r.id {
					g.reaching = append(g.reaching, r)
				}
			}
		}
	}
	return groups, nil
}

// groupsOfSeries puts what calculations over series give into the groups.
func (p *pipeline) groupsOfSeries(s query.Aggregate, at func(r record, bucket int64, timed bool) *group) error {
	for _, c := range s.Calcs {
		if c.Series == nil {
			continue
		}
		if !p.raw {
			return fault.New(fault.Invalid, "series are made of events")
		}
		keys, values := p.overSeries(s, c)
		for where, v := range values {
			g := at(keys[where.group], where.step, s.Step > 0)
			if g.over == nil {
				g.over = map[string]event.Value{}
			}
			g.over[c.Name] = v
		}
	}
	return nil
}

// ofSeries is what a calculation over series gave for the group.
func (g *group) ofSeries(c query.Calc) event.Value {
	if v := g.over[c.Name]; !v.IsNull() || c.Op != query.Count && c.Op != query.CountDistinct {
		return v
	}
	return event.IntValue(0)
}

// spanEnd is when a span ends, at the latest at the end of the query's range;
// its start if it has no duration.
func (p *pipeline) spanEnd(r record) int64 {
	ms, ok := finite(r.Get(event.FieldDuration))
	if !ok || ms <= 0 {
		return r.time
	}
	return r.time + int64(min(math.Round(ms*1e6), float64(p.q.End-r.time)))
}

func finite(v event.Value) (float64, bool) {
	f, ok := v.Number()
	return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// sample is a number that stands for weight events.
type sample struct {
	value  float64
	weight float64
}

func (p *pipeline) calculate(c query.Calc, g *group, step int64) (event.Value, error) {
	if c.Op == query.Concurrency {
		if !p.raw {
			return event.Value{}, fault.New(fault.Invalid, "CONCURRENCY works on events")
		}
		return event.FloatValue(p.concurrency(c, g, step)), nil
	}
	var kept []record // that count and, but for a plain Count, have a value
	for _, r := range g.records {
		if (c.Where == nil || holds(c.Where, r)) && (c.Field == "" || !r.Get(c.Field).IsNull()) {
			kept = append(kept, r)
		}
	}
	var samples []sample
	for _, r := range kept {
		if f, ok := finite(r.Get(c.Field)); ok {
			samples = append(samples, sample{f, p.weight(r)})
		}
	}
	switch c.Op {
	case query.Count:
		total := 0.0
		for _, r := range kept {
			total += p.weight(r)
		}
		return event.IntValue(int64(total)), nil
	case query.CountDistinct:
		seen := map[string]bool{}
		for _, r := range kept {
			seen[keyOf(r, []string{c.Field})] = true
		}
		return event.IntValue(int64(len(seen))), nil
	case query.Min, query.Max:
		return extreme(c, kept), nil
	case query.First, query.Last:
		return p.edge(c, kept), nil
	case query.Sum, query.Avg, query.Quantile, query.Histogram:
		return reduce(c, samples), nil
	case query.Interpolated, query.StdDev, query.Variance:
		return spread(c, samples), nil
	case query.LeastText, query.GreatestText, query.Values, query.TopValues:
		return listed(c, kept), nil
	case query.Concurrency:
	}
	return event.Value{}, fault.New(fault.Invalid, "unknown calculation %d", c.Op)
}

func (p *pipeline) weight(r record) float64 {
	if p.q.Unweighted || !p.raw {
		return 1
	}
	return float64(r.weight)
}

// extreme is the least or greatest value; in a text column, numbers win over
// text that is none.
func extreme(c query.Calc, kept []record) event.Value {
	var best event.Value
	bestIsNumber := false
	for _, r := range kept {
		v := r.Get(c.Field)
		f, isNumber := finite(v)
		if v.Kind() == event.Float && !isNumber {
			continue
		}
		order := 0
		switch {
		case best.IsNull() || isNumber && !bestIsNumber:
			best, bestIsNumber = v, isNumber
			continue
		case bestIsNumber && !isNumber:
			continue
		case isNumber && v.Kind() == event.String:
			b, _ := best.Number()
			order = compareValues(event.FloatValue(f), event.FloatValue(b))
		default:
			order = compareValues(v, best)
		}
		if c.Op == query.Min && order < 0 || c.Op == query.Max && order > 0 {
			best = v
		}
	}
	return best
}

// edge is the value of the earliest or latest record.
func (p *pipeline) edge(c query.Calc, kept []record) event.Value {
	var found event.Value
	var at int64
	for i, r := range kept {
		t, _ := p.timeOf(r)
		if i == 0 || c.Op == query.First && t < at || c.Op == query.Last && t > at {
			found, at = r.Get(c.Field), t
		}
	}
	return found
}

// reduce computes what is made of numbers; null if there are none.
func reduce(c query.Calc, samples []sample) event.Value {
	if len(samples) == 0 {
		return event.Value{}
	}
	var sum, weight float64
	for _, s := range samples {
		sum += s.value * s.weight
		weight += s.weight
	}
	switch c.Op {
	case query.Sum:
		return event.FloatValue(sum)
	case query.Avg:
		return event.FloatValue(sum / weight)
	case query.Histogram:
		return event.StringValue(histogram(samples))
	}
	// The value of nearest rank: the first one at which the share q is reached.
	slices.SortFunc(samples, func(a, b sample) int { return compareValues(event.FloatValue(a.value), event.FloatValue(b.value)) })
	running := 0.0
	for _, s := range samples {
		running += s.weight
		if running >= c.Q*weight-1e-6 {
			return event.FloatValue(s.value)
		}
	}
	return event.FloatValue(samples[len(samples)-1].value)
}

// spread computes what is made of numbers without weights.
func spread(c query.Calc, samples []sample) event.Value {
	n := float64(len(samples))
	if n == 0 || c.Op != query.Interpolated && n < 2 {
		return event.Value{}
	}
	values := make([]float64, len(samples))
	mean := 0.0
	for i, s := range samples {
		values[i] = s.value
		mean += s.value / n
	}
	if c.Op == query.Interpolated {
		slices.Sort(values)
		at := c.Q * (n - 1)
		low := int(math.Floor(at))
		high := min(low+1, len(values)-1)
		return event.FloatValue(values[low] + (values[high]-values[low])*(at-float64(low)))
	}
	squares := 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	if c.Op == query.Variance {
		return event.FloatValue(squares / (n - 1))
	}
	return event.FloatValue(math.Sqrt(squares / (n - 1)))
}

// listed computes what is made of texts.
func listed(c query.Calc, kept []record) event.Value {
	counts := map[string]int{}
	for _, r := range kept {
		counts[r.Get(c.Field).Text()]++
	}
	if len(counts) == 0 {
		return event.Value{}
	}
	names := sortedKeys(counts)
	switch c.Op {
	case query.LeastText:
		return event.StringValue(names[0])
	case query.GreatestText:
		return event.StringValue(names[len(names)-1])
	case query.TopValues:
		slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
		names = names[:min(len(names), int(c.Q))]
	}
	items := make([]event.Value, min(len(names), query.MaxListed))
	for i := range items {
		items[i] = event.StringValue(names[i])
	}
	return query.TextList(items)
}

func histogram(samples []sample) string {
	counts := map[int32]float64{}
	for _, s := range samples {
		counts[query.HistogramBin(s.value)] += s.weight
	}
	var bins []int32
	for b := range counts {
		bins = append(bins, b)
	}
	slices.Sort(bins)
	var parts []string
	for _, b := range bins {
		parts = append(parts, fmt.Sprintf("%q:%.0f", fmt.Sprint(b), counts[b]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// concurrency is the mean number of spans in flight: the time that spans spent
// in the bucket, over the bucket's length in the query's range.
func (p *pipeline) concurrency(c query.Calc, g *group, step int64) float64 {
	from, to := p.q.Start, p.q.End
	if step > 0 {
		from, to = max(from, g.bucket), min(to, g.bucket+step)
	}
	busy := 0.0
	for _, r := range g.reaching {
		if c.Where != nil && !holds(c.Where, r) {
			continue
		}
		if overlap := min(p.spanEnd(r), to) - max(r.time, from); overlap > 0 {
			busy += float64(overlap) * p.weight(r)
		}
	}
	return busy / float64(to-from)
}
