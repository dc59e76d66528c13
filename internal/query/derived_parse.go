package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of a calculated field. Every operator and function nests what it is
// applied to, but for chains of + * AND OR, which are one call.
const (
	maxFieldText  = 4095
	maxFieldDepth = 50
)

// ParseField reads the expression of a calculated field, for example
//
//	IF($status >= 500, "failed", $duration_ms > 1000, "slow", "ok")
//
// It gives calls, fields and literals: "a + b" is the call SUM(a, b), "a != b"
// is NOT(EQUALS(a, b)). Functions are of the catalogue of functions.go, with
// arguments they can take. Errors are worded as Honeycomb's and point at a byte.
func ParseField(text string) (Expr, error) {
	e, err := ParseFieldSyntax(text)
	if err != nil {
		return nil, err
	}
	return e, CheckField(e)
}

// ParseFieldSyntax is ParseField, but takes any arguments of functions: what
// Honeycomb's published validator takes.
func ParseFieldSyntax(text string) (Expr, error) {
	switch {
	case text == "":
		return nil, fault.At(0, "empty expression")
	case utf8.RuneCountInString(text) > maxFieldText:
		return nil, fault.New(fault.Invalid, "the expression is %d characters long; at most %d are taken", utf8.RuneCountInString(text), maxFieldText)
	}
	tokens, err := lexField(strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		return nil, err
	}
	p := &fieldParser{tokens: tokens}
	e, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != fieldEnd {
		return nil, fault.At(t.at, "extraneous input %s expecting <EOF>", t.describe())
	}
	if p.unknown != nil {
		return nil, p.unknown
	}
	if n := height(e); n > maxFieldDepth {
		return nil, tooDeep()
	}
	return e, nil
}

func tooDeep() error {
	return fault.New(fault.Invalid, "the expression is nested more than %d deep; make parts of it fields of their own", maxFieldDepth)
}

// height is how deep an expression is nested; a field or literal is 0 deep.
func height(e Expr) int {
	most := 0
	if c, ok := e.(Call); ok {
		for _, a := range c.Args {
			most = max(most, 1+height(a))
		}
	}
	return most
}

// FieldText prints an expression of ParseField in the function form, which
// ParseField reads back the same.
func FieldText(e Expr) string {
	switch x := e.(type) {
	case Field:
		if prefix(x.Name, isColumnRune) == len(x.Name) && x.Name != "" {
			return "$" + x.Name
		}
		return "$" + strconv.Quote(x.Name)
	case Literal:
		return literal(x.Value)
	case Call:
		args := make([]string, len(x.Args))
		for i, a := range x.Args {
			args[i] = FieldText(a)
		}
		return x.Name + "(" + strings.Join(args, ", ") + ")"
	}
	return e.String()
}

type fieldParser struct {
	tokens  []fieldToken
	next    int
	depth   int
	unknown error // the first function that there is not; syntax errors come first
	timed   bool  // a function of time series was used
}

func (p *fieldParser) peek() fieldToken { return p.tokens[p.next] }

func (p *fieldParser) take() fieldToken {
	t := p.tokens[p.next]
	if t.kind != fieldEnd {
		p.next++
	}
	return t
}

// fieldOperators are the binary operators from loose to tight. Minus binds
// tighter than plus.
var fieldOperators = []map[string]string{
	{"OR": "OR"},
	{"AND": "AND"},
	{"=": "EQUALS", "!=": "!="},
	{"<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE"},
	{"+": "SUM"},
	{"-": "SUB"},
	{"*": "MUL", "/": "DIV", "%": "MOD"},
}

// binary reads operators of a level and tighter; all are left-associative.
func (p *fieldParser) binary(level int) (Expr, error) {
	if level == len(fieldOperators) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	chained := "" // the function that left is a chain of
	for length := 1; ; length++ {
		t := p.peek()
		name, ok := fieldOperators[level][t.text]
		if !ok || !t.is(t.text) {
			return left, nil
		}
		p.take()
		right, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		switch c, isCall := left.(Call); {
		case isCall && chained == name:
			c.Args = append(c.Args, right)
			left = c
		case name == "!=":
			left = Call{Name: "NOT", Args: []Expr{Call{Name: "EQUALS", Args: []Expr{left, right}}}}
		default:
			left = Call{Name: name, Args: []Expr{left, right}}
		}
		if chained = ""; name == "SUM" || name == "MUL" || name == "AND" || name == "OR" {
			chained = name
		} else if length > maxFieldDepth {
			return nil, tooDeep()
		}
	}
}

