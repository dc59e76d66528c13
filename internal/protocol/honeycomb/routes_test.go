package honeycomb

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
)

// every path of the table with something in place of its variables.
func filled(path string) string { return regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "x") }

func TestOperations_EachIsServedOrNamesItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	seen := map[string]bool{}
	for family, all := range r.front.routes {
		for _, o := range all {
			if key := o.method + " " + o.path; seen[key] || seen[o.name] {
				t.Errorf("%s (%s) is there twice", key, o.name)
			} else {
				seen[key], seen[o.name] = true, true
			}
			if o.serve != nil || o.raw != nil {
				continue
			}
			status, h, body := r.do(o.method, filled(o.path), nil, []byte("{}"))
			kind, sign := problemJSON, `"type":"`+r.url+`/problems/not-implemented"`
			if strings.HasPrefix(family, "2/") {
				kind, sign = jsonAPI, `"status":"501","code":"not-implemented"`
			}
			if status != http.StatusNotImplemented || h.Get("Content-Type") != kind || !strings.Contains(body, o.name) || !strings.Contains(body, sign) {
				t.Errorf("%s %s: %d %s %s", o.method, o.path, status, h.Get("Content-Type"), body)
			}
		}
	}
	if n := len(operations()); n != 89+6+1 {
		t.Errorf("%d operations, the vendor describes 89, in an earlier edition 6 others, and 1 nowhere", n)
	}
	for _, resource := range handlers() {
		for name := range resource {
			if !seen[name] {
				t.Errorf("the handler %s has no operation", name)
			}
			if seen["handled "+name] {
				t.Errorf("%s has two handlers", name)
			}
			seen["handled "+name] = true
		}
	}
	for name := range rawHandlers() {
		if !seen[name] {
			t.Errorf("the handler %s has no operation", name)
		}
	}
}

func TestOperations_WantThePermissionTheyName(t *testing.T) {
	t.Parallel()
	for _, o := range operations() {
		if o.needs == anyKey {
			continue
		}
		if o.needs.granted(&auth.Principal{Kind: auth.Honeycomb}) {
			t.Errorf("%s is granted to a key without permissions", o.name)
		}
		all := &auth.Principal{Kind: auth.Honeycomb, Permissions: auth.AllPermissions()}
		all.Permissions.ManageKeys = true
		if !o.needs.granted(all) && o.needs != manageSignals {
			t.Errorf("%s needs %s, which no key has", o.name, o.needs)
		}
		all.Kind = auth.HoneycombIngest
		if o.needs.granted(all) && o.needs != sendEvents {
			t.Errorf("an ingest key may %s", o.name)
		}
	}
}

func TestAPI_AnswersWhatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, c := range []struct {
		method, path string
		status       int
		sign         string
	}{
		{http.MethodGet, "/1/nothing", 404, `"type":"` + r.url + `/problems/not-found"`},
		{http.MethodGet, "/1/", 404, `/problems/not-found"`},
		{http.MethodGet, "/2/nothing", 404, `"status":"404","code":"not-found"`},
		{http.MethodDelete, "/1/auth", 405, `/problems/method-not-allowed"`},
		{http.MethodPost, "/1/boards/", 501, "createBoard"},
		{http.MethodGet, "/1/boards//views", 404, "/problems/not-found"},
		{http.MethodGet, "/1/auth/", 401, `{"error":"unknown API key - check your credentials"}`},
		{http.MethodGet, "/2/auth", 401, `"status":"401","code":"unauthenticated/invalid-key","title":"invalid API key","source":{"header":"Authorization"}}]}`},
		{http.MethodOptions, "/1/auth", 204, ""},
	} {
		status, h, body := r.do(c.method, c.path, nil, nil)
		if status != c.status || !strings.Contains(body, c.sign) {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, body)
		}
		if status == 405 && h.Get("Allow") != "GET, OPTIONS" {
			t.Errorf("%s: allows %q", c.path, h.Get("Allow"))
		}
	}
	for _, probe := range []string{"/alive", "/ready", "/version"} {
		if status, _, _ := r.do(http.MethodGet, probe, nil, nil); status != 200 {
			t.Errorf("%s: %d", probe, status)
		}
	}
}

