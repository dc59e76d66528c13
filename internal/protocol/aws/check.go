package aws

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// Bounds of what an error lists and quotes.
const (
	maxViolations = 20
	maxQuoted     = 256
)

// checker looks at a body without building anything of it.
type checker struct {
	scan       jsonscan.Scanner
	violations []string
	count      int
}

// Check says what is wrong in a body, in the service's words: one sentence for
// each violation of the model, or a SerializationException for what is no JSON
// of the right types. An empty body is an empty object.
func (in *Input) Check(body []byte) error {
	c := checker{scan: jsonscan.Scanner{In: body}}
	if c.scan.Peek() == 0 && c.scan.At >= len(body) {
		c.scan.In = []byte("{}")
	}
	if err := c.structure(&in.shape, nil); err != nil {
		return err
	}
	if c.scan.Peek(); c.scan.At < len(c.scan.In) {
		return Malformed("the body goes on after its end: " + c.scan.Here())
	}
	if c.count == 0 {
		return nil
	}
	plural := ""
	if c.count > 1 {
		plural = "s"
	}
	return &Error{Code: in.code, Message: fmt.Sprintf("%d validation error%s detected: %s", c.count, plural, strings.Join(c.violations, "; "))}
}

// Malformed says that a body is not what it must be before anything in it is looked at.
func Malformed(message string) error {
	return &Error{Code: "SerializationException", Message: message}
}

// path is where a value is.
type path struct {
	up   *path
	name string
}

// String prints a path as the service does: logEvents.1.member.message.
func (p *path) String() string {
	if p == nil {
		return ""
	}
	if p.up == nil {
		return p.name
	}
	return p.up.String() + "." + p.name
}

func (c *checker) violate(at *path, value, constraint string) {
	c.count++
	if len(c.violations) >= maxViolations {
		return
	}
	if value != "null" {
		value = "'" + Cut(value) + "'"
	}
	c.violations = append(c.violations, "Value "+value+" at '"+at.String()+"' failed to satisfy constraint: Member must "+constraint)
}

