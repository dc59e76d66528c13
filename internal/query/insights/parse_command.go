package insights

import (
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// parseCommand reads "parse [field] 'a * glob' as x, y" and "parse [field] /re/ [as …]".
func (c *compiler) parseCommand(token) error {
	var of query.Expr = query.Field{Name: event.FieldBody}
	if t := c.p.peek(); t.kind != regexToken && (t.kind != stringToken || c.p.tokens[c.p.next+1].kind == stringToken || c.p.tokens[c.p.next+1].kind == regexToken) {
		n, err := c.p.primary()
		if err != nil {
			return err
		}
		f, err := c.value(n)
		if err != nil {
			return err
		}
		of = f.expr
	} else if f, ok := c.scope["@message"]; ok || c.closed {
		if !ok {
			f = c.lookup("@message")
		}
		of = f.expr
	}
	from := c.p.next
	t := c.p.take()
	n := c.p.mark(&node{kind: regexNode, name: t.text}, from)
	switch t.kind {
	case regexToken:
		return c.parsePattern(of, n)
	case stringToken:
		return c.parseGlob(of, n)
	case endToken, wordToken, numberToken, signToken:
	}
	return c.p.unexpected(t)
}

// aliases reads "as a, b".
func (c *compiler) aliases() ([]string, error) {
	if !c.p.takeWord("as") {
		return nil, nil
	}
	var names []string
	err := c.list(func() error {
		t, err := c.p.name()
		names = append(names, t.text)
		return err
	})
	return names, err
}

func (c *compiler) parseGlob(of query.Expr, n *node) error {
	names, err := c.aliases()
	if err != nil {
		return err
	}
	stars := query.NewGlob(n.name).Stars()
	switch {
	case len(n.name) > maxPattern:
		return wrong(n.start, n.end, "the pattern at %s is %d characters long; at most %d are taken", place(c.p.text, n.start), len(n.name), maxPattern)
	case stars == 0:
		return wrong(n.start, n.end, "the pattern at %s has no * in it", place(c.p.text, n.start))
	case len(names) != stars:
		return wrong(n.start, c.p.tokens[c.p.next-1].end, "the pattern at %s has %d of * and %d names behind as; they must be as many", place(c.p.text, n.start), stars, len(names))
	}
	for i, name := range names {
		c.parsedAs(name, call("glob_part", of, text(n.name), whole(int64(i))))
	}
	return nil
}

func (c *compiler) parsePattern(of query.Expr, n *node) error {
	pattern, err := c.pattern(n)
	if err != nil {
		return err
	}
	names, err := c.aliases()
	if err != nil {
		return err
	}
	re := regexp.MustCompile(strings.ReplaceAll(n.name, "(?<", "(?P<")) // it was compiled before
	var groups []int
	var named []string
	for i, name := range re.SubexpNames() {
		if name != "" {
			groups, named = append(groups, i), append(named, name)
		}
	}
	if len(groups) == 0 { // older texts name plain groups behind as
		for i := 1; i <= re.NumSubexp(); i++ {
			groups = append(groups, i)
		}
	}
	if names == nil {
		names = named
	}
	switch {
	case len(groups) == 0:
		return wrong(n.start, n.end, "the pattern at %s has no group with a name, like (?<name>…)", place(c.p.text, n.start))
	case len(names) != len(groups):
		return wrong(n.start, c.p.tokens[c.p.next-1].end, "the pattern at %s has %d groups and %d names behind as; they must be as many", place(c.p.text, n.start), len(groups), len(names))
	}
	for i, name := range names {
		c.parsedAs(name, call("capture", of, text(pattern), whole(int64(groups[i]))))
	}
	return nil
}

func (c *compiler) parsedAs(name string, e query.Expr) {
	col := c.column(name)
	if _, again := c.scope[name]; again { // what reads the older one keeps it
		col = c.hidden()
	}
	c.add(query.Compute{Name: col, Expr: e})
	c.scope[name] = stored(col, Any)
	c.parsed = replaced(c.parsed, Column{Name: name, Field: col})
}
