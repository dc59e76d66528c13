// Package honeycomb speaks Honeycomb's data plane: OTLP over HTTP and gRPC with
// its keys, dataset routing and error bodies, /1/auth, and the probes that its
// proxy asks. Its published clients and translation library are what we follow.
// operations.go lists all of its API; what has no handler answers 501 in its form.
package honeycomb

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// Front is the front end. It is safe for concurrent use.
type Front struct {
	protocol.Deps
	bodies *bodies
	routes routes
	calls  callCount
	// problems counts those that were answered with an id.
	problems atomic.Uint64
	work     *work

	pictures chan struct{} // those that are drawn
}

// New returns the front end.
func New(deps protocol.Deps) *Front {
	return &Front{Deps: deps, bodies: newBodies(deps.Bodies), routes: newRoutes(), work: newWork(), pictures: make(chan struct{}, maxPictures)}
}

// signalPaths are OTLP's paths over HTTP and gRPC.
func signalPaths() map[string]otlp.Signal {
	return map[string]otlp.Signal{
		"/v1/traces": otlp.Traces, "/v1/logs": otlp.Logs, "/v1/metrics": otlp.Metrics,
		"/opentelemetry.proto.collector.trace.v1.TraceService/Export":     otlp.Traces,
		"/opentelemetry.proto.collector.logs.v1.LogsService/Export":       otlp.Logs,
		"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": otlp.Metrics,
	}
}

// Handles implements protocol.Front.
func (f *Front) Handles(r *http.Request) bool {
	path := r.URL.Path
	switch {
	case isGRPC(r):
		return true
	case strings.HasPrefix(path, "/v1/"), strings.HasPrefix(path, "/1/"), strings.HasPrefix(path, "/2/"):
		return true
	}
	_, link := resultLinkOf(r)
	return link || misplaced(r) || path == "/alive" || path == "/ready" || path == "/version"
}

// Sends implements protocol.Front: OTLP, events, whose key it is, and the probes.
func (f *Front) Sends(r *http.Request) bool {
	path := strings.TrimSuffix(r.URL.Path, "/")
	if _, isOTLP := signalPaths()[path]; isOTLP || isGRPC(r) || misplaced(r) || path == "/alive" || path == "/ready" || path == "/version" {
		return true
	}
	for _, o := range f.routes.find(segments(r.URL.EscapedPath())) {
		if (o.needs == sendEvents || o.path == "/1/auth") && (o.method == r.Method || r.Method == http.MethodOptions) {
			return true
		}
	}
	return false
}

// ServeHTTP implements http.Handler. A request that makes a handler panic is
// answered as our own fault; the others go on.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			f.panicked(w, r, p)
		}
	}()
	path := strings.TrimSuffix(r.URL.Path, "/")
	signal, isOTLP := signalPaths()[path]
	link, isLink := resultLinkOf(r)
	switch {
	case isGRPC(r):
		f.serveGRPC(w, r, signal, isOTLP)
	case isOTLP:
		f.serveOTLP(w, r, signal)
	case misplaced(r):
		f.serveMisplaced(w, r)
	case path == "/alive" || path == "/ready" || path == "/version":
		f.serveProbe(w, path)
	case isLink:
		f.serveResultLink(w, r, link)
	default:
		f.serveAPI(w, r)
	}
}

// panicked logs a panic and answers that the fault is ours, in what form there is left.
func (f *Front) panicked(w http.ResponseWriter, r *http.Request, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // it is the very value that net/http looks for
		panic(p)
	}
	f.Log.ErrorContext(r.Context(), "a handler panicked", slog.String("path", r.URL.Path), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	const message = "internal error"
	if isGRPC(r) {
		w.Header().Set("Grpc-Status", strconv.Itoa(grpcInternal))
		w.Header().Set("Grpc-Message", url.PathEscape(message))
		return
	}
	http.Error(w, message, http.StatusInternalServerError)
}

// serveProbe answers as Honeycomb's own proxy does.
func (f *Front) serveProbe(w http.ResponseWriter, path string) {
	status, body := http.StatusOK, `{"source":"oriel","alive":"yes"}`
	switch path {
	case "/ready":
		body = `{"source":"oriel","ready":"yes"}`
		if err := f.Ready(); err != nil {
			status, body = http.StatusServiceUnavailable, `{"source":"oriel","ready":"no"}`
		}
	case "/version":
		body = `{"source":"oriel","version":"` + f.Version + `"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the prober may have gone
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}

// setCORS lets pages of any site send: a browser has no other way, and the key
// is in a header that a page must know to set.
func setCORS(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, RateLimit, RateLimit-Policy, Retry-After")
	h.Set("Access-Control-Max-Age", "86400")
}

func preflight(w http.ResponseWriter, methods string) {
	setCORS(w)
	w.Header().Set("Access-Control-Allow-Methods", methods)
	w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type, content-encoding, x-honeycomb-team, x-honeycomb-dataset, x-honeycomb-event-time, x-honeycomb-samplerate, x-hny-team, traceparent, tracestate, baggage, user-agent, x-otlp-version")
	w.WriteHeader(http.StatusNoContent)
}
