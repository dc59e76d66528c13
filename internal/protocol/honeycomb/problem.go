package honeycomb

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	jsonAPI     = "application/vnd.api+json"
	problemJSON = "application/problem+json"
)

// problem is an error that knows its answer: problem details (RFC 7807), or
// errors of JSON:API under /2/.
type problem struct {
	status int
	kind   string // the last segment of its type
	title  string
	text   string // what clients show
	fields []invalidField
	code   string // of JSON:API; "" is the kind
	source string // the header at fault, of JSON:API
}

// Error implements error.
func (p *problem) Error() string { return p.text }

// invalidField says what is wrong with a member of a body. Codes are invalid,
// missing, incorrect_type and already_exists.
type invalidField struct {
	Field       string `json:"field"`
	Code        string `json:"code"`
	Description string `json:"description"`
}

// unparseable is 400: what can't be read, or the API answers so of old.
func unparseable(text string) error {
	return &problem{status: http.StatusBadRequest, kind: "unparseable", title: "The request body could not be parsed.", text: text}
}

// notFound is 404.
func notFound(text string) error {
	return &problem{status: http.StatusNotFound, kind: "not-found", title: "The requested resource cannot be found.", text: text}
}

// conflict is 409.
func conflict(text string) error {
	return &problem{
		status: http.StatusConflict, kind: "conflict", text: text,
		title: "Request could not be completed due to a conflict with the current state of the target resource.",
	}
}

// payloadTooLarge is 413.
func payloadTooLarge(limit int) error {
	return &problem{
		status: http.StatusRequestEntityTooLarge, kind: "payload-too-large", title: "Request body is too large.",
		text: fmt.Sprintf("Body size is larger than maximum size of %d bytes", limit),
	}
}

// invalid is 422 with what is wrong, field by field.
func invalid(fields ...invalidField) error {
	const text = "The provided input is invalid."
	return &problem{status: http.StatusUnprocessableEntity, kind: "validation-failed", title: text, text: text, fields: fields, code: "validation-failed/invalid"}
}

// problemOf finds the problem that an error is. A fault of kind Invalid is 422
// without fields: where the API wants 400 or names fields, say so with
// unparseable or invalid.
func problemOf(err error) *problem {
	if p, ok := err.(*problem); ok { //nolint:errorlint // a problem is final: nobody wraps it
		return p
	}
	text := fault.MessageOf(err)
	p := &problem{status: http.StatusInternalServerError, kind: "internal", title: "Something went wrong on our side.", text: text}
	switch fault.KindOf(err) {
	case fault.Invalid:
		p = &problem{status: http.StatusUnprocessableEntity, kind: "validation-failed", title: "The provided input is invalid.", text: text, code: "validation-failed/invalid"}
	case fault.NotFound:
		return notFound(text).(*problem) //nolint:errorlint,forcetypeassert // made here
	case fault.Conflict:
		return conflict(text).(*problem) //nolint:errorlint,forcetypeassert // made here
	case fault.Unauthenticated:
		p = &problem{status: http.StatusUnauthorized, kind: "unauthenticated", title: "invalid API key", text: text, code: "unauthenticated/invalid-key", source: "Authorization"}
	case fault.Denied:
		p = &problem{status: http.StatusForbidden, kind: "forbidden", title: "The API key does not have the permission.", text: text}
	case fault.TooLarge:
		p = &problem{status: http.StatusRequestEntityTooLarge, kind: "payload-too-large", title: "Request body is too large.", text: text}
	case fault.Unsupported:
		p = &problem{status: http.StatusUnsupportedMediaType, kind: "unsupported-media-type", title: "The content type is not one this API reads.", text: text}
	case fault.Throttled:
		p = &problem{status: http.StatusTooManyRequests, kind: "rate-limited", title: "You have exceeded your rate limit.", text: text, code: "rate-limited/may-retry"}
	case fault.Unavailable, fault.Canceled, fault.Deadline:
		p = &problem{status: http.StatusServiceUnavailable, kind: "unavailable", title: "The server can't answer now.", text: text}
	case fault.Internal:
	}
	return p
}

// failAPI answers an error of a call.
func (f *Front) failAPI(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status == http.StatusUnauthorized && f.Door != nil {
		// Many senders ask whose their key is before they send anything.
		f.refused(&export{protocol: "honeycomb", key: keyOf(r.Header), request: r}, p.status, err)
	}
	id := ""
	if p.status == http.StatusInternalServerError || isV2(r) {
		id = fmt.Sprintf("%016x%016x", f.Clock().UnixNano(), f.problems.Add(1))
	}
	if p.status == http.StatusInternalServerError {
		f.Log.ErrorContext(r.Context(), "a call failed", slog.String("id", id), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	if p.status == http.StatusTooManyRequests || p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", f.Clock().Add(max(fault.RetryAfter(err), time.Second)).UTC().Format(http.TimeFormat))
	}
	switch {
	case isV2(r):
		w.Header().Set("Content-Type", jsonAPI)
		w.WriteHeader(p.status)
		_ = json.NewEncoder(w).Encode(p.jsonAPI(id)) // the caller may have gone
	case p.status == http.StatusUnauthorized:
		writeJSON(w, p.status, map[string]string{"error": p.text}) // of old, and so the published description has it
	default:
		w.Header().Set("Content-Type", problemJSON)
		w.WriteHeader(p.status)
		_ = json.NewEncoder(w).Encode(p.details(origin(r), id)) // the caller may have gone
	}
}

// origin is what the client takes the API's address to be: it compares the types
// of problems with it.
func origin(r *http.Request) string {
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// problemDetails is the body of an error under /1/.
type problemDetails struct {
	Status   int            `json:"status"`
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Error    string         `json:"error"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance,omitempty"`
	Fields   []invalidField `json:"type_detail,omitempty"`
}

func (p *problem) details(origin, id string) problemDetails {
	out := problemDetails{p.status, origin + "/problems/" + p.kind, p.title, p.text, p.text, id, p.fields}
	if p.status == http.StatusTooManyRequests {
		out.Error = p.title // until when is the detail
	}
	return out
}

// apiErrors is the body of an error under /2/.
type apiErrors struct {
	Errors []apiError `json:"errors"`
}

type apiError struct {
	ID     string          `json:"id"`
	Status string          `json:"status"`
	Code   string          `json:"code"`
	Title  string          `json:"title"`
	Detail string          `json:"detail,omitempty"`
	Source *apiErrorSource `json:"source,omitempty"`
}

type apiErrorSource struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Header    string `json:"header,omitempty"`
}

func (p *problem) jsonAPI(id string) apiErrors {
	one := apiError{ID: id, Status: strconv.Itoa(p.status), Code: p.code, Title: p.title, Detail: p.text}
	if one.Code == "" {
		one.Code = p.kind
	}
	if p.status == http.StatusTooManyRequests {
		one.Title = "request rate limit exceeded"
	}
	if p.source != "" { // Honeycomb says no more of a bad key
		one.Detail, one.Source = "", &apiErrorSource{Header: p.source}
	}
	if len(p.fields) == 0 {
		return apiErrors{[]apiError{one}}
	}
	out := apiErrors{}
	for _, field := range p.fields {
		e := one
		e.Code, e.Detail = "validation-failed/"+field.Code, field.Description
		e.Source = &apiErrorSource{Pointer: "/data/attributes/" + strings.ReplaceAll(field.Field, ".", "/")}
		out.Errors = append(out.Errors, e)
	}
	return out
}
