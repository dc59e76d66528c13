package segment

import (
	"encoding/binary"
	"math"
)

// Types of Thrift's compact protocol, the encoding of Parquet's metadata.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// thriftWriter appends fields of structs in ascending order of their ids.
type thriftWriter struct {
	b    []byte
	last []int16 // id of the last field, for each open struct
}

func (w *thriftWriter) begin() { w.last = append(w.last, 0) }

func (w *thriftWriter) end() {
	w.b = append(w.b, thriftStop)
	w.last = w.last[:len(w.last)-1]
}

func (w *thriftWriter) field(id int16, kind byte) {
	top := len(w.last) - 1
	if delta := id - w.last[top]; delta > 0 && delta <= 15 {
		w.b = append(w.b, byte(delta)<<4|kind)
	} else {
		w.b = append(w.b, kind)
		w.b = binary.AppendVarint(w.b, int64(id))
	}
	w.last[top] = id
}

func (w *thriftWriter) i32(id int16, v int32) {
	w.field(id, thriftI32)
	w.b = binary.AppendVarint(w.b, int64(v))
}

func (w *thriftWriter) i64(id int16, v int64) {
	w.field(id, thriftI64)
	w.b = binary.AppendVarint(w.b, v)
}

func (w *thriftWriter) bool(id int16, v bool) {
	kind := byte(thriftFalse)
	if v {
		kind = thriftTrue
	}
	w.field(id, kind)
}

func (w *thriftWriter) bytes(id int16, v []byte) {
	w.field(id, thriftBinary)
	w.b = binary.AppendUvarint(w.b, uint64(len(v)))
	w.b = append(w.b, v...)
}

func (w *thriftWriter) text(id int16, v string) {
	w.field(id, thriftBinary)
	w.b = binary.AppendUvarint(w.b, uint64(len(v)))
	w.b = append(w.b, v...)
}

func (w *thriftWriter) structure(id int16) {
	w.field(id, thriftStruct)
	w.begin()
}

func (w *thriftWriter) list(id int16, kind byte, n int) {
	w.field(id, thriftList)
	if n < 15 {
		w.b = append(w.b, byte(n)<<4|kind)
		return
	}
	w.b = append(w.b, 0xf0|kind)
	w.b = binary.AppendUvarint(w.b, uint64(n))
}

// thriftReader reads what may be damaged: any error sets failed, and reading on
// gives zeros.
type thriftReader struct {
	b      []byte
	failed bool
	depth  int
}

func (r *thriftReader) fail() { r.failed, r.b = true, nil }

func (r *thriftReader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *thriftReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *thriftReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *thriftReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

// structure calls f for each field; f reads the value, or leaves it, in which
// case it must call skip with the kind.
func (r *thriftReader) structure(f func(id int16, kind byte)) {
	if r.depth++; r.depth > 16 {
		r.fail()
	}
	defer func() { r.depth-- }()
	last := int16(0)
	for !r.failed {
		head := r.byte()
		if head == thriftStop {
			return
		}
		if delta := int16(head >> 4); delta > 0 {
			last += delta
		} else {
			id := r.varint()
			if id < math.MinInt16 || id > math.MaxInt16 {
				r.fail()
				return
			}
			last = int16(id)
		}
		f(last, head&15)
	}
}

// list calls f for each element; it stops at the first failure. An element takes
// at least a byte, so a count above what is left is damage.
func (r *thriftReader) list(f func(kind byte)) {
	head := r.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = r.uvarint()
	}
	if n > uint64(len(r.b)) {
		r.fail()
		return
	}
	for i := uint64(0); i < n && !r.failed; i++ {
		f(head & 15)
	}
}

func (r *thriftReader) skip(kind byte) {
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		r.byte()
	case thriftI16, thriftI32, thriftI64:
		r.varint()
	case thriftDouble:
		if len(r.b) < 8 {
			r.fail()
			return
		}
		r.b = r.b[8:]
	case thriftBinary:
		r.bytes()
	case thriftList, thriftSet:
		r.list(r.skipElement)
	case thriftStruct:
		r.structure(func(_ int16, kind byte) { r.skip(kind) })
	default:
		r.fail() // maps do not occur in what we read
	}
}

// skipElement skips an element of a list, where booleans take a byte.
func (r *thriftReader) skipElement(kind byte) {
	if kind == thriftTrue || kind == thriftFalse {
		r.byte()
		return
	}
	r.skip(kind)
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
