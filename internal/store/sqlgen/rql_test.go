package sqlgen_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/query/rql/rqltest"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

const rqlExamples = "../../query/rql/testdata/examples.txt"

func TestRQLExamples_InDuckDB(t *testing.T) {
	t.Parallel()
	examples, err := golden.Examples(rqlExamples)
	if err != nil {
		t.Fatal(err)
	}
	events, o := rqltest.Events(), rqltest.Options()
	for _, e := range examples {
		t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			p, err := rql.Compile(e.Text, o)
			if err != nil {
				t.Fatal(err)
			}
			r, err := runDuckDB(p.Query(o), events)
			if err != nil {
				t.Fatalf("%s\n%v", p.Query(o), err)
			}
			e.Compare(t, p.Query(rqltest.Options()), rqltest.Rows(p, r))
		})
	}
}

// drawRQL draws a text that is right, and all of which a store can run.
func drawRQL(t *rapid.T) *query.Query {
	o := rqltest.Options()
	for {
		p, err := rql.Compile(rqltest.Draw(t, false).String(), o)
		if _, ok := errors.AsType[*rql.Error](err); ok {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return p.Query(o)
	}
}

func TestRQL_DuckDBAnswersAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	events := rqltest.Events()
	rapid.Check(t, func(t *rapid.T) {
		q := drawRQL(t)
		want, err := runReference(context.Background(), q, events)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runDuckDB(q, events)
		if err != nil {
			t.Fatalf("%s\n%v", q, err)
		}
		if d := storetest.Difference(q, want, got); d != "" {
			t.Fatalf("%s\n%s\n%s", q, d, sqlOf(q, events))
		}
	})
}

// TestRQL_ClickHouseAnswersAsTheReferenceDoes runs the examples and drawn queries in
// one process.
func TestRQL_ClickHouseAnswersAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	events, o := rqltest.Events(), rqltest.Options()
	examples, err := golden.Examples(rqlExamples)
	if err != nil {
		t.Fatal(err)
	}
	var all []*query.Query
	for _, e := range examples {
		p, err := rql.Compile(e.Text, o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Query(o))
	}
	for i := range 200 {
		all = append(all, rapid.Custom(drawRQL).Example(i))
	}
	var batch clickHouseBatch
	var asked []*query.Query
	for _, q := range all {
		switch _, err := batch.add(q, events); {
		case fault.Is(err, fault.Unsupported):
		case err != nil:
			t.Fatal(err)
		default:
			asked = append(asked, q)
		}
	}
	for i, answer := range batch.run(t) {
		want, err := runReference(t.Context(), asked[i], events)
		if err != nil {
			t.Fatal(err)
		}
		got, err := answer()
		if err != nil {
			t.Errorf("%s: %v", asked[i], err)
			continue
		}
		if d := storetest.Difference(asked[i], want, got); d != "" {
			t.Errorf("%s\n%s\n%s", asked[i], d, batch.compiled[i].SQL)
		}
	}
}
