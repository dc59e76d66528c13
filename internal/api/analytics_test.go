package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/golden"
)

// post asks and wants an answer.
func (b *bench) post(path, body string) map[string]any {
	b.t.Helper()
	status, _, raw := b.do(http.MethodPost, path, "", body)
	var out map[string]any
	b.must(json.Unmarshal(raw, &out))
	if status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", path, body, status, raw)
	}
	return out
}

func TestAnalytics_ComparesTwoSets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	between := fmt.Sprintf(`"from":"%d","to":"%d"`, b.clock.Add(-time.Hour).UnixNano(), b.clock.UnixNano())
	out := b.post("/api/traces/analytics", `{"a":{`+between+`,"q":[]},"b":{`+between+`,"q":["fault","service.name = \"api\""]},"bins":4,"buckets":4}`)
	for _, changing := range []string{"request_id", "elapsed_ms", "base", "reached", "scanned"} {
		if out[changing] == nil {
			t.Errorf("there is no %s", changing)
		}
		delete(out, changing)
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	b.must(err)
	golden.Check(t, "testdata/analytics.json", string(raw)+"\n")
	// What a filter of a value says is what was counted.
	for _, table := range out["tables"].([]any) {
		for _, v := range table.(map[string]any)["values"].([]any) {
			value := v.(map[string]any)
			filter := value["filter"].(string)
			if filter == "" {
				continue
			}
			ask, err := json.Marshal(map[string]any{"a": map[string]any{"q": []string{filter}}})
			b.must(err)
			again := b.post("/api/traces/analytics", string(ask))
			if got := again["sets"].([]any)[0].(map[string]any)["count"]; got != value["counts"].([]any)[0] {
				t.Errorf("%s finds %v, counted were %v", filter, got, value["counts"])
			}
		}
	}
}

// Who asks for progress gets lines, the last of which is the answer.
func TestAnalytics_TellsHowFarItIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	ask := fmt.Sprintf(`{"a":{"from":"%d","to":"%d"}`, b.clock.Add(-time.Hour).UnixNano(), b.clock.UnixNano())
	want := b.post("/api/traces/analytics", ask+"}")
	status, _, raw := b.do(http.MethodPost, "/api/traces/analytics", "", ask+`,"progress":true}`)
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	var first, last map[string]any
	b.must(json.Unmarshal([]byte(lines[0]), &first))
	b.must(json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	if status != http.StatusOK || len(lines) < 2 || first["type"] != "progress" || last["type"] != "done" {
		t.Fatalf("%d %s", status, raw)
	}
	if share, _ := first["share"].(float64); share < 0 || share > 1 || first["rows"] == nil {
		t.Errorf("progress is %v", first)
	}
	if d := cmp.Diff(want["sets"], last["sets"]); d != "" || last["complete"] != true {
		t.Error(d, last["complete"])
	}
	_, _, raw = b.do(http.MethodPost, "/api/traces/analytics", "", ask+`,"progress":true,"b":{"q":["fault AND"]}}`)
	if !strings.Contains(string(raw), "expected") {
		t.Errorf("a wrong expression: %s", raw)
	}
}

func TestTraceText_IsToldApart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct{ text, language, printed string }{
		{"", "empty", ""},
		{"ok !partial duration <3", "xray", "ok AND !partial AND duration < 3"},
		{"duration_ms > 500 AND http.route = \"/x\"", "filter", `duration_ms > 500 AND http.route = "/x"`},
		{`service("a")`, "xray", `service("a")`},
		{`name = "GET /"`, "filter", `name = "GET /"`},
		{"1-5759e988-bd862e3fe1be46a994272793", "id", "5759e988bd862e3fe1be46a994272793"},
		{"5759E988BD862E3FE1BE46A994272793", "id", "5759e988bd862e3fe1be46a994272793"},
	} {
		ask, err := json.Marshal(map[string]string{"text": c.text})
		b.must(err)
		out := b.post("/api/traces/parse", string(ask))
		if out["language"] != c.language || out["text"] != c.printed || out["error"] != nil {
			t.Errorf("%q is %v", c.text, out)
		}
	}
	for text, want := range map[string]map[string]any{
		"responsetime >":       {"message": "expected a number, found the end", "position": 14.0, "expected": []any{"a number"}},
		`group.name = "gone"`:  {"message": `there is no group with the name "gone"`, "position": 0.0, "expected": []any{}},
		`service("a" { fault}`: {"message": "expected “)”, found “{”", "position": 12.0, "expected": []any{"“)”"}},
	} {
		ask, err := json.Marshal(map[string]string{"text": text})
		b.must(err)
		if d := cmp.Diff(want, b.post("/api/traces/parse", string(ask))["error"]); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}
