package cli_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKill kills the server with -9 at random moments under load and checks
// after each restart that every batch that was acknowledged is there once, and
// none twice. CRASH_KILLS says how often, CRASH_SEED repeats a run.
func TestKill_LosesNothingAcknowledgedAndDoublesNothing(t *testing.T) {
	kills := setting(t, "CRASH_KILLS", 5)
	seed := setting(t, "CRASH_SEED", int(time.Now().UnixNano()&0xffffff))
	t.Logf("CRASH_SEED=%d CRASH_KILLS=%d", seed, kills)
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	data := t.TempDir()
	acked := map[string]int{}
	const spans = 20
	for round := range kills {
		// Flushing after few rows puts kills into the middle of segment writing too.
		o := start(t, data, "--flush-rows", "2000")
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50+rng.IntN(1450))*time.Millisecond)
		sent := load(ctx, o, round, spans)
		<-ctx.Done()
		o.kill()
		cancel()
		for name := range sent() {
			acked[name] = spans
		}
		began := time.Now()
		o = start(t, data)
		t.Logf("round %d: %d batches acknowledged so far, up again after %v", round, len(acked), time.Since(began).Round(time.Millisecond))
		check(t, o, round, acked, spans)
		o.kill()
	}
	o := start(t, data)
	for round := range kills {
		check(t, o, round, acked, spans)
	}
	if err := o.stop(); err != nil {
		t.Errorf("a graceful stop ended with %v\n%s", err, o.log)
	}
}

// load sends batches from four writers until ctx ends, two by OTLP and two as
// Honeycomb's events; the answer collects the names of those acknowledged. Each
// batch is sent twice in a row, as by a client that missed the answer.
func load(ctx context.Context, o *oriel, round, spans int) func() map[string]bool {
	var mu sync.Mutex
	acked := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				name := fmt.Sprintf("r%d-w%d-%d", round, w, i)
				path, body := "/v1/traces", batch(name, spans, time.Now())
				if w%2 == 1 {
					path, body = "/1/batch/crash", events(name, spans, time.Now())
				}
				for range 2 {
					status, answer, err := o.post(ctx, path, "application/json", body)
					if err == nil && status == http.StatusOK && (w%2 == 0 || strings.Count(string(answer), "202") == spans) {
						mu.Lock()
						acked[name] = true
						mu.Unlock()
					}
				}
			}
		})
	}
	return func() map[string]bool {
		wg.Wait()
		return acked
	}
}

func check(t *testing.T, o *oriel, round int, acked map[string]int, spans int) {
	t.Helper()
	prefix := fmt.Sprintf("r%d-", round)
	found := map[string]int{}
	for w := range 4 {
		rows := o.query(map[string]any{
			"calculations": []any{map[string]any{"op": "COUNT"}, map[string]any{"op": "COUNT_DISTINCT", "column": "n"}},
			"breakdowns":   []any{"batch.id"}, "time_range": 7200, "limit": 10000,
			"filters": []any{map[string]any{"column": "batch.id", "op": "starts-with", "value": fmt.Sprintf("%sw%d-", prefix, w)}},
		})
		for _, r := range rows {
			name, _ := r["batch.id"].(string)
			n, _ := r["COUNT"].(float64)
			found[name] = int(n)
			if int(n) != spans {
				t.Fatalf("batch %s has %v rows of %d\n%s", name, r["COUNT"], spans, o.log)
			}
		}
	}
	for name := range acked {
		if len(name) >= len(prefix) && name[:len(prefix)] == prefix && found[name] == 0 {
			t.Fatalf("batch %s was acknowledged and is lost\n%s", name, o.log)
		}
	}
}

func setting(t *testing.T, name string, def int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return def
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s is %q", name, s)
	}
	return n
}
