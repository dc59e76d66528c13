package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// traceGroup is one root operation of the Traces page.
type traceGroup struct {
	Service string    `json:"service"`
	Name    string    `json:"name"`
	Slot    int       `json:"slot"`
	Count   float64   `json:"count"`
	Rate    float64   `json:"rate"` // a second
	Errors  float64   `json:"errors"`
	P50     *float64  `json:"p50_ms"`
	P95     *float64  `json:"p95_ms"`
	P99     *float64  `json:"p99_ms"`
	Spark   []float64 `json:"spark"`
}

const (
	maxGroups   = 200
	sparkPoints = 30
)

func (a *API) traceGroups(w http.ResponseWriter, r *http.Request) error {
	f, err := a.readTraceFilter(r)
	if err != nil {
		return err
	}
	keys := []string{event.FieldService, event.FieldName}
	quantile := func(q float64, name string) query.Calc {
		return query.Calc{Op: query.Quantile, Field: event.FieldDuration, Q: q, Name: name}
	}
	table, err := a.Querier.Run(r.Context(), f.query(append(f.roots(),
		query.Aggregate{Groups: keys, Calcs: []query.Calc{
			{Op: query.Count, Name: "count"},
			{Op: query.Count, Where: query.Failed(), Name: "errors"},
			quantile(0.5, "p50"), quantile(0.95, "p95"), quantile(0.99, "p99"),
		}},
		query.Sort{Keys: []query.SortKey{{Field: "count", Desc: true}}},
		query.Limit{Count: maxGroups + 1})...))
	if err != nil {
		return err
	}
	step := max((f.to-f.from)/sparkPoints, 1e9)
	series, err := a.Querier.Run(r.Context(), f.query(append(f.roots(),
		query.Aggregate{Groups: keys, Step: step, Calcs: []query.Calc{{Op: query.Count, Name: "count"}}})...))
	if err != nil {
		return err
	}
	seconds := float64(f.to-f.from) / 1e9
	sparks := sparklines(series, f.from, f.to, step)
	groups := make([]traceGroup, 0, table.Rows)
	for i := range min(table.Rows, maxGroups) {
		g := traceGroup{
			Service: cell(table, event.FieldService, i).Text(), Name: cell(table, event.FieldName, i).Text(),
			P50: floatOrNull(cell(table, "p50", i)), P95: floatOrNull(cell(table, "p95", i)), P99: floatOrNull(cell(table, "p99", i)),
		}
		g.Count, _ = cell(table, "count", i).Number()
		g.Errors, _ = cell(table, "errors", i).Number()
		g.Rate = g.Count / seconds
		g.Slot = a.Datasets.Slot(g.Service)
		g.Spark = sparks[[2]string{g.Service, g.Name}]
		groups = append(groups, g)
	}
	return a.answer(w, r, table.Stats, map[string]any{"groups": groups, "more": table.Rows > maxGroups})
}

// sparklines turns a result by service, name and bucket into one array for each group.
func sparklines(res *store.Result, from, to, step int64) map[[2]string][]float64 {
	first := floorTo(from, step)
	n := int((to-1-first)/step) + 1
	out := map[[2]string][]float64{}
	for i := range res.Rows {
		key := [2]string{cell(res, event.FieldService, i).Text(), cell(res, event.FieldName, i).Text()}
		points := out[key]
		if points == nil {
			points = make([]float64, n)
			out[key] = points
		}
		if at := int((cell(res, event.SystemTime, i).Int() - first) / step); at >= 0 && at < n {
			points[at], _ = cell(res, "count", i).Number()
		}
	}
	return out
}

func floorTo(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}

// cell returns a value of a result, null if there is no such column.
func cell(res *store.Result, column string, row int) event.Value {
	if c := res.Column(column); c != nil {
		return c.Values[row]
	}
	return event.Value{}
}

