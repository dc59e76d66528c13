package demo

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

func TestRun_SendsThePastAndWaitsWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var requests, refused, logs, puts, segments atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/start" {
			_, _ = io.WriteString(w, `{"last_event":"0"}`)
			return
		}
		if r.URL.Path == "/api/1/item/" {
			if r.Header.Get("X-Rollbar-Access-Token") != "k" {
				t.Error("an error is reported without the key")
			}
			return
		}
		if r.Header.Get("X-Honeycomb-Team") != "k" {
			t.Errorf("%s with key %q", r.URL.Path, r.Header.Get("X-Honeycomb-Team"))
		}
		_, _ = io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/v1/traces":
		case "/TraceSegments":
			segments.Add(1)
			return
		case "/":
			if !strings.HasPrefix(r.Header.Get("X-Amz-Target"), "Logs_20140328.") {
				t.Errorf("a request for %q", r.Header.Get("X-Amz-Target"))
			}
			puts.Add(1)
			return
		case "/v1/logs":
			logs.Add(1)
			return
		default:
			t.Errorf("a request to %s", r.URL.Path)
		}
		if refused.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if requests.Add(1) == 4 { // 200 traces of the past in batches of 50
			cancel()
		}
	}))
	defer srv.Close()
	err := Run(ctx, Config{
		Endpoint: srv.URL, Key: "k", Past: 100 * time.Second, Rate: 2,
		Clock: func() time.Time { return time.Unix(1_800_000_000, 0) }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if requests.Load() < 3 || logs.Load() < 2 || puts.Load() < 2 || segments.Load() < 2 {
		t.Fatalf("%d requests with traces, %d with segments, %d with their log lines, %d to log groups", requests.Load(), segments.Load(), logs.Load(), puts.Load())
	}
}

// A demo that is started again sends only what is missing, under new trace ids.
func TestRun_GoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	ctx, cancel := context.WithCancel(t.Context())
	var first []byte
	var requests atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/start" {
			_, _ = fmt.Fprintf(w, `{"last_event":"%d"}`, now.Add(-10*time.Second).UnixNano())
			return
		}
		body, _ := io.ReadAll(r.Body)
		if requests.Add(1) == 1 {
			first = body
			cancel()
		}
	}))
	defer srv.Close()
	err := Run(ctx, Config{
		Endpoint: srv.URL, Key: "k", Past: 100 * time.Second, Rate: 2, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if requests.Load() != 1 {
		t.Fatalf("%d requests for ten seconds of traffic", requests.Load())
	}
	old := sample.New(sample.Dense(1)).Next()
	if len(first) == 0 || bytes.Contains(first, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, old.High), old.Low)) {
		t.Error("the traces have the ids of an earlier run")
	}
}
