package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

type object = map[string]any

// anyValue draws an AnyValue in the names of OTLP/JSON.
func drawValue(t *rapid.T, depth int) object {
	kinds := 5
	if depth < 8 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return object{}
	case 1:
		return object{"boolValue": rapid.Bool().Draw(t, "bool")}
	case 2:
		return object{"intValue": json.Number(fmt.Sprint(rapid.Int64().Draw(t, "int")))}
	case 3:
		return object{"doubleValue": drawFloat(t)}
	case 4:
		return object{"bytesValue": base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "bytes"))}
	case 6:
		return object{"arrayValue": object{"values": list(t, 3, func() any { return drawValue(t, depth+1) })}}
	case 7:
		return object{"kvlistValue": object{"values": list(t, 3, func() any { return drawAttribute(t, depth+1) })}}
	}
	return object{"stringValue": drawText(t)}
}

func drawFloat(t *rapid.T) any {
	f := rapid.Float64().Draw(t, "double")
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.Replace(fmt.Sprint(f), "Inf", "Infinity", 1), "+")
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

func drawText(t *rapid.T) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("ab\"\\/\n\r\t\b\f\v\x01\x7f<é\u2028😀"), unicode.Latin, unicode.Han), 0, 150, -1).Draw(t, "text")
}

func drawAttribute(t *rapid.T, depth int) any {
	key := rapid.SampledFrom([]string{"", "a", "b.c", "service.name", "name", "error", "sampleRate", "SampleRate", "é", "exception.type", "body"}).Draw(t, "key")
	return object{"key": key, "value": drawValue(t, depth)}
}

func list(t *rapid.T, most int, f func() any) []any {
	out := []any{}
	for range rapid.IntRange(0, most).Draw(t, "length") {
		out = append(out, f())
	}
	return out
}

func drawID(t *rapid.T, size int) string {
	return hex.EncodeToString(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 1, 0xff}), size, size).Draw(t, "id"))
}

func drawTime(t *rapid.T) json.Number {
	return json.Number(fmt.Sprint(rapid.SampledFrom([]uint64{0, 5, uint64(testTime), uint64(testTime) + 1e9, uint64(testTime) + 1e18, 1 << 63, math.MaxUint64}).Draw(t, "time")))
}

func count(t *rapid.T, most int) json.Number {
	return json.Number(fmt.Sprint(rapid.IntRange(0, most).Draw(t, "count")))
}

func attributes(t *rapid.T) []any { return list(t, 4, func() any { return drawAttribute(t, 0) }) }

func drawSpan(t *rapid.T) any {
	return object{
		"traceId": drawID(t, 16), "spanId": drawID(t, 8), "parentSpanId": rapid.SampledFrom([]string{"", drawID(t, 8)}).Draw(t, "parent"),
		"traceState": rapid.SampledFrom([]string{"", "ot=th:8", "k=v", "th=c"}).Draw(t, "state"), "name": drawText(t), "kind": count(t, 7),
		"startTimeUnixNano": drawTime(t), "endTimeUnixNano": drawTime(t), "attributes": attributes(t),
		"events": list(t, 2, func() any {
			return object{"timeUnixNano": drawTime(t), "name": rapid.SampledFrom([]string{"", "exception", "x"}).Draw(t, "event"), "attributes": attributes(t)}
		}),
		"links": list(t, 2, func() any {
			return object{"traceId": drawID(t, 16), "spanId": drawID(t, 8), "attributes": attributes(t)}
		}),
		"status": object{"message": drawText(t), "code": count(t, 3)},
	}
}

func drawRecord(t *rapid.T) any {
	return object{
		"timeUnixNano": drawTime(t), "observedTimeUnixNano": drawTime(t), "severityNumber": count(t, 26), "severityText": drawText(t),
		"body": drawValue(t, 0), "attributes": attributes(t), "flags": count(t, 300), "traceId": drawID(t, 16), "spanId": drawID(t, 8), "eventName": drawText(t),
	}
}

