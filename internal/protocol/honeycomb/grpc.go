package honeycomb

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// gRPC status codes.
const (
	grpcOK                = 0
	grpcCanceled          = 1
	grpcDeadline          = 4
	grpcResourceExhausted = 8
	grpcUnimplemented     = 12
	grpcInternal          = 13
	grpcUnavailable       = 14
	grpcUnauthenticated   = 16
	grpcHead              = 5 // bytes before each message: packed or not, and its length
	grpcContentType       = "application/grpc"
	grpcAcceptedEncodings = "identity,gzip,zstd"
)

// isGRPC reports whether a request is gRPC; gRPC-Web, which looks like it, is not.
func isGRPC(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.Header.Get("Content-Type"), grpcContentType)
	return ok && r.ProtoMajor == 2 && (rest == "" || rest[0] == '+' || rest[0] == ';')
}

// serveGRPC is a unary call: one framed message in, one out, the status in trailers.
func (f *Front) serveGRPC(w http.ResponseWriter, r *http.Request, signal otlp.Signal, known bool) {
	h := w.Header()
	h.Set("Content-Type", grpcContentType)
	h.Set("Grpc-Accept-Encoding", grpcAcceptedEncodings)
	h.Set("Trailer", "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin")
	e := &export{signal: signal, protocol: "otlp_grpc", key: keyOf(r.Header), dataset: r.Header.Get("X-Honeycomb-Dataset"), request: r}
	var result *otlp.Result
	err := fault.New(fault.Unsupported, "%s is not a method of this server", r.URL.Path)
	if known && r.Method == http.MethodPost {
		result, err = f.call(r, e)
	}
	w.WriteHeader(http.StatusOK)
	if err != nil {
		f.failGRPC(h, e, err)
		return
	}
	body := encodePartial(e, result)
	frame := make([]byte, grpcHead, grpcHead+len(body))
	binary.BigEndian.PutUint32(frame[1:], uint32(len(body)))
	_, _ = w.Write(append(frame, body...)) // the sender may have gone
	h.Set("Grpc-Status", strconv.Itoa(grpcOK))
}

func (f *Front) call(r *http.Request, e *export) (*otlp.Result, error) {
	ctx := r.Context()
	if limit, ok := grpcTimeout(r.Header.Get("Grpc-Timeout")); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	p, err := f.admit(ctx, e)
	if err != nil {
		return nil, err
	}
	mem := f.bodies.memory()
	defer mem.Release()
	body, err := mem.readFrame(r.Body, r.Header.Get("Grpc-Encoding"))
	if err != nil {
		return nil, err
	}
	return f.take(ctx, e, p, mem, body)
}

// readFrame reads the one message of a unary call.
func (m *memory) readFrame(body io.Reader, coding string) ([]byte, error) {
	var head [grpcHead]byte
	if _, err := io.ReadFull(body, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, tooSlow()
		}
		return nil, fault.New(fault.Invalid, "%s: the message has no frame: %w", unreadable, err)
	}
	size := int64(binary.BigEndian.Uint32(head[1:]))
	switch {
	case head[0] > 1:
		return nil, fault.New(fault.Invalid, "%s: the message's frame begins with %d; it must be 0 or 1", unreadable, head[0])
	case head[0] == 0:
		coding = ""
	case coding == "" || coding == "identity":
		return nil, fault.New(fault.Invalid, "%s: the message is packed, but grpc-encoding does not say how", unreadable)
	}
	switch strings.ToLower(coding) {
	case "", "gzip", "zstd":
	default: // gRPC has a code for it, and wants to be told what there is
		return nil, fault.New(fault.Unsupported, "grpc-encoding %.100q is not known here: use one of %s", coding, grpcAcceptedEncodings)
	}
	message, err := m.read(io.LimitReader(body, size), coding, size)
	if err == nil && head[0] == 0 && int64(len(message)) != size {
		return nil, fault.New(fault.Invalid, "%s: the message ends after %d of %d bytes", unreadable, len(message), size)
	}
	return message, err
}

// grpcTimeout reads a deadline like 10S or 500m: a number of up to eight digits
// and a unit.
func grpcTimeout(s string) (time.Duration, bool) {
	const most = 9
	units := map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond}
	if len(s) < 2 || len(s) > most {
		return 0, false
	}
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	unit, ok := units[s[len(s)-1]]
	if err != nil || !ok || n < 0 {
		return 0, false
	}
	if n > int64(24*time.Hour/unit) {
		return 24 * time.Hour, true
	}
	return time.Duration(n) * unit, true
}

func grpcCode(err error) int {
	switch fault.KindOf(err) {
	case fault.Unauthenticated, fault.Denied:
		return grpcUnauthenticated
	case fault.TooLarge, fault.Throttled:
		return grpcResourceExhausted
	case fault.Unavailable:
		return grpcUnavailable
	case fault.Unsupported:
		return grpcUnimplemented
	case fault.Canceled:
		return grpcCanceled
	case fault.Deadline:
		return grpcDeadline
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Internal:
		// Honeycomb answers Internal for what can't be parsed.
	}
	return grpcInternal
}

func (f *Front) failGRPC(h http.Header, e *export, err error) {
	code := grpcCode(err)
	message := fault.MessageOf(err)
	f.note(e, statusOf(err), err)
	h.Set("Grpc-Status", strconv.Itoa(code))
	h.Set("Grpc-Message", strings.ReplaceAll(url.QueryEscape(message), "+", "%20"))
	if wait := fault.RetryAfter(err); wait > 0 {
		h.Set("Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(retryInfo(code, message, wait)))
	}
}

// retryInfo encodes a google.rpc.Status with a google.rpc.RetryInfo, which tells
// clients to try again, and when.
func retryInfo(code int, message string, wait time.Duration) []byte {
	length := []byte{1 << 3}
	length = binary.AppendUvarint(length, uint64(wait/time.Second))
	length = append(length, 2<<3)
	length = binary.AppendUvarint(length, uint64(wait%time.Second))
	detail := appendBytes(nil, 1, []byte("type.googleapis.com/google.rpc.RetryInfo"))
	detail = appendBytes(detail, 2, appendBytes(nil, 1, length))
	return appendBytes(encodeStatus(false, code, message), 3, detail)
}

// note logs what is our own fault and tells the set-up page the rest.
func (f *Front) note(e *export, status int, err error) {
	if fault.KindOf(err) == fault.Internal {
		f.Log.ErrorContext(e.request.Context(), "a request failed", slog.String("path", e.request.URL.Path), slog.Any("error", err))
	}
	f.refused(e, status, err)
}
