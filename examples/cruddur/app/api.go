package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/telemetry"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// api is one version of the backend.
type api struct {
	*database
	tel     *telemetry.Telemetry
	log     *slog.Logger
	tracer  trace.Tracer
	client  *http.Client
	version string
	check   string // base URL of the moderation
	jobs    chan<- job
	handler http.Handler
}

func newAPI(ctx context.Context, a *App, version, checkURL string) (*api, error) {
	tel, log, err := a.observe(ctx, "cruddur-backend", version)
	if err != nil {
		return nil, err
	}
	b := &api{
		database: a.db, tel: tel, log: log, tracer: tel.Tracer(), version: version, check: checkURL, jobs: a.worker.jobs,
		client: &http.Client{Transport: tel.Transport(nil), Timeout: 3 * time.Second},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health-check", func(w http.ResponseWriter, _ *http.Request) {
		b.answer(w, map[string]any{"success": true, "version": version})
	})
	for pattern, handle := range map[string]func(*http.Request, string) (any, error){
		"GET /api/activities/home":          b.home,
		"GET /api/activities/notifications": b.notifications,
		"GET /api/activities/search":        b.search,
		"GET /api/activities/user/{handle}": b.profile,
		"GET /api/activities/{uuid}":        b.activity,
		"POST /api/activities":              b.create,
		"POST /api/activities/{uuid}/reply": b.reply,
		"POST /api/activities/{uuid}/like":  b.like,
		"GET /api/messages/{handle}":        b.messages,
		"POST /api/messages":                b.send,
		"GET /api/users/{handle}/short":     b.short,
	} {
		mux.Handle(pattern, b.authorised(handle))
	}
	b.handler = tel.Handler(mux, telemetry.WithLogger(log))
	return b, nil
}

// failure is an answer that is not 200.
type failure struct {
	status  int
	message string
}

// Error implements error.
func (f *failure) Error() string { return f.message }

// authorised finds out who asks (a header, in place of a token), runs a handler and
// writes what it returns.
func (b *api) authorised(handle func(*http.Request, string) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := r.Header.Get("X-Cruddur-User")
		if who == "" {
			b.fail(w, r, &failure{http.StatusUnauthorized, "sign in first"})
			return
		}
		b.tel.SetPerson(r.Context(), telemetry.Person{ID: who, Username: who, Email: who + "@cruddur.example"})
		trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("app.user", who), attribute.String("app.version", b.version))
		out, err := handle(r, who)
		if err != nil {
			b.fail(w, r, err)
			return
		}
		b.answer(w, out)
	})
}

func (b *api) answer(w http.ResponseWriter, out any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the client is gone: nobody to tell
}

func (b *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, message := http.StatusInternalServerError, "something went wrong"
	if f, ok := errors.AsType[*failure](err); ok {
		status, message = f.status, f.message
	} else if errors.Is(err, sql.ErrNoRows) {
		status, message = http.StatusNotFound, "there is no such thing"
	}
	if status >= http.StatusInternalServerError {
		b.log.ErrorContext(r.Context(), "request failed", slog.Any("error", err), slog.String("route", r.Pattern))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": message})
}
