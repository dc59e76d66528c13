package telemetry

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Which of several sources of one setting holds.
func TestResolve_TakesOneOfManySources(t *testing.T) {
	t.Parallel()
	service := func(s *settings) any { return s.Service }
	segment := func(s *settings) any { return s.segment }
	environment := func(s *settings) any { return s.Environment }
	version := func(s *settings) any { return s.Version }
	traces := func(s *settings) any { return s.traces }
	endpoint := func(s *settings) any { return s.Traces.Endpoint }
	key := func(s *settings) any { return s.Traces.Key }
	protocol := func(s *settings) any { return s.Traces.Protocol }
	queue := func(s *settings) any { return s.Traces.Queue }
	batch := func(s *settings) any { return s.spanBatch }
	daemon := func(s *settings) any { return s.tcp + " " + s.udp }
	host := func(s *settings) any { return s.host }
	for _, c := range []struct {
		env  string // NAME=value, NAME=value
		cfg  Config
		of   func(*settings) any
		want any
	}{
		{"OTEL_SERVICE_NAME=a; OTEL_RESOURCE_ATTRIBUTES=service.name=b; AWS_XRAY_TRACING_NAME=c", Config{}, service, "a"},
		{"OTEL_SERVICE_NAME=a", Config{Service: "d"}, service, "d"},
		{"OTEL_RESOURCE_ATTRIBUTES=service.name=b; AWS_XRAY_TRACING_NAME=c", Config{}, service, "b"},
		{"AWS_XRAY_TRACING_NAME=c", Config{}, service, "c"},
		{"OTEL_RESOURCE_ATTRIBUTES=host.name=cruddur-1", Config{}, host, "cruddur-1"},
		{"OTEL_SERVICE_NAME=a; AWS_XRAY_TRACING_NAME=c", Config{}, segment, "c"},
		{"AWS_XRAY_TRACING_NAME=c", Config{Service: "d"}, segment, "d"},
		{"OTEL_SERVICE_NAME=a", Config{}, segment, "a"},
		{"OTEL_RESOURCE_ATTRIBUTES=deployment.environment=a; ROLLBAR_ENVIRONMENT=b", Config{}, environment, "a"},
		{"OTEL_RESOURCE_ATTRIBUTES=deployment.environment=a,deployment.environment.name=c", Config{}, environment, "c"},
		{"ROLLBAR_ENVIRONMENT=b; ROLLBAR_ENV=c", Config{}, environment, "b"},
		{"ROLLBAR_ENV=c", Config{}, environment, "c"},
		{"", Config{}, environment, "development"},
		{"OTEL_RESOURCE_ATTRIBUTES=service.version=1; ROLLBAR_CODE_VERSION=2", Config{}, version, "1"},
		{"ROLLBAR_CODE_VERSION=2", Config{}, version, "2"},

		{"", Config{}, traces, false},
		{"HONEYCOMB_API_KEY=k", Config{}, endpoint, "https://api.honeycomb.io"},
		{"HONEYCOMB_API_KEY=k", Config{}, traces, true},
		{"HONEYCOMB_API_KEY=k; HONEYCOMB_TRACES_APIKEY=l", Config{}, key, "l"},
		{"HONEYCOMB_API_KEY=k; OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", Config{}, endpoint, ""}, // the exporter reads it
		{"HONEYCOMB_API_ENDPOINT=http://h; OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", Config{}, endpoint, "http://h"},
		{"HONEYCOMB_API_ENDPOINT=http://h; HONEYCOMB_TRACES_ENDPOINT=http://i", Config{}, endpoint, "http://i"},
		{"HONEYCOMB_API_ENDPOINT=http://h", Config{Traces: Traces{Endpoint: "http://j"}}, endpoint, "http://j"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces", Config{}, traces, true},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/v1/traces; OTEL_TRACES_EXPORTER=none", Config{}, traces, false},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c; OTEL_SDK_DISABLED=True", Config{}, traces, false},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c; OTEL_SDK_DISABLED=1", Config{}, traces, true}, // only true is true
		{"OTEL_TRACES_EXPORTER=otlp", Config{}, traces, true},
		{"OTEL_TRACES_EXPORTER=console,OTLP", Config{}, traces, true},
		{"OTEL_TRACES_EXPORTER=console", Config{}, traces, false},
		{"OTEL_TRACES_EXPORTER=otlp", Config{Traces: Traces{Off: true}}, traces, false},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", Config{}, protocol, "grpc"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc; OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json", Config{}, protocol, "http/json"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", Config{Traces: Traces{Protocol: "http/protobuf"}}, protocol, "http/protobuf"},
		{"", Config{}, protocol, "http/protobuf"},

		{"OTEL_BSP_MAX_QUEUE_SIZE=100", Config{}, queue, 100},
		{"OTEL_BSP_MAX_QUEUE_SIZE=100", Config{Traces: Traces{Queue: 7}}, queue, 7},
		{"OTEL_BSP_MAX_QUEUE_SIZE=-1", Config{}, queue, 8192},
		{"OTEL_BSP_MAX_QUEUE_SIZE=100", Config{}, batch, 100}, // no more than wait
		{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE=50", Config{}, batch, 50},
		{"OTEL_BSP_SCHEDULE_DELAY=250", Config{}, func(s *settings) any { return s.spanEvery }, 250 * time.Millisecond},
		{"OTEL_BSP_EXPORT_TIMEOUT=4000", Config{}, func(s *settings) any { return s.spanLasts }, 4 * time.Second},

		{"CLOUDWATCH_LOG_GROUP=g", Config{}, func(s *settings) any { return s.Logs.Group + " " + s.Logs.Stream }, "g {service}/{host}/{pid}"},
		{"CLOUDWATCH_LOG_GROUP=g; CLOUDWATCH_LOG_STREAM=s", Config{Logs: Logs{Group: "h"}}, func(s *settings) any { return s.Logs.Group + " " + s.Logs.Stream }, "h s"},
		{"ROLLBAR_ACCESS_TOKEN=a; ROLLBAR_TOKEN=b", Config{}, func(s *settings) any { return s.Errors.Token }, "a"},
		{"ROLLBAR_TOKEN=b", Config{}, func(s *settings) any { return s.Errors.Token + " " + s.Errors.Endpoint }, "b https://api.rollbar.com/api/1/item/"},
		{"AWS_XRAY_DAEMON_ADDRESS=10.0.0.1:3000", Config{}, daemon, "10.0.0.1:3000 10.0.0.1:3000"},
		{"AWS_XRAY_DAEMON_ADDRESS=tcp:10.0.0.1:3000 udp:10.0.0.2:3001", Config{}, daemon, "10.0.0.1:3000 10.0.0.2:3001"},
		{"AWS_XRAY_DAEMON_ADDRESS=udp:10.0.0.2:3001 tcp:10.0.0.1:3000", Config{}, daemon, "10.0.0.1:3000 10.0.0.2:3001"},
		{"AWS_XRAY_DAEMON_ADDRESS=10.0.0.1:3000; AWS_XRAY_SDK_DISABLED=true", Config{}, daemon, "127.0.0.1:2000 "},
		{"AWS_XRAY_DAEMON_ADDRESS=10.0.0.1:3000", Config{XRay: XRay{Daemon: "127.0.0.1:2001"}}, daemon, "127.0.0.1:2001 127.0.0.1:2001"},
	} {
		c.cfg.Trouble = slog.New(slog.DiscardHandler)
		s, err := resolve(c.cfg, environ(c.env))
		if err != nil {
			t.Errorf("%s: %v", c.env, err)
		} else if got := c.of(&s); got != c.want {
			t.Errorf("%s with %+v: %v, want %v", c.env, c.cfg, got, c.want)
		}
	}
}

