package xraymodel

import (
	"cmp"
	"math"
	"slices"

	"github.com/oriel-dev/oriel/internal/call"
)

// Cause is a path from where something went wrong, or began to take its time, down
// to where it came from.
type Cause struct {
	Services        []CauseService // the root first
	ClientImpacting bool           // the trace's root is concerned
}

// CauseService is a service on the path of a cause.
type CauseService struct {
	Segment  *Part
	Entities []Entity // the segment itself, then its subsegments on the path
}

// Entity is a segment or subsegment on the path of a cause.
type Entity struct {
	Part     *Part
	Remote   bool
	Coverage float64 // of response times: the entity's share of the root's time
}

// FaultCauses returns the root causes of the trace's faults: from each segment
// that failed without being called by one that did, down through what failed in
// it, else through what noted an exception, to the deepest.
func (t *Trace) FaultCauses() []Cause {
	return t.causes(func(p *Part) bool { return p.Outcome() == call.Fault })
}

// ErrorCauses is FaultCauses for errors of clients, throttling among them.
func (t *Trace) ErrorCauses() []Cause {
	return t.causes(func(p *Part) bool { o := p.Outcome(); return o == call.Error || o == call.Throttle })
}

func (t *Trace) causes(bad func(*Part) bool) []Cause {
	var out []Cause
	on := map[*Part]bool{}
	for _, s := range t.Segments {
		if !s.Segment || s.Inferred || on[s] || !bad(s) || t.reached(s, bad) {
			continue
		}
		var path []*Part
		for p := s; p != nil && !on[p]; p = next(p, bad) {
			on[p] = true
			path = append(path, p)
		}
		c := Cause{ClientImpacting: t.Root != nil && bad(t.Root)}
		for _, p := range path {
			c.add(p, 0)
		}
		out = append(out, c)
	}
	return out
}

// reached reports whether a segment is called by one that is bad itself, whose
// cause will come by here or goes another way.
func (t *Trace) reached(s *Part, bad func(*Part) bool) bool {
	return s.Via != nil && s.Via.Of != nil && s.Via.Of.Segment && s.Via.Of != s && bad(s.Via.Of)
}

// next is the part below that goes on a path of what is bad.
func next(p *Part, bad func(*Part) bool) *Part {
	below := slices.Concat(p.Parts, p.Callees)
	if i := slices.IndexFunc(below, bad); i >= 0 {
		return below[i]
	}
	if i := slices.IndexFunc(below, func(c *Part) bool { return len(c.Exceptions) > 0 }); i >= 0 {
		return below[i]
	}
	return nil
}

func (c *Cause) add(p *Part, coverage float64) {
	if p.Segment || len(c.Services) == 0 {
		c.Services = append(c.Services, CauseService{Segment: p})
	}
	s := &c.Services[len(c.Services)-1]
	s.Entities = append(s.Entities, Entity{Part: p, Remote: p.Namespace != "", Coverage: coverage})
}

// ResponseTimeCauses returns what the root waited for: from it always to what took
// longest below, until something took longer itself than anything below it. There is
// one for a trace with a root that is done.
func (t *Trace) ResponseTimeCauses() []Cause {
	if t.Root == nil || t.Root.Flags.Has(InProgress) || t.Root.Duration() <= 0 {
		return nil
	}
	c := Cause{ClientImpacting: true}
	on := map[*Part]bool{}
	for p := t.Root; p != nil && !on[p]; {
		on[p] = true
		c.add(p, math.Round(float64(p.Duration())/float64(t.Root.Duration())*1000)/1000)
		below := slices.Concat(p.Parts, p.Callees)
		if len(below) == 0 {
			break
		}
		longest := slices.MaxFunc(below, func(x, y *Part) int { return cmp.Compare(x.Duration(), y.Duration()) })
		if own(p, below) > longest.Duration() {
			break
		}
		p = longest
	}
	return []Cause{c}
}

// own is the time of a part in which nothing below it ran.
func own(p *Part, below []*Part) int64 {
	below = slices.Clone(below)
	slices.SortFunc(below, func(x, y *Part) int { return cmp.Compare(x.Start, y.Start) })
	left, at := p.Duration(), p.Start
	for _, c := range below {
		from, to := max(c.Start, at), min(c.End, p.End)
		if to > from {
			left -= to - from
			at = to
		}
	}
	return left
}

// HTTP is the request that a trace is about: the root's, else that of the first
// segment that served one. It is never nil.
func (t *Trace) HTTP() *HTTP {
	if t.Root != nil && t.Root.HTTP.given() {
		return &t.Root.HTTP
	}
	for _, s := range t.Segments {
		if s.Segment && !s.Inferred && s.HTTP.given() {
			return &s.HTTP
		}
	}
	return &HTTP{}
}
