package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// WithFields puts saved calculated fields, expressions by alias, into a query: a
// Compute before all stages for each that they, or the further names, read of
// stored rows. In conditions on other spans it stands in place of the alias. A
// calculated field goes before a stored one of its name, and does not read other
// calculated fields: what the query's own Computes read is stored. q itself is not
// changed, and is returned if it reads none. Errors: Invalid for an expression
// that can't be read, with its alias.
func (q *Query) WithFields(saved map[string]string, further ...string) (*Query, error) {
	if len(saved) == 0 {
		return q, nil
	}
	read := append(q.inputs(), further...)
	elsewhere := q.namesOnOtherSpans()
	made := map[string]Expr{}
	for _, name := range append(slices.Clone(read), elsewhere...) {
		text, ok := saved[name]
		if !ok {
			continue
		}
		e, err := ParseAnyField(text)
		if err == nil && IsOfSeries(e) {
			return nil, madeOfSeries("calculated field " + name)
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "calculated field %s: %s", name, fault.MessageOf(err))
		}
		made[name] = e
	}
	if len(made) == 0 {
		return q, nil
	}
	out := *q
	out.Stages = nil
	for _, name := range computeOrder(made) {
		if slices.Contains(read, name) {
			out.Stages = append(out.Stages, Compute{Name: name, Expr: made[name]})
		}
	}
	for _, stage := range q.Stages {
		switch s := stage.(type) {
		case TraceFilter:
			stage = s.substituted(made)
		case Relate:
			stage = s.substituted(made)
		}
		out.Stages = append(out.Stages, stage)
	}
	return &out, nil
}

// inputs are the names that the stages read of stored rows.
func (q *Query) inputs() []string {
	var names []string
	made := map[string]bool{}
	add := func(list ...string) {
		for _, name := range list {
			if name != "" && !made[name] && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, stage := range q.Stages {
		switch s := stage.(type) {
		case Filter:
			add(FieldsOf(s.Where)...)
		case Compute:
			made[s.Name] = true // a calculated field, too: it reads what is stored
		case Relate:
			for _, f := range s.Fields {
				made[f.Name] = true
			}
		case Sort:
			for _, k := range s.Keys {
				add(k.Field)
			}
		case Dedup:
			add(s.Fields...)
		case Project:
			add(s.Fields...)
		case Aggregate:
			add(s.Groups...)
			for _, c := range s.Calcs {
				add(c.Field)
				add(FieldsOf(c.Where)...)
			}
			return names // what follows reads what it yields
		}
	}
	return names
}

func (q *Query) namesOnOtherSpans() []string {
	var names []string
	for _, stage := range q.Stages {
		switch s := stage.(type) {
		case TraceFilter:
			for _, c := range s.Conditions {
				names = append(names, FieldsOf(c.Where)...)
			}
		case Relate:
			names = append(names, FieldsOf(s.Where)...)
			for _, f := range s.Fields {
				names = append(names, FieldsOf(f.Expr)...)
			}
		}
	}
	return names
}

func (s TraceFilter) substituted(made map[string]Expr) TraceFilter {
	return s.each(func(e Expr) Expr { return substitute(e, made) })
}

func (r Relate) substituted(made map[string]Expr) Relate {
	return r.each(func(e Expr) Expr { return substitute(e, made) })
}

// each is the stage with what f makes of its expressions.
func (s TraceFilter) each(f func(Expr) Expr) TraceFilter {
	out := TraceFilter{Conditions: slices.Clone(s.Conditions)}
	for i := range out.Conditions {
		out.Conditions[i].Where = f(out.Conditions[i].Where)
	}
	return out
}

func (r Relate) each(f func(Expr) Expr) Relate {
	out := Relate{Relation: r.Relation, Fields: slices.Clone(r.Fields)}
	if r.Where != nil {
		out.Where = f(r.Where)
	}
	for i := range out.Fields {
		out.Fields[i].Expr = f(out.Fields[i].Expr)
	}
	return out
}

// computeOrder puts a field after those that read a stored field of its name.
func computeOrder(made map[string]Expr) []string {
	left := slices.SortedFunc(maps.Keys(made), strings.Compare)
	var order []string
	for len(left) > 0 {
		next := max(slices.IndexFunc(left, func(name string) bool {
			return !slices.ContainsFunc(left, func(other string) bool {
				return other != name && slices.Contains(FieldsOf(made[other]), name)
			})
		}), 0)
		order = append(order, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return order
}
