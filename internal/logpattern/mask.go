package logpattern

import (
	"bytes"
)

// Class is what a part of a message that varies is taken for.
type Class uint8

// The classes. In a masked text each is a byte of its own value; messages
// themselves have no such bytes, see clean.
const (
	Time Class = iota + 1
	Number
	IP
	UUID
	Email
	Token // whatever else varies: ids, names
	rest  // what was cut off, or could not be told apart
)

// String names the class as it stands in a pattern.
func (c Class) String() string {
	return [...]string{"", "Time", "Number", "IP", "UUID", "Email", "Token", "Rest"}[c]
}

// controlMark is any control character but tabs and ends of lines.
const controlMark = '\x1a'

// MaxText is how much of a message is looked at, in bytes.
const MaxText = 1000

// span is where a value lies in a message.
type span struct{ from, to int }

// masker finds what varies in a message by its form alone. It is used again and
// again and allocates nothing once it is warm.
type masker struct {
	out   []byte // the message with a byte for each value
	spans []span // the values
	mail  bool   // there is an at sign somewhere
	json  bool
}

// Classes of bytes.
const (
	other byte = iota
	letter
	digit
	blank
	control
)

//nolint:gochecknoglobals // a table of constants
var kinds = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = digit
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
			t[c] = letter
		case c == ' ', c == '\t', c == '\n', c == '\r':
			t[c] = blank
		case c < ' ', c == 0x7f:
			t[c] = control
		}
	}
	return t
}()

// mask leaves the masked message in out, and the places of its values in spans.
func (m *masker) mask(message []byte) {
	m.out, m.spans = m.out[:0], m.spans[:0]
	cut := false
	if len(message) > MaxText {
		message, cut = wholeRunes(message[:MaxText]), true
	}
	for len(message) > 0 && kinds[message[len(message)-1]] == blank {
		message = message[:len(message)-1]
	}
	m.mail = bytes.IndexByte(message, '@') > 0
	m.json = len(message) > 1 && message[0] == '{' && (message[1] == '"' || message[1] == '}')
	for at := 0; at < len(message); {
		c := message[at]
		switch kinds[c] {
		case digit:
			at = m.number(message, at)
		case letter:
			at = m.word(message, at)
		case control:
			m.out = append(m.out, controlMark)
			at++
		default:
			at = m.sign(message, at)
		}
	}
	if cut {
		m.put(rest, len(message), len(message))
	}
}

// sign handles what is neither letter nor digit.
func (m *masker) sign(message []byte, at int) int {
	c := message[at]
	next := func(i int) byte {
		if at+i < len(message) {
			return message[at+i]
		}
		return 0
	}
	switch {
	case (c == '-' || c == '+') && kinds[next(1)] == digit && (at == 0 || kinds[message[at-1]] == blank || bytes.IndexByte([]byte("=:(,"), message[at-1]) >= 0):
		return m.number(message, at)
	case c == '"' && m.json:
		return m.text(message, at)
	case c == ':' && next(1) == ':' && isHex(next(2)):
		return m.colons(message, at)
	}
	m.out = append(m.out, c)
	return at + 1
}

// wholeRunes takes a character off the end that was cut through.
func wholeRunes(text []byte) []byte {
	end := len(text)
	for end > 0 && len(text)-end < 4 && text[end-1]&0xc0 == 0x80 {
		end--
	}
	if end > 0 && text[end-1] >= 0xc0 {
		return text[:end-1]
	}
	return text
}

// put writes a value. Of a list of values of one class only one is left, so that
// lists of any length look alike.
func (m *masker) put(c Class, from, to int) int {
	n := len(m.out)
	if n > 0 && m.out[n-1] == ' ' {
		n--
	}
	if n > 1 && m.out[n-1] == ',' && m.out[n-2] == byte(c) {
		m.out = m.out[:n-1]
		m.spans[len(m.spans)-1].to = to
		return to
	}
	m.out = append(m.out, byte(c))
	m.spans = append(m.spans, span{from, to})
	return to
}

// text handles a quote in JSON: names of members stay as they are.
func (m *masker) text(message []byte, at int) int {
	end := bytes.IndexByte(message[at+1:], '"')
	const longest = 100
	if after := at + end + 2; end >= 0 && end <= longest && after < len(message) && message[after] == ':' {
		for _, c := range message[at:after] {
			if kinds[c] == control {
				c = controlMark
			}
			m.out = append(m.out, c)
		}
		return after
	}
	m.out = append(m.out, '"')
	return at + 1
}

