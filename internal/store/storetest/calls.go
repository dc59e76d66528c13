package storetest

import (
	"context"
	"time"

	spancall "github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// isSpan tells spans from their annotations and from other signals.
func (e row) isSpan(environment string) (ms float64, ok bool) {
	ms, timed := finite(e.fields[event.FieldDuration])
	switch e.text(event.FieldSignal) {
	case event.SignalLog, event.SignalError, event.SignalMetric:
		return 0, false
	}
	return ms, timed && e.environment == environment && e.text(event.FieldSpanID) != "" && e.text(event.FieldAnnotation) == ""
}

func (e row) text(field string) string { return e.fields[field].Text() }

// graphNode is a service, or who a call says it asks.
type graphNode struct{ name, origin string }

// node is whose a span is.
func (s *graphSpan) node() graphNode {
	if s.ownerless() {
		return s.parent.node()
	}
	return graphNode{s.text(event.FieldService), spancall.OriginOf(s.get)}
}

func (s *graphSpan) ownerless() bool {
	return spancall.Ownerless(s.text(event.FieldService), s.text(spancall.FieldDocument))
}

// lost reports whether nobody knows whose a span is.
func (s *graphSpan) lost() bool {
	for first := s; s != nil; {
		if !s.ownerless() {
			return false
		}
		if s = s.parent; s == first { // each lies in the other
			break
		}
	}
	return true
}

// graphSpan is a span among the others of its environment.
type graphSpan struct {
	row
	ms       float64
	parent   *graphSpan // nil if it is not there
	answered map[graphNode]bool
}

func (s *graphSpan) calls() bool { return spancall.Calls(s.text(event.FieldSpanKind)) }

// top is the call that this one is a part of, or itself.
func (s *graphSpan) top() *graphSpan {
	for !s.parent.lost() && s.parent.calls() && s.parent.node() == s.node() {
		s = s.parent
	}
	return s
}

// Calls implements store.Store.
func (r *Reference) Calls(ctx context.Context, environment string, start, end int64) ([]store.Call, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	spans := r.graph(environment)
	sums := graphSums{at: map[graphKey]int{}}
	for _, s := range spans {
		if s.parent.lost() || !spancall.Answers(s.text(event.FieldSpanKind), s.text(spancall.FieldDocument)) {
			continue
		}
		serves := spancall.Serves(s.text(event.FieldSpanKind), s.text(spancall.FieldDocument), false)
		async := s.text(event.FieldSpanKind) == "consumer"
		switch same := s.parent.node() == s.node(); {
		case s.parent.calls() && (!same || serves):
			if top := s.parent.top(); !top.answered[s.node()] {
				top.answered[s.node()] = true
				sums.add(top, top.node(), s.node(), spancall.PeerOf(top.get), async || top.text(event.FieldSpanKind) == "producer")
			}
		case !s.parent.calls() && !same:
			sums.add(s, s.parent.node(), s.node(), spancall.Peer{}, async)
		}
	}
	for _, s := range spans {
		if !s.lost() && s.calls() && s.top() == s && len(s.answered) == 0 {
			sums.add(s, s.node(), graphNode{}, spancall.PeerOf(s.get), s.text(event.FieldSpanKind) == "producer")
		}
	}
	var calls []store.Call
	for _, c := range sums.calls {
		if c.Minute >= floor(start, int64(time.Minute)) && c.Minute < end {
			calls = append(calls, c)
		}
	}
	return calls, nil
}

// graph links the spans of an environment.
func (r *Reference) graph(environment string) []*graphSpan {
	var spans []*graphSpan
	byID := map[[2]string]*graphSpan{}
	for _, e := range r.snapshot() {
		if ms, ok := e.isSpan(environment); ok {
			s := &graphSpan{row: e, ms: ms, answered: map[graphNode]bool{}}
			spans = append(spans, s)
			byID[[2]string{e.text(event.FieldTraceID), e.text(event.FieldSpanID)}] = s
		}
	}
	for _, s := range spans {
		if p := byID[[2]string{s.text(event.FieldTraceID), s.text(event.FieldParentID)}]; p != s {
			s.parent = p
		}
	}
	return spans
}

type graphSums struct {
	calls []store.Call
	at    map[graphKey]int
}

func (g *graphSums) add(s *graphSpan, from, to graphNode, peer spancall.Peer, async bool) {
	k := graphKey{floor(s.time, int64(time.Minute)), from, to, peer}
	i, seen := g.at[k]
	if !seen {
		i = len(g.calls)
		g.at[k] = i
		g.calls = append(g.calls, store.Call{
			Minute: k.minute, Caller: from.name, CallerOrigin: from.origin, Callee: to.name, CalleeOrigin: to.origin, Peer: peer.Name, PeerType: peer.Type,
			Bins: map[int32]float64{},
		})
	}
	c, w := &g.calls[i], float64(s.weight)
	c.Async = c.Async || async
	c.Count += w
	c.SumMS += s.ms * w
	c.Bins[query.HistogramBin(s.ms)] += w
	switch spancall.OutcomeOf(s.get) {
	case spancall.Error:
		c.Refused += w
	case spancall.Throttle:
		c.Throttles += w
	case spancall.Fault:
		c.Faults += w
	case spancall.OK:
	}
}

// graphKey is what calls are summed up by.
type graphKey struct {
	minute   int64
	from, to graphNode
	peer     spancall.Peer
}
