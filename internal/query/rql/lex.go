package rql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	numberToken
	stringToken
	signToken
)

type token struct {
	kind       tokenKind
	text       string // word: the name; sign; string: what stands inside
	value      event.Value
	quoted     bool // a word in back quotes is no keyword
	start, end int
}

func (t token) is(sign string) bool { return t.kind == signToken && t.text == sign }

func (t token) word(w string) bool {
	return t.kind == wordToken && !t.quoted && strings.EqualFold(t.text, w)
}

type lexer struct {
	text   string
	at     int
	tokens []token
}

// maxTokens bounds what a text is taken apart to.
const maxTokens = 5_000

func lex(text string) ([]token, error) {
	if !utf8.ValidString(text) {
		return nil, wrong(0, len(text), "the query is not valid UTF-8")
	}
	l := &lexer{text: text}
	for {
		if err := l.skip(); err != nil {
			return nil, err
		}
		if l.at >= len(text) {
			return append(l.tokens, token{kind: endToken, start: len(text), end: len(text)}), nil
		}
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		if l.tokens = append(l.tokens, t); len(l.tokens) > maxTokens {
			return nil, wrong(t.start, t.end, "the query has more than %d words and signs", maxTokens)
		}
	}
}

// skip passes over blanks and comments.
func (l *lexer) skip() error {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "\u00a0"):
			l.at += len("\u00a0")
		case rest[0] == '#' || strings.HasPrefix(rest, "-- "):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				l.at += i
			} else {
				l.at = len(l.text)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				return wrong(l.at, len(l.text), "the comment that begins here does not end")
			}
			l.at += i + 4
		default:
			return nil
		}
	}
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_' || c == '.'
}

func (l *lexer) next() (token, error) {
	start := l.at
	switch c := l.text[start]; {
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c == '`':
		return l.backQuoted()
	case isDigit(c) || c == '.' && start+1 < len(l.text) && isDigit(l.text[start+1]):
		return l.number()
	case isNameByte(c) && c != '.':
		for l.at < len(l.text) && isNameByte(l.text[l.at]) {
			l.at++
		}
		return token{kind: wordToken, text: l.text[start:l.at], start: start, end: l.at}, nil
	}
	for _, sign := range []string{"!=", "<>", "<=", ">=", "(", ")", ",", "=", "<", ">", "+", "-", "*", "/", ";"} {
		if strings.HasPrefix(l.text[start:], sign) {
			l.at += len(sign)
			return token{kind: signToken, text: sign, start: start, end: l.at}, nil
		}
	}
	_, size := utf8.DecodeRuneInString(l.text[start:])
	return token{}, wrong(start, start+size, "unexpected “%s”", l.text[start:start+size])
}

// quoted reads a text. The escapes are those of MySQL; a wildcard of LIKE keeps
// its backslash, and a quote stands twice for itself.
func (l *lexer) quoted(quote byte) (token, error) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case c == quote && l.at+1 < len(l.text) && l.text[l.at+1] == quote:
			l.at++
			b.WriteByte(c)
		case c == quote:
			l.at++
			return token{kind: stringToken, text: b.String(), value: event.StringValue(b.String()), start: start, end: l.at}, nil
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			b.WriteString(unescaped(l.text[l.at]))
		default:
			b.WriteByte(c)
		}
	}
	return token{}, wrong(start, len(l.text), "the text that begins here does not end: “%c” is missing", quote)
}

func unescaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case '0':
		return "\x00"
	case '%', '_':
		return "\\" + string(c)
	}
	return string([]byte{c})
}

func (l *lexer) backQuoted() (token, error) {
	start := l.at
	i := strings.IndexByte(l.text[start+1:], '`')
	switch {
	case i < 0:
		return token{}, wrong(start, len(l.text), "the name that begins here does not end: “`” is missing")
	case i == 0:
		return token{}, wrong(start, start+2, "there is no name between the back quotes")
	}
	l.at += i + 2
	return token{kind: wordToken, text: l.text[start+1 : start+1+i], quoted: true, start: start, end: l.at}, nil
}

func (l *lexer) number() (token, error) {
	start := l.at
	digits := func() {
		for l.at < len(l.text) && isDigit(l.text[l.at]) {
			l.at++
		}
	}
	digits()
	if l.at < len(l.text) && l.text[l.at] == '.' {
		l.at++
		digits()
	}
	if rest := l.text[l.at:]; len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
		n := 1
		if rest[n] == '-' || rest[n] == '+' {
			n++
		}
		if n < len(rest) && isDigit(rest[n]) {
			l.at += n
			digits()
		}
	}
	if l.at < len(l.text) && isNameByte(l.text[l.at]) {
		for l.at < len(l.text) && isNameByte(l.text[l.at]) {
			l.at++
		}
		return token{}, wrong(start, l.at, "%s is neither a number nor a name; a name that begins with a digit stands in back quotes", clipped(l.text[start:l.at]))
	}
	t := token{kind: numberToken, text: l.text[start:l.at], start: start, end: l.at}
	if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
		t.value = event.IntValue(n)
		return t, nil
	}
	f, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		return token{}, wrong(start, l.at, "the number %s is out of range", clipped(t.text))
	}
	t.value = event.FloatValue(f)
	return t, nil
}

// clipped is a part of a text for a message.
func clipped(s string) string {
	const most = 60
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