// A key that open mode takes without knowing it has an id all the same: clients
// remember environments by it.
func TestAuth_NamesAKeyThatIsNotKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	if status, _, body := r.do(http.MethodGet, "/1/auth", map[string]string{"X-Honeycomb-Team": "abcdefghijklmnopqrstuv"}, nil); status != 200 || !strings.Contains(body, `{"id":"any","type":"configuration"`) {
		t.Errorf("%d %s", status, body)
	}
}

// Clients decode all that the vendor sends, also where the key is nobody's.
func TestV2Auth_OfAnyKeyInOpenModeIsWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	status, _, body := r.do(http.MethodGet, "/2/auth", map[string]string{"Authorization": "Bearer hcxmk_01:secret"}, nil)
	var answer map[string]any
	must(t, json.Unmarshal([]byte(body), &answer))
	data, _ := answer["data"].(map[string]any)
	attributes, _ := data["attributes"].(map[string]any)
	times, _ := attributes["timestamps"].(map[string]any)
	for _, name := range []string{"created", "updated"} {
		if at, _ := times[name].(string); at != testClock.UTC().Format(time.RFC3339Nano) {
			t.Errorf("%s is %q: %d %s", name, at, status, body)
		}
	}
	for name, want := range map[string]any{"name": "any key", "key_type": "management", "disabled": false} {
		if attributes[name] != want {
			t.Errorf("%s is %v: %s", name, attributes[name], body)
		}
	}
	if scopes, _ := attributes["scopes"].([]any); data["id"] != "any" || data["type"] != "api-keys" || len(scopes) == 0 {
		t.Errorf("%d %s", status, body)
	}
}

func TestV2Auth_IncludesTheTeam(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	key, secret, err := r.front.Keys.Create(t.Context(), auth.NewKey{Kind: auth.HoneycombManagement, Name: "terraform"})
	must(t, err)
	status, h, body := r.do(http.MethodGet, "/2/auth", map[string]string{"Authorization": "Bearer " + secret.Key}, nil)
	var answer struct {
		Data struct {
			ID, Type   string
			Attributes struct {
				Name    string
				KeyType string `json:"key_type"`
				Scopes  []string
				Times   struct{ Created time.Time } `json:"timestamps"`
			}
			Relationships struct {
				Team struct{ Data struct{ ID, Type string } }
			}
		}
		Included []struct {
			ID, Type   string
			Attributes struct{ Name, Slug string }
		}
	}
	must(t, json.Unmarshal([]byte(body), &answer))
	d := answer.Data
	if status != 200 || h.Get("Content-Type") != jsonAPI || d.ID != key.ID || d.Type != "api-keys" || d.Attributes.Name != "terraform" || d.Attributes.KeyType != "management" || !d.Attributes.Times.Created.Equal(testClock) {
		t.Errorf("%d %s", status, body)
	}
	if len(answer.Included) != 1 || answer.Included[0].ID != d.Relationships.Team.Data.ID || answer.Included[0].Type != "teams" || answer.Included[0].Attributes.Slug != "oriel" {
		t.Errorf("no team: %s", body)
	}
	// A key of the first API is none of the second.
	if status, _, _ := r.do(http.MethodGet, "/2/auth", map[string]string{"Authorization": "Bearer " + r.keys[auth.Honeycomb]}, nil); status != 401 {
		t.Errorf("a configuration key: %d", status)
	}
}

func TestCalls_AreCountedByKey(t *testing.T) {
	t.Parallel()
	var n callCount
	h := http.Header{}
	for range maxCalls {
		must(t, n.take(h, "a", testClock))
	}
	if got := h.Get("RateLimit"); got != "limit=6000, remaining=0, reset=60" {
		t.Errorf("RateLimit: %s", got)
	}
	must(t, n.take(h, "b", testClock))
	err := n.take(h, "a", testClock.Add(20*time.Second))
	if p := problemOf(err); p.status != 429 || p.kind != "rate-limited" || !strings.Contains(p.text, "Please try again after 2025-11-24T16:01:00Z.") {
		t.Errorf("%+v", p)
	}
	if h.Get("RateLimit") != "limit=6000, remaining=0, reset=40" || h.Get("RateLimit-Policy") != "6000;w=60" || h.Get("RateLimitPolicy") != "6000;w=60" {
		t.Errorf("%v", h)
	}
	must(t, n.take(h, "a", testClock.Add(time.Minute)))
}

