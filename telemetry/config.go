package telemetry

import (
	"cmp"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Config says where telemetry goes. The zero value takes everything from the
// environment, under the names that the vendors' own documentation uses; a field
// that is set here wins over the environment. An exporter without a destination is
// off.
type Config struct {
	// Service is the name of the service: OTEL_SERVICE_NAME, else service.name of
	// OTEL_RESOURCE_ATTRIBUTES, else AWS_XRAY_TRACING_NAME, else the name of the program.
	Service string
	// Version is the version that runs: service.version of OTEL_RESOURCE_ATTRIBUTES,
	// else ROLLBAR_CODE_VERSION.
	Version string
	// Environment is like "production": deployment.environment.name of
	// OTEL_RESOURCE_ATTRIBUTES, else ROLLBAR_ENVIRONMENT or ROLLBAR_ENV, else "development".
	Environment string

	Traces Traces
	Logs   Logs
	Errors Errors
	XRay   XRay

	// HTTP sends the requests of all exporters (but not gRPC), for those who need a proxy
	// or certificates of their own; the OTEL_EXPORTER_OTLP_ variables about these then
	// mean nothing. A client without a time limit gets one.
	HTTP *http.Client

	// Trouble is told what the library itself has trouble with, and once a minute what
	// it had to drop. It must not lead back into [Telemetry.LogHandler]. The default
	// writes warnings to standard error.
	Trouble *slog.Logger
}

// Traces are spans over OTLP. They are on when there is a key, an endpoint, one
// of OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or when
// OTEL_TRACES_EXPORTER is otlp. Further OTEL_EXPORTER_OTLP_ variables (headers,
// timeout, compression, certificates) hold, too, and so do OTEL_BSP_SCHEDULE_DELAY,
// OTEL_BSP_EXPORT_TIMEOUT, OTEL_BSP_MAX_EXPORT_BATCH_SIZE, and OpenTelemetry's limits
// of spans (OTEL_SPAN_*_LIMIT, OTEL_ATTRIBUTE_*_LIMIT).
type Traces struct {
	// Off switches them off, whatever the environment says.
	Off bool
	// Endpoint is a base address like https://api.honeycomb.io or http://127.0.0.1:4318:
	// HONEYCOMB_TRACES_ENDPOINT, else HONEYCOMB_API_ENDPOINT, else Honeycomb's if there is
	// a key.
	Endpoint string
	// Key goes into x-honeycomb-team: HONEYCOMB_TRACES_APIKEY, else HONEYCOMB_API_KEY.
	Key string
	// Dataset goes into x-honeycomb-dataset, which only classic keys need: HONEYCOMB_DATASET.
	Dataset string
	// Protocol is "http/protobuf" (the default), "http/json" or "grpc": OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
	// else OTEL_EXPORTER_OTLP_PROTOCOL.
	Protocol string
	// Sampler decides which requests are recorded; the default follows
	// OTEL_TRACES_SAMPLER, where "xray" means the rules of X-Ray's daemon, else
	// records all.
	Sampler sdktrace.Sampler
	// Queue is how many spans wait at most: OTEL_BSP_MAX_QUEUE_SIZE, else 8,192. When more
	// come while the backend is away, the oldest are dropped and counted.
	Queue int
}

// Logs are lines to CloudWatch Logs. They are on when there is a group. Credentials,
// region and endpoint are found as AWS's SDKs find them (AWS_ACCESS_KEY_ID,
// AWS_REGION, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, profiles, roles).
type Logs struct {
	// Group and Stream take {service}, {environment}, {version}, {host}, {pid} and
	// {date} (UTC, like 2026-03-01): CLOUDWATCH_LOG_GROUP and CLOUDWATCH_LOG_STREAM.
	// The stream's default is {service}/{host}/{pid}.
	Group, Stream string
	// Endpoint overrides AWS's.
	Endpoint string
	// Region overrides AWS_REGION.
	Region string
	// RetentionDays is set on a group that is made here: CLOUDWATCH_LOG_RETENTION_DAYS; 0: for ever.
	RetentionDays int
	// Level is the least that is sent; all that reaches the handler by default.
	Level slog.Leveler
	// Buffer is how many bytes of lines wait at most; 16 MiB. When more come while the
	// service is away, the oldest are dropped and counted.
	Buffer int
	// Every is how long a line waits for others; 1 s.
	Every time.Duration
}

// Errors are items of Rollbar. They are on when there is a token.
type Errors struct {
	// Token is a project's access token with the scope post_server_item:
	// ROLLBAR_ACCESS_TOKEN, else ROLLBAR_TOKEN.
	Token string
	// Endpoint is the address that items are posted to: ROLLBAR_ENDPOINT, else
	// Rollbar's. One that ends in /api/1 or /api/1/ is completed.
	Endpoint string
	// Root is the folder or import path of the service's own code; the main module's
	// path by default.
	Root string
	// Sources are files of packages by import path, for programs that run without their
	// source beside them: embed a package's files, and items show its code.
	Sources map[string]fs.FS
	// Level is the least of a log record that becomes an item; slog.LevelError.
	Level slog.Leveler
	// PerMinute bounds the items of one minute; 300. More are dropped and counted.
	PerMinute int
	// Scrub are further names (parts of names, without regard to case) of fields whose
	// values never leave the process.
	Scrub []string
}

// XRay are segments to the X-Ray daemon over UDP, made of the same spans. They are
// on when there is an address. Segments are called as the service is, or, where Config
// does not say how, as AWS_XRAY_TRACING_NAME says.
type XRay struct {
	// Off switches them off, whatever the environment says.
	Off bool
	// Daemon is like 127.0.0.1:2000: AWS_XRAY_DAEMON_ADDRESS, which may also be
	// "tcp:HOST:PORT udp:HOST:PORT". Rules for sampling are asked of its TCP address.
	Daemon string
	// Queue is how many spans wait at most; 8,192.
	Queue int
}

// settings are a Config with everything filled in.
type settings struct {
	Config
	traces      bool
	otlp        string // the endpoint of OpenTelemetry's variables
	udp, tcp    string
	attributes  map[string]string // of OTEL_RESOURCE_ATTRIBUTES
	propagators []string
	sampler     string
	samplerArg  string
	spanBatch   int
	spanEvery   time.Duration
	spanLasts   time.Duration
	named       bool   // Config says the service's name
	segment     string // the name of segments
	host        string
	secret      func(name string) bool // says whose values never leave the process
	off         bool                   // OTEL_SDK_DISABLED
}

// resolve fills a Config from the environment and from defaults.
func resolve(cfg Config, env func(string) string) (settings, error) {
	s := settings{Config: cfg, named: cfg.Service != "", attributes: attributesOf(env("OTEL_RESOURCE_ATTRIBUTES"))}
	machine, _ := os.Hostname()
	s.host = cmp.Or(s.attributes["host.name"], machine)
	s.off = strings.EqualFold(strings.TrimSpace(env("OTEL_SDK_DISABLED")), "true")
	s.Service = cmp.Or(cfg.Service, env("OTEL_SERVICE_NAME"), s.attributes["service.name"], env("AWS_XRAY_TRACING_NAME"), filepath.Base(os.Args[0]))
	s.Version = cmp.Or(cfg.Version, s.attributes["service.version"], env("ROLLBAR_CODE_VERSION"))
	s.Environment = cmp.Or(cfg.Environment, s.attributes["deployment.environment.name"], s.attributes["deployment.environment"], env("ROLLBAR_ENVIRONMENT"), env("ROLLBAR_ENV"), "development")
	if s.Trouble == nil {
		s.Trouble = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: troubleLevel(env("OTEL_LOG_LEVEL"))}))
	}
	if s.HTTP != nil && s.HTTP.Timeout == 0 {
		limited := *s.HTTP
		limited.Timeout = callLasts
		s.HTTP = &limited
	}
	for _, part := range []func(env func(string) string) error{s.resolveTraces, s.resolveLogs, s.resolveErrors, s.resolveXRay} {
		if err := part(env); err != nil {
			return settings{}, err
		}
	}
	return s, nil
}

