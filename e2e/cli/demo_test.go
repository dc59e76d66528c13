package cli_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sampled are the sample data's rows of the last two hours.
func (o *oriel) sampled() float64 {
	o.t.Helper()
	status, answer, err := o.post(o.t.Context(), "/api/query?env=sample", "application/json", []byte(`{"dataset":"__all__","text":"VISUALIZE COUNT LAST 2h"}`))
	if err != nil || status != http.StatusOK {
		o.t.Fatalf("%d %v %s", status, err, answer)
	}
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	var done struct {
		Result struct{ Rows [][]float64 }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &done); err != nil || len(done.Result.Rows) == 0 {
		o.t.Fatalf("%v %s", err, answer)
	}
	return done.Result.Rows[0][0]
}

// until asks again until ok, for a minute.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		if ok() {
			return
		}
		<-tick.C
	}
	t.Fatalf("in vain: %s", what)
}

// One command shows an hour of a whole product in all four of its parts and goes on
// live; a restart adds nothing twice; one click, and all of it is gone for good.
func TestDemo(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := startAs(t, "demo", data)
	loaded := func() bool { return strings.Contains(o.log.String(), "the recorded hour is in") }
	until(t, "the hour is in", loaded)

	var first struct {
		Environment string
		Sample      struct{ Present bool }
		Services    []struct{ Name string }
	}
	_, body := o.get("/api/start")
	if err := json.Unmarshal([]byte(body), &first); err != nil || first.Environment != "sample" || !first.Sample.Present {
		t.Fatalf("the first page is of %s (%v)", body, err)
	}
	const hour = 200_000
	if n := o.sampled(); n < hour {
		t.Errorf("%v rows in an hour", n)
	}
	expect := []map[string]any{
		{"kind": "span", "where": `service.name = "cruddur-backend" AND service.version = "2.3.1"`, "at_least": 1000},
		{"kind": "span", "where": `service.name = "cruddur-moderation" AND meta.annotation_type does-not-exist`, "at_least": 100},
		{"kind": "log", "where": `body contains "/api/activities/home"`, "at_least": 1000},
		{"kind": "error", "where": `code_version = "2.4.0"`, "at_least": 5},
		{"kind": "trace", "all": []string{`service.name = "cruddur-backend"`, `service.name = "cruddur-worker"`, `meta.signal_type = "log"`}},
	}
	ask, err := json.Marshal(map[string]any{"within": "20s", "from": "now-2h", "expect": expect})
	if err != nil {
		t.Fatal(err)
	}
	var verdict struct{ OK bool }
	if _, answer, err := o.post(t.Context(), "/api/assert?env=sample", "application/json", ask); err != nil || json.Unmarshal(answer, &verdict) != nil || !verdict.OK {
		t.Errorf("%v %s", err, answer)
	}
	until(t, "the app goes on live", func() bool {
		_, answer, err := o.post(t.Context(), "/api/query?env=sample", "application/json",
			[]byte(`{"dataset":"__all__","text":"VISUALIZE COUNT WHERE service.name = \"cruddur-backend\" LAST 10s"}`))
		return err == nil && !strings.Contains(string(answer), `"rows":[[0]]`) && !strings.Contains(string(answer), `"rows":[]`)
	})

	// Over a restart: only what is missing is added.
	before := o.sampled()
	if err := o.stop(); err != nil {
		t.Errorf("%v\n%s", err, o.log)
	}
	o = startAs(t, "demo", data)
	until(t, "what is missing is in", loaded)
	if n := o.sampled(); n < before || n > before*1.2 {
		t.Errorf("%v rows, and %v after a restart", before, n)
	}

	out, errs, code := o.command("", "sample", "remove")
	if code != 0 || !strings.Contains(out, "removed") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	gone := func() {
		t.Helper()
		_, body := o.get("/api/start")
		first.Services = nil
		if err := json.Unmarshal([]byte(body), &first); err != nil || first.Sample.Present || first.Environment != "test" || len(first.Services) > 0 {
			t.Errorf("%v %s", err, body)
		}
		if status, body := o.get("/api/traces?env=sample"); status != http.StatusForbidden {
			t.Errorf("%d %s", status, body)
		}
	}
	gone()
	if err := o.stop(); err != nil {
		t.Errorf("%v\n%s", err, o.log)
	}
	o = start(t, data)
	gone()
}
