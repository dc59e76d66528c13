package logline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
)

// read returns the fields of one message, as "name=value", and the line.
func read(message string) (fields []string, l Line) {
	var r Reader
	b := event.NewBatch("test", "logs")
	b.Begin(1)
	l = r.Read(b, []byte(message))
	b.Row(0).Each(func(name string, v event.Value) {
		text := v.Text()
		if v.Kind() == event.String {
			text = strconv.Quote(text)
		}
		fields = append(fields, name+"="+text)
	})
	slices.Sort(fields)
	return fields, l
}

func TestRead_FindsTheFieldsOfAMessage(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`{"level":"info","n":1,"f":1.5,"ok":true,"no":false,"nil":null}`: `f=1.5 level="info" n=1 no=false ok=true`,
		`{"user":{"handle":"andrew","id":7},"tags":["a",{"b":2}]}`:       `tags.0="a" tags.1.b=2 user.handle="andrew" user.id=7`,
		"2026-01-15\tINFO\t{\"a\":\"b\"}\n":                              `a="b"`,
		`a {brace} and {"a":1}`:                                          `a=1`,
		`{"a":1} and more`:                                               ``,
		`{"a":1`:                                                         ``,
		`{"a":1}}`:                                                       ``,
		`plain text`:                                                     ``,
		`[1,2]`:                                                          ``,
		`{}`:                                                             ``,
		"{\"tab\\tname\":\"line\\nbreak \\u00e9 \\ud83d\\ude00\"}": "tab\tname=\"line\\nbreak é 😀\"",
		`{"a":1,"a":"two"}`:     `a="two"`,
		`{"a.b":1,"a":{"b":2}}`: `a.b=2`,
		`{"a":{"b":2},"a.b":1}`: `a.b=2`,
		`{"big":9007199254740993,"huge":1e400,"more":18446744073709551616}`:                                                            `big=9007199254740993 huge="1e400" more=18446744073709552000`,
		`{"body":1,"severity":"x","log":{"group":"g"},"meta":{"a":2},"trace.x":3,"@type":4,"_time":5,"_arrival":6,"service.name":"s"}`: `@@type=4 message._arrival=6 message._time=5 message.body=1 message.log.group="g" message.meta.a=2 message.severity="x" message.trace.x=3 service.name="s"`,
		`{"":1,"a":{"":2}}`: `a.=2`,
	} {
		got, _ := read(message)
		if strings.Join(got, " ") != want {
			t.Errorf("%s\n got %s\nwant %s", message, strings.Join(got, " "), want)
		}
	}
}

// Insights asks for a field of a message by FieldName.
func TestFieldName_IsWhatReadStoresUnder(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"a", "user.handle", "body", "bodyguard", "log.group", "log.stream", "log.level", "severity", "severity_text", "meta.signal_type", "metadata",
		"trace.trace_id", "tracer", "@type", "_time", "_environment", "_dataset", "_sample_rate", "_overflow", "_arrival", "_id", "service.name", "name", "error",
	} {
		raw, err := json.Marshal(map[string]int{path: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := read(string(raw))
		if len(got) != 1 || got[0] != FieldName(path)+"=1" {
			t.Errorf("%s is stored as %q, FieldName says %s", path, got, FieldName(path))
		}
	}
}

func TestRead_IsBounded(t *testing.T) {
	t.Parallel()
	many := make(map[string]int)
	for i := range 1500 {
		many[fmt.Sprintf("k%04d", i)] = i
	}
	raw, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	if got, l := read(string(raw)); len(got) != 1000 || l.Lost != 500 {
		t.Errorf("%d fields, %d lost", len(got), l.Lost)
	}
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	got, _ := read(deep)
	if len(got) != 1 || !strings.HasPrefix(got[0], strings.Repeat("a.", 31)+`a="{`) {
		t.Errorf("nested: %q", got)
	}
	if got, l := read(`{"` + strings.Repeat("k", 301) + `":1,"ok":2}`); len(got) != 1 || l.Lost != 1 {
		t.Errorf("a long name: %q, %d lost", got, l.Lost)
	}
	if got, l := read(`{"a":"` + strings.Repeat("é", 40_000) + `"}`); len(got) != 1 || len(got[0]) > 65_535+4 || l.Lost != 1 {
		t.Errorf("a long value: %d bytes, %d lost", len(got[0]), l.Lost)
	}
	for _, hostile := range []string{strings.Repeat(`{"a":`, 100_000), strings.Repeat("{", 100_000) + "}", strings.Repeat("[", 1000) + "{}", `{"a":` + strings.Repeat("[", 100_000) + "}"} {
		if got, _ := read(hostile); len(got) > 0 {
			t.Errorf("%.20q: %q", hostile, got)
		}
	}
}

func TestRead_NoMoreNamesThanABatchMayHave(t *testing.T) {
	t.Parallel()
	var r Reader
	b := event.NewBatch("test", "logs")
	lost := 0
	for row := range 12 {
		b.Begin(1)
		var m strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&m, `,"k%d":1`, row*1000+i)
		}
		l := r.Read(b, []byte("{"+m.String()[1:]+"}"))
		lost += l.Lost
	}
	if len(b.Columns) != maxColumns || lost != 2000 {
		t.Errorf("%d columns, %d lost", len(b.Columns), lost)
	}
}

