package demo

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestRun_SendsThePastAndWaitsWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var requests, refused atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" || r.Header.Get("X-Honeycomb-Team") != "k" {
			t.Errorf("%s with key %q", r.URL.Path, r.Header.Get("X-Honeycomb-Team"))
		}
		_, _ = io.Copy(io.Discard, r.Body)
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
	if requests.Load() < 3 {
		t.Fatalf("%d requests", requests.Load())
	}
}
