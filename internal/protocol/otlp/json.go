package otlp

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// FromJSON rewrites an OTLP/JSON request as protobuf. Ids are hex, or base64 as
// some senders write them; integers may be texts; enumerations names or numbers;
// members that are not known are ignored. The error is Invalid.
func FromJSON(signal Signal, body []byte) ([]byte, error) {
	var request struct {
		Spans   []jsonResource `json:"resourceSpans"`
		Logs    []jsonResource `json:"resourceLogs"`
		Metrics []jsonResource `json:"resourceMetrics"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fault.New(fault.Invalid, "failed to parse OTLP request body: %w", err)
	}
	list := request.Spans
	switch signal {
	case Logs:
		list = request.Logs
	case Metrics:
		list = request.Metrics
	case Traces:
	}
	var w writer
	for i := range list {
		w.message(1, func(w *writer) { list[i].write(w, signal) })
	}
	if w.err != nil {
		return nil, fault.New(fault.Invalid, "failed to parse OTLP request body: %w", w.err)
	}
	return w.b, nil
}

// writer appends protobuf; the first error stays.
type writer struct {
	b   []byte
	err error
}

func (w *writer) tag(number, wire int) { w.b = binary.AppendUvarint(w.b, uint64(number<<3|wire)) }

func (w *writer) message(number int, f func(*writer)) {
	inner := writer{}
	f(&inner)
	w.bytes(number, inner.b)
	if w.err == nil {
		w.err = inner.err
	}
}

func (w *writer) bytes(number int, b []byte) {
	w.tag(number, wireBytes)
	w.b = binary.AppendUvarint(w.b, uint64(len(b)))
	w.b = append(w.b, b...)
}

// text leaves out what is empty, as protobuf does.
func (w *writer) text(number int, s string) {
	if s != "" {
		w.bytes(number, []byte(s))
	}
}

func (w *writer) varint(number int, v uint64) {
	if v != 0 {
		w.tag(number, wireVarint)
		w.b = binary.AppendUvarint(w.b, v)
	}
}

func (w *writer) fixed64(number int, v uint64) {
	w.tag(number, wireFixed64)
	w.b = binary.LittleEndian.AppendUint64(w.b, v)
}

func (w *writer) id(number int, text string, length int) {
	if text == "" {
		return
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != length {
		if based, baseErr := base64.StdEncoding.DecodeString(text); baseErr == nil && len(based) == length {
			raw, err = based, nil
		}
	}
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("id %.80q is not hex", text)
	}
	w.bytes(number, raw)
}

// jsonInt is an integer that may be written as text.
type jsonInt int64

func (n *jsonInt) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	if s == "null" || s == "" {
		return nil
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = jsonInt(i)
		return nil
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		*n = jsonInt(u) // times beyond 2262 stay beyond what is taken
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return fmt.Errorf("%.80q is not an integer", s)
	}
	*n = jsonInt(f)
	return nil
}

// jsonFloat is a number that may be NaN or an infinity, as text.
type jsonFloat float64

func (n *jsonFloat) UnmarshalJSON(raw []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil && !math.IsInf(f, 0) {
		return fmt.Errorf("%.80q is not a number", raw)
	}
	*n = jsonFloat(f)
	return nil
}

// jsonEnum is a number, or a name that ends in one of the known words.
type jsonEnum struct {
	number int64
	name   string
}

func (e *jsonEnum) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &e.name)
	}
	return json.Unmarshal(raw, &e.number)
}

func (e jsonEnum) value(prefix string, names ...string) uint64 {
	for i, n := range names {
		if e.name == prefix+n {
			return uint64(i)
		}
	}
	return uint64(max(e.number, 0))
}

type jsonResource struct {
	Resource struct {
		Attributes []jsonAttribute `json:"attributes"`
	} `json:"resource"`
	ScopeSpans   []jsonScope `json:"scopeSpans"`
	ScopeLogs    []jsonScope `json:"scopeLogs"`
	ScopeMetrics []jsonScope `json:"scopeMetrics"`
	SchemaURL    string      `json:"schemaUrl"`
}

type jsonScope struct {
	Scope struct {
		Name       string          `json:"name"`
		Version    string          `json:"version"`
		Attributes []jsonAttribute `json:"attributes"`
	} `json:"scope"`
	Spans      []jsonSpan   `json:"spans"`
	LogRecords []jsonLog    `json:"logRecords"`
	Metrics    []jsonMetric `json:"metrics"`
	SchemaURL  string       `json:"schemaUrl"`
}

func (r *jsonResource) write(w *writer, signal Signal) {
	w.message(1, func(w *writer) { writeAttributes(w, 1, r.Resource.Attributes) })
	list := r.ScopeSpans
	switch signal {
	case Logs:
		list = r.ScopeLogs
	case Metrics:
		list = r.ScopeMetrics
	case Traces:
	}
	for i := range list {
		w.message(2, func(w *writer) { list[i].write(w, signal) })
	}
	w.text(3, r.SchemaURL)
}

func (s *jsonScope) write(w *writer, signal Signal) {
	w.message(1, func(w *writer) {
		w.text(1, s.Scope.Name)
		w.text(2, s.Scope.Version)
		writeAttributes(w, 3, s.Scope.Attributes)
	})
	switch signal {
	case Traces:
		for i := range s.Spans {
			w.message(2, s.Spans[i].write)
		}
	case Logs:
		for i := range s.LogRecords {
			w.message(2, s.LogRecords[i].write)
		}
	case Metrics:
		for i := range s.Metrics {
			w.message(2, s.Metrics[i].write)
		}
	}
	w.text(3, s.SchemaURL)
}

type jsonAttribute struct {
	Key   string    `json:"key"`
	Value jsonValue `json:"value"`
}

func writeAttributes(w *writer, number int, list []jsonAttribute) {
	for i := range list {
		w.message(number, func(w *writer) {
			w.text(1, list[i].Key)
			w.message(2, list[i].Value.write)
		})
	}
}

// jsonValue is an AnyValue. encoding/json bounds its nesting.
type jsonValue struct {
	String *string    `json:"stringValue"`
	Bool   *bool      `json:"boolValue"`
	Int    *jsonInt   `json:"intValue"`
	Double *jsonFloat `json:"doubleValue"`
	Array  *struct {
		Values []jsonValue `json:"values"`
	} `json:"arrayValue"`
	Map *struct {
		Values []jsonAttribute `json:"values"`
	} `json:"kvlistValue"`
	Bytes *[]byte `json:"bytesValue"`
}

func (v *jsonValue) write(w *writer) {
	switch {
	case v.String != nil:
		w.bytes(1, []byte(*v.String))
	case v.Bool != nil:
		w.tag(2, wireVarint)
		b := byte(0)
		if *v.Bool {
			b = 1
		}
		w.b = append(w.b, b)
	case v.Int != nil:
		w.tag(3, wireVarint)
		w.b = binary.AppendUvarint(w.b, uint64(*v.Int))
	case v.Double != nil:
		w.fixed64(4, math.Float64bits(float64(*v.Double)))
	case v.Array != nil:
		w.message(5, func(w *writer) {
			for i := range v.Array.Values {
				w.message(1, v.Array.Values[i].write)
			}
		})
	case v.Map != nil:
		w.message(6, func(w *writer) { writeAttributes(w, 1, v.Map.Values) })
	case v.Bytes != nil:
		w.bytes(7, *v.Bytes)
	}
}

type jsonSpan struct {
	TraceID    string          `json:"traceId"`
	SpanID     string          `json:"spanId"`
	ParentID   string          `json:"parentSpanId"`
	State      string          `json:"traceState"`
	Name       string          `json:"name"`
	Kind       jsonEnum        `json:"kind"`
	Start      jsonInt         `json:"startTimeUnixNano"`
	End        jsonInt         `json:"endTimeUnixNano"`
	Attributes []jsonAttribute `json:"attributes"`
	Events     []struct {
		Time       jsonInt         `json:"timeUnixNano"`
		Name       string          `json:"name"`
		Attributes []jsonAttribute `json:"attributes"`
	} `json:"events"`
	Links []struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		Attributes []jsonAttribute `json:"attributes"`
	} `json:"links"`
	Status struct {
		Message string   `json:"message"`
		Code    jsonEnum `json:"code"`
	} `json:"status"`
}

func (s *jsonSpan) write(w *writer) {
	w.id(1, s.TraceID, 16)
	w.id(2, s.SpanID, 8)
	w.text(3, s.State)
	w.id(4, s.ParentID, 8)
	w.text(5, s.Name)
	w.varint(6, s.Kind.value("SPAN_KIND_", "UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"))
	w.fixed64(7, uint64(s.Start))
	w.fixed64(8, uint64(s.End))
	writeAttributes(w, 9, s.Attributes)
	for i := range s.Events {
		e := &s.Events[i]
		w.message(11, func(w *writer) {
			w.fixed64(1, uint64(e.Time))
			w.text(2, e.Name)
			writeAttributes(w, 3, e.Attributes)
		})
	}
	for i := range s.Links {
		l := &s.Links[i]
		w.message(13, func(w *writer) {
			w.id(1, l.TraceID, 16)
			w.id(2, l.SpanID, 8)
			writeAttributes(w, 4, l.Attributes)
		})
	}
	w.message(15, func(w *writer) {
		w.text(2, s.Status.Message)
		w.varint(3, s.Status.Code.value("STATUS_CODE_", "UNSET", "OK", "ERROR"))
	})
}

type jsonLog struct {
	Time       jsonInt         `json:"timeUnixNano"`
	Observed   jsonInt         `json:"observedTimeUnixNano"`
	Severity   jsonEnum        `json:"severityNumber"`
	Text       string          `json:"severityText"`
	Body       *jsonValue      `json:"body"`
	Attributes []jsonAttribute `json:"attributes"`
	Flags      jsonInt         `json:"flags"`
	TraceID    string          `json:"traceId"`
	SpanID     string          `json:"spanId"`
	Name       string          `json:"eventName"`
}

// severityNames are OTLP's names of severities, by number.
func severityNames() []string {
	names := []string{"UNSPECIFIED"}
	for _, n := range []string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"} {
		names = append(names, n, n+"2", n+"3", n+"4")
	}
	return names
}

func (l *jsonLog) write(w *writer) {
	w.fixed64(1, uint64(l.Time))
	w.fixed64(11, uint64(l.Observed))
	w.varint(2, l.Severity.value("SEVERITY_NUMBER_", severityNames()...))
	w.text(3, l.Text)
	if l.Body != nil {
		w.message(5, l.Body.write)
	}
	writeAttributes(w, 6, l.Attributes)
	w.tag(8, wireFixed32)
	w.b = binary.LittleEndian.AppendUint32(w.b, uint32(l.Flags))
	w.id(9, l.TraceID, 16)
	w.id(10, l.SpanID, 8)
	w.text(12, l.Name)
}

type jsonMetric struct {
	Name      string      `json:"name"`
	Gauge     *jsonPoints `json:"gauge"`
	Sum       *jsonPoints `json:"sum"`
	Histogram *jsonPoints `json:"histogram"`
	Exponent  *jsonPoints `json:"exponentialHistogram"`
	Summary   *jsonPoints `json:"summary"`
}

type jsonPoints struct {
	Points []jsonPoint `json:"dataPoints"`
}

type jsonBuckets struct {
	Offset jsonInt   `json:"offset"`
	Counts []jsonInt `json:"bucketCounts"`
}

type jsonPoint struct {
	Attributes []jsonAttribute `json:"attributes"`
	Time       jsonInt         `json:"timeUnixNano"`
	Double     *jsonFloat      `json:"asDouble"`
	Int        *jsonInt        `json:"asInt"`
	Count      jsonInt         `json:"count"`
	Sum        jsonFloat       `json:"sum"`
	Counts     []jsonInt       `json:"bucketCounts"`
	Bounds     []jsonFloat     `json:"explicitBounds"`
	Scale      jsonInt         `json:"scale"`
	Zero       jsonInt         `json:"zeroCount"`
	Positive   *jsonBuckets    `json:"positive"`
	Negative   *jsonBuckets    `json:"negative"`
	Quantiles  []struct {
		Quantile jsonFloat `json:"quantile"`
		Value    jsonFloat `json:"value"`
	} `json:"quantileValues"`
}

func (m *jsonMetric) write(w *writer) {
	w.text(1, m.Name)
	for kind, points := range map[int]*jsonPoints{
		metricGauge: m.Gauge, metricSum: m.Sum, metricHistogram: m.Histogram, metricExponent: m.Exponent, metricSummary: m.Summary,
	} {
		if points == nil {
			continue
		}
		w.message(kind, func(w *writer) {
			for i := range points.Points {
				w.message(1, func(w *writer) { points.Points[i].write(w, kind) })
			}
		})
	}
}

func (p *jsonPoint) write(w *writer, kind int) {
	w.fixed64(3, uint64(p.Time))
	switch kind {
	case metricGauge, metricSum:
		writeAttributes(w, 7, p.Attributes)
		switch {
		case p.Double != nil:
			w.fixed64(4, math.Float64bits(float64(*p.Double)))
		case p.Int != nil:
			w.fixed64(6, uint64(*p.Int))
		}
		return
	case metricHistogram:
		writeAttributes(w, 9, p.Attributes)
		for _, n := range p.Counts {
			w.fixed64(6, uint64(n))
		}
		for _, b := range p.Bounds {
			w.fixed64(7, math.Float64bits(float64(b)))
		}
	case metricExponent:
		p.writeExponents(w)
	case metricSummary:
		writeAttributes(w, 7, p.Attributes)
		for _, q := range p.Quantiles {
			w.message(6, func(w *writer) {
				w.fixed64(1, math.Float64bits(float64(q.Quantile)))
				w.fixed64(2, math.Float64bits(float64(q.Value)))
			})
		}
	}
	w.fixed64(4, uint64(p.Count))
	w.fixed64(5, math.Float64bits(float64(p.Sum)))
}

func (p *jsonPoint) writeExponents(w *writer) {
	writeAttributes(w, 1, p.Attributes)
	w.varint(6, zigzag(int64(p.Scale)))
	w.fixed64(7, uint64(p.Zero))
	for number, b := range map[int]*jsonBuckets{8: p.Positive, 9: p.Negative} {
		if b == nil {
			continue
		}
		w.message(number, func(w *writer) {
			w.varint(1, zigzag(int64(b.Offset)))
			for _, n := range b.Counts {
				w.tag(2, wireVarint)
				w.b = binary.AppendUvarint(w.b, uint64(n))
			}
		})
	}
}

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }
