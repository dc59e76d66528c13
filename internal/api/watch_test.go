package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

func TestTailShape_TakesAPaceAndFieldsWithinBounds(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]struct {
		every  time.Duration
		fields []string
		bad    bool
	}{
		"":                                 {every: 250 * time.Millisecond},
		"?every_ms=1000&field=a&field=b.c": {every: time.Second, fields: []string{"a", "b.c"}},
		"?every_ms=99":                     {bad: true},
		"?every_ms=5001":                   {bad: true},
		"?every_ms=soon":                   {bad: true},
	} {
		every, fields, err := tailShape(httptest.NewRequest(http.MethodGet, "/api/tail"+query, nil))
		if (err != nil) != want.bad || (err == nil && (every != want.every || !slices.Equal(fields, want.fields))) {
			t.Errorf("%q: %v, %q, %v", query, every, fields, err)
		}
	}
}

// What a viewer does not show need not be sent: lines carry all that their JSON says.
func TestDescribe_SendsOnlyTheFieldsAskedFor(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	b.Begin(7)
	b.SetString(b.Column("body"), "x")
	b.SetString(b.Column("other"), "y")
	row := b.Row(0)
	if diff := cmp.Diff(map[string]any{"body": "x"}, describe(row, []string{"body", "absent"}).Fields); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"body": "x", "other": "y"}, describe(row, nil).Fields); diff != "" {
		t.Error(diff)
	}
}

func TestDatasetsOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{"": nil, everyDataset: nil, "a": {"a"}, "a,b": {"a", "b"}} {
		if got := datasetsOf(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}
