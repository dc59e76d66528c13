package segment

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Encodings of Parquet, appended to a buffer. Levels and dictionary codes are in
// the hybrid of run lengths and bit packing.

// appendFull appends the definition levels of n rows that all have a value.
func appendFull(b []byte, n int) []byte {
	at := len(b)
	b = appendRun(append(b, 0, 0, 0, 0), 1, n, 1)
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// appendLevels appends the definition levels of n rows of which those at the
// given positions (ascending), but not all, have a value, with the length in front.
func appendLevels(b []byte, positions []uint32, n int) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	switch len(positions) {
	case 0:
		b = appendRun(b, 0, n, 1)
	default:
		bitmap := make([]byte, (n+7)/8)
		for _, p := range positions {
			bitmap[p>>3] |= 1 << (p & 7)
		}
		b = appendBitmap(b, bitmap, n)
	}
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// appendRun appends a run of one value of width bits.
func appendRun(b []byte, value uint32, n, width int) []byte {
	b = binary.AppendUvarint(b, uint64(n)<<1)
	for range (width + 7) / 8 {
		b = append(b, byte(value))
		value >>= 8
	}
	return b
}

// shortestRun is how many equal bytes of a bitmap are worth a run.
const shortestRun = 8

// appendBitmap appends n one-bit values: long stretches of equal bytes as runs,
// the rest packed.
func appendBitmap(b, bitmap []byte, n int) []byte {
	for at := 0; at < len(bitmap); {
		run := equalBytes(bitmap[at:])
		if run >= shortestRun {
			count := min(run*8, n-at*8)
			b = appendRun(b, uint32(bitmap[at]&1), count, 1)
			at += run
			continue
		}
		to := at + run
		for to < len(bitmap) {
			next := equalBytes(bitmap[to:])
			if next >= shortestRun {
				break
			}
			to += next
		}
		b = binary.AppendUvarint(b, uint64(to-at)<<1|1)
		b = append(b, bitmap[at:to]...)
		at = to
	}
	return b
}

// equalBytes returns how many bytes from the first on are all 0x00 or all 0xff,
// at least 1.
func equalBytes(bitmap []byte) int {
	first := bitmap[0]
	if first != 0 && first != 0xff {
		return 1
	}
	n := 1
	for n < len(bitmap) && bitmap[n] == first {
		n++
	}
	return n
}

// appendCodes appends dictionary codes, their width in front, as a data page has them.
func appendCodes(b []byte, codes []uint32, dictSize int) []byte {
	width := bits.Len32(uint32(max(dictSize-1, 0)))
	b = append(b, byte(width))
	if width == 0 {
		return appendRun(b, 0, len(codes), 0)
	}
	for at := 0; at < len(codes); {
		run := 1
		for at+run < len(codes) && codes[at+run] == codes[at] {
			run++
		}
		if run >= 16 {
			b = appendRun(b, codes[at], run, width)
			at += run
			continue
		}
		to := packedUntil(codes, at)
		b = appendPacked(b, codes[at:to], width)
		at = to
	}
	return b
}

// packedUntil returns where a packed stretch from at on ends: a multiple of eight
// further, where a long run begins, or at the end.
func packedUntil(codes []uint32, at int) int {
	to := at
	for to < len(codes) {
		to = min(to+8, len(codes))
		run := 1
		for to+run < len(codes) && run < 16 && codes[to+run] == codes[to] {
			run++
		}
		if to < len(codes) && run >= 16 {
			break
		}
	}
	return to
}

// appendPacked appends one packed stretch; the last group of eight is filled up
// with zeros.
func appendPacked(b []byte, codes []uint32, width int) []byte {
	groups := (len(codes) + 7) / 8
	b = binary.AppendUvarint(b, uint64(groups)<<1|1)
	at, end := len(b), len(b)+groups*width
	b = slices.Grow(b, groups*width+8)[:end+8] // words are written whole
	var acc uint64
	used := 0
	for _, c := range codes {
		acc |= uint64(c) << used
		if used += width; used >= 32 {
			binary.LittleEndian.PutUint64(b[at:], acc)
			acc >>= 32
			used -= 32
			at += 4
		}
	}
	binary.LittleEndian.PutUint64(b[at:], acc)
	clear(b[min(at+8, end):end])
	return b[:end]
}

// Blocks of the delta encoding.
const (
	deltaBlock     = 128
	deltaMiniCount = 4
	deltaMini      = deltaBlock / deltaMiniCount
)

// appendDelta appends integers in DELTA_BINARY_PACKED.
func appendDelta(b []byte, values []int64) []byte {
	b = binary.AppendUvarint(b, deltaBlock)
	b = binary.AppendUvarint(b, deltaMiniCount)
	b = binary.AppendUvarint(b, uint64(len(values)))
	if len(values) == 0 {
		return binary.AppendVarint(b, 0)
	}
	b = binary.AppendVarint(b, values[0])
	var deltas [deltaBlock]int64
	last := values[0]
	for rest := values[1:]; len(rest) > 0; {
		n := min(len(rest), deltaBlock)
		least := int64(math.MaxInt64)
		for i, v := range rest[:n] {
			deltas[i] = v - last // wraps around, as the format wants
			least = min(least, deltas[i])
			last = v
		}
		b = appendDeltaBlock(b, deltas[:n], least)
		rest = rest[n:]
	}
	return b
}

func appendDeltaBlock(b []byte, deltas []int64, least int64) []byte {
	b = binary.AppendVarint(b, least)
	widthsAt := len(b)
	b = append(b, 0, 0, 0, 0)
	for mini := 0; mini*deltaMini < len(deltas); mini++ {
		part := deltas[mini*deltaMini : min((mini+1)*deltaMini, len(deltas))]
		var all uint64
		for _, d := range part {
			all |= uint64(d - least)
		}
		width := bits.Len64(all)
		b[widthsAt+mini] = byte(width)
		b = appendPacked64(b, part, least, width)
	}
	return b
}

// appendPacked64 packs one miniblock of 32 deltas, the missing ones as zeros.
func appendPacked64(b []byte, part []int64, least int64, width int) []byte {
	end := len(b) + deltaMini*width/8
	b = slices.Grow(b, deltaMini*width/8+8)
	var acc uint64
	used := 0
	for _, d := range part {
		v := uint64(d - least)
		acc |= v << used
		if used+width < 64 {
			used += width
		} else {
			b = binary.LittleEndian.AppendUint64(b, acc)
			spent := 64 - used
			acc = 0
			if spent < 64 {
				acc = v >> spent
			}
			used = used + width - 64
		}
	}
	for ; used > 0; used -= 8 {
		b = append(b, byte(acc))
		acc >>= 8
	}
	for len(b) < end {
		b = append(b, 0)
	}
	return b[:end]
}

// appendFloats appends floats split by byte, which compresses far better.
func appendFloats(b []byte, values []float64) []byte {
	n, at := len(values), len(b)
	b = slices.Grow(b, 8*n)[:at+8*n]
	out := b[at:]
	for i, v := range values {
		u := math.Float64bits(v)
		out[i], out[n+i], out[2*n+i], out[3*n+i] = byte(u), byte(u>>8), byte(u>>16), byte(u>>24)
		out[4*n+i], out[5*n+i], out[6*n+i], out[7*n+i] = byte(u>>32), byte(u>>40), byte(u>>48), byte(u>>56)
	}
	return b
}

func appendBools(b []byte, values []bool) []byte {
	var acc byte
	for i, v := range values {
		if v {
			acc |= 1 << (i & 7)
		}
		if i&7 == 7 {
			b = append(b, acc)
			acc = 0
		}
	}
	if len(values)&7 != 0 {
		b = append(b, acc)
	}
	return b
}
