// Package api is Oriel's own HTTP API: what the UI and the command line need
// and no vendor's API offers. The shapes are described in docs/api.md. Every
// question goes through the querier, all that comes in through the ingest door.
package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/pulse"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// Deps is what the API stands on. All of it must outlive the API.
type Deps struct {
	Querier   *querier.Querier
	Door      *ingest.Door
	Keys      *auth.Keys
	Datasets  *dataset.Registry
	Workspace *workspace.Library
	Items     *item.Items
	Alerts    *alert.Alerts
	Intake    Intake
	Symbols   *symbol.Store
	Sampling  *sampling.Sampler
	Sample    Sample
	Meta      *meta.DB
	Clock     func() time.Time
	Log       *slog.Logger
	Open      bool // any key is taken
	Version   string
	// Groups are the groups of traces of an environment that expressions may name; may be nil.
	Groups func(ctx context.Context, environment string) ([]xrayfilter.Group, error)
	// Kept is the time, Unix ns, from which on rows of a dataset are kept, as it is now;
	// before all times if they are kept for ever. Nil keeps everything.
	Kept func(environment, dataset string) int64
	// Pointer reads the @ptr of a line of CloudWatch Logs; may be nil.
	Pointer func(text string) (dataset string, at store.Position, ok bool)
	// Endpoints are the bound addresses, by the names of the ready line.
	Endpoints func() map[string]string
	// Doors serves requests of all vendors' protocols as they come over the wire:
	// test events go through them.
	Doors http.Handler
}

// API serves everything under /api/.
type API struct {
	Deps
	prefs   *preferences
	undo    undoable
	maps    chan struct{} // held while a source map is taken: one is in memory at a time
	made    madeKeys
	closing chan struct{}
	pulse   *pulse.Pulse
	repeats repeats
	mux     *http.ServeMux
}

// New prepares the API's own table and routes.
func New(ctx context.Context, deps Deps) (*API, error) {
	prefs, err := openPreferences(ctx, deps.Meta)
	if err != nil {
		return nil, err
	}
	a := &API{Deps: deps, prefs: prefs, undo: undoable{steps: map[string]step{}}, maps: make(chan struct{}, 1), made: madeKeys{keys: map[madeFor]madeKey{}}, repeats: repeats{seen: map[operationKey]repeated{}}, closing: make(chan struct{}), mux: http.NewServeMux()}
	a.pulse = pulse.New(pulse.Config{Source: a.Querier, Clock: a.Clock, Log: a.Log})
	for _, r := range a.routes() {
		a.mux.Handle(r.pattern, a.serve(a.guard(r)))
	}
	a.mux.Handle("/api/", a.serve(func(_ http.ResponseWriter, r *http.Request) error {
		return fault.New(fault.NotFound, "%s %s is not part of the API; docs/api.md lists what is", r.Method, r.URL.Path)
	}))
	return a, nil
}

// Close ends the streams, so that a graceful stop need not wait for them, and what
// is done in the background.
func (a *API) Close() {
	close(a.closing)
	a.pulse.Close()
}

// ServeHTTP serves one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// access is what a caller must be allowed to do.
type access uint8

const (
	anyone access = iota // signing in
	reader               // may run queries
	sender               // may send events
	editor               // may change what others see: items, rules, settings
)

type route struct {
	pattern string
	access  access
	handler handler
}

func (a *API) routes() []route {
	return append(a.errorRoutes(), []route{
		{"POST /api/session", anyone, a.signIn},
		{"DELETE /api/session", anyone, a.signOut},
		{"GET /api/start", reader, a.start},
		{"GET /api/setup", reader, a.setup},
		{"POST /api/setup", sender, a.setupWithKey},
		{"GET /api/watch", reader, a.watch},
		{"POST /api/test-event", sender, a.testEvent},
		{"POST /api/query", reader, a.query},
		{"POST /api/query/parse", reader, a.parseQuery},
		{"POST /api/logs/parse", reader, a.parseLogText},
		{"POST /api/logs/patterns", reader, a.logPatterns},
		{"POST /api/insights", reader, a.insights},
		{"GET /api/insights/complete", reader, a.insightsHelp},
		{"POST /api/errors/rql", reader, a.runRQL},
		{"POST /api/errors/rql/check", reader, a.checkRQL},
		{"POST /api/errors/rql/export", reader, a.exportRQL},
		{"GET /api/errors/rql/complete", reader, a.rqlHelp},
		{"GET /api/errors/sourcemaps", reader, a.sourceMaps},
		{"POST /api/errors/sourcemaps", editor, a.uploadSourceMap},
		{"POST /api/errors/sourcemaps/test", reader, a.testSourceMap},
		{"DELETE /api/errors/sourcemaps/{id}", editor, a.deleteSourceMap},
		{"POST /api/bubbleup", reader, a.bubbleUp},
		{"POST /api/explore", reader, a.explore},
		{"POST /api/events", reader, a.events},
		{"POST /api/example", reader, a.example},
		{"GET /api/results/{id}", reader, a.result},
		{"GET /api/history", reader, a.history},
		{"POST /api/addresses", reader, a.keepAddress},
		{"GET /api/addresses/{id}", reader, a.address},
		{"GET /api/traces", reader, a.traces},
		{"GET /api/traces/groups", reader, a.traceGroups},
		{"GET /api/traces/latency", reader, a.traceLatency},
		{"GET /api/home", reader, a.home},
		{"GET /api/map", reader, a.serviceMap},
		{"GET /api/map/node", reader, a.mapOfNode},
		{"GET /api/map/edge", reader, a.mapOfEdge},
		{"POST /api/traces/analytics", reader, a.analytics},
		{"POST /api/traces/parse", reader, a.parseTraceFilter},
		{"GET /api/traces/complete", reader, a.traceFilterHelp},
		{"GET /api/volume", reader, a.volume},
		{"GET /api/trace/{id}", reader, a.trace},
		{"POST /api/trace/{id}/spans", reader, a.traceSpans},
		{"GET /api/trace/{id}/segments", reader, a.traceSegments},
		{"GET /api/trace/{id}/links", reader, a.traceLinks},
		{"GET /api/trace/{id}/match", reader, a.traceMatch},
		{"GET /api/trace/{id}/live", reader, a.traceLive},
		{"GET /api/peers", reader, a.peers},
		{"GET /api/fields", reader, a.fields},
		{"GET /api/values", reader, a.values},
		{"GET /api/find", reader, a.find},
		{"GET /api/tail", reader, a.tail},
		{"POST /api/assert", reader, a.assert},
		{"POST /api/sampling/dryrun", reader, a.samplingDryRun},
		{"GET /api/drops", reader, a.drops},
		{"GET /api/doctor", reader, a.doctor},
		{"GET /api/storage", reader, a.storage},
		{"GET /api/sample", reader, a.getSample},
		{"POST /api/sample", editor, a.loadSample},
		{"DELETE /api/sample", editor, a.removeSample},
		{"GET /api/prefs", reader, a.getPrefs},
		{"PUT /api/prefs", reader, a.putPrefs},
	}...)
}

