package xray

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Bounds of a document.
const (
	maxDocument = 64 << 10 // bytes, the service's
	maxNested   = 64       // how deep subsegments may lie in each other
	maxDepth    = 512      // of JSON
	maxUnits    = 4096     // segments and subsegments of one document
)

// Codes that the service answers for documents it can't take.
const (
	codeInvalid = "InvalidSegment"
	codeNoID    = "MissingId"
	codeID      = "InvalidId"
	codeTraceID = "InvalidTraceId"
	codeNoName  = "MissingName"
	codeName    = "InvalidName"
	codeNoStart = "MissingStartTime"
	codeNoEnd   = "MissingEndTime"
)

// badDocument says why a document is not taken, with the service's code, which some
// clients look for in the message.
type badDocument struct {
	code string
	id   string // of the segment, "" if it can't be read
	why  string
}

// Error implements error.
func (b *badDocument) Error() string { return b.why }

// unit is a segment or subsegment of a document. Its texts and the values that are
// looked into later lie in the document, or in the decoder's scratch.
type unit struct {
	up         int32 // index of what it lies in, -1 for the outermost
	subsegment bool

	id, parentID, name, traceID         []byte
	namespace, origin, user, resource   []byte
	start, end                          int64
	startGiven, ended, inProgress       bool
	startValid, endValid                bool
	fault, failed, throttle, traced     bool
	http, aws, cause, sql, service      []byte // objects, raw
	annotations, metadata, links, order []byte

	owner string // name of the segment it belongs to
}

// document is one document on its way to rows.
type document struct {
	raw   []byte // as it is stored
	units []unit
	trace string // canonical

	hashes []uint64 // see owners
}

// decoder reads documents. It is for one goroutine; what it returned last is
// overwritten by the next.
type decoder struct {
	doc   document
	texts []byte // resolved escapes
	// tooMany says that the document goes beyond the bounds of subsegments.
	tooMany bool
	clean   []byte

	scanners scanners
}

// scanners are used again, one for each level of what lies in each other.
type scanners struct {
	list []*jsonscan.Scanner
	used int
}

// open returns a scanner of a text until it is given back with close.
func (s *scanners) open(in []byte) *jsonscan.Scanner {
	if s.used == len(s.list) {
		s.list = append(s.list, &jsonscan.Scanner{})
	}
	one := s.list[s.used]
	s.used++
	one.In, one.At, one.Depth, one.Most, one.Err = in, 0, 0, maxDepth, nil
	return one
}

func (s *scanners) close() { s.used-- }

// decode reads a document. The error is a *badDocument.
func (d *decoder) decode(raw []byte) (*document, error) {
	if raw = bytes.TrimSpace(raw); !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	if len(raw) > maxDocument {
		return nil, &badDocument{code: codeInvalid, why: fmt.Sprintf("the document has %d bytes, the limit is %d: send large subsegments on their own", len(raw), maxDocument)}
	}
	err := d.read(raw)
	if err != nil && (bytes.Contains(raw, []byte("NaN")) || bytes.Contains(raw, []byte("Infinity"))) {
		// Python's writer of JSON makes these.
		d.clean = appendWithoutNaN(d.clean[:0], raw)
		raw, err = d.clean, d.read(d.clean)
	}
	if err != nil {
		return nil, err
	}
	d.doc.raw = raw
	return &d.doc, d.check()
}

