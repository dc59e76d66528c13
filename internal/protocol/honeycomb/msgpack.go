package honeycomb

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
)

// packKind is what a value of msgpack is.
type packKind uint8

const (
	packBad packKind = iota // the input is cut, or has the one byte that msgpack never uses
	packNil
	packBool
	packInt   // num holds it, in two's complement
	packFloat // num holds its bits; also integers beyond 63 bits
	packText
	packBinary
	packList // of num values
	packMap  // of num pairs
	packExt  // num is its type
)

// packed is a value of msgpack; of lists and maps, only what stands before their
// members.
type packed struct {
	kind  packKind
	num   uint64
	bytes []byte // of text, binary and ext; lies in the input
}

// packReader reads msgpack value by value. It believes no length: nothing is
// allocated by one, and each member must be there. The first error stays.
type packReader struct {
	in  []byte
	pos int
	bad bool

	levels []packLevel // scratch of appendJSON
}

// packLevel is a list or map whose rest is still to be written.
type packLevel struct {
	left    uint64
	closing byte
	wrote   bool
}

// maxPackDepth bounds how deep what becomes JSON text may be nested.
const maxPackDepth = 10_000

func (r *packReader) fail() packed {
	r.bad, r.pos = true, len(r.in)
	return packed{}
}

// next reads a value.
func (r *packReader) next() packed {
	if r.pos >= len(r.in) {
		return r.fail()
	}
	c := r.in[r.pos]
	r.pos++
	switch {
	case c < 0x80:
		return packed{kind: packInt, num: uint64(c)}
	case c >= 0xe0:
		return packed{kind: packInt, num: uint64(int64(int8(c)))}
	case c >= 0xa0 && c < 0xc0:
		return r.take(packText, uint64(c&0x1f))
	case c < 0x90:
		return packed{kind: packMap, num: uint64(c & 0x0f)}
	case c < 0xa0:
		return packed{kind: packList, num: uint64(c & 0x0f)}
	}
	return r.long(c)
}

// long reads a value whose first byte does not hold all of it.
func (r *packReader) long(c byte) packed {
	switch c {
	case 0xc0:
		return packed{kind: packNil}
	case 0xc2, 0xc3:
		return packed{kind: packBool, num: uint64(c & 1)}
	case 0xc4, 0xc5, 0xc6:
		return r.take(packBinary, r.number(1<<(c-0xc4)))
	case 0xc7, 0xc8, 0xc9:
		return r.extension(r.number(1 << (c - 0xc7)))
	case 0xca:
		return packed{kind: packFloat, num: math.Float64bits(float64(math.Float32frombits(uint32(r.number(4)))))}
	case 0xcb:
		return packed{kind: packFloat, num: r.number(8)}
	case 0xcc, 0xcd, 0xce, 0xcf:
		n := r.number(1 << (c - 0xcc))
		if n > math.MaxInt64 {
			return packed{kind: packFloat, num: math.Float64bits(float64(n))}
		}
		return packed{kind: packInt, num: n}
	case 0xd0:
		return packed{kind: packInt, num: uint64(int64(int8(r.number(1))))}
	case 0xd1:
		return packed{kind: packInt, num: uint64(int64(int16(r.number(2))))}
	case 0xd2:
		return packed{kind: packInt, num: uint64(int64(int32(r.number(4))))}
	case 0xd3:
		return packed{kind: packInt, num: r.number(8)}
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return r.extension(1 << (c - 0xd4))
	case 0xd9, 0xda, 0xdb:
		return r.take(packText, r.number(1<<(c-0xd9)))
	case 0xdc, 0xdd:
		return packed{kind: packList, num: r.number(2 << (c - 0xdc))}
	case 0xde, 0xdf:
		return packed{kind: packMap, num: r.number(2 << (c - 0xde))}
	}
	return r.fail() // 0xc1
}

