package storetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// spot is a group and a step of an aggregation.
type spot struct {
	group string
	step  int64
}

// bucket of a distribution.
type bucket struct{ low, high, count float64 }

// distributionOf reads a distribution, as what maps bounds to counts.
func distributionOf(v event.Value) map[[2]float64]float64 {
	out := map[[2]float64]float64{}
	var list [][]float64
	if v.Kind() != event.String || json.Unmarshal([]byte(v.Str()), &list) != nil {
		return out
	}
	for _, b := range list {
		out[[2]float64{b[0], b[1]}] += b[2]
	}
	return out
}

// reading is a data point of a series: a number, or a distribution and how many
// values it has.
type reading struct {
	group   string
	at      int64
	started bool // it says since when it counts
	start   int64
	since   int64 // when what it tells of began, 0 if it does not say
	value   float64
	spread  map[[2]float64]float64
}

// seriesOf gathers the data points of a calculation, by group and series.
func (p *pipeline) seriesOf(s query.Aggregate, c query.Calc) (keys map[string]record, all map[string]map[string][]reading) {
	keys, all = map[string]record{}, map[string]map[string][]reading{}
	for _, r := range p.records {
		v := r.Get(c.Field)
		number, isNumber := finite(v)
		if c.Where != nil && !holds(c.Where, r) || v.IsNull() || !c.Series.Distribution && !isNumber {
			continue
		}
		point := reading{at: r.time, value: number}
		if c.Series.Distribution {
			if v.Kind() != event.String {
				continue
			}
			point.spread = distributionOf(v)
			point.value, _ = finite(r.Get(c.Field + ".count"))
		}
		if start := r.Get(event.FieldSeriesStart); start.Kind() == event.Int {
			point.started, point.start = true, start.Int()
		}
		if since := r.Get(event.FieldSeriesSince); since.Kind() == event.Int {
			point.since = since.Int()
		}
		group := keyOf(r, s.Groups)
		point.group, keys[group] = group, r
		if c.Series.Uncut {
			group = ""
		}
		if all[group] == nil {
			all[group] = map[string][]reading{}
		}
		series := fmt.Sprint(r.Get(event.FieldSeries).Text(), r.Get(event.FieldSeries).IsNull())
		all[group][series] = append(all[group][series], point)
	}
	for _, group := range all {
		for _, points := range group {
			slices.SortFunc(points, func(a, b reading) int {
				if a.started != b.started {
					return cmp.Or(cmp.Compare(a.at, b.at), map[bool]int{true: -1, false: 1}[a.started])
				}
				return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.start, b.start), cmp.Compare(a.value, b.value))
			})
		}
	}
	return keys, all
}

// growth is by how much a series grew at a point; false if that is not known.
func (p *pipeline) growth(t *query.Temporal, points []reading, i int) (number float64, spread map[[2]float64]float64, known bool) {
	now := points[i]
	whole := t.Deltas && !now.started
	if !whole && i == 0 {
		if !now.started || now.start < p.q.Start {
			return 0, nil, false
		}
		whole = true
	}
	if !whole {
		last := points[i-1]
		whole = now.value < last.value || now.started && now.start > last.at
		if !whole {
			less := map[[2]float64]float64{}
			for b, n := range now.spread {
				less[b] += n
			}
			for b, n := range last.spread {
				less[b] -= n
			}
			return now.value - last.value, less, true
		}
	}
	return now.value, now.spread, true
}

// valuesOf are what the series of each spot give: numbers, one for each, or the
// distributions.
func (p *pipeline) valuesOf(s query.Aggregate, c query.Calc) (keys map[string]record, numbers map[spot][]float64, spreads map[spot][]map[[2]float64]float64) {
	keys, all := p.seriesOf(s, c)
	numbers, spreads = map[spot][]float64{}, map[spot][]map[[2]float64]float64{}
	t := c.Series
	put := func(at spot, total float64, spread map[[2]float64]float64, some bool) {
		switch {
		case !some:
		case !t.Distribution:
			numbers[at] = append(numbers[at], total)
		case t.Share == nil:
			spreads[at] = append(spreads[at], spread)
		default:
			if v, ok := shareOf(spread, *t.Share); ok {
				numbers[at] = append(numbers[at], v)
			}
		}
	}
	from, stop := p.q.Start, p.q.End
	if s.From != 0 {
		from = max(from, s.From)
	}
	if s.To != 0 {
		stop = min(stop, s.To)
	}
	var steps []int64
	if s.Step > 0 {
		for b := floor(from, s.Step); b < stop; b += s.Step {
			steps = append(steps, b)
		}
	} else {
		steps = []int64{0}
	}
	of := func(group string, points []reading) {
		for _, step := range steps {
			begin, end := from, stop
			if s.Step > 0 {
				begin, end = max(step, from), step+s.Step
			}
			if t.Range > 0 {
				begin = end - t.Range
			}
			longest := query.Spread(s.Step)
			if t.Distribution && c.Op == query.Histogram {
				longest = 0
			}
			total, spread, some := p.inStep(t, group, points, begin, min(end, stop), longest)
			put(spot{group, step}, total, spread, some)
		}
	}
	for group, series := range all {
		for _, points := range series {
			if !t.Uncut {
				of(group, points)
				continue
			}
			for group := range keys {
				of(group, points)
			}
		}
	}
	return keys, numbers, spreads
}

