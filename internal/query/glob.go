package query

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Glob finds what the stars of a pattern stand for. Each stands for the shortest
// text up to what follows it; one at the end takes the rest. The whole may lie
// anywhere in a text, but a star at the beginning begins with it.
type Glob struct {
	literals []string // what stands before, between and behind the stars
}

// NewGlob reads a pattern.
func NewGlob(pattern string) Glob { return Glob{literals: strings.Split(pattern, "*")} }

// Stars returns how many stars there are.
func (g Glob) Stars() int { return len(g.literals) - 1 }

// Literals are the texts before, between and behind the stars.
func (g Glob) Literals() []string { return g.literals }

// Part returns what star n stands for in s; false if the pattern is not in s.
func (g Glob) Part(s string, n int) (part string, ok bool) {
	if n >= g.Stars() {
		return "", false
	}
	at := strings.Index(s, g.literals[0])
	if at < 0 {
		return "", false
	}
	s = s[at+len(g.literals[0]):]
	last := len(g.literals) - 1
	for i, literal := range g.literals[1:] {
		end := len(s)
		if literal != "" || i+1 < last {
			if end = strings.Index(s, literal); end < 0 {
				return "", false
			}
		}
		if i == n {
			part = s[:end]
		}
		s = s[min(end+len(literal), len(s)):]
	}
	return part, true
}

func evalGlobPart(_ Row, args []event.Value) event.Value {
	n, ok := readNumber(args[2])
	if args[0].IsNull() || args[1].IsNull() || !ok || n < 0 {
		return event.Value{}
	}
	part, ok := NewGlob(args[1].Text()).Part(args[0].Text(), int(n))
	if !ok {
		return event.Value{}
	}
	return event.StringValue(part)
}
