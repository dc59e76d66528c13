package insights

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// aggregate is one of the functions of many events.
type aggregate struct {
	args        string
	help        string
	least, most int
	op          query.CalcOp
	typ         Type
	numbers     bool // of the argument as a number
}

// aggregateTable are the aggregates by their names in lower case.
func aggregateTable() map[string]aggregate {
	return map[string]aggregate{
		"count":          {args: "[field or *]", help: "How many events, or how many have the field", most: 1, op: query.Count, typ: Number},
		"count_distinct": {args: "field", help: "How many different values", least: 1, most: 1, op: query.CountDistinct, typ: Number},
		"countdistinct":  {args: "field", help: "How many different values", least: 1, most: 1, op: query.CountDistinct, typ: Number},
		"sum":            {args: "n", help: "The sum of the numbers", least: 1, most: 1, op: query.Sum, typ: Number, numbers: true},
		"avg":            {args: "n", help: "The mean of the numbers", least: 1, most: 1, op: query.Avg, typ: Number, numbers: true},
		"min":            {args: "field", help: "The least value", least: 1, most: 1, op: query.Min},
		"max":            {args: "field", help: "The greatest value", least: 1, most: 1, op: query.Max},
		"pct":            {args: "n, percent", help: "The value that so many per cent are not above", least: 2, most: 2, op: query.Interpolated, typ: Number, numbers: true},
		"median":         {args: "n", help: "The value in the middle", least: 1, most: 1, op: query.Interpolated, typ: Number, numbers: true},
		"stddev":         {args: "n", help: "The standard deviation of the sample", least: 1, most: 1, op: query.StdDev, typ: Number, numbers: true},
		"variance":       {args: "n", help: "The variance of the sample", least: 1, most: 1, op: query.Variance, typ: Number, numbers: true},
		"values":         {args: "field", help: "The different values as a list", least: 1, most: 1, op: query.Values},
		"collect_values": {args: "field", help: "The different values as a list", least: 1, most: 1, op: query.Values},
		"topk":           {args: "k, field", help: "The k most frequent values as a list", least: 2, most: 2, op: query.TopValues},
		"earliest":       {args: "field", help: "The value of the earliest event that has it", least: 1, most: 1, op: query.First},
		"latest":         {args: "field", help: "The value of the latest event that has it", least: 1, most: 1, op: query.Last},
		"sortsfirst":     {args: "field", help: "The value that sorts first as text", least: 1, most: 1, op: query.LeastText},
		"sortslast":      {args: "field", help: "The value that sorts last as text", least: 1, most: 1, op: query.GreatestText},
		"rate":           {args: "n, interval", help: "The sum per second, in each interval", least: 2, most: 2, op: query.Sum, typ: Number, numbers: true},
		"countovertime":  {args: "interval", help: "How many events in each interval", least: 1, most: 1, op: query.Count, typ: Number},
		"sumovertime":    {args: "n, interval", help: "The sum in each interval", least: 2, most: 2, op: query.Sum, typ: Number, numbers: true},
		"histogram":      {args: "n, width", help: "How many numbers in each step of this width", least: 2, most: 2, op: query.Count, typ: Number, numbers: true},
	}
}

// aggregation is a stats command being read.
type aggregation struct {
	c       *compiler
	calcs   []query.Calc
	keys    []Column
	after   []query.Compute // arithmetic over the calculations
	outputs []Column
	step    int64 // of the bin that is grouped by
}

func (c *compiler) statsCommand(name token) error {
	if c.stats++; c.stats > maxStats {
		return wrong(name.start, name.end, "unexpected symbol found %s at %s: a query has at most %d stats commands", name.text, place(c.p.text, name.start), maxStats)
	}
	a := &aggregation{c: c}
	from := c.p.next
	// Keys stand behind what is calculated, but are made first.
	if err := c.list(a.skip); err != nil {
		return err
	}
	to := c.p.next
	if c.p.takeWord("by") {
		if err := c.list(a.key); err != nil {
			return err
		}
	}
	end := c.p.next
	c.p.next = from
	if err := c.list(a.output); err != nil {
		return err
	}
	if c.p.next != to {
		return c.p.unexpected(c.p.peek())
	}
	c.p.next = end
	a.finish()
	return nil
}

// skip reads a calculation without compiling it.
func (a *aggregation) skip() error {
	n, err := a.c.p.expr()
	if err != nil {
		return err
	}
	if _, err = a.c.alias(); err != nil {
		return err
	}
	return a.intervals(n)
}

// intervals makes keys of what functions of time series are counted by.
func (a *aggregation) intervals(n *node) error {
	switch {
	case n.kind != callNode || len(n.args) == 0:
	case n.name == "rate" || n.name == "countovertime" || n.name == "sumovertime":
		return a.interval(n, n.args[len(n.args)-1])
	case n.name == "histogram" && len(n.args) == 2 && n.args[1].kind == literalNode:
		x, err := a.c.number(n.args[0])
		width := query.Literal{Value: n.args[1].value}
		a.addKey(a.c.p.named(n.args[0].from, n.args[0].to), field{call("times", call("floor", call("over", x, width)), width), Number})
		return err
	}
	for _, x := range n.args {
		if err := a.intervals(x); err != nil {
			return err
		}
	}
	return nil
}

