package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/workspace"
)

type homeAnswer struct {
	Base     string
	Step     int64
	Points   int
	Services []struct {
		Name          string
		Count, Faults float64
		P95           *float64 `json:"p95_ms"`
		Open          int      `json:"open_errors"`
		Series        struct{ Count, Bad []float64 }
		Before        *struct{ Count float64 }
		Deploy        *struct{ Version, By string }
	}
	Attention []struct {
		Service string
		Causes  []struct {
			Kind, Level, Operation, Deploy string
			Item, Trace                    string
			Sentence                       []struct{ Text, Is, At string }
		}
	}
	Errors struct {
		Total int
		Items []struct{ Title, Service string }
	}
	Slow []struct {
		Service, Name string
		TraceID       string `json:"trace_id"`
		MS            float64
	}
	Deploys []struct{ Version, By, Comment string }
}

// newHome is a bench with a door, whose ledger tells what was refused.
func newHome(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	now := b.clock
	door, err := ingest.Open(t.Context(), ingest.Config{
		Dir: filepath.Join(b.dir, "journal"), Store: b.store, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
	b.must(err)
	b.api.Door = door
	t.Cleanup(func() { b.must(door.Close(context.WithoutCancel(t.Context()))) })
	return b
}

func (b *bench) home(query string) (h homeAnswer) {
	b.t.Helper()
	status, _, raw := b.do(http.MethodGet, "/api/home"+query, "", "")
	if status != http.StatusOK {
		b.t.Fatalf("%d %s", status, raw)
	}
	b.must(json.Unmarshal(raw, &h))
	return h
}

// said are the sentences, each behind the service that it is about.
func (h *homeAnswer) said() (all []string) {
	for _, a := range h.Attention {
		for _, c := range a.Causes {
			text := a.Service + ": "
			for _, p := range c.Sentence {
				if text += p.Text; p.Is == "moment" {
					text += "then"
				}
			}
			all = append(all, strings.ReplaceAll(text, "\u2009", " "))
		}
	}
	return all
}

// orders appends an hour of requests, of which some fail in the last half of it.
func (b *bench) orders(ago time.Duration, failing bool) {
	rows := event.NewBatch("test", "shop")
	for i := range 600 {
		at := ago + time.Hour - time.Duration(i)*6*time.Second - time.Second
		status, ms := 200, 20+i%10
		if failing && i >= 310 && i%4 == 0 {
			status = 500
		}
		if i == 400 {
			ms = 900
		}
		b.span(rows, at, map[string]any{
			event.FieldTraceID: fmt.Sprintf("%032x", i+1), event.FieldSpanID: "1", event.FieldService: "shop", event.FieldName: "POST /orders", event.FieldSpanKind: "server",
			event.FieldDuration: ms, "http.response.status_code": status,
		})
	}
	b.must(b.store.Append(b.t.Context(), uint64(10+ago/time.Hour), []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
}

func TestHome_SaysWhatNeedsAttention(t *testing.T) {
	t.Parallel()
	b := newHome(t)
	b.orders(0, true)
	half := b.clock.Add(-30 * time.Minute)
	_, err := b.api.Items.AddDeploy(t.Context(), item.Deploy{Environment: "test", ErrorEnvironment: "production", Revision: "2.4.0", LocalUsername: "ci", Comment: "orders, anew", StartedAt: half.UnixNano(), FinishedAt: half.UnixNano()})
	b.must(err)
	_, err = b.api.Workspace.AddMarker(t.Context(), workspace.Marker{Scope: workspace.Scope{Environment: "test", Dataset: workspace.All}, Start: half.Unix(), Message: "shop 2.4.0", Type: "deploy"})
	b.must(err)
	exception := event.NewBatch("test", "shop")
	exception.Begin(b.clock.Add(-20 * time.Minute).UnixNano())
	exception.Set(event.FieldService, event.StringValue("shop"))
	item.Apply(exception, []item.Stamp{b.api.Items.StampPayload("test", map[string]any{
		"environment": "production", "body": map[string]any{"message": map[string]any{"body": "out of stock"}}, "level": "error",
	}, "")})
	b.api.Items.Stamp([]*event.Batch{exception})
	b.api.Items.Follow(1, []*event.Batch{exception})
	b.api.Door.Ledger().Refuse(ingest.Refused{Method: "POST", Path: "/v1/traces", Status: 401, Reason: "key abc… is unknown", Remedy: "Use another one"})

	h := b.home("")
	if h.Points < 60 || h.Points > 61 || h.Step != int64(time.Minute) || len(h.Services) != 1 {
		t.Fatalf("%+v", h)
	}
	s := h.Services[0]
	if s.Name != "shop" || s.Count != 600 || s.Faults != 72 || s.P95 == nil || *s.P95 > 30 || s.Open != 1 || s.Deploy == nil || s.Deploy.Version != "2.4.0" || s.Before != nil {
		t.Errorf("the row is %+v", s)
	}
	if len(h.Slow) != 1 || h.Slow[0].TraceID != fmt.Sprintf("%032x", 401) || h.Slow[0].MS != 900 || h.Slow[0].Name != "POST /orders" {
		t.Errorf("slow traces are %+v", h.Slow)
	}
	if len(h.Deploys) != 1 || h.Deploys[0].By != "ci" || h.Deploys[0].Comment != "orders, anew" {
		t.Errorf("a deploy that two told of: %+v", h.Deploys)
	}
	if h.Errors.Total != 1 || len(h.Errors.Items) != 1 || h.Errors.Items[0].Service != "shop" {
		t.Errorf("new errors are %+v", h.Errors)
	}
	want := []string{
		"shop: POST /orders: 5xx 25 % ↑ from 0 % since deploy 2.4.0",
		"shop: new error out of stock, once at then",
		": 1 request to POST /v1/traces refused at then (401): key abc… is unknown. Use another one",
	}
	if said := h.said(); strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("it says\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	if c := h.Attention[0].Causes[0]; c.Kind != "failing" || c.Level != "broken" || c.Operation != "POST /orders" || c.Deploy != "2.4.0" {
		t.Errorf("the first cause is %+v", c)
	}
}

func TestHome_TakesOnlyErrorsForErrors(t *testing.T) {
	t.Parallel()
	b := newHome(t)
	rows := event.NewBatch("test", "shop")
	var stamps []item.Stamp
	for _, level := range []string{"debug", "info", "warning", "error"} {
		rows.Begin(b.clock.Add(-20 * time.Minute).UnixNano())
		rows.Set(event.FieldService, event.StringValue("shop"))
		stamps = append(stamps, b.api.Items.StampPayload("test", map[string]any{
			"environment": "production", "body": map[string]any{"message": map[string]any{"body": "told as " + level}}, "level": level,
		}, ""))
	}
	item.Apply(rows, stamps)
	b.api.Items.Stamp([]*event.Batch{rows})
	b.api.Items.Follow(1, []*event.Batch{rows})
	h := b.home("")
	if h.Errors.Total != 1 || len(h.Errors.Items) != 1 || h.Errors.Items[0].Title != "told as error" {
		t.Errorf("new errors are %+v", h.Errors)
	}
}

// Requests that are alike are one entry of the ledger, but each of them counts.
func TestHome_CountsWhatIsRefusedAgainAndAgain(t *testing.T) {
	t.Parallel()
	b := newHome(t)
	ledger := b.api.Door.Ledger()
	for range 3 {
		ledger.Refuse(ingest.Refused{Method: "POST", Path: "/v1/traces", Status: 401, Reason: "key abc… is unknown"})
	}
	ledger.Refuse(ingest.Refused{Method: "POST", Path: "/v1/traces", Status: 401, Reason: "there is no key"})
	ledger.Drop("too_old", "otlp", 7, "of 2019")
	ledger.Alter("value_truncated", "otlp", 5, "stored all the same")
	h := b.home("")
	said := h.said()
	slices.Sort(said)
	want := []string{": 4 requests to POST /v1/traces refused since then (401): there is no key", ": 7 events of otlp dropped since then: too old, such as of 2019"}
	if !slices.Equal(said, want) {
		t.Errorf("it says %q, want %q", said, want)
	}
}

func TestHome_ComparesWithTheDayBefore(t *testing.T) {
	t.Parallel()
	b := newHome(t)
	b.orders(24*time.Hour, false)
	b.orders(0, false)
	if h := b.home("?compare=day"); len(h.Services) != 1 || h.Services[0].Before == nil || h.Services[0].Before.Count < 590 || len(h.Attention) != 0 {
		t.Errorf("%+v", h)
	}
	if h := b.home("?from=now-30m"); h.Services[0].Count < 290 || h.Services[0].Count > 310 || h.Points > 31 {
		t.Errorf("half an hour: %+v", h)
	}
	for _, q := range []string{"?compare=year", "?from=now-30d"} {
		if status, _, raw := b.do(http.MethodGet, "/api/home"+q, "", ""); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", q, status, raw)
		}
	}
}

// What one request asks for again and again is seen in the traces that roll-ups name,
// and an operation is not looked at again at once.
func TestHome_SeesRepeatedCalls(t *testing.T) {
	t.Parallel()
	b := newHome(t)
	rows := event.NewBatch("test", "shop")
	for i := range 30 {
		at := 50*time.Minute - time.Duration(i)*time.Minute
		id := fmt.Sprintf("%032x", i+1)
		b.span(rows, at, map[string]any{
			event.FieldTraceID: id, event.FieldSpanID: "1", event.FieldService: "shop", event.FieldName: "GET /cart", event.FieldSpanKind: "server", event.FieldDuration: 20,
		})
		for k := range 12 + i%2 {
			b.span(rows, at, map[string]any{
				event.FieldTraceID: id, event.FieldSpanID: fmt.Sprint("c", k), event.FieldParentID: "1", event.FieldService: "shop", event.FieldName: "SELECT item", event.FieldSpanKind: "client",
				event.FieldDuration: 1, "db.query.text": "SELECT * FROM item WHERE id = ?",
			})
		}
	}
	b.must(b.store.Append(t.Context(), 1, []*event.Batch{rows}))
	b.api.Datasets.Touch(rows)
	want := []string{"shop: GET /cart: 12 calls for one request, 12 times the same SELECT item"}
	for range 2 {
		h := b.home("")
		if got := h.said(); !slices.Equal(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
		if c := h.Attention[0].Causes[0]; c.Kind != "repeating" || len(c.Trace) != 32 {
			t.Errorf("%+v", c)
		}
	}
	if n := len(b.api.repeats.seen); n != 1 {
		t.Errorf("%d operations are kept", n)
	}
}
