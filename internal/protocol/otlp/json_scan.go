package otlp

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds how deep arrays and objects may lie in each other; the
// outermost object counts. It is what Go's own reader of JSON takes.
const maxJSONDepth = 10_000

// scanner reads JSON (RFC 8259) token by token. The first error stays and says
// where; all methods then return false.
type scanner struct {
	in      []byte
	at      int
	depth   int
	err     error
	scratch []byte // of texts with escapes
	open    []byte // brackets to be closed, while skipping
}

func (s *scanner) fail(format string, args ...any) bool {
	if s.err == nil {
		s.err = fmt.Errorf("byte %d: "+format, append([]any{s.at}, args...)...)
	}
	return false
}

// peek skips white space and returns the byte that follows, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.in) {
		c := s.in[s.at]
		if c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
			return c
		}
		s.at++
	}
	return 0
}

// take skips white space and takes one byte that must come next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.at >= len(s.in) {
		return s.fail("%s where %q must be", s.here(), c)
	}
	s.at++
	return true
}

// here describes what comes next.
func (s *scanner) here() string {
	if s.at >= len(s.in) {
		return "the end"
	}
	return strconv.QuoteRune(rune(s.in[s.at]))
}

// enter takes the bracket that opens an array or object.
func (s *scanner) enter(c byte) bool {
	if s.depth++; s.depth > maxJSONDepth {
		return s.fail("nested deeper than %d", maxJSONDepth)
	}
	return s.take(c)
}

// first reports whether an array or object that was just entered has a member;
// if not, it takes the closing bracket.
func (s *scanner) first(closing byte) bool {
	if s.peek() != closing {
		return true
	}
	s.leave()
	return false
}

// more reports whether another member follows, and takes the comma before it or
// else the closing bracket.
func (s *scanner) more(closing byte) bool {
	switch s.peek() {
	case ',':
		s.at++
		if s.peek() == closing {
			return s.fail("a comma before %q", closing)
		}
		return true
	case closing:
		s.leave()
		return false
	}
	return s.fail("%s where a comma or %q must be", s.here(), closing)
}

func (s *scanner) leave() {
	s.at++
	s.depth--
}

// name takes the name of a member and the colon after it.
func (s *scanner) name() ([]byte, bool) {
	name, ok := s.text()
	return name, ok && s.take(':')
}

// text takes a text. What it returns lies in the input, or, if there were
// escapes, in a scratch that the next text overwrites.
func (s *scanner) text() ([]byte, bool) {
	raw, escaped, ok := s.rawText()
	if !ok || !escaped {
		return raw, ok
	}
	s.scratch = unescape(s.scratch[:0], raw)
	return s.scratch, true
}

// rawText takes a text without resolving its escapes, which are well formed.
func (s *scanner) rawText() (raw []byte, escaped, ok bool) {
	if !s.take('"') {
		return nil, false, false
	}
	start := s.at
	for i := start; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c == '"':
			s.at = i + 1
			return s.in[start:i], escaped, true
		case c == '\\':
			n := escapeLength(s.in[i:])
			if n == 0 {
				s.at = i
				return nil, false, s.fail("an escape that JSON does not have")
			}
			escaped = true
			i += n - 1
		case c < ' ':
			s.at = i
			return nil, false, s.fail("a control character in a text")
		}
	}
	s.at = len(s.in)
	return nil, false, s.fail("a text without end")
}

// escapeLength returns the length of the escape at the start of text, 0 if it is none.
func escapeLength(text []byte) int {
	const unicodeEscape = 6
	if len(text) < 2 {
		return 0
	}
	if text[1] != 'u' {
		if bytes.IndexByte([]byte(`"\/bfnrt`), text[1]) < 0 {
			return 0
		}
		return 2
	}
	if len(text) < unicodeEscape || hexRune(text) < 0 {
		return 0
	}
	return unicodeEscape
}

// hexRune reads the four digits of an escape like \u00e9, -1 if they are none.
func hexRune(escape []byte) rune {
	var r rune
	for _, c := range escape[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape appends a text with its escapes resolved. Half a surrogate pair
// becomes the replacement character.
func unescape(out, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			next := bytes.IndexByte(raw[i:], '\\')
			if next < 0 {
				return append(out, raw[i:]...)
			}
			out = append(out, raw[i:i+next]...)
			i += next
			continue
		}
		switch c := raw[i+1]; c {
		case 'u':
			r := hexRune(raw[i:])
			i += 6
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if len(raw) >= i+6 && raw[i] == '\\' && raw[i+1] == 'u' {
					low = hexRune(raw[i:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
			continue
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		default:
			out = append(out, c)
		}
		i += 2
	}
	return out
}

// number takes a number and returns its text.
func (s *scanner) number() ([]byte, bool) {
	s.peek()
	rest := s.in[s.at:]
	i := 0
	digits := func() bool {
		from := i
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(rest) && rest[i] == '-' {
		i++
	}
	switch {
	case i < len(rest) && rest[i] == '0':
		i++
	case !digits():
		return nil, s.fail("%s where a number must be", s.here())
	}
	if i < len(rest) && rest[i] == '.' {
		if i++; !digits() {
			return nil, s.fail("a number that ends in its point")
		}
	}
	if i < len(rest) && (rest[i] == 'e' || rest[i] == 'E') {
		if i++; i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
			i++
		}
		if !digits() {
			return nil, s.fail("a number without its exponent")
		}
	}
	s.at += i
	return rest[:i], true
}

// literal takes true, false or null.
func (s *scanner) literal(word string) bool {
	s.peek()
	if !bytes.HasPrefix(s.in[s.at:], []byte(word)) {
		return s.fail("%s where %s must be", s.here(), word)
	}
	s.at += len(word)
	return true
}

// skip takes a value of any kind, without recursion.
func (s *scanner) skip() bool {
	s.open = s.open[:0]
	for {
		switch c := s.peek(); c {
		case '{', '[':
			closing := c + 2 // of both brackets
			if !s.enter(c) {
				return false
			}
			if s.first(closing) {
				if s.open = append(s.open, closing); closing == '}' && !s.skipName() {
					return false
				}
				continue
			}
		default:
			if !s.skipScalar(c) {
				return false
			}
		}
		for len(s.open) > 0 {
			closing := s.open[len(s.open)-1]
			if s.more(closing) {
				if closing == '}' && !s.skipName() {
					return false
				}
				break
			}
			if s.err != nil {
				return false
			}
			s.open = s.open[:len(s.open)-1]
		}
		if len(s.open) == 0 {
			return true
		}
	}
}

func (s *scanner) skipName() bool {
	_, _, ok := s.rawText()
	return ok && s.take(':')
}

func (s *scanner) skipScalar(c byte) bool {
	switch c {
	case '"':
		_, _, ok := s.rawText()
		return ok
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	_, ok := s.number()
	return ok
}
