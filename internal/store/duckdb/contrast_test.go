package duckdb

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// manyRows appends n rows with an id of their own, one of a few texts, and one
// of many numbers.
func manyRows(t *testing.T, s *Store, seq uint64, n int) {
	t.Helper()
	b := event.NewBatch("test", "api")
	for i := range n {
		b.Begin(int64(i))
		b.Set("request.id", event.StringValue(fmt.Sprintf("request-%d-%d", seq, i)))
		b.Set("user", event.StringValue(fmt.Sprint("user-", i%3000)))
		b.Set("route", event.StringValue([]string{"/a", "/b"}[i%2]))
		b.Set("size", event.IntValue(int64(i)))
		b.Set("fixed", event.StringValue("one"))
	}
	if err := s.Append(t.Context(), seq, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
}

func contrastOf(t *testing.T, s *Store, opts store.ContrastOptions) map[string]store.ContrastField {
	t.Helper()
	selection, err := query.ParseFilter(`route = "/b"`)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Contrast(t.Context(), &query.Query{Environment: "test", Start: -1, End: 1 << 60}, selection, opts)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]store.ContrastField{}
	for _, f := range c.Fields {
		fields[f.Name] = f
	}
	return fields
}

func TestContrast_SetsIDsApartAndBinsManyNumbers(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	const n = 30_000
	manyRows(t, s, 1, n)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	manyRows(t, s, 2, n)
	fields := contrastOf(t, s, store.ContrastOptions{MaxValues: 5})
	if f := fields["request.id"]; !f.Unique || f.Values != nil {
		t.Errorf("request.id: unique %v, %d values", f.Unique, len(f.Values))
	}
	if f := fields["user"]; f.Unique || f.Cut || f.Distinct != 3000 || len(f.Values) != 5 || f.Values[0].Events[0]+f.Values[0].Events[1] != 2*n/3000 {
		t.Errorf("user: unique %v, cut %v, %d different, first %v", f.Unique, f.Cut, f.Distinct, f.Values)
	}
	f := fields["size"]
	if !f.Cut || f.Values != nil || f.Present != [2]float64{n, n} {
		t.Errorf("size: cut %v, %d values, present %v", f.Cut, len(f.Values), f.Present)
	}
	var sum [2]float64
	for _, b := range f.Bins {
		sum[0] += b.Events[0]
		sum[1] += b.Events[1]
	}
	if sum != f.Present {
		t.Errorf("the bins of size sum up to %v", sum)
	}
}

