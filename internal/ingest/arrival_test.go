package ingest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// lines are rows of logs, one for each name.
func (r *rig) lines(names ...string) Request {
	req := r.request(names...)
	b := r.batch(names...)
	for row := range names {
		b.SetAt(row, event.FieldSignal, event.StringValue(event.SignalLog))
	}
	req.Batches = []*event.Batch{b}
	return req
}

func (r *rig) mustWriteLines(names ...string) {
	r.t.Helper()
	if err := r.Write(r.t.Context(), r.lines(names...)); err != nil {
		r.t.Fatal(err)
	}
}

// grew wants the arrivals of all rows the store was given to grow, and returns them.
func (r *rig) grew() []int64 {
	r.t.Helper()
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	for i, at := range r.store.stamps {
		if at == 0 || (i > 0 && at <= r.store.stamps[i-1]) {
			r.t.Fatalf("arrival %d of %v does not grow", i, r.store.stamps)
		}
	}
	return slices.Clone(r.store.stamps)
}

func TestArrival_LinesGetTheTimeTheyCameInAndNoTwoTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWriteLines("a", "b")
	r.clock.advance(time.Second)
	r.mustWriteLines("c")
	got := r.grew()
	if want := r.clock.now.Load(); got[2] != want || got[0] != want-int64(time.Second) {
		t.Errorf("arrivals %v, the clock stands at %d", got, want)
	}
}

func TestArrival_OnlyRowsOfLogsHaveOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.batch("span", "line", "event")
	b.SetAt(0, event.FieldSignal, event.StringValue(event.SignalTrace))
	b.SetAt(1, event.FieldSignal, event.StringValue(event.SignalLog))
	if err := r.Write(t.Context(), Request{Batches: []*event.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	if s := r.store.stamps; s[0] != 0 || s[1] == 0 || s[2] != 0 {
		t.Errorf("arrivals %v", s)
	}
}

func TestArrival_IsNoSendersToSay(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	req := r.lines("a")
	req.Batches[0].Set(event.FieldArrival, event.IntValue(7))
	if err := r.Write(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if got := r.grew(); got[0] != r.clock.now.Load() {
		t.Errorf("arrival %d", got[0])
	}
	if got := req.Batches[0].Row(0).Get("_" + event.FieldArrival).Int(); got != 7 {
		t.Errorf("what the sender called so is %d", got)
	}
}

// Who has read up to some arrival must not find earlier ones later on.
func TestArrival_GrowsInTheOrderOfTheStoreWhoeverWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				if err := r.Write(t.Context(), r.lines(fmt.Sprint(w, "/", i, "a"), fmt.Sprint(w, "/", i, "b"))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := r.grew(); len(got) != 400 {
		t.Errorf("%d rows", len(got))
	}
}

func TestArrival_SurvivesACrashAndAClockThatGoesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWriteLines("a", "b")
	r.mustWriteLines("c")
	before := r.grew()
	r.clock.advance(-time.Hour)
	r.mustWriteLines("d")
	before = append(before, r.grew()[3])
	after := r.crashed()
	if got := after.grew(); !slices.Equal(got, before) {
		t.Errorf("replayed with %v, they had %v", got, before)
	}
	after.mustWriteLines("e")
	after.grew()
}

// What is in the store is in no journal any more.
func TestArrival_SurvivesWhatTheJournalForgot(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.JournalFile = 1 })
	r.mustWriteLines("a", "b")
	r.mustWriteLines("c")
	last := r.grew()[2]
	if err := r.store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.tidy(t.Context())
	r.clock.advance(-time.Hour)
	after := r.crashed()
	after.mustWriteLines("d")
	after.mustWriteLines("e")
	if got := after.grew(); got[len(got)-2] <= last {
		t.Errorf("arrival %d after %d", got[len(got)-2], last)
	}
}

// cameIn returns when the rows that the store was given came in.
func (r *rig) cameIn() []int64 {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	return slices.Clone(r.store.came)
}

func TestArrival_EveryRowTellsWhenItCameIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	now := r.clock.now.Load()
	b := event.NewBatch("test", "api")
	lates := []int64{0, 1, event.LagStep - 1, event.LagStep, 90 * int64(time.Second), 30 * 24 * int64(time.Hour), -1, -event.LagStep, -int64(time.Hour)}
	for i, late := range lates {
		b.Begin(now - late)
		b.Set("name", event.StringValue(fmt.Sprint(i)))
		if i == 4 {
			b.SetAt(i, event.FieldSignal, event.StringValue(event.SignalLog))
		}
	}
	if err := r.Write(t.Context(), Request{Batches: []*event.Batch{b}}); err != nil {
		t.Fatal(err)
	}
	for i, at := range r.cameIn() {
		switch early := now - at; {
		case i == 4 && at != now+4: // a line's is its number
			t.Errorf("a line came in at %+d", at-now)
		case i != 4 && (early < 0 || early >= event.LagStep):
			t.Errorf("a row that was late by %d came in at %+d", lates[i], -early)
		}
	}
}

func TestArrival_IsTheSameAfterACrash(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("a", "b")
	r.clock.advance(123 * time.Millisecond)
	r.mustWriteLines("c")
	r.mustWrite("d")
	before := r.cameIn()
	after := r.crashed()
	if got := after.cameIn(); len(before) != 4 || !slices.Equal(got, before) || slices.Contains(got, -1) {
		t.Errorf("after a crash they came in at %v, before it at %v", got, before)
	}
}

func TestArrival_OfARetryIsThatOfTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	req := func() Request {
		again := r.request("a")
		again.Fingerprint = [16]byte{1}
		return again
	}
	if err := r.Write(t.Context(), req()); err != nil {
		t.Fatal(err)
	}
	first := r.cameIn()
	r.clock.advance(time.Minute)
	if err := r.Write(t.Context(), req()); err != nil {
		t.Fatal(err)
	}
	if got := r.cameIn(); len(first) != 1 || !slices.Equal(got, first) {
		t.Errorf("they came in at %v, and then at %v", first, got)
	}
	if after := r.crashed(); !slices.Equal(after.cameIn(), first) {
		t.Errorf("they came in at %v, after a crash at %v", first, after.cameIn())
	}
}

func TestArrival_LagIsNoSendersToSay(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	req := r.request("a")
	req.Batches[0].Set(event.SystemLag, event.IntValue(7))
	if err := r.Write(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	row := req.Batches[0].Row(0)
	if at, known := event.Arrived(row.Get); !known || r.clock.now.Load()-at >= event.LagStep {
		t.Errorf("it came in at %d", at)
	}
	if got := row.Get("_" + event.SystemLag).Int(); got != 7 {
		t.Errorf("what the sender called so is %d", got)
	}
	row.Each(func(name string, _ event.Value) {
		if name == event.SystemLag {
			t.Error("the lag is shown as an attribute")
		}
	})
}
