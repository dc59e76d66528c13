package query

import (
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// FromPattern is a filter pattern of CloudWatch Logs as a condition on log lines.
// Terms become tests on the text, which engines do fast; the other kinds stay
// whole. A line without a message is one in which no term stands.
func FromPattern(p *pattern.Pattern) Expr { return patternOn(Field{Name: event.FieldBody}, p) }

func patternOn(text Expr, p *pattern.Pattern) Expr {
	if p.Kind != pattern.Terms {
		return Text{Op: Pattern, X: text, S: p.String()}
	}
	var all And
	var some Or
	for i := range p.Terms {
		t := &p.Terms[i]
		test := Text{Op: Contains, X: text, S: t.Text}
		if t.Regex != nil {
			test = Text{Op: Regex, X: text, S: t.Regex.String()}
		}
		switch {
		case t.Ignored:
		case t.Optional:
			some.Terms = append(some.Terms, test)
		default:
			all.Terms = append(all.Terms, negated(t.Excluded, test))
		}
	}
	switch {
	case len(some.Terms) == 1:
		return some.Terms[0]
	case len(some.Terms) > 1:
		return some
	case len(all.Terms) == 1:
		return all.Terms[0]
	}
	return all
}

// FilterPattern parses a filter pattern, or finds it parsed; nil if it is none.
func FilterPattern(text string) *pattern.Pattern { return filterPatterns.get(text) }

// Lowered is a test by a filter pattern in simpler conditions, if it is one of terms.
func (t Text) Lowered() (Expr, bool) {
	if t.Op != Pattern {
		return nil, false
	}
	p := filterPatterns.get(t.S)
	if p == nil || p.Kind != pattern.Terms {
		return nil, false
	}
	return And{Terms: []Expr{Exists{X: t.X}, patternOn(t.X, p)}}, true // null matches nothing
}
