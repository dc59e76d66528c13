package rql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// hiddenMark begins the names of columns that no text can have.
const hiddenMark = "="

// compiler puts the stages of a query in a row. Expressions are compiled in a
// scope: over occurrences, over rows that columns of items were put beside, or
// over groups.
type compiler struct {
	s      *Select
	o      Options
	p      *Program
	stages []query.Stage
	names  int

	values map[string]compiled // what expressions are in this scope
	leaves map[string]compiled // columns that were gathered, by name
	groups []*Node             // in the scope of groups: what rows are grouped by
	within bool                // in the scope of groups
	fields map[string]compiled // of groups, aggregates and loose columns, by their text

	items  []ItemRow
	listed bool
	chosen int
	local  []*Node // conditions on items and occurrences together
}

type compiled struct {
	expr query.Expr
	typ  Type
}

func newCompiler(s *Select, o Options) *compiler {
	if o.MaxLimit == 0 {
		o.MaxLimit = MaxLimit
	}
	if o.DefaultLimit == 0 {
		o.DefaultLimit = DefaultLimit
	}
	return &compiler{
		s: s, o: o, p: &Program{Table: s.Table, Start: o.Start, End: o.End},
		values: map[string]compiled{}, leaves: map[string]compiled{}, fields: map[string]compiled{},
	}
}

func (c *compiler) add(stages ...query.Stage) { c.stages = append(c.stages, stages...) }

func (c *compiler) warn(n *Node, message string) {
	c.p.Warnings = append(c.p.Warnings, Warning{message, n.Start, n.End})
}

func (c *compiler) compile() error {
	if err := c.resolve(); err != nil {
		return err
	}
	if err := c.checkColumns(); err != nil {
		return err
	}
	if err := c.where(); err != nil {
		return err
	}
	c.limit()
	var err error
	if c.grouped() {
		err = c.aggregated()
	} else {
		err = c.raw()
	}
	c.p.Stages = c.stages
	return err
}

// grouped reports whether rows of the answer are groups.
func (c *compiler) grouped() bool {
	return len(c.s.Groups) > 0 || slices.ContainsFunc(c.outputs(), hasAggregate)
}

// outputs are the expressions that make the rows of the answer.
func (c *compiler) outputs() []*Node {
	var list []*Node
	for _, it := range c.s.Items {
		if !it.Star {
			list = append(list, it.Expr)
		}
	}
	for _, o := range c.s.Orders {
		list = append(list, o.Expr)
	}
	return list
}

// resolve puts selected expressions in the place of their positions and aliases.
func (c *compiler) resolve() error {
	s := c.s
	for i, g := range s.Groups {
		n, err := c.meant(g)
		if err != nil {
			return err
		}
		if hasAggregate(n) {
			return g.wrong("rows cannot be grouped by an aggregate, %s", clipped(n.String()))
		}
		s.Groups[i] = n
	}
	for i, o := range s.Orders {
		n, err := c.meant(o.Expr)
		if err != nil {
			return err
		}
		s.Orders[i].Expr = n
	}
	for _, it := range s.Items {
		if it.Star && c.grouped() {
			return wrong(0, len("SELECT"), "“*” cannot be selected together with groups or aggregates; name the columns")
		}
		c.p.Star = c.p.Star || it.Star
	}
	if hasAggregate(s.Where) {
		return s.Where.wrong("aggregates cannot stand in WHERE, which chooses rows before they are grouped")
	}
	for _, n := range c.outputs() {
		if err := notNested(n); err != nil {
			return err
		}
	}
	c.warnOfAliases()
	return nil
}

// meant is the selected expression that a position or an alias stands for.
func (c *compiler) meant(n *Node) (*Node, error) {
	if n.Kind == Literal && n.Value.Kind() == event.Int {
		at := n.Value.Int()
		if at < 1 || at > int64(len(c.s.Items)) || c.s.Items[at-1].Star {
			return nil, n.wrong("position %d is that of no selected expression; there are %d", at, len(c.s.Items))
		}
		return c.s.Items[at-1].Expr, nil
	}
	if n.Kind == Column {
		for _, it := range c.s.Items {
			if !it.Star && it.Alias == n.Name {
				return it.Expr, nil
			}
		}
	}
	return n, nil
}

func notNested(n *Node) error {
	var err error
	n.each(func(n *Node) bool {
		if !n.isAggregate() {
			return err == nil
		}
		for _, a := range n.Args {
			if hasAggregate(a) {
				err = a.wrong("an aggregate cannot stand within another one")
			}
		}
		return false
	})
	return err
}

