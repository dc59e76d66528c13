package storetest

import (
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// Calculated draws an expression of functions over generated events. Its parts
// agree in type, so that a store that knows a field of other rows than those of
// the query gives the same answer; what functions make of other types is in the
// case files of sqlgen.
func Calculated(t *rapid.T, depth int) query.Expr {
	switch rapid.IntRange(0, 3).Draw(t, "result") {
	case 0:
		return truthCall(t, depth)
	case 1:
		return textCall(t, depth)
	case 2:
		// Logarithms may differ in the last digit, so nothing is made of them.
		if rapid.IntRange(0, 4).Draw(t, "logarithm") == 0 {
			return query.Call{Name: "LOG10", Args: []query.Expr{numberCall(t, depth-1)}}
		}
	}
	return numberCall(t, depth)
}

func call(name string, args ...query.Expr) query.Expr { return query.Call{Name: name, Args: args} }

func constants(t *rapid.T, values ...event.Value) query.Expr {
	return query.Literal{Value: rapid.SampledFrom(values).Draw(t, "constant")}
}

func text(s string) query.Expr { return query.Literal{Value: event.StringValue(s)} }

// some draws one to three parts.
func some(t *rapid.T, part func(*rapid.T, int) query.Expr, depth int) []query.Expr {
	parts := make([]query.Expr, rapid.IntRange(1, 3).Draw(t, "parts"))
	for i := range parts {
		parts[i] = part(t, depth)
	}
	return parts
}

// choice draws a function that passes on one of its arguments.
func choice(t *rapid.T, part func(*rapid.T, int) query.Expr, depth int) query.Expr {
	switch rapid.IntRange(0, 3).Draw(t, "choice") {
	case 0:
		args := []query.Expr{truthCall(t, depth), part(t, depth)}
		if rapid.Bool().Draw(t, "second") {
			args = append(args, truthCall(t, depth), part(t, depth))
		}
		if rapid.Bool().Draw(t, "else") {
			args = append(args, part(t, depth))
		}
		return call("IF", args...)
	case 1:
		args := []query.Expr{textCall(t, depth), text("a"), part(t, depth), text("it's"), part(t, depth)}
		if rapid.Bool().Draw(t, "else") {
			args = append(args, part(t, depth))
		}
		return call("SWITCH", args...)
	case 2:
		return call("COALESCE", some(t, part, depth)...)
	}
	return call(rapid.SampledFrom([]string{"MIN", "MAX"}).Draw(t, "extreme"), some(t, part, depth)...)
}

func truthCall(t *rapid.T, depth int) query.Expr {
	if depth <= 0 {
		return query.Field{Name: rapid.SampledFrom([]string{"ok", "status", "route", "absent"}).Draw(t, "truth")}
	}
	part := rapid.SampledFrom([]func(*rapid.T, int) query.Expr{truthCall, numberCall, textCall}).Draw(t, "part")
	pattern := rapid.SampledFrom([]string{"a", "^[a-z]+$", "(?i)A|b", "x.y", "", "it's", "日"}).Draw(t, "pattern")
	switch rapid.IntRange(0, 9).Draw(t, "condition") {
	case 0:
		return call(rapid.SampledFrom([]string{"AND", "OR"}).Draw(t, "junction"), some(t, truthCall, depth-1)...)
	case 1:
		return call("NOT", truthCall(t, depth-1))
	case 2:
		return call(rapid.SampledFrom([]string{"EXISTS", "BOOL"}).Draw(t, "of one"), part(t, depth-1))
	case 3:
		return call(rapid.SampledFrom([]string{"LT", "LTE", "GT", "GTE"}).Draw(t, "order"), part(t, depth-1), part(t, depth-1))
	case 4:
		other := rapid.SampledFrom([]func(*rapid.T, int) query.Expr{truthCall, numberCall, textCall}).Draw(t, "other part")
		return call("EQUALS", part(t, depth-1), other(t, depth-1))
	case 5:
		return call("IN", append([]query.Expr{part(t, depth-1), text("10"), text("it's")}, some(t, part, depth-1)...)...)
	case 6:
		return call(rapid.SampledFrom([]string{"STARTS_WITH", "ENDS_WITH", "CONTAINS"}).Draw(t, "of text"), part(t, depth-1), textCall(t, depth-1))
	case 7:
		return call("REG_MATCH", part(t, depth-1), text(pattern))
	case 8:
		return constants(t, event.BoolValue(true), event.BoolValue(false), event.Value{}, event.StringValue("true"), event.IntValue(2))
	}
	return choice(t, truthCall, depth-1)
}

func numberCall(t *rapid.T, depth int) query.Expr {
	if depth <= 0 {
		return query.Field{Name: rapid.SampledFrom(numberFields).Draw(t, "number")}
	}
	operand := rapid.SampledFrom([]func(*rapid.T, int) query.Expr{numberCall, numberCall, textCall, truthCall}).Draw(t, "operand")
	if rapid.IntRange(0, 2).Draw(t, "loose") == 0 {
		return looseNumber(t, operand, depth)
	}
	switch rapid.IntRange(0, 8).Draw(t, "number") {
	case 0:
		return call(rapid.SampledFrom([]string{"SUM", "MUL"}).Draw(t, "arithmetic"), some(t, operand, depth-1)...)
	case 1:
		return call(rapid.SampledFrom([]string{"SUB", "DIV", "MOD"}).Draw(t, "arithmetic"), operand(t, depth-1), numberCall(t, depth-1))
	case 2:
		return call(rapid.SampledFrom([]string{"INT", "FLOAT"}).Draw(t, "cast"), operand(t, depth-1))
	case 3:
		args := []query.Expr{textCall(t, depth-1)}
		if rapid.Bool().Draw(t, "unit") {
			args = append(args, text(rapid.SampledFrom([]string{"bytes", "chars"}).Draw(t, "of")))
		}
		return call("LENGTH", args...)
	case 4:
		return call("REG_COUNT", textCall(t, depth-1), text(rapid.SampledFrom([]string{"a", "[a-z]", "(?i)AB?", ".", "日"}).Draw(t, "pattern")))
	case 5:
		return call(rapid.SampledFrom([]string{"EVENT_TIMESTAMP", "INGEST_TIMESTAMP"}).Draw(t, "timestamp"))
	case 6:
		return call("UNIX_TIMESTAMP", text(rapid.SampledFrom([]string{
			"2017-07-20T11:22:44.888Z", "2024-02-29T23:59:59+05:30", "2023-02-29T00:00:00Z", "0001-01-01T00:00:00-23:59", "1899-12-31T24:00:00Z", "1969-12-31T23:59:59.5Z", "x", "",
		}).Draw(t, "moment")))
	case 7:
		return constants(t, event.IntValue(0), event.IntValue(-3), event.FloatValue(0.25), event.IntValue(10))
	}
	return choice(t, numberCall, depth-1)
}

func textCall(t *rapid.T, depth int) query.Expr {
	if depth <= 0 {
		return query.Field{Name: rapid.SampledFrom(textFields).Draw(t, "text")}
	}
	part := rapid.SampledFrom([]func(*rapid.T, int) query.Expr{truthCall, numberCall, textCall}).Draw(t, "part")
	if rapid.IntRange(0, 2).Draw(t, "loose") == 0 {
		return looseText(t, part, depth)
	}
	switch rapid.IntRange(0, 7).Draw(t, "text") {
	case 0:
		return call("CONCAT", some(t, part, depth-1)...)
	case 1:
		return call("STRING", part(t, depth-1))
	case 2:
		return call("TO_LOWER", textCall(t, depth-1))
	case 3:
		return call("REG_VALUE", textCall(t, depth-1), text(rapid.SampledFrom([]string{"a", "(.)(.)", "x(y)?", "[^a]+", "(?i)(A)|b"}).Draw(t, "pattern")))
	case 4:
		args := []query.Expr{numberCall(t, depth-1), query.Literal{Value: rapid.SampledFrom([]event.Value{event.IntValue(10), event.FloatValue(0.25)}).Draw(t, "size")}}
		for _, bound := range []event.Value{event.IntValue(0), event.FloatValue(33.5)}[:rapid.IntRange(0, 2).Draw(t, "bounds")] {
			args = append(args, query.Literal{Value: bound})
		}
		return call("BUCKET", args...)
	case 5:
		return call("FORMAT_TIME", text(rapid.SampledFrom([]string{
			"%F %T", "%A %a %B %b %e %j%%", "%I:%M %p %k %l", "%s %u %w %y", "", "it's", "%d.%m.%Y",
		}).Draw(t, "format")), numberCall(t, depth-1))
	case 6:
		return constants(t, event.StringValue("a"), event.StringValue(""), event.StringValue("it's"), event.StringValue("10"), event.StringValue("true"))
	}
	return choice(t, textCall, depth-1)
}

func whole(n int64) query.Expr { return query.Literal{Value: event.IntValue(n)} }

// looseNumber draws a function with loose types that gives a number. Each of
// those that need exact arithmetic has it.
func looseNumber(t *rapid.T, operand func(*rapid.T, int) query.Expr, depth int) query.Expr {
	switch rapid.IntRange(0, 8).Draw(t, "loose number") {
	case 0:
		name := rapid.SampledFrom([]string{"plus", "minus", "times", "over", "remainder", "order", "locate"}).Draw(t, "of two")
		return call(name, operand(t, depth-1), operand(t, depth-1))
	case 1:
		name := rapid.SampledFrom([]string{"negative", "absolute", "ceiling", "floor", "number", "whole", "is_number", "characters"}).Draw(t, "of one")
		return call(name, operand(t, depth-1))
	case 2:
		return call(rapid.SampledFrom([]string{"greatest", "least"}).Draw(t, "best"), some(t, operand, depth-1)...)
	case 3:
		args := []query.Expr{query.Field{Name: event.SystemTime}, whole(rapid.SampledFrom([]int64{1e9, 7e9, 3600e9}).Draw(t, "step"))}
		if rapid.Bool().Draw(t, "offset") {
			args = append(args, whole(3e9))
		}
		return call(rapid.SampledFrom([]string{"time_floor", "time_ceil"}).Draw(t, "rounded"), args...)
	case 4:
		return call("to_millis", query.Field{Name: event.SystemTime})
	case 5:
		return call("from_millis", operand(t, depth-1))
	case 6:
		return call(rapid.SampledFrom([]string{"is_ip", "is_ipv4", "json_size", "hex_number"}).Draw(t, "called back"), operand(t, depth-1))
	case 7:
		return call("month_floor", query.Field{Name: event.SystemTime}, whole(3))
	}
	return call("json_has", call("split", operand(t, depth-1), text("a")), operand(t, depth-1))
}

// looseText draws a function with loose types that gives text.
func looseText(t *rapid.T, part func(*rapid.T, int) query.Expr, depth int) query.Expr {
	x := part(t, depth-1)
	switch rapid.IntRange(0, 6).Draw(t, "loose text") {
	case 0:
		return call(rapid.SampledFrom([]string{"text", "upper", "lower"}).Draw(t, "of one"), x)
	case 1:
		return call(rapid.SampledFrom([]string{"trim", "trim_left", "trim_right"}).Draw(t, "trim"), x, text(rapid.SampledFrom([]string{"aA", " ", "0-9", "]^", ""}).Draw(t, "set")))
	case 2:
		return call("substring", x, whole(rapid.Int64Range(-1, 3).Draw(t, "from")), whole(rapid.Int64Range(-1, 3).Draw(t, "length")))
	case 3:
		return call("replace", x, text(rapid.SampledFrom([]string{"a", "日", "it's"}).Draw(t, "what")), text(rapid.SampledFrom([]string{"", "b\\1"}).Draw(t, "by")))
	case 4:
		return call("capture", x, text(rapid.SampledFrom([]string{"([a-z]+)(.)?", "x(y)?|(b)", "(?i)A(b*)"}).Draw(t, "pattern")), whole(rapid.Int64Range(0, 3).Draw(t, "group")))
	case 5:
		return call("glob_part", x, text(rapid.SampledFrom([]string{"*", "a*", "*'*", "*e*", "**"}).Draw(t, "glob")), whole(rapid.Int64Range(0, 1).Draw(t, "star")))
	}
	return call(rapid.SampledFrom([]string{"url_encode", "base64_encode", "json_list", "json_value", "md5", "number_hex"}).Draw(t, "called back"), x)
}
