package honeycomb

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/querier"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// desk is the front end with what its stored resources stand on, without a way
// in for events: they are in a store of the test's. It can be started anew.
type desk struct {
	t      *testing.T
	dir    string
	source querier.Source
	front  *Front
	keys   map[auth.Kind]string
	stop   func()
}

const deskHost = "desk.example"

// deskEvents is an hour of events of dataset shop: route /a once a minute, /b
// every five minutes, standing for 4, and one in twenty of no route.
func deskEvents(t *testing.T) *storetest.Reference {
	t.Helper()
	b := event.NewBatch("test", "shop")
	for i := range 60 {
		at := testClock.Add(-time.Duration(60-i) * time.Minute).UnixNano()
		b.Begin(at)
		b.Set("route", event.StringValue("/a"))
		b.Set("duration_ms", event.FloatValue(10))
		b.Set("big", event.IntValue(9007199254740993))
		if i%5 == 0 {
			b.Begin(at + 1e9)
			b.SetSampleRate(4)
			b.Set("route", event.StringValue("/b"))
			b.Set("duration_ms", event.FloatValue(1000))
		}
		if i%20 == 0 {
			b.Begin(at + 2e9)
			b.Set("duration_ms", event.FloatValue(50))
		}
	}
	s := storetest.NewReference()
	must(t, s.Append(t.Context(), 1, []*event.Batch{b}))
	return s
}

func newDesk(t *testing.T, source querier.Source) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), source: source, keys: map[auth.Kind]string{}}
	d.open(workspace.Config{})
	for _, kind := range []auth.Kind{auth.Honeycomb, auth.HoneycombClassic, auth.HoneycombIngest} {
		_, secret, err := d.front.Keys.Create(t.Context(), auth.NewKey{Kind: kind})
		must(t, err)
		d.keys[kind] = secret.Key
	}
	t.Cleanup(func() { d.stop() })
	return d
}

func (d *desk) open(cfg workspace.Config) {
	d.t.Helper()
	ctx := context.WithoutCancel(d.t.Context())
	clock := func() time.Time { return testClock }
	log := slog.New(slog.NewTextHandler(d.t.Output(), nil))
	db, err := meta.Open(ctx, filepath.Join(d.dir, "meta.db"))
	must(d.t, err)
	keys, err := auth.Open(ctx, db, auth.Config{Dir: d.dir, Clock: clock, Log: log})
	must(d.t, err)
	sets, err := dataset.Open(ctx, db, dataset.Config{Clock: clock, Log: log})
	must(d.t, err)
	for _, name := range []string{"shop", "My Other Set"} {
		_, err = sets.Resolve("test", name, true)
		must(d.t, err)
	}
	cfg.Clock, cfg.Log = clock, log
	shelf, err := workspace.Open(ctx, db, cfg)
	must(d.t, err)
	d.front = New(protocol.Deps{
		Querier: querier.New(querier.Config{Store: d.source, Clock: clock, Log: log}), Keys: keys, Datasets: sets, Workspace: shelf,
		Clock: clock, Log: log, Version: "test",
	})
	d.stop = func() {
		must(d.t, d.front.Close(ctx))
		shelf.Close()
		must(d.t, sets.Close(ctx))
		must(d.t, keys.Close(ctx))
		must(d.t, db.Close())
	}
}

func (d *desk) restart() {
	d.stop()
	d.open(workspace.Config{})
}

// do asks with a configuration key.
func (d *desk) do(method, path, body string) (int, http.Header, []byte) {
	d.t.Helper()
	return d.doAs(d.keys[auth.Honeycomb], method, path, body)
}

func (d *desk) doAs(key, method, path, body string) (int, http.Header, []byte) {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://"+deskHost+path, strings.NewReader(body))
	r.Header.Set("X-Honeycomb-Team", key)
	if key == "" {
		r.Header.Del("X-Honeycomb-Team")
	}
	w := httptest.NewRecorder()
	if !d.front.Handles(r) {
		d.t.Fatalf("%s %s is not handled", method, path)
	}
	d.front.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	must(d.t, err)
	return w.Code, w.Header(), raw
}

// get asks and reads the answer, which must have the status.
func (d *desk) get(status int, method, path, body string, into any) http.Header {
	d.t.Helper()
	got, header, raw := d.do(method, path, body)
	if got != status {
		d.t.Fatalf("%s %s: %d %s, want %d", method, path, got, raw, status)
	}
	if into != nil {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		must(d.t, dec.Decode(into))
	}
	return header
}

// save makes a query and returns its id.
func (d *desk) save(scope, spec string) string {
	d.t.Helper()
	var q struct{ ID string }
	d.get(http.StatusOK, http.MethodPost, "/1/queries/"+scope, spec, &q)
	return q.ID
}
