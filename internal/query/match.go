package query

import (
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// Row is what an expression is evaluated on.
type Row interface {
	// Get returns the value of a field, null where the row has none.
	Get(name string) event.Value
}

// Match reports whether an expression is true of a row. The rules, which every
// store follows too:
//
//   - A comparison with null, or with a float that is no number (NaN), is not true,
//     whatever the operator; Not of it is. So "status != 200" as Not(status = 200) keeps rows without a status.
//   - Two strings compare as text, byte by byte. Otherwise both sides compare as
//     numbers if both can be read as one (booleans are 1 and 0, strings that
//     parse count), else as text in the canonical form of event.Value.Text.
//   - Text tests are about the canonical text; null has none.
//   - A value that stands as a condition is true if it is true, a number other
//     than zero, or the string "true".
func Match(e Expr, row Row) bool {
	switch x := e.(type) {
	case Compare:
		return compareValues(x.Op, Eval(x.L, row), Eval(x.R, row))
	case In:
		return isIn(Eval(x.X, row), x.Values)
	case Exists:
		return !Eval(x.X, row).IsNull()
	case Text:
		return hasText(x, Eval(x.X, row))
	case And:
		for _, t := range x.Terms {
			if !Match(t, row) {
				return false
			}
		}
		return true
	case Or:
		for _, t := range x.Terms {
			if Match(t, row) {
				return true
			}
		}
		return false
	case Not:
		return !Match(x.X, row)
	}
	return Truth(Eval(e, row))
}

func isIn(v event.Value, values []event.Value) bool {
	for _, w := range values {
		if compareValues(Eq, v, w) {
			return true
		}
	}
	return false
}

func hasText(x Text, v event.Value) bool { return !v.IsNull() && testText(x.Op, v.Text(), x.S) }

// Truth reports whether a value counts as true where a condition is wanted.
func Truth(v event.Value) bool {
	switch v.Kind() {
	case event.Bool:
		return v.Bool()
	case event.Int, event.Float:
		f, _ := v.Number()
		return f != 0
	case event.String:
		return v.Str() == "true"
	case event.Null:
	}
	return false
}

// Failed is true of rows whose event.FieldError says so: the condition that
// event.Failed is of a value.
func Failed() Expr {
	said := Field{Name: event.FieldError}
	no := In{X: said, Values: []event.Value{event.StringValue(""), event.StringValue("false"), event.StringValue("0")}}
	return And{Terms: []Expr{Exists{X: said}, Not{X: no}}}
}

// Eval computes an expression; a condition gives a boolean.
func Eval(e Expr, row Row) event.Value {
	switch x := e.(type) {
	case Field:
		return row.Get(x.Name)
	case Literal:
		return x.Value
	case Call:
		return call(x, row)
	}
	return event.BoolValue(Match(e, row))
}

func compareValues(op CompareOp, a, b event.Value) bool {
	if a.IsNull() || b.IsNull() || isNoNumber(a) || isNoNumber(b) {
		return false
	}
	if a.Kind() == event.Int && b.Kind() == event.Int { // floats would confuse those beyond 2^53
		return ordered(op, a.Int() < b.Int(), a.Int() > b.Int())
	}
	if a.Kind() != event.String || b.Kind() != event.String {
		x, ok := a.Number()
		y, both := b.Number()
		if ok && both {
			return ordered(op, x < y, x > y)
		}
	}
	c := strings.Compare(a.Text(), b.Text())
	return ordered(op, c < 0, c > 0)
}

func isNoNumber(v event.Value) bool { return v.Kind() == event.Float && math.IsNaN(v.Float()) }

func ordered(op CompareOp, less, greater bool) bool {
	switch op {
	case Eq:
		return !less && !greater
	case Ne:
		return less || greater
	case Lt:
		return less
	case Le:
		return !greater
	case Gt:
		return greater
	case Ge:
		return !less
	}
	return false
}

func testText(op TextOp, text, part string) bool {
	switch op {
	case Contains:
		return strings.Contains(text, part)
	case StartsWith:
		return strings.HasPrefix(text, part)
	case EndsWith:
		return strings.HasSuffix(text, part)
	case Search:
		return strings.Contains(strings.ToLower(text), strings.ToLower(part))
	case Regex:
		re := patterns.get(part)
		return re != nil && re.MatchString(text)
	case Pattern:
		p := filterPatterns.get(part)
		return p != nil && p.MatchString(text)
	}
	return false
}

// compiled keeps what texts mean once they are parsed: a live filter tests the
// same one on every event.
type compiled[T any] struct {
	parse func(string) (*T, error)
	mu    sync.RWMutex
	m     map[string]*T
}

const mostCompiled = 256

//nolint:gochecknoglobals // caches of pure results; nothing can be observed to change
var (
	patterns       = compiled[regexp.Regexp]{parse: regexp.Compile, m: map[string]*regexp.Regexp{}}
	filterPatterns = compiled[pattern.Pattern]{parse: pattern.Parse, m: map[string]*pattern.Pattern{}}
)

// get returns what a text means, nil if it cannot be parsed.
func (c *compiled[T]) get(text string) *T {
	c.mu.RLock()
	v, ok := c.m[text]
	c.mu.RUnlock()
	if ok {
		return v
	}
	v, err := c.parse(text)
	if err != nil {
		v = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= mostCompiled {
		clear(c.m)
	}
	c.m[text] = v
	return v
}
