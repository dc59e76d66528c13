package trace

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
)

const ms = int64(1_000_000)

// sp is a span of a test case: times in milliseconds.
type sp struct {
	id, parent    string
	start, length int64
	service, kind string
	fail          bool
}

func batch(spans ...sp) *event.Batch {
	b := event.NewBatch("test", "api")
	for _, s := range spans {
		b.Begin(1000*ms + s.start*ms)
		b.Set(event.FieldTraceID, event.StringValue("t1"))
		b.Set(event.FieldSpanID, event.StringValue(s.id))
		if s.parent != "" {
			b.Set(event.FieldParentID, event.StringValue(s.parent))
		}
		b.Set(event.FieldName, event.StringValue("op-"+s.id))
		b.Set(event.FieldService, event.StringValue(s.service))
		b.Set(event.FieldDuration, event.FloatValue(float64(s.length)))
		if s.kind != "" {
			b.Set(event.FieldSpanKind, event.StringValue(s.kind))
		}
		if s.fail {
			b.Set(event.FieldError, event.BoolValue(true))
		}
	}
	return b
}

func outline(tr *Trace) []string {
	var lines []string
	for _, s := range tr.Spans {
		lines = append(lines, fmt.Sprintf("%d %s %d+%d self %d", s.Depth, s.ID, s.Start/ms, s.Duration/ms, s.Self/ms))
	}
	return lines
}

func TestAssemble_ReadsTheColumnsThatADatasetDefines(t *testing.T) {
	t.Parallel()
	b := event.NewBatch("test", "api")
	for i, id := range []string{"a", "b"} {
		b.Begin(1000*ms + int64(i)*ms)
		b.Set("id", event.StringValue(id))
		b.Set("took", event.IntValue(int64(20-10*i)))
		b.Set(event.FieldService, event.StringValue("api"))
		b.Set(event.FieldName, event.StringValue("op-"+id))
		if i > 0 {
			b.Set("parentId", event.StringValue("a"))
		}
	}
	columns := map[string]string{event.FieldSpanID: "id", event.FieldParentID: "parentId", event.FieldDuration: "took", event.FieldName: "nothing"}
	tr := Assemble("t1", []*event.Batch{b}, Options{Column: func(b *event.Batch, field string) *event.Column { return b.Find(columns[field]) }})
	if d := cmp.Diff([]string{"0 a 0+20 self 10", "1 b 1+10 self 10"}, outline(tr)); d != "" {
		t.Error(d)
	}
	if name := tr.Strings[tr.Spans[0].Name]; name != "op-a" {
		t.Errorf("the name is %q", name)
	}
}

// What is said of a span before it ends is shown until it has ended, as far as its
// children go.
func TestAssemble_ShowsWhatIsInProgressUntilItEnded(t *testing.T) {
	t.Parallel()
	b := batch(sp{id: "b", parent: "a", start: 10, length: 30, service: "api"}, sp{id: "c", parent: "a", start: 50, length: 10, service: "api"})
	for _, id := range []string{"a", "a", "b"} {
		b.Begin(1000 * ms)
		b.Set(event.FieldSpanID, event.StringValue(id))
		b.Set(event.FieldName, event.StringValue("op-"+id))
		b.Set(event.FieldService, event.StringValue("api"))
		b.Set(event.FieldAnnotation, event.StringValue(event.AnnotationInProgress))
		b.Set(event.FieldParentID, event.StringValue(map[string]string{"b": "a"}[id]))
	}
	tr := Assemble("t1", []*event.Batch{b}, Options{})
	if d := cmp.Diff([]string{"0 a 0+60 self 20", "1 b 10+30 self 30", "1 c 50+10 self 10"}, outline(tr)); d != "" {
		t.Error(d)
	}
	if tr.Spans[0].Flags&FlagInProgress == 0 || tr.Spans[1].Flags&FlagInProgress != 0 || tr.Notes.Duplicates != 0 {
		t.Errorf("flags %b and %b, %d duplicates", tr.Spans[0].Flags, tr.Spans[1].Flags, tr.Notes.Duplicates)
	}
}