// shareIn is how much of what a point tells of lies between two moments.
func (r *reading) shareIn(begin, end, longest int64) float64 {
	if r.since > 0 && r.since < r.at && r.at-r.since <= longest {
		return max(float64(min(r.at, end)-max(r.since, begin))/float64(r.at-r.since), 0)
	}
	if r.at >= begin && r.at < end {
		return 1
	}
	return 0
}

// inStep is what the points of a series that are in a group give between two moments.
// What tells of longest at most is spread over it.
func (p *pipeline) inStep(t *query.Temporal, group string, points []reading, begin, end, longest int64) (total float64, spread map[[2]float64]float64, some bool) {
	spread = map[[2]float64]float64{}
	for i, point := range points {
		if !t.Spreads() {
			longest = 0
		}
		share := point.shareIn(begin, end, longest)
		if share == 0 || point.group != group {
			continue
		}
		number, more, known := point.value, point.spread, true
		if t.Func == query.Increase || t.Func == query.Rate {
			number, more, known = p.growth(t, points, i)
		}
		if !known {
			continue
		}
		if t.Func == query.LastPoint {
			total, spread = 0, map[[2]float64]float64{}
		}
		some = true
		total += number * share
		for b, n := range more {
			spread[b] += n * share
		}
	}
	if t.Func == query.Rate {
		length := t.Range
		if length == 0 {
			length = end - begin
		}
		total /= float64(length) / 1e9
	}
	return total, spread, some
}

// shareOf is a quantile of a distribution, linear within a bucket.
func shareOf(spread map[[2]float64]float64, q float64) (float64, bool) {
	list := bucketsOf(spread)
	total, before := 0.0, 0.0
	for _, b := range list {
		total += b.count
	}
	for _, b := range list {
		if before+b.count >= q*total-1e-6 {
			return b.low + (b.high-b.low)*max(q*total-before, 0)/b.count, true
		}
		before += b.count
	}
	return 0, false
}

// bucketsOf are the buckets that hold something, in order.
func bucketsOf(spread map[[2]float64]float64) []bucket {
	var list []bucket
	for b, n := range spread {
		if n > 0 {
			list = append(list, bucket{b[0], b[1], n})
		}
	}
	slices.SortFunc(list, func(a, b bucket) int { return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high)) })
	return list
}

// overSeries computes a calculation over series for each spot where it has a value.
func (p *pipeline) overSeries(s query.Aggregate, c query.Calc) (keys map[string]record, values map[spot]event.Value) {
	keys, numbers, spreads := p.valuesOf(s, c)
	values = map[spot]event.Value{}
	for at, list := range spreads {
		all := map[[2]float64]float64{}
		for _, spread := range list {
			for b, n := range spread {
				all[b] += n
			}
		}
		if len(bucketsOf(all)) == 0 {
			continue
		}
		if c.Op == query.Histogram {
			var samples []sample
			for _, b := range bucketsOf(all) {
				samples = append(samples, sample{(b.low + b.high) / 2, b.count})
			}
			values[at] = event.StringValue(histogram(samples))
			continue
		}
		v, _ := shareOf(all, c.Q)
		values[at] = event.FloatValue(v)
	}
	for at, list := range numbers {
		values[at] = ofNumbers(c, list)
	}
	return keys, values
}

func ofNumbers(c query.Calc, list []float64) event.Value {
	var samples []sample
	different := map[float64]bool{}
	least, greatest := math.Inf(1), math.Inf(-1)
	for _, v := range list {
		samples = append(samples, sample{v, 1})
		different[v+0] = true
		least, greatest = min(least, v), max(greatest, v)
	}
	switch c.Op {
	case query.Count:
		return event.IntValue(int64(len(list)))
	case query.CountDistinct:
		return event.IntValue(int64(len(different)))
	case query.Min:
		return event.FloatValue(least)
	case query.Max:
		return event.FloatValue(greatest)
	default:
		return reduce(c, samples)
	}
}
