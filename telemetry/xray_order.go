package telemetry

import (
	"cmp"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A subsegment that is sent on its own does not say whose it is, and it ends before its
// segment does. So it waits for that one, but not for long, and not too many do.
const (
	heldFor  = 5 * time.Second
	heldMost = 2048
)

// isSegment reports whether a span becomes a segment: what the service received or
// began. Everything within is a subsegment.
func isSegment(s sdktrace.ReadOnlySpan) bool {
	kind := s.SpanKind()
	return kind == trace.SpanKindServer || kind == trace.SpanKindConsumer || !s.Parent().SpanID().IsValid()
}

// segmentsFirst chooses of ended spans those to be sent now, each behind what it lies
// in, and those to wait for their segment, in the order they came.
func segmentsFirst(ended []sdktrace.ReadOnlySpan, now time.Time, all bool) (send, wait []sdktrace.ReadOnlySpan) {
	depths := depthsOf(ended)
	excess := -heldMost
	for _, depth := range depths {
		if depth < 0 {
			excess++
		}
	}
	type placed struct {
		span  sdktrace.ReadOnlySpan
		depth int
	}
	var sending []placed
	for i, s := range ended {
		if depths[i] < 0 && !all && excess <= 0 && now.Sub(s.EndTime()) < heldFor {
			wait = append(wait, s)
			continue
		}
		if depths[i] < 0 {
			excess--
		}
		sending = append(sending, placed{s, depths[i]})
	}
	slices.SortStableFunc(sending, func(x, y placed) int { return cmp.Compare(x.depth, y.depth) })
	for _, p := range sending {
		send = append(send, p.span)
	}
	return send, wait
}

// depthsOf tells how deep each span lies in a segment that is among them, or in one of
// another process; -1 where that is not there.
func depthsOf(spans []sdktrace.ReadOnlySpan) []int {
	type id struct {
		trace trace.TraceID
		span  trace.SpanID
	}
	const unknown = -2
	places, depths := make(map[id]int, len(spans)), make([]int, len(spans))
	for i, s := range spans {
		places[id{s.SpanContext().TraceID(), s.SpanContext().SpanID()}] = i
		if depths[i] = unknown; isSegment(s) || s.Parent().IsRemote() {
			depths[i] = 0
		}
	}
	var path []int
	for i := range spans {
		path = path[:0]
		at := i
		for depths[at] == unknown {
			depths[at] = -1 // so that a circle ends
			path = append(path, at)
			parent := spans[at].Parent()
			up, there := places[id{parent.TraceID(), parent.SpanID()}]
			if !there {
				break
			}
			at = up
		}
		for depth := depths[at]; len(path) > 0 && depth >= 0; path = path[:len(path)-1] {
			depth++
			depths[path[len(path)-1]] = depth
		}
	}
	return depths
}
