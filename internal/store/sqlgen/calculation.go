package sqlgen

import (
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
	name, by := "min", d.pick("arg_min", "argMin")
	if k.Op == query.Max {
		name, by = "max", d.pick("arg_max", "argMax")
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
