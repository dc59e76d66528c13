package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// bench is the API over a reference store and real settings.
var _ = golden.Flag() //nolint:gochecknoglobals // flags are

type bench struct {
	t      *testing.T
	dir    string
	clock  time.Time
	store  *storetest.Reference
	api    *API
	keys   *auth.Keys
	alerts *alert.Alerts
	sample fakeSample
	closer func()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), clock: time.Unix(1_764_000_000, 0), store: storetest.NewReference()}
	rows := event.NewBatch("test", "shop")
	for i := range 10 {
		rows.Begin(b.clock.Add(-time.Duration(i+1) * time.Minute).UnixNano())
		rows.Set("route", event.StringValue("/"+strings.Repeat("x", i%3)))
	}
	b.must(b.store.Append(t.Context(), 1, []*event.Batch{rows}))
	b.open()
	t.Cleanup(func() { b.closer() })
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) open() {
	b.t.Helper()
	ctx := context.WithoutCancel(b.t.Context()) // a test's own context ends before its clean-up
	log := slog.New(slog.NewTextHandler(b.t.Output(), nil))
	clock := func() time.Time {
		b.clock = b.clock.Add(time.Millisecond)
		return b.clock
	}
	db, err := meta.Open(ctx, filepath.Join(b.dir, "meta.db"))
	b.must(err)
	b.keys, err = auth.Open(ctx, db, auth.Config{Dir: b.dir, AcceptAny: true, Clock: clock, Log: log})
	b.must(err)
	sets, err := dataset.Open(ctx, db, dataset.Config{Data: b.store, Clock: clock, Log: log})
	b.must(err)
	_, err = sets.Resolve("test", "shop", true)
	b.must(err)
	shelf, err := workspace.Open(ctx, db, workspace.Config{Clock: clock, Log: log})
	b.must(err)
	rules, err := sampling.Open(ctx, db, sampling.Config{Clock: clock, Log: log})
	b.must(err)
	items, err := item.Open(ctx, db, item.Config{Clock: func() time.Time { return b.clock }, Log: log})
	b.must(err)
	symbols, err := symbol.Open(ctx, db, symbol.Config{Dir: filepath.Join(b.dir, "symbols"), Clock: func() time.Time { return b.clock }, Log: log})
	b.must(err)
	b.alerts, err = alert.Open(ctx, db, alert.Config{Items: items, Clock: clock, Log: log, URL: func() string { return "" }})
	b.must(err)
	b.api, err = New(ctx, Deps{
		Querier: querier.New(querier.Config{Store: b.store, Clock: clock, Log: log}), Keys: b.keys, Datasets: sets,
		Workspace: shelf, Items: items, Alerts: b.alerts, Symbols: symbols, Sampling: rules, Sample: &b.sample, Endpoints: func() map[string]string { return nil }, Meta: db, Clock: clock, Log: log, Open: true, Version: "test",
	})
	b.must(err)
	b.closer = func() {
		b.must(symbols.Close(ctx))
		b.must(items.Close(ctx))
		shelf.Close()
		b.must(rules.Close(ctx))
		b.must(sets.Close(ctx))
		b.must(b.keys.Close(ctx))
		b.must(db.Close())
	}
}

func (b *bench) restart() {
	b.closer()
	b.open()
}

func (b *bench) do(method, path, key, body string) (int, http.Header, []byte) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("X-Honeycomb-Team", key)
	}
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	b.must(err)
	return w.Code, w.Header(), raw
}

// ask runs a query and returns its last line.
func (b *bench) ask(key, body string) map[string]json.RawMessage {
	b.t.Helper()
	status, _, raw := b.do(http.MethodPost, "/api/query", key, body)
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	var last map[string]json.RawMessage
	b.must(json.Unmarshal(lines[len(lines)-1], &last))
	if status != http.StatusOK || string(last["type"]) != `"done"` {
		b.t.Fatalf("%d %s", status, raw)
	}
	return last
}

func TestResults_WhatWasKeptIsWhatWasShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shown := b.ask("", `{"dataset":"shop","query":{"calculations":[{"op":"COUNT"},{"op":"HEATMAP","column":"duration_ms"}],"breakdowns":["route"]},"series":true,"totals":true,"keep":true}`)
	var id string
	b.must(json.Unmarshal(shown["result_id"], &id))
	b.restart()
	b.store = storetest.NewReference() // the events are gone
	b.restart()
	status, header, raw := b.do(http.MethodGet, "/api/results/"+id, "", "")
	var kept map[string]json.RawMessage
	b.must(json.Unmarshal(raw, &kept))
	if status != 200 || !strings.Contains(header.Get("Cache-Control"), "max-age") {
		t.Errorf("%d %v", status, header)
	}
	for _, member := range []string{"result", "scanned", "elapsed_ms", "complete", "sampled"} {
		if diff := cmp.Diff(string(shown[member]), string(kept[member])); diff != "" {
			t.Errorf("%s: %s", member, diff)
		}
	}
	for member, want := range map[string]string{
		"id": `"` + id + `"`, "dataset": `"shop"`, "done": "true", "text": `"VISUALIZE COUNT, HEATMAP(duration_ms) GROUP BY route"`,
		"query": `{"calculations":[{"op":"COUNT"},{"op":"HEATMAP","column":"duration_ms"}],"breakdowns":["route"]}`,
	} {
		if string(kept[member]) != want {
			t.Errorf("%s is %s, want %s", member, kept[member], want)
		}
	}
	if _, ok := b.askEmpty()["result_id"]; ok {
		t.Error("an answer was kept that nobody asked to keep")
	}
	if status, _, raw := b.do(http.MethodGet, "/api/results/nothing", "", ""); status != 404 || !strings.Contains(string(raw), `"not_found"`) {
		t.Errorf("%d %s", status, raw)
	}
}

