package query

import (
	"regexp"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// Limits of a filter.
const (
	maxDepth   = 32
	maxValues  = 1000
	maxPattern = 2000
)

// ParseFilter reads a condition in text form, for example
//
//	service.name = "api" AND (duration_ms > 1.5s OR error exists) AND NOT http.route starts-with "/health"
//
// Names that are not words stand in back quotes. Text stands in double quotes;
// a bare word is text too where a value is wanted. Numbers may have a unit of
// time (they become milliseconds) or size (bytes). Errors point at a byte.
func ParseFilter(text string) (Expr, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, fault.At(t.at, "expected AND, OR or the end, found %s", t.describe())
	}
	return e, nil
}

type parser struct {
	tokens []token
	next   int
	depth  int
}

func newParser(text string) (*parser, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	return &parser{tokens: tokens}, nil
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

// takeWord takes the token if it is the given keyword.
func (p *parser) takeWord(word string) bool {
	if p.peek().keyword(word) {
		p.next++
		return true
	}
	return false
}

func (p *parser) takeSign(sign string) bool {
	if p.peek().sign(sign) {
		p.next++
		return true
	}
	return false
}

func (p *parser) wantSign(sign string) error {
	if t := p.take(); !t.sign(sign) {
		return fault.At(t.at, "expected “%s”, found %s", sign, t.describe())
	}
	return nil
}

func (p *parser) or() (Expr, error) {
	return p.chain("OR", p.and, func(terms []Expr) Expr { return Or{Terms: terms} })
}

func (p *parser) and() (Expr, error) {
	return p.chain("AND", p.not, func(terms []Expr) Expr { return And{Terms: terms} })
}

func (p *parser) chain(word string, term func() (Expr, error), join func([]Expr) Expr) (Expr, error) {
	first, err := term()
	if err != nil {
		return nil, err
	}
	terms := []Expr{first}
	for p.takeWord(word) {
		t, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return join(terms), nil
}

func (p *parser) not() (Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fault.At(p.peek().at, "the condition is nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.takeWord("NOT") {
		e, err := p.not()
		if err != nil {
			return nil, err
		}
		return Not{X: e}, nil
	}
	if p.takeSign("(") {
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		return e, p.wantSign(")")
	}
	switch t := p.peek(); {
	case t.keyword("true"):
		p.take()
		return And{}, nil
	case t.keyword("false"):
		p.take()
		return Or{}, nil
	}
	return p.condition()
}

// condition is a field, an operator and what the operator wants.
func (p *parser) condition() (Expr, error) {
	name, err := p.name("a field")
	if err != nil {
		return nil, err
	}
	field := Field{Name: name}
	op := p.take()
	word := strings.ToLower(op.text)
	if op.kind == tokenSign {
		return p.comparison(field, op)
	}
	if op.kind != tokenWord {
		return nil, fault.At(op.at, "expected an operator after %s, found %s", ident(name), op.describe())
	}
	switch word {
	case "exists":
		return Exists{X: field}, nil
	case "does-not-exist":
		return Not{X: Exists{X: field}}, nil
	case "in", "not-in":
		values, err := p.values()
		if err != nil {
			return nil, err
		}
		return negated(word == "not-in", In{X: field, Values: values}), nil
	}
	textOp, negative, ok := textOperator(word)
	if !ok {
		return nil, fault.At(op.at, "expected an operator after %s, found %s: there are = != < <= > >= in not-in exists does-not-exist contains starts-with ends-with matches matches-pattern search and their does-not- forms", ident(name), op.describe())
	}
	at := p.peek().at
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if err := textOp.check(v.Text()); err != nil {
		return nil, fault.At(at, "%s", err)
	}
	return negated(negative, Text{Op: textOp, X: field, S: v.Text()}), nil
}

// textOperator finds a text test by its word; negative forms are does-not-….
func textOperator(word string) (op TextOp, negative, ok bool) {
	for _, op := range []TextOp{Contains, StartsWith, EndsWith, Regex, Search, Pattern} {
		switch word {
		case op.String():
			return op, false, true
		case op.negative():
			return op, true, true
		}
	}
	return 0, false, false
}

func negated(negative bool, e Expr) Expr {
	if negative {
		return Not{X: e}
	}
	return e
}

func (p *parser) comparison(field Field, op token) (Expr, error) {
	// "!=" is the negation of "=", so it holds where the field is absent; "<>" is not.
	ops := map[string]CompareOp{"=": Eq, "==": Eq, "<>": Ne, "<": Lt, "<=": Le, ">": Gt, ">=": Ge}
	negative := op.text == "!="
	compare, ok := ops[op.text]
	if !ok && !negative {
		return nil, fault.At(op.at, "expected an operator after %s, found %s", field, op.describe())
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	return negated(negative, Compare{Op: compare, L: field, R: Literal{Value: v}}), nil
}

func (p *parser) values() ([]event.Value, error) {
	if err := p.wantSign("("); err != nil {
		return nil, err
	}
	var values []event.Value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if values = append(values, v); len(values) > maxValues {
			return nil, fault.At(p.peek().at, "the list has more than %d values", maxValues)
		}
		if p.takeSign(")") {
			return values, nil
		}
		if err := p.wantSign(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) value() (event.Value, error) {
	switch t := p.take(); {
	case t.kind == tokenString:
		return t.value, nil
	case t.kind == tokenNumber:
		return t.scaled()
	case t.keyword("true"):
		return event.BoolValue(true), nil
	case t.keyword("false"):
		return event.BoolValue(false), nil
	case t.kind == tokenWord && !isKeyword(t.text):
		return event.StringValue(t.text), nil
	default:
		return event.Value{}, fault.At(t.at, "expected a value, found %s; text stands in double quotes", t.describe())
	}
}

// name reads a field's name; what says for the error what it is wanted for.
func (p *parser) name(what string) (string, error) {
	t := p.take()
	switch {
	case t.kind == tokenName:
		return t.value.Str(), nil
	case t.kind == tokenWord && !isKeyword(t.text):
		return t.text, nil
	}
	return "", fault.At(t.at, "expected %s, found %s", what, t.describe())
}

// check reports what is wrong with the text that a value is tested with.
func (op TextOp) check(s string) error {
	switch op {
	case Regex:
		return checkPattern(s)
	case Pattern:
		_, err := pattern.Parse(s)
		return err
	case Contains, StartsWith, EndsWith, Search:
	}
	return nil
}

func checkPattern(pattern string) error {
	if len(pattern) > maxPattern {
		return fault.New(fault.Invalid, "the pattern is %d bytes long; at most %d are taken", len(pattern), maxPattern)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fault.New(fault.Invalid, "the pattern is not one of RE2: %w", err)
	}
	return nil
}
