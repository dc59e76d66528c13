package rollbar

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
)

func TestLimit_WindowsOfATokenAndTheFirstOfEachError(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	must(t, r.front.quotas.set(t.Context(), r.ids[auth.RollbarWrite], tokenSettings{WindowSize: 300 * time.Second, WindowCount: 3}))
	text := func(s string) string { return `{"data":{"environment":"e","body":{"message":{"body":"` + s + `"}}}}` }
	for i := range 3 {
		a := r.post(text("known"))
		if a.status != 200 || a.header.Get("X-Rate-Limit-Limit") != "3" || a.header.Get("X-Rate-Limit-Remaining") != fmt.Sprint(2-i) ||
			a.header.Get("X-Rate-Limit-Remaining-Seconds") != "300" || a.header.Get("X-Rate-Limit-Reset") != fmt.Sprint(r.clock.Now().Unix()+300) {
			t.Fatalf("post %d: %d %v", i, a.status, a.header)
		}
	}
	r.store.take()
	a := r.post(text("known"))
	if a.status != 429 || a.message() != "rate limit exceeded" || a.header.Get("X-Rate-Limit-Remaining") != "0" || a.header.Get("Retry-After") == "" || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("over the limit: %d %s %v", a.status, a.body, a.header)
	}
	rows := r.store.take()
	if len(rows) != 1 || rows[0].Get(event.FieldErrorTitle).Str() != "Your rate limit has been reached for access_token rollbar-write" || rows[0].Get(event.FieldErrorFramework).Str() != "rollbar-system" {
		t.Fatalf("%d rows tell of the limit", len(rows))
	}
	if a := r.post(text("never seen")); a.status != 200 {
		t.Errorf("the first of an unseen error over the limit: %d %s", a.status, a.body)
	}
	if a := r.post(text("never seen")); a.status != 429 {
		t.Errorf("the second: %d %s", a.status, a.body)
	}
	if n := len(r.store.take()); n != 1 {
		t.Errorf("%d rows over the limit", n)
	}
	item, err := r.front.Items.ByCounter("test", 1)
	must(t, err)
	dropped, err := r.front.DroppedByLimit(t.Context(), "test", "e", []string{item.Fingerprint}, 0)
	must(t, err)
	if dropped != 1 {
		t.Errorf("%d are dropped of the known item", dropped)
	}
	// Only so many are looked at: the rest ends before it is read.
	for range 2 * shareBurst {
		r.post(text("known"))
	}
	if a := r.post(text("unseen, too")); a.status != 429 {
		t.Errorf("beyond the share: %d", a.status)
	}
	// The window is kept over a restart, and ends.
	r.stop()
	r.start()
	if a := r.post(text("known")); a.status != 429 {
		t.Errorf("after a restart: %d", a.status)
	}
	r.clock.advance(301 * time.Second)
	if a := r.post(text("known")); a.status != 200 {
		t.Errorf("in the next window: %d", a.status)
	}
	for _, s := range []tokenSettings{{WindowSize: 61 * time.Second, WindowCount: 1}, {WindowCount: 1}, {WindowCount: -1}} {
		if err := r.front.quotas.set(t.Context(), "x", s); err == nil {
			t.Errorf("%+v is taken", s)
		}
	}
	for _, size := range windowSizes() {
		must(t, r.front.quotas.set(t.Context(), "x", tokenSettings{WindowSize: time.Duration(size) * time.Second, WindowCount: 1}))
	}
	must(t, r.front.quotas.set(t.Context(), "x", tokenSettings{}))
}

// Over the limit of a token, a batch keeps what was within it.
func TestLimit_CountsElementsOfABatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	must(t, r.front.quotas.set(t.Context(), r.ids[auth.RollbarWrite], tokenSettings{WindowSize: time.Minute, WindowCount: 2}))
	one := message("")
	a := r.do("POST", "/api/1/item_batch", "["+one+","+one+","+one+"]", tokenHeader, r.keys[auth.RollbarWrite])
	if a.status != 200 || !strings.Contains(a.body, `"accepted":2`) || !strings.Contains(a.body, saysThrottled) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// What was refused is kept for a day with its reason, for who looks for it.
