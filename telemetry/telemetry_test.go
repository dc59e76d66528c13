package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func setenv(name, value string) error { return os.Setenv(name, value) }

// One request through a service with a downstream call: what each backend is told,
// and that they know of one another.
func TestTelemetry_TellsFourBackendsOfOneRequest(t *testing.T) {
	secret := strings.Join([]string{"hu", "sh"}, "") // not as a whole in the source, which items quote
	c := newChaos(t)
	tel := c.start()
	slog.SetDefault(slog.New(tel.LogHandler(nil)))
	stock := httptest.NewServer(tel.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "7") })))
	defer stock.Close()
	client := &http.Client{Transport: tel.Transport(nil)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart/{id}", func(w http.ResponseWriter, r *http.Request) {
		tel.SetPerson(r.Context(), Person{ID: "42", Username: "ada"})
		slog.InfoContext(r.Context(), "looking at a cart", "cart", r.PathValue("id"))
		request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, stock.URL+"/stock?token="+secret, nil)
		response, err := client.Do(request)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		tel.Report(r.Context(), fmt.Errorf("load cart: %w", io.ErrUnexpectedEOF), WithCustom(map[string]any{"password": secret, "items": 3}))
		w.WriteHeader(http.StatusBadGateway)
	})
	front := httptest.NewServer(tel.Handler(mux))
	defer front.Close()
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/cart/9?session="+secret+"&page=2", nil)
	request.Header.Set("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	request.Header.Set("Authorization", secret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	const traceID = "5759e988bd862e3fe1be46a994272793"

	said := lines(t, c.wait("PutLogEvents", func(taken [][]byte, _ int) bool { return len(taken) > 0 }))
	var access map[string]any
	for _, l := range said {
		if l["trace_id"] != traceID {
			t.Errorf("a line without the trace: %v", l)
		}
		if l["msg"] == "GET /cart/9 502" {
			access = l
		}
	}
	if access == nil || access["full_path"] != "/cart/9?session=[FILTERED]&page=2" || access["status"] != 502.0 || access["scheme"] != "http" || access["method"] != "GET" || access["remote_addr"] != "127.0.0.1" {
		t.Errorf("the access line: %v", access)
	}
	if !c.made["CreateLogGroup"] || !c.made["CreateLogStream"] || !c.made["PutRetentionPolicy"] {
		t.Errorf("made: %v", c.made)
	}

	items := c.wait("/api/1/item/", func(taken [][]byte, _ int) bool { return len(taken) > 0 })
	var sent item
	if err := json.Unmarshal(items[0], &sent); err != nil || len(items) != 1 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	d := sent.Data
	if d.Person["id"] != "42" || d.Context != "GET /cart/{id}" || d.Custom["password"] != filtered || d.Custom["items"] != 3.0 || !slices.Contains(d.Attributes, attributePair{"trace_id", traceID}) {
		t.Errorf("the item: %+v", d)
	}
	chain := d.Body["trace_chain"].([]any)
	outer, inner := chain[0].(map[string]any)["exception"].(map[string]any), chain[1].(map[string]any)["exception"].(map[string]any)
	if len(chain) != 2 || outer["class"] != "fmt.wrapError" || inner["class"] != "errors.errorString" || inner["message"] != "unexpected EOF" {
		t.Errorf("the chain: %v, %v", outer, inner)
	}
	if !strings.Contains(fmt.Sprint(d.Body["telemetry"]), "looking at a cart") {
		t.Errorf("the telemetry: %v", d.Body["telemetry"])
	}

	segments := c.wait("segments", func(taken [][]byte, _ int) bool { return len(taken) >= 3 })
	byType := map[string]int{}
	for _, raw := range segments {
		var s segment
		if err := json.Unmarshal(raw, (*looseSegment)(&s)); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		byType[s.Type]++
		if s.TraceID != "1-5759e988-bd862e3fe1be46a994272793" {
			t.Errorf("a segment of %s", s.TraceID)
		}
	}
	if byType[""] != 2 || byType["subsegment"] != 1 {
		t.Errorf("segments: %v", byType)
	}
	spans := c.wait("/v1/traces", func(taken [][]byte, _ int) bool { return len(taken) > 0 })
	for _, text := range []string{"GET /cart/{id}", "shop", "http.route", "1.2.3"} {
		if !strings.Contains(string(slices.Concat(spans...)), text) {
			t.Errorf("the spans lack %q", text)
		}
	}
	for what, bodies := range c.taken {
		if all := string(slices.Concat(bodies...)); strings.Contains(all, secret) {
			t.Errorf("%s tells a secret: %s", what, all)
		}
	}
	if s := tel.Stats(); s.Traces.Sent != 3 || s.XRay.Sent != 3 || s.Errors.Sent != 1 || s.Logs.Sent != int64(len(said)) || s.Logs.Dropped+s.Errors.Dropped+s.Traces.Dropped+s.XRay.Dropped != 0 {
		t.Errorf("stats %+v", s)
	}
}

