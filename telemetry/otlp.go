package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/codes"
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
		all := attributesOf(cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), os.Getenv("OTEL_EXPORTER_OTLP_HEADERS")))
		maps.Copy(all, headers)
		headers = all
	}
	if s.Traces.Protocol == "grpc" {
		return grpcExporter(ctx, s, headers)
	}
	var options []otlptracehttp.Option
	if s.Traces.Protocol == "http/json" {
		options = append(options, otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON))
	} else {
		options = append(options, otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf))
	}
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
	if s.Traces.Endpoint == "" && s.otlp != "" && !strings.Contains(s.otlp, "://") {
		options = append(options, otlptracegrpc.WithEndpoint(s.otlp)) // the exporter itself does not read 127.0.0.1:4317
	}
	if s.Traces.Endpoint != "" {
		u, err := url.Parse(s.Traces.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("read the endpoint of traces: %w", err)
		}
		if u.Port() == "" && u.Scheme == "http" { // gRPC itself takes 443
			u.Host += ":80"
		}
		options = append(options, otlptracegrpc.WithEndpointURL(u.String())) // certificates are those of the variables
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
	if errors.Is(err, context.DeadlineExceeded) { // of OTEL_BSP_EXPORT_TIMEOUT
		return true
	}
	if s, ok := status.FromError(err); ok {
		switch s.Code() {
		case codes.ResourceExhausted: // also how gRPC calls a message that the other side will never take
			return !strings.Contains(s.Message(), "larger than max")
		case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted, codes.Internal, codes.Unknown:
			return true
		default:
			return false
		}
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	text := err.Error() // there is no type that is exported
	return strings.Contains(text, "retry-able request failure") || serverTrouble.MatchString(text)
}

// serverTrouble are answers that the exporter gives up on, and that pass: 408, 500, and
// those beyond 509 that proxies have of their own.
var serverTrouble = regexp.MustCompile(`failed to send to \S+: (408|500|5[1-9]\d) `)

// rejectedSpans is what the exporters say of a backend that took a batch and
// complained; there is no type that is exported.
var rejectedSpans = regexp.MustCompile(`OTLP partial success: .*\((\d+) spans rejected\)`)

// allOrSome tells how many spans of a batch were rejected where others were taken.
func allOrSome(export func(context.Context, []sdktrace.ReadOnlySpan) error) func(context.Context, []sdktrace.ReadOnlySpan) error {
	return func(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
		err := export(ctx, spans)
		if err == nil {
			return nil
		}
		if found := rejectedSpans.FindStringSubmatch(err.Error()); found != nil {
			n, _ := strconv.Atoi(found[1])
			return partly{min(n, len(spans)), err}
		}
		return err
	}
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