// run returns the end of letters and digits from a place on, and how many of
// them are digits, and whether all could be hexadecimal.
func run(message []byte, at int) (end, digits int, hex bool) {
	hex = true
	for end = at; end < len(message); end++ {
		switch kinds[message[end]] {
		case digit:
			digits++
		case letter:
			hex = hex && isHex(message[end])
		default:
			return end, digits, hex
		}
	}
	return end, digits, hex
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// word handles what begins with a letter.
func (m *masker) word(message []byte, at int) int {
	end, digits, hex := run(message, at)
	if m.mail {
		if to := email(message, at); to > 0 {
			return m.put(Email, at, to)
		}
	}
	if hex {
		if end-at == 8 && uuid(message, at) {
			return m.put(UUID, at, at+36)
		}
		if end < len(message) && message[end] == ':' && end-at <= 4 {
			if to := colonsEnd(message, at); to > 0 {
				return m.colons(message, at)
			}
		}
	}
	const shortestHex, shortestMixed = 8, 5
	switch {
	case digits == 0:
		if end-at >= 3 {
			if to := namedDate(message, at, end); to > 0 {
				return m.put(Time, at, to)
			}
		}
	case hex && end-at >= shortestHex, digits >= 2 && end-at >= shortestMixed:
		return m.put(Token, at, end)
	}
	m.out = append(m.out, message[at:end]...)
	return end
}

// number handles what begins with a digit, or a sign before one.
func (m *masker) number(message []byte, at int) int { //nolint:cyclop // one case for each form, side by side
	start := at
	if kinds[message[at]] != digit {
		at++
	}
	if start == at {
		if to := date(message, at); to > 0 {
			return m.put(Time, at, to)
		}
		if m.mail {
			if to := email(message, at); to > 0 {
				return m.put(Email, at, to)
			}
		}
	}
	end, _, hex := run(message, at)
	if hex && end-at == 8 && uuid(message, at) {
		return m.put(UUID, start, at+36)
	}
	if hex && end < len(message) && message[end] == ':' && end-at <= 4 {
		if to := colonsEnd(message, at); to > 0 {
			return m.colons(message, at)
		}
	}
	plain := at
	for plain < end && kinds[message[plain]] == digit {
		plain++
	}
	if to := dotted(message, plain); to > 0 {
		end, _, _ = run(message, to)
		if parts := bytes.Count(message[at:end], []byte(".")); parts > 1 {
			if parts == 3 && isIP(message[at:end]) {
				return m.put(IP, start, end)
			}
			return m.put(Token, start, end) // a version
		}
		plain = to
	}
	end, _, _ = run(message, plain)
	switch {
	case plain == end:
	case exponent(message[plain:end]):
		if message[end-1]|0x20 == 'e' && end+1 < len(message) && (message[end] == '-' || message[end] == '+') && kinds[message[end+1]] == digit {
			end, _, _ = run(message, end+1)
		}
		return m.put(Number, start, end)
	case isUnit(message[plain:end]):
		m.put(Number, start, plain)
		m.out = append(m.out, message[plain:end]...)
		return end
	default:
		return m.put(Token, start, end)
	}
	return m.put(Number, start, plain)
}

// dotted returns the end of groups of digits with dots between, from the end of
// the first group on; 0 if there is but one.
func dotted(message []byte, at int) int {
	end := 0
	for at+1 < len(message) && message[at] == '.' && kinds[message[at+1]] == digit {
		at++
		for at < len(message) && kinds[message[at]] == digit {
			at++
		}
		end = at
	}
	return end
}

func isIP(text []byte) bool {
	n, digits := 0, 0
	for _, c := range text {
		switch {
		case c == '.':
			n, digits = 0, 0
		case kinds[c] != digit:
			return false
		default:
			n = n*10 + int(c-'0')
			if digits++; digits > 3 || n > 255 {
				return false
			}
		}
	}
	return true
}

// exponent reports what follows the digits of a float: e5, or e before a sign.
func exponent(text []byte) bool {
	if text[0]|0x20 != 'e' {
		return false
	}
	for _, c := range text[1:] {
		if kinds[c] != digit {
			return false
		}
	}
	return true
}

// isUnit reports the units that stand right behind a number.
func isUnit(text []byte) bool {
	switch string(text) {
	case "ms", "s", "us", "\u00b5s", "\u03bcs", "ns", "m", "h", "d", "min", "sec", "B", "b", "kB", "KB", "MB", "GB", "TB", "kb", "mb", "gb", "K", "M", "G", "k",
		"Ki", "Mi", "Gi", "KiB", "MiB", "GiB", "x", "th", "st", "nd", "rd", "px", "Hz", "MHz", "GHz", "V", "W", "C", "F":
		return true
	}
	return false
}

func uuid(message []byte, at int) bool {
	const length = 36
	if len(message) < at+length || at+length < len(message) && (kinds[message[at+length]] == letter || kinds[message[at+length]] == digit) {
		return false
	}
	for i, c := range message[at : at+length] {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !isHex(c) {
			return false
		}
	}
	return true
}

// email returns the end of an address that begins here, 0 if none does.
func email(message []byte, at int) int {
	i := at
	for i < len(message) && (kinds[message[i]] == letter || kinds[message[i]] == digit || bytes.IndexByte([]byte(".+-%"), message[i]) >= 0) {
		i++
	}
	if i == at || i+2 >= len(message) || message[i] != '@' {
		return 0
	}
	dot := false
	end := i + 1
	for end < len(message) && (kinds[message[end]] == letter || kinds[message[end]] == digit || message[end] == '-' || message[end] == '.' && end+1 < len(message) && kinds[message[end+1]] == letter) {
		dot = dot || message[end] == '.'
		end++
	}
	if !dot {
		return 0
	}
	return end
}

// colonsEnd returns the end of an IPv6 or hardware address, 0 if there is none.
func colonsEnd(message []byte, at int) int { //nolint:cyclop // one case for each form, side by side
	end, colons, double := at, 0, false
	for end < len(message) && (isHex(message[end]) || message[end] == ':' || message[end] == '.' && colons > 2) {
		if message[end] == ':' {
			if colons++; end > at && message[end-1] == ':' {
				double = true
			}
		}
		end++
	}
	for end > at && (message[end-1] == '.' || message[end-1] == ':') {
		end--
	}
	if end < len(message) && (kinds[message[end]] == letter || kinds[message[end]] == digit) || colons < 2 || end-at < 3 {
		return 0
	}
	if double || colons == 7 || colons == 5 && end-at == 17 {
		return end
	}
	return 0
}

func (m *masker) colons(message []byte, at int) int {
	end := colonsEnd(message, at)
	if end == 0 {
		m.out = append(m.out, message[at])
		return at + 1
	}
	if end-at == 17 && bytes.Count(message[at:end], []byte(":")) == 5 {
		return m.put(Token, at, end)
	}
	return m.put(IP, at, end)
}
