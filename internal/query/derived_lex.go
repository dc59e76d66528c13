package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// fieldKind is the kind of a token of a calculated field's expression. The names
// in error messages are those of the vendor's grammar.
type fieldKind uint8

const (
	fieldEnd fieldKind = iota
	fieldColumn
	fieldDollar // a lone $ before a quoted name
	fieldName   // of a function, also AND and OR
	fieldInt
	fieldFloat
	fieldString
	fieldRaw
	fieldWord // true, false, null
	fieldSign // ( ) , and the operators
)

// fieldToken is one token; its text is what it takes up.
type fieldToken struct {
	kind  fieldKind
	at    int
	text  string
	value event.Value // of literals; the name of a fieldColumn, as text
}

func (t fieldToken) is(text string) bool {
	return (t.kind == fieldSign || t.kind == fieldName) && t.text == text
}

// describe names the token as the vendor's messages do.
func (t fieldToken) describe() string {
	if t.kind == fieldEnd {
		return "'<EOF>'"
	}
	return "'" + t.text + "'"
}

// lexField cuts an expression into tokens; the last one is fieldEnd.
func lexField(text string) ([]fieldToken, error) {
	var tokens []fieldToken
	for at := 0; ; {
		r, size := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		if at == len(text) {
			return append(tokens, fieldToken{kind: fieldEnd, at: at}), nil
		}
		t, err := lexFieldOne(text, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at += len(t.text)
	}
}

// lexFieldOne reads the longest token at an offset.
func lexFieldOne(text string, at int) (fieldToken, error) {
	rest := text[at:]
	switch c := rest[0]; {
	case c == '$':
		n := 1 + prefix(rest[1:], isColumnRune)
		if n == 1 {
			return fieldToken{kind: fieldDollar, at: at, text: "$"}, nil
		}
		return fieldToken{kind: fieldColumn, at: at, text: rest[:n], value: event.StringValue(rest[1:n])}, nil
	case c == '"':
		return lexFieldString(rest, at)
	case c == '`':
		n := strings.IndexByte(rest[1:], '`')
		if n < 0 {
			return fieldToken{}, unrecognized(rest, at)
		}
		return fieldToken{kind: fieldRaw, at: at, text: rest[:n+2], value: event.StringValue(rest[1 : n+1])}, nil
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return lexFieldNumber(rest, at)
	case isLetter(c):
		return lexFieldWord(rest, at)
	}
	for _, s := range []string{"!=", "<=", ">=", "!", "*", "/", "%", "-", "+", "<", ">", "=", "(", ")", ","} {
		if strings.HasPrefix(rest, s) {
			return fieldToken{kind: fieldSign, at: at, text: s}, nil
		}
	}
	return fieldToken{}, unrecognized(rest, at)
}

// unrecognized is the vendor's message for text that is no token.
func unrecognized(rest string, at int) error {
	const shown = 20
	if runes := []rune(rest); len(runes) > shown {
		rest = string(runes[:shown])
	}
	return fault.At(at, "token recognition error at: '%s'", rest)
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isColumnRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_./:=+?-", r)
}

// prefix returns the length of what text begins with that satisfies ok.
func prefix(text string, ok func(rune) bool) int {
	for i, r := range text {
		if !ok(r) || r == utf8.RuneError {
			return i
		}
	}
	return len(text)
}

func lexFieldWord(rest string, at int) (fieldToken, error) {
	n := 1
	for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n]) || rest[n] == '_') {
		n++
	}
	t := fieldToken{kind: fieldName, at: at, text: rest[:n]}
	switch {
	case t.text == "true" || t.text == "false":
		t.kind, t.value = fieldWord, event.BoolValue(t.text == "true")
	case t.text == "null":
		t.kind = fieldWord
	case n == 1:
		return t, unrecognized(rest, at)
	}
	return t, nil
}

// lexFieldNumber reads an integer or a float without a sign.
func lexFieldNumber(rest string, at int) (fieldToken, error) {
	digits := func(n int) int {
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		return n
	}
	n := digits(0)
	whole := n
	if n < len(rest) && rest[n] == '.' && digits(n+1) > n+1 {
		n = digits(n + 1)
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		sign := n + 1
		if sign < len(rest) && (rest[sign] == '+' || rest[sign] == '-') {
			sign++
		}
		if digits(sign) > sign {
			n = digits(sign)
		}
	}
	t := fieldToken{kind: fieldInt, at: at, text: rest[:n]}
	if n > whole {
		t.kind = fieldFloat
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return t, fault.At(at, "%s is too large for a number", t.text)
		}
		t.value = event.FloatValue(f)
		return t, nil
	}
	i, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil {
		return t, fault.At(at, "%s is too large for an integer; write it with a decimal point", t.text)
	}
	t.value = event.IntValue(i)
	return t, nil
}

// lexFieldString reads text in double quotes, with the escapes of Go.
func lexFieldString(rest string, at int) (fieldToken, error) {
	n := 1
	for n < len(rest) && rest[n] != '"' {
		if rest[n] == '\\' {
			n++
		}
		n++
	}
	if n >= len(rest) {
		return fieldToken{}, unrecognized(rest, at)
	}
	text := rest[:n+1]
	s, err := strconv.Unquote(text)
	switch {
	case err != nil && strings.ContainsRune(text, '\n'):
		return fieldToken{}, fault.At(at, "the text that begins here runs over the end of its line; write \\n in it, or put it in back quotes")
	case err != nil:
		return fieldToken{}, fault.At(at, "token recognition error at: '%s': an escape in it is not known", text)
	}
	// \xff may make bytes that are no text; no stored value holds such.
	return fieldToken{kind: fieldString, at: at, text: text, value: event.StringValue(strings.ToValidUTF8(s, "\uFFFD"))}, nil
}
