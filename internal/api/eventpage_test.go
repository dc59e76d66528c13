package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

type eventsAnswer struct {
	Base     string
	Columns  []string
	Rows     [][]any
	Times    []int64
	Datasets []string
	IDs      []string
	Next     string
	At       *int
	Cut      [][3]int
}

func (b *bench) events(body string) eventsAnswer {
	b.t.Helper()
	code, _, raw := b.do(http.MethodPost, "/api/events", "", body)
	if code != http.StatusOK {
		b.t.Fatalf("%d: %s", code, raw)
	}
	var out eventsAnswer
	b.must(json.Unmarshal(raw, &out))
	return out
}

// lines adds n log lines of one moment, so that only their arrival orders them.
func (b *bench) lines(n int) {
	b.t.Helper()
	rows := event.NewBatch("test", "shop")
	for i := range n {
		rows.Begin(b.clock.Add(-1e9).UnixNano())
		rows.Set(event.FieldSignal, event.StringValue(event.SignalLog))
		rows.Set(event.FieldBody, event.StringValue(fmt.Sprint("line ", i)))
		rows.SetAt(i, event.FieldArrival, event.IntValue(int64(i+1)))
	}
	b.must(b.store.Append(b.t.Context(), 2, []*event.Batch{rows}))
}

func bodies(a eventsAnswer) []string {
	at := slices.Index(a.Columns, event.FieldBody)
	out := []string{}
	for _, r := range a.Rows {
		out = append(out, fmt.Sprint(r[at]))
	}
	return out
}

func TestEvents_AreReadPageByPageInBothDirections(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.lines(25)
	question := `"dataset":"shop","text":"WHERE body exists LAST 1h","columns":["body","absent"],"limit":10`
	var all []string
	cursor, pages := "", 0
	var second eventsAnswer
	for {
		a := b.events(fmt.Sprintf(`{%s,"order":"asc","cursor":%q}`, question, cursor))
		if pages++; pages == 2 {
			second = a
		}
		all = append(all, bodies(a)...)
		if cursor = a.Next; cursor == "" {
			break
		}
	}
	if pages != 3 || len(all) != 25 || all[0] != "line 0" || all[24] != "line 24" {
		t.Fatalf("%d pages: %v", pages, all)
	}
	back := b.events(fmt.Sprintf(`{%s,"order":"desc","cursor":%q}`, question, second.IDs[0]))
	if got := bodies(back); len(got) != 10 || got[0] != "line 9" || got[9] != "line 0" || back.Next != "" {
		t.Fatalf("back from %s: %v, next %q", second.IDs[0], got, back.Next)
	}
}

func TestEvents_ShowWhatLiesAroundOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.lines(25)
	found := b.events(`{"dataset":"shop","text":"WHERE body = \"line 12\" LAST 1h"}`)
	if len(found.IDs) != 1 {
		t.Fatalf("%+v", found)
	}
	for order, want := range map[string][]string{
		"asc":  {"line 10", "line 11", "line 12", "line 13", "line 14"},
		"desc": {"line 14", "line 13", "line 12", "line 11", "line 10"},
	} {
		a := b.events(fmt.Sprintf(`{"dataset":"shop","text":"WHERE body exists LAST 1h","columns":["body"],"limit":4,"order":%q,"around":%q}`, order, found.IDs[0]))
		if got := bodies(a); !slices.Equal(got, want) || a.At == nil || *a.At != 2 || a.Next != a.IDs[4] {
			t.Errorf("%s: %v at %v, next %s", order, got, a.At, a.Next)
		}
	}
}

func TestEvents_RefuseWhatIsNoCursor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, body := range []string{
		`{"dataset":"shop","text":"LAST 1h","cursor":"1.2"}`, `{"dataset":"shop","text":"LAST 1h","cursor":"1.2.zz.4"}`,
		`{"dataset":"shop","text":"LAST 1h","around":"x"}`, `{"dataset":"shop","text":"LAST 1h","around":"1.2.3.4","cursor":"1.2.3.4"}`,
		`{"dataset":"shop","text":"LAST 1h","within_ms":-1}`, `{"dataset":"shop","text":"LAST 1h","text_bytes":1}`, `{"dataset":"shop","text":"LAST 1h","text_bytes":1048577}`, `{"dataset":"shop","text":"LAST 1h","limit":1001}`,
	} {
		if code, _, raw := b.do(http.MethodPost, "/api/events", "", body); code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, code, raw)
		}
	}
}

func TestEvents_TellArrivalsOnlyToWhoNamesThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.lines(1)
	if a := b.events(`{"dataset":"shop","text":"WHERE body exists LAST 1h"}`); slices.Contains(a.Columns, event.FieldArrival) || !slices.Contains(a.Columns, event.FieldBody) {
		t.Errorf("the columns are %q", a.Columns)
	}
	a := b.events(`{"dataset":"shop","text":"WHERE body exists LAST 1h","columns":["_arrival"]}`)
	if len(a.Rows) != 1 || a.Rows[0][0] != 1.0 {
		t.Errorf("the rows are %v", a.Rows)
	}
}

func TestEvents_CutLongTextsWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := strings.Repeat("x", 99) + strings.Repeat("é", 100)
	rows := event.NewBatch("test", "shop")
	for i, text := range []string{"short", long} {
		rows.Begin(b.clock.Add(-1e9).UnixNano())
		rows.Set(event.FieldBody, event.StringValue(text))
		rows.Set(event.FieldTraceID, event.StringValue("5759e988bd862e3fe1be46a994272793"))
		rows.SetAt(i, event.FieldArrival, event.IntValue(int64(i+1)))
	}
	b.must(b.store.Append(b.t.Context(), 2, []*event.Batch{rows}))
	question := `"dataset":"shop","text":"WHERE body exists LAST 1h","order":"asc","columns":["absent","body"]`
	a := b.events(`{` + question + `,"text_bytes":100}`)
	if got := bodies(a); !slices.Equal(got, []string{"short", strings.Repeat("x", 99)}) || !slices.Equal(a.Cut, [][3]int{{1, 1, len(long)}}) {
		t.Errorf("the texts are %q, cut is %v", got, a.Cut)
	}
	if a = b.events(`{` + question + `}`); bodies(a)[1] != long || len(a.Cut) != 0 {
		t.Errorf("without text_bytes, a text of %d bytes has %d; cut is %v", len(long), len(bodies(a)[1]), a.Cut)
	}
	// A question about other rows of the trace is answered by SQL.
	a = b.events(`{"dataset":"shop","text":"WHERE body exists AND any.body exists LAST 1h","columns":["body"],"text_bytes":100}`)
	if len(a.Rows) != 2 || len(a.Cut) != 1 || a.Cut[0][2] != len(long) {
		t.Errorf("by SQL: %d rows, cut is %v", len(a.Rows), a.Cut)
	}
}
