package recording

import (
	"encoding/binary"
	"errors"
)

// spanFields are called with the bytes of what stands in spans, which they may
// overwrite. A time is a start or not; events have times of their own.
type spanFields struct {
	trace func(b []byte)
	span  func(b []byte)
	time  func(b []byte, isStart bool)
}

var errNoSpans = errors.New("this is no ExportTraceServiceRequest") //nolint:gochecknoglobals // a constant

// eachSpan walks an ExportTraceServiceRequest.
func eachSpan(body []byte, do spanFields) error {
	span := func(field int, value []byte) error {
		switch field {
		case 1:
			return fixed(value, 16, do.trace)
		case 2, 4:
			return fixed(value, 8, do.span)
		case 7:
			return fixed(value, 8, func(b []byte) { do.time(b, true) })
		case 8:
			return fixed(value, 8, func(b []byte) { do.time(b, false) })
		case 11:
			return eachField(value, func(field int, value []byte) error {
				if field == 1 {
					return fixed(value, 8, func(b []byte) { do.time(b, false) })
				}
				return nil
			})
		case 13:
			return eachField(value, func(field int, value []byte) error {
				switch field {
				case 1:
					return fixed(value, 16, do.trace)
				case 2:
					return fixed(value, 8, do.span)
				}
				return nil
			})
		}
		return nil
	}
	const resourceSpans, scopeSpans, spans = 1, 2, 2
	return within(body, resourceSpans, func(value []byte) error {
		return within(value, scopeSpans, func(value []byte) error {
			return within(value, spans, func(value []byte) error { return eachField(value, span) })
		})
	})
}

func within(message []byte, wanted int, do func(value []byte) error) error {
	return eachField(message, func(field int, value []byte) error {
		if field != wanted {
			return nil
		}
		return do(value)
	})
}

// fixed calls do for a value of a width; an empty one, as roots have for a parent, is left.
func fixed(value []byte, width int, do func([]byte)) error {
	if len(value) == width {
		do(value)
	} else if len(value) != 0 {
		return errNoSpans
	}
	return nil
}

// eachField calls do for the fields of a message that have bytes: texts, messages and
// numbers of fixed width.
func eachField(message []byte, do func(field int, value []byte) error) error {
	const varint, fixed64, bytes, fixed32 = 0, 1, 2, 5
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return errNoSpans
		}
		message = message[n:]
		width := uint64(0)
		switch tag & 7 {
		case varint:
			if _, n = binary.Uvarint(message); n <= 0 {
				return errNoSpans
			}
			message = message[n:]
			continue
		case fixed64:
			width = 8
		case fixed32:
			width = 4
		case bytes:
			if width, n = binary.Uvarint(message); n <= 0 {
				return errNoSpans
			}
			message = message[n:]
		default:
			return errNoSpans
		}
		if width > uint64(len(message)) {
			return errNoSpans
		}
		if err := do(int(tag>>3), message[:width:width]); err != nil { //nolint:gosec // a field's number
			return err
		}
		message = message[width:]
	}
	return nil
}
