package rql

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// function is one of the language's.
type function struct {
	least, most int // arguments; most is -1 for any number
	aggregate   bool
	signature   string
	help        string
	typ         Type
	compile     func(c *compiler, n *Node, args []query.Expr) (query.Expr, error) // nil for aggregates and if
}

//nolint:gochecknoglobals // a table of constants
var functions = map[string]function{
	"count":          {1, 1, true, "count(* | x)", "Rows, or rows with a value", Number, nil},
	"count_distinct": {1, 10, true, "count_distinct(x, …)", "Different values", Number, nil},
	"sum":            {1, 1, true, "sum(x)", "Sum", Number, nil},
	"avg":            {1, 1, true, "avg(x)", "Mean", Number, nil},
	"min":            {1, 1, true, "min(x)", "Least value", Any, nil},
	"max":            {1, 1, true, "max(x)", "Greatest value", Any, nil},

	"unix_timestamp": {0, 1, false, "unix_timestamp([time])", "Unix seconds of now, or of a time like '2026-01-31 23:59:59'", Time, (*compiler).unixTimestamp},
	"concat":         {1, -1, false, "concat(a, …)", "The texts one after the other; NULL if one is", Any, (*compiler).concat},
	"concat_ws":      {2, -1, false, "concat_ws(separator, a, …)", "The texts with a separator between, without those that are NULL", Any, (*compiler).concatWS},
	"lower":          {1, 1, false, "lower(s)", "In small letters", Any, simple("lower")},
	"upper":          {1, 1, false, "upper(s)", "In capital letters", Any, simple("upper")},
	"left":           {2, 2, false, "left(s, n)", "The first n characters", Any, (*compiler).left},
	"right":          {2, 2, false, "right(s, n)", "The last n characters", Any, (*compiler).right},
	"substring":      {2, 3, false, "substring(s, from[, length])", "A part, from a character on, counted from 1 or, if negative, from the end", Any, (*compiler).substring},
	"locate":         {2, 3, false, "locate(part, s[, from])", "Where a part begins, counted from 1; 0 if it is not there", Number, (*compiler).locate},
	"char_length":    {1, 1, false, "char_length(s)", "Length in characters", Number, simple("characters")},
	"length":         {1, 1, false, "length(s)", "Length in bytes", Number, (*compiler).length},
	"if":             {3, 3, false, "if(condition, a, b)", "a where the condition is true, else b", Any, nil},
}

