package xrayfilter

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of an expression.
const (
	maxText  = 20_000
	maxDepth = 32
	maxTerms = 500
)

// Parse reads an expression; one of white space only matches every trace. Errors
// are Invalid, point at a byte and say what was expected.
func Parse(text string) (Expression, error) {
	if len(text) > maxText {
		return Expression{}, fault.New(fault.Invalid, "the filter expression is %d bytes long; at most %d are taken", len(text), maxText)
	}
	if !utf8.ValidString(text) {
		return Expression{}, fault.New(fault.Invalid, "the filter expression is not valid UTF-8")
	}
	p := &parser{text: text}
	if err := p.advance(); err != nil {
		return Expression{}, err
	}
	if p.next.kind == tokenEnd {
		return Expression{}, nil
	}
	e, err := p.or(inTrace)
	if err != nil {
		return Expression{}, err
	}
	if p.next.kind != tokenEnd {
		return Expression{}, p.expected("AND, OR or the end")
	}
	return Expression{Root: e}, nil
}

// Selector reads what GetTimeSeriesServiceStatistics selects by: a service(…) or
// an edge(…) and nothing else.
func Selector(text string) (Expr, error) {
	e, err := Parse(text)
	switch e.Root.(type) {
	case Service, Edge:
		return e.Root, nil
	}
	if before := strings.ToLower(strings.TrimSpace(text)); err != nil && (strings.HasPrefix(before, "service") || strings.HasPrefix(before, "edge")) {
		return nil, err
	}
	return nil, fault.At(0, "expected service(…) or edge(…) alone, such as service(id(name: \"api\", type: \"AWS::EC2::Instance\"))")
}

type parser struct {
	text  string
	next  token
	depth int
	terms int
}

func (p *parser) advance() (err error) {
	p.next, err = scan(p.text, p.next.end)
	return err
}

// take returns the next token and goes on to the one behind it.
func (p *parser) take() (token, error) {
	t := p.next
	return t, p.advance()
}

func (p *parser) expected(what string) error {
	return fault.At(p.next.at, "expected %s, found %s", what, p.next.describe())
}

func (p *parser) want(sign string) error {
	if !p.next.sign(sign) {
		return p.expected("“" + sign + "”")
	}
	return p.advance()
}

func (p *parser) or(in scope) (Expr, error) {
	first, err := p.and(in)
	if err != nil {
		return nil, err
	}
	terms := []Expr{first}
	for p.next.word("OR") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		t, err := p.and(in)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return Or{Terms: terms}, nil
}

