package sqlgen

import (
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// comparison compiles l sign r by the rules of query.Match: numbers as numbers,
// also text that reads as one where the other side is a number; all else as
// text. The kinds are known here, so most rows pay for one plain comparison.
func (c *compiler) comparison(l, r term, sign string) string {
	switch {
	case l.kind == event.Null || r.kind == event.Null:
		return c.d.falsity()
	case l.literal && !r.literal:
		return c.comparison(r, l, mirrored(sign))
	case l.kind == event.String && r.kind == event.String:
		return l.sql + " " + sign + " " + r.sql
	case l.kind == event.String:
		return c.textWithNumber(l, r, sign)
	case r.kind == event.String && r.literal:
		if f, ok := r.value.Number(); ok {
			return c.comparison(l, c.literal(event.FloatValue(f)), sign)
		}
		return c.d.Convert(l.sql, l.kind, event.String) + " " + sign + " " + r.sql
	case r.kind == event.String:
		return c.textWithNumber(r, l, mirrored(sign))
	case l.kind == r.kind && !r.literal:
		return c.d.orderly(l.sql, sign, r.sql, l.kind == event.Float, r.kind == event.Float)
	case r.literal:
		return c.withNumber(l, r.value, sign)
	}
	return c.d.orderly(c.d.number(l.sql, l.kind), sign, c.d.number(r.sql, r.kind), l.kind == event.Float, r.kind == event.Float)
}

// orderly compares numbers so that nothing is true of what is no number: left and
// right say which sides may be that. DuckDB takes it for the greatest number, and
// equal to itself; ClickHouse only for different from all.
func (d Dialect) orderly(l, sign, r string, left, right bool) string {
	sql := l + " " + sign + " " + r
	guard := func(x string) { sql += " AND NOT " + d.call("isnan", "isNaN", x) }
	if left && (sign == "<>" || d == DuckDB && (sign == ">" || sign == ">=" || sign == "=" && right)) {
		guard(l)
	}
	if right && (sign == "<>" || d == DuckDB && (sign == "<" || sign == "<=")) {
		guard(r)
	}
	if len(sql) == len(l)+len(sign)+len(r)+2 {
		return sql
	}
	return "(" + sql + ")"
}

// withNumber compares a field of a number's kind with a literal, in the field's
// own type where that is exact, so that the engine can skip data by it.
func (c *compiler) withNumber(l term, v event.Value, sign string) string {
	f, _ := v.Number()
	switch {
	case l.kind == event.Bool && v.Kind() == event.Bool:
		return l.sql + " " + sign + " " + c.d.Literal(v)
	case l.kind == event.Int && v.Kind() == event.Int:
		return l.sql + " " + sign + " " + integerLiteral(v.Int())
	case l.kind == event.Int && f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return l.sql + " " + sign + " " + integerLiteral(int64(f))
	}
	return c.d.orderly(c.d.number(l.sql, l.kind), sign, c.d.floatLiteral(f), l.kind == event.Float, false)
}

// textWithNumber compares text that may read as a number with a number.
func (c *compiler) textWithNumber(text, number term, sign string) string {
	sql := c.textAndNumber(text, number, sign)
	if number.kind == event.Float && !number.literal {
		return "((" + sql + ") AND NOT " + c.d.call("isnan", "isNaN", number.sql) + ")"
	}
	return sql
}

func (c *compiler) textAndNumber(text, number term, sign string) string {
	parsed, n := c.d.number(text.sql, text.kind), c.d.number(number.sql, number.kind)
	if number.literal {
		f, _ := number.value.Number()
		n = c.d.floatLiteral(f)
	}
	asNumber := "(" + parsed + ") " + sign + " " + n
	switch {
	case number.kind == event.Bool:
	case sign == "=":
		// Text that is no number is not the text of a number either.
		return asNumber
	case sign == "<>":
		return "coalesce(" + asNumber + ", " + text.sql + " IS NOT NULL AND " + n + " IS NOT NULL)"
	}
	asText := text.sql + " " + sign + " " + c.d.Convert(number.sql, number.kind, event.String)
	return c.d.either("("+parsed+") IS NOT NULL", asNumber, asText)
}

func mirrored(sign string) string {
	switch sign {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return sign
}

// oneOf compiles In: equality with any of the values, as a list where the values
// allow it.
func (c *compiler) oneOf(x query.In) (string, error) { //nolint:cyclop // one case for each form, side by side
	l, err := c.expr(x.X)
	if err != nil {
		return "", err
	}
	var texts, numbers, conds []string
	for _, v := range x.Values {
		f, isNumber := v.Number()
		switch {
		case v.IsNull() || l.kind == event.Null:
		case l.kind == event.String && v.Kind() == event.String:
			texts = append(texts, c.d.Quote(v.Str()))
		case l.kind == event.Float && isNumber, l.kind == event.String && isNumber && v.Kind() != event.Bool:
			numbers = append(numbers, c.d.floatLiteral(f))
		case l.kind == event.Int && v.Kind() == event.Int:
			numbers = append(numbers, integerLiteral(v.Int()))
		case l.kind == event.Int && isNumber:
			if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				numbers = append(numbers, integerLiteral(int64(f)))
			}
		case l.kind == event.Bool:
			conds = append(conds, c.truthIs(l, v)...)
		default:
			conds = append(conds, c.comparison(l, c.literal(v), "="))
		}
	}
	conds = slices.Compact(conds)
	if len(texts) > 0 {
		conds = append(conds, l.sql+" IN ("+strings.Join(texts, ", ")+")")
	}
	if len(numbers) > 0 {
		field := l.sql
		if l.kind == event.String {
			field = "(" + c.d.number(l.sql, l.kind) + ")"
		}
		conds = append(conds, field+" IN ("+strings.Join(numbers, ", ")+")")
	}
	if len(conds) == 0 {
		return c.d.falsity(), nil
	}
	return "(" + strings.Join(conds, " OR ") + ")", nil
}

// truthIs compares a boolean with a value for equality in its own type, by which
// the engine can skip data; none is the comparison with what no boolean equals.
func (c *compiler) truthIs(l term, v event.Value) []string {
	f, isNumber := v.Number()
	switch {
	case isNumber && f == 0, v.Text() == "false":
		return []string{l.sql + " = " + c.d.Literal(event.BoolValue(false))}
	case isNumber && f == 1, v.Text() == "true":
		return []string{l.sql + " = " + c.d.Literal(event.BoolValue(true))}
	}
	return nil
}