// appendWithoutNaN appends JSON with null in the place of numbers that JSON does
// not have.
func appendWithoutNaN(out, raw []byte) []byte {
	inText := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case inText && c == '\\' && i+1 < len(raw):
			out = append(out, c, raw[i+1])
			i++
			continue
		case c == '"':
			inText = !inText
		case !inText && (c == 'N' || c == 'I' || c == '-'):
			if n := notNumber(raw[i:]); n > 0 {
				out = append(out, "null"...)
				i += n - 1
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

func notNumber(text []byte) int {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(text, []byte(word)) {
			return len(word)
		}
	}
	return 0
}

// read takes a document apart.
func (d *decoder) read(raw []byte) error {
	d.doc.units, d.texts = d.doc.units[:0], d.texts[:0]
	s := d.scanners.open(raw)
	defer d.scanners.close()
	if s.Peek() != '{' {
		return &badDocument{code: codeNoID, why: "the document is no JSON object, and so has no id"}
	}
	d.tooMany = false
	d.unit(s, -1, 0)
	if s.Err == nil && s.Peek() != 0 {
		s.Fail("%s after the end", s.Here())
	}
	if s.Err != nil {
		return d.bad(codeInvalid, 0, "the document is not JSON: "+s.Err.Error())
	}
	if d.tooMany {
		return d.bad(codeInvalid, 0, fmt.Sprintf("the document has more than %d subsegments, or %d within each other", maxUnits, maxNested))
	}
	return nil
}

// unit reads one object and those within it, which follow it in d.doc.units.
func (d *decoder) unit(s *jsonscan.Scanner, up int32, nested int) {
	at := int32(len(d.doc.units))
	u := unit{up: up, subsegment: up >= 0}
	d.doc.units = append(d.doc.units, u)
	if !s.Enter('{') {
		return
	}
	for more := s.First('}'); more; more = s.More('}') {
		name, ok := s.Name()
		if !ok {
			return
		}
		if string(name) == "subsegments" {
			d.doc.units = d.doc.units[:at+1] // of a member that is there twice the later counts
			d.within(s, at, nested+1)
			continue
		}
		d.member(s, &u, name)
	}
	d.doc.units[at] = u
}

// within reads the list of what lies in a unit.
func (d *decoder) within(s *jsonscan.Scanner, at int32, nested int) {
	if s.Peek() != '[' {
		s.Skip()
		return
	}
	if !s.Enter('[') {
		return
	}
	for more := s.First(']'); more; more = s.More(']') {
		switch {
		case s.Peek() != '{': // ids that some write in the place of what was sent before, and null
			s.Skip()
		case nested > maxNested || len(d.doc.units) >= maxUnits:
			d.tooMany = true
			s.Skip() // to where the id of the document may be
		default:
			d.unit(s, at, nested)
		}
	}
}

// member reads one member of a segment or subsegment. What has the wrong type is as
// if it were not there, as empty texts are.
func (d *decoder) member(s *jsonscan.Scanner, u *unit, name []byte) { //nolint:cyclop,funlen // one case for each member
	switch string(name) {
	case "id":
		u.id = d.text(s)
	case "parent_id":
		u.parentID = d.text(s)
	case "trace_id":
		u.traceID = d.text(s)
	case "name":
		u.name = d.text(s)
	case "start_time":
		u.start, u.startGiven, u.startValid = d.moment(s)
	case "end_time":
		u.end, u.ended, u.endValid = d.moment(s)
	case "in_progress":
		u.inProgress = d.truth(s)
	case "type":
		u.subsegment = string(d.text(s)) == xraymodel.TypeSubsegment || u.subsegment
	case "fault":
		u.fault = d.truth(s)
	case "error":
		u.failed = d.truth(s)
	case "throttle":
		u.throttle = d.truth(s)
	case "traced":
		u.traced = d.truth(s)
	case "namespace":
		u.namespace = d.text(s)
	case "origin":
		u.origin = d.text(s)
	case "user":
		u.user = d.text(s)
	case "resource_arn":
		u.resource = d.text(s)
	case "http":
		u.http = value(s, '{')
	case "aws":
		u.aws = value(s, '{')
	case "sql":
		u.sql = value(s, '{')
	case "service":
		u.service = value(s, '{')
	case "annotations":
		u.annotations = value(s, '{')
	case "metadata":
		u.metadata = value(s, '{')
	case "links":
		u.links = value(s, '[')
	case "precursor_ids":
		u.order = value(s, '[')
	case "cause":
		u.cause = value(s, 0)
	default:
		s.Skip()
	}
}

// value takes a value and returns its bytes, none if it does not begin with a byte;
// 0 takes any.
func value(s *jsonscan.Scanner, first byte) []byte {
	c := s.Peek()
	from := s.At
	if !s.Skip() || c == 'n' || (first != 0 && c != first) {
		return nil
	}
	return s.In[from:s.At]
}

// text takes a text, nil for what is none.
func (d *decoder) text(s *jsonscan.Scanner) []byte {
	if s.Peek() != '"' {
		s.Skip()
		return nil
	}
	from := s.At
	raw, escaped, ok := s.RawText()
	if !ok || !escaped {
		return raw
	}
	s.At = from
	start := len(d.texts)
	d.texts, _ = s.AppendText(d.texts)
	return d.texts[start:len(d.texts):len(d.texts)]
}

// truth takes a boolean, false for what is none.
func (d *decoder) truth(s *jsonscan.Scanner) bool {
	if s.Peek() == 't' {
		return s.Literal("true")
	}
	s.Skip()
	return false
}

// moment takes seconds, which some write as a text.
func (d *decoder) moment(s *jsonscan.Scanner) (ns int64, given, valid bool) {
	switch c := s.Peek(); {
	case c == '"':
		ns, valid = aws.ParseSeconds(d.text(s))
		return ns, true, valid
	case c == '-' || (c >= '0' && c <= '9'):
		raw, ok := s.Number()
		if !ok {
			return 0, false, false
		}
		ns, valid = aws.ParseSeconds(raw)
		return ns, true, valid
	}
	s.Skip()
	return 0, false, false
}

// bad says that a document is refused for one of its units.
func (d *decoder) bad(code string, at int, why string) *badDocument {
	b := &badDocument{code: code, why: why}
	if len(d.doc.units) > 0 {
		b.id = string(d.doc.units[0].id)
	}
	if at > 0 {
		u := &d.doc.units[at]
		b.why = fmt.Sprintf("subsegment %q (id %q): %s", aws.Cut(string(u.name)), aws.Cut(string(u.id)), why)
	}
	return b
}

// check holds a document to the service's rules. A subsegment that breaks one
// takes the whole document with it.
func (d *decoder) check() error {
	top := &d.doc.units[0]
	if len(top.id) == 0 {
		return d.bad(codeNoID, 0, "id is missing: it must be 16 hex digits")
	}
	var ok bool
	if d.doc.trace, ok = canonicalTraceID(top.traceID); !ok {
		return d.bad(codeTraceID, 0, fmt.Sprintf("trace_id is %q; it must be 1-, 8 hex digits, - and 24 hex digits", aws.Cut(string(top.traceID))))
	}
	for i := range d.doc.units {
		if err := d.checkUnit(i); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) checkUnit(at int) error {
	u := &d.doc.units[at]
	switch {
	case len(u.id) == 0:
		return d.bad(codeNoID, at, "id is missing: it must be 16 hex digits")
	case !isSpanID(u.id):
		return d.bad(codeID, at, fmt.Sprintf("id is %q; it must be 16 hex digits", aws.Cut(string(u.id))))
	case len(u.name) == 0:
		return d.bad(codeNoName, at, "name is missing")
	case !xraymodel.ValidName(string(u.name)):
		return d.bad(codeName, at, fmt.Sprintf("name is %q; it must have 1 to 200 letters, digits, spaces and any of _.:/%%&#=+\\-@", aws.Cut(string(u.name))))
	case !u.startGiven:
		return d.bad(codeNoStart, at, "start_time is missing: it must be seconds since 1970")
	case !u.startValid:
		return d.bad(codeInvalid, at, "start_time is no time: is it in seconds since 1970?")
	case !u.ended && !u.inProgress:
		return d.bad(codeNoEnd, at, "end_time is missing, and in_progress is not true")
	case u.ended && !u.endValid:
		return d.bad(codeInvalid, at, "end_time is no time: is it in seconds since 1970?")
	case len(u.cause) > 0 && u.cause[0] != '{' && u.cause[0] != '"':
		return d.bad(codeInvalid, at, "cause must be an object, or the id of an exception")
	case len(u.parentID) > 0 && u.up < 0 && !isSpanID(u.parentID):
		return d.bad(codeInvalid, at, fmt.Sprintf("parent_id is %q; it must be 16 hex digits", aws.Cut(string(u.parentID))))
	}
	u.inProgress = u.inProgress && !u.ended
	return nil
}

// canonicalTraceID reads an id in the service's form, or in W3C's.
func canonicalTraceID(text []byte) (string, bool) {
	const service, plain = len("1-5759e988-bd862e3fe1be46a994272793"), 32
	hex := text
	if len(text) == service && text[0] == '1' && text[1] == '-' && text[10] == '-' {
		var joined [plain]byte
		copy(joined[:], text[2:10])
		copy(joined[8:], text[11:])
		hex = joined[:]
	}
	if len(hex) != plain || !isHex(hex) {
		return "", false
	}
	return event.TraceID(string(hex))
}

func isSpanID(id []byte) bool {
	const digits = 16
	return len(id) == digits && isHex(id)
}

func isHex(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
