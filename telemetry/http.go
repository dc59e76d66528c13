package telemetry

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// exchange is a request that a handler of ours works on.
type exchange struct {
	request *http.Request
	person  atomic.Pointer[Person]
}

type exchangeKey struct{}

// reportedKey marks a record about an error that is an item already.
type reportedKey struct{}

// SetPerson says who the request of ctx is about, once that is known: its span and
// its errors say so. It does nothing outside a handler of ours.
func (t *Telemetry) SetPerson(ctx context.Context, p Person) {
	if seen, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		seen.person.Store(&p)
	}
	if p.ID != "" {
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("enduser.id", p.ID))
	}
}

// Handler wraps a server's handler: each request has a span that goes on with the
// caller's trace (traceparent or X-Amzn-Trace-Id), an access line in the log after
// it, and a panic becomes an error item and the answer 500. The span is named by
// method and route when next is an [http.ServeMux] or sets the request's Pattern.
// The line goes to slog's default logger unless [WithLogger] says otherwise.
func (t *Telemetry) Handler(next http.Handler, options ...HandlerOption) http.Handler {
	h := &handler{Telemetry: t, next: next, log: slog.Default}
	for _, option := range options {
		option(h)
	}
	return h
}

// HandlerOption changes what [Telemetry.Handler] returns.
type HandlerOption func(*handler)

// WithLogger sends access lines to l.
func WithLogger(l *slog.Logger) HandlerOption {
	return func(h *handler) { h.log = func() *slog.Logger { return l } }
}

type handler struct {
	*Telemetry
	next http.Handler
	log  func() *slog.Logger
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	ctx := h.carrier.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := h.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began), trace.WithAttributes(h.requestAttributes(r)...))
	seen := &exchange{}
	r = r.WithContext(context.WithValue(ctx, exchangeKey{}, seen))
	seen.request = r
	if asked := r.Header.Get(xrayHeader); strings.Contains(asked, "Sampled=?") { // the caller wants to know the decision
		xrayPropagator{}.Inject(ctx, propagation.HeaderCarrier(w.Header()))
	}
	answer := &answer{ResponseWriter: w}
	finished := false
	defer func() { //nolint:contextcheck // the request's own
		if !finished {
			h.panicked(r.Context(), answer, recover())
		}
		h.finish(r, answer, span, began)
	}()
	h.next.ServeHTTP(answer.unwrapped(), r)
	finished = true
}

// panicked answers 500, if nothing was answered yet, and reports. What net/http
// itself means by a panic goes on.
func (h *handler) panicked(ctx context.Context, a *answer, p any) {
	if p == nil || p == http.ErrAbortHandler { //nolint:errorlint // it is the very value that net/http looks for
		a.aborted = true
		return
	}
	if a.status == 0 {
		http.Error(a, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
	a.panic = p
	h.ReportPanic(ctx, p)
	h.log().LogAttrs(context.WithValue(ctx, reportedKey{}, true), slog.LevelError, "a handler panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
}

func (h *handler) finish(r *http.Request, a *answer, span trace.Span, began time.Time) {
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if r.Pattern != "" {
		route := r.Pattern
		if _, path, found := strings.Cut(route, " "); found {
			route = path
		}
		span.SetName(r.Method + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	span.SetAttributes(attribute.Int("http.response.status_code", status), attribute.Int64("http.response.body.size", a.size))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	if a.panic != nil {
		recordPanic(span, a.panic)
	}
	span.End()
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelWarn // the error itself was told where it happened
	}
	logger := h.log()
	if logger.Enabled(r.Context(), level) {
		logger.LogAttrs(r.Context(), level, r.Method+" "+r.URL.Path+" "+strconv.Itoa(status), //nolint:sloglint // an access line says what was asked
			slog.String("remote_addr", clientOf(r)), slog.String("method", r.Method), slog.String("scheme", schemeOf(r)),
			slog.String("full_path", h.fullPath(r)), slog.Int("status", status), slog.Float64("duration_ms", float64(time.Since(began).Microseconds())/1000))
	}
	if a.aborted {
		panic(http.ErrAbortHandler)
	}
}

// fullPath is the path with its query, without secrets.
func (t *Telemetry) fullPath(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return r.URL.Path
	}
	return r.URL.Path + "?" + t.safeQuery(r)
}

func (t *Telemetry) safeQuery(r *http.Request) string {
	parts := strings.Split(r.URL.RawQuery, "&")
	for i, p := range parts {
		if name, _, found := strings.Cut(p, "="); found && t.settings.secret(name) {
			parts[i] = name + "=" + filtered
		}
	}
	return strings.Join(parts, "&")
}

func (t *Telemetry) requestAttributes(r *http.Request) []attribute.KeyValue {
	host, port := splitHost(r.Host)
	out := append(make([]attribute.KeyValue, 0, 12),
		attribute.String("http.request.method", r.Method),
		attribute.String("url.path", r.URL.Path),
		attribute.String("url.scheme", schemeOf(r)),
		attribute.String("server.address", host),
		attribute.String("client.address", clientOf(r)),
		attribute.String("network.protocol.version", strings.TrimPrefix(r.Proto, "HTTP/")),
	)
	if port > 0 {
		out = append(out, attribute.Int("server.port", port))
	}
	if r.URL.RawQuery != "" {
		out = append(out, attribute.String("url.query", t.safeQuery(r)))
	}
	if agent := r.UserAgent(); agent != "" {
		out = append(out, attribute.String("user_agent.original", agent))
	}
	return out
}

func splitHost(hostport string) (string, int) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport, 0
	}
	n, _ := strconv.Atoi(port)
	return host, n
}

// answer watches what a handler answers.
type answer struct {
	http.ResponseWriter
	status  int
	size    int64
	panic   any
	aborted bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.size += int64(n)
	return n, err
}

// Unwrap is what http.ResponseController looks for.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// unwrapped keeps the optional methods that handlers look for by type: those of the
// writer underneath, no more.
func (a *answer) unwrapped() http.ResponseWriter {
	flusher, flushes := a.ResponseWriter.(http.Flusher)
	hijacker, hijacks := a.ResponseWriter.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return struct {
			*answer
			http.Flusher
			http.Hijacker
		}{a, flusher, countedHijack{a, hijacker}}
	case flushes:
		return struct {
			*answer
			http.Flusher
		}{a, flusher}
	}
	return a
}

