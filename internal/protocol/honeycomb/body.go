package honeycomb

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of a request's body, as it is sent and unpacked, and of what all
// requests at hand may hold together: bodies, and columns that are not written
// yet. Where less memory is given (protocol.Deps), a body may be half of it.
const (
	maxPacked   = 20 << 20
	maxUnpacked = 64 << 20
	maxWindow   = 8 << 20 // of zstd
	maxHeld     = 384 << 20
)

// How buffers grow: doubling, and from largeBuffer on to the limit at once, so
// that what is copied from is never more than that. Those up to it are used again.
const (
	smallBuffer = 64 << 10
	largeBuffer = 8 << 20
)

// bodies reads requests into buffers and unpacks them with decoders that are
// used again.
type bodies struct {
	most     int64 // that all may hold
	unpacked int   // of one
	held     atomic.Int64
	buffers  sync.Pool // *[]byte
	gzips    sync.Pool // *gzip.Reader
	zstds    sync.Pool // *zstd.Decoder
}

// newBodies shares out so many bytes, 0 for as many as are ever needed.
func newBodies(most int64) *bodies {
	if most <= 0 || most > maxHeld {
		most = maxHeld
	}
	return &bodies{most: most, unpacked: int(min(maxUnpacked, most/2))}
}

// memory is what one request holds.
type memory struct {
	bodies  *bodies
	held    int64
	buffers []*[]byte
}

func (b *bodies) memory() *memory { return &memory{bodies: b} }

// reserve counts n bytes, or answers Throttled if there are too many of all
// requests, TooLarge if this one alone needs more than there is.
func (m *memory) reserve(n int) error {
	most := m.bodies.most
	if m.held+int64(n) > most {
		return fault.New(fault.TooLarge, "the request needs more than the %d bytes of memory that all requests have: send smaller batches, or give the server more", most)
	}
	if m.bodies.held.Add(int64(n)) > most {
		m.bodies.held.Add(-int64(n))
		return fault.Busy(fault.Throttled, time.Second, "the requests at hand hold more than %d bytes: send more slowly", most)
	}
	m.held += int64(n)
	return nil
}

// buffer returns an empty buffer, which release takes back.
func (m *memory) buffer() (*[]byte, error) {
	buf, ok := m.bodies.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
		*buf = make([]byte, 0, smallBuffer)
	}
	*buf = (*buf)[:0]
	m.buffers = append(m.buffers, buf)
	return buf, m.reserve(cap(*buf))
}

// release gives everything back.
func (m *memory) release() {
	m.bodies.held.Add(-m.held)
	for _, buf := range m.buffers {
		if cap(*buf) <= largeBuffer {
			m.bodies.buffers.Put(buf)
		}
	}
	m.held, m.buffers = 0, nil
}

// read reads a body of a coding; length is how long it is said to be, below 0 if
// that is not known. Faults: TooLarge, Invalid, Throttled. A plain body has the
// limit of an unpacked one.
func (m *memory) read(body io.Reader, coding string, length int64) ([]byte, error) {
	switch strings.ToLower(coding) {
	case "", "identity":
		if length > int64(m.bodies.unpacked) {
			return nil, tooLarge(m.bodies.unpacked)
		}
		if length < 0 {
			length = int64(m.bodies.unpacked)
		}
		return m.fill(body, int(length))
	case "gzip":
		return m.gunzip(body)
	case "zstd":
		return m.unzstd(body)
	}
	return nil, fault.New(fault.Invalid, "%s: unsupported content encoding %q", unreadable, coding)
}

const unreadable = "failed to parse OTLP request body"

func tooLarge(limit int) error {
	return fault.New(fault.TooLarge, "the request body is larger than %d bytes: send smaller batches", limit)
}

// fill reads all of r, at most limit bytes.
func (m *memory) fill(r io.Reader, limit int) ([]byte, error) {
	buf, err := m.buffer()
	if err != nil {
		return nil, err
	}
	for {
		if len(*buf) == cap(*buf) {
			if err := m.widen(buf, limit); err != nil {
				return nil, err
			}
		}
		n, err := r.Read((*buf)[len(*buf):cap(*buf)])
		*buf = (*buf)[:len(*buf)+n]
		switch {
		case len(*buf) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return *buf, nil
		case err != nil && fault.KindOf(err) == fault.TooLarge:
			return nil, err
		case err != nil:
			return nil, unread("it can't be read", err)
		}
	}
}

// unread says why a body could not be read. A sender whose network stalled is
// asked to come back: told that its request is bad it would throw it away.
func unread(what string, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fault.Busy(fault.Unavailable, time.Second, "the request body came too slowly: send it again")
	}
	return fault.New(fault.Invalid, "%s: %s: %w", unreadable, what, err)
}

// widen makes room in a full buffer; one byte more than the limit shows that there is more.
func (m *memory) widen(buf *[]byte, limit int) error {
	size := 2 * cap(*buf)
	if size > largeBuffer {
		size = max(limit+1, cap(*buf)+1)
	}
	if err := m.reserve(size - cap(*buf)); err != nil {
		return err
	}
	next := make([]byte, len(*buf), size)
	copy(next, *buf)
	*buf = next
	return nil
}

// limited fails when more than limit bytes have been read.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, tooLarge(maxPacked)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

func (m *memory) gunzip(body io.Reader) ([]byte, error) {
	packed := &limited{body, maxPacked}
	z, ok := m.bodies.gzips.Get().(*gzip.Reader)
	var err error
	if ok {
		err = z.Reset(packed)
	} else {
		z, err = gzip.NewReader(packed)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "%s: it is said to be gzip, but is empty", unreadable)
		}
		return nil, unread("it is not gzip", err)
	}
	defer m.bodies.gzips.Put(z)
	return m.fill(z, m.bodies.unpacked)
}

func (m *memory) unzstd(body io.Reader) ([]byte, error) {
	z, ok := m.bodies.zstds.Get().(*zstd.Decoder)
	if !ok {
		var err error
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)); err != nil {
			return nil, err
		}
	}
	defer func() {
		_ = z.Reset(nil) // lets go of the request; it can't fail
		m.bodies.zstds.Put(z)
	}()
	if err := z.Reset(&limited{body, maxPacked}); err != nil {
		return nil, unread("it is not zstd", err)
	}
	return m.fill(z, m.bodies.unpacked)
}
