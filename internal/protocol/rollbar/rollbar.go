// Package rollbar speaks Rollbar's wire protocol, version 1 of its API: items as
// its SDKs post them, and the REST API that its clients and command lines read
// and change with. Its published documentation and clients are what we follow.
//
// The table of routes is in routes.go, with all paths of the API; what has no
// handler answers 501 in Rollbar's form and names itself. An endpoint is a file.
package rollbar

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// Front is the front end. It is safe for concurrent use.
type Front struct {
	protocol.Deps
	db     *meta.DB
	routes routes
	bodies *body.Budget
	host   string      // what this server is called in metadata
	cors   http.Header // of each answer; all share the values

	policies   *policies
	quotas     *quotas
	rejected   *rejections
	drops      *drops
	uuids      *uuids
	agents     agents
	jobs       *rqlJobs
	posts      sync.Pool // *post
	replays    replays
	team       *teams
	peopleJobs chan struct{} // there are jobs to run

	stop context.CancelFunc
	done chan struct{}
}

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// New prepares the tables and returns the front end. Close ends its background work.
func New(ctx context.Context, deps protocol.Deps, db *meta.DB) (*Front, error) {
	if err := db.Migrate(ctx, "rollbar", schema); err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "oriel"
	}
	f := &Front{
		Deps: deps, db: db, routes: newRoutes(), bodies: cmp.Or(deps.Bodies, body.NewBudget(0)), host: host, cors: corsHeaders(), done: make(chan struct{}),
		rejected: &rejections{db: db, clock: deps.Clock}, drops: &drops{db: db}, uuids: newUUIDs(),
		team: &teams{db: db}, peopleJobs: make(chan struct{}, 1),
	}
	if f.policies, err = openPolicies(ctx, db); err != nil {
		return nil, err
	}
	if f.quotas, err = openQuotas(ctx, db, deps.Clock); err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.stop = stop
	if f.jobs, err = openRQLJobs(background, db, deps.Clock, deps.Log, f.runRQL); err != nil {
		stop()
		return nil, err
	}
	go f.run(background)
	return f, nil
}

// Close ends the background work and writes what is not written yet.
func (f *Front) Close(ctx context.Context) error {
	f.stop()
	<-f.done
	f.jobs.running.Wait()
	return f.persist(ctx)
}

const persistEvery = 2 * time.Second

func (f *Front) run(ctx context.Context) {
	defer close(f.done)
	tick := time.NewTicker(persistEvery)
	defer tick.Stop()
	f.peopleJobs <- struct{}{} // those that the last process did not end
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err = f.persist(ctx)
		case <-f.peopleJobs:
			err = f.runJobs(ctx)
		}
		if err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "what Rollbar's front end keeps could not be written", slog.Any("error", err))
		}
	}
}

func (f *Front) persist(ctx context.Context) error {
	return errors.Join(f.quotas.persist(ctx), f.rejected.persist(ctx), f.drops.persist(ctx))
}

// root is what all paths of the API begin with.
const root = "/api/1"

// Handles implements protocol.Front.
func (f *Front) Handles(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, root)
	return ok && (rest == "" || rest[0] == '/')
}

// Sends implements protocol.Front. Pages of any site send items, and may read and
// change what they have a token for that we know: nothing that a browser adds by
// itself counts here. What is done in open mode with a token of nobody is none of that.
func (f *Front) Sends(r *http.Request) bool {
	if r.Method == http.MethodOptions {
		return true
	}
	found, _ := f.routes.find(r)
	if found != nil && found.sends() {
		return true
	}
	secret := headerToken(r)
	if secret == "" {
		secret = queryToken(r)
	}
	if secret == "" {
		return false
	}
	who, err := f.Keys.Authenticate(r.Context(), auth.Rollbar, secret)
	return err == nil && who.KeyID != ""
}

// Refuse answers a request that the server keeps from the front end.
func (f *Front) Refuse(w http.ResponseWriter, r *http.Request, why string) {
	maps.Copy(w.Header(), f.cors)
	f.fail(w, r, refuse(http.StatusForbidden, "%s", why))
}

// ServeHTTP implements http.Handler. A request that makes a handler panic is
// answered as our own fault; the others go on.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), f.cors)
	defer func() {
		if p := recover(); p != nil {
			f.panicked(w, r, p)
		}
	}()
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	found, methods := f.routes.find(r)
	switch {
	case found != nil:
		f.serve(w, r, found)
	case len(methods) == 0:
		f.fail(w, r, refuse(http.StatusNotFound, "Not found"))
	default:
		w.Header().Set("Allow", strings.Join(append(methods, http.MethodOptions), ", "))
		f.fail(w, r, refuse(http.StatusMethodNotAllowed, "Method not allowed: %s takes %s, not %s", r.URL.Path, strings.Join(methods, ", "), r.Method))
	}
}

func (f *Front) panicked(w http.ResponseWriter, r *http.Request, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // it is the very value that net/http looks for
		panic(p)
	}
	f.Log.ErrorContext(r.Context(), "a handler panicked", slog.String("path", r.URL.Path), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	f.fail(w, r, errors.New("a handler panicked"))
}
