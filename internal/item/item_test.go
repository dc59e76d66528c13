package item_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
)

type object = map[string]any

// rig is items on a database of their own, with a clock that tests set and a
// journal that they replay.
type rig struct {
	t       testing.TB
	path    string
	db      *meta.DB
	items   *item.Items
	now     atomic.Int64
	journal []*event.Batch
	marks   []item.Mark
	config  item.Config
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "meta.db")}
	r.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	r.open()
	t.Cleanup(r.close)
	return r
}

func (r *rig) open() {
	r.t.Helper()
	var err error
	if r.db, err = meta.Open(r.t.Context(), r.path); err != nil {
		r.t.Fatal(err)
	}
	r.config.Clock, r.config.Log = func() time.Time { return time.Unix(0, r.now.Load()) }, slog.New(slog.DiscardHandler)
	r.config.Mark = func(_ context.Context, m item.Mark) error {
		r.marks = append(r.marks, m)
		return nil
	}
	if r.items, err = item.Open(r.t.Context(), r.db, r.config); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) close() {
	_ = r.items.Close(r.t.Context())
	_ = r.db.Close()
}

// advance lets time pass.
func (r *rig) advance(d time.Duration) { r.now.Add(int64(d)) }

// send takes payloads in as one request.
func (r *rig) send(payloads ...object) {
	r.t.Helper()
	b := event.NewBatch("test", "errors")
	var stamps []item.Stamp
	for _, p := range payloads {
		b.Begin(r.now.Load())
		trace := ""
		for name, v := range p {
			if text, ok := v.(string); ok && name != "fingerprint" {
				b.Set(name, event.StringValue(text))
			}
		}
		if person, ok := p["person"].(object); ok {
			b.Set("person.id", event.StringValue(fmt.Sprint(person["id"])))
		}
		if request, ok := p["request"].(object); ok {
			b.Set("request.user_ip", event.StringValue(fmt.Sprint(request["user_ip"])))
		}
		stamps = append(stamps, r.items.StampPayload("test", p, trace))
	}
	item.Apply(b, stamps)
	r.take(b)
}

func (r *rig) take(b *event.Batch) {
	r.items.Stamp([]*event.Batch{b})
	r.journal = append(r.journal, b)
	r.items.Follow(uint64(len(r.journal)), []*event.Batch{b})
}

// crash loses what was not written, and replays the journal.
func (r *rig) crash() {
	r.t.Helper()
	if err := r.db.Close(); err != nil { // what the old items write now fails
		r.t.Fatal(err)
	}
	old := r.items
	r.open()
	_ = old.Close(r.t.Context())
	for i, b := range r.journal {
		if seq := uint64(i + 1); seq > r.items.Followed() {
			r.items.Follow(seq, []*event.Batch{b})
		}
	}
}

func exception(class, message string) object {
	return object{"environment": "production", "language": "python", "body": object{"trace": object{
		"frames":    []any{object{"filename": "/srv/app/views.py", "method": "index", "lineno": 10}},
		"exception": object{"class": class, "message": message},
	}}}
}

func (r *rig) all() []item.Item {
	return r.items.List(item.Filter{Environment: "test"}, item.Sort{Key: item.ByCounter, Ascending: true}, item.Page{Limit: 1000}).Items
}

func TestItems_CountOnceAcrossCrashes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("ValueError", "a"), exception("ValueError", "b"))
	r.send(exception("KeyError", "k"))
	r.crash()
	r.send(exception("ValueError", "c"))
	if _, err := r.items.Activity(t.Context(), 1, 0, 1); err != nil { // writes
		t.Fatal(err)
	}
	r.send(exception("ValueError", "d"))
	r.crash()
	got := ""
	for _, i := range r.all() {
		got += fmt.Sprintf("#%d %s %d %s; ", i.Counter, i.Title, i.Total, i.LatestTitle)
	}
	if want := "#1 ValueError: a 4 ValueError: d; #2 KeyError: k 1 KeyError: k; "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	counts, err := r.items.Counts(t.Context(), []int64{1, 2}, 60, 2, r.now.Load()/1e9)
	if err != nil || counts[1].N[1] != 4 || counts[2].N[1] != 1 {
		t.Errorf("%v %v", counts, err)
	}
}
