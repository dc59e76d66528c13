package duckdb

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/store"
)

// Hashes that are alike are as many as there can be: texts are told apart by themselves.
func TestTextCounts_CountsAsAMapDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alike := rapid.Uint32Range(1, 50).Draw(t, "hashes")
		table, want := &textCounts{}, map[string][2]float64{}
		for range rapid.IntRange(0, 400).Draw(t, "texts") {
			k := rapid.Uint32Range(0, 150).Draw(t, "text")
			text, side := fmt.Sprint("text ", k), rapid.IntRange(store.Selected, store.Others).Draw(t, "side")
			var n counts
			n[side] = float64(rapid.IntRange(1, 3).Draw(t, "events"))
			table.add(k%alike, []byte(text), &n)
			sum := want[text]
			sum[side] += n[side]
			want[text] = sum
		}
		same := func(table *textCounts, want map[string][2]float64) {
			if table.len() != len(want) {
				t.Fatalf("%d texts are counted, wanted %d", table.len(), len(want))
			}
			for i := range table.sums {
				if text := table.text(i); table.sums[i] != want[text] {
					t.Fatalf("%s: %v, wanted %v", text, table.sums[i], want[text])
				}
			}
		}
		same(table, want)
		most := rapid.IntRange(0, 160).Draw(t, "most")
		kept := table.frequent(most, 1<<20)
		if kept.len() > most {
			t.Fatalf("%d texts are kept of %d", kept.len(), most)
		}
		least := 0.0
		for i := range kept.sums {
			if n := kept.events(i); least == 0 || n < least {
				least = n
			}
		}
		for text, sum := range want {
			if n := sum[0] + sum[1]; kept.len() > 0 && n < least {
				delete(want, text)
			}
		}
		if kept.len() > 0 {
			same(kept, want)
		}
	})
}
