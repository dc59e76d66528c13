package sqlgen_test

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// lines are log lines, one of them without a message.
func lines(t *rapid.T) []*event.Batch {
	b := event.NewBatch(storetest.Environment, "app")
	for i := range 12 {
		b.Begin(storetest.GeneratedStart + int64(i))
		if i > 0 {
			b.Set(event.FieldBody, event.StringValue(storetest.LogMessage(t)))
		}
	}
	return []*event.Batch{b}
}

func patternQuery(t *rapid.T) (*query.Query, *pattern.Pattern) {
	text := storetest.FilterPattern(t)
	p, err := pattern.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	where := query.FromPattern(p)
	if rapid.Bool().Draw(t, "whole") {
		where = query.Text{Op: query.Pattern, X: query.Field{Name: event.FieldBody}, S: text}
	}
	return &query.Query{
		Environment: storetest.Environment, Start: storetest.GeneratedStart, End: storetest.GeneratedEnd,
		Stages: []query.Stage{
			query.Filter{Where: where},
			query.Project{Fields: []string{event.SystemTime, event.FieldBody}},
			query.Sort{Keys: []query.SortKey{{Field: event.SystemTime}}},
		},
	}, p
}

func TestFilterPattern_AnswersAsMatchDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batches := lines(t)
		q, p := patternQuery(t)
		want, err := runReference(context.Background(), q, batches)
		if err != nil {
			t.Fatal(err)
		}
		matched := 0
		for i := range batches[0].Len() {
			if v := batches[0].Row(i).Get(event.FieldBody); !v.IsNull() && p.MatchString(v.Str()) {
				matched++
			}
		}
		if p.Kind != pattern.Terms && matched != want.Rows {
			t.Fatalf("%s: the reference finds %d lines, Match %d", p, want.Rows, matched)
		}
		got, err := runDuckDB(q, batches)
		if err != nil {
			t.Fatal(err)
		}
		if d := storetest.Difference(q, want, got); d != "" {
			t.Fatalf("%s\n%s\n%s", p, d, sqlOf(q, batches))
		}
	})
}

func TestFilterPattern_AnswersAsMatchDoesInClickHouse(t *testing.T) {
	t.Parallel()
	type drawn struct {
		q       *query.Query
		batches []*event.Batch
		p       *pattern.Pattern
	}
	var batch clickHouseBatch
	cases := make([]drawn, 400)
	for i := range cases {
		cases[i] = rapid.Custom(func(t *rapid.T) drawn {
			q, p := patternQuery(t)
			return drawn{q, lines(t), p}
		}).Example(i)
		if _, err := batch.add(cases[i].q, cases[i].batches); err != nil {
			t.Fatal(err)
		}
	}
	for i, answer := range batch.run(t) {
		want, err := runReference(t.Context(), cases[i].q, cases[i].batches)
		if err != nil {
			t.Fatal(err)
		}
		got, err := answer()
		if err != nil {
			t.Errorf("case %d: %v", i, err)
			continue
		}
		if d := storetest.Difference(cases[i].q, want, got); d != "" {
			t.Errorf("case %d: %s\n%s\n%s", i, cases[i].p, d, batch.compiled[i].SQL)
		}
	}
}

func TestFilterPattern_DepthOfJSONInClickHouse(t *testing.T) {
	t.Parallel()
	b := event.NewBatch(storetest.Environment, "app")
	for i, m := range []string{
		strings.Repeat("[", pattern.MaxDepth) + strings.Repeat("]", pattern.MaxDepth),
		strings.Repeat("[", pattern.MaxDepth+1) + strings.Repeat("]", pattern.MaxDepth+1),
		"\ufeff{}",
	} {
		b.Begin(storetest.GeneratedStart + int64(i))
		b.Set(event.FieldBody, event.StringValue(m))
	}
	q := &query.Query{
		Environment: storetest.Environment, Start: storetest.GeneratedStart, End: storetest.GeneratedEnd,
		Stages: []query.Stage{
			query.Filter{Where: query.Text{Op: query.Pattern, X: query.Field{Name: event.FieldBody}, S: "{ $.a NOT EXISTS }"}},
			query.Aggregate{Calcs: []query.Calc{{Op: query.Max, Field: event.SystemTime, Name: "last"}, {Op: query.Count, Name: "n"}}},
		},
	}
	var batch clickHouseBatch
	if _, err := batch.add(q, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	want, err := runReference(t.Context(), q, []*event.Batch{b})
	if err != nil {
		t.Fatal(err)
	}
	got, err := batch.run(t)[0]()
	if err != nil {
		t.Fatal(err)
	}
	if d := storetest.Difference(q, want, got); d != "" {
		t.Error(d)
	}
	if want.Columns[1].Values[0].Int() != 1 {
		t.Errorf("%v lines match", want.Columns[1].Values[0])
	}
}

// The largest expressions that a pattern may hold are ones that the engines take.
func TestFilterPattern_LargestExpressions(t *testing.T) {
	t.Parallel()
	b := event.NewBatch(storetest.Environment, "app")
	b.Begin(storetest.GeneratedStart)
	b.Set(event.FieldBody, event.StringValue(strings.Repeat("é ", 5000)))
	var batch clickHouseBatch
	texts := []string{`%` + strings.Repeat(`\W{990}`, 5) + `%`, `%` + strings.Repeat(`[^a-c]{990}`, 5) + `% %` + strings.Repeat(`.{990}`, 5) + `%`}
	for _, text := range texts {
		p, err := pattern.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		q := &query.Query{
			Environment: storetest.Environment, Start: storetest.GeneratedStart, End: storetest.GeneratedEnd,
			Stages: []query.Stage{query.Filter{Where: query.FromPattern(p)}, query.Aggregate{Calcs: []query.Calc{{Op: query.Count, Name: "n"}}}},
		}
		got, err := runDuckDB(q, []*event.Batch{b})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.Columns[0].Values[0].Int() != 1 {
			t.Errorf("%s matches nothing", text)
		}
		if _, err := batch.add(q, []*event.Batch{b}); err != nil {
			t.Fatal(err)
		}
	}
	for i, answer := range batch.run(t) {
		if got, err := answer(); err != nil || got.Columns[0].Values[0].Int() != 1 {
			t.Errorf("%s in ClickHouse: %v", texts[i], err)
		}
	}
}
