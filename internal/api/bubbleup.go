package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// comparison is the body of a BubbleUp.
type comparison struct {
	question
	Selection selection  `json:"selection"`
	Baseline  *selection `json:"baseline"`
	Fields    []string   `json:"fields"`
}

// baseline is what the selection is compared with: everything else if it is
// left out. Besides what a selection can be it can be of the period before.
func (c *comparison) baseline() (b querier.Baseline, err error) {
	of := c.Baseline
	switch {
	case of == nil || of.Type == "rest":
		return b, nil
	case of.Type != "previous":
		b.Where, err = of.condition("baseline")
		return b, err
	}
	b.Before = true
	// A group or a condition is compared with itself as it was; other selections
	// are about their own time.
	if c.Selection.Type == "groups" || c.Selection.Type == "filter" {
		b.Where, err = c.Selection.condition("selection")
	}
	return b, err
}

// selection says which events of a question are the ones to explain, or to compare with.
type selection struct {
	Type       string                       `json:"type"`
	Column     string                       `json:"column"`
	Rectangles []rectangle                  `json:"rectangles"`
	Groups     []map[string]json.RawMessage `json:"groups"`
	Text       string                       `json:"text"`
	IDs        []string                     `json:"ids"`
}

// rectangle is a part of a heatmap; bounds that are left out do not bound.
type rectangle struct {
	Start string   `json:"start"` // Unix nanoseconds
	End   string   `json:"end"`
	Min   *float64 `json:"min"`
	Max   *float64 `json:"max"`
}

// mostSelected bounds the rectangles, groups and ids of a selection.
const mostSelected = 1000

// condition is true of the events that are meant; name is that of the member.
func (s *selection) condition(name string) (query.Expr, error) {
	if len(s.Rectangles) > mostSelected || len(s.Groups) > mostSelected || len(s.IDs) > mostSelected {
		return nil, fault.New(fault.Invalid, "a %s has at most %d rectangles, groups or ids", name, mostSelected)
	}
	switch s.Type {
	case "range":
		return s.inRectangles(name)
	case "groups":
		return s.inGroups(name)
	case "filter":
		return query.ParseFilter(s.Text)
	case "traces":
		in := query.In{X: query.Field{Name: event.FieldTraceID}}
		for _, text := range s.IDs {
			id, ok := event.TraceID(text)
			if !ok {
				return nil, fault.New(fault.Invalid, "%q is no trace id", text)
			}
			in.Values = append(in.Values, event.StringValue(id))
		}
		return in, nil
	}
	return nil, fault.New(fault.Invalid, "%s.type is %q; it must be range, groups, filter or traces", name, s.Type)
}

func (s *selection) inRectangles(name string) (query.Expr, error) {
	if len(s.Rectangles) == 0 {
		return nil, fault.New(fault.Invalid, "%s.rectangles is empty", name)
	}
	var either query.Or
	for _, r := range s.Rectangles {
		var all query.And
		bound := func(op query.CompareOp, field string, v event.Value) {
			all.Terms = append(all.Terms, query.Compare{Op: op, L: query.Field{Name: field}, R: query.Literal{Value: v}})
		}
		for op, text := range map[query.CompareOp]string{query.Ge: r.Start, query.Lt: r.End} {
			if text == "" {
				continue
			}
			at, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, fault.New(fault.Invalid, "a rectangle's bound %q is no time in nanoseconds", text)
			}
			bound(op, event.SystemTime, event.IntValue(at))
		}
		for op, v := range map[query.CompareOp]*float64{query.Ge: r.Min, query.Lt: r.Max} {
			if v != nil {
				bound(op, s.Column, event.FloatValue(*v))
			}
		}
		if s.Column != "" {
			all.Terms = append(all.Terms, query.Exists{X: query.Field{Name: s.Column}})
		}
		either.Terms = append(either.Terms, all)
	}
	return either, nil
}

// inGroups is true of the events of groups: a field that is null in a group is
// one that its events do not have.
func (s *selection) inGroups(name string) (query.Expr, error) {
	if len(s.Groups) == 0 {
		return nil, fault.New(fault.Invalid, "%s.groups is empty", name)
	}
	var either query.Or
	for _, g := range s.Groups {
		var all query.And
		for field, raw := range g {
			v, err := scalar(raw)
			if err != nil {
				return nil, fault.New(fault.Invalid, "the group's value of %q is %s, and must be a text, number, boolean or null", field, raw)
			}
			if v.IsNull() {
				all.Terms = append(all.Terms, query.Not{X: query.Exists{X: query.Field{Name: field}}})
				continue
			}
			all.Terms = append(all.Terms, query.Compare{Op: query.Eq, L: query.Field{Name: field}, R: query.Literal{Value: v}})
		}
		either.Terms = append(either.Terms, all)
	}
	return either, nil
}

func scalar(raw json.RawMessage) (event.Value, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return event.Value{}, err
	}
	switch x := v.(type) {
	case nil:
		return event.Value{}, nil
	case string:
		return event.StringValue(x), nil
	case bool:
		return event.BoolValue(x), nil
	case float64:
		if i, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return event.IntValue(i), nil
		}
		return event.FloatValue(x), nil
	}
	return event.Value{}, fault.New(fault.Invalid, "no scalar")
}

