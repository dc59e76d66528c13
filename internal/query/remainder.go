package query

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Other asks for the calculations over the rows that belong to none of the
// groups with the given keys, each as long as Breakdowns; null stands for rows
// without the field. The second result is false if there is nothing to ask:
// without breakdowns, no row is outside.
func (p *Plan) Other(keys [][]event.Value) (*Query, bool) {
	calcs := p.plain(false)
	if len(calcs) == 0 || len(p.Breakdowns) == 0 {
		return nil, false
	}
	stages := append([]Stage{Aggregate{Calcs: calcs}}, p.onlyMath()...)
	if len(keys) > 0 {
		stages = append([]Stage{Filter{Where: Not{X: p.isExactlyOneOf(keys)}}}, stages...)
	}
	return p.query(p.Start, p.End, stages...), true
}

// HasHavings reports whether groups are left out by their calculations.
func (p *Plan) HasHavings() bool { return len(p.havings) > 0 }

// isExactlyOneOf is true of rows of the groups with the given keys and of no
// others. Groups that differ in the last breakdown only share a term.
func (p *Plan) isExactlyOneOf(keys [][]event.Value) Expr {
	last := len(p.Breakdowns) - 1
	var order []string
	alike := map[string][][]event.Value{}
	for _, key := range keys {
		prefix := prefixText(key[:last])
		if alike[prefix] == nil {
			order = append(order, prefix)
		}
		alike[prefix] = append(alike[prefix], key)
	}
	terms := make([]Expr, len(order))
	for i, prefix := range order {
		group := alike[prefix]
		all := make([]Expr, 0, len(p.Breakdowns))
		for k, v := range group[0][:last] {
			all = append(all, oneOf(p.Breakdowns[k], []event.Value{v}))
		}
		values := make([]event.Value, len(group))
		for k, key := range group {
			values[k] = key[last]
		}
		terms[i] = And{Terms: append(all, oneOf(p.Breakdowns[last], values))}
	}
	return Or{Terms: terms}
}

func prefixText(values []event.Value) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteByte('0' + byte(v.Kind()))
		b.WriteString(v.Text())
		b.WriteByte(0)
	}
	return b.String()
}

// oneOf is true of rows whose field has one of the values; null is a row
// without the field.
func oneOf(name string, values []event.Value) Expr {
	field := Field{Name: name}
	in := In{X: field}
	null := false
	for _, v := range values {
		if v.IsNull() {
			null = true
			continue
		}
		in.Values = append(in.Values, v)
	}
	switch {
	case !null:
		return in
	case len(in.Values) == 0:
		return Not{X: Exists{X: field}}
	}
	return Or{Terms: []Expr{in, Not{X: Exists{X: field}}}}
}
