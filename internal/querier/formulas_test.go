package querier

import (
	"math"
	"slices"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// TestRunSpec_ComputesFieldsAndFormulas asks for a share of errors by a
// calculated field, in each bucket, over the whole range and over all groups.
func TestRunSpec_ComputesFieldsAndFormulas(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	base := now.UnixNano() - 7_100e9
	for i, row := range []struct {
		minute int64
		ms     float64
		failed bool
	}{{0, 5, true}, {0, 6, false}, {0, 200, false}, {1, 7, true}, {1, 300, true}, {1, 8, true}} {
		b.Begin(base - base%60e9 + row.minute*60e9 + int64(i))
		b.Set("duration_ms", event.FloatValue(row.ms))
		b.Set("error", event.BoolValue(row.failed))
	}
	s := storetest.NewReference()
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	q := newQuerier(s, Config{Calculated: func(environment, dataset string) map[string]string {
		if environment != "test" || dataset != "api" {
			t.Errorf("calculated fields of %s/%s", environment, dataset)
		}
		return map[string]string{"pace": "IF($duration_ms > 100, `slow`, `fast`)"}
	}})
	spec, err := query.DecodeSpec([]byte(`{"granularity":60,"breakdowns":["pace"],"calculated_fields":[{"name":"failed","expression":"$error = true"}],
		"calculations":[{"op":"COUNT","name":"all"},{"op":"COUNT","name":"bad","filters":[{"column":"failed","op":"=","value":true}]}],
		"formulas":[{"name":"share","expression":"$bad / $all * 100"},{"name":"never","expression":"1 / ($all - $all)"}],"orders":[{"column":"share","order":"descending"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := q.RunSpec(t.Context(), "test", []string{"api"}, spec, SpecOptions{Series: true, Totals: true})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	if want := []string{"pace", "share", "never"}; !slices.Equal(names, want) {
		t.Errorf("columns %q, wanted %q", names, want)
	}
	if got := storetest.Table(&store.Result{Columns: r.Columns, Rows: r.Rows}); got != "[\"pace\", \"share\", \"never\"]\n[\"fast\", 75.0, null]\n[\"slow\", 50.0, null]\n" {
		t.Error(got)
	}
	if len(r.Totals) != 2 || math.Abs(r.Totals["share"].Float()-100*4.0/6) > 1e-9 {
		t.Errorf("over all groups %v", r.Totals)
	}
	var course []float64
	for _, v := range r.Series.Groups[0].Values["share"] {
		if !math.IsNaN(v) {
			course = append(course, v)
		}
	}
	if !slices.Equal(course, []float64{50, 100}) {
		t.Errorf("the course of fast is %v", course)
	}
}
