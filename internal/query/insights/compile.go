package insights

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// compiler reads commands one after the other and puts their stages in a row.
type compiler struct {
	p       *parser
	o       Options
	program *Program
	stages  []query.Stage

	scope   map[string]field // aliases, and after stats all there is
	closed  bool             // after stats: other names are of nothing
	fields  []Column         // of fields commands, or of the last stats
	shown   []Column         // of the last display command
	parsed  []Column         // made by parse and unnest
	names   int
	sorted  bool
	limited bool
	stats   int
	dedup   bool   // nothing but limit and display may follow
	last    string // a command that must be the last
	sub     bool   // inside a query of in, which holds no other
	joined  bool
	left    string // the name of this side of the join
	step    int64  // of the bin that the last stats groups by, 0 for none
	has     func(field string) bool
}

func newCompiler(p *parser, o Options) *compiler {
	return &compiler{p: p, o: o, program: &Program{Groups: o.Groups, Raw: true}, scope: map[string]field{}}
}

type command func(c *compiler, name token) error

// commandTable are the commands by name.
func commandTable() map[string]command {
	return map[string]command{
		"fields": (*compiler).fieldsCommand, "display": (*compiler).displayCommand, "filter": (*compiler).filterCommand, "where": (*compiler).filterCommand,
		"stats": (*compiler).statsCommand, "sort": (*compiler).sortCommand, "order": (*compiler).sortCommand, "limit": (*compiler).limitCommand,
		"head": (*compiler).limitCommand, "tail": (*compiler).tailCommand, "parse": (*compiler).parseCommand, "dedup": (*compiler).dedupCommand,
		"unnest": (*compiler).unnestCommand, "expand": (*compiler).expandCommand, "filterindex": (*compiler).filterCommand, "source": (*compiler).sourceCommand,
		unmask: (*compiler).unmaskCommand, "accum": (*compiler).accumCommand, "autoregress": (*compiler).autoregressCommand,
		"filldown": (*compiler).filldownCommand, "fillmissing": (*compiler).fillmissingCommand, "addtotals": (*compiler).addtotalsCommand,
		"outlier": (*compiler).outlierCommand, "sessionize": (*compiler).sessionizeCommand, "countfrequent": (*compiler).countFrequentCommand,
		"logcompare": (*compiler).logcompareCommand, "join": (*compiler).joinCommand, "appendcols": (*compiler).appendcolsCommand,
		"lookup": (*compiler).lookupCommand, "cidrlookup": (*compiler).lookupCommand, "relevantfields": (*compiler).relevantCommand,
		"estimate": (*compiler).estimateCommand, "pattern": (*compiler).patternCommand, "diff": (*compiler).diffCommand,
	}
}

// commands reads the text to its end.
func (c *compiler) commands() error {
	c.p.takeSign("|")
	table := commandTable()
	for first := true; ; first = false {
		name := c.p.take()
		if name.kind != wordToken || name.quoted {
			return c.p.unexpected(name)
		}
		word := strings.ToLower(name.text)
		read, ok := table[word]
		if !ok {
			return c.unknownCommand(name)
		}
		if err := c.may(word, name, first); err != nil {
			return err
		}
		if err := read(c, name); err != nil {
			return err
		}
		switch t := c.p.take(); {
		case t.kind == endToken:
			return nil
		case !t.is("|"):
			return c.p.unexpected(t)
		}
	}
}

func (c *compiler) unknownCommand(name token) error {
	if why, ok := unsupported()[strings.ToLower(name.text)]; ok {
		return wrong(name.start, name.end, "the command %s at %s is not supported%s", strings.ToLower(name.text), place(c.p.text, name.start), why)
	}
	hint := ""
	if near := nearest(strings.ToLower(name.text), commandNames()); near != "" {
		hint = ": did you mean " + near + "?"
	}
	return wrong(name.start, name.end, "unexpected symbol found %s at %s%s", name.text, place(c.p.text, name.start), hint)
}

// may checks the order of commands.
func (c *compiler) may(word string, name token, first bool) error {
	at := place(c.p.text, name.start)
	switch {
	case c.last != "":
		return wrong(name.start, name.end, "unexpected symbol found %s at %s: %s must be the last command", name.text, at, c.last)
	case c.dedup && word != "limit" && word != "display" && word != "head":
		return wrong(name.start, name.end, "unexpected symbol found %s at %s: only limit and display may follow dedup", name.text, at)
	case word == "source" && !first:
		return wrong(name.start, name.end, "unexpected symbol found %s at %s: source must be the first command", name.text, at)
	}
	return nil
}

func (c *compiler) add(stages ...query.Stage) { c.stages = append(c.stages, stages...) }

