package query

import (
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// String prints the whole query; equal texts mean equal queries.
func (q *Query) String() string {
	var b strings.Builder
	b.WriteString("from " + quote(q.Environment) + "/")
	for i, d := range q.Datasets {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(d))
	}
	b.WriteString(" between " + strconv.FormatInt(q.Start, 10) + " and " + strconv.FormatInt(q.End, 10))
	if q.Unweighted {
		b.WriteString(" unweighted")
	}
	for _, s := range q.Stages {
		b.WriteString(" | " + s.String())
	}
	return b.String()
}

// String prints the stage.
func (f Filter) String() string { return "filter " + f.Where.String() }

// String prints the stage.
func (f TraceFilter) String() string {
	parts := make([]string, len(f.Conditions))
	for i, c := range f.Conditions {
		parts[i] = c.Relation.String() + " (" + c.Where.String() + ")"
	}
	return "traces with " + strings.Join(parts, ", ")
}

// String prints the stage.
func (r Relate) String() string {
	parts := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		parts[i] = ident(f.Name) + " = " + f.Expr.String()
	}
	s := "relate " + r.Relation.String()
	if r.Where != nil {
		s += " (" + r.Where.String() + ")"
	}
	return s + " as " + strings.Join(parts, ", ")
}

// String prints the stage.
func (c Compute) String() string { return "compute " + ident(c.Name) + " = " + c.Expr.String() }

// String prints the stage.
func (u Unnest) String() string { return "unnest " + ident(u.Name) + " = " + u.List.String() }

// String prints the stage.
func (a Aggregate) String() string {
	calcs := make([]string, len(a.Calcs))
	for i, c := range a.Calcs {
		calcs[i] = c.String()
	}
	s := "aggregate " + strings.Join(calcs, ", ")
	if len(a.Groups) > 0 {
		s += " by " + idents(a.Groups)
	}
	if a.Step > 0 {
		s += " each " + strconv.FormatInt(a.Step, 10) + "ns"
	}
	if a.From != 0 {
		s += " from " + strconv.FormatInt(a.From, 10)
	}
	if a.To != 0 {
		s += " to " + strconv.FormatInt(a.To, 10)
	}
	return s
}

// String prints the stage.
func (s Sort) String() string {
	parts := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		parts[i] = ident(k.Field)
		if k.Natural {
			parts[i] += " natural"
		}
		if k.Desc {
			parts[i] += " desc"
		}
	}
	return "sort " + strings.Join(parts, ", ")
}

// String prints the stage.
func (l Limit) String() string {
	s := "limit " + strconv.Itoa(l.Count)
	if l.Offset > 0 {
		s += " offset " + strconv.Itoa(l.Offset)
	}
	return s
}

// String prints the stage.
func (d Dedup) String() string {
	s := "dedup " + idents(d.Fields)
	if d.KeepNull {
		s += " keep null"
	}
	return s
}

// String prints the stage.
func (p Project) String() string { return "project " + idents(p.Fields) }

// String prints the calculation with its condition and its name.
func (c Calc) String() string {
	s := c.Op.String()
	if c.Op == Quantile || c.Op == Interpolated || c.Op == TopValues {
		s += strconv.FormatFloat(c.Q, 'g', -1, 64)
	}
	s += "("
	if c.Field != "" {
		s += ident(c.Field)
	}
	if c.Series != nil {
		s += " by series " + c.Series.String()
	}
	s += ")"
	if c.Where != nil {
		s += " if (" + c.Where.String() + ")"
	}
	return s + " as " + ident(c.Name)
}

// String returns the operator's name.
func (op CalcOp) String() string {
	names := [...]string{"count", "count_distinct", "sum", "avg", "min", "max", "quantile", "concurrency", "histogram", "first", "last", "interpolated", "stddev", "variance", "least_text", "greatest_text", "values", "top_values"}
	if int(op) < len(names) {
		return names[op]
	}
	return "unknown"
}

