// Package body reads the bodies of requests: into buffers that are used again,
// unpacked by decoders that are, and within one budget of memory for all doors. It
// has no words of its own: what is wrong is a [Problem], which each vendor's room
// says in its vendor's.
//
// Limits are held while a body is read and unpacked, before memory is taken.
package body

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// How buffers grow: doubling, and from LargeBuffer on to the limit at once, so
// that what is copied from is never more than that. Those up to it are used again.
const (
	SmallBuffer = 16 << 10
	LargeBuffer = 8 << 20
)

const (
	sizedAtMost = 1 << 20 // what a sender may make us set aside unseen
	maxWindow   = 8 << 20 // of zstd
)

// MostHeld is the largest budget: more is never needed.
const MostHeld = 384 << 20

// Budget is what all requests at hand may hold together: bodies, and rows that are
// not written yet. It is safe for concurrent use.
type Budget struct {
	most    int64
	held    atomic.Int64
	buffers sync.Pool // *[]byte
	gzips   sync.Pool // *gzip.Reader
	zstds   sync.Pool // *zstd.Decoder
}

// NewBudget shares out so many bytes, 0 for [MostHeld].
func NewBudget(most int64) *Budget {
	if most <= 0 || most > MostHeld {
		most = MostHeld
	}
	return &Budget{most: most}
}

// Most returns how many bytes there are.
func (b *Budget) Most() int64 { return b.most }

// Held returns how many are held.
func (b *Budget) Held() int64 { return b.held.Load() }

// Memory returns what one request will hold, nothing so far.
func (b *Budget) Memory() Memory { return Memory{budget: b} }

// Memory is what one request holds until Release. Errors of its methods are of the
// type *[Problem].
type Memory struct {
	budget  *Budget
	held    int64
	buffers []*[]byte
}

// Held returns how many bytes the request holds.
func (m *Memory) Held() int64 { return m.held }

// Reserve counts n bytes. Problems: Beyond, Busy.
func (m *Memory) Reserve(n int) error {
	most := m.budget.most
	if m.held+int64(n) > most {
		return &Problem{Kind: Beyond, Limit: most}
	}
	if m.budget.held.Add(int64(n)) > most {
		m.budget.held.Add(-int64(n))
		return &Problem{Kind: Busy, Limit: most}
	}
	m.held += int64(n)
	return nil
}

// Buffer returns an empty buffer, which Release takes back.
func (m *Memory) Buffer() (*[]byte, error) { return m.buffer(SmallBuffer) }

func (m *Memory) buffer(size int) (*[]byte, error) {
	buf, ok := m.budget.buffers.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, 0, size)
		buf = &fresh
	}
	*buf = (*buf)[:0]
	m.buffers = append(m.buffers, buf)
	return buf, m.Reserve(cap(*buf))
}

// Release gives everything back; nobody may look at what was read after that.
func (m *Memory) Release() {
	m.budget.held.Add(-m.held)
	for _, buf := range m.buffers {
		if cap(*buf) <= LargeBuffer {
			m.budget.buffers.Put(buf)
		}
	}
	m.held, m.buffers = 0, nil
}

// Read reads all of r, at most limit bytes. length is how long it is said to be,
// below 0 if that is not known.
func (m *Memory) Read(r io.Reader, limit int, length int64) ([]byte, error) {
	if length > int64(limit) {
		return nil, &Problem{Kind: TooLarge, Limit: int64(limit)}
	}
	buf, err := m.buffer(max(SmallBuffer, int(min(length+1, sizedAtMost))))
	if err != nil {
		return nil, err
	}
	for {
		if len(*buf) == cap(*buf) {
			if err := m.widen(buf, limit, length); err != nil {
				return nil, err
			}
		}
		n, err := r.Read((*buf)[len(*buf):cap(*buf)])
		*buf = (*buf)[:len(*buf)+n]
		switch {
		case len(*buf) > limit:
			return nil, &Problem{Kind: TooLarge, Limit: int64(limit)}
		case errors.Is(err, io.EOF):
			return *buf, nil
		case err != nil:
			return nil, problem(Unreadable, err)
		}
	}
}

