package storetest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Tolerances of Difference, relative. Sums of floats depend on their order.
// Quantiles may be off by one per cent of the value.
const (
	sumTolerance      = 1e-9
	quantileTolerance = 0.0101
)

// Difference describes how two answers to q differ, "" if they agree. Columns
// that hold nothing and the order of columns do not matter for raw events; the
// order of rows matters where the last stage but for Limit and Project is a Sort,
// and then only up to ties. Values agree if both are null, the same number, or
// the same text: a store may keep a field in a wider kind than another does.
func Difference(q *query.Query, want, got *store.Result) string {
	names, raw := outputNames(q, want, got)
	if d := differentColumns(names, raw, want, got); d != "" {
		return d
	}
	if want.Rows != got.Rows {
		return fmt.Sprintf("want %d rows, got %d\nwant:\n%s\ngot:\n%s", want.Rows, got.Rows, Table(want), Table(got))
	}
	w, g := rowsOf(want, names), rowsOf(got, names)
	if keys := finalSort(q); keys != nil {
		if d := outOfOrder(keys, names, g); d != "" {
			return d
		}
	}
	kinds := columnTolerances(q, names)
	slices.SortFunc(w, byText)
	slices.SortFunc(g, byText)
	for i := range w {
		if !sameRow(w[i], g[i], kinds) {
			// Sorting by text may part rows whose floats differ in the last digit.
			return matchAnyOrder(names, w, g, kinds)
		}
	}
	return ""
}

