package sdk_test

import (
	"fmt"
	"math"
	"strings"

	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resources "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const classicKey = "0123456789abcdef0123456789abcdef"

// pairs is a map whose members come in order, and may come twice.
type pairs []*common.KeyValue

func attr(key string, v any) *common.KeyValue { return &common.KeyValue{Key: key, Value: value(v)} }

func value(v any) *common.AnyValue {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: v}}
	case bool:
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: v}}
	case int:
		return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: int64(v)}}
	case float64:
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: v}}
	case []byte:
		return &common.AnyValue{Value: &common.AnyValue_BytesValue{BytesValue: v}}
	case []any:
		list := &common.ArrayValue{}
		for _, item := range v {
			list.Values = append(list.Values, value(item))
		}
		return &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: list}}
	case pairs:
		return &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: v}}}
	case struct{}: // a value without one
		return &common.AnyValue{}
	}
	panic(fmt.Sprintf("%T", v))
}

func resourceOf(service any, more ...*common.KeyValue) *resources.Resource {
	r := &resources.Resource{Attributes: more}
	if service != nil {
		r.Attributes = append([]*common.KeyValue{attr("service.name", service)}, more...)
	}
	return r
}

func spanOf(at int64, name string, attrs ...*common.KeyValue) *trace.Span {
	return &trace.Span{
		TraceId: []byte("0123456789abcdef"), SpanId: []byte("01234567"), Name: name,
		StartTimeUnixNano: uint64(at), EndTimeUnixNano: uint64(at + 5_250_000), Attributes: attrs,
	}
}

func tracesOf(r *resources.Resource, scope *common.InstrumentationScope, spans ...*trace.Span) *collectortrace.ExportTraceServiceRequest {
	return &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{Resource: r, ScopeSpans: []*trace.ScopeSpans{{Scope: scope, Spans: spans}}}}}
}

func logsOf(r *resources.Resource, scope *common.InstrumentationScope, list ...*logs.LogRecord) *collectorlogs.ExportLogsServiceRequest {
	return &collectorlogs.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{Resource: r, ScopeLogs: []*logs.ScopeLogs{{Scope: scope, LogRecords: list}}}}}
}

func recordOf(at int64, body any) *logs.LogRecord {
	return &logs.LogRecord{TimeUnixNano: uint64(at), Body: value(body)}
}

// nested is a map in a map, so many deep.
func nested(depth int, bottom any) any {
	for range depth {
		bottom = pairs{attr("m", bottom), attr("n", depth)}
	}
	return bottom
}

// values are attributes of every kind, and odd ones of each.
func values() []*common.KeyValue {
	return []*common.KeyValue{
		attr("text", "plain"), attr("text.empty", ""), attr("text.unicode", "héllo 世界 \U0001F600 \u2028"), attr("text.control", "a\tb\n\x00\x1f"), attr("text.html", "<a href=\"x\">&</a>"),
		attr("text.like.json", "[1,2]"), attr("text.like.number", "42"),
		attr("int", 42), attr("int.zero", 0), attr("int.negative", -7), attr("int.largest", math.MaxInt64), attr("int.least", math.MinInt64), attr("int.over.2.53", 1<<53+1),
		attr("float", 1.5), attr("float.whole", 3.0), attr("float.zero", 0.0), attr("float.tiny", 5e-324), attr("float.huge", math.MaxFloat64), attr("float.tenth", 0.1),
		attr("float.nan", math.NaN()), attr("float.infinite", math.Inf(1)), attr("float.least", math.Inf(-1)),
		attr("bool", true), attr("bool.false", false),
		attr("bytes", []byte{0, 1, 0xfe, 0xff}), attr("bytes.empty", []byte{}), attr("bytes.text", []byte("<hello>")),
		attr("list", []any{"a", 1, 2.5, true, nil, []byte("x")}), attr("list.empty", []any{}), attr("list.html", []any{"<a>&\"b\""}), attr("list.odd.text", []any{"tab\t nl\n nul\x00 \u2028 é \x7f"}),
		attr("list.numbers", []any{0, -1, math.MaxInt64, 0.1, 1e21, 1e20, 1e-7, 1e-6, 123456789.0, 100.0, 5e-324, -0.5}),
		attr("list.of.lists", []any{[]any{1, []any{"deep"}}, []any{}}), attr("list.of.maps", []any{pairs{attr("b", 2), attr("a", 1)}, pairs{}}),
		attr("map", pairs{attr("text", "x"), attr("int", 1), attr("bool", false), attr("list", []any{1}), attr("map", pairs{attr("float", 0.5)})}),
		attr("map.empty", pairs{}), attr("map.nothing", pairs{attr("x", struct{}{})}),
		attr("with space", "s"), attr("with.dots.and-dashes_", "s"), attr("Ünïcode", "s"), attr("'quotes\"", "s"),
		attr("no.value", nil), attr("empty.value", struct{}{}), attr("", "no name"),
		attr("twice", 1), attr("twice", 2),
	}
}