func (s *settings) resolveTraces(env func(string) string) error {
	t := &s.Traces
	t.Key = cmp.Or(t.Key, env("HONEYCOMB_TRACES_APIKEY"), env("HONEYCOMB_API_KEY"))
	t.Dataset = cmp.Or(t.Dataset, env("HONEYCOMB_DATASET"))
	t.Endpoint = cmp.Or(t.Endpoint, env("HONEYCOMB_TRACES_ENDPOINT"), env("HONEYCOMB_API_ENDPOINT"))
	s.otlp = cmp.Or(env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), env("OTEL_EXPORTER_OTLP_ENDPOINT"))
	if t.Endpoint == "" && t.Key != "" && s.otlp == "" {
		t.Endpoint = "https://api.honeycomb.io"
	}
	t.Protocol = cmp.Or(t.Protocol, env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), env("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf")
	if !slices.Contains([]string{"http/protobuf", "http/json", "grpc"}, t.Protocol) {
		return fmt.Errorf("telemetry: protocol %q of traces: want http/protobuf, http/json or grpc", t.Protocol)
	}
	if t.Endpoint != "" {
		if err := checkURL("the endpoint of traces", t.Endpoint); err != nil {
			return err
		}
	} else if s.otlp != "" && t.Protocol != "grpc" { // gRPC also takes HOST:PORT
		if err := checkURL("the endpoint of OTEL_EXPORTER_OTLP_", s.otlp); err != nil {
			return err
		}
	}
	t.Queue = cmp.Or(t.Queue, s.number(env, "OTEL_BSP_MAX_QUEUE_SIZE", 8192))
	s.spanBatch = min(s.number(env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", spanBatch), t.Queue)
	s.spanEvery = time.Duration(s.number(env, "OTEL_BSP_SCHEDULE_DELAY", int(spanEvery.Milliseconds()))) * time.Millisecond
	if lasts := env("OTEL_BSP_EXPORT_TIMEOUT"); lasts != "" {
		s.spanLasts = time.Duration(s.number(env, "OTEL_BSP_EXPORT_TIMEOUT", 30_000)) * time.Millisecond
	}
	wanted, refused := s.exporters(env("OTEL_TRACES_EXPORTER"))
	s.traces = !s.off && !t.Off && !refused && (t.Endpoint != "" || s.otlp != "" || wanted)
	s.sampler, s.samplerArg = env("OTEL_TRACES_SAMPLER"), env("OTEL_TRACES_SAMPLER_ARG")
	s.propagators = strings.FieldsFunc(cmp.Or(env("OTEL_PROPAGATORS"), "tracecontext,baggage,xray"), func(r rune) bool { return r == ',' || r == ' ' })
	return nil
}

// exporters reads OTEL_TRACES_EXPORTER, a list: whether it names OTLP, and whether it
// wants none.
func (s *settings) exporters(list string) (wanted, refused bool) {
	for name := range strings.SplitSeq(strings.ToLower(list), ",") {
		switch name = strings.TrimSpace(name); name {
		case "":
		case "otlp":
			wanted = true
		case "none":
			refused = true
		default:
			s.Trouble.Warn("OTEL_TRACES_EXPORTER names what is not known here: known are otlp and none", slog.String("name", name))
		}
	}
	return wanted, refused && !wanted
}

// troubleLevel reads OTEL_LOG_LEVEL: from when on the library says what it has trouble with.
func troubleLevel(name string) slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(name)) != nil {
		return slog.LevelWarn
	}
	return level
}

