package storetest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

func TestReference_PassesItsOwnSuite(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) store.Store { return NewReference() })
}

// TestMatch_AgreesWithTheReference holds the two evaluators of conditions equal.
func TestMatch_AgreesWithTheReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := Condition(t, anyFields, 3)
		for _, b := range Events(t, Environment, 20) {
			for i := range b.Len() {
				r := newRecord(rowAt(b, i), kindsOf([]row{rowAt(b, i)}))
				if got, want := query.Match(e, b.Row(i)), holds(e, r); got != want {
					t.Fatalf("%s on %s: Match says %v, the reference %v", e, rowLine(b, i), got, want)
				}
			}
		}
	})
}

func TestCase_PrintsAsItWasRead(t *testing.T) {
	t.Parallel()
	text := "About.\n-- query --\n{\"limit\": 1}\n-- rows --\n{\"a\": 1}\n-- wanted --\n[\"a\"]\n[1]\n"
	c, err := parseCase(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Text(); got != text {
		t.Errorf("%q became %q", text, got)
	}
}
