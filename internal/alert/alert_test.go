package alert_test

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
)

// rig is alerts over real items.
type rig struct {
	*alert.Alerts
	t     *testing.T
	db    *meta.DB
	items *item.Items
	cfg   alert.Config
	seq   uint64

	mu   sync.Mutex
	at   time.Time
	rows map[int64]event.Row
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	r := &rig{t: t, at: time.Unix(1_764_000_000, 0), rows: map[int64]event.Row{}}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	r.db, err = meta.Open(ctx, t.TempDir()+"/meta.db")
	must(t, err)
	r.items, err = item.Open(ctx, r.db, item.Config{Clock: r.now, Log: log})
	must(t, err)
	r.cfg = alert.Config{
		Items: r.items, Clock: r.now, Log: log, URL: func() string { return "https://oriel.example" }, Host: "oriel-1", PrivateDestinations: true,
		Occurrence: func(_ context.Context, _ string, id int64) (event.Row, error) {
			if row, ok := r.rows[id]; ok {
				return row, nil
			}
			return event.Row{}, fault.New(fault.NotFound, "no such row")
		},
		Recipients: func(_ context.Context, members, _ []string) ([]string, error) {
			if len(members) == 0 {
				return []string{"ann@example.com", "bob@example.com"}, nil
			}
			return []string{members[0] + "@example.com"}, nil
		},
	}
	r.open()
	t.Cleanup(func() {
		must(t, r.items.Close(ctx))
		must(t, r.db.Close())
	})
	return r
}

// open is a start of the server: what waited goes on.
func (r *rig) open() {
	r.t.Helper()
	var err error
	r.Alerts, err = alert.Open(r.t.Context(), r.db, r.cfg)
	must(r.t, err)
}

// happen brings an occurrence with a payload to the items.
func (r *rig) happen(payload string) {
	r.t.Helper()
	var data map[string]any
	d := json.NewDecoder(strings.NewReader(payload))
	d.UseNumber()
	must(r.t, d.Decode(&data))
	stamp := r.items.StampPayload("test", data, "")
	b := event.NewBatch("test", "errors")
	b.Begin(r.now().UnixNano())
	b.Set("rollbar.payload", event.StringValue(payload))
	if v, ok := data["code_version"].(string); ok {
		b.Set("code_version", event.StringValue(v))
	}
	item.Apply(b, []item.Stamp{stamp})
	r.rows[stamp.ID] = b.Row(0)
	r.seq++
	r.items.Follow(r.seq, []*event.Batch{b})
}

func (r *rig) rule(channel, text string) alert.Rule {
	r.t.Helper()
	rule, err := alert.ParseRule(channel, []byte(text))
	must(r.t, err)
	made, err := r.AddRules(r.t.Context(), "test", channel, []alert.Rule{rule})
	must(r.t, err)
	return made[0]
}

// step lets what is pending reach the database, and delivers.
func (r *rig) step() {
	r.t.Helper()
	_, err := r.items.VersionsOf(r.t.Context(), 0) // reading writes first what is pending
	must(r.t, err)
	must(r.t, r.Step(r.t.Context()))
}

func (r *rig) history(rule int64) []*alert.Delivery {
	r.t.Helper()
	list, err := r.Deliveries(r.t.Context(), "test", rule, 0, 100)
	must(r.t, err)
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiver takes what is posted to it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []received
}

type received struct {
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, received{req.Header, string(body)})
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, "thanks")
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) take() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

const boom = `{"environment":"production","level":"error","language":"python","platform":"linux","uuid":"u1","code_version":"1.2.0","timestamp":1763999999,
	"context":"cart#add","custom":{"tier":"gold","n":7},"server":{"host":"web1"},"request":{"url":"https://shop.example/cart","method":"POST"},
	"body":{"trace":{"exception":{"class":"ValueError","message":"bad cart"},"frames":[{"filename":"app/cart.py","method":"add"},{"filename":"lib/db.py","method":"load"}]}}}`

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

