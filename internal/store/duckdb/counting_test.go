package duckdb

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

// lines appends n lines, oldest first, of five levels.
func lines(t *testing.T, s *Store, seq uint64, n int) {
	t.Helper()
	b := event.NewBatch("test", "app")
	for i := range n {
		b.Begin(int64(i) * int64(time.Second))
		b.Set("level", event.StringValue(fmt.Sprint("level-", i%5)))
		b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
		b.Set(event.FieldBody, event.StringValue(fmt.Sprintf("request %d of user u%03d took %d ms", i, i%500, i%97)))
		b.Set("user", event.StringValue(fmt.Sprintf("u%03d", i%500)))
		b.Set("latency", event.FloatValue(float64(i)))
	}
	if err := s.Append(t.Context(), seq, []*event.Batch{b}); err != nil {
		t.Fatal(err)
	}
}

func countBy(groups ...string) *query.Query {
	return &query.Query{Environment: "test", Start: -1, End: 1 << 60, Stages: []query.Stage{
		query.Compute{Name: "bin", Expr: query.Call{Name: "time_floor", Args: []query.Expr{query.Field{Name: event.SystemTime}, query.Literal{Value: event.IntValue(300e9)}}}},
		query.Aggregate{Groups: groups, Calcs: []query.Calc{{Op: query.Count, Name: "n"}}},
	}}
}

func TestCounting_IsChosenForCountsByFewKeysAlone(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	lines(t, s, 1, 1000)
	filtered := func(text string) *query.Query {
		where, err := query.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		q := countBy("level")
		q.Stages = append([]query.Stage{query.Filter{Where: where}}, q.Stages...)
		return q
	}
	calculated := func(calc query.Calc) *query.Query {
		q := countBy("level")
		q.Stages[1] = query.Aggregate{Groups: []string{"level"}, Calcs: []query.Calc{{Op: query.Count}, calc}}
		return q
	}
	for _, c := range []struct {
		q      *query.Query
		counts bool
	}{
		{countBy(), true},
		{countBy("level", "bin"), true},
		{countBy("user"), true},
		{countBy(event.SystemDataset, "level", "bin", "user"), true},
		{filtered(`user contains "u1" AND level != "level-1"`), true},
		{filtered(`body contains "user"`), false},
		{countBy(event.FieldBody), false},
		{countBy("latency"), false},
		{calculated(query.Calc{Op: query.Sum, Field: "latency"}), true},
		{calculated(query.Calc{Op: query.Quantile, Field: "latency", Q: 0.99}), true},
		{calculated(query.Calc{Op: query.Quantile, Field: "absent", Q: 0.99}), true},
		{calculated(query.Calc{Op: query.Quantile, Field: "latency", Q: 1.1}), false},
		{calculated(query.Calc{Op: query.Sum, Field: "user"}), false},
		{calculated(query.Calc{Op: query.Sum, Field: event.SystemSampleRate}), false},
		{calculated(query.Calc{Op: query.CountDistinct, Field: "latency"}), false},
		{calculated(query.Calc{Op: query.Sum, Field: "latency", Where: query.Exists{X: query.Field{Name: "user"}}}), false},
		{filtered(`user search "U"`), false},
	} {
		sn := s.snapshotOf(c.q)
		if _, counts := sn.planCount(c.q); counts != c.counts {
			t.Errorf("%s: counted %v", c.q, counts)
		}
		sn.release()
	}
}

func TestCounting_GivesUpWhereThereAreTooManyGroups(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	lines(t, s, 1, 1000)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines(t, s, 2, 1000)
	q := countBy("user")
	for most, want := range map[int]error{499: errManyGroups, 501: nil} {
		sn := s.snapshotOf(q)
		for _, p := range sn.pieces() {
			plan, _ := sn.planCount(q)
			plan.most = most
			c := newCounting(sn, plan, 1)
			c.run(t.Context(), 1, []piece{p}, c.visit, nil)
			if !errors.Is(c.err, want) {
				t.Errorf("at most %d of 500 values: %v, want %v", most, c.err, want)
			}
		}
		sn.release()
	}
	if _, err := s.Run(t.Context(), q, store.Options{MaxRows: 100}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("100 rows are allowed of 500: %v", err)
	}
}

func TestCounting_TellsWhatItHasComeTo(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	lines(t, s, 1, 5000)
	q := countBy("level", "bin")
	q.Stages = append(q.Stages, query.Sort{Keys: []query.SortKey{{Field: "n", Desc: true}}}, query.Limit{Count: 3})
	sn := s.snapshotOf(q)
	defer sn.release()
	plan, _ := sn.planCount(q)
	c := newCounting(sn, plan, 2)
	var last *store.Result
	tell := c.teller(t.Context(), s, store.Options{MaxRows: 10, Partial: func(r *store.Result) { last = r }})
	tell(store.Progress{})
	if last != nil {
		t.Fatal("there is an answer before anything was looked at")
	}
	for _, p := range sn.pieces() {
		if err := c.visit(t.Context(), 1, p); err != nil {
			t.Fatal(err)
		}
	}
	tell(store.Progress{Scanned: 5000})
	if last == nil || last.Rows != 3 || last.Column("n").Values[0].Int() != 60 {
		t.Errorf("the answer so far is %+v", last)
	}
}