// environ reads NAME=value; NAME=value.
func environ(text string) func(string) string {
	values := map[string]string{}
	for pair := range strings.SplitSeq(text, "; ") {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

// What cannot be right is said at the start, with what to write in its place.
func TestResolve_RefusesWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"HONEYCOMB_API_ENDPOINT=api.honeycomb.io":       `"api.honeycomb.io": want an address like https://host`,
		"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318":    `"localhost:4318": want an address like https://host`,
		"OTEL_EXPORTER_OTLP_PROTOCOL=kafka":             `"kafka" of traces: want http/protobuf, http/json or grpc`,
		"CLOUDWATCH_LOG_RETENTION_DAYS=a week":          `"a week": want a number of days`,
		"ROLLBAR_ENDPOINT=127.0.0.1:6743":               `"127.0.0.1:6743": want an address`,
		"AWS_XRAY_DAEMON_ADDRESS=udp:127.0.0.1:2000":    `want HOST:PORT, or tcp:HOST:PORT udp:HOST:PORT`,
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=ftp://host": `"ftp://host": want an address`,
	} {
		if _, err := resolve(Config{}, environ(env)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %s", env, err, want)
		}
	}
	if _, err := resolve(Config{}, environ("OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317; OTEL_EXPORTER_OTLP_PROTOCOL=grpc")); err != nil {
		t.Errorf("gRPC takes HOST:PORT: %v", err)
	}
}

