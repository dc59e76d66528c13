// Package recording holds an hour of a sample app's telemetry in a few hundred
// kilobytes: what the app sent to four vendors while it really ran, in acts of some
// minutes each. [Recording.Play] gives it back as requests, as if it had just
// happened: with fresh ids, at times that end now, an act repeated until its share of
// the hour is full. Package record makes the file; nothing here knows Oriel.
package recording

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"
)

//go:embed hour.zst
var hour []byte //nolint:gochecknoglobals // an embedded file is a constant

// Kind is what a request brings, and so where it goes.
type Kind byte

// The kinds of requests.
const (
	Spans    Kind = iota // an ExportTraceServiceRequest
	Lines                // the body of PutLogEvents
	Item                 // the body of a post to Rollbar's /api/1/item/
	Segments             // the body of X-Ray's PutTraceSegments
	Deploy               // the body of a post to Rollbar's /api/1/deploy
)

// Recording is acts in their order.
type Recording struct{ Acts []Act }

// Act is what one version of the app sent in a while.
type Act struct {
	Lasts    time.Duration
	Times    int // how often it is played
	Requests []Request
}

// Request is telemetry that happened from At on; in a file its ids are numbers and
// its times are relative (see packed.go).
type Request struct {
	At            time.Duration // since the act began
	Kind          Kind
	Group, Stream string // of Lines
	Body          []byte
}

// Hour returns the recorded hour that the program carries.
func Hour() (*Recording, error) { return Read(bytes.NewReader(hour)) }

const (
	magic = "oriel recording 1\n"
	most  = 256 << 20 // bytes of an unpacked file
)

// Read reads a file that Write wrote.
func Read(from io.Reader) (*Recording, error) {
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(most))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	raw, err := io.ReadAll(io.LimitReader(z, most))
	if err != nil {
		return nil, fmt.Errorf("unpack the recording: %w", err)
	}
	d := decoder{left: raw}
	if string(d.take(len(magic))) != magic {
		return nil, errors.New("this is no recording")
	}
	r := &Recording{Acts: make([]Act, d.count())}
	for i := range r.Acts {
		a := &r.Acts[i]
		a.Lasts, a.Times = time.Duration(d.number())*time.Millisecond, d.count() //nolint:gosec // bounded by what follows
		a.Requests = make([]Request, d.count())
		for k := range a.Requests {
			a.Requests[k] = Request{
				At: time.Duration(d.number()) * time.Millisecond, Kind: Kind(d.number()), //nolint:gosec // as above
				Group: string(d.bytes()), Stream: string(d.bytes()), Body: d.bytes(),
			}
		}
	}
	if d.failed {
		return nil, errors.New("the recording ends too early")
	}
	return r, nil
}

// Write writes a file.
func (r *Recording) Write(to io.Writer) error {
	b := binary.AppendUvarint([]byte(magic), uint64(len(r.Acts)))
	for _, a := range r.Acts {
		b = binary.AppendUvarint(b, uint64(a.Lasts.Milliseconds())) //nolint:gosec // never negative
		b = binary.AppendUvarint(b, uint64(a.Times))                //nolint:gosec // never negative
		b = binary.AppendUvarint(b, uint64(len(a.Requests)))
		for _, q := range a.Requests {
			b = binary.AppendUvarint(b, uint64(q.At.Milliseconds())) //nolint:gosec // never negative
			b = append(b, byte(q.Kind))
			for _, s := range [][]byte{[]byte(q.Group), []byte(q.Stream), q.Body} {
				b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
			}
		}
	}
	z, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(zstd.MaxWindowSize>>4), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}

// decoder reads what a file holds; what would be beyond its end is empty, and failed.
type decoder struct {
	left   []byte
	failed bool
}

func (d *decoder) number() uint64 {
	n, used := binary.Uvarint(d.left)
	if used <= 0 {
		d.failed, d.left = true, nil
		return 0
	}
	d.left = d.left[used:]
	return n
}

// count is a number of things that take a byte each at least.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.left)) {
		d.failed, d.left = true, nil
		return 0
	}
	return int(n) //nolint:gosec // bounded above
}

func (d *decoder) take(n int) []byte {
	if n > len(d.left) {
		d.failed, n = true, len(d.left)
	}
	b := d.left[:n:n]
	d.left = d.left[n:]
	return b
}

func (d *decoder) bytes() []byte { return d.take(d.count()) }
