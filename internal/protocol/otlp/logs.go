package otlp

import (
	"github.com/oriel-dev/oriel/internal/event"
)

// logs reads an ExportLogsServiceRequest.
func (d *decoder) logs(body []byte) error {
	return submessages(body, 1, "a resource", func(raw []byte) error {
		return d.underResource(raw, func(slug string, scopeLogs []byte) error {
			if err := d.readScope(scopeLogs); err != nil {
				return err
			}
			b := d.batch(slug)
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
			d.attrs = append(d.attrs, f.bytes)
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
	d.rate, d.rateRank = 1, 0
	if !d.rates() {
		return malformed("an attribute")
	}
	b.Begin(when)
	b.SetSampleRate(d.rate)
	d.fields = 0
	if len(r.traceID) > 0 {
		d.id(b, event.FieldTraceID, r.traceID, false)
		b.SetString(b.Column(event.FieldAnnotation), event.AnnotationSpanEvent)
	}
	if len(r.spanID) > 0 {
		d.id(b, event.FieldParentID, r.spanID, true)
	}
	b.SetString(b.Column(event.FieldSeverity), severityName(r.severity))
	b.SetInt(b.Column(event.FieldSeverityCode), int64(min(r.severity, 1<<31)))
	d.text2(b, event.FieldSeverityText, r.text)
	b.SetInt(b.Column("flags"), int64(r.flags))
	d.text2(b, "event.name", r.name)
	b.SetString(b.Column(event.FieldSignal), event.SignalLog)
	d.text2(b, "resource.schema_url", d.schemaURL)
	d.text2(b, "scope.schema_url", d.scopeURL)
	d.text2(b, "library.name", d.library)
	d.text2(b, "library.version", d.version)
	if d.known {
		b.SetBool(b.Column("telemetry.instrumentation_library"), true)
	}
	if !d.body(b, r.body) || !d.setAll(b, d.resource, rankResource) || !d.setAll(b, d.scope, rankScope) {
		return malformed("a log record")
	}
	for _, raw := range d.attrs {
		a, ok := splitAttribute(raw)
		if !ok || !d.set(b, a.key, a.value, rankItem) {
			return malformed("an attribute")
		}
	}
	return nil
}

// body stores the body: scalars as they are; a map's members under body. and, if
// none of them took the name, the whole as JSON text.
func (d *decoder) body(b *event.Batch, value []byte) bool {
	m := message{rest: value}
	var f field
	for m.next(&f) {
		if f.number == 6 && f.wire == wireBytes {
			if !d.setMap(b, []byte(event.FieldBody), f.bytes, 1) {
				return false
			}
			text, ok := appendJSON(nil, value, 0)
			if !ok {
				return false
			}
			if c := b.Column(event.FieldBody); !b.Has(c) {
				b.SetBytes(c, d.limited(text))
			}
			return !m.bad
		}
	}
	return !m.bad && d.setValue(b, []byte(event.FieldBody), value, 0)
}
