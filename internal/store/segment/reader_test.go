package segment

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/sample"
)

// Any Parquet reader must open a segment: here one that shares no code with us
// or with DuckDB.
func TestSegments_OpenInAnotherReader(t *testing.T) {
	t.Parallel()
	batches := sampleBatches(3000, sample.Dense(3))
	raw, info := write(t, batches, Options{BigDataset: 200, RowGroupRows: 500, PageRows: 100})
	f, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if f.NumRows() != info.Rows {
		t.Fatalf("%d rows, want %d", f.NumRows(), info.Rows)
	}
	column := map[string]int{}
	for i, c := range f.Schema().Columns() {
		column[c[0]] = i
	}
	want := map[string]int{}
	for _, b := range batches {
		for i := range b.Len() {
			want[fmt.Sprint(b.Times[i], b.Row(i).Get("trace.span_id").Text(), b.Row(i).Get("user.id").Text(), b.Row(i).Get("duration_ms").Float())]++
		}
	}
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		buf := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buf)
			for _, r := range buf[:n] {
				value := map[int]parquet.Value{}
				for _, v := range r {
					value[v.Column()] = v.Clone()
				}
				text := func(name string) string {
					if v := value[column[name]]; !v.IsNull() {
						return string(v.ByteArray())
					}
					return ""
				}
				want[fmt.Sprint(value[column["_time"]].Int64(), text("trace.span_id"), text("user.id"), value[column["duration_ms"]].Double())]--
			}
			if err != nil {
				break
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for key, n := range want {
		if n != 0 {
			t.Fatalf("%s: %d too many here", key, n)
		}
	}
}

func TestContains_IsBytesContains(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]byte("ab y Z\xff"))
		text, part := rapid.SliceOfN(letters, 0, 12).Draw(t, "text"), rapid.SliceOfN(letters, 0, 4).Draw(t, "part")
		if got, want := contains(text, part), bytes.Contains(text, part); got != want {
			t.Fatalf("contains(%q, %q) is %v", text, part, got)
		}
	})
}
