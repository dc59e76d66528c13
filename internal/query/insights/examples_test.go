package insights_test

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/insights/insightstest"
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
	if err := s.Append(t.Context(), 1, insightstest.Events()); err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			insightstest.Check(t, &e, func(q *query.Query) (*store.Result, error) {
				return s.Run(t.Context(), q, store.Options{})
			})
		})
	}
}
