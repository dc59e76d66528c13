package cloudwatch

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
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// rig is the front end over real rooms and the reference store, in open mode. Its
// clock stands still unless a test moves it.
type rig struct {
	*Front
	t     *testing.T
	dir   string
	url   string
	store *recorder
	now   atomic.Int64 // Unix ms

	client  *http.Client // of its own: closing another server cuts those of the default one
	private bool         // deliver to private addresses
	stop    func()
}

// recorder is a store that also tells of queries.
type recorder struct {
	*storetest.Recorder
	running func(q *query.Query, opts store.Options) // called before a query is run; nil for nothing
}

func (r *recorder) Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error) {
	if r.running != nil {
		r.running(q, opts)
	}
	return r.Recorder.Run(ctx, q, opts)
}

func testClock() time.Time { return time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC) }

const testRegion = "eu-central-1"

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), store: &recorder{Recorder: storetest.NewRecorder()}}
	r.now.Store(testClock().UnixMilli())
	r.open()
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
	keys, err := auth.Open(ctx, db, auth.Config{Dir: r.dir, AcceptAny: true, Clock: r.clock, Log: log})
	must(t, err)
	sets, err := dataset.Open(ctx, db, dataset.Config{Data: r.store, Clock: r.clock, Log: log})
	must(t, err)
	groups, err := OpenGroups(ctx, db, GroupsConfig{Datasets: sets, Clock: r.clock, Log: log, Exports: filepath.Join(r.dir, "exports")})
	must(t, err)
	door, err := ingest.Open(ctx, ingest.Config{
		Dir: filepath.Join(r.dir, "journal"), Store: r.store, Datasets: sets, Clock: r.clock, Log: log, Followers: []ingest.Follower{groups},
	})
	must(t, err)
	shelf, err := workspace.Open(ctx, db, workspace.Config{Clock: r.clock, Log: log})
	must(t, err)
	r.Front, err = New(ctx, protocol.Deps{
		Door: door, Querier: querier.New(querier.Config{Store: r.store, Clock: r.clock, Log: log, Calculated: sets.Calculated}), Keys: keys,
		Datasets: sets, Workspace: shelf, Clock: r.clock, Log: log, Version: "test", CreateLogGroups: "otlp", Ready: door.Ready, NewID: func() string { return "REQUEST" },
		PrivateDestinations: r.private,
	}, groups)
	must(t, err)
	srv := httptest.NewServer(r.Front)
	r.url, r.client = srv.URL, srv.Client()
	r.stop = func() {
		srv.Close()
		must(t, r.Close(ctx))
		must(t, door.Close(ctx))
		must(t, groups.Close(ctx))
		shelf.Close()
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

// send calls an operation and returns status and body. in is JSON text, or what becomes it.
func (r *rig) send(operation string, in any) (int, string) {
	r.t.Helper()
	body, isText := in.(string)
	if !isText {
		raw, err := json.Marshal(in)
		must(r.t, err)
		body = string(raw)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/?region="+testRegion, strings.NewReader(body))
	must(r.t, err)
	req.Header.Set("X-Amz-Target", targetPrefix+operation)
	resp, err := r.client.Do(req)
	must(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	must(r.t, err)
	if resp.Header.Get("X-Amzn-Requestid") != "REQUEST" {
		r.t.Errorf("%s: no request id", operation)
	}
	return resp.StatusCode, string(raw)
}

// ok calls an operation that must succeed; its answer is nil where it is empty.
func (r *rig) ok(operation string, in any) object {
	r.t.Helper()
	status, body := r.send(operation, in)
	if status != http.StatusOK {
		r.t.Fatalf("%s: %d %s", operation, status, body)
	}
	if body == "" {
		return nil
	}
	var out object
	must(r.t, json.Unmarshal([]byte(body), &out))
	return out
}

// fails calls an operation that must fail with a code, and a message that holds a text.
func (r *rig) fails(code, text, operation string, in any) {
	r.t.Helper()
	status, body := r.send(operation, in)
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || status == http.StatusOK || e.Type != code || !strings.Contains(e.Message, text) {
		r.t.Errorf("%s: %d %s, want %s %q", operation, status, body, code, text)
	}
}
