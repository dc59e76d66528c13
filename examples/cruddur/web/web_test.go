package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/examples/cruddur/web"
)

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d", path, w.Code)
	}
	return w
}

// The environment of the server says where the page reports to, and the page may
// connect to nobody else.
func TestHandler_TellsThePageWhereToReport(t *testing.T) {
	t.Parallel()
	c := web.FromEnvironment(func(name string) string {
		return map[string]string{
			"HONEYCOMB_API_ENDPOINT": "http://oriel:6743/", "HONEYCOMB_BROWSER_ENDPOINT": "http://127.0.0.1:6743", "HONEYCOMB_BROWSER_KEY": "spans",
			"ROLLBAR_ENDPOINT": "http://127.0.0.1:6743/api/1/", "ROLLBAR_CLIENT_TOKEN": "errors", "ROLLBAR_ACCESS_TOKEN": "of the backend", "HONEYCOMB_API_KEY": "of the backend",
		}[name]
	})
	h, err := web.Handler(c, []string{"ada"})
	if err != nil {
		t.Fatal(err)
	}
	w := get(t, h, "/config.json")
	var got struct {
		People        []string
		Spans, Errors struct{ URL, Key string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Spans.URL != "http://127.0.0.1:6743/v1/traces" || got.Spans.Key != "spans" || got.Errors.URL != "http://127.0.0.1:6743/api/1/item/" || got.Errors.Key != "errors" || len(got.People) != 1 {
		t.Errorf("%+v", got)
	}
	if strings.Contains(w.Body.String(), "backend") {
		t.Errorf("the page is told the backend's keys: %s", w.Body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' http://127.0.0.1:6743 http://127.0.0.1:6743;") {
		t.Errorf("the policy is %q", policy)
	}
}

func TestHandler_WithoutKeysReportsNowhere(t *testing.T) {
	t.Parallel()
	h, err := web.Handler(web.FromEnvironment(func(string) string { return "" }), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := get(t, h, "/config.json")
	if body := w.Body.String(); strings.Contains(body, "spans") || strings.Contains(body, "errors") {
		t.Errorf("%s", body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self';") {
		t.Errorf("the policy is %q", policy)
	}
	for _, path := range []string{"/", "/app.js", "/telemetry.js", "/style.css", "/vendor/rollbar.js"} {
		if get(t, h, path).Body.Len() == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}