// Equal to what Go's own reader of JSON says, flattened.
func TestRead_EqualsAPlainWalk(t *testing.T) {
	t.Parallel()
	name := rapid.StringOfN(rapid.RuneFrom([]rune("abé\"\\\n xyz")), 1, 6, -1)
	var value *rapid.Generator[any]
	scalar := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(i int64) any { return i }),
		rapid.Map(rapid.Float64Range(-1e300, 1e300), func(f float64) any { return f }), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil),
	)
	value = rapid.OneOf(scalar, rapid.Deferred(func() *rapid.Generator[any] {
		return rapid.OneOf(
			rapid.Map(rapid.MapOfN(name, value, 0, 4), func(m map[string]any) any { return m }),
			rapid.Map(rapid.SliceOfN(value, 0, 4), func(l []any) any { return l }),
		)
	}))
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOfN(name, value, 0, 6).Draw(t, "object")
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		walk(want, "", object, 0)
		var expected []string
		for _, k := range slices.Sorted(maps.Keys(want)) {
			expected = append(expected, k+"="+want[k])
		}
		slices.Sort(expected)
		prefix := rapid.SampledFrom([]string{"", "INFO ", "a { b "}).Draw(t, "prefix")
		if got, _ := read(prefix + string(raw)); !slices.Equal(got, expected) {
			t.Errorf("%s\n got %q\nwant %q", raw, got, expected)
		}
	})
}

func walk(out map[string]string, path string, v any, depth int) {
	below := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch v.(type) {
	case map[string]any, []any:
		if depth == maxDepth { // what lies deeper stays text
			raw, _ := json.Marshal(v) //nolint:errchkjson // it was marshalled before
			out[path] = strconv.Quote(string(raw))
			return
		}
	}
	switch x := v.(type) {
	case map[string]any:
		for k, v := range x {
			walk(out, below(k), v, depth+1)
		}
	case []any:
		for i, v := range x {
			walk(out, below(strconv.Itoa(i)), v, depth+1)
		}
	case string:
		out[path] = strconv.Quote(strings.ToValidUTF8(x, "\ufffd"))
	case int64:
		out[path] = strconv.FormatInt(x, 10)
	case float64:
		raw, _ := json.Marshal(x)
		if i, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			out[path] = strconv.FormatInt(i, 10)
		} else {
			out[path] = event.FloatValue(x).Text()
		}
	case bool:
		out[path] = strconv.FormatBool(x)
	}
}

