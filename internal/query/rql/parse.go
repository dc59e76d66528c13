package rql

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Limits of a text.
const (
	MaxText  = 10_000
	maxDepth = 25
	maxItems = 100
)

// Parse reads a query. What is wrong in it comes as an [Error].
func Parse(text string) (*Select, error) {
	if len(text) > MaxText {
		return nil, wrong(MaxText, len(text), "the query is %d bytes long; at most %d are taken", len(text), MaxText)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, tokens: tokens}
	return p.query()
}

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

func (p *parser) takeWord(words ...string) bool {
	for i, w := range words {
		if p.next+i >= len(p.tokens) || !p.tokens[p.next+i].word(w) {
			return false
		}
	}
	p.next += len(words)
	return true
}

// expected says what should stand where a token stands.
func (p *parser) expected(what string, t token) error {
	for _, w := range []string{"having", "join", "union", "distinct"} {
		if t.word(w) {
			return wrong(t.start, t.end, "%s is not part of RQL", strings.ToUpper(w))
		}
	}
	found := "the end"
	if t.kind != endToken {
		found = "“" + clipped(p.text[t.start:t.end]) + "”"
	}
	return wrong(t.start, t.end, "expected %s, found %s", what, found)
}

func (p *parser) wantWord(words ...string) error {
	for _, w := range words {
		if t := p.take(); !t.word(w) {
			return p.expected(strings.ToUpper(w), t)
		}
	}
	return nil
}

func (p *parser) wantSign(sign string) error {
	if t := p.take(); !t.is(sign) {
		return p.expected("“"+sign+"”", t)
	}
	return nil
}

func (p *parser) query() (*Select, error) {
	s := &Select{Limit: -1}
	if err := p.wantWord("select"); err != nil {
		return nil, err
	}
	if err := p.items(s); err != nil {
		return nil, err
	}
	if err := p.wantWord("from"); err != nil {
		return nil, err
	}
	t := p.take()
	if s.Table = strings.ToLower(t.text); t.kind != wordToken || s.Table != Occurrences && s.Table != Deploys {
		return nil, p.expected("item_occurrence or deploy", t)
	}
	if p.takeWord("where") {
		var err error
		if s.Where, err = p.expr(); err != nil {
			return nil, err
		}
	}
	if err := p.groups(s); err != nil {
		return nil, err
	}
	if err := p.orders(s); err != nil {
		return nil, err
	}
	if err := p.limit(s); err != nil {
		return nil, err
	}
	p.takeSign(";")
	if t := p.peek(); t.kind != endToken {
		return nil, p.expected(next(s), t)
	}
	return s, nil
}

// next says what may follow a query that has been read so far.
func next(s *Select) string {
	switch {
	case s.Limit >= 0:
		return "the end"
	case len(s.Orders) > 0:
		return "“,”, ASC, DESC, LIMIT or the end"
	case len(s.Groups) > 0:
		return "“,”, ORDER BY, LIMIT or the end"
	case s.Where != nil:
		return "an operator, GROUP BY, ORDER BY, LIMIT or the end"
	}
	return "WHERE, GROUP BY, ORDER BY, LIMIT or the end"
}

func (p *parser) items(s *Select) error {
	for {
		from := p.peek()
		if p.takeSign("*") {
			s.Items = append(s.Items, Item{Star: true, Text: "*"})
		} else {
			n, err := p.expr()
			if err != nil {
				return err
			}
			it := Item{Expr: n, Text: strings.TrimSpace(p.text[from.start:p.tokens[p.next-1].end])}
			if n.Kind == Column {
				it.Text = n.Name
			}
			if it.Alias, err = p.alias(); err != nil {
				return err
			}
			s.Items = append(s.Items, it)
		}
		if len(s.Items) > maxItems {
			return wrong(from.start, from.end, "more than %d expressions are selected", maxItems)
		}
		if !p.takeSign(",") {
			return nil
		}
	}
}

// alias reads a name behind an expression; AS may be left out.
func (p *parser) alias() (string, error) {
	as := p.takeWord("as")
	t := p.peek()
	isName := t.kind == wordToken && (t.quoted || !isReserved(t.text)) || t.kind == stringToken && t.text != ""
	switch {
	case isName:
		p.take()
		return t.text, nil
	case as:
		return "", p.expected("a name", t)
	}
	return "", nil
}

func (p *parser) groups(s *Select) error {
	if !p.takeWord("group") {
		return nil
	}
	if err := p.wantWord("by"); err != nil {
		return err
	}
	for {
		n, err := p.expr()
		if err != nil {
			return err
		}
		if s.Groups = append(s.Groups, n); len(s.Groups) > maxItems {
			return wrong(n.Start, n.End, "rows are grouped by more than %d expressions", maxItems)
		}
		if !p.takeSign(",") {
			return nil
		}
	}
}

func (p *parser) orders(s *Select) error {
	if !p.takeWord("order") {
		return nil
	}
	if err := p.wantWord("by"); err != nil {
		return err
	}
	for {
		n, err := p.expr()
		if err != nil {
			return err
		}
		o := Order{Expr: n, Desc: p.takeWord("desc")}
		if !o.Desc {
			p.takeWord("asc")
		}
		if s.Orders = append(s.Orders, o); len(s.Orders) > maxItems {
			return wrong(n.Start, n.End, "rows are ordered by more than %d expressions", maxItems)
		}
		if !p.takeSign(",") {
			return nil
		}
	}
}

func (p *parser) limit(s *Select) error {
	if !p.takeWord("limit") {
		return nil
	}
	s.limitAt[0] = p.peek().start
	count, err := p.count()
	if err != nil {
		return err
	}
	if p.takeSign(",") {
		s.Offset = count
		if count, err = p.count(); err != nil {
			return err
		}
	}
	s.Limit, s.limitAt[1] = count, p.tokens[p.next-1].end
	return nil
}

func (p *parser) count() (int, error) {
	t := p.take()
	if t.kind != numberToken || t.value.Kind() != event.Int {
		return 0, p.expected("a whole number", t)
	}
	const most = 1_000_000
	if n := t.value.Int(); n > most {
		return 0, wrong(t.start, t.end, "the limit is %d; at most %d is taken", n, most)
	}
	return int(t.value.Int()), nil
}
