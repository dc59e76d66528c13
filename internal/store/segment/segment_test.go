package segment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
)

func write(t testing.TB, batches []*event.Batch, opts Options) ([]byte, *Info) {
	t.Helper()
	var buf bytes.Buffer
	info, err := Write(&buf, batches, opts)
	if err != nil {
		t.Fatal(err)
	}
	if info.Bytes != int64(buf.Len()) {
		t.Fatalf("Info says %d bytes, the file has %d", info.Bytes, buf.Len())
	}
	return buf.Bytes(), info
}

func open(t testing.TB, raw []byte) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// listing prints every row with its fields, sorted, so that files and batches
// can be compared whatever their order.
func listing(batches []*event.Batch) []string {
	var rows []string
	for _, b := range batches {
		for i := range b.Len() {
			var fields []string
			b.Row(i).Each(func(name string, v event.Value) {
				fields = append(fields, fmt.Sprintf("%q=%q", strings.ToValidUTF8(name, "\uFFFD"), strings.ToValidUTF8(v.Text(), "\uFFFD")))
			})
			slices.Sort(fields)
			rows = append(rows, fmt.Sprintf("%s/%s %d x%d %s", b.Environment, b.Dataset, b.Times[i], b.SampleRate(i), strings.Join(fields, " ")))
		}
	}
	slices.Sort(rows)
	return rows
}

func readAll(t testing.TB, r *Reader) []*event.Batch {
	t.Helper()
	var all []*event.Batch
	for g := range r.Groups() {
		batches, err := r.Group(g)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batches...)
	}
	return all
}

func anyBatches(t *rapid.T) []*event.Batch {
	names := []string{"trace.trace_id", "name", "Name", "n", "f", "ok", "odd \"`' name", "", "körper", "_Time", "bad\xff", "sparse"}
	var batches []*event.Batch
	for d := range rapid.IntRange(1, 4).Draw(t, "datasets") {
		b := event.NewBatch(rapid.SampledFrom([]string{"prod", "test"}).Draw(t, "env"), fmt.Sprint("set", d))
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			b.Begin(rapid.Int64().Draw(t, "time"))
			b.SetSampleRate(rapid.SampledFrom([]uint32{1, 1, 10, math.MaxInt32}).Draw(t, "rate"))
			if rapid.IntRange(0, 2).Draw(t, "line") == 0 {
				b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
			}
			for _, name := range names {
				if rapid.IntRange(0, 2).Draw(t, "has") == 0 {
					continue
				}
				if name == "trace.trace_id" {
					b.Set(name, event.StringValue(fmt.Sprintf("%032x", rapid.IntRange(0, 6).Draw(t, "trace"))))
					continue
				}
				if name == "n" {
					b.Set(name, event.IntValue(rapid.Int64().Draw(t, "n")))
					continue
				}
				b.Set(name, anyValue(t))
			}
		}
		batches = append(batches, b)
	}
	return batches
}

func anyValue(t *rapid.T) event.Value {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		// Beside fractions in one column, larger integers become the nearest float.
		return event.IntValue(rapid.Int64Range(-1<<53, 1<<53).Draw(t, "int"))
	case 1:
		return event.FloatValue(rapid.Float64().Draw(t, "float"))
	case 2:
		return event.BoolValue(rapid.Bool().Draw(t, "bool"))
	case 3:
		return event.StringValue(strings.Repeat("long ", rapid.IntRange(10, 60).Draw(t, "length")))
	}
	return event.StringValue(rapid.String().Draw(t, "text"))
}

func TestWrite_EverythingComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		batches := anyBatches(rt)
		opts := Options{
			RowGroupRows: rapid.IntRange(1, 50).Draw(rt, "group"), BigDataset: rapid.IntRange(1, 30).Draw(rt, "big"),
			PageRows: rapid.IntRange(1, 20).Draw(rt, "page"), MaxFields: rapid.SampledFrom([]int{3, 100}).Draw(rt, "fields"),
		}
		raw, info := write(t, batches, opts)
		r := open(t, raw)
		want := listing(batches)
		if got := listing(readAll(t, r)); !slices.Equal(want, got) {
			rt.Fatal(cmp.Diff(want, got))
		}
		if int(info.Rows) != len(want) || r.Info().Rows != info.Rows || !bytes.Equal(r.Info().Filter, info.Filter) {
			rt.Fatalf("the description is wrong: %+v", info)
		}
		for id := range 7 {
			checkTrace(rt, r, batches, fmt.Sprintf("%032x", id))
		}
	})
}