// What is told when an item lives: ten, a hundred; resolved, back, by a person; a
// rate; a version; a deploy.
func TestTriggers(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	for _, trigger := range []string{"new_item", "occurrence", "exp_repeat_item", "reactivated_item", "reopened_item", "resolved_item", "deploy", "new_version"} {
		r.rule(alert.Webhook, `{"trigger":"`+trigger+`","config":{"url":"`+far.URL+`"}}`)
	}
	r.rule(alert.Webhook, `{"trigger":"occurrence_rate","filters":[{"type":"rate","period":300,"count":5}],"config":{"url":"`+far.URL+`"}}`)
	var told []string
	take := func() []string {
		t.Helper()
		r.step()
		told = nil
		for _, g := range far.take() {
			var body struct {
				Event string `json:"event_name"`
				Data  struct {
					Occurrences int64 `json:"occurrences"`
					Trigger     any   `json:"trigger"`
				} `json:"data"`
			}
			must(t, json.Unmarshal([]byte(g.body), &body))
			if body.Event == "occurrence" {
				continue
			}
			line := body.Event
			if body.Data.Occurrences > 0 {
				line += fmt.Sprint(" ", body.Data.Occurrences)
			}
			if body.Data.Trigger != nil {
				line += fmt.Sprint(" ", body.Data.Trigger)
			}
			told = append(told, line)
		}
		return told
	}
	same := func(what string, want ...string) {
		t.Helper()
		got := map[string]int{}
		for _, line := range take() {
			got[line]++
		}
		wanted := map[string]int{}
		for _, line := range want {
			wanted[line]++
		}
		if d := cmp.Diff(wanted, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	r.happen(boom)
	same("the first", "new_item", "new_version")
	for range 9 {
		r.happen(boom)
	}
	rate := "item_velocity 5 map[threshold:5 window_size:300 window_size_description:5 minutes]"
	same("up to ten", "exp_repeat_item 10", rate)
	for range 20 {
		r.happen(boom)
	}
	same("within the period nothing is told again")
	r.pass(301 * time.Second)
	for range 5 {
		r.happen(boom)
	}
	same("the window is armed again", rate)
	change := func(s item.Status) {
		t.Helper()
		_, err := r.items.Change(t.Context(), []int64{1}, item.Change{Actor: "ann", Status: &s})
		must(t, err)
	}
	change(item.Resolved)
	same("resolved", "resolved_item")
	r.happen(boom)
	same("back", "reactivated_item")
	for range 9 {
		r.happen(boom)
	}
	same("ten again", "exp_repeat_item 10")
	change(item.Muted)
	change(item.Active)
	same("by a person", "reopened_item")
	d, err := r.items.AddDeploy(t.Context(), item.Deploy{Environment: "test", ErrorEnvironment: "production", Revision: "abc", Status: item.DeployStarted})
	must(t, err)
	same("a deploy that began")
	_, err = r.items.FinishDeploy(t.Context(), "test", d.ID, item.DeploySucceeded)
	must(t, err)
	same("a deploy", "deploy")
}

func TestFilters(t *testing.T) {
	t.Parallel()
	f := func(filter string, want bool) {
		t.Helper()
		r, far := newRig(t), newReceiver(t)
		r.rule(alert.Webhook, `{"trigger":"new_item","filters":[`+filter+`],"config":{"url":"`+far.URL+`"}}`)
		r.happen(boom)
		r.step()
		if got := len(far.take()) == 1; got != want {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	one := func(kind, operation, value string) string {
		return fmt.Sprintf(`{"type":%q,"operation":%q,"value":%q}`, kind, operation, value)
	}
	path := func(path, operation, value string) string {
		return fmt.Sprintf(`{"type":"path","operation":%q,"value":%q,"path":%q}`, operation, value, path)
	}
	for filter, want := range map[string]bool{
		one("environment", "eq", "production"): true, one("environment", "neq", "production"): false,
		one("level", "eq", "error"): true, one("level", "gte", "warning"): true, one("level", "gte", "critical"): false,
		one("title", "within", "bad cart"): true, one("title", "nwithin", "bad cart"): false, one("title", "regex", "^Value.*cart$"): true, one("title", "nregex", "^Key"): true,
		one("filename", "within", "cart.py"): true, one("filename", "within", "nothing"): false, one("filename", "nwithin", "db.py"): false, one("filename", "nregex", "^x"): true,
		one("method", "regex", "^lo"): true, one("context", "startswith", "cart"): true, one("context", "eq", "cart"): false, one("context", "neq", "cart"): true,
		one("framework", "eq", "13"): true, one("framework", "eq", "14"): false, one("unique_occurrences", "gte", "1"): false,
		path("body.custom.tier", "eq", "gold"): true, path("body.custom.n", "gte", "7"): true, path("body.custom.n", "lte", "6"): false,
		path("body.custom.gone", "nwithin", "x"): false, path("body.custom.gone", "nexists", ""): true, path("body.custom.gone", "exists", ""): false,
		path("body.custom.gone", "neq", "x"): true, path("body.body.trace.frames[0].method", "eq", "add"): true, path("level", "eq", "error"): true,
		one("level", "gte", "warning") + "," + one("title", "within", "nothing"): false,
	} {
		f(filter, want)
	}
}

func TestParseRule_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"trigger":"x"}`:                   "trigger",
		`{"trigger":"new_item","nope":1}`:   "nope",
		`{"trigger":"occurrence_rate"}`:     "rate",
		`{"trigger":"daily_summary"}`:       "e-mail",
		`{"trigger":"new_item","action":1}`: "not valid",
		`{"trigger":"new_item","filters":[{"type":"title","operation":"gte","value":"x"}]}`:       "operation",
		`{"trigger":"new_item","filters":[{"type":"title","operation":"regex","value":"(?=x)"}]}`: "RE2",
		`{"trigger":"new_item","filters":[{"type":"level","operation":"eq","value":"bad"}]}`:      "level",
		`{"trigger":"new_item","filters":[{"type":"rate","period":60,"count":1}]}`:                "occurrence_rate",
		`{"trigger":"new_item","config":{"url":"file:///etc"}}`:                                   "config.url",
		`{"trigger":"new_item","config":{"format":"csv"}}`:                                        "json or xml",
		`{"trigger":"new_item","status":"on"}`:                                                    "status",
	} {
		if _, err := alert.ParseRule(alert.Webhook, []byte(text)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// What fails is tried again after 4, 16, 64 … seconds, ten times, also over a
// restart; then the rule is off and says why.
func TestDelivery_IsTriedAgainAndGivenUp(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	far.answer(http.StatusInternalServerError)
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	wait := time.Second
	for i := range 10 {
		if got := len(far.take()); got != 1 {
			t.Fatalf("attempt %d: %d posts, want one", i, got)
		}
		wait *= 4
		r.pass(wait - time.Second)
		r.open() // as after a restart
		r.step()
		if got := len(far.take()); got != 0 {
			t.Fatalf("attempt %d came a second early", i+1)
		}
		r.pass(time.Second)
		r.step()
	}
	list := r.history(rule.ID)
	if len(list) != 1 || list[0].State != alert.GaveUp || len(list[0].Attempts) != 11 {
		t.Fatalf("history %+v", list)
	}
	off, err := r.Rule("test", alert.Webhook, rule.ID)
	must(t, err)
	if off.Status != "disabled" || !strings.Contains(off.DisabledReason, "500") {
		t.Errorf("rule %+v", off)
	}
	r.pass(1000 * time.Hour)
	far.take()
	r.step()
	if got := len(far.take()); got != 0 {
		t.Errorf("it was tried after it was given up")
	}
}

// A receiver that comes back gets what waited, and the rule stays on.
func TestDelivery_ArrivesLate(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	far.answer(http.StatusFound) // a redirect is not followed, and is no success
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	far.answer(http.StatusNoContent)
	r.pass(4 * time.Second)
	r.step()
	got := far.take()
	if len(got) != 2 || got[0].body != got[1].body || got[0].header.Get("X-Oriel-Delivery") != got[1].header.Get("X-Oriel-Delivery") {
		t.Errorf("%v", got)
	}
	if list := r.history(rule.ID); list[0].State != alert.Delivered || len(list[0].Attempts) != 2 {
		t.Errorf("history %+v", list[0])
	}
}

// A rule whose deliveries fail for a day is switched off, and people are told.
func TestRule_ThatKeepsFailingIsSwitchedOff(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	post := newPostbox(t)
	r.cfg.Mail = alert.Mail{Server: post.address, From: "Oriel <oriel@example.com>"}
	r.open()
	far.answer(http.StatusBadGateway)
	rule := r.rule(alert.Webhook, `{"trigger":"occurrence","config":{"url":"`+far.URL+`"}}`)
	for range 30 {
		r.happen(boom)
		r.step()
		r.pass(time.Hour)
	}
	off, err := r.Rule("test", alert.Webhook, rule.ID)
	must(t, err)
	if off.Status != "disabled" || off.DisabledReason == "" {
		t.Fatalf("rule %+v", off)
	}
	r.step()
	mails := post.take()
	if len(mails) != 1 || !strings.Contains(mails[0].data, "switched off") {
		t.Errorf("mails %v", mails)
	}
	far.take()
	r.happen(boom)
	r.step()
	for _, g := range far.take() {
		if strings.Contains(g.body, `"total_occurrences":31`) {
			t.Error("a rule that is off tells of what is new")
		}
	}
}

func TestDelivery_ReachesNoPrivateAddressUnlessAllowed(t *testing.T) {
	t.Parallel()
	r, far := newRig(t), newReceiver(t)
	r.cfg.PrivateDestinations = false
	r.open()
	rule := r.rule(alert.Webhook, `{"trigger":"new_item","config":{"url":"`+far.URL+`"}}`)
	r.happen(boom)
	r.step()
	if got := far.take(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if list := r.history(rule.ID); !strings.Contains(list[0].Attempts[0].Error, "--private-destinations") {
		t.Errorf("%+v", list[0].Attempts)
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

func TestMail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := newPostbox(t)
	r.cfg.Mail = alert.Mail{Server: post.address, From: "Oriel <oriel@example.com>"}
	r.open()
	_, err := r.SetSettings(t.Context(), "test", alert.Email, alert.Settings{Enabled: true, IncludeRequestParams: true})
	must(t, err)
	r.rule(alert.Email, `{"trigger":"new_item","config":{"users":["carol"]}}`)
	summary := r.rule(alert.Email, `{"trigger":"daily_summary","config":{"summary_time":0,"send_only_if_data":true}}`)
	r.happen(strings.Replace(boom, "bad cart", `bad cärt\nBcc: eve@example.com`, 1))
	r.step()
	mails := post.take()
	if len(mails) != 1 || mails[0].from != "oriel@example.com" || strings.Join(mails[0].to, " ") != "carol@example.com" {
		t.Fatalf("%v", mails)
	}
	m, err := mail.ReadMessage(strings.NewReader(mails[0].data))
	must(t, err)
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	must(t, err)
	if m.Header.Get("Bcc") != "" || !strings.Contains(string(text), "https://oriel.example/errors/1") || !strings.Contains(string(text), "https://shop.example/cart") {
		t.Errorf("%v %s", m.Header, text)
	}
	r.pass(24 * time.Hour)
	r.step()
	mails = post.take()
	if len(mails) != 1 || !strings.Contains(mails[0].data, "Daily summary") || len(mails[0].to) != 2 {
		t.Fatalf("%v", mails)
	}
	r.step()
	r.pass(24 * time.Hour)
	r.step()
	if mails := post.take(); len(mails) != 0 {
		t.Errorf("a day without errors is told of: %v", mails)
	}
	if list := r.history(summary.ID); len(list) != 1 {
		t.Errorf("history %v", list)
	}
}

// postbox is as much of a mail server as a client needs.
type postbox struct {
	address string
	mu      sync.Mutex
	mails   []sent
}

type sent struct {
	from string
	to   []string
	data string
}

func (p *postbox) take() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.mails
	p.mails = nil
	return got
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	p := &postbox{address: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) || err != nil {
				return
			}
			wg.Go(func() { p.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return p
}

func (p *postbox) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	say("220 postbox")
	var one sent
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(strings.TrimSpace(line), ":"); {
		case strings.HasPrefix(line, "EHLO"), strings.HasPrefix(line, "HELO"):
			say("250 postbox")
		case verb == "MAIL FROM":
			one = sent{from: strings.Trim(strings.Fields(rest)[0], "<>")}
			say("250 ok")
		case verb == "RCPT TO":
			one.to = append(one.to, strings.Trim(rest, "<>"))
			say("250 ok")
		case strings.HasPrefix(line, "DATA"):
			say("354 go on")
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				one.data += strings.TrimPrefix(line, ".")
			}
			p.mu.Lock()
			p.mails = append(p.mails, one)
			p.mu.Unlock()
			say("250 taken")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	l, err := r.SetLink(ctx, "test", alert.Link{Name: "logs", Template: "https://logs.example/?q={{ request.url }}"})
	must(t, err)
	if _, err := r.SetLink(ctx, "test", alert.Link{Name: "x", Template: "javascript:alert(1)"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if _, err := r.Link(ctx, "other", l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	var data map[string]any
	must(t, json.Unmarshal([]byte(boom), &data))
	i := &item.Item{ID: 5, Counter: 3}
	for template, want := range map[string]string{
		l.Template: "https://logs.example/?q=https%3A%2F%2Fshop.example%2Fcart",
		"https://x.example/{{item.id}}/{{ item.counter_id }}/{{item.occurrence_id}}/{{item.project_id}}": "https://x.example/5/3/9/2",
		`https://x.example/?t={{ format_unix_timestamp("%Y-%m-%dT%H:%M:%S", timestamp - 300) }}`:         "https://x.example/?t=2025-11-24T15%3A55%3A00",
		`https://x.example/{{ body.trace.frames[0].filename }}/{{ custom["tier"] }}/{{custom.n}}`:        "https://x.example/app%2Fcart.py/gold/7",
		"https://x.example/{{ custom.gone }}":                                                            "",
	} {
		got, ok := alert.Link{Template: template}.Resolve(data, i, 2, 9, 1_764_000_000)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v, want %q", template, got, ok, want)
		}
	}
	must(t, r.RemoveLink(ctx, "test", l.ID))
	if err := r.RemoveLink(ctx, "test", l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}