func drawMetric(t *rapid.T) any {
	point := func(more object) any {
		more["timeUnixNano"], more["attributes"], more["flags"] = drawTime(t), attributes(t), count(t, 1)
		return more
	}
	number := func() any {
		if rapid.Bool().Draw(t, "whole") {
			return point(object{"asInt": json.Number(fmt.Sprint(rapid.Int64().Draw(t, "int")))})
		}
		return point(object{"asDouble": drawFloat(t)})
	}
	counts := func() any { return list(t, 4, func() any { return count(t, 1000) }) }
	buckets := func() any {
		return object{"offset": json.Number(fmt.Sprint(rapid.IntRange(-99, 99).Draw(t, "offset"))), "bucketCounts": counts()}
	}
	name := rapid.SampledFrom([]string{"cpu", "", "latency"}).Draw(t, "metric")
	switch rapid.IntRange(0, 4).Draw(t, "of") {
	case 0:
		return object{"name": name, "gauge": object{"dataPoints": list(t, 3, number)}}
	case 1:
		return object{"name": name, "sum": object{"dataPoints": list(t, 3, number)}}
	case 2:
		return object{"name": name, "histogram": object{"dataPoints": list(t, 2, func() any {
			return point(object{"count": count(t, 99), "sum": drawFloat(t), "bucketCounts": counts(), "explicitBounds": []any{json.Number("1"), json.Number("2.5")}, "min": drawFloat(t), "max": drawFloat(t)})
		})}}
	case 3:
		return object{"name": name, "exponentialHistogram": object{"dataPoints": list(t, 2, func() any {
			return point(object{
				"count": count(t, 99), "scale": json.Number(fmt.Sprint(rapid.IntRange(-25, 45).Draw(t, "scale"))),
				"zeroCount": count(t, 9), "positive": buckets(), "negative": buckets(), "min": drawFloat(t), "max": drawFloat(t),
			})
		})}}
	}
	return object{"name": name, "summary": object{"dataPoints": list(t, 2, func() any {
		return point(object{"count": count(t, 99), "sum": drawFloat(t), "quantileValues": list(t, 2, func() any {
			return object{"quantile": json.Number(rapid.SampledFrom([]string{"0", "0.5", "0.9999", "1"}).Draw(t, "quantile")), "value": drawFloat(t)}
		})})
	})}}
}

// drawRequest draws a request of a signal: its message in the schema, and the tree.
func drawRequest(t *rapid.T, signal Signal) (message string, tree object) {
	names := [...][4]string{
		Traces: {"ExportTraces", "resourceSpans", "scopeSpans", "spans"}, Logs: {"ExportLogs", "resourceLogs", "scopeLogs", "logRecords"},
		Metrics: {"ExportMetrics", "resourceMetrics", "scopeMetrics", "metrics"},
	}[signal]
	item := map[Signal]func(*rapid.T) any{Traces: drawSpan, Logs: drawRecord, Metrics: drawMetric}[signal]
	return names[0], object{names[1]: list(t, 2, func() any {
		return object{"resource": object{"attributes": attributes(t)}, "schemaUrl": rapid.SampledFrom([]string{"", "s"}).Draw(t, "url"), names[2]: list(t, 2, func() any {
			return object{
				"scope":     object{"name": rapid.SampledFrom([]string{"", "@honeycombio/x", "mine"}).Draw(t, "scope"), "version": drawText(t), "attributes": attributes(t)},
				"schemaUrl": rapid.SampledFrom([]string{"", "t"}).Draw(t, "url"), names[3]: list(t, 3, func() any { return item(t) }),
			}
		})}
	})}
}