func TestAssemble_OrdersSelfTimesAndErrors(t *testing.T) {
	t.Parallel()
	tr := Assemble("t1", []*event.Batch{batch(
		sp{id: "c", parent: "a", start: 40, length: 30, service: "db", fail: true},
		sp{id: "a", start: 0, length: 100, service: "api"},
		sp{id: "b", parent: "a", start: 10, length: 40, service: "api"},
		sp{id: "d", parent: "c", start: 45, length: 5, service: "db"},
	)}, Options{})
	want := []string{"0 a 0+100 self 40", "1 b 10+40 self 40", "1 c 40+30 self 25", "2 d 45+5 self 5"}
	if d := cmp.Diff(want, outline(tr)); d != "" {
		t.Fatal(d)
	}
	if tr.Spans[0].Descendants != 3 || tr.Spans[2].Descendants != 1 {
		t.Errorf("descendants %d, %d", tr.Spans[0].Descendants, tr.Spans[2].Descendants)
	}
	if tr.Spans[0].Flags&FlagErrorBelow == 0 || tr.Spans[2].Flags&FlagError == 0 || tr.Spans[1].Flags&FlagErrorBelow != 0 {
		t.Error("error flags are wrong")
	}
}

func TestAssemble_CriticalPathIsWhatTheRootWaitedFor(t *testing.T) {
	t.Parallel()
	tr := Assemble("t1", []*event.Batch{batch(
		sp{id: "a", start: 0, length: 100},
		sp{id: "b", parent: "a", start: 10, length: 30},
		sp{id: "c", parent: "a", start: 20, length: 60},
		sp{id: "d", parent: "c", start: 30, length: 200}, // outlives its parent
	)}, Options{})
	var got []string
	var total int64
	for _, s := range tr.Critical {
		got = append(got, fmt.Sprintf("%s %d-%d", tr.Spans[s.Span].ID, s.Start/ms, s.End/ms))
		total += s.End - s.Start
	}
	want := []string{"a 0-10", "b 10-20", "c 20-30", "d 30-80", "a 80-100"}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if total != 100*ms {
		t.Errorf("the path covers %d ms of 100", total/ms)
	}
}

func TestAssemble_OrphansShareAPlaceholder(t *testing.T) {
	t.Parallel()
	tr := Assemble("t1", []*event.Batch{batch(
		sp{id: "b", parent: "gone", start: 10, length: 40},
		sp{id: "c", parent: "gone", start: 30, length: 50},
		sp{id: "a", start: 0, length: 20},
	)}, Options{})
	want := []string{"0 a 0+20 self 20", "0 gone 10+70 self 0", "1 b 10+40 self 40", "1 c 30+50 self 50"}
	if d := cmp.Diff(want, outline(tr)); d != "" {
		t.Fatal(d)
	}
	if tr.Notes.MissingParents != 1 || tr.Notes.Roots != 2 {
		t.Errorf("notes %+v", tr.Notes)
	}
	if tr.Spans[1].Flags&FlagPlaceholder == 0 || tr.Spans[1].Ref.Batch != -1 {
		t.Errorf("placeholder %+v", tr.Spans[1])
	}
}

func TestAssemble_CutsLoops(t *testing.T) {
	t.Parallel()
	tr := Assemble("t1", []*event.Batch{batch(
		sp{id: "a", parent: "b", start: 0, length: 20},
		sp{id: "b", parent: "a", start: 5, length: 5},
		sp{id: "c", parent: "b", start: 6, length: 1},
		sp{id: "self", parent: "self", start: 7, length: 1},
	)}, Options{})
	if len(tr.Spans) != 4 || tr.Notes.Loops != 2 || tr.Notes.Roots != 2 {
		t.Fatalf("%d spans, notes %+v", len(tr.Spans), tr.Notes)
	}
	if tr.Spans[0].ID != "a" || tr.Spans[0].Flags&FlagLoop == 0 {
		t.Errorf("the loop is cut at %+v", tr.Spans[0])
	}
}

