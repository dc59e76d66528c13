package duckdb

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
	"weak"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// storedCall is a sum of calls as it lies in a segment. Calls that nothing had
// answered yet when a segment was written are taken back in a later one.
type storedCall struct {
	Environment string `json:"e"`
	store.Call
	Bins storedBins `json:"b"` // in place of the call's own
}

type callKey struct {
	caller, callee service
	peer           call.Peer
	minute         int64
}

type callSums map[callKey]*store.Call

// add sums up a call weight times; a weight below nothing takes it back.
func (s callSums) add(k callKey, m measure, weight float64, async bool) {
	count(s.sum(k), m, weight, async)
}

func count(c *store.Call, m measure, weight float64, async bool) {
	c.Async = c.Async || async
	c.Count += weight
	c.SumMS += m.ms * weight
	c.Bins[query.HistogramBin(m.ms)] += weight
	switch m.outcome {
	case call.Error:
		c.Refused += weight
	case call.Throttle:
		c.Throttles += weight
	case call.Fault:
		c.Faults += weight
	case call.OK:
	}
}

// freshSums are of the calls of one generation, by places in its halves.
type freshSums map[freshKey]*store.Call

type freshKey struct {
	caller, callee, peer uint32 // the last two plus 1
	minute               int64
}

func (s freshSums) add(k freshKey, m measure, weight float64, async bool) {
	c := s[k]
	if c == nil {
		c = &store.Call{Bins: map[int32]float64{}}
		s[k] = c
	}
	count(c, m, weight, async)
}

// into adds the sums to those by name.
func (s freshSums) into(sums callSums, h *halves) {
	for k, c := range s {
		m := storedCall{Environment: h.services[k.caller].environment, Call: *c, Bins: c.Bins}
		m.Minute, m.Caller, m.CallerOrigin = k.minute, h.services[k.caller].name, h.services[k.caller].origin
		if k.callee != 0 {
			m.Callee, m.CalleeOrigin = h.services[k.callee-1].name, h.services[k.callee-1].origin
		}
		if k.peer != 0 {
			m.Peer, m.PeerType = h.peers[k.peer-1].Name, h.peers[k.peer-1].Type
		}
		sums.merge([]storedCall{m})
	}
}

func (s callSums) sum(k callKey) *store.Call {
	c := s[k]
	if c == nil {
		c = &store.Call{
			Minute: k.minute, Caller: k.caller.name, CallerOrigin: k.caller.origin, Callee: k.callee.name, CalleeOrigin: k.callee.origin,
			Peer: k.peer.Name, PeerType: k.peer.Type, Bins: map[int32]float64{},
		}
		s[k] = c
	}
	return c
}

// merge adds sums made before.
func (s callSums) merge(list []storedCall) {
	for _, m := range list {
		callee := service{m.Environment, m.Callee, m.CalleeOrigin}
		if m.Callee == "" && m.CalleeOrigin == "" && m.Peer != "" {
			callee = service{} // nothing answered
		}
		c := s.sum(callKey{service{m.Environment, m.Caller, m.CallerOrigin}, callee, call.Peer{Name: m.Peer, Type: m.PeerType}, m.Minute})
		c.Async = c.Async || m.Async
		c.Count += m.Count
		c.Refused += m.Refused
		c.Throttles += m.Throttles
		c.Faults += m.Faults
		c.SumMS += m.SumMS
		for bin, n := range m.Bins {
			c.Bins[bin] += n
		}
	}
}

// list returns the sums, without those of which all was taken back.
func (s callSums) list() []storedCall {
	out := make([]storedCall, 0, len(s))
	for k, c := range s {
		for bin, n := range c.Bins {
			if n == 0 {
				delete(c.Bins, bin)
			}
		}
		if c.Count == 0 && len(c.Bins) == 0 {
			continue
		}
		one := storedCall{Environment: k.caller.environment, Call: *c, Bins: c.Bins}
		one.Call.Bins = nil
		out = append(out, one)
	}
	slices.SortFunc(out, func(x, y storedCall) int {
		return cmp.Or(cmp.Compare(x.Environment, y.Environment), cmp.Compare(x.Minute, y.Minute), cmp.Compare(x.Caller, y.Caller),
			cmp.Compare(x.CallerOrigin, y.CallerOrigin), cmp.Compare(x.Callee, y.Callee), cmp.Compare(x.CalleeOrigin, y.CalleeOrigin), cmp.Compare(x.Peer, y.Peer), cmp.Compare(x.PeerType, y.PeerType))
	})
	return out
}

// Calls implements store.Store. Minutes are whole, as in [Store.Rollups].
func (s *Store) Calls(ctx context.Context, environment string, start, end int64) ([]store.Call, error) {
	start = floorMinute(start)
	// The sides of a call may have come later than it, and lie in a later segment.
	const late = int64(time.Hour)
	sn := s.snapshotOf(&query.Query{Environment: environment, Start: start, End: max(end, end+late)})
	defer sn.release()
	sums := callSums{}
	wanted := func(c storedCall) bool { return c.Environment == environment && c.Minute >= start && c.Minute < end }
	for _, f := range sn.files {
		if err := ctx.Err(); err != nil {
			return nil, ended(ctx, err)
		}
		kept, err := summaryOf(f, summaryPart{calls: true, environment: environment, start: start, end: end})
		if err != nil {
			return nil, err
		}
		sums.merge(kept.Calls)
	}
	for _, c := range s.hotCalls(sn) {
		if wanted(c) {
			sums.merge([]storedCall{c})
		}
	}
	var out []store.Call
	for _, c := range sums.list() {
		if c.Count <= 0 {
			continue // what was taken back is in a segment that is gone
		}
		c.Call.Bins = c.Bins
		c.SumMS = math.Max(c.SumMS, 0)
		out = append(out, c.Call)
	}
	return out, nil
}

func summaryOf(f *file, want summaryPart) (*summary, error) {
	text, err := f.summaryText()
	if err != nil {
		return nil, err
	}
	s, err := readSummary(*text, want)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", f.name, err)
	}
	return s, nil
}

// summaryText is the unpacked summary, which must not be changed.
func (f *file) summaryText() (*[]byte, error) {
	if known := f.unpacked.Load(); known != nil {
		if text := known.Value(); text != nil {
			return text, nil
		}
	}
	raw, err := f.reader.Extra()
	if err != nil {
		return nil, fmt.Errorf("read the roll-ups of %s: %w", f.name, err)
	}
	text, err := unpackSummary(raw)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", f.name, err)
	}
	kept := weak.Make(&text)
	f.unpacked.Store(&kept)
	return &text, nil
}
