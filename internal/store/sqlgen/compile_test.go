package sqlgen_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func compile(t *testing.T, text string) (*sqlgen.Statement, error) {
	t.Helper()
	q, err := storetest.ParsePipeline(text)
	if err != nil {
		t.Fatal(err)
	}
	s := &rowsSchema{kinds: map[string]event.Kind{"a": event.Int, "b": event.String, event.FieldDuration: event.Float}, names: []string{"a", "b", event.FieldDuration}}
	return sqlgen.Compile(sqlgen.DuckDB, q, s)
}

func TestCompile_RefusesWhatMeansNothing(t *testing.T) {
	t.Parallel()
	aggregate := `{"aggregate": {"calcs": [{"op": "count", "name": "n"}]}}` + "\n"
	for _, text := range []string{
		`{"filter": ["regex", "$b", "("]}`,
		`{"filter": ["regex", "$b", "x{1000}{1000}"]}`,
		`{"filter": ["call", "SYSTEM", "ls"]}`,
		`{"aggregate": {"calcs": [{"op": "quantile", "field": "a", "q": 1.5, "name": "p"}]}}`,
		`{"aggregate": {"step": "1us", "calcs": [{"op": "concurrency", "name": "c"}]}}`,
		aggregate + `{"trace": [["any", ["=", "$a", 1]]]}`,
		aggregate + `{"aggregate": {"calcs": [{"op": "concurrency", "name": "c"}]}}`,
		strings.Repeat(`{"limit": 1}`+"\n", 201),
	} {
		if _, err := compile(t, text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.60s: %v, want an invalid fault", text, err)
		}
	}
}

func TestCompile_AsksOnlyForWhatItReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text                  string
		fields                []string
		time, dataset, weight bool
	}{
		{`{"aggregate": {"calcs": [{"op": "count", "name": "n"}]}}`, nil, true, false, false},
		{`{"filter": ["=", "$a", 1]}` + "\n" + `{"aggregate": {"groups": ["b", "nobody"], "calcs": [{"op": "count", "name": "n"}]}}`, []string{"a", "b"}, true, false, false},
		{`{"project": ["_dataset", "_sample_rate"]}`, nil, false, true, true},
		{`{"limit": 5}`, []string{"a", "b", "duration_ms"}, true, true, false},
	} {
		stmt, err := compile(t, c.text)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(stmt.Fields, c.fields) || stmt.NeedsDataset != c.dataset || stmt.NeedsWeight != c.weight {
			t.Errorf("%s: fields %q, dataset %v, weight %v", c.text, stmt.Fields, stmt.NeedsDataset, stmt.NeedsWeight)
		}
	}
}

// TestCompile_TakesBigQueries is about the bounds of what people send: hundreds
// of conditions, a thousand values, deep nesting, long chains of computed fields.
func TestCompile_TakesBigQueries(t *testing.T) {
	t.Parallel()
	batch := event.NewBatch(storetest.Environment, "api")
	for i := range 50 {
		batch.Begin(int64(i))
		batch.Set("a", event.IntValue(int64(i)))
		batch.Set("b", event.StringValue(strings.Repeat("x", i)))
	}
	q := &query.Query{Environment: storetest.Environment, End: 1000}
	a := query.Field{Name: "a"}
	var or query.Or
	var in query.In
	in.X = a
	for i := range 20_000 {
		in.Values = append(in.Values, event.IntValue(int64(i*7)))
		if i%5 == 0 {
			or.Terms = append(or.Terms, query.Compare{Op: query.Eq, L: a, R: query.Literal{Value: event.IntValue(int64(i))}})
		}
	}
	var deep query.Expr = query.Compare{Op: query.Gt, L: a, R: query.Literal{Value: event.IntValue(3)}}
	for range 100 {
		deep = query.Not{X: query.Not{X: deep}}
	}
	q.Stages = []query.Stage{query.Filter{Where: query.Or{Terms: []query.Expr{or, in}}}, query.Filter{Where: deep}}
	for i := range 30 {
		previous := "a"
		if i > 0 {
			previous = string(rune('A' + i - 1))
		}
		q.Stages = append(q.Stages, query.Compute{Name: string(rune('A' + i)), Expr: query.And{Terms: []query.Expr{query.Field{Name: previous}, query.Field{Name: previous}}}})
	}
	batches := []*event.Batch{batch}
	want, err := runReference(t.Context(), q, batches)
	if err != nil {
		t.Fatal(err)
	}
	got, err := runDuckDB(q, batches)
	if err != nil {
		t.Fatal(err)
	}
	if d := storetest.Difference(q, want, got); d != "" {
		t.Error(d)
	}
}

// TestCompile_GoesByBinsWhereRowsAreMany runs the quantiles of unweighted rows
// both ways.
func TestCompile_GoesByBinsWhereRowsAreMany(t *testing.T) {
	t.Parallel()
	batch := event.NewBatch(storetest.Environment, "api")
	for i := range 2000 {
		batch.Begin(int64(i))
		batch.Set("v", event.FloatValue(float64((i*7919)%2000-200)*1.37))
	}
	q, err := storetest.ParsePipeline(`{"aggregate": {"calcs": [{"op": "quantile", "field": "v", "q": 0.01, "name": "p01"}, {"op": "quantile", "field": "v", "q": 0.5, "name": "p50"}, {"op": "quantile", "field": "v", "q": 0.999, "name": "p999"}]}}`)
	if err != nil {
		t.Fatal(err)
	}
	batches := []*event.Batch{batch}
	want, err := runReference(t.Context(), q, batches)
	if err != nil {
		t.Fatal(err)
	}
	d, err := openDuck()
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int64{0, 1 << 40} {
		reachable := reached(q, batches)
		schema := schemaOf(reachable)
		schema.rows = rows
		stmt, err := sqlgen.Compile(sqlgen.DuckDB, q, schema)
		if err != nil {
			t.Fatal(err)
		}
		if binned := !strings.Contains(stmt.SQL, "quantile_disc"); binned != (rows > 0) {
			t.Errorf("%d rows: %s", rows, stmt.SQL)
		}
		var got *store.Result
		if got, err = d.run(withEvents(sqlgen.DuckDB, stmt, schema, reachable), stmt); err != nil {
			t.Fatal(err)
		}
		if diff := storetest.Difference(q, want, got); diff != "" {
			t.Error(diff)
		}
	}
}
