package traffic_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
			fmt.Fprint(w, `[{"uuid":"u1","handle":"handle1"}]`)
		}
	}))
	defer srv.Close()
	err := traffic.Run(ctx, traffic.Config{URL: srv.URL, Handles: []string{"handle1", "handle2"}, Rate: 500, Pace: 0, Seed: 1, Log: slog.New(slog.DiscardHandler)})
	if err != nil || ctx.Err() != context.Canceled {
		t.Errorf("%v, %v; seen: %v", err, ctx.Err(), seen)
	}
}
