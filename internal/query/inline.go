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
	return rewrite(e, func(x Expr) Expr {
		if f, ok := x.(Field); ok {
			if by, ok := made[f.Name]; ok {
				return by
			}
		}
		return x
	})
}

// rewrite makes an expression anew: f is given each part once the parts within
// are what f made of them, and returns what stands in its place.
func rewrite(e Expr, f func(Expr) Expr) Expr {
	list := func(terms []Expr) []Expr {
		out := slices.Clone(terms)
		for i, t := range out {
			out[i] = rewrite(t, f)
		}
		return out
	}
	switch x := e.(type) {
	case Compare:
		e = Compare{Op: x.Op, L: rewrite(x.L, f), R: rewrite(x.R, f)}
	case In:
		e = In{X: rewrite(x.X, f), Values: x.Values}
	case InQuery:
		e = InQuery{X: rewrite(x.X, f), Query: x.Query}
	case Exists:
		e = Exists{X: rewrite(x.X, f)}
	case Text:
		e = Text{Op: x.Op, X: rewrite(x.X, f), S: x.S}
	case And:
		e = And{Terms: list(x.Terms)}
	case Or:
		e = Or{Terms: list(x.Terms)}
	case Not:
		e = Not{X: rewrite(x.X, f)}
	case Call:
		e = Call{Name: x.Name, Args: list(x.Args)}
	}
	return f(e)
}
