package aws

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// Limits of bodies: as they come, and unpacked. The largest that AWS's services
// take are tables of 10 MB, escaped as JSON.
const (
	maxBody     = 32 << 20
	maxUnpacked = 32 << 20
)

// memory is what one request holds.
type memory struct{ body.Memory }

// reserve counts n bytes, or answers Throttled if all requests have too many,
// TooLarge if this one alone needs more than there are.
func (m *memory) reserve(n int) error { return said(m.Reserve(n)) }

// read reads a body as it comes; length is how long it is said to be, below 0 if
// that is not known.
func (m *memory) read(in io.Reader, length int64) ([]byte, error) {
	if in == nil || length == 0 {
		return nil, nil
	}
	out, err := m.Read(in, maxBody, length)
	return out, said(err)
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
	out, err := m.Gunzip(bytes.NewReader(raw), maxBody, maxUnpacked)
	if p, ok := errors.AsType[*body.Problem](err); ok && p.Cause != nil {
		return nil, &Error{Code: "SerializationException", Message: "the body is not the gzip that its Content-Encoding says: " + brief(p.Cause.Error())}
	}
	return out, said(err)
}

// said says what is wrong with a body in AWS's words.
func said(err error) error {
	p, ok := errors.AsType[*body.Problem](err)
	if !ok {
		return err
	}
	switch p.Kind {
	case body.Busy:
		return fault.Busy(fault.Throttled, time.Second, "Rate exceeded: the requests at hand hold more than %d bytes", p.Limit)
	case body.Beyond:
		return fault.New(fault.TooLarge, "the request needs more than the %d bytes of memory that all requests have: send smaller batches, or give the server more", p.Limit)
	case body.TooLarge:
		return fault.New(fault.TooLarge, "the request body is larger than %d bytes: send smaller batches", p.Limit)
	case body.Slow:
		return fault.Busy(fault.Unavailable, time.Second, "the request body came too slowly: send it again")
	case body.Unreadable, body.NotGzip, body.NotZstd, body.Empty:
	}
	return &Error{Code: "SerializationException", Message: "the request body can't be read: " + brief(p.Cause.Error())}
}
