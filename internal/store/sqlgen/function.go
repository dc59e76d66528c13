package sqlgen

import (
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// mentions reports whether an expression reads a field.
func mentions(e query.Expr, name string) bool {
	one := func(list []query.Expr) bool {
		for _, e := range list {
			if mentions(e, name) {
				return true
			}
		}
		return false
	}
	switch x := e.(type) {
	case query.Field:
		return x.Name == name
	case query.Compare:
		return mentions(x.L, name) || mentions(x.R, name)
	case query.In:
		return mentions(x.X, name)
	case query.Exists:
		return mentions(x.X, name)
	case query.Text:
		return mentions(x.X, name)
	case query.And:
		return one(x.Terms)
	case query.Or:
		return one(x.Terms)
	case query.Not:
		return mentions(x.X, name)
	case query.Call:
		return one(x.Args)
	}
	return false
}

func (c *compiler) function(x query.Call) (term, error) {
	return term{}, fault.New(fault.Invalid, "there is no function %s", x.Name)
}
