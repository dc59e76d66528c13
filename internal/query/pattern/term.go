package pattern

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Term is a text or regular expression that must be in the message, must not, or
// may be.
type Term struct {
	Text     string         // where there is no Regex
	Regex    *regexp.Regexp // nil for a text
	Excluded bool           // must not be there
	Optional bool           // one of these must be there
	Ignored  bool           // optional beside others that are not

	text []byte
}

func (t *Term) found(message []byte) bool {
	if t.Regex != nil {
		return t.Regex.Match(message)
	}
	return bytes.Contains(message, t.text)
}

func (p *Pattern) matchTerms(message []byte) bool {
	for i := range p.Terms {
		if t := &p.Terms[i]; !t.Optional && t.found(message) == t.Excluded {
			return false
		}
	}
	wanted := false
	for i := range p.Terms {
		t := &p.Terms[i]
		if !t.Optional || t.Ignored {
			continue
		}
		if wanted = true; t.found(message) {
			return true
		}
	}
	return !wanted
}

// terms reads a pattern of terms.
func (p *parser) terms() (*Pattern, error) {
	out := &Pattern{Kind: Terms, ellipsis: -1}
	optional, other := false, false
	for p.blanks(); !p.end(); p.blanks() {
		start := p.at
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		if t.Regex == nil && strings.Trim(t.Text, blank) == "" {
			if t.Excluded {
				return nil, fault.At(start, "a blank text is in every message, so that nothing could match; leave it out")
			}
			continue
		}
		t.text = []byte(t.Text)
		optional, other = optional || t.Optional, other || !t.Optional
		out.Terms = append(out.Terms, t)
	}
	if optional && other {
		for i := range out.Terms {
			out.Terms[i].Ignored = out.Terms[i].Optional
		}
	}
	return out, nil
}

func (p *parser) term() (t Term, err error) {
	switch p.peek() {
	case '?':
		t.Optional = true
		p.at++
	case '-':
		t.Excluded = true
		p.at++
	}
	switch c := p.peek(); {
	case p.end() || isBlank(c):
		return t, fault.At(p.at, "expected a term right behind “%s”; a text that begins so stands in double quotes", p.text[p.at-1:p.at])
	case c == '"':
		t.Text, err = p.quoted('"')
	case c == '%':
		t.Regex, err = p.regex()
	default:
		t.Text, err = p.bareTerm()
	}
	if err == nil && !p.end() && !isBlank(p.peek()) {
		err = fault.At(p.at, "expected a blank after the term, found %s", p.here())
	}
	return t, err
}

// bareTerm reads a text without quotes.
func (p *parser) bareTerm() (string, error) {
	start := p.at
	for p.at < len(p.text) && !isBlank(p.text[p.at]) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		lenient := r >= utf8.RuneSelf || strings.ContainsRune("._/:=@#,$", r) || r == '-' && p.at > start
		if !lenient && !isWord(r) {
			word := p.text[start:]
			if i := strings.IndexAny(word, blank); i >= 0 {
				word = word[:i]
			}
			return "", fault.At(p.at, "%s cannot stand in a term without quotes: write %s", p.here(), quote(word))
		}
		p.at += n
	}
	return p.text[start:p.at], nil
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// quoted reads a text in quotes. A backslash makes a quote or a backslash plain,
// and is itself before anything else.
func (p *parser) quoted(mark byte) (string, error) {
	start := p.at
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == mark:
			p.at++
			return b.String(), nil
		case c == '\\' && p.at+1 < len(p.text) && (p.text[p.at+1] == mark || p.text[p.at+1] == '\\'):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", fault.At(start, "the text that begins here is not closed; end it with %c", mark)
}

// quote is the opposite of quoted.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
