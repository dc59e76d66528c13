package item

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// A new version of the algorithm leaves what an older one made an item of where it is.
func TestKeepOlder_LeavesKnownItemsWhereTheyAre(t *testing.T) {
	t.Parallel()
	items := &Items{byKey: map[key]*entry{{"test", "production", "of version 1"}: {}}}
	for errorEnvironment, want := range map[string]string{"production": "of version 1", "staging": "of version 2"} {
		s := Stamp{Environment: errorEnvironment, Decision: grouping.Decision{Fingerprint: "of version 2", Older: []string{"of version 0", "of version 1"}}}
		items.keepOlder("test", &s)
		if s.Decision.Fingerprint != want {
			t.Errorf("%s: %q", errorEnvironment, s.Decision.Fingerprint)
		}
	}
}
