package recording

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// How ids and times lie in a file:
//
// In Spans, where they have a fixed width, they are overwritten in place. A trace id
// is the seconds from the beginning of the act to its own, which the first four bytes
// of such an id are, then its number; a span id is its number; a time is in
// microseconds, from the start of the span before, an end from the span's own start.
//
// In text they are a mark, a letter and a number: \x01t7; is trace 7. A control
// character cannot be in JSON, so it is nothing else.
const (
	mark       = '\x01'
	markTrace  = 't' // 32 hex digits
	markXRay   = 'x' // 1-8-24
	markSpan   = 's' // 16 hex digits
	markUUID   = 'u' // 32 hex digits
	markDashed = 'd' // 8-4-4-4-12, a member "uuid" of an item
	markTime   = 'r' // 2026-01-02T15:04:05.000000Z, in microseconds
	markMillis = 'm' // Unix milliseconds
	markUnix   = 'e' // Unix seconds
	markFloat  = 'f' // Unix seconds with a fraction, in microseconds
)

type (
	traceID [16]byte
	spanID  [8]byte
)

// Packer numbers ids and makes times relative to the beginning of an act.
type Packer struct {
	begin  time.Time
	traces map[traceID]uint64
	spans  map[spanID]uint64
	uuids  map[string]uint64
}

// NewPacker returns one for an act.
func NewPacker(begin time.Time) *Packer {
	return &Packer{begin: begin.Truncate(time.Second), traces: map[traceID]uint64{}, spans: map[spanID]uint64{}, uuids: map[string]uint64{}}
}

func number[K comparable](of map[K]uint64, id K) uint64 {
	n, ok := of[id]
	if !ok {
		n = uint64(len(of)) + 1
		of[id] = n
	}
	return n
}

func (p *Packer) micros(t time.Time) int64 { return t.Sub(p.begin).Microseconds() }

// Spans packs an ExportTraceServiceRequest in place.
func (p *Packer) Spans(body []byte) error {
	var before int64
	return eachSpan(body, spanFields{
		trace: func(b []byte) {
			n := number(p.traces, traceID(b))
			binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)-uint32(p.begin.Unix())) //nolint:gosec // seconds of this century
			clear(b[4:8])
			binary.BigEndian.PutUint64(b[8:], n)
		},
		span: func(b []byte) { binary.BigEndian.PutUint64(b, number(p.spans, spanID(b))) },
		time: func(b []byte, isStart bool) {
			at := p.micros(time.Unix(0, int64(binary.LittleEndian.Uint64(b)))) //nolint:gosec // a time of this century
			binary.LittleEndian.PutUint64(b, uint64(at-before))                //nolint:gosec // two's complement on purpose
			if isStart {
				before = at
			}
		},
	})
}

//nolint:gochecknoglobals // a constant
var inText = regexp.MustCompile(`1-[0-9a-f]{8}-[0-9a-f]{24}\b` +
	`|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b` +
	`|\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z` +
	`|"uuid":"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"` +
	`|(?:timestamp|start_time|end_time)(?:_ms)?\\?":\d+(?:\.\d+)?`) // the quote may be escaped: a document in a text

// Text packs JSON. An id that no span has is numbered as one that none will have.
func (p *Packer) Text(text []byte) []byte {
	return inText.ReplaceAllFunc(text, func(found []byte) []byte {
		s := string(found)
		switch {
		case found[0] == 't' || found[0] == 's' || s[1] == 'n':
			return p.field(s)
		case found[0] == '"':
			const name = `"uuid":"`
			return append(append([]byte(name), marked(markDashed, int64(number(p.uuids, s)))...), '"') //nolint:gosec // a small number
		case len(s) == 35:
			return p.traceIn(s[2:10]+s[11:], markXRay)
		case len(s) == 32:
			var id traceID
			_, _ = hex.Decode(id[:], found) // it is hex
			if _, known := p.traces[id]; known {
				return p.traceIn(s, markTrace)
			}
			return marked(markUUID, int64(number(p.uuids, s))) //nolint:gosec // a small number
		case len(s) == 16:
			var id spanID
			_, _ = hex.Decode(id[:], found)
			return marked(markSpan, int64(number(p.spans, id))) //nolint:gosec // a small number
		}
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return found
		}
		return marked(markTime, p.micros(at))
	})
}

func (p *Packer) traceIn(digits string, as byte) []byte {
	var id traceID
	_, _ = hex.Decode(id[:], []byte(digits))
	offset := int64(binary.BigEndian.Uint32(id[:])) - p.begin.Unix()
	n := number(p.traces, id)
	return fmt.Appendf(nil, "%c%c%d.%d;", mark, as, offset, n)
}

// field packs a member whose value is a time.
func (p *Packer) field(member string) []byte {
	name, value, _ := strings.Cut(member, ":")
	as := byte(markFloat)
	whole, part, isFloat := strings.Cut(value, ".")
	n, err := strconv.ParseInt(whole+(part + "000000")[:6], 10, 64)
	switch {
	case isFloat:
		n -= p.begin.UnixMicro()
	case len(value) == 13:
		as, n = markMillis, n/1_000_000-p.begin.UnixMilli()
	case len(value) == 10:
		as, n = markUnix, n/1_000_000-p.begin.Unix()
	default:
		return []byte(member)
	}
	if err != nil {
		return []byte(member)
	}
	return append([]byte(name+":"), marked(as, n)...)
}

func marked(as byte, n int64) []byte { return fmt.Appendf(nil, "%c%c%d;", mark, as, n) }