func TestRejected_AreKeptADay(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.post(`{"data":{"environment":"e","body":{},"custom":{"password":"hunter2"}}}`, "User-Agent", "old-sdk/1")
	r.do("POST", "/api/1/item/", message(""), tokenHeader, "0123456789abcdef0123456789abcdef")
	r.do("POST", "/api/1/item/", message(""))
	r.do("POST", "/api/1/item_batch", `[{"data":{"environment":"e","body":{}}},`+message("")+`]`, tokenHeader, r.keys[auth.RollbarWrite])
	list := func() []Rejected {
		t.Helper()
		list, err := r.front.Rejected(t.Context(), RejectedFilter{Environment: "test"})
		must(t, err)
		return list
	}
	f := func(when string) {
		t.Helper()
		got := list()
		if len(got) != 4 {
			t.Fatalf("%s: %d are listed", when, len(got))
		}
		first := got[3]
		if first.Status != 422 || !strings.HasPrefix(first.Reason, "Invalid format. data.body must have either") || first.Environment != "test" || first.TokenName != "rollbar-write" ||
			first.UserAgent != "old-sdk/1" || first.Address != "192.0.2.1" || first.Remedy == "" || !strings.Contains(first.Payload, `"password":"[FILTERED]"`) || first.At != testStart {
			t.Errorf("%s: %+v", when, first)
		}
		if got[2].Status != 403 || got[2].Token != "0123…" || got[2].Environment != "" || got[1].Status != 401 || got[0].Status != 422 {
			t.Errorf("%s: %+v", when, got)
		}
	}
	f("at once")
	r.stop()
	r.start()
	f("after a restart")
	other, err := r.front.Rejected(t.Context(), RejectedFilter{Environment: "other"})
	must(t, err)
	if len(other) != 2 {
		t.Errorf("another environment sees %d", len(other))
	}
	if older, err := r.front.Rejected(t.Context(), RejectedFilter{Environment: "test", Before: list()[0].ID, Limit: 1}); err != nil || len(older) != 1 || older[0].Status != 401 {
		t.Errorf("the page after the first: %v %v", older, err)
	}
	r.clock.advance(25 * time.Hour)
	if n := len(list()); n != 0 {
		t.Errorf("after a day %d are listed", n)
	}
}

// Who is turned away by the thousand takes no more than a bound.
func TestRejected_AStormIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for range 3 * maxRejectedWait {
		r.post(`{}`)
	}
	list, err := r.front.Rejected(t.Context(), RejectedFilter{Environment: "test", Limit: 1000})
	must(t, err)
	kept := 0
	for _, one := range list {
		kept += 1 + one.More
	}
	if len(list) > maxRejectedWait || kept != 3*maxRejectedWait {
		t.Errorf("%d rows tell of %d posts", len(list), kept)
	}
}

