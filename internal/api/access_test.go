package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
)

// A key that may only look may change nothing that others see.
func TestGuard_KeepsReadersFromChanging(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, looks, err := b.keys.Create(t.Context(), auth.NewKey{Kind: auth.Honeycomb, Permissions: &auth.Permissions{RunQueries: true}})
	b.must(err)
	changing := 0
	for _, r := range b.api.routes() {
		if r.access != editor {
			continue
		}
		changing++
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.NewReplacer("{id}", "1", "{kind}", "fingerprint", "{comment}", "1", "{channel}", "webhook", "{rule}", "1", "{delivery}", "1").Replace(path)
		if status, _, raw := b.do(method, path, looks.Key, "{}"); status != http.StatusForbidden || !strings.Contains(string(raw), "not change them") {
			t.Errorf("%s: %d %s", r.pattern, status, raw)
		}
	}
	if changing < 10 {
		t.Errorf("%d routes change things", changing)
	}
}