func oracleCases(now int64) []oracleCase {
	return append(append(traceCases(now), rateCases(now)...), logCases(now)...)
}

func traceCases(now int64) []oracleCase { //nolint:funlen // data
	ids := func(s *trace.Span, traceID, spanID, parentID string) *trace.Span {
		s.TraceId, s.SpanId, s.ParentSpanId = []byte(traceID), []byte(spanID), []byte(parentID)
		return s
	}
	with := func(s *trace.Span, change func(s *trace.Span)) *trace.Span { change(s); return s }
	var kinds, statuses []*trace.Span
	for kind := trace.Span_SpanKind(0); kind < 8; kind++ {
		kinds = append(kinds, with(spanOf(now, kind.String()), func(s *trace.Span) { s.Kind = kind }))
	}
	for code := trace.Status_StatusCode(0); code < 4; code++ {
		for _, message := range []string{"", "went wrong"} {
			statuses = append(statuses, with(spanOf(now, code.String()+message), func(s *trace.Span) { s.Status = &trace.Status{Code: code, Message: message} }))
		}
	}
	libraries := &collectortrace.ExportTraceServiceRequest{}
	for i, name := range []string{
		"", "app", "io.opentelemetry.jdbc", "opentelemetry.instrumentation.flask", "OpenTelemetry.Instrumentation.AspNetCore", "OpenTelemetry::Instrumentation::Rack",
		"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "@opentelemetry/instrumentation-http", "my.opentelemetry.instrumentation",
	} {
		libraries.ResourceSpans = append(libraries.ResourceSpans, tracesOf(resourceOf("libraries"), &common.InstrumentationScope{
			Name: name, Version: strings.Repeat("1", i%2), Attributes: []*common.KeyValue{attr("scope.attribute", i)},
		}, spanOf(now, fmt.Sprint("s", i))).ResourceSpans...)
	}
	exception := func(at int64, attrs ...*common.KeyValue) *trace.Span_Event {
		return &trace.Span_Event{TimeUnixNano: uint64(at), Name: "exception", Attributes: attrs}
	}
	failed := func(events ...*trace.Span_Event) *trace.Span {
		return with(spanOf(now, "failed"), func(s *trace.Span) { s.Events, s.Status = events, &trace.Status{Code: trace.Status_STATUS_CODE_ERROR} })
	}
	return []oracleCase{
		{name: "values of a span", request: tracesOf(resourceOf("values-span"), nil, spanOf(now, "a", values()...))},
		{name: "values of a resource", request: tracesOf(resourceOf("values-resource", values()...), nil, spanOf(now, "a"), spanOf(now+1, "b"))},
		{name: "values of a scope", request: tracesOf(resourceOf("values-scope"), &common.InstrumentationScope{Name: "n", Attributes: values()}, spanOf(now, "a"))},
		{name: "values of events and links", request: tracesOf(resourceOf("values-annotations"), nil, with(spanOf(now, "a"), func(s *trace.Span) {
			s.Events = []*trace.Span_Event{{TimeUnixNano: uint64(now + 1000), Name: "e", Attributes: values()}, {TimeUnixNano: uint64(now), Name: ""}}
			s.Links = []*trace.Span_Link{{TraceId: []byte("fedcba9876543210"), SpanId: []byte("76543210"), TraceState: "dropped=1", Attributes: values()}, {}}
		}))},
		{name: "maps in maps", request: tracesOf(resourceOf("nested"), nil, spanOf(now, "a",
			attr("d1", nested(1, "b")), attr("d2", nested(2, "b")), attr("d3", nested(3, "b")), attr("d4", nested(4, "b")), attr("d5", nested(5, "b"))))},
		{
			name:    "maps in maps too deep",
			request: tracesOf(resourceOf("nested-deep"), nil, spanOf(now, "a", attr("d", nested(7, "b")))),
			allowed: []allowed{{"the sixth map is JSON as a whole, as in the vendor's later translation of spans; 0.30 took each of its members for itself", func(events []flat) {
				const at = "d.m.m.m.m.m"
				e := &events[0]
				e.drop(at + ".m")
				e.drop(at + ".n")
				e.set(at, `{"m":{"m":"b","n":7},"n":7}`)
			}}},
		},
		{name: "kinds", request: tracesOf(resourceOf("kinds"), nil, kinds...)},
		{name: "statuses", request: tracesOf(resourceOf("statuses"), nil, statuses...)},
		{name: "libraries", request: libraries},
		{
			name: "libraries known since", request: tracesOf(resourceOf("libraries-since"), &common.InstrumentationScope{Name: "@honeycombio/opentelemetry-web"}, spanOf(now, "a")),
			allowed: []allowed{{"the vendor's later versions know more prefixes", func(events []flat) { events[0].set("telemetry.instrumentation_library", true) }}},
		},
		{name: "ids", request: tracesOf(resourceOf("ids"), nil,
			ids(spanOf(now, "usual"), "0123456789abcdef", "01234567", "76543210"),
			ids(spanOf(now, "short trace id"), "01234567", "01234567", ""),
			ids(spanOf(now, "half zeros"), "\x00\x00\x00\x00\x00\x00\x00\x0001234567", "01234567", ""),
			ids(spanOf(now, "odd lengths"), "012", "0123456789", "0"),
			ids(spanOf(now, "none"), "", "", ""),
		)},
		{name: "trace state", request: tracesOf(resourceOf("state"), nil, with(spanOf(now, "a"), func(s *trace.Span) { s.TraceState = "vendor=1,other=2" }))},
		{name: "durations", request: tracesOf(resourceOf("durations"), nil,
			with(spanOf(now, "nothing"), func(s *trace.Span) { s.EndTimeUnixNano = s.StartTimeUnixNano }),
			with(spanOf(now, "one ns"), func(s *trace.Span) { s.EndTimeUnixNano = s.StartTimeUnixNano + 1 }),
			with(spanOf(now, "a day"), func(s *trace.Span) { s.EndTimeUnixNano = s.StartTimeUnixNano + 86_400e9 }))},
		{
			name: "ends before it starts", request: tracesOf(resourceOf("backwards"), nil,
				with(spanOf(now, "back"), func(s *trace.Span) { s.EndTimeUnixNano = s.StartTimeUnixNano - 1 }),
				with(spanOf(now, "no end"), func(s *trace.Span) { s.EndTimeUnixNano = 0 })),
			allowed: []allowed{{"0.30 subtracted without a sign; later versions take 0, and say so unless there is no end", func(events []flat) {
				events[0].set("duration_ms", 0.0)
				events[0].set("meta.invalid_duration", true)
				events[1].set("duration_ms", 0.0)
			}}},
		},
		{
			name: "event before its span", request: tracesOf(resourceOf("early-event"), nil, with(spanOf(now, "a"), func(s *trace.Span) {
				s.Events = []*trace.Span_Event{{TimeUnixNano: uint64(now - 1000), Name: "early"}, {Name: "no time"}}
			})),
			allowed: []allowed{
				{"0.30 subtracted without a sign", func(events []flat) {
					events[0].set("meta.time_since_span_start_ms", 0.0)
					events[0].set("meta.invalid_time_since_span_start", true)
				}},
				{"an event without a time takes that of its span: 1970 is nowhere to be found", func(events []flat) {
					events[1].Time = now
					events[1].set("meta.time_since_span_start_ms", 0.0)
				}},
			},
		},
		{name: "exceptions", request: tracesOf(resourceOf("exceptions"), nil,
			failed(exception(now+1, attr("exception.type", "KeyError"), attr("exception.message", "'id'"), attr("exception.stacktrace", "at x\nat y"), attr("exception.escaped", true), attr("other", 1))),
			failed(exception(now+1, attr("exception.type", "First")), exception(now+2, attr("exception.type", "Second"))),
			with(failed(exception(now+1, attr("exception.type", "of the event"), attr("exception.message", "m"))), func(s *trace.Span) {
				s.Attributes = []*common.KeyValue{attr("exception.type", "of the span")}
			}),
			failed(&trace.Span_Event{TimeUnixNano: uint64(now), Name: "Exception", Attributes: []*common.KeyValue{attr("exception.type", "not by that name")}}),
			failed())},
		{
			name: "odd exceptions", request: tracesOf(resourceOf("odd-exceptions"), nil,
				failed(exception(now+1, attr("exception.type", 5), attr("exception.escaped", "yes"))),
				failed(exception(now+1, attr("exception.type", "First")), exception(now+2, attr("exception.message", "of the second")))),
			allowed: []allowed{
				{"0.30 copied nothing as \"\" or false where the kind was wrong", func(events []flat) {
					events[1].drop("exception.type")
					events[1].drop("exception.escaped")
				}},
				{"only the first exception is copied, as the vendor says; 0.30 filled gaps from the next", func(events []flat) { events[4].drop("exception.message") }},
			},
		},
		{name: "attributes over fields", request: tracesOf(resourceOf("over"), nil, with(
			spanOf(now, "sent", attr("name", "attribute"), attr("duration_ms", 7.5), attr("trace.trace_id", "t"), attr("span.kind", "odd"), attr("error", "text"), attr("meta.signal_type", "mine")),
			func(s *trace.Span) {
				s.Events = []*trace.Span_Event{{TimeUnixNano: uint64(now), Name: "e", Attributes: []*common.KeyValue{attr("name", "mine"), attr("parent_name", "mine")}}}
			}))},
		{name: "item over scope over resource", request: tracesOf(resourceOf("precedence", attr("a", "resource"), attr("b", "resource"), attr("c", "resource")),
			&common.InstrumentationScope{Name: "n", Attributes: []*common.KeyValue{attr("b", "scope"), attr("c", "scope"), attr("library.name", "wins")}},
			with(spanOf(now, "s", attr("c", "span")), func(s *trace.Span) {
				s.Events = []*trace.Span_Event{{TimeUnixNano: uint64(now), Name: "e", Attributes: []*common.KeyValue{attr("c", "event")}}}
			}))},
		{
			name: "resource over fields", request: tracesOf(resourceOf("resource-over", attr("name", "of the resource"), attr("type", "mine")), nil, spanOf(now, "of the span")),
			allowed: []allowed{{"what a span says of itself wins over its resource, as in the vendor's later translation of spans", func(events []flat) {
				events[0].set("name", "of the span")
				events[0].set("type", "unspecified")
			}}},
		},
		{
			name: "error of an event", request: tracesOf(resourceOf("event-error"), nil, with(failed(&trace.Span_Event{
				TimeUnixNano: uint64(now), Name: "e", Attributes: []*common.KeyValue{attr("error", "its own")},
			}), func(s *trace.Span) {})),
			allowed: []allowed{{"attributes win over all fields; 0.30 set error last", func(events []flat) { events[0].set("error", "its own") }}},
		},
		{
			name: "span without a name", request: tracesOf(resourceOf("nameless"), nil, with(spanOf(now, ""), func(s *trace.Span) {
				s.Events = []*trace.Span_Event{{TimeUnixNano: uint64(now), Name: "e"}}
				s.Links = []*trace.Span_Link{{TraceId: []byte("0123456789abcdef"), SpanId: []byte("01234567")}}
			})),
			allowed: []allowed{{"parent_name is there if the parent has a name, as in later versions", func(events []flat) {
				events[0].drop("parent_name")
				events[1].drop("parent_name")
			}}},
		},
		{
			name: "schemas", request: &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{
				Resource: resourceOf("schemas"), SchemaUrl: "https://schema/r", ScopeSpans: []*trace.ScopeSpans{{SchemaUrl: "https://schema/s", Spans: []*trace.Span{spanOf(now, "a")}}},
			}}},
			allowed: []allowed{{"schema_url fields were added since", func(events []flat) {
				events[0].set("resource.schema_url", "https://schema/r")
				events[0].set("scope.schema_url", "https://schema/s")
			}}},
		},
		{
			name: "ids of links of 12 bytes", request: tracesOf(resourceOf("link-ids"), nil, with(spanOf(now, "a"), func(s *trace.Span) {
				s.Links = []*trace.Span_Link{{TraceId: []byte("0123456789abcdef"), SpanId: []byte("0123456789ab")}}
			})),
		},
		{name: "services", request: manyServices(now)},
		{name: "no resource", request: tracesOf(nil, nil, spanOf(now, "a"))},
		{name: "classic key", key: classicKey, dataset: "Old Set/1", request: tracesOf(resourceOf("ignored"), nil, spanOf(now, "a"))},
		{name: "nothing in it", request: &collectortrace.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{}, {ScopeSpans: []*trace.ScopeSpans{{}}}}}},
	}
}

