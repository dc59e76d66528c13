// Package protocoltest runs wire transcripts: files that hold a request, the answer
// to it and the events it became, replayed through the real handlers. For tests only.
package protocoltest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// otlp describes the messages of OTLP, a line each: its fields as name=number and
// type; * is a list, & a list that is packed. It is written from the published
// .proto files and shares nothing with the room that reads them.
const otlp = `
ExportTraces resourceSpans=1*ResourceSpans
ResourceSpans resource=1:Resource scopeSpans=2*ScopeSpans schemaUrl=3:string
ScopeSpans scope=1:Scope spans=2*Span schemaUrl=3:string
Span traceId=1:id spanId=2:id traceState=3:string parentSpanId=4:id name=5:string kind=6:varint startTimeUnixNano=7:fixed64 endTimeUnixNano=8:fixed64 attributes=9*KeyValue droppedAttributesCount=10:varint events=11*Event droppedEventsCount=12:varint links=13*Link droppedLinksCount=14:varint status=15:Status flags=16:fixed32
Event timeUnixNano=1:fixed64 name=2:string attributes=3*KeyValue droppedAttributesCount=4:varint
Link traceId=1:id spanId=2:id traceState=3:string attributes=4*KeyValue droppedAttributesCount=5:varint flags=6:fixed32
Status message=2:string code=3:varint
Resource attributes=1*KeyValue droppedAttributesCount=2:varint
Scope name=1:string version=2:string attributes=3*KeyValue droppedAttributesCount=4:varint
KeyValue key=1:string value=2:AnyValue
AnyValue stringValue=1:string boolValue=2:bool intValue=3:varint doubleValue=4:double arrayValue=5:ArrayValue kvlistValue=6:KeyValueList bytesValue=7:base64
ArrayValue values=1*AnyValue
KeyValueList values=1*KeyValue
ExportLogs resourceLogs=1*ResourceLogs
ResourceLogs resource=1:Resource scopeLogs=2*ScopeLogs schemaUrl=3:string
ScopeLogs scope=1:Scope logRecords=2*LogRecord schemaUrl=3:string
LogRecord timeUnixNano=1:fixed64 severityNumber=2:varint severityText=3:string body=5:AnyValue attributes=6*KeyValue droppedAttributesCount=7:varint flags=8:fixed32 traceId=9:id spanId=10:id observedTimeUnixNano=11:fixed64 eventName=12:string
ExportMetrics resourceMetrics=1*ResourceMetrics
ResourceMetrics resource=1:Resource scopeMetrics=2*ScopeMetrics schemaUrl=3:string
ScopeMetrics scope=1:Scope metrics=2*Metric schemaUrl=3:string
Metric name=1:string description=2:string unit=3:string gauge=5:Numbers sum=7:Numbers histogram=9:Histogram exponentialHistogram=10:Exponential summary=11:Summary
Numbers dataPoints=1*NumberPoint aggregationTemporality=2:varint isMonotonic=3:bool
Histogram dataPoints=1*HistogramPoint aggregationTemporality=2:varint
Exponential dataPoints=1*ExponentialPoint aggregationTemporality=2:varint
Summary dataPoints=1*SummaryPoint
NumberPoint startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 asDouble=4:double asInt=6:fixed64 attributes=7*KeyValue flags=8:varint
HistogramPoint startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 count=4:fixed64 sum=5:double bucketCounts=6&fixed64 explicitBounds=7&double attributes=9*KeyValue flags=10:varint min=11:double max=12:double
ExponentialPoint attributes=1*KeyValue startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 count=4:fixed64 sum=5:double scale=6:zigzag zeroCount=7:fixed64 positive=8:Buckets negative=9:Buckets flags=10:varint min=12:double max=13:double zeroThreshold=14:double
Buckets offset=1:zigzag bucketCounts=2&varint
SummaryPoint startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 count=4:fixed64 sum=5:double quantileValues=6*Quantile attributes=7*KeyValue flags=8:varint
Quantile quantile=1:double value=2:double
ExportAnswer partialSuccess=1:PartialSuccess
PartialSuccess rejected=1:varint errorMessage=2:string
RpcStatus code=1:varint message=2:string details=3*Any
Any typeUrl=1:string value=2:RetryInfo
RetryInfo retryDelay=1:Duration
Duration seconds=1:varint nanos=2:varint
`