func (p *parser) and(in scope) (Expr, error) {
	first, err := p.unary(in)
	if err != nil {
		return nil, err
	}
	terms := []Expr{first}
	for {
		joined := p.next.word("AND")
		if joined {
			if err := p.advance(); err != nil {
				return nil, err
			}
		} else if !p.starts() {
			break
		}
		t, err := p.unary(in)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return And{Terms: terms}, nil
}

// starts reports whether another condition begins here, without an AND before it.
func (p *parser) starts() bool {
	return p.next.sign("(") || p.next.sign("!") || p.next.kind == tokenWord && !p.next.word("OR")
}

func (p *parser) unary(in scope) (Expr, error) {
	if p.terms++; p.terms > maxTerms {
		return nil, fault.At(p.next.at, "the expression has more than %d conditions", maxTerms)
	}
	if p.depth++; p.depth > maxDepth {
		return nil, fault.At(p.next.at, "the expression is nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.next.sign("!"), p.next.word("NOT"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.unary(in)
		if err != nil {
			return nil, err
		}
		return Not{X: x}, nil
	case p.next.sign("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.or(in)
		if err != nil {
			return nil, err
		}
		return x, p.want(")")
	case p.next.kind == tokenWord && !p.next.word("AND") && !p.next.word("OR"):
		return p.primary(in)
	}
	return nil, p.expected("a condition")
}

func (p *parser) primary(in scope) (Expr, error) {
	t, err := p.take()
	if err != nil {
		return nil, err
	}
	switch word := strings.ToLower(t.text); {
	case word == "service" && p.next.sign("("):
		return p.service(t, in)
	case word == "edge" && p.next.sign("("):
		return p.edge(t, in)
	case strings.HasPrefix(word, "rootcause."):
		if in != inTrace {
			return nil, fault.At(t.at, "root causes are of a whole trace: %s stands %s only", t.text, inTrace)
		}
		if word == "rootcause.json" {
			return p.causeJSON(t)
		}
		return p.rootCause(t)
	}
	key, kind, err := p.key(t, in)
	if err != nil {
		return nil, err
	}
	return p.comparison(t, key, kind)
}

func (p *parser) nested(t token, in scope) error {
	if in != inTrace {
		return fault.At(t.at, "%s() stands %s only", strings.ToLower(t.text), inTrace)
	}
	return p.want("(")
}

func (p *parser) service(t token, in scope) (Expr, error) {
	if err := p.nested(t, in); err != nil {
		return nil, err
	}
	s := Service{At: t.at}
	if !p.next.sign(")") {
		ref, err := p.ref("a name in double quotes, id(…) or “)”")
		if err != nil {
			return nil, err
		}
		s.Of = &ref
	}
	if err := p.want(")"); err != nil {
		return nil, err
	}
	var err error
	s.Where, err = p.block(inService)
	return s, err
}

func (p *parser) edge(t token, in scope) (Expr, error) {
	if err := p.nested(t, in); err != nil {
		return nil, err
	}
	e := Edge{At: t.at}
	var err error
	if e.From, err = p.ref("a name in double quotes or id(…)"); err != nil {
		return nil, err
	}
	if err := p.want(","); err != nil {
		return nil, err
	}
	if e.To, err = p.ref("a name in double quotes or id(…)"); err != nil {
		return nil, err
	}
	if err := p.want(")"); err != nil {
		return nil, err
	}
	e.Where, err = p.block(inEdge)
	return e, err
}

func (p *parser) ref(what string) (Ref, error) {
	if p.next.kind == tokenText {
		t, err := p.take()
		return Ref{Name: t.text}, err
	}
	if !p.next.word("id") {
		return Ref{}, p.expected(what)
	}
	if err := p.advance(); err != nil {
		return Ref{}, err
	}
	if err := p.want("("); err != nil {
		return Ref{}, err
	}
	var r Ref
	for {
		if err := p.pair(&r); err != nil {
			return Ref{}, err
		}
		if !p.next.sign(",") {
			return r, p.want(")")
		}
		if err := p.advance(); err != nil {
			return Ref{}, err
		}
	}
}

func (p *parser) pair(r *Ref) error {
	var into **string
	switch {
	case p.next.word("name"):
		into = &r.IDName
	case p.next.word("type"):
		into = &r.IDType
	case p.next.word("account.id"):
		into = &r.IDAccount
	default:
		return p.expected("name, type or account.id")
	}
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.want(":"); err != nil {
		return err
	}
	if p.next.kind != tokenText {
		return p.expected("a string in double quotes")
	}
	t, err := p.take()
	*into = &t.text
	return err
}

// block reads what stands in braces, if there are any.
func (p *parser) block(in scope) (Expr, error) {
	if !p.next.sign("{") {
		return nil, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.next.sign("}") {
		return nil, p.advance()
	}
	e, err := p.or(in)
	if err != nil {
		return nil, err
	}
	return e, p.want("}")
}

func (p *parser) rootCause(t token) (Expr, error) {
	r := RootCause{At: t.at}
	kind, part, _ := strings.Cut(strings.ToLower(t.text)[len("rootcause."):], ".")
	r.Kind, r.Part = CauseKind(kind), CausePart(part)
	switch r.Kind {
	case OfFault, OfError, OfResponseTime:
	default:
		return nil, fault.At(t.at, "there is no %s: expected rootcause.fault, rootcause.error, rootcause.responsetime or rootcause.json", t.text)
	}
	in := inCauseService
	switch {
	case r.Part == CauseService:
	case r.Part == CauseEntity:
		in = inCauseEntity
	case r.Part == CauseException && r.Kind != OfResponseTime:
		in = inCauseException
	default:
		return nil, fault.At(t.at, "there is no %s: expected rootcause.%s.service, .entity or, of faults and errors, .exception", t.text, kind)
	}
	if !p.next.sign("{") {
		return nil, p.expected("“{”")
	}
	var err error
	r.Where, err = p.block(in)
	return r, err
}

func (p *parser) causeJSON(t token) (Expr, error) {
	if err := p.want("="); err != nil {
		return nil, err
	}
	if !p.next.sign("#") {
		return nil, p.expected("“#” and a JSON array")
	}
	from := p.next.end
	dec := json.NewDecoder(bytes.NewReader([]byte(p.text[from:])))
	dec.UseNumber()
	var causes []any
	if err := dec.Decode(&causes); err != nil {
		return nil, fault.At(from, "expected a JSON array of root causes behind “#”: %v", err)
	}
	for _, c := range causes {
		if _, ok := c.(map[string]any); !ok {
			return nil, fault.At(from, "expected an array of JSON objects behind “#”")
		}
	}
	p.next.end = from + int(dec.InputOffset())
	return RootCauseJSON{Causes: causes, At: t.at}, p.advance()
}
