package aws

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Form is how a service writes its error bodies.
type Form uint8

// The forms. JSON is that of JSON 1.1 and REST that of REST-JSON, which differ in
// the content type only: the code is in the body as __type, which the first reads,
// and in a header, which the second reads. Query is the XML of the oldest services.
const (
	JSON Form = iota
	Query
	REST
)

// Error is an error in AWS's terms. Code ends in Exception and has no namespace:
// some clients compare it letter by letter.
type Error struct {
	Status  int // 0: 400
	Code    string
	Message string
	Members map[string]any // more members of the body, for errors that have them
	// Remedy says in a sentence what the caller should change, where we know better
	// than the code says. It is for our own pages: callers are not told.
	Remedy string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// missingToken says that a request is not signed.
func missingToken() error {
	return &Error{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
}

// unknownKey says that an access key id is unknown, disabled or expired.
func unknownKey() error {
	return &Error{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
}

// Denied says that a caller may not do what it asks for.
func Denied(message string) error {
	return &Error{Code: "AccessDeniedException", Message: message}
}

func incomplete(message string) error {
	return &Error{Code: "IncompleteSignatureException", Message: message}
}

func invalidSignature(message string) error {
	return &Error{Code: "InvalidSignatureException", Message: message}
}

func signatureMismatch() error {
	return invalidSignature("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

// classified turns what is not one of AWS's errors yet into one: faults of the
// key store and of bodies, and what was never classified.
func classified(err error, id string) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	message := fault.MessageOf(err)
	switch fault.KindOf(err) {
	case fault.Unauthenticated:
		return &Error{Code: "UnrecognizedClientException", Message: message}
	case fault.Denied:
		return &Error{Code: "AccessDeniedException", Message: message}
	case fault.Throttled:
		return &Error{Code: "ThrottlingException", Message: message}
	case fault.TooLarge:
		return &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLargeException", Message: message}
	case fault.Unavailable, fault.Canceled, fault.Deadline:
		return &Error{Status: http.StatusInternalServerError, Code: "ServiceUnavailableException", Message: message}
	case fault.Invalid, fault.Unsupported:
		return &Error{Code: "InvalidParameterException", Message: message}
	case fault.NotFound:
		return &Error{Code: "ResourceNotFoundException", Message: message}
	case fault.Conflict:
		return &Error{Code: "OperationAbortedException", Message: message}
	case fault.Internal:
	}
	return internalError("InternalServerException", id)
}

// Classified returns what Fail answers an error with.
func (c *Call) Classified(err error) *Error { return classified(err, c.RequestID) }

// Failure is how a call was answered that failed.
type Failure struct {
	Status                int
	Code, Message, Remedy string
}

// Fail answers with an error in the form of the service, and says how, for counts.
func (c *Call) Fail(err error) Failure {
	e := classified(err, c.RequestID)
	if internal(err) {
		c.gate.log.ErrorContext(c.Context(), "a request failed", slog.String("request_id", c.RequestID), slog.String("path", c.URL.Path),
			slog.String("target", brief(c.Header.Get("X-Amz-Target"))), slog.Any("error", err))
	}
	status := cmp.Or(e.Status, http.StatusBadRequest)
	failure := Failure{status, e.Code, e.Message, e.RemedyText()}
	h := c.w.Header()
	if wait := fault.RetryAfter(err); wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	if c.gate.form == Query {
		c.failXML(failure)
		return failure
	}
	h.Set("X-Amzn-Errortype", e.Code)
	body := maps.Clone(e.Members)
	if body == nil {
		body = map[string]any{}
	}
	body["__type"], body["message"] = e.Code, e.Message
	raw, err := json.Marshal(body)
	if err != nil { // of one of its members
		raw = []byte(`{"__type":"` + e.Code + `"}`)
	}
	c.write(status, raw)
	return failure
}

// Answer writes a body as JSON; nil is an empty one. An error says that it can't be
// encoded, and nothing was written then.
func (c *Call) Answer(body any) error {
	if body == nil {
		c.w.Header().Set("Content-Type", c.gate.contentType())
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.write(http.StatusOK, raw)
	return nil
}

// ContentType is that of JSON 1.1.
const ContentType = "application/x-amz-json-1.1"

func (g *Gate) contentType() string {
	if g.form == REST {
		return "application/json"
	}
	return ContentType
}

func (c *Call) write(status int, raw []byte) {
	h := c.w.Header()
	h.Set("Content-Type", c.gate.contentType())
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(raw) // the caller may have gone
}

func (c *Call) failXML(f Failure) {
	type inner struct {
		Type, Code, Message string
	}
	kind := "Sender"
	if f.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	c.AnswerXML(f.Status, struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     inner
		RequestID string `xml:"RequestId"`
	}{Error: inner{kind, f.Code, f.Message}, RequestID: c.RequestID})
}

// AnswerXML writes a body as XML. It must be a struct of texts and numbers, which
// can always be encoded.
func (c *Call) AnswerXML(status int, body any) {
	raw, _ := xml.Marshal(body)
	h := c.w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(raw) // the caller may have gone
}

// internalError is our own fault, of which a caller is told no more than its id.
func internalError(code, id string) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: code, Message: "internal error; the server's log has it under the request id " + id}
}
