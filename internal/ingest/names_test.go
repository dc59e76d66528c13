package ingest

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/meta"
)

// A field that is left out is told of, and the rest of its event is stored.
func TestWrite_LeavesOutNamesBeyondTheLimit(t *testing.T) {
	t.Parallel()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	sets, err := dataset.Open(t.Context(), db, dataset.Config{Clock: newClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sets.Close(t.Context()) })
	if _, err := sets.Resolve("test", "api", true); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Datasets = sets })
	for _, n := range []int{21_000, 1} {
		b := r.batch("one")
		for i := range n {
			b.Set(fmt.Sprintf("field-%d", i), event.IntValue(int64(n)))
		}
		b.Set(fmt.Sprintf("of %d", n), event.IntValue(1))
		b.Set(event.FieldTraceID, event.StringValue("t"))
		req := Request{Batches: []*event.Batch{b}, Protocol: "test"}
		if err := r.Write(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if len(b.Columns) != n+3 || req.Batches[0] != b {
			t.Error("the caller's batch was changed")
		}
	}
	r.holds("one", "one")
	fields := 0
	for _, d := range r.store.Catalog("test").Datasets {
		for _, f := range d.Fields {
			if f.Name == event.FieldTraceID && f.Filled != 2 || f.Name == "of 1" {
				t.Errorf("%+v", f)
			}
			fields++
		}
	}
	if fields < 20_000 || fields > 20_010 {
		t.Errorf("%d fields", fields)
	}
	drops := r.Ledger().Drops()
	if len(drops) != 1 || drops[0].Reason != "too_many_names" || !drops[0].Stored || drops[0].Count != 2 {
		t.Errorf("%+v", drops)
	}
}
