package sqlgen_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func runReference(ctx context.Context, q *query.Query, batches []*event.Batch) (*store.Result, error) {
	ref := storetest.NewReference()
	if err := ref.Append(ctx, 1, batches); err != nil {
		return nil, err
	}
	return ref.Run(ctx, q, store.Options{})
}

func TestCompile_AnswersAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batches := storetest.Events(t, storetest.Environment, 40)
		q := storetest.Query(t, storetest.Environment)
		want, err := runReference(context.Background(), q, batches)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runDuckDB(q, batches)
		if err != nil {
			t.Fatal(err)
		}
		if d := storetest.Difference(q, want, got); d != "" {
			t.Fatalf("%s\n%s", d, sqlOf(q, batches))
		}
	})
}

// TestCompile_AnswersAsTheReferenceDoesInClickHouse draws all its cases first, to
// run them in one process.
func TestCompile_AnswersAsTheReferenceDoesInClickHouse(t *testing.T) {
	t.Parallel()
	type drawn struct {
		q       *query.Query
		batches []*event.Batch
	}
	var batch clickHouseBatch
	var cases []drawn
	of := []func(t *rapid.T) drawn{
		func(t *rapid.T) drawn {
			return drawn{storetest.Query(t, storetest.Environment), storetest.Events(t, storetest.Environment, 25)}
		},
		func(t *rapid.T) drawn {
			return drawn{storetest.WildQuery(t, storetest.Environment), storetest.WildEvents(t, storetest.Environment, 12)}
		},
		func(t *rapid.T) drawn {
			return drawn{storetest.SeriesQuery(t, storetest.Environment), storetest.Readings(t, storetest.Environment, 25)}
		},
	}
	for i := 0; len(cases) < 500; i++ {
		c := rapid.Custom(of[i%len(of)]).Example(i)
		switch _, err := batch.add(c.q, c.batches); {
		case fault.Is(err, fault.Unsupported):
		case err != nil:
			t.Fatal(err)
		default:
			cases = append(cases, c)
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
			t.Errorf("case %d: %s\n%s", i, d, batch.compiled[i].SQL)
		}
	}
}

// TestCompile_AnswersAsTheReferenceDoesOfAnything asks about events and of functions
// what well-behaved senders and questions do not. The cases are always the same.
func TestCompile_AnswersAsTheReferenceDoesOfAnything(t *testing.T) {
	t.Parallel()
	type drawn struct {
		q       *query.Query
		batches []*event.Batch
	}
	for i := range 200 {
		c := rapid.Custom(func(t *rapid.T) drawn {
			return drawn{storetest.WildQuery(t, storetest.Environment), storetest.WildEvents(t, storetest.Environment, 25)}
		}).Example(i)
		want, err := runReference(t.Context(), c.q, c.batches)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runDuckDB(c.q, c.batches)
		if err != nil {
			t.Fatal(err)
		}
		if d := storetest.Difference(c.q, want, got); d != "" {
			t.Errorf("%d: %s\n%s", i, d, sqlOf(c.q, c.batches))
		}
	}
}

func sqlOf(q *query.Query, batches []*event.Batch) string {
	rows := reached(q, batches)
	schema := schemaOf(rows)
	stmt, err := sqlgen.Compile(sqlgen.DuckDB, q, schema)
	if err != nil {
		return err.Error()
	}
	return stmt.SQL + "\n" + withEvents(sqlgen.DuckDB, stmt, schema, rows)
}

func TestCompile_AnswersOfSeriesAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batches := storetest.Readings(t, storetest.Environment, 40)
		q := storetest.SeriesQuery(t, storetest.Environment)
		want, err := runReference(context.Background(), q, batches)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runDuckDB(q, batches)
		if err != nil {
			t.Fatal(err)
		}
		if d := storetest.Difference(q, want, got); d != "" {
			t.Fatalf("%s\n%s\n%s", q, d, sqlOf(q, batches))
		}
	})
}

// TestCompile_NothingIsNullInClickHouse: over no rows a calculation of what is never null
// is null, where ClickHouse has a default.
func TestCompile_NothingIsNullInClickHouse(t *testing.T) {
	t.Parallel()
	var batch clickHouseBatch
	q := &query.Query{Environment: storetest.Environment, End: 10, Stages: []query.Stage{query.Filter{Where: query.Literal{Value: event.BoolValue(false)}}}}
	a := query.Aggregate{}
	for name, v := range map[string]event.Value{"truth": event.BoolValue(true), "number": event.IntValue(1), "float": event.FloatValue(1), "text": event.StringValue("x")} {
		q.Stages = append(q.Stages, query.Compute{Name: name, Expr: query.Literal{Value: v}})
		for _, op := range []query.CalcOp{query.Count, query.CountDistinct, query.Sum, query.Avg, query.Min, query.Max, query.First, query.Last, query.LeastText, query.GreatestText} {
			a.Calcs = append(a.Calcs, query.Calc{Op: op, Field: name, Name: op.String() + " of " + name})
		}
	}
	q.Stages = append(q.Stages, a)
	b := event.NewBatch(storetest.Environment, "api")
	b.Begin(1)
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
}