// Schema knows messages of protobuf by their text form.
type Schema map[string][]field

type field struct {
	name   string
	number int
	kind   byte // one of : * &
	of     string
}

// OTLP returns the messages of OTLP: its requests are ExportTraces, ExportLogs and
// ExportMetrics; its answers ExportAnswer and RpcStatus.
func OTLP() Schema {
	s := Schema{}
	for line := range strings.Lines(strings.TrimSpace(otlp)) {
		words := strings.Fields(line)
		for _, w := range words[1:] {
			name, rest, _ := strings.Cut(w, "=")
			at := strings.IndexAny(rest, ":*&")
			number, err := strconv.Atoi(rest[:at])
			if err != nil {
				panic("the description of OTLP: " + w) // it is a constant
			}
			s[words[0]] = append(s[words[0]], field{name, number, rest[at], rest[at+1:]})
		}
	}
	return s
}

// Encode encodes a message given as JSON, in the names of OTLP/JSON: ids in hex,
// integers as numbers or texts. It fails at members that the message does not have.
func (s Schema) Encode(message string, text []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	return s.encode(nil, message, tree)
}

func (s Schema) encode(out []byte, message string, tree any) ([]byte, error) {
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is %T, not an object", message, tree)
	}
	left := len(object)
	for _, f := range s[message] {
		v, ok := object[f.name]
		if !ok {
			continue
		}
		left--
		var err error
		if out, err = s.encodeField(out, f, v); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", message, f.name, err)
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("%s has members that are not described: %v", message, tree)
	}
	return out, nil
}

func (s Schema) encodeField(out []byte, f field, v any) ([]byte, error) {
	if f.kind == ':' {
		return s.encodeValue(out, f, v, true)
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%T is not a list", v)
	}
	var packed []byte
	var err error
	for _, e := range list {
		if f.kind == '&' {
			packed, err = s.encodeValue(packed, f, e, false)
		} else {
			out, err = s.encodeValue(out, f, e, true)
		}
		if err != nil {
			return nil, err
		}
	}
	if f.kind == '&' {
		out = appendBytes(out, f.number, packed)
	}
	return out, nil
}

// Wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

func appendBytes(out []byte, number int, value []byte) []byte {
	out = binary.AppendUvarint(out, uint64(number<<3|wireBytes))
	return append(binary.AppendUvarint(out, uint64(len(value))), value...)
}

func (s Schema) encodeValue(out []byte, f field, v any, tagged bool) ([]byte, error) {
	wire, known := map[string]int{"varint": wireVarint, "zigzag": wireVarint, "bool": wireVarint, "fixed64": wireFixed64, "double": wireFixed64, "fixed32": wireFixed32}[f.of]
	if !known {
		raw, err := s.encodeBytes(f, v)
		return appendBytes(out, f.number, raw), err
	}
	if tagged {
		out = binary.AppendUvarint(out, uint64(f.number<<3|wire))
	}
	n, err := number(f.of, v)
	switch wire {
	case wireFixed64:
		return binary.LittleEndian.AppendUint64(out, n), err
	case wireFixed32:
		return binary.LittleEndian.AppendUint32(out, uint32(n)), err
	}
	return binary.AppendUvarint(out, n), err
}

func (s Schema) encodeBytes(f field, v any) ([]byte, error) {
	text, isText := v.(string)
	switch {
	case f.of == "string" && isText:
		return []byte(text), nil
	case f.of == "id" && isText:
		return hex.DecodeString(text)
	case f.of == "base64" && isText:
		return base64.StdEncoding.DecodeString(text)
	case s[f.of] != nil:
		return s.encode(nil, f.of, v)
	}
	return nil, fmt.Errorf("%T is not a %s", v, f.of)
}

