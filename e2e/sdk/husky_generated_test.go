package sdk_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	collectorlogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// sender draws requests as no application sends them. What it leaves alone are the
// differences that the cases of traceCases and logCases name one by one.
type sender struct {
	*rand.Rand
	now     int64
	service string
}

// value draws one of any kind, maps no deeper than both translations take apart.
func (s *sender) value(depth int) any {
	kinds := 9
	if depth == 0 {
		kinds = 7
	}
	switch s.IntN(kinds) {
	case 0, 1:
		return pick(s.Rand, "", "plain", "a\tb\n", "<b>&\"'", "héllo 世界", "12", "true", `{"a":1}`, "[1]", "null", strings.Repeat("long ", 400))
	case 2:
		return []int{0, 1, -7, 404, 1 << 40}[s.IntN(5)] // larger ones lose digits beside floats of their dataset, as a column of one type does
	case 3:
		return []float64{0, 0.1, -1.5, 3, 1e21, 1e-7, 5e-324, 123456789.25}[s.IntN(8)]
	case 4:
		return s.IntN(2) == 0
	case 5:
		return []byte(pick(s.Rand, "", "x", "\x00\xff", "<&>"))
	case 6:
		return struct{}{}
	case 7:
		list := []any{}
		for range s.IntN(4) {
			list = append(list, s.value(depth-1))
		}
		return list
	}
	members := pairs{}
	for i := range s.IntN(4) {
		members = append(members, attr(fmt.Sprint(pick(s.Rand, "a", "b.c", "Ünï", "x y"), i), s.value(depth-1)))
	}
	return members
}

// attributes draws some with names of their own, and of those given.
func (s *sender) attributes(where string, names ...string) []*common.KeyValue {
	var all []*common.KeyValue
	for i := range s.IntN(5) {
		all = append(all, attr(fmt.Sprint(pick(s.Rand, where, "shared", "with space", "dotted.name.", "日本"), i), s.value(3)))
	}
	for _, name := range names {
		if s.IntN(4) == 0 {
			all = append(all, attr(name, s.value(2)))
		}
	}
	return all
}

func (s *sender) scope() *common.InstrumentationScope {
	if s.IntN(4) == 0 {
		return nil
	}
	return &common.InstrumentationScope{
		Name: pick(s.Rand, "", "app", "opentelemetry.instrumentation.x", "@opentelemetry/instrumentation-y"), Version: pick(s.Rand, "", "1.2"), Attributes: s.attributes("scope"),
	}
}

func (s *sender) id(n int) []byte {
	id := make([]byte, n)
	for i := range id {
		id[i] = byte(1 + s.IntN(255))
	}
	return id
}

func (s *sender) span() *trace.Span {
	start := s.now - int64(s.IntN(1e9))
	sp := &trace.Span{
		TraceId: s.id([]int{16, 8}[s.IntN(2)]), SpanId: s.id(8), Name: pick(s.Rand, "GET /", "query", "ünï", "a\nb"), Kind: trace.Span_SpanKind(s.IntN(7)),
		StartTimeUnixNano: uint64(start), EndTimeUnixNano: uint64(start + int64(s.IntN(5e9))), TraceState: pick(s.Rand, "", "vendor=1", "a=b,c=d"),
		Attributes: s.attributes("span", "name", "type", "duration_ms", "status_code", "trace.parent_id", "meta.annotation_type", "service.name", "library.name", "parent_name"),
	}
	if s.IntN(2) == 0 {
		sp.ParentSpanId = s.id(8)
	}
	if s.IntN(2) == 0 {
		sp.Status = &trace.Status{Code: trace.Status_StatusCode(s.IntN(3)), Message: pick(s.Rand, "", "failed")}
	}
	for range s.IntN(3) {
		sp.Events = append(sp.Events, &trace.Span_Event{
			TimeUnixNano: uint64(start + int64(s.IntN(1e9))), Name: pick(s.Rand, "retry", "", "log"), Attributes: s.attributes("event", "name", "parent_name", "trace.trace_id", "body"),
		})
	}
	if s.IntN(3) == 0 {
		sp.Events = append(sp.Events, &trace.Span_Event{TimeUnixNano: uint64(start), Name: "exception", Attributes: append(s.attributes("exception"),
			attr("exception.type", "E"), attr("exception.message", pick(s.Rand, "", "m")), attr("exception.stacktrace", "at x\nat y"), attr("exception.escaped", s.IntN(2) == 0))})
	}
	for range s.IntN(3) {
		sp.Links = append(sp.Links, &trace.Span_Link{TraceId: s.id(16), SpanId: s.id(8), TraceState: "x=y", Attributes: s.attributes("link", "name", "trace.link.span_id")})
	}
	return sp
}

