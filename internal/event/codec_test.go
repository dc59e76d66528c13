package event

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestBatchCodec_ReadsBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := []*Batch{drawBatch(t), drawBatch(t)}
		prefix := []byte("before")
		buf := AppendBatch(AppendBatch(prefix, want[0]), want[1])[len(prefix):]
		for _, w := range want {
			got, rest, err := DecodeBatch(buf)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(describe(w), describe(got)); d != "" {
				t.Fatal(d)
			}
			// A batch that was read can be written on.
			got.Begin(1)
			got.Set("fresh", StringValue("x"))
			if v := got.Row(got.Len() - 1).Get("fresh").Str(); v != "x" {
				t.Fatalf("a row added after reading holds %q", v)
			}
			buf = rest
		}
		if len(buf) != 0 {
			t.Fatalf("%d bytes are left", len(buf))
		}
	})
}

func drawBatch(t *rapid.T) *Batch {
	b := NewBatch(rapid.String().Draw(t, "environment"), rapid.String().Draw(t, "dataset"))
	text := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", ""}), rapid.StringN(32, 32, -1), rapid.String())
	if rapid.Bool().Draw(t, "unique") {
		b.Column("k0").Dict.Unique()
	}
	for i := range rapid.IntRange(0, 40).Draw(t, "rows") {
		b.Begin(rapid.OneOf(rapid.Int64(), rapid.Just(int64(i)), rapid.Just(int64(7))).Draw(t, "time"))
		if rapid.IntRange(0, 9).Draw(t, "sampled") == 0 {
			b.SetSampleRate(rapid.Uint32().Draw(t, "rate"))
		}
		for f := range 5 {
			name := fmt.Sprint("k", f)
			switch rapid.IntRange(0, 12).Draw(t, "what") {
			case 0, 1, 2, 3:
				b.Set(name, StringValue(text.Draw(t, "string")))
			case 4, 5:
				b.Set(name, IntValue(rapid.Int64().Draw(t, "int")))
			case 6:
				b.Set(name, IntValue(rapid.Int64Range(-3, 300).Draw(t, "small")))
			case 7:
				b.Set(name, FloatValue(rapid.Float64().Draw(t, "float")))
			case 8:
				b.Set(name, BoolValue(rapid.Bool().Draw(t, "bool")))
			case 9:
				b.Column(name) // made, and perhaps never set
			}
		}
	}
	return b
}

// describe gives everything a reader can see of a batch.
func describe(b *Batch) []string {
	out := []string{fmt.Sprintf("%q %q", b.Environment, b.Dataset)}
	for _, c := range b.Columns {
		out = append(out, fmt.Sprintf("%q %v %d loose=%v sparse=%v", c.Name, c.Kind, c.Len(), c.Dict.Loose(), c.Rows != nil))
	}
	for i := range b.Len() {
		line := fmt.Sprint(b.Times[i], " ×", b.SampleRate(i))
		b.Row(i).Each(func(name string, v Value) {
			text := v.Text()
			if v.Kind() == Float {
				text = fmt.Sprintf("%x", math.Float64bits(v.Float()))
			}
			line += fmt.Sprintf(" %q=%v:%q", name, v.Kind(), text)
		})
		out = append(out, line)
	}
	return out
}

func TestBatchCodec_RefusesEveryPrefix(t *testing.T) {
	t.Parallel()
	buf := AppendBatch(nil, spans(20))
	for n := range buf {
		if _, _, err := DecodeBatch(buf[:n:n]); err == nil {
			t.Fatalf("the first %d of %d bytes pass for a batch", n, len(buf))
		}
	}
}

func TestBatchCodec_RefusesForgedCounts(t *testing.T) {
	t.Parallel()
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x0f}
	for name, in := range map[string][]byte{
		"empty":       {},
		"version":     {9},
		"environment": slices.Concat([]byte{1}, huge),
		"rows":        slices.Concat([]byte{1, 0, 0}, huge, []byte{0, 2}),
		"columns":     slices.Concat([]byte{1, 0, 0, 0, 0}, huge),
		"kind":        {1, 0, 0, 0, 0, 1, 0, 7, 0},
		"null values": {1, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 1},
		"code":        {1, 0, 0, 1, 0, 2, 0, 0, 1, 0, byte(String), 1, 0, 0, 0, 2, 0},
		"same names":  {1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0},
	} {
		if b, _, err := DecodeBatch(in); err == nil {
			t.Errorf("%s: passes for a batch: %+v", name, b)
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(AppendBatch(nil, spans(3)))
	f.Add(AppendBatch(nil, NewBatch("", "")))
	f.Add([]byte{1, 0, 0, 16, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		b, rest, err := DecodeBatch(in)
		if err != nil {
			return
		}
		if len(rest) > len(in) {
			t.Fatal("more is left than there was")
		}
		want := describe(b)
		again, _, err := DecodeBatch(AppendBatch(nil, b))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if d := cmp.Diff(want, describe(again)); d != "" {
			t.Fatal(d)
		}
	})
}

// spans makes a batch like those of tracing SDKs: 25 columns, ids, few distinct
// strings elsewhere, some of them sparse.
func spans(n int) *Batch {
	b := NewBatch("test", "api")
	b.Column(FieldTraceID).Dict.Unique()
	b.Column(FieldSpanID).Dict.Unique()
	for i := range n {
		b.Begin(1_700_000_000_000_000_000 + int64(i)*1_234_567)
		b.Set(FieldTraceID, StringValue(fmt.Sprintf("%032x", i/8*7919)))
		b.Set(FieldSpanID, StringValue(fmt.Sprintf("%016x", i*104729)))
		if i%8 != 0 {
			b.Set(FieldParentID, StringValue(fmt.Sprintf("%016x", (i-1)*104729)))
		}
		b.Set(FieldDuration, FloatValue(float64(i%1000)/7))
		b.Set(FieldError, BoolValue(i%50 == 0))
		b.Set("http.status_code", IntValue(int64(200+i%5)))
		b.Set("user.id", IntValue(int64(i*31%100000)))
		for k := range 18 {
			b.Set(fmt.Sprintf("attribute.%d", k), StringValue(fmt.Sprintf("value-%d", i%(k*3+1))))
		}
	}
	return b
}

func BenchmarkAppendBatch(b *testing.B) {
	batch := spans(1000)
	var buf []byte
	for b.Loop() {
		buf = AppendBatch(buf[:0], batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
	b.ReportMetric(float64(len(buf))/1000, "B/row")
}

func BenchmarkDecodeBatch(b *testing.B) {
	buf := AppendBatch(nil, spans(1000))
	for b.Loop() {
		if _, _, err := DecodeBatch(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}
