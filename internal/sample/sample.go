// Package sample makes deterministic, lifelike trace traffic: a small social
// backend of twelve services, encoded as OTLP. The same seed gives the same
// bytes. Benchmarks and tests use it; nothing of ours is imported, so that it exercises Oriel only through its doors.
package sample

import (
	"math"
	"math/rand/v2"
)

// Profile shapes the traffic.
type Profile struct {
	Seed       uint64
	Users      int     // distinct user ids
	ErrorShare float64 // of traces in which a span fails
	Names      int     // distinct attribute names over the services, 20 on each span: 20 or 300; 0 means 15 common ones
}

// Dense is the profile of the published figures: 15 attributes a span, 100,000
// users, 2 % of traces with an error.
func Dense(seed uint64) Profile { return Profile{Seed: seed, Users: 100_000, ErrorShare: 0.02} }

// Wide is Dense with 300 distinct attribute names, 20 of them on each span.
func Wide(seed uint64) Profile {
	p := Dense(seed)
	p.Names = 300
	return p
}

// Narrow is Wide with the same 20 names on each span, to compare it with.
func Narrow(seed uint64) Profile {
	p := Dense(seed)
	p.Names = 20
	return p
}

// Span is one span of a generated trace. Times are nanoseconds after the
// trace's start.
type Span struct {
	Service    int // index of Services
	Name       string
	Kind       int // OTLP SpanKind
	ID, Parent uint64
	Start, End int64
	Failed     bool
	Attributes []Attribute
}

// Attribute is a name with a string, integer or float value.
type Attribute struct {
	Name  string
	Value any
}

// Trace is one generated request through the services.
type Trace struct {
	High, Low uint64 // halves of the trace id
	Spans     []Span
}

// Generator makes traces one after the other. Not safe for concurrent use.
type Generator struct {
	profile Profile
	rng     *rand.Rand
	names   [][]string // attribute names per service, for Profile.Names
}

// New returns a generator at the start of its sequence.
func New(p Profile) *Generator {
	if p.Users <= 0 {
		p.Users = 1000
	}
	g := &Generator{profile: p, rng: rand.New(rand.NewPCG(p.Seed, 0x6f7269656c))}
	if p.Names > 0 {
		g.names = attributeNames(p.Names)
	}
	return g
}

// request is what all spans of one trace share.
type request struct {
	op     *operation
	user   int
	region string
	build  string
	slow   float64 // factor on durations
	fail   bool
}

// Next returns the next trace: 5 to 40 spans.
func (g *Generator) Next() Trace {
	r := request{
		op:     &operations[g.weighted()],
		user:   g.user(),
		region: regions[g.rng.IntN(len(regions))],
		build:  builds[min(g.rng.IntN(len(builds)*2), len(builds)-1)],
		slow:   1,
		fail:   g.rng.Float64() < g.profile.ErrorShare,
	}
	if r.build == builds[len(builds)-1] && r.op.Name == "GET /api/search" {
		r.slow = 4 // the newest build made search slow: something to find
	}
	tr := Trace{High: g.rng.Uint64(), Low: g.rng.Uint64() | 1}
	g.call(&tr, &r, &r.op.Root, 0, 0)
	for len(tr.Spans) < 5 {
		root := &tr.Spans[0]
		g.add(&tr, &r, root.Service, "middleware", kindInternal, root.ID, root.Start, g.logNormal(0.2))
	}
	if r.fail {
		g.failOne(&tr)
	}
	return tr
}

func (g *Generator) weighted() int {
	total := 0
	for i := range operations {
		total += operations[i].Weight
	}
	n := g.rng.IntN(total)
	for i := range operations {
		if n -= operations[i].Weight; n < 0 {
			return i
		}
	}
	return 0
}

// user draws a user id.
func (g *Generator) user() int { return skewed(g.rng.Float64(), g.profile.Users) }

// skewed makes a user of a random share: some people are far busier than others.
func skewed(f float64, users int) int { return int(f * f * float64(users)) }

// logNormal draws a duration in ns around a median in ms.
func (g *Generator) logNormal(medianMS float64) int64 {
	return int64(medianMS * math.Exp(g.rng.NormFloat64()*0.6) * 1e6)
}

// call adds the spans of a call and of what it calls, and returns its end.
func (g *Generator) call(tr *Trace, r *request, c *call, parent uint64, start int64) int64 {
	at := len(tr.Spans)
	id := g.add(tr, r, c.Service, c.Name, c.Kind, parent, start, 0)
	now := start + g.logNormal(c.MS*0.2*r.slow)
	end := now
	for i := range c.Calls {
		child := &c.Calls[i]
		times := 1
		if child.Most > 1 {
			times += g.rng.IntN(child.Most)
		}
		for range times {
			if len(tr.Spans) >= 40 {
				break
			}
			if child.Chance > 0 && g.rng.Float64() > child.Chance {
				continue
			}
			done := g.call(tr, r, child, id, now+g.logNormal(0.05))
			end = max(end, done)
			if !child.Parallel && child.Kind != kindConsumer {
				now = done
			}
		}
	}
	end = max(end, now) + g.logNormal(c.MS*0.5*r.slow)
	tr.Spans[at].End = end
	if c.Kind == kindConsumer {
		return start // nobody waits for it
	}
	return end
}

func (g *Generator) add(tr *Trace, r *request, service int, name string, kind int, parent uint64, start, length int64) uint64 {
	id := g.rng.Uint64() | 1
	s := Span{Service: service, Name: name, Kind: kind, ID: id, Parent: parent, Start: start, End: start + length}
	if g.names != nil {
		s.Attributes = g.namedAttributes(service)
	} else {
		s.Attributes = g.attributes(r, &s)
	}
	tr.Spans = append(tr.Spans, s)
	return id
}

// failOne makes one of the later spans fail, and everything above it.
func (g *Generator) failOne(tr *Trace) {
	at := len(tr.Spans)/2 + g.rng.IntN(len(tr.Spans)-len(tr.Spans)/2)
	above := tr.Spans[at].ID
	for i := at; i >= 0; i-- {
		s := &tr.Spans[i]
		if s.ID != above {
			continue
		}
		s.Failed = true
		for k := range s.Attributes {
			if s.Attributes[k].Name == "http.response.status_code" {
				s.Attributes[k].Value = int64(500)
			}
		}
		above = s.Parent
	}
}
