package otlp

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
)

// statusError is the code of a span that failed.
const statusError = 2

// traces reads an ExportTraceServiceRequest.
func (d *decoder) traces(body []byte) error {
	return submessages(body, 1, "a resource", func(raw []byte) error {
		return d.underResource(raw, func(slug string, scopeSpans []byte) error {
			if err := d.readScope(scopeSpans); err != nil {
				return err
			}
			b := d.batch(slug)
			b.Expect(occurrences(scopeSpans, 2))
			return submessages(scopeSpans, 2, "a span", func(span []byte) error { return d.span(b, span) })
		})
	})
}

// spanFields are the parts of a span but its attributes.
type spanFields struct {
	traceID, spanID, parentID []byte
	state, name, status       []byte
	kind                      uint64
	start, end                uint64
	code                      uint64
	message                   []byte
}

// span reads a span into a row, after a row for each of its events and links.
func (d *decoder) span(b *event.Batch, raw []byte) error {
	d.out.Items++
	d.attrs, d.events, d.links = d.attrs[:0], d.events[:0], d.links[:0]
	var s spanFields
	if !d.split(raw, &s) || !s.readStatus() {
		return malformed("a span")
	}
	start := int64(min(s.start, 1<<63-1))
	if !d.timely(start) {
		return nil
	}
	if !d.rates() {
		return malformed("an attribute")
	}
	if d.rate.rank == 0 && len(s.state) > 0 {
		d.rate.events = stateRate(string(s.state), d.opts.Float)
	}
	rate := d.rate.events
	var exception []byte
	for _, raw := range d.events {
		isException, err := d.spanEvent(b, &s, raw, rate)
		if err != nil {
			return err
		}
		if isException && exception == nil {
			exception = raw
		}
	}
	for _, raw := range d.links {
		if err := d.link(b, &s, raw, rate); err != nil {
			return err
		}
	}
	return d.spanRow(b, &s, start, rate, exception)
}

// split finds the parts of a span; they may stand in any order.
func (d *decoder) split(raw []byte, s *spanFields) bool {
	m := message{rest: raw}
	var f field
	for d.grown <= maxGrown && m.next(&f) {
		switch f.wire {
		case wireBytes:
			switch f.number {
			case 1:
				s.traceID = f.bytes
			case 2:
				s.spanID = f.bytes
			case 3:
				s.state = f.bytes
			case 4:
				s.parentID = f.bytes
			case 5:
				s.name = f.bytes
			case 9:
				d.listAttribute(f.bytes)
			case 11:
				d.grow(listedBytes + rowBytes)
				d.events = append(d.events, f.bytes)
			case 13:
				d.grow(listedBytes + rowBytes)
				d.links = append(d.links, f.bytes)
			case 15:
				s.status = f.bytes
			}
		case wireFixed64:
			switch f.number {
			case 7:
				s.start = f.num
			case 8:
				s.end = f.num
			}
		case wireVarint:
			if f.number == 6 {
				s.kind = f.num
			}
		}
	}
	return !m.bad
}

// listAttribute notes an attribute of an item.
func (d *decoder) listAttribute(raw []byte) {
	if len(d.attrs) == maxListed {
		d.out.problem(ReasonFields, false, func() string { return "more than " + strconv.Itoa(maxListed) + " attributes" })
		return
	}
	d.attrs = append(d.attrs, raw)
}

func (s *spanFields) readStatus() bool {
	m := message{rest: s.status}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 2 && f.wire == wireBytes:
			s.message = f.bytes
		case f.number == 3 && f.wire == wireVarint:
			s.code = f.num
		}
	}
	return !m.bad
}

// begin starts a row with what all rows of a resource and scope have.
func (d *decoder) begin(b *event.Batch, at int64, rate uint32) error {
	if err := d.room(); err != nil {
		return err
	}
	d.grow(rowBytes)
	b.Begin(at)
	if rate > 1 {
		b.SetSampleRate(rate)
	}
	d.fields = 0
	return nil
}

// text2 stores text that is not empty.
func (d *decoder) text2(b *event.Batch, name string, text []byte) {
	if len(text) > 0 {
		d.text(b, b.Column(name), text)
	}
}

// traceID stores a trace id; one whose first half is zero is one of eight bytes.
func (d *decoder) traceID(b *event.Batch, name string, id []byte) {
	if len(id) == 16 && binary.LittleEndian.Uint64(id) == 0 {
		id = id[8:]
	}
	d.id(b, b.Column(name), id)
}

// spanID stores the id of a span. They rarely repeat.
func (d *decoder) spanID(b *event.Batch, name string, id []byte) {
	c := b.Column(name)
	before := len(c.Dict.Data)
	b.SetUnique(c, d.digits(id))
	d.grow(len(c.Dict.Data) - before)
}

// id stores an id as hex digits.
func (d *decoder) id(b *event.Batch, c *event.Column, id []byte) { d.put(b, c, d.digits(id)) }

// digits writes an id in hex. They hold until the next call.
func (d *decoder) digits(id []byte) []byte {
	if len(id) > len(d.hex)/2 {
		return d.limited(hex.AppendEncode(nil, id[:min(len(id), maxText)]))
	}
	return d.hex[:hex.Encode(d.hex[:], id)]
}

func kindName(kind uint64) string {
	switch kind {
	case 1:
		return "internal"
	case 2:
		return "server"
	case 3:
		return "client"
	case 4:
		return "producer"
	case 5:
		return "consumer"
	}
	return "unspecified"
}

