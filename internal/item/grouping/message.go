package grouping

import (
	"regexp"
	"strconv"
	"strings"
)

// volatile is something that differs from one message to the next. Looking for
// its signs first costs a hundredth of trying the expression.
type volatile struct {
	signs func(s string) bool
	re    *regexp.Regexp
}

// They are tried in this order; each match is blanked. The codes are put away
// between addresses and numbers.
//
//nolint:gochecknoglobals // compiled once, never changed
var (
	beforeCodes = []volatile{
		{atLeast("-", 4), regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)},
		{anyOf("-/"), regexp.MustCompile(`\b\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?\b`)},
		{named("JFMASOND"), regexp.MustCompile(`\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{4}(?: \d{2}:\d{2}(?::\d{2})?)?\b`)},
		{atLeast(":", 2), regexp.MustCompile(`\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b`)},
		{anyOf("@"), regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)},
		{atLeast(".", 3), regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b`)},
		{atLeast(":", 2), regexp.MustCompile(`(?i)\[(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?\](?::\d{1,5})?|\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}\b`)},
	}
	codes      = volatile{namesCode, regexp.MustCompile(`(?i)\b(HTTP(?:/\d(?:\.\d)?)?|status(?: code)?|exit code|code|errno|error|SQLSTATE)([ :=#\[(]{1,3})([0-9]+[0-9A-Z]*)\b`)}
	afterCodes = []volatile{
		{anyOf("xX"), regexp.MustCompile(`(?i)\b0x[0-9a-f]+\b`)},
		{anyOf("."), regexp.MustCompile(`\b\d+\.\d+\b`)},
	}
)

func anyOf(chars string) func(string) bool {
	return func(s string) bool { return strings.ContainsAny(s, chars) }
}

func atLeast(part string, n int) func(string) bool {
	return func(s string) bool { return strings.Count(s, part) >= n }
}

// named looks for a blank and the first letter of a name after a digit.
func named(first string) func(string) bool {
	return func(s string) bool {
		for i := 2; i < len(s); i++ {
			if s[i-1] == ' ' && isDigit(s[i-2]) && strings.IndexByte(first, s[i]) >= 0 {
				return true
			}
		}
		return false
	}
}

// namesCode looks for a digit after one of the characters that come before a code.
func namesCode(s string) bool {
	for i := 1; i < len(s); i++ {
		if isDigit(s[i]) && strings.IndexByte(" :=#[(", s[i-1]) >= 0 {
			return true
		}
	}
	return false
}

func (v *volatile) blank(s string) string {
	if !v.signs(s) {
		return s
	}
	return v.re.ReplaceAllLiteralString(s, blank)
}

// NormalMessage is a message without what differs from one time to the next:
// ids, times, addresses, numbers. Codes of errors and statuses stay.
func NormalMessage(s string) string {
	s = strings.ToValidUTF8(cut(s, maxText), "\ufffd")
	if !strings.ContainsAny(s, "0123456789@") && !strings.Contains(s, "::") {
		return strings.Join(strings.Fields(s), " ")
	}
	for i := range beforeCodes {
		s = beforeCodes[i].blank(s)
	}
	s = strings.ReplaceAll(s, "\x00", " ")
	var kept []string
	if codes.signs(s) {
		s = codes.re.ReplaceAllStringFunc(s, func(m string) string {
			kept = append(kept, m)
			return "\x00g\x00" // no digit, and not hexadecimal
		})
	}
	for i := range afterCodes {
		s = afterCodes[i].blank(s)
	}
	return strings.Join(strings.Fields(restore(blankNumbers(s), kept)), " ")
}

// blankNumbers blanks hexadecimal words of four characters or more that have a
// digit, and then runs of two digits or more.
func blankNumbers(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if i == 0 || !isASCIIWord(s[i-1]) {
			if n := hexWord(s, i); n > 0 {
				b.WriteString(blank)
				i += n
				continue
			}
		}
		if n := digitRun(s, i); n > 0 {
			b.WriteString(blank)
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func isASCIIWord(c byte) bool { return isDigit(c) || isLower(c|0x20) || c == '_' }

func hexWord(s string, i int) int {
	n, digits := 0, false
	for i+n < len(s) && isASCIIWord(s[i+n]) {
		if !isHex(s[i+n]) {
			return 0
		}
		digits = digits || isDigit(s[i+n])
		n++
	}
	const shortest = 4
	if n < shortest || !digits {
		return 0
	}
	return n
}

// restore puts back what stands between two zero bytes, in order.
func restore(s string, kept []string) string {
	if len(kept) == 0 {
		return s
	}
	var b strings.Builder
	for _, k := range kept {
		before, rest, ok := strings.Cut(s, "\x00")
		if !ok {
			break
		}
		_, after, _ := strings.Cut(rest, "\x00")
		b.WriteString(before)
		b.WriteString(k)
		s = after
	}
	b.WriteString(s)
	return b.String()
}

// crash reports

const (
	crashSymbols = 10
	crashLines   = 5
	maxReport    = 256 << 10
)

// crashReport is what is read of the text of a crash.
type crashReport struct {
	kind, codes string
	symbols     []string
}

// readCrash reads Apple's text form: lines "Exception Type:", "Exception Codes:",
// and the calls of "Thread N Crashed:" until an empty line.
func readCrash(raw string) (c crashReport) {
	crashed := false
	for line := range strings.Lines(cut(raw, maxReport)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "Exception Type:"):
			c.kind = strings.Join(strings.Fields(strings.TrimPrefix(line, "Exception Type:")), " ")
		case strings.HasPrefix(line, "Exception Codes:"):
			c.codes = withoutAddresses(strings.TrimPrefix(line, "Exception Codes:"))
		case strings.HasPrefix(line, "Thread ") && strings.Contains(line, "Crashed"):
			crashed = true
		case crashed && line == "":
			crashed = false
		case crashed && len(c.symbols) < crashSymbols:
			if s := crashSymbol(line); s != "" {
				c.symbols = append(c.symbols, s)
			}
		}
	}
	return c
}

// withoutAddresses leaves names and short numbers of a list of codes.
func withoutAddresses(s string) string {
	var kept []string
	for w := range strings.FieldsSeq(s) {
		if w = strings.Trim(w, ","); w != "" && w != "at" && !strings.HasPrefix(w, "0x") {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// crashSymbol reads "3   MyApp   0x0000000100003f4c -[Cart total] + 44".
func crashSymbol(line string) string {
	words := strings.Fields(line)
	if len(words) < 3 {
		return ""
	}
	if _, err := strconv.Atoi(words[0]); err != nil {
		return ""
	}
	at := -1
	for i, w := range words {
		if strings.HasPrefix(w, "0x") {
			at = i
			break
		}
	}
	if at < 0 || at+1 >= len(words) {
		return ""
	}
	symbol := strings.Join(words[at+1:], " ")
	if plus := strings.LastIndex(symbol, " + "); plus >= 0 {
		symbol = symbol[:plus]
	}
	if strings.HasPrefix(symbol, "0x") { // no symbol is known: the image it is in
		symbol = strings.Join(words[1:at], " ")
	}
	return normalMethod(cut(symbol, maxText))
}

func canonicalCrash(raw string) string {
	c := readCrash(raw)
	if c.kind == "" && len(c.symbols) == 0 {
		var first []string
		for line := range strings.Lines(cut(raw, maxReport)) {
			if line = NormalMessage(line); line != "" && len(first) < crashLines {
				first = append(first, line)
			}
		}
		return "c:" + strings.Join(first, ";")
	}
	return "c:" + strings.Join(append([]string{c.kind, c.codes}, c.symbols...), ";")
}

func crashTitle(raw string) string {
	if c := readCrash(raw); c.kind != "" {
		return oneLine(c.kind)
	}
	for line := range strings.Lines(cut(raw, maxReport)) {
		if t := oneLine(line); t != "" {
			return t
		}
	}
	return unknownClass
}
