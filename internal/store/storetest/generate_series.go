package storetest

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// sender is who tells of a series: what it would say next.
type sender struct {
	number  int64 // of the series, 0 for one of which rows don't say that they are of it
	host    string
	deltas  bool
	silent  bool // it does not say since when it counts
	start   int64
	total   int64 // in quarters
	bounds  [][2]float64
	buckets []int64
}

func (c *sender) distribution() (text string, count int64) {
	var parts []string
	for i, n := range c.buckets {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("[%v,%v,%d]", c.bounds[i][0], c.bounds[i][1], n))
		}
		count += n
	}
	return "[" + strings.Join(parts, ",") + "]", count
}

// Readings draws up to limit events that hold data points of some series: counters
// that grow, fall, and begin anew with and without saying so, deltas, gauges and
// distributions, with gaps, in no order. No two have the same time.
func Readings(t *rapid.T, environment string, limit int) []*event.Batch {
	bounds := [][][2]float64{{{0, 0}, {0, 5}, {5, 10}, {10, 25}}, {{1, 1}, {1, 10}, {10, 10}}}
	series := make([]*sender, rapid.IntRange(1, 4).Draw(t, "series"))
	for i := range series {
		series[i] = &sender{
			number: int64(i) * 1_000_003, host: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "host"),
			deltas: rapid.IntRange(0, 3).Draw(t, "deltas") == 0, silent: rapid.IntRange(0, 3).Draw(t, "silent") == 0,
			start:  GeneratedStart + int64(rapid.IntRange(-5, 30).Draw(t, "start"))*int64(time.Second),
			bounds: rapid.SampledFrom(bounds).Draw(t, "bounds"),
		}
		series[i].buckets = make([]int64, len(series[i].bounds))
	}
	n := rapid.IntRange(0, limit).Draw(t, "readings")
	length := (GeneratedEnd - GeneratedStart) / int64(limit+1)
	rows := make([]func(b *event.Batch), 0, n)
	for i := range n {
		at := GeneratedStart + int64(i)*length
		c := rapid.SampledFrom(series).Draw(t, "of")
		c.next(t, at)
		rows = append(rows, c.reading(t, at))
	}
	batches := []*event.Batch{event.NewBatch(environment, "metrics"), event.NewBatch(environment, "metrics")}
	for i, row := range rapid.Permutation(rows).Draw(t, "order") {
		row(batches[i*2/len(rows)])
	}
	return batches
}

// next lets time pass for a series.
func (c *sender) next(t *rapid.T, at int64) {
	if c.deltas {
		c.total = 0
		clear(c.buckets)
	}
	switch rapid.IntRange(0, 7).Draw(t, "what happens") {
	case 0: // it begins anew, and says so
		c.start, c.total = at-int64(rapid.IntRange(0, 2).Draw(t, "ago")), 0
		clear(c.buckets)
	case 1: // without saying so
		c.total = 0
		clear(c.buckets)
	}
	c.total += int64(rapid.IntRange(0, 9).Draw(t, "more"))
	for i := range c.buckets {
		c.buckets[i] += int64(rapid.IntRange(0, 3).Draw(t, "values"))
	}
}

// reading is a row that says how far a series is.
func (c *sender) reading(t *rapid.T, at int64) func(b *event.Batch) {
	text, count := c.distribution()
	total, start := float64(c.total)/4, c.start
	load := rapid.SampledFrom([]float64{-1.5, 0, 0.5, 2}).Draw(t, "load")
	parts := rapid.IntRange(0, 15).Draw(t, "parts")
	route := rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "route")
	since := at - int64(rapid.SampledFrom([]time.Duration{-time.Second, 0, 1, 300 * time.Millisecond, 4 * time.Second, 31 * time.Second, 11 * time.Minute}).Draw(t, "tells of"))
	return func(b *event.Batch) {
		b.Begin(at)
		row := b.Len() - 1
		if c.number != 0 {
			b.SetAt(row, event.FieldSeries, event.IntValue(c.number))
		}
		if !c.deltas {
			if c.silent {
				b.SetAt(row, event.FieldSeriesStart, event.IntValue(0))
			} else {
				b.SetAt(row, event.FieldSeriesStart, event.IntValue(start))
			}
		}
		if c.deltas && !c.silent {
			b.SetAt(row, event.FieldSeriesSince, event.IntValue(since))
		}
		b.Set("host", event.StringValue(c.host))
		if parts&1 == 0 {
			b.Set("route", event.StringValue(route))
		}
		if parts&6 != 6 {
			b.Set("total", event.FloatValue(total))
		}
		if parts&4 == 0 {
			b.Set("load", event.FloatValue(load))
		}
		if parts&8 == 0 {
			b.Set("spread", event.StringValue(text))
			b.Set("spread.count", event.IntValue(count))
		}
	}
}