func (s *settings) resolveLogs(env func(string) string) error {
	l := &s.Logs
	l.Group = cmp.Or(l.Group, env("CLOUDWATCH_LOG_GROUP"))
	l.Stream = cmp.Or(l.Stream, env("CLOUDWATCH_LOG_STREAM"), "{service}/{host}/{pid}")
	if days := env("CLOUDWATCH_LOG_RETENTION_DAYS"); l.RetentionDays == 0 && days != "" {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 {
			return fmt.Errorf("telemetry: CLOUDWATCH_LOG_RETENTION_DAYS is %q: want a number of days that CloudWatch Logs knows, like 7 or 30", days)
		}
		l.RetentionDays = n
	}
	l.Buffer = cmp.Or(l.Buffer, 16<<20)
	l.Every = cmp.Or(l.Every, time.Second)
	if l.Level == nil {
		l.Level = slog.Level(-100)
	}
	if l.Endpoint != "" {
		return checkURL("the endpoint of logs", l.Endpoint)
	}
	return nil
}

func (s *settings) resolveErrors(env func(string) string) error {
	e := &s.Errors
	e.Token = cmp.Or(e.Token, env("ROLLBAR_ACCESS_TOKEN"), env("ROLLBAR_TOKEN"))
	e.Endpoint = cmp.Or(e.Endpoint, env("ROLLBAR_ENDPOINT"), "https://api.rollbar.com/api/1/item/")
	if base := strings.TrimSuffix(e.Endpoint, "/"); strings.HasSuffix(base, "/api/1") {
		e.Endpoint = base + "/item/"
	}
	s.secret = secretNames(e.Scrub)
	e.PerMinute = cmp.Or(e.PerMinute, 300)
	if e.Level == nil {
		e.Level = slog.LevelError
	}
	return checkURL("the endpoint of errors", e.Endpoint)
}

