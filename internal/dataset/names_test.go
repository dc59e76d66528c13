package dataset_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
)

// named is a batch of one row with fields called so, from a number on.
func named(from, n int, more ...string) *event.Batch {
	b := event.NewBatch("test", "api")
	b.Begin(int64(time.Hour))
	for i := range n {
		b.Set(fmt.Sprintf("field-%d", from+i), event.IntValue(1))
	}
	for _, name := range more {
		b.Set(name, event.IntValue(1))
	}
	return b
}

func TestBeyond_BoundsTheNamesOfADataset(t *testing.T) {
	t.Parallel()
	r := opened(t)
	if _, err := r.Resolve("test", "api", true); err != nil {
		t.Fatal(err)
	}
	beyond := func(b *event.Batch) (names []string) {
		for _, c := range r.Beyond(b) {
			names = append(names, c.Name)
		}
		left := b.Without(r.Beyond(b))
		if left.Len() != b.Len() || len(left.Columns) != len(b.Columns)-len(names) || len(names) > 0 && left.Find(names[0]) != nil {
			t.Errorf("%d of %d columns are left without %q", len(left.Columns), len(b.Columns), names)
		}
		r.Touch(left)
		return names
	}
	for _, c := range []struct {
		batch *event.Batch
		want  []string
	}{
		{named(0, 1500), nil},
		{named(1000, 1500), nil},   // some are known, some are columns, some no longer
		{named(2500, 17_498), nil}, // 19,998 in all
		{named(0, 19_998, "a"), nil},
		{named(19_990, 8, "b", "c", event.FieldTraceID, "d", "user.id"), []string{"c", "d"}},
		{named(0, 19_998, "a", "b", "e"), []string{"e"}},
	} {
		if got := beyond(c.batch); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%d columns: %d are beyond, %.60q, want %q", len(c.batch.Columns), len(got), got, c.want)
		}
	}
	if got := beyond(named(0, 200_000)); len(got) != 200_000-19_998 {
		t.Errorf("of very many names %d are beyond", len(got))
	}
	// A dataset that was deleted begins anew.
	if _, err := r.Update(t.Context(), "test", "api", dataset.Settings{Deletable: true}); err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), "test", "api"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Resolve("test", "api", true); err != nil {
		t.Fatal(err)
	}
	if got := beyond(named(50_000, 10_000)); got != nil {
		t.Errorf("after it was deleted %d are beyond", len(got))
	}
}
