package pattern

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

// regex reads a regular expression between percent signs. What may stand in one
// is less than RE2 takes: no groups, no symbols that are not escaped.
func (p *parser) regex() (*regexp.Regexp, error) {
	start := p.at
	if p.regexes++; p.regexes > MaxRegexes {
		return nil, fault.At(start, "a pattern has at most %d regular expressions", MaxRegexes)
	}
	p.at++
	for from := p.at; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			if err := p.escape(); err != nil {
				return nil, err
			}
		case '%':
			expr := p.text[from:p.at]
			if expr == "" {
				return nil, fault.At(start, "the regular expression is empty")
			}
			re, err := regexp.Compile(expr)
			if err != nil {
				return nil, fault.At(from, "the regular expression cannot be read: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
			if n := sizeOf(expr); n > maxRegexSize {
				return nil, fault.At(from, "the regular expression is too large: unfolded it has %d steps, at most %d are taken; repeat less", n, maxRegexSize)
			}
			p.at++
			return re, nil
		default:
			if !plainInRegex(p.text[p.at]) {
				return nil, p.badInRegex()
			}
		}
	}
	return nil, fault.At(start, "the regular expression that begins here is not closed; end it with %%, or put a text with a percent sign in double quotes")
}

// maxRegexSize is how many steps an expression may have once its repetitions are
// unfolded. All engines take so many.
const maxRegexSize = 5000

func sizeOf(expr string) int {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0
	}
	return len(prog.Inst)
}

// escape checks what follows a backslash and leaves the place on its last byte.
func (p *parser) escape() error {
	at := p.at
	if p.at++; p.end() {
		return fault.At(at, "the backslash at the end escapes nothing")
	}
	c := p.text[p.at]
	switch {
	case c == 'x':
		if len(p.text) < p.at+3 || !isHex(p.text[p.at+1]) || !isHex(p.text[p.at+2]) {
			return fault.At(at, `\x wants two hexadecimal digits, as in \x2f`)
		}
		p.at += 2
	case strings.IndexByte("dDsSwW", c) >= 0:
	case c >= utf8.RuneSelf || isLetterOrDigit(c) || isBlank(c):
		return fault.At(at, `there is no \%s; there are \d \D \s \S \w \W and \xhh, and symbols are escaped by themselves`, strings.Trim(p.here(), "“”"))
	}
	return nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func plainInRegex(c byte) bool {
	return isLetterOrDigit(c) || c == ' ' || strings.IndexByte(":_#=@/;,-^$?[]{}|*+.", c) >= 0
}

func (p *parser) badInRegex() error {
	switch c := p.text[p.at]; {
	case c == '(' || c == ')':
		return fault.At(p.at, "parentheses are not taken in a regular expression; escape one that is meant as text: \\%c", c)
	case c >= utf8.RuneSelf:
		return fault.At(p.at, "%s is not taken in a regular expression: letters are a to z and A to Z", p.here())
	}
	return fault.At(p.at, "%s must be escaped with a backslash in a regular expression", p.here())
}
