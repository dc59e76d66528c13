package dataset

import (
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestAllocate_GivesEachNameADatasetOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.Resolve("test", "api", true); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", maxAllocatedName)
	for _, c := range []struct{ name, slug string }{
		{"/cruddur/api", "-cruddur-api"},
		{"/Cruddur/api", "-cruddur-api-2"},
		{"/cruddur/api", "-cruddur-api-3"}, // of another region
		{"api", "api-2"},
		{"__all__", "__all__-2"},
		{long, long[:maxAllocatedSlug]},
		{long, long[:maxAllocatedSlug] + "-2"},
	} {
		d, err := r.Allocate(t.Context(), "test", c.name, Settings{Description: "d"})
		if err != nil || d.Slug != c.slug || d.Name != c.name || d.Description != "d" {
			t.Errorf("%.40q became %q, %v", c.name, d.Slug, err)
		}
	}
	for _, bad := range []string{"", long + "x", "\xff"} {
		if _, err := r.Allocate(t.Context(), "test", bad, Settings{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// What has a dataset to itself takes no sender's place: an app with very many log
// groups can still send spans and errors, after a restart, too.
func TestAllocate_TakesNoSendersPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.max = 2
	r.restart()
	allocate := func(name string) error {
		_, err := r.Allocate(t.Context(), env, name, Settings{Deletable: true})
		return err
	}
	for _, name := range []string{"/a", "/b", "/c", "/d"} {
		must(t, allocate(name))
	}
	r.restart()
	for _, name := range []string{"web", "api"} {
		if _, err := r.Resolve(env, name, true); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Resolve(env, "worker", true); !fault.Is(err, fault.Throttled) {
		t.Errorf("the third sender's: %v", err)
	}
	if _, _, err := r.Create(t.Context(), env, "worker", Settings{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a third that is made: %v", err)
	}
	for n := 4; n < allocatedShare*r.max; n++ {
		must(t, allocate("/more"))
	}
	if err := allocate("/more"); !fault.Is(err, fault.Conflict) {
		t.Errorf("beyond its own limit: %v", err)
	}
	must(t, r.Delete(t.Context(), env, "-a"))
	must(t, allocate("/more"))
	equal(t, "datasets", len(r.List(env)), 2+allocatedShare*r.max)
}