// warnOfAliases tells of aliases in WHERE, which are columns there.
func (c *compiler) warnOfAliases() {
	if c.s.Where == nil {
		return
	}
	for _, it := range c.s.Items {
		if it.Alias == "" || it.Star || it.Expr.some(func(n *Node) bool { return n.Kind == Column && n.Name == it.Alias }) {
			continue
		}
		c.s.Where.each(func(n *Node) bool {
			if n.Kind == Column && n.Name == it.Alias {
				c.warn(n, "WHERE does not know the name "+n.Name+" of a selected expression: it is read as a column here")
			}
			return true
		})
	}
}

// checkColumns refuses columns that cannot be there, and notes which are read.
func (c *compiler) checkColumns() error {
	nodes := append(c.outputs(), c.s.Groups...)
	if c.s.Where != nil {
		nodes = append(nodes, c.s.Where)
	}
	var err error
	for _, n := range nodes {
		n.each(func(n *Node) bool {
			if n.Kind == Column && err == nil {
				err = c.checkColumn(n)
			}
			if n.Kind == Binary && n.Name == "-" && n.Args[0].Kind == Column && n.Args[1].Kind == Column && n.Args[0].End+1 == n.Args[1].Start {
				c.warn(n, "this is read as a subtraction; a name with “-” in it stands in back quotes")
			}
			return err == nil
		})
	}
	return err
}

func (c *compiler) checkColumn(n *Node) error {
	known := ItemColumns()
	if c.p.Table == Deploys {
		known = DeployColumns()
	} else if !isItem(n.Name) {
		e, _ := c.column(n.Name)
		if f, ok := e.(query.Field); ok && !strings.HasPrefix(f.Name, hiddenMark) {
			c.p.Reads = append(c.p.Reads, Read{n.Name, f.Name, n.Start, n.End})
		}
		c.stages = nil // what column has hoisted
		return nil
	}
	if _, ok := helpOf(known, n.Name); ok {
		return nil
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = k.Name
	}
	return n.wrong("there is no column %s; there are %s", clipped(n.Name), strings.Join(names, ", "))
}

// limit brings the limit within what is given.
func (c *compiler) limit() {
	c.p.Limit = c.s.Limit
	if c.p.Limit < 0 {
		c.p.Limit = min(c.o.DefaultLimit, c.o.MaxLimit)
	}
	if c.p.Limit > c.o.MaxLimit {
		c.p.Warnings = append(c.p.Warnings, Warning{
			"at most " + strconv.Itoa(c.o.MaxLimit) + " rows are given, not " + strconv.Itoa(c.p.Limit), c.s.limitAt[0], c.s.limitAt[1],
		})
		c.p.Limit = c.o.MaxLimit
	}
}

func (c *compiler) hidden() string {
	c.names++
	return hiddenMark + strconv.Itoa(c.names)
}

// hoist makes a column of an expression that is used several times, so that what
// is nested does not grow beyond bounds.
func (c *compiler) hoist(e query.Expr) query.Expr {
	switch e.(type) {
	case query.Field, query.Literal:
		return e
	}
	return field(c.named(e))
}

// named makes a column of an expression, unless it is one.
func (c *compiler) named(e query.Expr) string {
	if f, ok := e.(query.Field); ok {
		return f.Name
	}
	name := c.hidden()
	c.add(query.Compute{Name: name, Expr: e})
	return name
}

// forget begins another scope.
func (c *compiler) forget() { c.values = map[string]compiled{} }

// conjuncts are the terms of which all must be true.
func conjuncts(n *Node) []*Node {
	if n == nil {
		return nil
	}
	if n.Kind != Binary || n.Name != "and" {
		return []*Node{n}
	}
	var list []*Node
	for _, a := range n.Args {
		list = append(list, conjuncts(a)...)
	}
	return list
}

func (c *compiler) where() error {
	if c.p.Table == Occurrences {
		c.add(query.Filter{Where: query.Exists{X: field(fingerprint)}})
	}
	for _, n := range conjuncts(c.s.Where) {
		e, ok, err := c.choose(n, true)
		if err != nil {
			return err
		}
		if !ok {
			c.local = append(c.local, n)
			continue
		}
		c.add(query.Filter{Where: e})
		if c.p.Table == Occurrences {
			if err := c.narrow(n); err != nil {
				return err
			}
		}
	}
	if c.p.Start >= c.p.End {
		c.p.End = c.p.Start + 1 // nothing can be chosen
	}
	return nil
}

