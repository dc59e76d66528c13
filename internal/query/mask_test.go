package query_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func TestMaskOf_IsMatchOfEachRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batches := storetest.Events(t, "test", 150)
		for range 5 {
			e := storetest.Condition(t, []string{"route", "Route", "status", "duration_ms", "ok", "mixed", "absent", event.SystemTime, event.SystemDataset, event.SystemSampleRate}, 3)
			for _, b := range batches {
				m := query.MaskOf(e, b)
				n := 0
				for i := range b.Len() {
					want := query.Match(e, b.Row(i))
					if m.Has(i) != want {
						t.Fatalf("%s: row %d is %v, wanted %v", e, i, m.Has(i), want)
					}
					if want {
						n++
					}
				}
				if m.Count() != n {
					t.Fatalf("%s: %d rows are in, wanted %d", e, m.Count(), n)
				}
			}
		}
	})
}

func TestFieldsOf_ListsEachOnce(t *testing.T) {
	t.Parallel()
	e, err := query.ParseFilter(`a = 1 AND (b exists OR NOT a > 2) AND c in ("x", "y")`)
	if err != nil {
		t.Fatal(err)
	}
	if got := query.FieldsOf(e); len(got) != 3 || got[0] != "a" || got[1] != "b" || got[2] != "c" {
		t.Errorf("fields %q", got)
	}
}
