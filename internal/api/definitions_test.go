package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
)

// TestTrace_ReadsWhatTheDatasetDefines: spans whose columns have names of their
// own are spans as soon as the dataset says so.
func TestTrace_ReadsWhatTheDatasetDefines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := event.NewBatch("test", "custom")
	for i, id := range []string{"a", "b"} {
		rows.Begin(b.clock.UnixNano())
		rows.Set(event.FieldTraceID, event.StringValue("0af7651916cd43dd8448eb211c80319c"))
		rows.Set("my_id", event.StringValue(id))
		rows.Set("took", event.IntValue(int64(5-i)))
		rows.Set("serviceName", event.StringValue("billing"))
		if i > 0 {
			rows.Set("parentId", event.StringValue("a"))
		}
	}
	b.must(b.store.Append(t.Context(), 2, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
	spans := func() (ids []string, parents []int32, services []string) {
		status, _, raw := b.do(http.MethodGet, "/api/trace/0af7651916cd43dd8448eb211c80319c", "", "")
		var page struct {
			Strings []string
			Spans   struct {
				ID      []string
				Parent  []int32
				Service []int32
			}
		}
		b.must(json.Unmarshal(raw, &page))
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, raw)
		}
		for _, s := range page.Spans.Service {
			services = append(services, page.Strings[s])
		}
		return page.Spans.ID, page.Spans.Parent, services
	}
	if ids, _, _ := spans(); len(ids) == 2 && ids[0] == "a" {
		t.Error("rows without a span id are spans before anything is defined")
	}
	b.must(b.api.Datasets.Define(t.Context(), "test", "custom", map[string]string{"span_id": "my_id", "duration_ms": "took"}))
	ids, parents, services := spans()
	_, err := b.api.Datasets.CreateCalculated(t.Context(), "test", dataset.All, dataset.CalculatedSettings{Alias: "who", Expression: `IF($took > 4, "front", "back")`})
	b.must(err)
	b.must(b.api.Datasets.Define(t.Context(), "test", "custom", map[string]string{"service_name": "who"}))
	if _, _, services := spans(); len(services) != 2 || services[0] != "front" || services[1] != "back" {
		t.Errorf("calculated services %v", services)
	}
	if len(ids) != 2 || ids[0] != "a" || ids[1] != "b" || parents[1] != 0 || services[0] != "billing" {
		t.Errorf("ids %v, parents %v, services %v", ids, parents, services)
	}
}
