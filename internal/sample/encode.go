package sample

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Request is an encoded ExportTraceServiceRequest whose ids and times can be
// moved in place, so that one encoding serves many sends.
type Request struct {
	Body  []byte
	Spans int // spans in it, without their events
	Rows  int // spans and span events

	ids   []int // offsets of 8-byte halves of trace ids, span ids and parent ids
	times []int // offsets of 8-byte times
	mark  uint64
	moved int64
}

// Encode puts traces that start at the given times (Unix ns) into one request,
// grouped by service as a collector groups them.
func (g *Generator) Encode(traces []Trace, starts []int64) *Request {
	r := &Request{}
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
					spans.message(2, encodeSpan(&traces[i], s, starts[i]))
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
	r.Body, r.ids, r.times = e.b, e.ids, e.times
	return r
}

// Move gives all ids of the request a new value, different for each mark, and
// shifts all times by ns from what they were encoded with.
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
	r.mark, r.moved = next, ns
}

// encoder appends protobuf fields and remembers where ids and times lie.
type encoder struct {
	b          []byte
	ids, times []int
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

func encodeSpan(tr *Trace, s *Span, start int64) encoder {
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
