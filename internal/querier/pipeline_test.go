package querier_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/query/rql/rqltest"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// TestPipeline_FinishesRQL runs the worked examples whose columns of items no store
// knows.
func TestPipeline_FinishesRQL(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, rqltest.Events()); err != nil {
		t.Fatal(err)
	}
	q := querier.New(querier.Config{Store: s, Clock: func() time.Time { return rqltest.Start() }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	examples, err := golden.Examples("../query/rql/testdata/local.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			o := rqltest.Options()
			p, err := rql.Compile(e.Text, o)
			if err != nil {
				t.Fatal(err)
			}
			r, err := q.Pipeline(t.Context(), p.Query(o), nil)
			if err != nil {
				t.Fatalf("%s\n%v", p.Query(o), err)
			}
			e.Compare(t, p.Query(rqltest.Options()), rqltest.Rows(p, r))
		})
	}
}

// TestPipeline_ItemsAreAsColumnsOfTheirOccurrences compares columns of items with
// the same values written into the occurrences.
func TestPipeline_ItemsAreAsColumnsOfTheirOccurrences(t *testing.T) {
	t.Parallel()
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, rqltest.Flat()); err != nil {
		t.Fatal(err)
	}
	q := querier.New(querier.Config{Store: s, Clock: func() time.Time { return rqltest.Start() }, Log: slog.New(slog.DiscardHandler)})
	o := rqltest.Options()
	rapid.Check(t, func(t *rapid.T) {
		text := rqltest.Draw(t, true).String()
		p, err := rql.Compile(text, o)
		if _, ok := errors.AsType[*rql.Error](err); ok {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		flat, err := rql.Compile(strings.ReplaceAll(text, "item.", rqltest.FlatPrefix), o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := q.Pipeline(t.Context(), p.Query(o), nil)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		want, err := q.Pipeline(t.Context(), flat.Query(o), nil)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		wanted, rows := rqltest.Rows(flat, want), rqltest.Rows(p, got)
		slices.Sort(wanted)
		slices.Sort(rows)
		if d := cmp.Diff(wanted, rows); d != "" && len(p.Warnings) == 0 {
			t.Fatalf("%s\n%s\n%s", text, p.Query(o), d)
		}
	})
}
