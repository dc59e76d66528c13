package telemetry

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// grpcBackend takes spans over gRPC, or treats them as it is told.
type grpcBackend struct {
	collector.UnimplementedTraceServiceServer
	address string

	mu      sync.Mutex
	refusal *status.Status // nil: all is taken
	rejects int64
	silent  bool
	names   map[string]int
	team    string
	calls   chan struct{} // one for each call, as far as anybody counts
}

func newGRPCBackend(t *testing.T, options ...grpc.ServerOption) *grpcBackend {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &grpcBackend{address: listener.Addr().String(), names: map[string]int{}, calls: make(chan struct{}, 1000)}
	srv := grpc.NewServer(options...)
	collector.RegisterTraceServiceServer(srv, b)
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(srv.Stop)
	return b
}

// Export implements collector.TraceServiceServer.
func (b *grpcBackend) Export(ctx context.Context, in *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	b.mu.Lock()
	refusal, silent, rejects := b.refusal, b.silent, b.rejects
	if refusal == nil && !silent {
		for _, r := range in.ResourceSpans {
			for _, s := range r.ScopeSpans {
				for _, span := range s.Spans {
					b.names[span.Name]++
				}
			}
		}
	}
	if md, ok := metadata.FromIncomingContext(ctx); ok && len(md.Get("x-honeycomb-team")) > 0 {
		b.team = md.Get("x-honeycomb-team")[0]
	}
	b.mu.Unlock()
	select {
	case b.calls <- struct{}{}:
	default:
	}
	if silent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if refusal != nil {
		return nil, refusal.Err()
	}
	out := &collector.ExportTraceServiceResponse{}
	if rejects > 0 {
		out.PartialSuccess = &collector.ExportTracePartialSuccess{RejectedSpans: rejects, ErrorMessage: "too old"}
	}
	return out, nil
}

func (b *grpcBackend) be(refusal *status.Status, silent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusal, b.silent = refusal, silent
}

// called waits for so many calls.
func (b *grpcBackend) called(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-b.calls:
		case <-time.After(20 * time.Second):
			t.Fatal("nobody calls")
		}
	}
}

// Spans over gRPC, with and without TLS, whichever variables say so.
func TestTraces_GoOverGRPC(t *testing.T) {
	cert := httptest.NewTLSServer(nil)
	defer cert.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	secure := grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: cert.TLS.Certificates, MinVersion: tls.VersionTLS12}))
	for name, c := range map[string]struct {
		server []grpc.ServerOption
		env    map[string]string // ADDRESS is the backend's
	}{
		"Honeycomb's": {nil, map[string]string{"HONEYCOMB_API_ENDPOINT": "http://ADDRESS", "HONEYCOMB_API_KEY": "key"}},
		"Honeycomb's, TLS": {[]grpc.ServerOption{secure}, map[string]string{
			"HONEYCOMB_API_ENDPOINT": "https://ADDRESS", "HONEYCOMB_API_KEY": "key", "OTEL_EXPORTER_OTLP_CERTIFICATE": file,
		}},
		"OpenTelemetry's": {nil, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://ADDRESS", "OTEL_EXPORTER_OTLP_HEADERS": "x-honeycomb-team=key", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}},
		"OpenTelemetry's, TLS": {[]grpc.ServerOption{secure}, map[string]string{
			"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://ADDRESS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-honeycomb-team=key", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": file,
		}},
		"HOST:PORT": {nil, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "ADDRESS", "OTEL_EXPORTER_OTLP_INSECURE": "true", "OTEL_EXPORTER_OTLP_HEADERS": "x-honeycomb-team=key"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newGRPCBackend(t, c.server...)
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
			for name, value := range c.env {
				if scheme, ok := cutAddress(value); ok {
					value = scheme + b.address
				}
				t.Setenv(name, value)
			}
			tel, err := Start(t.Context(), Config{Trouble: slog.New(slog.NewTextHandler(t.Output(), nil))})
			if err != nil {
				t.Fatal(err)
			}
			_, span := tel.Tracer().Start(t.Context(), "work")
			span.End()
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if b.names["work"] != 1 || b.team != "key" {
				t.Errorf("%v came with the key %q", b.names, b.team)
			}
		})
	}
}

func cutAddress(value string) (scheme string, ok bool) {
	for _, scheme := range []string{"http://", "https://", ""} {
		if value == scheme+"ADDRESS" {
			return scheme, true
		}
	}
	return "", false
}

// A backend that is away, has too much to do, or does not answer, over gRPC: ending a
// span does not wait, and what waits comes when it is back.
func TestTraces_OutlastABackendOverGRPC(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
	for name, c := range map[string]struct {
		refusal *status.Status
		silent  bool
	}{
		"unavailable": {refusal: status.New(codes.Unavailable, "away")},
		"exhausted":   {refusal: status.New(codes.ResourceExhausted, "too much to do")},
		"internal":    {refusal: status.New(codes.Internal, "no luck")},
		"silent":      {silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newGRPCBackend(t)
			b.be(c.refusal, c.silent)
			tel, err := Start(t.Context(), Config{Traces: Traces{Endpoint: "http://" + b.address, Protocol: "grpc"}, Trouble: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			const n = 100
			for range n {
				_, span := tel.Tracer().Start(t.Context(), "work")
				span.End()
			}
			b.called(t, 2)
			if s := tel.Stats().Traces; s.Waiting != n {
				t.Errorf("%+v, want all waiting", s)
			}
			b.be(nil, false)
			if err := tel.traces.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := tel.Stats().Traces; s.Sent != n || s.Dropped != 0 || b.names["work"] < n {
				t.Errorf("%+v, and %v came", s, b.names)
			}
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a backend will never take does not hold up the rest; what it takes but for some
// spans is counted so.
func TestTraces_CountWhatWasRejected(t *testing.T) {
	for name, c := range map[string]struct {
		refusal *status.Status
		rejects int64
		sent    int64
	}{
		"denied":    {refusal: status.New(codes.Unauthenticated, "who are you")},
		"too large": {refusal: status.New(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)")},
		"partly":    {rejects: 3, sent: 7},
	} {
		t.Run(name, func(t *testing.T) {
			b := newGRPCBackend(t)
			b.rejects = c.rejects
			b.be(c.refusal, false)
			tel, err := Start(t.Context(), Config{Traces: Traces{Endpoint: "http://" + b.address, Protocol: "grpc"}, Trouble: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			for range 10 {
				_, span := tel.Tracer().Start(t.Context(), "work")
				span.End()
			}
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if s := tel.Stats().Traces; s.Sent != c.sent || s.Dropped != 10-c.sent || s.Waiting != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}
