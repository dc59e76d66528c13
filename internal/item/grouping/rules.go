package grouping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Rules are what a project has set about grouping; nil is nothing. They may be
// used by many at once.
type Rules struct {
	ignoreClient bool
	rules        []rule
	paths        []pathRule
}

// rule gives what its condition is true of a fingerprint, and perhaps a title.
type rule struct {
	condition   condition
	fingerprint template
	title       template
	patterns    []*pattern
}

// pathRule makes files of different places alike.
type pathRule struct {
	pattern     *pattern
	replacement string
}

// Limits of rules.
const (
	maxRules      = 200
	maxConditions = 2000 // in all rules
	maxNesting    = 12
	maxRuleText   = 2000
)

// Compile reads a project's fingerprint rules and path rules, JSON lists both; ""
// is none. Errors: Invalid with what is wrong, and in which rule.
//
//	rule      := {"condition": C, "fingerprint": T, "title": T?}
//	C         := {"path": P, OPERATOR: value} | {"all": [C…]} | {"any": [C…]} | {"none": [C…]}
//	path rule := {"pattern": regular expression, "replacement": text with \1}
//
// The paths default_fingerprint and default_title stand for what the algorithm
// made of the payload.
func Compile(rules, paths string, ignoreClient bool) (*Rules, error) {
	r := &Rules{ignoreClient: ignoreClient}
	p := &parser{}
	for i, raw := range p.list(rules, "rules") {
		p.where = fmt.Sprintf("rule %d", i+1)
		r.rules = append(r.rules, p.rule(raw))
	}
	for i, raw := range p.list(paths, "path rules") {
		p.where = fmt.Sprintf("path rule %d", i+1)
		r.paths = append(r.paths, p.pathRule(raw))
	}
	if p.err != nil {
		return nil, p.err
	}
	return r, nil
}

// parser reads rules; the first error ends it.
type parser struct {
	where      string
	err        error
	conditions int
	patterns   []*pattern // of the rule at hand
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fault.New(fault.Invalid, "%s", strings.TrimPrefix(p.where+": ", ": ")+fmt.Sprintf(format, args...))
	}
}

func (p *parser) list(text, what string) (all []json.RawMessage) {
	if strings.TrimSpace(text) == "" || p.err != nil {
		return nil
	}
	p.where = ""
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		p.fail("the %s are not a JSON list: %v", what, err)
		return nil
	}
	if len(all) > maxRules {
		p.fail("there are %d %s, the limit is %d", len(all), what, maxRules)
		return nil
	}
	return all
}

// object reads a JSON object, numbers as they are written.
func (p *parser) object(raw []byte, what string) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil || m == nil {
		p.fail("%s is not a JSON object", what)
		return nil
	}
	if _, err := d.Token(); err != io.EOF {
		p.fail("%s is followed by more than it", what)
	}
	return m
}

func (p *parser) only(m map[string]any, keys ...string) {
next:
	for k := range m {
		for _, known := range keys {
			if k == known {
				continue next
			}
		}
		p.fail("%.40q is not known here; there are %s", k, strings.Join(keys, ", "))
	}
}

func (p *parser) text(m map[string]any, key string, required bool) string {
	v, there := m[key]
	s, ok := v.(string)
	switch {
	case !there || v == nil:
		if required {
			p.fail("%s is missing", key)
		}
	case !ok:
		p.fail("%s is not a string", key)
	case len(s) > maxRuleText:
		p.fail("%s has %d bytes, the limit is %d", key, len(s), maxRuleText)
	case s == "" && required:
		p.fail("%s is empty", key)
	}
	return s
}

func (p *parser) rule(raw []byte) (r rule) {
	m := p.object(raw, "it")
	p.only(m, "condition", "fingerprint", "title", "comment")
	p.patterns = nil
	r.condition = p.condition(m["condition"], 0)
	r.fingerprint = p.template(p.text(m, "fingerprint", true))
	r.title = p.template(p.text(m, "title", false))
	r.patterns = p.patterns
	return r
}

func (p *parser) pathRule(raw []byte) (r pathRule) {
	m := p.object(raw, "it")
	p.only(m, "pattern", "replacement", "comment")
	r.pattern = p.pattern(p.text(m, "pattern", true))
	r.replacement = p.text(m, "replacement", false)
	return r
}

func (p *parser) pattern(text string) *pattern {
	if p.err != nil {
		return nil
	}
	made, err := compilePattern(text)
	if err != nil {
		p.fail("%.100q is not a regular expression: %v", text, err)
		return nil
	}
	p.patterns = append(p.patterns, made)
	return made
}

func (r *Rules) ignoresClient() bool { return r != nil && r.ignoreClient }

// apply finds the first rule that is true of a payload; -1 if none is.
func (r *Rules) apply(s *subject, fingerprint, title string) (index int, newFingerprint, newTitle string) {
	if r == nil || len(r.rules) == 0 {
		return -1, "", ""
	}
	v := &view{s: s, fingerprint: fingerprint, title: title}
	for i := range r.rules {
		one := &r.rules[i]
		if one.off() || !one.condition.holds(v) {
			continue
		}
		if text := one.fingerprint.fill(v); text != "" {
			return i, text, one.title.fill(v)
		}
	}
	return -1, "", ""
}

// off reports whether a rule is skipped because its expressions take too long.
func (r *rule) off() bool {
	for _, p := range r.patterns {
		if p.off() {
			return true
		}
	}
	return false
}

// path applies the first path rule that fits a file, and no other.
func (r *Rules) path(file string) string {
	if r == nil {
		return file
	}
	for i := range r.paths {
		if to, fits := r.paths[i].pattern.replace(file, r.paths[i].replacement); fits {
			return cut(to, maxText)
		}
	}
	return file
}

// Problem is a rule that is skipped, and why.
type Problem struct {
	Rule int  // index
	Path bool // of the path rules
	Why  string
}

// Problems lists the rules that are skipped because they took too long to try.
func (r *Rules) Problems() (list []Problem) {
	if r == nil {
		return nil
	}
	const why = "its regular expression took too long on several payloads, so the rule is skipped until it is changed"
	for i := range r.rules {
		if r.rules[i].off() {
			list = append(list, Problem{Rule: i, Why: why})
		}
	}
	for i := range r.paths {
		if r.paths[i].pattern.off() {
			list = append(list, Problem{Rule: i, Path: true, Why: why})
		}
	}
	return list
}
