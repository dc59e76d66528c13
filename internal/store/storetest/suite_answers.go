package storetest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

func emptyStoreAnswers(_ *testing.T, p *pair) {
	p.agree(ask())
	p.agree(ask(count()))
	p.agree(ask(count("route")))
	p.agree(ask(query.Aggregate{Step: second, Calcs: []query.Calc{{Op: query.Avg, Field: "x", Name: "a"}}}))
	p.agree(ask(query.Filter{Where: is("a", 1)}, query.Sort{Keys: []query.SortKey{{Field: "a"}}}, query.Limit{Count: 3}))
}

// sampleBatches are three batches of two datasets with every kind, nulls, and
// weights in some.
func sampleBatches() []*event.Batch {
	return []*event.Batch{
		batchOf("api",
			object{"route": "/a", "duration_ms": 12.5, "status": 200, "error": false, "user": "u1"},
			object{"route": "/b", "duration_ms": 250.0, "status": 500, "error": true},
			object{"route": "/a", "status": 404, "user": "u2"},
			object{"duration_ms": 0.25, "user": "u1"},
		),
		batchOf("web",
			object{"_time": suiteBase + 100*second, "_sample_rate": 20, "route": "/a", "duration_ms": 90.0, "status": 200},
			object{"_time": suiteBase + 101*second, "_sample_rate": 3, "route": "/c", "duration_ms": 1000.0, "error": true},
			object{"_time": suiteBase + 160*second, "route": "/c", "duration_ms": -4.0, "status": -1},
		),
		batchOf("api",
			object{"_time": suiteBase + 3*second + 1, "route": "/A", "duration_ms": 0.0, "status": 0, "user": ""},
			object{"_time": suiteBase + 61*second, "_sample_rate": 1000, "route": "/b", "duration_ms": 70.0, "user": "u3"},
		),
	}
}

func everyCalculation(_ *testing.T, p *pair) {
	p.inEveryLayout(sampleBatches(), func() {
		for op := query.Count; op <= query.Last; op++ {
			calcs := calculations(op, "route", "duration_ms", "status", "error", "user", "absent")
			for _, unweighted := range []bool{false, true} {
				for _, a := range []query.Aggregate{
					{},
					{Groups: []string{"route"}},
					{Groups: []string{"user", event.SystemDataset}},
					{Step: 60 * second},
					{Groups: []string{"error"}, Step: 7 * second},
				} {
					a.Calcs = calcs
					q := ask(a)
					q.Unweighted = unweighted
					p.agree(q)
				}
			}
		}
	})
}

// calculations applies an operator to each field, to all rows and to some.
func calculations(op query.CalcOp, names ...string) []query.Calc {
	calcs := []query.Calc{{Op: query.Count, Name: "COUNT"}}
	if op == query.Concurrency {
		names = []string{""}
	}
	for _, name := range names {
		for _, q := range []float64{0.5, 0.99} {
			calcs = append(calcs,
				query.Calc{Op: op, Field: name, Q: q, Name: fmt.Sprint(name, q)},
				query.Calc{Op: op, Field: name, Q: q, Name: fmt.Sprint(name, q, " of errors"), Where: is("error", true)})
			if op != query.Quantile {
				break
			}
		}
	}
	return calcs
}

// conditions counts the rows that satisfy each, many in a query, and lists the
// rows of some.
func (p *pair) conditions(conds []query.Expr) {
	p.t.Helper()
	const together = 30
	for chunk := range slices.Chunk(conds, together) {
		var a query.Aggregate
		for i, c := range chunk {
			a.Calcs = append(a.Calcs, query.Calc{Op: query.Count, Where: c, Name: fmt.Sprint(i)})
		}
		p.agree(ask(a))
		p.agree(kept(chunk[0]))
		p.agree(kept(query.Not{X: chunk[len(chunk)/2]}))
	}
}

// kept lists the rows that satisfy a condition, by their times.
func kept(where query.Expr) *query.Query {
	return ask(
		query.Filter{Where: where},
		query.Sort{Keys: []query.SortKey{{Field: event.SystemTime}}},
		query.Project{Fields: []string{event.SystemTime, event.SystemDataset}},
	)
}

