package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// maxBody bounds what the API reads of a request.
const maxBody = 1 << 20

type requestKey struct{}

// request is what the API knows about a request while it serves it.
type request struct {
	id      string
	started time.Time
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// handler is an endpoint; its error is answered in the API's own shape.
type handler func(w http.ResponseWriter, r *http.Request) error

// serve wraps an endpoint with a request id, error answers and a recovery.
func (a *API) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		_, _ = rand.Read(raw[:])
		req := request{id: hex.EncodeToString(raw[:]), started: a.clock()}
		w.Header().Set("X-Request-Id", req.id)
		w.Header().Set("Cache-Control", "no-store")
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
		defer func() {
			if p := recover(); p != nil {
				a.Log.ErrorContext(r.Context(), "a handler panicked", slog.String("path", r.URL.Path), slog.String("request_id", req.id), slog.Any("panic", p))
				a.fail(w, r, fault.New(fault.Internal, "panic: %v", p))
			}
		}()
		if err := h(w, r); err != nil {
			a.fail(w, r, err)
		}
	})
}

// answer writes an object with the members every answer has.
func (a *API) answer(w http.ResponseWriter, r *http.Request, stats store.Stats, body map[string]any) error {
	a.envelope(r, stats, body)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(buf.Bytes())
	return err
}

// envelope adds what every answer says of itself.
func (a *API) envelope(r *http.Request, stats store.Stats, body map[string]any) {
	req := requestOf(r.Context())
	body["request_id"] = req.id
	body["elapsed_ms"] = float64(a.clock().Sub(req.started).Microseconds()) / 1000
	body["scanned"] = stats.Scanned
	body["sampled"] = stats.Sampled
	body["complete"] = !stats.Partial
	if len(stats.Missing) > 0 {
		body["missing"] = stats.Missing
	}
}

func statsOfRows(rows int, more bool) store.Stats {
	return store.Stats{Scanned: int64(rows), Partial: more}
}

// apiError is the error member of an answer.
type apiError struct {
	Kind      string `json:"kind"`
	Message   string `json:"message"`
	Position  *int   `json:"position,omitempty"`
	RequestID string `json:"request_id"`
}

func (a *API) errorOf(r *http.Request, err error) (int, apiError) {
	kind := fault.KindOf(err)
	switch {
	case errors.Is(err, context.Canceled):
		kind = fault.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		kind = fault.Deadline
	}
	e := apiError{Kind: kind.String(), Message: fault.MessageOf(err), RequestID: requestOf(r.Context()).id}
	if at := fault.PositionOf(err); at >= 0 {
		e.Position = &at
	}
	status := statusOf(kind)
	if status == http.StatusInternalServerError { // also where it is said within an answer that has begun
		a.Log.ErrorContext(r.Context(), "a request failed", slog.String("path", r.URL.Path), slog.String("request_id", e.RequestID), slog.Any("error", err))
	}
	return status, e
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Denied:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Unsupported:
		return http.StatusNotImplemented
	case fault.Canceled:
		return 499 // as nginx logs a caller that went away
	case fault.Deadline:
		return http.StatusGatewayTimeout
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, e := a.errorOf(r, err)
	if wait := fault.RetryAfter(err); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(int(wait.Seconds()+0.5), 1)))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": e}) // the caller may have gone
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return fault.Wrap(fault.TooLarge, err, "the body could not be read; at most "+strconv.Itoa(maxBody)+" bytes are taken")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fault.New(fault.Invalid, "the body is not the JSON that is wanted here: %w", err)
	}
	return nil
}

// pathID is an id in the path of a request; what says of what.
func pathID(r *http.Request, name, what string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "there is no %s %.40q", what, r.PathValue(name))
	}
	return id, nil
}

func ns(t int64) string { return strconv.FormatInt(t, 10) }

const (
	defaultRange = int64(3600 * 1e9)
	maxRange     = int64(400 * 24 * 3600 * 1e9)
)

// timeRange reads the from and to parameters; the default is the last hour.
func (a *API) timeRange(from, to string) (start, end int64, err error) {
	now := a.clock()
	if end, err = readTime(to, now, now.UnixNano()); err != nil {
		return 0, 0, err
	}
	if start, err = readTime(from, now, end-defaultRange); err != nil {
		return 0, 0, err
	}
	if start >= end {
		return 0, 0, fault.New(fault.Invalid, "the time range is empty: it ends at %d and starts at %d", end, start)
	}
	if end-start > maxRange {
		return 0, 0, fault.New(fault.Invalid, "the time range is %s; at most %s may be asked for", time.Duration(end-start), time.Duration(maxRange))
	}
	return start, end, nil
}

// readTime reads Unix nanoseconds, RFC 3339, "now" or "now-15m".
func readTime(s string, now time.Time, def int64) (int64, error) {
	switch {
	case s == "":
		return def, nil
	case s == "now":
		return now.UnixNano(), nil
	case strings.HasPrefix(s, "now-"):
		if d, ok := parseAge(s[len("now-"):]); ok {
			return now.Add(-d).UnixNano(), nil
		}
	default:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UnixNano(), nil
		}
	}
	return 0, fault.New(fault.Invalid, "%q is no time: give Unix nanoseconds, RFC 3339, now or now-15m", s)
}

// parseAge reads a number with one of the units s, m, h, d and w.
func parseAge(s string) (time.Duration, bool) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(s) < 2 {
		return 0, false
	}
	unit, ok := units[s[len(s)-1]]
	n, err := strconv.ParseFloat(s[:len(s)-1], 64)
	if !ok || err != nil || n < 0 || n*float64(unit) > float64(maxRange) {
		return 0, false
	}
	return time.Duration(n * float64(unit)), true
}

// eachField calls f for every field of a row that says something of the event;
// when a line came in only orders lines, and is given to those who name it.
func eachField(row event.Row, f func(name string, v event.Value)) {
	row.Each(func(name string, v event.Value) {
		if !event.Internal(name) {
			f(name, v)
		}
	})
}