// TestCounting_CalculatesWhatSQLDoes compares both ways of one query, to the last
// digit where nothing is added up.
func TestCounting_CalculatesWhatSQLDoes(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	seq, round, compared := uint64(0), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("calculated-", round)
		for range rapid.IntRange(1, 3).Draw(t, "appends") {
			seq++
			if err := s.Append(t.Context(), seq, []*event.Batch{numbers(t, environment)}); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "flush") {
				if err := s.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		a := query.Aggregate{Groups: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"route", "code"}), 0, 2, rapid.ID[string]).Draw(t, "groups")}
		if rapid.Bool().Draw(t, "buckets") {
			a.Step = 3e9
		}
		ops := rapid.SampledFrom([][]query.CalcOp{
			{query.Count, query.Min, query.Max, query.Quantile, query.Interpolated}, {query.Min, query.Max}, {query.Sum, query.Avg, query.Max}, {query.Count, query.Min},
		}).Draw(t, "calculations")
		for i, op := range ops {
			for _, field := range []string{"ms", "size"} {
				a.Calcs = append(a.Calcs, query.Calc{Op: op, Field: field, Q: float64(rapid.IntRange(0, 1000).Draw(t, "per mille")) / 1000, Name: fmt.Sprint(i, field)})
			}
		}
		keys := []query.SortKey{{Field: "route"}, {Field: "code"}, {Field: event.SystemTime}}
		q := &query.Query{Environment: environment, Start: 0, End: 1e12, Stages: []query.Stage{a, query.Sort{Keys: keys}}}
		q.Unweighted = rapid.Bool().Draw(t, "unweighted")
		want, err := s.runOnce(t.Context(), q, store.Options{MaxRows: 1000})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.countGroups(t.Context(), q, store.Options{MaxRows: 1000})
		if err != nil || got == nil {
			t.Fatalf("%v %v", got, err)
		}
		compared += got.Rows
		same := func(x, y event.Value) bool {
			return x == y || x.Kind() == event.Float && storetest.SameValue(x, y, 1e-12)
		}
		for i, w := range want.Columns {
			if w.Kind != got.Columns[i].Kind || !slices.EqualFunc(w.Values, got.Columns[i].Values, same) {
				t.Fatalf("%s\n%s is %v\nwant %v", q, w.Name, got.Columns[i], w)
			}
		}
	})
	if compared == 0 {
		t.Error("there was nothing to compare")
	}
}

// numbers draws rows with two fields of numbers.
func numbers(t *rapid.T, environment string) *event.Batch {
	b := event.NewBatch(environment, "app")
	sampled := rapid.Bool().Draw(t, "sampled")
	spread := rapid.SampledFrom([]int64{1, 10, 1 << 40}).Draw(t, "spread")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for range rapid.IntRange(1, 500).Draw(t, "rows") {
		b.Begin(rng.Int64N(10e9))
		if sampled {
			b.SetSampleRate(1 + rng.Uint32N(9))
		}
		if rng.IntN(5) > 0 {
			b.Set("route", event.StringValue(fmt.Sprint("/", rng.IntN(3))))
			b.Set("ms", event.FloatValue(float64(rng.Int64N(spread)-spread/3)/8))
		}
		if rng.IntN(3) > 0 {
			b.Set("code", event.IntValue(rng.Int64N(4)))
			b.Set("size", event.IntValue(1<<53+rng.Int64N(spread)))
		}
	}
	return b
}

func TestAtRanks_FindsWhatSortingDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		draw := []func() float64{
			rng.NormFloat64, rng.ExpFloat64, func() float64 { return float64(rng.IntN(3)) }, func() float64 { return 7 },
			func() float64 { return math.Pow(10, 600*rng.Float64()-300) }, func() float64 { return 1e9 + rng.Float64() },
		}[rapid.IntRange(0, 5).Draw(t, "kind")]
		var list valueList
		var all []float64
		for range rapid.IntRange(1, 4).Draw(t, "workers") {
			var part valueList
			for range rapid.IntRange(0, 6000).Draw(t, "values") {
				v := draw()
				part.add(v)
				all = append(all, v)
			}
			list.join(&part)
		}
		if list.n != len(all) {
			t.Fatalf("%d values of %d", list.n, len(all))
		}
		if list.n == 0 {
			return
		}
		ranks := []int{0, list.n - 1, rng.IntN(list.n), rng.IntN(list.n), list.n / 2}
		got := atRanks(list.full, list.n, ranks)
		slices.Sort(all)
		for i, rank := range ranks {
			if got[i] != all[rank] {
				t.Fatalf("value %d of %d is %v, want %v", rank, list.n, got[i], all[rank])
			}
		}
	})
}

func TestCounting_LeavesToDuckDBWhatTakesTooMuchMemory(t *testing.T) {
	t.Parallel()
	s := openStore(t, Config{FlushAge: time.Hour})
	defer func() { _ = s.Close() }()
	lines(t, s, 1, 1000)
	q := countBy("level")
	q.Stages[1] = query.Aggregate{Groups: []string{"level"}, Calcs: []query.Calc{{Op: query.Quantile, Field: "latency", Q: 0.5, Name: "p50"}}}
	s.counted.Store(s.config.MemoryLimit / 2)
	if res, err := s.countGroups(t.Context(), q, store.Options{MaxRows: 10}); res != nil || err != nil {
		t.Errorf("without memory the count gave %v, %v", res, err)
	}
	if res, err := s.Run(t.Context(), q, store.Options{}); err != nil || res.Rows != 5 {
		t.Errorf("DuckDB gave %v, %v", res, err)
	}
	s.counted.Store(0)
	res, err := s.countGroups(t.Context(), q, store.Options{MaxRows: 10})
	if err != nil || res == nil || res.Rows != 5 {
		t.Errorf("the count gave %v, %v", res, err)
	}
	if left := s.counted.Load(); left != 0 {
		t.Errorf("%d bytes are taken after the count", left)
	}
}
