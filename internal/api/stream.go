package api

import (
	"bytes"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// stream writes server-sent events. A reader that takes nothing for writeStall
// is cut off, so that it can't hold a goroutine.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	clock   func() time.Time
}

const writeStall = 30 * time.Second

func (a *API) openStream(w http.ResponseWriter) (*stream, error) {
	s := &stream{w: w, clock: a.clock, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if err := s.control.Flush(); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the connection can't stream")
	}
	return s, nil
}

// send writes one event; id may be empty. Data must not hold a newline, which
// JSON never does.
func (s *stream) send(name, id string, data []byte) error {
	var buf bytes.Buffer
	buf.WriteString("event: " + name + "\n")
	if id != "" {
		buf.WriteString("id: " + id + "\n")
	}
	buf.WriteString("data: ")
	buf.Write(data)
	buf.WriteString("\n\n")
	// Not every connection can set a deadline; then the write blocks as usual.
	_ = s.control.SetWriteDeadline(s.clock().Add(writeStall))
	if _, err := s.w.Write(buf.Bytes()); err != nil {
		return err
	}
	return s.control.Flush()
}
