package insights

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
	regexToken
	signToken
)

type token struct {
	kind       tokenKind
	text       string // word: the name; sign; string and regex: what stands inside
	unit       string // letters right behind a number
	value      event.Value
	quoted     bool // a word with back quotes is no keyword
	start, end int
}

func (t token) is(sign string) bool { return t.kind == signToken && t.text == sign }

func (t token) word(w string) bool {
	return t.kind == wordToken && !t.quoted && strings.EqualFold(t.text, w)
}

type lexer struct {
	text    string
	at      int
	tokens  []token
	parsing bool // inside a parse command, where a slash begins a pattern
}

func lex(text string) ([]token, error) {
	l := &lexer{text: text}
	if !utf8.ValidString(text) {
		return nil, wrong(0, len(text), "the query is not valid UTF-8")
	}
	for {
		l.skip()
		if l.at >= len(text) {
			l.tokens = append(l.tokens, token{kind: endToken, start: len(text), end: len(text)})
			return l.tokens, nil
		}
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		l.tokens = append(l.tokens, t)
	}
}

func (l *lexer) skip() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.at++
		case strings.HasPrefix(l.text[l.at:], "\u00a0"):
			l.at += len("\u00a0")
		case c == '#':
			for l.at < len(l.text) && l.text[l.at] != '\n' {
				l.at++
			}
		default:
			return
		}
	}
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '@' || c == '.' || c == '`' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) next() (token, error) {
	start := l.at
	switch c := l.text[start]; {
	case c == '"' || c == '\'':
		return l.quoted(c)
	case isDigit(c) || c == '.' && start+1 < len(l.text) && isDigit(l.text[start+1]):
		return l.number()
	case isNameByte(c) && c != '.':
		return l.name()
	case c == '/' && l.patternHere():
		return l.regex()
	case strings.HasPrefix(l.text[start:], "{{"):
		return token{}, wrong(start, start+2, "the parameter at position %d has no value: parameters are replaced before a query is started", start)
	}
	for _, sign := range []string{"!=", "<=", ">=", "=~", "|", "(", ")", "[", "]", ",", ":", "=", "<", ">", "+", "-", "*", "/", "%", "^"} {
		if strings.HasPrefix(l.text[start:], sign) {
			l.at += len(sign)
			if sign == "|" {
				l.parsing = false
			}
			return token{kind: signToken, text: sign, start: start, end: l.at}, nil
		}
	}
	_, size := utf8.DecodeRuneInString(l.text[start:])
	return token{}, l.unexpected(start, start+size)
}

func (l *lexer) unexpected(start, end int) error {
	return unexpectedAt(l.text, start, end)
}

// patternHere reports whether a slash begins a pattern: it does where no operand
// has ended.
func (l *lexer) patternHere() bool {
	if len(l.tokens) == 0 || l.parsing {
		return true
	}
	switch t := l.tokens[len(l.tokens)-1]; t.kind {
	case signToken:
		return t.text != ")" && t.text != "]" && t.text != "*"
	case wordToken:
		return t.word("like")
	case numberToken, stringToken, regexToken, endToken:
	}
	return false
}

func (l *lexer) quoted(quote byte) (token, error) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if c == quote {
			l.at++
			return token{kind: stringToken, text: b.String(), value: event.StringValue(b.String()), start: start, end: l.at}, nil
		}
		if c != '\\' || l.at+1 >= len(l.text) {
			b.WriteByte(c)
			continue
		}
		l.at++
		switch e := l.text[l.at]; e {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '"', '\'', '\\':
			b.WriteByte(e)
		default:
			b.WriteByte('\\')
			b.WriteByte(e)
		}
	}
	return token{}, wrong(start, len(l.text), "unexpected symbol found <EOF> at %s: the string that begins at position %d does not end", place(l.text, len(l.text)), start)
}

func (l *lexer) regex() (token, error) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '/':
			l.at++
			if l.at < len(l.text) && isNameByte(l.text[l.at]) {
				return token{}, wrong(l.at, l.at+1, "unexpected symbol found %c at %s: flags of a pattern stand inside it, like (?i)", l.text[l.at], place(l.text, l.at))
			}
			return token{kind: regexToken, text: b.String(), start: start, end: l.at}, nil
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			if l.text[l.at] != '/' {
				b.WriteByte('\\')
			}
			b.WriteByte(l.text[l.at])
		default:
			b.WriteByte(c)
		}
	}
	return token{}, wrong(start, len(l.text), "unexpected symbol found <EOF> at %s: the pattern that begins at position %d does not end", place(l.text, len(l.text)), start)
}

// number reads digits, and the unit of a period right behind them.
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
	t := token{kind: numberToken, text: l.text[start:l.at], start: start}
	for l.at < len(l.text) && isNameByte(l.text[l.at]) {
		l.at++
	}
	t.end, t.unit = l.at, l.text[start+len(t.text):l.at]
	if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
		t.value = event.IntValue(n)
		return t, nil
	}
	f, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		return token{}, l.unexpected(start, l.at)
	}
	t.value = event.FloatValue(f)
	return t, nil
}

func (l *lexer) name() (token, error) {
	start := l.at
	t := token{kind: wordToken, start: start}
	var b strings.Builder
	for l.at < len(l.text) && isNameByte(l.text[l.at]) {
		if l.text[l.at] != '`' {
			b.WriteByte(l.text[l.at])
			l.at++
			continue
		}
		end := strings.IndexByte(l.text[l.at+1:], '`')
		if end < 0 {
			return token{}, wrong(l.at, len(l.text), "unexpected symbol found <EOF> at %s: the name that begins at position %d does not end", place(l.text, len(l.text)), l.at)
		}
		b.WriteString(l.text[l.at+1 : l.at+1+end])
		l.at += end + 2
		t.quoted = true
	}
	t.text, t.end = b.String(), l.at
	if t.text == "" {
		return token{}, l.unexpected(start, l.at)
	}
	if t.word("parse") && (len(l.tokens) == 0 || l.tokens[len(l.tokens)-1].is("|") || l.tokens[len(l.tokens)-1].is("(")) {
		l.parsing = true
	}
	return t, nil
}

// place says where a byte is, as the service does.
func place(text string, at int) string {
	line := 1 + strings.Count(text[:at], "\n")
	column := at - (strings.LastIndexByte(text[:at], '\n') + 1)
	return "line " + strconv.Itoa(line) + " and position " + strconv.Itoa(column)
}

func unexpectedAt(text string, start, end int) error {
	symbol := "<EOF>"
	if start < len(text) {
		symbol = text[start:end]
	}
	const longest = 60
	if len(symbol) > longest {
		symbol = strings.ToValidUTF8(symbol[:longest], "") + "…"
	}
	return wrong(start, end, "unexpected symbol found %s at %s", symbol, place(text, start))
}
