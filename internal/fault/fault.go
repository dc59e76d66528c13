// Package fault classifies what can go wrong, once, at the edge that knows.
// Each protocol room maps a [Kind] to its vendor's status and body; nothing else
// picks a status. An error that was never classified is [Internal].
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of a fault.
type Kind uint8

// The kinds of fault. Throttled and Unavailable are worth retrying by the
// caller after [RetryAfter]; the others are not.
const (
	Internal Kind = iota
	Invalid
	NotFound
	Denied
	Unauthenticated
	Conflict
	TooLarge
	Throttled
	Unavailable
	Unsupported
	Canceled
	Deadline
)

var kindNames = [...]string{
	"internal", "invalid", "not_found", "denied", "unauthenticated", "conflict", "too_large",
	"throttled", "unavailable", "unsupported", "canceled", "deadline",
}

// String returns the snake_case name of the kind, as the API and metrics show it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Error is a classified error. Message is for the caller: it says what was
// wrong, with the value and the limit, and what to change. Cause is for the log.
type Error struct {
	Kind     Kind
	Message  string
	Position int // byte offset into the caller's text; -1 where there is none
	Retry    time.Duration
	Cause    error
}

// Error returns the message for the caller, followed by the cause if there is one.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns a fault of the kind with a formatted message; %w keeps a cause reachable.
func New(kind Kind, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Position: -1, Cause: nil}
}

// At returns an Invalid fault at a byte offset of the caller's text.
func At(position int, format string, args ...any) error {
	return &Error{Kind: Invalid, Message: fmt.Sprintf(format, args...), Position: position}
}

// Wrap classifies err; nil stays nil. The message is what the caller may see.
func Wrap(kind Kind, err error, message string) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Message: message, Position: -1, Cause: err}
}

// Busy returns a Throttled or Unavailable fault that asks the caller to come back after wait.
func Busy(kind Kind, wait time.Duration, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Position: -1, Retry: wait}
}

// KindOf returns the kind of the first classified error in err's chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is classified as kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// MessageOf returns what a caller may be told. Internal errors give nothing away.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Message
	}
	return "internal error"
}

// PositionOf returns the byte offset the error points at, or -1.
func PositionOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Position
	}
	return -1
}

// RetryAfter returns how long the caller should wait; zero where it was not said.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Retry
	}
	return 0
}
