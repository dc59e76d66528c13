package rollbar

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
)

// job asks about jobs and returns the result of the answer.
func (r *rig) job(method, path string, body any) map[string]any {
	r.t.Helper()
	a := r.do(method, "/api/1/rql"+path, body, tokenHeader, r.keys[auth.RollbarRead])
	var got struct {
		Err    int            `json:"err"`
		Result map[string]any `json:"result"`
	}
	must(r.t, json.Unmarshal([]byte(a.body), &got))
	if a.status != 200 || got.Err != 0 {
		r.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return got.Result
}

func TestRQLJobs_RunAndAreKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, user := range []string{"ada", "ada", "bob"} {
		r.stored(message(`,"person":{"id":"` + user + `"},"level":"error"`))
	}
	j := r.job("POST", "/jobs/", map[string]string{"query_string": "SELECT person.id, count(*) FROM item_occurrence GROUP BY person.id ORDER BY 2 DESC"})
	if j["status"] != "new" || j["job_hash"] == "" || j["project_id"] == nil || j["date_created"] == nil {
		t.Fatalf("a job begins as %v", j)
	}
	r.front.jobs.running.Wait()
	path := fmt.Sprintf("/job/%v", j["id"])
	want := `{"columns":["person.id","count(*)"],"errors":[],"executionTime":0,"rowcount":2,"rows":[{"count(*)":2,"person.id":"ada"},{"count(*)":1,"person.id":"bob"}],` +
		`"selectionColumns":["person.id","count(*)"],"warnings":[]}`
	check := func(result any) {
		t.Helper()
		if text, _ := json.Marshal(result); string(text) != want { //nolint:errchkjson // read from JSON
			t.Errorf("the result is %s\nwant %s", text, want)
		}
	}
	got := r.job("GET", path+"?expand=result", nil)
	check(got["result"])
	if got["status"] != "success" {
		t.Errorf("the job is %v", got)
	}
	r.stop()
	r.start()
	got = r.job("GET", path+"/result?expand=job", nil)
	check(got["result"])
	if of, _ := got["job"].(map[string]any); of["status"] != "success" || got["job_id"] != j["id"] {
		t.Errorf("after a restart: %v", got)
	}
	again := r.job("POST", "/jobs", map[string]string{"query_string": j["query_string"].(string)})
	fresh := r.job("POST", "/jobs", map[string]string{"query_string": j["query_string"].(string), "force_refresh": "1"})
	if again["id"] != j["id"] || fresh["id"] == j["id"] {
		t.Errorf("the same query gives job %v, and forced %v; the first was %v", again["id"], fresh["id"], j["id"])
	}
	r.front.jobs.running.Wait()
	if list := r.job("GET", "/jobs/", nil); len(list["jobs"].([]any)) != 2 {
		t.Errorf("the list is %v", list)
	}
	r.clock.advance(8 * 24 * time.Hour)
	if a := r.do("GET", "/api/1/rql"+path, nil, tokenHeader, r.keys[auth.RollbarRead]); a.status != 404 {
		t.Errorf("after eight days: %d %s", a.status, a.body)
	}
}

func TestRQLJobs_RefuseWithThePlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for query, says := range map[string]string{
		"":                                    "query_string is missing",
		"SELECT count(*)\nFROM nothing":       "line 2, column 6: expected item_occurrence or deploy",
		"SELECT foo(x) FROM item_occurrence":  "line 1, column 8: there is no function foo",
		"SELECT item.x FROM item_occurrence ": "there is no column item.x",
	} {
		a := r.do("POST", "/api/1/rql/jobs", "query_string="+strings.ReplaceAll(query, " ", "+"), tokenHeader, r.keys[auth.RollbarRead], "Content-Type", "application/x-www-form-urlencoded")
		if a.status != 422 || !strings.Contains(a.message(), says) {
			t.Errorf("%q: %d %s, want %q", query, a.status, a.body, says)
		}
	}
	if a := r.do("POST", "/api/1/rql/jobs", map[string]string{"query_string": "SELECT 1 FROM deploy"}, tokenHeader, r.keys[auth.RollbarWrite]); a.status != 403 {
		t.Errorf("a token that only posts: %d %s", a.status, a.body)
	}
	if a := r.do("GET", "/api/1/rql/job/7", nil, tokenHeader, r.keys[auth.RollbarRead]); a.status != 404 {
		t.Errorf("a job that is not there: %d %s", a.status, a.body)
	}
}

func TestRQLJobs_AreCancelledBoundedAndRunAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	begun := make(chan struct{}, maxJobsWaiting)
	r.front.jobs.run = func(ctx context.Context, _ rqlJob) ([]byte, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	var last map[string]any
	for i := range maxJobsWaiting {
		last = r.job("POST", "/jobs", map[string]string{"query_string": fmt.Sprintf("SELECT %d FROM deploy", i)})
		if i < maxJobsAtOnce {
			<-begun
		}
	}
	first := r.job("GET", "/job/1", nil)
	if waiting := r.job("GET", fmt.Sprintf("/job/%v/result", last["id"]), nil); first["status"] != "running" || waiting["result"] != nil {
		t.Errorf("the first is %v, the last %v", first, waiting)
	}
	a := r.do("POST", "/api/1/rql/jobs", map[string]string{"query_string": "SELECT id FROM deploy"}, tokenHeader, r.keys[auth.RollbarRead])
	if a.status != 429 || !strings.Contains(a.message(), "50 RQL jobs are running or waiting") || a.header.Get("Retry-After") == "" {
		t.Errorf("one job too many: %d %s", a.status, a.body)
	}
	if got := r.job("POST", "/job/1/cancel", nil); got["status"] != "cancelled" {
		t.Errorf("cancelled: %v", got)
	}
	<-begun // another one has its place
	r.stop()
	r.start()
	r.front.jobs.running.Wait()
	if got := r.job("GET", "/job/1", nil); got["status"] != "cancelled" {
		t.Errorf("the cancelled job is %v after a restart", got)
	}
	if got := r.job("GET", fmt.Sprintf("/job/%v?expand=result", last["id"]), nil); got["status"] != "success" {
		t.Errorf("a job that waited is %v after a restart", got)
	}
}
