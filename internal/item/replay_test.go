package item_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
)

// However often the process dies, and whatever was written then, the sums are
// those of a process that never died.
func TestItems_SumsAreThoseOfAProcessThatNeverDied(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		crashing, steady := newRig(t), newRig(t)
		defer crashing.close()
		defer steady.close()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"send", "send", "send", "write", "crash", "resolve", "merge", "other"}).Draw(rt, "step") {
			case "send":
				p := exception(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(rt, "class"), "x")
				p["code_version"] = rapid.SampledFrom([]string{"1.0", "1.1"}).Draw(rt, "version")
				p["person"] = object{"id": rapid.IntRange(1, 100).Draw(rt, "person")}
				for _, r := range []*rig{crashing, steady} {
					r.advance(1e9)
					r.send(p)
				}
			case "write":
				if _, err := crashing.items.Activity(t.Context(), 1, 0, 1); err != nil {
					rt.Fatal(err)
				}
			case "crash":
				crashing.crash()
			case "resolve":
				for _, r := range []*rig{crashing, steady} {
					_, _ = r.items.Change(t.Context(), []int64{1}, item.Change{Status: new(item.Resolved)}) // it may not be there yet
				}
			case "merge":
				for _, r := range []*rig{crashing, steady} {
					_, _ = r.items.Merge(t.Context(), "ann", []int64{1, 2}, 1) // nor these
				}
			case "other": // rows that are no occurrences
				b := event.NewBatch("test", "x")
				b.Begin(1)
				crashing.take(b)
				steady.take(b)
			}
		}
		crashing.crash()
		if diff := cmp.Diff(steady.state(), crashing.state()); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// state is all that items tell.
func (r *rig) state() string {
	r.t.Helper()
	out := ""
	items := r.items.List(item.Filter{Members: true}, item.Sort{Key: item.ByCounter, Ascending: true}, item.Page{Limit: 100}).Items
	for _, i := range items {
		counts, err := r.items.Counts(r.t.Context(), []int64{i.ID}, 60, 3, r.now.Load()/1e9)
		versions, err2 := r.items.VersionsOf(r.t.Context(), i.ID)
		people, err3 := r.items.People(r.t.Context(), i.ID, 0, 1000)
		if err != nil || err2 != nil || err3 != nil {
			r.t.Fatal(err, err2, err3)
		}
		out += fmt.Sprintf("%+v\n%v\n%+v\n%+v\n%q\n", i, counts, versions, people, r.items.Fingerprints(i.ID))
	}
	notices, err := r.items.Notices(r.t.Context(), 0, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range notices {
		out += fmt.Sprint(n.ID, n.Kind, n.Occurrences, n.OccurrenceID, "\n")
	}
	return out + fmt.Sprintf("%+v", r.items.Releases("test", ""))
}

func TestItems_AStormOfDifferentErrorsMakesRoomForNewOnes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.MaxItems = 100
	r.crash()
	r.send(exception("Frequent", "x"), exception("Frequent", "x"))
	r.send(exception("Assigned", "x"))
	r.change(2, item.Change{AssignedUser: new(int64(7))})
	for i := range 300 {
		r.send(exception(fmt.Sprint("Different", i), "x"))
	}
	r.send(exception("Frequent", "x"))
	r.crash()
	all := r.items.List(item.Filter{}, item.Sort{}, item.Page{Limit: 1000})
	if all.Total > 100 || r.get(1).Total != 3 || r.get(2).AssignedUser != 7 {
		t.Errorf("%d items, %+v", all.Total, r.get(1))
	}
	if l := r.items.List(item.Filter{Title: []string{"Different299"}}, item.Sort{}, item.Page{Limit: 10}); l.Total != 1 {
		t.Errorf("the newest is not there: %+v", l)
	}
}

// Counts are exact while occurrences come in and are being written.
func TestCounts_AreExactWhileOccurrencesComeIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	batch := r.occurrences(10, 1)
	var followed, begun atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for seq := range 300 {
			begun.Add(10)
			r.items.Follow(uint64(seq+1), []*event.Batch{batch})
			followed.Add(10)
			if seq%10 == 0 { // writes
				_, _ = r.items.Activity(context.Background(), 1, 0, 1)
			}
		}
	}()
	for range 200 {
		least := followed.Load()
		c, err := r.items.Counts(t.Context(), []int64{1}, 3600, 1, r.now.Load()/1e9)
		most := begun.Load()
		if err != nil || c[1].N[0] < least || c[1].N[0] > most {
			t.Fatalf("%d to %d occurrences came in, %v %v", least, most, c, err)
		}
		r.items.List(item.Filter{Environment: "test"}, item.Sort{}, item.Page{Limit: 10})
		_, _ = r.items.Change(t.Context(), []int64{1}, item.Change{AssignedUser: new(least)}) // it may not be there yet
	}
	<-done
	if i := r.get(1); i.AllTime != 3000 {
		t.Errorf("%d", i.AllTime)
	}
}
