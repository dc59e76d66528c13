package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// slowSpans are three spans of a trace, its log line, and one slow event of no trace.
func slowSpans(b *bench) {
	rows := event.NewBatch("test", "shop")
	add := func(age time.Duration, fields map[string]event.Value) {
		rows.Begin(b.clock.Add(-age).UnixNano())
		for name, v := range fields {
			rows.Set(name, v)
		}
	}
	id := event.StringValue("5759e988bd862e3fe1be46a994272793")
	span := func(name string, ms float64) map[string]event.Value {
		return map[string]event.Value{
			event.FieldTraceID: id, event.FieldSpanID: event.StringValue(name), event.FieldDuration: event.FloatValue(ms), "route": event.StringValue("/cart"),
		}
	}
	add(3*time.Minute, span("fast", 5))
	add(2*time.Minute, span("slow", 900))
	add(time.Minute, span("late", 700))
	add(time.Minute, map[string]event.Value{event.FieldDuration: event.FloatValue(5000), "route": event.StringValue("/cart")})
	add(time.Minute, map[string]event.Value{event.FieldTraceID: id, event.FieldParentID: event.StringValue("late"), "size": event.IntValue(3)})
	b.must(b.store.Append(b.t.Context(), 2, []*event.Batch{rows}))
}

func TestExample_IsTheSlowestSpan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	slowSpans(b)
	since := ns(b.clock.Add(-90 * time.Second).UnixNano())
	for _, c := range []struct {
		body, span, at string
		value          float64
	}{
		{`{"dataset":"shop","text":"VISUALIZE COUNT WHERE route = \"/cart\" LAST 1h"}`, "slow", ns(b.clock.Add(-2 * time.Minute).UnixNano()), 900},
		{`{"text":"VISUALIZE COUNT LAST 1h","from":"` + since + `"}`, "late", ns(b.clock.Add(-time.Minute).UnixNano()), 700},
		{`{"text":"VISUALIZE COUNT LAST 1h","order":"asc"}`, "fast", ns(b.clock.Add(-3 * time.Minute).UnixNano()), 5},
		{`{"text":"VISUALIZE COUNT LAST 1h","by":"size"}`, "late", ns(b.clock.Add(-time.Minute).UnixNano()), 3},
		{`{"text":"WITH half AS ($duration_ms / 2) VISUALIZE COUNT LAST 1h","by":"half"}`, "slow", ns(b.clock.Add(-2 * time.Minute).UnixNano()), 450},
	} {
		status, _, raw := b.do(http.MethodPost, "/api/example", "", c.body)
		var got struct {
			TraceID string  `json:"trace_id"`
			SpanID  string  `json:"span_id"`
			At      string  `json:"at"`
			Value   float64 `json:"value"`
		}
		b.must(json.Unmarshal(raw, &got))
		if status != 200 || got.SpanID != c.span || got.At != c.at || got.Value != c.value || got.TraceID != "5759e988bd862e3fe1be46a994272793" {
			t.Errorf("%s\nanswers %d %s", c.body, status, raw)
		}
	}
	for body, want := range map[string]string{
		`{"text":"VISUALIZE COUNT LAST 1h","by":"nothing"}`:                                       "none of these events has nothing",
		`{"text":"VISUALIZE COUNT LAST 1h","order":"up"}`:                                         `order is \"up\"`,
		`{"text":"VISUALIZE COUNT LAST 1h","from":"x"}`:                                           `\"x\" is no time`,
		`{"text":"VISUALIZE COUNT LAST 1h","to":"5"}`:                                             "the time range is empty",
		`{"text":"VISUALIZE COUNT WHERE route = \"/nowhere\" LAST 1h","dataset":"shop","by":"x"}`: "none of these events has x",
	} {
		if status, _, raw := b.do(http.MethodPost, "/api/example", "", body); status < 400 || !strings.Contains(string(raw), want) {
			t.Errorf("%s\nanswers %d %s, want %s", body, status, raw, want)
		}
	}
}

func TestBubbleUp_TakesABaseline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ask := func(text, selection, baseline string) (last map[string]json.RawMessage) {
		t.Helper()
		_, _, raw := b.do(http.MethodPost, "/api/bubbleup", "", `{"dataset":"shop","text":"`+text+`","selection":`+selection+`,"baseline":`+baseline+`}`)
		lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
		b.must(json.Unmarshal([]byte(lines[len(lines)-1]), &last))
		return last
	}
	group := `{"type":"groups","groups":[{"route":"/x"}]}`
	time5 := `{"type":"range","column":"","rectangles":[{"start":"0","end":"9000000000000000000"}]}`
	// One event a minute for ten minutes, the first a minute ago; every third is of each route.
	for _, c := range []struct{ text, selection, baseline, selected, others string }{
		{"VISUALIZE COUNT LAST 1h", group, `{"type":"rest"}`, "3", "7"},
		{"VISUALIZE COUNT LAST 1h", group, `null`, "3", "7"},
		{"VISUALIZE COUNT LAST 1h", group, `{"type":"groups","groups":[{"route":"/xx"}]}`, "3", "3"},
		{"VISUALIZE COUNT LAST 5m", time5, `{"type":"previous"}`, "4", "5"},
		{"VISUALIZE COUNT LAST 5m", group, `{"type":"previous"}`, "1", "2"},
	} {
		last := ask(c.text, c.selection, c.baseline)
		if string(last["selection"]) != c.selected || string(last["baseline"]) != c.others {
			t.Errorf("%s, %s against %s: %s and %s events, want %s and %s", c.text, c.selection, c.baseline, last["selection"], last["baseline"], c.selected, c.others)
		}
	}
	if last := ask("VISUALIZE COUNT LAST 1h", group, `{"type":"groups"}`); !strings.Contains(string(last["error"]), "baseline.groups is empty") {
		t.Errorf("%s", last)
	}
}

func TestAddresses_AreKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, _, raw := b.do(http.MethodPost, "/api/addresses", "", `{"params":"where=x"}`)
	var kept struct{ ID, Params string }
	b.must(json.Unmarshal(raw, &kept))
	b.restart()
	_, _, raw = b.do(http.MethodGet, "/api/addresses/"+kept.ID, "", "")
	b.must(json.Unmarshal(raw, &kept))
	if kept.Params != "where=x" {
		t.Errorf("%s", raw)
	}
	if status, _, raw := b.do(http.MethodGet, "/api/addresses/nothing", "", ""); status != 404 {
		t.Errorf("%d %s", status, raw)
	}
}
