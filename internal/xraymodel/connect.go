package xraymodel

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// connect finds what called each segment, and infers those that sent nothing.
func (b *Builder) connect() {
	t := b.trace
	for _, s := range t.Segments {
		if !s.Segment || s.ParentID == "" {
			continue
		}
		via := b.byID[s.ParentID]
		if via == nil || via == s {
			continue
		}
		s.Via = via
		via.Callees = append(via.Callees, s)
		for p := via; p != nil; p = p.Up {
			p.traced++
		}
	}
	received := t.Segments
	t.Segments = make([]*Part, 0, len(received))
	for _, s := range received {
		t.Segments = append(t.Segments, s)
		b.infer(s)
	}
}

// infer looks through a segment for calls, outermost first: a call that another
// segment answers, or that promises one, infers nothing, and neither does one within
// a call that did.
func (b *Builder) infer(s *Part) {
	type step struct {
		*Part
		covered bool
	}
	t, stack := b.trace, []step{{s, false}}
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range p.Callees {
			via := p.Part
			if !p.isCall() {
				via = d
			}
			t.Calls = append(t.Calls, Call{From: s, Via: via, To: d})
		}
		switch {
		case p.covered || !p.isCall() || p.traced > 0:
		case p.Flags.Has(Traced):
			t.Partial = true
		default:
			b.inferOne(s, p.Part)
			p.covered = true
		}
		for _, c := range slices.Backward(p.Parts) {
			stack = append(stack, step{c, p.covered})
		}
	}
}

// inferOne makes the segment of what a subsegment calls.
func (b *Builder) inferOne(s, via *Part) {
	p := b.part()
	p.Segment, p.Inferred, p.ParentID, p.Via, p.Row = true, true, via.ID, via, via.Row
	p.ID = derivedID(b.trace.ID, via.ID, "inferred")
	peer := call.PeerOf(b.peerField(via))
	p.Name, p.Type = peer.Name, peer.Type
	p.Start, p.End, p.Flags, p.HTTP, p.Account = via.Start, via.End, via.Flags&^Traced, via.HTTP, via.Account
	p.call, p.Of, p.made = via.call, p, via.made
	via.Callees = append(via.Callees, p)
	b.trace.Segments = append(b.trace.Segments, p)
	b.trace.Calls = append(b.trace.Calls, Call{From: s, Via: via, To: p})
}

// peerField reads the fields of a call that tell whom it asks: by the names that
// its dataset has for them, of a span that is its service's first part too.
func (b *Builder) peerField(via *Part) call.Get {
	return func(field string) event.Value {
		if b.options.Column != nil {
			if c := b.options.Column(via.Row.Batch, field); c != nil {
				return c.Get(via.Row.Index)
			}
		}
		return via.Row.Get(field)
	}
}

// sum finds the root and the bounds.
func (b *Builder) sum() {
	t := b.trace
	var missing *Part
	for _, s := range t.Segments {
		switch {
		case s.Inferred:
		case s.Segment && s.ParentID == "":
			if t.Root == nil {
				t.Root = s
			}
		case s.Via == nil && missing == nil:
			missing = s
		}
	}
	if t.Root == nil {
		t.Root = missing
	}
	if t.Root == nil && len(t.Segments) > 0 { // a circle of callers
		t.Root = t.Segments[0]
	}
	for i, p := range b.parts {
		if i == 0 || p.Start < t.Start {
			t.Start = p.Start
		}
		t.End = max(t.End, p.End)
		if p.Flags.Has(InProgress) {
			t.Partial = true
		}
	}
}
