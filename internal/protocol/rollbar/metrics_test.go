package rollbar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReportsAndMetrics(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	for range 3 {
		r.report(trace("production", "KeyError", "x", `,"server":{"host":"web1"}`))
	}
	r.report(trace("staging", "ValueError", "x", `,"server":{"host":"web2"}`))
	top := m.list("GET", "/api/1/reports/top_active_items?hours=24&environments=production,staging&sort=occurrences", nil)
	if len(top) != 2 {
		t.Fatalf("%v", top)
	}
	first, _ := top[0].(map[string]any)
	i, _ := first["item"].(map[string]any)
	has(t, "top", i, map[string]any{"id": 1.0, "counter": 1.0, "framework": 16.0, "level": 40.0, "occurrences": 3.0, "project_id": 1.0, "group_status": 1.0})
	if counts, _ := first["counts"].([]any); len(counts) != 24 || counts[23] != 3.0 {
		t.Errorf("%v", counts)
	}
	last := func(path string, width int64, n int) any {
		t.Helper()
		list := m.list("GET", "/api/1/reports/"+path, nil)
		if len(list) != n {
			t.Fatalf("%s: %d", path, len(list))
		}
		pair, _ := list[n-1].([]any)
		if at, _ := pair[0].(float64); int64(at)%width != 0 {
			t.Errorf("%s: %v", path, pair)
		}
		return pair[1]
	}
	if got := last("occurrence_counts", 86400, 60); got != 4.0 {
		t.Errorf("%v", got)
	}
	if got := last("occurrence_counts?bucket_size=3600&buckets=2&environments=staging", 3600, 2); got != 1.0 {
		t.Errorf("%v", got)
	}
	if got := last("occurrence_counts?item_id=1&buckets=2", 86400, 2); got != 3.0 {
		t.Errorf("%v", got)
	}
	if got := last("occurrence_counts?min_level=critical", 86400, 60); got != 0.0 {
		t.Errorf("%v", got)
	}
	if got := last("activated_counts?buckets=7", 86400, 7); got != 2.0 {
		t.Errorf("%v", got)
	}
	r.clock.advance(time.Minute)
	m.ask("PATCH", "/api/1/item/1", `{"status":"resolved"}`, 200)
	ttr := m.ask("POST", "/api/1/metrics/items", `{"item_counters":[1,2,99]}`, 200)
	want := []any{map[string]any{"item_counter": 1.0, "first_ttr": 64.0, "last_ttr": 64.0}, map[string]any{"item_counter": 2.0, "first_ttr": nil, "last_ttr": nil}}
	has(t, "metrics", ttr, map[string]any{"project_id": 1.0, "metrics": want})
	mean := m.ask("POST", "/api/1/metrics/ttr", `{"start_time":1763990000,"end_time":1764010000,"granularity":"day","timezone":"UTC"}`, 200)
	if d := cmp.Diff([]any{map[string]any{"timestamp": 1763942400.0, "ttr": 64.0}}, mean["data"]); d != "" {
		t.Error(d)
	}
	rows := m.ask("POST", "/api/1/metrics/occurrences", `{"start_time":1763990000,"end_time":1764010000,"group_by":["server_host","item_counter"],
		"aggregates":[{"field":"occurrence_count","function":"count_all","alias":"n"}],"filters":[{"field":"environment","values":["production"],"operator":"eq"}]}`, 200)
	points, _ := rows["timepoints"].([]any)
	cell := func(field string, v any) any { return map[string]any{"field": field, "value": v} }
	wantRows := []any{map[string]any{"timestamp": 1763990000.0, "metrics_rows": []any{[]any{cell("server_host", "web1"), cell("item_counter", 1.0), cell("n", 3.0)}}}}
	if d := cmp.Diff(wantRows, points); d != "" {
		t.Error(d)
	}
	byDay := m.ask("POST", "/api/1/metrics/occurrences", `{"start_time":1763900000,"end_time":1764010000,"granularity":"day","timezone":"UTC","filters":[{"field":"item_counter","values":[2],"operator":"ne"}]}`, 200)
	if points, _ := byDay["timepoints"].([]any); len(points) != 2 {
		t.Errorf("%v", points)
	}
	for path, body := range map[string]string{
		"items": `{}`, "ttr": `{}`, "occurrences": `{"start_time":5,"end_time":1}`,
	} {
		m.ask("POST", "/api/1/metrics/"+path, body, 422)
	}
	m.ask("POST", "/api/1/metrics/occurrences", `{"start_time":1763900000,"group_by":["nope"]}`, 422)
}
