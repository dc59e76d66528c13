package sqlgen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// filter restricts an aggregate function to some rows. Both dialects have it.
func filter(conds ...string) string {
	var kept []string
	for _, cond := range conds {
		if cond != "" {
			kept = append(kept, cond)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return " FILTER (WHERE " + strings.Join(kept, " AND ") + ")"
}

// constant is a value in a SELECT that may have no GROUP BY: an aggregate, so
// that the SELECT yields one row then.
func (a *aggregation) constant(sql string) string {
	return a.c.d.call("any_value", "any", sql)
}

// nothing counts the values of a field that has none: zero also over no rows.
func (a *aggregation) nothing() string {
	return a.c.d.cast("count("+a.c.d.Null(event.Int)+")", event.Int)
}

// order is what First and Last go by.
func (a *aggregation) order() string {
	if a.time.kind == event.Null {
		return "0"
	}
	return a.time.sql
}

// weigh multiplies a float by the sample rate.
func (a *aggregation) weigh(sql string) string {
	if !a.weighted {
		return sql
	}
	return sql + " * " + a.weight()
}

func (a *aggregation) weight() string {
	if !a.weighted {
		return "1"
	}
	a.c.out.NeedsWeight = true
	return "w"
}

// total is the number of events of the rows that satisfy the conditions.
func (a *aggregation) total(conds ...string) string {
	if !a.weighted {
		return "count(*)" + filter(conds...)
	}
	return "coalesce(sum(" + a.weight() + ")" + filter(conds...) + ", 0)"
}

func (a *aggregation) count(k calculation) string {
	d := a.c.d
	if k.Field == "" {
		return d.cast(a.total(k.where), event.Int)
	}
	if k.field.kind == event.Null {
		return a.nothing()
	}
	return d.cast(a.total(k.where, k.field.sql+" IS NOT NULL"), event.Int)
}

func (a *aggregation) average(k calculation) string {
	d := a.c.d
	n := d.finite(k.field.sql, k.field.kind)
	if !a.weighted {
		return "avg(" + n + ")" + filter(k.where)
	}
	return "sum(" + a.weigh(n) + ")" + filter(k.where) + " / nullif(sum(" + a.weight() + ")" + filter(k.where, n+" IS NOT NULL") + ", 0)"
}

// extreme is the least or greatest value. In text, numbers come before all else:
// a field that was a number in most rows stays one.
func (a *aggregation) extreme(k calculation) string {
	d, f := a.c.d, k.field
	name, by := d.pick("min", "minOrNull"), d.pick("arg_min", "argMinOrNull")
	if k.Op == query.Max {
		name, by = d.pick("max", "maxOrNull"), d.pick("arg_max", "argMaxOrNull")
	}
	switch f.kind {
	case event.String:
		n := d.number(f.sql, f.kind)
		first := by + "(" + f.sql + ", " + n + ")" + filter(k.where, n+" IS NOT NULL")
		return "coalesce(" + first + ", " + name + "(" + f.sql + ")" + filter(k.where) + ")"
	case event.Float:
		return name + "(" + d.finite(f.sql, f.kind) + ")" + filter(k.where)
	case event.Bool, event.Int, event.Null:
	}
	return name + "(" + f.sql + ")" + filter(k.where)
}

// quantile is the value of nearest rank, exactly: DuckDB's quantile_disc is
// faster than its approx_quantile (see binned.go for figures).
func (a *aggregation) quantile(k calculation) string {
	n := a.c.d.finite(k.field.sql, k.field.kind)
	q := strconv.FormatFloat(k.Q, 'f', -1, 64)
	if a.c.d == ClickHouse {
		return "quantileExactWeightedOrNull(" + q + ")(" + n + ", toUInt64(" + a.weight() + "))" + filter(k.where)
	}
	return "quantile_disc(" + n + ", " + q + ")" + filter(k.where)
}

// distinct is the argument of a count of distinct values.
func distinct(d Dialect, sql string) string {
	return d.pick("DISTINCT ", "") + sql
}

// sharedQuantile is one list of several quantiles of the same values: DuckDB then
// keeps and sorts them once. Measured over 10 million rows, 40 groups, three
// quantiles: 0.23 s for 0.48 s.
type sharedQuantile struct {
	sql   string
	name  string
	calcs []calculation
}

// sharedQuantiles finds the quantiles that can be computed together.
func (a *aggregation) sharedQuantiles(calcs []calculation) []sharedQuantile {
	if a.c.d == ClickHouse {
		return nil
	}
	var shared []sharedQuantile
	for _, k := range calcs {
		if k.Op != query.Quantile || k.field.kind == event.Null {
			continue
		}
		same := func(s sharedQuantile) bool {
			return s.calcs[0].field.sql == k.field.sql && s.calcs[0].where == k.where
		}
		if i := slices.IndexFunc(shared, same); i >= 0 {
			shared[i].calcs = append(shared[i].calcs, k)
			continue
		}
		shared = append(shared, sharedQuantile{calcs: []calculation{k}})
	}
	shared = slices.DeleteFunc(shared, func(s sharedQuantile) bool { return len(s.calcs) < 2 })
	for i, s := range shared {
		shares := make([]string, len(s.calcs))
		for j, k := range s.calcs {
			shares[j] = strconv.FormatFloat(k.Q, 'f', -1, 64)
		}
		k := s.calcs[0]
		shared[i].name = a.c.alias("q")
		shared[i].sql = fmt.Sprintf("quantile_disc(%s, [%s])%s AS %s",
			a.c.d.finite(k.field.sql, k.field.kind), strings.Join(shares, ", "), filter(k.where), shared[i].name)
	}
	return shared
}

// sharedPlace returns where the answer of k is in a list of quantiles.
func sharedPlace(shared []sharedQuantile, k calculation) (string, bool) {
	for _, s := range shared {
		for i, o := range s.calcs {
			if o.name == k.name {
				return fmt.Sprintf("%s[%d]", s.name, i+1), true
			}
		}
	}
	return "", false
}
