package otlp

import (
	"encoding/binary"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// field is one field of a message: its number, and the value by wire type.
type field struct {
	number int
	wire   int
	num    uint64 // varint, fixed64, fixed32
	bytes  []byte
}

// message reads fields one after the other.
type message struct {
	rest []byte
	bad  bool
}

// next reads a field; false at the end and at bytes that are no protobuf, which
// sets bad. Groups, long out of use, are bad.
func (m *message) next(f *field) bool {
	if len(m.rest) == 0 {
		return false
	}
	var tag uint64
	if b := m.rest[0]; b < 0x80 {
		tag, m.rest = uint64(b), m.rest[1:]
	} else {
		var n int
		if tag, n = binary.Uvarint(m.rest); n <= 0 || tag > 1<<32 {
			return m.fail()
		}
		m.rest = m.rest[n:]
	}
	f.number, f.wire = int(tag>>3), int(tag&7)
	switch f.wire {
	case wireVarint:
		v, n := binary.Uvarint(m.rest)
		if n <= 0 {
			return m.fail()
		}
		f.num, m.rest = v, m.rest[n:]
	case wireFixed64:
		if len(m.rest) < 8 {
			return m.fail()
		}
		f.num, m.rest = binary.LittleEndian.Uint64(m.rest), m.rest[8:]
	case wireBytes:
		var size uint64
		n := 1
		if len(m.rest) > 0 && m.rest[0] < 0x80 {
			size = uint64(m.rest[0])
		} else if size, n = binary.Uvarint(m.rest); n <= 0 {
			return m.fail()
		}
		if size > uint64(len(m.rest)-n) {
			return m.fail()
		}
		f.bytes, m.rest = m.rest[n:n+int(size)], m.rest[n+int(size):]
	case wireFixed32:
		if len(m.rest) < 4 {
			return m.fail()
		}
		f.num, m.rest = uint64(binary.LittleEndian.Uint32(m.rest)), m.rest[4:]
	default:
		return m.fail()
	}
	return f.number > 0 || m.fail()
}

func (m *message) fail() bool {
	m.bad = true
	return false
}

// malformed is the fault for bytes that are no request.
func malformed(what string) error {
	return fault.New(fault.Invalid, "failed to parse OTLP request body: %s is malformed", what)
}

// submessages calls f for each field of a number that holds a message.
func submessages(body []byte, number int, what string, f func([]byte) error) error {
	m := message{rest: body}
	var fd field
	for m.next(&fd) {
		if fd.number == number && fd.wire == wireBytes {
			if err := f(fd.bytes); err != nil {
				return err
			}
		}
	}
	if m.bad {
		return malformed(what)
	}
	return nil
}

// occurrences is how many fields of a number a message holds, as far as it can be read.
func occurrences(body []byte, number int) (n int) {
	m := message{rest: body}
	var f field
	for m.next(&f) {
		if f.number == number {
			n++
		}
	}
	return n
}