type callerKey struct{}

// caller is who asks, and the environment of the question.
type caller struct {
	principal   *auth.Principal
	environment string
	key         string
}

func callerOf(r *http.Request) caller {
	c, _ := r.Context().Value(callerKey{}).(caller)
	return c
}

const keyCookie = "oriel_key"

// guard checks who calls and from where before the endpoint runs.
func (a *API) guard(rt route) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := a.checkOrigin(r); err != nil {
			return err
		}
		if rt.access == anyone {
			return rt.handler(w, r)
		}
		key := keyOf(r)
		p, err := a.Keys.Authenticate(r.Context(), auth.Sending, key)
		if err != nil {
			return err
		}
		if err := rt.access.check(p); err != nil {
			return err
		}
		c := caller{principal: p, environment: p.Environment, key: key}
		want := r.URL.Query().Get("env")
		settingUp := rt.access == sender || r.URL.Path == "/api/watch" // which is never about sample data
		switch {
		case settingUp && want == auth.Sample:
			want = ""
		case !settingUp && want == "" && a.onlySample(p):
			want = auth.Sample
		}
		if want != "" && want != p.Environment {
			if !a.knownEnvironment(want) || !a.Open && want != auth.Sample {
				return fault.New(fault.Denied, "environment %q is not one this key may see", want)
			}
			c.environment = want
		}
		return rt.handler(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	}
}

// check tells a caller whose key does not reach.
func (a access) check(p *auth.Principal) error {
	switch {
	case a == reader && !p.Permissions.RunQueries:
		return fault.New(fault.Denied, "key %s may not run queries; use a key of kind honeycomb", p.KeyID)
	case a == sender && !p.Permissions.SendEvents:
		return fault.New(fault.Denied, "key %s may not send events", p.KeyID)
	case a == editor && (!p.Permissions.RunQueries || !p.Permissions.CreateDatasets):
		return fault.New(fault.Denied, "key %s may look at errors but not change them; use a key that may run queries and create datasets", p.KeyID)
	}
	return nil
}

// onlySample reports whether sample data is all that there is to see for a caller who
// names no environment and has none of their own.
func (a *API) onlySample(p *auth.Principal) bool {
	if _, ok := a.Keys.SampleEnvironment(); !ok || p.KeyID != "" {
		return false
	}
	return len(a.Datasets.List(p.Environment)) == 0
}

func (a *API) knownEnvironment(slug string) bool {
	for _, e := range a.Keys.Environments() {
		if e.Slug == slug {
			return true
		}
	}
	return false
}

func keyOf(r *http.Request) string {
	if k := r.Header.Get("X-Honeycomb-Team"); k != "" {
		return k
	}
	if k, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return k
	}
	if c, err := r.Cookie(keyCookie); err == nil {
		return c.Value
	}
	return ""
}

// checkOrigin keeps other web sites out. A browser says in Sec-Fetch-Site where
// a request comes from. In open mode, where there is no key to guess, the name
// the browser asked for must also be one of this machine: else a site could
// point its own name at a loopback address and read everything.
func (a *API) checkOrigin(r *http.Request) error {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
	default:
		return fault.New(fault.Denied, "the API answers its own pages only; this request came from another site")
	}
	if !a.Open || r.Header.Get("Sec-Fetch-Site") == "" {
		return nil
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil {
		return nil
	}
	return fault.New(fault.Denied, "in open mode the pages answer only to localhost and IP addresses, not to %q; require keys with --auth required to use a name", host)
}

func (a *API) environment(r *http.Request) string { return callerOf(r).environment }

// environments are those the caller may see.
func (a *API) environments(r *http.Request) []string {
	if !a.Open {
		slugs := []string{callerOf(r).principal.Environment}
		if _, ok := a.Keys.SampleEnvironment(); ok && slugs[0] != auth.Sample { // it is nobody's secret
			slugs = append(slugs, auth.Sample)
		}
		return slugs
	}
	var slugs []string
	for _, e := range a.Keys.Environments() {
		slugs = append(slugs, e.Slug)
	}
	return slugs
}

func (a *API) clock() time.Time { return a.Clock() }

// subscribe calls for rows as they come in; the channel ends with ctx.
func (a *API) subscribe(ctx context.Context, match func(event.Row) bool) (*ingest.Subscription, error) {
	const buffer = 2000
	return a.Door.Subscribe(ctx, buffer, match)
}
