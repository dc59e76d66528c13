package alert_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/alert"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
)

// rig is alerts over real items.
type rig struct {
	*alert.Alerts
	t     *testing.T
	db    *meta.DB
	items *item.Items
	cfg   alert.Config
	seq   uint64

	mu   sync.Mutex
	at   time.Time
	rows map[int64]event.Row
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	r := &rig{t: t, at: time.Unix(1_764_000_000, 0), rows: map[int64]event.Row{}}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var err error
	r.db, err = meta.Open(ctx, t.TempDir()+"/meta.db")
	must(t, err)
	r.items, err = item.Open(ctx, r.db, item.Config{Clock: r.now, Log: log})
	must(t, err)
	r.cfg = alert.Config{
		Items: r.items, Clock: r.now, Log: log, URL: func() string { return "https://oriel.example" }, Host: "oriel-1", PrivateDestinations: true,
		Occurrence: func(_ context.Context, _ string, id int64) (event.Row, error) {
			if row, ok := r.rows[id]; ok {
				return row, nil
			}
			return event.Row{}, fault.New(fault.NotFound, "no such row")
		},
		Recipients: func(_ context.Context, members, _ []string) ([]string, error) {
			if len(members) == 0 {
				return []string{"ann@example.com", "bob@example.com"}, nil
			}
			return []string{members[0] + "@example.com"}, nil
		},
	}
	r.open()
	t.Cleanup(func() {
		must(t, r.items.Close(ctx))
		must(t, r.db.Close())
	})
	return r
}

// open is a start of the server: what waited goes on.
func (r *rig) open() {
	r.t.Helper()
	var err error
	r.Alerts, err = alert.Open(r.t.Context(), r.db, r.cfg)
	must(r.t, err)
}

// happen brings an occurrence with a payload to the items.
func (r *rig) happen(payload string) {
	r.t.Helper()
	var data map[string]any
	d := json.NewDecoder(strings.NewReader(payload))
	d.UseNumber()
	must(r.t, d.Decode(&data))
	stamp := r.items.StampPayload("test", data, "")
	b := event.NewBatch("test", "errors")
	b.Begin(r.now().UnixNano())
	b.Set("rollbar.payload", event.StringValue(payload))
	if v, ok := data["code_version"].(string); ok {
		b.Set("code_version", event.StringValue(v))
	}
	item.Apply(b, []item.Stamp{stamp})
	r.rows[stamp.ID] = b.Row(0)
	r.seq++
	r.items.Follow(r.seq, []*event.Batch{b})
}

func (r *rig) rule(channel, text string) alert.Rule {
	r.t.Helper()
	rule, err := alert.ParseRule(channel, []byte(text))
	must(r.t, err)
	made, err := r.AddRules(r.t.Context(), "test", channel, []alert.Rule{rule})
	must(r.t, err)
	return made[0]
}

// step lets what is pending reach the database, and delivers.
func (r *rig) step() {
	r.t.Helper()
	_, err := r.items.VersionsOf(r.t.Context(), 0) // reading writes first what is pending
	must(r.t, err)
	must(r.t, r.Step(r.t.Context()))
}

func (r *rig) history(rule int64) []*alert.Delivery {
	r.t.Helper()
	list, err := r.Deliveries(r.t.Context(), "test", rule, 0, 100)
	must(r.t, err)
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiver takes what is posted to it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []received
}

type received struct {
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, received{req.Header, string(body)})
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, "thanks")
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) take() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

const boom = `{"environment":"production","level":"error","language":"python","platform":"linux","uuid":"u1","code_version":"1.2.0","timestamp":1763999999,
	"context":"cart#add","custom":{"tier":"gold","n":7},"server":{"host":"web1"},"request":{"url":"https://shop.example/cart","method":"POST"},
	"body":{"trace":{"exception":{"class":"ValueError","message":"bad cart"},"frames":[{"filename":"app/cart.py","method":"add"},{"filename":"lib/db.py","method":"load"}]}}}`
