package insights

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/logline"
	"github.com/oriel-dev/oriel/internal/query"
)

const arrivalField = event.FieldArrival

// field is what a name means: an expression over stored fields, and its type.
type field struct {
	expr query.Expr
	typ  Type
}

func stored(name string, typ Type) field { return field{query.Field{Name: name}, typ} }

func constant(v event.Value) field { return field{query.Literal{Value: v}, Any} }

// system finds the fields that every event has.
func (c *compiler) system(name string) (field, bool) {
	switch name {
	case "@message":
		return stored(event.FieldBody, Any), true
	case "@timestamp":
		return stored(event.SystemTime, Time), true
	case "@ingestionTime":
		return stored(arrivalField, Time), true
	case "@logStream":
		return stored(event.FieldLogStream, Any), true
	case "@log":
		return field{c.logName(), Any}, true
	case "@ptr":
		return field{query.Field{Name: arrivalField}, Pointer}, true
	case "@aws.account":
		return constant(event.StringValue(c.o.Account)), true
	case "@aws.region":
		return constant(event.StringValue(c.o.Region)), true
	}
	return field{}, false
}

// logName is account and name of the group that an event is in.
func (c *compiler) logName() query.Expr {
	text := func(s string) query.Expr { return query.Literal{Value: event.StringValue(s)} }
	groups := c.program.Groups
	if len(groups) == 1 {
		return text(c.o.Account + ":" + groups[0].Name)
	}
	var name query.Expr = query.Field{Name: event.SystemDataset}
	if len(groups) > 0 {
		args := []query.Expr{query.Field{Name: event.SystemDataset}}
		for _, g := range groups {
			args = append(args, text(g.Dataset), text(g.Name))
		}
		name = query.Call{Name: "SWITCH", Args: append(args, query.Field{Name: event.SystemDataset})}
	}
	return query.Call{Name: "CONCAT", Args: []query.Expr{text(c.o.Account + ":"), name}}
}

// discovered finds a field that was found in messages, or that spans and records
// of OTLP have, by the names that their stored form has in CloudWatch.
func (c *compiler) discovered(name string) field {
	shifted := name
	if !strings.HasPrefix(name, "@") {
		shifted = logline.FieldName(name)
	}
	if c.known(shifted) {
		return stored(shifted, Any)
	}
	if f, ok := otlpField(name); ok && c.readable(f.expr) {
		return f
	}
	if shifted != name && c.known(name) {
		return stored(name, Any)
	}
	return stored(shifted, Any)
}

// known reports whether the groups have a field; it is true of all where that is
// not known.
func (c *compiler) known(name string) bool {
	if c.o.Fields == nil {
		return true
	}
	if c.has == nil {
		c.has = c.o.Fields(c.program.Groups)
	}
	return c.has(name)
}

// readable reports whether what an expression reads is there.
func (c *compiler) readable(e query.Expr) bool {
	for _, name := range query.FieldsOf(e) {
		if !event.IsSystem(name) && !c.known(name) {
			return false
		}
	}
	return true
}

// otlpField maps the paths of a span or log record as JSON to the fields it is
// stored in.
func otlpField(name string) (field, bool) {
	for _, prefix := range []string{"resource.attributes.", "scope.attributes.", "attributes."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			return stored(rest, Any), true
		}
	}
	millis := func(by float64) query.Expr {
		return query.Call{Name: "times", Args: []query.Expr{query.Field{Name: event.FieldDuration}, query.Literal{Value: event.FloatValue(by)}}}
	}
	switch name {
	case "traceId":
		return stored(event.FieldTraceID, Any), true
	case "spanId":
		return stored(event.FieldSpanID, Any), true
	case "parentSpanId":
		return stored(event.FieldParentID, Any), true
	case "traceState":
		return stored(event.FieldTraceState, Any), true
	case "kind":
		return stored(event.FieldSpanKind, Any), true
	case "status.code":
		return stored(event.FieldStatusCode, Any), true
	case "status.message":
		return stored(event.FieldStatusMessage, Any), true
	case "severityText":
		return stored(event.FieldSeverityText, Any), true
	case "severityNumber":
		return stored(event.FieldSeverityCode, Any), true
	case "scope.name":
		return stored("library.name", Any), true
	case "scope.version":
		return stored("library.version", Any), true
	case "startTimeUnixNano", "timeUnixNano":
		return field{query.Field{Name: event.SystemTime}, Any}, true
	case "durationNano":
		return field{millis(1e6), Number}, true
	}
	return field{}, false
}
