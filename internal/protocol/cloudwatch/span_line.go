package cloudwatch

import (
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
)

// isSpan is true of spans: rows with a span id and a duration that are no
// annotation and no line.
func isSpan() query.Expr {
	return query.And{Terms: []query.Expr{
		query.Exists{X: query.Field{Name: event.FieldSpanID}},
		query.Exists{X: query.Field{Name: event.FieldDuration}},
		query.Not{X: query.Exists{X: query.Field{Name: event.FieldAnnotation}}},
		query.Not{X: fieldIs(event.FieldSignal, event.SignalLog)},
	}}
}

// spanLine is a span as a line of the group aws/spans: OTLP's words, in the
// service's form.
type spanLine struct {
	Resource     attributed     `json:"resource"`
	TraceID      string         `json:"traceId"`
	SpanID       string         `json:"spanId"`
	ParentSpanID string         `json:"parentSpanId,omitempty"`
	Name         string         `json:"name"`
	Kind         string         `json:"kind,omitempty"`
	Start        int64          `json:"startTimeUnixNano"`
	End          int64          `json:"endTimeUnixNano"`
	Duration     int64          `json:"durationNano"`
	Attributes   map[string]any `json:"attributes"`
	Status       spanStatus     `json:"status"`
}

type attributed struct {
	Attributes map[string]any `json:"attributes"`
}

type spanStatus struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// spanDocument renders a span.
func spanDocument(r event.Row) string {
	line := spanLine{
		Resource: attributed{map[string]any{}}, Attributes: map[string]any{}, Start: r.Batch.Times[r.Index],
		TraceID: r.Get(event.FieldTraceID).Text(), SpanID: r.Get(event.FieldSpanID).Text(), ParentSpanID: r.Get(event.FieldParentID).Text(),
		Name: r.Get(event.FieldName).Text(), Kind: strings.ToUpper(r.Get(event.FieldSpanKind).Text()), Status: spanStatus{Code: "UNSET"},
	}
	if ms, ok := r.Get(event.FieldDuration).Number(); ok && ms >= 0 && ms < math.MaxInt64/1e6 {
		line.Duration = int64(math.Round(ms * 1e6))
	}
	line.End = line.Start + line.Duration
	switch code, _ := r.Get(event.FieldStatusCode).Number(); {
	case query.Truth(r.Get(event.FieldError)) || code == 2:
		line.Status.Code = "ERROR"
	case code == 1:
		line.Status.Code = "OK"
	}
	line.Status.Message = r.Get(event.FieldStatusMessage).Text()
	r.Each(func(name string, v event.Value) {
		switch {
		case isOfSpan(name):
		case isOfResource(name):
			line.Resource.Attributes[name] = attribute(v)
		default:
			line.Attributes[name] = attribute(v)
		}
	})
	return marshal(line)
}

// attribute is a value as JSON has it; it has no form for infinity and the like.
func attribute(v event.Value) any {
	if f := v.Float(); v.Kind() == event.Float && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return v.Text()
	}
	return v.Any()
}

// isOfSpan tells the fields that have members of their own, or that say nothing
// OTLP has a word for.
func isOfSpan(name string) bool {
	return strings.HasPrefix(name, "meta.") || event.Internal(name) || slices.Contains([]string{
		event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldName, event.FieldSpanKind, event.FieldDuration, event.FieldError,
		event.FieldStatusCode, event.FieldStatusMessage, event.FieldNumEvents, event.FieldNumLinks, event.FieldType,
		"xray.document", // as X-Ray's API gives it back: the line says all of it in OTLP's words
	}, name)
}

// isOfResource tells resource attributes from a span's own by OpenTelemetry's
// names: an event is flat and does not say where a field came from.
func isOfResource(name string) bool {
	return slices.ContainsFunc([]string{
		"service.", "host.", "process.", "os.", "container.", "k8s.", "cloud.", "telemetry.", "deployment.", "device.", "faas.", "aws.ecs.", "aws.eks.",
	}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
