package query

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// ParseText reads a question in one line, for example
//
//	VISUALIZE P99(duration_ms), COUNT WHERE service.name = "api" AND duration_ms > 100
//	GROUP BY http.route ORDER BY P99(duration_ms) DESC LIMIT 20 LAST 1h
//
// Clauses may stand in any order, each at most once: VISUALIZE, WHERE, GROUP BY,
// ORDER BY, HAVING, LIMIT, GRANULARITY, LAST, FROM … TO …, COMPARE, UNWEIGHTED,
// and, with expressions of calculated fields in brackets, WITH and FORMULA:
//
//	WITH slow AS ($duration_ms > 100) VISUALIZE COUNT AS n, COUNT IF (slow = true) AS bad FORMULA share AS ($bad / $n)
//
// FROM and TO take Unix seconds or RFC 3339 in quotes, COMPARE how far back the
// other period lies, or the word previous. Errors point at a byte.
func ParseText(text string) (*Spec, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	s := &Spec{}
	seen := map[string]int{}
	for p.peek().kind != tokenEnd {
		t := p.take()
		word := strings.ToUpper(t.text)
		clause := p.clauses(s)[word]
		if t.kind != tokenWord || clause == nil {
			return nil, fault.At(t.at, "expected a clause (WITH, VISUALIZE, FORMULA, WHERE, GROUP BY, ORDER BY, HAVING, LIMIT, LAST, FROM, TO, GRANULARITY, COMPARE, UNWEIGHTED), found %s", t.describe())
		}
		if seen[word]++; seen[word] > 1 {
			return nil, fault.At(t.at, "%s stands twice", word)
		}
		if err := clause(); err != nil {
			return nil, err
		}
	}
	return s, s.Validate()
}

func (p *parser) clauses(s *Spec) map[string]func() error {
	return map[string]func() error{
		"WITH": func() error {
			return p.list(func() error {
				name, text, err := p.named()
				s.CalculatedFields = append(s.CalculatedFields, SpecField{Name: name, Expression: text})
				return err
			})
		},
		"FORMULA": func() error {
			return p.list(func() error {
				name, text, err := p.named()
				s.Formulas = append(s.Formulas, SpecFormula{Name: name, Expression: text})
				return err
			})
		},
		"VISUALIZE":   func() error { return p.list(func() error { return p.calculation(s) }) },
		"WHERE":       func() error { return p.where(s) },
		"GROUP":       func() error { return p.groups(s) },
		"ORDER":       func() error { return p.orders(s) },
		"HAVING":      func() error { return p.list(func() error { return p.having(s) }) },
		"LIMIT":       func() error { return p.limitClause(s) },
		"GRANULARITY": func() error { return p.granularity(s) },
		"LAST":        func() error { return p.seconds(&s.TimeRange) },
		"FOR":         func() error { return p.seconds(&s.TimeRange) },
		"COMPARE": func() error {
			seconds, err := p.back()
			s.setCompare(seconds)
			return err
		},
		"FROM":       func() error { return p.moment(&s.StartTime) },
		"TO":         func() error { return p.moment(&s.EndTime) },
		"UNWEIGHTED": func() error { s.UsageMode = true; return nil },
	}
}

func (p *parser) list(item func() error) error {
	for {
		if err := item(); err != nil {
			return err
		}
		if !p.takeSign(",") {
			return nil
		}
	}
}

// named reads NAME AS (expression of calculated fields).
func (p *parser) named() (name, expression string, err error) {
	if name, err = p.name("a name"); err != nil {
		return "", "", err
	}
	t := p.take()
	if !t.keyword("AS") {
		return "", "", fault.At(t.at, "expected AS, found %s", t.describe())
	}
	if t = p.take(); t.kind != tokenExpression {
		return "", "", fault.At(t.at, "expected an expression in brackets, found %s", t.describe())
	}
	if _, err := ParseAnyField(t.value.Str()); err != nil {
		return "", "", fault.At(t.at+1+max(fault.PositionOf(err), 0), "%s: %s", ident(name), fault.MessageOf(err))
	}
	return name, t.value.Str(), nil
}