func everyComparison(_ *testing.T, p *pair) {
	literals := []any{nil, true, false, 0, 200, 12.5, -4.0, 1e300, "", "200", "/a", "/b", "true", "12.50"}
	conds := []query.Expr{
		query.And{}, query.Or{}, field("error"), query.Or{Terms: []query.Expr{field("status"), query.Not{X: field("duration_ms")}}},
	}
	for _, name := range []string{"route", "duration_ms", "status", "error", "user", "absent", event.SystemDataset, event.SystemSampleRate} {
		var values []event.Value
		conds = append(conds, query.Exists{X: field(name)}, query.Not{X: query.Exists{X: field(name)}})
		for _, l := range literals {
			values = append(values, valueOf(l))
			for op := query.Eq; op <= query.Ge; op++ {
				c := query.Compare{Op: op, L: field(name), R: lit(l)}
				conds = append(conds, query.And{Terms: []query.Expr{c, query.Not{X: is("route", "/c")}}}, query.Not{X: c})
			}
		}
		conds = append(conds, query.In{X: field(name), Values: values[4:]}, query.Not{X: query.In{X: field(name), Values: values[:7]}})
	}
	for op := query.Eq; op <= query.Ge; op++ {
		for _, fields := range [][2]string{{"duration_ms", "status"}, {"route", "user"}, {"error", "status"}} {
			conds = append(conds, query.Compare{Op: op, L: field(fields[0]), R: field(fields[1])})
		}
		conds = append(conds, query.Compare{Op: op, L: lit(100), R: field("status")})
	}
	p.inEveryLayout(sampleBatches(), func() { p.conditions(conds) })
}

func everyTextTest(_ *testing.T, p *pair) {
	batches := append(sampleBatches(), batchOf("web",
		object{"_time": suiteBase + 200*second, "route": "GET /Straße", "user": "Ünïcode 日本", "duration_ms": 1e21},
		object{"_time": suiteBase + 201*second, "route": "50%_off\\", "user": "line\nbreak", "duration_ms": 2.5e-7},
		object{"_time": suiteBase + 202*second, "route": "it's \"quoted\"", "user": "tab\there", "duration_ms": 123456789.0},
	))
	parts := []string{"", "/", "a", "A", "u1", "0", "25", ".", "%", "_", "\\", "'", "\"", "日", "SS", "straße", "\n", "e"}
	patterns := []string{"", "^/a$", "[0-9]+", "(?i)GET", "^.$", "a|b", "^line.break$", `\d{2,}`, `\\$`, "(a+)+$", `\pL`}
	var conds []query.Expr
	for _, name := range []string{"route", "user", "duration_ms", "status", "error", "absent"} {
		for _, part := range parts {
			for _, op := range []query.TextOp{query.Contains, query.StartsWith, query.EndsWith, query.Search} {
				conds = append(conds, query.Text{Op: op, X: field(name), S: part})
			}
		}
		for _, pattern := range patterns {
			test := query.Text{Op: query.Regex, X: field(name), S: pattern}
			conds = append(conds, test, query.Not{X: test})
		}
	}
	p.inEveryLayout(batches, func() { p.conditions(conds) })
}

// kindsOfOtherDatasets has each dataset's values as they were sent, whatever kind a
// name has in the others: their rows may be kept together.
func kindsOfOtherDatasets(t *testing.T, p *pair) {
	values := map[string][]any{
		"integers": {7, 1<<53 + 1, -1<<53 - 1}, "floats": {1.5, 2.0, 1e300}, "booleans": {true, false, true}, "texts": {"x", "10", "true"}, "small": {1, 2, 3},
	}
	names := slices.Sorted(maps.Keys(values))
	check := func() {
		for _, name := range names {
			for _, stages := range [][]query.Stage{
				{count("value")},
				{query.Sort{Keys: []query.SortKey{{Field: "value"}}}},
				{query.Filter{Where: query.Compare{Op: query.Gt, L: field("value"), R: lit(1)}}, count()},
				{query.Aggregate{Calcs: []query.Calc{{Op: query.Sum, Field: "value", Name: "sum"}, {Op: query.Avg, Field: "value", Name: "avg"}, {Op: query.Max, Field: "value", Name: "max"}}}},
			} {
				q := ask(stages...)
				q.Datasets = []string{name}
				p.agree(q)
			}
		}
		p.agree(ask(count("value", event.SystemDataset)))
		p.sameCatalog(Environment)
	}
	for round := range 5 {
		for _, name := range names {
			b := event.NewBatch(Environment, name)
			for i, v := range values[name] {
				b.Begin(suiteBase + int64(round)*second + int64(i))
				b.Set("value", valueOf(v))
			}
			p.append(b)
		}
		check()
		p.flush()
		check()
	}
	if err := p.store.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	check()
}

