package sample

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Request is an encoded ExportTraceServiceRequest whose ids, users and times can be
// moved in place, so that one encoding serves many sends.
type Request struct {
	Body  []byte
	Spans int // spans in it, without their events
	Rows  int // spans and span events

	ids    []int    // offsets of 8-byte halves of trace ids, span ids and parent ids
	times  []int    // offsets of 8-byte times
	users  []userAt // where user.id stands
	first  [][]byte // of each trace, the digits of the user it was encoded with
	others int      // users there are; 0 if they stay as they are
	mark   uint64
	moved  int64
}

// userAt is where the digits of a trace's user stand.
type userAt struct{ at, trace int }

// userDigits is how many digits user.id ends with.
const userDigits = 5

// Encode puts traces that start at the given times (Unix ns) into one request,
// grouped by service as a collector groups them.
func (g *Generator) Encode(traces []Trace, starts []int64) *Request {
	r := &Request{first: make([][]byte, len(traces))}
	if g.profile.Users <= mostUsers {
		r.others = g.profile.Users
	}
	e := encoder{}
	for service := range Services {
		spans := encoder{}
		for i := range traces {
			for k := range traces[i].Spans {
				if s := &traces[i].Spans[k]; s.Service == service {
					r.Spans++
					r.Rows++
					if s.Failed {
						r.Rows++
					}
					spans.message(2, encodeSpan(&traces[i], i, s, starts[i]))
				}
			}
		}
		if len(spans.b) == 0 {
			continue
		}
		scope := encoder{}
		scope.message(1, text(1, "github.com/oriel-dev/oriel/sample"))
		scope.append(spans)
		resource := encoder{}
		resource.message(1, g.resource(service))
		resource.message(2, scope)
		e.message(1, resource)
	}
	r.Body, r.ids, r.times, r.users = e.b, e.ids, e.times, e.users
	for _, u := range r.users {
		r.first[u.trace] = bytes.Clone(r.Body[u.at : u.at+userDigits])
	}
	return r
}

// Move gives all ids of the request a new value and each trace another user,
// different for each mark, and shifts all times by ns from what they were encoded
// with. A mark of 0 gives back what was encoded.
func (r *Request) Move(mark uint64, ns int64) {
	// A good mix keeps ids spread as random ones are.
	next := mark * 0x9E3779B97F4A7C15
	for _, at := range r.ids {
		v := binary.LittleEndian.Uint64(r.Body[at:])
		binary.LittleEndian.PutUint64(r.Body[at:], v^r.mark^next)
	}
	for _, at := range r.times {
		v := binary.LittleEndian.Uint64(r.Body[at:])
		binary.LittleEndian.PutUint64(r.Body[at:], v+uint64(ns-r.moved))
	}
	r.moveUsers(mark)
	r.mark, r.moved = next, ns
}

// moveUsers gives every second trace the user whose turn it is, so that all of them
// come, and the others one that is drawn as the generator draws them.
func (r *Request) moveUsers(mark uint64) {
	if r.others == 0 {
		return
	}
	digits := slices.Clone(r.first)
	for trace := range digits {
		if mark == 0 {
			continue
		}
		turn := mark*uint64(len(digits)) + uint64(trace)
		user := int(turn / 2 % uint64(r.others))
		if turn%2 == 1 {
			f := float64(turn*0x9E3779B97F4A7C15>>11) / (1 << 53)
			user = skewed(f, r.others)
		}
		digits[trace] = fmt.Appendf(nil, "%0*d", userDigits, user)
	}
	for _, u := range r.users {
		copy(r.Body[u.at:], digits[u.trace])
	}
}

// encoder appends protobuf fields and remembers where ids and times lie.
type encoder struct {
	b          []byte
	ids, times []int
	users      []userAt
}

func (e *encoder) tag(field, wire int) { e.b = binary.AppendUvarint(e.b, uint64(field<<3|wire)) }

func (e *encoder) append(in encoder) {
	base := len(e.b)
	e.b = append(e.b, in.b...)
	for _, at := range in.ids {
		e.ids = append(e.ids, base+at)
	}
	for _, at := range in.times {
		e.times = append(e.times, base+at)
	}
	for _, u := range in.users {
		e.users = append(e.users, userAt{base + u.at, u.trace})
	}
}

func (e *encoder) message(field int, in encoder) {
	e.tag(field, 2)
	e.b = binary.AppendUvarint(e.b, uint64(len(in.b)))
	e.append(in)
}

func (e *encoder) str(field int, s string) {
	e.tag(field, 2)
	e.b = binary.AppendUvarint(e.b, uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) num(field int, v uint64) {
	e.tag(field, 0)
	e.b = binary.AppendUvarint(e.b, v)
}

func (e *encoder) time(field int, ns int64) {
	e.tag(field, 1)
	e.times = append(e.times, len(e.b))
	e.b = binary.LittleEndian.AppendUint64(e.b, uint64(ns))
}

func (e *encoder) id(field int, halves ...uint64) {
	e.tag(field, 2)
	e.b = binary.AppendUvarint(e.b, uint64(8*len(halves)))
	for _, h := range halves {
		e.ids = append(e.ids, len(e.b))
		e.b = binary.LittleEndian.AppendUint64(e.b, h)
	}
}

func text(field int, s string) encoder {
	var e encoder
	e.str(field, s)
	return e
}

func attribute(name string, value any) encoder {
	var v encoder
	switch x := value.(type) {
	case string:
		v.str(1, x)
	case int64:
		v.num(3, uint64(x))
	case float64:
		v.tag(4, 1)
		v.b = binary.LittleEndian.AppendUint64(v.b, math.Float64bits(x))
	}
	e := text(1, name)
	e.message(2, v)
	return e
}

func (g *Generator) resource(service int) encoder {
	var e encoder
	e.message(1, attribute("service.name", Services[service]))
	e.message(1, attribute("service.version", "2026.11."+builds[len(builds)-1]))
	e.message(1, attribute("host.name", fmt.Sprintf("%s-%d", Services[service], g.rng.IntN(hosts))))
	e.message(1, attribute("telemetry.sdk.language", []string{"go", "python", "nodejs"}[service%3]))
	return e
}

// encodeSpan encodes a span of the trace that has a number in its request.
func encodeSpan(tr *Trace, number int, s *Span, start int64) encoder {
	var e encoder
	e.id(1, tr.High, tr.Low)
	e.id(2, s.ID)
	if s.Parent != 0 {
		e.id(4, s.Parent)
	}
	e.str(5, s.Name)
	e.num(6, uint64(s.Kind))
	e.time(7, start+s.Start)
	e.time(8, start+s.End)
	for _, a := range s.Attributes {
		e.message(9, attribute(a.Name, a.Value))
		if user, ok := a.Value.(string); ok && a.Name == userField && len(user) == len(userPrefix)+userDigits {
			e.users = append(e.users, userAt{len(e.b) - userDigits, number})
		}
	}
	if s.Failed {
		var ev encoder
		ev.time(1, start+s.End-1000)
		ev.str(2, "exception")
		ev.message(3, attribute("exception.type", "TimeoutError"))
		ev.message(3, attribute("exception.message", "deadline of 250 ms exceeded while waiting for "+Services[s.Service]))
		ev.message(3, attribute("exception.stacktrace", "TimeoutError: deadline exceeded\n  at call ("+Services[s.Service]+"/client:118)\n  at handle (server:42)"))
		e.message(11, ev)
		status := text(2, "deadline exceeded")
		status.num(3, 2)
		e.message(15, status)
	}
	return e
}
