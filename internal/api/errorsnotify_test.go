package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
)

func TestNotifications_AreMadeChangedAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const path = "/api/errors/notifications"
	status, _, raw := b.do("POST", path+"/webhook/rules", "", `{"rule":{"trigger":"new_item","config":{"url":"https://hooks.example/one-long-secret"}}}`)
	if status != http.StatusOK || !strings.Contains(string(raw), `"id":1`) {
		t.Fatalf("%d %s", status, raw)
	}
	if status, _, raw := b.do("POST", path+"/webhook/rules", "", `{"id":1,"rule":{"trigger":"new_item","filters":[{"type":"level","operation":"gte","value":"error"}],"config":{"url":"https://hooks.example/one-long-secret"}}}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	if status, _, raw := b.do("POST", path+"/webhook/rules", "", `{"rule":{"trigger":"sometimes"}}`); status != http.StatusBadRequest || !strings.Contains(string(raw), "want one of new_item") {
		t.Errorf("%d %s", status, raw)
	}
	if status, _, raw := b.do("POST", path+"/pigeon/rules", "", `{"rule":{}}`); status != http.StatusNotFound || !strings.Contains(string(raw), "only slack, email") {
		t.Errorf("%d %s", status, raw)
	}
	_, looks, err := b.keys.Create(t.Context(), auth.NewKey{Kind: auth.Honeycomb, Permissions: &auth.Permissions{RunQueries: true}})
	b.must(err)
	if _, _, raw := b.do("GET", path, looks.Key, ""); strings.Contains(string(raw), "one-long-secret") || strings.Contains(string(raw), "signing_secret") || !strings.Contains(string(raw), `"may_edit":false`) {
		t.Errorf("who may only look sees secrets: %s", raw)
	}
	if _, _, raw := b.do("GET", path, "", ""); !strings.Contains(string(raw), "one-long-secret") || !strings.Contains(string(raw), "signing_secret") || !strings.Contains(string(raw), `"gte"`) {
		t.Errorf("%s", raw)
	}
	b.do("POST", path+"/webhook/rules/1/remove", "", `{}`)
	if _, _, raw := b.do("GET", path, "", ""); strings.Contains(string(raw), "one-long-secret") {
		t.Errorf("a removed rule is there: %s", raw)
	}
}

func TestSourceMaps_AreTakenAndTried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const test = "/api/errors/sourcemaps/test"
	const frame = `{"version":"1","file":"https://shop.example/app.min.js","line":1,"column":1}`
	if _, _, raw := b.do("POST", test, "", frame); !strings.Contains(string(raw), `"code":"no_source_map"`) {
		t.Errorf("without a map: %s", raw)
	}
	if status, _, raw := b.do("POST", "/api/errors/sourcemaps?version=1&minified_url=https://shop.example/app.min.js", "", `not a map`); status != http.StatusBadRequest {
		t.Errorf("no map was taken: %d %s", status, raw)
	}
	const text = `{"version":3,"sources":["cart.ts"],"sourcesContent":["add(1)"],"names":[],"mappings":"AAAA"}`
	if status, _, raw := b.do("POST", "/api/errors/sourcemaps?version=1&minified_url=https://shop.example/app.min.js", "", text); status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	if _, _, raw := b.do("POST", test, "", frame); !strings.Contains(string(raw), `"text":"add(1)"`) || !strings.Contains(string(raw), `"file":"cart.ts"`) {
		t.Errorf("%s", raw)
	}
}
