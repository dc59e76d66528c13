package event

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mixedBatch(t *rapid.T) *Batch {
	b := NewBatch("test", "api")
	for i := range rapid.IntRange(0, 30).Draw(t, "rows") {
		b.Begin(int64(i))
		b.SetSampleRate(rapid.SampledFrom([]uint32{1, 1, 1, 7}).Draw(t, "rate"))
		for _, name := range []string{"a", "b", "c"} {
			switch rapid.IntRange(0, 6).Draw(t, "value") {
			case 0, 1:
				b.Set(name, IntValue(int64(rapid.IntRange(0, 5).Draw(t, "int"))))
			case 2:
				b.Set(name, FloatValue(rapid.Float64Range(-5, 5).Draw(t, "float")))
			case 3, 4:
				b.Set(name, StringValue(rapid.StringN(0, 3, -1).Draw(t, "text")))
			}
		}
	}
	if rapid.Bool().Draw(t, "unique") {
		for _, c := range b.Columns {
			c.Dict.Unique()
		}
	}
	return b
}

func rowTexts(b *Batch) []string {
	var out []string
	for i := range b.Len() {
		row := fmt.Sprint(b.Times[i], " x", b.SampleRate(i))
		for _, name := range []string{"a", "b", "c"} {
			row += fmt.Sprintf(" %q", b.Row(i).Get(name).Text())
		}
		out = append(out, row)
	}
	return out
}

func TestAppendBatch_KeepsAllRowsAndOldViews(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := NewBatch("test", "api")
		var want []string
		type seen struct {
			view *Batch
			rows int
		}
		var views []seen
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			src := mixedBatch(t)
			want = append(want, rowTexts(src)...)
			all.AppendBatch(src)
			views = append(views, seen{all.View(), len(want)})
		}
		if got := rowTexts(all); !slices.Equal(want, got) {
			t.Fatalf("want\n%q\ngot\n%q", want, got)
		}
		for _, v := range views {
			if got := rowTexts(v.view); !slices.Equal(want[:v.rows], got) {
				t.Fatalf("a view changed: want\n%q\ngot\n%q", want[:v.rows], got)
			}
		}
	})
}