// interval groups by the last argument of a function of time series.
func (a *aggregation) interval(n, last *node) error {
	if last.kind != periodNode {
		return nil // output says what is wrong
	}
	p, err := a.c.period(last)
	if err != nil {
		return err
	}
	t, err := a.c.rowTime(n)
	if err != nil {
		return err
	}
	a.addKey("bin("+a.c.p.named(last.from, last.to)+")", field{p.rounded(t, false, 0), Time})
	return nil
}

// addKey groups by an expression.
func (a *aggregation) addKey(name string, f field) {
	if slices.ContainsFunc(a.keys, func(k Column) bool { return k.Name == name }) {
		return
	}
	col := Column{Name: name, Field: a.c.compute(f.expr, ""), Type: f.typ, Key: true}
	if f.typ == Pointer {
		col.Type = Any
	}
	a.keys = append(a.keys, col)
}

func (a *aggregation) key() error {
	c := a.c
	n, err := c.p.expr()
	if err != nil {
		return err
	}
	to := c.p.next
	f, err := c.value(n)
	if err != nil {
		return err
	}
	if n.kind == callNode && n.name == "bin" {
		p, _ := c.period(n.args[0])
		a.step = p.step
	}
	if f.typ == JSON && n.kind == fieldNode && !strings.Contains(n.name, ".") {
		if _, listed := c.unnested(n.name); !listed {
			return wrong(n.start, n.end, "%s at %s is an object or a list, which cannot be grouped by", n.name, place(c.p.text, n.start))
		}
	}
	if c.p.takeWord("offset") {
		if f.expr, err = a.shifted(n); err != nil {
			return err
		}
	}
	name, err := c.alias()
	if err != nil {
		return err
	}
	if name == "" {
		name = c.p.named(n.from, to)
	}
	a.addKey(name, f)
	return nil
}

// shifted reads the offset behind bin.
func (a *aggregation) shifted(n *node) (query.Expr, error) {
	c := a.c
	by, err := c.p.primary()
	if err != nil {
		return nil, err
	}
	if n.kind != callNode || n.name != "bin" {
		return nil, c.misplaced(by)
	}
	length, err := c.period(by)
	if err != nil {
		return nil, err
	}
	step, err := c.period(n.args[0])
	if err != nil {
		return nil, err
	}
	t, err := c.rowTime(n)
	return step.rounded(t, false, length.step), err
}

// unnested reports whether a name is that of elements of a list.
func (c *compiler) unnested(name string) (Column, bool) {
	i := slices.IndexFunc(c.parsed, func(col Column) bool { return col.Name == name && col.Type == JSON })
	if i < 0 {
		return Column{}, false
	}
	return c.parsed[i], true
}

// output reads a calculation, or arithmetic over some.
func (a *aggregation) output() error {
	c := a.c
	n, err := c.p.expr()
	if err != nil {
		return err
	}
	alias, err := c.alias()
	if err != nil {
		return err
	}
	name := alias
	if name == "" {
		name = c.p.named(n.from, n.to)
	}
	if n.kind == callNode {
		if _, ok := aggregateTable()[n.name]; ok && n.name != "rate" {
			f, err := a.calculation(n, c.column(name))
			if err != nil {
				return err
			}
			a.outputs = replaced(a.outputs, Column{Name: name, Field: c.column(name), Type: f.typ})
			return nil
		}
	}
	f, err := a.over(n)
	if err != nil {
		return err
	}
	a.after = append(a.after, query.Compute{Name: c.column(name), Expr: f.expr})
	a.outputs = replaced(a.outputs, Column{Name: name, Field: c.column(name), Type: f.typ})
	return nil
}

// over compiles an expression over calculations: these get columns of their own,
// which the expression then reads as aliases.
func (a *aggregation) over(n *node) (field, error) {
	c := a.c
	found := 0
	inner := newCompiler(c.p, c.o)
	inner.closed = true
	var extract func(n *node) (*node, error)
	extract = func(n *node) (*node, error) {
		if _, ok := aggregateTable()[n.name]; ok && n.kind == callNode {
			found++
			col := c.hidden()
			f, err := a.calculated(n, col)
			inner.scope[col] = f
			return &node{kind: fieldNode, name: col, start: n.start, end: n.end, from: n.from, to: n.to}, err
		}
		if _, ok := functionTable()[n.name]; !ok && n.kind == callNode {
			return nil, c.unknownFunction(n)
		}
		if n.kind == fieldNode {
			if i := slices.IndexFunc(a.keys, func(k Column) bool { return k.Name == n.name }); i >= 0 {
				inner.scope[n.name] = field{query.Field{Name: a.keys[i].Field}, a.keys[i].Type}
				return n, nil
			}
			return nil, wrong(n.start, n.end, "%s at %s stands outside of an aggregate, and is not grouped by", n.name, place(c.p.text, n.start))
		}
		copied := *n
		copied.args = make([]*node, len(n.args))
		for i, x := range n.args {
			var err error
			if copied.args[i], err = extract(x); err != nil {
				return nil, err
			}
		}
		return &copied, nil
	}
	replacedBy, err := extract(n)
	if err != nil {
		return field{}, err
	}
	if found == 0 {
		return field{}, wrong(n.start, n.end, "unexpected symbol found %s at %s: stats wants an aggregate such as count(*)", c.p.text[n.start:n.end], place(c.p.text, n.start))
	}
	return inner.value(replacedBy)
}