func (b *bench) askEmpty() map[string]json.RawMessage { return b.ask("", `{"query":{}}`) }

func TestHistory_HoldsWhatPagesAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, mine, err := b.keys.Create(t.Context(), auth.NewKey{Kind: auth.Honeycomb, Name: "Ada"})
	b.must(err)
	b.ask("", `{"text":"VISUALIZE COUNT GROUP BY route","dataset":"shop","browser":"b-1","series":true}`)
	b.ask("", `{"text":"VISUALIZE COUNT WHERE route = \"/x\"","quiet":true}`)
	kept := b.ask(mine.Key, `{"query":{"limit":3},"keep":true}`)
	b.restart()
	type run struct {
		ID, Text, Dataset, By string
		Rows                  int
		Query                 json.RawMessage
		Mine                  bool
		Sketch                *querier.Sketch
	}
	list := func(query string) (runs []run) {
		t.Helper()
		key := mine.Key
		if strings.Contains(query, "browser=") {
			key = ""
		}
		status, _, raw := b.do(http.MethodGet, "/api/history"+query, key, "")
		var answer struct{ Runs []run }
		b.must(json.Unmarshal(raw, &answer))
		if status != 200 || answer.Runs == nil {
			t.Fatalf("%d %s", status, raw)
		}
		return answer.Runs
	}
	var id string
	b.must(json.Unmarshal(kept["result_id"], &id))
	newest := run{ID: id, Text: "VISUALIZE COUNT LIMIT 3", Dataset: "__all__", By: "Ada", Rows: 1, Query: json.RawMessage(`{"limit":3}`), Mine: true}
	first := run{Text: "VISUALIZE COUNT GROUP BY route", Dataset: "shop", Rows: 3, Query: json.RawMessage(`{"breakdowns":["route"],"calculations":[{"op":"COUNT"}]}`)}
	all := list("")
	if len(all) != 2 || all[1].Sketch == nil || all[1].Sketch.Calc != "COUNT" || len(all[1].Sketch.Lines) != 3 {
		t.Fatalf("%+v", all)
	}
	first.Sketch = all[1].Sketch
	atBrowser, others := first, newest
	atBrowser.Mine, others.Mine = true, false
	for query, want := range map[string][]run{
		"": {newest, first}, "?limit=1": {newest}, "?q=ROUTE": {first}, "?mine=1": {newest}, "?q=nothing": {},
		"?dataset=shop": {first}, "?dataset=__all__": {newest}, "?dataset=none": {},
		"?browser=b-1": {others, atBrowser}, "?mine=1&browser=b-1": {atBrowser}, "?mine=1&browser=b-2": {},
	} {
		if diff := cmp.Diff(want, list(query)); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
	for query, want := range map[string]string{"?limit=0": "limit", "?limit=1001": "limit", "?mine=perhaps": "mine", "?cursor=x": "cursor", "?browser=a%20b": "browser"} {
		if status, _, raw := b.do(http.MethodGet, "/api/history"+query, "", ""); status != 400 || !strings.Contains(string(raw), want) {
			t.Errorf("%s: %d %s", query, status, raw)
		}
	}
}

func TestResults_OneUnderWaySaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	started, err := b.api.Workspace.StartResult(t.Context(), workspace.Scope{Environment: "test", Dataset: "shop"}, "q", json.RawMessage(`{}`))
	b.must(err)
	path := "/api/results/" + started.ID
	if status, header, raw := b.do(http.MethodGet, path, "", ""); status != 200 || !strings.Contains(string(raw), `"done":false`) || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", status, header, raw)
	}
	b.restart()
	if status, _, raw := b.do(http.MethodGet, path, "", ""); status != 200 || !strings.Contains(string(raw), `"done":true`) || !strings.Contains(string(raw), "restarted") {
		t.Errorf("%d %s", status, raw)
	}
}

func TestResults_OneThatIsTooLargeIsStillShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shelf, err := workspace.Open(t.Context(), b.api.Meta, workspace.Config{Clock: b.api.Clock, Log: b.api.Log, MaxAnswer: 10})
	b.must(err)
	defer shelf.Close()
	b.api.Workspace = shelf
	last := b.ask("", `{"query":{},"keep":true}`)
	if _, ok := last["result_id"]; ok || !strings.Contains(string(last["not_kept"]), "more than the 10") || last["result"] == nil {
		t.Error(fmt.Sprint(last))
	}
}
