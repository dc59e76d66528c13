package segment

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
)

// TestNeedle_FindsEachTextThatContainsIt draws texts that repeat and overlap, and
// parts of them that also stand across the border of two.
func TestNeedle_FindsEachTextThatContainsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("aab z\"")), 0, 6, -1), 1, 40).Draw(t, "texts")
		part := rapid.StringOfN(rapid.SampledFrom([]rune("aab z\"")), 1, 3, -1).Draw(t, "part")
		coded := rapid.Bool().Draw(t, "coded")
		p := Page{Coded: coded}
		p.Kind = event.String
		var want []int
		var data []byte
		var ends []uint32
		for row, text := range texts {
			if bytes.Contains([]byte(text), []byte(part)) {
				want = append(want, row)
			}
			if coded {
				p.Codes = append(p.Codes, p.Dict.Intern(text))
				continue
			}
			data = append(data, text...)
			ends = append(ends, uint32(len(data)))
			p.Codes = append(p.Codes, uint32(row))
		}
		if !coded {
			// Only rows from some on may be asked for.
			from := rapid.IntRange(0, len(texts)-1).Draw(t, "from")
			p.Dict = event.Restore(ends, data, true)
			p.Codes = p.Codes[from:]
			want = slices.DeleteFunc(want, func(row int) bool { return row < from })
			for i := range want {
				want[i] -= from
			}
		}
		var got, ofColumn []int
		needle := NewNeedle(part)
		needle.Each(&p, func(row int) { got = append(got, row) })
		needle.EachOf(&p.Column, func(row int) { ofColumn = append(ofColumn, row) })
		if !slices.Equal(got, want) || !slices.Equal(ofColumn, want) {
			t.Fatalf("%q in %q: rows %v and %v, want %v", part, texts, got, ofColumn, want)
		}
	})
}
