package segment

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDictionary_GivesValuesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfN(rapid.Int64(), 1, 300).Draw(t, "different")
		values := rapid.SliceOfN(rapid.SampledFrom(some), 1, 3000).Draw(t, "values")
		codes, distinct, ok := dictionary(values)
		if !ok {
			if len(values) <= 64 {
				t.Fatalf("there is no dictionary of %d values", len(values))
			}
			return
		}
		if sorted := slices.Sorted(slices.Values(distinct)); len(slices.Compact(sorted)) != len(distinct) {
			t.Fatalf("an entry repeats: %v", distinct)
		}
		for i, v := range values {
			if distinct[codes[i]] != v {
				t.Fatalf("value %d is %d, want %d", i, distinct[codes[i]], v)
			}
		}
	})
}

func TestCodes_ComeBackInEachWidth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := 1 << rapid.IntRange(0, 17).Draw(t, "width")
		codes := make([]uint32, 0, 100)
		for range rapid.IntRange(1, 20).Draw(t, "stretches") {
			code := uint32(rapid.IntRange(0, size-1).Draw(t, "code"))
			codes = append(codes, slices.Repeat([]uint32{code}, rapid.IntRange(1, 20).Draw(t, "run"))...)
		}
		page := append(appendCodes([]byte("head"), codes, size), "tail"...)
		got, ok := decodeCodes(nil, page[4:], len(codes), size)
		if !ok || !slices.Equal(got, codes) {
			t.Fatalf("%v became %v", codes, got)
		}
	})
}
