package otlp

import (
	"bytes"
	"encoding/hex"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// Ranks of attributes: what is set later wins.
const (
	rankResource = 1
	rankScope    = 2
	rankItem     = 3
)

// traces reads an ExportTraceServiceRequest.
func (d *decoder) traces(body []byte) error {
	return submessages(body, 1, "a resource", func(raw []byte) error {
		return d.underResource(raw, func(slug string, scopeSpans []byte) error {
			if err := d.readScope(scopeSpans); err != nil {
				return err
			}
			b := d.batch(slug)
			return submessages(scopeSpans, 2, "a span", func(span []byte) error { return d.span(b, span) })
		})
	})
}

// underResource reads the resource of a ResourceSpans (or ResourceLogs, …), and
// calls f for each of its scopes with the dataset they go to.
func (d *decoder) underResource(raw []byte, f func(slug string, scope []byte) error) error {
	d.resource, d.schemaURL = d.resource[:0], nil
	m := message{rest: raw}
	var fd field
	items := 0
	for m.next(&fd) {
		switch {
		case fd.number == 1 && fd.wire == wireBytes:
			var ok bool
			if d.resource, ok = attributes(d.resource, fd.bytes, 1); !ok {
				return malformed("a resource")
			}
		case fd.number == 3 && fd.wire == wireBytes:
			d.schemaURL = fd.bytes
		case fd.number == 2 && fd.wire == wireBytes:
			items++
		}
	}
	if m.bad {
		return malformed("a resource")
	}
	if items == 0 {
		return nil
	}
	slug, err := d.opts.Dataset(d.serviceName())
	if err != nil {
		return d.refuse(raw, err)
	}
	return submessages(raw, 2, "a scope", func(scope []byte) error { return f(slug, scope) })
}

// refuse counts all items of a resource whose dataset is not to be had.
func (d *decoder) refuse(raw []byte, cause error) error {
	return submessages(raw, 2, "a scope", func(scope []byte) error {
		return submessages(scope, 2, "an item", func([]byte) error {
			d.out.Items++
			d.out.problem(ReasonDataset, true, func() string { return fault.MessageOf(cause) })
			return nil
		})
	})
}

// serviceName is the resource's service.name if it is text.
func (d *decoder) serviceName() string {
	for _, a := range d.resource {
		if string(a.key) != event.FieldService {
			continue
		}
		m := message{rest: a.value}
		var f field
		for m.next(&f) {
			if f.number == 1 && f.wire == wireBytes {
				return string(d.utf8(f.bytes))
			}
		}
	}
	return ""
}

// readScope reads the instrumentation scope of a ScopeSpans (or ScopeLogs, …).
func (d *decoder) readScope(raw []byte) error {
	d.scope, d.library, d.version, d.scopeURL, d.known = d.scope[:0], nil, nil, nil, false
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			s := message{rest: f.bytes}
			var sf field
			for s.next(&sf) {
				switch {
				case sf.number == 1 && sf.wire == wireBytes:
					d.library = sf.bytes
				case sf.number == 2 && sf.wire == wireBytes:
					d.version = sf.bytes
				}
			}
			var ok bool
			if d.scope, ok = attributes(d.scope, f.bytes, 3); !ok || s.bad {
				return malformed("a scope")
			}
		case f.number == 3 && f.wire == wireBytes:
			d.scopeURL = f.bytes
		}
	}
	d.known = isInstrumentation(string(d.library))
	if m.bad {
		return malformed("a scope")
	}
	return nil
}

// isInstrumentation reports whether a scope is one of the libraries that
// instrument others, by the prefixes Honeycomb knows.
func isInstrumentation(library string) bool {
	for _, prefix := range []string{
		"io.opentelemetry", "opentelemetry.instrumentation", "OpenTelemetry.Instrumentation", "OpenTelemetry::Instrumentation",
		"go.opentelemetry.io/contrib/instrumentation", "@opentelemetry/instrumentation", "io.opentelemetry.contrib.php",
		"github.com/open-telemetry/opentelemetry-collector", "@honeycombio/",
	} {
		if strings.HasPrefix(library, prefix) {
			return true
		}
	}
	return false
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
	d.rate, d.rateRank = 1, 0
	if len(s.state) > 0 {
		d.rate = stateRate(string(s.state), d.opts.Float)
	}
	if !d.rates() {
		return malformed("an attribute")
	}
	rate := d.rate
	var exception []byte
	for _, raw := range d.events {
		isException, ok := d.spanEvent(b, &s, raw, rate)
		if !ok {
			return malformed("a span event")
		}
		if isException && exception == nil {
			exception = raw
		}
	}
	for _, raw := range d.links {
		if !d.link(b, &s, raw, rate) {
			return malformed("a link")
		}
	}
	return d.spanRow(b, &s, start, rate, exception)
}

