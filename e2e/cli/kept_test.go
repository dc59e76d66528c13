package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What was made and answered is there after a kill, and what was on its way says
// that it was not answered: nothing is pending for ever.
func TestKill_KeepsQueriesResultsMarkersAndHistory(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := start(t, data)
	if status, body, err := o.post(t.Context(), "/v1/traces", "application/json", batch("kept", 20, time.Now())); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v %s", status, err, body)
	}
	var query, marker, kept struct {
		ID     string `json:"id"`
		Result string `json:"result_id"`
	}
	o.make("/1/queries/crash", `{"calculations":[{"op":"COUNT"}],"breakdowns":["batch.id"],"limit":10}`, http.StatusOK, &query)
	o.make("/1/markers/__all__", `{"message":"deploy 12","type":"deploy"}`, http.StatusCreated, &marker)
	o.make("/api/query", `{"dataset":"crash","text":"VISUALIZE COUNT","keep":true}`, http.StatusOK, &kept)
	ask := `{"query_id":"` + query.ID + `"}`
	first := o.result(ask)
	before := o.complete(first)
	if !strings.Contains(before, `"results":[{"data":{"batch.id":"kept","COUNT":20}}]`) {
		t.Errorf("%s", before)
	}
	var others []string
	for range 20 {
		others = append(others, o.result(ask))
	}
	o.kill()

	o = start(t, data)
	if after := o.complete(first); stripHost(after) != stripHost(before) {
		t.Errorf("the result was\n%s\nand is\n%s", before, after)
	}
	for _, path := range others {
		body := o.complete(path)
		if !strings.Contains(body, `"COUNT":20`) && !strings.Contains(body, "restarted before this query had ended") {
			t.Errorf("%s", body)
		}
	}
	for path, want := range map[string]string{
		"/1/markers": marker.ID, "/1/queries/crash/" + query.ID: `"batch.id"`, "/api/history": `"id":"` + kept.Result + `"`, "/api/results/" + kept.Result: `"rows":[[20]]`,
		"/oriel/environments/test/datasets/crash/result/" + first[strings.LastIndex(first, "/")+1:] + "/snapshot": "\x89PNG",
	} {
		if status, body := o.get(path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.300s, want %q in it", path, status, body, want)
		}
	}
}

// stripHost takes out the address that the links of a result begin with.
func stripHost(body string) string {
	head, _, _ := strings.Cut(body, `"links":`)
	return head
}

// make posts a body and reads the answer's last line.
func (o *oriel) make(path, body string, want int, into any) {
	o.t.Helper()
	status, answer, err := o.post(context.Background(), path, "application/json", []byte(body))
	if err != nil || status != want {
		o.t.Fatalf("%s: %d %v %s", path, status, err, answer)
	}
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), into); err != nil {
		o.t.Fatalf("%s: %v in %s", path, err, answer)
	}
}

// result asks for a query's result and returns where it will be.
func (o *oriel) result(ask string) string {
	o.t.Helper()
	var r struct{ ID string }
	o.make("/1/query_results/crash", ask, http.StatusCreated, &r)
	return "/1/query_results/crash/" + r.ID
}

// complete polls a result, as clients do.
func (o *oriel) complete(path string) string {
	o.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		status, body := o.get(path)
		if status != http.StatusOK {
			o.t.Fatalf("%s: %d %s", path, status, body)
		}
		if strings.Contains(body, `"complete":true`) {
			return body
		}
	}
	o.t.Fatalf("%s is not complete after %s", path, patience)
	return ""
}
