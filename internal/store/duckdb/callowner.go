package duckdb

import "github.com/oriel-dev/oriel/internal/call"

// ownerless is a subsegment that came on its own and whose service nobody knows
// before its parent is there. SDKs send such ones, long before the segment where a
// request lasts. It counts for no service until then, and for none if that never
// comes, as in X-Ray's own map.
type ownerless struct {
	caller       // its service is that of nobody, in its environment
	calls        bool
	span, parent uint64
}

func (w *spanWalks) ownerless(row int) bool {
	if w.nobody == nil {
		return false
	}
	code := w.service.code(row)
	return code != noCode && w.nobody[code] && call.Ownerless(call.UnknownService, string(w.document.bytes(row)))
}

// waitingFor is an ownerless subsegment, and the generation that it came with.
type waitingFor struct {
	*ownerless
	of *halves
}

// adopt gives ownerless subsegments, also those of earlier generations, to the service
// of their parent where that is known by now: they are counted as if they had come with
// this generation, the first of all.
func (k *spanCollector) adopt(all []*halves) {
	waiting := map[uint64][]waitingFor{} // by parent
	for _, h := range all {
		for i := range h.nobodys {
			o := &h.nobodys[i]
			waiting[o.parent] = append(waiting[o.parent], waitingFor{o, h})
		}
	}
	if len(waiting) == 0 {
		return
	}
	adopted := map[*ownerless]bool{}
	for _, h := range all {
		for i := range h.nobodys {
			// What lies in one that is adopted is adopted, too.
			for next := []uint64{h.nobodys[i].parent}; len(next) > 0; {
				parent := next[len(next)-1]
				next = next[:len(next)-1]
				owner, known := ownerOf(parent, all)
				if !known {
					continue
				}
				rest := waiting[parent][:0]
				for _, o := range waiting[parent] {
					if o.of.services[o.service].environment != owner.environment {
						rest = append(rest, o)
						continue
					}
					k.adoptOne(o, owner)
					adopted[o.ownerless] = true
					next = append(next, o.span)
				}
				waiting[parent] = rest
			}
		}
	}
	for _, h := range all {
		var rest []ownerless
		for i := range h.nobodys {
			if o := &h.nobodys[i]; !adopted[o] {
				rest = append(rest, *o)
			}
		}
		h.nobodys = rest
	}
}

// ownerOf is the service that a span is of.
func ownerOf(span uint64, among []*halves) (service, bool) {
	for _, h := range among {
		if at, ok := h.callers.get(span); ok {
			if at&ownWork == 0 {
				at = h.calls[at].service
			}
			return h.services[at&^ownWork], true
		}
	}
	return service{}, false
}

func (k *spanCollector) adoptOne(o waitingFor, owner service) {
	c := o.caller
	c.service = k.service(owner)
	if o.calls {
		c.peer = k.peer(o.of.peers[c.peer])
	}
	k.put(o.span, c, o.calls)
	if !o.calls {
		return
	}
	inner := uint32(len(k.h.calls) - 1)
	if outer, ok := k.h.callers.get(o.parent); ok && outer&ownWork == 0 && outer != inner && k.h.calls[outer].service == c.service {
		k.h.calls[inner].top = outer
	}
}