// op reads OP or OP(column).
func (p *parser) op() (op, column string, at int, err error) {
	t := p.take()
	op = strings.ToUpper(t.text)
	if _, known := specOps()[op]; t.kind != tokenWord || !known {
		return "", "", 0, fault.At(t.at, "expected a calculation, found %s: there are %s", t.describe(), strings.Join(opNames(), ", "))
	}
	if p.takeSign("(") {
		if column, err = p.name("a field"); err != nil {
			return "", "", 0, err
		}
		err = p.wantSign(")")
	}
	return op, column, t.at, err
}

func (p *parser) calculation(s *Spec) error {
	op, column, at, err := p.op()
	if err != nil {
		return err
	}
	c := SpecCalc{Op: op, Column: column}
	if p.takeWord("IF") {
		e, err := p.condition1()
		if err != nil {
			return err
		}
		var ok bool
		if c.Filters, c.FilterCombination, ok = flatten(e); !ok {
			return fault.At(at, "the condition of a calculation can only be one level of AND or OR")
		}
	}
	if p.takeWord("AS") {
		if c.Name, err = p.name("a name"); err != nil {
			return err
		}
	}
	s.Calculations = append(s.Calculations, c)
	return nil
}

// condition1 reads a condition in brackets.
func (p *parser) condition1() (Expr, error) {
	if err := p.wantSign("("); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	return e, p.wantSign(")")
}

// where keeps a flat condition as filters, so that Honeycomb understands it, and
// any other as text.
func (p *parser) where(s *Spec) error {
	e, err := p.or()
	if err != nil {
		return err
	}
	var ok bool
	if s.Filters, s.FilterCombination, ok = flatten(e); !ok {
		s.Filters, s.FilterCombination, s.Where = nil, "", e.String()
	}
	return nil
}

func (p *parser) by() error {
	if t := p.take(); !t.keyword("BY") {
		return fault.At(t.at, "expected BY, found %s", t.describe())
	}
	return nil
}

func (p *parser) groups(s *Spec) error {
	if err := p.by(); err != nil {
		return err
	}
	return p.list(func() error {
		name, err := p.name("a field")
		s.Breakdowns = append(s.Breakdowns, name)
		return err
	})
}

func (p *parser) orders(s *Spec) error {
	if err := p.by(); err != nil {
		return err
	}
	return p.list(func() error {
		var o SpecOrder
		t := p.peek()
		if _, known := specOps()[strings.ToUpper(t.text)]; known && t.kind == tokenWord && !slices.Contains(s.Breakdowns, t.text) {
			op, column, _, err := p.op()
			if err != nil {
				return err
			}
			o.Op, o.Column = op, column
		} else {
			name, err := p.name("a field or a calculation")
			if err != nil {
				return err
			}
			o.Column = name
		}
		switch {
		case p.takeWord("DESC"):
			o.Order = "descending"
		case p.takeWord("ASC"):
		}
		s.Orders = append(s.Orders, o)
		return nil
	})
}

func (p *parser) having(s *Spec) error {
	var h SpecHaving
	if t := p.peek(); t.kind == tokenName {
		p.take()
		h.Column = t.value.Str()
	} else {
		op, column, _, err := p.op()
		if err != nil {
			return err
		}
		h.CalculateOp, h.Column = op, column
	}
	sign := p.take()
	if sign.kind != tokenSign || havingOp(sign.text) < 0 {
		return fault.At(sign.at, "expected one of = != < <= > >=, found %s", sign.describe())
	}
	h.Op = sign.text
	number := p.take()
	if number.kind != tokenNumber {
		return fault.At(number.at, "expected a number, found %s", number.describe())
	}
	v, err := number.scaled()
	if err != nil {
		return err
	}
	f, _ := v.Number()
	h.Value = &f
	s.Havings = append(s.Havings, h)
	return nil
}

func (p *parser) limitClause(s *Spec) error {
	t := p.take()
	if t.kind != tokenNumber || t.value.Kind() != event.Int || t.unit != "" || t.value.Int() > math.MaxInt32 || t.value.Int() < 0 {
		return fault.At(t.at, "expected a whole number, found %s", t.describe())
	}
	n := int(t.value.Int())
	s.Limit = &n
	return nil
}

// length reads a time like 90s or 1.5h, in seconds; a bare number is seconds.
func (p *parser) length() (float64, error) {
	t := p.take()
	if t.kind != tokenNumber {
		return 0, fault.At(t.at, "expected a length of time like 30s, 15m or 2h, found %s", t.describe())
	}
	if t.unit == "" {
		t.unit = "s"
	}
	if strings.EqualFold(t.unit, "w") {
		t.unit = "d"
		f, _ := t.value.Number()
		t.value = event.FloatValue(7 * f)
	}
	v, err := t.scaled()
	if err != nil {
		return 0, err
	}
	ms, _ := v.Number()
	return ms / 1000, nil
}

func (p *parser) seconds(into **int64) error {
	at := p.peek().at
	length, err := p.length()
	if err != nil {
		return err
	}
	if length < 1 || length > maxSpecRange {
		return fault.At(at, "the length is %v seconds; it must be from 1 to %d", length, maxSpecRange)
	}
	n := int64(math.Round(length))
	*into = &n
	return nil
}

func (p *parser) granularity(s *Spec) error {
	length, err := p.length()
	if err != nil {
		return err
	}
	s.Granularity = &length
	return nil
}

func (p *parser) moment(into **int64) error {
	t := p.take()
	var n int64
	switch {
	case t.kind == tokenNumber && t.unit == "" && t.value.Kind() == event.Int:
		n = t.value.Int()
	case t.kind == tokenString:
		at, err := time.Parse(time.RFC3339, t.value.Str())
		if err != nil {
			return fault.At(t.at, "%s is not an RFC 3339 time like \"2026-11-24T11:00:00Z\"", quote(t.value.Str()))
		}
		n = at.Unix()
	default:
		return fault.At(t.at, "expected Unix seconds or an RFC 3339 time in quotes, found %s", t.describe())
	}
	*into = &n
	return nil
}

// flatten turns one level of AND or OR over simple conditions into filters.
func flatten(e Expr) (filters []SpecFilter, combination string, ok bool) {
	terms := []Expr{e}
	switch x := e.(type) {
	case And:
		terms = x.Terms
	case Or:
		terms, combination = x.Terms, "OR"
	}
	if len(terms) == 0 {
		return nil, "", false
	}
	for _, t := range terms {
		f, ok := asFilter(t)
		if !ok {
			return nil, "", false
		}
		filters = append(filters, f)
	}
	return filters, combination, true
}

// asFilter is the inverse of SpecFilter.expr.
func asFilter(e Expr) (SpecFilter, bool) {
	not, negative := e.(Not)
	if negative {
		e = not.X
	}
	pick := func(positive, opposite string) string {
		if negative {
			return opposite
		}
		return positive
	}
	switch x := e.(type) {
	case Compare:
		field, isField := x.L.(Field)
		value, isValue := x.R.(Literal)
		if !isField || !isValue || (negative && x.Op != Eq) || x.Op == Ne {
			return SpecFilter{}, false
		}
		op := x.Op.String()
		if negative {
			op = "!="
		}
		return newFilter(field, op, value.Value.Any())
	case In:
		field, isField := x.X.(Field)
		values := make([]any, len(x.Values))
		for i, v := range x.Values {
			values[i] = v.Any()
		}
		f, ok := newFilter(field, pick("in", "not-in"), values)
		return f, ok && isField
	case Exists:
		field, isField := x.X.(Field)
		return SpecFilter{Column: field.Name, Op: pick("exists", "does-not-exist")}, isField
	case Text:
		field, isField := x.X.(Field)
		op := pick(x.Op.String(), x.Op.negative())
		f, ok := newFilter(field, op, x.S)
		return f, ok && isField && op != ""
	}
	return SpecFilter{}, false
}

func newFilter(field Field, op string, value any) (SpecFilter, bool) {
	if f, ok := value.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return SpecFilter{}, false
	}
	raw, err := json.Marshal(value)
	return SpecFilter{Column: field.Name, Op: op, Value: raw}, err == nil
}