// OpenTelemetry wants what is not known passed over with a warning; samplers and
// propagators are those that are named.
func TestStart_WarnsOfWhatIsNotKnown(t *testing.T) {
	for _, c := range []struct{ name, value, sampler, fields, warns string }{
		{"OTEL_TRACES_SAMPLER", "jaeger_remote", "ParentBased{root:AlwaysOnSampler", "", "jaeger_remote"},
		{"OTEL_TRACES_SAMPLER", "Always_Off", "AlwaysOffSampler", "", ""},
		{"OTEL_TRACES_SAMPLER", "parentbased_always_off", "ParentBased{root:AlwaysOffSampler", "", ""},
		{"OTEL_TRACES_SAMPLER", "traceidratio", "TraceIDRatioBased{1}", "", "a half"},
		{"OTEL_PROPAGATORS", "b3,TraceContext", "", "[traceparent tracestate]", "b3"},
		{"OTEL_PROPAGATORS", "none", "", "[]", ""},
		{"OTEL_PROPAGATORS", "xray", "", "[X-Amzn-Trace-Id]", ""},
		{"OTEL_BSP_SCHEDULE_DELAY", "soon", "", "", "soon"},
		{"OTEL_TRACES_EXPORTER", "zipkin,otlp", "", "", "zipkin"},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			t.Setenv(c.name, c.value)
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", "a half")
			trouble := &records{}
			tel, err := Start(t.Context(), Config{Trouble: slog.New(trouble)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tel.Shutdown(t.Context()) }()
			if got := tel.samplerOf(t.Context()).Description(); !strings.HasPrefix(got, c.sampler) {
				t.Errorf("the sampler is %s", got)
			}
			if got := strings.Join(slices.Sorted(slices.Values(tel.Propagator().Fields())), " "); c.fields != "" && "["+got+"]" != c.fields {
				t.Errorf("propagated are %s", got)
			}
			if c.warns != "" && !trouble.says(c.warns) || c.warns == "" && len(trouble.all) > 0 {
				t.Errorf("the warnings: %v", trouble.all)
			}
		})
	}
}

// says reports whether an attribute of some message has a text.
func (r *records) says(text string) (found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.all {
		record.Attrs(func(a slog.Attr) bool {
			found = found || a.Value.String() == text
			return !found
		})
	}
	return found
}

// The limits of spans are those of OpenTelemetry's variables.
func TestStart_KeepsOpenTelemetrysLimits(t *testing.T) {
	for _, prefix := range []string{"OTEL_SPAN_ATTRIBUTE_", "OTEL_ATTRIBUTE_"} {
		t.Run(prefix, func(t *testing.T) {
			t.Setenv(prefix+"COUNT_LIMIT", "2")
			t.Setenv(prefix+"VALUE_LENGTH_LIMIT", "3")
			t.Setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "1")
			tel, err := Start(t.Context(), Config{XRay: XRay{Daemon: nobody(t)}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tel.Shutdown(t.Context()) }()
			_, span := tel.Tracer().Start(t.Context(), "work")
			span.SetAttributes(attribute.String("a", "12345"), attribute.Int("b", 1), attribute.Int("c", 2))
			span.AddEvent("one")
			span.AddEvent("two")
			read, ok := span.(sdktrace.ReadOnlySpan)
			if !ok || len(read.Attributes()) != 2 || read.Attributes()[0].Value.AsString() != "123" || len(read.Events()) != 1 {
				t.Errorf("%v %v", read.Attributes(), read.Events())
			}
		})
	}
}
