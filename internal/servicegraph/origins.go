package servicegraph

import (
	"maps"
	"slices"

	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Origins tell which node the spans of a service are of, by the service's name.
//
// A node is a name and an origin, so that a function and what runs it are two. But
// an origin that is not told is not another one: spans of OpenTelemetry and
// subsegments rarely say what they run on. They are of the busiest origin that their
// service was seen with, whichever protocol told it.
type Origins map[string]string

// Node is the node of a service that says its origin, or "".
func (o Origins) Node(name, origin string) NodeID {
	if origin == "" {
		origin = o[name]
	}
	return NodeID{Service, name, origin}
}

// OfRollup is the node that a roll-up is of.
func (o Origins) OfRollup(r *store.Rollup) NodeID { return o.Node(r.Service, r.Origin) }

// OfCall names the two nodes of calls.
func (o Origins) OfCall(c *store.Call) (from, to NodeID) {
	from = o.Node(c.Caller, c.CallerOrigin)
	if c.Callee == "" && c.CalleeOrigin == "" {
		return from, NodeID{Inferred, c.Peer, c.PeerType}
	}
	return from, o.Node(c.Callee, c.CalleeOrigin)
}

// OfSegment is the node of a segment.
func (o Origins) OfSegment(s *xraymodel.Part) NodeID {
	if s.Inferred {
		return NodeID{Inferred, s.Name, s.Type}
	}
	return o.Node(s.Name, s.Type)
}

// OriginsOf are the origins that sums tell of.
func OriginsOf(rollups []store.Rollup, calls []store.Call) Origins {
	seen := seenOrigins{}
	for i := range rollups {
		if r := &rollups[i]; r.Serves {
			seen.add(r.Service, r.Origin, r.Count)
		}
	}
	// Of who was not asked for anything in the range, calls may tell.
	for i := range calls {
		c := &calls[i]
		seen.add(c.Caller, c.CallerOrigin, 0)
		seen.add(c.Callee, c.CalleeOrigin, 0)
	}
	return seen.busiest()
}

// OriginsOfTraces are the origins that the segments of traces tell of.
func OriginsOfTraces(traces ...*xraymodel.Trace) Origins {
	seen := seenOrigins{}
	for _, t := range traces {
		for _, s := range t.Segments {
			if s.Segment && !s.Inferred {
				seen.add(s.Name, s.Type, 1)
			}
		}
	}
	return seen.busiest()
}

// seenOrigins counts requests by the name of a service and its origin.
type seenOrigins map[string]map[string]float64

func (s seenOrigins) add(name, origin string, count float64) {
	if origin == "" {
		return
	}
	if s[name] == nil {
		s[name] = map[string]float64{}
	}
	s[name][origin] += count
}

func (s seenOrigins) busiest() Origins {
	o := make(Origins, len(s))
	for name, origins := range s {
		for _, origin := range slices.Sorted(maps.Keys(origins)) {
			if best, some := o[name]; !some || origins[origin] > origins[best] {
				o[name] = origin
			}
		}
	}
	return o
}
