package sqlgen

import (
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/query"
)

// A function that uses an argument several times would double the SQL with each
// level of nesting. So what is more than a column or a literal becomes a column
// of its own first, in a SELECT below. For each height of the expression there
// are stepsOfHeight layers: what a function computes from its arguments step by
// step, and last the functions themselves.
const stepsOfHeight = 4

// layers are the columns that wait to be put below what is compiled now.
type layers struct {
	columns [][]string         // by layer, "sql AS x1"
	names   map[string]hoisted // of what is there already, by SQL
}

// hoisted is a column in a layer; those above it can use it.
type hoisted struct {
	name  string
	layer int
}

var atomic = regexp.MustCompile(`^([a-z]+[0-9]*|'[^']*'|\(?-?[0-9.]+e[+-][0-9]+\)?|TRUE|FALSE|true|false)$`)

// height is how deep an expression is nested.
func height(e query.Expr) int {
	h := 0
	for _, a := range children(e) {
		h = max(h, 1+height(a))
	}
	return h
}

// atom returns the compiled expression as something that may be used many times.
func (c *compiler) atom(e query.Expr, t term) term {
	t.sql = c.hoist(stepsOfHeight*height(e)+stepsOfHeight-1, t.sql)
	return t
}

func (c *compiler) hoist(layer int, sql string) string {
	if atomic.MatchString(sql) {
		return sql
	}
	if h, ok := c.hoisted.names[sql]; ok && h.layer <= layer {
		return h.name
	}
	if c.hoisted.names == nil {
		c.hoisted.names = map[string]hoisted{}
	}
	for len(c.hoisted.columns) <= layer {
		c.hoisted.columns = append(c.hoisted.columns, nil)
	}
	name := c.alias("x")
	c.hoisted.names[sql] = hoisted{name, layer}
	c.hoisted.columns[layer] = append(c.hoisted.columns[layer], sql+" AS "+name)
	return name
}

// place wraps the relation in the layers that wait, so that what was compiled
// can be used on it.
func (c *compiler) place() {
	columns := c.hoisted.columns
	c.hoisted = layers{}
	for _, layer := range columns {
		if len(layer) > 0 {
			c.wrap(layer...)
		}
	}
}

// placedCond compiles a condition and makes the relation ready for it.
func (c *compiler) placedCond(e query.Expr) (string, error) {
	cond, err := c.cond(e)
	c.place()
	return cond, err
}

// children are the expressions that an expression is made of.
func children(e query.Expr) []query.Expr {
	switch x := e.(type) {
	case query.Compare:
		return []query.Expr{x.L, x.R}
	case query.In:
		return []query.Expr{x.X}
	case query.Exists:
		return []query.Expr{x.X}
	case query.Text:
		return []query.Expr{x.X}
	case query.And:
		return x.Terms
	case query.Or:
		return x.Terms
	case query.Not:
		return []query.Expr{x.X}
	case query.Call:
		return x.Args
	}
	return nil
}

// mentions reports whether an expression reads a field.
func mentions(e query.Expr, name string) bool { return slices.Contains(query.FieldsOf(e), name) }

// joined is list with a sign between, in brackets.
func joined(list []string, sign string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, sign) + ")"
}
