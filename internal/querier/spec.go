package querier

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// SpecOptions say which parts of an answer are wanted.
type SpecOptions struct {
	Series   bool // the course over time of each group
	Totals   bool // the calculations over all groups
	Other    bool // the calculations over the rows that are in no group of the table
	Progress func(store.Progress)

	TotalSeries bool // the course over time of the calculations over all groups

	Events bool // data points of metrics are taken for events like others
}

// SpecResult is the answer to a Honeycomb query.
type SpecResult struct {
	Plan     *query.Plan
	Columns  []store.ResultColumn // breakdowns, then calculations but heatmaps; Values of all rows
	Rows     int
	More     bool // there are more groups than the limit
	Series   *Series
	Heatmaps []Heatmap
	Totals   map[string]event.Value // by calculation, whatever the havings; nil if not wanted
	Other    map[string]event.Value // over rows in no group of the table; nil if not wanted or if there can be none
	Compare  *Series                // the same groups an offset earlier; nil if not asked for
	Stats    store.Stats

	TotalSeries *Series // the course of all groups together; nil if not wanted
}

// Series is the course of calculations over time. Bucket i begins at
// Start + i·Step; Start is a multiple of Step, so the first and the last bucket
// may reach beyond the range asked for and be partial.
type Series struct {
	Start, Step int64 // ns
	Count       int
	Groups      []SeriesGroup
}

// SeriesGroup is one group's course: one slice for each calculation that has
// one, NaN where a bucket has no value.
type SeriesGroup struct {
	Key    []event.Value
	Values map[string][]float64
}

// Heatmap counts values by bucket of time (major) and bin, from low to high.
type Heatmap struct {
	Calc        string
	Column      string
	Start, Step int64
	Count       int
	Scale       string // log or linear
	Min, Max    float64
	Bins        int
	Counts      []float64
}

// Heatmaps have at most this many cells each way.
const (
	heatmapWidth  = 160
	heatmapHeight = 60
)

// RunSpec answers a Honeycomb query over datasets (none means all).
func (q *Querier) RunSpec(ctx context.Context, environment string, datasets []string, spec *query.Spec, opts SpecOptions) (*SpecResult, error) {
	with := query.PlanOptions{Series: opts.Series}
	if !opts.Events {
		with = q.PlanOptions(environment, datasets, with)
	}
	plan, err := spec.Plan(environment, datasets, q.config.Clock(), with)
	if err != nil {
		return nil, err
	}
	if err := q.checkSeries(ctx, plan); err != nil {
		return nil, err
	}
	r := &SpecResult{Plan: plan}
	if err := q.specTable(ctx, r, opts); err != nil {
		return nil, err
	}
	rates := slices.ContainsFunc(plan.Calcs, func(c query.PlannedCalc) bool { return c.Rate })
	if opts.Series || rates {
		if r.Series, err = q.specSeries(ctx, r, 0); err != nil {
			return nil, err
		}
		r.fillRates()
		if !opts.Series {
			r.Series = nil
		}
	}
	if opts.Series && plan.Compare > 0 {
		if r.Compare, err = q.specSeries(ctx, r, plan.Compare); err != nil {
			return nil, err
		}
	}
	for _, c := range plan.Calcs {
		if !c.Heatmap {
			continue
		}
		h, err := q.specHeatmap(ctx, r, c, opts)
		if err != nil {
			return nil, err
		}
		r.Heatmaps = append(r.Heatmaps, *h)
	}
	if opts.Totals {
		if err := q.specTotals(ctx, r); err != nil {
			return nil, err
		}
	}
	if opts.TotalSeries {
		if err := q.specTotalSeries(ctx, r); err != nil {
			return nil, err
		}
	}
	if opts.Other {
		return r, q.specOther(ctx, r)
	}
	return r, nil
}

func (r *SpecResult) note(s store.Stats) {
	r.Stats.Segments = max(r.Stats.Segments, s.Segments)
	r.Stats.Scanned = max(r.Stats.Scanned, s.Scanned) // table and series are of the same rows
	r.Stats.Sampled = r.Stats.Sampled || s.Sampled
	r.Stats.Partial = r.Stats.Partial || s.Partial
	for _, m := range s.Missing {
		if !slices.Contains(r.Stats.Missing, m) {
			r.Stats.Missing = append(r.Stats.Missing, m)
		}
	}
}

