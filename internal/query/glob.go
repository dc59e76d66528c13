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
	rare     []int    // of each, the byte that texts have seldom
}

// NewGlob reads a pattern.
func NewGlob(pattern string) Glob {
	g := Glob{literals: strings.Split(pattern, "*")}
	g.rare = make([]int, len(g.literals))
	for i, literal := range g.literals {
		for k := range len(literal) {
			if frequency(literal[k]) < frequency(literal[g.rare[i]]) {
				g.rare[i] = k
			}
		}
	}
	return g
}

// frequency orders bytes by how often they are in lines of logs: JSON, ids in hex,
// words.
func frequency(c byte) int {
	switch {
	case strings.IndexByte("0123456789abcdef\" ", c) >= 0:
		return 3
	case strings.IndexByte("einorst,:/-_.{}[]=", c) >= 0:
		return 2
	case c >= 'a' && c <= 'z':
		return 1
	}
	return 0
}

// index finds literal i in a text, -1 if it is not there. It looks for its rare
// byte, since strings.Index stops at each that is like the first.
func (g *Glob) index(s string, i int) int {
	literal, rare := g.literals[i], g.rare[i]
	if literal == "" {
		return 0
	}
	for from := rare; from < len(s); {
		k := strings.IndexByte(s[from:], literal[rare])
		if k < 0 {
			return -1
		}
		at := from + k - rare
		if at+len(literal) <= len(s) && s[at:at+len(literal)] == literal {
			return at
		}
		from += k + 1
	}
	return -1
}

// Stars returns how many stars there are.
func (g Glob) Stars() int { return len(g.literals) - 1 }

// Literals are the texts before, between and behind the stars.
func (g Glob) Literals() []string { return g.literals }

// Part returns what star n stands for in s; false if the pattern is not in s.
func (g Glob) Part(s string, n int) (part string, ok bool) {
	if n >= g.Stars() {
		return "", false
	}
	at := g.index(s, 0)
	if at < 0 {
		return "", false
	}
	s = s[at+len(g.literals[0]):]
	last := len(g.literals) - 1
	for i, literal := range g.literals[1:] {
		end := len(s)
		if literal != "" || i+1 < last {
			if end = g.index(s, i+1); end < 0 {
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
