package xray

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// What a batch tells is known to its end: subsegments that came before their segment
// are settled then.
func TestOwners_KnowABatch(t *testing.T) {
	t.Parallel()
	const units = 300
	for round := range 20 {
		o, ids := newOwners(), rand.New(rand.NewPCG(1, uint64(round)))
		doc := &document{trace: fmt.Sprintf("trace %d", round), units: make([]unit, units)}
		for i := range doc.units {
			doc.units[i].id = fmt.Appendf(nil, "%016x", ids.Uint64())
		}
		o.learn(doc, "cruddur-worker", "")
		for i := range doc.units {
			if got := o.of(doc.trace, doc.units[i].id); got != "cruddur-worker" {
				t.Fatalf("round %d: unit %d of %d is of %q", round, i, units, got)
			}
		}
	}
}

// What was told last counts, and what is forgotten is of nobody known.
func TestOwners_ForgetTheOldest(t *testing.T) {
	t.Parallel()
	o := newOwners()
	first := &document{trace: "first", units: []unit{{id: []byte("53995c3f42cd8ad8")}}}
	o.learn(first, "web", "")
	o.learn(first, "api", "")
	if got := o.of("first", []byte("53995C3F42CD8AD8")); got != "api" {
		t.Errorf("it is of %q", got)
	}
	more := &document{trace: "more", units: make([]unit, 20*ownersKept)}
	for i := range more.units {
		more.units[i].id = fmt.Appendf(nil, "%016x", i)
	}
	o.learn(more, "web", "")
	if got := o.of("first", first.units[0].id); got != "" {
		t.Errorf("after %d others it is of %q", len(more.units), got)
	}
}
