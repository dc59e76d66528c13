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

const (
	sendingTrace = "0af7651916cd43dd8448eb211c803190"
	workingTrace = "1af7651916cd43dd8448eb211c803190"
)

// worked appends a trace of a worker that takes up, a second later, what web left in the shop's first.
func (b *bench) worked() {
	rows := event.NewBatch("test", "worker")
	b.span(rows, 5*time.Minute-1100*time.Millisecond, map[string]any{
		event.FieldTraceID: workingTrace, event.FieldSpanID: "9", event.FieldService: "worker", event.FieldName: "process orders", event.FieldSpanKind: "consumer", event.FieldDuration: 20,
	})
	rows.Begin(b.clock.Add(-5*time.Minute + 1100*time.Millisecond).UnixNano())
	for name, v := range map[string]string{
		event.FieldTraceID: workingTrace, event.FieldParentID: "9", event.FieldAnnotation: event.AnnotationLink, event.FieldService: "worker",
		event.FieldLinkTraceID: sendingTrace, event.FieldLinkSpanID: "1",
	} {
		rows.Set(name, event.StringValue(v))
	}
	b.must(b.store.Append(b.t.Context(), 3, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
}

func (b *bench) get(path string, into any) {
	b.t.Helper()
	status, _, raw := b.do(http.MethodGet, path, "", "")
	if status != http.StatusOK {
		b.t.Fatalf("%s: %d %s", path, status, raw)
	}
	b.must(json.Unmarshal(raw, into))
}

func TestTraceLinks_GoBothWays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	b.worked()
	type link struct {
		Span     string `json:"span_id"`
		Trace    string `json:"trace_id"`
		XRay     string `json:"xray_id"`
		Other    string `json:"other_span_id"`
		Incoming bool
		Upstream bool
	}
	type answer struct {
		Links  []link
		Traces []struct {
			Root struct{ Service, Name string }
		}
	}
	for _, c := range []struct {
		id, root string
		want     link
	}{
		{workingTrace, "GET /", link{"9", sendingTrace, "1-0af76519-16cd43dd8448eb211c803190", "1", false, true}},
		{"1-0af76519-16cd43dd8448eb211c803190", "process orders", link{"1", workingTrace, "1-1af76519-16cd43dd8448eb211c803190", "9", true, false}},
	} {
		var got answer
		b.get("/api/trace/"+c.id+"/links", &got)
		if d := cmp.Diff([]link{c.want}, got.Links); d != "" {
			t.Error(d)
		}
		if len(got.Traces) != 1 || got.Traces[0].Root.Name != c.root {
			t.Errorf("of the other trace it says %+v, want %s", got.Traces, c.root)
		}
	}
}

func TestMap_LinksAreEdgesOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	b.worked()
	type edge struct {
		From, To int
		Kind     string
		Count    float64
		P50      float64 `json:"p50_ms"`
	}
	for _, path := range []string{"/api/map", "/api/map?q=" + url.QueryEscape(`service("worker") OR service("web")`)} {
		var m struct {
			Nodes []struct{ ID string }
			Edges []edge
		}
		b.get(path, &m)
		var links []edge
		for _, e := range m.Edges {
			if e.Kind == "link" {
				links = append(links, e)
			}
		}
		if len(links) != 1 || m.Nodes[links[0].From].ID != "s||web" || m.Nodes[links[0].To].ID != "s||worker" || links[0].Count != 1 || links[0].P50 < 990 || links[0].P50 > 1010 {
			t.Errorf("%s: links %+v of %+v", path, links, m.Nodes)
		}
	}
	var detail struct {
		Series    struct{ Count []float64 }
		Histogram struct{ Counts []float64 }
	}
	b.get("/api/map/edge?kind=link&from_id="+url.QueryEscape("s||web")+"&to_id="+url.QueryEscape("s||worker"), &detail)
	total := 0.0
	for _, n := range detail.Series.Count {
		total += n
	}
	if total != 1 {
		t.Errorf("the edge of links is %+v", detail)
	}
}

// What the callee took is known from its own requests where nobody else calls it, and
// from traces where others do.
func TestMapEdge_TellsWhatTheCalleeTook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	var detail struct {
		Served struct {
			Count  float64
			P50    float64 `json:"p50_ms"`
			Counts []float64
		}
	}
	ask := func(more string) {
		t.Helper()
		detail.Served.Count = 0
		b.get("/api/map/edge?from_id="+url.QueryEscape("s||web")+"&to_id="+url.QueryEscape("s||api")+more, &detail)
		if detail.Served.Count != 3 || detail.Served.P50 < 59 || detail.Served.P50 > 61 {
			t.Errorf("served is %+v", detail.Served)
		}
	}
	ask("")
	rows := event.NewBatch("test", "shop")
	b.span(rows, time.Minute, map[string]any{
		event.FieldTraceID: workingTrace, event.FieldSpanID: "7", event.FieldService: "api", event.FieldName: "GET /items", event.FieldSpanKind: "server", event.FieldDuration: 900,
	})
	b.must(b.store.Append(t.Context(), 4, []*event.Batch{rows}))
	ask("&served=1")
}

// What a map of some traces tells of a node or an edge is of those traces, too.
func TestMap_TellsOfTheTracesThatItIsFilteredTo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	type detail struct {
		Series     struct{ Count, Faults []float64 }
		Operations []struct {
			Name  string
			Count float64
		}
	}
	for path, operation := range map[string]string{
		"node?id=" + url.QueryEscape("s||web"):                                                                 "GET /",
		"node?id=" + url.QueryEscape("i|Database::SQL|items@db1"):                                              "api",
		"edge?from_id=" + url.QueryEscape("s||web") + "&to_id=" + url.QueryEscape("s||api"):                    "api.internal",
		"edge?from_id=" + url.QueryEscape("c|client|web") + "&to_id=" + url.QueryEscape("s||web"):              "GET /",
		"edge?from_id=" + url.QueryEscape("s||api") + "&to_id=" + url.QueryEscape("i|Database::SQL|items@db1"): "items@db1",
	} {
		var all, some detail
		b.get("/api/map/"+path, &all)
		b.get("/api/map/"+path+"&q="+url.QueryEscape("fault"), &some)
		if len(all.Operations) != 1 || all.Operations[0].Count != 3 || len(some.Operations) != 1 || some.Operations[0].Count != 1 || some.Operations[0].Name != operation || all.Operations[0].Name != operation {
			t.Errorf("%s: of all %+v, of those that failed %+v; want operation %s", path, all.Operations, some.Operations, operation)
		}
	}
}
