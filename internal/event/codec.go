package event

import (
	"encoding/binary"
	"math"
	"slices"
)

// The binary form of a batch, used by the journal. Everything is little-endian.
//
//	batch   = version environment dataset rows numbers(rows) rates columns column*
//	version = byte, 1
//	rates   = byte 0: every sample rate is 1
//	        | byte 1, numbers(rows)
//	column  = name head count [numbers(count)] values
//	head    = byte: bits 0-2 the Kind, bit 3 sparse (the row numbers follow, strictly
//	          ascending; else value i belongs to row i), bit 4 the dictionary is loose
//	values  = Int:    numbers(count)
//	        | Float:  count × 8 bytes, IEEE 754
//	        | Bool:   count bits, lowest first, zero-padded to a byte
//	        | String: entries bytes numbers(entries) data numbers(count)
//	                  the lengths of the dictionary's entries, their text one after the
//	                  other (bytes long in all), and the values' codes
//	        | Null:   nothing, and count is 0
//
//	environment, dataset, name       = length text
//	rows, columns, count, entries,
//	bytes, length                    = uvarint
//
//	numbers(0) = nothing
//	numbers(n) = width base ...
//	  width 0:          n times base            followed by n/16 zero bytes, rounded up
//	  width 9:          base, base+1, base+2 …  followed by n/16 zero bytes, rounded up
//	  width 1, 2, 4, 8: n offsets from base, of that many bytes
//	  base is a zigzag varint; adding wraps at 64 bits.
//
// The zero bytes keep what a decoder allocates within a fixed multiple of what it
// was given, so that a forged count is refused before memory is spent on it.
const (
	codecVersion = 1

	headKind   = 0x07
	headSparse = 0x08
	headLoose  = 0x10

	widthSame     = 0
	widthCounting = 9
	padEvery      = 16
)

// AppendBatch appends the binary form of b to dst. It allocates only to grow dst.
func AppendBatch(dst []byte, b *Batch) []byte {
	dst = append(dst, codecVersion)
	dst = appendText(dst, b.Environment)
	dst = appendText(dst, b.Dataset)
	dst = binary.AppendUvarint(dst, uint64(len(b.Times)))
	dst = appendNumbers(dst, b.Times)
	if b.SampleRates == nil {
		dst = append(dst, 0)
	} else {
		dst = append(dst, 1)
		dst = appendNumbers(dst, b.SampleRates)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.Columns)))
	for _, c := range b.Columns {
		dst = appendColumn(dst, c)
	}
	return dst
}

func appendColumn(dst []byte, c *Column) []byte {
	head := byte(c.Kind)
	if c.Rows != nil {
		head |= headSparse
	}
	if c.Dict.loose {
		head |= headLoose
	}
	dst = appendText(dst, c.Name)
	dst = append(dst, head)
	dst = binary.AppendUvarint(dst, uint64(c.Len()))
	if c.Rows != nil {
		dst = appendNumbers(dst, c.Rows)
	}
	switch c.Kind {
	case Int:
		dst = appendNumbers(dst, c.Ints)
	case Float:
		dst = appendFloats(dst, c.Floats)
	case Bool:
		dst = appendBits(dst, c.Bools)
	case String:
		dst = binary.AppendUvarint(dst, uint64(len(c.Dict.Ends)))
		dst = binary.AppendUvarint(dst, uint64(len(c.Dict.Data)))
		dst = appendLengths(dst, c.Dict.Ends)
		dst = append(dst, c.Dict.Data...)
		dst = appendNumbers(dst, c.Codes)
	case Null:
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendNumbers writes numbers as offsets from the least, as narrow as they allow.
func appendNumbers[T int64 | uint32](dst []byte, v []T) []byte {
	if len(v) == 0 {
		return dst
	}
	least, most := v[0], v[0]
	for _, x := range v {
		least, most = min(least, x), max(most, x)
	}
	if span := uint64(most) - uint64(least); span > 0 && span == uint64(len(v)-1) && counting(v) {
		return appendRun(dst, widthCounting, int64(least), len(v))
	}
	return appendOffsets(dst, v, least, uint64(most)-uint64(least))
}

func counting[T int64 | uint32](v []T) bool {
	for i, x := range v {
		if x-v[0] != T(i) {
			return false
		}
	}
	return true
}

func appendRun(dst []byte, width byte, base int64, n int) []byte {
	dst = binary.AppendVarint(append(dst, width), base)
	for range padding(n) {
		dst = append(dst, 0)
	}
	return dst
}

func padding(n int) int { return n/padEvery + (n%padEvery+padEvery-1)/padEvery }

func appendOffsets[T int64 | uint32](dst []byte, v []T, base T, span uint64) []byte {
	width := 8
	switch {
	case span == 0:
		return appendRun(dst, widthSame, int64(base), len(v))
	case span <= math.MaxUint8:
		width = 1
	case span <= math.MaxUint16:
		width = 2
	case span <= math.MaxUint32:
		width = 4
	}
	dst = binary.AppendVarint(append(dst, byte(width)), int64(base))
	dst, out := extend(dst, width*len(v))
	switch width {
	case 1:
		out = out[:len(v)]
		for i, x := range v {
			out[i] = byte(x - base)
		}
	case 2:
		for i, x := range v {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(x-base))
		}
	case 4:
		for i, x := range v {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(x-base))
		}
	default:
		for i, x := range v {
			binary.LittleEndian.PutUint64(out[8*i:], uint64(x-base))
		}
	}
	return dst
}

// appendLengths writes the lengths that ends imply, without a slice of them.
func appendLengths(dst []byte, ends []uint32) []byte {
	if len(ends) == 0 {
		return dst
	}
	least, most, last := uint32(math.MaxUint32), uint32(0), uint32(0)
	for _, end := range ends {
		least, most, last = min(least, end-last), max(most, end-last), end
	}
	width := 4
	switch span := most - least; {
	case span == 0:
		return appendRun(dst, widthSame, int64(least), len(ends))
	case span <= math.MaxUint8:
		width = 1
	case span <= math.MaxUint16:
		width = 2
	}
	dst = binary.AppendVarint(append(dst, byte(width)), int64(least))
	dst, out := extend(dst, width*len(ends))
	last = 0
	for i, end := range ends {
		offset := end - last - least
		last = end
		switch width {
		case 1:
			out[i] = byte(offset)
		case 2:
			binary.LittleEndian.PutUint16(out[2*i:], uint16(offset))
		default:
			binary.LittleEndian.PutUint32(out[4*i:], offset)
		}
	}
	return dst
}

func appendFloats(dst []byte, v []float64) []byte {
	dst, out := extend(dst, 8*len(v))
	for i, f := range v {
		binary.LittleEndian.PutUint64(out[8*i:], math.Float64bits(f))
	}
	return dst
}

func appendBits(dst []byte, v []bool) []byte {
	dst, out := extend(dst, (len(v)+7)/8)
	clear(out)
	for i, set := range v {
		if set {
			out[i>>3] |= 1 << (i & 7)
		}
	}
	return dst
}

// extend grows dst by n bytes and returns it, and the new part.
func extend(dst []byte, n int) (all, grown []byte) {
	dst = slices.Grow(dst, n)
	return dst[:len(dst)+n], dst[len(dst) : len(dst)+n]
}
