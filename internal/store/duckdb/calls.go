package duckdb

import (
	"maps"
	"math"
	"slices"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// service is one of an environment: ids of traces are not unique across them.
type service struct{ environment, name, origin string }

// halves are spans of one generation that may be one side of a call: the other
// side may come with the next generations, in either order.
type halves struct {
	services []service
	peers    []call.Peer
	calls    []caller
	callers  spanTable   // place in calls; in services plus ownWork
	orphans  []orphan    // whose parent has not come yet
	nobodys  []ownerless // whose parent has not come yet; not among the callers

	// answered are the services that answered a caller, by its place, beyond the
	// caller's own first one.
	answered map[uint32][]service
}

// measure is what is summed up of a span.
type measure struct {
	ms      float64
	outcome call.Outcome
}

// ownWork marks a caller that is no call itself: only its service counts.
const ownWork = 1 << 31

// caller is a call of somebody else.
type caller struct {
	measure
	service uint32 // place in services
	peer    uint32 // place in peers
	top     uint32 // place of the call that this one is a part of, or its own
	first   uint32 // place in services plus 1 of who answered within the generation
	minute  int64
	weight  float64
	async   bool
}

// orphan is a called span without its caller.
type orphan struct {
	measure
	parent uint64
	callee service
	minute int64
	weight float64
	serves bool
	async  bool
}

// Halves are kept for some generations, up to so many in all.
const (
	mostHalves      = 200_000
	mostCallers     = 2_000_000 // of one generation
	mostGenerations = 8
)

// joinCalls sums up the calls among rows, and those between them and what
// earlier rows left open. It returns what is open now; earlier is not changed.
func joinCalls(batches []*event.Batch, earlier []*halves) (calls []storedCall, open []*halves) {
	rows := 0
	for _, b := range batches {
		rows += b.Len()
	}
	for _, h := range earlier {
		rows += len(h.nobodys)
	}
	now := &halves{callers: newSpanTable(rows)}
	known := spanCollector{h: now, services: map[service]uint32{}, peers: map[call.Peer]uint32{}}
	for _, b := range batches {
		known.callers(b)
	}
	sums := callSums{}
	all := []*halves{now}
	for _, h := range earlier {
		all = append(all, &halves{services: h.services, peers: h.peers, calls: h.calls, callers: h.callers, nobodys: h.nobodys, answered: maps.Clone(h.answered)})
	}
	known.adopt(all)
	at := uint32(0)
	for _, b := range batches {
		at = known.nest(b, at)
	}
	for i := range now.calls {
		now.calls[i].top = now.outermost(uint32(i))
	}
	fresh := freshSums{}
	for _, b := range batches {
		known.called(b, all, sums, fresh)
	}
	for i, h := range earlier {
		for _, o := range h.orphans {
			if !known.join(&o, all[:1], sums, fresh) {
				all[i+1].orphans = append(all[i+1].orphans, o)
			}
		}
	}
	now.ask(fresh)
	fresh.into(sums, now)
	now.bound()
	open = all[:1]
	left := mostHalves - now.callers.n - len(now.orphans) - len(now.nobodys)
	for _, h := range all[1:] {
		if left -= h.callers.n + len(h.orphans) + len(h.nobodys); left < 0 || len(open) == mostGenerations {
			break
		}
		open = append(open, h)
	}
	return sums.list(), open
}

// ask counts the calls that nothing has answered so far.
func (h *halves) ask(fresh freshSums) {
	for i := range h.calls {
		if c := &h.calls[i]; c.top == uint32(i) && c.first == 0 {
			fresh.add(freshKey{c.service, 0, c.peer + 1, c.minute}, c.measure, c.weight, c.async)
		}
	}
}

// join counts a called span if its caller is among the halves, the first of which
// are those being made.
func (k *spanCollector) join(o *orphan, among []*halves, sums callSums, fresh freshSums) bool {
	for i, h := range among {
		at, ok := h.callers.get(o.parent)
		if !ok {
			continue
		}
		place, isCall := at, at&ownWork == 0
		if isCall {
			place = h.calls[at].service
		} else {
			place &^= ownWork
		}
		by := &h.services[place]
		switch {
		case by.environment != o.callee.environment:
		case isCall && (*by != o.callee || o.serves):
			if i == 0 {
				k.answer(h.calls[at].top, o, fresh)
			} else {
				h.answerLate(h.calls[at].top, o, sums)
			}
		case !isCall && *by != o.callee:
			if i == 0 {
				fresh.add(freshKey{place, k.service(o.callee) + 1, 0, o.minute}, o.measure, o.weight, o.async)
			} else {
				sums.add(callKey{*by, o.callee, call.Peer{}, o.minute}, o.measure, o.weight, o.async)
			}
		}
		return true
	}
	return false
}

// answer counts a call of this generation that the span answers, once for each service.
func (k *spanCollector) answer(at uint32, o *orphan, fresh freshSums) {
	c := &k.h.calls[at]
	by := k.service(o.callee) + 1
	switch {
	case c.first == 0:
		c.first = by
	case c.first == by || slices.Contains(k.h.answered[at], o.callee):
		return
	default:
		k.h.note(at, o.callee)
	}
	fresh.add(freshKey{c.service, by, c.peer + 1, c.minute}, c.measure, c.weight, c.async || o.async)
}

// answerLate is answer for a call that was counted as one that nothing answers.
func (h *halves) answerLate(at uint32, o *orphan, sums callSums) {
	c, more := &h.calls[at], h.answered[at]
	if c.first != 0 && h.services[c.first-1] == o.callee || slices.Contains(more, o.callee) {
		return
	}
	by, peer := h.services[c.service], h.peers[c.peer]
	if c.first == 0 && len(more) == 0 {
		sums.add(callKey{by, service{}, peer, c.minute}, c.measure, -c.weight, false)
	}
	sums.add(callKey{by, o.callee, peer, c.minute}, c.measure, c.weight, c.async || o.async)
	h.note(at, o.callee)
}

func (h *halves) note(at uint32, callee service) {
	if h.answered == nil {
		h.answered = map[uint32][]service{}
	}
	h.answered[at] = append(slices.Clone(h.answered[at]), callee)
}

// bound lets go of what is too much. Callers of a whole generation are kept: to
// choose among them would cost more than they do.
func (h *halves) bound() {
	const most = mostHalves / 2
	if len(h.orphans) > most {
		h.orphans = slices.Clone(h.orphans[len(h.orphans)-most:])
	}
	if len(h.nobodys) > most {
		h.nobodys = slices.Clone(h.nobodys[len(h.nobodys)-most:])
	}
	if h.callers.n > mostCallers {
		h.callers, h.calls = spanTable{}, nil
	}
}

// spanCollector makes halves of rows.
type spanCollector struct {
	h        *halves
	services map[service]uint32
	peers    map[call.Peer]uint32
}

func (k *spanCollector) service(s service) uint32 {
	place, known := k.services[s]
	if !known {
		place = uint32(len(k.h.services))
		k.h.services = append(k.h.services, s)
		k.services[s] = place
	}
	return place
}

// callers notes the spans of a batch, each of which others may have been called from.
func (k *spanCollector) callers(b *event.Batch) {
	w := walksOf(b)
	if w.span.c == nil || w.trace.c == nil {
		return
	}
	places := map[[2]uint32]uint32{}
	last, place := [2]uint32{noCode, noCode}, noCode
	peers := peersOf(b)
	outcomes := outcomesOf(b)
	var hasher spanHasher
	k.h.calls = slices.Grow(k.h.calls, w.mostCalls())
	for row, at := range b.Times {
		span := w.span.bytes(row)
		if len(span) == 0 || w.tellsOfOne(row) {
			continue
		}
		if codes := [2]uint32{w.service.code(row), w.origin.code(row)}; codes != last || place == noCode { // neighbours mostly share it
			var known bool
			if place, known = places[codes]; !known {
				place = k.service(service{b.Environment, w.service.text(codes[0]), w.origin.text(codes[1])})
				places[codes] = place
			}
			last = codes
		}
		c := caller{service: place}
		ms, timed := w.ms(row)
		calls := timed && w.calls(row)
		if calls {
			c = caller{
				measure: measure{ms, outcomes.at(row)}, service: place, peer: k.peer(peers.at(row)),
				minute: floorMinute(at), weight: float64(b.SampleRate(row)), async: string(w.kind.bytes(row)) == "producer",
			}
		}
		if w.ownerless(row) {
			k.h.nobodys = append(k.h.nobodys, ownerless{c, calls, hasher.of(&w.trace, row, span), hasher.of(&w.trace, row, w.parent.bytes(row))})
			continue
		}
		k.put(hasher.of(&w.trace, row, span), c, calls)
	}
}

// put notes a span as one that others may have been called from.
func (k *spanCollector) put(span uint64, c caller, calls bool) {
	own := c.service | ownWork
	if calls {
		own = uint32(len(k.h.calls))
		c.top = own
		k.h.calls = append(k.h.calls, c)
	}
	k.h.callers.put(span, own)
}

// mostPeers bounds whom calls of one generation go to.
const mostPeers = 5000

func (k *spanCollector) peer(p call.Peer) uint32 {
	place, known := k.peers[p]
	if !known && len(k.peers) >= mostPeers {
		p = call.Peer{Name: "other", Type: call.TypeRemote}
		place, known = k.peers[p]
	}
	if !known {
		place = uint32(len(k.h.peers))
		k.h.peers = append(k.h.peers, p)
		k.peers[p] = place
	}
	return place
}

// nest finds calls that are part of another of their service: what an SDK does
// to ask for what it was asked for. at is the place of the batch's first call; it
// returns the next batch's.
func (k *spanCollector) nest(b *event.Batch, at uint32) uint32 {
	w := walksOf(b)
	if w.span.c == nil || w.trace.c == nil {
		return at
	}
	var hasher spanHasher
	for row := range b.Times {
		if len(w.span.bytes(row)) == 0 || w.tellsOfOne(row) || w.ownerless(row) {
			continue
		}
		if _, timed := w.ms(row); !timed || !w.calls(row) {
			continue
		}
		inner := at
		at++
		parent := w.parent.bytes(row)
		if len(parent) == 0 {
			continue
		}
		outer, ok := k.h.callers.get(hasher.of(&w.trace, row, parent))
		if !ok || outer&ownWork != 0 || k.h.calls[inner].service != k.h.calls[outer].service {
			continue
		}
		// A circle would have no outermost call.
		if top := k.h.outermost(outer); top != inner {
			k.h.calls[inner].top = top
		}
	}
	return at
}

func (h *halves) outermost(at uint32) uint32 {
	for h.calls[at].top != at {
		at = h.calls[at].top
	}
	return at
}

// called finds the callers of spans that may have been called.
func (k *spanCollector) called(b *event.Batch, all []*halves, sums callSums, fresh freshSums) {
	w := walksOf(b)
	if w.span.c == nil || w.trace.c == nil || w.parent.c == nil || w.duration.c == nil {
		return
	}
	outcomes := outcomesOf(b)
	var hasher spanHasher
	for row, at := range b.Times {
		parent := w.parent.bytes(row)
		if len(parent) == 0 {
			continue
		}
		kind, document := string(w.kind.bytes(row)), string(w.document.bytes(row))
		if !call.Answers(kind, document) || !w.span.has(row) || w.tellsOfOne(row) {
			continue
		}
		ms, timed := w.ms(row)
		if !timed {
			continue
		}
		o := orphan{
			measure: measure{ms, outcomes.at(row)}, parent: hasher.of(&w.trace, row, parent),
			callee: service{b.Environment, string(w.service.bytes(row)), w.origin.text(w.origin.code(row))}, minute: floorMinute(at),
			weight: float64(b.SampleRate(row)), serves: call.Serves(kind, document, false), async: kind == "consumer",
		}
		if !k.join(&o, all, sums, fresh) {
			k.h.orphans = append(k.h.orphans, o)
		}
	}
}

// spanWalks go through the columns that tell what a span is.
type spanWalks struct {
	trace, span, parent, annotation, signal, service, kind, document, duration walk
	origin                                                                     *origins
	others, calling, nobody                                                    []bool // signals that no spans have; kinds of calls; services that are none; by code
}

func walksOf(b *event.Batch) spanWalks {
	at := func(name string) walk { return walkOf(b, name) }
	w := spanWalks{
		trace: at(event.FieldTraceID), span: at(event.FieldSpanID), parent: at(event.FieldParentID), annotation: at(event.FieldAnnotation),
		signal: at(event.FieldSignal), service: at(event.FieldService), kind: at(event.FieldSpanKind), document: at(call.FieldDocument),
		duration: at(event.FieldDuration), origin: originsOf(b),
	}
	w.others = w.signal.eachText(func(text string) bool {
		return text == event.SignalLog || text == event.SignalError || text == event.SignalMetric
	})
	w.calling = w.kind.eachText(call.Calls)
	if w.document.n > 0 {
		w.nobody = w.service.eachText(func(text string) bool { return text == call.UnknownService })
	}
	return w
}

// calls reports whether a row is a call of somebody else, by its kind.
func (w *spanWalks) calls(row int) bool {
	if code := w.kind.code(row); code != noCode {
		return w.calling[code]
	}
	return call.Calls("")
}

// mostCalls is how many rows are calls, by their kind.
func (w *spanWalks) mostCalls() (n int) {
	for _, code := range w.kind.codes {
		if w.calling[code] {
			n++
		}
	}
	return n
}

// tellsOfOne reports whether a row is no span though it may name one, and say how
// long something took: an annotation, or a log line, an error or a metric.
func (w *spanWalks) tellsOfOne(row int) bool {
	if code := w.signal.code(row); code != noCode && w.others[code] {
		return true
	}
	return w.annotation.has(row)
}

// ms is how long the row's span took.
func (w *spanWalks) ms(row int) (float64, bool) {
	i, timed := w.duration.at(row)
	if !timed {
		return 0, false
	}
	ms, ok := w.duration.c.ValueAt(i).Number()
	return ms, ok && !math.IsInf(ms, 0) && !math.IsNaN(ms)
}