func checkTrace(t *rapid.T, r *Reader, batches []*event.Batch, id string) {
	var want []string
	for _, b := range batches {
		for i := range b.Len() {
			if b.Row(i).Get("trace.trace_id").Str() == id {
				want = append(want, fmt.Sprint(b.Environment, b.Dataset, b.Times[i]))
			}
		}
	}
	found, more, err := r.Trace(id, 1000)
	if err != nil || more {
		t.Fatalf("trace %s: more %v, %v", id, more, err)
	}
	var got []string
	for _, b := range found {
		for i := range b.Len() {
			got = append(got, fmt.Sprint(b.Environment, b.Dataset, b.Times[i]))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Fatalf("trace %s: %s", id, cmp.Diff(want, got))
	}
}

func TestTrace_StopsAtItsLimit(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	for i := range 100 {
		b.Begin(int64(i))
		b.Set(event.FieldTraceID, event.StringValue("one"))
	}
	raw, _ := write(t, []*event.Batch{b}, Options{PageRows: 7})
	found, more, err := open(t, raw).Trace("one", 30)
	if err != nil || !more || found[0].Len() != 30 {
		t.Fatalf("%d rows, more %v, %v", found[0].Len(), more, err)
	}
	if found, _, err := open(t, raw).Trace("two", 30); err != nil || len(found) > 0 {
		t.Fatalf("%v, %v", found, err)
	}
}

// A part of one byte stands in the lengths of texts, too: only texts are searched.
func TestPages_TheFirstOneShownBringsItsDictionary(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "web")
	for i := range 2000 {
		b.Begin(int64(i))
		if i >= 1000 { // the first pages are empty
			b.Set("level", event.StringValue([]string{"info", "error"}[i%2]))
		}
	}
	raw, _ := write(t, []*event.Batch{b}, Options{PageRows: 500})
	rows, err := open(t, raw).Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := rows.Pages("level", func(p *Page) bool {
		got = append(got, fmt.Sprintf("from %d: %d values, coded %t, same %t", p.First, p.Len(), p.Coded, p.Same))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"from 1000: 500 values, coded true, same false", "from 1500: 500 values, coded true, same true"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPages_NumbersComeAsTheyAreOrCoded(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "web")
	for i := range 2000 {
		b.Begin(int64(i))
		if i%5 == 0 || i%97 == 1 { // rows without a value beside both kinds
			continue
		}
		b.Set("status", event.IntValue(int64(200+i%3*100)))
		b.Set("ratio", event.FloatValue(float64(i%4)/4))
		b.Set("size", event.IntValue(int64(i*i*7919)))
		b.Set("ms", event.FloatValue(float64(i)*1.7))
		b.Set("ok", event.BoolValue(i%3 == 0))
	}
	raw, _ := write(t, []*event.Batch{b}, Options{PageRows: 300})
	r := open(t, raw)
	rows, err := r.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	for name, coded := range map[string]bool{"status": true, "ratio": true, "size": false, "ms": false, "ok": false} {
		at := 0
		if err := rows.Pages(name, func(p *Page) bool {
			if p.Coded != coded || (p.Entries != nil) != coded {
				t.Errorf("%s: coded %t, with entries %t", name, p.Coded, p.Entries != nil)
			}
			for i := range p.Len() {
				v := p.Entries
				if v == nil {
					v = &p.Column
				}
				k := i
				if coded {
					k = int(p.Codes[i])
				}
				for at < p.First+p.Row(i) {
					if want := b.Row(at).Get(name); !want.IsNull() {
						t.Fatalf("%s: row %d has no value, want %v", name, at, want)
					}
					at++
				}
				if want := b.Row(at).Get(name); v.ValueAt(k) != want {
					t.Fatalf("%s: row %d has %v, want %v", name, at, v.ValueAt(k), want)
				}
				at++
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if at < 1999 {
			t.Errorf("%s ends at row %d", name, at)
		}
	}
}

func TestPages_AMistakeOfTheVisitorIsNoDamage(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "web")
	b.Begin(1)
	b.Set("level", event.StringValue("info"))
	raw, _ := write(t, []*event.Batch{b}, Options{})
	rows, err := open(t, raw).Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	err = rows.Pages("level", func(*Page) bool { panic("a mistake") })
	if err == nil || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "a mistake") {
		t.Errorf("got %v; want an error that says what happened, and not that the file is damaged", err)
	}
}

func TestContaining_LeavesOutPagesWithoutTheParts(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "web")
	for i := range 2000 {
		b.Begin(int64(i))
		if i%3 > 0 {
			// Of many lengths, so that their bytes take many values.
			b.Set(event.FieldBody, event.StringValue(fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, strings.Repeat("x", i*i%251))))
		}
	}
	b.Begin(2000)
	b.Set(event.FieldBody, event.StringValue(`{"quoted":"a \"word\""}`))
	raw, _ := write(t, []*event.Batch{b}, Options{PageRows: 500})
	r := open(t, raw)
	for _, c := range []struct {
		part string
		want []Run
	}{
		{"missing", []Run{{2000, 2001}}},
		{`"n":76,`, []Run{{0, 500}, {2000, 2001}}},
	} {
		got, err := r.Containing(0, event.FieldBody, [][][]byte{{[]byte(c.part), {'\\'}}}, 0, 2001)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.part, d)
		}
	}
}

