package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

const (
	fileMagic  = "ORIEL JOURNAL 1\n"
	entryMagic = "OJ1e"
	noteMagic  = "OJ1n"
	anyMagic   = "OJ1" // what both begin with

	headerBytes   = 48
	fileSuffix    = ".journal"
	damagedSuffix = ".damaged"
	lockName      = "LOCK"
	reserveName   = "RESERVE"
)

// header is what precedes a payload.
type header struct {
	note        bool
	length      uint32
	payloadSum  uint32
	seq         uint64
	time        int64
	fingerprint [16]byte
}

// castagnoli returns the table of the polynomial that processors compute;
// the library makes it once and keeps it.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func payloadSum(payload []byte) uint32 { return crc32.Checksum(payload, castagnoli()) }

func headerSum(salt uint64, head []byte) uint32 {
	var s [8]byte
	binary.BigEndian.PutUint64(s[:], salt)
	return crc32.Update(crc32.Checksum(s[:], castagnoli()), castagnoli(), head[8:headerBytes])
}

func (h *header) put(dst *[headerBytes]byte, salt uint64) {
	magic := entryMagic
	if h.note {
		magic = noteMagic
	}
	copy(dst[:], magic)
	binary.LittleEndian.PutUint32(dst[8:], h.length)
	binary.LittleEndian.PutUint32(dst[12:], h.payloadSum)
	binary.LittleEndian.PutUint64(dst[16:], h.seq)
	binary.LittleEndian.PutUint64(dst[24:], uint64(h.time))
	copy(dst[32:], h.fingerprint[:])
	binary.LittleEndian.PutUint32(dst[4:], headerSum(salt, dst[:]))
}

// parseHeader reads a header and reports whether it is one of this file.
func parseHeader(src []byte, salt uint64) (h header, ok bool) {
	if len(src) < headerBytes {
		return h, false
	}
	switch string(src[:4]) {
	case entryMagic:
	case noteMagic:
		h.note = true
	default:
		return h, false
	}
	if binary.LittleEndian.Uint32(src[4:]) != headerSum(salt, src) {
		return h, false
	}
	h.length = binary.LittleEndian.Uint32(src[8:])
	h.payloadSum = binary.LittleEndian.Uint32(src[12:])
	h.seq = binary.LittleEndian.Uint64(src[16:])
	h.time = int64(binary.LittleEndian.Uint64(src[24:]))
	copy(h.fingerprint[:], src[32:headerBytes])
	return h, true
}

func fileName(number uint32, salt uint64) string {
	return fmt.Sprintf("%08d-%016x%s", number, salt, fileSuffix)
}

// parseName is the reverse of fileName; other names are none of ours.
func parseName(name string) (number uint32, salt uint64, ok bool) {
	stem, found := strings.CutSuffix(name, fileSuffix)
	left, right, cut := strings.Cut(stem, "-")
	n, err := strconv.ParseUint(left, 10, 32)
	if !found || !cut || err != nil {
		return 0, 0, false
	}
	salt, err = strconv.ParseUint(right, 16, 64)
	return uint32(n), salt, err == nil && fileName(uint32(n), salt) == name
}
