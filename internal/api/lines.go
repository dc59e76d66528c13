package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/query/insights"
	"github.com/oriel-dev/oriel/internal/query/rql"
	"github.com/oriel-dev/oriel/internal/store"
)

// lineWriter writes lines from several goroutines, and none of progress after end.
type lineWriter struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
	clock   func() time.Time
	last    time.Time
	ended   bool
}

// startLines begins an answer that is lines of JSON: what goes wrong from now on is
// one of them.
func (a *API) startLines(w http.ResponseWriter) *lineWriter {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return &lineWriter{w: w, control: http.NewResponseController(w), clock: a.clock}
}

// errorLine is a line that says what is wrong, and where in a text that was asked.
func (a *API) errorLine(r *http.Request, err error) map[string]any {
	_, e := a.errorOf(r, err)
	line := map[string]any{"type": "error", "error": e}
	if where, ok := errors.AsType[*insights.Error](err); ok {
		line["range"] = [2]int{where.Start, where.End}
	}
	if where, ok := errors.AsType[*rql.Error](err); ok {
		line["range"] = [2]int{where.Start, where.End}
	}
	return line
}

const progressEvery = 100 * time.Millisecond

func (l *lineWriter) progress(p store.Progress, elapsed time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.clock(); !l.ended && now.Sub(l.last) >= progressEvery {
		l.last = now
		_ = l.writeLocked(map[string]any{ // a caller that has gone ends the query by its context
			"type": "progress", "share": p.Share, "scanned": p.Scanned, "rows": p.Rows, "elapsed_ms": elapsed.Milliseconds(),
		})
	}
}

// partial writes rows of an answer that is on its way.
func (l *lineWriter) partial(line map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		_ = l.writeLocked(line) // a caller that has gone ends the query by its context
	}
}

func (l *lineWriter) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

func (l *lineWriter) write(v any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writeLocked(v)
}

func (l *lineWriter) writeLocked(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	if _, err := l.w.Write(buf.Bytes()); err != nil {
		return err
	}
	return l.control.Flush()
}
