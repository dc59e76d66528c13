package insights

import (
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

func call(name string, args ...query.Expr) query.Expr { return query.Call{Name: name, Args: args} }

func text(s string) query.Expr { return query.Literal{Value: event.StringValue(s)} }

func whole(n int64) query.Expr { return query.Literal{Value: event.IntValue(n)} }

// value compiles an expression to a value. Comparisons are 1 or 0, null where
// they cannot be decided.
func (c *compiler) value(n *node) (field, error) {
	switch n.kind {
	case fieldNode:
		return c.lookup(n.name), nil
	case literalNode:
		return constant(n.value), nil
	case callNode:
		return c.function(n)
	case unaryNode:
		if n.name == "-" {
			x, err := c.number(n.args[0])
			return field{call("negative", x), Number}, err
		}
	case binaryNode:
		if name, ok := arithmetic()[n.name]; ok {
			l, err := c.number(n.args[0])
			if err != nil {
				return field{}, err
			}
			r, err := c.number(n.args[1])
			return field{call(name, l, r), Number}, err
		}
	case inNode, likeNode:
	case regexNode, periodNode, starNode:
		return field{}, c.misplaced(n)
	}
	return c.truth(n)
}

func (c *compiler) misplaced(n *node) error { return unexpectedAt(c.p.text, n.start, n.end) }

func arithmetic() map[string]string {
	return map[string]string{"+": "plus", "-": "minus", "*": "times", "/": "over", "%": "remainder", "^": "power"}
}

// truth compiles a condition to 1, 0 or, where a comparison has nothing to
// compare, null.
func (c *compiler) truth(n *node) (field, error) {
	e, err := c.condition(n)
	if err != nil {
		return field{}, err
	}
	bit := call("IF", e, whole(1), whole(0))
	var there []query.Expr
	if n.kind == binaryNode && n.name != "and" && n.name != "or" && n.name != "!=" || (n.kind == likeNode || n.kind == inNode) && !n.negative {
		for _, a := range n.args {
			if a.kind == literalNode || a.kind == regexNode {
				continue
			}
			x, err := c.value(a)
			if err != nil {
				return field{}, err
			}
			there = append(there, query.Exists{X: x.expr})
		}
	}
	if len(there) == 0 {
		return field{bit, Number}, nil
	}
	return field{call("IF", query.And{Terms: there}, bit), Number}, nil
}

// number compiles an operand of arithmetic: times are milliseconds there.
func (c *compiler) number(n *node) (query.Expr, error) {
	f, err := c.value(n)
	if err == nil && f.typ == Time {
		f.expr = call("to_millis", f.expr)
	}
	return f.expr, err
}

// condition compiles an expression that rows are chosen by.
func (c *compiler) condition(n *node) (query.Expr, error) {
	switch n.kind {
	case unaryNode:
		if n.name == "not" {
			x, err := c.condition(n.args[0])
			return query.Not{X: x}, err
		}
	case binaryNode:
		switch n.name {
		case "and", "or":
			terms := make([]query.Expr, len(n.args))
			for i, a := range n.args {
				var err error
				if terms[i], err = c.condition(a); err != nil {
					return nil, err
				}
			}
			if n.name == "or" {
				return query.Or{Terms: terms}, nil
			}
			return query.And{Terms: terms}, nil
		case "=", "!=", "<", "<=", ">", ">=":
			return c.comparison(n)
		}
	case likeNode:
		return c.like(n)
	case inNode:
		return c.member(n)
	case callNode:
		if e, ok, err := c.test(n); ok || err != nil {
			return e, err
		}
	case fieldNode, literalNode, regexNode, periodNode, starNode:
	}
	f, err := c.value(n)
	return f.expr, err
}

func (c *compiler) comparison(n *node) (query.Expr, error) {
	l, err := c.value(n.args[0])
	if err != nil {
		return nil, err
	}
	r, err := c.value(n.args[1])
	if err != nil {
		return nil, err
	}
	if (l.typ == Time) != (r.typ == Time) {
		l.expr, r.expr = millis(l), millis(r)
	}
	op := map[string]query.CompareOp{"=": query.Eq, "!=": query.Eq, "<": query.Lt, "<=": query.Le, ">": query.Gt, ">=": query.Ge}[n.name]
	if op != query.Eq {
		l.expr, r.expr = c.ordered(l.expr, r.expr)
	}
	if _, isLiteral := l.expr.(query.Literal); isLiteral && op != query.Eq {
		if _, both := r.expr.(query.Literal); !both { // stores look for field op literal
			l.expr, r.expr = r.expr, l.expr
			op = map[query.CompareOp]query.CompareOp{query.Lt: query.Gt, query.Le: query.Ge, query.Gt: query.Lt, query.Ge: query.Le}[op]
		}
	}
	var e query.Expr = query.Compare{Op: op, L: l.expr, R: r.expr}
	if n.name == "!=" {
		e = query.Not{X: e}
	}
	return e, nil
}

// ordered makes operands such that what reads as numbers on both sides is
// compared so: two texts would be compared as texts else.
func (c *compiler) ordered(l, r query.Expr) (query.Expr, query.Expr) {
	l, r = asNumber(l), asNumber(r)
	_, isLiteral := l.(query.Literal)
	_, both := r.(query.Literal)
	if isLiteral || both {
		return l, r
	}
	return call("order", l, r), whole(0)
}

func asNumber(e query.Expr) query.Expr {
	l, ok := e.(query.Literal)
	if !ok || l.Value.Kind() != event.String {
		return e
	}
	if f, isNumber := l.Value.Number(); isNumber {
		return query.Literal{Value: event.FloatValue(f)}
	}
	return e
}

// millis is a time as the number people compare it with.
func millis(f field) query.Expr {
	if f.typ == Time {
		return call("to_millis", f.expr)
	}
	return f.expr
}

func (c *compiler) like(n *node) (query.Expr, error) {
	l, err := c.value(n.args[0])
	if err != nil {
		return nil, err
	}
	var e query.Expr
	switch r := n.args[1]; r.kind { //nolint:exhaustive // all others are values
	case regexNode:
		pattern, err := c.pattern(r)
		if err != nil {
			return nil, err
		}
		e = patternTest(l.expr, pattern)
	case literalNode:
		e = query.Text{Op: query.Contains, X: l.expr, S: r.value.Text()}
	default:
		x, err := c.value(r)
		if err != nil {
			return nil, err
		}
		e = call("CONTAINS", call("text", l.expr), call("text", x.expr))
	}
	if n.negative {
		e = query.Not{X: e}
	}
	return e, nil
}

// patternTest looks for plain text where a pattern is nothing else, which is
// several times cheaper.
func patternTest(x query.Expr, pattern string) query.Expr {
	if pattern != "" && regexp.QuoteMeta(pattern) == pattern {
		return query.Text{Op: query.Contains, X: x, S: pattern}
	}
	return query.Text{Op: query.Regex, X: x, S: pattern}
}

const maxPattern = 2000

// groupName is the beginning of a named group, in both spellings.
var groupName = regexp.MustCompile(`\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>`)

// pattern checks a regular expression, and takes the names off its groups: not
// every engine knows both spellings.
func (c *compiler) pattern(n *node) (string, error) {
	if len(n.name) > maxPattern {
		return "", wrong(n.start, n.end, "the pattern at %s is %d characters long; at most %d are taken", place(c.p.text, n.start), len(n.name), maxPattern)
	}
	if _, err := regexp.Compile(n.name); err != nil {
		return "", wrong(n.start, n.end, "the pattern at %s is not valid: %s", place(c.p.text, n.start), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return groupName.ReplaceAllString(n.name, "("), nil
}

func (c *compiler) member(n *node) (query.Expr, error) {
	x, err := c.value(n.args[0])
	if err != nil {
		return nil, err
	}
	x.expr = millis(x)
	var e query.Expr = query.In{X: x.expr, Values: n.values}
	if n.sub[1] > 0 {
		if e, err = c.subquery(n, x.expr); err != nil {
			return nil, err
		}
	}
	if n.negative {
		e = query.Not{X: e}
	}
	return e, nil
}

// subquery compiles the query in the brackets of in. It sees nothing of the
// query around it.
func (c *compiler) subquery(n *node, x query.Expr) (query.Expr, error) {
	if c.sub {
		return nil, wrong(n.start, n.end, "the query in brackets at %s stands in another one; they cannot be nested", place(c.p.text, n.start))
	}
	tokens := append(append([]token{}, c.p.tokens[n.sub[0]:n.sub[1]]...), token{kind: endToken, start: n.end - 1, end: n.end})
	o := c.o
	o.Limit = 0
	inner := newCompiler(&parser{text: c.p.text, tokens: tokens}, o)
	inner.sub = true
	inner.program.Groups = c.program.Groups
	if err := inner.commands(); err != nil {
		return nil, err
	}
	p, err := inner.finish()
	if err != nil {
		return nil, err
	}
	if len(p.Columns) != 1 {
		return nil, wrong(n.start, n.end, "the query in brackets at %s gives %d columns; it must give one: end it with fields NAME", place(c.p.text, n.start), len(p.Columns))
	}
	asked := p.Query(c.o)
	asked.Stages = append(asked.Stages, query.Project{Fields: []string{p.Columns[0].Field}})
	return query.InQuery{X: x, Query: asked}, nil
}
