package servicegraph

import (
	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Link leads from a span to one of another trace that goes on with what the first
// left: a message, a job.
type Link struct {
	From, To LinkEnd
	At       int64   // when the second began, Unix ns
	Weight   float64 // how many links it stands for
}

// LinkEnd is one of the spans of a link.
type LinkEnd struct {
	Service, Origin string
	At              int64 // when the first ended or the second began, Unix ns
}

// Stats are how long what the first left was waiting, never less than nothing:
// clocks differ.
func (l *Link) Stats() (s Stats) {
	s.One(call.OK, max(float64(l.To.At-l.From.At)/1e6, 0), l.Weight)
	return s
}

// Ends are the nodes of a link.
func (o Origins) Ends(l *Link) (from, to NodeID) {
	return o.Node(l.From.Service, l.From.Origin), o.Node(l.To.Service, l.To.Origin)
}

// links adds an edge for the links between two services, which the nodes' own
// figures don't count.
func (b *builder) links(links []Link, origins Origins) {
	for i := range links {
		l := &links[i]
		from, to := origins.Ends(l)
		b.node(from, l.At)
		b.node(to, l.At)
		b.edgeOf(edgeID{from, to, true}, l.At).Add(l.Stats())
	}
}

// LinksAmong are the links between traces of a few.
func LinksAmong(traces []*xraymodel.Trace) []Link {
	type span struct{ trace, id string }
	parts := map[span]*xraymodel.Part{}
	for _, t := range traces {
		for _, s := range t.Segments {
			if s.Inferred {
				continue
			}
			for stack := []*xraymodel.Part{s}; len(stack) > 0; {
				p := stack[len(stack)-1]
				stack = append(stack[:len(stack)-1], p.Parts...)
				parts[span{t.ID, p.ID}] = p
			}
		}
	}
	var links []Link
	for _, t := range traces {
		for _, l := range t.Links {
			other := parts[span{l.TraceID, l.ID}]
			if l.From == nil || l.From.Of == nil || other == nil || other.Of == nil {
				continue
			}
			first, second := other, l.From
			if l.Reference == xraymodel.ReferenceChild {
				first, second = second, first
			}
			links = append(links, Link{
				From: LinkEnd{first.Of.Name, first.Of.Type, first.End}, To: LinkEnd{second.Of.Name, second.Of.Type, second.Start}, At: second.Start, Weight: l.From.Weight(),
			})
		}
	}
	return links
}
