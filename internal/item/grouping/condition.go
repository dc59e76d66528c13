package grouping

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// condition is a tree of tests.
type condition struct {
	branch string // all, any, none; "" for a leaf
	terms  []condition
	path   []string
	test   func(left any) bool
}

func (p *parser) condition(v any, depth int) (c condition) {
	m := object(v)
	if p.conditions++; p.conditions > maxConditions || depth > maxNesting {
		p.fail("the conditions are too many (%d are the most) or nested too deep (%d)", maxConditions, maxNesting)
	}
	if m == nil {
		p.fail("a condition is not an object")
	}
	if p.err != nil {
		return c
	}
	for _, branch := range []string{"all", "any", "none"} {
		terms, there := m[branch]
		if !there {
			continue
		}
		if len(m) > 1 {
			p.fail("a condition with %s has other keys too", branch)
		}
		l, ok := terms.([]any)
		if !ok || len(l) == 0 {
			p.fail("%s is not a list of conditions", branch)
		}
		c.branch = branch
		for _, t := range l {
			c.terms = append(c.terms, p.condition(t, depth+1))
		}
		return c
	}
	return p.leaf(m)
}

func (p *parser) leaf(m map[string]any) (c condition) {
	path := p.text(m, "path", true)
	if len(m) != 2 {
		p.fail("a condition has a path and one operator, or one of all, any, none")
		return c
	}
	c.path = p.path(path)
	for operator, right := range m {
		if operator != "path" {
			c.test = p.test(operator, right)
		}
	}
	return c
}

const maxPathParts = 40

func (p *parser) path(path string) []string {
	parts := strings.Split(path, ".")
	if len(parts) > maxPathParts || slices.Contains(parts, "") {
		p.fail("path %.60q is not 1 to %d names with dots between them", path, maxPathParts)
	}
	return parts
}

// test makes the test of an operator; missing fields are nil to it.
func (p *parser) test(operator string, right any) func(left any) bool {
	switch operator {
	case "eq":
		return func(left any) bool { return equal(left, right) }
	case "neq":
		return func(left any) bool { return !equal(left, right) }
	case "in", "nin":
		if _, isList := right.([]any); !isList {
			if _, isText := right.(string); !isText {
				p.fail("%s takes a list or a string", operator)
			}
		}
		return func(left any) bool { return within(left, right) == (operator == "in") }
	case "contains", "icontains":
		return func(left any) bool { return contains(left, right, operator == "icontains") }
	case "ncontains":
		return func(left any) bool { return !contains(left, right, false) }
	case "startswith", "endswith":
		return p.affix(operator, right)
	case "gt", "gte", "lt", "lte":
		return p.comparison(operator, right)
	case "regex_match":
		text, ok := right.(string)
		if !ok || len(text) > maxRuleText {
			p.fail("regex_match takes a string of up to %d bytes", maxRuleText)
			return nil
		}
		re := p.pattern(text)
		return func(left any) bool {
			s, ok := left.(string)
			return ok && re.matches(s)
		}
	}
	p.fail("operator %.40q is not known; there are eq, neq, in, nin, contains, icontains, ncontains, startswith, endswith, gt, gte, lt, lte, regex_match", operator)
	return nil
}

func (p *parser) affix(operator string, right any) func(left any) bool {
	want, ok := right.(string)
	if !ok {
		p.fail("%s takes a string", operator)
	}
	has := strings.HasPrefix
	if operator == "endswith" {
		has = strings.HasSuffix
	}
	return func(left any) bool {
		s, ok := left.(string)
		return ok && has(s, want)
	}
}

func (p *parser) comparison(operator string, right any) func(left any) bool {
	want, ok := number(right)
	if _, isText := right.(string); !ok || isText {
		p.fail("%s takes a number", operator)
	}
	return func(left any) bool {
		if left == nil {
			return false
		}
		n, _ := number(left) // 0 if it is none
		switch operator {
		case "gt":
			return n > want
		case "gte":
			return n >= want
		case "lt":
			return n < want
		}
		return n <= want
	}
}

