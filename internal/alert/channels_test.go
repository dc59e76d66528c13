package alert_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/item"
)

// A webhook gets the body that Rollbar sends, signed.
func TestWebhook_NewItem(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`/hook"}}`)
	r.happen(boom)
	r.step()
	got := far.take()
	if len(got) != 1 {
		t.Fatalf("%d deliveries, want one", len(got))
	}
	var body struct {
		Event string `json:"event_name"`
		Data  struct {
			URL  string         `json:"url"`
			Item map[string]any `json:"item"`
		} `json:"data"`
	}
	must(t, json.Unmarshal([]byte(got[0].body), &body))
	last, _ := body.Data.Item["last_occurrence"].(map[string]any)
	want := map[string]any{
		"id": 1.0, "project_id": 1.0, "counter": 1.0, "environment": "production", "title": "ValueError: bad cart", "level": 40.0, "status": 1.0, "platform": 0.0,
		"framework": 13.0, "total_occurrences": 1.0, "unique_occurrences": nil, "resolved_in_version": nil, "level_lock": 0.0, "integrations_data": map[string]any{},
	}
	for k, v := range want {
		if d := cmp.Diff(v, body.Data.Item[k]); d != "" {
			t.Errorf("%s: %s", k, d)
		}
	}
	if body.Event != "new_item" || body.Data.URL != "https://oriel.example/errors/1" || last["uuid"] != "u1" || last["metadata"] == nil {
		t.Errorf("%s", got[0].body)
	}
	secret, err := r.SigningSecret(t.Context(), "test")
	must(t, err)
	if h := got[0].header; h.Get("X-Oriel-Signature") != alert.Sign(secret, r.now().Unix(), []byte(got[0].body)) || h.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", h)
	}
	if list := r.history(rule.ID); len(list) != 1 || list[0].State != alert.Delivered || list[0].Attempts[0].Status != 200 || list[0].Attempts[0].Response != "thanks" {
		t.Errorf("history %+v", list)
	}
	r.step()
	if got := far.take(); len(got) != 0 {
		t.Errorf("it was delivered again: %v", got)
	}
}

func TestWebhook_XML(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`","format":"xml"}}`)
	r.happen(`{"environment":"production","custom":{"a b":"<&>","1":[],"none":null},"body":{"message":{"body":"hello"}}}`)
	r.step()
	got := far.take()
	if len(got) != 1 || got[0].header.Get("Content-Type") != "application/xml" {
		t.Fatalf("%v", got)
	}
	for _, want := range []string{
		"<rollbar><event_name>new_item</event_name>", "<unique_occurrences>None</unique_occurrences>", "<a_b>&lt;&amp;&gt;</a_b>", "<_1></_1>", "<none>None</none>",
	} {
		if !strings.Contains(got[0].body, want) {
			t.Errorf("no %s in %s", want, got[0].body)
		}
	}
	if err := xml.Unmarshal([]byte(got[0].body), new(struct{})); err != nil {
		t.Error(err)
	}
}

func TestSlack(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	_, err := r.SetSettings(t.Context(), "test", alert.Slack, alert.Settings{Enabled: true, URL: far.URL, Channel: "#ops", MessageButtons: true})
	must(t, err)
	r.rule(alert.Slack, `{"trigger":"new_item"}`)
	r.rule(alert.Slack, `{"trigger":"new_item","config":{"message_template":"{{ level }} {{body.custom.tier}} {{ body.body.trace.exception.message }} {{nope}}!"}}`)
	r.happen(strings.Replace(boom, "bad cart", "<!channel> bad & cart", 1))
	r.step()
	got := far.take()
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	bodies := got[0].body + got[1].body
	for _, want := range []string{`&lt;!channel&gt; bad &amp; cart`, `"channel":"#ops"`, `"text":"Open item"`, `https://oriel.example/errors/1`} {
		if escaped := strings.NewReplacer("&", `\u0026`, "<", `\u003c`, ">", `\u003e`).Replace(want); !strings.Contains(bodies, escaped) {
			t.Errorf("no %s in %s", escaped, bodies)
		}
	}
	if !strings.Contains(bodies, `error gold`) {
		t.Errorf("the template: %s", bodies)
	}
}

func TestPagerDuty_TriggersAndResolves(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	_, err := r.SetSettings(t.Context(), "test", alert.PagerDuty, alert.Settings{Enabled: true, URL: far.URL, ServiceKey: "key1"})
	must(t, err)
	r.rule(alert.PagerDuty, `{"trigger":"new_item","action":"trigger_incident"}`)
	r.rule(alert.PagerDuty, `{"trigger":"resolved_item","action":"resolve_incident","config":{"service_key":"key2"}}`)
	r.happen(boom)
	r.step()
	resolved := item.Resolved
	_, err = r.items.Change(t.Context(), []int64{1}, item.Change{Status: &resolved, Automatic: true})
	must(t, err)
	r.step()
	type message struct {
		Key     string `json:"routing_key"`
		Action  string `json:"event_action"`
		Dedup   string `json:"dedup_key"`
		Payload struct {
			Summary, Source, Severity string
		}
	}
	var list []message
	for _, g := range far.take() {
		var m message
		must(t, json.Unmarshal([]byte(g.body), &m))
		list = append(list, m)
	}
	want := []message{{Key: "key1", Action: "trigger", Dedup: "oriel-item-1"}, {Key: "key2", Action: "resolve", Dedup: "oriel-item-1"}}
	want[0].Payload.Summary, want[0].Payload.Source, want[0].Payload.Severity = "New error: #1 ValueError: bad cart", "web1", "error"
	if d := cmp.Diff(want, list); d != "" {
		t.Error(d)
	}
}
