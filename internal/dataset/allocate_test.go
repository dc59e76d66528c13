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
