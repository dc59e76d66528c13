package insights

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

type nodeKind uint8

const (
	fieldNode   nodeKind = iota
	literalNode          // a number or string
	regexNode            //
	periodNode           // 5m
	starNode             // the argument of count(*)
	callNode             // name(args)
	unaryNode            // - or not
	binaryNode           // arithmetic, comparison, and, or
	inNode               // args[0] in values, or in a query
	likeNode             // args[0] like args[1]
)

// node is a part of an expression.
type node struct {
	kind       nodeKind
	name       string // field, function in lower case, operator
	value      event.Value
	args       []*node
	values     []event.Value
	sub        [2]int // the tokens of a query in brackets, for in
	negative   bool   // not in, not like
	unit       string // of a period
	start, end int
	from, to   int // tokens
}

// parser reads tokens; the compiler says what they mean.
type parser struct {
	text   string
	tokens []token
	next   int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != endToken {
		p.next++
	}
	return t
}

func (p *parser) takeSign(sign string) bool {
	if p.peek().is(sign) {
		p.next++
		return true
	}
	return false
}

func (p *parser) takeWord(word string) bool {
	if p.peek().word(word) {
		p.next++
		return true
	}
	return false
}

func (p *parser) unexpected(t token) error { return unexpectedAt(p.text, t.start, t.end) }

func (p *parser) want(sign string) error {
	if t := p.take(); !t.is(sign) {
		return p.unexpected(t)
	}
	return nil
}

// named writes the tokens [from, to) as the name of a column: as they are, with
// one blank where there were several.
func (p *parser) named(from, to int) string {
	if to-from == 1 && p.tokens[from].kind == wordToken {
		return p.tokens[from].text
	}
	var b strings.Builder
	for i := from; i < to; i++ {
		t := p.tokens[i]
		if i > from {
			before := p.tokens[i-1]
			switch {
			case before.is("(") || before.is("[") || t.is(")") || t.is("]") || t.is(","):
			case before.is(","):
				b.WriteByte(' ')
			case t.is("(") && before.kind == wordToken && !before.word("and") && !before.word("or") && !before.word("not") && !before.word("in"):
			case t.start > before.end:
				b.WriteByte(' ')
			}
		}
		b.WriteString(p.text[t.start:t.end])
	}
	return b.String()
}

// mark closes a node over the tokens read since from.
func (p *parser) mark(n *node, from int) *node {
	n.from, n.to = from, p.next
	n.start, n.end = p.tokens[from].start, p.tokens[max(p.next-1, from)].end
	return n
}

func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		t := p.peek()
		return wrong(t.start, t.end, "the expression is nested more than %d deep at %s", maxDepth, place(p.text, t.start))
	}
	return nil
}

func (p *parser) expr() (*node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.chain("or", p.and)
}

func (p *parser) and() (*node, error) { return p.chain("and", p.not) }

func (p *parser) chain(word string, term func() (*node, error)) (*node, error) {
	from := p.next
	first, err := term()
	if err != nil {
		return nil, err
	}
	all := &node{kind: binaryNode, name: word, args: []*node{first}}
	for p.takeWord(word) {
		t, err := term()
		if err != nil {
			return nil, err
		}
		all.args = append(all.args, t)
	}
	if len(all.args) == 1 {
		return first, nil
	}
	return p.mark(all, from), nil
}

