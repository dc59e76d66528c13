package xraymodel

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Spans returns a trace's parts as spans of OpenTelemetry, each a document by itself:
// JSON in the style of OTLP, with the names and values of attributes as members.
// Inferred segments, which nobody sent, are not among them.
func (t *Trace) Spans() []Document {
	var out []Document
	for _, s := range t.Segments {
		if s.Inferred {
			continue
		}
		for stack := []*Part{s}; len(stack) > 0; {
			p := stack[len(stack)-1]
			stack = append(stack[:len(stack)-1], p.Parts...)
			if p.Row.Batch != nil && (p.Up == nil || p.Up.Row != p.Row) { // a span that was made two of is one
				out = append(out, Document{p.Row.Get(event.FieldSpanID).Text(), t.span(p)})
			}
		}
	}
	return out
}

// span writes a part from its row.
func (t *Trace) span(p *Part) []byte {
	o, attributes, resource := object{}, object{}, object{}
	p.Row.Each(func(name string, v event.Value) {
		raw, err := json.Marshal(v.Any())
		if err != nil || isOwnField(name) {
			return
		}
		if isResource(name) {
			resource.raw(name, raw)
			return
		}
		attributes.raw(name, raw)
	})
	inner := object{}
	inner.raw("attributes", resource.end())
	o.raw("resource", inner.end())
	o.text("traceId", t.ID)
	o.text("spanId", p.Row.Get(event.FieldSpanID).Text())
	o.text("parentSpanId", p.Row.Get(event.FieldParentID).Text())
	o.text("name", p.Row.Get(event.FieldName).Text())
	if kind := p.Row.Get(event.FieldSpanKind).Text(); kind != "" {
		o.text("kind", strings.ToUpper(kind))
	}
	o.raw("startTimeUnixNano", strconv.AppendInt(nil, p.Start, 10))
	if !p.Flags.Has(InProgress) {
		o.raw("endTimeUnixNano", strconv.AppendInt(nil, p.End, 10))
		o.raw("durationNano", strconv.AppendInt(nil, p.Duration(), 10))
	}
	o.raw("attributes", attributes.end())
	status := object{}
	code := "UNSET"
	if event.Failed(p.Row.Get(event.FieldError)) {
		code = "ERROR"
	} else if p.Row.Get(event.FieldStatusCode).Text() == "1" {
		code = "OK"
	}
	status.text("code", code)
	status.text("message", p.Row.Get(event.FieldStatusMessage).Text())
	o.raw("status", status.end())
	return o.end()
}

// isOwnField reports whether a field is a member of a span, not one of its attributes.
func isOwnField(name string) bool {
	switch name {
	case event.FieldName, event.FieldType, event.FieldDuration, event.FieldError, event.FieldStatusCode, event.FieldStatusMessage, event.FieldSpanKind,
		event.FieldNumEvents, event.FieldNumLinks, FieldDocument:
		return true
	}
	return strings.HasPrefix(name, "trace.") || strings.HasPrefix(name, "meta.") || strings.HasPrefix(name, "_")
}

// isResource reports whether an attribute says where a span was made.
func isResource(name string) bool {
	for _, prefix := range []string{"service.", "telemetry.", "host.", "container.", "k8s.", "cloud.", "process.", "deployment.", "os.", "aws.ecs.", "aws.log."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
