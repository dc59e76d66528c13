package rollbar

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
)

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