func (s *sender) record() *logs.LogRecord {
	r := &logs.LogRecord{
		TimeUnixNano: uint64(s.now - int64(s.IntN(1e9))), SeverityNumber: logs.SeverityNumber(1 + s.IntN(24)), SeverityText: pick(s.Rand, "", "WARN"), Flags: s.Uint32(),
		Attributes: s.attributes("log", "severity", "severity_code", "flags", "meta.signal_type", "trace.parent_id"),
	}
	// A body that holds JSON becomes fields here; a map's members are drawn with names of their own.
	switch s.IntN(3) {
	case 0:
		r.Body = value(pick(s.Rand, "plain", "héllo <b>", "", "12"))
	case 1:
		r.Body = value(pairs{attr("text", "x"), attr("n", s.IntN(9)), attr("deep", pairs{attr("list", []any{1, "a"}), attr("ok", true)})})
	}
	if s.IntN(2) == 0 {
		r.TraceId, r.SpanId = s.id(16), s.id(8)
	}
	return r
}

func (s *sender) request() proto.Message {
	if s.IntN(3) == 0 {
		all := &collectorlogs.ExportLogsServiceRequest{}
		for range 1 + s.IntN(2) {
			r := &logs.ResourceLogs{Resource: resourceOf(s.service, s.attributes("resource", "severity", "body")...)}
			for range 1 + s.IntN(2) {
				in := &logs.ScopeLogs{Scope: s.scope()}
				for range s.IntN(4) {
					in.LogRecords = append(in.LogRecords, s.record())
				}
				r.ScopeLogs = append(r.ScopeLogs, in)
			}
			all.ResourceLogs = append(all.ResourceLogs, r)
		}
		return all
	}
	all := &collectortrace.ExportTraceServiceRequest{}
	for range 1 + s.IntN(2) {
		r := &trace.ResourceSpans{Resource: resourceOf(s.service, s.attributes("resource")...)}
		for range 1 + s.IntN(2) {
			in := &trace.ScopeSpans{Scope: s.scope()}
			for range s.IntN(4) {
				in.Spans = append(in.Spans, s.span())
			}
			r.ScopeSpans = append(r.ScopeSpans, in)
		}
		all.ResourceSpans = append(all.ResourceSpans, r)
	}
	return all
}

// Whatever is drawn becomes the same events in the vendor's translation and here,
// from protobuf and from JSON.
func TestOTLP_TranslatesAnythingAsTheVendorDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	tail := s.tail()
	random := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		seed := random.Uint64()
		draw := &sender{Rand: rand.New(rand.NewPCG(seed, 2)), now: time.Now().UnixNano(), service: fmt.Sprint("drawn-", seed)}
		c := oracleCase{name: fmt.Sprint("seed ", seed), request: draw.request()}
		body, err := proto.Marshal(c.request)
		if err != nil {
			t.Fatal(err)
		}
		want := translated(t, c, body)
		for _, a := range everywhere() {
			a.change(want)
		}
		compare(t, c.name+", protobuf", want, s.sent(t, tail, c, "application/protobuf", body))
		compare(t, c.name+", JSON", want, s.sent(t, tail, c, "application/json", asJSON(t, c.request)))
		if t.Failed() {
			t.FailNow()
		}
	}
}