// number reads a number of so many bytes, 0 if they are not there.
func (r *packReader) number(size int) uint64 {
	if len(r.in)-r.pos < size {
		r.fail()
		return 0
	}
	raw := r.in[r.pos:]
	r.pos += size
	switch size {
	case 1:
		return uint64(raw[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(raw))
	case 4:
		return uint64(binary.BigEndian.Uint32(raw))
	}
	return binary.BigEndian.Uint64(raw)
}

// take reads n bytes.
func (r *packReader) take(kind packKind, n uint64) packed {
	if r.bad || uint64(len(r.in)-r.pos) < n {
		return r.fail()
	}
	r.pos += int(n)
	return packed{kind: kind, bytes: r.in[r.pos-int(n) : r.pos]}
}

func (r *packReader) extension(n uint64) packed {
	kind := r.number(1)
	v := r.take(packExt, n)
	v.num = uint64(int64(int8(kind)))
	return v
}

// skip passes over the rest of a value that was read. It takes no memory however
// deep the value is nested. The count can't overflow: each of its values takes a
// byte of the input at least, and stands for less than 2³³ others.
func (r *packReader) skip(v packed) {
	for left := v.members(); left > 0 && !r.bad; left-- {
		left += r.next().members()
	}
}

// members returns how many values follow that belong to this one.
func (v packed) members() uint64 {
	if v.kind == packList {
		return v.num
	}
	if v.kind == packMap {
		return 2 * v.num
	}
	return 0
}

// timeType is the type of the extension that is a time.
const timeType = -1

// timestamp reads a time in any of its three sizes.
func (v packed) timestamp() (at time.Time, ok bool) {
	if v.kind != packExt || int64(v.num) != timeType {
		return time.Time{}, false
	}
	var seconds int64
	var nanos uint32
	switch b := v.bytes; len(b) {
	case 4:
		seconds = int64(binary.BigEndian.Uint32(b))
	case 8:
		both := binary.BigEndian.Uint64(b)
		seconds, nanos = int64(both&(1<<34-1)), uint32(both>>34)
	case 12:
		nanos, seconds = binary.BigEndian.Uint32(b), int64(binary.BigEndian.Uint64(b[4:]))
	default:
		return time.Time{}, false
	}
	if nanos >= 1e9 {
		return time.Time{}, false
	}
	return time.Unix(seconds, int64(nanos)).UTC(), true
}

// appendJSON appends the rest of a value that was read as JSON text. It writes no
// more than a little over limit bytes: what is longer is cut anyhow. Maps keep
// their order; times become RFC 3339, other bytes base64.
func (r *packReader) appendJSON(dst []byte, v packed, limit int) []byte {
	r.levels = r.levels[:0]
	whole, start := v, r.pos
	for {
		dst = r.appendValue(dst, v)
		for n := len(r.levels); n > 0 && r.levels[n-1].left == 0; n-- {
			dst = append(dst, r.levels[n-1].closing)
			r.levels = r.levels[:n-1]
		}
		switch {
		case r.bad || len(r.levels) == 0:
			return dst
		case len(r.levels) > maxPackDepth:
			r.fail()
			return dst
		case len(dst) > limit:
			r.pos = start
			r.skip(whole)
			return dst
		}
		top := &r.levels[len(r.levels)-1]
		if top.left--; top.wrote {
			dst = append(dst, ',')
		}
		top.wrote = true
		if top.closing == '}' {
			dst = append(appendQuoted(dst, r.name()), ':')
		}
		v = r.next()
	}
}

func (r *packReader) appendValue(dst []byte, v packed) []byte {
	switch v.kind {
	case packBool:
		return strconv.AppendBool(dst, v.num == 1)
	case packInt:
		return strconv.AppendInt(dst, int64(v.num), 10)
	case packFloat:
		if f := math.Float64frombits(v.num); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return event.AppendFloat(dst, f)
		}
	case packText:
		return appendQuoted(dst, v.bytes)
	case packBinary, packExt:
		return appendQuoted(dst, v.plain(nil))
	case packList, packMap:
		closing := byte(']')
		if v.kind == packMap {
			closing = '}'
		}
		r.levels = append(r.levels, packLevel{left: v.num, closing: closing})
		return append(dst, closing-2)
	case packNil, packBad:
	}
	return append(dst, "null"...)
}

// plain appends the text that bytes and times become.
func (v packed) plain(dst []byte) []byte {
	if at, ok := v.timestamp(); ok {
		return at.AppendFormat(dst, time.RFC3339Nano)
	}
	return base64.StdEncoding.AppendEncode(dst, v.bytes)
}

// name reads the name of a map's member. Names that are numbers become text.
func (r *packReader) name() []byte {
	v := r.next()
	if v.kind == packText || v.kind == packBinary {
		return v.bytes
	}
	if v.kind == packInt {
		return strconv.AppendInt(nil, int64(v.num), 10)
	}
	r.fail()
	return nil
}

// appendQuoted appends text as JSON has it.
func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
