package rollbar

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/golden"
)

var _ = golden.Flag() //nolint:gochecknoglobals // flags are

// The whole API is listed in a file that is reviewed: what a path needs, and
// whether it is served.
func TestRoutes_AreThoseOfTheList(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	names := map[string]bool{}
	served := map[string]bool{}
	for _, endpoint := range handlers() {
		for name := range endpoint {
			served[name] = true
		}
	}
	for name := range rawHandlers() {
		served[name] = true
	}
	for _, r := range table() {
		names[r.name] = true
		state := "unserved"
		if served[r.name] {
			state = "served"
		}
		fmt.Fprintf(&list, "%-6s %-70s %-26s %-8s %s\n", r.method, r.path, r.name, state, strings.Join(r.needs.names(), "|"))
	}
	for _, name := range slices.Sorted(maps.Keys(served)) {
		if !names[name] {
			t.Errorf("the handler %s has no row in the table", name)
		}
	}
	golden.Check(t, "testdata/routes.txt", list.String())
}

// Every path answers with and without a slash at its end, without a redirect,
// readable by pages of any site.
func TestRoutes_AnswerWithAndWithoutSlash(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, row := range table() {
		path := root + strings.NewReplacer("{", "", "}", "").Replace(row.path)
		for _, path := range []string{path, path + "/"} {
			a := r.do(row.method, path, nil, "Origin", "https://shop.example")
			if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed || a.status/100 == 3 {
				t.Errorf("%s %s: %d %s", row.method, path, a.status, a.body)
			}
			if row.needs != 0 && row.serve == nil && a.status != http.StatusUnauthorized && a.status != http.StatusNotImplemented {
				t.Errorf("%s %s without a token: %d %s", row.method, path, a.status, a.body)
			}
			if a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Rollbar-Replay-Enabled") {
				t.Errorf("%s %s: no CORS: %v", row.method, path, a.header)
			}
		}
	}
}