// What GET /1/auth and GET /2/auth answer beside the good: 401 and 429, each in the
// form of its API.
func TestAuth_AnswersAsDocumented(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	_, management, err := r.front.Keys.Create(t.Context(), auth.NewKey{Kind: auth.HoneycombManagement})
	must(t, err)
	v1 := map[string]string{"X-Honeycomb-Team": r.keys[auth.Honeycomb]}
	v2 := map[string]string{"Authorization": "bearer " + management.Key}
	for range 2 {
		for path, header := range map[string]map[string]string{"/1/auth": v1, "/2/auth": v2} {
			if status, h, body := r.do(http.MethodGet, path, header, nil); status != 200 || !strings.HasPrefix(h.Get("RateLimit"), "limit=6000, remaining=") || h.Get("RateLimitPolicy") != "6000;w=60" {
				t.Errorf("%s: %d %v %s", path, status, h, body)
			}
		}
	}
	for name, header := range map[string]map[string]string{
		"no key": nil, "another scheme": {"Authorization": "Basic " + management.Key}, "a wrong secret": {"Authorization": "Bearer " + management.Key + "x"},
		"only the id": {"Authorization": "Bearer " + strings.Split(management.Key, ":")[0]}, "the key of the other API": v1,
	} {
		status, h, body := r.do(http.MethodGet, "/2/auth", header, nil)
		var answer apiErrors
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 401 || h.Get("Content-Type") != jsonAPI || len(answer.Errors) != 1 {
			t.Fatalf("%s: %d %s", name, status, body)
		}
		if e := answer.Errors[0]; e.ID == "" || e.Code != "unauthenticated/invalid-key" || e.Title != "invalid API key" || e.Status != "401" || e.Detail != "" || e.Source == nil || *e.Source != (apiErrorSource{Header: "Authorization"}) {
			t.Errorf("%s: %s", name, body)
		}
	}
	for name, header := range map[string]map[string]string{"no key": nil, "unknown key": {"X-Honeycomb-Team": "nobody"}, "the key of the other API": {"X-Honeycomb-Team": management.Key}} {
		if status, _, body := r.do(http.MethodGet, "/1/auth", header, nil); status != 401 || body != `{"error":"unknown API key - check your credentials"}`+"\n" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for key := range r.front.calls.made {
		r.front.calls.made[key] = maxCalls
	}
	const until = "Please try again after 2025-11-24T16:01:00Z. This API allows 6000 requests per minute and key."
	status, h, body := r.do(http.MethodGet, "/1/auth", v1, nil)
	want := `{"status":429,"type":"` + r.url + `/problems/rate-limited","title":"You have exceeded your rate limit.","error":"You have exceeded your rate limit.","detail":"` + until + `"}` + "\n"
	if status != 429 || h.Get("Retry-After") != "Mon, 24 Nov 2025 16:01:00 GMT" || h.Get("RateLimit") != "limit=6000, remaining=0, reset=60" || body != want {
		t.Errorf("%d %v\n%s\n%s", status, h, body, want)
	}
	status, _, body = r.do(http.MethodGet, "/2/auth", v2, nil)
	if status != 429 || !strings.Contains(body, `"status":"429","code":"rate-limited/may-retry","title":"request rate limit exceeded","detail":"`+until+`"}]}`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestOrigin_IsTheClients(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	_, _, body := r.do(http.MethodGet, "/1/nothing", map[string]string{"X-Forwarded-Proto": "https"}, nil)
	if want := `"type":"` + strings.Replace(r.url, "http:", "https:", 1) + `/problems/not-found"`; !strings.Contains(body, want) {
		t.Errorf("%s, want %s", body, want)
	}
}

// Bodies of calls may be packed, within the same bounds.
func TestCalls_MayBePacked(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	header := map[string]string{"X-Honeycomb-Team": r.keys[auth.Honeycomb], "Content-Encoding": "gzip"}
	good := pack(t, "gzip", []byte(`{"name":"packed"}`))
	for _, c := range []struct {
		name   string
		body   []byte
		status int
		answer string
	}{
		{"good", good, 201, `"slug":"packed"`},
		{"plain", []byte(`{"name":"packed"}`), 400, `"error":"invalid gzip data"`},
		{"cut", good[:len(good)-4], 400, `"error":"could not read request body"`},
		{"a bomb", bomb(t, gzipper, 100<<20), 413, "larger than maximum size of 100000 bytes"},
	} {
		if status, _, body := r.do(http.MethodPost, "/1/datasets", header, c.body); status != c.status || !strings.Contains(body, c.answer) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
}
