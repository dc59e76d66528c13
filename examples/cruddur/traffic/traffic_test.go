package traffic_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/examples/cruddur/traffic"
)

// Visitors begin at home, come to every part of the app, and end when they are told to.
func TestRun_VisitsEveryPart(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var mu sync.Mutex
	seen := map[string]bool{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/config.json" {
			http.NotFound(w, r)
			return
		}
		part := r.Method
		for p := range strings.SplitSeq(strings.TrimPrefix(r.URL.Path, "/api/"), "/") {
			if p != "u1" && !strings.HasPrefix(p, "handle") {
				part += " " + p
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if len(seen) == 0 && part != "GET activities home" {
			t.Errorf("the first call is %s", part)
		}
		seen[part] = true
		if len(seen) == 10 {
			stop()
		}
		if part == "GET activities home" {
			_, _ = fmt.Fprint(w, `[{"uuid":"u1","handle":"handle1"}]`)
		}
	}))
	defer srv.Close()
	err := traffic.Run(ctx, traffic.Config{URL: srv.URL, Handles: []string{"handle1", "handle2"}, Rate: 500, Pace: 0, Seed: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil || ctx.Err() != context.Canceled {
		t.Errorf("%v, %v; seen: %v", err, ctx.Err(), seen)
	}
}

// Some visitors have a browser that reports: spans from which the backend's go on, and
// an error of the page where it shows somebody who was not found.
func TestRun_ReportsAsThePageDoes(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var mu sync.Mutex
	began := map[string]string{} // requests of the page, by the parent that the backend was told
	spans := map[string]string{}
	var traces []string
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	mux.HandleFunc("GET /config.json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"version":"1.4.0","environment":"test","spans":{"url":"%[1]s/v1/traces","key":"of spans"},"errors":{"url":"%[1]s/api/1/item/","key":"of errors"}}`, srv.URL)
	})
	mux.HandleFunc("/api/activities/home", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `[{"uuid":"u1","handle":"handle1"}]`)
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if parent := strings.Split(r.Header.Get("Traceparent"), "-"); len(parent) == 4 {
			mu.Lock()
			began[parent[2]] = r.Method + " " + r.URL.Path
			mu.Unlock()
		}
		if strings.HasSuffix(r.URL.Path, "/short") {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /v1/traces", func(_ http.ResponseWriter, r *http.Request) {
		var in struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct{ TraceID, SpanID, ParentSpanID, Name string }
				}
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Honeycomb-Team") != "of spans" {
			t.Errorf("spans: %v", err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, s := range in.ResourceSpans[0].ScopeSpans[0].Spans {
			spans[s.SpanID] = s.Name
			if s.ParentSpanID == "" {
				traces = append(traces, s.TraceID)
			}
		}
	})
	items := make(chan string, 1000)
	mux.HandleFunc("POST /api/1/item/", func(_ http.ResponseWriter, r *http.Request) {
		var in struct {
			Data struct {
				UUID   string
				Custom struct {
					TraceID string `json:"trace_id"`
				}
				Body struct{ Telemetry []any }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Data.UUID == "" || len(in.Data.Body.Telemetry) < 3 || r.Header.Get("X-Rollbar-Access-Token") != "of errors" {
			t.Errorf("an item: %v, %+v", err, in)
		}
		items <- in.Data.Custom.TraceID
		if len(items) == 5 {
			stop()
		}
	})
	if err := traffic.Run(ctx, traffic.Config{URL: srv.URL, Handles: []string{"handle1", "handle2"}, Rate: 500, Pace: 0, Seed: 1, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	found := 0
	for parent, name := range began {
		if told, is := spans[parent]; is && told == name {
			found++
		}
	}
	// What was under way at the end could not be told any more.
	if len(began) == 0 || found*2 < len(began) {
		t.Errorf("%d of %d requests have a span of the page", found, len(began))
	}
	if first := <-items; !strings.Contains(strings.Join(traces, " ")+" ", first) {
		t.Errorf("the error's trace %s is not one of the page's", first)
	}
}

// The frames of the page's error are what its script has there.
func TestTypeError_IsOfThePagesScript(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../web/static/app.js")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(script, []byte("\n"))
	for at, want := range map[int]string{79: "someone.display_name.split", 23: "await act("} {
		if !bytes.Contains(lines[at-1], []byte(want)) {
			t.Errorf("line %d of app.js is %s", at, lines[at-1])
		}
	}
}