// checkCall checks a call's name and number of arguments.
func checkCall(n *Node, t token) error {
	f, ok := functions[n.Name]
	if !ok {
		return wrong(t.start, t.end, "there is no function %s; there are %s", clipped(n.Name), strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	if len(n.Args) < f.least || f.most >= 0 && len(n.Args) > f.most || len(n.Args) > maxItems {
		return n.wrong("%s takes other arguments than these %d: %s", n.Name, len(n.Args), f.signature)
	}
	return nil
}

func (n *Node) isAggregate() bool { return n.Kind == Call && functions[n.Name].aggregate }

func hasAggregate(n *Node) bool { return n != nil && n.some((*Node).isAggregate) }

func simple(name string) func(*compiler, *Node, []query.Expr) (query.Expr, error) {
	return func(_ *compiler, _ *Node, args []query.Expr) (query.Expr, error) { return call(name, args...), nil }
}

// unixTimestamp is now, or the seconds of a text that is a time in UTC. A number is
// taken for seconds already.
func (c *compiler) unixTimestamp(n *Node, args []query.Expr) (query.Expr, error) {
	if len(args) == 0 {
		return whole(c.o.Now / 1e9), nil
	}
	x := c.hoist(args[0])
	var forms []query.Expr
	for _, pattern := range []string{"yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd"} {
		forms = append(forms, call("parse_time", x, text(pattern)))
	}
	parsed := call("COALESCE", forms...)
	e := call("COALESCE", call("whole", call("over", call("to_millis", parsed), whole(1000))), call("whole", x))
	if l, ok := x.(query.Literal); ok {
		v := query.Eval(e, nil)
		if v.IsNull() {
			return nil, n.wrong("%s is no time; write it like '2026-01-31 23:59:59'", clipped(l.Value.Text()))
		}
		return query.Literal{Value: v}, nil
	}
	return e, nil
}

// concat is null if an argument is.
func (c *compiler) concat(_ *Node, args []query.Expr) (query.Expr, error) {
	var there []query.Expr
	for i, a := range args {
		if args[i] = c.hoist(a); !isConstant(args[i]) {
			there = append(there, query.Exists{X: args[i]})
		} else if isNull(args[i]) {
			return query.Literal{}, nil
		}
	}
	joined := call("CONCAT", args...)
	if len(there) == 0 {
		return joined, nil
	}
	return call("IF", query.And{Terms: there}, joined), nil
}

func isConstant(e query.Expr) bool {
	_, ok := e.(query.Literal)
	return ok
}

func isNull(e query.Expr) bool {
	l, ok := e.(query.Literal)
	return ok && l.Value.IsNull()
}

// concatWS passes over nulls: each text brings the separator before it if one of
// those before is there.
func (c *compiler) concatWS(_ *Node, args []query.Expr) (query.Expr, error) {
	separator := c.hoist(args[0])
	var parts, before []query.Expr
	always := false // a text before is there for certain
	for _, a := range args[1:] {
		if a = c.hoist(a); isNull(a) {
			continue
		}
		there := query.Exists{X: a}
		switch {
		case always:
			parts = append(parts, call("IF", there, separator))
		case len(before) > 0:
			parts = append(parts, call("IF", query.And{Terms: []query.Expr{there, query.Or{Terms: slices.Clone(before)}}}, separator))
		}
		parts = append(parts, a)
		before = append(before, there)
		always = always || isConstant(a)
	}
	joined := call("CONCAT", append(parts, text(""))...)
	if isConstant(separator) {
		if isNull(separator) {
			return query.Literal{}, nil
		}
		return joined, nil
	}
	return call("IF", query.Exists{X: separator}, joined), nil
}

func (c *compiler) left(_ *Node, args []query.Expr) (query.Expr, error) {
	return call("substring", args[0], whole(0), args[1]), nil
}

func (c *compiler) right(_ *Node, args []query.Expr) (query.Expr, error) {
	s, n := c.hoist(args[0]), c.hoist(args[1])
	none := query.Compare{Op: query.Le, L: call("number", n), R: whole(0)}
	return call("IF", query.And{Terms: []query.Expr{query.Exists{X: s}, none}}, text(""),
		query.Exists{X: call("number", n)}, call("substring", s, call("minus", call("characters", s), call("whole", n)))), nil
}

// substring counts from 1, and from the end where it is negative; from 0 there is
// nothing.
func (c *compiler) substring(_ *Node, args []query.Expr) (query.Expr, error) {
	s, from := c.hoist(args[0]), c.hoist(call("whole", args[1]))
	rest := args[2:]
	part := func(at query.Expr) query.Expr { return call("substring", append([]query.Expr{s, at}, rest...)...) }
	front := part(call("minus", from, whole(1)))
	start := call("plus", call("characters", s), from)
	if l, ok := from.(query.Literal); ok && l.Value.Int() > 0 {
		return front, nil
	}
	none := query.Or{Terms: []query.Expr{
		query.Compare{Op: query.Eq, L: from, R: whole(0)}, query.And{Terms: []query.Expr{
			query.Compare{Op: query.Lt, L: from, R: whole(0)}, query.Compare{Op: query.Lt, L: start, R: whole(0)},
		}},
	}}
	return call("IF", query.Not{X: query.And{Terms: []query.Expr{query.Exists{X: s}, query.Exists{X: from}}}}, query.Literal{},
		none, call("IF", query.Exists{X: call("text", s)}, text("")),
		query.Compare{Op: query.Gt, L: from, R: whole(0)}, front, part(start)), nil
}

func (c *compiler) locate(_ *Node, args []query.Expr) (query.Expr, error) {
	part, s := args[0], args[1]
	if len(args) == 2 {
		return call("locate", part, s), nil
	}
	part, s = c.hoist(part), c.hoist(s)
	from := c.hoist(call("whole", args[2]))
	at := c.hoist(call("locate", part, call("substring", s, call("minus", from, whole(1)))))
	behind := query.Compare{Op: query.Gt, L: from, R: call("plus", call("characters", s), whole(1))}
	none := query.Or{Terms: []query.Expr{
		query.Compare{Op: query.Lt, L: from, R: whole(1)}, query.Compare{Op: query.Eq, L: at, R: whole(0)}, behind,
	}}
	return call("IF", query.And{Terms: []query.Expr{query.Exists{X: at}, none}}, whole(0),
		query.Exists{X: at}, call("whole", call("minus", call("plus", at, from), whole(1)))), nil
}

func (c *compiler) length(_ *Node, args []query.Expr) (query.Expr, error) {
	return call("LENGTH", call("text", args[0]), text("bytes")), nil
}

// FunctionHelp describes a function for an editor.
type FunctionHelp struct {
	Name      string `json:"name"`
	Signature string `json:"signature"`
	Help      string `json:"help"`
	Kind      string `json:"kind"` // function or aggregate
}

// Functions describes the functions, by name.
func Functions() []FunctionHelp {
	var list []FunctionHelp
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		f := functions[name]
		list = append(list, FunctionHelp{name, f.signature, f.help, pick(f.aggregate, "aggregate", "function")})
	}
	return list
}

// likePattern is the regular expression of a pattern of LIKE: % is any text, _ any
// character, a backslash takes a wildcard at its word.
func likePattern(pattern string) string {
	var b strings.Builder
	b.WriteString("(?s)^")
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			b.WriteString(quoteMeta(r))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteByte('.')
		default:
			b.WriteString(quoteMeta(r))
		}
	}
	if escaped {
		b.WriteString(`\\`)
	}
	return b.String() + "$"
}

func quoteMeta(r rune) string {
	if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
		return `\` + string(r)
	}
	if r < ' ' {
		return `\x{` + strconv.FormatInt(int64(r), 16) + "}"
	}
	return string(r)
}

// likeTest is LIKE as the plainest test that says the same.
func likeTest(x query.Expr, pattern string) query.Expr {
	inner := strings.Trim(pattern, "%")
	if strings.ContainsAny(inner, `%_\`) || strings.Trim(pattern, "%") == "" && pattern != "" {
		if strings.Trim(pattern, "%") == "" {
			return query.Exists{X: x}
		}
		return query.Text{Op: query.Regex, X: x, S: likePattern(pattern)}
	}
	before, behind := strings.HasPrefix(pattern, "%"), strings.HasSuffix(pattern, "%")
	switch {
	case before && behind:
		return query.Text{Op: query.Contains, X: x, S: inner}
	case before:
		return query.Text{Op: query.EndsWith, X: x, S: inner}
	case behind:
		return query.Text{Op: query.StartsWith, X: x, S: inner}
	}
	return query.Compare{Op: query.Eq, L: call("text", x), R: query.Literal{Value: event.StringValue(inner)}}
}