func TestAssemble_MergesWhatCameTwice(t *testing.T) {
	t.Parallel()
	a := sp{id: "a", start: 0, length: 20}
	other := sp{id: "a", start: 3, length: 9}
	tr := Assemble("t1", []*event.Batch{batch(a, other), batch(a)}, Options{})
	if len(tr.Spans) != 2 || tr.Notes.Duplicates != 1 {
		t.Fatalf("%d spans, %d duplicates", len(tr.Spans), tr.Notes.Duplicates)
	}
	for _, s := range tr.Spans {
		if s.Flags&FlagDuplicate == 0 {
			t.Errorf("%d+%d is not marked", s.Start, s.Duration)
		}
	}
}

func TestAssemble_CorrectsAClockThatCannotBeRight(t *testing.T) {
	t.Parallel()
	spans := []sp{
		{id: "a", start: 0, length: 100, service: "api", kind: "client"},
		{id: "b", parent: "a", start: -84, length: 60, service: "cache", kind: "server"},
		{id: "c", parent: "b", start: -80, length: 10, service: "cache"},
	}
	tr := Assemble("t1", []*event.Batch{batch(spans...)}, Options{})
	want := []string{"0 a 0+100 self 40", "1 b 20+60 self 50", "2 c 24+10 self 10"}
	if d := cmp.Diff(want, outline(tr)); d != "" {
		t.Fatal(d)
	}
	if len(tr.Notes.Skew) != 1 || tr.Notes.Skew[0].Service != "cache" || tr.Notes.Skew[0].NS != 104*ms || tr.Notes.Skew[0].Spans != 2 {
		t.Errorf("skew %+v", tr.Notes.Skew)
	}
	raw := Assemble("t1", []*event.Batch{batch(spans...)}, Options{KeepClocks: true})
	if raw.Spans[0].Start != 84*ms || len(raw.Notes.Skew) != 0 {
		t.Errorf("KeepClocks moved the spans: %v", outline(raw))
	}
}

// Only some calls end after their caller: that is a timeout, not a clock, and
// a shift would put others before their parents.
func TestAssemble_BelievesAClockThatNoShiftMakesRight(t *testing.T) {
	t.Parallel()
	tr := Assemble("t1", []*event.Batch{batch(
		sp{id: "1", start: 0, length: 100, service: "api", kind: "server"},
		sp{id: "2", parent: "1", start: 10, length: 20, service: "api", kind: "client"},
		sp{id: "3", parent: "2", start: 10, length: 20, service: "db", kind: "server"},
		sp{id: "4", parent: "1", start: 50, length: 20, service: "api", kind: "client"},
		sp{id: "5", parent: "4", start: 60, length: 15, service: "db", kind: "server"},
	)}, Options{})
	if len(tr.Notes.Skew) != 0 || tr.Spans[2].Start != 10*ms {
		t.Fatalf("%+v\n%q", tr.Notes.Skew, outline(tr))
	}
}

func TestAssemble_LeavesAsynchronousWorkAlone(t *testing.T) {
	t.Parallel()
	tr := Assemble("t1", []*event.Batch{batch(
		sp{id: "a", start: 0, length: 10, service: "api", kind: "producer"},
		sp{id: "b", parent: "a", start: 500, length: 60, service: "worker", kind: "consumer"},
	)}, Options{})
	if len(tr.Notes.Skew) != 0 || tr.Spans[1].Start != 500*ms {
		t.Fatalf("%v, skew %+v", outline(tr), tr.Notes.Skew)
	}
}

