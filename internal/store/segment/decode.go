package segment

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Decoders of the encodings in encode.go. They read what may be damaged: every
// length is checked against the data before anything is allocated, and ok is
// false for what is not as we write it.

// decodeHybrid appends n values of width bits to out.
func decodeHybrid(out []uint32, raw []byte, n, width int) (_ []uint32, ok bool) {
	if width < 0 || width > 32 {
		return out, false
	}
	for n > 0 {
		head, used := binary.Uvarint(raw)
		if used <= 0 {
			return out, false
		}
		raw = raw[used:]
		if head&1 == 0 {
			size := (width + 7) / 8
			if len(raw) < size || head>>1 == 0 {
				return out, false
			}
			var v uint32
			for i := range size {
				v |= uint32(raw[i]) << (8 * i)
			}
			raw = raw[size:]
			count := int(min(head>>1, uint64(n)))
			at := len(out)
			out = slices.Grow(out, count)[:at+count]
			for i := at; i < len(out); i++ {
				out[i] = v
			}
			n -= count
			continue
		}
		groups := head >> 1
		if groups == 0 || groups > uint64(len(raw))/uint64(max(width, 1))+1 || int(groups)*width > len(raw) {
			return out, false
		}
		count := min(int(groups)*8, n)
		out = unpack(out, raw, count, width)
		raw = raw[int(groups)*width:]
		n -= count
	}
	return out, true
}

// unpack appends n packed values; raw holds them all.
func unpack(out []uint32, raw []byte, n, width int) []uint32 {
	have := len(out)
	out = slices.Grow(out, n)[:have+n]
	to := out[have:]
	mask := uint64(1)<<width - 1
	i := 0
	if width <= 8 { // eight values lie in one load
		for ; i+8 <= n && len(raw) >= 8; i += 8 {
			v := binary.LittleEndian.Uint64(raw)
			eight := to[i : i+8 : i+8]
			for k := range eight {
				eight[k] = uint32(v & mask)
				v >>= width
			}
			raw = raw[width:]
		}
		to, n, i = to[i:], n-i, 0
	}
	for at := 0; i < n && at>>3+8 <= len(raw); i++ {
		to[i] = uint32(binary.LittleEndian.Uint64(raw[at>>3:]) >> (at & 7) & mask)
		at += width
	}
	for ; i < n; i++ {
		to[i] = uint32(bitsAt(raw, i*width, width))
	}
	return out
}

// decodeLevels appends the positions of the rows that have a value to out, and
// returns what follows the levels. Where all have one, full is true and nothing
// is appended.
func decodeLevels(out []uint32, raw []byte, n int) (positions []uint32, full bool, rest []byte, ok bool) {
	if len(raw) < 4 {
		return out, false, nil, false
	}
	size := binary.LittleEndian.Uint32(raw)
	if uint64(size) > uint64(len(raw)-4) {
		return out, false, nil, false
	}
	body := raw[4 : 4+size]
	rest = raw[4+size:]
	if head, used := binary.Uvarint(body); used > 0 && head == uint64(n)<<1 && len(body) == used+1 {
		return out, body[used] == 1, rest, body[used] <= 1
	}
	out = slices.Grow(out, min(n, maxRowsOfGroup))
	for at := 0; at < n; {
		head, used := binary.Uvarint(body)
		if used <= 0 || head>>1 == 0 || len(body) == used {
			return out, false, nil, false
		}
		body = body[used:]
		if head&1 == 0 {
			count := int(min(head>>1, uint64(n-at)))
			if body[0] == 1 {
				for i := range count {
					out = append(out, uint32(at+i))
				}
			} else if body[0] != 0 {
				return out, false, nil, false
			}
			body = body[1:]
			at += count
			continue
		}
		if head>>1 > uint64(len(body)) {
			return out, false, nil, false
		}
		out = appendPositions(out, body[:head>>1], at, n)
		at += 8 * int(head>>1)
		body = body[head>>1:]
	}
	return out, false, rest, true
}

// appendPositions appends the positions of the bits that are set, the first of them
// being at; there are none from n on.
func appendPositions(out []uint32, packed []byte, at, n int) []uint32 {
	for ; len(packed) >= 8 && at+64 <= n; packed = packed[8:] {
		for w := binary.LittleEndian.Uint64(packed); w != 0; w &= w - 1 {
			out = append(out, uint32(at+bits.TrailingZeros64(w)))
		}
		at += 64
	}
	for _, b := range packed {
		for ; b != 0; b &= b - 1 {
			if i := bits.TrailingZeros8(b); at+i < n { // the last byte is padded
				out = append(out, uint32(at+i))
			}
		}
		at += 8
	}
	return out
}

// decodeDelta reads n integers in DELTA_BINARY_PACKED and returns what follows.
func decodeDelta(raw []byte, n int) (values []int64, rest []byte, ok bool) {
	return decodeDeltaUntil(raw, n, n)
}

