package storetest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
)

// RunRestart checks that what was flushed is there after a restart and the rest
// comes back by replay. open opens the store in a folder; the suite closes it.
func RunRestart(t *testing.T, open func(t *testing.T, folder string) store.Store) {
	t.Helper()
	folder := t.TempDir()
	batches := append(sampleBatches(), sampleBatches()...)
	ref := NewReference()
	var durable uint64
	for i, b := range batches {
		s := open(t, folder)
		if d := s.Durable(); d != durable {
			t.Fatalf("durable was %d before the restart, and is %d", durable, d)
		}
		p := &pair{t: t, store: s, ref: NewReference()}
		if err := ref.Append(t.Context(), uint64(i+1), copies([]*event.Batch{b})); err != nil {
			t.Fatal(err)
		}
		// The journal replays everything; what is durable must not come twice.
		for seq := range i + 1 {
			if err := s.Append(t.Context(), uint64(seq+1), copies(batches[seq:seq+1])); err != nil {
				t.Fatal(err)
			}
		}
		p.ref = ref
		p.agree(ask())
		p.agree(ask(count("route", event.SystemDataset)))
		p.sameCatalog(Environment)
		if i%2 == 0 {
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			durable = s.Durable()
			if durable != uint64(i+1) {
				t.Fatalf("durable is %d after a flush of %d", durable, i+1)
			}
		}
		if i == len(batches)/2 {
			p.dropDataset(Environment, b.Dataset) // must not come back by replay
			durable = s.Durable()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func rowCount(batches []*event.Batch) int {
	n := 0
	for _, b := range batches {
		n += b.Len()
	}
	return n
}

// sameTrace wants the same rows of a trace from both, in any order.
func (p *pair) sameTrace(environment, id string, limit int) {
	p.t.Helper()
	texts := func(s store.Store) ([]string, bool) {
		batches, more, err := s.Trace(p.t.Context(), environment, id, limit)
		if err != nil {
			p.t.Fatalf("trace %q: %v", id, err)
		}
		var rows []string
		for _, b := range batches {
			for i := range b.Len() {
				rows = append(rows, rowLine(b, i))
			}
		}
		slices.Sort(rows)
		return rows, more
	}
	want, wantMore := texts(p.ref)
	got, gotMore := texts(p.store)
	if !slices.Equal(want, got) || wantMore != gotMore {
		p.t.Errorf("trace %q\nwant %v\n%s\ngot %v\n%s", id, wantMore, strings.Join(want, "\n"), gotMore, strings.Join(got, "\n"))
	}
}

// rowLine is a row as text, whatever kinds its values are kept in.
func rowLine(b *event.Batch, i int) string {
	fields := map[string]string{}
	b.Row(i).Each(func(name string, v event.Value) { fields[name] = v.Text() })
	var line strings.Builder
	fmt.Fprintf(&line, "%s/%s %d ×%d", b.Environment, b.Dataset, b.Times[i], b.SampleRate(i))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&line, " %q=%q", name, fields[name])
	}
	return line.String()
}

// sameCatalog wants the same datasets, rows, times and fields from both; sizes differ.
func (p *pair) sameCatalog(environment string) {
	p.t.Helper()
	lines := func(s store.Store) string {
		var out []string
		for _, d := range s.Catalog(environment).Datasets {
			out = append(out, fmt.Sprintf("%q: %d rows, %d to %d", d.Slug, d.Rows, d.First, d.Last))
			for _, f := range d.Fields {
				out = append(out, fmt.Sprintf("%q: %q %v, %d filled", d.Slug, f.Name, f.Kind, f.Filled))
			}
		}
		slices.Sort(out)
		return strings.Join(out, "\n")
	}
	if want, got := lines(p.ref), lines(p.store); want != got {
		p.t.Errorf("catalog of %s\nwant\n%s\ngot\n%s", environment, want, got)
	}
}

// sameRollups wants the same sums for each minute, service and name from both,
// however many entries a store keeps for one.
func (p *pair) sameRollups(environment string, start, end int64) {
	p.t.Helper()
	type sums struct {
		count, errors, refused, throttles, faults, ms float64
		bins                                          map[int32]float64
		slowest                                       store.Exemplar
	}
	total := func(s store.Store) map[string]*sums {
		rollups, err := s.Rollups(p.t.Context(), environment, start, end)
		if err != nil {
			p.t.Fatalf("rollups: %v", err)
		}
		by := map[string]*sums{}
		for _, r := range rollups {
			key := fmt.Sprint(r.Minute, r.Dataset, r.Service, r.Origin, r.Namespace, r.Name, r.Root, r.Serves)
			if by[key] == nil {
				by[key] = &sums{bins: map[int32]float64{}}
			}
			by[key].count += r.Count
			by[key].errors += r.Errors
			by[key].refused += r.Refused
			by[key].throttles += r.Throttles
			by[key].faults += r.Faults
			by[key].ms += r.SumMS
			by[key].slowest = by[key].slowest.Slower(r.Slowest)
			for bin, n := range r.Bins {
				by[key].bins[bin] += n
			}
		}
		return by
	}
	want, got := total(p.ref), total(p.store)
	if len(want) != len(got) {
		p.t.Errorf("%d roll-ups, want %d: %v, want %v", len(got), len(want), slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for key, w := range want {
		g := got[key]
		if g == nil {
			p.t.Errorf("no roll-up %s", key)
			continue
		}
		if g.count != w.count || g.errors != w.errors || g.refused != w.refused || g.throttles != w.throttles || g.faults != w.faults || math.Abs(g.ms-w.ms) > 1e-6 || !maps.Equal(w.bins, g.bins) || g.slowest != w.slowest {
			p.t.Errorf("roll-up %s is %+v, want %+v", key, *g, *w)
		}
	}
}

// sameCalls wants the same calls from both.
func (p *pair) sameCalls(environment string, start, end int64) {
	p.t.Helper()
	p.sameCallsIf(environment, start, end, func(store.Call) bool { return true })
}

// sameAnswered wants the same calls between services from both.
func (p *pair) sameAnswered(environment string, start, end int64) {
	p.t.Helper()
	p.sameCallsIf(environment, start, end, func(c store.Call) bool { return c.Callee != "" })
}

func (p *pair) sameCallsIf(environment string, start, end int64, wanted func(store.Call) bool) {
	p.t.Helper()
	lines := func(s store.Store) []string {
		calls, err := s.Calls(p.t.Context(), environment, start, end)
		if err != nil {
			p.t.Fatalf("calls: %v", err)
		}
		var out []string
		for _, c := range calls {
			if !wanted(c) {
				continue
			}
			out = append(out, fmt.Sprintf("%d %s (%s) to %s (%s) as %s (%s), async %v: %v, %v refused, %v throttled, %v failed, %.3f ms, %v", (c.Minute-suiteBase)/second,
				c.Caller, c.CallerOrigin, c.Callee, c.CalleeOrigin, c.Peer, c.PeerType, c.Async, c.Count, c.Refused, c.Throttles, c.Faults, c.SumMS, c.Bins))
		}
		slices.Sort(out)
		return out
	}
	if want, got := lines(p.ref), lines(p.store); !slices.Equal(want, got) {
		p.t.Errorf("calls\nwant %s\ngot  %s", strings.Join(want, "\n     "), strings.Join(got, "\n     "))
	}
}