// looseSegment reads numbers where a segment has times.
type looseSegment segment

// UnmarshalJSON implements json.Unmarshaler.
func (s *looseSegment) UnmarshalJSON(raw []byte) error {
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	s.TraceID, _ = all["trace_id"].(string)
	s.Type, _ = all["type"].(string)
	if start, end := all["start_time"].(float64), all["end_time"].(float64); start < 1e9 || end < start {
		return fmt.Errorf("it lasts from %v to %v", start, end)
	}
	return nil
}

// While every backend is away in some way, the app goes on at its own speed, what
// waits is bounded, what is dropped is counted, and what still waits arrives
// afterwards.
func TestTelemetry_OutagesStayOutsideTheApp(t *testing.T) {
	for name, m := range map[string]mood{"500": failing, "429": limited, "no answer": silent} {
		t.Run(name, func(t *testing.T) {
			c := newChaos(t)
			c.be(m)
			tel := c.start(func(cfg *Config) {
				cfg.Logs.Buffer = 512 << 10
				cfg.Traces.Queue, cfg.XRay.Queue = 1000, 1000
			})
			log := slog.New(tel.LogHandler(nil))
			const n = 20_000
			for i := range n {
				ctx, span := tel.Tracer().Start(t.Context(), "work")
				log.InfoContext(ctx, "a line of some length, as they are in applications", "i", i)
				if i%10 == 0 {
					tel.Report(ctx, errors.New("no luck"))
				}
				span.End()
			}
			s := tel.Stats()
			if s.Logs.Waiting+s.Logs.Dropped != n || s.Logs.Dropped == 0 {
				t.Errorf("lines: %+v, want all %d waiting or dropped", s.Logs, n)
			}
			if s.Traces.Waiting+s.Traces.Dropped+s.Traces.Sent != n || s.Traces.Waiting > 1000+spanBatch {
				t.Errorf("spans: %+v", s.Traces)
			}
			if s.Errors.Waiting > itemsWaiting+1 || s.Errors.Waiting+s.Errors.Dropped != n/10 {
				t.Errorf("items: %+v", s.Errors)
			}
			if m == silent {
				return // the calls under way end with their own time limit
			}
			c.wait("PutLogEvents", func(_ [][]byte, refused int) bool { return refused > 0 })
			c.be(well)
			taken := c.wait("PutLogEvents", func(taken [][]byte, _ int) bool {
				return strings.Contains(string(slices.Concat(taken...)), fmt.Sprintf(`\"i\":%d}`, n-1))
			})
			last := -1.0
			for _, l := range lines(t, taken) {
				if at := l["i"].(float64); at <= last {
					t.Fatalf("line %v came after line %v", at, last)
				} else {
					last = at
				}
			}
			c.wait("/api/1/item/", func(taken [][]byte, _ int) bool { return len(taken) > 0 })
		})
	}
}

