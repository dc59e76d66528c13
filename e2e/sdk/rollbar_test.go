package sdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// startRollbar starts a server that requires keys, and makes a token that may post.
func startRollbar(t *testing.T) (s *server, token string) {
	t.Helper()
	s = startWithKeys(t)
	return s, s.newKey("rollbar-write")
}

func (s *server) rollbarEnv(token string) []string {
	return []string{"ROLLBAR_TOKEN=" + token, "ROLLBAR_ENDPOINT=" + s.url() + "/api/1/item/"}
}

// occurrence is a row with the payload that is kept of it.
type occurrence struct {
	arrived
	payload map[string]any
}

// occurrences waits for n of them, and returns them by title.
func (s *server) occurrences(n int) map[string]occurrence {
	s.t.Helper()
	out := map[string]occurrence{}
	for title, e := range s.events("errors", "error.title", n) {
		o := occurrence{arrived: e}
		text, _ := e.Fields["rollbar.payload"].(string)
		if err := json.Unmarshal([]byte(text), &o.payload); err != nil {
			s.t.Fatalf("%s: the payload %.200q: %v", title, text, err)
		}
		out[title] = o
	}
	return out
}

// at returns what lies at a path of names and numbers in the payload.
func (o occurrence) at(path ...any) any {
	var v any = o.payload
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step < 0 {
				step += len(list)
			}
			if step < 0 || step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// has compares fields; "*" is any value.
func (o occurrence) has(t *testing.T, want map[string]any) {
	t.Helper()
	for name, v := range want {
		if got := o.Fields[name]; got == nil && v != nil || v != "*" && fmt.Sprint(got) != fmt.Sprint(v) {
			t.Errorf("%v: %s is %#v, want %#v", o.Fields["error.title"], name, got, v)
		}
	}
}

func (o occurrence) holds(t *testing.T, want any, path ...any) {
	t.Helper()
	if got := o.at(path...); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v: %v is %#v, want %#v", o.Fields["error.title"], path, got, want)
	}
}

// storesNone looks for what must not be stored in all that is there.
func (s *server) storesNone(of map[string]occurrence, secrets ...string) {
	s.t.Helper()
	for title, o := range of {
		text := fmt.Sprint(o.Fields)
		for _, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				s.t.Errorf("%s: %q is stored: %s", title, secret, text[max(i-80, 0):min(i+80, len(text))])
			}
		}
	}
}

func TestRollbarPython_FlaskReportsItsExceptions(t *testing.T) {
	t.Parallel()
	s, token := startRollbar(t)
	s.program([]string{"ROLLBAR_TOKEN=" + token, "ROLLBAR_ENDPOINT=" + s.url() + "/api/1/"}, python(t), "python/rollbar_flask.py")
	got := s.occurrences(3)
	raised := got["ValueError: no such item: hat"]
	raised.has(t, map[string]any{
		"environment": "production", "level": "error", "language": "*", "framework": "flask", "code_version": "1.2.3", "person.id": "42",
		"request.method": "GET", "request.user_ip": "127.0.0.1", "trace.trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "trace.parent_id": "00f067aa0ba902b7",
		"body.trace_chain.0.exception.class": "ValueError", "body.trace_chain.1.exception.class": "KeyError", "exception.type": "ValueError",
		"error.culprit": "cart in rollbar_flask.py", "error.grouping": "default", "notifier.name": "pyrollbar",
	})
	raised.holds(t, `return cart[coupon]`, "body", "trace_chain", 1, "frames", -1, "code")
	if locals, _ := raised.at("body", "trace_chain", 1, "frames", -1, "locals").(map[string]any); locals["coupon"] == nil || strings.Contains(fmt.Sprint(locals), "hunter2") {
		t.Errorf("locals %v", locals)
	}
	got["the cache is cold"].has(t, map[string]any{"level": "warning", "body.message.body": "the cache is cold", "body.message.shard": 3})
	got["TypeError: caught"].has(t, map[string]any{"error.grouping": "client", "error.fingerprint": "own", "custom.queue": "mail"})
	s.storesNone(got, "hunter2", "Bearer abc", token)
}