func (p *parser) not() (*node, error) {
	from := p.next
	if !p.takeWord("not") {
		return p.comparison()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	return p.mark(&node{kind: unaryNode, name: "not", args: []*node{x}}, from), nil
}

func (p *parser) comparison() (*node, error) {
	from := p.next
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := p.peek()
	negative := false
	if t.word("not") && p.next+1 < len(p.tokens) && (p.tokens[p.next+1].word("in") || p.tokens[p.next+1].word("like")) {
		p.take()
		negative = true
		t = p.peek()
	}
	switch {
	case t.kind == signToken && strings.Contains(" = != < <= > >= ", " "+t.text+" "):
		p.take()
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		return p.mark(&node{kind: binaryNode, name: t.text, args: []*node{left, right}}, from), nil
	case t.word("like") || t.is("=~"):
		p.take()
		right, err := p.likeOperand()
		if err != nil {
			return nil, err
		}
		return p.mark(&node{kind: likeNode, args: []*node{left, right}, negative: negative}, from), nil
	case t.word("in"):
		p.take()
		n := &node{kind: inNode, args: []*node{left}, negative: negative}
		if err := p.members(n); err != nil {
			return nil, err
		}
		return p.mark(n, from), nil
	}
	return left, nil
}

func (p *parser) likeOperand() (*node, error) {
	if t := p.peek(); t.kind == regexToken {
		from := p.next
		p.take()
		return p.mark(&node{kind: regexNode, name: t.text}, from), nil
	}
	return p.sum()
}

const maxMembers = 1000

// members reads the list or the query behind in.
func (p *parser) members(n *node) error {
	if p.takeSign("(") {
		if t := p.peek(); !t.word("source") && !t.word("filter") && !t.word("fields") {
			return p.unexpected(t)
		}
		n.sub[0] = p.next
		for depth := 1; ; {
			t := p.take()
			switch {
			case t.kind == endToken:
				return p.unexpected(t)
			case t.is("("):
				depth++
			case t.is(")"):
				if depth--; depth == 0 {
					n.sub[1] = p.next - 1
					return nil
				}
			}
		}
	}
	if err := p.want("["); err != nil {
		return err
	}
	for {
		v, err := p.member()
		if err != nil {
			return err
		}
		if n.values = append(n.values, v); len(n.values) > maxMembers {
			t := p.peek()
			return wrong(t.start, t.end, "the list has more than %d values", maxMembers)
		}
		if p.takeSign("]") {
			return nil
		}
		if err := p.want(","); err != nil {
			return err
		}
	}
}

func (p *parser) member() (event.Value, error) {
	t := p.take()
	negative := t.is("-")
	if negative {
		t = p.take()
	}
	switch {
	case t.kind == stringToken && !negative:
		return t.value, nil
	case t.kind == numberToken && t.unit == "":
		if negative {
			return negated(t.value), nil
		}
		return t.value, nil
	}
	return event.Value{}, p.unexpected(t)
}

func negated(v event.Value) event.Value {
	if v.Kind() == event.Int {
		return event.IntValue(-v.Int())
	}
	return event.FloatValue(-v.Float())
}

// binary reads operators of one level, from left to right.
func (p *parser) binary(signs string, operand func() (*node, error)) (*node, error) {
	from := p.next
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for length := 0; ; length++ {
		t := p.peek()
		if t.kind != signToken || !strings.Contains(signs, " "+t.text+" ") {
			return left, nil
		}
		if length >= maxDepth {
			return nil, wrong(t.start, t.end, "the expression has more than %d operators in a row at %s", maxDepth, place(p.text, t.start))
		}
		p.take()
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = p.mark(&node{kind: binaryNode, name: t.text, args: []*node{left, right}}, from)
	}
}

func (p *parser) sum() (*node, error)     { return p.binary(" + - ", p.product) }
func (p *parser) product() (*node, error) { return p.binary(" * / % ", p.unary) }

func (p *parser) unary() (*node, error) {
	from := p.next
	if !p.takeSign("-") {
		return p.power()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.unary()
	if err != nil {
		return nil, err
	}
	if x.kind == literalNode && x.value.Kind() != event.String {
		return p.mark(&node{kind: literalNode, value: negated(x.value)}, from), nil
	}
	return p.mark(&node{kind: unaryNode, name: "-", args: []*node{x}}, from), nil
}

func (p *parser) power() (*node, error) {
	from := p.next
	left, err := p.primary()
	if err != nil || !p.takeSign("^") {
		return left, err
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	right, err := p.unary()
	if err != nil {
		return nil, err
	}
	return p.mark(&node{kind: binaryNode, name: "^", args: []*node{left, right}}, from), nil
}

func (p *parser) primary() (*node, error) {
	from := p.next
	switch t := p.take(); {
	case t.is("("):
		n, err := p.expr()
		if err != nil {
			return nil, err
		}
		if err := p.want(")"); err != nil {
			return nil, err
		}
		inner := *n
		return p.mark(&inner, from), nil
	case t.kind == stringToken:
		return p.mark(&node{kind: literalNode, value: t.value}, from), nil
	case t.kind == numberToken && t.unit == "":
		return p.mark(&node{kind: literalNode, value: t.value}, from), nil
	case t.kind == numberToken:
		return p.mark(&node{kind: periodNode, value: t.value, unit: t.unit}, from), nil
	case t.kind == regexToken:
		return p.mark(&node{kind: regexNode, name: t.text}, from), nil
	case t.kind == wordToken && !t.quoted && p.peek().is("("):
		return p.call(t, from)
	case t.kind == wordToken && !reserved(t):
		return p.mark(&node{kind: fieldNode, name: t.text}, from), nil
	default:
		return nil, p.unexpected(t)
	}
}

// reserved words cannot stand where an operand is wanted.
func reserved(t token) bool {
	return slices.ContainsFunc([]string{"and", "or", "not", "in", "like", "as", "by", "asc", "desc"}, t.word)
}

func (p *parser) call(name token, from int) (*node, error) {
	p.take()
	n := &node{kind: callNode, name: strings.ToLower(name.text)}
	if p.takeSign(")") {
		return p.mark(n, from), nil
	}
	for {
		if at := p.next; p.peek().is("*") && p.next+1 < len(p.tokens) && p.tokens[p.next+1].is(")") {
			p.take()
			n.args = append(n.args, p.mark(&node{kind: starNode}, at))
		} else {
			x, err := p.expr()
			if err != nil {
				return nil, err
			}
			n.args = append(n.args, x)
		}
		if p.takeSign(")") {
			return p.mark(n, from), nil
		}
		if err := p.want(","); err != nil {
			return nil, err
		}
	}
}

// name reads the name of a field or alias.
func (p *parser) name() (token, error) {
	t := p.take()
	if t.kind != wordToken || !t.quoted && p.peek().is("(") {
		if t.kind == wordToken {
			t = p.peek()
		}
		return t, p.unexpected(t)
	}
	return t, nil
}

// count reads a whole number from 1 to most.
func (p *parser) count(what string, most int64) (int, error) {
	t := p.take()
	if t.kind != numberToken || t.unit != "" || t.value.Kind() != event.Int {
		return 0, p.unexpected(t)
	}
	if t.value.Int() < 1 || t.value.Int() > most {
		return 0, wrong(t.start, t.end, "%s is %s at %s; it must be from 1 to %d", what, t.text, place(p.text, t.start), most)
	}
	return int(t.value.Int()), nil
}
