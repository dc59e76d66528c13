package honeycomb

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/querier"
)

// resultWriter writes a complete result. The series may be many times as long
// as what is kept, since each point repeats its group: it is written as it goes.
type resultWriter struct {
	head    queryResult
	kept    *querier.Answer
	release func() // of what was kept
}

// WriteTo implements io.WriterTo.
func (r *resultWriter) WriteTo(to io.Writer) (int64, error) {
	defer r.release()
	w := &jsonWriter{buf: bufio.NewWriter(to)}
	w.text(`{"id":`)
	w.value(r.head.ID)
	w.text(`,"complete":true,"query":`)
	w.value(r.head.Query)
	w.text(`,"data":{"series":`)
	r.series(w, r.kept.Series)
	w.text(`,"results":`)
	r.table(w)
	if r.kept.Totals != nil {
		w.text(`,"total_by_aggregate":`)
		w.value(r.numbers(r.kept.Totals))
	}
	if r.kept.TotalsOver != nil {
		w.text(`,"total_by_aggregate_series":`)
		r.series(w, r.kept.TotalsOver)
	}
	if r.kept.Other != nil {
		w.text(`,"other_by_aggregate":`)
		w.value(r.numbers(r.kept.Other))
	}
	if c := r.kept.Compare; c != nil {
		w.text(`,"compare":{"time_offset_seconds":`)
		w.value(c.Offset / int64(time.Second))
		w.text(`,"series":`)
		r.series(w, c.Series)
		w.text(`}`)
	}
	if len(r.kept.Heatmaps) > 0 {
		w.text(`,"heatmaps":`)
		w.value(r.kept.Heatmaps)
	}
	w.text(`},"links":`)
	w.value(r.head.Links)
	w.text("}\n")
	return w.n, w.end()
}

// table writes the rows of the table: an array also if there are none.
func (r *resultWriter) table(w *jsonWriter) {
	names := r.columns()
	w.text(`[`)
	for i, row := range r.kept.Rows {
		w.comma(i)
		w.text(`{"data":{`)
		for k, v := range row {
			w.comma(k)
			w.text(names[k])
			w.value(r.exact(k, v))
		}
		w.text(`}}`)
	}
	w.text(`]`)
}

// columns are the names of the columns, each as the beginning of a member.
func (r *resultWriter) columns() []string {
	names := make([]string, len(r.kept.Columns))
	for i, c := range r.kept.Columns {
		names[i] = member(c.Name)
	}
	return names
}

func member(name string) string {
	raw, _ := json.Marshal(name) // a string always can be encoded
	return string(raw) + ":"
}

// exact gives integers that browsers would round their own form back.
func (r *resultWriter) exact(column int, v any) any {
	if text, ok := v.(string); ok && column < len(r.kept.Columns) && r.kept.Columns[column].Kind == event.Int.String() {
		return json.Number(text)
	}
	return v
}

// numbers does the same for totals, all of which are calculations.
func (r *resultWriter) numbers(values map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for name, v := range values {
		at := slices.IndexFunc(r.kept.Columns, func(c querier.AnswerColumn) bool { return c.Name == name })
		out[name] = v
		if at >= 0 {
			out[name] = r.exact(at, v)
		}
	}
	return out
}

// series writes the points that have a value, by time and then in the table's
// order: an array also if there are none.
func (r *resultWriter) series(w *jsonWriter, s *querier.AnswerSeries) {
	w.text(`[`)
	if s != nil {
		n := 0
		groups := r.groups(s)
		for i := range s.Count {
			at := time.Unix(0, int64(s.Start)+int64(i)*s.Step).UTC().Format(time.RFC3339Nano)
			for _, g := range groups {
				if g.empty(i) {
					continue
				}
				w.comma(n)
				n++
				w.text(`{"time":"` + at + `","data":{` + g.key)
				g.point(w, i)
				w.text(`}}`)
			}
		}
	}
	w.text(`]`)
}

// seriesGroup is a group with what does not change from point to point.
type seriesGroup struct {
	key     string // its breakdowns as members
	names   []string
	courses []querier.Course
}

func (r *resultWriter) groups(s *querier.AnswerSeries) []seriesGroup {
	groups := make([]seriesGroup, len(s.Groups))
	for i, from := range s.Groups {
		g := &groups[i]
		for k, v := range from.Key {
			raw, err := json.Marshal(r.exact(k, v))
			if err != nil {
				raw = []byte("null") // it was JSON when it was kept
			}
			if k > 0 {
				g.key += ","
			}
			g.key += member(r.kept.Columns[k].Name) + string(raw)
		}
		for _, c := range r.kept.Columns {
			if course, ok := from.Values[c.Name]; ok {
				g.names, g.courses = append(g.names, member(c.Name)), append(g.courses, course)
			}
		}
	}
	return groups
}

func (g *seriesGroup) empty(i int) bool {
	for _, c := range g.courses {
		if i < len(c) && !math.IsNaN(c[i]) {
			return false
		}
	}
	return true
}

func (g *seriesGroup) point(w *jsonWriter, i int) {
	for k, c := range g.courses {
		if k > 0 || g.key != "" {
			w.text(`,`)
		}
		w.text(g.names[k])
		if i < len(c) {
			w.text(string(c.Append(nil, i)))
		} else {
			w.text("null")
		}
	}
}

// jsonWriter writes JSON piece by piece and keeps the first error.
type jsonWriter struct {
	buf *bufio.Writer
	n   int64
	err error
}

func (w *jsonWriter) text(s string) {
	if w.err == nil {
		var n int
		n, w.err = w.buf.WriteString(s)
		w.n += int64(n)
	}
}

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.text(",")
	}
}

func (w *jsonWriter) value(v any) {
	raw, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
		return
	}
	w.text(string(raw))
}

func (w *jsonWriter) end() error {
	if w.err != nil {
		return w.err
	}
	return w.buf.Flush()
}
