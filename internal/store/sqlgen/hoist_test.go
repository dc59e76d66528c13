package sqlgen_test

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// TestCompile_DoesNotDoubleWithEachLevel nests functions as deep as fields may
// be: the SQL stays about as long as the expression times a constant, and runs.
func TestCompile_DoesNotDoubleWithEachLevel(t *testing.T) {
	t.Parallel()
	b := event.NewBatch(storetest.Environment, "api")
	b.Begin(1)
	b.Set("n", event.FloatValue(2.5))
	b.Set("s", event.StringValue("12"))
	batches := []*event.Batch{b}
	var ch clickHouseBatch
	var queries []*query.Query
	for _, level := range []string{
		"NOT(@)", "IF(@, true)", "SUM(@, $s)", "MUL(@, $s)", "DIV(1, STRING(@))", "MIN($s, $n, @)", "MAX(@, 1, $n)", "CONCAT(@, $n, 1.5)", "LT(STRING(@), $s)",
		"IN(STRING(@), $s, \"a\", \"b\", $n)", "LENGTH(STRING(@))", "BUCKET(LENGTH(STRING(@)), 0.1, 0)", "BUCKET(FLOAT(@), 5, 0, 50)", "REG_VALUE(STRING(@), `(.)`)", "REG_COUNT(STRING(@), `.`)",
		"UNIX_TIMESTAMP(CONCAT(FORMAT_TIME(`%FT%T`, @), `Z`))", "INT(STRING(@))", "COALESCE(@, $n, $s)", "SWITCH(STRING(@), `a`, $n, $s)", "EQUALS(@, 1)", "LOG10(@)",
	} {
		field := "$n"
		for depth := strings.Count(level, "("); depth <= 48; depth += strings.Count(level, "(") {
			field = strings.ReplaceAll(level, "@", field)
		}
		e, err := query.ParseField(field)
		if err != nil {
			t.Fatalf("%s: %v", level, err)
		}
		q := &query.Query{Environment: storetest.Environment, End: 10, Stages: []query.Stage{query.Compute{Name: "made", Expr: e}, query.Project{Fields: []string{"made"}}}}
		for _, d := range []sqlgen.Dialect{sqlgen.DuckDB, sqlgen.ClickHouse} {
			stmt, err := sqlgen.Compile(d, q, schemaOf(reached(q, batches)))
			if err != nil {
				t.Fatalf("%s: %v", level, err)
			}
			if len(stmt.SQL) > 150_000 {
				t.Errorf("%s in %v: %d bytes of SQL", level, d, len(stmt.SQL))
			}
		}
		want, err := runReference(t.Context(), q, batches)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runDuckDB(q, batches)
		if err != nil {
			t.Fatalf("%s: %.500s", level, err)
		}
		if d := storetest.Difference(q, want, got); d != "" {
			t.Errorf("%s: %s", level, d)
		}
		if _, err := ch.add(q, batches); err != nil {
			t.Fatal(err)
		}
		queries = append(queries, q)
	}
	t.Run("clickhouse", func(t *testing.T) {
		t.Parallel()
		for i, answer := range ch.run(t) {
			want, err := runReference(t.Context(), queries[i], batches)
			if err != nil {
				t.Fatal(err)
			}
			got, err := answer()
			if err != nil {
				t.Errorf("%.700s", err)
				continue
			}
			if d := storetest.Difference(queries[i], want, got); d != "" {
				t.Errorf("%s: %s", queries[i], d)
			}
		}
	})
}

// What two functions of different height need is there for the lower one, whichever
// is compiled first.
func TestHoist_WhatIsSharedLiesBelowTheLowest(t *testing.T) {
	t.Parallel()
	e, err := query.ParseField(`CONCAT(MIN(SWITCH($status, "a", 1.5), 2, "x"), MAX(FORMAT_TIME("%F", "x"), 1))`)
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch(storetest.Environment, "api")
	b.Begin(1)
	b.Set("status", event.IntValue(1))
	q := &query.Query{Environment: storetest.Environment, End: 10, Stages: []query.Stage{query.Compute{Name: "made", Expr: e}, query.Project{Fields: []string{"made"}}}}
	want, err := runReference(t.Context(), q, []*event.Batch{b})
	if err != nil {
		t.Fatal(err)
	}
	got, err := runDuckDB(q, []*event.Batch{b})
	if err != nil {
		t.Fatal(err)
	}
	if d := storetest.Difference(q, want, got); d != "" {
		t.Error(d)
	}
}
