package rollbar

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// What the API says word for word as Rollbar does.
const (
	saysUndecodable = "Bad request: could not decode body"
	saysNoToken     = "missing access token"
	saysTooLarge    = "request entity too large"
	saysThrottled   = "rate limit exceeded"
	saysInternal    = "Internal error"
)

// refusal is an error whose status and wording are those of Rollbar.
type refusal struct {
	status int
	text   string
	cause  error
}

// Error implements error.
func (r *refusal) Error() string { return r.text }

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// refuse returns an error that is answered with a status and a message; %w keeps
// a cause reachable.
func refuse(status int, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &refusal{status: status, text: err.Error(), cause: errors.Unwrap(err)}
}

// invalid is a request that is understood, but has a parameter that is missing or wrong.
func invalid(format string, args ...any) error {
	return refuse(http.StatusUnprocessableEntity, format, args...)
}

func notFound(format string, args ...any) error { return refuse(http.StatusNotFound, format, args...) }

// answerTo returns the status and message of an error.
func answerTo(err error) (status int, text string) {
	if known, ok := errors.AsType[*refusal](err); ok {
		return known.status, known.text
	}
	switch text = fault.MessageOf(err); fault.KindOf(err) {
	case fault.Unauthenticated, fault.Denied:
		return http.StatusForbidden, text
	case fault.NotFound:
		return http.StatusNotFound, text
	case fault.Invalid:
		return http.StatusUnprocessableEntity, text
	case fault.Conflict:
		return http.StatusConflict, text
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge, saysTooLarge
	case fault.Throttled:
		return http.StatusTooManyRequests, text
	case fault.Unavailable, fault.Canceled, fault.Deadline:
		return http.StatusServiceUnavailable, text
	case fault.Unsupported:
		return http.StatusNotImplemented, text
	case fault.Internal:
	}
	return http.StatusInternalServerError, saysInternal
}

// fail answers an error.
func (f *Front) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := answerTo(err)
	if status == http.StatusInternalServerError {
		f.Log.ErrorContext(r.Context(), "a request failed", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	if wait := fault.RetryAfter(err); status == http.StatusTooManyRequests && wait > 0 || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(max(int((wait+time.Second/2)/time.Second), 1)))
	}
	writeJSON(w, status, struct {
		Err     int    `json:"err"`
		Message string `json:"message"`
	}{1, text})
}
