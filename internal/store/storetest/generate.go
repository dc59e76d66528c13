package storetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// conflicting is a field that holds several kinds of value. A store may keep a
// kind wider than the rows of a query need (one for a segment, say), and how
// numbers compare and sort with text goes by kind. So the order of its values and
// of text is not asked for: the part KindsConflict does, where all rows are seen.
const conflicting = "mixed"

// The fields of generated events. Two names differ only by case; one needs quoting.
var (
	textFields   = []string{"route", "Route", `we"ird' name`, event.FieldName}
	numberFields = []string{"status", event.FieldDuration, "ratio"}
	anyFields    = []string{"route", "Route", `we"ird' name`, "status", event.FieldDuration, "ratio", "ok", "mixed", "absent"}
	words        = []string{"", "a", "A", "b", "ab", "Äb", "ß", "GET /", "it's", "10", "9", "true", "x%_", "x\ny", "日本"}
)

// GeneratedEnd is the end of the range that generated events lie in; it starts at
// GeneratedStart, before the epoch, so that times of both signs are there.
const (
	GeneratedStart = -int64(10 * time.Second)
	GeneratedEnd   = int64(50 * time.Second)
)

// unknownLag is that of rows which are older than the column.
const unknownLag = -1 << 63

// Events draws up to limit events in batches of several datasets. No two have
// the same time. Numbers are such that sums are exact.
func Events(t *rapid.T, environment string, limit int) []*event.Batch {
	n := rapid.IntRange(0, limit).Draw(t, "events")
	sampled := rapid.Bool().Draw(t, "sampled")
	byDataset := map[string]*event.Batch{}
	var batches []*event.Batch
	for i := range n {
		dataset := rapid.SampledFrom([]string{"api", "web", "da'ta\"set"}).Draw(t, "dataset")
		b := byDataset[dataset]
		if b == nil {
			b = event.NewBatch(environment, dataset)
			byDataset[dataset] = b
			batches = append(batches, b)
		}
		// Unique, and not in the order of arrival.
		slot := int64(i*7919%1000) * (GeneratedEnd - GeneratedStart) / 1000
		b.Begin(GeneratedStart + slot)
		if sampled {
			b.SetSampleRate(rapid.SampledFrom([]uint32{1, 1, 2, 5, 1000}).Draw(t, "rate"))
		}
		setFields(t, b, i)
		if lag := rapid.SampledFrom([]int64{-200, -1, 0, 1, 37, 6000, unknownLag}).Draw(t, "lag"); lag != unknownLag {
			b.SetAt(b.Len()-1, event.SystemLag, event.IntValue(lag))
		}
	}
	return batches
}

func setFields(t *rapid.T, b *event.Batch, i int) {
	maybe := func(name string, draw func() event.Value) {
		if rapid.IntRange(0, 3).Draw(t, "has "+name) > 0 {
			b.Set(name, draw())
		}
	}
	for _, name := range textFields {
		maybe(name, func() event.Value { return event.StringValue(rapid.SampledFrom(words).Draw(t, name)) })
	}
	maybe("status", func() event.Value {
		return event.IntValue(rapid.SampledFrom([]int64{-3, 0, 1, 9, 10, 200, 500}).Draw(t, "status"))
	})
	maybe(event.FieldDuration, func() event.Value {
		return event.FloatValue(float64(rapid.IntRange(-1, 100_000).Draw(t, "duration")) / 4)
	})
	maybe("ratio", func() event.Value {
		return event.FloatValue(rapid.SampledFrom([]float64{-1.5, -0.25, 0, 0.5, 1, 10, 1e6}).Draw(t, "ratio"))
	})
	maybe("ok", func() event.Value { return event.BoolValue(rapid.Bool().Draw(t, "ok")) })
	maybe("mixed", func() event.Value { return mixed(t) })
	if rapid.Bool().Draw(t, "traced") {
		trace := rapid.IntRange(1, 3).Draw(t, "trace")
		b.Set(event.FieldTraceID, event.StringValue(fmt.Sprintf("%032x", trace)))
		b.Set(event.FieldSpanID, event.StringValue(fmt.Sprintf("%016x", i)))
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "child") > 0 {
			b.Set(event.FieldParentID, event.StringValue(fmt.Sprintf("%016x", rapid.IntRange(0, i-1).Draw(t, "parent"))))
		}
	}
}

func mixed(t *rapid.T) event.Value {
	return rapid.SampledFrom([]event.Value{
		event.IntValue(10), event.IntValue(9), event.IntValue(-1), event.FloatValue(0.5), event.FloatValue(10), event.FloatValue(1e20),
		event.FloatValue(2.5e-5), event.StringValue("10"), event.StringValue("9.0"), event.StringValue(" 9"), event.StringValue("1e1"),
		event.StringValue("nan"), event.StringValue("inf"), event.StringValue("1_0"), event.StringValue("x"), event.StringValue(""),
		event.StringValue("+9"), event.StringValue(".5"), event.StringValue("5."),
	}).Draw(t, "mixed")
}

