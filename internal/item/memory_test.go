package item_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// An error storm of one item costs no more memory than one item, and the reports
// of the last minutes that twins are looked for among.
func TestItems_AStormOfOneItemCostsNoMoreThanOne(t *testing.T) {
	r := newRig(t)
	live := func() int64 {
		runtime.GC()
		runtime.GC() // what finalizers let go of
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	write := func() {
		t.Helper()
		if _, err := r.items.Activity(t.Context(), 1, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	const occurrences, step, bound = 50_000, 500, 8 << 20
	storm := func(from int) {
		t.Helper()
		b := r.occurrences(step, 1)
		for i := range step { // of a trace each
			r.items.StampPayload("test", exception("E0", fmt.Sprint("message ", i)), fmt.Sprintf("%032x", from+i+1))
		}
		r.items.Follow(uint64(from/step+1), []*event.Batch{b})
	}
	storm(0)
	write()
	before, most := live(), int64(0)
	for n := step; n < occurrences; n += step {
		storm(n)
		if n%(10*step) == 0 {
			most = max(most, live()-before) // before it is written
			write()
		}
	}
	write()
	after := live() - before
	t.Logf("live heap grew by %d KB, at most by %d KB", after>>10, most>>10)
	if after > bound || most > bound {
		t.Errorf("the live heap grew by %d bytes, at most by %d, the bound is %d", after, most, bound)
	}
	if i := r.get(1); i.Total != occurrences {
		t.Errorf("%d occurrences are counted, want %d", i.Total, occurrences)
	}
	if n := len(r.all()); n != 1 {
		t.Errorf("%d items", n)
	}
}
