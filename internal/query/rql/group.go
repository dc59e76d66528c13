package rql

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// aggregates are the different aggregates of the answer, in order.
func (c *compiler) aggregates() []*Node {
	var list []*Node
	for _, n := range c.outputs() {
		n.each(func(n *Node) bool {
			if n.isAggregate() && !slices.ContainsFunc(list, func(o *Node) bool { return same(o, n) }) {
				list = append(list, n)
			}
			return !n.isAggregate()
		})
	}
	return list
}

// loose are the columns of the answer that are neither grouped nor in an aggregate.
func (c *compiler) loose() []*Node {
	var list []*Node
	for _, n := range c.outputs() {
		n.each(func(n *Node) bool {
			if n.isAggregate() || slices.ContainsFunc(c.s.Groups, func(g *Node) bool { return same(g, n) }) {
				return false
			}
			if n.Kind == Column && !slices.ContainsFunc(list, func(o *Node) bool { return same(o, n) }) {
				list = append(list, n)
			}
			return true
		})
	}
	return list
}

// aggregated makes rows of groups.
func (c *compiler) aggregated() error {
	nodes := append(c.outputs(), c.s.Groups...)
	switch {
	case len(c.local) > 0:
		if err := c.gather(append(slices.Clone(c.local), nodes...)); err != nil {
			return err
		}
	case slices.ContainsFunc(nodes, usesItems):
		if fp, ok, err := c.identity(); err != nil {
			return err
		} else if ok {
			return c.byItem(fp)
		}
		return c.twice()
	}
	groups, err := c.groupFields(c.s.Groups)
	if err != nil {
		return err
	}
	calcs, err := c.calcs(c.loose())
	if err != nil {
		return err
	}
	c.add(query.Aggregate{Groups: groups, Calcs: calcs})
	c.enter()
	if err := c.order(); err != nil {
		return err
	}
	return c.selected()
}

// enter begins the scope of groups.
func (c *compiler) enter() {
	c.forget()
	c.within, c.groups = true, c.s.Groups
}