func kindsConflict(_ *testing.T, p *pair) {
	values := []any{1, 2, 2.5, 1e20, "3", "x", "3.0", true, false, nil, 10, "10", -7, ""}
	check := func() {
		conds := []query.Expr{query.In{X: field("mixed"), Values: []event.Value{valueOf(true), valueOf("3"), valueOf(10.0)}}}
		for op := query.Eq; op <= query.Ge; op++ {
			for _, l := range []any{1, 2.5, 3, 1e20, "3", "x", "10", true, 5} {
				conds = append(conds, query.Compare{Op: op, L: field("mixed"), R: lit(l)}, query.Compare{Op: op, L: lit(l), R: field("mixed")})
			}
			conds = append(conds, query.Compare{Op: op, L: field("mixed"), R: field("n")})
		}
		p.conditions(conds)
		p.agree(ask(query.Sort{Keys: []query.SortKey{{Field: "mixed"}, {Field: event.SystemTime}}}, query.Limit{Count: 5}))
		for _, op := range []query.CalcOp{query.Count, query.CountDistinct, query.Sum, query.Avg, query.Min, query.Max, query.Quantile, query.First, query.Last} {
			p.agree(ask(query.Aggregate{Calcs: []query.Calc{{Op: op, Field: "mixed", Q: 0.5, Name: "calc"}}}))
		}
		p.agree(ask(count("mixed")))
		p.agree(kept(query.Text{Op: query.Contains, X: field("mixed"), S: "0"}))
		p.agree(ask())
	}
	// Each value in a segment of its own, so that the kind widens from one to the next.
	for i, v := range values {
		p.append(batchOf(fmt.Sprint("d", i%2), object{"_time": suiteBase + int64(i)*second, "mixed": v, "n": i}))
		if i%3 == 2 {
			p.flush()
			check()
		}
	}
	check()
	p.flush()
	// All of them in one.
	b := batchOf("d0")
	for i, v := range values {
		b.Begin(suiteBase + int64(100+i)*second)
		b.Set("mixed", valueOf(v))
	}
	p.append(b)
	check()
}

func extremeValues(_ *testing.T, p *pair) {
	long := make([]byte, 100_000)
	for i := range long {
		long[i] = byte('a' + i%26)
	}
	b := batchOf("api",
		object{"i": int64(math.MaxInt64), "f": math.MaxFloat64, "s": ""},
		object{"i": int64(math.MinInt64), "f": -math.MaxFloat64, "s": string(long)},
		object{"i": int64(-1), "f": math.SmallestNonzeroFloat64, "s": "\x00"},
		object{"i": int64(0), "f": 0.1, "s": "a\x00b"},
		object{"i": int64(1) << 60, "f": 1.0 / 3, "s": " "},
		object{"f": 1e15, "s": "\u2028\u200b\ufeff"}, object{"f": 1e16}, object{"f": 123456789012345680.0},
		object{"f": 1e-5}, object{"f": 1.5e-6}, object{"f": 1e-7}, object{"f": 1.5e20}, object{"f": 1e21}, object{"f": -2.5e22},
	)
	p.inEveryLayout([]*event.Batch{batchOf("api"), b}, func() {
		p.agree(ask())
		p.agree(ask(count("i")))
		p.agree(ask(count("f")))
		p.agree(ask(count("s")))
		p.agree(kept(is("s", "a\x00b")))
		p.agree(kept(is("i", int64(math.MinInt64))))
		p.agree(kept(is("f", 1.0/3)))
		for _, part := range []string{"1", "5", "e-07", "00000000", ".", "e+21", "-25"} {
			p.agree(kept(query.Text{Op: query.Contains, X: field("f"), S: part}))
		}
		p.agree(ask(query.Aggregate{Calcs: []query.Calc{
			{Op: query.Min, Field: "i", Name: "min i"},
			{Op: query.Max, Field: "i", Name: "max i"},
			{Op: query.Min, Field: "f", Name: "min f"},
			{Op: query.Max, Field: "s", Name: "max s"},
		}}))
	})
}