func TestRead_FindsIDs(t *testing.T) {
	t.Parallel()
	const (
		trace = "5759e988bd862e3fe1be46a994272793"
		xray  = "1-5759e988-bd862e3fe1be46a994272793"
		span  = "53995c3f42cd8ad8"
	)
	for message, want := range map[string]string{
		`{"traceId":"` + trace + `","spanId":"` + span + `"}`:                             trace + " " + span,
		`{"trace_id":"` + strings.ToUpper(trace) + `"}`:                                   trace + " ",
		`{"otelTraceID":"` + trace + `","otelSpanID":"` + span + `"}`:                     trace + " " + span,
		`{"xray_trace_id":"` + xray + `"}`:                                                trace + " ",
		`{"@xrayTraceId":"` + xray + `"}`:                                                 trace + " ",
		`{"a":{"traceId":"` + trace + `"}}`:                                               trace + " ",
		`{"a":{"traceId":"11111111111111111111111111111111"},"trace_id":"` + trace + `"}`: trace + " ",
		`{"trace":{"id":"` + trace + `"},"span":{"id":"` + span + `"}}`:                   trace + " " + span,
		`{"trace.id":"` + trace + `","span.id":"` + span + `"}`:                           trace + " " + span,
		`{"traceparent":"00-` + trace + `-` + span + `-01"}`:                              trace + " " + span,
		`{"X-Amzn-Trace-Id":"Root=` + xray + `;Parent=` + span + `;Sampled=1"}`:           trace + " " + span,
		`{"dd.trace_id":"` + trace + `","dd":{"trace_id":"` + trace + `"}}`:               " ",
		`{"trace_id":"0"}`: " ",
		`{"trace_id":"00000000000000000000000000000000"}`:                  " ",
		`{"trace_id":"request 7"}`:                                         " ",
		`{"trace_id":7}`:                                                   " ",
		`{"id":"` + trace + `"}`:                                           " ",
		`{"msg":"AWS-XRAY-TRACE-ID: ` + xray + `@` + span + ` done"}`:      trace + " " + span,
		`AWS-XRAY-TRACE-ID: ` + xray + ` hello`:                            trace + " ",
		`[AWS-XRAY-TRACE-ID: ` + xray + `@` + span + `] hello`:             trace + " " + span,
		`X-Amzn-Trace-Id: Root=` + xray + `;Parent=` + span + `;Sampled=0`: trace + " " + span,
		`2026-01-01 INFO [app] [trace_id=` + trace + ` span_id=` + span + ` resource.service.name=x] - hi`: trace + " " + span,
		`trace_id=` + trace + ` hello`:                             trace + " ",
		`traceId: "` + trace + `" spanId: "` + span + `"`:          trace + " " + span,
		`seen ` + xray + ` go by`:                                  trace + " ",
		`headers traceparent: 00-` + trace + `-` + span + `-01 ok`: trace + " " + span,
		`md5 ` + trace + ` of a file`:                              " ",
		`9` + xray:                                                 " ",
		`trace_id=` + trace + `0 too long`:                         " ",
		"REPORT RequestId: 8f5\tDuration: 1 ms\tXRAY TraceId: " + xray + "\tSegmentId: " + span + "\tSampled: true": trace + " " + span,
	} {
		_, l := read(message)
		if got := string(l.TraceID) + " " + string(l.SpanID); got != want {
			t.Errorf("%s\n got %q\nwant %q", message, got, want)
		}
		if id, ok := event.TraceID(string(l.TraceID)); ok && id != string(l.TraceID) {
			t.Errorf("%s is not canonical, %s is", l.TraceID, id)
		}
	}
}

func TestRead_FindsSeverity(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`{"level":"info"}`: "info", `{"level":"WARNING"}`: "warn", `{"levelname":"CRITICAL"}`: "fatal", `{"severity":"ERROR"}`: "error",
		`{"severityNumber":13}`: "warn", `{"severityNumber":0,"severityText":"Error"}`: "error", `{"severityNumber":25}`: "", `{"severityNumber":"9"}`: "",
		`{"lvl":"dbug"}`: "", `{"lvl":"dbg"}`: "debug", `{"log.level":"error"}`: "error", `{"log":{"level":"trace"}}`: "trace",
		`{"level":30}`: "info", `{"level":50}`: "error", `{"level":60}`: "fatal", `{"level":3}`: "error", `{"level":7}`: "debug", `{"level":99}`: "", `{"level":-1}`: "",
		`{"game":{"level":3}}`: "", `{"level":"boss"}`: "", `{"msg":"ERROR: no"}`: "error", `{"msg":"[warn] \"x\""}`: "warn", `{"level":"info","msg":"ERROR"}`: "info",
		"2026-01-15T10:00:00Z\tid\tERROR\t{\"a\":1}": "error",
		`ERROR no`: "error", `[warn] careful`: "warn", `WARNING: x`: "warn", `warning: x`: "warn", `2026-01-15 10:00:00,123 - app - DEBUG - x`: "debug",
		`E0102 15:04:05.000000       1 main.go:1] x`: "error", `I0102 15:04:05.000000 1 a.go:1] ERROR`: "info", `time="x" level=warning msg="error: y"`: "warn",
		`level="fatal"`: "fatal", `there was an error in it`: "", `an error: it fell`: "error", `TERROR`: "", `ERRORS`: "", `INFO`: "info", `error`: "", `<notice> x`: "info",
		`informational message`: "", `x (info) y`: "info", `panic: runtime error`: "fatal", "Traceback (most recent call last):\n x": "error", ``: "",
		`GET /error HTTP/1.1`: "", `path=/info`: "",
	} {
		if _, l := read(message); l.Severity != want {
			t.Errorf("%s: %q, want %q", message, l.Severity, want)
		}
	}
}