// Query draws a query whose answer is determined over generated events.
func Query(t *rapid.T, environment string) *query.Query {
	q := &query.Query{Environment: environment, Start: GeneratedStart, End: GeneratedEnd}
	q.Unweighted = rapid.Bool().Draw(t, "unweighted")
	if rapid.Bool().Draw(t, "some datasets") {
		q.Datasets = []string{"api", "da'ta\"set"}
	}
	if rapid.Bool().Draw(t, "shorter range") {
		q.Start, q.End = q.Start+int64(5*time.Second), q.End-int64(7*time.Second)
	}
	if rapid.Bool().Draw(t, "filtered") {
		q.Stages = append(q.Stages, query.Filter{Where: Condition(t, anyFields, 3)})
	}
	if rapid.IntRange(0, 5).Draw(t, "traces") == 0 {
		relation := query.Relation(rapid.IntRange(0, 4).Draw(t, "relation"))
		q.Stages = append(q.Stages, query.TraceFilter{Conditions: []query.TraceCondition{{Relation: relation, Where: Condition(t, anyFields, 1)}}})
	}
	if rapid.IntRange(0, 5).Draw(t, "related") == 0 {
		relate := query.Relate{
			Relation: query.Relation(rapid.IntRange(0, 3).Draw(t, "relation")),
			Fields:   []query.RelatedField{{Name: "their route", Expr: query.Field{Name: "route"}}, {Name: "made", Expr: Calculated(t, 1)}},
		}
		if rapid.Bool().Draw(t, "relate where") {
			relate.Where = Condition(t, anyFields, 1)
		}
		q.Stages = append(q.Stages, relate)
	}
	switch rapid.IntRange(0, 3).Draw(t, "computed") {
	case 0:
		q.Stages = append(q.Stages, query.Compute{Name: "made", Expr: Condition(t, anyFields, 2)})
	case 1:
		q.Stages = append(q.Stages, query.Compute{Name: "made", Expr: Calculated(t, 3)})
	}
	if rapid.IntRange(0, 3).Draw(t, "raw") == 0 {
		q.Stages = append(q.Stages, rawStages(t)...)
		return q
	}
	return aggregated(t, q)
}

func rawStages(t *rapid.T) []query.Stage {
	stages := []query.Stage{query.Sort{Keys: []query.SortKey{{Field: event.SystemTime, Desc: rapid.Bool().Draw(t, "desc")}}}}
	if rapid.Bool().Draw(t, "dedup") {
		stages = append(stages, query.Dedup{Fields: []string{rapid.SampledFrom(anyFields).Draw(t, "dedup by")}, KeepNull: rapid.Bool().Draw(t, "keep null")})
	}
	if rapid.Bool().Draw(t, "limit") {
		stages = append(stages, query.Limit{Count: rapid.IntRange(0, 10).Draw(t, "count"), Offset: rapid.IntRange(0, 3).Draw(t, "offset")})
	}
	if rapid.Bool().Draw(t, "filter late") {
		stages = append(stages, query.Filter{Where: Condition(t, anyFields, 1)})
	}
	if rapid.Bool().Draw(t, "project") {
		stages = append(stages, query.Project{Fields: []string{event.SystemTime, "status", "Route", "mixed", event.SystemSampleRate, "absent", "made"}})
	}
	return stages
}

func aggregated(t *rapid.T, q *query.Query) *query.Query {
	names := append([]string{"made", "their route", event.SystemDataset}, anyFields...)
	if rapid.IntRange(0, 9).Draw(t, "unnested") == 0 {
		parts := call("split", query.Field{Name: rapid.SampledFrom(anyFields).Draw(t, "list")}, text("a"))
		q.Stages = append(q.Stages, query.Unnest{Name: "item", List: parts})
		names = append(names, "item", "item")
	}
	a := query.Aggregate{Groups: rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string]).Draw(t, "groups")}
	if rapid.Bool().Draw(t, "buckets") {
		a.Step = int64(rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Second, time.Minute}).Draw(t, "step"))
	}
	calcs := rapid.IntRange(0, 4).Draw(t, "calcs")
	for i := range calcs {
		a.Calcs = append(a.Calcs, Calculation(t, fmt.Sprintf("calc %d", i)))
	}
	q.Stages = append(q.Stages, a)
	if calcs > 0 && rapid.IntRange(0, 3).Draw(t, "having") == 0 && exact(a.Calcs[0].Op) {
		q.Stages = append(q.Stages, query.Filter{Where: query.Compare{
			Op: query.CompareOp(rapid.IntRange(0, 5).Draw(t, "having op")), L: query.Field{Name: "calc 0"},
			R: query.Literal{Value: event.IntValue(rapid.Int64Range(0, 5).Draw(t, "having"))},
		}})
	}
	if !slices.Contains(a.Groups, conflicting) && rapid.Bool().Draw(t, "sorted") {
		var keys []query.SortKey
		for _, g := range append(slices.Clone(a.Groups), event.SystemTime) {
			keys = append(keys, query.SortKey{Field: g, Desc: rapid.Bool().Draw(t, "desc"), Natural: rapid.Bool().Draw(t, "natural")})
		}
		q.Stages = append(q.Stages, query.Sort{Keys: keys}, query.Limit{Count: rapid.IntRange(0, 8).Draw(t, "limit")})
	}
	return q
}