// Shutdown ends in time, and says that something was left.
func TestShutdown_IsBoundedByItsContext(t *testing.T) {
	c := newChaos(t)
	c.be(silent)
	tel := c.start()
	log := slog.New(tel.LogHandler(nil))
	log.Error("lost")
	c.wait("/api/1/item/", func(_ [][]byte, refused int) bool { return refused > 0 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tel.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that the time was over", err)
	}
	if s := tel.Stats(); s.Errors.Dropped != 1 || s.Logs.Dropped != 1 || s.Errors.Waiting+s.Logs.Waiting != 0 {
		t.Errorf("%+v, want one of each dropped", s)
	}
	log.Error("after the end") // harmless
	_, span := tel.Tracer().Start(t.Context(), "after the end")
	span.End()
}

func TestHandler_TurnsAPanicInto500AndAnItem(t *testing.T) {
	c := newChaos(t)
	tel := c.start(func(cfg *Config) {
		cfg.Logs.Group, cfg.XRay.Daemon, cfg.Traces = "", "", Traces{}
		cfg.Errors.Sources = map[string]fs.FS{scope: os.DirFS(".")} // also where -trimpath hides where they lie
	})
	slog.SetDefault(slog.New(tel.LogHandler(nil)))
	srv := httptest.NewServer(tel.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		var cart map[string]int
		cart["tea"] = 1 //nolint:govet,staticcheck // it is to panic
	})))
	defer srv.Close()
	response, err := http.Get(srv.URL + "/")
	if err != nil || response.StatusCode != http.StatusInternalServerError {
		t.Fatalf("%v %v", response, err)
	}
	_ = response.Body.Close()
	if _, err := http.Get(srv.URL + "/abort"); err == nil {
		t.Error("an aborted request was answered")
	}
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	taken := c.wait("/api/1/item/", func(taken [][]byte, _ int) bool { return len(taken) > 0 })
	text := string(taken[0])
	if len(taken) != 1 || !strings.Contains(text, "assignment to entry in nil map") || !strings.Contains(text, `"level":"critical"`) || !strings.Contains(text, "telemetry_test.go") || !strings.Contains(text, `cart[\"tea\"] = 1`) {
		t.Errorf("%d items: %s", len(taken), text)
	}
}

// logged is the function whose name an item of a log record must begin with.
func logged(log *slog.Logger) { log.Error("no tea", "error", io.ErrUnexpectedEOF, "shelf", 7) }

func TestLogHandler_MakesItemsOfErrorsWithTheStackOfTheCall(t *testing.T) {
	c := newChaos(t)
	tel := c.start(func(cfg *Config) { cfg.Logs.Group = "" })
	logged(slog.New(tel.LogHandler(nil)).With("request", "r1").WithGroup("shop"))
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	taken := c.wait("/api/1/item/", func(taken [][]byte, _ int) bool { return len(taken) > 0 })
	var sent item
	if err := json.Unmarshal(taken[0], &sent); err != nil {
		t.Fatal(err)
	}
	chain := sent.Data.Body["trace_chain"].([]any)[0].(map[string]any)
	frames := chain["frames"].([]any)
	first, second := frames[0].(map[string]any)["method"], frames[1].(map[string]any)["method"]
	if first != scope+".logged" || second != scope+".TestLogHandler_MakesItemsOfErrorsWithTheStackOfTheCall" {
		t.Errorf("the stack begins with %v, %v", first, second)
	}
	if custom := sent.Data.Custom; custom["shop.shelf"] != 7.0 || custom["request"] != "r1" || custom["log.message"] != "no tea" {
		t.Errorf("custom: %v", custom)
	}
}

func TestStart_NeedsNothing(t *testing.T) {
	tel, err := Start(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if s := tel.Stats(); s != (Stats{}) {
		t.Errorf("%+v, want everything off", s)
	}
	slog.New(tel.LogHandler(nil)).Error("nobody listens")
	tel.Report(t.Context(), errors.New("nobody listens"))
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
