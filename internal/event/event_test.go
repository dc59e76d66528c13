package event

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTraceID_AcceptsEveryNotation(t *testing.T) {
	t.Parallel()
	const want = "5759e988bd862e3fe1be46a994272793"
	for _, in := range []string{
		want, " 5759E988BD862E3FE1BE46A994272793\n", "1-5759e988-bd862e3fe1be46a994272793",
		"00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
		"5759e988-bd86-2e3f-e1be-46a994272793", "V1npiL2GLj/hvkaplCcnkw==",
	} {
		if got, ok := TraceID(in); !ok || got != want {
			t.Errorf("TraceID(%q) = %q, %v", in, got, ok)
		}
	}
	for in, want := range map[string]string{"00000000000000002FD9f6ef389a0800": "2fd9f6ef389a0800", "2fd9f6ef389a0800": "2fd9f6ef389a0800", "0000000000000000": "0000000000000000"} {
		if got, ok := TraceID(in); !ok || got != want {
			t.Errorf("TraceID(%q) = %q, %v", in, got, ok)
		}
	}
	if got, ok := TraceID("order-17"); !ok || got != "order-17" {
		t.Errorf("a sender's own id became %q, %v", got, ok)
	}
	if _, ok := TraceID("  "); ok {
		t.Error("blank is an id")
	}
	if got := XRayTraceID(want); got != "1-5759e988-bd862e3fe1be46a994272793" {
		t.Errorf("XRayTraceID = %q", got)
	}
}

func TestBatch_KeepsWhatWasSetInEachRow(t *testing.T) {
	t.Parallel()
	b := NewBatch("test", "api")
	rows := []map[string]Value{
		{"name": StringValue("a"), "n": IntValue(1)},
		{"name": StringValue("b"), "late": BoolValue(true)},
		{"n": FloatValue(2.5), "name": StringValue("a")},
		{"n": StringValue("x"), "late": BoolValue(false)},
	}
	for i, r := range rows {
		b.Begin(int64(i))
		for _, k := range []string{"name", "n", "late"} {
			b.Set(k, r[k])
		}
	}
	var got []map[string]Value
	for i := range b.Len() {
		m := map[string]Value{}
		b.Row(i).Each(func(name string, v Value) { m[name] = v })
		got = append(got, m)
	}
	want := []map[string]Value{
		{"name": StringValue("a"), "n": StringValue("1")},
		{"name": StringValue("b"), "late": BoolValue(true)},
		{"n": StringValue("2.5"), "name": StringValue("a")},
		{"n": StringValue("x"), "late": BoolValue(false)},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Value{})); d != "" {
		t.Fatal(d)
	}
}

func TestBatch_OverwritesWithinARow(t *testing.T) {
	t.Parallel()
	b := NewBatch("test", "api")
	for i := range 3 {
		b.Begin(int64(i))
		b.Set("k", StringValue("first"))
		b.Set("k", StringValue(fmt.Sprint("last", i)))
		if !b.Has(b.Find("k")) {
			t.Fatal("Has = false after Set")
		}
	}
	if n := b.Find("k").Len(); n != 3 {
		t.Fatalf("%d values", n)
	}
	if got := b.Row(1).Get("k").Str(); got != "last1" {
		t.Fatalf("row 1 holds %q", got)
	}
}

func TestBatch_NobodyForgesASystemColumn(t *testing.T) {
	t.Parallel()
	b := NewBatch("test", "api")
	b.Begin(7)
	b.Set(SystemTime, IntValue(99))
	if got := b.Row(0).Get(SystemTime).Int(); got != 7 {
		t.Fatalf("_time = %d", got)
	}
	if got := b.Row(0).Get("__time").Int(); got != 99 {
		t.Fatalf("the attribute is lost: %d", got)
	}
}

func TestDict_FindsEveryStringWhetherTightOrLoose(t *testing.T) {
	t.Parallel()
	for _, distinct := range []int{3, 100, 5000} {
		var d Dict
		for i := range 10000 {
			s := fmt.Sprint("value-", i%distinct)
			if got := d.Text(d.Intern(s)); got != s {
				t.Fatalf("distinct %d: %q became %q", distinct, s, got)
			}
		}
		if !d.Loose() && d.Len() != distinct {
			t.Errorf("distinct %d: %d entries", distinct, d.Len())
		}
	}
}

func TestDict_GivesUpOnIds(t *testing.T) {
	t.Parallel()
	var d Dict
	for i := range 5000 {
		d.Intern(fmt.Sprint("id-", i))
	}
	if !d.Loose() {
		t.Fatal("5,000 distinct strings are still hashed")
	}
}

func TestBatch_GrowsAtOnceToWhatIsExpected(t *testing.T) {
	t.Parallel()
	fill := func(rows, expected int) *Batch {
		b := NewBatch("test", "app")
		b.Expect(expected)
		for i := range rows {
			b.Begin(int64(i))
			b.SetInt(b.Column("n"), int64(i))
			b.SetUnique(b.Column("id"), []byte("0123456789abcdef"))
			if i%10 == 0 {
				b.SetBytes(b.Column("rare"), []byte("x"))
			}
		}
		return b
	}
	b := fill(120, 120)
	for _, name := range []string{"n", "id", "rare"} {
		c := b.Find(name)
		if room := cap(c.Ints) + cap(c.Codes); room > 3*c.Len()/2+16 {
			t.Errorf("%s has room for %d values, and has %d", name, room, c.Len())
		}
	}
	// Who only says that much will come gets little for it.
	b = fill(2, 1_000_000)
	for _, name := range []string{"n", "id", "rare"} {
		c := b.Find(name)
		if room := cap(c.Ints) + cap(c.Codes); room > 32 {
			t.Errorf("%s has room for %d values after two rows", name, room)
		}
	}
	if c := b.Find("id"); cap(c.Dict.Data) > 2048 || cap(c.Dict.Ends) > 128 {
		t.Errorf("there is room for %d bytes of %d ids after two rows", cap(c.Dict.Data), cap(c.Dict.Ends))
	}
}
