package honeycomb

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// unsupportedFamilies are the parts of Honeycomb's API that this version does not
// serve, by the first segments of their paths.
func unsupportedFamilies() map[string]string {
	return map[string]string{
		"/1/events": "sending events", "/1/batch": "sending batches of events", "/1/kinesis_events": "Kinesis delivery",
		"/1/datasets": "datasets", "/1/columns": "columns", "/1/dataset_definitions": "dataset definitions",
		"/1/derived_columns": "calculated fields", "/1/queries": "queries", "/1/query_results": "query results",
		"/1/query_annotations": "query annotations", "/1/boards": "boards", "/1/markers": "markers",
		"/1/marker_settings": "marker settings", "/1/triggers": "triggers", "/1/slos": "SLOs", "/1/burn_alerts": "burn alerts",
		"/1/recipients": "recipients", "/1/reporting": "reporting", "/1/maps": "service maps", "/1/signals": "anomaly signals",
		"/2/auth": "management keys", "/2/teams": "environments and API keys of a team",
	}
}

// serveUnsupported answers 501 for what Honeycomb has and we do not, 404 for what
// neither has, as problem details (RFC 7807), or as errors of JSON:API under /2/.
// A problem's type begins with the origin the client asked for: clients compare it.
func (f *Front) serveUnsupported(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	origin := scheme + "://" + r.Host
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	status, kind, title := http.StatusNotFound, "not-found", "The requested resource cannot be found."
	detail := "There is no " + r.Method + " " + r.URL.Path + " in this API."
	if len(parts) >= 2 {
		if what, ok := unsupportedFamilies()["/"+parts[0]+"/"+parts[1]]; ok {
			status, kind, title = http.StatusNotImplemented, "not-implemented", "This server does not serve this part of the API."
			detail = r.Method + " " + r.URL.Path + " (" + what + ") is not served by this version of Oriel."
		}
	}
	setCORS(w)
	if parts[0] == "2" {
		w.Header().Set("Content-Type", "application/vnd.api+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{ // the caller may have gone
			"status": strconv.Itoa(status), "code": kind, "title": title, "detail": detail,
		}}})
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the caller may have gone
		"status": status, "type": origin + "/problems/" + kind, "title": title, "error": detail, "detail": detail,
	})
}
