package honeycomb

import (
	"math"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// packedEvents reads events from msgpack, value by value.
type packedEvents struct {
	packReader
	*events
}

// readPacked reads a body of msgpack.
func (e *events) readPacked(body []byte, single bool) error {
	r := &packedEvents{packReader: packReader{in: body}, events: e}
	err := r.body(single)
	if err == nil && (r.bad || r.pos < len(r.in)) {
		err = fault.New(fault.Invalid, "the body is not the msgpack it should be: it is cut, or something follows")
	}
	return err
}

func (r *packedEvents) body(single bool) error {
	v := r.next()
	switch {
	case single && v.kind == packMap:
		if err := r.open(); err != nil {
			return err
		}
		if r.data(v); r.bad {
			return nil
		}
		return r.close(len(r.in))
	case !single && v.kind == packList:
		return r.list(v.num)
	}
	return fault.New(fault.Invalid, "the body is no list of events, or no event")
}

// list reads the elements of a batch.
func (r *packedEvents) list(n uint64) error {
	for ; n > 0 && !r.bad; n-- {
		if err := r.open(); err != nil {
			return err
		}
		start := r.pos
		if r.element(); r.bad {
			return nil
		}
		if err := r.close(r.pos - start); err != nil {
			return err
		}
	}
	return nil
}

// element reads an element of a batch: {"data": {…}, "time": …, "samplerate": …}.
func (r *packedEvents) element() {
	v := r.next()
	if v.kind != packMap {
		r.outcome = eventMalformed
		r.skip(v)
		return
	}
	for n := v.num; n > 0 && !r.bad; n-- {
		name := r.name()
		switch v := r.next(); batchMember(name) {
		case "data":
			if v.kind == packMap {
				r.data(v)
			} else if v.kind != packNil {
				r.outcome = eventMalformed
				r.skip(v)
			}
		case "time":
			r.time(v)
		case "samplerate":
			r.samplerate(v)
		default:
			r.skip(v)
		}
	}
}

// time reads a time of any form; what is none is left to the server's clock.
func (r *packedEvents) time(v packed) {
	var ns int64
	var ok bool
	switch v.kind {
	case packExt:
		var at time.Time
		if at, ok = v.timestamp(); ok {
			ns = clampTime(at)
		}
	case packText, packBinary:
		ns, ok = eventTime(v.bytes)
	case packInt:
		ns, ok = epochNumber(int64(v.num))
	case packFloat:
		ns, ok = epoch(math.Float64frombits(v.num))
	case packList, packMap:
		r.skip(v)
	case packNil, packBool, packBad:
	}
	if ok {
		r.at, r.told = ns, true
	}
}

// clampTime returns a time in nanoseconds, the nearest there is if they can't say it.
func clampTime(at time.Time) int64 {
	switch s := at.Unix(); {
	case s <= math.MinInt64/1_000_000_000:
		return math.MinInt64
	case s >= math.MaxInt64/1_000_000_000:
		return math.MaxInt64
	}
	return at.UnixNano()
}

func (r *packedEvents) samplerate(v packed) {
	switch v.kind {
	case packInt:
		r.rate = clampRate(int64(v.num))
	case packFloat:
		r.rate = rateOf(math.Float64frombits(v.num))
	case packText:
		r.rate = rateText(v.bytes, r.rate)
	case packList, packMap:
		r.skip(v)
	case packNil, packBool, packBinary, packExt, packBad:
	}
}

// data reads an event's fields.
func (r *packedEvents) data(v packed) {
	r.begin()
	for n := v.num; n > 0 && !r.bad; n-- {
		name := r.name()
		v := r.next()
		r.members++
		if v.kind == packMap && r.expand > 0 {
			r.path = append(r.path[:0], name...)
			r.object(v, 1)
			continue
		}
		r.value(name, v)
	}
}

// object reads the members of a map, whose dotted name is the path, into fields of
// their own. It goes only so deep as the dataset says.
func (r *packedEvents) object(v packed, depth int) {
	if len(r.path) > maxEventName {
		r.column(r.path) // says so
		r.skip(v)
		return
	}
	r.path = append(r.path, '.')
	prefix := len(r.path)
	for n := v.num; n > 0 && !r.bad; n-- {
		r.path = append(r.path[:prefix], r.name()...)
		v := r.next()
		if v.kind == packMap && depth < r.expand {
			r.object(v, depth+1)
			continue
		}
		r.value(r.path, v)
	}
}

// value stores the value of a field.
func (r *packedEvents) value(name []byte, v packed) {
	if v.kind == packNil || v.kind == packBad {
		return
	}
	c := r.column(name)
	if c == nil {
		r.skip(v)
		return
	}
	switch v.kind {
	case packText:
		r.text(c, v.bytes)
	case packInt:
		r.int(c, int64(v.num))
	case packFloat:
		r.float(c, math.Float64frombits(v.num))
	case packBool:
		r.batch.SetBool(c, v.num == 1)
	case packBinary, packExt:
		r.scratch = v.plain(r.scratch[:0])
		r.text(c, r.scratch)
	case packList, packMap:
		r.scratch = r.appendJSON(r.scratch[:0], v, maxEventValue)
		r.text(c, r.scratch)
	case packNil, packBad:
	}
}
