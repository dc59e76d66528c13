package query

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Condition returns the one condition that the query's Filter and Compute stages
// put on a row, computed fields put in where they are read; it is true of every
// row if there are none. Other stages are refused. inline does the same to a
// further expression over the stages' rows.
func (q *Query) Condition() (where Expr, inline func(Expr) Expr, err error) {
	all := And{}
	made := map[string]Expr{}
	inline = func(e Expr) Expr { return substitute(e, made) }
	for _, stage := range q.Stages {
		switch s := stage.(type) {
		case Filter:
			all.Terms = append(all.Terms, inline(s.Where))
		case Compute:
			made[s.Name] = inline(s.Expr)
		default:
			return nil, nil, fault.New(fault.Invalid, "only conditions on single events can be compared, and this query also says %q", s)
		}
	}
	return all, inline, nil
}

// substitute puts expressions in the place of fields.
func substitute(e Expr, made map[string]Expr) Expr {
	if len(made) == 0 {
		return e
	}
	list := func(terms []Expr) []Expr {
		out := slices.Clone(terms)
		for i, t := range out {
			out[i] = substitute(t, made)
		}
		return out
	}
	switch x := e.(type) {
	case Field:
		if by, ok := made[x.Name]; ok {
			return by
		}
	case Compare:
		return Compare{Op: x.Op, L: substitute(x.L, made), R: substitute(x.R, made)}
	case In:
		return In{X: substitute(x.X, made), Values: x.Values}
	case InQuery:
		return InQuery{X: substitute(x.X, made), Query: x.Query}
	case Exists:
		return Exists{X: substitute(x.X, made)}
	case Text:
		return Text{Op: x.Op, X: substitute(x.X, made), S: x.S}
	case And:
		return And{Terms: list(x.Terms)}
	case Or:
		return Or{Terms: list(x.Terms)}
	case Not:
		return Not{X: substitute(x.X, made)}
	case Call:
		return Call{Name: x.Name, Args: list(x.Args)}
	}
	return e
}
