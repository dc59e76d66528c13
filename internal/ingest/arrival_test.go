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
