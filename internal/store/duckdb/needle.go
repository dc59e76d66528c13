package duckdb

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// needle is what a condition needs to find in the text of a field: one part of
// each list.
type needle struct {
	field string
	lists [][][]byte
	sharp bool // looking for it takes unpacking much text
}

// planTerms takes a condition apart into terms that must all be true, those that
// cost least first, and finds the texts that rows must contain.
func planTerms(where query.Expr) (terms []query.Expr, needles []needle) {
	terms = flatten(nil, where)
	slices.SortStableFunc(terms, func(x, y query.Expr) int { return costOf(x) - costOf(y) })
	for _, t := range terms {
		n, ok := needleOf(t)
		if !ok {
			continue
		}
		if at := slices.IndexFunc(needles, func(o needle) bool { return o.field == n.field }); at >= 0 {
			needles[at].lists = append(needles[at].lists, n.lists...) // in one go
			continue
		}
		needles = append(needles, n)
	}
	return terms, needles
}

func flatten(to []query.Expr, e query.Expr) []query.Expr {
	and, ok := e.(query.And)
	if !ok {
		return append(to, e)
	}
	for _, t := range and.Terms {
		to = flatten(to, t)
	}
	return to
}

// costOf puts conditions on long texts last.
func costOf(e query.Expr) int {
	cost := 0
	for _, name := range query.FieldsOf(e) {
		switch {
		case name == event.FieldBody:
			cost = max(cost, 2)
		case !event.IsSystem(name):
			cost = max(cost, 1)
		}
	}
	return cost
}

// needleOf returns what a row must contain to satisfy a condition, if that can be told.
func needleOf(e query.Expr) (n needle, ok bool) {
	switch x := e.(type) {
	case query.Text:
		f, isField := x.X.(query.Field)
		if isField && x.S != "" && (x.Op == query.Contains || x.Op == query.StartsWith || x.Op == query.EndsWith) {
			return newNeedle(f.Name, x.S), true
		}
		if lowered, ok := x.Lowered(); ok {
			return needleOf(lowered)
		}
		if x.Op == query.Pattern && isField {
			return needleOfPattern(f.Name, x.S)
		}
	case query.Compare:
		f, isField := x.L.(query.Field)
		v, isValue := x.R.(query.Literal)
		if isField && isValue && x.Op == query.Eq && isPlainText(v.Value) {
			return newNeedle(f.Name, v.Value.Str()), true
		}
	case query.In:
		return needleOfList(x)
	case query.And:
		for _, t := range x.Terms {
			if n, ok := needleOf(t); ok {
				return n, true
			}
		}
	case query.Or:
		return oneOfNeedles(x.Terms)
	}
	return needle{}, false
}

// needleOfList is needleOf for a list of texts.
func needleOfList(in query.In) (needle, bool) {
	f, isField := in.X.(query.Field)
	if !isField || len(in.Values) == 0 || slices.ContainsFunc(in.Values, func(v event.Value) bool { return !isPlainText(v) }) {
		return needle{}, false
	}
	n := needle{field: f.Name, lists: [][][]byte{nil}, sharp: f.Name == event.FieldBody}
	for _, v := range in.Values {
		n.lists[0] = append(n.lists[0], []byte(v.Str()))
	}
	return n, true
}

// oneOfNeedles is needleOf for alternatives, which must be about one field.
func oneOfNeedles(terms []query.Expr) (n needle, ok bool) {
	for i, t := range terms {
		alternative, ok := needleOf(t)
		if !ok || (i > 0 && alternative.field != n.field) {
			return needle{}, false
		}
		if i == 0 {
			n = needle{field: alternative.field, lists: [][][]byte{nil}, sharp: alternative.sharp}
		}
		n.lists[0] = append(n.lists[0], alternative.lists[0]...) // the other lists are wanted too, but need not be looked for
	}
	return n, len(n.lists) > 0
}

// needleOfPattern returns what a pattern of another kind than terms needs.
func needleOfPattern(field, text string) (needle, bool) {
	p := query.FilterPattern(text)
	if p == nil || len(p.Required()) == 0 {
		return needle{}, false
	}
	n := needle{field: field, sharp: field == event.FieldBody}
	for _, required := range p.Required() {
		n.lists = append(n.lists, [][]byte{required, {'\\'}})
	}
	return n, true
}

// isPlainText reports whether a value equals nothing but the very same text: those
// that read as numbers equal other forms of them.
func isPlainText(v event.Value) bool {
	_, numeric := v.Number()
	return v.Kind() == event.String && v.Str() != "" && !numeric
}

func newNeedle(field, part string) needle {
	return needle{field: field, lists: [][][]byte{{[]byte(part)}}, sharp: field == event.FieldBody}
}
