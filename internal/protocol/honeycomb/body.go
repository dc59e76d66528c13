package honeycomb

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// Limits of a request's body, as it is sent and unpacked. Where less memory is
// given (protocol.Deps), a body may be half of it.
const (
	maxPacked   = 20 << 20
	maxUnpacked = 64 << 20
	smallBuffer = 64 << 10 // of what is unpacked piece by piece
)

// bodies reads requests within the budget of all doors.
type bodies struct {
	budget   *body.Budget
	unpacked int // of one
}

func newBodies(budget *body.Budget) *bodies {
	if budget == nil {
		budget = body.NewBudget(0)
	}
	return &bodies{budget: budget, unpacked: int(min(maxUnpacked, budget.Most()/2))}
}

// memory is what one request holds.
type memory struct {
	body.Memory
	unpacked int
}

func (b *bodies) memory() *memory { return &memory{b.budget.Memory(), b.unpacked} }

// reserve counts n bytes, or answers Throttled if there are too many of all
// requests, TooLarge if this one alone needs more than there is.
func (m *memory) reserve(n int) error { return said(m.Reserve(n)) }

// buffer returns an empty buffer, which Release takes back.
func (m *memory) buffer() (*[]byte, error) {
	buf, err := m.Buffer()
	return buf, said(err)
}

// read reads a body of a coding; length is how long it is said to be, below 0 if
// that is not known. Faults: TooLarge, Invalid, Throttled. A plain body has the
// limit of an unpacked one.
func (m *memory) read(in io.Reader, coding string, length int64) (out []byte, err error) {
	switch strings.ToLower(coding) {
	case "", "identity":
		out, err = m.Read(in, m.unpacked, length)
	case "gzip":
		out, err = m.Gunzip(in, maxPacked, m.unpacked)
	case "zstd":
		out, err = m.Unzstd(in, maxPacked, m.unpacked)
	default:
		return nil, fault.New(fault.Invalid, "%s: unsupported content encoding %q", unreadable, coding)
	}
	return out, said(err)
}

const unreadable = "failed to parse OTLP request body"

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "the request body is larger than %d bytes: send smaller batches", limit)
}

// said says what is wrong with a body in the words of these protocols.
func said(err error) error {
	p, ok := errors.AsType[*body.Problem](err)
	if !ok {
		return err
	}
	what := "it can't be read"
	switch p.Kind {
	case body.Busy:
		return fault.Busy(fault.Throttled, time.Second, "the requests at hand hold more than %d bytes: send more slowly", p.Limit)
	case body.Beyond:
		return fault.New(fault.TooLarge, "the request needs more than the %d bytes of memory that all requests have: send smaller batches, or give the server more", p.Limit)
	case body.TooLarge:
		return tooLarge(p.Limit)
	case body.Slow:
		return tooSlow()
	case body.Empty:
		return fault.New(fault.Invalid, "%s: it is said to be gzip, but is empty", unreadable)
	case body.NotGzip:
		what = "it is not gzip"
	case body.NotZstd:
		what = "it is not zstd"
	case body.Unreadable:
	}
	return fault.New(fault.Invalid, "%s: %s: %w", unreadable, what, p.Cause)
}

func tooSlow() error {
	return fault.Busy(fault.Unavailable, time.Second, "the request body came too slowly: send it again")
}
