package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// OVERLOAD_SECONDS says for how many seconds; make overload asks for more.
func TestOverload_MemoryStaysBoundedAndRefusalsSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	const budget, spans = 512 << 20, 500
	o := start(t, t.TempDir(), "--memory", fmt.Sprint(budget))
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(setting(t, "OVERLOAD_SECONDS", 4))*time.Second)
	defer cancel()
	var acked, refused, unsure, peak atomic.Int64
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				status, wait, err := o.export(batch(fmt.Sprintf("over-%d-%d", w, i), spans, time.Now()))
				switch {
				case err != nil:
					unsure.Add(1)
					t.Errorf("no answer under load: %v", err)
				case status == http.StatusOK:
					acked.Add(1)
				case (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && wait != "":
					refused.Add(1)
				default:
					t.Errorf("answered %d with Retry-After %q", status, wait)
				}
				peak.Store(max(peak.Load(), o.resident()))
			}
		})
	}
	wg.Wait()
	t.Logf("%d batches of %d spans taken, %d refused, at most %d MB held of %d", acked.Load(), spans, refused.Load(), peak.Load()>>20, budget>>20)
	if peak.Load() > budget*11/10 {
		t.Errorf("%d MB were held with a budget of %d", peak.Load()>>20, budget>>20)
	}
	eventually(t, "a batch is taken as usual", func() error {
		if status, _, err := o.export(batch("after", 1, time.Now())); err != nil || status != http.StatusOK {
			return fmt.Errorf("%d, %w", status, errors.Join(err))
		}
		return nil
	})
	if err := o.total("over-", acked.Load()*spans); err != nil {
		t.Error(err)
	}
}

// Large requests, each near the limits, from many senders at once: what they hold
// together has a share of the budget, however small that is.
func TestOverload_LargeRequestsStayWithinASmallBudget(t *testing.T) {
	t.Parallel()
	const budget = 256 << 20
	o := start(t, t.TempDir(), "--memory", fmt.Sprint(budget))
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(setting(t, "OVERLOAD_SECONDS", 4))*time.Second)
	defer cancel()
	var peak atomic.Int64
	var outcomes sync.Map
	var wg sync.WaitGroup
	for w := range 24 {
		// White space is part of a body and of no event.
		body := append(bytes.Repeat([]byte(" "), (4+w)<<20), batch(fmt.Sprintf("large-%d", w), 100, time.Now())...)
		wg.Go(func() {
			for ctx.Err() == nil {
				status, wait, err := o.export(body)
				switch {
				case err != nil:
					// The answer to a body that is too large may be cut off by the rest of it.
				case status == http.StatusOK, status == http.StatusRequestEntityTooLarge:
				case (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && wait != "":
				default:
					t.Errorf("answered %d with Retry-After %q", status, wait)
				}
				outcomes.Store(status, true)
				peak.Store(max(peak.Load(), o.resident()))
			}
		})
	}
	wg.Wait()
	t.Logf("at most %d MB held of %d", peak.Load()>>20, budget>>20)
	if peak.Load() > budget*11/10 {
		t.Errorf("%d MB were held with a budget of %d", peak.Load()>>20, budget>>20)
	}
	if _, ok := outcomes.Load(http.StatusOK); !ok {
		t.Error("nothing was taken")
	}
	eventually(t, "a batch is taken as usual", func() error {
		if status, _, err := o.export(batch("after", 1, time.Now())); err != nil || status != http.StatusOK {
			return fmt.Errorf("%d, %w", status, errors.Join(err))
		}
		return nil
	})
}

