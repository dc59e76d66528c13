package sqlgen

import (
	"fmt"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Type returns the dialect's type for values of a kind, nullable.
func (d Dialect) Type(kind event.Kind) string {
	names := [...]string{event.Null: "VARCHAR", event.Bool: "BOOLEAN", event.Int: "BIGINT", event.Float: "DOUBLE", event.String: "VARCHAR"}
	if d == ClickHouse {
		names = [...]string{
			event.Null: "Nullable(String)", event.Bool: "Nullable(Bool)", event.Int: "Nullable(Int64)",
			event.Float: "Nullable(Float64)", event.String: "Nullable(String)",
		}
	}
	return names[kind]
}

func (d Dialect) cast(sql string, kind event.Kind) string {
	return "CAST(" + sql + " AS " + d.Type(kind) + ")"
}

// Convert returns sql, an expression of kind from, as one of the wider kind to:
// what event.Value.Convert does. Text is canonical.
func (d Dialect) Convert(sql string, from, to event.Kind) string {
	switch {
	case from == to:
		return sql
	case from == event.Null:
		return d.Null(to)
	case to == event.Float && (from == event.Int || from == event.Bool):
		return d.cast(sql, event.Float)
	case to == event.Int && from == event.Bool:
		return d.cast(sql, event.Int)
	case to == event.String && from == event.Float:
		return d.floatText(sql)
	case to == event.String:
		return d.cast(sql, event.String)
	}
	return d.number(sql, from)
}

// floatText prints a float as event.AppendFloat does: the shortest digits that
// read back the same, without an exponent from 1e-6 up to 1e21.
func (d Dialect) floatText(sql string) string {
	if d == ClickHouse {
		// The same digits and thresholds, but 1e21 for 1e+21, 1e-7 for 1e-07 and inf for +Inf.
		text := "toString(" + sql + ")"
		text = "replaceRegexpOne(replaceRegexpOne(" + text + `, 'e([0-9])', 'e+\\1'), 'e([+-])([0-9])$', 'e\\10\\2')`
		return "multiIf(isNaN(" + sql + "), 'NaN', isInfinite(" + sql + "), if(" + sql + " > 0, '+Inf', '-Inf'), " + text + ")"
	}
	// DuckDB writes 1.0, 1e-05 and 1.5e+20.
	text := d.cast(sql, event.String)
	whole := "CAST(CAST(" + sql + " AS BIGINT) AS VARCHAR)"
	digits := "replace(regexp_replace(" + text + ", 'e.*$', ''), '.', '')"
	exponent := "CAST(regexp_extract(" + text + ", 'e([+-][0-9]+)$', 1) AS INTEGER)"
	sign := "CASE WHEN " + sql + " < 0 THEN '-' ELSE '' END"
	bare := "ltrim(" + digits + ", '-')"
	var b strings.Builder
	fmt.Fprintf(&b, "CASE WHEN isnan(%s) THEN 'NaN' WHEN isinf(%s) THEN CASE WHEN %s > 0 THEN '+Inf' ELSE '-Inf' END", sql, sql, sql)
	fmt.Fprintf(&b, " WHEN %s = 0 THEN regexp_replace(%s, '\\.0$', '')", sql, text)
	fmt.Fprintf(&b, " WHEN abs(%s) < 1e15 AND %s = trunc(%s) THEN %s", sql, sql, sql, whole)
	fmt.Fprintf(&b, " WHEN abs(%s) >= 1e21 OR abs(%s) < 1e-6 OR NOT contains(%s, 'e') THEN regexp_replace(%s, '\\.0($|e)', '\\1')", sql, sql, text, text)
	fmt.Fprintf(&b, " WHEN abs(%s) < 1 THEN %s || '0.' || repeat('0', -%s - 1) || %s", sql, sign, exponent, bare)
	fmt.Fprintf(&b, " ELSE %s || rpad(%s, %s + 1, '0') END", sign, bare, exponent)
	return b.String()
}

// decimalNumber is what counts as a number in text: as Go reads it, but for
// hexadecimal floats. Both engines would read more ("inf", " 1", "1_000").
const decimalNumber = `^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$`

// number returns a DOUBLE, null where the value is no finite number (text that
// does not parse) or is null. Floats pass as they are.
func (d Dialect) number(sql string, kind event.Kind) string {
	switch kind {
	case event.Float:
		return sql
	case event.Int, event.Bool:
		return d.cast(sql, event.Float)
	case event.Null:
		return d.Null(event.Float)
	case event.String:
	}
	if d == ClickHouse {
		parsed := "toFloat64OrNull(" + sql + ")"
		return "if(match(" + sql + ", " + d.Quote(decimalNumber) + ") AND isFinite(" + parsed + "), " + parsed + ", NULL)"
	}
	// The cast goes first: it is several times cheaper than the expression, and
	// most text fails it.
	parsed := "TRY_CAST(" + sql + " AS DOUBLE)"
	return "CASE WHEN isfinite(" + parsed + ") AND regexp_matches(" + sql + ", " + d.Quote(decimalNumber) + ") THEN " + parsed + " END"
}

// finite is number without NaN and infinities, for arithmetic over many rows.
func (d Dialect) finite(sql string, kind event.Kind) string {
	n := d.number(sql, kind)
	switch {
	case kind != event.Float:
		return n
	case d == ClickHouse:
		return "if(isFinite(" + n + "), " + n + ", NULL)"
	}
	return "CASE WHEN isfinite(" + n + ") THEN " + n + " END"
}

// holds makes a condition that may be null a plain boolean.
func (d Dialect) holds(sql string) string {
	if d == ClickHouse {
		return "CAST(ifNull(" + sql + ", false) AS Bool)"
	}
	return "coalesce(" + sql + ", FALSE)"
}

func (d Dialect) not(sql string) string {
	if d == ClickHouse {
		return "NOT ifNull(" + sql + ", false)"
	}
	return "(" + sql + ") IS NOT TRUE"
}

// either is the conditional expression.
func (d Dialect) either(cond, yes, no string) string {
	return "CASE WHEN " + cond + " THEN " + yes + " ELSE " + no + " END"
}

// pick returns the dialect's wording.
func (d Dialect) pick(duckdb, clickhouse string) string {
	if d == ClickHouse {
		return clickhouse
	}
	return duckdb
}

// call is a function call by the dialect's name for it.
func (d Dialect) call(duckdb, clickhouse string, args ...string) string {
	return d.pick(duckdb, clickhouse) + "(" + strings.Join(args, ", ") + ")"
}

// bucket rounds a time down to a multiple of step, also below zero, where
// integer division of both engines rounds up.
func (d Dialect) bucket(t string, step int64, mayBeNegative bool) string {
	s := d.integer(step)
	if !mayBeNegative {
		return t + " - " + t + " % " + s
	}
	return fmt.Sprintf("%s - ((%s %% %s) + %s) %% %s", t, t, s, s, s)
}

// whole makes an integer of a float that is whole and fits, or is null. ClickHouse
// converts what lies below a null, too, so it is asked in the form that takes anything.
func (d Dialect) whole(sql string) string {
	return d.pick("CAST("+sql+" AS BIGINT)", "accurateCastOrNull("+sql+", 'Int64')")
}

// each makes a row for every step from first up to, but without, end.
func (d Dialect) each(first, end, step string) string {
	list := "range(" + first + ", " + end + ", " + step + ")"
	return d.pick("unnest("+list+")", "arrayJoin("+list+")")
}

func (d Dialect) truth() string   { return d.pick("TRUE", "true") }
func (d Dialect) falsity() string { return d.pick("FALSE", "false") }

func (d Dialect) contains(text, part string) string {
	return d.pick("contains("+text+", "+part+")", "position("+text+", "+part+") > 0")
}