func floatOrNull(v event.Value) *float64 {
	if f, ok := v.Number(); ok && !math.IsNaN(f) && !math.IsInf(f, 0) {
		return &f
	}
	return nil
}

// traceLatency is the heatmap of root durations over time.
func (a *API) traceLatency(w http.ResponseWriter, r *http.Request) error {
	f, err := a.readTraceFilter(r)
	if err != nil {
		return err
	}
	width, err := sizeParam(r, "width", 160, 400)
	if err != nil {
		return err
	}
	height, err := sizeParam(r, "height", 60, 120)
	if err != nil {
		return err
	}
	step := niceStep((f.to - f.from) / int64(width))
	res, err := a.Querier.Run(r.Context(), f.query(append(f.roots(),
		query.Aggregate{Step: step, Calcs: []query.Calc{
			{Op: query.Histogram, Field: event.FieldDuration, Name: "bins"},
			{Op: query.Count, Where: query.Failed(), Name: "errors"},
		}})...))
	if err != nil {
		return err
	}
	base := floorTo(f.from, step)
	count := int((f.to-1-base)/step) + 1
	grid, err := newHeatGrid(res, base, step, count, height)
	if err != nil {
		return err
	}
	return a.answer(w, r, res.Stats, map[string]any{
		"base": ns(base), "step": step, "count": count, "scale": "log",
		"min_ms": grid.low, "max_ms": grid.high, "bins": height, "counts": grid.counts, "errors": grid.errors,
	})
}

func sizeParam(r *http.Request, name string, def, most int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, fault.New(fault.Invalid, "%s is %q; it must be from 1 to %d", name, s, most)
	}
	return n, nil
}

// niceStep rounds a bucket up to a step that people count in, at least 10 ms.
func niceStep(atLeast int64) int64 {
	const second = int64(1e9)
	for _, s := range []int64{
		second / 100, second / 20, second / 10, second / 2, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second,
		60 * second, 120 * second, 300 * second, 600 * second, 900 * second, 1800 * second,
		3600 * second, 2 * 3600 * second, 3 * 3600 * second, 4 * 3600 * second, 6 * 3600 * second, 12 * 3600 * second, 24 * 3600 * second,
	} {
		if s >= atLeast {
			return s
		}
	}
	const day = 24 * 3600 * second
	return (atLeast + day - 1) / day * day
}

// heatGrid holds counts by time bucket (major) and logarithmic bin of milliseconds.
type heatGrid struct {
	low, high float64
	counts    []float64
	errors    []float64
}

func newHeatGrid(res *store.Result, base, step int64, count, height int) (*heatGrid, error) {
	g := &heatGrid{counts: make([]float64, count*height), errors: make([]float64, count)}
	type point struct {
		at  int
		ms  float64
		num float64
	}
	var points []point
	for i := range res.Rows {
		at := int((cell(res, event.SystemTime, i).Int() - base) / step)
		if at < 0 || at >= count {
			continue
		}
		g.errors[at], _ = cell(res, "errors", i).Number()
		bins, err := readBins(cell(res, "bins", i))
		if err != nil {
			return nil, err
		}
		for bin, n := range bins {
			ms := math.Max(query.HistogramValue(bin), 0.001)
			points = append(points, point{at, ms, n})
			if g.low == 0 || ms < g.low {
				g.low = ms
			}
			g.high = math.Max(g.high, ms)
		}
	}
	if len(points) == 0 {
		return g, nil
	}
	// A little room at both ends, so that the extremes are not cut.
	g.low, g.high = g.low/1.02, g.high*1.02
	scale := float64(height) / math.Log(g.high/g.low)
	for _, p := range points {
		y := min(max(int(math.Log(p.ms/g.low)*scale), 0), height-1)
		g.counts[p.at*height+y] += p.num
	}
	return g, nil
}

