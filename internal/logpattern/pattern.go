package logpattern

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Pattern is a template and what its messages say together.
type Pattern struct {
	ID       string // 32 hexadecimal digits, the same for the same template
	Text     string // with <Class-N> for what varies
	Parts    []Part
	Regex    string  // RE2; the messages match it as a whole
	Count    float64 // events in the period
	Before   float64 // events in the earlier period
	First    int64   // of the period, Unix ns; 0 if there are none
	Last     int64
	Severity [severities]float64
	Buckets  []float64 // events by bucket of time, nil if there are none
	Samples  []string  // messages, at most three, cut at MaxText
	Rest     bool      // messages that were too many different ones to tell apart
}

// Part is a piece of a pattern: a text, or what varies.
type Part struct {
	Text   string // of a text; else <Class-N>
	Class  Class  // 0 for a text
	Name   string // Class-N
	Values []Value
}

// Value is a value at a place of a pattern, and how many of the messages that were
// looked at have it.
type Value struct {
	Text  string
	Count float64
}

// Patterns returns what was found, the most frequent first; ties by text.
func (m *Miner) Patterns() []Pattern {
	general := generalize(m.groups)
	byText := map[string]*Template{}
	for _, g := range sorted(m.groups) {
		text := general.of(g.text)
		to := byText[text]
		if to == nil {
			to = &Template{text: text}
			byText[text] = to
		}
		to.join(g)
	}
	out := make([]Pattern, 0, len(byText))
	for _, g := range byText {
		if g.count > 0 || g.before > 0 {
			out = append(out, g.pattern())
		}
	}
	slices.SortFunc(out, func(a, b Pattern) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Before, a.Before), cmp.Compare(a.Text, b.Text))
	})
	return out
}

func (g *Template) pattern() Pattern {
	sum := sha256.Sum256([]byte(g.text))
	p := Pattern{
		ID: hex.EncodeToString(sum[:16]), Count: g.count, Before: g.before, First: g.first, Last: g.last,
		Severity: g.severity, Buckets: g.buckets, Samples: g.samples, Rest: g.text == restText,
	}
	var text, regex strings.Builder
	regex.WriteString("^")
	place := 0
	for piece := range pieces(g.text) {
		c := Class(piece[0])
		switch {
		case piece[0] > byte(rest):
			plain := strings.ReplaceAll(piece, string(controlMark), " ")
			p.Parts = append(p.Parts, Part{Text: plain})
			text.WriteString(plain)
			regex.WriteString(strings.ReplaceAll(regexp.QuoteMeta(piece), string(controlMark), `[\x00-\x1f\x7f]`))
			continue
		case c == rest:
			text.WriteString("…")
			p.Parts = append(p.Parts, Part{Text: "…"})
			regex.WriteString(`(?s:.*)`)
			continue
		}
		part := Part{Class: c, Name: c.String() + "-" + strconv.Itoa(place+1)}
		part.Text = "<" + part.Name + ">"
		if place < len(g.values) {
			part.Values = valuesOf(g.values[place])
		}
		place++
		p.Parts = append(p.Parts, part)
		text.WriteString(part.Text)
		regex.WriteString(c.regex())
	}
	p.Text, p.Regex = text.String(), regex.String()+`\s*$`
	return p
}

// regex is what a value of the class, or a list of such, matches.
func (c Class) regex() string {
	one := `[^\s",;]+`
	if c == Time {
		one = `[0-9A-Z][0-9A-Za-z :.,/+-]*`
	}
	return one + `(?:, ?` + one + `)*`
}

// pieces cuts a masked text into texts and single marks.
func pieces(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for start, i := 0, 0; i < len(text); {
			if text[i] > byte(rest) {
				if i++; i == len(text) {
					yield(text[start:])
				}
				continue
			}
			if i > start && !yield(text[start:i]) || !yield(text[i:i+1]) {
				return
			}
			i++
			start = i
		}
	}
}

// valuesOf lists the values, the most frequent first.
func valuesOf(values map[string]float64) []Value {
	list := make([]Value, 0, len(values))
	for v, n := range values {
		list = append(list, Value{v, n})
	}
	slices.SortFunc(list, func(a, b Value) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text)) })
	return list
}