func (q *Querier) specTable(ctx context.Context, r *SpecResult, opts SpecOptions) error {
	onlyHeatmaps := len(r.Plan.Breakdowns) == 0 && !slices.ContainsFunc(r.Plan.Calcs, func(c query.PlannedCalc) bool { return !c.Heatmap && !c.Rate })
	var res *store.Result
	if !onlyHeatmaps {
		var err error
		if res, err = q.run(ctx, r.Plan.Table(), Telling{Progress: opts.Progress}); err != nil {
			return err
		}
		r.note(res.Stats)
		r.Rows = res.Rows
	} else if slices.ContainsFunc(r.Plan.Calcs, func(c query.PlannedCalc) bool { return c.Rate }) {
		r.Rows = 1
	}
	if len(r.Plan.Breakdowns) > 0 && r.Rows > r.Plan.Limit {
		r.Rows, r.More = r.Plan.Limit, true
	}
	column := func(name string) store.ResultColumn {
		c := store.ResultColumn{Name: name, Values: make([]event.Value, r.Rows)}
		if res == nil {
			return c
		}
		if from := res.Column(name); from != nil {
			c.Kind = from.Kind
			copy(c.Values, from.Values)
		}
		return c
	}
	for _, b := range r.Plan.Breakdowns {
		r.Columns = append(r.Columns, column(b))
	}
	for _, c := range r.Plan.Calcs {
		if !c.Heatmap {
			r.Columns = append(r.Columns, column(c.Key))
		}
	}
	return nil
}

func (r *SpecResult) keys() [][]event.Value {
	keys := make([][]event.Value, r.Rows)
	for row := range keys {
		keys[row] = make([]event.Value, len(r.Plan.Breakdowns))
		for i := range r.Plan.Breakdowns {
			keys[row][i] = r.Columns[i].Values[row]
		}
	}
	return keys
}

func keyText(key []event.Value) string {
	var b strings.Builder
	for _, v := range key {
		b.WriteByte('0' + byte(v.Kind()))
		b.WriteString(v.Text())
		b.WriteByte(0)
	}
	return b.String()
}

// maxPoints bounds the series of one answer: a thousand groups of a thousand
// steps of time, two calculations each.
const maxPoints = 2_000_000

// specSeries runs the series of the table's groups, shifted back by shift.
func (q *Querier) specSeries(ctx context.Context, r *SpecResult, shift int64) (*Series, error) {
	p := r.Plan
	s := newSeries(p.Start-shift, p.End-shift, p.Step)
	keys := r.keys()
	ask, some := p.Series(keys, shift)
	if !some {
		return s, nil
	}
	if points := max(len(keys), 1) * s.Count * len(p.Calcs); points > maxPoints {
		return nil, fault.New(fault.TooLarge, "the series of %d groups and %d calculations in %d steps of time have %d points, more than the %d that are answered: lower the limit, or choose a coarser granularity",
			max(len(keys), 1), len(p.Calcs), s.Count, points, maxPoints)
	}
	res, err := q.run(ctx, ask, Telling{})
	if err != nil {
		return nil, err
	}
	r.note(res.Stats)
	if len(p.Breakdowns) == 0 {
		keys = [][]event.Value{nil}
	}
	at := map[string]int{}
	for i, k := range keys {
		g := SeriesGroup{Key: k, Values: map[string][]float64{}}
		for _, c := range p.Calcs {
			if !c.Heatmap {
				g.Values[c.Key] = blank(s.Count)
			}
		}
		at[keyText(k)] = i
		s.Groups = append(s.Groups, g)
	}
	times := res.Column(event.SystemTime)
	key := make([]event.Value, len(p.Breakdowns))
	for row := range res.Rows {
		for i, b := range p.Breakdowns {
			key[i] = res.Column(b).Values[row]
		}
		g, wanted := at[keyText(key)]
		bucket := int((times.Values[row].Int() - s.Start) / s.Step)
		if !wanted || bucket < 0 || bucket >= s.Count {
			continue
		}
		for name, values := range s.Groups[g].Values {
			if v, ok := res.Column(name).Values[row].Number(); ok {
				values[bucket] = v
			}
		}
	}
	s.differences(p)
	return s, nil
}

func newSeries(start, end, step int64) *Series {
	first := start - ((start%step)+step)%step
	return &Series{Start: first, Step: step, Count: int((end-1-first)/step) + 1}
}

func blank(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	return values
}