func TestContrast_ReadsNoMoreThanEnough(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	const n, parts = 25_000, 4
	for seq := range uint64(parts) {
		manyRows(t, s, seq+1, n)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	manyRows(t, s, parts+1, n) // in memory
	ask := func(field, where string) (*store.Contrast, store.ContrastField) {
		t.Helper()
		q := &query.Query{Environment: "test", Start: -1, End: 1 << 60}
		if where != "" {
			e, err := query.ParseFilter(where)
			if err != nil {
				t.Fatal(err)
			}
			q.Stages = []query.Stage{query.Filter{Where: e}}
		}
		all := query.Literal{Value: event.BoolValue(true)}
		c, err := s.Contrast(t.Context(), q, all, store.ContrastOptions{Fields: []string{field}, MaxValues: 3000, Enough: 5*n + 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Fields) == 0 {
			return c, store.ContrastField{}
		}
		return c, c.Fields[0]
	}
	c, f := ask("user", "") // not coded by a dictionary: a row counts for between four and five
	if c.Unread != 2*n || f.Present[store.Selected] != 3*n || len(f.Values) != 3000 || f.Cut {
		t.Errorf("users: %d rows are left out, %v are counted, of %d values", c.Unread, f.Present, len(f.Values))
	}
	if c, f := ask("user", `route = "/nowhere"`); c.Unread != 0 || len(f.Values) != 0 {
		t.Errorf("a route in no dictionary: %d rows are left out, values %v", c.Unread, f.Values)
	}
	if c, f := ask("fixed", ""); c.Unread != 0 || len(f.Values) != 1 || f.Values[0].Events[store.Selected] != (parts+1)*n {
		t.Errorf("a value that every row has: %d rows are left out, values %v", c.Unread, f.Values)
	}
	for _, name := range []string{"request.id", "size"} { // too many different ones to keep
		if _, f := ask(name, ""); len(f.Values) == 0 || !f.Cut && !f.Unique {
			t.Errorf("%s: %d values, cut %t, unique %t", name, len(f.Values), f.Cut, f.Unique)
		}
	}
	if _, f := ask("request.id", `request.id starts-with "request-5-7"`); f.Unique || len(f.Values) < 1000 {
		t.Errorf("ids that begin alike: %d values, unique %t", len(f.Values), f.Unique)
	}
}

// Fields that a question computes, and conditions that call functions, are worked out
// for a share of all parts of the range, and all is counted where that is little.
func TestContrast_WorksOutNoMoreThanEnough(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	const n, parts = 25_000, 4
	for seq := range uint64(parts) {
		manyRows(t, s, seq+1, n)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	manyRows(t, s, parts+1, n) // in memory
	ask := func(field, where string, enough int64) (*store.Contrast, store.ContrastField) {
		t.Helper()
		q := &query.Query{Environment: "test", Start: -1, End: 1 << 60}
		for name, text := range map[string]string{"of one": `CONCAT("on ", $route)`, "of two": `IF($size % 2 = 0, $route, $user)`, "users": `TO_LOWER($user)`} {
			e, err := query.ParseField(text)
			if err != nil {
				t.Fatal(err)
			}
			q.Stages = append(q.Stages, query.Compute{Name: name, Expr: e})
		}
		if where != "" {
			e, err := query.ParseFilter(where)
			if err != nil {
				t.Fatal(err)
			}
			q.Stages = append(q.Stages, query.Filter{Where: e})
		}
		all := query.Literal{Value: event.BoolValue(true)}
		c, err := s.Contrast(t.Context(), q, all, store.ContrastOptions{Fields: []string{field}, MaxValues: 4000, Enough: enough})
		if err != nil || len(c.Fields) != 1 {
			t.Fatalf("%s: %+v, %v", field, c, err)
		}
		return c, c.Fields[0]
	}
	const all, rows = 100_000_000, (parts + 1) * n
	for field, values := range map[string]int{"of one": 2, "of two": 1501, "users": 3000} {
		if c, f := ask(field, "", 0); c.Unread != 0 || len(f.Values) != values || f.Present[store.Selected] != rows {
			t.Errorf("%s: %d rows are left out, %d values of %v rows", field, c.Unread, len(f.Values), f.Present)
		}
		whole, _ := ask(field, "", 0)
		if c, _ := ask(field, "", all); c.Unread != 0 || c.Fields[0].Present != whole.Fields[0].Present || len(c.Fields[0].Values) != values {
			t.Errorf("%s: where there is enough of it, %d rows are left out", field, c.Unread)
		}
	}
	if c, f := ask("of one", "", rows*knownWeight/2); c.Unread < rows/3 || f.Present[store.Selected] != float64(rows-c.Unread) || len(f.Values) != 2 {
		t.Errorf("half of it: %d rows are left out, values %v", c.Unread, f.Values)
	}
	if c, f := ask("of two", "", 200_000); c.Unread < rows/2 || f.Present[store.Selected] < stretchRows || f.Present[store.Selected] != float64(rows-c.Unread) {
		t.Errorf("of two fields: %d rows are left out, %v are counted", c.Unread, f.Present)
	}
	if c, f := ask("fixed", `users starts-with "user-1"`, 200_000); c.Unread < rows/2 || len(f.Values) != 1 || f.Values[0].Events[store.Selected] < 100 {
		t.Errorf("by a condition: %d rows are left out, values %v", c.Unread, f.Values)
	}
}

func TestContrast_ServesOnWithoutADamagedSegment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, Config{Dir: dir, FlushAge: time.Hour})
	for seq := range uint64(2) {
		manyRows(t, s, seq+1, 1000)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%q %v", files, err)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 3000), 100); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := contrastOf(t, s, store.ContrastOptions{})["route"]; got.Present != [2]float64{500, 500} {
		t.Errorf("route is present in %v", got.Present)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Reading keeps up with its promise by counting codes, not texts.
func BenchmarkContrast(b *testing.B) {
	s := openStore(b, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	batch := event.NewBatch("test", "api")
	for i := range 200_000 {
		batch.Begin(int64(i))
		for f := range 20 {
			batch.Set(fmt.Sprint("text-", f), event.StringValue(fmt.Sprint("value-", i*(f+7)%50)))
		}
		batch.Set("size", event.IntValue(int64(i)))
		batch.Set("duration_ms", event.FloatValue(float64(i%977)/3))
	}
	if err := s.Append(b.Context(), 1, []*event.Batch{batch}); err != nil {
		b.Fatal(err)
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	selection, err := query.ParseFilter(`duration_ms > 300`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Contrast(b.Context(), &query.Query{Environment: "test", End: 1 << 60}, selection, store.ContrastOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200_000/22, "ns/value")
}

func TestContrast_CountsANumberOnceWhateverItsKind(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	for seq, v := range []event.Value{event.IntValue(9), event.FloatValue(9), event.FloatValue(9.5)} {
		b := event.NewBatch("test", "web")
		b.Begin(int64(seq))
		b.Set("route", event.StringValue("/a"))
		b.Set("size", v)
		if err := s.Append(t.Context(), uint64(seq+1), []*event.Batch{b}); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f := contrastOf(t, s, store.ContrastOptions{})["size"]
	if f.Distinct != 2 || len(f.Values) != 2 || f.Values[0].Value != event.FloatValue(9) || f.Values[0].Events != [2]float64{0, 2} {
		t.Errorf("size: %d different, %v", f.Distinct, f.Values)
	}
}
