// Package jsonscan reads JSON (RFC 8259) token by token, from memory, without
// building or allocating anything: front ends turn requests into columns with it.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth bounds how deep arrays and objects may lie in each other; the
// outermost object counts. It is what Go's own reader of JSON takes.
const MaxDepth = 10_000

// Scanner reads the JSON in In from At on. The first error stays in Err and says
// where; nothing more is read then. The zero value with In set is ready.
//
// An object is read so:
//
//	if !s.Enter('{') { … }
//	for more := s.First('}'); more; more = s.More('}') {
//		name, ok := s.Name()
//		…
//	}
type Scanner struct {
	In    []byte
	At    int
	Depth int  // of arrays and objects that are open
	Most  int  // of Depth; 0 means MaxDepth
	Loose bool // skips NaN, Infinity and -Infinity, too, which Python writes
	Err   error

	scratch []byte // of texts with escapes
	open    []byte // brackets to be closed, while skipping
}

// Fail notes an error at the place reached, unless there is one, and returns false.
func (s *Scanner) Fail(format string, args ...any) bool {
	if s.Err == nil {
		s.Err = fmt.Errorf("byte %d: "+format, append([]any{s.At}, args...)...)
		s.At = len(s.In)
	}
	return false
}

// Peek skips white space and returns the byte that follows, 0 at the end.
func (s *Scanner) Peek() byte {
	for s.At < len(s.In) {
		c := s.In[s.At]
		if c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
			return c
		}
		s.At++
	}
	return 0
}

// Take skips white space and takes one byte that must come next.
func (s *Scanner) Take(c byte) bool {
	if s.Peek() != c || s.At >= len(s.In) {
		return s.Fail("%s where %q must be", s.Here(), c)
	}
	s.At++
	return true
}

// Here describes what comes next.
func (s *Scanner) Here() string {
	if s.At >= len(s.In) {
		return "the end"
	}
	return strconv.QuoteRune(rune(s.In[s.At]))
}

// Enter takes the bracket that opens an array or object.
func (s *Scanner) Enter(c byte) bool {
	most := s.Most
	if most == 0 {
		most = MaxDepth
	}
	if s.Depth++; s.Depth > most {
		return s.Fail("nested deeper than %d", most)
	}
	return s.Take(c)
}

// First reports whether an array or object that was just entered has a member;
// if not, it takes the closing bracket.
func (s *Scanner) First(closing byte) bool {
	if s.Peek() != closing {
		return true
	}
	s.leave()
	return false
}

// More reports whether another member follows, and takes the comma before it or
// else the closing bracket.
func (s *Scanner) More(closing byte) bool {
	switch s.Peek() {
	case ',':
		s.At++
		if s.Peek() == closing {
			return s.Fail("a comma before %q", closing)
		}
		return true
	case closing:
		s.leave()
		return false
	}
	return s.Fail("%s where a comma or %q must be", s.Here(), closing)
}

func (s *Scanner) leave() {
	s.At++
	s.Depth--
}

// Name takes the name of a member and the colon after it.
func (s *Scanner) Name() ([]byte, bool) {
	name, ok := s.Text()
	return name, ok && s.Take(':')
}

// Text takes a text. What it returns lies in the input, or, if there were
// escapes, in a scratch that the next text overwrites.
func (s *Scanner) Text() ([]byte, bool) {
	raw, escaped, ok := s.RawText()
	if !ok || !escaped {
		return raw, ok
	}
	s.scratch = unescape(s.scratch[:0], raw)
	return s.scratch, true
}

// RawText takes a text without resolving its escapes, which are well formed.
func (s *Scanner) RawText() (raw []byte, escaped, ok bool) {
	if !s.Take('"') {
		return nil, false, false
	}
	start := s.At
	for i := start; ; {
		i += Plain(s.In[i:])
		switch {
		case i == len(s.In) || s.In[i] < ' ':
			return nil, false, s.badText(i)
		case s.In[i] == '"':
			s.At = i + 1
			return s.In[start:i], escaped, true
		}
		n := escapeLength(s.In[i:])
		if n == 0 {
			return nil, false, s.badText(i)
		}
		escaped = true
		i += n
	}
}

// AppendText takes a text and appends it to out with its escapes resolved, in one
// pass. Half a surrogate pair becomes the replacement character.
func (s *Scanner) AppendText(out []byte) ([]byte, bool) {
	if !s.Take('"') {
		return out, false
	}
	for i := s.At; ; {
		n := Plain(s.In[i:])
		out = append(out, s.In[i:i+n]...)
		i += n
		switch {
		case i == len(s.In) || s.In[i] < ' ':
			return out, s.badText(i)
		case s.In[i] == '"':
			s.At = i + 1
			return out, true
		}
		n = escapeLength(s.In[i:])
		if n == 0 {
			return out, s.badText(i)
		}
		if c := s.In[i+1]; c == 'u' {
			out, n = appendUnicode(out, s.In[i:])
		} else {
			out = append(out, meant(c))
		}
		i += n
	}
}

