package telemetry

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	xrayHeader  = "X-Amzn-Trace-Id"
	xrayVersion = "1"
	epochDigits = 8
)

// propagatorOf makes what OTEL_PROPAGATORS names. What is not known is passed over
// with a warning, as OpenTelemetry wants it.
func propagatorOf(names []string, trouble *slog.Logger) propagation.TextMapPropagator {
	var all []propagation.TextMapPropagator
	for _, name := range names {
		switch strings.ToLower(name) {
		case "tracecontext":
			all = append(all, propagation.TraceContext{})
		case "baggage":
			all = append(all, propagation.Baggage{})
		case "xray":
			// Before the others when reading, so that a traceparent wins: both are there when
			// a caller sends both, and they agree, but only one carries a remote parent's flags.
			all = append([]propagation.TextMapPropagator{xrayPropagator{}}, all...)
		case "none":
		default:
			trouble.Warn("OTEL_PROPAGATORS names what is not known here: known are tracecontext, baggage, xray and none", slog.String("name", name))
		}
	}
	return propagation.NewCompositeTextMapPropagator(all...)
}

// xrayPropagator reads and writes X-Amzn-Trace-Id, as AWS documents it:
// Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1.
type xrayPropagator struct{}

// Fields implements propagation.TextMapPropagator.
func (xrayPropagator) Fields() []string { return []string{xrayHeader} }

// Inject implements propagation.TextMapPropagator.
func (xrayPropagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return
	}
	sampled := "0"
	if sc.IsSampled() {
		sampled = "1"
	}
	carrier.Set(xrayHeader, "Root="+xrayTraceID(sc.TraceID())+";Parent="+sc.SpanID().String()+";Sampled="+sampled)
}

// Extract implements propagation.TextMapPropagator. A header without a usable Root
// changes nothing; without Parent (a load balancer's) the ids are kept for
// [traceOf], so that the trace goes on under the id that the balancer logged.
func (xrayPropagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	header := carrier.Get(xrayHeader)
	if header == "" {
		return ctx
	}
	var cfg trace.SpanContextConfig
	rooted := false
	for part := range strings.SplitSeq(header, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Root":
			id, ok := traceIDOf(value)
			if !ok {
				return ctx
			}
			cfg.TraceID, rooted = id, true
		case "Parent":
			if id, err := trace.SpanIDFromHex(value); err == nil {
				cfg.SpanID = id
			}
		case "Sampled":
			if value == "1" {
				cfg.TraceFlags = trace.FlagsSampled
			}
		}
	}
	if !rooted {
		return ctx
	}
	cfg.Remote = true
	if !cfg.SpanID.IsValid() {
		return context.WithValue(ctx, traceKey{}, cfg.TraceID)
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(cfg))
}

// traceKey holds the id of a trace that has no span yet.
type traceKey struct{}

// xrayTraceID writes an id as X-Ray does.
func xrayTraceID(id trace.TraceID) string {
	s := id.String()
	return xrayVersion + "-" + s[:epochDigits] + "-" + s[epochDigits:]
}

func traceIDOf(text string) (trace.TraceID, bool) {
	version, rest, _ := strings.Cut(text, "-")
	epoch, unique, _ := strings.Cut(rest, "-")
	if version != xrayVersion || len(epoch) != epochDigits {
		return trace.TraceID{}, false
	}
	id, err := trace.TraceIDFromHex(strings.ToLower(epoch + unique))
	return id, err == nil
}

// idGenerator makes ids that X-Ray takes: those of traces begin with the second they
// began in. They are valid W3C ids as well.
type idGenerator struct{}

// NewIDs implements sdktrace.IDGenerator.
func (g idGenerator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, known := ctx.Value(traceKey{}).(trace.TraceID)
	if !known {
		binary.BigEndian.PutUint32(id[:], uint32(time.Now().Unix())) //nolint:gosec // until the year 2106
		binary.NativeEndian.PutUint64(id[4:], rand.Uint64())         //nolint:gosec // an id is no secret
		binary.NativeEndian.PutUint32(id[12:], rand.Uint32())        //nolint:gosec // an id is no secret
	}
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements sdktrace.IDGenerator.
func (idGenerator) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64()) //nolint:gosec // an id is no secret
	}
	return id
}

// randomHex returns n random bytes in hex.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = crand.Read(b) // never fails
	return hex.EncodeToString(b)
}
