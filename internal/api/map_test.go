package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

// span adds a span that began some time before the bench's now.
func (b *bench) span(rows *event.Batch, ago time.Duration, fields map[string]any) {
	rows.Begin(b.clock.Add(-ago).UnixNano())
	for _, name := range []string{
		event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldService, event.FieldName, event.FieldSpanKind, event.FieldDuration,
		"http.response.status_code", "http.request.method", "url.full", "db.system", "db.name", "server.address", "error", "enduser.id", "plan",
	} {
		switch v := fields[name].(type) {
		case string:
			rows.Set(name, event.StringValue(v))
		case int:
			rows.Set(name, event.IntValue(int64(v)))
		case bool:
			rows.Set(name, event.BoolValue(v))
		}
	}
}

// shop appends traces of three requests: web asks api, and that a database.
func (b *bench) shop() {
	rows := event.NewBatch("test", "shop")
	for i, status := range []int{200, 404, 500} {
		trace := []string{"0af7651916cd43dd8448eb211c803190", "0af7651916cd43dd8448eb211c803191", "0af7651916cd43dd8448eb211c803192"}[i]
		at := time.Duration(i+1) * 5 * time.Minute
		b.span(rows, at, map[string]any{
			event.FieldTraceID: trace, event.FieldSpanID: "1", event.FieldService: "web", event.FieldName: "GET /", event.FieldSpanKind: "server",
			event.FieldDuration: 100 * (i + 1), "http.response.status_code": status, "http.request.method": "GET", "url.full": "http://shop/", "enduser.id": "ada",
		})
		b.span(rows, at, map[string]any{
			event.FieldTraceID: trace, event.FieldSpanID: "2", event.FieldParentID: "1", event.FieldService: "web", event.FieldName: "GET", event.FieldSpanKind: "client",
			event.FieldDuration: 80, "server.address": "api.internal", "http.response.status_code": 200,
		})
		b.span(rows, at, map[string]any{
			event.FieldTraceID: trace, event.FieldSpanID: "3", event.FieldParentID: "2", event.FieldService: "api", event.FieldName: "GET /items", event.FieldSpanKind: "server",
			event.FieldDuration: 60, "http.response.status_code": 200, "plan": "pro",
		})
		b.span(rows, at, map[string]any{
			event.FieldTraceID: trace, event.FieldSpanID: "4", event.FieldParentID: "3", event.FieldService: "api", event.FieldName: "SELECT", event.FieldSpanKind: "client",
			event.FieldDuration: 40, "db.system": "postgresql", "db.name": "items", "server.address": "db1", "error": i == 2,
		})
	}
	b.must(b.store.Append(b.t.Context(), 2, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
}

func TestMap_HasServicesWhatTheyAskAndWhoAsksThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	type node struct {
		ID, Name, Type, Kind             string
		Inferred, Root                   bool
		Count, Errors, Throttles, Faults float64
	}
	type edge struct {
		From, To      int
		Kind          string
		Count, Faults float64
	}
	var m struct {
		Nodes []node
		Edges []edge
	}
	get := func(path string, into any) {
		t.Helper()
		status, _, raw := b.do(http.MethodGet, path, "", "")
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, raw)
		}
		b.must(json.Unmarshal(raw, into))
	}
	get("/api/map", &m)
	want := []node{
		{"s||api", "api", "", "service", false, false, 3, 0, 0, 0},
		{"s||web", "web", "", "service", false, true, 3, 1, 0, 1},
		{"c|client|web", "web", "client", "client", false, false, 0, 0, 0, 0},
		{"i|Database::SQL|items@db1", "items@db1", "Database::SQL", "database", true, false, 3, 0, 0, 1},
	}
	if d := cmp.Diff(want, m.Nodes); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]edge{{0, 3, "call", 3, 1}, {1, 0, "call", 3, 0}, {2, 1, "call", 3, 1}}, m.Edges); d != "" {
		t.Error(d)
	}
	get("/api/map?service=web", &m)
	if len(m.Nodes) != 3 || len(m.Edges) != 2 {
		t.Errorf("around web there are %v", m)
	}
	get("/api/map?q=fault", &m)
	if len(m.Nodes) != 4 || len(m.Edges) != 3 || m.Nodes[1].Count != 1 || m.Nodes[1].Faults != 1 || m.Nodes[3].ID != want[3].ID {
		t.Errorf("of the trace that failed there are %v", m)
	}
	var list struct {
		Traces []struct {
			TraceID string `json:"trace_id"`
		}
	}
	get("/api/traces?q="+url.QueryEscape(`service("api") !fault`)+"&q="+url.QueryEscape(`name = "GET /items"`), &list)
	if len(list.Traces) != 2 || list.Traces[0].TraceID != "0af7651916cd43dd8448eb211c803190" {
		t.Errorf("traces that did not fail are %v", list.Traces)
	}
	var detail struct {
		Series    struct{ Count, Faults []float64 }
		Histogram struct{ Counts []float64 }
		Heat      struct {
			Bins   int
			Counts []float64
		}
		Operations []struct {
			Name  string
			Count float64
			Share float64
		}
	}
	sum := func(list []float64) (n float64) {
		for _, x := range list {
			n += x
		}
		return n
	}
	get("/api/map/node?id="+url.QueryEscape("s||web"), &detail)
	if sum(detail.Series.Count) != 3 || sum(detail.Series.Faults) != 1 || sum(detail.Histogram.Counts) != 3 || sum(detail.Heat.Counts) != 3 || len(detail.Heat.Counts) != detail.Heat.Bins*len(detail.Series.Count) || len(detail.Operations) != 1 || detail.Operations[0].Share != 1 {
		t.Errorf("web is %+v", detail)
	}
	get("/api/map/edge?from_id="+url.QueryEscape("s||api")+"&to_id="+url.QueryEscape(want[3].ID), &detail)
	if sum(detail.Series.Count) != 3 || sum(detail.Series.Faults) != 1 || detail.Operations[0].Name != "items@db1" {
		t.Errorf("api's calls to its database are %+v", detail)
	}
	get("/api/map/edge?from_id="+url.QueryEscape("c|client|web")+"&to_id="+url.QueryEscape("s||web"), &detail)
	if sum(detail.Series.Count) != 3 || detail.Operations[0].Name != "GET /" {
		t.Errorf("requests from outside are %+v", detail)
	}
	if status, _, raw := b.do(http.MethodGet, "/api/map/node?id=nothing", "", ""); status != http.StatusBadRequest {
		t.Errorf("a node that is none: %d %s", status, raw)
	}
}