// SeriesQuery draws a query over what Readings draws.
func SeriesQuery(t *rapid.T, environment string) *query.Query {
	q := &query.Query{Environment: environment, Start: GeneratedStart, End: GeneratedEnd}
	if rapid.Bool().Draw(t, "shorter range") {
		q.Start, q.End = q.Start+int64(5*time.Second), q.End-int64(7*time.Second)
	}
	if rapid.IntRange(0, 3).Draw(t, "filtered") == 0 {
		q.Stages = append(q.Stages, query.Filter{Where: is("route", "/a")})
	}
	if rapid.IntRange(0, 3).Draw(t, "computed") == 0 {
		q.Stages = append(q.Stages, query.Compute{Name: "made", Expr: call("MUL", query.Field{Name: "total"}, query.Literal{Value: event.IntValue(2)})})
	}
	a := query.Aggregate{Groups: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"host", "route", event.SystemDataset}), 0, 2, rapid.ID[string]).Draw(t, "groups")}
	if rapid.IntRange(0, 2).Draw(t, "buckets") > 0 {
		a.Step = int64(rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Second, 20 * time.Second}).Draw(t, "step"))
	}
	if rapid.Bool().Draw(t, "looks back") {
		a.From = q.Start + int64(rapid.IntRange(0, 20).Draw(t, "from"))*int64(time.Second)
	}
	if rapid.Bool().Draw(t, "looks ahead") {
		a.To = q.End - int64(rapid.IntRange(0, 20).Draw(t, "to"))*int64(time.Second)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "calcs") {
		a.Calcs = append(a.Calcs, seriesCalculation(t, fmt.Sprintf("calc %d", i)))
	}
	q.Stages = append(q.Stages, a)
	return q
}

func seriesCalculation(t *rapid.T, name string) query.Calc {
	if rapid.IntRange(0, 5).Draw(t, "of rows") == 0 {
		return query.Calc{Op: query.Count, Field: rapid.SampledFrom([]string{"", "total", "host"}).Draw(t, "field"), Name: name}
	}
	s := &query.Temporal{Func: query.TemporalFunc(rapid.IntRange(0, 3).Draw(t, "function")), Deltas: rapid.Bool().Draw(t, "deltas")}
	if s.Func == query.Increase || s.Func == query.Rate {
		s.Uncut = rapid.IntRange(0, 3).Draw(t, "uncut") == 0
		s.Range = int64(rapid.SampledFrom([]time.Duration{0, 0, 3 * time.Second, 10 * time.Second, 25 * time.Second}).Draw(t, "range"))
	}
	c := query.Calc{Name: name, Series: s, Field: rapid.SampledFrom([]string{"total", "load", "made", "absent"}).Draw(t, "field")}
	c.Op = rapid.SampledFrom([]query.CalcOp{query.Count, query.CountDistinct, query.Sum, query.Avg, query.Min, query.Max, query.Quantile, query.Histogram}).Draw(t, "op")
	if rapid.IntRange(0, 2).Draw(t, "distribution") == 0 {
		c.Field, s.Distribution = "spread", true
		c.Op = rapid.SampledFrom([]query.CalcOp{query.Quantile, query.Histogram}).Draw(t, "op")
		if rapid.IntRange(0, 2).Draw(t, "share") == 0 {
			share := rapid.SampledFrom([]float64{0.01, 0.5, 0.9, 0.999}).Draw(t, "share")
			s.Share = &share
			c.Op = rapid.SampledFrom([]query.CalcOp{query.Count, query.Sum, query.Avg, query.Max}).Draw(t, "op")
		}
	}
	c.Q = rapid.SampledFrom([]float64{0.001, 0.25, 0.5, 0.9, 0.999}).Draw(t, "q")
	if rapid.IntRange(0, 3).Draw(t, "calc where") == 0 {
		c.Where = is("host", "a")
	}
	return c
}
