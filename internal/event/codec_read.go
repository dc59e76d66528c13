package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errBatch = errors.New("malformed batch")

// minColumnBytes is what the shortest column takes: an empty name, head, count.
const minColumnBytes = 3

// DecodeBatch reads one batch from the start of src and returns it and what
// follows. The batch may share src's memory, which must then not change. Any
// input is safe: what is not a batch is an error, and memory spent is within a
// fixed multiple of len(src).
func DecodeBatch(src []byte) (b *Batch, rest []byte, err error) {
	r := &batchReader{left: src}
	b = r.batch()
	if r.bad != "" {
		return nil, nil, fmt.Errorf("%w: %s at byte %d of %d", errBatch, r.bad, len(src)-len(r.left), len(src))
	}
	return b, r.left, nil
}

// batchReader takes things off the front of left. After the first thing that is
// wrong every read gives zero or nothing, so callers check bad only before they
// loop or hand something over.
type batchReader struct {
	left []byte
	bad  string
}

func (r *batchReader) fail(what string) {
	if r.bad == "" {
		r.bad = what
	}
}

func (r *batchReader) take(n int) []byte {
	if r.bad != "" || n < 0 || n > len(r.left) {
		r.fail("cut short")
		return nil
	}
	out := r.left[:n:n]
	r.left = r.left[n:]
	return out
}

