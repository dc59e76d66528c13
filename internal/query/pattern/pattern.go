// Package pattern reads CloudWatch Logs filter patterns and matches log messages
// with them. A pattern is one of three kinds, decided by its first character:
//
//	ERROR -"timed out" %4\d\d%            terms: texts and regular expressions
//	{ $.status >= 500 && $.user = "a*" }  JSON: selectors into the message
//	[ip, user, ..., status = 4*, bytes]   space-delimited: fields of the message
//
// An empty pattern matches everything. All matching is case-sensitive. Where the
// vendor's documentation is silent, this is what holds here:
//
//   - A term is found anywhere, also within a word.
//   - Optional terms (?a) beside others are ignored, as documented; see [Pattern.Warning].
//   - A JSON message is an object or array, at most [MaxDepth] deep. Of members
//     of the same name the first one counts. A number beyond
//     the range of a float is the greatest one.
//   - A JSON number compares as a number with what reads as one, quoted or not.
//     For globs and regular expressions its text is the canonical one: 1e3 is 1000.
//   - A comparison is false where the selector finds nothing, an object or an
//     array; null equals nothing and differs from everything.
//   - A quote or bracket that is not closed takes the rest of the message; a field
//     begins right behind one that is.
//
// How stores filter by it: terms become tests on text ([query.FromPattern]). The
// other two kinds stay whole, as the text test query.Pattern: the fields that are
// found in a message at ingest would not do, since a name or a type in them may
// come from elsewhere, and the JSON functions of the engines read lenient JSON and
// print numbers anew. So Go decides wherever it can: in the store's own reader, in
// live tail and metric filters, and in DuckDB as a function that the store
// registers. Only for ClickHouse the tree is compiled to SQL, and a property test
// holds it equal.
package pattern

import (
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of a pattern.
const (
	MaxLength    = 1024 // characters
	MaxRegexes   = 2
	MaxWildcards = 3    // selectors with [*] or .* in a JSON pattern
	MaxFields    = 100  // of a space-delimited pattern
	MaxDepth     = 1024 // of a JSON message
	maxNesting   = 32   // of brackets in a condition
)

// Kind is one of the three kinds of pattern.
type Kind uint8

// The kinds.
const (
	Terms Kind = iota
	JSON
	Fields
)

// String names the kind for a reader.
func (k Kind) String() string {
	return [...]string{"terms", "JSON pattern", "space-delimited pattern"}[k]
}

// Pattern is a parsed filter pattern, ready to match; it may be used by many at once.
type Pattern struct {
	Kind  Kind
	Terms []Term // of Terms; none means that everything matches
	Slots []Slot // of Fields
	Where Node   // of JSON, and of Fields if there are conditions

	leaves   []*Condition // of Where, by Condition.index
	paths    *step        // of JSON: all selectors as one tree
	required [][]byte     // of JSON: of each list one text must be there, unless there is a backslash
	idle     sync.Pool    // of *finding, whose memory is used again
	ellipsis int          // of Fields: place of "..." in Slots, -1 for none
}

// Node is a condition or several: *Condition, And or Or.
type Node interface{ node() }

type (
	// And is true if all its parts are.
	And []Node
	// Or is true if any of its parts is.
	Or []Node
)

func (And) node()        {}
func (Or) node()         {}
func (*Condition) node() {}

// Condition tests what a selector finds in a JSON message, or one field of a
// message split on blanks.
type Condition struct {
	Path  []Step // of JSON
	Slot  int    // of Fields
	Op    Op
	Value Value // for the comparisons

	index int
}

// Op is the operator of a condition.
type Op uint8

// The operators. The last four are for JSON only and want no value.
const (
	Eq Op = iota
	Ne
	Lt
	Le
	Gt
	Ge
	IsNull
	IsTrue
	IsFalse
	NotExists
)

// String spells the operator as a pattern does.
func (o Op) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">=", "IS NULL", "IS TRUE", "IS FALSE", "NOT EXISTS"}[o]
}

