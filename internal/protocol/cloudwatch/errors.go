package cloudwatch

import (
	"errors"
	"net/http"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// The service's errors. Clients and people look for these very sentences.

func invalidParameter(message string) error {
	return &aws.Error{Code: "InvalidParameterException", Message: message}
}

func validation(message string) error {
	return &aws.Error{Code: "ValidationException", Message: message}
}

func notFound(message string) error {
	return &aws.Error{Code: "ResourceNotFoundException", Message: message}
}

func alreadyExists(message string) error {
	return &aws.Error{Code: "ResourceAlreadyExistsException", Message: message}
}

func limitExceeded(message string) error {
	return &aws.Error{Code: "LimitExceededException", Message: message}
}

func noSuchGroup() error { return notFound("The specified log group does not exist.") }

func noSuchStream() error { return notFound("The specified log stream does not exist.") }

func badToken() error { return invalidParameter("The specified nextToken is invalid.") }

// answerable turns faults of the core rooms into the service's errors; what
// there is no better word for is left to the room of AWS.
func answerable(err error) error {
	if _, ok := errors.AsType[*aws.Error](err); ok {
		return err
	}
	message := fault.MessageOf(err)
	switch fault.KindOf(err) {
	case fault.NotFound:
		return notFound(message)
	case fault.TooLarge:
		return &aws.Error{Status: http.StatusBadRequest, Code: "InvalidParameterException", Message: message}
	case fault.Internal, fault.Invalid, fault.Denied, fault.Unauthenticated, fault.Conflict, fault.Throttled,
		fault.Unavailable, fault.Unsupported, fault.Canceled, fault.Deadline:
	}
	return err
}

// cut returns as much of a text as errors quote.
func cut(text string) string { return aws.Cut(text) }
