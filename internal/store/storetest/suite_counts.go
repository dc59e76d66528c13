package storetest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// countsByFewKeys asks how many rows there are by a few things, and for calculations
// with their numbers, which engines may answer in a way of its own.
func countsByFewKeys(t *testing.T, p *pair) {
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("counts-", round)
		p.ref = NewReference()
		for _, b := range Events(t, environment, 60) {
			measure(t, b)
			p.append(b)
			if rapid.Bool().Draw(t, "flush") {
				p.flush()
			}
		}
		for range 4 {
			q := countQuery(t, environment)
			if err := p.compare(t.Context(), q); err != nil {
				t.Fatalf("%s\n%v", q, err)
			}
		}
	})
}

// gauge is a field of integers, of floats that need not be finite, or of both.
const gauge = "gauge"

// measure gives some rows of a batch a gauge.
func measure(t *rapid.T, b *event.Batch) {
	numbers := []event.Value{
		event.IntValue(0), event.IntValue(-3), event.IntValue(7), event.IntValue(7), event.IntValue(1<<53 + 1),
		event.FloatValue(0), event.FloatValue(math.NaN()), event.FloatValue(math.Inf(1)), event.FloatValue(math.Inf(-1)),
		event.FloatValue(1e-300), event.FloatValue(0.25), event.FloatValue(-1e9), event.FloatValue(7),
	}
	if rapid.Bool().Draw(t, "whole") {
		numbers = numbers[:5]
	}
	for row := range b.Len() {
		if rapid.IntRange(0, 3).Draw(t, "no gauge") > 0 {
			b.SetAt(row, gauge, rapid.SampledFrom(numbers).Draw(t, gauge))
		}
	}
}

// countQuery draws a query that counts rows by up to four keys, and calculates with
// their numbers.
func countQuery(t *rapid.T, environment string) *query.Query {
	q := &query.Query{Environment: environment, Start: GeneratedStart, End: GeneratedEnd, Unweighted: rapid.Bool().Draw(t, "unweighted")}
	if rapid.Bool().Draw(t, "some datasets") {
		q.Datasets = []string{"api", "da'ta\"set"}
	}
	if rapid.Bool().Draw(t, "shorter range") {
		q.Start, q.End = q.Start+int64(5*time.Second), q.End-int64(7*time.Second)
	}
	for range rapid.IntRange(0, 2).Draw(t, "filters") {
		q.Stages = append(q.Stages, query.Filter{Where: countCondition(t)})
	}
	step := int64(rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Second, time.Minute}).Draw(t, "step"))
	part := query.Expr(query.Field{Name: rapid.SampledFrom(textFields).Draw(t, "parsed")})
	if rapid.IntRange(0, 5).Draw(t, "parses what may be no text") == 0 {
		part = query.Field{Name: rapid.SampledFrom(anyFields).Draw(t, "parsed")}
	}
	glob := rapid.SampledFrom([]string{"*", "a*", "* *", "G*T *", "*b", "x*"}).Draw(t, "glob")
	q.Stages = append(q.Stages,
		query.Compute{Name: "bin", Expr: call("time_floor", query.Field{Name: event.SystemTime}, query.Literal{Value: event.IntValue(step)}, query.Literal{Value: event.IntValue(rapid.Int64Range(-2, 2).Draw(t, "offset") * 1e9)})},
		query.Compute{Name: "part", Expr: call("glob_part", part, text(glob), query.Literal{Value: event.IntValue(int64(rapid.IntRange(0, 1).Draw(t, "star")))})},
	)
	a := count(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"bin", "part", event.SystemDataset, "route", "Route", "status", "ok", "mixed", "absent", "ratio"}), 0, 4, rapid.ID[string]).Draw(t, "groups")...)
	if rapid.IntRange(0, 3).Draw(t, "buckets") == 0 {
		a.Step = step
	}
	if rapid.IntRange(0, 9).Draw(t, "nothing counted") == 0 && len(a.Groups) > 0 {
		a.Calcs = nil
	}
	if len(a.Calcs) > 0 {
		a.Calcs = append(a.Calcs, measurements(t)...)
	}
	q.Stages = append(q.Stages, a)
	if len(a.Calcs) > 0 {
		switch rapid.IntRange(0, 4).Draw(t, "then") {
		case 0:
			q.Stages = append(q.Stages, query.Filter{Where: query.Compare{Op: query.Ge, L: query.Field{Name: "COUNT"}, R: query.Literal{Value: event.IntValue(rapid.Int64Range(0, 5).Draw(t, "at least"))}}})
		case 1:
			q.Stages = append(q.Stages, query.Aggregate{Groups: []string{event.SystemTime, "bin"}, Calcs: []query.Calc{{Op: query.Sum, Field: "COUNT", Name: "sum"}, {Op: query.Count, Name: "n"}}})
		case 2:
			q.Stages = append(q.Stages, query.Sort{Keys: []query.SortKey{{Field: a.Calcs[len(a.Calcs)-1].Name, Desc: rapid.Bool().Draw(t, "desc")}}})
		case 3:
			q.Stages = append(q.Stages, query.Compute{Name: "twice", Expr: call("times", query.Field{Name: "COUNT"}, query.Literal{Value: event.IntValue(2)})}, query.Project{Fields: []string{"twice", "bin", "absent"}})
		}
	}
	return q
}

// measurements draws calculations with numbers, several of a field among them.
func measurements(t *rapid.T) (calcs []query.Calc) {
	fields := []string{gauge, gauge, event.FieldDuration, "status", "ratio", "absent"}
	if rapid.IntRange(0, 5).Draw(t, "calculates with any field") == 0 {
		fields = anyFields
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "calculations") {
		c := query.Calc{
			Op:    rapid.SampledFrom([]query.CalcOp{query.Count, query.Sum, query.Avg, query.Min, query.Max, query.Quantile, query.Quantile, query.Interpolated, query.Histogram}).Draw(t, "calculation"),
			Field: rapid.SampledFrom(fields).Draw(t, "measured"),
			Q:     rapid.SampledFrom([]float64{0, 0.05, 0.5, 0.9, 0.999, 1}).Draw(t, "quantile"),
			Name:  fmt.Sprint("calculation ", i),
		}
		if rapid.IntRange(0, 9).Draw(t, "of some") == 0 {
			c.Where = Condition(t, anyFields, 1)
		}
		calcs = append(calcs, c)
	}
	return calcs
}

// countCondition draws one that is about single fields, mostly.
func countCondition(t *rapid.T) query.Expr {
	if rapid.IntRange(0, 2).Draw(t, "any condition") == 0 {
		return Condition(t, anyFields, 2)
	}
	e := query.Expr(query.Text{
		Op: query.TextOp(rapid.IntRange(0, int(query.EndsWith)).Draw(t, "text op")), X: query.Field{Name: rapid.SampledFrom(anyFields).Draw(t, "in")},
		S: rapid.SampledFrom(words).Draw(t, "word"),
	})
	if rapid.IntRange(0, 3).Draw(t, "not") == 0 {
		e = query.Not{X: e}
	}
	return e
}
