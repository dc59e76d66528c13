package storetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// contrasts gives random events in random layouts to the store and compares
// random sides.
func contrasts(t *testing.T, p *pair) {
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		environment := fmt.Sprint("contrast-", round)
		p.ref = NewReference()
		q := p.scattered(t, environment, func(s query.Stage) bool {
			switch s.(type) {
			case query.Filter, query.Compute, query.TraceFilter, query.Relate:
				return true
			}
			return false
		})
		selection := Condition(t, append([]string{event.SystemTime, "made", "their route"}, anyFields...), 2)
		want, err := p.ref.Contrast(t.Context(), q, selection, store.ContrastOptions{MaxValues: 1000})
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.store.Contrast(t.Context(), q, selection, store.ContrastOptions{MaxValues: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if d := contrastDifference(want, got); d != "" {
			t.Fatalf("%s | selected %s\n%s", q, selection, d)
		}
	})
}

// scattered gives the stores random events in random layouts, and returns a
// question about them that has only stages which may be.
func (p *pair) scattered(t *rapid.T, environment string, may func(query.Stage) bool) *query.Query {
	for _, b := range Events(t, environment, 60) {
		p.append(b)
		if rapid.Bool().Draw(t, "flush") {
			p.flush()
		}
	}
	q := Query(t, environment)
	if end := slices.IndexFunc(q.Stages, func(s query.Stage) bool { _, ok := s.(query.Aggregate); return ok }); end >= 0 {
		q.Stages = q.Stages[:end] // a filter after an aggregation is about its columns
	}
	q.Stages = slices.DeleteFunc(q.Stages, func(s query.Stage) bool { return !may(s) })
	return q
}

func contrastDifference(want, got *store.Contrast) string {
	if got.Left > 0 {
		// "Route" and "route" differ by case alone, so that a segment keeps one where
		// it is not looked at.
		seen := func(f store.ContrastField) bool {
			return slices.ContainsFunc(got.Fields, func(g store.ContrastField) bool { return g.Name == f.Name })
		}
		want.Fields = slices.DeleteFunc(want.Fields, func(f store.ContrastField) bool { return strings.EqualFold(f.Name, "route") && !seen(f) })
	}
	for _, c := range []*store.Contrast{want, got} {
		slices.SortFunc(c.Fields, func(x, y store.ContrastField) int { return strings.Compare(x.Name, y.Name) })
		c.Stats, c.Left = store.Stats{}, 0
		for i := range c.Fields {
			slices.SortFunc(c.Fields[i].Values, func(x, y store.ContrastValue) int {
				return strings.Compare(x.Value.Text(), y.Value.Text())
			})
		}
		c.Fields = slices.DeleteFunc(c.Fields, func(f store.ContrastField) bool { return f.Unique })
		for i := range c.Fields {
			if f := &c.Fields[i]; f.Name == conflicting { // the kind depends on what lies together
				f.Kind, f.Bins = event.Null, nil
			}
		}
	}
	same := cmp.Options{
		cmpopts.EquateNaNs(), cmpopts.EquateEmpty(),
		cmp.Comparer(func(x, y event.Value) bool { return x.Text() == y.Text() }),
		cmp.Comparer(func(x, y float64) bool { return math.Abs(x-y) < 1e-6*(1+math.Abs(x)) }),
	}
	return cmp.Diff(want, got, same)
}
