package sqlgen_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
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
		batches := storetest.Events(t, 40)
		q := storetest.Query(t)
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

func sqlOf(q *query.Query, batches []*event.Batch) string {
	rows := reached(q, batches)
	schema := schemaOf(rows)
	stmt, err := sqlgen.Compile(sqlgen.DuckDB, q, schema)
	if err != nil {
		return err.Error()
	}
	return stmt.SQL + "\n" + withEvents(sqlgen.DuckDB, stmt, schema, rows)
}
