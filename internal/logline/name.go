package logline

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Prefix is put before the name of a field of a message whose own name means
// something else.
const Prefix = "message."

// FieldName returns the name of the field that holds what a JSON message has
// under a dotted path ("user.handle", "tags.0"): the path itself, but for those
// that mean something of ours, which become "message.PATH", and for those that
// begin with "@", as fields that are not of the message do: they get another
// one, so "@type" is the field "@@type".
func FieldName(path string) string {
	switch {
	case path == "":
		return ""
	case path[0] == '@':
		return "@" + path
	case reserved(path):
		return Prefix + path
	}
	return path
}

// reserved reports whether a name is not for fields of messages.
func reserved(path string) bool {
	switch path[0] {
	case 'b':
		return path == event.FieldBody
	case 'l':
		return path == event.FieldLogGroup || path == event.FieldLogStream
	case 's':
		return path == event.FieldSeverity
	case 'm':
		return strings.HasPrefix(path, "meta.")
	case 't':
		return strings.HasPrefix(path, "trace.")
	case '_':
		return event.IsSystem(path) || event.Internal(path)
	}
	return false
}
