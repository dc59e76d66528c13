package querier

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Answer is the answer to a Honeycomb query as JSON: the result of docs/api.md,
// which pages read and which is kept. Times are Unix nanoseconds as decimal
// texts. One that was read from JSON by [DecodeKept] holds numbers as
// [json.Number].
type Answer struct {
	Columns    []AnswerColumn  `json:"columns"`
	Rows       [][]any         `json:"rows"`
	More       bool            `json:"more"`
	Start      Nanos           `json:"start"`
	End        Nanos           `json:"end"`
	Breakdowns int             `json:"breakdowns"` // how many of the columns, from the first on
	Series     *AnswerSeries   `json:"series,omitempty"`
	Compare    *AnswerCompare  `json:"compare,omitempty"`
	Heatmaps   []AnswerHeatmap `json:"heatmaps,omitempty"`
	Totals     map[string]any  `json:"totals,omitempty"`
	TotalsOver *AnswerSeries   `json:"totals_series,omitempty"`
	Other      map[string]any  `json:"other,omitempty"`
}

// Nanos is a time in Unix nanoseconds. It is a text in JSON, since browsers
// round numbers of that size.
type Nanos int64

// MarshalText implements encoding.TextMarshaler.
func (n Nanos) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(n), 10), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Nanos) UnmarshalText(text []byte) error {
	v, err := strconv.ParseInt(string(text), 10, 64)
	*n = Nanos(v)
	return err
}

// AnswerColumn names a column of the table; Kind is an [event.Kind]'s name.
type AnswerColumn struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// AnswerSeries is the course over time of the table's groups. A point without a
// value is null.
type AnswerSeries struct {
	Start  Nanos         `json:"start"`
	Step   int64         `json:"step"`
	Count  int           `json:"count"`
	Groups []AnswerGroup `json:"groups"`
}

// AnswerGroup is the course of one group, by calculation.
type AnswerGroup struct {
	Key    []any             `json:"key"`
	Values map[string]Course `json:"values"`
}

// Course is the values of a calculation by bucket of time; NaN, which is null in
// JSON, where there is none.
type Course []float64

// Append appends the JSON of point i.
func (c Course) Append(buf []byte, i int) []byte {
	v := c[i]
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(buf, "null"...)
	}
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.AppendFloat(buf, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(buf, v, 'f', -1, 64)
}

// MarshalJSON implements json.Marshaler.
func (c Course) MarshalJSON() ([]byte, error) {
	buf := append(make([]byte, 0, 2+6*len(c)), '[')
	for i := range c {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = c.Append(buf, i)
	}
	return append(buf, ']'), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Course) UnmarshalJSON(raw []byte) error {
	text := strings.TrimSpace(string(raw))
	inner, ok := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed {
		return fmt.Errorf("a course is no list: %.40s", text)
	}
	*c = Course{}
	if strings.TrimSpace(inner) == "" {
		return nil
	}
	*c = make(Course, 0, strings.Count(inner, ",")+1)
	for point := range strings.SplitSeq(inner, ",") {
		v := math.NaN()
		if point = strings.TrimSpace(point); point != "null" {
			var err error
			if v, err = strconv.ParseFloat(point, 64); err != nil {
				return fmt.Errorf("a course has a point that is no number: %.40s", point)
			}
		}
		*c = append(*c, v)
	}
	return nil
}

// AnswerCompare is the course of the same groups, Offset nanoseconds earlier.
type AnswerCompare struct {
	Offset int64         `json:"offset"`
	Series *AnswerSeries `json:"series"`
}

