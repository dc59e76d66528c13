package rollbar

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// Limits of bodies, unpacked.
const (
	maxPayload = 1 << 20
	maxBatch   = 16 << 20
	keepBuffer = 4 << 20 // larger ones are left to the collector
)

// memory is what one request holds until Release.
type memory struct{ body.Memory }

// reserve counts n bytes. Faults: Throttled where all requests hold too much,
// TooLarge where this one alone needs more.
func (m *memory) reserve(n int) error { return said(m.Reserve(n)) }

// read reads a body of a coding, unpacked at most so many bytes; length is how
// long it is said to be, below 0 if that is not known. Faults: TooLarge,
// Throttled, Unavailable; a refusal where it can't be read.
func (m *memory) read(in io.Reader, coding string, length int64, most int) (out []byte, err error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		out, err = m.Read(in, most, length)
	case "gzip", "x-gzip":
		out, err = m.Gunzip(in, most, most)
	default:
		return nil, refuse(400, "%s: the content encoding %.40q is not supported, send gzip or none", saysUndecodable, coding)
	}
	return out, said(err)
}

func tooLarge(most int64) error {
	return fault.New(fault.TooLarge, "%s: at most %d bytes are taken, unpacked", saysTooLarge, most)
}

// said says what is wrong with a body in Rollbar's words.
func said(err error) error {
	p, ok := errors.AsType[*body.Problem](err)
	if !ok {
		return err
	}
	switch p.Kind {
	case body.Busy:
		return fault.Busy(fault.Throttled, time.Second, "the requests at hand hold more than %d bytes: send more slowly", p.Limit)
	case body.Beyond:
		return fault.New(fault.TooLarge, "%s: it needs more than the %d bytes of memory that all requests have", saysTooLarge, p.Limit)
	case body.TooLarge:
		return tooLarge(p.Limit)
	case body.Slow:
		return fault.Busy(fault.Unavailable, time.Second, "the request body came too slowly: send it again")
	case body.Unreadable, body.NotGzip, body.NotZstd, body.Empty:
	}
	return refuse(400, "%s: %w", saysUndecodable, p.Cause)
}