// column names a column that nobody named. None of the text can have its name.
func (c *compiler) column(name string) string { return "= " + name }

func (c *compiler) hidden() string {
	c.names++
	return "=" + strconv.Itoa(c.names)
}

// compute makes a column of an expression, unless it is one.
func (c *compiler) compute(e query.Expr, name string) string {
	if f, ok := e.(query.Field); ok {
		return f.Name
	}
	if name == "" {
		name = c.hidden()
	}
	c.add(query.Compute{Name: name, Expr: e})
	return name
}

// lookup finds what a name means here.
func (c *compiler) lookup(name string) field {
	if rest, ok := strings.CutPrefix(name, c.left+"."); ok && c.left != "" {
		name = rest
	}
	if f, ok := c.scope[name]; ok {
		return f
	}
	// A part of an object that has an alias.
	for end := strings.LastIndexByte(name, '.'); end > 0; end = strings.LastIndexByte(name[:end], '.') {
		if f, ok := c.scope[name[:end]]; ok && f.typ == JSON {
			args := []query.Expr{f.expr}
			for part := range strings.SplitSeq(name[end+1:], ".") {
				args = append(args, query.Literal{Value: event.StringValue(part)})
			}
			return field{query.Call{Name: "json_value", Args: args}, Any}
		}
	}
	if c.closed {
		return stored(c.column(name), Any)
	}
	if f, ok := c.system(name); ok {
		return f
	}
	return c.discovered(name)
}

// list reads items with commas between.
func (c *compiler) list(item func() error) error {
	for count := 0; ; count++ {
		if count >= maxColumns {
			t := c.p.peek()
			return wrong(t.start, t.end, "the command has more than %d parts", maxColumns)
		}
		if err := item(); err != nil {
			return err
		}
		if !c.p.takeSign(",") {
			return nil
		}
	}
}

// alias reads "as name", if it is there.
func (c *compiler) alias() (string, error) {
	if !c.p.takeWord("as") {
		return "", nil
	}
	t, err := c.p.name()
	if err == nil && t.text == "" {
		err = c.p.unexpected(t)
	}
	return t.text, err
}

// item reads an expression with an alias, makes a column of it, and gives it its name.
func (c *compiler) item() (Column, error) {
	n, err := c.p.expr()
	if err != nil {
		return Column{}, err
	}
	alias, err := c.alias()
	if err != nil {
		return Column{}, err
	}
	name := alias
	if name == "" {
		name = c.p.named(n.from, n.to)
	}
	f, err := c.value(n)
	if err != nil {
		return Column{}, err
	}
	if n.kind == fieldNode && alias == "" {
		return c.shownField(name, f), nil
	}
	f.expr = query.Field{Name: c.compute(f.expr, c.column(name))}
	c.scope[name] = f
	return c.shownField(name, f), nil
}

// shownField is a field as a column; one that is no stored field is computed.
func (c *compiler) shownField(name string, f field) Column {
	return Column{Name: name, Field: c.compute(f.expr, c.column(name)), Type: f.typ}
}

func (c *compiler) fieldsCommand(token) error {
	return c.list(func() error {
		col, err := c.item()
		c.fields = replaced(c.fields, col)
		return err
	})
}

func replaced(columns []Column, col Column) []Column {
	if i := slices.IndexFunc(columns, func(o Column) bool { return o.Name == col.Name }); i >= 0 {
		columns[i] = col
		return columns
	}
	return append(columns, col)
}

func (c *compiler) displayCommand(token) error {
	c.shown = nil
	return c.list(func() error {
		col, err := c.item()
		c.shown = replaced(c.shown, col)
		return err
	})
}

func (c *compiler) filterCommand(token) error {
	n, err := c.p.expr()
	if err != nil {
		return err
	}
	e, err := c.condition(n)
	if err != nil {
		return err
	}
	c.add(query.Filter{Where: e})
	return nil
}

func (c *compiler) limitCommand(token) error {
	unordered := c.p.takeWord("any")
	count, err := c.p.count("limit", MaxRows)
	if err != nil {
		return err
	}
	if !unordered {
		c.order()
	}
	c.limited = true
	c.add(query.Limit{Count: count})
	return nil
}

// tailCommand keeps the oldest events.
func (c *compiler) tailCommand(name token) error {
	count, err := c.p.count("tail", MaxRows)
	if err != nil {
		return err
	}
	if c.closed {
		return wrong(name.start, name.end, "tail at %s works on events, not on what stats gives; use sort and limit", place(c.p.text, name.start))
	}
	c.sorted, c.limited = true, true
	c.add(query.Sort{Keys: []query.SortKey{{Field: event.SystemTime}, {Field: arrivalField}}}, query.Limit{Count: count})
	return nil
}

