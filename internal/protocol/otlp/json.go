package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// AppendProtobuf appends to dst what an OTLP/JSON request is in protobuf, in one
// pass over its tokens: nothing is built in between, and no value is allocated.
//
// Names are read in camelCase and as protobuf spells them; those not known are
// skipped. Ids are hex, or base64 as some senders write them; integers may be
// texts; enumerations names or numbers; floats also "NaN", "Infinity" and
// "-Infinity". null is what is not there. A byte order mark before it all is
// ignored. Of members that come twice the last counts, lists go on. The error is
// Invalid and says at which byte.
func AppendProtobuf(dst []byte, signal Signal, body []byte) ([]byte, error) {
	t := transcoder{Scanner: jsonscan.Scanner{In: bytes.TrimPrefix(body, []byte("\ufeff"))}, out: dst}
	of := exportTraces
	switch signal {
	case Logs:
		of = exportLogs
	case Metrics:
		of = exportMetrics
	case Traces:
	}
	if t.object(of) && (t.Peek() != 0 || t.At < len(t.In)) {
		t.Fail("%s after the end of the request", t.Here())
	}
	if t.Err != nil {
		return dst, fault.New(fault.Invalid, "failed to parse OTLP request body: %w", t.Err)
	}
	return t.out, nil
}

// transcoder rewrites what its scanner reads.
type transcoder struct {
	jsonscan.Scanner
	out    []byte
	nested int // lists and maps around the value at hand
}

// shape is a message: it knows its members by their names in JSON.
type shape func(name []byte) member

// member is a field of a message. The zero member is one that is not known.
type member struct {
	number int
	form   form
	many   bool
	of     shape // of messages
}

// form is how a member looks, in JSON and on the wire.
type form uint8

// The forms.
const (
	formUnknown     form = iota
	formText             // bytes
	formTraceID          // bytes
	formSpanID           // bytes
	formBase64           // bytes
	formBool             // varint
	formInt              // varint
	formZigzag           // varint
	formKind             // varint, an enumeration
	formStatus           // varint, an enumeration
	formSeverity         // varint, an enumeration
	formTemporality      // varint, an enumeration
	formCount            // varint, not negative
	formTime             // fixed64, not negative
	formFixed64          // fixed64, not negative
	formSigned64         // fixed64
	formFixed32          // fixed32
	formDouble           // fixed64
	formMessage          // bytes
	formSmall            // bytes; a message that mostly needs one byte for its length
	formNest             // bytes; a message that may hold itself
)

// object reads the members of a message.
func (t *transcoder) object(of shape) bool {
	if !t.Enter('{') {
		return false
	}
	for more := t.First('}'); more; more = t.More('}') {
		name, ok := t.Name()
		if !ok || !t.member(of(name)) {
			return false
		}
	}
	return t.Err == nil
}

func (t *transcoder) member(m member) bool {
	switch c := t.Peek(); {
	case m.form == formUnknown:
		return t.Skip()
	case c == 'n':
		return t.Literal("null")
	case !m.many:
		return t.value(m)
	}
	if !t.Enter('[') {
		return false
	}
	for more := t.First(']'); more; more = t.More(']') {
		if t.Peek() == 'n' {
			if !t.Literal("null") {
				return false
			}
			continue
		}
		if !t.value(m) {
			return false
		}
	}
	return t.Err == nil
}

// value reads one value and appends it as a field.
func (t *transcoder) value(m member) bool {
	switch m.form {
	case formMessage, formSmall, formNest:
		return t.message(m)
	case formText:
		text, ok := t.Text()
		t.bytes(m.number, text)
		return ok
	case formTraceID, formSpanID:
		return t.id(m)
	case formBase64:
		return t.base64(m.number)
	case formBool:
		return t.bool(m.number)
	case formDouble:
		f, ok := t.double()
		t.fixed64(m.number, math.Float64bits(f))
		return ok
	case formKind, formStatus, formSeverity, formTemporality:
		return t.enum(m)
	case formInt, formCount:
		v, ok := t.integer(m.form)
		t.varint(m.number, v)
		return ok
	case formZigzag:
		v, ok := t.integer(m.form)
		t.varint(m.number, v<<1^uint64(int64(v)>>63))
		return ok
	case formTime, formFixed64, formSigned64:
		v, ok := t.integer(m.form)
		t.fixed64(m.number, v)
		return ok
	case formFixed32:
		v, ok := t.integer(m.form)
		t.tag(m.number, wireFixed32)
		t.out = binary.LittleEndian.AppendUint32(t.out, uint32(v))
		return ok
	case formUnknown:
	}
	return t.Skip()
}

