package xrayfilter

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Group is a group of traces that expressions may name.
type Group struct {
	Name, ARN string
	Filter    string // expression; an empty one is of every trace
}

// Resolve puts the expressions of groups in the place of their names. Errors: a
// group that is not there, groups that name each other in a circle.
func (e Expression) Resolve(groups []Group) (Expression, error) {
	if e.Root == nil {
		return e, nil
	}
	root, err := resolve(e.Root, groups, nil)
	return Expression{Root: root}, err
}

func resolve(e Expr, groups []Group, within []string) (Expr, error) {
	each := func(terms []Expr) ([]Expr, error) {
		out := make([]Expr, len(terms))
		for i, t := range terms {
			var err error
			if out[i], err = resolve(t, groups, within); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch e := e.(type) {
	case And:
		terms, err := each(e.Terms)
		return And{Terms: terms}, err
	case Or:
		terms, err := each(e.Terms)
		return Or{Terms: terms}, err
	case Not:
		x, err := resolve(e.X, groups, within)
		return Not{X: x}, err
	case Has:
		if strings.HasPrefix(e.Key.Name, "group.") {
			return And{}, nil // every trace is in the default group
		}
	case Compare:
		if strings.HasPrefix(e.Key.Name, "group.") {
			return resolveGroup(e, groups, within)
		}
	}
	return e, nil
}

// resolveGroup is true of the traces of any group whose name compares.
func resolveGroup(c Compare, groups []Group, within []string) (Expr, error) {
	op := c.Op
	if op == Unequal {
		op = Equal
	}
	var either []Expr
	for _, g := range groups {
		name := g.Name
		if c.Key.Name == "group.arn" {
			name = g.ARN
		}
		if !holds(event.StringValue(name), op, c.Value) {
			continue
		}
		if slices.Contains(within, g.Name) {
			return nil, fault.New(fault.Invalid, "the groups %s name each other in a circle", strings.Join(append(within, g.Name), ", "))
		}
		filter, err := Parse(g.Filter)
		if err != nil {
			return nil, fault.New(fault.Invalid, "the expression of group %s can't be read: %w", g.Name, err)
		}
		x := filter.Root
		if x == nil {
			x = And{}
		}
		if x, err = resolve(x, groups, append(slices.Clip(within), g.Name)); err != nil {
			return nil, err
		}
		either = append(either, x)
	}
	if len(either) == 0 && op == Equal {
		return nil, fault.At(c.At, "there is no group with the %s %q", strings.TrimPrefix(c.Key.Name, "group."), c.Value.Text)
	}
	if c.Op == Unequal {
		return Not{X: Or{Terms: either}}, nil
	}
	return Or{Terms: either}, nil
}
