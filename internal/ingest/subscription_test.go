package ingest

import (
	"context"
	"fmt"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

func (r *rig) subscribe(ctx context.Context, buffer int, match func(event.Row) bool) *Subscription {
	r.t.Helper()
	s, err := r.Subscribe(ctx, buffer, match)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func named(name string) func(event.Row) bool {
	return func(row event.Row) bool { return row.Get("name").Str() == name }
}

func TestSubscribe_GetsMatchingRowsOnceTheyAreAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("before")
	all, some := r.subscribe(t.Context(), 10, nil), r.subscribe(t.Context(), 10, named("b"))
	r.mustWrite("a", "b")
	r.mustWrite("c")
	for _, want := range []string{"a", "b", "c"} {
		if got := <-all.Rows(); got.Get("name").Str() != want || got.Batch.Dataset != "api" || got.Batch.Environment != "test" {
			t.Errorf("%s of %s, want %s", got.Get("name").Str(), got.Batch.Dataset, want)
		}
	}
	if got := <-some.Rows(); got.Get("name").Str() != "b" {
		t.Errorf("got %s", got.Get("name").Str())
	}
	if all.Skipped() != 0 || some.Skipped() != 0 || len(some.Rows()) != 0 {
		t.Errorf("skipped %d and %d", all.Skipped(), some.Skipped())
	}
	if n := r.Stats().Subscriptions; n != 2 {
		t.Errorf("%d subscriptions", n)
	}
	all.Close()
	all.Close()
	some.Close()
	if _, open := <-all.Rows(); open || r.Stats().Subscriptions != 0 {
		t.Error("a closed subscription goes on")
	}
}

// O9: a viewer who does not read holds nobody up, and learns how much was skipped.
func TestSubscribe_O9_SlowReaderIsSkipped(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	slow, quick := r.subscribe(t.Context(), 1, nil), r.subscribe(t.Context(), maxBuffer, nil)
	const n = 50
	for i := range n {
		r.mustWrite(fmt.Sprint(i))
	}
	for range n {
		<-quick.Rows()
	}
	if got := slow.Skipped() + int64(len(slow.Rows())); got != n || len(slow.Rows()) != 1 {
		t.Errorf("%d skipped and %d waiting of %d", slow.Skipped(), len(slow.Rows()), n)
	}
	if cap(r.subscribe(t.Context(), 1<<30, nil).Rows()) != maxBuffer {
		t.Error("a buffer has no bound")
	}
}

func TestSubscribe_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s := r.subscribe(ctx, 10, nil)
	cancel()
	if _, open := <-s.Rows(); open {
		t.Error("it goes on")
	}
	r.mustWrite("a") // nobody is left to send it to
}

func TestSubscribe_EndsWithTheDoor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := r.subscribe(t.Context(), 10, nil)
	r.mustWrite("a")
	r.close()
	n := 0
	for range s.Rows() {
		n++
	}
	if n > 1 {
		t.Errorf("%d rows", n)
	}
	if _, err := r.Subscribe(t.Context(), 1, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a closed door says %v", err)
	}
}

func TestSubscribe_HasALimit(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	subs := make([]*Subscription, maxSubscriptions)
	for i := range subs {
		subs[i] = r.subscribe(t.Context(), 1, nil)
	}
	if _, err := r.Subscribe(t.Context(), 1, nil); !fault.Is(err, fault.Throttled) {
		t.Errorf("one too many: %v", err)
	}
	subs[7].Close()
	r.subscribe(t.Context(), 1, nil)
}

// A row outlives its batch: a reader may keep it for as long as it likes.
func TestSubscribe_RowsAreCopies(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	s := r.subscribe(t.Context(), 10, named("b"))
	r.mustWrite("a", "b", "c")
	if row := <-s.Rows(); row.Batch.Len() != 1 || row.Index != 0 {
		t.Errorf("row %d of %d", row.Index, row.Batch.Len())
	}
}
