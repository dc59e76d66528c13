package dataset

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// rig is a registry over a settings database and the reference store, that can
// be closed and opened again.
type rig struct {
	*Registry
	t     *testing.T
	path  string
	db    *meta.DB
	store *storetest.Reference
	data  Data
	seq   uint64
	now   atomic.Int64
	max   int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, path: t.TempDir() + "/meta.db", store: storetest.NewReference()}
	r.data = r.store
	r.now.Store(time.Unix(1_764_000_000, 0).UnixNano())
	r.open()
	t.Cleanup(r.shut)
	return r
}

func (r *rig) open() {
	r.t.Helper()
	ctx := context.WithoutCancel(r.t.Context())
	db, err := meta.Open(ctx, r.path)
	must(r.t, err)
	r.db = db
	r.Registry, err = Open(ctx, db, Config{
		Data: r.data, MaxDatasets: r.max, Clock: func() time.Time { return time.Unix(0, r.now.Add(int64(time.Second))) },
		Log: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
	})
	must(r.t, err)
}

func (r *rig) shut() {
	r.t.Helper()
	must(r.t, r.Close(context.WithoutCancel(r.t.Context())))
	must(r.t, r.db.Close())
}

func (r *rig) restart() {
	r.t.Helper()
	r.shut()
	r.open()
}

// send stores an event with the named fields, as ingest does.
func (r *rig) send(dataset string, fields map[string]any) {
	r.t.Helper()
	r.seq++
	b := eventOf(dataset, fields)
	must(r.t, r.store.Append(r.t.Context(), r.seq, []*event.Batch{b}))
	r.Touch(b)
}

func eventOf(dataset string, fields map[string]any) *event.Batch {
	b := event.NewBatch(env, dataset)
	b.Begin(time.Unix(1_763_999_000, 0).UnixNano())
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			b.Set(name, event.StringValue(v))
		case int:
			b.Set(name, event.IntValue(int64(v)))
		case float64:
			b.Set(name, event.FloatValue(v))
		case bool:
			b.Set(name, event.BoolValue(v))
		}
	}
	return b
}

// names returns a dataset's columns as "name type" in one line.
func (r *rig) names(dataset string) string {
	r.t.Helper()
	all, err := r.Columns(env, dataset)
	must(r.t, err)
	var out []string
	for _, c := range all {
		out = append(out, c.Name+" "+c.Type)
	}
	return strings.Join(out, ", ")
}

func (r *rig) column(dataset, name string) Column {
	r.t.Helper()
	all, err := r.Columns(env, dataset)
	must(r.t, err)
	for _, c := range all {
		if c.Name == name {
			return c
		}
	}
	r.t.Fatalf("%s has no column %s", dataset, name)
	return Column{}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, kind) || !strings.Contains(fault.MessageOf(err), text) {
		t.Errorf("error is %v (%v), want %v with %q", err, fault.KindOf(err), kind, text)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