func number(of string, v any) (uint64, error) {
	if b, ok := v.(bool); ok && of == "bool" {
		if b {
			return 1, nil
		}
		return 0, nil
	}
	text := fmt.Sprint(v)
	if of == "double" {
		f, err := strconv.ParseFloat(text, 64)
		return math.Float64bits(f), err
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil && of != "zigzag" {
		return u, nil
	}
	i, err := strconv.ParseInt(text, 10, 64)
	if of == "zigzag" {
		return uint64(i<<1) ^ uint64(i>>63), err
	}
	return uint64(i), err
}

// Decode prints a message as JSON, as Encode reads it: fields in the order of their
// numbers, integers of 64 bits as numbers. It fails at bytes that are no such
// message, and at fields that are not described.
func (s Schema) Decode(message string, raw []byte) (string, error) {
	fields := s[message]
	slices.SortFunc(fields, func(a, b field) int { return a.number - b.number })
	values := make([][]string, len(fields))
	for len(raw) > 0 {
		tag, n := binary.Uvarint(raw)
		i := slices.IndexFunc(fields, func(f field) bool { return f.number == int(tag>>3) })
		if n <= 0 || i < 0 {
			return "", fmt.Errorf("%s: no field for the tag at %x", message, raw)
		}
		text, rest, err := s.decodeValue(fields[i], int(tag&7), raw[n:])
		if err != nil {
			return "", fmt.Errorf("%s.%s: %w", message, fields[i].name, err)
		}
		values[i], raw = append(values[i], text...), rest
	}
	var out []string
	for i, f := range fields {
		switch {
		case len(values[i]) == 0:
		case f.kind == ':':
			out = append(out, strconv.Quote(f.name)+":"+values[i][len(values[i])-1])
		default:
			out = append(out, strconv.Quote(f.name)+":["+strings.Join(values[i], ",")+"]")
		}
	}
	return "{" + strings.Join(out, ",") + "}", nil
}

func (s Schema) decodeValue(f field, wire int, raw []byte) (texts []string, rest []byte, err error) {
	errShort := fmt.Errorf("it ends too early: %x", raw)
	switch wire {
	case wireVarint:
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			return nil, nil, errShort
		}
		return []string{numberText(f.of, v)}, raw[n:], nil
	case wireFixed64:
		if len(raw) < 8 {
			return nil, nil, errShort
		}
		return []string{numberText(f.of, binary.LittleEndian.Uint64(raw))}, raw[8:], nil
	case wireFixed32:
		if len(raw) < 4 {
			return nil, nil, errShort
		}
		return []string{numberText(f.of, uint64(binary.LittleEndian.Uint32(raw)))}, raw[4:], nil
	case wireBytes:
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw)-n) {
			return nil, nil, errShort
		}
		texts, err = s.decodeBytes(f, raw[n:n+int(size)])
		return texts, raw[n+int(size):], err
	}
	return nil, nil, fmt.Errorf("wire type %d", wire)
}

func (s Schema) decodeBytes(f field, raw []byte) (texts []string, err error) {
	var text string
	switch {
	case f.kind == '&':
		wire := map[string]int{"fixed64": wireFixed64, "double": wireFixed64, "varint": wireVarint}[f.of]
		for len(raw) > 0 && err == nil {
			var one []string
			one, raw, err = s.decodeValue(field{of: f.of}, wire, raw)
			texts = append(texts, one...)
		}
		return texts, err
	case f.of == "string":
		quoted, err := json.Marshal(string(raw))
		return []string{string(quoted)}, err
	case f.of == "id":
		text = strconv.Quote(hex.EncodeToString(raw))
	case f.of == "base64":
		text = strconv.Quote(base64.StdEncoding.EncodeToString(raw))
	case s[f.of] != nil:
		text, err = s.Decode(f.of, raw)
	default:
		err = fmt.Errorf("bytes where there should be a %s", f.of)
	}
	return []string{text}, err
}

func numberText(of string, v uint64) string {
	switch of {
	case "bool":
		return strconv.FormatBool(v != 0)
	case "double":
		f := math.Float64frombits(v)
		switch {
		case math.IsNaN(f):
			return `"NaN"`
		case math.IsInf(f, 1):
			return `"Infinity"`
		case math.IsInf(f, -1):
			return `"-Infinity"`
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	case "zigzag":
		return strconv.FormatInt(int64(v>>1)^-int64(v&1), 10)
	case "varint":
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatUint(v, 10)
}
