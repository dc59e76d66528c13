package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// relatedSpan is what a question asks of another span of the row's trace, under
// one prefix: all of it is about the same span.
type relatedSpan struct {
	prefix   string // "root."
	relation Relation
	where    []Expr   // with the names of the other span's fields
	fields   []string // for breakdowns, without the prefix
}

// relationOf returns the prefix of the name of a field of another span, "" if it
// is a field of the row itself.
func relationOf(name string) (prefix string, relation Relation) {
	for _, p := range []struct {
		prefix   string
		relation Relation
	}{{"root.", Root}, {"parent.", Parent}, {"child.", Child}, {"any.", Any}, {"any2.", Any}, {"any3.", Any}, {"none.", None}} {
		if strings.HasPrefix(name, p.prefix) && len(name) > len(p.prefix) {
			return p.prefix, p.relation
		}
	}
	return "", 0
}

// checkRelational refuses fields of other spans where they cannot stand.
func checkRelational(column, where string) error {
	if prefix, _ := relationOf(column); prefix != "" {
		return fault.New(fault.Invalid, "%s is a field of another span of the trace; such fields stand in filters and breakdowns, not in %s", column, where)
	}
	return nil
}

// prefixOf returns the prefix that all fields of a condition have.
func prefixOf(e Expr) (string, error) {
	found, first := "", ""
	for i, name := range FieldsOf(e) {
		prefix, _ := relationOf(name)
		if i > 0 && prefix != found {
			return "", fault.New(fault.Invalid, "%s and %s are fields of different spans of the trace; conditions on several spans are joined by AND only", first, name)
		}
		found, first = prefix, name
	}
	return found, nil
}

// split parts the condition into that on the row and those on other spans.
func (s *Spec) split() (row Expr, related []*relatedSpan, err error) {
	all, err := s.Condition()
	if err != nil {
		return nil, nil, err
	}
	var terms []Expr
	var conditions []Expr
	flattenAnd(all, &terms)
	at := func(name string) *relatedSpan {
		prefix, relation := relationOf(name)
		i := slices.IndexFunc(related, func(r *relatedSpan) bool { return r.prefix == prefix })
		if i < 0 {
			i = len(related)
			related = append(related, &relatedSpan{prefix: prefix, relation: relation})
		}
		return related[i]
	}
	for _, t := range terms {
		prefix, err := prefixOf(t)
		if err != nil {
			return nil, nil, err
		}
		if prefix == "" {
			conditions = append(conditions, t)
			continue
		}
		names := map[string]Expr{}
		for _, name := range FieldsOf(t) {
			names[name] = Field{Name: strings.TrimPrefix(name, prefix)}
		}
		r := at(FieldsOf(t)[0])
		r.where = append(r.where, substitute(t, names))
	}
	for i, b := range s.Breakdowns {
		prefix, relation := relationOf(b)
		if prefix == "" {
			continue
		}
		r := at(b)
		switch {
		case relation == None:
			return nil, nil, fault.New(fault.Invalid, "breakdowns[%d] is %s; a span that is not there has no fields to group by", i, b)
		case relation == Any && len(r.where) == 0:
			return nil, nil, fault.New(fault.Invalid, "breakdowns[%d] is %s; grouping by a field of any span needs a filter on a field with the same prefix %s, which says which span", i, b, prefix)
		}
		r.fields = append(r.fields, strings.TrimPrefix(b, prefix))
	}
	if len(related) > 0 && len(s.Formulas) > 0 {
		return nil, nil, fault.New(fault.Invalid, "fields of other spans (%s…) and formulas cannot stand in one query", related[0].prefix)
	}
	return conjunction(conditions), related, nil
}

// OnOtherSpans makes of a condition on rows of the question that may read fields of
// other spans, as its filters may, one on rows alone, which reads what the stages add.
// Conditions with one prefix that stand together are about one span. Other than in
// filters, conditions on several spans may be joined by OR as well: groups are told so.
// Fields of other spans that the question is broken down by are fields of its rows.
// Names are made with label, which tells conditions on one question apart.
func (s *Spec) OnOtherSpans(e Expr, label string) (Expr, []Stage, error) {
	own, err := s.parseFields()
	if err != nil {
		return nil, nil, err
	}
	r := rewriting{spec: s, own: own, label: label}
	e, err = r.row(e)
	return e, r.stages, err
}

type rewriting struct {
	spec   *Spec
	own    map[string]Expr
	label  string
	stages []Stage
}

