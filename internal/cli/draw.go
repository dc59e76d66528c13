package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// column is a column of a printed table.
type column struct {
	title string
	right bool
}

// table prints aligned columns; the widest text column gives way when the
// terminal is narrow.
type table struct {
	columns []column
	rows    [][]string
	width   int
}

func (t *table) print(w io.Writer) error {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.title)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	t.fit(widths)
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	if err := t.line(w, titles, widths); err != nil {
		return err
	}
	for _, row := range t.rows {
		if err := t.line(w, row, widths); err != nil {
			return err
		}
	}
	return nil
}

const gap = 2

func (t *table) fit(widths []int) {
	const narrowest = 12
	if t.width <= 0 {
		return
	}
	for {
		total, widest := -gap, -1
		for i, w := range widths {
			total += w + gap
			if !t.columns[i].right && w > narrowest && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if total <= t.width || widest < 0 {
			return
		}
		widths[widest] = max(widths[widest]-(total-t.width), narrowest)
	}
}

func (t *table) line(w io.Writer, cells []string, widths []int) error {
	var b strings.Builder
	for i, cell := range cells {
		cell = shorten(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		switch {
		case t.columns[i].right:
			b.WriteString(pad + cell)
		default:
			b.WriteString(cell + pad)
		}
		b.WriteString(strings.Repeat(" ", gap))
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	return err
}

// shorten cuts text to n characters, the last of them an ellipsis.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}

// short prints a value for people: numbers with up to three decimals.
func short(v any) string {
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
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	red  = "31"
	dim  = "2"
	blue = "34"
	bold = "1"
)