// Parse reads a pattern. Errors point at a byte and say what to change.
func Parse(text string) (*Pattern, error) {
	if !utf8.ValidString(text) {
		return nil, fault.New(fault.Invalid, "the filter pattern is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return nil, fault.New(fault.Invalid, "the filter pattern has %d characters; at most %d are taken", n, MaxLength)
	}
	p := &parser{text: text}
	p.blanks()
	var out *Pattern
	var err error
	switch p.peek() {
	case '{':
		out, err = p.json()
	case '[':
		out, err = p.fields()
	default:
		out, err = p.terms()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Everything reports whether the pattern matches every message.
func (p *Pattern) Everything() bool { return p.Kind == Terms && len(p.Terms) == 0 }

// Match reports whether a message matches.
func (p *Pattern) Match(message []byte) bool {
	switch p.Kind {
	case JSON:
		return p.matchJSON(message)
	case Fields:
		return p.matchFields(message)
	case Terms:
	}
	return p.matchTerms(message)
}

// Required returns texts that stand in every message that matches, unless there is
// a backslash in it: JSON may write them in another way. There may be none.
func (p *Pattern) Required() [][]byte { return p.required }

// MatchString is Match for a string, without a copy.
func (p *Pattern) MatchString(message string) bool {
	return p.Match(unsafe.Slice(unsafe.StringData(message), len(message))) // only read
}

// Warning says what of the pattern is likely not meant, "" if nothing is.
func (p *Pattern) Warning() string {
	if p.Kind != Terms {
		return ""
	}
	for i := range p.Terms {
		if p.Terms[i].Ignored {
			return "optional terms are ignored beside terms that must or must not be there: leave out the others, or the question marks"
		}
	}
	return ""
}

// holds evaluates conditions by what is known of each leaf.
func holds(n Node, leaf func(*Condition) bool) bool {
	switch x := n.(type) {
	case *Condition:
		return leaf(x)
	case And:
		for _, part := range x {
			if !holds(part, leaf) {
				return false
			}
		}
		return true
	case Or:
		for _, part := range x {
			if holds(part, leaf) {
				return true
			}
		}
	}
	return false
}

// parser is a place in the text of a pattern.
type parser struct {
	text      string
	at        int
	depth     int
	regexes   int
	wildcards int
	leaves    []*Condition
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) end() bool { return p.at >= len(p.text) }

func (p *parser) blanks() {
	for p.at < len(p.text) && isBlank(p.text[p.at]) {
		p.at++
	}
}

// take takes a sign if it comes next, after blanks.
func (p *parser) take(sign string) bool {
	p.blanks()
	if strings.HasPrefix(p.text[p.at:], sign) {
		p.at += len(sign)
		return true
	}
	return false
}

// here describes what comes next, for errors.
func (p *parser) here() string {
	if p.end() {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return "“" + string(r) + "”"
}

// blank is what separates the terms of a pattern and the fields of a message:
// the class \s of RE2.
const blank = " \t\n\f\r"

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' && c != '\v' }

// expression reads conditions joined by || and &&; operand reads one.
func (p *parser) expression(operand func() (*Condition, error)) (Node, error) {
	return p.chain("||", func() (Node, error) {
		return p.chain("&&", func() (Node, error) { return p.primary(operand) }, func(list []Node) Node { return And(list) })
	}, func(list []Node) Node { return Or(list) })
}

func (p *parser) chain(sign string, part func() (Node, error), join func([]Node) Node) (Node, error) {
	first, err := part()
	if err != nil {
		return nil, err
	}
	list := []Node{first}
	for p.take(sign) {
		n, err := part()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if len(list) == 1 {
		return first, nil
	}
	return join(list), nil
}

func (p *parser) primary(operand func() (*Condition, error)) (Node, error) {
	open := p.at
	if !p.take("(") {
		c, err := operand()
		if err != nil {
			return nil, err
		}
		c.index = len(p.leaves)
		p.leaves = append(p.leaves, c)
		return c, nil
	}
	if p.depth++; p.depth > maxNesting {
		return nil, fault.At(open, "the condition is nested more than %d deep", maxNesting)
	}
	n, err := p.expression(operand)
	if err != nil {
		return nil, err
	}
	p.depth--
	if !p.take(")") {
		return nil, fault.At(p.at, "expected “)” or && or ||, found %s", p.here())
	}
	return n, nil
}

// operator reads = != < <= > >=.
func (p *parser) operator() (Op, bool) {
	for _, op := range []Op{Ne, Le, Ge, Eq, Lt, Gt} { // the longer ones first
		if p.take(op.String()) {
			return op, true
		}
	}
	return 0, false
}
