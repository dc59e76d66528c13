package item_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
)

// reportByPayload takes the payload of an SDK as its front end stores it.
func (r *rig) reportByPayload() event.Row {
	r.t.Helper()
	b := event.NewBatch("test", "errors")
	b.Begin(r.now.Load())
	b.Set(event.FieldSignal, event.StringValue(event.SignalError))
	b.Set(event.FieldTraceID, event.StringValue(traceID))
	s := r.items.StampPayload("test", sdkError(), traceID)
	b.Set("exception.type", event.StringValue(s.Decision.Class))
	b.Set("exception.message", event.StringValue(s.Decision.Message))
	item.Apply(b, []item.Stamp{s})
	r.take(b)
	return b.Row(0)
}

func (r *rig) reportBySpan() event.Row {
	r.t.Helper()
	b := r.spanEvents(cartError())
	r.take(b)
	return b.Row(1)
}

// The two reports of one exception may have a restart between them.
func TestTwins_OutliveARestart(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} { // with the counters, or to be made from the journal's rows
		for _, spanFirst := range []bool{true, false} {
			name := fmt.Sprintf("written %v, span first %v", written, spanFirst)
			r := newRig(t)
			first, second := r.reportByPayload, r.reportBySpan
			if spanFirst {
				first, second = second, first
			}
			restart := func() {
				t.Helper()
				if written {
					if _, err := r.items.Activity(t.Context(), 1, 0, 1); err != nil { // writes
						t.Fatal(err)
					}
				}
				r.advance(time.Second)
				r.crash()
			}
			original := first()
			restart()
			if twin := second().Get(event.FieldErrorTwin).Int(); twin != original.Get(event.FieldErrorID).Int() {
				t.Errorf("%s: after the restart it is the twin of %d, want %v", name, twin, original.Get(event.FieldErrorID))
			}
			restart()
			if again := second(); again.Get(event.FieldErrorTwin).Int() != 0 {
				t.Errorf("%s: a second report of the same kind is a twin of %v", name, again.Get(event.FieldErrorTwin))
			}
			if i := r.get(1); i.Total != 2 {
				t.Errorf("%s: %d occurrences, want 2", name, i.Total)
			}
			r.advance(10 * time.Minute)
			restart()
			if late := first(); late.Get(event.FieldErrorTwin).Int() != 0 {
				t.Errorf("%s: ten minutes later it is still a twin of %v", name, late.Get(event.FieldErrorTwin))
			}
		}
	}
}
