package query

import (
	"strconv"
	"strings"
)

// Text prints the question in the form that ParseText reads. A question that is
// valid comes back the same.
func (s *Spec) Text() string {
	var b strings.Builder
	clause := func(word, rest string) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		if rest != "" {
			b.WriteString(" " + rest)
		}
	}
	if len(s.CalculatedFields) > 0 {
		clause("WITH", s.fieldText())
	}
	parts := make([]string, 0, 8)
	for _, c := range s.calcs() {
		parts = append(parts, c.text())
	}
	clause("VISUALIZE", strings.Join(parts, ", "))
	if len(s.Formulas) > 0 {
		clause("FORMULA", s.formulaText())
	}
	if e, err := s.Condition(); err == nil && e != nil {
		clause("WHERE", e.String())
	}
	if len(s.Breakdowns) > 0 {
		clause("GROUP BY", idents(s.Breakdowns))
	}
	if len(s.Orders) > 0 {
		clause("ORDER BY", s.orderText())
	}
	if len(s.Havings) > 0 {
		clause("HAVING", s.havingText())
	}
	if s.Limit != nil {
		clause("LIMIT", strconv.Itoa(*s.Limit))
	}
	if s.Granularity != nil {
		clause("GRANULARITY", strconv.FormatFloat(*s.Granularity, 'f', -1, 64)+"s")
	}
	s.timeText(clause)
	if s.UsageMode {
		clause("UNWEIGHTED", "")
	}
	return b.String()
}

func (s *Spec) fieldText() string {
	parts := make([]string, len(s.CalculatedFields))
	for i, f := range s.CalculatedFields {
		parts[i] = ident(f.Name) + " AS (" + f.Expression + ")"
	}
	return strings.Join(parts, ", ")
}

func (s *Spec) formulaText() string {
	parts := make([]string, len(s.Formulas))
	for i, f := range s.Formulas {
		parts[i] = ident(f.Name) + " AS (" + f.Expression + ")"
	}
	return strings.Join(parts, ", ")
}

func (s *Spec) timeText(clause func(word, rest string)) {
	if s.StartTime != nil {
		clause("FROM", strconv.FormatInt(*s.StartTime, 10))
	}
	if s.EndTime != nil {
		clause("TO", strconv.FormatInt(*s.EndTime, 10))
	}
	if s.TimeRange != nil {
		word := "LAST"
		if s.StartTime != nil || s.EndTime != nil {
			word = "FOR"
		}
		clause(word, lengthText(*s.TimeRange))
	}
	switch {
	case s.CompareOffset != nil:
		clause("COMPARE", lengthText(*s.CompareOffset))
	case s.Compare != "":
		clause("COMPARE", s.Compare)
	}
}

func lengthText(seconds int64) string {
	switch {
	case seconds%86400 == 0:
		return strconv.FormatInt(seconds/86400, 10) + "d"
	case seconds%3600 == 0:
		return strconv.FormatInt(seconds/3600, 10) + "h"
	case seconds%60 == 0:
		return strconv.FormatInt(seconds/60, 10) + "m"
	}
	return strconv.FormatInt(seconds, 10) + "s"
}

func opText(op, column string) string {
	if column == "" {
		return op
	}
	return op + "(" + ident(column) + ")"
}

func (c SpecCalc) text() string {
	s := opText(c.Op, c.Column)
	if e, err := condition(c.Filters, c.FilterCombination); err == nil && e != nil {
		s += " IF (" + e.String() + ")"
	}
	if c.Name != "" {
		s += " AS " + ident(c.Name)
	}
	return s
}

func (s *Spec) orderText() string {
	parts := make([]string, len(s.Orders))
	for i, o := range s.Orders {
		switch {
		case o.Op != "":
			parts[i] = opText(o.Op, o.Column)
		default:
			parts[i] = quotedIfOp(o.Column)
		}
		if o.Order == "descending" {
			parts[i] += " DESC"
		}
	}
	return strings.Join(parts, ", ")
}

// quotedIfOp keeps a column that is called like an operation apart from it.
func quotedIfOp(name string) string {
	if _, op := specOps()[strings.ToUpper(name)]; op {
		return "`" + name + "`"
	}
	return ident(name)
}

func (s *Spec) havingText() string {
	parts := make([]string, len(s.Havings))
	for i, h := range s.Havings {
		left := opText(h.CalculateOp, h.Column)
		if h.CalculateOp == "" {
			left = "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(h.Column) + "`"
		}
		parts[i] = left + " " + h.Op + " " + strconv.FormatFloat(*h.Value, 'f', -1, 64)
	}
	return strings.Join(parts, ", ")
}
