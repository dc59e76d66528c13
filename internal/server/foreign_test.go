package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A sender of another protocol, and whoever set it up, is told which that is.
func TestForeignProtocols_AreNamed(t *testing.T) { //nolint:paralleltest // run starts a server with the customary ports off
	r := run(t, nil)
	for path, want := range map[string]string{
		"/api/v2/spans": "Zipkin's", "/api/traces?format=jaeger.thrift": "Jaeger's", "/loki/api/v1/push": "Loki's", "/api/4/envelope/": "Sentry's",
		"/v0.4/traces": "Datadog's", "/logs/_bulk": "Elasticsearch's", "/intake/v2/events": "Elastic APM's", "/somewhere": "nothing is taken at this address",
	} {
		status, answer := r.ask(http.MethodPost, path, "x")
		if status != http.StatusNotFound || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s, want %s", path, status, answer, want)
		}
	}
	entries, _ := r.door.Ledger().Watch(0)
	if len(entries) != 8 || entries[0].Refused.Remedy == "" || entries[0].Refused.Status != http.StatusNotFound {
		t.Errorf("%d entries, first %+v", len(entries), entries[0].Refused)
	}
	if status, answer := r.ask(http.MethodPost, "/api/nothing", "{}"); status != http.StatusNotFound || !strings.Contains(answer, "docs/api.md") {
		t.Errorf("of our own API: %d %s", status, answer)
	}
	if name, _ := nameForeign(foreigners(), httptest.NewRequest(http.MethodPost, "/api/1/item/", nil)); name != "" {
		t.Errorf("Rollbar's own path is called %s", name)
	}
	r.end()
}
