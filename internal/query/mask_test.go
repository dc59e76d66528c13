package query_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
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

func TestMatch_FilterPatterns(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "app")
	for _, m := range []string{`{"status":500,"route":"/a"}`, `GET /a 500`, `GET /b 200`} {
		b.Begin(1)
		b.Set(event.FieldBody, event.StringValue(m))
	}
	b.Begin(2) // without a message
	for text, want := range map[string][]bool{
		`body matches-pattern "{ $.status >= 500 }"`:          {true, false, false, false},
		`body matches-pattern "[method, route, status = 5*]"`: {false, true, false, false},
		`body matches-pattern "-GET"`:                         {true, false, false, false},
		`body does-not-match-pattern "GET"`:                   {true, false, false, true},
		`body matches-pattern ""`:                             {true, true, true, false},
	} {
		e, err := query.ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if e.String() != text {
			t.Errorf("%s is printed %s", text, e)
		}
		m := query.MaskOf(e, b)
		for i, w := range want {
			if m.Has(i) != w || query.Match(e, b.Row(i)) != w {
				t.Errorf("%s, row %d: mask %v, match %v", text, i, m.Has(i), query.Match(e, b.Row(i)))
			}
		}
	}
	for text, want := range map[string]string{
		`body matches-pattern "{ $.status"`: "expected one of",
		`body matches-pattern "%(a)%"`:      "parentheses",
	} {
		if _, err := query.ParseFilter(text); err == nil || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
