package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"runtime"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// newExporter makes the OTLP exporter. It connects when it first sends. What Config
// leaves open, the exporter itself reads from OTEL_EXPORTER_OTLP_ variables.
func newExporter(ctx context.Context, s *settings) (sdktrace.SpanExporter, error) {
	headers := map[string]string{}
	if s.Traces.Key != "" {
		headers["x-honeycomb-team"] = s.Traces.Key
	}
	if s.Traces.Dataset != "" {
		headers["x-honeycomb-dataset"] = s.Traces.Dataset
	}
	if len(headers) > 0 { // an option hides the variables: those that are there stay
		all := attributesOf(os.Getenv("OTEL_EXPORTER_OTLP_HEADERS"))
		maps.Copy(all, attributesOf(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS")))
		maps.Copy(all, headers)
		headers = all
	}
	if s.Traces.Protocol == "grpc" {
		return grpcExporter(ctx, s, headers)
	}
	var options []otlptracehttp.Option
	if s.Traces.Endpoint != "" {
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimSuffix(strings.TrimSuffix(s.Traces.Endpoint, "/"), "/v1/traces")+"/v1/traces"))
	}
	if len(headers) > 0 {
		options = append(options, otlptracehttp.WithHeaders(headers))
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_COMPRESSION") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION") == "" {
		options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	}
	if s.HTTP != nil {
		options = append(options, otlptracehttp.WithHTTPClient(s.HTTP))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("make the OTLP exporter: %w", err)
	}
	return exporter, nil
}

func grpcExporter(ctx context.Context, s *settings, headers map[string]string) (sdktrace.SpanExporter, error) {
	var options []otlptracegrpc.Option
	if s.Traces.Endpoint != "" {
		u, err := url.Parse(s.Traces.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("read the endpoint of traces: %w", err)
		}
		address := u.Host
		switch u.Scheme {
		case "http":
			options = append(options, otlptracegrpc.WithInsecure())
			if u.Port() == "" {
				address += ":80"
			}
		default:
			options = append(options, otlptracegrpc.WithTLSCredentials(credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})))
			if u.Port() == "" {
				address += ":443"
			}
		}
		options = append(options, otlptracegrpc.WithEndpoint(address))
	}
	if len(headers) > 0 {
		options = append(options, otlptracegrpc.WithHeaders(headers))
	}
	exporter, err := otlptracegrpc.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("make the OTLP exporter: %w", err)
	}
	return exporter, nil
}

// exportAgain tells trouble of the network and of the backend from refusals. The
// exporters themselves try again for a minute where OpenTelemetry's specification says
// so, and heed Retry-After; that a backend is away for longer, refuses connections
// while it starts, or answers 500, is left to the caller.
func exportAgain(err error) bool {
	if s, ok := status.FromError(err); ok {
		switch s.Code() {
		case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Internal, codes.Unknown:
			return true
		default:
			return false
		}
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	text := err.Error() // there is no type that is exported
	return strings.Contains(text, "retry-able request failure") || strings.Contains(text, ": 500 Internal Server Error (")
}

// resourceOf says what the process is. What cannot be found out is left out.
func resourceOf(ctx context.Context, s *settings) *resource.Resource {
	known := []attribute.KeyValue{
		attribute.String("service.name", s.Service),
		attribute.String("deployment.environment.name", s.Environment),
		attribute.Int("process.pid", os.Getpid()),
		attribute.String("process.runtime.name", "go"),
		attribute.String("process.runtime.version", runtime.Version()),
	}
	if s.Version != "" {
		known = append(known, attribute.String("service.version", s.Version))
	}
	found, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithContainerID(), resource.WithFromEnv(), resource.WithAttributes(known...))
	if err != nil {
		s.Trouble.DebugContext(ctx, "not all of the process could be described", slog.Any("error", err))
	}
	return found
}
