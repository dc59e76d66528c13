package honeycomb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
	"github.com/oriel-dev/oriel/internal/workspace"
)

// rig is a front end over real rooms and the reference store.
type rig struct {
	t      *testing.T
	url    string
	store  *storetest.Recorder
	door   *ingest.Door
	keys   map[auth.Kind]string
	ids    map[auth.Kind]string
	front  *Front
	others *memory // what other requests hold
}

var testClock = time.Unix(1_764_000_000, 0)

func newRig(t *testing.T, open bool) *rig {
	t.Helper()
	clock := func() time.Time { return testClock }
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), dir+"/meta.db")
	must(t, err)
	keys, err := auth.Open(t.Context(), db, auth.Config{Dir: dir, AcceptAny: open, Clock: clock, Log: log})
	must(t, err)
	r := &rig{t: t, store: storetest.NewRecorder(), keys: map[auth.Kind]string{}, ids: map[auth.Kind]string{}}
	sets, err := dataset.Open(t.Context(), db, dataset.Config{Data: r.store, Clock: clock, Log: log})
	must(t, err)
	door, err := ingest.Open(t.Context(), ingest.Config{Dir: dir + "/journal", Store: r.store, Datasets: sets, Clock: clock, Log: log})
	must(t, err)
	for _, kind := range []auth.Kind{auth.Honeycomb, auth.HoneycombClassic, auth.HoneycombIngest} {
		key, secret, err := keys.Create(t.Context(), auth.NewKey{Kind: kind})
		must(t, err)
		r.keys[kind], r.ids[kind] = secret.Key, key.ID
	}
	r.door = door
	shelf, err := workspace.Open(t.Context(), db, workspace.Config{Clock: clock, Log: log})
	must(t, err)
	r.front = New(protocol.Deps{Door: door, Keys: keys, Datasets: sets, Workspace: shelf, Clock: clock, Log: log, Version: "test", Ready: door.Ready})
	srv := httptest.NewUnstartedServer(r.front)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	r.url = srv.URL
	after := context.WithoutCancel(t.Context()) // a test's own context ends before its clean-up
	t.Cleanup(func() {
		srv.Close()
		must(t, door.Close(after))
		shelf.Close()
		must(t, sets.Close(after))
		must(t, keys.Close(after))
		must(t, db.Close())
	})
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func spanJSON(name string, at time.Time) string {
	return fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"api"}}]},"scopeSpans":[{"spans":[
	 {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":%q,"startTimeUnixNano":"%d","endTimeUnixNano":"%d"}]}]}]}`, name, at.UnixNano(), at.UnixNano()+5e6)
}

func (r *rig) do(method, path string, header map[string]string, body []byte) (int, http.Header, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, bytes.NewReader(body))
	must(r.t, err)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	must(r.t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	must(r.t, err)
	return resp.StatusCode, resp.Header, string(answer)
}

func (r *rig) rows(dataset string) int {
	r.t.Helper()
	q := &query.Query{Environment: "test", Start: 0, End: 1 << 62, Stages: []query.Stage{query.Aggregate{Calcs: []query.Calc{{Op: query.Count, Name: "n"}}}}}
	if dataset != "" {
		q.Datasets = []string{dataset}
	}
	res, err := r.store.Run(r.t.Context(), q, store.Options{})
	must(r.t, err)
	n, _ := res.Columns[0].Values[0].Number()
	return int(n)
}

func pack(t *testing.T, coding string, body []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&buf)
	case "zstd":
		var err error
		w, err = zstd.NewWriter(&buf)
		must(t, err)
	}
	_, err := w.Write(body)
	must(t, err)
	must(t, w.Close())
	return buf.Bytes()
}