// decodeDeltaUntil reads the first m of n integers; what follows is known only
// if all are read.
func decodeDeltaUntil(raw []byte, n, m int) (values []int64, rest []byte, ok bool) {
	r := &thriftReader{b: raw} // its varints are Parquet's
	if r.uvarint() != deltaBlock || r.uvarint() != deltaMiniCount || r.uvarint() != uint64(n) {
		return nil, nil, false
	}
	value := r.varint()
	if r.failed {
		return nil, nil, false
	}
	if n == 0 {
		return nil, r.b, true
	}
	values = append(make([]int64, 0, m), value)
	for len(values) < m {
		least := r.varint()
		if r.failed || len(r.b) < deltaMiniCount {
			return nil, nil, false
		}
		widths := r.b[:deltaMiniCount]
		r.b = r.b[deltaMiniCount:]
		for _, width := range widths {
			if len(values) >= m {
				break
			}
			size := deltaMini * int(width) / 8
			if width > 64 || len(r.b) < size {
				return nil, nil, false
			}
			values = undelta(values, r.b[:size], min(deltaMini, m-len(values)), int(width), least)
			r.b = r.b[size:]
		}
	}
	return values, r.b, true
}

// undelta appends n values from a miniblock of deltas.
func undelta(values []int64, raw []byte, n, width int, least int64) []int64 {
	last := values[len(values)-1]
	if width == 0 {
		for range n {
			last += least
			values = append(values, last)
		}
		return values
	}
	for i := range n {
		last += least + int64(bitsAt(raw, i*width, width))
		values = append(values, last)
	}
	return values
}

// bitsAt reads width bits from a bit offset.
func bitsAt(raw []byte, at, width int) uint64 {
	const whole = 57 // so many bits lie in eight bytes wherever they begin
	if width <= whole && at>>3+8 <= len(raw) {
		return binary.LittleEndian.Uint64(raw[at>>3:]) >> (at & 7) & (1<<width - 1)
	}
	var v uint64
	for got := 0; got < width; {
		b := uint64(raw[(at+got)>>3]) >> ((at + got) & 7)
		v |= b << got
		got += 8 - (at+got)&7
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}

// appendFloatsAt appends floats low to high of n that are split by byte.
func appendFloatsAt(out []float64, raw []byte, n, low, high int) []float64 {
	have, m := len(out), high-low
	out = slices.Grow(out, m)[:have+m]
	to := out[have:]
	var by [8][]byte
	for i := range by {
		by[i] = raw[i*n+low:][:m]
	}
	b0, b1, b2, b3 := by[0][:len(to)], by[1][:len(to)], by[2][:len(to)], by[3][:len(to)]
	b4, b5, b6, b7 := by[4][:len(to)], by[5][:len(to)], by[6][:len(to)], by[7][:len(to)]
	for i := range to {
		to[i] = math.Float64frombits(uint64(b0[i]) | uint64(b1[i])<<8 | uint64(b2[i])<<16 | uint64(b3[i])<<24 |
			uint64(b4[i])<<32 | uint64(b5[i])<<40 | uint64(b6[i])<<48 | uint64(b7[i])<<56)
	}
	return out
}

// decodePlainFloats reads n floats as they are, the form of dictionaries.
func decodePlainFloats(raw []byte, n int) ([]float64, bool) {
	if len(raw) != 8*n {
		return nil, false
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return values, true
}

func decodePlainInts(raw []byte, n int) ([]int64, bool) {
	if len(raw) != 8*n {
		return nil, false
	}
	values := make([]int64, n)
	for i := range values {
		values[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return values, true
}

func decodeBools(raw []byte, n int) ([]bool, bool) {
	if len(raw) != (n+7)/8 {
		return nil, false
	}
	values := make([]bool, n)
	for i := range values {
		values[i] = raw[i>>3]>>(i&7)&1 == 1
	}
	return values, true
}

// texts holds strings one after the other: text i ends at ends[i].
type texts struct {
	ends []uint32
	data []byte
}

// decodePlainTexts reads n texts, each with its length in front.
func decodePlainTexts(raw []byte, n int) (t texts, ok bool) {
	if n > len(raw)/4 {
		return t, false
	}
	t.ends = make([]uint32, 0, n)
	t.data = make([]byte, 0, len(raw)-4*n)
	for range n {
		if len(raw) < 4 {
			return t, false
		}
		size := binary.LittleEndian.Uint32(raw)
		if uint64(size) > uint64(len(raw)-4) {
			return t, false
		}
		t.data = append(t.data, raw[4:4+size]...)
		t.ends = append(t.ends, uint32(len(t.data)))
		raw = raw[4+size:]
	}
	return t, len(raw) == 0
}

// decodeDeltaTexts reads n texts whose lengths stand together in front.
func decodeDeltaTexts(raw []byte, n int) (t texts, ok bool) {
	lengths, data, ok := decodeDelta(raw, n)
	if !ok {
		return t, false
	}
	t.ends = make([]uint32, n)
	t.data = data
	end := uint64(0)
	for i, l := range lengths {
		if l < 0 || end+uint64(l) > uint64(len(data)) {
			return t, false
		}
		end += uint64(l)
		t.ends[i] = uint32(end)
	}
	return t, end == uint64(len(data))
}

// decodeCodes appends the first n dictionary codes below size.
func decodeCodes(out []uint32, raw []byte, n, size int) ([]uint32, bool) {
	if n == 0 {
		return out, true
	}
	if len(raw) == 0 || int(raw[0]) > bits.Len32(uint32(max(size-1, 0))) {
		return out, false
	}
	have := len(out)
	out, ok := decodeHybrid(out, raw[1:], n, int(raw[0]))
	if !ok {
		return out, false
	}
	if size == 1<<raw[0] {
		return out, true // all that such codes can be
	}
	most := uint32(0)
	for _, c := range out[have:] {
		most = max(most, c)
	}
	return out, int(most) < size
}
