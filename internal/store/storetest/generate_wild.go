package storetest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Fields of wild events: what senders do that well-behaved ones do not.
var wildFields = []string{"wild", "long", "big", "odd", "mixed", "absent", "status", "ratio", "ok", "route", event.SystemTime, event.SystemSampleRate, event.SystemDataset}

// WildEvents draws events as [Events] does, with fields of many kinds, very long
// texts, numbers at the ends of their range and times a nanosecond from the border
// of a second.
func WildEvents(t *rapid.T, environment string, limit int) []*event.Batch {
	batches := Events(t, environment, limit)
	for _, b := range batches {
		for row := range b.Len() {
			b.Times[row] += rapid.SampledFrom([]int64{0, 0, 1, 59_999_999}).Draw(t, "beside") // slots lie 60 ms apart
			set := func(name string, values []event.Value) {
				if rapid.IntRange(0, 3).Draw(t, "has "+name) > 0 {
					b.SetAt(row, name, rapid.SampledFrom(values).Draw(t, name))
				}
			}
			if rapid.IntRange(0, 3).Draw(t, "is a line") == 0 {
				b.SetAt(row, event.FieldArrival, event.IntValue(GeneratedEnd+int64(row)))
			}
			set("wild", wildValues())
			set("long", longTexts())
			set("big", bigNumbers())
			set("odd", oddNumbers())
		}
	}
	return batches
}

func wildValues() []event.Value {
	return []event.Value{
		event.IntValue(0), event.IntValue(10), event.FloatValue(10), event.FloatValue(-0.5), event.BoolValue(true), event.BoolValue(false),
		event.StringValue(""), event.StringValue("10"), event.StringValue("true"), event.StringValue("a"), event.StringValue("1e400"),
		event.StringValue("\x00"), event.StringValue("ı"), event.StringValue("e\u0301"), event.StringValue("\U0001F600"), event.StringValue("\u2028"), event.StringValue("\\"),
	}
}

func longTexts() []event.Value {
	const stat = 64 // what a segment keeps of a text as its least or greatest
	var list []event.Value
	for _, n := range []int{stat - 1, stat, stat + 1, 300, 5000} {
		list = append(list, event.StringValue(strings.Repeat("x", n)), event.StringValue(strings.Repeat("x", n)+"y"), event.StringValue(strings.Repeat("é", n)))
	}
	return list
}

func bigNumbers() []event.Value {
	const exact = 1 << 53 // floats are whole up to here
	return []event.Value{
		event.IntValue(1<<63 - 1), event.IntValue(-1 << 63), event.IntValue(exact), event.IntValue(exact + 1), event.IntValue(-exact - 1), event.IntValue(1_700_000_000_000_000_001),
	}
}

func oddNumbers() []event.Value {
	return []event.Value{
		event.FloatValue(math.NaN()), event.FloatValue(math.Inf(1)), event.FloatValue(math.Inf(-1)), event.FloatValue(math.Copysign(0, -1)), event.FloatValue(0),
		event.FloatValue(5e-324), event.FloatValue(1.7976931348623157e308), event.FloatValue(-1.7976931348623157e308), event.FloatValue(1e15), event.FloatValue(1e21), event.FloatValue(0.1), event.FloatValue(1.0 / 3),
	}
}

// WildQuery draws a question about wild events for an engine that sees all the rows
// that the reference does: fields may be of any kind, and functions are given what
// they do not expect.
func WildQuery(t *rapid.T, environment string) *query.Query {
	q := &query.Query{Environment: environment, Start: GeneratedStart, End: GeneratedEnd, Unweighted: rapid.Bool().Draw(t, "unweighted")}
	if rapid.Bool().Draw(t, "shorter range") {
		q.Start, q.End = q.Start+3*second+1, q.End-12*second
	}
	if rapid.Bool().Draw(t, "filtered") {
		q.Stages = append(q.Stages, query.Filter{Where: Condition(t, wildFields, 3)})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "computed") {
		q.Stages = append(q.Stages, query.Compute{Name: []string{"made", "made later"}[i], Expr: wildCall(t, 3)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "traces") {
		conditions := make([]query.TraceCondition, rapid.IntRange(1, 2).Draw(t, "conditions"))
		for i := range conditions {
			conditions[i] = query.TraceCondition{Relation: query.Relation(rapid.IntRange(0, 4).Draw(t, "relation")), Where: Condition(t, wildFields, 1)}
		}
		if rapid.IntRange(0, 2).Draw(t, "traced") == 0 {
			q.Stages = append(q.Stages, query.TraceFilter{Conditions: conditions})
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "raw") == 0 {
		q.Stages = append(q.Stages, query.Project{Fields: []string{event.SystemTime, "made", "made later", "wild", "big", "long", "odd"}})
		return q
	}
	groups := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"made", "made later", "wild", "long", "big", "odd", "ok", event.SystemDataset}), 0, 2, rapid.ID[string]).Draw(t, "groups")
	a := query.Aggregate{Groups: groups}
	if rapid.Bool().Draw(t, "buckets") {
		a.Step = rapid.SampledFrom([]int64{second, 7 * second, 60 * second, second / 2}).Draw(t, "step")
	}
	a.Calcs = []query.Calc{{Op: query.Count, Name: "n"}}
	for i, op := range []query.CalcOp{query.Count, query.CountDistinct, query.Min, query.Max, query.First, query.Last, query.LeastText, query.GreatestText} {
		if rapid.IntRange(0, 3).Draw(t, "calc") == 0 {
			a.Calcs = append(a.Calcs, query.Calc{Op: op, Field: rapid.SampledFrom([]string{"wild", "long", "big", "odd", "made", "mixed"}).Draw(t, "of"), Name: "calc " + string(rune('a'+i))})
		}
	}
	q.Stages = append(q.Stages, a)
	return q
}

