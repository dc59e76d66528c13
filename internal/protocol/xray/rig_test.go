package xray

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/sampling"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// rig is the front end over real rooms and the reference store. Its clock stands
// still unless a test moves it.
type rig struct {
	*Front
	t        *testing.T
	dir      string
	url      string
	store    *storetest.Recorder
	now      atomic.Int64 // Unix ms
	required bool         // keys are required
	daemon   bool         // requests come to the daemon's address

	client *http.Client
	stop   func()
}

func testClock() time.Time { return time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC) }

func newRig(t *testing.T) *rig {
	t.Helper()
	r := newClosedRig(t)
	r.open()
	return r
}

// newClosedRig is for tests that say how it is opened.
func newClosedRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), store: storetest.NewRecorder()}
	r.now.Store(testClock().UnixMilli())
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) clock() time.Time { return time.UnixMilli(r.now.Load()).UTC() }

// open starts the server on what is in its folder.
func (r *rig) open() {
	t, ctx := r.t, context.WithoutCancel(r.t.Context())
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := meta.Open(ctx, filepath.Join(r.dir, "meta.db"))
	must(t, err)
	keys, err := auth.Open(ctx, db, auth.Config{Dir: r.dir, AcceptAny: !r.required, Clock: r.clock, Log: log})
	must(t, err)
	sets, err := dataset.Open(ctx, db, dataset.Config{Data: r.store, Clock: r.clock, Log: log})
	must(t, err)
	door, err := ingest.Open(ctx, ingest.Config{Dir: filepath.Join(r.dir, "journal"), Store: r.store, Datasets: sets, Clock: r.clock, Log: log})
	must(t, err)
	rules, err := sampling.Open(ctx, db, sampling.Config{Clock: r.clock, Log: log})
	must(t, err)
	r.Front, err = New(ctx, protocol.Deps{
		Door: door, Querier: querier.New(querier.Config{Store: r.store, Clock: r.clock, Log: log, Calculated: sets.Calculated}), Keys: keys,
		Datasets: sets, Sampling: rules, Clock: r.clock, Log: log, Version: "test", Ready: door.Ready, NewID: func() string { return "REQUEST" },
	}, db)
	must(t, err)
	var handler http.Handler = r.Front
	if r.daemon {
		handler = Daemon(handler)
	}
	srv := httptest.NewServer(handler)
	r.url, r.client = srv.URL, srv.Client()
	r.stop = func() {
		srv.Close()
		must(t, r.Close(ctx))
		must(t, rules.Close(ctx))
		must(t, door.Close(ctx))
		must(t, sets.Close(ctx))
		must(t, keys.Close(ctx))
		must(t, db.Close())
	}
}

func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.open()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// object is a JSON object.
type object = map[string]any

// send calls a path and returns status and body. in is JSON text, or what becomes it.
func (r *rig) send(path string, in any) (int, string) {
	r.t.Helper()
	body, isText := in.(string)
	if !isText {
		raw, err := json.Marshal(in)
		must(r.t, err)
		body = string(raw)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	must(r.t, err)
	resp, err := r.client.Do(req)
	must(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	must(r.t, err)
	if resp.Header.Get("X-Amzn-Requestid") != "REQUEST" {
		r.t.Errorf("%s: no request id", path)
	}
	return resp.StatusCode, string(raw)
}

// ok calls an operation that must succeed.
func (r *rig) ok(path string, in any) object {
	r.t.Helper()
	status, body := r.send(path, in)
	if status != http.StatusOK {
		r.t.Fatalf("%s: %d %s", path, status, body)
	}
	var out object
	must(r.t, json.Unmarshal([]byte(body), &out))
	return out
}

// fails calls an operation that must fail with a status and code, and a message
// that holds a text.
func (r *rig) fails(status int, code, text, path string, in any) {
	r.t.Helper()
	got, body := r.send(path, in)
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || got != status || e.Type != code || !strings.Contains(e.Message, text) {
		r.t.Errorf("%s: %d %s, want %d %s %q", path, got, body, status, code, text)
	}
}