func TestOverload_HeavyQueriesNeitherStopIngestNorRunForEver(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir(), "--max-queries", "2", "--query-timeout", "3s")
	const spans = 500
	for i := range 40 {
		if status, _, err := o.export(batch(fmt.Sprintf("heavy-%d", i), spans, time.Now())); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
	}
	var asking sync.WaitGroup
	var outcomes sync.Map
	for i := range 150 { // more than run and wait
		asking.Go(func() {
			status, body, err := o.post(t.Context(), "/api/query", "application/json", heavy(i))
			switch {
			case err != nil:
				t.Errorf("query %d has no answer: %v", i, err)
			case status != http.StatusOK:
				if status != http.StatusTooManyRequests {
					t.Errorf("query %d: %d, %s", i, status, body)
				}
				outcomes.Store(i, fmt.Sprint(status))
			default:
				a := last(t, body)
				outcomes.Store(i, a.Type+" "+a.Error.Kind)
				if a.Type == "error" && (a.Error.Message == "" || a.Error.Kind == "internal") {
					t.Errorf("query %d: %+v", i, a.Error)
				}
			}
		})
	}
	sent := 0
	for ; sent < 20; sent++ {
		if status, _, err := o.export(batch(fmt.Sprintf("meanwhile-%d", sent), spans, time.Now())); err != nil || status != http.StatusOK {
			t.Errorf("while queries ran: %d, %v", status, err)
		}
	}
	asking.Wait()
	counts := map[any]int{}
	outcomes.Range(func(_, v any) bool { counts[v]++; return true })
	t.Logf("outcomes: %v, %d MB held", counts, o.resident()>>20)
	if err := o.total("meanwhile-", int64(sent*spans)); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"oriel_query_running", "oriel_query_waiting"} {
		if n := o.metric(name); n != 0 {
			t.Errorf("%s is %g when nobody asks", name, n)
		}
	}
}

func TestOverload_QueryEndsAtItsDeadlineWithTheLimit(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir(), "--query-timeout", "1ms")
	for i := range 10 {
		if status, _, err := o.export(batch(fmt.Sprintf("late-%d", i), 500, time.Now())); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
	}
	status, body, err := o.post(t.Context(), "/api/query", "application/json", heavy(0))
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v, %s", status, err, body)
	}
	if a := last(t, body); a.Type != "error" || a.Error.Kind != "deadline" || !strings.Contains(a.Error.Message, "1ms") {
		t.Errorf("the error must name the limit: %s", body)
	}
	if n := o.metric(`oriel_query_total{outcome="deadline"}`); n < 1 {
		t.Errorf("%g queries are counted as late", n)
	}
}

func TestOverload_ClientThatGoesAwayStopsItsQuery(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir(), "--max-queries", "1", "--query-timeout", "1h")
	for i := range 60 {
		if status, _, err := o.export(batch(fmt.Sprintf("gone-%d", i), 1000, time.Now())); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 50 { // one runs, the others wait for it
		wg.Go(func() { _, _, _ = o.post(ctx, "/api/query", "application/json", heavy(i)) })
	}
	eventually(t, "a query runs", func() error {
		if o.metric("oriel_query_running") == 0 {
			return errors.New("none does")
		}
		return nil
	})
	leave()
	wg.Wait()
	eventually(t, "nothing runs for those who left", func() error {
		if n := o.metric("oriel_query_running") + o.metric("oriel_query_waiting"); n != 0 {
			return fmt.Errorf("%g do", n)
		}
		return nil
	})
}

// heavy is a query with a group for each span and costly calculations; no two are the same.
func heavy(i int) []byte {
	raw, err := json.Marshal(map[string]any{"dataset": "__all__", "series": true, "query": map[string]any{
		"calculations": []any{
			map[string]any{"op": "COUNT"},
			map[string]any{"op": "HEATMAP", "column": "duration_ms"},
			map[string]any{"op": "COUNT_DISTINCT", "column": "trace.span_id"},
			map[string]any{"op": "P999", "column": "n"},
		},
		"breakdowns": []any{"trace.span_id", "n", "batch.id"}, "time_range": 7200 + i, "limit": 1000,
		"filters": []any{map[string]any{"column": "batch.id", "op": "contains", "value": "-"}},
	}})
	if err != nil {
		panic(err)
	}
	return raw
}

// export sends a batch and returns the status and Retry-After.
func (o *oriel) export(body []byte) (status int, wait string, err error) {
	resp, err := http.Post(o.url+"/v1/traces", "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After"), err
}

// total counts the rows of all batches with a prefix, however many there are.
func (o *oriel) total(prefix string, want int64) error {
	o.t.Helper()
	rows := o.query(map[string]any{
		"calculations": []any{map[string]any{"op": "COUNT"}}, "time_range": 7200,
		"filters": []any{map[string]any{"column": "batch.id", "op": "starts-with", "value": prefix}},
	})
	if len(rows) != 1 || rows[0]["COUNT"] != float64(want) {
		return fmt.Errorf("rows of %s*: %v, want %d", prefix, rows, want)
	}
	return nil
}