func (s *settings) resolveXRay(env func(string) string) error {
	s.segment = s.Service
	if own := env("AWS_XRAY_TRACING_NAME"); own != "" && !s.named {
		s.segment = own
	}
	s.XRay.Daemon = cmp.Or(s.XRay.Daemon, env("AWS_XRAY_DAEMON_ADDRESS"))
	s.XRay.Queue = cmp.Or(s.XRay.Queue, 8192)
	if s.off || s.XRay.Off || strings.EqualFold(env("AWS_XRAY_SDK_DISABLED"), "true") {
		s.XRay.Daemon = ""
	}
	if s.XRay.Daemon == "" {
		s.tcp = "127.0.0.1:2000"
		return nil
	}
	for part := range strings.FieldsSeq(s.XRay.Daemon) {
		kind, address, found := strings.Cut(part, ":")
		switch {
		case found && kind == "udp":
			s.udp = address
		case found && kind == "tcp":
			s.tcp = address
		default:
			s.udp, s.tcp = part, part
		}
	}
	if s.udp == "" || s.tcp == "" {
		return fmt.Errorf("telemetry: the X-Ray daemon's address is %q: want HOST:PORT, or tcp:HOST:PORT udp:HOST:PORT", s.XRay.Daemon)
	}
	return nil
}

func checkURL(what, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("telemetry: %s is %q: want an address like https://host or http://127.0.0.1:6743", what, address)
	}
	return nil
}

// number reads a whole number above 0. OpenTelemetry wants what is none passed over
// with a warning.
func (s *settings) number(env func(string) string, name string, otherwise int) int {
	text := env(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > math.MaxInt32 {
		s.Trouble.Warn("a variable is no whole number above 0: the default holds", slog.String("variable", name), slog.String("value", text), slog.Int("default", otherwise))
		return otherwise
	}
	return n
}

// attributesOf reads key=value pairs, percent-decoded, as OpenTelemetry writes them.
func attributesOf(text string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		out[strings.TrimSpace(key)] = value
	}
	return out
}
