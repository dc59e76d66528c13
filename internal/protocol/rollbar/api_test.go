package rollbar

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
)

// caller asks with a token, and fails the test where it must.
type caller struct {
	*rig
	kind auth.Kind
}

func (r *rig) as(kind auth.Kind) caller { return caller{r, kind} }

// ask sends a request and returns the result of the answer, which must have a status.
func (c caller) ask(method, path string, body any, status int) map[string]any {
	c.t.Helper()
	result, _ := c.result(method, path, body, status).(map[string]any)
	return result
}

func (c caller) list(method, path string, body any) []any {
	c.t.Helper()
	list, ok := c.result(method, path, body, http.StatusOK).([]any)
	if !ok {
		c.t.Errorf("%s %s: no list", method, path)
	}
	return list
}

func (c caller) result(method, path string, body any, status int) any {
	c.t.Helper()
	a := c.do(method, path, body, tokenHeader, c.keys[c.kind], "Content-Type", "application/json")
	var top struct {
		Err    *int `json:"err"`
		Result any  `json:"result"`
	}
	if err := json.Unmarshal([]byte(a.body), &top); err != nil || top.Err == nil || (*top.Err == 0) != (status < 400) || a.status != status {
		c.t.Errorf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return top.Result
}

// manager makes a token that may read, write and send.
func (r *rig) manager() caller {
	r.t.Helper()
	const kind = auth.Kind("manager")
	r.as(auth.RollbarAccount).list("GET", "/api/1/projects", nil) // projects get their numbers when they are first asked for
	made := r.as(auth.RollbarAccount).ask("POST", "/api/1/project/1/access_tokens", `{"name":"manager","scopes":["read","write","post_server_item"]}`, 200)
	r.keys[kind], _ = made["access_token"].(string)
	r.ids[kind], _ = made["public_id"].(string)
	return r.as(kind)
}

// report posts an item, and lets time pass.
func (r *rig) report(data string) {
	r.t.Helper()
	if a := r.do("POST", "/api/1/item/", `{"data":`+data+`}`, tokenHeader, r.keys[auth.RollbarWrite]); a.status != http.StatusOK {
		r.t.Fatalf("%d %s", a.status, a.body)
	}
	r.clock.advance(time.Second)
}

func trace(environment, class, message, more string) string {
	return fmt.Sprintf(`{"environment":%q,"language":"python","framework":"flask","platform":"linux","level":"error","body":{"trace":{"exception":{"class":%q,"message":%q},
		"frames":[{"filename":"app/%s.py","method":"run","lineno":3}]}}%s}`, environment, class, message, class, more)
}

// has checks members of an object.
func has(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	for name, v := range want {
		if d := cmp.Diff(v, got[name]); d != "" {
			t.Errorf("%s: %s: %s", what, name, d)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	r.report(trace("production", "KeyError", "no such cart", `,"uuid":"aaaabbbbccccddddaaaabbbbccccdddd","person":{"id":"7","email":"ann@example.com"},"server":{"host":"web1"}`))
	for range 11 {
		r.report(trace("production", "KeyError", "no such cart", `,"request":{"user_ip":"10.1.1.1","url":"https://x.example/cart"}`))
	}
	r.report(trace("staging", "ValueError", "bad value", `,"code_version":"1.2"`))
	first := m.ask("GET", "/api/1/item/1", nil, 200)
	has(t, "item", first, map[string]any{
		"id": 1.0, "project_id": 1.0, "counter": 1.0, "environment": "production", "platform": "linux", "framework": "flask", "title": "KeyError: no such cart",
		"level": "error", "status": "active", "total_occurrences": 12.0, "unique_occurrences": 1.0, "group_item_id": nil, "controlling_id": 1.0, "integrations_data": map[string]any{},
		"last_resolved_timestamp": nil, "snooze_status": nil, "group_status": 1.0, "level_lock": 0.0, "first_occurrence_timestamp": 1764000000.0, "last_occurrence_timestamp": 1764000011.0,
	})
	for _, path := range []string{"/item/?uuid=aaaabbbbccccddddaaaabbbbccccdddd", "/item?counter=1", "/item/aaaabbbbccccddddaaaabbbbccccdddd", "/item/1/"} {
		if got := m.ask("GET", "/api/1"+path, nil, 200); got["id"] != 1.0 {
			t.Errorf("%s: %v", path, got)
		}
	}
	a := m.do("GET", "/api/1/item_by_counter/2?access_token="+m.keys[m.kind], nil)
	if to := a.header.Get("Location"); a.status != 301 || to != "/api/1/item/2?access_token="+m.keys[m.kind] || !strings.Contains(a.body, `"itemId":2`) || !strings.Contains(a.body, `"path":"/item/2"`) {
		t.Errorf("%d %s %s", a.status, to, a.body)
	}
	f := func(query string, want ...string) {
		t.Helper()
		page := m.ask("GET", "/api/1/items?"+query, nil, 200)
		items, _ := page["items"].([]any)
		var got []string
		for _, one := range items {
			o, _ := one.(map[string]any)
			got = append(got, fmt.Sprint(o["counter"]))
		}
		if d := cmp.Diff(want, got); d != "" || page["total_count"] != float64(len(want)) && !strings.Contains(query, "page") && !strings.Contains(query, "limit") {
			t.Errorf("%s: %v %s", query, page["total_count"], d)
		}
	}
	f("", "2", "1")
	f("limit=1", "2")
	f("limit=1&page=2", "1")
	f("page=77")
	f("environment=staging", "2")
	f("environment[]=staging&environment[]=production", "2", "1")
	f("level=error&level=critical", "2", "1")
	f("level=critical")
	f("status=active,muted", "2", "1")
	f("status=resolved")
	f("framework=16", "2", "1")
	f("framework=go")
	f("ids=1,9", "1")
	f("is_snoozed=true")
	f("assigned_user=assigned")
	f("assigned_user=unassigned", "2", "1")
	f("assigned_user=nobody")
	f("assigned_team[]=nobody")
	f("query=CART", "1")
	f("query=%232", "2")
	f("query=host:we", "1")
	f("query=user_id:7", "1")
	f("query=request_url:https", "1")
	f("query=file:KeyError", "1")
	f("query=exception:Val+value", "2")
	f("query=has:issue")
	f("query=is:group")
	found := m.ask("GET", "/api/1/search/?title=cart&fields=title,counter&status=active", nil, 200)
	items, _ := found["items"].([]any)
	if d := cmp.Diff([]any{map[string]any{"id": 1.0, "title": "KeyError: no such cart", "counter": 1.0}}, items); d != "" || found["page"] != 1.0 || found["total_count"] != 1.0 {
		t.Errorf("search: %s", d)
	}
	has(t, "resolve", m.ask("PATCH", "/api/1/item/1", `{"status":"resolved","resolved_in_version":"2.1.0"}`, 200), map[string]any{"status": "resolved", "resolved_in_version": "2.1.0"})
	has(t, "title", m.ask("PATCH", "/api/1/item/1", `{"title":"Carts","level":"critical","status":"active"}`, 200), map[string]any{"title": "Carts", "level": "critical", "status": "active"})
	has(t, "item", m.ask("GET", "/api/1/item/1", nil, 200), map[string]any{"title_lock": 1.0, "level_lock": 1.0, "resolved_in_version": nil})
	has(t, "snooze", m.ask("PATCH", "/api/1/item/1", `{"snooze_enabled":true,"snooze_expiration_in_seconds":3600}`, 200), map[string]any{"snooze_status": "active", "snooze_expiration_threshold_seconds": 3600.0})
	f("is_snoozed=1", "1")
	has(t, "wake", m.ask("PATCH", "/api/1/item/1", `{"snoozed":false}`, 200), map[string]any{"snooze_status": nil})
	user, err := r.front.Workspace.AddMember(t.Context(), "ann", "ann@example.com")
	must(t, err)
	has(t, "assign", m.ask("PATCH", "/api/1/item/1", fmt.Sprintf(`{"assigned_user_id":%d,"team_id":"1"}`, user.ID), 200), map[string]any{"assigned_user_id": float64(user.ID), "assigned_team_id": 1.0})
	f("assigned_user=ann", "1")
	f("assigned_team=Owners", "1")
	has(t, "clear", m.ask("PATCH", "/api/1/item/1", `{"assigned_user_id":null,"assigned_team_id":null}`, 200), map[string]any{"assigned_user_id": nil, "assigned_team_id": nil})
	m.ask("DELETE", "/api/1/item/1", nil, 200)
	m.ask("GET", "/api/1/item/1", nil, 404)
	page := m.ask("GET", "/api/1/instances", nil, 200)
	if list, _ := page["instances"].([]any); len(list) != 1 {
		t.Errorf("its occurrences are there: %v", list)
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	for n := range 5 {
		r.report(trace("production", "KeyError", "n", fmt.Sprintf(`,"uuid":"u-%d","custom":{"n":%d}`, n, n)))
	}
	r.report(trace("production", "OtherError", "n", ""))
	read := func(path string) (ids []int64) {
		t.Helper()
		page := m.ask("GET", "/api/1"+path, nil, 200)
		list, ok := page["instances"].([]any)
		if !ok {
			t.Fatalf("%s: %v", path, page)
		}
		for _, one := range list {
			o, _ := one.(map[string]any)
			id, _ := o["id"].(float64)
			ids = append(ids, int64(id))
		}
		return ids
	}
	all := read("/item/1/instances")
	if len(all) != 5 || len(read("/instances")) != 6 {
		t.Fatalf("%v", all)
	}
	// A page after an id begins below it.
	if d := cmp.Diff(all[2:4], read(fmt.Sprintf("/item/1/instances?lastId=%d&limit=2", all[1]))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(all[2:4], read("/item/1/instances?page=2&limit=2")); d != "" {
		t.Error(d)
	}
	one := m.ask("GET", fmt.Sprintf("/api/1/instance/%d", all[4]), nil, 200)
	data, _ := one["data"].(map[string]any)
	has(t, "instance", one, map[string]any{"id": float64(all[4]), "project_id": 1.0, "item_id": 1.0, "timestamp": 1764000000.0, "version": 2.0, "billable": 1.0})
	has(t, "data", data, map[string]any{"uuid": "u-0", "custom": map[string]any{"n": 0.0}})
	if got := m.ask("GET", "/api/1/instance/u-0", nil, 200); got["id"] != float64(all[4]) {
		t.Errorf("by uuid: %v", got)
	}
	a := m.do("DELETE", fmt.Sprintf("/api/1/instance/%d", all[4]), nil, tokenHeader, m.keys[m.kind])
	if a.status != 200 || a.body != `{"err":0,"message":"The instance has been deleted"}` {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := read("/item/1/instances"); len(got) != 4 {
		t.Errorf("%v", got)
	}
	has(t, "counts stay", m.ask("GET", "/api/1/item/1", nil, 200), map[string]any{"total_occurrences": 5.0})
}

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

func TestProjectsAndTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	a := r.as(auth.RollbarAccount)
	if list := a.list("GET", "/api/1/projects", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	r.as(auth.RollbarRead).ask("GET", "/api/1/projects", nil, 403)
	r.clock.advance(time.Second)
	shop := a.ask("POST", "/api/1/projects", `{"name":"Shop"}`, 200)
	has(t, "project", shop, map[string]any{"id": 2.0, "account_id": 1.0, "name": "shop", "status": "enabled"})
	if made, _ := shop["access_tokens"].([]any); len(made) != 4 {
		t.Errorf("%v", shop)
	}
	a.ask("POST", "/api/1/projects", `{"name":"shop"}`, 422)
	a.ask("POST", "/api/1/projects", `{}`, 422)
	tokens := a.list("GET", "/api/1/project/2/access_tokens", nil)
	names := map[string]bool{}
	for _, one := range tokens {
		o, _ := one.(map[string]any)
		names[fmt.Sprint(o["name"], o["scopes"])] = true
		if _, shown := o["access_token"]; shown {
			t.Errorf("a token's text is shown: %v", o)
		}
	}
	if d := cmp.Diff(map[string]bool{"read[read]": true, "write[write]": true, "post_server_item[post_server_item]": true, "post_client_item[post_client_item]": true}, names); d != "" {
		t.Error(d)
	}
	made := a.ask("POST", "/api/1/project/2/access_tokens", `{"name":"ci","scopes":["read","post_server_item"],"rate_limit_window_size":60,"rate_limit_window_count":2}`, 200)
	secret, _ := made["access_token"].(string)
	id, _ := made["public_id"].(string)
	if len(secret) != 32 || made["rate_limit_window_count"] != 2.0 {
		t.Errorf("%v", made)
	}
	post := func() int {
		return r.do("POST", "/api/1/item/", `{"data":`+trace("e", "E", "m", "")+`}`, tokenHeader, secret).status
	}
	if got := []int{post(), post(), post()}; !cmp.Equal(got, []int{200, 200, 429}) && !cmp.Equal(got, []int{200, 200, 200}) {
		t.Errorf("%v", got)
	}
	// A first-party script clears a limit by a form.
	if x := r.do("PATCH", "/api/1/project/2/access_token/"+secret, "rate_limit_window_count=0&rate_limit_window_size=0", tokenHeader, r.keys[auth.RollbarAccount], "Content-Type", "application/x-www-form-urlencoded"); x.status != 200 ||
		!strings.Contains(x.body, `"rate_limit_window_count":null`) {
		t.Errorf("%d %s", x.status, x.body)
	}
	// Who kept the text reads back what was made: nothing has drifted.
	read := a.ask("GET", "/api/1/project/2/access_token/"+secret, nil, 200)
	for _, same := range []string{"access_token", "public_id", "name", "project_id", "token_type", "date_created"} {
		if read[same] != made[same] {
			t.Errorf("%s was made as %v and reads as %v", same, made[same], read[same])
		}
	}
	if o := a.ask("GET", "/api/1/project/2/access_token/"+id, nil, 200); o["access_token"] != nil || o["public_id"] != id {
		t.Errorf("by its public id: %v", o)
	}
	a.ask("GET", "/api/1/project/1/access_token/"+secret, nil, 404)
	a.ask("PATCH", "/api/1/project/2/access_token", `{"public_id":"`+id+`","scopes":["read"],"name":"reader"}`, 200)
	if got := post(); got != 403 {
		t.Errorf("a token that may only read sends: %d", got)
	}
	a.ask("PATCH", "/api/1/project/2/access_token/"+id, `{"status":"disabled"}`, 200)
	if x := r.do("GET", "/api/1/items", nil, tokenHeader, secret); x.status != 403 || x.message() != "access token is disabled" {
		t.Errorf("%d %s", x.status, x.body)
	}
	if x := a.result("DELETE", "/api/1/project/2/access_token/"+id, nil, 200); x != "Access token has been deleted." {
		t.Errorf("%v", x)
	}
	a.ask("DELETE", "/api/1/project/2/access_token/"+id, nil, 404)
	a.ask("PATCH", "/api/1/project/2/access_token", `{}`, 422)
	a.ask("POST", "/api/1/project/2/access_tokens", `{"name":"x","scopes":["all"]}`, 422)
	a.ask("POST", "/api/1/project/2/access_tokens", `{"name":"x","scopes":["read"],"rate_limit_window_size":7,"rate_limit_window_count":7}`, 422)
	// The account's token acts for the project that it names.
	if page := a.ask("GET", "/api/1/items?project_id=2", nil, 200); page["total_count"] == nil {
		t.Errorf("%v", page)
	}
	a.ask("GET", "/api/1/items?project_ids=2", nil, 200) // as the vendor's MCP server asks
	a.ask("GET", "/api/1/items?project_ids=1&project_ids=2", nil, 422)
	a.ask("GET", "/api/1/items", nil, 403)
	a.ask("GET", "/api/1/items?project_id=77", nil, 404)
	a.ask("POST", "/api/1/service_links", `{"name":"n","template":"https://x.example","project_id":2}`, 200)
	a.ask("DELETE", "/api/1/project/1", nil, 422)
	a.ask("DELETE", "/api/1/project/2", nil, 200)
	if x := r.do("GET", "/api/1/project/2", nil, tokenHeader, r.keys[auth.RollbarAccount]); x.status != 404 || x.body != `{"err":1,"message":"Project not found in this account."}` {
		t.Errorf("%d %s", x.status, x.body)
	}
}

func TestTeamsUsersAndInvites(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	a := r.as(auth.RollbarAccount)
	ann, err := r.front.Workspace.AddMember(t.Context(), "ann", "ann@example.com")
	must(t, err)
	user := strconv.FormatInt(ann.ID, 10)
	a.list("GET", "/api/1/projects", nil)
	if list := a.list("GET", "/api/1/teams", nil); len(list) != 2 {
		t.Errorf("%v", list)
	}
	team := a.ask("POST", "/api/1/teams", `{"name":"ops","access_level":"light"}`, 200)
	id := fmt.Sprint(team["id"])
	has(t, "team", team, map[string]any{"name": "ops", "access_level": "light", "account_id": 1.0})
	a.ask("POST", "/api/1/teams", `{"name":"ops"}`, 422)
	a.ask("GET", "/api/1/team/"+id+"/user/"+user, nil, 404)
	has(t, "member", a.ask("PUT", "/api/1/team/"+id+"/user/"+user, nil, 200), map[string]any{"user_id": float64(ann.ID)})
	a.ask("GET", "/api/1/team/"+id+"/user/"+user, nil, 200)
	a.ask("PUT", "/api/1/team/"+id+"/user/99", nil, 403)
	a.ask("DELETE", "/api/1/team/99/user/"+user, nil, 422)
	a.ask("GET", "/api/1/team/"+id+"/project/1", nil, 404)
	a.ask("PUT", "/api/1/team/"+id+"/project/1", nil, 200)
	if list := a.list("GET", "/api/1/team/"+id+"/projects", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if list := a.list("GET", "/api/1/project/1/teams?exclude_builtin_teams=true", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if got := a.ask("GET", "/api/1/users?email=ANN@example.com", nil, 200); len(got["users"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	has(t, "user", a.ask("GET", "/api/1/user/"+user, nil, 200), map[string]any{"username": "ann", "email_enabled": 1.0})
	a.ask("GET", "/api/1/user/99", nil, 404)
	if got := a.ask("GET", "/api/1/user/"+user+"/teams", nil, 200); len(got["teams"].([]any)) != 3 {
		t.Errorf("%v", got)
	}
	if got := a.ask("GET", "/api/1/user/"+user+"/projects", nil, 200); len(got["projects"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	names, err := r.front.TeamMembers(t.Context(), []string{"ops"})
	must(t, err)
	if !cmp.Equal(names, []string{user}) {
		t.Errorf("%v", names)
	}
	invite := a.ask("POST", "/api/1/team/"+id+"/invites", `{"email":"Bob@Example.com"}`, 200)
	has(t, "invite", invite, map[string]any{"to_email": "bob@example.com", "status": "pending", "date_redeemed": nil, "from_user_id": nil})
	path := "/api/1/invite/" + fmt.Sprint(invite["id"])
	a.ask("POST", "/api/1/team/"+id+"/invites", `{"email":"nobody"}`, 422)
	if list := a.list("GET", "/api/1/invites?email=bob@example.com", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	a.ask("DELETE", path, nil, 200)
	if x := r.do("DELETE", path, nil, tokenHeader, r.keys[auth.RollbarAccount]); x.status != 422 || x.message() != "Invite already canceled" {
		t.Errorf("%d %s", x.status, x.body)
	}
	a.ask("DELETE", "/api/1/team/"+id+"/user/"+user, nil, 200)
	a.ask("DELETE", "/api/1/team/"+id+"/project/1", nil, 200)
	a.ask("DELETE", "/api/1/team/"+id, nil, 200)
	a.ask("GET", "/api/1/team/"+id, nil, 404)
	a.ask("DELETE", "/api/1/team/1", nil, 422)
}

// What is kept about a person goes: rows and names. Others' stays.
func TestPeopleDeleteJobs(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	r.report(trace("production", "KeyError", "x", `,"person":{"id":"7","email":"ann@example.com","username":"ann"},"attributes":[{"key":"session_id","value":"s1"}]`))
	must(t, r.front.db.Write(t.Context(), func(tx *sql.Tx) error {
		for _, session := range []string{"s1", "s2"} {
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO rollbar_replay (environment, error_environment, session, replay, at, bytes, body) VALUES ('test', 'production', ?, 'r', 1, 1, 'x')", session); err != nil {
				return err
			}
		}
		return nil
	}))
	r.report(trace("production", "KeyError", "x", `,"person":{"id":"8","email":"bob@example.com"}`))
	job := m.ask("POST", "/api/1/people/delete_jobs/?email=ann@example.com", nil, 200)
	must(t, r.front.runJobs(t.Context()))
	has(t, "job", m.ask("GET", "/api/1/people/delete_jobs/"+fmt.Sprint(job["id"]), nil, 200), map[string]any{"state": "success"})
	page := m.ask("GET", "/api/1/instances", nil, 200)
	if text, _ := json.Marshal(page); strings.Contains(string(text), "ann@example.com") || !strings.Contains(string(text), "bob@example.com") {
		t.Errorf("%s", text)
	}
	left, err := column[string](t.Context(), r.front.db, "SELECT session FROM rollbar_replay")
	must(t, err)
	if !cmp.Equal(left, []string{"s2"}) {
		t.Errorf("recordings of %v are left", left)
	}
	people, err := r.front.Items.People(t.Context(), 1, 0, 10)
	must(t, err)
	if len(people) != 1 || people[0].ID != "8" {
		t.Errorf("%v", people)
	}
	m.ask("POST", "/api/1/people/delete_jobs", nil, 422)
	m.ask("POST", "/api/1/people/delete_jobs?id=1&email=x", nil, 422)
	m.ask("GET", "/api/1/people/delete_jobs/99", nil, 404)
}

// A rule made over the API tells a receiver, and its history shows what that said.
func TestNotifications(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	var mu sync.Mutex
	var got []string
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, req.Header.Get("X-Oriel-Event"))
		_, _ = w.Write([]byte("thanks"))
	}))
	t.Cleanup(far.Close)
	settings := m.ask("PUT", "/api/1/notifications/webhook", `{"enabled":true,"url":"`+far.URL+`"}`, 200)
	kept, _ := settings["settings"].(map[string]any)
	if settings["project_id"] != 1.0 || kept["url"] != far.URL || kept["signing_secret"] == nil {
		t.Errorf("%v", settings)
	}
	if shown := r.as(auth.RollbarRead).ask("GET", "/api/1/notifications/webhook", nil, 200)["settings"].(map[string]any); shown["signing_secret"] != nil {
		t.Errorf("a reader sees the secret: %v", shown)
	}
	rules, _ := m.result("POST", "/api/1/notifications/webhook/rules", `[{"trigger":"new_item","filters":[{"type":"environment","operation":"eq","value":"production"}]}]`, 200).([]any)
	if len(rules) != 1 {
		t.Fatalf("%v", rules)
	}
	r.report(trace("production", "KeyError", "x", ""))
	_, err := r.front.Items.VersionsOf(t.Context(), 1) // reading writes first what is pending
	must(t, err)
	must(t, r.front.Alerts.Step(t.Context()))
	mu.Lock()
	if d := cmp.Diff([]string{"new_item"}, got); d != "" {
		t.Error(d)
	}
	mu.Unlock()
	page := m.ask("GET", "/api/1/notifications/webhook/rule/1/deliveries", nil, 200)
	if text, _ := json.Marshal(page); !strings.Contains(string(text), `"status":"delivered"`) || !strings.Contains(string(text), `"response":"thanks"`) {
		t.Errorf("%s", text)
	}
	has(t, "rule", m.ask("PUT", "/api/1/notifications/webhook/rule/1", `{"trigger":"occurrence","status":"disabled"}`, 200), map[string]any{"id": 1.0, "trigger": "occurrence", "status": "disabled"})
	if list := m.list("GET", "/api/1/notifications/webhook/rules", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	m.result("POST", "/api/1/notifications/pagerduty", `[{"trigger":"new_item","config":{"service_key":"k"}}]`, 200)
	m.result("PUT", "/api/1/notifications/webhook/rules", `[{"trigger":"deploy"},{"trigger":"new_version"}]`, 200)
	m.ask("GET", "/api/1/notifications/webhook/rule/1", nil, 404)
	has(t, "gone", m.ask("DELETE", "/api/1/notifications/webhook/rule/3", nil, 200), map[string]any{"id": 3.0})
	if a := r.do("DELETE", "/api/1/notifications/webhook/rule/3", nil, tokenHeader, m.keys[m.kind]); a.status != 404 || a.body != `{"err":1,"message":"Not found"}` {
		t.Errorf("%d %s", a.status, a.body)
	}
	m.ask("POST", "/api/1/notifications/webhook/rules", `[{"trigger":"nope"}]`, 422)
	m.ask("POST", "/api/1/notifications/webhook/rules", `{bad`, 400)
	m.ask("POST", "/api/1/notifications/webhook/rules", `[{"trigger":"new_item"},{"trigger":"new_item","bad":1}]`, 422)
	m.ask("GET", "/api/1/notifications/fax", nil, 404)
	m.ask("PUT", "/api/1/notifications/webhook", `{"nope":1}`, 422)
	m.ask("PUT", "/api/1/notifications/webhook", `{"url":"ftp://x"}`, 422)
}

func TestServiceLinks(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	link := map[string]any{"name": "logs", "template": "https://logs.example/{{ uuid }}"}
	made := m.ask("POST", "/api/1/service_links", link, 200)
	has(t, "link", made, map[string]any{"id": 1.0, "name": "logs", "template": "https://logs.example/{{ uuid }}"})
	has(t, "link", m.ask("PUT", "/api/1/service_links/1", `{"name":"all logs"}`, 200), map[string]any{"name": "all logs", "template": "https://logs.example/{{ uuid }}"})
	if list := m.list("GET", "/api/1/service_links", nil); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if a := r.do("DELETE", "/api/1/service_links/1", nil, tokenHeader, m.keys[m.kind]); a.body != `{"err":0,"result":{}}` {
		t.Errorf("%s", a.body)
	}
	m.ask("GET", "/api/1/service_links/1", nil, 404)
	m.ask("POST", "/api/1/service_links", `{"name":"x","template":"javascript:alert(1)"}`, 422)
}

// What is wrong is told with the status and words that clients know.
func TestAPI_Statuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	m := r.manager()
	r.report(trace("production", "KeyError", "x", `,"uuid":"u1"`))
	for _, c := range []struct {
		method, path, body string
		kind               auth.Kind
		status             int
		message            string
	}{
		{"GET", "/item/99", "", m.kind, 404, "Item not found in this project."},
		{"GET", "/item?counter=99", "", m.kind, 404, "Item not found in this project."},
		{"GET", "/item?counter=x", "", m.kind, 422, "Invalid format. counter"},
		{"GET", "/item", "", m.kind, 422, "Missing 'uuid' or 'counter'"},
		{"GET", "/item/?uuid=not%20one", "", m.kind, 400, "Invalid UUID format"},
		{"GET", "/item/?uuid=ffffffffffffffffffffffffffffffff", "", m.kind, 404, "UUID did not match any occurrence"},
		{"GET", "/item_by_counter/99", "", m.kind, 404, "Item not found in this project."},
		{"PATCH", "/item/1", `{"status":"done"}`, m.kind, 422, "Invalid format. status"},
		{"PATCH", "/item/1", `{"status":"archived"}`, m.kind, 422, "Invalid format. status"},
		{"PATCH", "/item/1", `{"level":"bad"}`, m.kind, 422, "Invalid format. level"},
		{"PATCH", "/item/1", `{"level":5}`, m.kind, 422, "Invalid format. level"},
		{"PATCH", "/item/1", `{"title":""}`, m.kind, 422, "the title"},
		{"PATCH", "/item/1", `{"resolved_in_version":"1"}`, m.kind, 422, "resolved_in_version"},
		{"PATCH", "/item/1", `{"assigned_user_id":77}`, m.kind, 422, "Invalid format. assigned_user_id is 77"},
		{"PATCH", "/item/1", `{"assigned_team_id":77}`, m.kind, 422, "Invalid format. assigned_team_id is 77"},
		{"PATCH", "/item/1", `{"snooze_enabled":true,"snooze_expiration_in_seconds":-1}`, m.kind, 422, "Invalid format. snooze"},
		{"PATCH", "/item/1", `{`, m.kind, 400, "Bad request"},
		{"PATCH", "/item/1", `{}`, auth.RollbarRead, 403, "insufficient privileges: write scope is required but the access token only has read."},
		{"GET", "/item/1", "", auth.RollbarWrite, 403, "insufficient privileges: read scope is required"},
		{"GET", "/items?page=0", "", m.kind, 422, "Invalid format. page"},
		{"GET", "/items?limit=9999", "", m.kind, 422, "Invalid format. limit"},
		{"GET", "/items?level=bad", "", m.kind, 422, "Invalid format. level"},
		{"GET", "/items?ids=x", "", m.kind, 422, "Invalid format. ids"},
		{"GET", "/instance/99", "", m.kind, 404, "Instance not found in this project."},
		{"GET", "/instances?lastId=x", "", m.kind, 422, "Invalid format. lastId"},
		{"GET", "/item/99/instances", "", m.kind, 404, "Item not found in this project."},
		{"DELETE", "/instance/99", "", m.kind, 404, "Instance not found in this project."},
		{"GET", "/reports/top_active_items?hours=999", "", m.kind, 422, "Invalid format. hours"},
		{"GET", "/reports/occurrence_counts?bucket_size=7", "", m.kind, 422, "Invalid format. bucket_size"},
		{"GET", "/reports/activated_counts?buckets=1", "", m.kind, 422, "Invalid format. buckets"},
		{"GET", "/project/99", "", auth.RollbarAccount, 404, "Project not found in this account."},
		{"GET", "/team/99", "", auth.RollbarAccount, 404, "Team not found in this account."},
		{"GET", "/teams", "", m.kind, 403, "insufficient privileges: an account access token is required"},
		{"POST", "/proguard", `{}`, m.kind, 501, "ProGuard mapping files are not applied"},
	} {
		a := r.do(c.method, "/api/1"+c.path, c.body, tokenHeader, r.keys[c.kind], "Content-Type", "application/json")
		var body struct {
			Err int `json:"err"`
		}
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Err != 1 || a.status != c.status || !strings.HasPrefix(a.message(), c.message) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, a.status, a.body, c.status, c.message)
		}
	}
}
