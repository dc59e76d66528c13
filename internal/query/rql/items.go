package rql

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// Items are no rows of the store: they are known by their fingerprints. Conditions
// on items alone are decided for each item here, and become sets of fingerprints.
// Columns of items are put beside the rows that a store gave, where the querier
// takes over.

// separator stands between the parts of a key of items.
const separator = "\x1f"

func (c *compiler) itemRows() ([]ItemRow, error) {
	if c.listed || c.o.Items == nil {
		return c.items, nil
	}
	var err error
	if c.items, err = c.o.Items(); err != nil {
		return nil, err
	}
	c.listed = true
	return c.items, nil
}

// choose compiles a condition that may be about items. The result is false if it
// is about items and occurrences in one, which is decided row by row later.
func (c *compiler) choose(n *Node, want bool) (query.Expr, bool, error) {
	if !usesItems(n) || c.p.Table == Deploys {
		e, err := c.condition(n, want)
		return e, true, err
	}
	if !n.some(func(n *Node) bool { return n.Kind == Column && !isItem(n.Name) }) {
		e, err := c.fingerprints(n, want)
		return e, true, err
	}
	switch {
	case n.Kind == Unary && n.Name == "not":
		return c.choose(n.Args[0], !want)
	case n.Kind == Binary && (n.Name == "and" || n.Name == "or"):
		terms := make([]query.Expr, len(n.Args))
		for i, a := range n.Args {
			var ok bool
			var err error
			if terms[i], ok, err = c.choose(a, want); err != nil || !ok {
				return nil, false, err
			}
		}
		return joined((n.Name == "and") == want, terms), true, nil
	}
	return nil, false, nil
}

// overlay is an item with what was computed of it.
type overlay struct {
	item ItemRow
	more map[string]event.Value
}

func (o overlay) Get(name string) event.Value {
	if v, ok := o.more[name]; ok {
		return v
	}
	if rest, ok := cutHidden(name); ok {
		return o.item.Get(rest)
	}
	return event.Value{}
}

func cutHidden(name string) (string, bool) {
	if len(name) > len(hiddenMark) && isItem(name[len(hiddenMark):]) {
		return name[len(hiddenMark):], true
	}
	return "", false
}

// fingerprints decides a condition on items for each of them.
func (c *compiler) fingerprints(n *Node, want bool) (query.Expr, error) {
	items, err := c.itemRows()
	if err != nil {
		return nil, err
	}
	inner := newCompiler(c.s, c.o)
	e, err := inner.condition(n, want)
	if err != nil {
		return nil, err
	}
	var chosen, others []ItemRow
	for _, it := range items {
		row := overlay{it, map[string]event.Value{}}
		for _, s := range inner.stages {
			if compute, ok := s.(query.Compute); ok {
				row.more[compute.Name] = query.Eval(compute.Expr, row)
			}
		}
		if query.Match(e, row) {
			chosen = append(chosen, it)
		} else {
			others = append(others, it)
		}
	}
	set, negative := chosen, false
	if len(others) < len(chosen) {
		set, negative = others, true
	}
	in, err := c.among(n, set)
	if negative && err == nil {
		in = query.Not{X: in}
	}
	return in, err
}

// among is true of the occurrences of items.
func (c *compiler) among(n *Node, items []ItemRow) (query.Expr, error) {
	byEnvironment := map[string][]event.Value{}
	var order []string
	for _, it := range items {
		e := it.Environment()
		if byEnvironment[e] == nil {
			order = append(order, e)
		}
		for _, f := range it.Fingerprints() {
			byEnvironment[e] = append(byEnvironment[e], event.StringValue(f))
			c.chosen++
		}
	}
	if c.chosen > MaxChosen {
		return nil, n.wrong("the conditions on items are about %d fingerprints; at most %d can be chosen: narrow them, by item.environment or item.last_occurrence_timestamp", c.chosen, MaxChosen)
	}
	slices.Sort(order)
	terms := make([]query.Expr, len(order))
	for i, e := range order {
		terms[i] = query.And{Terms: []query.Expr{
			query.Compare{Op: query.Eq, L: field(environment), R: text(e)}, query.In{X: field(fingerprint), Values: byEnvironment[e]},
		}}
	}
	return query.Or{Terms: terms}, nil
}

// gather ends what the store does: from here on rows have the columns of items
// beside those that nodes read, and conditions on both are decided.
func (c *compiler) gather(nodes []*Node) error {
	fields := []string{environment, fingerprint, event.SystemTime, event.FieldArrival}
	for _, name := range columnsOf(nodes, false) {
		f := c.leaf(name)
		fields = append(fields, f)
	}
	known := !c.p.Star
	if c.p.Star && c.o.Fields != nil {
		known = true
		for _, f := range c.o.Fields() {
			if StarName(f) != "" {
				fields = append(fields, f)
			}
		}
	}
	slices.Sort(fields)
	if known {
		c.add(query.Project{Fields: slices.Compact(fields)})
	}
	names := columnsOf(nodes, true)
	if c.p.Star {
		names = nil
		for _, col := range ItemColumns() {
			names = append(names, col.Name)
		}
	}
	if err := c.lookup(names, fingerprint); err != nil {
		return err
	}
	c.forget()
	for _, n := range c.local {
		e, err := c.condition(n, true)
		if err != nil {
			return err
		}
		c.add(query.Filter{Where: e})
	}
	return nil
}

// leaf makes a field of a column that is read after the store has done its part.
func (c *compiler) leaf(name string) string {
	e, typ := c.column(name)
	f := c.named(e)
	c.leaves[name] = compiled{field(f), typ}
	return f
}

// columnsOf lists the columns that nodes read, of items or of occurrences.
func columnsOf(nodes []*Node, items bool) []string {
	var names []string
	for _, n := range nodes {
		n.each(func(n *Node) bool {
			if n.Kind == Column && isItem(n.Name) == items && !slices.Contains(names, n.Name) {
				names = append(names, n.Name)
			}
			return true
		})
	}
	return names
}

// lookup puts columns of items beside rows that have their environment and the
// fingerprint in a field. Rows of no item go.
func (c *compiler) lookup(names []string, of string) error {
	items, err := c.itemRows()
	if err != nil {
		return err
	}
	const there, key = "there", "key"
	t := &query.Table{Name: "items", Columns: append([]string{key, there}, names...)}
	for _, it := range items {
		cells := make([]string, len(names)+2)
		cells[1] = "1"
		for i, name := range names {
			cells[i+2] = it.Get(name).Text()
		}
		for _, f := range it.Fingerprints() {
			row := slices.Clone(cells)
			row[0] = it.Environment() + separator + f
			t.Rows = append(t.Rows, row)
		}
	}
	found := c.hidden()
	outputs := []query.LookupOutput{{Column: there, Name: found}}
	for _, name := range names {
		outputs = append(outputs, query.LookupOutput{Column: name, Name: hiddenMark + name})
	}
	by := c.hidden()
	c.add(query.Compute{Name: by, Expr: call("CONCAT", field(environment), text(separator), field(of))},
		query.Lookup{Table: t, Key: key, Field: by, Outputs: outputs}, query.Filter{Where: query.Exists{X: field(found)}})
	for _, name := range names {
		h, ok := helpOf(ItemColumns(), name)
		if !ok {
			return fault.New(fault.Invalid, "there is no column %s", name)
		}
		f := field(hiddenMark + name)
		typed := call("whole", f)
		if typeOf(h) == Any {
			typed = call("IF", query.Compare{Op: query.Ne, L: f, R: text("")}, f)
		}
		c.add(query.Compute{Name: hiddenMark + name, Expr: typed})
	}
	return nil
}
