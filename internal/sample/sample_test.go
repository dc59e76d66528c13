package sample

import (
	"bytes"
	"testing"
)

func TestGenerator_IsDeterministicAndInItsBounds(t *testing.T) {
	t.Parallel()
	a, b := New(Dense(7)), New(Dense(7))
	services, spans, failed := map[int]bool{}, 0, 0
	const traces = 2000
	for range traces {
		x, y := a.Next(), b.Next()
		if len(x.Spans) != len(y.Spans) || x.High != y.High {
			t.Fatal("the same seed gave different traces")
		}
		if n := len(x.Spans); n < 5 || n > 40 {
			t.Fatalf("%d spans in a trace", n)
		}
		spans += len(x.Spans)
		for _, s := range x.Spans {
			services[s.Service] = true
			if s.Failed && s.Parent == 0 {
				failed++
			}
			if len(s.Attributes) != 11 || s.End < s.Start {
				t.Fatalf("span %+v", s)
			}
		}
	}
	if len(services) != 12 || failed < traces/100 || failed > traces/25 {
		t.Fatalf("%d services, %d of %d traces failed", len(services), failed, traces)
	}
	t.Logf("%.1f spans a trace", float64(spans)/traces)
}

func TestRequest_MovesAndMovesBack(t *testing.T) {
	t.Parallel()
	g := New(Wide(1))
	r := g.Encode([]Trace{g.Next(), g.Next()}, []int64{1e18, 2e18})
	before := bytes.Clone(r.Body)
	r.Move(5, 1000)
	if bytes.Equal(before, r.Body) {
		t.Fatal("nothing moved")
	}
	r.Move(0, 0)
	if !bytes.Equal(before, r.Body) {
		t.Fatal("moving back did not restore the request")
	}
	names := map[string]bool{}
	for range 500 {
		for _, s := range g.Next().Spans {
			for _, a := range s.Attributes {
				names[a.Name] = true
			}
		}
	}
	if len(names) < 250 || len(names) > 300 {
		t.Fatalf("%d attribute names", len(names))
	}
}

func TestProfiles_HaveTheNamesTheySay(t *testing.T) {
	t.Parallel()
	for want, p := range map[int]Profile{16: Narrow(1), 300: Wide(1)} {
		g, names := New(p), map[string]bool{}
		for range 3000 {
			for _, s := range g.Next().Spans {
				if len(s.Attributes) != 16 {
					t.Fatalf("%d attributes", len(s.Attributes))
				}
				for _, a := range s.Attributes {
					names[a.Name] = true
				}
			}
		}
		if len(names) != want {
			t.Errorf("%d names, want %d", len(names), want)
		}
	}
}

func TestRequest_MovesToAllUsers(t *testing.T) {
	t.Parallel()
	const users, traces = 50, 4
	p := Dense(3)
	p.Users = users
	g := New(p)
	list, starts := make([]Trace, traces), make([]int64, traces)
	for i := range list {
		list[i] = g.Next()
	}
	r := g.Encode(list, starts)
	seen, busiest := map[string]int{}, 0
	for mark := range uint64(2 * users / traces) {
		r.Move(mark+1, 0)
		of := map[int]string{}
		for _, u := range r.users {
			user := string(r.Body[u.at-len(userPrefix) : u.at+userDigits])
			if known, ok := of[u.trace]; ok && known != user {
				t.Fatalf("a trace is of %s and of %s", known, user)
			}
			of[u.trace] = user
		}
		if len(of) != traces {
			t.Fatalf("%d of %d traces have a user", len(of), traces)
		}
		for _, user := range of {
			seen[user]++
			busiest = max(busiest, seen[user])
		}
	}
	if len(seen) != users || seen["user-00000"] == 0 || busiest < 4 {
		t.Errorf("%d users, the busiest comes %d times", len(seen), busiest)
	}
}
