package honeycomb

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

const badContentType = "unsupported content-type, valid types are: application/protobuf, application/x-protobuf, application/json"

// serveOTLP is POST /v1/traces, /v1/logs and /v1/metrics.
func (f *Front) serveOTLP(w http.ResponseWriter, r *http.Request, signal otlp.Signal) {
	if r.Method == http.MethodOptions {
		preflight(w, "POST, OPTIONS")
		return
	}
	setCORS(w)
	e := &export{signal: signal, protocol: "otlp_http", key: keyOf(r.Header), dataset: r.Header.Get("X-Honeycomb-Dataset"), request: r}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		http.Error(w, "OTLP is sent by POST", http.StatusMethodNotAllowed)
		return
	}
	contentType := contentTypeOf(r)
	switch contentType {
	case "application/json":
		e.json = true
	case "application/protobuf", "application/x-protobuf":
	default:
		f.refused(e, http.StatusUnsupportedMediaType, fault.New(fault.Unsupported, badContentType))
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusUnsupportedMediaType)
		_, _ = w.Write([]byte(badContentType)) // the sender may have gone
		return
	}
	w.Header().Set("Content-Type", contentType)
	result, err := f.receive(r, e)
	if err != nil {
		f.failOTLP(w, e, err)
		return
	}
	writeAnswer(w, e, result)
}

// contentTypeOf returns the media type of a request's body without its parameters,
// which several exporters add.
func contentTypeOf(r *http.Request) string {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

func (f *Front) receive(r *http.Request, e *export) (*otlp.Result, error) {
	p, err := f.admit(r.Context(), e)
	if err != nil {
		return nil, err
	}
	mem := f.bodies.memory()
	defer mem.Release()
	body, err := mem.read(r.Body, r.Header.Get("Content-Encoding"), r.ContentLength)
	if err != nil {
		return nil, err
	}
	return f.take(r.Context(), e, p, mem, body)
}

// statusOf follows Honeycomb and, for overload, the OTLP specification: 429 and
// 503 are tried again.
func statusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.Unauthenticated, fault.Denied:
		return http.StatusUnauthorized
	case fault.Invalid, fault.NotFound, fault.Conflict:
		return http.StatusBadRequest
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Unavailable, fault.Canceled, fault.Deadline:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

func (f *Front) failOTLP(w http.ResponseWriter, e *export, err error) {
	status := statusOf(err)
	f.note(e, status, err)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(max(int(fault.RetryAfter(err).Seconds()+0.5), 1)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(encodeStatus(e.json, 0, fault.MessageOf(err))) // the sender may have gone
}

// encodeStatus encodes a google.rpc.Status.
func encodeStatus(asJSON bool, code int, message string) []byte {
	if asJSON {
		raw, err := json.Marshal(struct {
			Code    int    `json:"code,omitempty"`
			Message string `json:"message"`
		}{code, message})
		if err != nil {
			return []byte("{}")
		}
		return raw
	}
	var b []byte
	if code != 0 {
		b = append(b, 1<<3, byte(code))
	}
	return appendBytes(b, 2, []byte(message))
}

// appendBytes appends a protobuf field of bytes.
func appendBytes(b []byte, number int, value []byte) []byte {
	b = append(b, byte(number<<3|2))
	for n := uint64(len(value)); ; n >>= 7 {
		if n < 0x80 {
			b = append(b, byte(n))
			break
		}
		b = append(b, byte(n)|0x80)
	}
	return append(b, value...)
}

// writeAnswer tells that all, or all but some, was taken.
func writeAnswer(w http.ResponseWriter, e *export, result *otlp.Result) {
	body := encodePartial(e, result)
	if body == nil && e.json {
		body = []byte("{}")
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the sender may have gone
}

// encodePartial encodes the answer's partial_success, nil if all was taken.
func encodePartial(e *export, result *otlp.Result) []byte {
	if result.Rejected == 0 {
		return nil
	}
	if e.json {
		member := map[otlp.Signal]string{otlp.Traces: "rejectedSpans", otlp.Logs: "rejectedLogRecords", otlp.Metrics: "rejectedDataPoints"}[e.signal]
		raw, err := json.Marshal(map[string]any{"partialSuccess": map[string]any{member: strconv.Itoa(result.Rejected), "errorMessage": result.Message()}})
		if err != nil {
			return nil
		}
		return raw
	}
	partial := []byte{1 << 3}
	n := uint64(result.Rejected)
	for ; n >= 0x80; n >>= 7 {
		partial = append(partial, byte(n)|0x80)
	}
	partial = appendBytes(append(partial, byte(n)), 2, []byte(result.Message()))
	return appendBytes(nil, 1, partial)
}