// Cut returns as much of a text as errors quote.
func Cut(text string) string {
	if utf8.RuneCountInString(text) <= maxQuoted {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return string([]rune(text)[:maxQuoted]) + "…"
}

// structure checks an object. Names are taken as the decoder takes them, in
// whatever case, so that none gets by.
func (c *checker) structure(s *shape, at *path) error {
	if err := c.opens('{'); err != nil {
		return err
	}
	seen := make([]bool, len(s.members))
	for more := c.scan.First('}'); more; more = c.scan.More('}') {
		name, ok := c.scan.Name()
		if !ok {
			return c.malformed()
		}
		i := s.find(name)
		if i < 0 {
			if !c.scan.Skip() {
				return c.malformed()
			}
			continue
		}
		if c.null() {
			continue
		}
		seen[i] = true
		if err := c.value(s.members[i].shape, &path{at, s.members[i].name}); err != nil {
			return err
		}
	}
	if c.scan.Err != nil {
		return c.malformed()
	}
	for i, m := range s.members {
		if m.required && !seen[i] {
			c.violate(&path{at, m.name}, "null", "not be null")
		}
	}
	return nil
}

func (s *shape) find(name []byte) int {
	for i := range s.members {
		if s.members[i].name == string(name) {
			return i
		}
	}
	for i := range s.members {
		if strings.EqualFold(s.members[i].name, string(name)) {
			return i
		}
	}
	return -1
}

// null takes a null.
func (c *checker) null() bool { return c.scan.Peek() == 'n' && c.scan.Literal("null") }

func (c *checker) malformed() error {
	if c.scan.Err == nil {
		return Malformed("the body is not JSON")
	}
	return Malformed("the body is not JSON: " + c.scan.Err.Error())
}

// opens enters an object or array that must come next.
func (c *checker) opens(bracket byte) error {
	if got := c.scan.Peek(); got != bracket {
		want := "structure or map"
		if bracket == '[' {
			want = "list"
		}
		if c.scan.At >= len(c.scan.In) {
			return Malformed("the body ends where a " + want + " must be")
		}
		return Malformed(c.found() + " found where a " + want + " was expected.")
	}
	if !c.scan.Enter(bracket) {
		return c.malformed()
	}
	return nil
}

// found names what comes next, in the service's words.
func (c *checker) found() string {
	switch b := c.scan.Peek(); {
	case b == '"':
		return "STRING_VALUE"
	case b == '{':
		return "START_OBJECT"
	case b == '[':
		return "START_ARRAY"
	case b == 't':
		return "TRUE_VALUE"
	case b == 'f':
		return "FALSE_VALUE"
	case b == '-' || (b >= '0' && b <= '9'):
		return "NUMBER_VALUE"
	}
	return "NOT_JSON"
}

func (c *checker) value(s *shape, at *path) error {
	switch s.kind {
	case structureShape:
		return c.structure(s, at)
	case listShape:
		return c.list(s, at)
	case mapShape:
		return c.dictionary(s, at)
	case textShape, enumShape:
		return c.text(s, at)
	case integerShape, longShape, doubleShape:
		return c.number(s, at)
	case timestampShape:
		return c.timestamp(s, at)
	case booleanShape:
		switch c.found() {
		case "TRUE_VALUE":
			return c.took(c.scan.Literal("true"))
		case "FALSE_VALUE":
			return c.took(c.scan.Literal("false"))
		}
		return c.converted("Boolean")
	}
	return nil
}

func (c *checker) took(ok bool) error {
	if !ok {
		return c.malformed()
	}
	return nil
}

func (c *checker) converted(to string) error {
	article := "a "
	if to == "Integer" {
		article = "an "
	}
	return Malformed(c.found() + " can not be converted to " + article + to)
}

func (c *checker) list(s *shape, at *path) error {
	if err := c.opens('['); err != nil {
		return err
	}
	n := int64(0)
	for more := c.scan.First(']'); more; more = c.scan.More(']') {
		n++
		if s.most >= 0 && n > s.most && n > 1 { // too many: nobody needs to know what each is
			if !c.scan.Skip() {
				return c.malformed()
			}
			continue
		}
		if c.null() {
			c.violate(&path{&path{at, strconv.FormatInt(n, 10)}, "member"}, "null", "not be null")
			continue
		}
		if err := c.value(s.value, &path{&path{at, strconv.FormatInt(n, 10)}, "member"}); err != nil {
			return err
		}
	}
	if c.scan.Err != nil {
		return c.malformed()
	}
	c.length(s, at, n, "[...]")
	return nil
}

func (c *checker) dictionary(s *shape, at *path) error {
	if err := c.opens('{'); err != nil {
		return err
	}
	n := int64(0)
	for more := c.scan.First('}'); more; more = c.scan.More('}') {
		n++
		name, ok := c.scan.Name()
		if !ok {
			return c.malformed()
		}
		c.string(s.key, at, string(name))
		if c.null() {
			continue
		}
		if err := c.value(s.value, &path{&path{at, Cut(string(name))}, "member"}); err != nil {
			return err
		}
	}
	if c.scan.Err != nil {
		return c.malformed()
	}
	c.length(s, at, n, "{...}")
	return nil
}

func (c *checker) text(s *shape, at *path) error {
	if c.found() != "STRING_VALUE" {
		return c.converted("String")
	}
	raw, ok := c.scan.Text()
	if !ok {
		return c.malformed()
	}
	c.string(s, at, string(raw))
	return nil
}

func (c *checker) string(s *shape, at *path, text string) {
	if s.kind == enumShape {
		if !slices.Contains(s.values, text) {
			c.violate(at, text, "satisfy enum value set: ["+strings.Join(s.values, ", ")+"]")
		}
		return
	}
	c.length(s, at, int64(utf8.RuneCountInString(text)), text)
	if s.pattern != nil && (s.most < 0 || int64(len(text)) <= 4*s.most) && !s.pattern.MatchString(text) {
		c.violate(at, text, "satisfy regular expression pattern: "+s.patternSay)
	}
}

func (c *checker) length(s *shape, at *path, n int64, value string) {
	if s.least >= 0 && n < s.least {
		c.violate(at, value, fmt.Sprintf("have length greater than or equal to %d", s.least))
	}
	if s.most >= 0 && n > s.most {
		c.violate(at, value, fmt.Sprintf("have length less than or equal to %d", s.most))
	}
}

func (c *checker) number(s *shape, at *path) error {
	name, bits := "Long", 64
	switch s.kind {
	case integerShape:
		name, bits = "Integer", 32
	case doubleShape:
		name = "Double"
	case textShape, longShape, booleanShape, timestampShape, enumShape, listShape, mapShape, structureShape:
	}
	if c.found() != "NUMBER_VALUE" {
		return c.converted(name)
	}
	raw, ok := c.scan.Number()
	if !ok {
		return c.malformed()
	}
	if s.kind == doubleShape {
		v, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return Malformed("NUMBER_VALUE " + Cut(string(raw)) + " can not be converted to a Double")
		}
		c.bounds(s, at, raw, s.least >= 0 && v < float64(s.least), s.most >= 0 && v > float64(s.most))
		return nil
	}
	v, err := strconv.ParseInt(string(raw), 10, bits)
	if err != nil {
		return Malformed("NUMBER_VALUE " + Cut(string(raw)) + " can not be converted to the type " + name)
	}
	c.bounds(s, at, raw, s.least >= 0 && v < s.least, s.most >= 0 && v > s.most)
	return nil
}

