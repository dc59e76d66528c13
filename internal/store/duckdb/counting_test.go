package duckdb

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
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
	summed := countBy("level")
	summed.Stages[1] = query.Aggregate{Groups: []string{"level"}, Calcs: []query.Calc{{Op: query.Sum, Field: "latency", Name: "s"}}}
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
		{summed, false},
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