func TestRoutes_UnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	f := func(method, path string, status int, message string) {
		t.Helper()
		a := r.do(method, path, nil)
		var body struct {
			Err     int    `json:"err"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != status || body.Err != 1 || !strings.HasPrefix(body.Message, message) {
			t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s %s: %v", method, path, a.header)
		}
	}
	f("GET", "/api/1/nothing", 404, "Not found")
	f("GET", "/api/1", 404, "Not found")
	f("GET", "/api/1/", 404, "Not found")
	f("GET", "/api/1/item//instances", 404, "Not found")
	f("GET", "/api/1/rql/job/1/result/more", 404, "Not found")
	f("DELETE", "/api/1/deploys/", 405, "Method not allowed")
	f("PUT", "/api/1/item", 405, "Method not allowed")
}

func TestPing(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, path := range []string{"/api/1/status/ping", "/api/1/status/ping/"} {
		if a := r.do("GET", path, nil); a.status != http.StatusOK || a.body != "pong" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %q %v", path, a.status, a.body, a.header)
		}
	}
}

// A preflight is allowed what it asks for, whatever that is, and on any path: a
// page that may not know the answer's status could not tell what is wrong.
func TestPreflight_AllowsWhatIsAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, path := range []string{"/api/1/item/", "/api/1/item", "/api/1/session/", "/api/1/projects", "/api/1/nothing"} {
		const asked = "content-type,signal,x-rollbar-access-token"
		a := r.do("OPTIONS", path, nil, "Origin", "https://shop.example", "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", asked, "Access-Control-Request-Private-Network", "true")
		if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Headers") != asked || a.header.Get("Access-Control-Allow-Origin") != "*" ||
			a.header.Get("Access-Control-Max-Age") != "86400" || a.header.Get("Access-Control-Allow-Private-Network") != "true" ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
}

func TestTokens_PlacesKindsAndScopes(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	f := func(method, path string, body any, status int, message string, headers ...string) {
		t.Helper()
		a := r.do(method, path, body, headers...)
		if a.status != status || !strings.Contains(a.message(), message) {
			t.Errorf("%s %s: %d %s, want %d %q", method, path, a.status, a.body, status, message)
		}
	}
	readKey, writeKey, accountKey := r.keys[auth.RollbarRead], r.keys[auth.RollbarWrite], r.keys[auth.RollbarAccount]
	const unknown = "0123456789abcdef0123456789abcdef"
	f("GET", "/api/1/invites", nil, 401, "missing access token")
	f("GET", "/api/1/invites", nil, 403, "access token not found: 0123…", tokenHeader, unknown)
	f("GET", "/api/1/invites", nil, 403, "an account access token is required but the access token only has read", tokenHeader, readKey)
	f("GET", "/api/1/rql/jobs", nil, 403, "a project access token with the scope read is required", tokenHeader, accountKey)
	f("GET", "/api/1/rql/jobs", nil, 403, "read scope is required but the access token only has post_server_item, post_client_item", tokenHeader, writeKey)
	f("PATCH", "/api/1/item/1", nil, 403, "write scope is required but the access token only has read", tokenHeader, readKey)

	// Places, and which of them is first.
	const path = "/api/1/people/delete_jobs" // a post that the account may do
	wrong := "?access_token=" + unknown
	f("POST", path+"?access_token="+readKey, nil, 403, "only has read")
	f("POST", path+wrong, `{"access_token":"`+readKey+`"}`, 403, "only has read")
	f("POST", path+wrong, " \ufeff\n"+`{"access_token":" `+readKey+` "}`, 403, "only has read", "Content-Type", "application/x-www-form-urlencoded")
	f("POST", path+wrong, "access_token="+readKey, 403, "only has read", "Content-Type", "application/x-www-form-urlencoded")
	f("POST", path, `{"access_token":"`+unknown+`"}`, 403, "only has read", "x-rollbar-ACCESS-token", " "+readKey+" ")
	parts := "--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n" + readKey + "\r\n--b--\r\n"
	f("POST", path, parts, 403, "only has read", "Content-Type", "multipart/form-data; boundary=b")
	f("POST", path, "--b", 400, "could not decode body", "Content-Type", "multipart/form-data")

	must(t, r.front.Keys.Disable(t.Context(), r.ids[auth.RollbarRead], true))
	f("GET", "/api/1/rql/jobs", nil, 403, "access token is disabled", tokenHeader, readKey)
}

// In open mode any token is taken, also to read: a page of another site must not
// be able to do that in its visitor's browser, if no one has given it a token.
func TestOpenMode_PagesOfOtherSitesNeedATokenThatIsKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	const anyToken = "0123456789abcdef0123456789abcdef"
	f := func(want bool, headers ...string) {
		t.Helper()
		a := r.do("GET", "/api/1/invites", nil, headers...)
		if refused := a.status == http.StatusForbidden; refused == want || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%v: %d %s", headers, a.status, a.body)
		}
	}
	f(true, tokenHeader, anyToken)
	f(true, tokenHeader, anyToken, "Origin", "http://example.com", "Sec-Fetch-Site", "same-origin")
	f(true, tokenHeader, anyToken, "Origin", "http://example.com") // the test's own host
	f(false, tokenHeader, anyToken, "Origin", "https://shop.example")
	f(false, tokenHeader, anyToken, "Sec-Fetch-Site", "cross-site")
	f(true, tokenHeader, r.keys[auth.RollbarAccount], "Origin", "https://shop.example")

	sends := func(want bool, method, path string, headers ...string) {
		t.Helper()
		req := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		if got := r.front.Sends(req); got != want {
			t.Errorf("%s %s %v: Sends is %v", method, path, headers, got)
		}
	}
	sends(true, "POST", "/api/1/item")
	sends(true, "OPTIONS", "/api/1/projects")
	sends(true, "GET", "/api/1/status/ping")
	sends(false, "GET", "/api/1/items", tokenHeader, anyToken)
	sends(false, "GET", "/api/1/items")
	sends(false, "PATCH", "/api/1/item/1")
	sends(true, "GET", "/api/1/items", tokenHeader, r.keys[auth.RollbarRead])
	sends(true, "GET", "/api/1/items?access_token="+r.keys[auth.RollbarRead])
}
