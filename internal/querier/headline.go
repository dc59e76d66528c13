package querier

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/store"
)

// worthSaying is the score from which a difference has a headline.
const worthSaying = 0.02

// words says a difference in a sentence; others names the baseline.
func (d *Difference) words(both *sides, others string) string {
	if d.Score < worthSaying || both.events[store.Others] == 0 || both.events[store.Selected] == 0 {
		return ""
	}
	absent := [2]float64{1 - d.Present[store.Selected], 1 - d.Present[store.Others]}
	missing := absent[store.Selected] - absent[store.Others]
	if d.Numbers != nil {
		m := d.Numbers.Median
		if math.Abs(missing) >= d.Score*0.9 || math.IsNaN(m[store.Selected]) || math.IsNaN(m[store.Others]) {
			return d.presence(missing, others)
		}
		way := "higher"
		if m[store.Selected] < m[store.Others] {
			way = "lower"
		}
		if m[store.Selected] == m[store.Others] {
			return fmt.Sprintf("%s is spread otherwise, around the same median of %s", d.Name, quantity(d.Name, m[store.Selected]))
		}
		return fmt.Sprintf("%s is %s: median %s in the selection, %s %s", d.Name, way, quantity(d.Name, m[store.Selected]), quantity(d.Name, m[store.Others]), strings.Replace(others, "of", "in", 1))
	}
	best, by := -1, 0.0
	for i, v := range d.Values {
		s := shares(v.Events, both.events)
		if diff := s[store.Selected] - s[store.Others]; diff > by && both.beyondChance(v.Events, d.Distinct) > 0 {
			best, by = i, diff
		}
	}
	const rare = 1.3 // a value that is said tells more than that there is one
	absence := both.beyondChance([2]float64{absent[0] * both.events[0], absent[1] * both.events[1]}, 1)
	if best < 0 || absence > 0 && (missing > by || -missing > rare*by) {
		return d.presence(missing, others)
	}
	s := shares(d.Values[best].Events, both.events)
	return fmt.Sprintf("%s = %s in %s of the selection, %s %s", d.Name, short(d.Values[best].Value.Text()), percent(s[store.Selected]), percent(s[store.Others]), others)
}

// presence says that a field is there, or is not.
func (d *Difference) presence(missing float64, others string) string {
	if missing > 0 {
		return fmt.Sprintf("%s is missing in %s of the selection, %s %s", d.Name, percent(1-d.Present[store.Selected]), percent(1-d.Present[store.Others]), others)
	}
	return fmt.Sprintf("%s is there in %s of the selection, %s %s", d.Name, percent(d.Present[store.Selected]), percent(d.Present[store.Others]), others)
}

// percent writes a share with as many digits as say something.
func percent(share float64) string {
	switch p := share * 100; {
	case p == 0 || p == 100:
		return strconv.Itoa(int(p)) + " %"
	case p < 0.1:
		return "under 0.1 %"
	case p < 10 || p > 99:
		return strconv.FormatFloat(min(p, 99.9), 'f', 1, 64) + " %"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
}

// quantity writes a number in the unit that its field's name says by custom.
func quantity(name string, v float64) string {
	name = strings.ToLower(name)
	has := func(ends ...string) bool {
		return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
	}
	switch {
	case has("_ms", ".ms", "_milliseconds"):
		return inSteps(v, 1000, "ms", "s")
	case has("_ns", "_nanoseconds"):
		return inSteps(v, 1000, "ns", "µs", "ms", "s")
	case has("_seconds", "_secs"):
		return number(v) + " s"
	case has("bytes"):
		return inSteps(v, 1000, "B", "kB", "MB", "GB", "TB")
	}
	return number(v)
}

// inSteps writes a number in the largest unit of which it is at least one.
func inSteps(v, step float64, units ...string) string {
	at := 0
	for ; at < len(units)-1 && math.Abs(v) >= step; at++ {
		v /= step
	}
	return number(v) + " " + units[at]
}

// number writes three digits, and powers of ten only where nobody would count zeros.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if size := math.Abs(v); size < 1000 || size >= 1e15 {
		return text
	}
	rounded, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(rounded, 'f', 0, 64)
}

// short cuts a long value.
func short(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	if text == "" {
		return `""`
	}
	return text
}
