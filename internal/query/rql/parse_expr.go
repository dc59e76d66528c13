package rql

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Operators bind as in MySQL: OR, AND, NOT, comparisons, + and -, * / DIV MOD,
// the sign.

func (p *parser) mark(n *Node, from int) *Node {
	n.Start, n.End = p.tokens[from].start, p.tokens[max(p.next-1, from)].end
	return n
}

func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		t := p.peek()
		return wrong(t.start, t.end, "the expression is nested more than %d deep", maxDepth)
	}
	return nil
}

func (p *parser) expr() (*Node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.chain("or", func() (*Node, error) { return p.chain("and", p.not) })
}

// chain reads terms with a word between them.
func (p *parser) chain(word string, term func() (*Node, error)) (*Node, error) {
	from := p.next
	first, err := term()
	if err != nil {
		return nil, err
	}
	all := &Node{Kind: Binary, Name: word, Args: []*Node{first}}
	for p.takeWord(word) {
		t, err := term()
		if err != nil {
			return nil, err
		}
		all.Args = append(all.Args, t)
	}
	if len(all.Args) == 1 {
		return first, nil
	}
	return p.mark(all, from), nil
}

func (p *parser) not() (*Node, error) {
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
	return p.mark(&Node{Kind: Unary, Name: "not", Args: []*Node{x}}, from), nil
}

// comparison reads comparisons and the tests that stand behind an operand.
func (p *parser) comparison() (*Node, error) {
	from := p.next
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	for steps := 0; ; steps++ {
		if steps > maxDepth {
			return nil, wrong(left.Start, left.End, "more than %d comparisons stand one behind the other", maxDepth)
		}
		n, err := p.test(left)
		if err != nil {
			return nil, err
		}
		if n == nil {
			return left, nil
		}
		left = p.mark(n, from)
	}
}

// test reads what stands behind an operand; nil if it is no test.
func (p *parser) test(left *Node) (*Node, error) {
	t := p.peek()
	if t.kind == signToken && slices.Contains([]string{"=", "!=", "<>", "<", "<=", ">", ">="}, t.text) {
		p.take()
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		op := t.text
		if op == "<>" {
			op = "!="
		}
		return &Node{Kind: Binary, Name: op, Args: []*Node{left, right}}, nil
	}
	if p.takeWord("is") {
		negative := p.takeWord("not")
		return &Node{Kind: IsNull, Args: []*Node{left}, Negative: negative}, p.wantWord("null")
	}
	negative := p.takeWord("not")
	switch t := p.peek(); {
	case p.takeWord("in"):
		return p.members(&Node{Kind: In, Args: []*Node{left}, Negative: negative})
	case p.takeWord("between"):
		low, err := p.sum()
		if err != nil {
			return nil, err
		}
		if err := p.wantWord("and"); err != nil {
			return nil, err
		}
		high, err := p.sum()
		return &Node{Kind: Between, Args: []*Node{left, low, high}, Negative: negative}, err
	case p.takeWord("like"):
		right, err := p.sum()
		return &Node{Kind: Like, Args: []*Node{left, right}, Negative: negative}, err
	case negative:
		return nil, p.expected("IN, BETWEEN or LIKE", t)
	}
	return nil, nil //nolint:nilnil // there is no test
}

func (p *parser) members(n *Node) (*Node, error) {
	if err := p.wantSign("("); err != nil {
		return nil, err
	}
	if t := p.peek(); t.word("select") {
		return nil, wrong(t.start, t.end, "queries in brackets are not part of RQL")
	}
	for {
		x, err := p.expr()
		if err != nil {
			return nil, err
		}
		n.Args = append(n.Args, x)
		if p.takeSign(")") {
			return n, nil
		}
		if err := p.wantSign(","); err != nil {
			return nil, err
		}
	}
}

func (p *parser) sum() (*Node, error) {
	return p.operators(func(t token) string {
		if t.is("+") || t.is("-") {
			return t.text
		}
		return ""
	}, p.product)
}

func (p *parser) product() (*Node, error) {
	return p.operators(func(t token) string {
		switch {
		case t.is("*"), t.is("/"):
			return t.text
		case t.word("div"), t.word("mod"):
			return strings.ToLower(t.text)
		}
		return ""
	}, p.signed)
}

// operators reads operands with operators between, which bind from the left.
func (p *parser) operators(op func(token) string, operand func() (*Node, error)) (*Node, error) {
	from := p.next
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for steps := 0; ; steps++ {
		name := op(p.peek())
		if name == "" {
			return left, nil
		}
		if t := p.take(); steps > maxDepth {
			return nil, wrong(t.start, t.end, "more than %d operators stand in a row; put parts in brackets", maxDepth)
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = p.mark(&Node{Kind: Binary, Name: name, Args: []*Node{left, right}}, from)
	}
}

func (p *parser) signed() (*Node, error) {
	from := p.next
	if !p.takeSign("-") {
		return p.operand()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.signed()
	if err != nil {
		return nil, err
	}
	return p.mark(&Node{Kind: Unary, Name: "-", Args: []*Node{x}}, from), nil
}

func (p *parser) operand() (*Node, error) {
	from := p.next
	t := p.take()
	switch {
	case t.kind == numberToken || t.kind == stringToken:
		return p.mark(&Node{Kind: Literal, Value: t.value}, from), nil
	case t.is("("):
		n, err := p.expr()
		if err != nil {
			return nil, err
		}
		return n, p.wantSign(")")
	case t.kind != wordToken:
		return nil, p.expected("an expression", t)
	case t.word("null"):
		return p.mark(&Node{Kind: Literal}, from), nil
	case t.word("true"), t.word("false"):
		n := int64(0)
		if t.word("true") {
			n = 1
		}
		return p.mark(&Node{Kind: Literal, Value: event.IntValue(n)}, from), nil
	case !t.quoted && p.peek().is("("):
		return p.call(t, from)
	case !t.quoted && isReserved(t.text):
		return nil, p.expected("an expression", t)
	case !t.quoted && (t.text[0] < 'a' || t.text[0] > 'z'):
		return nil, wrong(t.start, t.end, "%s begins with no small letter: as a column it stands in back quotes, `%s`", clipped(t.text), clipped(t.text))
	}
	return p.mark(&Node{Kind: Column, Name: t.text}, from), nil
}

func (p *parser) call(t token, from int) (*Node, error) {
	p.take()
	n := &Node{Kind: Call, Name: strings.ToLower(t.text)}
	if err := p.arguments(n); err != nil {
		return nil, err
	}
	p.mark(n, from)
	return n, checkCall(n, t)
}

func (p *parser) arguments(n *Node) error {
	if p.takeSign(")") {
		return nil
	}
	for {
		if p.peek().is("*") && n.Name == "count" {
			p.take()
			n.Args = append(n.Args, p.mark(&Node{Kind: Star}, p.next-1))
		} else {
			x, err := p.expr()
			if err != nil {
				return err
			}
			n.Args = append(n.Args, x)
		}
		if p.takeSign(")") {
			return nil
		}
		if err := p.wantSign(","); err != nil {
			return err
		}
	}
}