func TestRollbarGo_MiddlewarePanicsAndErrors(t *testing.T) {
	t.Parallel()
	s, token := startRollbar(t)
	s.program(s.rollbarEnv(token), "go", "run", "./go/rollbar")
	got := s.occurrences(5)
	order := got["order: hat is out of stock"]
	order.has(t, map[string]any{
		"environment": "production", "level": "error", "language": "go", "platform": "linux", "framework": nil, "error.framework": "go", "code_version": "v2.0.1", "person.id": "7",
		"body.trace_chain.0.exception.class": "fmt.wrapError", "body.trace_chain.1.exception.class": "main.outOfStock", "custom.region": "eu-west-1",
		"trace.trace_id": "5759e988bd862e3fe1be46a994272793", "trace.parent_id": "53995c3f42cd8ad8", "request.method": "GET", "browser": "Firefox 127.0", "error.culprit": "main.order in rollbar/main.go",
	})
	if line, _ := order.at("body", "telemetry", 0, "body", "message").(string); !strings.HasSuffix(line, "about to serve\n") {
		t.Errorf("the log line before it is %q", line)
	}
	if url, _ := order.at("request", "url").(string); !strings.HasSuffix(url, "/order?password=[FILTERED]") {
		t.Errorf("url %q", url)
	}
	crashed := got["runtime error: index out of range [3] with length 0"]
	crashed.has(t, map[string]any{"level": "critical", "exception.type": "*", "custom.panic": true, "trace.trace_id": "5759e988bd862e3fe1be46a994272793"})
	got["plain"].has(t, map[string]any{"level": "error", "exception.type": "errors.errorString", "trace.trace_id": nil})
	got["deployed"].has(t, map[string]any{"level": "info", "custom.by": "ann"})
	got["shirt is out of stock"].has(t, map[string]any{"level": "critical", "exception.type": "main.outOfStock"})
	s.storesNone(got, "hunter2", token)
}

// Over its limit rollbar-go sends each item four times at once. The first of an
// error that was never seen gets through all the same, and nothing counts twice.
func TestRollbarGo_OverTheLimitOfItsToken(t *testing.T) {
	t.Parallel()
	s, token := startRollbar(t)
	account := s.newKey("rollbar-account")
	var projects struct {
		Result []struct{ ID int }
	}
	raw, _ := s.fetch("/api/1/projects?access_token=" + account)
	if err := json.Unmarshal(raw, &projects); err != nil || len(projects.Result) != 1 {
		t.Fatalf("%s: %v", raw, err)
	}
	limit := strings.NewReader("rate_limit_window_size=60&rate_limit_window_count=3")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, fmt.Sprintf("%s/api/1/project/%d/access_token/%s?access_token=%s", s.url(), projects.Result[0].ID, token, account), limit)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", resp.StatusCode, body, err)
	}
	s.program(append(s.rollbarEnv(token), "ROLLBAR_BURST=5"), "go", "run", "./go/rollbar")
	rows := map[string]float64{}
	for _, row := range s.ask("errors", "VISUALIZE COUNT WHERE error.title exists GROUP BY error.title LAST 1h") {
		rows[fmt.Sprint(row[0])], _ = row[1].(float64)
	}
	for title, want := range map[string]float64{"burst": 3, "new kind is out of stock": 1, "Your rate limit has been reached for access_token rollbar-write": 1} {
		if rows[title] != want {
			t.Errorf("%q is there %g times, want %g: %v", title, rows[title], want, rows)
		}
	}
	if metrics, _ := s.fetch("/metrics"); !strings.Contains(string(metrics), `oriel_refused_requests_total{protocol="rollbar",status="429"} 8`) {
		t.Error("not each of two items was refused four times")
	}
}

func TestRollbarNode_ErrorsMessagesAndCauses(t *testing.T) {
	t.Parallel()
	s, token := startRollbar(t)
	out := s.program(s.rollbarEnv(token), "node", "node/rollbar/app.cjs")
	if strings.TrimSpace(string(out)) != `["ok","ok","ok"]` {
		t.Errorf("the client says %s", out)
	}
	got := s.occurrences(3)
	caught := got["TypeError: Cannot read properties of undefined (reading 'length')"]
	caught.has(t, map[string]any{
		"environment": "production", "level": "error", "language": "javascript", "framework": "node-js", "error.framework": "node-js", "code_version": "3.1.4", "person.id": "9",
		"custom.queue": "mail", "trace.trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "trace.parent_id": "00f067aa0ba902b7", "error.culprit": "checkout in rollbar/app.cjs",
		"notifier.name": "node_rollbar", "server.host": "*",
	})
	caught.holds(t, "  return cart.items.length;", "body", "trace_chain", 0, "frames", -1, "code")
	got["stock is low"].has(t, map[string]any{"level": "warning", "custom.item": "hat"})
	got["Error: checkout failed"].has(t, map[string]any{"level": "critical", "body.trace_chain.1.exception.class": "RangeError"})
	s.storesNone(got, "hunter2", "token=abc", token)
}

