package rollbar

import (
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

// Limits of bodies, unpacked. All requests at hand share maxHeld.
const (
	maxPayload  = 1 << 20
	maxBatch    = 16 << 20
	maxHeld     = 256 << 20
	smallBuffer = 16 << 10
	keepBuffer  = 4 << 20 // larger ones are left to the collector
)

// bodies reads bodies into buffers that are used again, within what all may hold.
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

// memory is what one request holds until release.
type memory struct {
	bodies  *bodies
	held    int64
	buffers []*[]byte
}

func (b *bodies) memory() *memory { return &memory{bodies: b} }

// reserve counts n bytes. Faults: Throttled where all requests hold too much.
func (m *memory) reserve(n int) error {
	if m.bodies.held.Add(int64(n)) > m.bodies.most {
		m.bodies.held.Add(-int64(n))
		return fault.Busy(fault.Throttled, time.Second, "the requests at hand hold more than %d bytes: send more slowly", m.bodies.most)
	}
	m.held += int64(n)
	return nil
}

func (m *memory) release() {
	m.bodies.held.Add(-m.held)
	for _, buf := range m.buffers {
		if cap(*buf) <= keepBuffer {
			m.bodies.buffers.Put(buf)
		}
	}
	m.held, m.buffers = 0, nil
}

// read reads a body of a coding, unpacked at most so many bytes; length is how
// long it is said to be, below 0 if that is not known. Faults: TooLarge,
// Throttled, Unavailable; a refusal where it can't be read.
func (m *memory) read(body io.Reader, coding string, length int64, most int) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		if length > int64(most) {
			return nil, tooLarge(most)
		}
		return m.fill(body, most)
	case "gzip", "x-gzip":
		return m.gunzip(body, most)
	}
	return nil, refuse(400, "%s: the content encoding %.40q is not supported, send gzip or none", saysUndecodable, coding)
}

func tooLarge(most int) error {
	return fault.New(fault.TooLarge, "%s: at most %d bytes are taken, unpacked", saysTooLarge, most)
}

// fill reads all of r, at most so many bytes.
func (m *memory) fill(r io.Reader, most int) ([]byte, error) {
	buf, ok := m.bodies.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
		*buf = make([]byte, 0, smallBuffer)
	}
	*buf = (*buf)[:0]
	m.buffers = append(m.buffers, buf)
	if err := m.reserve(cap(*buf)); err != nil {
		return nil, err
	}
	for {
		if len(*buf) == cap(*buf) {
			size := max(min(2*cap(*buf), most+1), cap(*buf)+1)
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
		case len(*buf) > most:
			return nil, tooLarge(most)
		case errors.Is(err, io.EOF):
			return *buf, nil
		case err != nil:
			return nil, unread(err)
		}
	}
}

// unread says why a body could not be read. A sender whose network stalled may
// come back.
func unread(err error) error {
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fault.Busy(fault.Unavailable, time.Second, "the request body came too slowly: send it again")
	}
	return refuse(400, "%s: %w", saysUndecodable, err)
}

func (m *memory) gunzip(body io.Reader, most int) ([]byte, error) {
	z, ok := m.bodies.gzips.Get().(*gzip.Reader)
	var err error
	if ok {
		err = z.Reset(io.LimitReader(body, int64(most)+1))
	} else {
		z, err = gzip.NewReader(io.LimitReader(body, int64(most)+1))
	}
	if err != nil {
		return nil, unread(err)
	}
	defer m.bodies.gzips.Put(z)
	return m.fill(z, most)
}
