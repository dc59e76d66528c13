package xray

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// A segment becomes a row of the dataset of its name, and so does each subsegment
// within it; exceptions and links become rows that hang on theirs, as those of spans
// do. What a document has beyond the fields made of it is in xray.document, which
// the row of the outermost has.

// Bounds of what becomes fields of one row; the rest is in the document.
const (
	maxRowFields     = 200
	maxMetadataDepth = 5
	maxExceptions    = 50
	maxFrames        = 200
	maxStack         = 16 << 10
	maxLinks         = 100
)

// rowWriter writes the rows of documents into batches.
type rowWriter struct {
	batchOf func(service string) (*event.Batch, error)
	altered func(reason string, count int, sample string)

	b      *event.Batch
	doc    *document
	u      *unit
	fields int
	left   int // values that were left out of the row
	// expected is about how many bytes of documents each batch will have.
	expected int
	name     []byte
	hex      [16]byte
	stack    []byte
	keys     []byte
	texts    decoder // for its texts only
	runtime  string
	thrown   thrown // the first exception of the row
}

// thrown is an exception as it becomes fields.
type thrown struct {
	id, kind, message, cause []byte
	remote                   bool
	truncated, skipped       int64
	stack                    []byte
}

// write writes all rows of a document, or none and why. owner is who the segment is
// that a subsegment on its own belongs to.
func (w *rowWriter) write(doc *document, owner string) error {
	w.doc = doc
	top := &doc.units[0]
	service := string(top.name)
	if top.subsegment {
		service = owner
	}
	var err error
	if w.b, err = w.batchOf(service); err != nil {
		return err
	}
	w.runtime = runtimeOf(top.service)
	for i := range doc.units {
		u := &doc.units[i]
		u.owner = service
		w.unit(i)
	}
	return nil
}

// unit writes the rows of one segment or subsegment.
func (w *rowWriter) unit(at int) {
	u := &w.doc.units[at]
	w.u, w.left, w.texts.texts = u, 0, w.texts.texts[:0]
	w.thrown = thrown{}
	events := w.exceptions()
	if u.inProgress {
		events = 0
	}
	links := w.links()
	w.begin(u.start)
	w.column(event.FieldSpanID, u.id)
	if parent := w.parentOf(u); len(parent) > 0 {
		w.column(event.FieldParentID, parent)
	}
	b := w.b
	b.SetBytes(b.Column(event.FieldName), u.name)
	kind := u.kind()
	b.SetString(b.Column(event.FieldSpanKind), kind)
	b.SetString(b.Column(event.FieldType), kind)
	w.outcome()
	if u.inProgress {
		b.SetString(b.Column(event.FieldAnnotation), event.AnnotationInProgress)
	} else {
		b.SetFloat(b.Column(event.FieldDuration), float64(max(u.end-u.start, 0))/1e6)
		if u.end < u.start {
			b.SetBool(b.Column("meta.invalid_duration"), true)
		}
	}
	b.SetInt(b.Column(event.FieldNumEvents), int64(events))
	b.SetInt(b.Column(event.FieldNumLinks), int64(links))
	w.own()
	w.objects()
	if at == 0 {
		c := b.Column(xraymodel.FieldDocument)
		if c.Len() == 0 {
			c.Dict.Unique()
			c.Dict.Reserve(w.expected)
		}
		b.SetBytes(c, w.doc.raw)
	}
	if w.left > 0 {
		w.altered("too_many_fields", w.left, "more than "+strconv.Itoa(maxRowFields)+" values of "+aws.Cut(string(u.name))+": the rest is only in its document")
	}
}

// begin starts a row with what all of a document have.
func (w *rowWriter) begin(at int64) {
	b := w.b
	b.Begin(at)
	b.SetString(b.Column(event.FieldTraceID), w.doc.trace)
	b.SetString(b.Column(event.FieldService), w.u.owner)
	b.SetString(b.Column(event.FieldSignal), event.SignalTrace)
	w.fields = 0
}

// column sets an id in lower case.
func (w *rowWriter) column(name string, id []byte) {
	c := w.b.Column(name)
	if c.Len() == 0 {
		c.Dict.Unique()
	}
	lower := w.hex[:copy(w.hex[:], id)]
	for i, ch := range lower {
		if ch >= 'A' && ch <= 'F' {
			lower[i] = ch + 'a' - 'A'
		}
	}
	w.b.SetBytes(c, lower)
}

// parentOf is what a unit lies in: what encloses it, whatever it says itself, as one
// of the SDKs names the segment as the parent of all within.
func (w *rowWriter) parentOf(u *unit) []byte {
	if u.up >= 0 {
		return w.doc.units[u.up].id
	}
	return u.parentID
}

// kind is the unit in terms of spans.
func (u *unit) kind() string {
	switch {
	case !u.subsegment:
		return "server"
	case len(u.sql) > 0, len(u.namespace) > 0 && string(u.namespace) != "local":
		return "client"
	}
	return "internal"
}