func (c *checker) bounds(s *shape, at *path, raw []byte, below, above bool) {
	if below {
		c.violate(at, string(raw), fmt.Sprintf("have value greater than or equal to %d", s.least))
	}
	if above {
		c.violate(at, string(raw), fmt.Sprintf("have value less than or equal to %d", s.most))
	}
}

// timestamp checks seconds, which some send as a text, as some send RFC 3339.
func (c *checker) timestamp(s *shape, at *path) error {
	if c.found() != "STRING_VALUE" {
		return c.number(&shape{kind: doubleShape, least: s.least, most: s.most}, at)
	}
	raw, ok := c.scan.Text()
	if !ok {
		return c.malformed()
	}
	if _, ok := ParseTimestamp(string(raw)); !ok {
		return Malformed("STRING_VALUE " + Cut(string(raw)) + " can not be converted to a Timestamp: send seconds since 1970 as a number")
	}
	return nil
}

// ParseTimestamp reads a timestamp as texts have it: seconds since 1970 or a time
// of RFC 3339.
func ParseTimestamp(text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, true
	}
	ns, ok := ParseSeconds([]byte(text))
	return time.Unix(0, ns), ok
}

// ParseSeconds reads a decimal number of seconds, 1.499473411562123E9 say, as Unix
// nanoseconds: exactly, as far as those go.
func ParseSeconds(text []byte) (ns int64, ok bool) {
	mantissa, digits, scale, i := uint64(0), 0, 0, 0
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		i++
	}
	seen, point := false, false
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		seen = true
		const most = 19 // digits that fit
		if digits < most {
			if mantissa = mantissa*10 + uint64(c-'0'); mantissa > 0 {
				digits++
			}
			if point {
				scale--
			}
		} else if !point {
			scale++
		}
	}
	exponent := 0
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		var err error
		if exponent, err = strconv.Atoi(strings.TrimPrefix(string(text[i+1:]), "+")); err != nil {
			return 0, false
		}
		i = len(text)
	}
	if !seen || i < len(text) {
		return 0, false
	}
	ns, ok = shift(mantissa, scale+exponent+len("000000000"))
	if negative {
		ns = -ns
	}
	return ns, ok
}

// shift returns n times ten to the power, rounded; it is not ok beyond int64.
func shift(n uint64, power int) (int64, bool) {
	const longest = 20
	if n == 0 || power < -longest {
		return 0, true
	}
	for ; power < -1; power++ {
		n /= 10
	}
	if power == -1 {
		n = (n + 5) / 10
	}
	for ; power > 0; power-- {
		if n > math.MaxInt64/10 {
			return 0, false
		}
		n *= 10
	}
	return int64(n), n <= math.MaxInt64
}
