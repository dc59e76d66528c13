package honeycomb

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

const protocolKinesis = "kinesis_firehose"

// maxRecord is how large a record may be, unpacked. Firehose takes up to 1,000 KiB
// packed; log lines pack well.
const maxRecord = 16 << 20

// createKinesisEvents is POST /1/kinesis_events/{dataset}: what Amazon Data
// Firehose delivers to an HTTP endpoint. Its records hold log lines that a
// CloudWatch subscription sends, metric streams (JSON or OTLP), or JSON objects
// and lines of text of anybody else.
func (f *Front) createKinesisEvents(w http.ResponseWriter, r *http.Request) {
	e := eventsRequest(r)
	e.protocol = protocolKinesis
	if key := r.Header.Get("X-Amz-Firehose-Access-Key"); key != "" {
		e.key = key
	}
	status, text := http.StatusOK, ""
	if err := f.receiveDelivery(r, e); err != nil {
		status, text = f.refuseEvents(r.Context(), w, e, err)
		if fault.Is(err, fault.TooLarge) {
			status = http.StatusRequestEntityTooLarge // which Firehose does not send again
		}
	}
	// Firehose takes an answer that is not about its request for a failure.
	writeJSON(w, status, deliveryAnswer{r.Header.Get("X-Amz-Firehose-Request-Id"), f.Clock().UnixMilli(), text})
}

// deliveryAnswer is what Firehose expects.
type deliveryAnswer struct {
	RequestID string `json:"requestId"`
	Timestamp int64  `json:"timestamp"`
	Error     string `json:"errorMessage,omitempty"`
}

func (f *Front) receiveDelivery(r *http.Request, e *export) error {
	p, err := f.admitEvents(r.Context(), e)
	if err != nil {
		return err
	}
	if r.Header.Get("X-Amz-Firehose-Request-Id") == "" {
		return &refusal{status: http.StatusBadRequest, text: "missing 'X-Amz-Firehose-Request-Id' header"}
	}
	mem := f.bodies.memory()
	defer mem.Release()
	body, err := readEvents(mem, r)
	if err != nil {
		return err
	}
	slug := dataset.Slug(e.dataset)
	d := &delivery{events: f.newEvents(p, slug, mem), reserve: mem.reserve}
	d.metrics = f.metricsOf(p, slug, mem)
	if err := d.read(body); err != nil {
		return err
	}
	batch, err := d.finish()
	if err != nil {
		return err
	}
	batches := append(d.batches, batch)
	batches = slices.DeleteFunc(batches, func(b *event.Batch) bool { return b.Len() == 0 })
	if len(batches) > 0 {
		if slug, err = f.Datasets.Resolve(p.Environment, e.dataset, p.Permissions.CreateDatasets); err != nil {
			return refuseDataset(err)
		}
		for _, b := range batches {
			b.Dataset = slug
		}
		// The body has the id of the delivery: a retry has the same.
		if err := f.write(r.Context(), e, p, batches, fingerprintOf(e, p, body)); err != nil {
			return err
		}
	}
	d.account(f.Door.Ledger(), e.protocol)
	return nil
}

// metricsOf returns a reader of OTLP metrics whose events go to one dataset.
func (f *Front) metricsOf(p *auth.Principal, slug string, mem *memory) func(message []byte) (*otlp.Result, error) {
	limits := f.Door.Limits()
	options := otlp.Options{
		Environment: p.Environment, MinTime: limits.MinTime, MaxTime: limits.MaxTime, Now: f.Clock().UnixNano(), Float: rand.Float64, Reserve: mem.reserve,
		Dataset: func(string) (string, error) { return slug, nil },
	}
	return func(message []byte) (*otlp.Result, error) { return otlp.Decode(otlp.Metrics, message, options) }
}

// delivery reads the records of a request into events.
type delivery struct {
	*events
	reserve func(bytes int) error
	metrics func(message []byte) (*otlp.Result, error)
	batches []*event.Batch // of metrics

	raw, plain []byte // of a record: as it was sent, and unpacked
	z          *gzip.Reader
}

// read reads {"requestId": …, "timestamp": …, "records": [{"data": base64}, …]}.
func (d *delivery) read(body []byte) error {
	s := &jsonscan.Scanner{In: body}
	bad := func() error { return fault.New(fault.Invalid, "the body is not what Firehose sends: %w", s.Err) }
	if s.Peek() == 0 {
		return &refusal{status: http.StatusBadRequest, text: saysEmpty}
	}
	if !s.Enter('{') {
		return bad()
	}
	for more := s.First('}'); more; more = s.More('}') {
		name, ok := s.Name()
		switch {
		case !ok:
		case string(name) != "records":
			s.Skip()
		default:
			if err := d.records(s); err != nil && s.Err == nil {
				return err
			}
		}
	}
	if s.Err == nil && s.Peek() != 0 {
		s.Fail("%s where the request must end", s.Here())
	}
	if s.Err != nil {
		return bad()
	}
	return nil
}

