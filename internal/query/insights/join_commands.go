package insights

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

func itoa(n int) string { return strconv.Itoa(n) }

// inner compiles the query in the brackets that begin here.
func (c *compiler) inner() (*Program, error) {
	open := c.p.peek()
	if err := c.p.want("("); err != nil {
		return nil, err
	}
	if c.sub {
		return nil, wrong(open.start, open.end, "the query in brackets at %s stands in another one; they cannot be nested", place(c.p.text, open.start))
	}
	from, depth := c.p.next, 1
	for depth > 0 {
		switch t := c.p.take(); {
		case t.kind == endToken:
			return nil, c.p.unexpected(t)
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		}
	}
	last := c.p.tokens[c.p.next-1]
	tokens := append(slices.Clone(c.p.tokens[from:c.p.next-1]), token{kind: endToken, start: last.start, end: last.end})
	o := c.o
	o.Limit = 0
	inner := newCompiler(&parser{text: c.p.text, tokens: tokens}, o)
	inner.sub = true
	inner.program.Groups = c.program.Groups
	if err := inner.commands(); err != nil {
		return nil, err
	}
	return inner.finish()
}

const maxJoinKeys = 50_000

// joinCommand reads "join type=inner left=L right=R where L.k = R.k (SOURCE …)".
func (c *compiler) joinCommand(name token) error {
	if c.joined {
		return wrong(name.start, name.end, "unexpected symbol found %s at %s: a query has one join only", name.text, place(c.p.text, name.start))
	}
	c.joined = true
	s := query.Join{MostKeys: maxJoinKeys}
	left, right, err := c.joinSettings(&s)
	if err != nil {
		return err
	}
	if !c.p.takeWord("where") && !c.p.takeWord("on") {
		return c.p.unexpected(c.p.peek())
	}
	own, err := c.p.name()
	if err != nil {
		return err
	}
	if err := c.p.want("="); err != nil {
		return err
	}
	theirs := c.p.take() // the bracket behind it begins the query
	if theirs.kind != wordToken {
		return c.p.unexpected(theirs)
	}
	if right == "" || !strings.HasPrefix(theirs.text, right+".") {
		if right != "" && strings.HasPrefix(own.text, right+".") {
			own, theirs = theirs, own
		} else {
			return wrong(theirs.start, theirs.end, "unexpected symbol found %s at %s: the keys are written with the names behind left= and right=, as L.key = R.key", theirs.text, place(c.p.text, theirs.start))
		}
	}
	p, err := c.inner()
	if err != nil {
		return err
	}
	c.left = left
	key := strings.TrimPrefix(theirs.text, right+".")
	i := slices.IndexFunc(p.Columns, func(col Column) bool { return col.Name == key })
	if i < 0 {
		return wrong(theirs.start, theirs.end, "the query in brackets gives no column %s, which it is joined by at %s", key, place(c.p.text, theirs.start))
	}
	s.Field, s.WithKey, s.With = c.compute(c.lookup(own.text).expr, ""), p.Columns[i].Field, p.Query(c.o)
	c.order()
	for _, col := range p.Columns {
		s.Columns = append(s.Columns, query.JoinColumn{Field: col.Field, Name: c.shows(right+"."+col.Name, col.Type)})
	}
	c.add(s)
	return nil
}

// joinSettings reads the kind of a join and the names of its sides.
func (c *compiler) joinSettings(s *query.Join) (left, right string, err error) {
	for {
		setting, v, done, err := c.setting()
		if err != nil || done {
			return left, right, err
		}
		switch setting {
		case "type":
			kind := strings.ToLower(v.text)
			if s.Outer = kind == "left" || kind == "outer"; !s.Outer && kind != "inner" {
				return "", "", wrong(v.start, v.end, "unexpected symbol found %s at %s: the type is inner or left", v.text, place(c.p.text, v.start))
			}
		case "left":
			left = v.text
		case "right":
			right = v.text
		default:
			return "", "", c.unknownSetting("join", setting, v)
		}
	}
}

// appendcolsCommand reads "appendcols [override=false] [max=100] (query)".
func (c *compiler) appendcolsCommand(token) error {
	s := query.Beside{Keep: true}
	for {
		setting, v, done, err := c.setting()
		if err != nil {
			return err
		}
		if done {
			break
		}
		switch setting {
		case "override":
			override, err := c.truthOf(v)
			if err != nil {
				return err
			}
			s.Keep = !override
		case "max", "maxout":
			if v.kind != numberToken || v.value.Int() < 1 {
				return c.p.unexpected(v)
			}
			s.Most = int(min(v.value.Int(), MaxRows))
		default:
			return c.unknownSetting("appendcols", setting, v)
		}
	}
	p, err := c.inner()
	if err != nil {
		return err
	}
	s.With = p.Query(c.o)
	c.order()
	for _, col := range p.Columns {
		name := ""
		if f, ok := c.scope[col.Name]; ok && c.closed {
			name = c.compute(f.expr, "")
		} else {
			name = c.shows(col.Name, col.Type)
		}
		s.Columns = append(s.Columns, query.JoinColumn{Field: col.Field, Name: name})
	}
	c.add(s)
	return nil
}

// lookupCommand reads "lookup table key [as field] OUTPUT a, b" and cidrlookup.
func (c *compiler) lookupCommand(name token) error {
	at, err := c.p.name()
	if err != nil {
		return err
	}
	key, field, err := c.named()
	if err != nil {
		return err
	}
	s := query.Lookup{Key: key.text, Networks: name.word("cidrlookup"), Keep: c.p.peek().word("outputnew")}
	if !c.p.takeWord("output") && !c.p.takeWord("outputnew") {
		return c.p.unexpected(c.p.peek())
	}
	if s.Table, err = c.table(at); err != nil {
		return err
	}
	if !slices.Contains(s.Table.Columns, key.text) {
		return wrong(key.start, key.end, "the lookup table %s has no column %s, which stands at %s: it has %s", at.text, key.text, place(c.p.text, key.start), strings.Join(s.Table.Columns, ", "))
	}
	s.Field = c.compute(c.lookup(field).expr, "")
	err = c.list(func() error {
		out, err := c.p.name()
		if err != nil {
			return err
		}
		if !slices.Contains(s.Table.Columns, out.text) {
			return wrong(out.start, out.end, "the lookup table %s has no column %s, which stands at %s: it has %s", at.text, out.text, place(c.p.text, out.start), strings.Join(s.Table.Columns, ", "))
		}
		alias, err := c.alias()
		if alias == "" {
			alias = out.text
		}
		old := c.lookup(alias).expr
		col := c.shows(alias, Any)
		if s.Keep {
			c.add(query.Compute{Name: col, Expr: old})
		}
		s.Outputs = append(s.Outputs, query.LookupOutput{Column: out.text, Name: col})
		return err
	})
	c.order()
	c.add(s)
	return err
}

func (c *compiler) table(at token) (*query.Table, error) {
	if c.o.Table == nil {
		return &query.Table{Name: at.text}, nil
	}
	t, err := c.o.Table(at.text)
	if err != nil {
		return nil, wrong(at.start, at.end, "%s", fault.MessageOf(err))
	}
	return t, nil
}

// estimateCommand asks what the query would look at.
func (c *compiler) estimateCommand(name token) error {
	c.program.Estimate = true
	c.last = name.text
	return nil
}
