package querier

import (
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// aggregate groups the rows, as stores do; there are no weights here.
func (t *rows) aggregate(s query.Aggregate) {
	fields := s.Groups
	if s.Step > 0 {
		fields = append(slices.Clone(fields), event.SystemTime)
		for i := range t.values {
			at := t.get(i, event.SystemTime)
			if at.Kind() == event.Int {
				rest := at.Int() % s.Step
				if rest < 0 {
					rest += s.Step
				}
				t.set(i, event.SystemTime, event.IntValue(at.Int()-rest))
			}
		}
	}
	groups := map[string][]int{}
	var order []string
	for i := range t.values {
		key := t.key(i, fields)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
	}
	if len(fields) == 0 && len(order) == 0 {
		order = []string{""}
	}
	out := &rows{names: map[string]int{}, most: t.most, stats: t.stats}
	for _, name := range fields {
		out.column(name)
	}
	for _, c := range s.Calcs {
		out.column(c.Name)
	}
	for _, key := range order {
		var values []event.Value
		for _, name := range fields {
			values = append(values, t.get(groups[key][0], name))
		}
		for _, c := range s.Calcs {
			values = append(values, t.calculate(c, groups[key]))
		}
		out.values = append(out.values, values)
	}
	*t = *out
}

func (t *rows) calculate(c query.Calc, group []int) event.Value {
	var values []event.Value
	count := 0
	for _, i := range group {
		if c.Where != nil && !query.Match(c.Where, row{t, i}) {
			continue
		}
		if v := t.get(i, c.Field); c.Field == "" || !v.IsNull() {
			count++
			values = append(values, v)
		}
	}
	switch c.Op { //nolint:exhaustive // the others are of texts, numbers, or of events only
	case query.Count:
		return event.IntValue(int64(count))
	case query.CountDistinct:
		return event.IntValue(int64(len(differentTexts(values))))
	case query.First, query.Last:
		if len(values) == 0 {
			return event.Value{}
		}
		if c.Op == query.First {
			return values[0]
		}
		return values[len(values)-1]
	case query.Min, query.Max:
		return extremeOf(values, c.Op == query.Max)
	case query.LeastText, query.GreatestText, query.Values, query.TopValues:
		return listOf(c, values)
	}
	return measure(c, values)
}

func differentTexts(values []event.Value) map[string]int {
	counts := map[string]int{}
	for _, v := range values {
		counts[v.Text()]++
	}
	return counts
}

// extremeOf is the least or greatest; numbers win over texts that are none.
func extremeOf(values []event.Value, greatest bool) event.Value {
	var best event.Value
	for _, v := range values {
		_, isNumber := finiteNumber(v)
		_, bestIs := finiteNumber(best)
		c := compareSorted(v, best, query.SortKey{Natural: isNumber && bestIs})
		switch {
		case best.IsNull(), isNumber && !bestIs:
			best = v
		case isNumber != bestIs:
		case greatest && c > 0, !greatest && c < 0:
			best = v
		}
	}
	return best
}

func listOf(c query.Calc, values []event.Value) event.Value {
	counts := differentTexts(values)
	if len(counts) == 0 {
		return event.Value{}
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	most := query.MaxListed
	switch c.Op { //nolint:exhaustive // only these are of texts
	case query.LeastText:
		return event.StringValue(names[0])
	case query.GreatestText:
		return event.StringValue(names[len(names)-1])
	case query.TopValues:
		slices.SortFunc(names, func(a, b string) int {
			if counts[a] != counts[b] {
				return counts[b] - counts[a]
			}
			return strings.Compare(a, b)
		})
		most = int(c.Q)
	}
	items := make([]event.Value, min(len(names), most))
	for i := range items {
		items[i] = event.StringValue(names[i])
	}
	return query.TextList(items)
}

// measure computes what is made of numbers; null without any.
func measure(c query.Calc, values []event.Value) event.Value {
	var list []float64
	sum := 0.0
	for _, v := range values {
		if f, ok := finiteNumber(v); ok {
			list = append(list, f)
			sum += f
		}
	}
	n := float64(len(list))
	if n == 0 {
		return event.Value{}
	}
	switch c.Op { //nolint:exhaustive // the others are no measures
	case query.Sum:
		return event.FloatValue(sum)
	case query.Avg:
		return event.FloatValue(sum / n)
	case query.Quantile:
		slices.Sort(list)
		return event.FloatValue(list[min(max(int(math.Ceil(c.Q*n))-1, 0), len(list)-1)])
	case query.Interpolated:
		slices.Sort(list)
		return event.FloatValue(interpolated(list, c.Q))
	case query.StdDev, query.Variance:
		if n < 2 {
			return event.Value{}
		}
		squares := 0.0
		for _, f := range list {
			squares += (f - sum/n) * (f - sum/n)
		}
		if c.Op == query.Variance {
			return event.FloatValue(squares / (n - 1))
		}
		return event.FloatValue(math.Sqrt(squares / (n - 1)))
	}
	return event.Value{}
}

// interpolated is a quantile of sorted numbers.
func interpolated(list []float64, q float64) float64 {
	at := q * float64(len(list)-1)
	low := int(at)
	high := min(low+1, len(list)-1)
	return list[low] + (list[high]-list[low])*(at-float64(low))
}
