package querier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

var now = time.Unix(1_764_000_000, 0)

// slow is a store whose queries end when the test says so, or with their context.
type slow struct {
	store.Store
	runs     atomic.Int64
	revision atomic.Uint64
	release  chan struct{}
}

func (s *slow) Revision(string, int64, int64) uint64 { return s.revision.Load() }

func (s *slow) Run(ctx context.Context, _ *query.Query, _ store.Options) (*store.Result, error) {
	s.runs.Add(1)
	select {
	case <-s.release:
		return &store.Result{}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func ask(start int64) *query.Query {
	return &query.Query{Environment: "test", Start: start, End: now.UnixNano(), Stages: []query.Stage{query.Aggregate{Calcs: []query.Calc{{Op: query.Count, Name: "COUNT"}}}}}
}

func newQuerier(s Source, c Config) *Querier {
	c.Store, c.Clock, c.Log = s, func() time.Time { return now }, slog.New(slog.DiscardHandler)
	return New(c)
}

func TestRun_QueuesAndThenRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{release: make(chan struct{})}
		q := newQuerier(s, Config{MaxConcurrent: 2, MaxQueue: 3, Deadline: time.Hour})
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				if _, err := q.Run(t.Context(), ask(int64(i))); err != nil {
					t.Errorf("query %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		if st := q.Stats(); st.Running != 2 || st.Waiting != 3 {
			t.Errorf("running %d, waiting %d", st.Running, st.Waiting)
		}
		if _, err := q.Run(t.Context(), ask(99)); !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) == 0 {
			t.Errorf("the sixth query: %v", err)
		}
		// A look-up of a short range has places of its own.
		done := make(chan error)
		go func() {
			_, err := q.Run(t.Context(), ask(now.Add(-time.Minute).UnixNano()))
			done <- err
		}()
		synctest.Wait()
		close(s.release)
		if err := <-done; err != nil {
			t.Errorf("the short query: %v", err)
		}
		wg.Wait()
	})
}

func TestRun_EndsAtItsDeadlineAndNamesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQuerier(&slow{release: make(chan struct{})}, Config{Deadline: 7 * time.Second})
		_, err := q.Run(t.Context(), ask(0))
		if !fault.Is(err, fault.Deadline) || fault.MessageOf(err) == "" {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			cancel()
		}()
		if _, err := q.Run(ctx, ask(0)); !fault.Is(err, fault.Canceled) {
			t.Fatal(err)
		}
	})
}

func TestRun_AsksOnceForTheSameQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{release: make(chan struct{})}
		q := newQuerier(s, Config{Deadline: time.Hour})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { _, _ = q.Run(t.Context(), ask(0)) })
		}
		synctest.Wait()
		close(s.release)
		wg.Wait()
		if n := s.runs.Load(); n != 1 {
			t.Errorf("the store was asked %d times", n)
		}
		// The answer is kept until rows of its range come or go.
		for range 3 {
			_, _ = q.Run(t.Context(), ask(0))
		}
		s.revision.Add(1)
		for range 3 {
			_, _ = q.Run(t.Context(), ask(0))
		}
		if n, cached := s.runs.Load(), q.Stats().Cached; n != 2 || cached != 5 {
			t.Errorf("the store was asked %d times, and %d answers were kept ones", n, cached)
		}
	})
}

type failing struct{ store.Store }

func (failing) Revision(string, int64, int64) uint64 { return 0 }

func (failing) Run(context.Context, *query.Query, store.Options) (*store.Result, error) {
	panic("boom")
}

func TestRun_OutlivesAPanic(t *testing.T) {
	t.Parallel()
	q := newQuerier(failing{}, Config{})
	for range 20 { // more than there are places
		if _, err := q.Run(t.Context(), ask(0)); fault.KindOf(err) != fault.Internal || errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// filled is a reference store with an hour of events: route /a takes 10 ms and
// comes once a minute, /b takes 1,000 ms, comes every five minutes and stands for 4.
func filled(t *testing.T) *storetest.Reference {
	t.Helper()
	s := storetest.NewReference()
	b := event.NewBatch("test", "api")
	for i := range 60 {
		at := now.Add(-time.Duration(60-i) * time.Minute).UnixNano()
		b.Begin(at)
		b.Set("route", event.StringValue("/a"))
		b.Set("duration_ms", event.FloatValue(10))
		b.Set("total", event.IntValue(int64(i*3)))
		if i%5 == 0 {
			b.Begin(at + 1e9)
			b.SetSampleRate(4)
			b.Set("route", event.StringValue("/b"))
			b.Set("duration_ms", event.FloatValue(1000))
		}
	}
	if err := s.Append(t.Context(), 1, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunSpec_FillsTableSeriesTotalsAndHeatmap(t *testing.T) {
	t.Parallel()
	spec, err := query.ParseText(`VISUALIZE COUNT, P50(duration_ms), HEATMAP(duration_ms), COUNT IF (duration_ms > 100) AS slow GROUP BY route GRANULARITY 5m LAST 1h`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newQuerier(filled(t), Config{}).RunSpec(t.Context(), "test", nil, spec, SpecOptions{Series: true, Totals: true})
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for row := range r.Rows {
		for _, c := range r.Columns {
			got += c.Values[row].Text() + " "
		}
		got += "| "
	}
	if want := "/a 60 10 0 | /b 48 1000 48 | "; got != want {
		t.Errorf("table %q, want %q", got, want)
	}
	sum := 0.0
	for _, v := range r.Series.Groups[1].Values["COUNT"] {
		if !math.IsNaN(v) {
			sum += v
		}
	}
	if sum != 48 || r.Series.Step != int64(5*time.Minute) {
		t.Errorf("the series of /b sums up to %v by %v", sum, time.Duration(r.Series.Step))
	}
	if n, _ := r.Totals["COUNT"].Number(); n != 108 {
		t.Errorf("total %v", n)
	}
	h := r.Heatmaps[0]
	cells := 0.0
	for _, n := range h.Counts {
		cells += n
	}
	if cells != 108 || h.Scale != "log" || h.Min > 10.2 || h.Max < 980 {
		t.Errorf("heatmap of %v, %s from %v to %v", cells, h.Scale, h.Min, h.Max)
	}
}

func TestRunSpec_RatesAreDifferencesOfBuckets(t *testing.T) {
	t.Parallel()
	spec, err := query.ParseText(`VISUALIZE RATE_MAX(total) WHERE route = "/a" GRANULARITY 1m LAST 1h`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newQuerier(filled(t), Config{}).RunSpec(t.Context(), "test", nil, spec, SpecOptions{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Series.Groups[0].Values["RATE_MAX(total)"] {
		if i > 0 && !math.IsNaN(v) && v != 3 {
			t.Fatalf("bucket %d: %v", i, v)
		}
	}
	if f, _ := r.Columns[0].Values[0].Number(); f != 3 {
		t.Errorf("table %v", fmt.Sprint(r.Columns[0].Values))
	}
}

func TestRunSpec_ComparesWithAnEarlierPeriod(t *testing.T) {
	t.Parallel()
	spec, err := query.ParseText(`VISUALIZE COUNT LAST 30m COMPARE 30m`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newQuerier(filled(t), Config{}).RunSpec(t.Context(), "test", nil, spec, SpecOptions{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Compare == nil || r.Compare.Start >= r.Series.Start || len(r.Compare.Groups) != 1 {
		t.Fatalf("%+v", r.Compare)
	}
}
