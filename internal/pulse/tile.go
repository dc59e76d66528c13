package pulse

import (
	"cmp"
	"maps"
	"slices"

	"github.com/oriel-dev/oriel/internal/health"
	"github.com/oriel-dev/oriel/internal/store"
)

// Tile is what services were asked for in one step of time.
type Tile struct {
	Start    int64
	Services map[string]*Service

	revision uint64
	size     int
	used     uint64
}

// Service is one service in a step.
type Service struct {
	health.Sums // without bins
	P95         float64
	Operations  map[string]*Operation // those beyond the busiest 200 are joined under ""
}

// Operation is one name of a service in a step.
type Operation struct {
	health.Sums
	Kind    string // of its spans, "" for several
	Slowest store.Exemplar

	bins map[int32]float64
}

const mostOperations = 200

func (t *Tile) add(r *store.Rollup) {
	s := t.Services[r.Service]
	if s == nil {
		s = &Service{Operations: map[string]*Operation{}}
		t.Services[r.Service] = s
	}
	o := s.Operations[r.Name]
	if o == nil {
		o = &Operation{Kind: r.Kind, bins: map[int32]float64{}}
		s.Operations[r.Name] = o
	}
	o.take(&Operation{
		Sums: health.Sums{Count: r.Count, Refused: r.Refused, Throttles: r.Throttles, Faults: r.Faults}, Kind: r.Kind, Slowest: r.Slowest, bins: r.Bins,
	})
}

func (o *Operation) take(other *Operation) {
	o.Add(&other.Sums)
	if o.Kind != other.Kind {
		o.Kind = ""
	}
	o.Slowest = o.Slowest.Slower(other.Slowest)
	for at, n := range other.bins {
		o.bins[at] += n
	}
}

// finish makes of what was added what is kept; coarse bins are enough where nobody
// asks for exact quantiles.
func (t *Tile) finish(coarse bool) {
	var h health.Histogram
	for _, s := range t.Services {
		s.bound()
		h.Reset()
		for _, o := range s.Operations {
			o.Bins, o.bins = health.BinsOf(o.bins), nil
			h.Add(o.Bins)
			if coarse {
				o.Bins = health.Fold(o.Bins)
			}
			s.Add(&o.Sums)
			t.size += 8 + len(o.Bins)
		}
		s.P95 = h.Quantile(0.95)
	}
}

// bound joins the operations beyond the busiest.
func (s *Service) bound() {
	if len(s.Operations) <= mostOperations {
		return
	}
	names := slices.SortedFunc(maps.Keys(s.Operations), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Operations[b].Count, s.Operations[a].Count), cmp.Compare(a, b))
	})
	rest := &Operation{Kind: s.Operations[names[mostOperations]].Kind, bins: map[int32]float64{}}
	for _, name := range names[mostOperations:] {
		rest.take(s.Operations[name])
		delete(s.Operations, name)
	}
	if o := s.Operations[""]; o != nil {
		rest.take(o)
	}
	s.Operations[""] = rest
}
