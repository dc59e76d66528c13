package pattern

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Value is the right side of a comparison.
type Value struct {
	Text     string // as meant, without quotes
	Quoted   bool
	Glob     []string       // the texts between the stars, nil where there is no star
	Regex    *regexp.Regexp // nil where it is none
	Number   float64
	IsNumber bool // reads as a number, quoted or not

	text  []byte
	parts [][]byte
}

// value reads the right side of a comparison by op.
func (p *parser) value(op Op) (Value, error) {
	p.blanks()
	start := p.at
	var v Value
	var err error
	switch p.peek() {
	case '%':
		if v.Regex, err = p.regex(); err == nil {
			v.Text = v.Regex.String()
		}
	case '"':
		v.Quoted = true
		v.Text, err = p.quoted('"')
	default:
		v.Text, err = p.bareValue()
	}
	if err != nil {
		return Value{}, err
	}
	v.prepare()
	if op >= Lt && (!v.IsNumber || v.Quoted) {
		return Value{}, fault.At(start, "%s compares with a number without quotes, found %s", op, p.text[start:p.at])
	}
	if op > Ne && v.Regex != nil {
		return Value{}, fault.At(start, "a regular expression goes with = and != only")
	}
	return v, nil
}

func (v *Value) prepare() {
	v.text = []byte(v.Text)
	if v.Regex != nil {
		return
	}
	if strings.Contains(v.Text, "*") {
		v.Glob = strings.Split(v.Text, "*")
		for _, part := range v.Glob {
			v.parts = append(v.parts, []byte(part))
		}
		return
	}
	v.Number, v.IsNumber = number(v.Text)
}

// bareValue reads a value without quotes.
func (p *parser) bareValue() (string, error) {
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !isWord(r) && !strings.ContainsRune("*.-+:/@#", r) && r < utf8.RuneSelf {
			break
		}
		p.at += n
	}
	if p.at > start && !p.end() && !isBlank(p.peek()) && strings.IndexByte(",])}&|", p.peek()) < 0 {
		word := p.text[start:]
		if i := strings.IndexAny(word, blank+",])}&|"); i >= 0 {
			word = word[:i]
		}
		return "", fault.At(p.at, "%s cannot stand in a value without quotes: write %s", p.here(), quote(word))
	}
	if p.at == start {
		return "", fault.At(start, "expected a value, found %s; a text with other characters than letters, digits, _ . and * stands in double quotes", p.here())
	}
	return p.text[start:p.at], nil
}

// number reads a decimal number, as event.Value.Number does.
func number(text string) (float64, bool) {
	if text == "" || text[0] > '9' {
		return 0, false // most texts, without an error being made
	}
	return event.StringValue(text).Number()
}

// equals compares with a text.
func (v *Value) equals(text []byte) bool {
	switch {
	case v.Regex != nil:
		return v.Regex.Match(text)
	case v.parts != nil:
		return glob(v.parts, text)
	}
	return bytes.Equal(v.text, text)
}

// glob reports whether a text is the parts in turn, with any text between them.
func glob(parts [][]byte, text []byte) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !bytes.HasPrefix(text, first) || !bytes.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := bytes.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}

// compares orders two numbers.
func (o Op) compares(a, b float64) bool {
	switch o {
	case Eq:
		return a == b
	case Ne:
		return a != b
	case Lt:
		return a < b
	case Le:
		return a <= b
	case Gt:
		return a > b
	case Ge:
		return a >= b
	case IsNull, IsTrue, IsFalse, NotExists:
	}
	return false
}
