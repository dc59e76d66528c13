package rollbar

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/symbol"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// rig is a front end over real rooms and the reference store.
type rig struct {
	t     testing.TB
	store *recorder
	front *Front
	door  *ingest.Door
	keys  map[auth.Kind]string
	ids   map[auth.Kind]string
	clock *clock
	stop  func()
	dir   string
	open  bool
}

const testStart = 1_764_000_000 * int64(time.Second)

// clock is the time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// recorder is a store whose rows are taken one by one.
type recorder struct{ *storetest.Recorder }

// take returns the rows since it was last called.
func (r *recorder) take() (rows []event.Row) {
	for _, b := range r.Take() {
		for i := range b.Len() {
			rows = append(rows, b.Row(i))
		}
	}
	return rows
}

func newRig(t testing.TB, open bool) *rig {
	t.Helper()
	r := &rig{
		t: t, dir: t.TempDir(), open: open, clock: &clock{now: time.Unix(0, testStart)},
		store: &recorder{storetest.NewRecorder()}, keys: map[auth.Kind]string{}, ids: map[auth.Kind]string{},
	}
	r.start()
	t.Cleanup(func() { r.stop() })
	for _, kind := range []auth.Kind{auth.RollbarWrite, auth.RollbarRead, auth.RollbarAccount} {
		key, secret, err := r.front.Keys.Create(t.Context(), auth.NewKey{Kind: kind})
		must(t, err)
		r.keys[kind], r.ids[kind] = secret.Key, key.ID
	}
	return r
}

func (r *rig) start() {
	t := r.t
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // a test's own context ends before its clean-up
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	db, err := meta.Open(ctx, r.dir+"/meta.db")
	must(t, err)
	keys, err := auth.Open(ctx, db, auth.Config{Dir: r.dir, AcceptAny: r.open, Clock: r.clock.Now, Log: log})
	must(t, err)
	sets, err := dataset.Open(ctx, db, dataset.Config{Data: r.store, Clock: r.clock.Now, Log: log})
	must(t, err)
	items, err := item.Open(ctx, db, item.Config{Clock: r.clock.Now, Log: log})
	must(t, err)
	symbols, err := symbol.Open(ctx, db, symbol.Config{Dir: r.dir + "/symbols", Clock: r.clock.Now, Log: log})
	must(t, err)
	door, err := ingest.Open(ctx, ingest.Config{
		Dir: r.dir + "/journal", Store: r.store, Datasets: sets, Clock: r.clock.Now, Log: log, Followers: []ingest.Follower{items}, Stamper: items,
	})
	must(t, err)
	shelf, err := workspace.Open(ctx, db, workspace.Config{Clock: r.clock.Now, Log: log})
	must(t, err)
	asker := querier.New(querier.Config{Store: r.store, Clock: r.clock.Now, Log: log})
	alerts, err := alert.Open(ctx, db, alert.Config{
		Items: items, Occurrence: asker.Occurrence, Clock: r.clock.Now, Log: log, URL: func() string { return "https://oriel.example" }, PrivateDestinations: true,
	})
	must(t, err)
	r.front, err = New(ctx, protocol.Deps{
		Door: door, Querier: asker, Keys: keys, Datasets: sets, Workspace: shelf, Items: items, Symbols: symbols, Alerts: alerts, DropRows: r.store.DropRows,
		PrivateDestinations: true, Clock: r.clock.Now, Log: log, Version: "test", Ready: door.Ready,
	}, db)
	must(t, err)
	r.front.host, r.door = "oriel-1", door
	r.stop = func() {
		must(t, r.front.Close(ctx))
		must(t, door.Close(ctx))
		must(t, symbols.Close(ctx))
		must(t, items.Close(ctx))
		shelf.Close()
		must(t, sets.Close(ctx))
		must(t, keys.Close(ctx))
		must(t, db.Close())
	}
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// message returns the answer's own message.
func (a answer) message() string {
	var body struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal([]byte(a.body), &body) // no JSON has no message
	return body.Message
}

// do sends a request; headers come in pairs of name and value.
func (r *rig) do(method, path string, body any, headers ...string) answer {
	r.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = bytes.NewReader([]byte(b))
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(body)
		must(r.t, err)
		content = bytes.NewReader(text)
	}
	req := httptest.NewRequestWithContext(r.t.Context(), method, path, content)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	r.front.ServeHTTP(w, req)
	return answer{status: w.Code, header: w.Header(), body: w.Body.String()}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
