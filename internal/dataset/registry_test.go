package dataset_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/meta"
)

// opened is a registry that knows nothing yet.
func opened(t *testing.T) *dataset.Registry {
	t.Helper()
	db, err := meta.Open(t.Context(), filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r, err := dataset.Open(t.Context(), db, dataset.Config{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(t.Context()) })
	return r
}

func TestTouch_SpreadsColoursOverServices(t *testing.T) {
	t.Parallel()
	r := opened(t)
	const rounds = 3
	held := map[int]int{}
	for i := range rounds * dataset.Slots {
		// The last of the first twelve is the least busy, and stays so.
		b := event.NewBatch("test", "all")
		name := fmt.Sprintf("service-%02d", i)
		for range max(dataset.Slots-i, 1) {
			b.Begin(int64(time.Hour))
			b.Set(event.FieldService, event.StringValue(name))
		}
		r.Touch(b)
		held[r.Slot(name)]++
	}
	for slot := 1; slot <= dataset.Slots; slot++ {
		if held[slot] != rounds {
			t.Errorf("slot %d has %d services, want %d", slot, held[slot], rounds)
		}
	}
}
