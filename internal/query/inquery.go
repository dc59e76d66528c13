package query

import (
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// maxInQuery bounds the values that a query in a condition may give.
const maxInQuery = 10_000

// WithLists puts lists of values in the place of the queries in conditions. run
// answers one of them with the values of its column; nulls and values that come
// twice are dropped.
func (q *Query) WithLists(run func(*Query) ([]event.Value, error)) (*Query, error) {
	out := *q
	out.Stages = make([]Stage, len(q.Stages))
	for i, stage := range q.Stages {
		var err error
		switch s := stage.(type) {
		case Filter:
			s.Where, err = withLists(s.Where, run)
			stage = s
		case Compute:
			s.Expr, err = withLists(s.Expr, run)
			stage = s
		}
		if err != nil {
			return nil, err
		}
		out.Stages[i] = stage
	}
	return &out, nil
}

func withLists(e Expr, run func(*Query) ([]event.Value, error)) (Expr, error) {
	found := false
	walk(e, func(x Expr) {
		if _, ok := x.(InQuery); ok {
			found = true
		}
	})
	if !found {
		return e, nil
	}
	all := func(terms []Expr) ([]Expr, error) {
		out := make([]Expr, len(terms))
		for i, t := range terms {
			var err error
			if out[i], err = withLists(t, run); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch x := e.(type) {
	case InQuery:
		return listOf(x, run)
	case Not:
		inner, err := withLists(x.X, run)
		return Not{X: inner}, err
	case And:
		terms, err := all(x.Terms)
		return And{Terms: terms}, err
	case Or:
		terms, err := all(x.Terms)
		return Or{Terms: terms}, err
	case Call:
		args, err := all(x.Args)
		return Call{Name: x.Name, Args: args}, err
	}
	return nil, fault.New(fault.Invalid, "a query in brackets cannot stand in %s", e)
}

func listOf(x InQuery, run func(*Query) ([]event.Value, error)) (Expr, error) {
	values, err := run(x.Query)
	if err != nil {
		return nil, err
	}
	in := In{X: x.X}
	seen := map[event.Value]bool{}
	for _, v := range values {
		if v.IsNull() || seen[v] {
			continue
		}
		seen[v] = true
		if in.Values = append(in.Values, v); len(in.Values) > maxInQuery {
			return nil, fault.New(fault.TooLarge, "the query in brackets gives more than %d different values; narrow it", maxInQuery)
		}
	}
	return in, nil
}