// readBins reads the JSON text that a Histogram calculation yields.
func readBins(v event.Value) (map[int32]float64, error) {
	if v.IsNull() || v.Text() == "" {
		return nil, nil
	}
	var bins map[int32]float64
	if err := json.Unmarshal([]byte(v.Text()), &bins); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "read a histogram")
	}
	return bins, nil
}

// volume is the time rail: events and errors over time.
func (a *API) volume(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, to, err := a.timeRange(q.Get("from"), q.Get("to"))
	if err != nil {
		return err
	}
	buckets, err := sizeParam(r, "buckets", 120, 1000)
	if err != nil {
		return err
	}
	step := niceStep((to - from) / int64(buckets))
	base := floorTo(from, step)
	count := int((to-1-base)/step) + 1
	f := traceFilter{env: a.environment(r), from: from, to: to}
	res, err := a.Querier.Run(r.Context(), f.query(query.Aggregate{Step: step, Calcs: []query.Calc{
		{Op: query.Count, Name: "events"}, {Op: query.Count, Where: query.Failed(), Name: "errors"},
	}}))
	if err != nil {
		return err
	}
	events, errs := make([]float64, count), make([]float64, count)
	for i := range res.Rows {
		if at := int((cell(res, event.SystemTime, i).Int() - base) / step); at >= 0 && at < count {
			events[at], _ = cell(res, "events", i).Number()
			errs[at], _ = cell(res, "errors", i).Number()
		}
	}
	return a.answer(w, r, res.Stats, map[string]any{"base": ns(base), "step": step, "count": count, "events": events, "errors": errs})
}

// peers says where a span stands among those of the same operation in the last hour.
func (a *API) peers(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	duration, err := strconv.ParseInt(q.Get("duration_ns"), 10, 64)
	if err != nil || duration < 0 {
		return fault.New(fault.Invalid, "duration_ns is %q; it must be a number of nanoseconds", q.Get("duration_ns"))
	}
	now := a.clock().UnixNano()
	f := traceFilter{env: a.environment(r), from: now - 3600*1e9, to: now}
	terms := append(isSpan(),
		is(event.FieldService, query.Eq, event.StringValue(q.Get("service"))),
		is(event.FieldName, query.Eq, event.StringValue(q.Get("name"))))
	if kind := q.Get("kind"); kind != "" {
		terms = append(terms, is(event.FieldSpanKind, query.Eq, event.StringValue(kind)))
	}
	ms := float64(duration) / 1e6
	calc := func(op query.CalcOp, quantile float64, name string) query.Calc {
		return query.Calc{Op: op, Field: event.FieldDuration, Q: quantile, Name: name}
	}
	below := query.Calc{Op: query.Count, Where: is(event.FieldDuration, query.Le, event.FloatValue(ms)), Name: "below"}
	res, err := a.Querier.Run(r.Context(), f.query(query.Filter{Where: query.And{Terms: terms}}, query.Aggregate{Calcs: []query.Calc{
		{Op: query.Count, Name: "count"},
		below, calc(query.Quantile, 0.5, "p50"), calc(query.Quantile, 0.95, "p95"),
		calc(query.Quantile, 0.99, "p99"), calc(query.Histogram, 0, "bins"),
	}}))
	if err != nil {
		return err
	}
	count, _ := cell(res, "count", 0).Number()
	atOrBelow, _ := cell(res, "below", 0).Number()
	percentile := 0.0
	if count > 0 {
		percentile = 100 * atOrBelow / count
	}
	const bars = 40
	grid, err := newHeatGrid(res, 0, 1, 1, bars)
	if err != nil {
		return err
	}
	return a.answer(w, r, res.Stats, map[string]any{
		"percentile": percentile, "count": count,
		"p50_ms": floatOrNull(cell(res, "p50", 0)), "p95_ms": floatOrNull(cell(res, "p95", 0)), "p99_ms": floatOrNull(cell(res, "p99", 0)),
		"histogram": map[string]any{"min_ms": grid.low, "max_ms": grid.high, "counts": grid.counts},
	})
}
