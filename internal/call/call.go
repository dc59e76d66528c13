// Package call reads one span as a request: whether its service was asked for
// something or asked another, how that ended, and whom it asked, so that roll-ups,
// the map and what is computed from a whole trace say the same. It is pure.
//
// A span is counted for its service if the service was asked by it: it is a server
// or a consumer, has no parent, or is a segment of X-Ray. It is a call if it is a
// client or a producer. Every span ends in one [Outcome].
package call

import (
	"github.com/oriel-dev/oriel/internal/event"
)

// Fields beside those of package event that say what a span is. Spans that came
// as documents of X-Ray have those that start with xray.
const (
	fieldNamespace = "xray.namespace"

	// FieldDocument holds what kind of document of X-Ray a span came as: segment or subsegment.
	FieldDocument = "xray.type"
	// FieldOrigin holds what kind of place a service runs in, such as
	// AWS::EC2::Instance: services of one name and different origins are different.
	FieldOrigin = "xray.origin"
	// FieldNamespace holds the namespace that a service says it belongs to.
	FieldNamespace = "service.namespace"
)

// Outcome is how a request ended, for whoever made it.
type Outcome uint8

// The outcomes. A request has one: the worst of what its span says, but a status
// of HTTP wins over a mark that says no more than that something failed, and 429 over
// all marks: X-Ray's SDK for Node marks what was refused for load as a fault, too.
const (
	OK       Outcome = iota
	Error            // refused: 4xx
	Throttle         // refused for load: 429
	Fault            // failed: 5xx, or marked as failed without a status
)

// Get gives the value of a field of a span, null if it has none.
type Get func(field string) event.Value

// first returns the first of some fields that says something.
func (get Get) first(fields ...string) string {
	for _, f := range fields {
		if s := get(f).Text(); s != "" {
			return s
		}
	}
	return ""
}

// StatementOf is what a call asked a database, "" if its span does not say so.
func StatementOf(get Get) string { return get.first("db.query.text", "db.statement") }

// URLOf is the address that a call asked, "" if its span does not say so.
func URLOf(get Get) string { return get.first(urlFields()...) }

func urlFields() []string { return []string{"url.full", "http.url"} }

// Marks are what a span says of how it ended.
type Marks struct {
	Status                    int  // of HTTP, 0 if none
	Failed                    bool // see event.Failed
	Fault, Refused, Throttled bool // as X-Ray's documents say it
}

// Outcome is what the marks come to.
func (m Marks) Outcome() Outcome {
	switch {
	case m.Status == 429:
		return Throttle
	case m.Status >= 500, m.Fault:
		return Fault
	case m.Throttled:
		return Throttle
	case m.Status >= 400, m.Refused:
		return Error
	case m.Failed && m.Status == 0:
		return Fault
	}
	return OK
}

// Fields that hold marks.
const (
	FieldStatus    = "http.response.status_code"
	FieldOldStatus = "http.status_code"
	FieldFault     = "xray.fault"
	FieldRefused   = "xray.error"
	FieldThrottled = "xray.throttle"
)

// OutcomeOf says how the span's request ended.
func OutcomeOf(get Get) Outcome {
	status := StatusOf(get(FieldStatus))
	if status == 0 {
		status = StatusOf(get(FieldOldStatus))
	}
	return Marks{status, event.Failed(get(event.FieldError)), get(FieldFault).Bool(), get(FieldRefused).Bool(), get(FieldThrottled).Bool()}.Outcome()
}

// StatusOf reads a status of HTTP, 0 if the value is none.
func StatusOf(v event.Value) int {
	const beyond = 1000
	if n, ok := v.Number(); ok && n > 0 && n < beyond {
		return int(n)
	}
	return 0
}

// Serves reports whether a span is counted for its service. kind is its
// span.kind, document its xray.type.
func Serves(kind, document string, parentless bool) bool {
	switch document {
	case "segment":
		return true
	case "subsegment":
		return false
	}
	return parentless || kind == "server" || kind == "consumer"
}

// UnknownService is what a subsegment that came on its own has for a service where
// nobody knew its segment yet.
const UnknownService = "unknown"

// Ownerless reports whether a span says no service of its own: it is of that of its
// parent, and of nobody's while that is not there.
func Ownerless(service, document string) bool {
	return document == "subsegment" && service == UnknownService
}

// Calls reports whether a span of the kind asks somebody else for something.
func Calls(kind string) bool { return kind == "client" || kind == "producer" }

// Answers reports whether a span may be what came of a call from another
// service: it neither works within its service nor calls itself.
func Answers(kind, document string) bool {
	switch document {
	case "segment":
		return true
	case "subsegment":
		return false
	}
	return kind != "internal" && !Calls(kind)
}
