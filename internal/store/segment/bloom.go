package segment

import (
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// A split block Bloom filter as Parquet defines it: blocks of eight 32-bit
// words; a key sets one bit in each word of one block. Ours have 10 to 20 bits a
// key: about one false answer in a hundred or less.

const bloomBlock = 32 // bytes

// bloomSalt are the factors that pick the bits, from Parquet's specification.
func bloomSalt() [8]uint32 {
	return [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31}
}

// newBloom makes a filter for n keys; its size is a power of two, which some
// readers want.
func newBloom(n int) []byte {
	size := max(n*10/8, bloomBlock)
	if size&(size-1) != 0 {
		size = 1 << bits.Len(uint(size))
	}
	return make([]byte, size)
}

func bloomAdd(filter []byte, hash uint64) {
	block := filter[bloomAt(filter, hash):]
	for i, salt := range bloomSalt() {
		bit := uint32(hash) * salt >> 27
		word := binary.LittleEndian.Uint32(block[4*i:])
		binary.LittleEndian.PutUint32(block[4*i:], word|1<<bit)
	}
}

func bloomAt(filter []byte, hash uint64) int {
	return int(hash>>32*uint64(len(filter)/bloomBlock)>>32) * bloomBlock
}

// MayHold reports whether a filter of trace ids, as Info holds one, may hold an
// id. An empty or damaged filter may hold anything.
func MayHold(filter []byte, traceID string) bool {
	if len(filter) < bloomBlock || len(filter)%bloomBlock != 0 {
		return true
	}
	hash := xxhash.Sum64String(traceID)
	block := filter[bloomAt(filter, hash):]
	for i, salt := range bloomSalt() {
		bit := uint32(hash) * salt >> 27
		if binary.LittleEndian.Uint32(block[4*i:])&(1<<bit) == 0 {
			return false
		}
	}
	return true
}

// bloomHeader is what stands before a filter in a file: its size, and that it is
// of the one kind there is.
func bloomHeader(size int) []byte {
	w := &thriftWriter{}
	w.begin()
	w.i32(1, int32(size))
	for id := int16(2); id <= 4; id++ { // algorithm, hash, compression: each a union of one
		w.structure(id)
		w.structure(1)
		w.end()
		w.end()
	}
	w.end()
	return w.b
}

// bloomBody cuts the header off a filter read from a file.
func bloomBody(raw []byte) []byte {
	r := &thriftReader{b: raw}
	size := int64(-1)
	r.structure(func(id int16, kind byte) {
		if id == 1 && kind == thriftI32 {
			size = r.varint()
			return
		}
		r.skip(kind)
	})
	if r.failed || size != int64(len(r.b)) {
		return nil
	}
	return r.b
}