// Bytes left for the length of a message before it is known. Four hold 256 MiB,
// as a varint longer than it need be.
const (
	lengthBytes = 4
	smallBytes  = 1
)

func (t *transcoder) message(m member) bool {
	t.tag(m.number, wireBytes)
	width := lengthBytes
	if m.form == formSmall && t.nested == 0 {
		width = smallBytes
	}
	t.out = append(t.out, 0, 0, 0, 0)[:len(t.out)+width]
	start := len(t.out)
	if m.form == formNest {
		t.nested++
	}
	ok := t.object(m.of)
	if m.form == formNest {
		t.nested--
	}
	n := len(t.out) - start
	switch {
	case width == lengthBytes:
		t.out[start-4], t.out[start-3] = byte(n)|0x80, byte(n>>7)|0x80
		t.out[start-2], t.out[start-1] = byte(n>>14)|0x80, byte(n>>21)
	case n < 0x80:
		t.out[start-1] = byte(n)
	default:
		// Rare, and not inside of itself, or it would be moved again and again.
		var length [binary.MaxVarintLen64]byte
		extra := binary.PutUvarint(length[:], uint64(n)) - smallBytes
		t.out = append(t.out, length[:extra]...)
		copy(t.out[start+extra:], t.out[start:start+n])
		copy(t.out[start-smallBytes:], length[:extra+smallBytes])
	}
	return ok
}

func (t *transcoder) tag(number, wire int) { t.out = append(t.out, byte(number<<3|wire)) }

func (t *transcoder) varint(number int, v uint64) {
	t.tag(number, wireVarint)
	t.out = binary.AppendUvarint(t.out, v)
}

func (t *transcoder) fixed64(number int, v uint64) {
	t.tag(number, wireFixed64)
	t.out = binary.LittleEndian.AppendUint64(t.out, v)
}

func (t *transcoder) bytes(number int, b []byte) {
	t.tag(number, wireBytes)
	t.out = binary.AppendUvarint(t.out, uint64(len(b)))
	t.out = append(t.out, b...)
}

// id reads an id in hex, or in base64 if that gives it its proper length.
func (t *transcoder) id(m member) bool {
	text, ok := t.Text()
	if !ok {
		return false
	}
	size := 8
	if m.form == formTraceID {
		size = 16
	}
	t.tag(m.number, wireBytes)
	t.out = binary.AppendUvarint(t.out, uint64(hex.DecodedLen(len(text))))
	from := len(t.out)
	var err error
	if t.out, err = hex.AppendDecode(t.out, text); err == nil {
		return true
	}
	if len(text) != base64.StdEncoding.EncodedLen(size) {
		return t.Fail("the id %.80q is not hex", text)
	}
	t.out[from-1] = byte(size)
	if t.out, err = base64.StdEncoding.AppendDecode(t.out[:from], text); err != nil || len(t.out)-from != size {
		return t.Fail("the id %.80q is neither hex nor base64", text)
	}
	return true
}

// base64 reads bytes in any of base64's alphabets, padded or not.
func (t *transcoder) base64(number int) bool {
	text, ok := t.Text()
	if !ok {
		return false
	}
	text = bytes.TrimRight(text, "=")
	coding := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		coding = base64.RawURLEncoding
	}
	t.tag(number, wireBytes)
	t.out = binary.AppendUvarint(t.out, uint64(coding.DecodedLen(len(text))))
	from := len(t.out)
	var err error
	if t.out, err = coding.AppendDecode(t.out, text); err != nil || len(t.out)-from != coding.DecodedLen(len(text)) {
		return t.Fail("the bytes %.80q are not base64", text)
	}
	return true
}

func (t *transcoder) bool(number int) bool {
	if t.Peek() == 't' {
		t.varint(number, 1)
		return t.Literal("true")
	}
	t.varint(number, 0)
	return t.Literal("false")
}

// double reads a number, also as text, and those that JSON has no numbers for.
func (t *transcoder) double() (float64, bool) {
	if t.Peek() != '"' {
		raw, ok := t.Number()
		if !ok {
			return 0, false
		}
		f, _ := strconv.ParseFloat(string(raw), 64) // too large is infinite
		return f, true
	}
	text, ok := t.Text()
	if !ok {
		return 0, false
	}
	switch string(text) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	inner := jsonscan.Scanner{In: text}
	raw, ok := inner.Number()
	if !ok || inner.At != len(text) {
		return 0, t.Fail("%.80q is not a number", text)
	}
	f, _ := strconv.ParseFloat(string(raw), 64) // as above
	return f, true
}

