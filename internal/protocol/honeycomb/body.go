package honeycomb

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of a request's body: as it is sent, and unpacked.
const (
	maxPacked   = 20 << 20
	maxUnpacked = 64 << 20
	maxWindow   = 8 << 20 // of zstd
)

// bodies reads requests into buffers and unpacks them with decoders that are
// used again.
type bodies struct {
	buffers sync.Pool // *bytes.Buffer
	gzips   sync.Pool // *gzip.Reader
	zstds   sync.Pool // *zstd.Decoder
}

func (b *bodies) buffer() *bytes.Buffer {
	if buf, ok := b.buffers.Get().(*bytes.Buffer); ok {
		buf.Reset()
		return buf
	}
	return &bytes.Buffer{}
}

func (b *bodies) giveBack(buf *bytes.Buffer) {
	const kept = 4 << 20
	if buf.Cap() <= kept {
		b.buffers.Put(buf)
	}
}

// read reads a body of a coding into buf. Faults: TooLarge, Invalid. A plain body
// has the limit of an unpacked one.
func (b *bodies) read(buf *bytes.Buffer, body io.Reader, coding string, length int64) error {
	switch coding {
	case "", "identity":
		if length > maxUnpacked {
			return tooLarge(maxUnpacked)
		}
		if length > 0 {
			buf.Grow(int(min(length, maxUnpacked)) + bytes.MinRead)
		}
		return fill(buf, body, maxUnpacked)
	case "gzip":
		return b.gunzip(buf, body)
	case "zstd":
		return b.unzstd(buf, body)
	}
	return fault.New(fault.Invalid, "unsupported content encoding %q", coding)
}

func tooLarge(limit int) error {
	return fault.New(fault.TooLarge, "the request body is larger than %d bytes: send smaller batches", limit)
}

// fill reads all of r, at most limit bytes.
func fill(buf *bytes.Buffer, r io.Reader, limit int) error {
	n, err := buf.ReadFrom(io.LimitReader(r, int64(limit)+1))
	if n > int64(limit) {
		return tooLarge(limit)
	}
	if err != nil {
		if fault.KindOf(err) == fault.TooLarge {
			return err
		}
		return fault.New(fault.Invalid, "the request body can't be read: %w", err)
	}
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

func (b *bodies) gunzip(buf *bytes.Buffer, body io.Reader) error {
	packed := &limited{body, maxPacked}
	z, ok := b.gzips.Get().(*gzip.Reader)
	var err error
	if ok {
		err = z.Reset(packed)
	} else {
		z, err = gzip.NewReader(packed)
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			return fault.New(fault.Invalid, "the request body is said to be gzip, but is empty")
		}
		return fault.New(fault.Invalid, "the request body is not gzip: %w", err)
	}
	defer b.gzips.Put(z)
	return fill(buf, z, maxUnpacked)
}

func (b *bodies) unzstd(buf *bytes.Buffer, body io.Reader) error {
	z, ok := b.zstds.Get().(*zstd.Decoder)
	if !ok {
		var err error
		if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)); err != nil {
			return err
		}
	}
	defer b.zstds.Put(z)
	if err := z.Reset(&limited{body, maxPacked}); err != nil {
		return fault.New(fault.Invalid, "the request body is not zstd: %w", err)
	}
	return fill(buf, z, maxUnpacked)
}