// bubbleUp explains a selection. It answers as lines of JSON: what is known
// after a moment, better and better, and the result or an error.
func (a *API) bubbleUp(w http.ResponseWriter, r *http.Request) error {
	var c comparison
	if err := readJSON(w, r, &c); err != nil {
		return err
	}
	where, err := c.Selection.condition("selection")
	if err != nil {
		return err
	}
	baseline, err := c.baseline()
	if err != nil {
		return err
	}
	return a.compare(w, r, &c.question, where, querier.BubbleUpOptions{Fields: c.Fields, Baseline: baseline})
}

// explore tells what fields the events of a question have: a comparison without
// another side.
func (a *API) explore(w http.ResponseWriter, r *http.Request) error {
	var c comparison
	if err := readJSON(w, r, &c); err != nil {
		return err
	}
	return a.compare(w, r, &c.question, query.Literal{Value: event.BoolValue(true)}, querier.BubbleUpOptions{Fields: c.Fields})
}

// compare runs a comparison and writes its lines.
func (a *API) compare(w http.ResponseWriter, r *http.Request, q *question, selection query.Expr, opts querier.BubbleUpOptions) error {
	spec, err := a.specOf(r, q)
	if err != nil {
		return err
	}
	lines := a.startLines(w)
	started := a.clock()
	elapsed := func() float64 { return float64(a.clock().Sub(started).Microseconds()) / 1000 }
	if err := lines.write(map[string]any{"type": "plan", "query": spec, "text": spec.Text()}); err != nil {
		return nil //nolint:nilerr // the caller has gone
	}
	opts.Tell = func(b *querier.BubbleUp, p store.Progress) {
		lines.progress(p, time.Duration(elapsed()*float64(time.Millisecond)))
		_ = lines.write(encodeBubbleUp("fields", b)) // a caller that has gone ends the comparison by its context
	}
	found, err := a.Querier.BubbleUp(r.Context(), a.environment(r), datasetsOf(q.Dataset), spec, selection, opts)
	lines.end()
	if err != nil {
		_ = lines.write(a.errorLine(r, err))
		return nil
	}
	done := encodeBubbleUp("done", found)
	done["request_id"], done["elapsed_ms"] = requestOf(r.Context()).id, elapsed()
	done["scanned"], done["sampled"], done["complete"] = found.Stats.Scanned, found.Stats.Sampled, !found.Stats.Partial
	_ = lines.write(done)
	return nil
}

// shownValues is how many values of a field are sent; the others are summed up.
const shownValues = 25

type shownValue struct {
	Value     any     `json:"value"`
	Selection float64 `json:"selection"`
	Baseline  float64 `json:"baseline"`
}

type bothSides struct {
	Selection any `json:"selection"`
	Baseline  any `json:"baseline"`
}

type shownNumbers struct {
	Scale     string    `json:"scale"`
	Min       float64   `json:"min"`
	Max       float64   `json:"max"`
	Bins      int       `json:"bins"`
	Selection []float64 `json:"selection"`
	Baseline  []float64 `json:"baseline"`
	Median    bothSides `json:"median"`
}

type shownDifference struct {
	Name      string        `json:"name"`
	Kind      string        `json:"kind"`
	Class     querier.Class `json:"class"`
	Score     float64       `json:"score"`
	Headline  string        `json:"headline"`
	Present   bothSides     `json:"present"`
	Distinct  int           `json:"distinct"`
	AtLeast   bool          `json:"distinct_at_least"`
	Values    []shownValue  `json:"values"`
	Other     bothSides     `json:"other"`
	Histogram *shownNumbers `json:"histogram,omitempty"`
}

func encodeBubbleUp(kind string, b *querier.BubbleUp) map[string]any {
	fields := make([]shownDifference, len(b.Fields))
	for i := range b.Fields {
		fields[i] = encodeDifference(&b.Fields[i])
	}
	return map[string]any{
		"type": kind, "selection": b.Events[store.Selected], "baseline": b.Events[store.Others], "fields": fields, "left_out": b.Left,
	}
}

func encodeDifference(d *querier.Difference) shownDifference {
	out := shownDifference{
		Name: d.Name, Kind: d.Kind.String(), Class: d.Class, Score: d.Score, Headline: d.Headline, Distinct: d.Distinct, AtLeast: d.Cut,
		Present: bothSides{d.Present[store.Selected], d.Present[store.Others]}, Values: []shownValue{},
	}
	rest := d.Rest
	for i, v := range d.Values {
		if i >= shownValues {
			rest[store.Selected] += v.Events[store.Selected]
			rest[store.Others] += v.Events[store.Others]
			continue
		}
		out.Values = append(out.Values, shownValue{jsonValue(v.Value), v.Events[store.Selected], v.Events[store.Others]})
	}
	out.Other = bothSides{rest[store.Selected], rest[store.Others]}
	if n := d.Numbers; n != nil {
		median := func(v float64) any {
			if math.IsNaN(v) {
				return nil
			}
			return v
		}
		out.Histogram = &shownNumbers{
			Scale: n.Scale, Min: n.Min, Max: n.Max, Bins: len(n.Counts[0]), Selection: n.Counts[store.Selected], Baseline: n.Counts[store.Others],
			Median: bothSides{median(n.Median[store.Selected]), median(n.Median[store.Others])},
		}
	}
	return out
}
