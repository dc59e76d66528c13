package sqlgen

import (
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// expr compiles an expression to a value. Conditions become booleans that are
// never null.
func (c *compiler) expr(e query.Expr) (term, error) {
	switch x := e.(type) {
	case query.Field:
		return c.lookup(x.Name), nil
	case query.Literal:
		return c.literal(x.Value), nil
	case query.Call:
		v, err := c.function(x)
		if err == nil && query.IsCondition(x) {
			v.sql = c.d.holds(v.sql)
		}
		return v, err
	}
	cond, err := c.cond(e)
	if err != nil {
		return term{}, err
	}
	return term{sql: c.d.holds(cond), kind: event.Bool}, nil
}

func (c *compiler) literal(v event.Value) term {
	return term{sql: c.d.Literal(v), kind: v.Kind(), literal: true, value: v}
}

// cond compiles an expression to a condition: true where the row satisfies it,
// false or null where not. And and Or pass null on without harm; not turns it
// into true, as Match does.
func (c *compiler) cond(e query.Expr) (string, error) {
	switch x := e.(type) {
	case query.Compare:
		return c.compare(x)
	case query.In:
		return c.oneOf(x)
	case query.Exists:
		v, err := c.expr(x.X)
		if err != nil || v.kind == event.Null {
			return c.d.falsity(), err
		}
		return v.sql + " IS NOT NULL", nil
	case query.Text:
		if simpler, ok := x.Lowered(); ok {
			return c.cond(simpler)
		}
		return c.text(x)
	case query.And:
		return c.all(x.Terms, " AND ", c.d.truth())
	case query.Or:
		return c.all(x.Terms, " OR ", c.d.falsity())
	case query.Not:
		cond, err := c.cond(x.X)
		return "(" + c.d.not(cond) + ")", err
	case query.Call:
		v, err := c.function(x)
		if err == nil && query.IsCondition(x) {
			return v.sql, nil
		}
		return c.truthy(v), err
	case query.Field, query.Literal:
		v, err := c.expr(e)
		return c.truthy(v), err
	}
	return "", fault.New(fault.Invalid, "a query cannot hold an expression of type %T", e)
}

func (c *compiler) all(terms []query.Expr, joint, none string) (string, error) {
	if len(terms) == 0 {
		return none, nil
	}
	conds := make([]string, len(terms))
	for i, t := range terms {
		cond, err := c.cond(t)
		if err != nil {
			return "", err
		}
		conds[i] = "(" + cond + ")"
	}
	return "(" + strings.Join(conds, joint) + ")", nil
}

// truthy is a value as a condition: true, a number but zero, or the text "true".
func (c *compiler) truthy(v term) string {
	switch v.kind {
	case event.Bool:
		return v.sql
	case event.Int, event.Float:
		return v.sql + " <> 0"
	case event.String:
		return v.sql + " = 'true'"
	case event.Null:
	}
	return c.d.falsity()
}

var compareSigns = [...]string{query.Eq: "=", query.Ne: "<>", query.Lt: "<", query.Le: "<=", query.Gt: ">", query.Ge: ">="}

func (c *compiler) compare(x query.Compare) (string, error) {
	l, err := c.expr(x.L)
	if err != nil {
		return "", err
	}
	r, err := c.expr(x.R)
	if err != nil {
		return "", err
	}
	if int(x.Op) >= len(compareSigns) {
		return "", fault.New(fault.Invalid, "there is no comparison number %d", x.Op)
	}
	return c.comparison(l, r, compareSigns[x.Op]), nil
}

// text compiles a test on the text form.
func (c *compiler) text(x query.Text) (string, error) {
	v, err := c.expr(x.X)
	if err != nil {
		return "", err
	}
	if x.Op == query.Regex {
		if _, err := regexp.Compile(x.S); err != nil {
			return "", fault.New(fault.Invalid, "regular expression: %w", err)
		}
	}
	if v.kind == event.Null {
		return c.d.falsity(), nil
	}
	s, lit := c.d.Convert(v.sql, v.kind, event.String), c.d.Quote(x.S)
	switch x.Op {
	case query.Contains:
		return c.d.contains(s, lit), nil
	case query.StartsWith:
		return c.d.call("starts_with", "startsWith", s, lit), nil
	case query.EndsWith:
		return c.d.call("ends_with", "endsWith", s, lit), nil
	case query.Search:
		return c.d.contains(c.d.call("lower", "lowerUTF8", s), c.d.Quote(strings.ToLower(x.S))), nil
	case query.Regex:
		// ClickHouse lets a dot match the end of a line unless told otherwise.
		return c.d.call("regexp_matches", "match", s, c.d.Quote(c.d.pick("", "(?-s)")+x.S)), nil
	case query.Pattern:
		if c.d == ClickHouse { // it uses the text many times
			s = c.hoist(stepsOfHeight*height(x.X)+stepsOfHeight-1, s)
		}
		return c.filterPattern(s, x.S, stepsOfHeight*(height(x.X)+1))
	}
	return "", fault.New(fault.Invalid, "there is no text test number %d", x.Op)
}