// prefixOf returns the prefix that all fields of a condition have; mixed is true if
// they have different ones.
func (r *rewriting) prefixOf(e Expr) (prefix string, mixed bool) {
	for i, name := range FieldsOf(e) {
		p := ""
		if !slices.Contains(r.spec.Breakdowns, name) {
			p, _ = relationOf(name)
		}
		mixed = mixed || i > 0 && p != prefix
		prefix = p
	}
	return prefix, mixed
}

// row makes a condition one on the row.
func (r *rewriting) row(e Expr) (Expr, error) {
	prefix, mixed := r.prefixOf(e)
	switch {
	case !mixed && prefix == "":
		return e, nil
	case !mixed:
		return r.span(prefix, e), nil
	}
	switch x := e.(type) {
	case And:
		return r.each(x)
	case Or:
		var either Or
		for _, t := range x.Terms {
			t, err := r.row(t)
			if err != nil {
				return nil, err
			}
			either.Terms = append(either.Terms, t)
		}
		return either, nil
	case Not:
		inner, err := r.row(x.X)
		return Not{X: inner}, err
	}
	return nil, fault.New(fault.Invalid, "%s reads fields of several spans of the trace; such fields can't be compared with one another", e)
}

// each is row for conditions that must all hold: those with one prefix hold on one span.
func (r *rewriting) each(all And) (Expr, error) {
	var out And
	var terms []Expr
	flattenAnd(all, &terms)
	spans := map[string][]Expr{}
	var prefixes []string
	for _, t := range terms {
		prefix, mixed := r.prefixOf(t)
		if mixed || prefix == "" {
			t, err := r.row(t)
			if err != nil {
				return nil, err
			}
			out.Terms = append(out.Terms, t)
			continue
		}
		if spans[prefix] == nil {
			prefixes = append(prefixes, prefix)
		}
		spans[prefix] = append(spans[prefix], t)
	}
	for _, prefix := range prefixes {
		out.Terms = append(out.Terms, r.span(prefix, conjunction(spans[prefix])))
	}
	return out, nil
}

// span is the condition that there is such a span, or none.
func (r *rewriting) span(prefix string, e Expr) Expr {
	names := map[string]Expr{}
	for _, name := range FieldsOf(e) {
		names[name] = Field{Name: strings.TrimPrefix(name, prefix)}
	}
	_, relation := relationOf(prefix + "x")
	mark := Field{Name: "\x00" + r.label + strconv.Itoa(len(r.stages))}
	there := Exists{X: mark}
	relate := Relate{Relation: relation, Where: substitute(substitute(e, names), r.own)}
	relate.Fields = []RelatedField{{Name: mark.Name, Expr: Literal{Value: event.BoolValue(true)}}}
	if relation != None {
		r.stages = append(r.stages, relate)
		return there
	}
	relate.Relation = Any
	r.stages = append(r.stages, relate)
	inTrace := Compare{Op: Ne, L: Field{Name: event.FieldTraceID}, R: Literal{Value: event.StringValue("")}}
	return And{Terms: []Expr{inTrace, Not{X: there}}}
}

// flattenAnd lists the terms of a condition that must all hold.
func flattenAnd(e Expr, terms *[]Expr) {
	switch x := e.(type) {
	case nil:
	case And:
		if len(x.Terms) == 0 {
			*terms = append(*terms, x)
		}
		for _, t := range x.Terms {
			flattenAnd(t, terms)
		}
	default:
		*terms = append(*terms, e)
	}
}

// conjunction is nil for no terms.
func conjunction(terms []Expr) Expr {
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return And{Terms: terms}
}

// stages are those that keep rows by other spans and add their fields; calculated
// fields of the other spans are put in the place of their names.
func relatedStages(related []*relatedSpan, made map[string]Expr) []Stage {
	var stages []Stage
	var filter TraceFilter
	for _, r := range related {
		where := conjunction(r.where)
		if where != nil {
			where = substitute(where, made)
			filter.Conditions = append(filter.Conditions, TraceCondition{Relation: r.relation, Where: where})
		}
		if len(r.fields) == 0 {
			continue
		}
		relate := Relate{Relation: r.relation, Where: where}
		for _, name := range r.fields {
			relate.Fields = append(relate.Fields, RelatedField{Name: r.prefix + name, Expr: substitute(Field{Name: name}, made)})
		}
		stages = append(stages, relate)
	}
	if len(filter.Conditions) > 0 {
		stages = append([]Stage{filter}, stages...)
	}
	return stages
}