// differences turns the base of RATE_ calculations into what changed since the
// last bucket that has a value; a fall is a counter that began anew, and counts 0.
func (s *Series) differences(p *query.Plan) {
	for _, c := range p.Calcs {
		if !c.Rate {
			continue
		}
		for _, g := range s.Groups {
			values, last := g.Values[c.Key], math.NaN()
			for i, v := range values {
				if math.IsNaN(v) {
					continue
				}
				values[i] = max(v-last, 0) // NaN for the first
				last = v
			}
		}
	}
}

// fillRates puts the mean rate of each group into the table.
func (r *SpecResult) fillRates() {
	for i := range r.Columns {
		col := &r.Columns[i]
		at := slices.IndexFunc(r.Plan.Calcs, func(c query.PlannedCalc) bool { return c.Rate && c.Key == col.Name })
		if at < 0 {
			continue
		}
		for row := range min(len(col.Values), len(r.Series.Groups)) {
			sum, n := 0.0, 0
			for _, v := range r.Series.Groups[row].Values[col.Name] {
				if !math.IsNaN(v) {
					sum += v
					n++
				}
			}
			if n > 0 {
				col.Kind = event.Float
				col.Values[row] = event.FloatValue(sum / float64(n))
			}
		}
	}
}

func (q *Querier) specHeatmap(ctx context.Context, r *SpecResult, c query.PlannedCalc, opts SpecOptions) (*Heatmap, error) {
	p := r.Plan
	step := p.Step
	for _, s := range query.HumanSteps() {
		if int64(s) >= max(step, (p.End-p.Start)/heatmapWidth) {
			step = int64(s)
			break
		}
	}
	res, err := q.run(ctx, p.Heatmap(c, step), Telling{Progress: opts.Progress})
	if err != nil {
		return nil, err
	}
	r.note(res.Stats)
	s := newSeries(p.Start, p.End, step)
	h := &Heatmap{Calc: c.Key, Column: c.Field, Start: s.Start, Step: step, Count: s.Count, Bins: heatmapHeight}
	return h, h.fill(res, c.Name)
}

// cell is a bin of a histogram in a bucket of time.
type cell struct {
	bucket       int
	value, count float64
}

func (h *Heatmap) fill(res *store.Result, name string) error {
	times, bins := res.Column(event.SystemTime), res.Column(name)
	var cells []cell
	h.Min, h.Max = math.Inf(1), math.Inf(-1)
	least := math.Inf(1) // of those above zero
	for row := range res.Rows {
		if bins == nil || bins.Values[row].IsNull() {
			continue
		}
		var counts map[int32]float64
		if err := json.Unmarshal([]byte(bins.Values[row].Text()), &counts); err != nil {
			return fault.Wrap(fault.Internal, err, "read a histogram")
		}
		bucket := int((times.Values[row].Int() - h.Start) / h.Step)
		if bucket < 0 || bucket >= h.Count {
			continue
		}
		for bin, n := range counts {
			v := query.HistogramValue(bin)
			cells = append(cells, cell{bucket, v, n})
			h.Min, h.Max = min(h.Min, v), max(h.Max, v)
			if v > 0 {
				least = min(least, v)
			}
		}
	}
	h.Counts = make([]float64, h.Count*h.Bins)
	if len(cells) == 0 {
		h.Min, h.Max, h.Scale = 0, 0, "linear"
		return nil
	}
	place := h.scale(least)
	for _, c := range cells {
		y := min(max(int(place(c.value)*float64(h.Bins)), 0), h.Bins-1)
		h.Counts[c.bucket*h.Bins+y] += c.count
	}
	return nil
}

// aroundOne makes an axis for one value, which is in the middle of a row: there,
// what is said of the row and picked by it is true of the value.
func (h *Heatmap) aroundOne() {
	v := h.Min
	room := math.Abs(v)
	if room == 0 {
		room = 1
	}
	half := room / float64(h.Bins) // of a row
	h.Min, h.Max = v-room-half, v+room-half
}

// scale chooses a logarithmic axis where no value is negative and those above
// zero are far apart, and returns a value's place on it, 0 to 1. Zeros are in the
// lowest row; least is the smallest value above them.
func (h *Heatmap) scale(least float64) func(v float64) float64 {
	const farApart = 10
	if h.Min >= 0 && h.Max/least >= farApart {
		h.Scale, h.Min = "log", least
		low, length := math.Log(h.Min), math.Log(h.Max/h.Min)
		return func(v float64) float64 { return (math.Log(max(v, least)) - low) / length }
	}
	h.Scale = "linear"
	if h.Max == h.Min {
		h.aroundOne()
	}
	low, length := h.Min, h.Max-h.Min
	return func(v float64) float64 { return (v - low) / length }
}
