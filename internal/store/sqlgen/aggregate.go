package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// aggregation is an Aggregate being compiled. It is one SELECT with a GROUP BY
// where that will do. Calculations that need another shape (bins, spans cut into
// buckets) get a SELECT of their own, and all are joined by grouping again what
// UNION ALL puts together, which treats null groups as equal.
type aggregation struct {
	c        *compiler
	stage    query.Aggregate
	weighted bool
	time     term     // of the row; null after an earlier Aggregate without Step
	keys     []term   // group expressions, the bucket last
	keyNames []string // their aliases
	calcs    []calculation
	all      relation // with the rows that only series come from
}

// calculation is one Calc with its fields looked up.
type calculation struct {
	query.Calc
	field term
	where string // "" or a condition
	name  string // alias
	kind  event.Kind
}

// maxConcurrencyBuckets bounds the rows that one long span becomes.
const maxConcurrencyBuckets = 20_000

func (c *compiler) aggregate(s query.Aggregate) error {
	c.settle()
	a := &aggregation{c: c, stage: s}
	a.weighted = c.rel.raw && !c.q.Unweighted && c.s.Weighted()
	for _, g := range s.Groups {
		a.addKey(c.lookup(g))
	}
	a.time = c.rowTime()
	if s.Step > 0 {
		t := term{sql: c.d.bucket(a.time.sql, s.Step, !c.rel.raw || c.q.Start < 0), kind: event.Int}
		if a.time.kind == event.Null {
			t = a.time
		}
		a.addKey(t)
	}
	for _, calc := range s.Calcs {
		if err := a.addCalc(calc); err != nil {
			return err
		}
	}
	a.all = c.rel
	if s.From != 0 {
		c.rel.where = append(slices.Clone(c.rel.where), a.time.sql+" >= "+c.d.integer(s.From))
	}
	if s.To != 0 {
		c.rel.where = append(slices.Clone(c.rel.where), a.time.sql+" < "+c.d.integer(s.To))
	}
	from := a.sql()
	names := slices.Clone(s.Groups)
	if s.Step > 0 {
		names = append(names, event.SystemTime)
	}
	rel := relation{from: "(" + from + ")", closed: true}
	for i, name := range names {
		rel.cols = append(rel.cols, column{name, term{sql: a.keyNames[i], kind: a.keys[i].kind}})
	}
	for _, calc := range a.calcs {
		rel.cols = append(rel.cols, column{calc.Name, term{sql: calc.name, kind: calc.kind}})
	}
	c.rel = rel
	return nil
}

// rowTime is the time of a row: the event's, or what an earlier Aggregate named so.
func (c *compiler) rowTime() term {
	if c.rel.raw {
		return c.attribute(event.SystemTime)
	}
	if t := c.lookup(event.SystemTime); t.kind == event.Int {
		return t
	}
	return term{sql: c.d.Null(event.Int), kind: event.Null, literal: true}
}

func (a *aggregation) addKey(t term) {
	if t.kind == event.Float { // 0 and -0 are one group, but not to ClickHouse
		t.sql = a.c.d.pick(t.sql, "("+t.sql+" + 0.)")
	}
	a.keys = append(a.keys, t)
	a.keyNames = append(a.keyNames, a.c.alias("g"))
}