// AnswerHeatmap counts values by bucket of time (major) and bin, from low to high.
type AnswerHeatmap struct {
	Calc   string    `json:"calc"`
	Column string    `json:"column"`
	Group  []any     `json:"group"`
	Start  Nanos     `json:"start"`
	Step   int64     `json:"step"`
	Count  int       `json:"count"`
	Scale  string    `json:"scale"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Bins   int       `json:"bins"`
	Counts []float64 `json:"counts"`
}

// Kept is what is stored of an answer: it, and what it cost.
type Kept struct {
	Result    *Answer  `json:"result"`
	ElapsedMS float64  `json:"elapsed_ms"`
	Scanned   int64    `json:"scanned"`
	Sampled   bool     `json:"sampled"`
	Complete  bool     `json:"complete"`
	Missing   []string `json:"missing,omitempty"`
}

// Keep returns what is stored of a result.
func (r *SpecResult) Keep(elapsedMS float64) *Kept {
	return &Kept{
		Result: r.Answer(), ElapsedMS: elapsedMS, Scanned: r.Stats.Scanned, Sampled: r.Stats.Sampled,
		Complete: !r.Stats.Partial, Missing: r.Stats.Missing,
	}
}

// Answer returns the result as JSON.
func (r *SpecResult) Answer() *Answer {
	a := &Answer{
		Columns: make([]AnswerColumn, len(r.Columns)), Rows: make([][]any, r.Rows), More: r.More,
		Start: Nanos(r.Plan.Start), End: Nanos(r.Plan.End), Breakdowns: len(r.Plan.Breakdowns),
		Series: r.Series.answer(), Totals: answerValues(r.Totals), TotalsOver: r.TotalSeries.answer(), Other: answerValues(r.Other),
	}
	for i, c := range r.Columns {
		a.Columns[i] = AnswerColumn{c.Name, c.Kind.String()}
	}
	for i := range a.Rows {
		a.Rows[i] = make([]any, len(r.Columns))
		for k := range r.Columns {
			a.Rows[i][k] = JSONValue(r.Columns[k].Values[i])
		}
	}
	if r.Compare != nil {
		a.Compare = &AnswerCompare{Offset: r.Plan.Compare, Series: r.Compare.answer()}
	}
	for _, h := range r.Heatmaps {
		a.Heatmaps = append(a.Heatmaps, AnswerHeatmap{
			Calc: h.Calc, Column: h.Column, Group: []any{}, Start: Nanos(h.Start), Step: h.Step, Count: h.Count,
			Scale: h.Scale, Min: h.Min, Max: h.Max, Bins: h.Bins, Counts: h.Counts,
		})
	}
	return a
}

func answerValues(values map[string]event.Value) map[string]any {
	if values == nil {
		return nil
	}
	out := make(map[string]any, len(values))
	for name, v := range values {
		out[name] = JSONValue(v)
	}
	return out
}

func (s *Series) answer() *AnswerSeries {
	if s == nil {
		return nil
	}
	a := &AnswerSeries{Start: Nanos(s.Start), Step: s.Step, Count: s.Count, Groups: make([]AnswerGroup, len(s.Groups))}
	for i, g := range s.Groups {
		a.Groups[i] = AnswerGroup{Key: make([]any, len(g.Key)), Values: make(map[string]Course, len(g.Values))}
		for k, v := range g.Key {
			a.Groups[i].Key[k] = JSONValue(v)
		}
		for name, course := range g.Values {
			a.Groups[i].Values[name] = Course(course)
		}
	}
	return a
}

// JSONValue returns a value as JSON has it. Integers stay exact in browsers:
// beyond 2^53 they are texts, as are floats that are no number.
func JSONValue(v event.Value) any {
	const exact = 1 << 53
	switch v.Kind() {
	case event.Int:
		if v.Int() > exact || v.Int() < -exact {
			return v.Text()
		}
	case event.Float:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return v.Text()
		}
	case event.Null, event.Bool, event.String:
	}
	return v.Any()
}

// DecodeKept reads what was stored of an answer.
func DecodeKept(raw []byte) (*Kept, error) {
	var k Kept
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&k); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "read a kept answer")
	}
	if k.Result == nil {
		k.Result = &Answer{}
	}
	return &k, nil
}