// split finds the parts of a span; they may stand in any order.
func (d *decoder) split(raw []byte, s *spanFields) bool {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
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
				d.attrs = append(d.attrs, f.bytes)
			case 11:
				d.events = append(d.events, f.bytes)
			case 13:
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

// rates looks for a sample rate among the attributes of the item, its scope and
// its resource; that of the span counts for its events and links too.
func (d *decoder) rates() bool {
	look := func(a attribute, rank int) bool {
		if len(a.key) == 10 && (string(a.key) == "sampleRate" || string(a.key) == "SampleRate") {
			return d.sampleRate(a.value, 2*rank+btoi(a.key[0] == 's'))
		}
		return true
	}
	for _, a := range d.resource {
		if !look(a, rankResource) {
			return false
		}
	}
	for _, a := range d.scope {
		if !look(a, rankScope) {
			return false
		}
	}
	for _, raw := range d.attrs {
		// Most attributes can't be it: a cheap look before cutting them.
		if len(raw) < 14 || (raw[2] != 's' && raw[2] != 'S') {
			continue
		}
		a, ok := splitAttribute(raw)
		if !ok || !look(a, rankItem) {
			return false
		}
	}
	return true
}

// begin starts a row with what all rows of a resource and scope have.
func (d *decoder) begin(b *event.Batch, at int64, rate uint32) bool {
	b.Begin(at)
	if rate > 1 {
		b.SetSampleRate(rate)
	}
	d.fields = 0
	if !d.setAll(b, d.resource, rankResource) || !d.setAll(b, d.scope, rankScope) {
		return false
	}
	d.text2(b, "resource.schema_url", d.schemaURL)
	d.text2(b, "scope.schema_url", d.scopeURL)
	d.text2(b, "library.name", d.library)
	d.text2(b, "library.version", d.version)
	if d.known {
		b.SetBool(b.Column("telemetry.instrumentation_library"), true)
	}
	return true
}

// text2 stores text that is not empty.
func (d *decoder) text2(b *event.Batch, name string, text []byte) {
	if len(text) > 0 {
		b.SetBytes(b.Column(name), d.limited(d.utf8(text)))
	}
}

// id stores an id as hex digits. A trace id whose first half is zero is one of
// eight bytes.
func (d *decoder) id(b *event.Batch, name string, id []byte, unique bool) {
	if len(id) == 16 && name != event.FieldSpanID && bytes.Equal(id[:8], make([]byte, 8)) {
		id = id[8:]
	}
	c := b.Column(name)
	if unique && c.Len() == 0 {
		c.Dict.Unique()
	}
	if len(id) > len(d.hex)/2 {
		b.SetString(c, hex.EncodeToString(id[:min(len(id), 128)]))
		return
	}
	n := hex.Encode(d.hex[:], id)
	b.SetBytes(c, d.hex[:n])
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
	if !d.begin(b, start, rate) {
		return malformed("an attribute")
	}
	d.id(b, event.FieldTraceID, s.traceID, false)
	d.id(b, event.FieldSpanID, s.spanID, true)
	if len(s.parentID) > 0 {
		d.id(b, event.FieldParentID, s.parentID, true)
	}
	b.SetBytes(b.Column(event.FieldName), d.limited(d.utf8(s.name)))
	kind := kindName(s.kind)
	b.SetString(b.Column(event.FieldSpanKind), kind)
	b.SetString(b.Column(event.FieldType), kind)
	b.SetInt(b.Column(event.FieldStatusCode), int64(min(s.code, 2)))
	if s.code == 2 {
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
		a, ok := splitAttribute(raw)
		if !ok || !d.set(b, a.key, a.value, rankItem) {
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

// copyException puts an exception's own fields on its span where it has none.
func (d *decoder) copyException(b *event.Batch, raw []byte) bool {
	list, ok := attributes(nil, raw, 3)
	if !ok {
		return false
	}
	for _, a := range list {
		switch string(a.key) {
		case "exception.message", "exception.type", "exception.stacktrace", "exception.escaped":
			if c := b.ColumnBytes(a.key); !b.Has(c) && !d.setValue(b, a.key, a.value, 0) {
				return false
			}
		}
	}
	return true
}

// annotate starts a row that hangs on a span.
func (d *decoder) annotate(b *event.Batch, s *spanFields, at int64, rate uint32, kind string) bool {
	if !d.begin(b, at, rate) {
		return false
	}
	d.id(b, event.FieldTraceID, s.traceID, false)
	d.id(b, event.FieldParentID, s.spanID, true)
	d.text2(b, event.FieldParentName, s.name)
	b.SetString(b.Column(event.FieldAnnotation), kind)
	b.SetString(b.Column(event.FieldSignal), event.SignalTrace)
	if s.code == 2 {
		b.SetBool(b.Column(event.FieldError), true)
	}
	return true
}

func (d *decoder) spanEvent(b *event.Batch, s *spanFields, raw []byte, rate uint32) (isException, ok bool) {
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
		return false, false
	}
	if at == 0 {
		at = s.start
	}
	// An event is taken whenever its span is, wherever its own clock stands.
	when := min(max(int64(min(at, 1<<63-1)), d.opts.MinTime), d.opts.MaxTime)
	if !d.annotate(b, s, when, rate, event.AnnotationSpanEvent) {
		return false, false
	}
	b.SetBytes(b.Column(event.FieldName), d.limited(d.utf8(name)))
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
func (d *decoder) setFrom(b *event.Batch, raw []byte, number int) bool {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		if f.number == number && f.wire == wireBytes {
			a, ok := splitAttribute(f.bytes)
			if !ok || !d.set(b, a.key, a.value, 0) {
				return false
			}
		}
	}
	return !m.bad
}

func (d *decoder) link(b *event.Batch, s *spanFields, raw []byte, rate uint32) bool {
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
	if m.bad || !d.annotate(b, s, int64(min(s.start, 1<<63-1)), rate, event.AnnotationLink) {
		return false
	}
	d.id(b, event.FieldLinkTraceID, traceID, false)
	d.id(b, event.FieldLinkSpanID, spanID, true)
	return d.setFrom(b, raw, 4)
}