// manyServices are resources whose names route in all ways there are.
func manyServices(now int64) proto.Message {
	all := &collectortrace.ExportTraceServiceRequest{}
	for i, service := range []any{"Shop Front", "  padded  ", "", "   ", "unknown_service", "unknown_service:java", "unknown_services", 42, nil, "ünïcode", "a/b", "shop front"} {
		all.ResourceSpans = append(all.ResourceSpans, tracesOf(resourceOf(service), nil, spanOf(now, fmt.Sprint("s", i))).ResourceSpans...)
	}
	return all
}

func rateCases(now int64) []oracleCase { //nolint:funlen // data
	annotated := func(attrs ...*common.KeyValue) *trace.Span {
		s := spanOf(now, "s", attrs...)
		s.Events = []*trace.Span_Event{{TimeUnixNano: uint64(now), Name: "e"}}
		s.Links = []*trace.Span_Link{{TraceId: []byte("0123456789abcdef"), SpanId: []byte("01234567")}}
		return s
	}
	rate := func(n int64) func(events []flat) {
		return func(events []flat) {
			for i := range events {
				events[i].Rate = n
			}
		}
	}
	without := func(names ...string) func(events []flat) {
		return func(events []flat) {
			for i := range events {
				for _, name := range names {
					events[i].drop(name)
				}
			}
		}
	}
	state := func(service, state string, want int64) oracleCase {
		s := annotated()
		s.TraceState = state
		return oracleCase{name: "state " + state, request: tracesOf(resourceOf(service), nil, s), allowed: []allowed{{"rates of trace states came later", rate(want)}}}
	}
	const (
		rounded = "0.30 took no rates with a fraction; later versions round them"
		removed = "0.30 left the rate on annotations and the other spelling on the span; later versions remove it"
	)
	return []oracleCase{
		{name: "rate of a span", request: tracesOf(resourceOf("rate-1"), nil, annotated(attr("sampleRate", 10)))},
		{name: "rate in the other spelling", request: tracesOf(resourceOf("rate-2"), nil, annotated(attr("SampleRate", 20)))},
		{name: "rate as text", request: tracesOf(resourceOf("rate-3"), nil, annotated(attr("sampleRate", "30")))},
		{name: "rate of zero", request: tracesOf(resourceOf("rate-4"), nil, annotated(attr("sampleRate", 0)))},
		{name: "rate beyond 32 bits", request: tracesOf(resourceOf("rate-5"), nil, spanOf(now, "s", attr("sampleRate", 1<<40)))},
		{name: "rate as odd text", request: tracesOf(resourceOf("rate-6"), nil, annotated(attr("sampleRate", "many")))},
		{name: "rate as bool", request: tracesOf(resourceOf("rate-7"), nil, annotated(attr("sampleRate", true)))},
		{name: "rate with a fraction", request: tracesOf(resourceOf("rate-8"), nil, annotated(attr("sampleRate", 4.5))), allowed: []allowed{{rounded, rate(5)}}},
		{name: "rate as text with a fraction", request: tracesOf(resourceOf("rate-9"), nil, annotated(attr("sampleRate", "4.4"))), allowed: []allowed{{rounded, rate(4)}}},
		{name: "negative rate", request: tracesOf(resourceOf("rate-10"), nil, annotated(attr("sampleRate", -5)))},
		{name: "rate as a map", request: tracesOf(resourceOf("rate-11"), nil, annotated(attr("sampleRate", pairs{attr("x", 1)})))},
		{
			name: "rates in both spellings", request: tracesOf(resourceOf("rate-12"), nil, annotated(attr("SampleRate", 3), attr("sampleRate", 4))),
			allowed: []allowed{{removed, without("SampleRate")}},
		},
		{
			name: "rate of a resource", request: tracesOf(resourceOf("rate-13", attr("sampleRate", 6)), nil, annotated()),
			allowed: []allowed{{removed, without("sampleRate")}},
		},
		{
			name: "rate of a scope", request: tracesOf(resourceOf("rate-14", attr("sampleRate", 6)), &common.InstrumentationScope{Attributes: []*common.KeyValue{attr("sampleRate", 7)}}, annotated()),
			allowed: []allowed{{removed, without("sampleRate")}},
		},
		state("state-1", "ot=th:8", 2),
		state("state-2", "other=1,ot=rv:0;th:c", 4),
		state("state-3", "th=e", 8),
		state("state-4", "ot=th:fd70a3d70a3d71", 100),
		{name: "state without a rate", request: tracesOf(resourceOf("state-5"), nil, func() *trace.Span { s := annotated(); s.TraceState = "ot=rv:0,th=nonsense"; return s }())},
	}
}