// outcome sets how it went.
func (w *rowWriter) outcome() {
	b, u := w.b, w.u
	status := int64(0)
	if u.fault || u.failed || u.throttle {
		status = 2
		b.SetBool(b.Column(event.FieldError), true)
	}
	b.SetInt(b.Column(event.FieldStatusCode), status)
	if u.fault {
		b.SetBool(b.Column(xraymodel.FieldFault), true)
	}
	if u.failed {
		b.SetBool(b.Column(xraymodel.FieldError), true)
	}
	if u.throttle {
		b.SetBool(b.Column(xraymodel.FieldThrottle), true)
	}
	t := &w.thrown
	if len(t.kind) > 0 {
		b.SetBytes(b.Column("exception.type"), t.kind)
	}
	if len(t.message) > 0 {
		b.SetBytes(b.Column("exception.message"), t.message)
		b.SetBytes(b.Column(event.FieldStatusMessage), t.message)
	}
	if len(t.stack) > 0 {
		b.SetBytes(b.Column("exception.stacktrace"), t.stack)
	}
}

// own sets what is X-Ray's own.
func (w *rowWriter) own() {
	b, u := w.b, w.u
	what := xraymodel.TypeSegment
	if u.subsegment {
		what = xraymodel.TypeSubsegment
	}
	b.SetString(b.Column(xraymodel.FieldType), what)
	for _, f := range [...]struct {
		name string
		text []byte
	}{
		{xraymodel.FieldNamespace, u.namespace}, {xraymodel.FieldOrigin, u.origin}, {xraymodel.FieldResource, u.resource}, {"enduser.id", u.user}, {"xray.precursor_ids", u.order},
	} {
		if len(f.text) > 0 {
			b.SetBytes(b.Column(f.name), f.text)
		}
	}
	if u.traced {
		b.SetBool(b.Column(xraymodel.FieldTraced), true)
	}
}

// objects sets what lies in a unit's objects.
func (w *rowWriter) objects() {
	w.each(w.u.http, w.httpPart)
	w.each(w.u.sql, w.sqlMember)
	w.each(w.u.service, func(s *jsonscan.Scanner, name []byte) {
		switch string(name) {
		case "version":
			w.scalar(s, "service.version")
		case "runtime":
			w.scalar(s, "process.runtime.name")
		case "runtime_version":
			w.scalar(s, "process.runtime.version")
		default:
			s.Skip()
		}
	})
	w.each(w.u.aws, w.awsMember)
	w.annotations()
	w.each(w.u.metadata, func(s *jsonscan.Scanner, namespace []byte) {
		w.name = append(append(w.name[:0], "metadata."...), namespace...)
		w.metadata(s, 1)
	})
}

// each calls f for the members of an object; f takes their values.
func (w *rowWriter) each(object []byte, f func(s *jsonscan.Scanner, name []byte)) {
	if len(object) == 0 {
		return
	}
	s := w.texts.scanners.open(object)
	defer w.texts.scanners.close()
	if !s.Enter('{') {
		return
	}
	for more := s.First('}'); more; more = s.More('}') {
		name, ok := s.Name()
		if !ok {
			return
		}
		f(s, name)
	}
}

// scalar sets a field to the scalar that comes next; lists and objects become JSON.
func (w *rowWriter) scalar(s *jsonscan.Scanner, field string) {
	w.scalarIn(s, func() *event.Column { return w.b.Column(field) })
}

func (w *rowWriter) scalarIn(s *jsonscan.Scanner, column func() *event.Column) {
	switch c := s.Peek(); {
	case c == '"':
		if text := w.texts.text(s); len(text) > 0 {
			w.b.SetBytes(column(), text)
		}
	case c == 't':
		if s.Literal("true") {
			w.b.SetBool(column(), true)
		}
	case c == 'f':
		if s.Literal("false") {
			w.b.SetBool(column(), false)
		}
	case c == '-' || (c >= '0' && c <= '9'):
		if raw, ok := s.Number(); ok {
			w.setNumber(raw, column)
		}
	default:
		if raw := value(s, 0); len(raw) > 2 {
			w.b.SetBytes(column(), raw)
		}
	}
}

func (w *rowWriter) setNumber(raw []byte, column func() *event.Column) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		w.b.SetInt(column(), n)
		return
	}
	if f, err := strconv.ParseFloat(string(raw), 64); err == nil {
		w.b.SetFloat(column(), f)
	}
}

// number sets a field to a number, which some write as a text.
func (w *rowWriter) number(s *jsonscan.Scanner, field string) {
	if s.Peek() != '"' {
		w.scalar(s, field)
		return
	}
	if text := w.texts.text(s); len(text) > 0 {
		w.setNumber(text, func() *event.Column { return w.b.Column(field) })
	}
}

