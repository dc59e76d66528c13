package xray

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// invalid says what is wrong in a request. It is also what the service answers for
// groups, rules and insights that there are not.
func invalid(format string, args ...any) error {
	return &aws.Error{Code: "InvalidRequestException", Message: fmt.Sprintf(format, args...)}
}

func badToken() error {
	return invalid("The NextToken is not one of this request: it was made for other parameters, or is damaged. Begin again without it.")
}

// notFound is for tags, retrievals and indexing rules, which have such an error.
func notFound(resource, format string, args ...any) error {
	return &aws.Error{
		Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...), Members: map[string]any{"ResourceName": resource},
	}
}

// answerable turns faults of the core rooms into the service's errors. What the
// room of AWS calls by another name than this service does is named here.
func (c *call) answerable(err error) error {
	if known, ok := errors.AsType[*aws.Error](err); ok {
		return withMessage(known)
	}
	e := *c.Classified(err)
	e.Message = sentence(e.Message)
	e.Members = map[string]any{"Message": e.Message}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Unsupported, fault.NotFound, fault.Conflict:
		e.Code = "InvalidRequestException"
	case fault.TooLarge:
		e.Status, e.Code = http.StatusBadRequest, "InvalidRequestException"
	case fault.Throttled:
		// 429, and 500 where there is no room now: those who send try again.
		e.Status, e.Code = http.StatusTooManyRequests, "ThrottledException"
	case fault.Internal:
		return err // Fail logs it, and answers with an id
	case fault.Denied, fault.Unauthenticated:
		e.Status = http.StatusForbidden
	case fault.Unavailable, fault.Canceled, fault.Deadline:
	}
	return fmt.Errorf("%w (%w)", &e, err) // the fault says how long to wait
}

// sentence writes a message as the service does.
func sentence(text string) string {
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// withMessage gives an error what this service's have: the message under the name
// of the model, too, and 403 where a signature is not taken.
func withMessage(known *aws.Error) *aws.Error {
	e := *known
	e.Members = map[string]any{"Message": e.Message}
	maps.Copy(e.Members, known.Members)
	switch e.Code {
	case "MissingAuthenticationTokenException", "UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignatureException", "AccessDeniedException":
		e.Status = http.StatusForbidden
	}
	return &e
}

// answerPage is the answer of a listing: one page, and the token of the next.
func answerPage[T any](name string, l aws.Listing[T], items []T) (map[string]any, error) {
	page, next, ok := l.Page(items)
	if !ok {
		return nil, badToken()
	}
	answer := map[string]any{name: page}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}
