package aws

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of bodies: as they come, unpacked, and of all that are at hand. The
// largest that AWS's services take are tables of 10 MB, escaped as JSON.
const (
	maxBody     = 32 << 20
	maxUnpacked = 32 << 20
	maxHeld     = 256 << 20
	smallBuffer = 64 << 10
	largeBuffer = 8 << 20 // those up to it are used again
)

// bodies reads requests into buffers that are used again.
type bodies struct {
	most    int64
	held    atomic.Int64
	buffers sync.Pool // *[]byte
	gzips   sync.Pool // *gzip.Reader
}

func newBodies(most int64) *bodies {
	if most <= 0 || most > maxHeld {
		most = maxHeld
	}
	return &bodies{most: most}
}

// memory is what one request holds.
type memory struct {
	bodies  *bodies
	held    int64
	buffers []*[]byte
}

// reserve counts n bytes, or answers Throttled if all requests have too many,
// TooLarge if this one alone needs more than there are.
func (m *memory) reserve(n int) error {
	if m.held+int64(n) > m.bodies.most {
		return fault.New(fault.TooLarge, "the request needs more than the %d bytes of memory that all requests have: send smaller batches, or give the server more", m.bodies.most)
	}
	if m.bodies.held.Add(int64(n)) > m.bodies.most {
		m.bodies.held.Add(-int64(n))
		return fault.Busy(fault.Throttled, time.Second, "Rate exceeded: the requests at hand hold more than %d bytes", m.bodies.most)
	}
	m.held += int64(n)
	return nil
}

func (m *memory) release() {
	m.bodies.held.Add(-m.held)
	for _, buf := range m.buffers {
		if cap(*buf) <= largeBuffer {
			m.bodies.buffers.Put(buf)
		}
	}
	m.held, m.buffers = 0, nil
}

// read reads a body as it comes; length is how long it is said to be, below 0 if
// that is not known.
func (m *memory) read(body io.Reader, length int64) ([]byte, error) {
	if length > maxBody {
		return nil, tooLarge(maxBody)
	}
	if body == nil || length == 0 {
		return nil, nil
	}
	return m.fill(body, maxBody, int(length))
}

// unpack returns what a body of a coding holds.
func (m *memory) unpack(raw []byte, coding string) ([]byte, error) {
	switch strings.ToLower(coding) {
	case "", "identity", "aws-chunked": // the last only names a way of signing
		return raw, nil
	case "gzip":
	default:
		return nil, &Error{Status: 415, Code: "SerializationException", Message: "Content-Encoding '" + brief(coding) + "' is not supported; send gzip or none"}
	}
	z, ok := m.bodies.gzips.Get().(*gzip.Reader)
	var err error
	if ok {
		err = z.Reset(bytes.NewReader(raw))
	} else {
		z, err = gzip.NewReader(bytes.NewReader(raw))
	}
	if err != nil {
		return nil, notGzip(err)
	}
	defer m.bodies.gzips.Put(z)
	out, err := m.fill(z, maxUnpacked, -1)
	if err == nil || fault.KindOf(err) != fault.Internal {
		return out, err
	}
	if _, ours := errors.AsType[*Error](err); ours {
		return nil, err
	}
	return nil, notGzip(err)
}

func notGzip(err error) error {
	return &Error{Code: "SerializationException", Message: "the body is not the gzip that its Content-Encoding says: " + brief(err.Error())}
}

func tooLarge(limit int) error {
	return fault.New(fault.TooLarge, "the request body is larger than %d bytes: send smaller batches", limit)
}

// fill reads all of r, at most limit bytes. A length that is said sizes the
// buffer, up to what a sender may make us set aside unseen.
func (m *memory) fill(r io.Reader, limit, length int) ([]byte, error) {
	buf, ok := m.bodies.buffers.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, max(smallBuffer, min(length+1, 1<<20)))
		buf = &fresh
	}
	*buf = (*buf)[:0]
	m.buffers = append(m.buffers, buf)
	if err := m.reserve(cap(*buf)); err != nil {
		return nil, err
	}
	for {
		if len(*buf) == cap(*buf) {
			size := min(2*cap(*buf), max(limit+1, cap(*buf)+1))
			if err := m.reserve(size - cap(*buf)); err != nil {
				return nil, err
			}
			next := make([]byte, len(*buf), size)
			copy(next, *buf)
			*buf = next
		}
		n, err := r.Read((*buf)[len(*buf):cap(*buf)])
		*buf = (*buf)[:len(*buf)+n]
		switch {
		case len(*buf) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return *buf, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, fault.Busy(fault.Unavailable, time.Second, "the request body came too slowly: send it again")
		case err != nil:
			return nil, &Error{Code: "SerializationException", Message: "the request body can't be read: " + brief(err.Error())}
		}
	}
}