func TestRead_FindsWhatAWSWrites(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"REPORT RequestId: 8f5\tDuration: 12.5 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tInit Duration: 100 ms\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true\t\n": `@billedDuration=13 @duration=12.5 @initDuration=100 @maxMemoryUsed=60000000 @memorySize=128000000 @requestId="8f5" @type="REPORT" @xraySegmentId="53995c3f42cd8ad8" @xrayTraceId="1-5759e988-bd862e3fe1be46a994272793"`,
		"START RequestId: 8f5 Version: $LATEST\n": `@requestId="8f5" @type="START"`,
		"END RequestId: 8f5\n":                    `@requestId="8f5" @type="END"`,
		"2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK": `accountId="123456789010" action="ACCEPT" bytes=4249 dstAddr="172.31.16.21" dstPort=22 endTime=1418530070 interfaceId="eni-1235b8ca" logStatus="OK" packets=20 protocol=6 srcAddr="172.31.16.139" srcPort=20641 startTime=1418530010 version=2`,
		"2 123456789010 eni-1235b8ca - - - - - - - 1431280876 1431280934 - NODATA":                                  `accountId="123456789010" endTime=1431280934 interfaceId="eni-1235b8ca" logStatus="NODATA" startTime=1431280876 version=2`,
		"2 cats and 3 dogs went over the bridge":                                                                    ``,
	} {
		if got, _ := read(message); strings.Join(got, " ") != want {
			t.Errorf("%q\n got %s\nwant %s", message, strings.Join(got, " "), want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"level":"info","user":{"id":7},"tags":["a"],"trace_id":"5759e988bd862e3fe1be46a994272793"}`))
	f.Add([]byte("x {\"a\\u00e9\":\"\\ud800\"}\n"))
	f.Add([]byte("AWS-XRAY-TRACE-ID: 1-5759e988-bd862e3fe1be46a994272793@53995c3f42cd8ad8"))
	f.Add([]byte("REPORT RequestId: 8f5\tDuration: 12.5 ms\tXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\t"))
	f.Add([]byte("2 123456789010 eni-1 1 2 3 4 5 6 7 8 9 ACCEPT OK"))
	f.Add([]byte("E0102 15:04:05.000000 [warn] level=info"))
	f.Fuzz(func(t *testing.T, message []byte) {
		message = bytes.ToValidUTF8(message, []byte("\ufffd"))
		var r Reader
		b := event.NewBatch("test", "logs")
		for range 2 { // the scratch is used again
			b.Begin(1)
			l := r.Read(b, message)
			l.Set(b)
			for _, id := range [][]byte{l.TraceID, l.SpanID} {
				if len(id) != 0 && len(id) != 16 && len(id) != 32 {
					t.Errorf("id %q", id)
				}
			}
		}
		for _, c := range b.Columns {
			if c.Len() == 2 && c.ValueAt(0) != c.ValueAt(1) && c.Kind != event.Float {
				t.Errorf("%s is %v, then %v", c.Name, c.ValueAt(0), c.ValueAt(1))
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for name, message := range map[string]string{
		"json": `{"timestamp":"2026-01-15T10:00:00.000Z","level":"info","msg":"GET /api/activities/home","route":"/api/activities/home","status":200,"duration_ms":12.5,"user":{"handle":"andrew"},"trace_id":"5759e988bd862e3fe1be46a994272793"}`,
		"text": `2026-01-15 10:00:00,123 - cruddur.app - INFO - 127.0.0.1 GET http /api/activities/home? 200 and more text that goes on until it has about two hundred bytes, which is what people say a line has.......`,
	} {
		b.Run(name, func(b *testing.B) {
			var r Reader
			batch := event.NewBatch("test", "logs")
			text := []byte(message)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for i := range b.N {
				if i%5000 == 0 {
					batch = event.NewBatch("test", "logs")
				}
				batch.Begin(1)
				l := r.Read(batch, text)
				l.Set(batch)
			}
		})
	}
}