// unary reads what binds tightest: negations before a call, column, literal or
// bracket.
func (p *fieldParser) unary() (Expr, error) {
	// Brackets are not part of the result, so more of them are taken than calls.
	if p.depth++; p.depth > 2*maxFieldDepth {
		return nil, tooDeep()
	}
	defer func() { p.depth-- }()
	switch t := p.peek(); {
	case t.is("!"):
		p.take()
		e, err := p.unary()
		return Call{Name: "NOT", Args: []Expr{e}}, err
	case t.is("("):
		p.take()
		e, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		return e, p.want(")")
	case t.kind == fieldName:
		return p.call()
	case t.kind == fieldColumn:
		p.take()
		return Field{Name: t.value.Str()}, nil
	case t.kind == fieldDollar:
		return p.quotedColumn()
	}
	return p.literal()
}

func (p *fieldParser) quotedColumn() (Expr, error) {
	p.take()
	t := p.take()
	if t.kind != fieldString && t.kind != fieldRaw {
		return nil, fault.At(t.at, "mismatched input %s expecting {RAWSTRING, STRING}", t.describe())
	}
	return Field{Name: t.value.Str()}, nil
}

func (p *fieldParser) literal() (Expr, error) {
	t := p.take()
	switch t.kind {
	case fieldString, fieldRaw, fieldInt, fieldFloat, fieldWord:
		return Literal{Value: t.value}, nil
	case fieldSign:
		if t.text == "-" {
			return p.negative()
		}
	case fieldEnd, fieldColumn, fieldDollar, fieldName:
	}
	return nil, fault.At(t.at, "mismatched input %s expecting {'(', '$', 'true', 'false', 'null', COLUMN, '!', '-', 'AND', 'OR', FUNCNAME, INT, FLOAT, RAWSTRING, STRING}", t.describe())
}

// negative reads the number after a minus sign.
func (p *fieldParser) negative() (Expr, error) {
	switch t := p.take(); t.kind { //nolint:exhaustive // only numbers have a sign
	case fieldInt:
		return Literal{Value: event.IntValue(-t.value.Int())}, nil
	case fieldFloat:
		return Literal{Value: event.FloatValue(-t.value.Float())}, nil
	default:
		return nil, fault.At(t.at, "mismatched input %s expecting {INT, FLOAT}", t.describe())
	}
}

// call reads a function with its arguments; a comma may stand after the last.
func (p *fieldParser) call() (Expr, error) {
	name := p.take()
	if err := p.want("("); err != nil {
		return nil, err
	}
	p.checkFunction(name)
	call := Call{Name: name.text}
	for !p.peek().is(")") {
		arg, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		call.Args = append(call.Args, arg)
		if !p.peek().is(",") {
			break
		}
		p.take()
		if t := p.peek(); t.is(",") {
			return nil, fault.At(t.at, "extraneous input ',' expecting {'(', '$', 'true', 'false', 'null', COLUMN, '!', '-', 'AND', 'OR', FUNCNAME, INT, FLOAT, RAWSTRING, STRING}")
		}
	}
	return call, p.want(")")
}

func (p *fieldParser) want(sign string) error {
	t := p.take()
	switch {
	case t.is(sign):
		return nil
	case t.kind == fieldEnd && sign == ")":
		return fault.At(t.at, "mismatched input '<EOF>' expecting {')', ','}")
	}
	return fault.At(t.at, "mismatched input %s expecting '%s'", t.describe(), sign)
}

// checkFunction notes the first function that cannot stand where it does.
func (p *fieldParser) checkFunction(name fieldToken) {
	switch f, known := functions[name.text]; {
	case p.unknown != nil:
	case !known:
		p.unknown = fault.At(name.at, "invalid function: %s", name.text)
	case f.timed && p.timed:
		p.unknown = fault.At(name.at, "timeseries operations cannot be nested")
	case f.timed:
		p.timed = true
	}
}