func (d *delivery) records(s *jsonscan.Scanner) error {
	if !s.Enter('[') {
		return s.Err
	}
	for more := s.First(']'); more; more = s.More(']') {
		if !s.Enter('{') {
			return s.Err
		}
		for more := s.First('}'); more; more = s.More('}') {
			name, ok := s.Name()
			if !ok || string(name) != "data" || s.Peek() != '"' {
				s.Skip()
				continue
			}
			if text, ok := s.Text(); ok {
				if err := d.record(text); err != nil {
					return err
				}
			}
		}
	}
	return s.Err
}

// record reads a record. What can't be read is left out and noted: Firehose would
// send all of the others again.
func (d *delivery) record(text []byte) error {
	var err error
	if need := base64.StdEncoding.DecodedLen(len(text)); need > cap(d.raw) {
		if err = d.reserve(need - cap(d.raw)); err != nil {
			return err
		}
		d.raw = make([]byte, 0, need)
	}
	if d.raw, err = base64.StdEncoding.AppendDecode(d.raw[:0], text); err != nil {
		d.drop("record_unreadable", func() string { return "a record that is not base64: " + err.Error() })
		return nil //nolint:nilerr // it is noted
	}
	plain := d.raw
	if bytes.HasPrefix(d.raw, []byte{0x1f, 0x8b}) {
		switch plain, err = d.unpack(); {
		case fault.KindOf(err) == fault.Throttled || fault.KindOf(err) == fault.TooLarge:
			return err
		case err != nil:
			d.drop("record_unreadable", func() string { return "a record that is not gzip: " + err.Error() })
			return nil //nolint:nilerr // it is noted
		}
	}
	switch trimmed := bytes.TrimLeft(plain, " \t\r\n"); {
	case len(trimmed) == 0:
		return nil
	case trimmed[0] == '{':
		return d.documents(plain)
	case framed(plain):
		return d.messages(plain)
	}
	return d.lines(plain)
}

// unpack unzips a record into a buffer that the next one uses again.
func (d *delivery) unpack() ([]byte, error) {
	var err error
	if d.z == nil {
		d.z, err = gzip.NewReader(bytes.NewReader(d.raw))
	} else {
		err = d.z.Reset(bytes.NewReader(d.raw))
	}
	if err != nil {
		return nil, err
	}
	d.plain = d.plain[:0]
	for {
		if len(d.plain) == cap(d.plain) {
			if len(d.plain) >= maxRecord {
				return nil, fault.New(fault.TooLarge, "a record unpacks to more than %d bytes", maxRecord)
			}
			size := max(2*cap(d.plain), smallBuffer)
			if err := d.reserve(size - cap(d.plain)); err != nil {
				return nil, err
			}
			d.plain = append(make([]byte, 0, size), d.plain...)
		}
		n, err := d.z.Read(d.plain[len(d.plain):cap(d.plain)])
		d.plain = d.plain[:len(d.plain)+n]
		if errors.Is(err, io.EOF) {
			return d.plain, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// documents reads the JSON objects of a record, one after the other. What is none
// is text.
func (d *delivery) documents(plain []byte) error {
	for at := 0; ; {
		s := jsonscan.Scanner{In: plain, At: at}
		if s.Peek() == 0 {
			return nil
		}
		from := s.At
		if s.Peek() != '{' || !s.Skip() {
			return d.lines(plain[from:])
		}
		at = s.At
		if err := d.document(plain[from:at]); err != nil {
			return err
		}
	}
}

// lines reads text: Firehose can be told to send only the messages of log lines.
func (d *delivery) lines(plain []byte) error {
	if !utf8.Valid(plain) {
		d.drop("record_unreadable", func() string { return "a record that is neither JSON nor OTLP metrics nor text" })
		return nil
	}
	for line := range bytes.Lines(plain) {
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := d.open(); err != nil {
			return err
		}
		d.begin()
		d.members++
		d.message(line)
		if err := d.close(len(line)); err != nil {
			return err
		}
	}
	return nil
}

// framed reports whether a record is OTLP requests: messages that begin with
// their first field, each with its length before it.
func framed(plain []byte) bool {
	for len(plain) > 0 {
		size, n := binary.Uvarint(plain)
		if n <= 0 || size > uint64(len(plain)-n) || size > 0 && plain[n] != 1<<3|2 {
			return false
		}
		plain = plain[n+int(size):]
	}
	return true
}

// messages reads the OTLP requests of a record.
func (d *delivery) messages(plain []byte) error {
	for len(plain) > 0 {
		size, n := binary.Uvarint(plain) // framed has looked
		result, err := d.metrics(plain[n : n+int(size)])
		if err != nil {
			if fault.Is(err, fault.Invalid) {
				d.drop("record_unreadable", func() string { return fault.MessageOf(err) })
				return nil
			}
			return err
		}
		d.batches = append(d.batches, result.Batches...)
		for _, p := range result.Problems {
			d.lose(p.Reason, !p.Rejected, p.Count, func() string { return p.Sample })
		}
		plain = plain[n+int(size):]
	}
	return nil
}
