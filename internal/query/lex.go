package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// maxText bounds a question in text form, in bytes.
const maxText = 20_000

type tokenKind uint8

const (
	tokenEnd  tokenKind = iota
	tokenWord           // bare name, keyword or word operator
	tokenName           // name in back quotes
	tokenString
	tokenNumber
	tokenExpression // of calculated fields, in brackets after AS
	tokenSign       // one of ( ) , = != < <= > >=
)

type token struct {
	kind  tokenKind
	at    int // byte offset
	text  string
	value event.Value // of strings and numbers
	unit  string      // what stands right behind a number: ms, s, kb
}

// keyword reports whether the token is the given word, in any case.
func (t token) keyword(word string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, word)
}

func (t token) sign(s string) bool { return t.kind == tokenSign && t.text == s }

// describe names the token in an error message.
func (t token) describe() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenString:
		return "text " + quote(t.value.Str())
	case tokenWord, tokenName, tokenNumber, tokenExpression, tokenSign:
	}
	return "“" + t.text + "”"
}

func isNameStart(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c == '$' || c >= utf8.RuneSelf
}

func isNameByte(c byte) bool {
	return isNameStart(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '/' || c == ':'
}

// isKeyword reports words that a bare name may not be, in any case.
func isKeyword(name string) bool {
	switch strings.ToLower(name) {
	case "and", "or", "not", "in", "not-in", "exists", "does-not-exist", "contains", "does-not-contain", "starts-with",
		"does-not-start-with", "ends-with", "does-not-end-with", "matches", "does-not-match", "search", "matches-pattern", "does-not-match-pattern", "true", "false", "null",
		"visualize", "where", "group", "by", "order", "limit", "having", "last", "from", "to", "for", "granularity", "compare",
		"unweighted", "if", "as", "asc", "desc", "with", "formula":
		return true
	}
	return false
}

// lex cuts text into tokens; the last one is tokenEnd.
func lex(text string) ([]token, error) {
	if len(text) > maxText {
		return nil, fault.New(fault.TooLarge, "the text is %d bytes long; at most %d are taken", len(text), maxText)
	}
	if !utf8.ValidString(text) {
		return nil, fault.New(fault.Invalid, "the text is not valid UTF-8")
	}
	var tokens []token
	for at := 0; ; {
		for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
		}
		if at == len(text) {
			return append(tokens, token{kind: tokenEnd, at: at}), nil
		}
		t, err := lexOne(text, at)
		if n := len(tokens); n > 0 && tokens[n-1].keyword("AS") && text[at] == '(' {
			t, err = lexExpression(text[at:], at)
		}
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at += len(t.text)
	}
}

// lexOne reads the token at an offset; its text is what it takes up.
func lexOne(text string, at int) (token, error) {
	rest := text[at:]
	switch c := rest[0]; {
	case isNameStart(c):
		n := 1
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		return token{kind: tokenWord, at: at, text: rest[:n]}, nil
	case c == '"':
		return lexString(rest, at)
	case c == '`':
		return lexName(rest, at)
	case (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.':
		return lexNumber(rest, at)
	}
	for _, s := range []string{"!=", "<=", ">=", "<>", "==", "=", "<", ">", "(", ")", ","} {
		if strings.HasPrefix(rest, s) {
			return token{kind: tokenSign, at: at, text: s}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, fault.At(at, "unexpected character %q", r)
}

// lexExpression reads up to the bracket that closes the first one.
func lexExpression(rest string, at int) (token, error) {
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return token{kind: tokenExpression, at: at, text: rest[:i+1], value: event.StringValue(rest[1:i])}, nil
			}
		case '`':
			end := strings.IndexByte(rest[i+1:], '`')
			if end < 0 {
				return token{}, fault.At(at+i, "the text that begins here is not closed with a back quote")
			}
			i += end + 1
		case '"':
			end := closing(rest[i:], '"')
			if end < 0 {
				return token{}, fault.At(at+i, "the text that begins here is not closed with a quote")
			}
			i += end - 1
		}
	}
	return token{}, fault.At(at, "the bracket that begins here is not closed")
}

func lexString(rest string, at int) (token, error) {
	n := closing(rest, '"')
	if n < 0 {
		return token{}, fault.At(at, "the text that begins here is not closed with a quote")
	}
	s, err := strconv.Unquote(rest[:n])
	if err != nil {
		return token{}, fault.At(at, "the text that begins here has an escape that is not known; write a backslash as two")
	}
	return token{kind: tokenString, at: at, text: rest[:n], value: event.StringValue(s)}, nil
}

func lexName(rest string, at int) (token, error) {
	n := closing(rest, '`')
	if n < 0 {
		return token{}, fault.At(at, "the name that begins here is not closed with a back quote")
	}
	name := strings.NewReplacer("\\`", "`", `\\`, `\`).Replace(rest[1 : n-1])
	if name == "" {
		return token{}, fault.At(at, "the name is empty")
	}
	return token{kind: tokenName, at: at, text: rest[:n], value: event.StringValue(name)}, nil
}

// closing returns the length of the quoted part that text begins with, -1 if it
// does not end.
func closing(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			if quote == '"' {
				return -1
			}
		}
	}
	return -1
}

func lexNumber(rest string, at int) (token, error) { //nolint:cyclop // one case for each form, side by side
	n := 0
	for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.' || rest[n] == '_' ||
		n == 0 && (rest[n] == '-' || rest[n] == '+') ||
		(rest[n] == 'e' || rest[n] == 'E') && n+1 < len(rest) && exponentFollows(rest[n+1:]) ||
		(rest[n] == '-' || rest[n] == '+') && n > 0 && (rest[n-1] == 'e' || rest[n-1] == 'E')) {
		n++
	}
	unit := n
	for unit < len(rest) && (rest[unit] >= 'a' && rest[unit] <= 'z' || rest[unit] >= 'A' && rest[unit] <= 'Z' || strings.HasPrefix(rest[unit:], "µ")) {
		unit += max(1, len("µ")*btoi(strings.HasPrefix(rest[unit:], "µ")))
	}
	t := token{kind: tokenNumber, at: at, text: rest[:unit], unit: rest[n:unit]}
	digits := strings.TrimPrefix(rest[:n], "+")
	if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		t.value = event.IntValue(i)
		return t, nil
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return token{}, fault.At(at, "%q is not a number", rest[:max(n, 1)])
	}
	t.value = event.FloatValue(f)
	return t, nil
}

func exponentFollows(rest string) bool {
	if rest[0] == '-' || rest[0] == '+' {
		rest = rest[1:]
	}
	return rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// scaled applies a token's unit to its number: times become milliseconds,
// sizes bytes. Without a unit the number stays as it is.
func (t token) scaled() (event.Value, error) {
	factor, known := map[string]float64{
		"": 1, "ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3, "m": 60e3, "min": 60e3, "h": 3600e3, "d": 24 * 3600e3,
		"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "k": 1e3,
	}[strings.ToLower(t.unit)]
	if !known {
		return event.Value{}, fault.At(t.at, "unit %q is not known: times are ns, us, ms, s, m, h or d, sizes kb, mb, gb, kib, mib or gib", t.unit)
	}
	if factor == 1 {
		return t.value, nil
	}
	f, _ := t.value.Number()
	if f *= factor; f == float64(int64(f)) {
		return event.IntValue(int64(f)), nil
	}
	return event.FloatValue(f), nil
}
