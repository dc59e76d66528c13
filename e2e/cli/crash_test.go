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
		for name := range killUnderLoad(t, o, rng, func(w, i int) posted { return aBatch(round, w, i, spans) }) {
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

// aBatch is one of writer w: the even ones speak OTLP, the others Honeycomb's events.
func aBatch(round, w, i, spans int) posted {
	name := fmt.Sprintf("r%d-w%d-%d", round, w, i)
	if w%2 == 0 {
		return posted{name: name, path: "/v1/traces", body: batch(name, spans, time.Now()), taken: func(string) bool { return true }}
	}
	return posted{name: name, path: "/1/batch/crash", body: events(name, spans, time.Now()), taken: func(answer string) bool {
		return strings.Count(answer, "202") == spans
	}}
}

// posted is what a writer sends.
type posted struct {
	name  string // or names, with spaces between
	path  string
	body  []byte
	taken func(answer string) bool // whether an answer of 200 acknowledges all of it
}

// killUnderLoad kills the server at a random moment under load, and returns what it
// acknowledged.
func killUnderLoad(t *testing.T, o *oriel, rng *rand.Rand, next func(w, i int) posted) map[string]posted {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50+rng.IntN(1450))*time.Millisecond)
	defer cancel()
	sent := load(ctx, o, next)
	<-ctx.Done()
	o.kill()
	return sent()
}

// load posts from four writers until ctx ends, each post twice in a row, as by a client
// that missed the answer. The answer collects what was acknowledged, by name.
func load(ctx context.Context, o *oriel, next func(w, i int) posted) func() map[string]posted {
	var mu sync.Mutex
	acked := map[string]posted{}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p := next(w, i)
				for range 2 {
					status, answer, err := o.post(ctx, p.path, "application/json", p.body)
					if err == nil && status == http.StatusOK && p.taken(string(answer)) {
						mu.Lock()
						acked[p.name] = p
						mu.Unlock()
					}
				}
			}
		})
	}
	return func() map[string]posted {
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