// shop serves a page that reports to the server, which is of another origin.
func shop(t *testing.T, s *server, token, bundle string) *httptest.Server {
	t.Helper()
	page, err := os.ReadFile("node/rollbar/page.html")
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, strings.NewReplacer("TOKEN", token, "ORIGIN", s.url()).Replace(string(page)))
		case "/rollbar.js":
			http.ServeFile(w, r, "node/rollbar/node_modules/rollbar/dist/"+bundle)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

// browse opens a page and leaves the browser open until the test ends.
func browse(t *testing.T, url string) {
	t.Helper()
	path := os.Getenv("CHROMIUM_PATH")
	if path == "" {
		path = "chromium"
	}
	cmd := exec.CommandContext(t.Context(), path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--remote-debugging-port=0", url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
}

func TestRollbarBrowser_PageOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	s, token := startRollbar(t)
	browse(t, shop(t, s, token, "rollbar.umd.min.js").URL)
	got := s.occurrences(2)
	thrown := got["TypeError: Cannot read properties of undefined (reading 'length')"]
	thrown.has(t, map[string]any{
		"environment": "production", "level": "error", "platform": "browser", "framework": "browser-js", "error.framework": "browser-js", "person.id": "11", "code_version": "web-7",
		"browser": "*", "os": "Linux", "request.user_ip": "127.0.0.1", "notifier.name": "rollbar-browser-js", "session_id": "*",
	})
	thrown.holds(t, "buy", "body", "trace", "frames", -1, "method")
	if telemetry := fmt.Sprint(thrown.at("body", "telemetry")); !strings.Contains(telemetry, "click") {
		t.Errorf("telemetry %s", telemetry)
	}
	got["left the page"].has(t, map[string]any{"level": "info"})
	s.storesNone(got, token)
}

// What Cruddur's page loads is the file of the npm package.
func TestRollbarBrowser_CruddursCopyIsThePackages(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("node/rollbar/node_modules/rollbar/dist/rollbar.umd.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("../../examples/cruddur/web/static/vendor/rollbar.js"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("it differs, %v", err)
	}
}

// With the build that records, the session before the error is sent and can be played.
func TestRollbarBrowser_RecordsTheSession(t *testing.T) {
	t.Parallel()
	s, token := startRollbar(t)
	browse(t, shop(t, s, token, "rollbar.replay.umd.min.js").URL)
	thrown := s.occurrences(2)["TypeError: Cannot read properties of undefined (reading 'length')"]
	session, replay := thrown.Fields["session_id"], thrown.Fields["replay_id"]
	if session == nil || replay == nil {
		t.Fatalf("session %v, replay %v", session, replay)
	}
	path := fmt.Sprintf("/api/1/environment/production/session/%s/replay/%s?access_token=%s", session, replay, s.newKey("rollbar-read"))
	var answer struct {
		Err    int
		Result struct {
			Events []struct {
				Name  string
				RRWeb []struct{ Type int } `json:"rrweb_replay_events"`
			}
		}
	}
	types := map[int]bool{}
	for range 200 {
		if raw, status := s.fetch(path); status == http.StatusOK {
			if err := json.Unmarshal(raw, &answer); err != nil {
				t.Fatal(err)
			}
			for _, e := range answer.Result.Events {
				for _, r := range e.RRWeb {
					types[r.Type] = true
				}
			}
			if types[2] && types[4] {
				break
			}
		}
		time.Sleep(50 * time.Millisecond) // the client sends the recording after the error
	}
	if !types[2] || !types[4] { // the whole page, and where it is
		t.Errorf("the recording has events of the types %v", types)
	}
}

// fetch returns an answer whatever its status.
func (s *server) fetch(path string) ([]byte, int) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return raw, resp.StatusCode
}
