package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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
		`{"dataset":"shop","text":"LAST 1h","within_ms":-1}`, `{"dataset":"shop","text":"LAST 1h","limit":1001}`,
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