// wildCall draws a function of calculated fields, given anything.
func wildCall(t *rapid.T, depth int) query.Expr {
	if depth <= 0 || rapid.IntRange(0, 4).Draw(t, "leaf") == 0 {
		if rapid.IntRange(0, 2).Draw(t, "constant") == 0 {
			return query.Literal{Value: rapid.SampledFrom(append(wildValues(), event.Value{}, event.IntValue(-3), event.FloatValue(1e300))).Draw(t, "literal")}
		}
		return query.Field{Name: rapid.SampledFrom(wildFields).Draw(t, "field")}
	}
	of := func(n int) []query.Expr {
		args := make([]query.Expr, n)
		for i := range args {
			args[i] = wildCall(t, depth-1)
		}
		return args
	}
	name := rapid.SampledFrom([]string{
		"IF", "SWITCH", "COALESCE", "LT", "LTE", "GT", "GTE", "EQUALS", "IN", "EXISTS", "NOT", "AND", "OR", "MIN", "MAX", "SUM", "SUB", "MUL", "DIV", "MOD", "BUCKET",
		"INT", "FLOAT", "BOOL", "STRING", "CONCAT", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "TO_LOWER", "LENGTH", "REG_MATCH", "REG_VALUE", "REG_COUNT",
		"UNIX_TIMESTAMP", "EVENT_TIMESTAMP", "INGEST_TIMESTAMP", "FORMAT_TIME",
	}).Draw(t, "function")
	pattern := func() query.Expr {
		return text(rapid.SampledFrom([]string{"x+", "^(.)(.*)$", "[0-9]+", "(?i)TRUE|a", "\\S", "é", "(?s).y"}).Draw(t, "pattern"))
	}
	switch name {
	case "EVENT_TIMESTAMP", "INGEST_TIMESTAMP":
		return call(name)
	case "LT", "LTE", "GT", "GTE", "EQUALS", "SUB", "DIV", "MOD", "STARTS_WITH", "ENDS_WITH", "CONTAINS":
		return call(name, of(2)...)
	case "EXISTS", "NOT", "INT", "FLOAT", "BOOL", "STRING", "TO_LOWER", "LENGTH", "UNIX_TIMESTAMP":
		return call(name, of(1)...)
	case "REG_MATCH", "REG_VALUE", "REG_COUNT":
		return call(name, append(of(1), pattern())...)
	case "FORMAT_TIME":
		return call(name, append([]query.Expr{text(rapid.SampledFrom([]string{"%F %T", "%s", "%j%%"}).Draw(t, "format"))}, of(1)...)...)
	case "SWITCH":
		return call(name, append(of(1), append([]query.Expr{text(rapid.SampledFrom([]string{"a", "10", "true"}).Draw(t, "case"))}, of(rapid.IntRange(1, 2).Draw(t, "else"))...)...)...)
	case "BUCKET":
		bounds := []query.Expr{query.Literal{Value: event.IntValue(10)}, query.Literal{Value: event.IntValue(-20)}, query.Literal{Value: event.FloatValue(35.5)}}
		return call(name, append(of(1), bounds[:rapid.IntRange(1, 3).Draw(t, "bounds")]...)...)
	case "IF", "IN":
		return call(name, of(rapid.IntRange(2, 4).Draw(t, "arguments"))...)
	}
	return call(name, of(rapid.IntRange(1, 3).Draw(t, "arguments"))...)
}

// wildCase is what is asked in a round of wildQueries.
type wildCase struct {
	batches   []*event.Batch
	flushes   []bool // behind each
	queries   []*query.Query
	contrast  *query.Query
	selection query.Expr
}

func drawWild(t *rapid.T, environment string) wildCase {
	c := wildCase{batches: WildEvents(t, environment, 40)}
	for range c.batches {
		c.flushes = append(c.flushes, rapid.Bool().Draw(t, "flush"))
	}
	for range 2 {
		q := WildQuery(t, environment)
		q.Start, q.End = GeneratedStart, GeneratedEnd // all events, so that fields have the kinds that the reference sees, too
		c.queries = append(c.queries, q)
	}
	c.contrast = &query.Query{Environment: environment, Start: GeneratedStart, End: GeneratedEnd, Stages: []query.Stage{query.Compute{Name: "made", Expr: wildCall(t, 3)}}}
	if rapid.Bool().Draw(t, "filtered") {
		c.contrast.Stages = append(c.contrast.Stages, query.Filter{Where: Condition(t, append([]string{"made"}, wildFields...), 2)})
	}
	c.selection = Condition(t, wildFields, 1)
	return c
}

// wildQueries gives the store wild events in many layouts and asks about them. The
// cases are always the same.
func wildQueries(t *testing.T, p *pair) {
	const rounds = 40
	for i := range rounds {
		environment := fmt.Sprint("wild-", i)
		c := rapid.Custom(func(t *rapid.T) wildCase { return drawWild(t, environment) }).Example(i)
		p.flush() // a segment keeps a field in one kind for all environments in it
		p.ref = NewReference()
		for k, b := range c.batches {
			if p.append(b); c.flushes[k] {
				p.flush()
			}
		}
		for _, q := range c.queries {
			p.agree(q)
		}
		opts := store.ContrastOptions{Fields: []string{"made", "route", "big", "long"}, MaxValues: 1000}
		want, err := p.ref.Contrast(t.Context(), c.contrast, c.selection, opts)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.store.Contrast(t.Context(), c.contrast, c.selection, opts)
		if err != nil {
			t.Fatal(err)
		}
		if d := contrastDifference(want, got); d != "" {
			t.Errorf("%s | selected %s\n%s", c.contrast, c.selection, d)
		}
	}
}
