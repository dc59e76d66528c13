package query

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGlob_FindsItsLiteralsWhereTheyStandFirst(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.SampledFrom([]rune("a\"uz: *")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		g, s := NewGlob(text.Draw(t, "pattern")), text.Draw(t, "text")
		for i, literal := range g.Literals() {
			if got, want := g.index(s, i), strings.Index(s, literal); got != want {
				t.Fatalf("%q in %q is at %d, want %d", literal, s, got, want)
			}
		}
	})
}