func outputNames(q *query.Query, want, got *store.Result) (names []string, raw bool) {
	raw = true
	for _, s := range q.Stages {
		switch s.(type) {
		case query.Aggregate, query.Project:
			raw = false
		}
	}
	for _, r := range []*store.Result{want, got} {
		for _, c := range r.Columns {
			if (!raw || c.Kind != event.Null) && !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names, raw
}

func differentColumns(names []string, raw bool, want, got *store.Result) string {
	if !raw {
		for i, c := range want.Columns {
			if i >= len(got.Columns) || got.Columns[i].Name != c.Name {
				return fmt.Sprintf("columns differ at %d\nwant:\n%s\ngot:\n%s", i, Table(want), Table(got))
			}
		}
		if len(got.Columns) > len(want.Columns) {
			return fmt.Sprintf("%d columns too many", len(got.Columns)-len(want.Columns))
		}
	}
	for _, name := range names {
		w, g := want.Column(name), got.Column(name)
		if w == nil && want.Rows > 0 || g == nil && got.Rows > 0 {
			return fmt.Sprintf("column %q is in one result only", name)
		}
	}
	return ""
}

func rowsOf(r *store.Result, names []string) [][]event.Value {
	rows := make([][]event.Value, r.Rows)
	for i := range rows {
		for _, name := range names {
			rows[i] = append(rows[i], r.Column(name).Values[i])
		}
	}
	return rows
}

func byText(a, b []event.Value) int {
	return slices.CompareFunc(a, b, func(x, y event.Value) int {
		if x.IsNull() != y.IsNull() {
			return map[bool]int{true: -1, false: 1}[x.IsNull()]
		}
		return strings.Compare(x.Text(), y.Text())
	})
}

// columnTolerances says for each column how far off a number may be; -1 marks histograms.
func columnTolerances(q *query.Query, names []string) []float64 {
	by := make([]float64, len(names))
	for i := range by {
		by[i] = sumTolerance
	}
	for _, s := range q.Stages {
		a, ok := s.(query.Aggregate)
		if !ok {
			continue
		}
		for _, c := range a.Calcs {
			i := slices.Index(names, c.Name)
			switch {
			case i < 0:
			case c.Op == query.Quantile || c.Op == query.Interpolated:
				by[i] = quantileTolerance
			case c.Op == query.Histogram:
				by[i] = -1
			}
		}
	}
	return by
}

func sameRow(a, b []event.Value, tolerances []float64) bool {
	for i := range a {
		if tolerances[i] < 0 && !a[i].IsNull() && !b[i].IsNull() {
			if !sameHistogram(a[i].Text(), b[i].Text()) {
				return false
			}
			continue
		}
		if !SameValue(a[i], b[i], tolerances[i]) {
			return false
		}
	}
	return true
}

// SameValue reports whether two values are both null, numbers that differ by at
// most the tolerance relative to the greater, or the same text.
func SameValue(a, b event.Value, tolerance float64) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	if a.Text() == b.Text() {
		return true
	}
	x, isNumber := a.Number()
	y, both := b.Number()
	if !isNumber || !both || a.Kind() == event.String && b.Kind() == event.String && x != y {
		return false
	}
	return x == y || math.Abs(x-y) <= tolerance*max(math.Abs(x), math.Abs(y), 1e-3)
}

// sameHistogram allows a value that lies on the border of two bins to be in
// either: running counts must not differ by more than one bin's shift.
func sameHistogram(a, b string) bool {
	x, okX := readHistogram(a)
	y, okY := readHistogram(b)
	if !okX || !okY {
		return false
	}
	running := func(h map[int]float64, upTo int) (sum float64) {
		for bin, n := range h {
			if bin <= upTo {
				sum += n
			}
		}
		return sum
	}
	for _, h := range []map[int]float64{x, y} {
		for bin := range h {
			n := running(y, bin)
			if n < running(x, bin-1) || n > running(x, bin+1) {
				return false
			}
		}
	}
	return running(x, math.MaxInt32) == running(y, math.MaxInt32)
}

func readHistogram(text string) (map[int]float64, bool) {
	var named map[string]float64
	if json.Unmarshal([]byte(text), &named) != nil {
		return nil, false
	}
	bins := make(map[int]float64, len(named))
	for name, n := range named {
		bin, err := strconv.Atoi(name)
		if err != nil {
			return nil, false
		}
		bins[bin] = n
	}
	return bins, true
}

// matchAnyOrder pairs rows up one by one, whatever their order.
func matchAnyOrder(names []string, want, got [][]event.Value, tolerances []float64) string {
	left := slices.Clone(got)
	for _, w := range want {
		i := slices.IndexFunc(left, func(g []event.Value) bool { return sameRow(w, g, tolerances) })
		if i < 0 {
			return fmt.Sprintf("no row %s\nin what is left of the result, %d rows such as\n%s\ncolumns %q", rowText(w), len(left), rowText(left[0]), names)
		}
		left = slices.Delete(left, i, i+1)
	}
	return ""
}

// finalSort returns the keys the result must be ordered by, if any.
func finalSort(q *query.Query) []query.SortKey {
	for _, s := range slices.Backward(q.Stages) {
		switch s := s.(type) {
		case query.Sort:
			return s.Keys
		case query.Limit:
		default:
			return nil
		}
	}
	return nil
}

func outOfOrder(keys []query.SortKey, names []string, rows [][]event.Value) string {
	recordOf := func(row []event.Value) record {
		r := record{fields: map[string]event.Value{}}
		for i, name := range names {
			r.fields[name] = row[i]
		}
		return r
	}
	for i := 1; i < len(rows); i++ {
		if compareBy(keys, recordOf(rows[i-1]), recordOf(rows[i])) > 0 {
			return fmt.Sprintf("rows %d and %d are out of order\n%s\n%s", i-1, i, rowText(rows[i-1]), rowText(rows[i]))
		}
	}
	return ""
}

func rowText(row []event.Value) string {
	cells := make([]string, len(row))
	for i, v := range row {
		cells[i] = cellText(v)
	}
	return "[" + strings.Join(cells, ", ") + "]"
}

func cellText(v event.Value) string {
	switch v.Kind() {
	case event.Null:
		return "null"
	case event.String:
		b, err := json.Marshal(v.Str())
		if err != nil {
			return strconv.Quote(v.Str())
		}
		return string(b)
	case event.Float:
		if s := v.Text(); strings.ContainsAny(s, ".eIN") {
			return s
		}
		return v.Text() + ".0"
	case event.Bool, event.Int:
	}
	return v.Text()
}

// Table prints a result: a line of column names, then a JSON array for each row.
// Whole floats end in ".0".
func Table(r *store.Result) string {
	var b strings.Builder
	names := make([]event.Value, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = event.StringValue(c.Name)
	}
	b.WriteString(rowText(names) + "\n")
	for i := range r.Rows {
		row := make([]event.Value, len(r.Columns))
		for j, c := range r.Columns {
			row[j] = c.Values[i]
		}
		b.WriteString(rowText(row) + "\n")
	}
	return b.String()
}
