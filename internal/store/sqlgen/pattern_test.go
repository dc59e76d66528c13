package sqlgen_test

import (
	"context"
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