func logCases(now int64) []oracleCase { //nolint:funlen // data
	with := func(r *logs.LogRecord, change func(r *logs.LogRecord)) *logs.LogRecord { change(r); return r }
	var severities []*logs.LogRecord
	for n := logs.SeverityNumber(0); n < 27; n++ {
		severities = append(severities, with(recordOf(now, "s"), func(r *logs.LogRecord) {
			r.SeverityNumber, r.SeverityText = n, strings.TrimPrefix(n.String(), "SEVERITY_NUMBER_")
		}))
	}
	bodies := []any{
		"text", "", "héllo <b>", 42, 0, 1.5, 3.0, true, false, []any{1, "<a>", nil}, []any{}, []byte("bytes"), []byte{}, struct{}{}, nil,
		pairs{attr("msg", "hi"), attr("n", 1)}, pairs{}, pairs{attr("b", pairs{attr("c", pairs{attr("d", []any{1})})})}, pairs{attr("x", struct{}{})},
	}
	var all []oracleCase
	for i, body := range bodies {
		c := oracleCase{name: fmt.Sprintf("body %d", i), request: logsOf(resourceOf(fmt.Sprintf("body-%d", i)), nil, recordOf(now, body))}
		if body == struct{}{} {
			c.allowed = []allowed{{"a body without a value is none; 0.30 made it the text null", func(events []flat) { events[0].drop("body") }}}
		}
		all = append(all, c)
	}
	return append(all, []oracleCase{
		{name: "severities", request: logsOf(resourceOf("severities"), nil, severities...)},
		{
			name: "severity that only a text names", request: logsOf(resourceOf("severity-text"), nil, with(recordOf(now, "s"), func(r *logs.LogRecord) { r.SeverityText = "WARN" })),
			allowed: []allowed{{"a text without a number says how severe a record is, too", func(events []flat) { events[0].set("severity", "warn") }}},
		},
		{name: "values of a record", request: logsOf(resourceOf("log-values"), nil, with(recordOf(now, "b"), func(r *logs.LogRecord) { r.Attributes = values() }))},
		{name: "values of a log's resource", request: logsOf(resourceOf("log-resource", values()...), &common.InstrumentationScope{Name: "n", Version: "v", Attributes: values()[:5]}, recordOf(now, "b"))},
		{name: "trace of a log", request: logsOf(resourceOf("log-trace"), nil,
			with(recordOf(now, "b"), func(r *logs.LogRecord) {
				r.TraceId, r.SpanId, r.Flags = []byte("0123456789abcdef"), []byte("01234567"), 1
			}),
			with(recordOf(now, "b"), func(r *logs.LogRecord) { r.TraceId = []byte("0123456789abcdef") }),
			with(recordOf(now, "b"), func(r *logs.LogRecord) { r.SpanId, r.Flags = []byte("01234567"), math.MaxUint32 }),
			with(recordOf(now, "b"), func(r *logs.LogRecord) { r.TraceId = append(make([]byte, 8), "01234567"...) }))},
		{
			name: "zeros as the trace of a log", request: logsOf(resourceOf("log-zeros"), nil, with(recordOf(now, "b"), func(r *logs.LogRecord) { r.TraceId, r.SpanId = make([]byte, 16), make([]byte, 8) })),
			allowed: []allowed{{"ids of zeros mean that there is none, as OTLP has it", func(events []flat) {
				for _, name := range []string{"trace.trace_id", "trace.parent_id", "meta.annotation_type"} {
					events[0].drop(name)
				}
			}}},
		},
		{
			name: "log without a time", request: logsOf(resourceOf("log-time"), nil, &logs.LogRecord{ObservedTimeUnixNano: uint64(now), Body: value("b")}),
			allowed: []allowed{{"a log without a time of its own has that at which it was seen", func(events []flat) { events[0].Time = now }}},
		},
		{
			name: "name of an event", request: logsOf(resourceOf("log-event"), nil, with(recordOf(now, "b"), func(r *logs.LogRecord) { r.EventName = "checkout" })),
			allowed: []allowed{{"event.name was added since", func(events []flat) { events[0].set("event.name", "checkout") }}},
		},
		{
			name: "rate of a log", request: logsOf(resourceOf("log-rate"), nil, with(recordOf(now, "b"), func(r *logs.LogRecord) { r.Attributes = []*common.KeyValue{attr("sampleRate", 5)} })),
			allowed: []allowed{{"0.30 gave logs no rate", func(events []flat) {
				events[0].Rate = 5
				events[0].drop("sampleRate")
			}}},
		},
		{name: "attributes over a log's fields", request: logsOf(resourceOf("log-over", attr("severity", "resource"), attr("flags", "r"), attr("body", "of the resource")),
			&common.InstrumentationScope{Attributes: []*common.KeyValue{attr("severity_code", "scope")}},
			with(recordOf(now, pairs{attr("x", 1)}), func(r *logs.LogRecord) {
				r.Attributes = []*common.KeyValue{attr("body.x", "mine"), attr("severity_text", "mine")}
			}))},
		{
			name: "body too deep", request: logsOf(resourceOf("log-deep"), nil, recordOf(now, nested(7, "b"))),
			allowed: []allowed{{"the sixth map is JSON as a whole, as for spans", func(events []flat) {
				const at = "body.m.m.m.m.m"
				events[0].drop(at + ".m")
				events[0].drop(at + ".n")
				events[0].set(at, `{"m":{"m":"b","n":7},"n":7}`)
			}}},
		},
		{name: "log of an unknown service", request: logsOf(resourceOf("unknown_service:x"), nil, recordOf(now, "b"))},
		{name: "log with a dataset", dataset: "Log Source", request: logsOf(nil, nil, recordOf(now, "b"))},
		{name: "log of a classic key", key: classicKey, dataset: "ignored", request: logsOf(resourceOf("classic-logs"), nil, recordOf(now, "b"))},
		{name: "log of a classic key without a dataset", key: classicKey, request: logsOf(nil, nil, recordOf(now, "b"))},
	}...)
}
