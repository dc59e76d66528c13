package xrayfilter

import (
	"strconv"
	"strings"
)

// String implements Expr.
func (a And) String() string { return joined(a.Terms, " AND ", "()") }

// String implements Expr.
func (o Or) String() string { return joined(o.Terms, " OR ", "!()") }

// joined puts terms that bind less, or as much, in brackets.
func joined(terms []Expr, between, none string) string {
	if len(terms) == 0 {
		return none
	}
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.String()
		switch t.(type) {
		case And, Or:
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, between)
}

// String implements Expr.
func (n Not) String() string {
	switch n.X.(type) {
	case Has, Not, Service, Edge, RootCause:
		return "!" + n.X.String()
	}
	return "!(" + n.X.String() + ")"
}

// String implements Expr.
func (h Has) String() string { return h.Key.String() }

// String implements Expr.
func (c Compare) String() string {
	return c.Key.String() + " " + string(c.Op) + " " + c.Value.String()
}

// String implements Expr.
func (s Service) String() string {
	of := ""
	if s.Of != nil {
		of = s.Of.String()
	}
	return "service(" + of + ")" + block(s.Where)
}

// String implements Expr.
func (e Edge) String() string {
	return "edge(" + e.From.String() + ", " + e.To.String() + ")" + block(e.Where)
}

// String implements Expr.
func (r RootCause) String() string {
	s := "rootcause." + string(r.Kind) + "." + string(r.Part)
	if r.Where == nil {
		return s + " { }"
	}
	return s + block(r.Where)
}

// String implements Expr.
func (c RootCauseJSON) String() string { return "rootcause.json = #" + c.text() }

func block(where Expr) string {
	if where == nil {
		return ""
	}
	return " { " + where.String() + " }"
}

// String prints the reference as it stands in service() and edge().
func (r Ref) String() string {
	var parts []string
	for _, p := range []struct {
		name  string
		value *string
	}{{"name", r.IDName}, {"type", r.IDType}, {"account.id", r.IDAccount}} {
		if p.value != nil {
			parts = append(parts, p.name+": "+Quote(*p.value))
		}
	}
	if len(parts) == 0 {
		return Quote(r.Name)
	}
	return "id(" + strings.Join(parts, ", ") + ")"
}

// String prints the key.
func (k Key) String() string {
	if k.Name != KeyAnnotation {
		return k.Name
	}
	for i := range len(k.Annotation) {
		if !inWord(k.Annotation[i]) {
			return KeyAnnotation + "[" + Quote(k.Annotation) + "]"
		}
	}
	if k.Annotation == "" {
		return KeyAnnotation + `[""]`
	}
	return KeyAnnotation + "." + k.Annotation
}

// String prints the value.
func (v Value) String() string {
	switch v.Kind {
	case Number:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	case Truth:
		return strconv.FormatBool(v.Truth)
	case Text:
	}
	return Quote(v.Text)
}