func sortLimitDedupProject(_ *testing.T, p *pair) {
	byTime := query.Sort{Keys: []query.SortKey{{Field: event.SystemTime}}}
	p.inEveryLayout(sampleBatches(), func() {
		for _, name := range []string{"route", "duration_ms", "status", "error", "user", "absent"} {
			for _, desc := range []bool{false, true} {
				sorted := query.Sort{Keys: []query.SortKey{{Field: name, Desc: desc}, {Field: event.SystemTime}}}
				p.agree(ask(sorted))
				for _, limit := range []query.Limit{{Count: 3}, {Count: 2, Offset: 3}, {Count: 100, Offset: 5}, {Count: 0}, {Count: 1, Offset: 100}} {
					p.agree(ask(sorted, limit))
				}
				p.agree(ask(sorted, query.Limit{Count: 5}, query.Filter{Where: query.Exists{X: field("user")}}, query.Limit{Count: 2}))
				p.agree(ask(sorted, query.Dedup{Fields: []string{name}}))
				p.agree(ask(sorted, query.Dedup{Fields: []string{"user", name}}, query.Limit{Count: 3}))
				p.agree(ask(sorted, query.Limit{Count: 4}, count(name)))
			}
		}
		for _, datasets := range [][]string{nil, {"api"}, {"web"}, {"api", "web"}} {
			page := ask(byTime, query.Limit{Count: 3, Offset: 1})
			page.Datasets = datasets
			p.agree(page)
			page.Unweighted = true
			p.agree(page)
		}
		p.agree(ask(byTime, query.Dedup{}))
		p.agree(ask(byTime, query.Project{Fields: []string{"user", "route", "absent", event.SystemTime, event.SystemEnvironment, event.SystemSampleRate}}))
		p.agree(ask(byTime, query.Project{Fields: []string{"user", event.SystemTime}}, query.Filter{Where: query.Exists{X: field("route")}}))
		p.agree(ask(query.Compute{Name: "slow", Expr: query.Compare{Op: query.Gt, L: field("duration_ms"), R: lit(80)}}, count("slow")))
		p.agree(ask(count("route"), query.Sort{Keys: []query.SortKey{{Field: "COUNT", Desc: true}, {Field: "route"}}}, query.Limit{Count: 2}))
		p.agree(ask(count("route"), query.Filter{Where: query.Compare{Op: query.Ge, L: field("COUNT"), R: lit(2)}}))
	})
}

func timeEdges(t *testing.T, p *pair) {
	t.Helper()
	start, end := suiteBase, suiteBase+60*second
	b := event.NewBatch(Environment, "api")
	for _, at := range []int64{
		start - 1, start, start + 1, start + 30*second - 1, start + 30*second, end - 1, end, end + 1,
		-1, 0, 1, -second, -second - 1, 7 * second,
	} {
		b.Begin(at)
		b.Set("at", event.IntValue(at))
	}
	p.inEveryLayout([]*event.Batch{batchOf("api"), b}, func() {
		for _, r := range [][2]int64{{start, end}, {start + 1, end + 1}, {end, end + 1}, {-2 * second, 2 * second}, {5, 5}, {end, start}, {math.MinInt64 / 2, math.MaxInt64 / 2}} {
			for _, step := range []int64{0, 30 * second, 7 * second, 1} {
				if step == 1 && r[1]-r[0] > 10 {
					continue
				}
				q := ask(query.Aggregate{Step: step, Calcs: []query.Calc{{Op: query.Count, Name: "COUNT"}}})
				q.Start, q.End = r[0], r[1]
				p.agree(q)
			}
			q := ask()
			q.Start, q.End = r[0], r[1]
			p.agree(q)
		}
	})
}

func resultsAreLimited(t *testing.T, p *pair) {
	p.append(sampleBatches()...)
	for _, q := range []*query.Query{ask(), ask(count("route"))} {
		all, err := p.store.Run(t.Context(), q, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.store.Run(t.Context(), q, store.Options{MaxRows: all.Rows}); err != nil {
			t.Errorf("MaxRows equal to the rows: %v", err)
		}
		_, err = p.store.Run(t.Context(), q, store.Options{MaxRows: all.Rows - 1})
		wantFault(t, err, tooLarge)
	}
}
