package api

import (
	"slices"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// What goes on after the root has ended counts for how long a trace took, and rows
// stand in the order of what they show.
func TestTraces_StandInTheOrderOfTheirDurations(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := event.NewBatch("test", "shop")
	b.span(rows, 5*time.Minute, map[string]any{event.FieldTraceID: sendingTrace, event.FieldSpanID: "1", event.FieldName: "quick, with work after it", event.FieldDuration: 100})
	b.span(rows, 5*time.Minute-time.Second, map[string]any{event.FieldTraceID: sendingTrace, event.FieldSpanID: "2", event.FieldParentID: "1", event.FieldDuration: 50})
	b.span(rows, 4*time.Minute, map[string]any{event.FieldTraceID: workingTrace, event.FieldSpanID: "1", event.FieldName: "slow", event.FieldDuration: 200})
	b.must(b.store.Append(b.t.Context(), 2, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
	for order, want := range map[string][]int64{"desc": {1050, 200}, "asc": {200, 1050}} {
		var list struct {
			Traces []struct{ Duration int64 }
		}
		b.get("/api/traces?sort=duration&order="+order, &list)
		var got []int64
		for _, l := range list.Traces {
			got = append(got, l.Duration/int64(time.Millisecond))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, wanted %v", order, got, want)
		}
	}
}