// narrow takes the time range from a condition on the time, so that only that is
// looked at.
func (c *compiler) narrow(n *Node) error {
	const second = int64(1e9)
	isTime := func(n *Node) bool { return n.Kind == Column && n.Name == "timestamp" }
	bound := func(n *Node) (int64, bool, error) {
		f, ok, err := c.constant(n)
		const far = 9e9 // seconds
		return int64(max(min(f, far), -far)), ok, err
	}
	after := func(t int64) { c.p.Start = max(c.p.Start, (t-1)*second) }
	before := func(t int64) { c.p.End = min(c.p.End, (t+2)*second) }
	switch {
	case n.Kind == Between && isTime(n.Args[0]) && !n.Negative:
		low, ok, err := bound(n.Args[1])
		if err != nil || !ok {
			return err
		}
		high, ok, err := bound(n.Args[2])
		if err != nil || !ok {
			return err
		}
		after(low)
		before(high)
	case n.Kind == Binary && len(n.Args) == 2:
		op, side := n.Name, n.Args[1]
		if isTime(n.Args[1]) {
			op, side = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}[op], n.Args[0]
		} else if !isTime(n.Args[0]) {
			return nil
		}
		if !slices.Contains([]string{"=", "<", "<=", ">", ">="}, op) {
			return nil
		}
		t, ok, err := bound(side)
		if err != nil || !ok {
			return err
		}
		if op != "<" && op != "<=" {
			after(t)
		}
		if op != ">" && op != ">=" {
			before(t)
		}
	}
	return nil
}

// constant is the number that an expression without columns gives.
func (c *compiler) constant(n *Node) (float64, bool, error) {
	if n.some(func(n *Node) bool { return n.Kind == Column || n.isAggregate() }) {
		return 0, false, nil
	}
	v, err := c.value(n)
	if err != nil {
		return 0, false, err
	}
	l, ok := v.expr.(query.Literal)
	f, isNumber := l.Value.Number()
	return f, ok && isNumber, nil
}

// raw makes rows of occurrences, or of deploys.
func (c *compiler) raw() error {
	nodes := c.outputs()
	items := slices.ContainsFunc(nodes, usesItems) || c.p.Star && c.p.Table == Occurrences
	sorts := slices.ContainsFunc(c.s.Orders, func(o Order) bool { return usesItems(o.Expr) })
	first := len(c.local) > 0 || sorts
	if first {
		if err := c.gather(append(slices.Clone(c.local), nodes...)); err != nil {
			return err
		}
	}
	if err := c.order(); err != nil {
		return err
	}
	if items && !first {
		if err := c.gather(nodes); err != nil {
			return err
		}
	}
	return c.selected()
}

// order sorts the rows and cuts them off.
func (c *compiler) order() error {
	var keys []query.SortKey
	for i, o := range c.s.Orders {
		if i == len(c.s.Orders)-1 && o.Desc && !c.within && c.p.Table == Occurrences && o.Expr.Kind == Column && o.Expr.Name == "timestamp" {
			break // the ties below do that
		}
		v, err := c.value(o.Expr)
		if err != nil {
			return err
		}
		if !isConstant(v.expr) {
			keys = append(keys, query.SortKey{Field: c.named(v.expr), Desc: o.Desc})
		}
	}
	for _, name := range c.ties() {
		if !slices.ContainsFunc(keys, func(k query.SortKey) bool { return k.Field == name }) {
			keys = append(keys, query.SortKey{Field: name, Desc: !c.within})
		}
	}
	if len(keys) > 0 {
		c.add(query.Sort{Keys: keys})
	}
	c.add(query.Limit{Count: c.p.Limit, Offset: c.s.Offset})
	return nil
}

// ties are the columns by which rows are ordered that are else alike.
func (c *compiler) ties() []string {
	switch {
	case c.within:
		var names []string
		for _, g := range c.groups {
			if f, ok := c.fields[g.String()].expr.(query.Field); ok {
				names = append(names, f.Name)
			}
		}
		return names
	case c.p.Table == Deploys:
		return []string{"id"}
	}
	return []string{event.SystemTime, event.FieldArrival} // as stores page, so that the newest are soon found
}

// selected makes the columns of the answer.
func (c *compiler) selected() error {
	var names []string
	for _, it := range c.s.Items {
		if it.Star {
			c.p.Columns = append(c.p.Columns, OutputColumn{Name: "*"})
			continue
		}
		v, err := c.value(it.Expr)
		if err != nil {
			return err
		}
		col := OutputColumn{Name: it.Alias, Field: c.named(v.expr), Type: v.typ}
		if col.Name == "" {
			col.Name = it.Text
		}
		col.Key = slices.ContainsFunc(c.s.Groups, func(g *Node) bool { return same(g, it.Expr) })
		c.p.Columns = append(c.p.Columns, col)
		if !slices.Contains(names, col.Field) {
			names = append(names, col.Field)
		}
	}
	if !c.p.Star {
		c.add(query.Project{Fields: names})
	}
	return nil
}