// calculated is a calculation in arithmetic.
func (a *aggregation) calculated(n *node, column string) (field, error) {
	f, err := a.calculation(n, column)
	if err != nil || n.name != "rate" {
		return f, err
	}
	p, err := a.c.period(n.args[1])
	f.expr = call("over", f.expr, query.Literal{Value: event.FloatValue(float64(p.step) / 1e9)})
	return f, err
}

// parameters reads the arguments that say how to calculate, and returns the others.
func (a *aggregation) parameters(n *node, calc *query.Calc) ([]*node, error) {
	c, args := a.c, n.args
	switch n.name {
	case "topk":
		k := args[0]
		if k.kind != literalNode || k.value.Kind() != event.Int || k.value.Int() < 1 || k.value.Int() > query.MaxListed {
			return nil, wrong(k.start, k.end, "topk at %s wants how many values first, from 1 to %d", place(c.p.text, n.start), query.MaxListed)
		}
		calc.Q, args = float64(k.value.Int()), args[1:]
	case "median":
		calc.Q = 0.5
	case "pct":
		p, isNumber := args[1].value.Number()
		if args[1].kind != literalNode || !isNumber || p < 0 || p > 100 {
			return nil, wrong(args[1].start, args[1].end, "pct at %s wants a number from 0 to 100 as its second argument", place(c.p.text, n.start))
		}
		calc.Q, args = p/100, args[:1]
	case "rate", "sumovertime", "countovertime", "histogram":
		last := args[len(args)-1]
		if n.name != "histogram" && last.kind != periodNode || n.name == "histogram" && last.kind != literalNode {
			return nil, c.misplaced(last)
		}
		args = args[:len(args)-1]
	}
	return args, nil
}

// calculation adds one under the name of a column.
func (a *aggregation) calculation(n *node, column string) (field, error) {
	c, agg := a.c, aggregateTable()[n.name]
	if len(n.args) < agg.least || len(n.args) > agg.most {
		return field{}, wrong(n.start, n.end, "%s at %s takes (%s), not %d arguments", n.name, place(c.p.text, n.start), agg.args, len(n.args))
	}
	calc := query.Calc{Op: agg.op, Name: column}
	args, err := a.parameters(n, &calc)
	if err != nil {
		return field{}, err
	}
	if c.closed && (calc.Op == query.First || calc.Op == query.Last) {
		return field{}, wrong(n.start, n.end, "%s at %s needs the times of events, which an earlier stats command has not kept", n.name, place(c.p.text, n.start))
	}
	if len(args) == 0 || args[0].kind == starNode {
		if agg.op != query.Count {
			return field{}, c.misplaced(args[0])
		}
		a.calcs = append(a.calcs, calc)
		return field{query.Field{Name: column}, Number}, nil
	}
	f, err := c.value(args[0])
	if err != nil {
		return field{}, err
	}
	if agg.numbers {
		f.expr = millis(f)
	}
	if lit, ok := f.expr.(query.Literal); ok && lit.Value.IsNull() {
		return field{}, c.misplaced(args[0])
	}
	calc.Field = c.compute(f.expr, "")
	a.calcs = append(a.calcs, calc)
	typ := agg.typ
	switch calc.Op { //nolint:exhaustive // the others have a type of their own
	case query.Min, query.Max, query.First, query.Last:
		typ = f.typ
	}
	return field{query.Field{Name: column}, typ}, nil
}

// finish adds the stages; what stats gives is all that later commands see.
func (a *aggregation) finish() {
	c := a.c
	stage := query.Aggregate{Calcs: a.calcs}
	for _, k := range a.keys {
		if !slices.Contains(stage.Groups, k.Field) {
			stage.Groups = append(stage.Groups, k.Field)
		}
	}
	c.add(stage)
	for _, s := range a.after {
		c.add(s)
	}
	c.fields, c.shown, c.parsed = slices.Concat(a.keys, a.outputs), nil, nil
	c.closed, c.sorted, c.limited, c.step = true, false, false, a.step
	c.scope = map[string]field{}
	for _, col := range c.fields {
		c.scope[col.Name] = stored(col.Field, col.Type)
	}
}
