package storetest

import (
	"cmp"
	"math"
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// holds reports whether an expression is true of a record. It is written apart
// from query.Match on purpose: where the two differ, one of them is wrong.
func holds(e query.Expr, r record) bool {
	switch x := e.(type) {
	case query.Compare:
		return compares(x.Op, value(x.L, r), value(x.R, r))
	case query.In:
		v := value(x.X, r)
		for _, w := range x.Values {
			if compares(query.Eq, v, w) {
				return true
			}
		}
		return false
	case query.Exists:
		return !value(x.X, r).IsNull()
	case query.Text:
		v := value(x.X, r)
		return !v.IsNull() && matchesText(x.Op, v.Text(), x.S)
	case query.And:
		for _, t := range x.Terms {
			if !holds(t, r) {
				return false
			}
		}
		return true
	case query.Or:
		for _, t := range x.Terms {
			if holds(t, r) {
				return true
			}
		}
		return false
	case query.Not:
		return !holds(x.X, r)
	}
	switch v := value(e, r); v.Kind() {
	case event.Bool:
		return v.Bool()
	case event.Int, event.Float:
		f, _ := v.Number()
		return f != 0
	case event.String:
		return v.Str() == "true"
	case event.Null:
	}
	return false
}

// value computes an expression; conditions are booleans.
func value(e query.Expr, r record) event.Value {
	switch x := e.(type) {
	case query.Field:
		return r.Get(x.Name)
	case query.Literal:
		return x.Value
	case query.Call:
		return query.Eval(x, r)
	}
	return event.BoolValue(holds(e, r))
}

// compares applies the rules of comparison: nothing is true of null and of what is no number; two texts
// compare as texts; else both as numbers if both can be read as one; else as text.
func compares(op query.CompareOp, a, b event.Value) bool {
	if a.IsNull() || b.IsNull() || isNaN(a) || isNaN(b) {
		return false
	}
	order := strings.Compare(a.Text(), b.Text())
	switch {
	case a.Kind() == event.Int && b.Kind() == event.Int:
		order = cmp.Compare(a.Int(), b.Int())
	case a.Kind() != event.String || b.Kind() != event.String:
		x, isNumber := a.Number()
		y, both := b.Number()
		switch {
		case !isNumber || !both:
		case x < y:
			order = -1
		case x > y:
			order = 1
		default:
			order = 0
		}
	}
	switch op {
	case query.Eq:
		return order == 0
	case query.Ne:
		return order != 0
	case query.Lt:
		return order < 0
	case query.Le:
		return order <= 0
	case query.Gt:
		return order > 0
	case query.Ge:
		return order >= 0
	}
	return false
}

func isNaN(v event.Value) bool { return v.Kind() == event.Float && math.IsNaN(v.Float()) }

func matchesText(op query.TextOp, text, part string) bool {
	switch op {
	case query.Contains:
		return strings.Contains(text, part)
	case query.StartsWith:
		return strings.HasPrefix(text, part)
	case query.EndsWith:
		return strings.HasSuffix(text, part)
	case query.Search:
		return strings.Contains(strings.ToLower(text), strings.ToLower(part))
	case query.Regex:
		matched, err := regexp.MatchString(part, text)
		return err == nil && matched
	case query.Pattern:
		p, err := pattern.Parse(part)
		return err == nil && p.MatchString(text)
	}
	return false
}