// integer reads a whole number, also as text, into the range of its form.
// A time before 1970 is as early as can be said; one after 2554 as late.
func (t *transcoder) integer(f form) (uint64, bool) {
	var text []byte
	var ok bool
	if t.Peek() == '"' {
		text, ok = t.Text()
	} else {
		text, ok = t.Number()
	}
	if !ok || len(text) == 0 {
		return 0, ok
	}
	size, negative, fits := wholeNumber(text)
	switch {
	case f == formTime && negative && size > 0:
		return 1, true
	case f == formTime && !fits && size > 0:
		return math.MaxUint64, true
	case !fits:
		return 0, t.Fail("%.80q is not an integer of 64 bits", text)
	case !negative:
		return size, true
	case f == formInt || f == formSigned64 || f == formZigzag:
		if size > 1<<63 {
			return 0, t.Fail("%.80q is not an integer of 64 bits", text)
		}
		return -size, true
	}
	return 0, true // of what can't be negative
}

// wholeNumber reads a number without a fraction. If it does not fit 64 bits, or
// has a fraction, fits is false; size is then not 0 if it is a number at all.
func wholeNumber(text []byte) (size uint64, negative, fits bool) {
	rest := text
	if rest[0] == '-' {
		negative, rest = true, rest[1:]
	}
	for i, c := range rest {
		d := uint64(c - '0')
		if d > 9 || size > (math.MaxUint64-d)/10 {
			return wholeFloat(text)
		}
		if size = size*10 + d; i == len(rest)-1 {
			return size, negative, true
		}
	}
	return 0, negative, false
}

// wholeFloat is wholeNumber for those written like floats: 1e9, 5.0.
func wholeFloat(text []byte) (size uint64, negative, fits bool) {
	s := jsonscan.Scanner{In: text}
	if raw, ok := s.Number(); !ok || len(raw) != len(text) {
		return 0, false, false
	}
	f, _ := strconv.ParseFloat(string(text), 64) // too large is infinite
	if a := math.Abs(f); a < 1<<64 && a == math.Trunc(a) {
		return uint64(a), f < 0, true
	}
	return 1, f < 0, false
}

// enum reads an enumeration by number or name; unknown names are 0.
func (t *transcoder) enum(m member) bool {
	if t.Peek() != '"' {
		v, ok := t.integer(formInt)
		t.varint(m.number, v)
		return ok
	}
	name, ok := t.Text()
	if !ok {
		return false
	}
	v := uint64(0)
	switch {
	case len(name) > 0 && name[0] >= '0' && name[0] <= '9':
		v, _, _ = wholeNumber(name)
	case m.form == formKind:
		v = kindNumber(name)
	case m.form == formStatus:
		v = statusNumber(name)
	case m.form == formSeverity:
		v = severityNumber(name)
	case m.form == formTemporality:
		v = temporalityNumber(name)
	}
	t.varint(m.number, v)
	return true
}

func temporalityNumber(name []byte) uint64 {
	switch string(name) {
	case "AGGREGATION_TEMPORALITY_DELTA":
		return temporalityDelta
	case "AGGREGATION_TEMPORALITY_CUMULATIVE":
		return 2
	}
	return 0
}

func kindNumber(name []byte) uint64 {
	switch string(name) {
	case "SPAN_KIND_INTERNAL":
		return 1
	case "SPAN_KIND_SERVER":
		return 2
	case "SPAN_KIND_CLIENT":
		return 3
	case "SPAN_KIND_PRODUCER":
		return 4
	case "SPAN_KIND_CONSUMER":
		return 5
	}
	return 0
}

func statusNumber(name []byte) uint64 {
	switch string(name) {
	case "STATUS_CODE_OK":
		return 1
	case "STATUS_CODE_ERROR":
		return statusError
	}
	return 0
}

// severityNumber reads names like SEVERITY_NUMBER_WARN2.
func severityNumber(name []byte) uint64 {
	name, ok := bytes.CutPrefix(name, []byte("SEVERITY_NUMBER_"))
	if !ok || len(name) == 0 {
		return 0
	}
	step := uint64(1)
	if last := name[len(name)-1]; last >= '2' && last <= '4' {
		step, name = uint64(last-'0'), name[:len(name)-1]
	}
	switch string(name) {
	case "TRACE":
		return step
	case "DEBUG":
		return 4 + step
	case "INFO":
		return 8 + step
	case "WARN":
		return 12 + step
	case "ERROR":
		return 16 + step
	case "FATAL":
		return 20 + step
	}
	return 0
}
