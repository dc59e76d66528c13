package rollbar

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