func exact(op query.CalcOp) bool {
	return op == query.Count || op == query.CountDistinct || op == query.Min || op == query.Max
}

// Calculation draws one with a name.
func Calculation(t *rapid.T, name string) query.Calc {
	c := query.Calc{Name: name, Op: query.CalcOp(rapid.IntRange(0, int(query.TopValues)).Draw(t, "op"))}
	switch c.Op {
	case query.Concurrency:
	case query.Count:
		c.Field = rapid.SampledFrom(append([]string{""}, anyFields...)).Draw(t, "field")
	case query.Sum, query.Avg, query.StdDev, query.Variance:
		c.Field = rapid.SampledFrom(append([]string{"ok", "absent"}, numberFields...)).Draw(t, "field")
	case query.CountDistinct, query.Min, query.Max, query.Histogram, query.First, query.Last, query.LeastText, query.GreatestText, query.Values, query.TopValues:
		c.Q = 3
		c.Field = rapid.SampledFrom(anyFields).Draw(t, "field")
	case query.Quantile, query.Interpolated:
		c.Field = rapid.SampledFrom(anyFields).Draw(t, "field")
		c.Q = rapid.SampledFrom([]float64{0.001, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999}).Draw(t, "q")
	}
	if rapid.IntRange(0, 3).Draw(t, "calc where") == 0 {
		c.Where = Condition(t, anyFields, 1)
	}
	return c
}

// Condition draws an expression that is a condition over the fields.
func Condition(t *rapid.T, fields []string, depth int) query.Expr {
	if depth > 0 {
		switch rapid.IntRange(0, 6).Draw(t, "junction") {
		case 0:
			return query.And{Terms: conditions(t, fields, depth-1)}
		case 1:
			return query.Or{Terms: conditions(t, fields, depth-1)}
		case 2:
			return query.Not{X: Condition(t, fields, depth-1)}
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "call") == 0 {
		return truthCall(t, 2)
	}
	field := query.Field{Name: rapid.SampledFrom(fields).Draw(t, "of")}
	compare := query.Compare{Op: query.CompareOp(rapid.IntRange(0, 5).Draw(t, "compare op")), L: field}
	switch rapid.IntRange(0, 5).Draw(t, "kind of condition") {
	case 0:
		return query.Exists{X: field}
	case 1:
		return query.Text{
			Op: query.TextOp(rapid.IntRange(0, int(query.Search)).Draw(t, "text op")), X: field,
			S: rapid.SampledFrom([]string{"a", "A", "1", "it's", "", ".", "0", "ß", "b$"}).Draw(t, "text"),
		}
	case 2:
		return query.In{X: field, Values: rapid.SliceOfN(rapid.Custom(literal), 0, 4).Draw(t, "values")}
	case 3:
		if with := rapid.SampledFrom(fields).Draw(t, "with"); with != conflicting && field.Name != conflicting {
			compare.R = query.Field{Name: with}
			return compare
		}
	}
	v := literal(t)
	if field.Name == conflicting && v.Kind() == event.String {
		compare.Op %= 2 // equal or not
	}
	compare.R = query.Literal{Value: v}
	return compare
}

func conditions(t *rapid.T, fields []string, depth int) []query.Expr {
	terms := make([]query.Expr, rapid.IntRange(0, 3).Draw(t, "terms"))
	for i := range terms {
		terms[i] = Condition(t, fields, depth)
	}
	return terms
}

func literal(t *rapid.T) event.Value {
	return rapid.SampledFrom([]event.Value{
		event.IntValue(0), event.IntValue(9), event.IntValue(10), event.IntValue(-1), event.FloatValue(0.5), event.FloatValue(10),
		event.StringValue("9"), event.StringValue("10"), event.StringValue("a"), event.StringValue(""), event.StringValue("true"),
		event.StringValue("it's"), event.StringValue("日本"), event.BoolValue(true), event.BoolValue(false),
		{},
	}).Draw(t, "literal")
}
