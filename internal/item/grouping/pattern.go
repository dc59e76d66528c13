package grouping

import (
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2"
)

// pattern is a regular expression of a user's. What Go's engine understands runs
// there, in linear time. Lookahead and lookbehind, which Rollbar's own examples
// use, run on an engine that backtracks, for a limited time; a pattern that is
// cut off a few times is not tried any more.
type pattern struct {
	linear       *regexp.Regexp
	backtracking *regexp2.Regexp
	timeouts     atomic.Int32
}

const (
	matchTimeout   = 20 * time.Millisecond // the engine's clock ticks each 100
	timeoutsToStop = 3
	maxMatched     = 8 << 10 // bytes of text that are matched
)

func compilePattern(text string) (*pattern, error) {
	if re, err := regexp.Compile(text); err == nil {
		return &pattern{linear: re}, nil
	}
	re, err := regexp2.Compile(text, regexp2.RE2)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return &pattern{backtracking: re}, nil
}

func (p *pattern) off() bool { return p.timeouts.Load() >= timeoutsToStop }

// matches reports whether the expression is found anywhere in a text.
func (p *pattern) matches(s string) bool {
	s = cut(s, maxMatched)
	if p.linear != nil {
		return p.linear.MatchString(s)
	}
	if p.off() {
		return false
	}
	ok, err := p.backtracking.MatchString(s)
	if err != nil {
		p.timeouts.Add(1)
	}
	return ok && err == nil
}

// replace replaces all matches; \1 in the replacement is the first group.
func (p *pattern) replace(s, replacement string) (to string, fits bool) {
	if !p.matches(s) {
		return s, false
	}
	replacement = dollars(replacement)
	if p.linear != nil {
		return p.linear.ReplaceAllString(s, replacement), true
	}
	to, err := p.backtracking.Replace(s, replacement, -1, -1)
	if err != nil {
		p.timeouts.Add(1)
		return s, false
	}
	return to, true
}

// dollars writes a replacement the way both engines read it: \1 becomes ${1}.
func dollars(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '$':
			b.WriteString("$$")
		case s[i] == '\\' && i+1 < len(s) && isDigit(s[i+1]):
			i++
			b.WriteString("${" + s[i:i+1] + "}")
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
