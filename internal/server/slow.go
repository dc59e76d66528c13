package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Limits of peers that hold a request open without getting on: a body must keep
// up a rate, and an answer must be read.
const (
	bodyStall  = 10 * time.Second // longest time below bodyRate
	bodyRate   = 1 << 10          // bytes a second
	largeBody  = 1 << 20          // from which on a body takes up memory that others wait for
	largeRate  = 64 << 10         // bytes a second of such a one
	writeStall = 30 * time.Second // longest time for writeChunk bytes
	writeChunk = 64 << 10
	mostUnread = 256 << 20        // bytes of a refused body that are still taken from its sender
	readOn     = 20 * time.Second // longest time for that
)

// unhurried gives a handler a request and a response whose connection is cut
// when the peer sends or reads too slowly.
func unhurried(clock func() time.Time, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		// The one of the last request on this connection may have passed.
		_ = rc.SetWriteDeadline(time.Time{}) // not supported: there is no connection to protect
		answer := &pacedWriter{ResponseWriter: w, control: rc, clock: clock}
		if r.Body == nil || r.Body == http.NoBody {
			h.ServeHTTP(answer, r)
			return
		}
		body := &pacedBody{ReadCloser: r.Body, control: rc, clock: clock}
		r.Body = body
		h.ServeHTTP(answer, r)
		if waits := body.total == 0 && r.Header.Get("Expect") != ""; r.ProtoMajor == 1 && body.leaves(r.ContentLength) && !waits {
			body.readOn(answer)
		}
	})
}

// leaves reports whether more of a body of a length (-1 for not known) is unread
// than the HTTP server skips by itself.
func (b *pacedBody) leaves(length int64) bool {
	const skipped = 256 << 10
	return !b.ended && (length < 0 || length-b.total > skipped)
}

// readOn takes the rest of a body that was answered before its end. Many clients
// send all before they read: closing the connection on them would take the
// answer, which says what is wrong, from them.
func (b *pacedBody) readOn(answer *pacedWriter) {
	if answer.FlushError() != nil {
		return
	}
	until := b.clock().Add(readOn)
	buf := make([]byte, writeChunk)
	for total := 0; total < mostUnread && b.clock().Before(until); {
		n, err := b.Read(buf)
		if total += n; err != nil {
			return
		}
	}
}

// pacedBody is a body whose sender must keep up a rate. The deadline moves once
// a second at most, so that quick senders pay nothing.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	clock   func() time.Time
	since   time.Time // begin of the window that is measured
	read    int64     // in the window
	total   int64
	ended   bool
}

// rate is how many bytes a second must come. Few slow senders of large bodies
// would else take up all the memory that requests have.
func (b *pacedBody) rate() float64 {
	if b.total >= largeBody {
		return largeRate
	}
	return bodyRate
}

func (b *pacedBody) Read(p []byte) (int, error) {
	now := b.clock()
	if took := now.Sub(b.since); !b.ended && (b.since.IsZero() || took >= time.Second && b.read >= int64(took.Seconds()*b.rate())) {
		b.since, b.read = now, 0
		_ = b.control.SetReadDeadline(now.Add(bodyStall)) // see unhurried
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	b.total += int64(n)
	if errors.Is(err, io.EOF) && !b.ended {
		b.ended = true
		// After another error the rest is still to be skipped, in limited time. While the request is answered, the server reads on to learn that the peer
		// went away; a deadline would look like that.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// pacedWriter is a response whose reader must take each piece in time.
type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	clock   func() time.Time
	since   time.Time // when the time for a piece was given last
}

// Unwrap lets http.ResponseController find the response below.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// extend gives the reader its time. A deadline is dear beside a small answer, so it
// moves once a second at most.
func (w *pacedWriter) extend() {
	now := w.clock()
	if !w.since.IsZero() && now.Sub(w.since) < time.Second {
		return
	}
	w.since = now
	_ = w.control.SetWriteDeadline(now.Add(writeStall)) // see unhurried
}

// WriteHeader starts the time for the answer's first piece.
func (w *pacedWriter) WriteHeader(status int) {
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write writes in pieces, each with its own time.
func (w *pacedWriter) Write(p []byte) (int, error) {
	total := 0
	for {
		w.extend()
		n, err := w.ResponseWriter.Write(p[:min(len(p), writeChunk)])
		total += n
		p = p[n:]
		if err != nil || len(p) == 0 {
			return total, err
		}
	}
}

// FlushError sends what is buffered.
func (w *pacedWriter) FlushError() error {
	w.extend()
	return w.control.Flush()
}

// Flush is FlushError for those who ask for an http.Flusher.
func (w *pacedWriter) Flush() { _ = w.FlushError() } // the peer may have gone