// holds reports whether a condition is true of a payload.
func (c *condition) holds(v *view) bool {
	switch c.branch {
	case "all":
		return !slices.ContainsFunc(c.terms, func(t condition) bool { return !t.holds(v) })
	case "any":
		return slices.ContainsFunc(c.terms, func(t condition) bool { return t.holds(v) })
	case "none":
		return !slices.ContainsFunc(c.terms, func(t condition) bool { return t.holds(v) })
	}
	return v.each(c.path, c.test)
}

// view is a payload as rules see it.
type view struct {
	s                  *subject
	fingerprint, title string
}

// maxElements bounds what a * stands for.
const maxElements = 20_000

// each reports whether a test is true of any value at a path. Where there is
// none, of null.
func (v *view) each(path []string, test func(any) bool) bool {
	left := maxElements
	found := false
	hit := walk(v.root(path), path, &left, func(value any) bool {
		found = true
		return test(value)
	})
	if !found {
		return test(nil)
	}
	return hit
}

// root is where a path begins: in the payload, or in what is as good as it.
func (v *view) root(path []string) any {
	if len(path) == 1 {
		switch path[0] {
		case "default_fingerprint":
			return map[string]any{path[0]: v.fingerprint}
		case "default_title":
			return map[string]any{path[0]: v.title}
		}
	}
	if len(path) > 1 && path[0] == "body" && path[1] == "trace" && v.s.body["trace"] == nil && len(v.s.traces) == 1 {
		return map[string]any{"body": map[string]any{"trace": v.s.traces[0]}}
	}
	return v.s.data
}

// walk calls f for each value at a path until it returns true.
func walk(at any, path []string, left *int, f func(any) bool) bool {
	if *left--; *left < 0 {
		return false
	}
	if len(path) == 0 {
		return f(at)
	}
	switch at := at.(type) {
	case map[string]any:
		if path[0] != "*" {
			next, there := at[path[0]]
			return there && walk(next, path[1:], left, f)
		}
		for _, name := range slices.Sorted(maps.Keys(at)) { // the same every time
			if walk(at[name], path[1:], left, f) {
				return true
			}
		}
	case []any:
		if path[0] == "*" {
			for _, next := range at {
				if walk(next, path[1:], left, f) {
					return true
				}
			}
			return false
		}
		i, err := strconv.Atoi(path[0])
		if i < 0 {
			i += len(at)
		}
		return err == nil && i >= 0 && i < len(at) && walk(at[i], path[1:], left, f)
	}
	return false
}

// number is a value as a number, whatever its type.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

func isNumber(v any) bool {
	switch v.(type) {
	case json.Number, float64, int, int64:
		return true
	}
	return false
}

// equal is JSON's equality.
func equal(a, b any) bool {
	if isNumber(a) && isNumber(b) {
		x, okX := number(a)
		y, okY := number(b)
		return okX && okY && x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		s, ok := b.(string)
		return ok && a == s
	case bool:
		t, ok := b.(bool)
		return ok && a == t
	case []any:
		l, ok := b.([]any)
		return ok && slices.EqualFunc(a, l, equal)
	case map[string]any:
		m, ok := b.(map[string]any)
		return ok && reflect.DeepEqual(a, m)
	}
	return false
}

// within reports whether left is in a list, or a part of a text.
func within(left, right any) bool {
	if l, ok := right.([]any); ok {
		return slices.ContainsFunc(l, func(v any) bool { return equal(left, v) })
	}
	s, ok := left.(string)
	text, isText := right.(string)
	return ok && isText && strings.Contains(text, s)
}

// contains reports whether left has right: a text a part, a list an element, an
// object a key.
func contains(left, right any, fold bool) bool {
	want, isText := right.(string)
	if fold {
		want = strings.ToLower(want)
	}
	same := func(s string) string {
		if fold {
			return strings.ToLower(s)
		}
		return s
	}
	switch left := left.(type) {
	case string:
		return isText && strings.Contains(same(left), want)
	case []any:
		return slices.ContainsFunc(left, func(v any) bool {
			s, ok := v.(string)
			return equal(v, right) || (ok && isText && fold && same(s) == want)
		})
	case map[string]any:
		if !isText {
			return false
		}
		if !fold {
			_, ok := left[want]
			return ok
		}
		for k := range left {
			if same(k) == want {
				return true
			}
		}
	}
	return false
}
