package rql

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/query"
)

// finer collects what the first of two groupings gives.
type finer struct {
	c      *compiler
	groups []string
	calcs  []query.Calc
	rows   string // how many rows are in a group
}

func (f *finer) group(name string) {
	if !slices.Contains(f.groups, name) {
		f.groups = append(f.groups, name)
	}
}

func (f *finer) add(op query.CalcOp, arg string) string {
	name := f.c.hidden()
	f.calcs = append(f.calcs, query.Calc{Op: op, Field: arg, Name: name})
	return name
}

// pure makes an aggregate that is not about items of aggregates of finer groups.
func (f *finer) pure(n *Node) (parts, error) {
	c := f.c
	arg, _, err := c.argument(n)
	if err != nil {
		return parts{}, err
	}
	sum := func(of string) query.Calc { return query.Calc{Op: query.Sum, Field: of, Name: c.hidden()} }
	switch n.Name {
	case "count":
		of := f.rows
		if arg != "" {
			of = f.add(query.Count, arg)
		}
		return counted(sum(of)), nil
	case "count_distinct":
		f.group(arg)
		return parts{calc: query.Calc{Op: query.CountDistinct, Field: arg, Name: c.hidden()}}, nil
	case "sum":
		return parts{calc: sum(f.add(query.Sum, arg))}, nil
	case "avg":
		number := c.named(call("number", field(arg)))
		return mean(sum(f.add(query.Sum, number)), sum(f.add(query.Count, number))), nil
	case "min":
		return parts{calc: query.Calc{Op: query.Min, Field: f.add(query.Min, arg), Name: c.hidden()}}, nil
	}
	return parts{calc: query.Calc{Op: query.Max, Field: f.add(query.Max, arg), Name: c.hidden()}}, nil
}

// counted is a sum of counts as a count.
func counted(sum query.Calc) parts {
	return parts{calc: sum, after: call("whole", call("COALESCE", field(sum.Name), whole(0)))}
}

func mean(sum, count query.Calc) parts {
	return parts{calc: sum, more: []query.Calc{count}, after: call("over", field(sum.Name), field(count.Name))}
}

// weighed makes an aggregate that is about items over finer groups, each of which
// stands for so many rows.
func (c *compiler) weighed(n *Node, rows string) (parts, Type, error) {
	arg, typ, err := c.argument(n)
	if err != nil {
		return parts{}, typ, err
	}
	x := field(arg)
	sum := func(e query.Expr) query.Calc { return query.Calc{Op: query.Sum, Field: c.named(e), Name: c.hidden()} }
	switch n.Name {
	case "count":
		return counted(sum(call("IF", query.Exists{X: x}, field(rows)))), Number, nil
	case "sum":
		return parts{calc: sum(call("times", x, field(rows)))}, Number, nil
	case "avg":
		return mean(sum(call("times", x, field(rows))), sum(call("IF", query.Exists{X: call("number", x)}, field(rows)))), Number, nil
	case "count_distinct":
		return parts{calc: query.Calc{Op: query.CountDistinct, Field: arg, Name: c.hidden()}}, Number, nil
	case "min":
		return parts{calc: query.Calc{Op: query.Min, Field: arg, Name: c.hidden()}}, typ, nil
	}
	return parts{calc: query.Calc{Op: query.Max, Field: arg, Name: c.hidden()}}, typ, nil
}
