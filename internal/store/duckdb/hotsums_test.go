package duckdb

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
)

// Whoever asked before, and whatever came since, the sums of rows in memory are those
// of all of them, also of calls whose sides came on either side of the question.
func TestHotSums_AreThoseOfAllRows(t *testing.T) {
	t.Parallel()
	asked, fresh := openStore(t, Config{}), openStore(t, Config{})
	compare := func(when string) {
		t.Helper()
		for _, s := range []*Store{asked, fresh} {
			s.hotSums.calls.mu.Lock()
			kept := s.hotSums.calls.known["test"] != nil
			s.hotSums.calls.mu.Unlock()
			if s == fresh && kept {
				t.Fatalf("%s: sums are kept where nobody asked", when)
			}
		}
		got, want := sumsOf(t, asked), sumsOf(t, fresh)
		fresh.hotSums.forget()
		if diff := gocmp.Diff(want, got); diff != "" || len(got) < 4 {
			t.Errorf("%s: of all (-), beside what was kept (+):\n%s", when, diff)
		}
	}
	const most = worthKeeping / 3
	seq := uint64(0)
	add := func(from, to int) {
		t.Helper()
		seq++
		for _, s := range []*Store{asked, fresh} {
			if err := s.Append(t.Context(), seq, requests(from, to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(0, most+100)
	compare("at first")
	for i := range 3 {
		add(most+100+i*50, most+150+i*50)
		compare("a little later")
	}
	add(most+250, 2*most)
	compare("after many more")
	for _, s := range []*Store{asked, fresh} {
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked.hotSums.calls.known != nil {
		t.Error("sums of rows that are written are kept")
	}
	compare("once written")
}

// requests are some of the rows of numbered requests to a service that asks another;
// the answer of each that ends in 7 comes with the next but 60.
func requests(from, to int) []*event.Batch {
	web, users := event.NewBatch("test", "web"), event.NewBatch("test", "users")
	row := func(b *event.Batch, n int, id, parent, kind string) {
		b.Begin(began() + int64(n)*1e6)
		b.Set(event.FieldTraceID, event.StringValue(fmt.Sprintf("%032x", n+1)))
		b.Set(event.FieldSpanID, event.StringValue(id))
		if parent != "" {
			b.Set(event.FieldParentID, event.StringValue(parent))
		}
		b.Set(event.FieldService, event.StringValue(b.Dataset))
		b.Set(event.FieldSpanKind, event.StringValue(kind))
		b.Set(event.FieldName, event.StringValue(kind))
		b.Set("server.address", event.StringValue("users"))
		b.Set(event.FieldDuration, event.FloatValue(float64(n%50)))
	}
	for n := from; n < to; n++ {
		row(web, n, "a", "", "server")
		row(web, n, "b", "a", "client")
		if n%10 != 7 {
			row(users, n, "c", "b", "server")
		}
		if late := n - 60; late >= 0 && late%10 == 7 {
			row(users, late, "c", "b", "server")
		}
	}
	return []*event.Batch{web, users}
}

func began() int64 { return 1_800_000_000_000_000_000 }

// sumsOf writes down what a store says of the requests.
func sumsOf(t *testing.T, s *Store) []string {
	t.Helper()
	const hour = int64(3600e9)
	rollups, err := s.Rollups(t.Context(), "test", began()-hour, began()+hour)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := s.Calls(t.Context(), "test", began()-hour, began()+hour)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range rollups {
		r := &rollups[i]
		out = append(out, fmt.Sprint("rollup ", r.Minute, r.Service, r.Name, r.Count, r.SumMS, r.Bins))
	}
	slices.SortFunc(calls, func(x, y store.Call) int {
		return cmp.Or(cmp.Compare(x.Minute, y.Minute), cmp.Compare(x.Callee, y.Callee), cmp.Compare(x.Peer, y.Peer))
	})
	for i := range calls {
		c := &calls[i]
		out = append(out, fmt.Sprint("call ", c.Minute, c.Caller, c.Callee, c.Peer, c.Count, c.SumMS, c.Bins))
	}
	slices.Sort(out)
	return out
}