// annotations sets the indexed values under their own names, and lists those.
func (w *rowWriter) annotations() {
	if len(w.u.annotations) == 0 {
		return
	}
	w.keys = append(w.keys[:0], '[')
	w.each(w.u.annotations, func(s *jsonscan.Scanner, key []byte) {
		if c := s.Peek(); len(key) == 0 || c == '{' || c == '[' || c == 'n' || !w.room() {
			s.Skip()
			return
		}
		if len(w.keys) > 1 {
			w.keys = append(w.keys, ',')
		}
		w.keys = appendText(w.keys, key)
		w.name = append(w.name[:0], key...)
		w.scalarIn(s, func() *event.Column { return w.annotationColumn() })
	})
	if len(w.keys) > 1 {
		w.b.SetBytes(w.b.Column(xraymodel.FieldAnnotations), append(w.keys, ']'))
	}
}

// annotationColumn is where the value of the annotation w.name goes: under that
// name, unless it is what another value of the row is called.
func (w *rowWriter) annotationColumn() *event.Column {
	if !reserved(string(w.name)) {
		c := w.b.ColumnBytes(w.name)
		if !w.b.Has(c) {
			return c
		}
	}
	return w.b.Column(xraymodel.AnnotationPrefix + string(w.name))
}

// reserved reports whether a field means something that a sender's key must not change.
func reserved(name string) bool {
	switch name {
	case event.FieldName, event.FieldType, event.FieldError, event.FieldDuration, event.FieldStatusCode, event.FieldStatusMessage, event.FieldSpanKind,
		event.FieldService, event.FieldParentName, event.FieldSeverity, event.FieldSeverityCode, event.FieldSeverityText, event.FieldBody:
		return true
	}
	for _, prefix := range []string{"trace.", "meta.", "xray.", "error.", "exception.", "metadata.", "span.", xraymodel.AnnotationPrefix} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// room reports whether the row may have one field more.
func (w *rowWriter) room() bool {
	if w.fields >= maxRowFields {
		w.left++
		return false
	}
	w.fields++
	return true
}

// metadata sets the scalars of a value under w.name and the names that lead to them.
func (w *rowWriter) metadata(s *jsonscan.Scanner, depth int) {
	if s.Peek() != '{' || depth > maxMetadataDepth {
		if !w.room() {
			s.Skip()
			return
		}
		w.scalarIn(s, func() *event.Column { return w.b.ColumnBytes(w.name) })
		return
	}
	if !s.Enter('{') {
		return
	}
	at := len(w.name)
	for more := s.First('}'); more; more = s.More('}') {
		name, ok := s.Name()
		if !ok {
			return
		}
		w.name = append(append(w.name[:at], '.'), name...)
		w.metadata(s, depth+1)
	}
	w.name = w.name[:at]
}

// links writes a row for each link, and counts them.
func (w *rowWriter) links() (n int) {
	if len(w.u.links) == 0 {
		return 0
	}
	s := &jsonscan.Scanner{In: w.u.links, Most: maxDepth}
	if !s.Enter('[') {
		return 0
	}
	for more := s.First(']'); more; more = s.More(']') {
		object := value(s, '{')
		if len(object) == 0 || n >= maxLinks {
			continue
		}
		var trace, id, reference []byte
		w.each(object, func(s *jsonscan.Scanner, name []byte) {
			switch string(name) {
			case "trace_id":
				trace = w.texts.text(s)
			case "id":
				id = w.texts.text(s)
			case "attributes":
				w.each(value(s, '{'), func(s *jsonscan.Scanner, name []byte) {
					if string(name) != xraymodel.FieldReference {
						s.Skip()
						return
					}
					reference = w.texts.text(s)
				})
			default:
				s.Skip()
			}
		})
		canonical, ok := canonicalTraceID(trace)
		if !ok || !isSpanID(id) {
			continue
		}
		n++
		w.hang(w.u.start, event.AnnotationLink)
		w.b.SetString(w.b.Column(event.FieldLinkTraceID), canonical)
		w.column(event.FieldLinkSpanID, id)
		if len(reference) > 0 {
			w.b.SetBytes(w.b.Column(xraymodel.FieldReference), reference)
		}
	}
	return n
}

// hang starts a row that hangs on the unit's.
func (w *rowWriter) hang(at int64, what string) {
	w.begin(at)
	w.column(event.FieldParentID, w.u.id)
	w.b.SetBytes(w.b.Column(event.FieldParentName), w.u.name)
	w.b.SetString(w.b.Column(event.FieldAnnotation), what)
}

// appendText appends a text as JSON.
func appendText(out, text []byte) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// timely refuses a document of a time that is not taken.
func (d *document) timely(least, most int64) error {
	for i := range d.units {
		u := &d.units[i]
		if u.start >= least && u.start <= most {
			continue
		}
		why := fmt.Sprintf("start_time %s is before %s, the end of the retention: is it in seconds?", appendSeconds(nil, u.start), appendSeconds(nil, least))
		if u.start > most {
			why = fmt.Sprintf("start_time %s is after %s: is the sender's clock right, and is it in seconds?", appendSeconds(nil, u.start), appendSeconds(nil, most))
		}
		return &badDocument{code: codeInvalid, id: string(d.units[0].id), why: why}
	}
	return nil
}