// badText says why a text that was begun does not go on at a place.
func (s *Scanner) badText(at int) bool {
	s.At = at
	switch {
	case at >= len(s.In):
		return s.Fail("a text without end")
	case s.In[at] == '\\':
		return s.Fail("an escape that JSON does not have")
	}
	return s.Fail("a control character in a text")
}

// Plain returns how many bytes there are before the first that is a quote, a
// backslash or a control character. It looks at eight at once: of those that the
// subtraction marks, the lowest is always right.
func Plain(text []byte) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x80 * ones
		width = 8
	)
	i := 0
	for ; i+width <= len(text); i += width {
		x := binary.LittleEndian.Uint64(text[i:])
		quote, slash := x^'"'*ones, x^'\\'*ones
		found := ((quote-ones)&^quote | (slash-ones)&^slash | (x-' '*ones)&^x) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/width
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// escapeLength returns the length of the escape at the start of text, 0 if it is none.
func escapeLength(text []byte) int {
	const unicodeEscape = 6
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		return 0
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
		n := 2
		if c := raw[i+1]; c == 'u' {
			out, n = appendUnicode(out, raw[i:])
		} else {
			out = append(out, meant(c))
		}
		i += n
	}
	return out
}

// meant returns the byte that an escape of two means.
func meant(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// appendUnicode appends what the escapes like \u00e9 at the start of text mean, and
// returns how long they are: two of them may be one character.
func appendUnicode(out, text []byte) ([]byte, int) {
	const length = 6
	r, n := hexRune(text), length
	if utf16.IsSurrogate(r) {
		low := rune(-1)
		if len(text) >= 2*length && text[length] == '\\' && text[length+1] == 'u' {
			low = hexRune(text[length:])
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			n = 2 * length
		}
	}
	return utf8.AppendRune(out, r), n
}

// Number takes a number and returns its text.
func (s *Scanner) Number() ([]byte, bool) {
	s.Peek()
	rest := s.In[s.At:]
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
		return nil, s.Fail("%s where a number must be", s.Here())
	}
	if i < len(rest) && rest[i] == '.' {
		if i++; !digits() {
			return nil, s.Fail("a number that ends in its point")
		}
	}
	if i < len(rest) && (rest[i] == 'e' || rest[i] == 'E') {
		if i++; i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
			i++
		}
		if !digits() {
			return nil, s.Fail("a number without its exponent")
		}
	}
	s.At += i
	return rest[:i], true
}

// Literal takes true, false or null.
func (s *Scanner) Literal(word string) bool {
	s.Peek()
	if !bytes.HasPrefix(s.In[s.At:], []byte(word)) {
		return s.Fail("%s where %s must be", s.Here(), word)
	}
	s.At += len(word)
	return true
}

// NoNumber takes NaN, Infinity or -Infinity, which JSON does not have but some of
// its writers do, and returns it; "" if none is next.
func (s *Scanner) NoNumber() string {
	s.Peek()
	for _, word := range [...]string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(s.In[s.At:], []byte(word)) {
			s.At += len(word)
			return word
		}
	}
	return ""
}

// Skip takes a value of any kind, without recursion.
func (s *Scanner) Skip() bool {
	s.open = s.open[:0]
	for {
		switch c := s.Peek(); c {
		case '{', '[':
			closing := c + 2 // of both brackets
			if !s.Enter(c) {
				return false
			}
			if s.First(closing) {
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
			if s.More(closing) {
				if closing == '}' && !s.skipName() {
					return false
				}
				break
			}
			if s.Err != nil {
				return false
			}
			s.open = s.open[:len(s.open)-1]
		}
		if len(s.open) == 0 {
			return true
		}
	}
}

func (s *Scanner) skipName() bool {
	_, _, ok := s.RawText()
	return ok && s.Take(':')
}

func (s *Scanner) skipScalar(c byte) bool {
	switch c {
	case '"':
		_, _, ok := s.RawText()
		return ok
	case 't':
		return s.Literal("true")
	case 'f':
		return s.Literal("false")
	case 'n':
		return s.Literal("null")
	}
	if s.Loose && s.NoNumber() != "" {
		return true
	}
	_, ok := s.Number()
	return ok
}