// countedHijack notes that the connection is no longer ours.
type countedHijack struct {
	a *answer
	http.Hijacker
}

// Hijack implements http.Hijacker.
func (h countedHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.Hijacker.Hijack()
	if err == nil && h.a.status == 0 {
		h.a.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Transport wraps a client's transport, http.DefaultTransport for nil: each call has
// a span and carries the trace to the other side. The span ends when the body of the
// answer has been read or closed.
func (t *Telemetry) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{t: t, base: base}
}

type transport struct {
	t    *Telemetry
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	host, port := splitHost(r.URL.Host)
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", r.Method), attribute.String("url.full", c.t.safeURL(r)), attribute.String("server.address", host),
	}
	if port > 0 {
		attributes = append(attributes, attribute.Int("server.port", port))
	}
	ctx, span := c.t.tracer.Start(r.Context(), r.Method+" "+host, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	r = r.Clone(ctx) // a RoundTripper must not change what it is given
	c.t.carrier.Inject(ctx, propagation.HeaderCarrier(r.Header))
	response, err := c.base.RoundTrip(r)
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
		span.End()
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	if response.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, "")
	}
	if response.StatusCode == http.StatusSwitchingProtocols || response.Body == nil {
		span.End() // its body is a connection: it must stay what it is
		return response, nil
	}
	response.Body = &spanBody{ReadCloser: response.Body, span: span}
	return response, nil
}

func (t *Telemetry) safeURL(r *http.Request) string {
	u := *r.URL
	u.User, u.RawQuery = nil, t.safeQuery(r)
	return u.String()
}

// spanBody ends a span when the body ends.
type spanBody struct {
	io.ReadCloser
	span  trace.Span
	ended atomic.Bool
}

// Read implements io.Reader.
func (b *spanBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && b.ended.CompareAndSwap(false, true) {
		if !errors.Is(err, io.EOF) {
			b.span.RecordError(err)
			b.span.SetStatus(codes.Error, err.Error())
		}
		b.span.End()
	}
	return n, err
}

// Close implements io.Closer.
func (b *spanBody) Close() error {
	if b.ended.CompareAndSwap(false, true) {
		b.span.End()
	}
	return b.ReadCloser.Close()
}

// recordPanic notes a panic on a span as OpenTelemetry notes exceptions.
func recordPanic(span trace.Span, p any) {
	e := panicOf(p, nil)[0]
	span.AddEvent("exception", trace.WithAttributes(
		attribute.String("exception.type", e.class), attribute.String("exception.message", e.message), attribute.Bool("exception.escaped", true)))
	span.SetStatus(codes.Error, e.message)
}
