package insights

import (
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// function is one of the functions of single events.
type function struct {
	args        string // as the help shows them
	help        string
	least, most int // most is 0 for any number
	typ         Type
	plain       string // the query room's function of the same meaning
	compile     func(c *compiler, n *node, args []field) (query.Expr, error)
}

// functionTable are the functions by their names in lower case; spelled gives the
// others.
func functionTable() map[string]function {
	return map[string]function{
		"abs": {args: "n", help: "The absolute value", least: 1, most: 1, typ: Number, plain: "absolute"}, "ceil": {args: "n", help: "Rounded up", least: 1, most: 1, typ: Number, plain: "ceiling"},
		"floor": {args: "n", help: "Rounded down", least: 1, most: 1, typ: Number, plain: "floor"}, "sqrt": {args: "n", help: "The square root", least: 1, most: 1, typ: Number, plain: "sqrt"},
		"log": {args: "n", help: "The natural logarithm", least: 1, most: 1, typ: Number, plain: "ln"}, "round": {args: "n[, digits]", help: "Rounded to so many digits behind the point", least: 1, most: 2, typ: Number, plain: "round"},
		"greatest": {args: "n, …", help: "The greatest of the numbers", least: 1, typ: Number, plain: "greatest"}, "least": {args: "n, …", help: "The least of the numbers", least: 1, typ: Number, plain: "least"},
		"haversine": {args: "lat1, lon1, lat2, lon2", help: "The distance in kilometres", least: 4, most: 4, typ: Number, plain: "distance_km"},
		"tonumber":  {args: "s", help: "The number that a text reads as", least: 1, most: 1, typ: Number, plain: "number"}, "todouble": {args: "s", help: "The number that a text reads as", least: 1, most: 1, typ: Number, plain: "number"},
		"toint": {args: "s", help: "The number without what is behind the point", least: 1, most: 1, typ: Number, plain: "whole"}, "tolong": {args: "s", help: "The number without what is behind the point", least: 1, most: 1, typ: Number, plain: "whole"},
		"isnumeric": {args: "s", help: "1 if it reads as a number, else 0", least: 1, most: 1, typ: Number, plain: "is_number"},

		"ispresent": {args: "field", help: "1 if the event has the field", least: 1, most: 1, typ: Number}, "isempty": {args: "field", help: "1 if the field is missing or empty", least: 1, most: 1, typ: Number},
		"isblank": {args: "field", help: "1 if the field is missing, empty or blanks only", least: 1, most: 1, typ: Number}, "coalesce": {args: "a, b, …", help: "The first that is there", least: 1, compile: coalesce},
		"if": {args: "condition, a, b", help: "a where the condition is true, else b", least: 3, most: 3, compile: choice}, "case": {args: "condition, value, …, default", help: "The value behind the first condition that is true", least: 2, most: 21, compile: choice},
		"messagesize": {help: "The bytes of the message", typ: Number, most: -1, compile: messageSize}, "querystarttime": {help: "When the time range of the query begins", typ: Time, most: -1, compile: startTime},
		"queryendtime": {help: "When the time range of the query ends", typ: Time, most: -1, compile: endTime}, "querytimerange": {help: "How long the time range is, in milliseconds", typ: Number, most: -1, compile: timeRange},

		"concat": {args: "s, …", help: "The texts one after the other", least: 1, plain: "CONCAT"}, "strlen": {args: "s", help: "The number of characters", least: 1, most: 1, typ: Number, plain: "characters"},
		"toupper": {args: "s", help: "In upper case", least: 1, most: 1, plain: "upper"}, "tolower": {args: "s", help: "In lower case", least: 1, most: 1, plain: "lower"},
		"ltrim": {args: "s[, characters]", help: "Without blanks, or these characters, on the left", least: 1, most: 2, plain: "trim_left"}, "rtrim": {args: "s[, characters]", help: "Without blanks, or these characters, on the right", least: 1, most: 2, plain: "trim_right"},
		"trim": {args: "s[, characters]", help: "Without blanks, or these characters, on both sides", least: 1, most: 2, plain: "trim"}, "substr": {args: "s, start[, length]", help: "A part of the text, from 0 on", least: 2, most: 3, plain: "substring"},
		"replace": {args: "s, search, by", help: "With every occurrence replaced", least: 3, most: 3, plain: "replace"}, "regexreplace": {args: "s, /pattern/, by", help: "With every match replaced", least: 3, most: 3, compile: replacePattern},
		"strcontains": {args: "s, part[, ignoreCase]", help: "1 if the text contains the part, else 0", least: 2, most: 3, typ: Number}, "startswith": {args: "s, part", help: "1 if the text begins so, else 0", least: 2, most: 2, typ: Number},
		"endswith": {args: "s, part", help: "1 if the text ends so, else 0", least: 2, most: 2, typ: Number}, "split": {args: "s, separator", help: "The parts as a list", least: 2, most: 2, typ: JSON, plain: "split"},
		"urlencode": {args: "s", help: "Escaped for a URL", least: 1, most: 1, plain: "url_encode"}, "urldecode": {args: "s", help: "Without escapes of a URL", least: 1, most: 1, plain: "url_decode"},
		"base64encode": {args: "s", help: "In base 64", least: 1, most: 1, plain: "base64_encode"}, "base64decode": {args: "s", help: "From base 64", least: 1, most: 1, plain: "base64_decode"},
		"hextoascii": {args: "s", help: "The text that the hex digits stand for", least: 1, most: 1, plain: "hex_text"}, "hextodec": {args: "s", help: "The number that the hex digits stand for", least: 1, most: 1, typ: Number, plain: "hex_number"},
		"dectohex": {args: "n", help: "The number in hex digits", least: 1, most: 1, plain: "number_hex"}, "md5": {args: "s", help: "The MD5 sum in hex", least: 1, most: 1, plain: "md5"}, "sha256": {args: "s", help: "The SHA-256 sum in hex", least: 1, most: 1, plain: "sha256"},

		"jsonparse": {args: "s", help: "The object or list that a text is", least: 1, most: 1, typ: JSON, plain: "json_value"}, "jsonstringify": {args: "json", help: "An object or list as text", least: 1, most: 1, plain: "json_value"},
		"jsonarraysize": {args: "list", help: "How many elements the list has", least: 1, most: 1, typ: Number, plain: "json_size"}, "jsonarraycontains": {args: "list, value", help: "1 if the list has the value, else 0", least: 2, most: 2, typ: Number, plain: "json_has"},

		"isvalidip": {args: "s", help: "1 if it is an IP address, else 0", least: 1, most: 1, typ: Number, plain: "is_ip"}, "isvalidipv4": {args: "s", help: "1 if it is an IPv4 address, else 0", least: 1, most: 1, typ: Number, plain: "is_ipv4"},
		"isvalidipv6": {args: "s", help: "1 if it is an IPv6 address, else 0", least: 1, most: 1, typ: Number, plain: "is_ipv6"}, "isipinsubnet": {args: "ip, cidr", help: "1 if the address is in the subnet, else 0", least: 2, most: 2, typ: Number, plain: "in_subnet"},
		"isipv4insubnet": {args: "ip, cidr", help: "1 if the IPv4 address is in the subnet, else 0", least: 2, most: 2, typ: Number, plain: "in_subnet_v4"}, "isipv6insubnet": {args: "ip, cidr", help: "1 if the IPv6 address is in the subnet, else 0", least: 2, most: 2, typ: Number, plain: "in_subnet_v6"},
		"ipv4tonumber": {args: "ip", help: "The IPv4 address as a number", least: 1, most: 1, typ: Number, plain: "ipv4_number"}, "isprivateip": {args: "ip", help: "1 if the address is private, else 0", least: 1, most: 1, typ: Number, plain: "is_private_ip"},
		"ispublicip": {args: "ip", help: "1 if the address is public, else 0", least: 1, most: 1, typ: Number, plain: "is_public_ip"}, "isreservedip": {args: "ip", help: "1 if the address is reserved, else 0", least: 1, most: 1, typ: Number, plain: "is_reserved_ip"},

		"bin": {args: "period", help: "The time rounded down to a multiple of the period", least: 1, most: 1, typ: Time, compile: bin}, "datefloor": {args: "time, period", help: "The time rounded down", least: 2, most: 2, typ: Time, compile: dateFloor},
		"dateceil": {args: "time, period", help: "The time rounded up", least: 2, most: 2, typ: Time, compile: dateFloor}, "frommillis": {args: "n", help: "The time that so many milliseconds since 1970 are", least: 1, most: 1, typ: Time, compile: fromMillis},
		"tomillis": {args: "time", help: "The milliseconds since 1970", least: 1, most: 1, typ: Number, compile: toMillis}, "now": {help: "The seconds since 1970 when the query started", typ: Number, most: -1, compile: now},
		"parsedate":  {args: "s, pattern", help: "The milliseconds since 1970 of a date in a pattern like yyyy-MM-dd HH:mm:ss", least: 2, most: 2, typ: Number, compile: parseDate},
		"formatdate": {args: "time, pattern", help: "The time in a pattern like yyyy-MM-dd HH:mm:ss", least: 2, most: 2, compile: formatDate}, "strftime": {args: "time, format", help: "The time in a format like %Y-%m-%d", least: 2, most: 2, compile: strftime},
		unmask: {args: "field", help: "The field, without a mask", least: 1, most: 1, plain: "text"},
	}
}

// tests are the functions that give 1 or 0: as conditions they need not be made
// numbers first.
func tests() map[string]func(args []query.Expr) query.Expr {
	empty := func(x query.Expr) query.Expr {
		return query.Or{Terms: []query.Expr{query.Not{X: query.Exists{X: x}}, query.Compare{Op: query.Eq, L: call("text", x), R: text("")}}}
	}
	part := func(op query.TextOp, name string) func(args []query.Expr) query.Expr {
		return func(args []query.Expr) query.Expr {
			if l, ok := args[1].(query.Literal); ok && !l.Value.IsNull() {
				return query.Text{Op: op, X: args[0], S: l.Value.Text()}
			}
			return call(name, call("text", args[0]), call("text", args[1]))
		}
	}
	return map[string]func(args []query.Expr) query.Expr{
		"ispresent": func(args []query.Expr) query.Expr { return query.Exists{X: args[0]} },
		"isempty":   func(args []query.Expr) query.Expr { return empty(args[0]) },
		"isblank":   func(args []query.Expr) query.Expr { return empty(call("trim", args[0], text(" \t\r\n"))) },
		"strcontains": func(args []query.Expr) query.Expr {
			if len(args) > 2 {
				if l, ok := args[2].(query.Literal); ok && query.Truth(l.Value) {
					if s, isText := args[1].(query.Literal); isText {
						return query.Text{Op: query.Search, X: args[0], S: s.Value.Text()}
					}
					return call("CONTAINS", call("lower", args[0]), call("lower", args[1]))
				}
			}
			return part(query.Contains, "CONTAINS")(args)
		},
		"startswith": part(query.StartsWith, "STARTS_WITH"),
		"endswith":   part(query.EndsWith, "ENDS_WITH"),
	}
}

// test compiles a call that is a condition.
func (c *compiler) test(n *node) (query.Expr, bool, error) {
	build, ok := tests()[n.name]
	if !ok {
		return nil, false, nil
	}
	args, err := c.arguments(n)
	if err != nil {
		return nil, true, err
	}
	list := expressions(args)
	return build(list), true, nil
}

func expressions(args []field) []query.Expr {
	list := make([]query.Expr, len(args))
	for i, a := range args {
		list[i] = a.expr
	}
	return list
}

// arguments checks a call, and compiles what it is given. Patterns and periods
// are left to the function.
func (c *compiler) arguments(n *node) ([]field, error) {
	f, ok := functionTable()[n.name]
	if !ok {
		return nil, c.unknownFunction(n)
	}
	if len(n.args) < f.least || f.most > 0 && len(n.args) > f.most || f.most < 0 && len(n.args) > 0 {
		return nil, wrong(n.start, n.end, "%s at %s takes (%s), not %d arguments", n.name, place(c.p.text, n.start), f.args, len(n.args))
	}
	args := make([]field, len(n.args))
	for i, a := range n.args {
		if a.kind == regexNode || a.kind == periodNode {
			if f.compile == nil {
				return nil, c.misplaced(a)
			}
			continue
		}
		var err error
		if args[i], err = c.value(a); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// function compiles a call to a value.
func (c *compiler) function(n *node) (field, error) {
	f := functionTable()[n.name]
	args, err := c.arguments(n)
	if err == nil && n.name == unmask {
		err = c.unmaskable(n.start, n.end)
	}
	if err != nil {
		return field{}, err
	}
	var e query.Expr
	switch {
	case f.compile != nil:
		e, err = f.compile(c, n, args)
	case f.plain != "":
		list := expressions(args)
		if f.typ == Number {
			for i, a := range args {
				list[i] = millis(a)
			}
		}
		e = call(f.plain, list...)
	default:
		return c.testValue(n, args)
	}
	if err != nil {
		return field{}, err
	}
	if checked := query.CheckField(e); checked != nil {
		return field{}, wrong(n.start, n.end, "%s at %s: %s", n.name, place(c.p.text, n.start), message(checked))
	}
	typ := f.typ
	if n.name == "if" || n.name == "case" || n.name == "coalesce" {
		typ = common(n.name, args)
	}
	return field{e, typ}, nil
}

func message(err error) string {
	_, after, ok := strings.Cut(fault.MessageOf(err), ": ")
	if !ok {
		return fault.MessageOf(err)
	}
	return after
}

// testValue is a test as 1 or 0; those of a missing text are null.
func (c *compiler) testValue(n *node, args []field) (field, error) {
	e := call("IF", tests()[n.name](expressions(args)), whole(1), whole(0))
	if !slices.Contains([]string{"ispresent", "isempty", "isblank"}, n.name) {
		e = call("IF", query.Exists{X: args[0].expr}, e)
	}
	return field{e, Number}, nil
}

// common is the type that all values of a choice have.
func common(name string, args []field) Type {
	var typ Type
	first := true
	for i, a := range args {
		if name != "coalesce" && i%2 == 0 && i < len(args)-1 {
			continue
		}
		if !first && a.typ != typ {
			return Any
		}
		typ, first = a.typ, false
	}
	return typ
}

// percentile is what other languages call pct.
var percentile = regexp.MustCompile(`^(p[0-9]+|percentile|perc[0-9]*|quantile)$`)

func (c *compiler) unknownFunction(n *node) error {
	at := place(c.p.text, n.start)
	name := c.p.tokens[n.from].text
	end := n.start + len(name)
	if _, ok := aggregateTable()[n.name]; ok {
		return wrong(n.start, end, "%s at %s is an aggregate, which stands in stats only", name, at)
	}
	hint := ""
	if percentile.MatchString(n.name) {
		hint = ": use pct(field, percent)"
	} else if near := nearest(n.name, functionNames()); near != "" {
		hint = ": did you mean " + near + "?"
	}
	return wrong(n.start, end, "unexpected symbol found %s at %s: there is no such function%s", name, at, hint)
}

func coalesce(_ *compiler, _ *node, args []field) (query.Expr, error) {
	return call("COALESCE", expressions(args)...), nil
}

// choice compiles if and case; conditions are compiled as such.
func choice(c *compiler, n *node, args []field) (query.Expr, error) {
	list := expressions(args)
	for i := 0; i+1 < len(list); i += 2 {
		e, err := c.condition(n.args[i])
		if err != nil {
			return nil, err
		}
		list[i] = e
	}
	return call("IF", list...), nil
}

func messageSize(*compiler, *node, []field) (query.Expr, error) {
	return call("LENGTH", call("text", query.Field{Name: event.FieldBody}), text("bytes")), nil
}

func startTime(c *compiler, _ *node, _ []field) (query.Expr, error) { return whole(c.o.Start), nil }
func endTime(c *compiler, _ *node, _ []field) (query.Expr, error)   { return whole(c.o.End), nil }

func timeRange(c *compiler, _ *node, _ []field) (query.Expr, error) {
	return whole((c.o.End - c.o.Start) / 1e6), nil
}

func now(c *compiler, _ *node, _ []field) (query.Expr, error) { return whole(c.o.Now / 1e9), nil }

func replacePattern(c *compiler, n *node, args []field) (query.Expr, error) {
	if n.args[1].kind != regexNode {
		if n.args[1].kind != literalNode || n.args[1].value.Kind() != event.String {
			return nil, c.misplaced(n.args[1])
		}
		n.args[1] = &node{kind: regexNode, name: n.args[1].value.Str(), start: n.args[1].start, end: n.args[1].end}
	}
	pattern, err := c.pattern(n.args[1])
	return call("replace_pattern", args[0].expr, text(pattern), args[2].expr), err
}

// asTime is an argument as Unix nanoseconds.
func asTime(f field) query.Expr {
	if f.typ == Time {
		return f.expr
	}
	return call("from_millis", f.expr)
}

func fromMillis(_ *compiler, _ *node, args []field) (query.Expr, error) { return asTime(args[0]), nil }

func toMillis(_ *compiler, _ *node, args []field) (query.Expr, error) {
	if args[0].typ == Time {
		return call("to_millis", args[0].expr), nil
	}
	return call("whole", args[0].expr), nil
}

func parseDate(_ *compiler, _ *node, args []field) (query.Expr, error) {
	return call("to_millis", call("parse_time", args[0].expr, args[1].expr)), nil
}

func formatDate(_ *compiler, _ *node, args []field) (query.Expr, error) {
	return call("print_time", asTime(args[0]), args[1].expr), nil
}

func strftime(_ *compiler, _ *node, args []field) (query.Expr, error) {
	return call("FORMAT_TIME", args[1].expr, call("over", asTime(args[0]), query.Literal{Value: event.FloatValue(1e9)})), nil
}
