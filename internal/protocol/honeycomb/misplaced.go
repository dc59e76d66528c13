package honeycomb

import (
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// misplaced reports whether a request is OTLP that went to no address of OTLP's:
// an exporter's address lacks the path, or has it twice.
func misplaced(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	if _, known := signalPaths()[path]; known || strings.HasPrefix(path, "/1/") || strings.HasPrefix(path, "/2/") || strings.HasPrefix(path, "/api/") {
		return false // those answer for themselves
	}
	switch contentTypeOf(r) {
	case "application/protobuf", "application/x-protobuf":
		return true
	case "application/json":
		return path == "" || strings.HasPrefix(path, "/v1/")
	}
	return false
}

// serveMisplaced says where OTLP is taken, to the exporter and at the set-up page.
func (f *Front) serveMisplaced(w http.ResponseWriter, r *http.Request) {
	setCORS(w)
	kind := contentTypeOf(r)
	e := &export{json: kind == "application/json", protocol: "otlp_http", key: keyOf(r.Header), request: r}
	path := strings.TrimSuffix(r.URL.Path, "/")
	err := fault.New(fault.NotFound, "OTLP is taken at /v1/traces, /v1/logs and /v1/metrics, not at %.200s", r.URL.Path)
	switch {
	case strings.Contains(path, "/v1development/profiles"):
		err = fault.New(fault.NotFound, "this version of Oriel does not take OTLP profiles (%.200s)", r.URL.Path)
	case strings.Count(path, "/v1/") > 1:
		err = fault.New(fault.NotFound, "OTLP is taken at /v1/traces, /v1/logs and /v1/metrics; %.200s has the path twice", r.URL.Path)
	}
	f.note(e, http.StatusNotFound, err)
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(encodeStatus(e.json, 0, fault.MessageOf(err))) // the sender may have gone
}