// groupFields makes columns of what rows are grouped by.
func (c *compiler) groupFields(nodes []*Node) ([]string, error) {
	var names []string
	for _, g := range nodes {
		v, err := c.value(g)
		if err != nil {
			return nil, err
		}
		name := c.named(v.expr)
		c.fields[g.String()] = compiled{field(name), v.typ}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// calcs makes the calculations of the aggregates, and of loose columns.
func (c *compiler) calcs(loose []*Node) ([]query.Calc, error) {
	var list []query.Calc
	for _, n := range c.aggregates() {
		calc, typ, err := c.calc(n)
		if err != nil {
			return nil, err
		}
		list = append(list, calc)
		c.fields[n.String()] = compiled{field(calc.Name), typ}
	}
	for _, n := range loose {
		calc, err := c.looseCalc(n)
		if err != nil {
			return nil, err
		}
		list = append(list, calc)
	}
	return list, nil
}

// looseCalc takes a column from any row of a group.
func (c *compiler) looseCalc(n *Node) (query.Calc, error) {
	v, err := c.value(n)
	if err != nil {
		return query.Calc{}, err
	}
	calc := query.Calc{Op: query.First, Field: c.named(v.expr), Name: c.hidden()}
	c.fields[n.String()] = compiled{field(calc.Name), v.typ}
	c.warn(n, n.Name+" is neither grouped nor in an aggregate: it is that of any row of the group")
	return calc, nil
}

// calc is the calculation of an aggregate.
func (c *compiler) calc(n *Node) (query.Calc, Type, error) {
	calc := query.Calc{Name: c.hidden()}
	arg, typ, err := c.argument(n)
	if err != nil {
		return calc, typ, err
	}
	calc.Field = arg
	switch n.Name {
	case "count":
		calc.Op = query.Count
	case "count_distinct":
		calc.Op = query.CountDistinct
	case "sum":
		calc.Op = query.Sum
	case "avg":
		calc.Op = query.Avg
	case "min":
		calc.Op = query.Min
		return calc, typ, nil
	case "max":
		calc.Op = query.Max
		return calc, typ, nil
	}
	return calc, Number, nil
}

// argument makes a column of what an aggregate is of; "" for all rows.
func (c *compiler) argument(n *Node) (string, Type, error) {
	if n.Args[0].Kind == Star {
		return "", Any, nil
	}
	args := make([]query.Expr, len(n.Args))
	typ := Any
	for i, a := range n.Args {
		v, err := c.value(a)
		if err != nil {
			return "", Any, err
		}
		args[i], typ = v.expr, v.typ
	}
	if len(args) == 1 {
		return c.named(args[0]), typ, nil
	}
	e, err := c.together(args)
	return c.named(e), Any, err
}

// together is a value that is different where one of several is; null where one is.
func (c *compiler) together(args []query.Expr) (query.Expr, error) {
	var parts []query.Expr
	for _, a := range args {
		parts = append(parts, call("text", a), text(separator))
	}
	return c.concat(nil, parts)
}

// identity reports whether each group is of one item: then the store can finish
// the aggregates, and columns of the items are put beside. It returns the field
// by which occurrences of one item are alike.
func (c *compiler) identity() (string, bool, error) {
	one := false
	for _, g := range c.s.Groups {
		switch {
		case g.Kind == Column && (g.Name == "item.id" || g.Name == "item.counter"):
			one = true
		case usesItems(g) && g.Kind != Column:
			return "", false, nil
		}
	}
	if !one || slices.ContainsFunc(c.aggregates(), usesItems) {
		return "", false, nil
	}
	items, err := c.itemRows()
	if err != nil {
		return "", false, err
	}
	const most = 100 // items of several fingerprints
	var args []query.Expr
	for _, it := range items {
		prints := it.Fingerprints()
		if len(prints) < 2 {
			continue
		}
		if len(args) >= 2*most {
			return "", false, nil
		}
		values := make([]event.Value, len(prints))
		for i, f := range prints {
			values[i] = event.StringValue(f)
		}
		args = append(args, query.And{Terms: []query.Expr{
			query.Compare{Op: query.Eq, L: field(environment), R: text(it.Environment())}, query.In{X: field(fingerprint), Values: values},
		}}, text(prints[0]))
	}
	if len(args) == 0 {
		return fingerprint, true, nil
	}
	return c.named(call("IF", append(args, field(fingerprint))...)), true, nil
}

// byItem groups by item, and by what else there is, in the store.
func (c *compiler) byItem(fp string) error {
	pure := slices.DeleteFunc(slices.Clone(c.s.Groups), usesItems)
	groups, err := c.groupFields(pure)
	if err != nil {
		return err
	}
	calcs, err := c.calcs(slices.DeleteFunc(c.loose(), usesItems))
	if err != nil {
		return err
	}
	for _, name := range []string{environment, fp} {
		if !slices.Contains(groups, name) {
			groups = append(groups, name)
		}
	}
	c.add(query.Aggregate{Groups: groups, Calcs: calcs})
	for _, g := range c.s.Groups {
		if usesItems(g) {
			v, err := c.value(g)
			if err != nil {
				return err
			}
			c.fields[g.String()] = v
		}
	}
	c.enter()
	names := columnsOf(append(c.outputs(), c.s.Groups...), true)
	if err := c.lookup(names, fp); err != nil {
		return err
	}
	if err := c.order(); err != nil {
		return err
	}
	return c.selected()
}

// parts are the columns of finer groups that an aggregate is made of.
type parts struct {
	calc  query.Calc // over the finer groups
	after query.Expr // of the answer; nil for the calculation as it is
	more  []query.Calc
}

// twice groups by fingerprint and by all that is told apart beside items, puts
// their columns beside, and makes the groups that are asked for of those.
func (c *compiler) twice() error {
	rows := c.hidden()
	fine := finer{c: c, calcs: []query.Calc{{Op: query.Count, Name: rows}}, groups: []string{environment, fingerprint}, rows: rows}
	var mixed []*Node
	for _, n := range slices.Concat(c.s.Groups, c.aggregates(), c.loose()) {
		if usesItems(n) {
			mixed = append(mixed, n)
		}
	}
	for _, name := range columnsOf(mixed, false) {
		fine.group(c.leaf(name))
	}
	pure := slices.DeleteFunc(slices.Clone(c.s.Groups), usesItems)
	groups, err := c.groupFields(pure)
	if err != nil {
		return err
	}
	for _, g := range groups {
		fine.group(g)
	}
	made := map[string]parts{}
	for _, n := range c.aggregates() {
		if usesItems(n) {
			continue
		}
		if made[n.String()], err = fine.pure(n); err != nil {
			return err
		}
	}
	var loose []*Node
	for _, n := range c.loose() {
		if usesItems(n) {
			loose = append(loose, n)
			continue
		}
		calc, err := c.looseCalc(n)
		if err != nil {
			return err
		}
		fine.calcs = append(fine.calcs, calc)
		made[n.String()] = parts{calc: query.Calc{Op: query.First, Field: calc.Name, Name: c.hidden()}}
	}
	c.add(query.Aggregate{Groups: fine.groups, Calcs: fine.calcs})
	return c.again(made, loose, groups, rows)
}

// again makes the groups that are asked for of finer ones.
func (c *compiler) again(made map[string]parts, loose []*Node, groups []string, rows string) error {
	names := columnsOf(append(c.outputs(), c.s.Groups...), true)
	if err := c.lookup(names, fingerprint); err != nil {
		return err
	}
	c.forget()
	for _, g := range c.s.Groups {
		if !usesItems(g) {
			continue
		}
		own, err := c.groupFields([]*Node{g})
		if err != nil {
			return err
		}
		groups = append(groups, own...)
	}
	var calcs []query.Calc
	after := []query.Compute{}
	finish := func(n *Node, p parts, typ Type) {
		calcs = append(append(calcs, p.calc), p.more...)
		name := p.calc.Name
		if p.after != nil {
			name = c.hidden()
			after = append(after, query.Compute{Name: name, Expr: p.after})
		}
		c.fields[n.String()] = compiled{field(name), typ}
	}
	for _, n := range c.aggregates() {
		p, ok := made[n.String()]
		typ := Number
		if !ok {
			var err error
			if p, typ, err = c.weighed(n, rows); err != nil {
				return err
			}
		}
		finish(n, p, typ)
	}
	for _, n := range c.loose() {
		if p, ok := made[n.String()]; ok {
			finish(n, p, c.fields[n.String()].typ)
		}
	}
	for _, n := range loose {
		calc, err := c.looseCalc(n)
		if err != nil {
			return err
		}
		calcs = append(calcs, calc)
	}
	slices.Sort(groups)
	c.add(query.Aggregate{Groups: slices.Compact(groups), Calcs: calcs})
	for _, a := range after {
		c.add(a)
	}
	c.enter()
	if err := c.order(); err != nil {
		return err
	}
	return c.selected()
}
