package rql

import (
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// value compiles an expression to a value. A condition is 1, 0 or NULL.
func (c *compiler) value(n *Node) (compiled, error) {
	if n.Kind == Literal {
		return compiled{query.Literal{Value: n.Value}, Any}, nil
	}
	key := n.String()
	if c.within {
		if v, ok := c.fields[key]; ok {
			return v, nil
		}
	}
	if v, ok := c.values[key]; ok {
		return v, nil
	}
	v, err := c.fresh(n)
	if err == nil {
		v.expr = folded(v.expr)
		c.values[key] = v
	}
	return v, err
}

// folded computes calls of constants.
func folded(e query.Expr) query.Expr {
	f, ok := e.(query.Call)
	if !ok {
		return e
	}
	args := make([]query.Expr, len(f.Args))
	constants := true
	for i, a := range f.Args {
		args[i] = folded(a)
		constants = constants && isConstant(args[i])
	}
	f.Args = args
	if constants {
		return query.Literal{Value: query.Eval(f, nil)}
	}
	return f
}

func (c *compiler) fresh(n *Node) (compiled, error) {
	switch n.Kind {
	case Column:
		return c.columnValue(n)
	case Call:
		return c.called(n)
	case Star:
		return compiled{}, n.wrong("“*” stands in count(*) only")
	case Unary:
		if n.Name == "-" {
			x, err := c.value(n.Args[0])
			return compiled{call("negative", x.expr), Number}, err
		}
	case Binary:
		if name, ok := arithmetic(n.Name); ok {
			l, err := c.value(n.Args[0])
			if err != nil {
				return compiled{}, err
			}
			r, err := c.value(n.Args[1])
			e := call(name, l.expr, r.expr)
			if n.Name == "div" {
				e = call("whole", e)
			}
			return compiled{e, Number}, err
		}
	case Literal, In, Between, Like, IsNull:
	}
	yes, err := c.condition(n, true)
	if err != nil {
		return compiled{}, err
	}
	no, err := c.condition(n, false)
	return compiled{c.hoist(call("IF", yes, whole(1), no, whole(0))), Number}, err
}

func arithmetic(op string) (string, bool) {
	switch op {
	case "+":
		return "plus", true
	case "-":
		return "minus", true
	case "*":
		return "times", true
	case "/", "div":
		return "over", true
	case "mod":
		return "remainder", true
	}
	return "", false
}

func (c *compiler) columnValue(n *Node) (compiled, error) {
	if isItem(n.Name) && c.p.Table == Occurrences {
		h, _ := helpOf(ItemColumns(), n.Name)
		return compiled{field(hiddenMark + n.Name), typeOf(h)}, nil
	}
	if leaf, ok := c.leaves[n.Name]; ok {
		return leaf, nil
	}
	e, typ := c.column(n.Name)
	return compiled{e, typ}, nil
}

func (c *compiler) called(n *Node) (compiled, error) {
	f := functions[n.Name]
	if f.aggregate {
		return compiled{}, n.wrong("the aggregate %s cannot stand here", n.Name)
	}
	if n.Name == "if" {
		return c.ifCall(n)
	}
	args := make([]query.Expr, len(n.Args))
	for i, a := range n.Args {
		v, err := c.value(a)
		if err != nil {
			return compiled{}, err
		}
		args[i] = v.expr
	}
	e, err := f.compile(c, n, args)
	return compiled{e, f.typ}, err
}

func (c *compiler) ifCall(n *Node) (compiled, error) {
	condition, err := c.condition(n.Args[0], true)
	if err != nil {
		return compiled{}, err
	}
	yes, err := c.value(n.Args[1])
	if err != nil {
		return compiled{}, err
	}
	no, err := c.value(n.Args[2])
	typ := Any
	if yes.typ == no.typ {
		typ = yes.typ
	}
	return compiled{call("IF", condition, yes.expr, no.expr), typ}, err
}

// condition compiles what is true where the node is true, or where it is false:
// both leave out where it is NULL.
func (c *compiler) condition(n *Node, want bool) (query.Expr, error) {
	switch n.Kind {
	case Unary:
		if n.Name == "not" {
			return c.condition(n.Args[0], !want)
		}
	case Binary:
		if n.Name == "and" || n.Name == "or" {
			terms := make([]query.Expr, len(n.Args))
			for i, a := range n.Args {
				var err error
				if terms[i], err = c.condition(a, want); err != nil {
					return nil, err
				}
			}
			return joined((n.Name == "and") == want, terms), nil
		}
		if op, ok := comparison(n.Name, want); ok {
			return c.compare(op, n.Args[0], n.Args[1])
		}
	case In:
		return c.member(n, want != n.Negative)
	case Between:
		return c.between(n, want != n.Negative)
	case Like:
		return c.like(n, want != n.Negative)
	case IsNull:
		x, err := c.value(n.Args[0])
		there := query.Expr(query.Exists{X: x.expr})
		if want != n.Negative {
			there = query.Not{X: there}
		}
		return there, err
	case Column, Literal, Call, Star:
	}
	x, err := c.value(n)
	if err != nil {
		return nil, err
	}
	op := query.Ne
	if !want {
		op = query.Eq
	}
	return query.Compare{Op: op, L: call("number", x.expr), R: whole(0)}, nil
}

func joined(and bool, terms []query.Expr) query.Expr {
	if and {
		return query.And{Terms: terms}
	}
	return query.Or{Terms: terms}
}

// comparison is an operator, or the one that is true where it is false.
func comparison(sign string, want bool) (query.CompareOp, bool) {
	ops := map[string][2]query.CompareOp{
		"=": {query.Ne, query.Eq}, "!=": {query.Eq, query.Ne}, "<": {query.Ge, query.Lt}, ">=": {query.Lt, query.Ge},
		">": {query.Le, query.Gt}, "<=": {query.Gt, query.Le},
	}
	op, ok := ops[sign]
	if want {
		return op[1], ok
	}
	return op[0], ok
}

func (c *compiler) compare(op query.CompareOp, l, r *Node) (query.Expr, error) {
	x, err := c.value(l)
	if err != nil {
		return nil, err
	}
	y, err := c.value(r)
	return query.Compare{Op: op, L: x.expr, R: y.expr}, err
}

// member is true where the operand is one of the list, or is none of it; NULL in
// the list leaves the latter undecided.
func (c *compiler) member(n *Node, want bool) (query.Expr, error) {
	x, err := c.value(n.Args[0])
	if err != nil {
		return nil, err
	}
	var values []event.Value
	var terms []query.Expr
	op, _ := comparison("=", want)
	null := false
	for _, a := range n.Args[1:] {
		v, err := c.value(a)
		if err != nil {
			return nil, err
		}
		switch l, ok := v.expr.(query.Literal); {
		case ok && l.Value.IsNull():
			null = true
		case ok:
			values = append(values, l.Value)
		default:
			terms = append(terms, query.Compare{Op: op, L: x.expr, R: v.expr})
		}
	}
	if want {
		if len(values) > 0 {
			terms = append(terms, query.In{X: x.expr, Values: values})
		}
		return query.Or{Terms: terms}, nil
	}
	if null {
		return query.Or{}, nil
	}
	if len(values) > 0 {
		terms = append(terms, query.Exists{X: x.expr}, query.Not{X: query.In{X: x.expr, Values: values}})
	}
	return query.And{Terms: terms}, nil
}

func (c *compiler) between(n *Node, want bool) (query.Expr, error) {
	low, _ := comparison(">=", want)
	high, _ := comparison("<=", want)
	l, err := c.compare(low, n.Args[0], n.Args[1])
	if err != nil {
		return nil, err
	}
	r, err := c.compare(high, n.Args[0], n.Args[2])
	return joined(want, []query.Expr{l, r}), err
}

func (c *compiler) like(n *Node, want bool) (query.Expr, error) {
	x, err := c.value(n.Args[0])
	if err != nil {
		return nil, err
	}
	p, err := c.value(n.Args[1])
	if err != nil {
		return nil, err
	}
	l, ok := p.expr.(query.Literal)
	if !ok {
		return nil, n.Args[1].wrong("the pattern behind LIKE must be a text, not %s", clipped(n.Args[1].String()))
	}
	if l.Value.IsNull() {
		return query.Or{}, nil
	}
	pattern := l.Value.Text()
	const most = 500
	if len(pattern) > most {
		return nil, n.Args[1].wrong("the pattern is %d bytes long; at most %d are taken", len(pattern), most)
	}
	operand := x.expr
	if !want {
		operand = c.hoist(operand)
		return query.And{Terms: []query.Expr{query.Exists{X: operand}, query.Not{X: likeTest(operand, pattern)}}}, nil
	}
	return likeTest(operand, pattern), nil
}