func (d *decoder) spanRow(b *event.Batch, s *spanFields, start int64, rate uint32, exception []byte) error {
	if err := d.begin(b, start, rate); err != nil {
		return err
	}
	d.surroundings(b)
	d.traceID(b, event.FieldTraceID, s.traceID)
	d.spanID(b, event.FieldSpanID, s.spanID)
	if len(s.parentID) > 0 {
		d.spanID(b, event.FieldParentID, s.parentID)
	}
	d.text(b, b.Column(event.FieldName), s.name)
	kind := kindName(s.kind)
	b.SetString(b.Column(event.FieldSpanKind), kind)
	b.SetString(b.Column(event.FieldType), kind)
	b.SetInt(b.Column(event.FieldStatusCode), int64(int32(s.code)))
	if s.code == statusError {
		b.SetBool(b.Column(event.FieldError), true)
	}
	d.text2(b, event.FieldStatusMessage, s.message)
	d.text2(b, event.FieldTraceState, s.state)
	ms, valid := duration(s.start, s.end)
	b.SetFloat(b.Column(event.FieldDuration), ms)
	if !valid {
		b.SetBool(b.Column("meta.invalid_duration"), true)
	}
	b.SetInt(b.Column(event.FieldNumEvents), int64(len(d.events)))
	b.SetInt(b.Column(event.FieldNumLinks), int64(len(d.links)))
	b.SetString(b.Column(event.FieldSignal), event.SignalTrace)
	for _, raw := range d.attrs {
		if !d.set(b, raw) {
			return malformed("an attribute")
		}
	}
	if exception != nil && !d.copyException(b, exception) {
		return malformed("a span event")
	}
	return nil
}

// duration in milliseconds; valid is false if the span ends before it starts.
// A span that lacks either time has none.
func duration(start, end uint64) (ms float64, valid bool) {
	switch {
	case start == 0 || end == 0:
		return 0, true
	case end < start:
		return 0, false
	}
	return float64(end-start) / 1e6, true
}

// copyException puts an exception's own fields on its span where it has none,
// so far as they are of the kind that they should be.
func (d *decoder) copyException(b *event.Batch, raw []byte) bool {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		if f.number != 3 || f.wire != wireBytes {
			continue
		}
		a, ok := splitAttribute(f.bytes)
		if !ok {
			return false
		}
		want := valueText
		switch string(a.key) {
		case "exception.escaped":
			want = valueBool
		case "exception.message", "exception.type", "exception.stacktrace":
		default:
			continue
		}
		if v, ok := readValue(a.value); !ok || v.kind != want {
			continue
		}
		if c := b.Find(string(a.key)); (c == nil || !b.Has(c)) && !d.setValue(b, a.key, a.value, 0) {
			return false
		}
	}
	return !m.bad
}

// annotate starts a row that hangs on a span.
func (d *decoder) annotate(b *event.Batch, s *spanFields, at int64, rate uint32, kind string) error {
	if err := d.begin(b, at, rate); err != nil {
		return err
	}
	d.surroundings(b)
	d.traceID(b, event.FieldTraceID, s.traceID)
	d.spanID(b, event.FieldParentID, s.spanID)
	d.text2(b, event.FieldParentName, s.name)
	b.SetString(b.Column(event.FieldAnnotation), kind)
	b.SetString(b.Column(event.FieldSignal), event.SignalTrace)
	if s.code == statusError {
		b.SetBool(b.Column(event.FieldError), true)
	}
	return nil
}

// spanEvent reads an event of a span into a row, and reports whether it is an
// exception.
func (d *decoder) spanEvent(b *event.Batch, s *spanFields, raw []byte, rate uint32) (isException bool, err error) {
	m := message{rest: raw}
	var f field
	var at uint64
	var name []byte
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireFixed64:
			at = f.num
		case f.number == 2 && f.wire == wireBytes:
			name = f.bytes
		}
	}
	if m.bad {
		return false, malformed("a span event")
	}
	if at == 0 {
		at = s.start
	}
	// An event is taken whenever its span is, wherever its own clock stands.
	own := int64(min(at, 1<<63-1))
	when := min(max(own, d.opts.MinTime), d.opts.MaxTime)
	if when != own {
		d.out.problem(ReasonMoved, false, func() string { return fmt.Sprintf("a span event at %d is stored at %d", own, when) })
	}
	if err := d.annotate(b, s, when, rate, event.AnnotationSpanEvent); err != nil {
		return false, err
	}
	d.text(b, b.Column(event.FieldName), name)
	since := float64(0)
	if at < s.start {
		b.SetBool(b.Column("meta.invalid_time_since_span_start"), true)
	} else {
		since = float64(at-s.start) / 1e6
	}
	b.SetFloat(b.Column(event.FieldSinceSpanStart), since)
	return string(name) == "exception", d.setFrom(b, raw, 3)
}

// setFrom stores the attributes that a message holds under a field number.
func (d *decoder) setFrom(b *event.Batch, raw []byte, number int) error {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		if f.number == number && f.wire == wireBytes && !d.set(b, f.bytes) {
			return malformed("an attribute")
		}
	}
	if m.bad {
		return malformed("an attribute")
	}
	return nil
}

func (d *decoder) link(b *event.Batch, s *spanFields, raw []byte, rate uint32) error {
	m := message{rest: raw}
	var f field
	var traceID, spanID []byte
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			traceID = f.bytes
		case f.number == 2 && f.wire == wireBytes:
			spanID = f.bytes
		}
	}
	if m.bad {
		return malformed("a link")
	}
	if err := d.annotate(b, s, int64(min(s.start, 1<<63-1)), rate, event.AnnotationLink); err != nil {
		return err
	}
	d.traceID(b, event.FieldLinkTraceID, traceID)
	d.spanID(b, event.FieldLinkSpanID, spanID)
	return d.setFrom(b, raw, 4)
}