func TestReader_SaysWhatIsDamaged(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	for i := range 500 {
		b.Begin(int64(i))
		b.Set(event.FieldTraceID, event.StringValue(fmt.Sprintf("%032x", i/5)))
		b.Set("n", event.IntValue(int64(i*i)))
		b.Set("text", event.StringValue(fmt.Sprint("value ", i%10)))
	}
	raw, _ := write(t, []*event.Batch{b}, Options{PageRows: 100})
	want := listing([]*event.Batch{b})
	for at := 4; at < len(raw); at += 3 {
		bad := bytes.Clone(raw)
		bad[at] ^= 0x10
		r, err := NewReader(bytes.NewReader(bad), int64(len(bad)))
		if err != nil {
			continue
		}
		var all []*event.Batch
		for g := 0; g < r.Groups() && err == nil; g++ {
			var got []*event.Batch
			got, err = r.Group(g)
			all = append(all, got...)
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d: %v", at, err)
		}
		_, _, _ = r.Trace(fmt.Sprintf("%032x", 7), 100)
		if err == nil && !slices.Equal(want, listing(all)) && bytes.Index(raw, []byte("schema")) > at {
			t.Fatalf("byte %d: a flipped bit in the data was not noticed", at)
		}
	}
	for _, n := range []int{0, 3, 11, 12, len(raw) / 2, len(raw) - 1} {
		if _, err := NewReader(bytes.NewReader(raw[:n]), int64(n)); err == nil {
			t.Errorf("the first %d bytes were taken for a segment", n)
		}
	}
}

func TestWrite_NamesAndTextsAreValid(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	b.Begin(1)
	b.Set("bad\xff", event.StringValue("x"))
	b.Set("text", event.StringValue("\xfe"))
	raw, info := write(t, []*event.Batch{b}, Options{})
	if f := info.Datasets[0].Fields[0]; f.Column != "" {
		t.Errorf("a name that is not UTF-8 became column %q", f.Column)
	}
	if got := readAll(t, open(t, raw))[0].Row(0).Get("text").Str(); got != "\uFFFD" {
		t.Errorf("the text came back as %q", got)
	}
}

func FuzzReader(f *testing.F) {
	b := event.NewBatch("test", "api")
	for i := range 20 {
		b.Begin(int64(i))
		b.Set(event.FieldTraceID, event.StringValue(fmt.Sprint(i/3)))
		b.Set("f", event.FloatValue(float64(i)/3))
	}
	raw, _ := write(f, []*event.Batch{b}, Options{PageRows: 8})
	f.Add(raw)
	f.Fuzz(func(_ *testing.T, raw []byte) {
		r, err := NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		for g := range r.Groups() {
			if _, err := r.Group(g); err != nil {
				break
			}
		}
		_, _, _ = r.Trace("1", 10)
	})
}

// Texts that hardly repeat are written from where they lie: a copy of all of them
// is what memory would run out by. Not parallel, as it counts what is allocated.
func TestWrite_LongTextsAreNotCopied(t *testing.T) { //nolint:paralleltest // see above
	const pieces, rows, size = 4, 2500, 4000
	var batches []*event.Batch
	for p := range pieces {
		b := event.NewBatch("prod", "errors")
		for i := range rows {
			b.Begin(int64(i*pieces + p))
			b.Set("payload", event.StringValue(fmt.Sprintf("%d/%d", p, i)+strings.Repeat("x", size)))
			b.Set("few", event.StringValue(fmt.Sprint(i%3)))
		}
		batches = append(batches, b)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Write(io.Discard, batches, Options{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used, texts := after.TotalAlloc-before.TotalAlloc, uint64(pieces*rows*size); used > texts*3/4 {
		t.Errorf("writing %d bytes of text allocates %d", texts, used)
	}
	raw, _ := write(t, batches, Options{})
	if diff := cmp.Diff(listing(batches), listing(readAll(t, open(t, raw)))); diff != "" {
		t.Error(diff[:min(len(diff), 2000)])
	}
}