// widen makes room in a full buffer; one byte more than the limit shows that there is more.
func (m *Memory) widen(buf *[]byte, limit int, length int64) error {
	size := 2 * cap(*buf)
	if size > LargeBuffer {
		if length >= 0 {
			limit = int(length)
		}
		size = max(limit+1, cap(*buf)+1)
	}
	if err := m.Reserve(size - cap(*buf)); err != nil {
		return err
	}
	next := make([]byte, len(*buf), size)
	copy(next, *buf)
	*buf = next
	return nil
}

// limited fails when more bytes have been read than may be.
type limited struct {
	r     io.Reader
	left  int64
	limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &Problem{Kind: TooLarge, Limit: l.limit}
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// Gunzip reads what a gzip of at most so many bytes packed holds, at most limit.
func (m *Memory) Gunzip(r io.Reader, packed, limit int) ([]byte, error) {
	in := &limited{r, int64(packed) + 1, int64(packed)}
	z, ok := m.budget.gzips.Get().(*gzip.Reader)
	var err error
	if ok {
		err = z.Reset(in)
	} else {
		z, err = gzip.NewReader(in)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Problem{Kind: Empty, Cause: err}
	case err != nil:
		return nil, problem(NotGzip, err)
	}
	defer m.budget.gzips.Put(z)
	return m.Read(z, limit, -1)
}

// Unzstd is Gunzip of Zstandard. Windows of more than 8 MiB are not unpacked.
func (m *Memory) Unzstd(r io.Reader, packed, limit int) ([]byte, error) {
	z, ok := m.budget.zstds.Get().(*zstd.Decoder)
	if !ok {
		var err error
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)); err != nil {
			return nil, problem(NotZstd, err)
		}
	}
	defer func() {
		_ = z.Reset(nil) // lets go of the request; it can't fail
		m.budget.zstds.Put(z)
	}()
	if err := z.Reset(&limited{r, int64(packed) + 1, int64(packed)}); err != nil {
		return nil, problem(NotZstd, err)
	}
	return m.Read(z, limit, -1)
}

// Kind says what is wrong with a body.
type Kind int

// The kinds.
const (
	Busy       Kind = iota + 1 // the requests at hand hold too much: later there may be room
	Beyond                     // this one alone needs more than all may hold
	TooLarge                   // it is longer than Limit
	Slow                       // it came too slowly: its sender may come back
	Unreadable                 // it can't be read, or unpacked
	NotGzip                    // it does not begin as a gzip
	NotZstd                    // it does not begin as Zstandard
	Empty                      // there is no gzip
)

// Problem is why a body was not read.
type Problem struct {
	Kind  Kind
	Limit int64 // bytes: of Busy, Beyond and TooLarge
	Cause error // of the others
}

// problem classifies an error of reading. A sender whose network stalled is told
// apart: told that its request is bad it would throw it away.
func problem(kind Kind, err error) error {
	if known, ok := errors.AsType[*Problem](err); ok {
		return known
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		kind = Slow
	}
	return &Problem{Kind: kind, Cause: err}
}

// Error says what is wrong in no vendor's words: for logs.
func (p *Problem) Error() string {
	switch p.Kind {
	case Busy:
		return fmt.Sprintf("the requests at hand hold more than %d bytes", p.Limit)
	case Beyond:
		return fmt.Sprintf("the request needs more than %d bytes", p.Limit)
	case TooLarge:
		return fmt.Sprintf("the body is larger than %d bytes", p.Limit)
	case Slow:
		return "the body came too slowly"
	case Unreadable, NotGzip, NotZstd, Empty:
	}
	return fmt.Sprintf("the body can't be read: %v", p.Cause)
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }
