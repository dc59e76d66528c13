package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	windowBytes     = 1 << 20
	unreadableBytes = 4096 // skipped after a read error: the usual unit of a bad disk
)

// place is where a valid record stands.
type place struct {
	header
	file   int // index in Journal.files
	offset int64
}

// Damage is a part of a file in which no record could be read.
type Damage struct {
	File   string
	Offset int64
	Length int64
	// Tail is set at the end of a file where no entry is missing: what a crash
	// in the middle of a write leaves, with nothing acknowledged in it.
	Tail   bool
	Reason string

	file       int // index in Journal.files
	unreadable bool
}

// scanner reads a file from front to back and finds the records that are whole.
type scanner struct {
	file  File
	size  int64
	salt  uint64
	visit func(h header, offset int64)
	fail  func(offset, length int64, reason string, unreadable bool)

	window  []byte
	start   int64 // offset of window
	readErr bool  // the last record failed for that
}

func (s *scanner) run() {
	at := int64(0)
	if head, err := s.at(0, len(fileMagic)); err == nil && string(head) == fileMagic {
		at = int64(len(fileMagic))
	}
	for at < s.size {
		h, reason := s.record(at)
		if reason == "" {
			s.visit(h, at)
			at += headerBytes + int64(h.length)
			continue
		}
		unreadable := s.readErr
		next := s.resync(at + 1)
		s.fail(at, next-at, reason, unreadable)
		at = next
	}
}

// record checks that a whole record stands at an offset; reason says why not.
func (s *scanner) record(at int64) (h header, reason string) {
	head, err := s.at(at, headerBytes)
	if errors.Is(err, io.EOF) {
		return h, "cut short in a header"
	}
	s.readErr = err != nil
	if err != nil {
		return h, fmt.Sprintf("unreadable: %v", err)
	}
	h, ok := parseHeader(head, s.salt)
	switch {
	case !ok && len(bytes.Trim(head, "\x00")) == 0:
		return h, "zeros"
	case !ok:
		return h, "no record"
	case at+headerBytes+int64(h.length) > s.size:
		return h, "cut short in a payload"
	}
	sum, left, from := uint32(0), int64(h.length), at+headerBytes
	for left > 0 {
		part, err := s.at(from, int(min(left, windowBytes)))
		if err != nil {
			s.readErr = true
			return h, fmt.Sprintf("unreadable: %v", err)
		}
		sum = crc32.Update(sum, castagnoli(), part)
		left, from = left-int64(len(part)), from+int64(len(part))
	}
	if sum != h.payloadSum {
		return h, "payload changed"
	}
	return h, ""
}

// resync returns the first offset from at on where a whole record stands, or
// the end of the file.
func (s *scanner) resync(at int64) int64 {
	for at < s.size {
		part, err := s.at(at, int(min(s.size-at, windowBytes)))
		if err != nil {
			block := unreadableBytes - at%unreadableBytes
			if part, err = s.at(at, int(min(s.size-at, block))); err != nil {
				at += block
				continue
			}
		}
		i := bytes.Index(part, []byte(anyMagic))
		if i < 0 {
			// The end of this part may hold the beginning of the next magic.
			at += int64(max(len(part)-len(anyMagic)+1, 1))
			continue
		}
		at += int64(i)
		if _, reason := s.record(at); reason == "" {
			return at
		}
		at++
	}
	return s.size
}

// at returns n bytes of the file, valid until the next call. io.EOF: there are
// fewer.
func (s *scanner) at(offset int64, n int) ([]byte, error) {
	if offset+int64(n) > s.size {
		return nil, io.EOF
	}
	if from := offset - s.start; from >= 0 && from+int64(n) <= int64(len(s.window)) {
		return s.window[from : from+int64(n)], nil
	}
	if cap(s.window) == 0 {
		s.window = make([]byte, min(s.size, 2*windowBytes))
	}
	want := max(n, int(min(s.size-offset, int64(cap(s.window)))))
	s.window = s.window[:want]
	got, err := s.file.ReadAt(s.window, offset)
	s.start, s.window = offset, s.window[:got]
	if got >= n {
		return s.window[:n], nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // the file shrank while we read it
	}
	return nil, err
}
