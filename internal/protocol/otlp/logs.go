package otlp

import (
	"cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/logline"
)

// maxLine is how much of a body that is text is kept, and how long one may be of
// which fields are found.
const maxLine = 1 << 20

// logs reads an ExportLogsServiceRequest.
func (d *decoder) logs(body []byte) error {
	return submessages(body, 1, "a resource", func(raw []byte) error {
		return d.underResource(raw, func(slug string, scopeLogs []byte) error {
			if err := d.readScope(scopeLogs); err != nil {
				return err
			}
			b := d.batch(slug)
			b.Expect(occurrences(scopeLogs, 2))
			return submessages(scopeLogs, 2, "a log record", func(record []byte) error { return d.record(b, record) })
		})
	})
}

// logFields are the parts of a log record but its attributes.
type logFields struct {
	time, observed  uint64
	severity        uint64
	text, body      []byte
	traceID, spanID []byte
	name            []byte
	flags           uint64
}

func (d *decoder) splitRecord(raw []byte, r *logFields) bool { //nolint:cyclop // one case for each form, side by side
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireFixed64:
			r.time = f.num
		case f.number == 11 && f.wire == wireFixed64:
			r.observed = f.num
		case f.number == 2 && f.wire == wireVarint:
			r.severity = f.num
		case f.number == 3 && f.wire == wireBytes:
			r.text = f.bytes
		case f.number == 5 && f.wire == wireBytes:
			r.body = f.bytes
		case f.number == 6 && f.wire == wireBytes:
			d.listAttribute(f.bytes)
		case f.number == 8 && f.wire == wireFixed32:
			r.flags = f.num
		case f.number == 9 && f.wire == wireBytes:
			r.traceID = f.bytes
		case f.number == 10 && f.wire == wireBytes:
			r.spanID = f.bytes
		case f.number == 12 && f.wire == wireBytes:
			r.name = f.bytes
		}
	}
	return !m.bad
}

func severityName(n uint64) string {
	if n < 1 || n > 24 {
		return "unspecified"
	}
	return []string{"trace", "debug", "info", "warn", "error", "fatal"}[(n-1)/4]
}

// record reads a log record into a row. Its own attributes win over all else,
// then those of its scope and resource: so they are set last.
func (d *decoder) record(b *event.Batch, raw []byte) error {
	d.out.Items++
	d.attrs = d.attrs[:0]
	var r logFields
	if !d.splitRecord(raw, &r) {
		return malformed("a log record")
	}
	at := r.time
	if at == 0 {
		at = r.observed
	}
	if at == 0 {
		at = uint64(d.opts.Now)
	}
	when := int64(min(at, 1<<63-1))
	if !d.timely(when) {
		return nil
	}
	if !d.rates() {
		return malformed("an attribute")
	}
	if err := d.begin(b, when, d.rate.events); err != nil {
		return err
	}
	body, ok := readValue(r.body)
	if !ok {
		return malformed("a log record")
	}
	line := d.discover(b, body)
	d.correlate(b, &r, &line)
	severity := severityName(r.severity)
	if r.severity == 0 {
		severity = cmp.Or(logline.Severity(r.text), line.Severity, severity)
	}
	b.SetString(b.Column(event.FieldSeverity), severity)
	b.SetInt(b.Column(event.FieldSeverityCode), int64(int32(r.severity)))
	d.text2(b, event.FieldSeverityText, r.text)
	b.SetInt(b.Column("flags"), int64(r.flags))
	d.text2(b, "event.name", r.name)
	b.SetString(b.Column(event.FieldSignal), event.SignalLog)
	if !d.body(b, r.body, body) {
		return malformed("a log record")
	}
	d.surroundings(b)
	for _, raw := range d.attrs {
		if !d.set(b, raw) {
			return malformed("an attribute")
		}
	}
	return nil
}

// discover sets the fields of a body that is JSON, before those of the record, which
// win over them. It returns what else the body says.
func (d *decoder) discover(b *event.Batch, body value) logline.Line {
	if body.kind != valueText || len(body.bytes) > maxLine {
		return logline.Line{}
	}
	known := len(b.Columns)
	line := d.lines.Read(b, toValid(body.bytes))
	d.grow(len(body.bytes) + columnBytes*(len(b.Columns)-known))
	if line.Lost > 0 {
		d.out.problem(ReasonFields, false, func() string { return "fields of a message: too many, or too long" })
	}
	return line
}

// correlate stores the ids of the record's trace and span, or, where it has none,
// those that its body names.
func (d *decoder) correlate(b *event.Batch, r *logFields, line *logline.Line) {
	switch {
	case !isZero(r.traceID):
		d.traceID(b, event.FieldTraceID, r.traceID)
	case line.TraceID != nil:
		b.SetBytes(b.Column(event.FieldTraceID), line.TraceID)
	}
	if !isZero(r.traceID) || line.TraceID != nil {
		b.SetString(b.Column(event.FieldAnnotation), event.AnnotationSpanEvent)
	}
	switch {
	case !isZero(r.spanID):
		d.spanID(b, event.FieldParentID, r.spanID)
	case line.SpanID != nil && isZero(r.traceID):
		b.SetBytes(b.Column(event.FieldParentID), line.SpanID)
	}
}

// isZero reports whether an id is missing or invalid: OTLP wants a record with
// an id of zeros to be one without.
func isZero(id []byte) bool {
	for _, c := range id {
		if c != 0 {
			return false
		}
	}
	return true
}

// body stores the body: scalars as they are; a map's members under body. and, if
// none of them took the name, the whole as JSON text.
func (d *decoder) body(b *event.Batch, raw []byte, v value) bool {
	if v.kind == valueText { // lines are kept whole
		if c := d.column(b, []byte(event.FieldBody)); c != nil {
			d.put(b, c, d.soundUpTo(v.bytes, maxLine))
		}
		return true
	}
	if v.kind != valueMap {
		return d.setValue(b, []byte(event.FieldBody), raw, 0)
	}
	if !d.setMap(b, []byte(event.FieldBody), v.bytes, 1) {
		return false
	}
	if c := b.Find(event.FieldBody); c != nil && b.Has(c) {
		return true
	}
	return d.setJSON(b, []byte(event.FieldBody), v)
}
