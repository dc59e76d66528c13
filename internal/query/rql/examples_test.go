package rql_test

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/query/rql/rqltest"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func TestExamples_InTheReferenceStore(t *testing.T) {
	t.Parallel()
	examples, err := golden.Examples("testdata/examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, rqltest.Events()); err != nil {
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
			r, err := s.Run(t.Context(), p.Query(o), store.Options{})
			if err != nil {
				t.Fatalf("%s\n%v", p.Query(o), err)
			}
			e.Compare(t, p.Query(rqltest.Options()), rqltest.Rows(p, r))
		})
	}
}