func (a *aggregation) addCalc(calc query.Calc) error { //nolint:cyclop // one case for each, side by side
	k := calculation{Calc: calc, name: a.c.alias("a"), field: a.c.null()}
	switch {
	case calc.Field != "":
		k.field = a.c.lookup(calc.Field)
	case calc.Op != query.Count && calc.Op != query.Concurrency:
		return fault.New(fault.Invalid, "the calculation %q needs a field", calc.Name)
	}
	if calc.Where != nil {
		where, err := a.c.placedCond(calc.Where)
		if err != nil {
			return err
		}
		k.where = where
	}
	if calc.Series != nil {
		if !a.c.rel.raw {
			return fault.New(fault.Invalid, "series are made of events, not of the result of an aggregation")
		}
		k.kind = event.Float
		switch calc.Op { //nolint:exhaustive // the others give numbers
		case query.Count, query.CountDistinct:
			k.kind = event.Int
		case query.Histogram:
			k.kind = event.String
		}
		a.calcs = append(a.calcs, k)
		return nil
	}
	if calc.Op == query.Interpolated && a.c.d == DuckDB && !a.weighted && a.manyRows() {
		k.Op = query.Quantile // within one per cent, in a fraction of the time
	}
	switch calc.Op {
	case query.Count, query.CountDistinct:
		k.kind = event.Int
	case query.Sum, query.Avg:
		k.kind = event.Float
	case query.Quantile:
		if !(calc.Q >= 0 && calc.Q <= 1) {
			return fault.New(fault.Invalid, "a quantile is between 0 and 1, not %v", calc.Q)
		}
		k.kind = event.Float
	case query.Concurrency:
		if !a.c.rel.raw {
			return fault.New(fault.Invalid, "CONCURRENCY works on events, not on the result of an aggregation")
		}
		if buckets := (float64(a.c.q.End) - float64(a.c.q.Start)) / float64(max(a.stage.Step, 1)); a.stage.Step > 0 && buckets > maxConcurrencyBuckets {
			return fault.New(fault.Invalid, "CONCURRENCY over %.0f time buckets; at most %d are possible: choose a coarser granularity", buckets, maxConcurrencyBuckets)
		}
		k.field = a.c.lookup(event.FieldDuration)
		k.kind = event.Float
	case query.Min, query.Max, query.First, query.Last:
		k.kind = k.field.kind
	case query.StdDev, query.Variance, query.Interpolated:
		k.kind = event.Float
	case query.Histogram, query.LeastText, query.GreatestText, query.Values, query.TopValues:
		k.kind = event.String
	default:
		return fault.New(fault.Invalid, "there is no calculation number %d", calc.Op)
	}
	a.calcs = append(a.calcs, k)
	return nil
}

// sql puts the SELECTs of the aggregation together.
func (a *aggregation) sql() string {
	var plain []calculation
	var parts []part
	var series [][]calculation
	for _, k := range a.calcs {
		switch {
		case k.Series != nil:
			if i := slices.IndexFunc(series, func(s []calculation) bool { return sameValues(s[0], k) }); i >= 0 {
				series[i] = append(series[i], k)
			} else {
				series = append(series, []calculation{k})
			}
		case k.Op == query.Concurrency:
			parts = append(parts, part{calcs: []calculation{k}, sql: a.concurrency(k)})
		case a.binned(k):
			parts = a.addBinned(parts, k)
		default:
			plain = append(plain, k)
		}
	}
	for i := range parts {
		if parts[i].binned {
			parts[i].sql = a.binnedSelect(parts[i].calcs)
		}
	}
	// Groups exist because a row is in them: some part must look at all rows, and
	// concurrency skips those without a duration, series those without the field.
	counted := slices.ContainsFunc(parts, func(p part) bool { return p.binned }) || len(a.keys) == 0 && len(series) > 0
	for _, calcs := range series {
		parts = append(parts, part{calcs: calcs, sql: a.seriesPart(calcs)})
	}
	if len(plain) > 0 || !counted {
		parts = append([]part{{calcs: plain, sql: a.plainSelect(plain)}}, parts...)
	}
	if len(parts) == 1 {
		return parts[0].sql
	}
	return a.union(parts)
}

// part is one SELECT of an aggregation: it yields the keys and some of the calculations.
type part struct {
	calcs  []calculation
	binned bool
	sql    string
}

func (a *aggregation) groupBy() string {
	if len(a.keys) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(a.keyNames, ", ")
}

func (a *aggregation) keyList() []string {
	list := make([]string, len(a.keys))
	for i, k := range a.keys {
		list[i] = k.sql + " AS " + a.keyNames[i]
	}
	return list
}