func TestAssemble_HangsAnnotationsOnTheirSpans(t *testing.T) {
	t.Parallel()
	b := batch(sp{id: "a", start: 0, length: 100})
	add := func(at int64, parent string, fields map[string]string) {
		b.Begin(1000*ms + at*ms)
		b.Set(event.FieldParentID, event.StringValue(parent))
		for k, v := range fields {
			b.Set(k, event.StringValue(v))
		}
	}
	add(30, "a", map[string]string{"meta.annotation_type": "span_event", "meta.signal_type": "trace", "name": "exception", "exception.type": "KeyError"})
	add(10, "a", map[string]string{"meta.annotation_type": "span_event", "meta.signal_type": "log", "body": "cache miss", "severity": "warn"})
	add(15, "a", map[string]string{"meta.signal_type": "log", "body": "no number", "severity": "unspecified", "severity_text": "Notice"})
	add(20, "elsewhere", map[string]string{"meta.annotation_type": "link", "meta.signal_type": "trace"})
	tr := Assemble("t1", []*event.Batch{b}, Options{})
	var got []string
	for _, an := range tr.Annotations {
		got = append(got, fmt.Sprintf("%d %d %d %s/%s", an.Span, an.Time/ms, an.Kind, tr.Strings[an.Name], tr.Strings[an.Severity]))
	}
	want := []string{"0 10 3 cache miss/warn", "0 15 3 no number/Notice", "-1 20 2 /", "0 30 1 KeyError/"}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

// Whatever parents spans claim, each is in the tree once, after its parent, and
// times add up.
func TestAssemble_AnyParentsMakeATree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "n")
		spans := make([]sp, n)
		for i := range spans {
			spans[i] = sp{
				id:      fmt.Sprint(i),
				start:   rapid.Int64Range(0, 50).Draw(t, "start"),
				length:  rapid.Int64Range(0, 50).Draw(t, "length"),
				service: rapid.SampledFrom([]string{"api", "db", "web"}).Draw(t, "service"),
				kind:    rapid.SampledFrom([]string{"", "client", "server", "consumer"}).Draw(t, "kind"),
			}
			if p := rapid.IntRange(-1, n+2).Draw(t, "parent"); p >= 0 {
				spans[i].parent = fmt.Sprint(p)
			}
		}
		tr := Assemble("t1", []*event.Batch{batch(spans...)}, Options{})
		seen := map[string]bool{}
		for i, s := range tr.Spans {
			if seen[s.ID] {
				t.Fatalf("%s stands twice", s.ID)
			}
			seen[s.ID] = true
			if s.Parent >= int32(i) {
				t.Fatalf("%s stands before its parent", s.ID)
			}
			if s.Parent >= 0 && s.Depth != tr.Spans[s.Parent].Depth+1 {
				t.Fatalf("%s has depth %d", s.ID, s.Depth)
			}
			if s.Self < 0 || s.Self > s.Duration || s.Start < 0 || s.Start+s.Duration > tr.Duration {
				t.Fatalf("%s: %+v in %d", s.ID, s, tr.Duration)
			}
		}
		for i := range n {
			if !seen[fmt.Sprint(i)] {
				t.Fatalf("span %d is lost", i)
			}
		}
		for i := 1; i < len(tr.Critical); i++ {
			if tr.Critical[i].Start < tr.Critical[i-1].End {
				t.Fatalf("the critical path overlaps itself: %+v", tr.Critical)
			}
		}
	})
}

func BenchmarkAssemble_100k(b *testing.B) {
	spans := make([]sp, 100_000)
	for i := range spans {
		spans[i] = sp{id: fmt.Sprintf("%016x", i), start: int64(i), length: 50, service: fmt.Sprint("s", i%6)}
		if i > 0 {
			spans[i].parent = fmt.Sprintf("%016x", i/4)
		}
	}
	in := batch(spans...)
	for b.Loop() {
		Assemble("t1", []*event.Batch{in}, Options{})
	}
}
