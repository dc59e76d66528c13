package xrayfilter

import (
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenText
	tokenNumber
	tokenSign
)

type token struct {
	kind   tokenKind
	at     int // byte offset
	end    int
	text   string // of a text without quotes and escapes
	number float64
}

func (t token) sign(s string) bool { return t.kind == tokenSign && t.text == s }

func (t token) word(s string) bool { return t.kind == tokenWord && strings.EqualFold(t.text, s) }

func (t token) describe() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenText:
		return "the string " + Quote(t.text)
	case tokenWord, tokenNumber, tokenSign:
	}
	return "“" + t.text + "”"
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// inWord reports bytes of a bare word behind its first: of keys with dots, and of
// values such as t3.micro or us-east-1a.
func inWord(c byte) bool { return letter(c) || digit(c) || c == '.' || c == '-' }

// scan reads the token at or behind an offset.
func scan(text string, at int) (token, error) {
	for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
		at++
	}
	if at == len(text) {
		return token{kind: tokenEnd, at: at, end: at}, nil
	}
	switch c := text[at]; {
	case letter(c):
		end := at + 1
		for end < len(text) && inWord(text[end]) {
			end++
		}
		return token{kind: tokenWord, at: at, end: end, text: text[at:end]}, nil
	case c == '"' || c == '\'':
		return scanText(text, at)
	case digit(c) || (c == '-' || c == '+' || c == '.') && at+1 < len(text) && (digit(text[at+1]) || text[at+1] == '.'):
		return scanNumber(text, at)
	}
	for _, s := range []string{"!=", "<=", ">=", "=", "<", ">", "!", "(", ")", "{", "}", "[", "]", ",", ":", "#"} {
		if strings.HasPrefix(text[at:], s) {
			return token{kind: tokenSign, at: at, end: at + len(s), text: s}, nil
		}
	}
	return token{}, fault.At(at, "%q has no meaning here", text[at:at+1])
}

func scanText(text string, at int) (token, error) {
	var b strings.Builder
	mark := text[at]
	for i := at + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == mark:
			return token{kind: tokenText, at: at, end: i + 1, text: b.String()}, nil
		case c == '\\' && i+1 < len(text):
			// A backslash before anything else stands for itself, as in Windows paths.
			if n := text[i+1]; n == '\\' || n == '"' || n == '\'' {
				i++
				b.WriteByte(n)
				continue
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return token{}, fault.At(at, "the string has no end: expected a closing %c", mark)
}

func scanNumber(text string, at int) (token, error) {
	end := at + 1
	for end < len(text) && (digit(text[end]) || strings.IndexByte(".eE", text[end]) >= 0 ||
		(text[end] == '-' || text[end] == '+') && strings.IndexByte("eE", text[end-1]) >= 0) {
		end++
	}
	n, err := strconv.ParseFloat(text[at:end], 64)
	if err != nil {
		return token{}, fault.At(at, "expected a number, found %q", text[at:end])
	}
	return token{kind: tokenNumber, at: at, end: end, text: text[at:end], number: n}, nil
}

// Quote writes a string as it stands in an expression.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
