package aws

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Event streams (application/vnd.amazon.eventstream) are frames one after another:
//
//	u32 length of the frame | u32 length of the headers | u32 CRC-32 of the eight bytes before
//	headers, each: u8 length, name, u8 7 (a string), u16 length, value
//	payload | u32 CRC-32 of all before
//
// Integers are big-endian, sums are IEEE's.
const eventStreamType = "application/vnd.amazon.eventstream"

const (
	headerString = 7
	framePrelude = 12
	frameSum     = 4
)

// frameHeader is a header of a frame: a name and a text of at most 64 KiB.
type frameHeader struct{ name, value string }

func appendFrame(to []byte, headers []frameHeader, payload []byte) []byte {
	start := len(to)
	to = append(to, make([]byte, framePrelude)...)
	for _, h := range headers {
		to = append(to, byte(len(h.name)))
		to = append(to, h.name...)
		to = append(to, headerString)
		to = binary.BigEndian.AppendUint16(to, uint16(len(h.value)))
		to = append(to, h.value...)
	}
	frame := to[start:]
	binary.BigEndian.PutUint32(frame, uint32(len(frame)+len(payload)+frameSum))
	binary.BigEndian.PutUint32(frame[4:], uint32(len(frame)-framePrelude))
	binary.BigEndian.PutUint32(frame[8:], crc32.ChecksumIEEE(frame[:8]))
	to = append(to, payload...)
	return binary.BigEndian.AppendUint32(to, crc32.ChecksumIEEE(to[start:]))
}

// EventStream is an answer that goes on: events as they happen, each sent at
// once. One goroutine writes it.
type EventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buf     []byte
}

// Stream begins an event stream as the answer of a call. No error can be answered
// after it, only sent as an exception within the stream.
func (c *Call) Stream() (*EventStream, error) {
	s := &EventStream{w: c.w, control: http.NewResponseController(c.w)}
	h := c.w.Header()
	h.Set("Content-Type", eventStreamType)
	h.Set("X-Accel-Buffering", "no") // proxies would collect frames
	c.w.WriteHeader(http.StatusOK)
	// Clients want this one first, even of operations that have nothing to say in it.
	initial := []frameHeader{{":event-type", "initial-response"}, {":content-type", ContentType}, {":message-type", "event"}}
	if err := s.send(initial, []byte("{}")); err != nil {
		return nil, fault.Wrap(fault.Canceled, err, "the answer can't be streamed")
	}
	return s, nil
}

// Event sends an event of a kind. An error means that the reader has gone.
func (s *EventStream) Event(kind string, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	return s.send([]frameHeader{{":event-type", kind}, {":content-type", "application/json"}, {":message-type", "event"}}, raw)
}

// Exception sends why the stream ends. Nothing may follow.
func (s *EventStream) Exception(code, message string) error {
	raw, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		return fmt.Errorf("encode %s: %w", code, err)
	}
	return s.send([]frameHeader{{":message-type", "exception"}, {":exception-type", code}, {":content-type", "application/json"}}, raw)
}

func (s *EventStream) send(headers []frameHeader, payload []byte) error {
	s.buf = appendFrame(s.buf[:0], headers, payload)
	if _, err := s.w.Write(s.buf); err != nil {
		return err
	}
	return s.control.Flush()
}
