package cli

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// column is a column of a printed table.
type column struct {
	title string
	right bool // numbers
	whole bool // never cut
	dim   bool
	alarm bool // red, if it is not 0
}

// table prints aligned columns; the widest text column gives way when the
// terminal is narrow.
type table struct {
	columns []column
	rows    [][]string
}

func (t *table) print(s Streams) error {
	widths := make([]int, len(t.columns))
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
		widths[i] = columns(c.title)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	t.fit(widths, s.Width)
	var b strings.Builder
	t.line(&b, s, titles, widths, true)
	for _, row := range t.rows {
		t.line(&b, s, row, widths, false)
	}
	_, err := io.WriteString(s.Out, b.String())
	return err
}

// drop takes columns out by their titles.
func (t *table) drop(titles ...string) {
	for i, c := range slices.Backward(t.columns) {
		if !slices.Contains(titles, c.title) {
			continue
		}
		t.columns = slices.Delete(t.columns, i, i+1)
		for k := range t.rows {
			t.rows[k] = slices.Delete(t.rows[k], i, i+1)
		}
	}
}

const gap = 2

// fit takes columns from the widest text until the line fits a terminal.
func (t *table) fit(widths []int, terminal int) {
	const narrowest = 12
	if terminal <= 0 {
		return
	}
	for {
		total, widest := -gap, -1
		for i, w := range widths {
			total += w + gap
			if c := t.columns[i]; !c.right && !c.whole && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if total <= terminal || widest < 0 {
			return
		}
		widths[widest] = max(widths[widest]-(total-terminal), narrowest)
	}
}

func (t *table) line(out *strings.Builder, s Streams, cells []string, widths []int, title bool) {
	var b strings.Builder
	for i, cell := range cells {
		c := t.columns[i]
		cell = shorten(cell, widths[i])
		before, after := "", strings.Repeat(" ", widths[i]-columns(cell))
		if c.right {
			before, after = after, ""
		}
		switch {
		case title:
			cell = s.paint(bold, cell)
		case c.alarm && cell != "0":
			cell = s.paint(red, cell)
		case c.dim || cell == nothing:
			cell = s.paint(dim, cell)
		}
		b.WriteString(before + cell + after + strings.Repeat(" ", gap))
	}
	out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// nothing stands in a table for a value that is not there, as in the pages.
const nothing = "–"

// short prints a value for people: numbers with up to three decimals.
func short(v any) string {
	if v == nil {
		return nothing
	}
	f, ok := v.(float64)
	if !ok {
		return clean(exact(v))
	}
	switch a := math.Abs(f); {
	case a == math.Trunc(a) && a < 1e15:
		return fmt.Sprintf("%.0f", f)
	case a >= 1000:
		return fmt.Sprintf("%.0f", f)
	case a >= 1:
		return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", f), "0"), ".")
	}
	return fmt.Sprintf("%.3g", f)
}

// grouped prints a count with its thousands set apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sparkline draws values in at most n characters; gaps stay blank.
func sparkline(values []*float64, n int) string {
	if len(values) == 0 {
		return ""
	}
	n = min(n, len(values))
	sums, counts := make([]float64, n), make([]int, n)
	top := 0.0
	for i, v := range values {
		if v == nil {
			continue
		}
		at := i * n / len(values)
		sums[at] += *v
		counts[at]++
	}
	for i := range sums {
		if counts[i] > 0 {
			sums[i] /= float64(counts[i])
			top = max(top, sums[i])
		}
	}
	levels := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for i := range sums {
		switch {
		case counts[i] == 0:
			b.WriteRune(' ')
		case top <= 0:
			b.WriteRune(levels[0])
		default:
			b.WriteRune(levels[min(max(int(sums[i]/top*float64(len(levels))), 0), len(levels)-1)])
		}
	}
	return b.String()
}

// duration prints nanoseconds with three digits and a unit that fits.
func duration(ns int64) string {
	f := float64(ns)
	switch {
	case ns < 1000:
		return fmt.Sprintf("%d ns", ns)
	case ns < 1e6:
		return digits(f/1e3) + " µs"
	case ns < 1e9:
		return digits(f/1e6) + " ms"
	case ns < 120e9:
		return digits(f/1e9) + " s"
	}
	return digits(f/60e9) + " min"
}

func digits(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// paint wraps text in a colour if the terminal shows colours.
func (s Streams) paint(code, text string) string {
	if !s.Color || text == "" || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	red    = "31"
	yellow = "33"
	blue   = "34"
	dim    = "2"
	bold   = "1"
)