// String returns the relation's name.
func (r Relation) String() string {
	names := [...]string{"root", "parent", "child", "any", "none"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// String returns the operator as the filter text spells it.
func (op CompareOp) String() string {
	names := [...]string{"=", "<>", "<", "<=", ">", ">="}
	if int(op) < len(names) {
		return names[op]
	}
	return "?"
}

// String returns the operator as the filter text spells it.
func (op TextOp) String() string {
	names := [...]string{"contains", "starts-with", "ends-with", "matches", "search", "matches-pattern"}
	if int(op) < len(names) {
		return names[op]
	}
	return "?"
}

// negative returns the word for the test's opposite, "" where there is none.
func (op TextOp) negative() string {
	names := [...]string{"does-not-contain", "does-not-start-with", "does-not-end-with", "does-not-match", "", "does-not-match-pattern"}
	if int(op) < len(names) {
		return names[op]
	}
	return ""
}

// String prints the field as the filter text spells it.
func (f Field) String() string { return ident(f.Name) }

// String prints the constant as the filter text spells it.
func (l Literal) String() string { return literal(l.Value) }

// String prints the expression as the filter text spells it.
func (c Compare) String() string {
	return operand(c.L) + " " + c.Op.String() + " " + operand(c.R)
}

// String prints the expression as the filter text spells it.
func (i In) String() string { return i.text("in") }

func (i In) text(word string) string {
	values := make([]string, len(i.Values))
	for k, v := range i.Values {
		values[k] = literal(v)
	}
	return operand(i.X) + " " + word + " (" + strings.Join(values, ", ") + ")"
}

// String prints the expression; the filter text has none such.
func (i InQuery) String() string { return operand(i.X) + " in (" + i.Query.String() + ")" }

// String prints the expression as the filter text spells it.
func (e Exists) String() string { return operand(e.X) + " exists" }

// String prints the expression as the filter text spells it.
func (t Text) String() string { return operand(t.X) + " " + t.Op.String() + " " + quote(t.S) }

// String prints the expression as the filter text spells it.
func (a And) String() string { return joined(a.Terms, " AND ", "true") }

// String prints the expression as the filter text spells it.
func (o Or) String() string { return joined(o.Terms, " OR ", "false") }

// String prints the expression as the filter text spells it.
func (n Not) String() string {
	switch x := n.X.(type) {
	case Exists:
		return operand(x.X) + " does-not-exist"
	case In:
		return x.text("not-in")
	case Compare:
		if x.Op == Eq {
			return operand(x.L) + " != " + operand(x.R)
		}
	case Text:
		if word := x.Op.negative(); word != "" {
			return operand(x.X) + " " + word + " " + quote(x.S)
		}
	case Not:
		return "NOT (" + x.String() + ")"
	}
	return "NOT " + grouped(n.X)
}

// String prints the expression as the filter text spells it.
func (c Call) String() string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.String()
	}
	return c.Name + "(" + strings.Join(args, ", ") + ")"
}

func joined(terms []Expr, with, none string) string {
	if len(terms) == 0 {
		return none
	}
	if len(terms) == 1 {
		return "(" + terms[0].String() + ")"
	}
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = grouped(t)
	}
	return strings.Join(parts, with)
}

// grouped puts brackets around what would else join its neighbours.
func grouped(e Expr) string {
	switch e.(type) {
	case And, Or:
		return "(" + e.String() + ")"
	}
	return e.String()
}

func operand(e Expr) string {
	switch e.(type) {
	case Field, Literal, Call:
		return e.String()
	}
	return "(" + e.String() + ")"
}

func idents(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = ident(n)
	}
	return strings.Join(out, ", ")
}

// ident spells a field's name: bare where the lexer reads it back as one word,
// else in back quotes.
func ident(name string) string {
	if isBareName(name) {
		return name
	}
	return "`" + strings.ReplaceAll(strings.ReplaceAll(name, `\`, `\\`), "`", "\\`") + "`"
}

func isBareName(name string) bool {
	if name == "" || !isNameStart(name[0]) || isKeyword(name) {
		return false
	}
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return false
		}
	}
	return name[len(name)-1] != '-'
}

func quote(s string) string { return strconv.Quote(s) }

func literal(v event.Value) string {
	switch v.Kind() {
	case event.String:
		return quote(v.Str())
	case event.Float:
		s := v.Text()
		if !strings.ContainsAny(s, ".eEIN") {
			s += ".0" // else it would be read back as an integer
		}
		return s
	case event.Null:
		return "null"
	case event.Bool, event.Int:
	}
	return v.Text()
}