// order puts rows in the order they have where the text gives none: newest events
// first, groups by time backwards and else by their keys.
func (c *compiler) order() {
	if c.sorted {
		return
	}
	c.sorted = true
	if !c.closed {
		c.add(query.Sort{Keys: []query.SortKey{{Field: event.SystemTime, Desc: true}, {Field: arrivalField, Desc: true}}})
		return
	}
	var times, others []query.SortKey
	for _, col := range c.fields {
		switch {
		case !col.Key:
		case col.Type == Time:
			times = append(times, query.SortKey{Field: col.Field, Desc: true})
		default:
			others = append(others, query.SortKey{Field: col.Field, Natural: true})
		}
	}
	if keys := append(times, others...); len(keys) > 0 {
		c.add(query.Sort{Keys: keys})
	}
}

func (c *compiler) sortCommand(name token) error {
	if name.word("order") && !c.p.takeWord("by") {
		return c.p.unexpected(c.p.peek())
	}
	var keys []query.SortKey
	err := c.list(func() error {
		t, err := c.p.name()
		if err != nil {
			return err
		}
		f := c.lookup(t.text)
		if f.typ == JSON {
			return wrong(t.start, t.end, "%s at %s is an object or a list, which cannot be sorted by", t.text, place(c.p.text, t.start))
		}
		k := query.SortKey{Field: c.compute(f.expr, ""), Natural: true}
		if !c.p.takeWord("asc") {
			k.Desc = c.p.takeWord("desc")
		}
		keys = append(keys, k)
		if k.Field == event.SystemTime {
			keys = append(keys, query.SortKey{Field: arrivalField, Desc: k.Desc})
		}
		return nil
	})
	c.sorted = true
	c.add(query.Sort{Keys: keys})
	return err
}

func (c *compiler) dedupCommand(token) error {
	var names []string
	err := c.list(func() error {
		t, err := c.p.name()
		if err != nil {
			return err
		}
		f := c.lookup(t.text)
		if f.typ == JSON {
			return wrong(t.start, t.end, "%s at %s is an object or a list, which cannot be told apart", t.text, place(c.p.text, t.start))
		}
		names = append(names, c.compute(f.expr, ""))
		return nil
	})
	c.order()
	c.add(query.Dedup{Fields: names, KeepNull: true})
	c.dedup = true
	return err
}

// unnestCommand reads "unnest list into name".
func (c *compiler) unnestCommand(token) error {
	n, err := c.p.sum()
	if err != nil {
		return err
	}
	if !c.p.takeWord("into") {
		return c.p.unexpected(c.p.peek())
	}
	t, err := c.p.name()
	if err != nil {
		return err
	}
	f, err := c.value(n)
	if err != nil {
		return err
	}
	c.unnest(f.expr, t.text)
	return nil
}

// expandCommand reads "expand name": each value of a list in a row of its own.
func (c *compiler) expandCommand(token) error {
	t, err := c.p.name()
	if err != nil {
		return err
	}
	c.unnest(c.lookup(t.text).expr, t.text)
	return nil
}

func (c *compiler) unnest(list query.Expr, name string) {
	col := c.column(name)
	c.add(query.Unnest{Name: col, List: list})
	c.scope[name] = stored(col, JSON)
	c.parsed = replaced(c.parsed, Column{Name: name, Field: col, Type: JSON})
}

// unmask is the name of a command and of a function.
const unmask = "unmask"

// unmaskCommand reads "unmask f", which shows a field.
func (c *compiler) unmaskCommand(name token) error {
	if err := c.unmaskable(name.start, name.end); err != nil {
		return err
	}
	return c.fieldsCommand(name)
}

// unmaskable refuses to show what is kept nowhere.
func (c *compiler) unmaskable(start, end int) error {
	if c.o.Masked == nil {
		return nil
	}
	if name := c.o.Masked(c.o.Groups); name != "" {
		return wrong(start, end, "unmask at %s is not possible: what is masked in the lines of log group %s was masked when they came in, and is kept nowhere", place(c.p.text, start), name)
	}
	return nil
}

// sourceCommand reads what the query looks at.
func (c *compiler) sourceCommand(name token) error {
	s, err := c.p.source()
	if err != nil {
		return err
	}
	c.program.Sourced = true
	if c.o.Resolve == nil {
		return nil
	}
	groups, err := c.o.Resolve(s)
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			return err
		}
		return wrong(name.start, c.p.tokens[c.p.next-1].end, "%s", fault.MessageOf(err))
	}
	c.program.Groups, c.has = groups, nil
	return nil
}