// spell writes a tree as JSON in one of the many ways that senders do: members in
// any order and in either spelling, numbers as texts, ids in base64, white space
// and members that nobody knows.
func spell(t *rapid.T, name string, v any) string {
	flip := func() bool { return rapid.IntRange(0, 3).Draw(t, "flip") == 0 }
	switch v := v.(type) {
	case object:
		var members []string
		for _, k := range slices.Sorted(maps.Keys(v)) { // in an order, so that failures can be replayed
			spelt := k
			if flip() {
				spelt = snake(k)
			}
			members = append(members, strconv.Quote(spelt)+":"+spell(t, k, v[k]))
		}
		if flip() {
			slices.Reverse(members)
		}
		if flip() {
			members = append(members, `"unknown" : [ {"spans":[null]} , -1.5e3,"\u00e9",true,false ]`)
		}
		return "{" + strings.Join(members, ", ") + "}"
	case []any:
		var elements []string
		for _, e := range v {
			elements = append(elements, spell(t, name, e))
		}
		return "[\n" + strings.Join(elements, "\t,\r\n") + "]"
	case json.Number:
		if i, err := v.Int64(); err == nil && i >= 0 && i < int64(len(enumNames(name))) && flip() {
			return strconv.Quote(enumNames(name)[i])
		}
		if flip() {
			return strconv.Quote(string(v))
		}
		return string(v)
	case string:
		if raw, err := hex.DecodeString(v); err == nil && len(raw) > 0 && strings.HasSuffix(name, "Id") && flip() {
			v = base64.StdEncoding.EncodeToString(raw)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return fmt.Sprint(v)
}

// enumNames are the names of the enumeration that a member holds, by number.
func enumNames(member string) (names []string) {
	switch member {
	case "kind":
		return []string{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}
	case "code":
		return []string{"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"}
	case "severityNumber":
		names = []string{"SEVERITY_NUMBER_UNSPECIFIED"}
		for _, n := range []string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"} {
			for _, step := range []string{"", "2", "3", "4"} {
				names = append(names, "SEVERITY_NUMBER_"+n+step)
			}
		}
	}
	return names
}

func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func TestAppendProtobuf_MakesTheEventsThatProtobufMakes(t *testing.T) {
	t.Parallel()
	schema := protocoltest.OTLP()
	rapid.Check(t, func(t *rapid.T) {
		signal := rapid.SampledFrom([]Signal{Traces, Logs, Metrics}).Draw(t, "signal")
		message, tree := drawRequest(t, signal)
		canonical, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := schema.Encode(message, canonical)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Decode(signal, wire, options())
		if err != nil {
			t.Fatal(err)
		}
		text := spell(t, "", tree)
		rewritten, err := AppendProtobuf(nil, signal, []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		got, err := Decode(signal, rewritten, options())
		if err != nil {
			t.Fatal(err)
		}
		if a, b := printRows(want), printRows(got); a != b {
			t.Fatalf("%s\nprotobuf:\n%s\nJSON:\n%s", text, a, b)
		}
	})
}

// plain is an AnyValue as the Go value that its JSON text reads as.
func plain(v object) any {
	for kind, e := range v {
		switch kind {
		case "arrayValue":
			out := []any{}
			for _, x := range e.(object)["values"].([]any) {
				out = append(out, plain(x.(object)))
			}
			return out
		case "kvlistValue":
			out := object{}
			for _, x := range e.(object)["values"].([]any) {
				out[x.(object)["key"].(string)] = plain(x.(object)["value"].(object))
			}
			return out
		case "doubleValue":
			if s, ok := e.(string); ok {
				return map[bool]any{}[s == "NaN"] // null: JSON has no such number
			}
		}
		if n, ok := e.(json.Number); ok {
			f, _ := n.Float64() // drawn as one
			return f
		}
		return e
	}
	return nil
}

func TestJSONText_ReadsBackAsTheValue(t *testing.T) {
	t.Parallel()
	schema := protocoltest.OTLP()
	rapid.Check(t, func(t *rapid.T) {
		tree := object{"arrayValue": object{"values": list(t, 3, func() any { return drawValue(t, 0) })}}
		canonical, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := schema.Encode("AnyValue", canonical)
		if err != nil {
			t.Fatal(err)
		}
		d := &decoder{out: &Result{}, most: maxText}
		v, ok := readValue(raw)
		if !ok {
			t.Fatal("malformed")
		}
		text, ok := d.json(v)
		if !ok {
			t.Fatal("malformed")
		}
		if len(text) > maxValue {
			t.Skip("cut")
		}
		var got any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if d := cmp.Diff(plain(tree), got); d != "" {
			t.Fatalf("%s: %s", text, d)
		}
	})
}

func TestDecode_AsksBeforeItGrows(t *testing.T) {
	t.Parallel()
	body := request(nil, bytes.Repeat(spanOf("a"), 20_000))
	o, asked := options(), 0
	o.Reserve = func(n int) error { asked += n; return nil }
	if _, err := Decode(Traces, body, o); err != nil || asked < 20_000*rowBytes-reserveBytes || asked > 20_000*rowBytes+10<<20 {
		t.Errorf("%d bytes reserved, %v", asked, err)
	}
	o.Reserve = func(int) error { return fault.New(fault.Throttled, "no") }
	if r, err := Decode(Traces, body, o); !fault.Is(err, fault.Throttled) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
}

// traceWith is a request with one span, to which members are added.
func traceWith(members string) string {
	return fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"%d"%s}]}]}]}`, testTime, members)
}

// attributeOf decodes a request with a span that has an attribute a, and returns it.
func attributeOf(t *testing.T, request string) (event.Value, error) {
	t.Helper()
	wire, err := AppendProtobuf(nil, Traces, []byte(request))
	if err != nil {
		return event.Value{}, err
	}
	r, err := Decode(Traces, wire, options())
	if err != nil {
		t.Fatalf("%s was rewritten to what can't be read: %v", request, err)
	}
	if len(r.Batches) == 0 {
		return event.Value{}, nil
	}
	return r.Batches[0].Row(r.Batches[0].Len() - 1).Get("a"), nil
}

func TestAppendProtobuf_OutcomeOfStrangeValues(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		return strings.Repeat(`{"arrayValue":{"values":[`, n) + `{"intValue":1}` + strings.Repeat(`]}}`, n)
	}
	null, str := event.Value{}, event.StringValue
	for _, c := range []struct {
		name, value string // an AnyValue
		want        event.Value
		refused     bool
	}{
		{"integer", `{"intValue":"-9223372036854775808"}`, event.IntValue(math.MinInt64), false},
		{"beyond 2^53", `{"intValue":9007199254740993}`, event.IntValue(9007199254740993), false},
		{"beyond 64 bits", `{"intValue":9223372036854775808000}`, null, true},
		{"whole float", `{"intValue":5.0e1}`, event.IntValue(50), false},
		{"fraction", `{"intValue":5.5}`, null, true},
		{"no number", `{"intValue":"five"}`, null, true},
		{"minus zero", `{"doubleValue":-0}`, event.FloatValue(math.Copysign(0, -1)), false},
		{"too large", `{"doubleValue":1e999}`, event.FloatValue(math.Inf(1)), false},
		{"NaN", `{"doubleValue":"NaN"}`, event.FloatValue(math.NaN()), false},
		{"bare NaN", `{"doubleValue":NaN}`, null, true},
		{"minus infinity", `{"doubleValue":"-Infinity"}`, event.FloatValue(math.Inf(-1)), false},
		{"float as text", `{"doubleValue":"1.5"}`, event.FloatValue(1.5), false},
		{"hex float", `{"doubleValue":"0x1p4"}`, null, true},
		{"snake case", `{"string_value":"x"}`, str("x"), false},
		{"null", `{"stringValue":null}`, null, false},
		{"null value", `null`, null, false},
		{"number for text", `{"stringValue":5}`, null, true},
		{"text for boolean", `{"boolValue":"true"}`, null, true},
		{"bytes", `{"bytesValue":"-_8="}`, str(`"+/8="`), false},
		{"bytes without padding", `{"bytesValue":"AQ"}`, str(`"AQ=="`), false},
		{"no base64", `{"bytesValue":"*"}`, null, true},
		{"escapes", `{"stringValue":"\u0041\ud83d\ude00\n\/\u0000"}`, str("A😀\n/\x00"), false},
		{"half a pair", `{"stringValue":"\ud83dx"}`, str("\ufffdx"), false},
		{"two halves, turned round", `{"stringValue":"\ude00\ud83d"}`, str("\ufffd\ufffd"), false},
		{"no UTF-8", "{\"stringValue\":\"a\xffb\"}", str("a\ufffdb"), false},
		{"no escape", `{"stringValue":"\x41"}`, null, true},
		{"cut escape", `{"stringValue":"\u00"}`, null, true},
		{"NUL", "{\"stringValue\":\"a\x00\"}", null, true},
		{"newline", "{\"stringValue\":\"a\nb\"}", null, true},
		{"two of them", `{"stringValue":"x","intValue":"7"}`, event.IntValue(7), false},
		{"twice", `{"intValue":"6","intValue":"7"}`, event.IntValue(7), false},
		{"10 MB", `{"stringValue":"` + strings.Repeat("x", 10<<20) + `"}`, str(strings.Repeat("x", maxValue)), false},
		{"unknown member", `{"x":{"y":[{},[],"",1e5]},"intValue":1}`, event.IntValue(1), false},
		{"list", `{"arrayValue":{"values":[{},{"stringValue":"<\u2028"},null,{"doubleValue":1e-7}]}}`, str("[null,\"<\u2028\",1e-07]"), false},
		{"1,000 deep", deep(1000), str(strings.Repeat("[", 1000) + "1" + strings.Repeat("]", 1000)), false},
		{"100,000 deep", deep(100_000), null, true},
		{"unknown, 100,000 deep", `{"x":` + strings.Repeat("[", 100_000) + `}`, null, true},
	} {
		got, err := attributeOf(t, traceWith(`,"attributes":[{"key":"a","value":`+c.value+`}]`))
		if c.refused != fault.Is(err, fault.Invalid) || (err != nil && !c.refused) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if got.Kind() != c.want.Kind() || got.Text() != c.want.Text() {
			t.Errorf("%s: %v %.80q, want %v %.80q", c.name, got.Kind(), got.Text(), c.want.Kind(), c.want.Text())
		}
	}
}

func TestAppendProtobuf_OutcomeOfStrangeRequests(t *testing.T) {
	t.Parallel()
	const a = `,"attributes":[{"key":"a","value":{"intValue":1}}]`
	for _, c := range []struct {
		name, request, want string
		refused             bool
	}{
		{"nothing", "", "", true},
		{"white space", " \n", "", true},
		{"empty", "{}", "", false},
		{"null", "null", "", true},
		{"list", "[]", "", true},
		{"byte order mark", "\ufeff" + traceWith(a), "1", false},
		{"other signal", `{"resourceLogs":[{"scopeLogs":5}]}`, "", false},
		{"garbage after it", traceWith(a) + "x", "", true},
		{"lines", traceWith(a) + "\n" + traceWith(a), "", true},
		{"space after it", traceWith(a) + " \r\n", "1", false},
		{"NUL after it", traceWith(a) + "\x00", "", true},
		{"cut", traceWith(a)[:len(traceWith(a))-1], "", true},
		{"comma at the end", `{"resourceSpans":[],}`, "", true},
		{"comma in a list", `{"resourceSpans":[{},]}`, "", true},
		{"name without quotes", `{resourceSpans:[]}`, "", true},
		{"no colon", `{"resourceSpans"[]}`, "", true},
		{"leading zero", traceWith(`,"kind":01`), "", true},
		{"plus", traceWith(`,"kind":+1`), "", true},
		{"one for a list", `{"resourceSpans":{}}`, "", true},
		{"list for one", traceWith(`,"status":[]`), "", true},
		{"null for a list", `{"resourceSpans":null}`, "", false},
		{"null in a list", `{"resourceSpans":[null,{"scopeSpans":[{"spans":[null]}]}]}`, "", false},
		{"list twice goes on", traceWith(a + `,"attributes":[{"key":"b","value":{"intValue":1}}]`), "1", false},
		{"no id", traceWith(`,"traceId":"xyz"`), "", true},
		{"odd id", traceWith(`,"traceId":"abc"`), "", true},
		{"unknown names of enumerations", traceWith(a + `,"kind":"SPAN_KIND_NEW","status":{"code":"?"}`), "1", false},
		{"escaped name", traceWith(`,"\u0061ttributes":[{"key":"a","value":{"intValue":1}}]`), "1", false},
		{"time before 1970", strings.Replace(traceWith(a), fmt.Sprint(testTime), "-5", 1), "", false},
		{"time of floats", strings.Replace(traceWith(a), `"`+fmt.Sprint(testTime)+`"`, "1.764e18", 1), "1", false},
		{"time beyond 64 bits", strings.Replace(traceWith(a), fmt.Sprint(testTime), "99999999999999999999999", 1), "", false},
	} {
		got, err := attributeOf(t, c.request)
		if c.refused != fault.Is(err, fault.Invalid) || (err != nil && !c.refused) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if got.Text() != c.want {
			t.Errorf("%s: %q, want %q", c.name, got.Text(), c.want)
		}
	}
}