func (r *batchReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// count reads how many things follow, of which a byte of data holds at most perByte.
func (r *batchReader) count(perByte uint64) int {
	v, n := binary.Uvarint(r.left)
	if r.bad != "" || n <= 0 {
		r.fail("no count")
		return 0
	}
	if r.left = r.left[n:]; v > math.MaxUint32 || v > uint64(len(r.left))*perByte {
		r.fail("a count exceeds the data")
		return 0
	}
	return int(v)
}

func (r *batchReader) text() string { return string(r.take(r.count(1))) }

func (r *batchReader) batch() *Batch {
	if v := r.byte(); v != codecVersion {
		r.fail("unknown version")
		return nil
	}
	b := &Batch{Environment: r.text(), Dataset: r.text()}
	n := r.count(padEvery)
	b.Times = r.ints(n)
	switch r.byte() {
	case 0:
	case 1:
		var least uint32
		if b.SampleRates, least, _ = r.uints(n); n > 0 && least == 0 {
			r.fail("a sample rate is 0")
		}
	default:
		r.fail("unknown form of sample rates")
	}
	count := r.count(1)
	if r.bad != "" || count > len(r.left)/minColumnBytes {
		r.fail("more columns than data")
		return nil
	}
	slab := make([]Column, count)
	b.Columns = make([]*Column, count)
	for i := range slab {
		r.column(&slab[i], n)
		if r.bad != "" {
			return nil
		}
		b.Columns[i] = &slab[i]
	}
	if b.reindex(); b.index.count != count {
		r.fail("two columns have one name")
	}
	return b
}

func (r *batchReader) column(c *Column, rows int) {
	c.Name = r.text()
	head := r.byte()
	c.Kind = Kind(head & headKind)
	n := r.count(padEvery)
	if n > rows {
		r.fail("more values than rows")
		return
	}
	if head&headSparse != 0 {
		c.Rows = r.rowNumbers(n, rows)
	}
	switch c.Kind {
	case Int:
		c.Ints = r.ints(n)
	case Float:
		c.Floats = r.floats(n)
	case Bool:
		c.Bools = r.bools(n)
	case String:
		c.Dict = r.dict()
		var most uint32
		if c.Codes, _, most = r.uints(n); n > 0 && uint64(most) >= uint64(len(c.Dict.Ends)) {
			r.fail("a code is not in the dictionary")
		}
	case Null:
		if n > 0 {
			r.fail("a null column has values")
		}
	default:
		r.fail("unknown kind")
	}
	c.Dict.loose = head&headLoose != 0
}

func (r *batchReader) rowNumbers(n, rows int) []uint32 {
	v, _, most := r.uints(n)
	if n > 0 && uint64(most) >= uint64(rows) {
		r.fail("a row number exceeds the rows")
	}
	for i := 1; i < len(v); i++ {
		if v[i] <= v[i-1] {
			r.fail("row numbers do not ascend")
			return nil
		}
	}
	if v == nil {
		v = []uint32{} // nil would say that the column is dense
	}
	return v
}

func (r *batchReader) dict() Dict {
	entries, size := r.count(padEvery), r.count(1)
	ends, _, _ := r.uints(entries)
	data := r.take(size)
	var end uint64
	for i, length := range ends {
		if end += uint64(length); end > uint64(len(data)) {
			break
		}
		ends[i] = uint32(end)
	}
	if r.bad == "" && end != uint64(len(data)) {
		r.fail("a dictionary's lengths do not add up")
	}
	return Restore(ends, data, false)
}

func (r *batchReader) floats(n int) []float64 {
	src := r.take(8 * n)
	if len(src) == 0 {
		return nil
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
	}
	return v
}

func (r *batchReader) bools(n int) []bool {
	src := r.take((n + 7) / 8)
	if len(src) == 0 {
		return nil
	}
	v := make([]bool, n)
	for i := range v {
		v[i] = src[i>>3]&(1<<(i&7)) != 0
	}
	return v
}

// numbers reads what precedes n numbers, and their bytes.
func (r *batchReader) numbers(n int) (width byte, base int64, src []byte) {
	width = r.byte()
	base, used := binary.Varint(r.left)
	if r.bad != "" || used <= 0 {
		r.fail("no base")
		return 0, 0, nil
	}
	r.left = r.left[used:]
	switch width {
	case 1, 2, 4, 8:
		src = r.take(int(width) * n)
	case widthSame, widthCounting:
		src = r.take(padding(n))
	default:
		r.fail("unknown width")
	}
	return width, base, src
}

func (r *batchReader) ints(n int) []int64 {
	if n == 0 || r.bad != "" {
		return nil
	}
	width, base, src := r.numbers(n)
	if r.bad != "" {
		return nil
	}
	v := make([]int64, n)
	switch width {
	case widthSame:
		for i := range v {
			v[i] = base
		}
	case widthCounting:
		for i := range v {
			v[i] = base + int64(i)
		}
	case 1:
		for i, x := range src {
			v[i] = base + int64(x)
		}
	case 2:
		for i := range v {
			v[i] = base + int64(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case 4:
		for i := range v {
			v[i] = base + int64(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case 8:
		for i := range v {
			v[i] = base + int64(binary.LittleEndian.Uint64(src[8*i:]))
		}
	}
	return v
}

// uints reads n numbers of 32 bits and returns the least and the most of them.
func (r *batchReader) uints(n int) (v []uint32, least, most uint32) {
	if n == 0 || r.bad != "" {
		return nil, 0, 0
	}
	width, base, src := r.numbers(n)
	span := uint64(math.MaxUint32) - uint64(max(base, 0)) // how far above base still fits
	if base < 0 || base > math.MaxUint32 || width == 8 || (width == widthCounting && uint64(n-1) > span) {
		r.fail("a number exceeds 32 bits")
	}
	if r.bad != "" {
		return nil, 0, 0
	}
	v = make([]uint32, n)
	low, high := uint32(base), uint32(0)
	switch width {
	case widthCounting:
		for i := range v {
			v[i] = uint32(i)
		}
		high = uint32(n - 1)
	case 1:
		for i, x := range src {
			v[i], high = uint32(x), max(high, uint32(x))
		}
	case 2:
		for i := range v {
			x := uint32(binary.LittleEndian.Uint16(src[2*i:]))
			v[i], high = x, max(high, x)
		}
	case 4:
		for i := range v {
			x := binary.LittleEndian.Uint32(src[4*i:])
			v[i], high = x, max(high, x)
		}
	}
	if uint64(high) > span {
		r.fail("a number exceeds 32 bits")
		return nil, 0, 0
	}
	if low != 0 {
		for i := range v {
			v[i] += low
		}
	}
	return v, low, low + high
}
