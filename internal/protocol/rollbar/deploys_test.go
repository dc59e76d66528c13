package rollbar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDeploys(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	post := func(kind, body string, want int) answer {
		t.Helper()
		a := r.do("POST", "/api/1/deploy/", body, tokenHeader, m.keys[m.kind], "Content-Type", kind)
		if a.status != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
		return a
	}
	a := post("application/json", `{"environment":"production","revision":"abc","local_username":"ann","status":"started"}`, 200)
	if a.body != `{"data":{"deploy_id":1},"err":0,"result":{"deploy_id":1}}` {
		t.Errorf("%s", a.body)
	}
	post("application/x-www-form-urlencoded", "environment=production&head_long=def&comment=fine", 200)
	post("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"environment\"\r\n\r\nstaging\r\n--x\r\nContent-Disposition: form-data; name=\"revision\"\r\n\r\nghi\r\n--x--\r\n", 200)
	if a := post("application/json", `{}`, 422); a.message() != "Missing 'environment' key. Missing 'revision' or 'head_long' key." {
		t.Errorf("%s", a.body)
	}
	post("application/json", `{"environment":"e","revision":"r","status":"odd"}`, 422)
	post("application/json", `{"environment":5,"revision":"r"}`, 422)
	has(t, "deploy", m.ask("GET", "/api/1/deploy/1", nil, 200), map[string]any{
		"id": 1.0, "project_id": 1.0, "environment": "production", "revision": "abc", "local_username": "ann", "comment": nil, "status": "started", "user_id": nil,
		"start_time": 1764000000.0, "finish_time": nil,
	})
	has(t, "deploy", m.ask("PATCH", "/api/1/deploy/1", `{"status":"succeeded","revision":"abc","environment":"production"}`, 200), map[string]any{"status": "succeeded", "finish_time": 1764000000.0})
	if a := r.do("PATCH", "/api/1/deploy/1", `{"status":"failed"}`, tokenHeader, m.keys[m.kind]); a.status != 409 || a.message() != "The deploy can not be updated because its status is not started." {
		t.Errorf("%d %s", a.status, a.body)
	}
	post("application/json", `{"environment":"production","revision":"late","status":"started"}`, 200)
	r.clock.advance(time.Hour)
	has(t, "an hour later", m.ask("GET", "/api/1/deploy/4", nil, 200), map[string]any{"status": "timed_out"})
	page := m.ask("GET", "/api/1/deploys?limit=2", nil, 200)
	if list, _ := page["deploys"].([]any); len(list) != 2 || page["page"] != 1.0 {
		t.Errorf("%v", page)
	}
	m.ask("GET", "/api/1/deploy/99", nil, 404)
	m.ask("PATCH", "/api/1/deploy/99", `{"status":"failed"}`, 404)
}

func TestVersionsAndEnvironments(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	r.report(trace("production", "KeyError", "x", `,"code_version":"1.0","person":{"id":"1"}`))
	r.report(trace("production", "KeyError", "x", `,"code_version":"1.1","person":{"id":"1"}`))
	r.report(trace("production", "KeyError", "x", `,"code_version":"1.1","person":{"id":"2"}`))
	r.report(trace("production", "ValueError", "x", `,"code_version":"1.1"`))
	m.ask("POST", "/api/1/deploy", `{"environment":"production","revision":"1.1","local_username":"ann"}`, 200)
	v := m.ask("GET", "/api/1/versions/1.1?environment=production", nil, 200)
	stats, _ := v["item_stats"].(map[string]any)
	none := map[string]any{"debug": 0.0, "info": 0.0, "warning": 0.0, "error": 0.0, "critical": 0.0}
	one := map[string]any{"debug": 0.0, "info": 0.0, "warning": 0.0, "error": 1.0, "critical": 0.0}
	has(t, "stats", stats, map[string]any{"new": one, "repeated": one, "reactivated": none, "resolved": none})
	has(t, "version", v, map[string]any{"version": "1.1", "environment": "production", "deployed_by": "ann", "first_occurrence_timestamp": 1764000001.0, "commits": []any{}})
	items := m.list("GET", "/api/1/versions/1.1/items?environment=production&event=repeated", nil)
	if len(items) != 1 {
		t.Fatalf("%v", items)
	}
	repeated, _ := items[0].(map[string]any)
	has(t, "item", repeated, map[string]any{"title": "KeyError: x", "occurrences_in_version": 2.0, "people_in_version": 2.0})
	if d := cmp.Diff(1, len(m.list("GET", "/api/1/versions/1.1/items?environment=production&event=new", nil))); d != "" {
		t.Error(d)
	}
	m.ask("GET", "/api/1/versions/9?environment=production", nil, 404)
	m.ask("GET", "/api/1/versions/1.1", nil, 422)
	m.ask("GET", "/api/1/versions/1.1/items?environment=production&event=odd", nil, 422)
	page := m.ask("GET", "/api/1/environments", nil, 200)
	list, _ := page["environments"].([]any)
	if len(list) != 1 {
		t.Fatalf("%v", page)
	}
	e, _ := list[0].(map[string]any)
	has(t, "environment", e, map[string]any{"environment": "production", "project_id": 1.0, "visible": 1.0})
	if page := m.ask("GET", "/api/1/environments?page=2", nil, 200); len(page["environments"].([]any)) != 0 {
		t.Errorf("%v", page)
	}
}
