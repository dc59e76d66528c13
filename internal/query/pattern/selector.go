package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Step is one step of a selector: a member by its name, or an element by its
// place, or all of them.
type Step struct {
	Key   string
	Index int // -1 for a member
	Every bool
}

// IsMember reports whether the step goes into an object, not an array.
func (s Step) IsMember() bool { return s.Index < 0 }

const maxIndex = 1_000_000

// selector reads $ and the steps behind it.
func (p *parser) selector() ([]Step, error) {
	p.blanks()
	start := p.at
	if p.peek() != '$' {
		return nil, fault.At(p.at, "expected a selector such as $.status, found %s", p.here())
	}
	p.at++
	path := []Step{}
	every := 0
	for {
		var s Step
		var err error
		switch p.peek() {
		case '.':
			p.at++
			s, err = p.member()
		case '[':
			p.at++
			s, err = p.element()
		default:
			if every > 1 {
				return nil, fault.At(start, "a selector has at most one wildcard")
			}
			if p.wildcards += every; p.wildcards > MaxWildcards {
				return nil, fault.At(start, "a pattern has at most %d selectors with wildcards", MaxWildcards)
			}
			return path, nil
		}
		if err != nil {
			return nil, err
		}
		if s.Every {
			every++
		}
		path = append(path, s)
	}
}

// member reads what stands behind a dot.
func (p *parser) member() (Step, error) {
	switch p.peek() {
	case '*':
		p.at++
		return Step{Index: -1, Every: true}, nil
	case '[': // $.['key'] is $['key']
		p.at++
		return p.element()
	}
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !isWord(r) && r < utf8.RuneSelf && !strings.ContainsRune("-@$#:/", r) {
			break
		}
		p.at += n
	}
	if p.at == start {
		return Step{}, fault.At(p.at, "expected the name of a member behind the dot, found %s; a name with other characters stands in ['…']", p.here())
	}
	return Step{Key: p.text[start:p.at], Index: -1}, nil
}

// element reads what stands behind an opening bracket.
func (p *parser) element() (Step, error) {
	s := Step{Index: -1}
	p.blanks()
	start := p.at
	var err error
	switch c := p.peek(); c {
	case '\'', '"':
		s.Key, err = p.quoted(c)
	case '*':
		p.at++
		s.Index, s.Every = 0, true
	default:
		for p.peek() >= '0' && p.peek() <= '9' {
			p.at++
		}
		if s.Index, err = strconv.Atoi(p.text[start:p.at]); err != nil || s.Index > maxIndex {
			return s, fault.At(start, "expected a place from 0 to %d, * or a name in single quotes, found %s", maxIndex, p.here())
		}
	}
	if err != nil {
		return s, err
	}
	if !p.take("]") {
		return s, fault.At(p.at, "expected “]”, found %s", p.here())
	}
	return s, nil
}

// PathText prints a selector.
func PathText(path []Step) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range path {
		switch {
		case s.Every && s.IsMember():
			b.WriteString(".*")
		case s.Every:
			b.WriteString("[*]")
		case !s.IsMember():
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		case bareKey(s.Key):
			b.WriteString("." + s.Key)
		default:
			b.WriteString("['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s.Key) + "']")
		}
	}
	return b.String()
}

func bareKey(key string) bool {
	for _, r := range key {
		if !isWord(r) && r != '-' && r != '@' {
			return false
		}
	}
	return key != ""
}