func TestPostCSP_MakesAnItemOfEachDirectiveAndHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	path := "/api/1/csp?environment=staging&access_token=" + r.keys[auth.RollbarWrite]
	old := `{"csp-report":{"document-uri":"https://shop.example/cart","effective-directive":"img-src","blocked-uri":"https://cdn.evil.example/a.png","line-number":7}}`
	for _, body := range []string{old, `[{"type":"csp-violation","url":"x","user_agent":"UA","body":{"documentURL":"https://shop.example/","effectiveDirective":"img-src","blockedURL":"https://cdn.evil.example/b.png"}},{"type":"deprecation","body":{}}]`} {
		if a := r.do("POST", path, body, "Content-Type", "application/csp-report"); a.status != 200 || !strings.Contains(a.body, `"accepted":1`) {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	rows := r.store.take()
	if len(rows) != 2 || rows[0].Get(event.FieldErrorFingerprint).Str() != rows[1].Get(event.FieldErrorFingerprint).Str() ||
		rows[0].Get(event.FieldErrorTitle).Str() != "Content security policy: img-src blocked cdn.evil.example" || rows[0].Get("environment").Str() != "staging" ||
		!strings.HasPrefix(rows[0].Get("body.message.body").Str(), "Security Policy Violation: blockedURI: ") {
		t.Errorf("%d rows: %v", len(rows), kept(t, rows[0]))
	}
	if a := r.do("POST", path, `{"x":1}`); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A recording is kept as it was sent, in the order it came, with all digits of its times.
func TestSession_IsKeptReadAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	part := func(at, name string) string {
		return `{"resourceSpans":[{"resource":{"attributes":[{"key":"rollbar.environment","value":{"stringValue":"production"}}]},"scopeSpans":[{"scope":{"name":"rollbar-browser-js"},"spans":[
			{"name":"` + name + `","spanId":"s1","parentSpanId":"","kind":1,"startTimeUnixNano":` + at + `,"endTimeUnixNano":1764000000123456790,
			"attributes":[{"key":"session.id","value":{"stringValue":"sess"}},{"key":"client.address","value":{"stringValue":"$remote_ip"}}],
			"events":[{"name":"rrweb-replay-events","timeUnixNano":1764000000123456789,"attributes":[{"key":"eventType","value":{"intValue":"4"}},{"key":"json","value":{"stringValue":"{\"href\":\"https://shop.example/\"}"}}]},
			{"name":"rollbar-click-event","timeUnixNano":1764000000123456788,"attributes":[{"key":"type","value":{"stringValue":"click"}}]}]}]}]}]}`
	}
	send := func(path, body string) answer {
		return r.do("POST", path, body, tokenHeader, r.keys[auth.RollbarWrite], "X-Rollbar-Replay-Id", "aabbccddeeff0011")
	}
	for i, path := range []string{"/api/1/session/", "/api/1/session"} {
		if a := send(path, part(fmt.Sprintf("176400000012345678%d", i), "rrweb-replay-recording")); a.status != 200 || a.body != `{"err":0}` {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	r.stop()
	r.start()
	const path = "/api/1/environment/production/session/sess/replay/aabbccddeeff0011"
	a := r.do("GET", path, nil, tokenHeader, r.keys[auth.RollbarRead])
	var got struct {
		Err    int
		Result struct{ Events []replaySpan }
	}
	must(t, json.Unmarshal([]byte(a.body), &got))
	if a.status != 200 || len(got.Result.Events) != 2 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	e := got.Result.Events[1]
	if e.StartTime != "1764000000123456781" || e.Duration != 9 || e.SessionID != "sess" || e.Environment != "production" || len(e.RRWeb) != 1 || len(e.Timeline) != 1 ||
		e.RRWeb[0].Time != "1764000000123456789" || string(e.RRWeb[0].Type) != "4" || string(e.RRWeb[0].Data) != `{"href":"https://shop.example/"}` ||
		e.Timeline[0].Name != "rollbar-click-event" || string(e.Attributes[1].Value) != `"192.0.2.1"` {
		t.Errorf("%s", a.body)
	}
	if a := r.do("DELETE", path, nil, tokenHeader, r.keys[auth.RollbarRead]); a.status != 403 {
		t.Errorf("deleted by a token that reads: %d", a.status)
	}
	must(t, r.front.quotas.set(t.Context(), r.ids[auth.RollbarWrite], tokenSettings{Scopes: posts | write}))
	if a := r.do("DELETE", path, nil, tokenHeader, r.keys[auth.RollbarWrite]); a.status != 200 {
		t.Errorf("deleted: %d %s", a.status, a.body)
	}
	if a := r.do("GET", path, nil, tokenHeader, r.keys[auth.RollbarRead]); a.status != 404 {
		t.Errorf("after that: %d %s", a.status, a.body)
	}
	for _, bad := range []string{`[]`, `7`, `{"resourceSpans":`, ``} {
		if a := send("/api/1/session", bad); a.status != 400 && a.status != 422 {
			t.Errorf("%q: %d %s", bad, a.status, a.body)
		}
	}
}