func (a *aggregation) plainSelect(calcs []calculation) string {
	list, outer := a.keyList(), a.aliases()
	shared := a.sharedQuantiles(calcs)
	for _, s := range shared {
		list = append(list, s.sql)
	}
	for _, k := range calcs {
		if place, ok := sharedPlace(shared, k); ok {
			outer = append(outer, place+" AS "+k.name)
			continue
		}
		list, outer = append(list, a.plain(k)+" AS "+k.name), append(outer, k.name)
	}
	if len(list) == 0 {
		// No groups and no calculations still make one row.
		list = append(list, "count(*) AS "+a.c.alias("z"))
	}
	sql := "SELECT " + strings.Join(list, ", ") + a.c.rel.tail(false) + a.groupBy()
	if len(shared) == 0 {
		return sql
	}
	return "SELECT " + strings.Join(outer, ", ") + " FROM (" + sql + ")"
}

// union lines the parts up: each yields all columns, null where they are another's.
func (a *aggregation) union(parts []part) string {
	selects := make([]string, len(parts))
	outer := slices.Clone(a.keyNames)
	for i, p := range parts {
		list := slices.Clone(a.keyNames)
		for _, k := range a.calcs {
			if slices.ContainsFunc(p.calcs, func(o calculation) bool { return o.name == k.name }) {
				list = append(list, k.name)
			} else {
				list = append(list, a.c.d.Null(k.kind)+" AS "+k.name)
			}
		}
		selects[i] = "SELECT " + strings.Join(list, ", ") + " FROM (" + p.sql + ")"
	}
	for _, k := range a.calcs {
		value := a.constant(k.name)
		switch k.Op { //nolint:exhaustive // the others are null where no part knows them
		case query.Count, query.CountDistinct, query.Concurrency:
			// A group that only another part knows has counted nothing.
			value = "coalesce(" + value + ", 0)"
		}
		outer = append(outer, value+" AS "+k.name+"u")
	}
	grouped := "SELECT " + strings.Join(outer, ", ") + " FROM (" + strings.Join(selects, " UNION ALL ") + ")" + a.groupBy()
	renamed := slices.Clone(a.keyNames)
	for _, k := range a.calcs {
		renamed = append(renamed, k.name+"u AS "+k.name)
	}
	return "SELECT " + strings.Join(renamed, ", ") + " FROM (" + grouped + ")"
}

// plain compiles a calculation that is one aggregate function.
func (a *aggregation) plain(k calculation) string {
	d, f := a.c.d, k.field
	if f.kind == event.Null && k.Op != query.Count && k.Op != query.CountDistinct {
		return a.constant(d.Null(k.kind))
	}
	switch k.Op {
	case query.Count:
		return a.count(k)
	case query.CountDistinct:
		if f.kind == event.Null {
			return a.nothing()
		}
		return d.cast(d.call("count", "uniqExact", distinct(d, f.sql))+filter(k.where), event.Int)
	case query.Sum:
		return "sum(" + a.weigh(d.finite(f.sql, f.kind)) + ")" + filter(k.where)
	case query.Avg:
		return a.average(k)
	case query.Min, query.Max:
		return a.extreme(k)
	case query.Quantile:
		return a.quantile(k)
	case query.First:
		return d.call("arg_min", "argMinOrNull", f.sql, a.order()) + filter(k.where, f.sql+" IS NOT NULL")
	case query.Last:
		return d.call("arg_max", "argMaxOrNull", f.sql, a.order()) + filter(k.where, f.sql+" IS NOT NULL")
	case query.Interpolated, query.StdDev, query.Variance:
		return a.spread(k)
	case query.LeastText, query.GreatestText, query.Values, query.TopValues:
		return a.listed(k)
	case query.Concurrency, query.Histogram:
	}
	panic(fmt.Sprintf("sqlgen: calculation %d has no aggregate function", k.Op))
}

func (a *aggregation) aliases() []string { return slices.Clone(a.keyNames) }
