package otlp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

// pb appends a field of bytes.
func pb(number int, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	out := binary.AppendUvarint(nil, uint64(number<<3|wireBytes))
	return append(binary.AppendUvarint(out, uint64(len(body))), body...)
}

func pbTime(number int, at int64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{byte(number<<3 | wireFixed64)}, uint64(at))
}

func pbText(text string) []byte { return pb(1, []byte(text)) }

func pbAttribute(number int, key string, value []byte) []byte {
	return pb(number, pbText(key), pb(2, value))
}

// request puts fields of a resource, and spans, into a request.
func request(resource []byte, spans ...[]byte) []byte {
	return pb(1, pb(1, resource), pb(2, spans...))
}

func spanOf(name string, fields ...[]byte) []byte {
	return pb(2, pb(5, []byte(name)), pbTime(7, testTime), bytes.Join(fields, nil))
}

// decoded decodes traces and returns the row called name.
func decoded(t *testing.T, body []byte, name string) (*Result, event.Row) {
	t.Helper()
	r, err := Decode(Traces, body, options())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Batches {
		for i := range b.Len() {
			if b.Row(i).Get(event.FieldName).Str() == name && b.Row(i).Get(event.FieldAnnotation).IsNull() {
				return r, b.Row(i)
			}
		}
	}
	t.Fatalf("no span %s: %s", name, printRows(r))
	return nil, event.Row{}
}

func countOf(r *Result, reason string) int {
	i := slices.IndexFunc(r.Problems, func(p Problem) bool { return p.Reason == reason })
	if i < 0 {
		return 0
	}
	return r.Problems[i].Count
}

// full are requests that use every field, as JSON.
func full() map[Signal][2]string {
	const attributes = `[{"key":"k","value":{"stringValue":"v"}},{"key":"i","value":{"intValue":300}},{"key":"d","value":{"doubleValue":1.5}},{"key":"b","value":{"boolValue":true}},
	 {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"},{"intValue":1}]}}},{"key":"m","value":{"kvlistValue":{"values":[{"key":"a","value":{"bytesValue":"AQ=="}}]}}}]`
	around := func(of, items string) string {
		return fmt.Sprintf(`{"resource%[1]s":[{"resource":{"attributes":%[2]s},"schemaUrl":"s","scope%[1]s":[{"scope":{"name":"n","version":"v","attributes":%[2]s},"schemaUrl":"t",%[3]s}]}]}`, of, attributes, items)
	}
	at := fmt.Sprint(testTime)
	return map[Signal][2]string{
		Traces: {"ExportTraces", around("Spans", `"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","parentSpanId":"0102030405060709","traceState":"a=b","name":"n","kind":2,
		 "startTimeUnixNano":`+at+`,"endTimeUnixNano":`+at+`,"attributes":`+attributes+`,"events":[{"timeUnixNano":`+at+`,"name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]}],
		 "links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","attributes":`+attributes+`}],"status":{"message":"m","code":2}}]`)},
		Logs: {"ExportLogs", around("Logs", `"logRecords":[{"timeUnixNano":`+at+`,"observedTimeUnixNano":`+at+`,"severityNumber":9,"severityText":"I","body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}}]}},
		 "attributes":`+attributes+`,"flags":1,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","eventName":"e"}]`)},
		Metrics: {"ExportMetrics", around("Metrics", `"metrics":[{"name":"a","gauge":{"dataPoints":[{"timeUnixNano":`+at+`,"asDouble":1,"attributes":`+attributes+`}]}},
		 {"name":"b","histogram":{"dataPoints":[{"timeUnixNano":`+at+`,"count":2,"sum":3,"bucketCounts":[1,1],"explicitBounds":[1]}]}},
		 {"name":"c","exponentialHistogram":{"dataPoints":[{"timeUnixNano":`+at+`,"count":2,"sum":3,"scale":1,"zeroCount":1,"positive":{"offset":1,"bucketCounts":[1]}}]}},
		 {"name":"d","summary":{"dataPoints":[{"timeUnixNano":`+at+`,"count":2,"sum":3,"quantileValues":[{"quantile":0.5,"value":1}]}]}}]`)},
	}
}

func TestDecode_RefusesAnyPartOfARequest(t *testing.T) {
	t.Parallel()
	for signal, c := range full() {
		body, err := protocoltest.OTLP().Encode(c[0], []byte(c[1]))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := Decode(signal, body, options()); err != nil || r.Rejected > 0 || len(r.Batches) == 0 {
			t.Fatalf("%s: %+v, %v", c[0], r, err)
		}
		for n := 1; n < len(body); n++ {
			if _, err := Decode(signal, body[:n], options()); !fault.Is(err, fault.Invalid) || !strings.HasPrefix(fault.MessageOf(err), "failed to parse OTLP request body") {
				t.Errorf("%s: the first %d of %d bytes: %v", c[0], n, len(body), err)
			}
		}
		for n := range len(c[1]) {
			if _, err := AppendProtobuf(nil, signal, []byte(c[1][:n])); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: the first %d characters: %v", c[0], n, err)
			}
		}
	}
}

// Whatever byte is wrong, the request is read or refused.
func TestDecode_SurvivesEachWrongByte(t *testing.T) {
	t.Parallel()
	for signal, c := range full() {
		whole, err := protocoltest.OTLP().Encode(c[0], []byte(c[1]))
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			for _, wrong := range []byte{0, 1, 0x7f, 0x80, 0xff, whole[i] ^ 1, whole[i] ^ 7} {
				body := slices.Clone(whole)
				body[i] = wrong
				if r, err := Decode(signal, body, options()); err == nil {
					printRows(r)
				} else if !fault.Is(err, fault.Invalid) {
					t.Errorf("%s, byte %d as %x: %v", c[0], i, wrong, err)
				}
			}
		}
	}
}

func TestDecode_OutcomeOfStrangeBytes(t *testing.T) {
	t.Parallel()
	unknown := bytes.Repeat([]byte{0xf8, 0x7f, 1}, 1_000_000) // field 2047, a varint
	deep := []byte{}
	for range 2000 {
		deep = pb(5, pb(1, deep)) // quadratic to build: deeper ones below
	}
	for _, c := range []struct {
		name    string
		body    []byte
		refused bool
	}{
		{"length past the end", []byte{0x0a, 0x05, 0x0a}, true},
		{"length of 2^63", []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, true},
		{"length of 2^64", []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, true},
		{"tag that does not end", bytes.Repeat([]byte{0xff}, 11), true},
		{"varint of 11 bytes", append([]byte{0x10}, append(bytes.Repeat([]byte{0x80}, 10), 1)...), true},
		{"varint longer than need be", append([]byte{0x8a, 0x80, 0x00}, []byte{0x80, 0x80, 0x00}...), false},
		{"group", []byte{0x0b, 0x0c}, true},
		{"end of a group", []byte{0x0c}, true},
		{"wire type 6", []byte{0x0e}, true},
		{"field 0", []byte{0x00, 0x00}, true},
		{"wrong wire type", []byte{0x08, 0x05}, false},
		{"unknown fields", append(request(nil, spanOf("a")), unknown...), false},
		{"unknown fields of a span", request(nil, spanOf("a", unknown)), false},
		{"a group in an attribute", request(nil, spanOf("a", pb(9, []byte{0x0b, 0x0c}))), true},
		{"a value without end", request(nil, spanOf("a", pb(9, pbText("k"), []byte{0x12, 0x05, 0x0a}))), true},
		{"2,000 lists deep", request(nil, spanOf("a", pbAttribute(9, "k", deep))), false},
		{"random", []byte("GET / HTTP/1.1\r\n\r\n"), true},
	} {
		r, err := Decode(Traces, c.body, options())
		if c.refused != fault.Is(err, fault.Invalid) || (err != nil && !c.refused) {
			t.Errorf("%s: %v, %v", c.name, r, err)
		}
		if err == nil && strings.Contains(c.name, "unknown") && (len(r.Batches) != 1 || r.Batches[0].Len() != 1) {
			t.Errorf("%s: the span is lost", c.name)
		}
	}
}

func TestDecode_KeepsTheRestOfARequest(t *testing.T) {
	t.Parallel()
	var many [][]byte
	for i := range 10_000 {
		many = append(many, pbAttribute(9, fmt.Sprint("k", i), pbText("v")))
	}
	after := spanOf("after")
	five := strings.Repeat("é", 5<<19)
	for _, c := range []struct {
		name, reason string
		resource     []byte
		fields       [][]byte
		check        func(event.Row) string
	}{
		{"10,000 attributes", ReasonFields, nil, many, func(r event.Row) string {
			n := 0
			r.Each(func(name string, _ event.Value) {
				if strings.HasPrefix(name, "k") {
					n++
				}
			})
			if n != maxFields {
				return fmt.Sprintf("%d attributes are kept", n)
			}
			return ""
		}},
		{"value of 5 MB", ReasonTruncated, nil, [][]byte{pbAttribute(9, "big", pbText(five))}, func(r event.Row) string {
			if got := r.Get("big").Str(); len(got) < maxValue-3 || !strings.HasPrefix(five, got) {
				return fmt.Sprintf("%d bytes are kept", len(got))
			}
			return ""
		}},
		{"value of 5 MB on the resource", ReasonTruncated, pbAttribute(1, "big", pbText(five)), nil, nil},
		{"name of 5 MB", ReasonTruncated, nil, [][]byte{pb(3, []byte(five))}, nil},
		{"key of 10 KB", ReasonLongName, nil, [][]byte{pbAttribute(9, strings.Repeat("k", 10_000), pbText("v"))}, nil},
		{"key of 10 KB in a map", ReasonLongName, nil, [][]byte{pbAttribute(9, "m", pb(6, pbAttribute(1, strings.Repeat("k", 10_000), pbText("v"))))}, nil},
		{"text that is no UTF-8", ReasonBadEncoding, nil, [][]byte{pbAttribute(9, "bad", pbText("a\xc3\x28b"))}, func(r event.Row) string {
			if got := r.Get("bad").Str(); got != "a\ufffd(b" {
				return got
			}
			return ""
		}},
		{"key that is no UTF-8", ReasonBadEncoding, nil, [][]byte{pbAttribute(9, "k\xff", pbText("v"))}, func(r event.Row) string {
			return strings.TrimPrefix(r.Get("k\ufffd").Str(), "v")
		}},
		{"list that is no UTF-8", ReasonBadEncoding, nil, [][]byte{pbAttribute(9, "list", pb(5, pb(1, pbText("\xff"))))}, func(r event.Row) string {
			return strings.TrimPrefix(r.Get("list").Str(), "[\"\ufffd\"]")
		}},
		{"service that is no UTF-8", ReasonBadEncoding, pbAttribute(1, "service.name", pbText("s\xff")), nil, nil},
		{"id of 1 MB", ReasonTruncated, nil, [][]byte{pb(1, make([]byte, 1<<20))}, nil},
		{"map of 40,000 members", ReasonTruncated, nil, [][]byte{pbAttribute(9, "l", pb(5, pb(1, pb(6, bytes.Repeat(pb(1, pbText("k")), 40_000)))))}, nil},
	} {
		r, row := decoded(t, request(c.resource, spanOf("a", c.fields...), after), "a")
		if n := countOf(r, c.reason); n == 0 {
			t.Errorf("%s: %s is not counted: %+v", c.name, c.reason, r.Problems)
		}
		if c.check != nil && c.check(row) != "" {
			t.Errorf("%s: %.200q", c.name, c.check(row))
		}
		if r.Rejected > 0 {
			t.Errorf("%s: rejected", c.name)
		}
		decoded(t, request(c.resource, spanOf("a", c.fields...), after), "after")
	}
}

// What is cut is still whole characters, also where bytes that are no UTF-8
// stand before the cut and grow.
func TestDecode_CutsBetweenCharacters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sent, want string }{
		"two bytes each":   {strings.Repeat("é", maxValue), strings.Repeat("é", maxValue/2)},
		"four bytes each":  {strings.Repeat("𝄞", maxValue), strings.Repeat("𝄞", maxValue/4)},
		"bad bytes":        {strings.Repeat("\xff", maxValue+1), strings.Repeat("\ufffd", maxValue/3)},
		"just what fits":   {strings.Repeat("x", maxValue-2) + "é", strings.Repeat("x", maxValue-2) + "é"},
		"one byte more":    {strings.Repeat("x", maxValue-1) + "é", strings.Repeat("x", maxValue-1)},
		"bad in the midst": {"\xff" + strings.Repeat("x", maxValue), "\ufffd" + strings.Repeat("x", maxValue-3)},
	} {
		r, row := decoded(t, request(nil, spanOf("a", pbAttribute(9, "k", pbText(c.sent)))), "a")
		if got := row.Get("k").Str(); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(c.want))
		}
		cut := 0
		if name != "just what fits" {
			cut = 1
		}
		if n := countOf(r, ReasonTruncated); n != cut {
			t.Errorf("%s: counted as cut %d times", name, n)
		}
	}
}

// An event whose own clock is off stays with its span, and that its time is not
// as it was sent is counted.
func TestDecode_CountsSpanEventsThatAreMovedInTime(t *testing.T) {
	t.Parallel()
	o := options()
	for _, at := range []int64{o.MinTime - 1, o.MaxTime + 1} {
		r, _ := decoded(t, request(nil, spanOf("a", pb(11, pbTime(1, at), pb(2, []byte("e"))))), "a")
		if n := r.Batches[0].Len(); n != 2 || countOf(r, ReasonMoved) != 1 || r.Rejected != 0 {
			t.Errorf("event at %d: %d rows, %+v", at, n, r.Problems)
		}
		if got := r.Batches[0].Times[0]; got < o.MinTime || got > o.MaxTime {
			t.Errorf("event at %d is stored at %d", at, got)
		}
	}
	if r, _ := decoded(t, request(nil, spanOf("a", pb(11, pbTime(1, testTime+1), pb(2, []byte("e"))))), "a"); len(r.Problems) != 0 {
		t.Errorf("%+v", r.Problems)
	}
}

func TestDecode_NamesThatMeanSomethingElsewhere(t *testing.T) {
	t.Parallel()
	var fields [][]byte
	names := []string{"constructor", "__proto__", "id", "timestamp", "_time", "_dataset", "_overflow", "a.b", " ", "'; DROP TABLE x; --", "\x00", "\"", "é"}
	for _, name := range names {
		fields = append(fields, pbAttribute(9, name, pbText("value of "+name)))
	}
	_, row := decoded(t, request(nil, spanOf("a", fields...)), "a")
	for _, name := range names {
		stored := name
		if event.IsSystem(name) {
			stored = "_" + name
		}
		if got := row.Get(stored).Str(); got != "value of "+name {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestDecode_KeepsSpansThatShareAnID(t *testing.T) {
	t.Parallel()
	id := [][]byte{pb(1, []byte("0123456789abcdef")), pb(2, []byte("01234567"))}
	r, _ := decoded(t, request(nil, spanOf("a", id...), spanOf("a", id...), spanOf("b", id...)), "b")
	if n := r.Batches[0].Len(); n != 3 {
		t.Errorf("%d rows", n)
	}
}

func TestDecode_KeepsAllEventsAndLinks(t *testing.T) {
	t.Parallel()
	const n = 10_000
	events := bytes.Repeat(pb(11, pbTime(1, testTime), pb(2, []byte("e"))), n)
	links := bytes.Repeat(pb(13, pb(1, []byte("0123456789abcdef")), pb(2, []byte("01234567"))), n)
	r, row := decoded(t, request(nil, spanOf("a", events, links)), "a")
	if rows := r.Batches[0].Len(); rows != 2*n+1 {
		t.Errorf("%d rows", rows)
	}
	if e, l := row.Get(event.FieldNumEvents).Int(), row.Get(event.FieldNumLinks).Int(); e != n || l != n {
		t.Errorf("the span counts %d events and %d links", e, l)
	}
	if r.Items != 1 || len(r.Problems) > 0 {
		t.Errorf("%d items, %+v", r.Items, r.Problems)
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Not parallel: what it measures is the process's.
func TestDecode_HoldsLittleMoreThanItIsSent(t *testing.T) { //nolint:paralleltest // see above
	const mb = 1 << 20
	empty := func(number, n int) []byte { return bytes.Repeat([]byte{byte(number<<3 | wireBytes), 0}, n) }
	spread := make([]byte, 0, 5000*16)
	for i := range 2000 {
		spread = append(spread, pbAttribute(1, fmt.Sprint("resource.attribute.", i), pbText("v"))...)
	}
	var columns []byte
	for i := range 400 {
		var fields [][]byte
		for k := range 1500 {
			fields = append(fields, pbAttribute(9, fmt.Sprintf("%x.%x", i, k), pbText("")))
		}
		columns = append(columns, spanOf("a", fields...)...)
	}
	distinct := func(n int) (spans []byte) {
		for i := range n {
			spans = append(spans, spanOf("a", pbAttribute(9, "x", pbText(fmt.Sprint(n, i))))...)
		}
		return spans
	}
	// Many different values first, so that the column no longer looks for equal ones.
	long := append(request(nil, distinct(2000)), request(pbAttribute(1, "x", pbText(strings.Repeat("x", maxValue))), distinct(20_000))...)
	nested := pbAttribute(1, "m", pb(6, pbAttribute(1, "n", pbText("v"))))
	for _, c := range []struct {
		name  string
		body  []byte
		limit uint64 // bytes allocated in all, which is more than are held at once
		large bool   // refused as such
	}{
		{"8 M unknown fields", bytes.Repeat([]byte{0x10, 0}, 8*mb), mb, false},
		{"4 M attributes of a span", request(nil, spanOf("a", empty(9, 4*mb))), 8 * mb, false},
		{"4 M attributes of a resource", request(empty(1, 4*mb), spanOf("a")), 8 * mb, false},
		{"4 M members of a map", request(nil, spanOf("a", pbAttribute(9, "m", pb(5, pb(1, pb(6, empty(1, 4*mb))))))), 8 * mb, false},
		{"4 M members of a list", request(nil, spanOf("a", pbAttribute(9, "m", pb(5, empty(1, 4*mb))))), 8 * mb, false},
		{"4 M spans without time", request(nil, empty(2, 4*mb)), mb, false},
		{"16 M links", request(nil, spanOf("a", empty(13, 16*mb))), 3 * maxGrown, true},
		{"one resource, many rows", request(spread, bytes.Repeat(spanOf(""), 50_000)), 4 * maxGrown, true},
		{"many columns", request(nil, columns), 4 * maxGrown, true},
		{"a long value again and again", long, 6 * maxGrown, true},
		{"a long name over many maps", request(nil, spanOf("a", pbAttribute(9, strings.Repeat("k", mb), pb(6, bytes.Repeat(nested, 10_000))))), 8 * mb, false},
		{"a long name over many maps, of a resource", request(pbAttribute(1, strings.Repeat("k", mb), pb(6, bytes.Repeat(nested, 10_000))), spanOf("a")), 8 * mb, false},
		{"a name that is no UTF-8", request(nil, spanOf(strings.Repeat("\xff", 16*mb))), 8 * mb, false},
		{"a value that is no UTF-8", request(nil, spanOf("a", pbAttribute(9, "k", pbText(strings.Repeat("\xff", 16*mb))))), 8 * mb, false},
		{"a list that is no UTF-8", request(nil, spanOf("a", pbAttribute(9, "k", pb(5, pb(1, pbText(strings.Repeat("\xff", 16*mb))))))), 8 * mb, false},
		{"a service that is no UTF-8", request(pbAttribute(1, "service.name", pbText(strings.Repeat("\xff", 16*mb))), spanOf("a")), 8 * mb, false},
	} {
		var err error
		got := allocated(func() { _, err = Decode(Traces, c.body, options()) })
		if c.large != fault.Is(err, fault.TooLarge) || (err != nil && !c.large) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got > c.limit {
			t.Errorf("%s: %d MB allocated for %d MB", c.name, got/mb, len(c.body)/mb)
		}
	}
}

// Not parallel: what it measures is the process's.
func TestDecode_DeepValuesCostWhatTheyWeigh(t *testing.T) { //nolint:paralleltest // see above
	// Each level is a list of one, in as few bytes as can be: 2 MB for 200,000.
	const levels = 200_000
	deep := make([]byte, 0, 12*levels)
	size := 0
	for range levels { // from the inside out, backwards
		for _, number := range []byte{1, 5} { // a value in a list, which is a value
			length := binary.AppendUvarint(nil, uint64(size))
			slices.Reverse(length)
			deep = append(append(deep, length...), number<<3|wireBytes)
			size += len(length) + 1
		}
	}
	slices.Reverse(deep)
	body := request(nil, spanOf("a", pbAttribute(9, "k", deep)))
	var r *Result
	var err error
	got := allocated(func() { r, err = Decode(Traces, body, options()) })
	if err != nil || got > 24<<20 {
		t.Fatalf("%v, %d bytes allocated", err, got)
	}
	text := r.Batches[0].Row(0).Get("k").Str()
	if text != strings.Repeat("[", maxValue) || countOf(r, ReasonTruncated) != 1 {
		t.Errorf("%d bytes, %.20s…, %+v", len(text), text, r.Problems)
	}
}

// Not parallel: what it measures is the process's.
func TestAppendProtobuf_HoldsLittleMoreThanItIsSent(t *testing.T) { //nolint:paralleltest // see above
	const mb = 1 << 20
	for name, body := range map[string]string{
		"many empty spans":   `{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Repeat(`{},`, mb) + `{}]}]}]}`,
		"one long text":      traceWith(`,"name":"` + strings.Repeat(`\u0041`, mb) + `"`),
		"unknown, deep":      `{"x":` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + `}`,
		"deep":               traceWith(`,"attributes":[{"key":"a","value":` + strings.Repeat(`{"arrayValue":{"values":[`, 3000) + `{}` + strings.Repeat(`]}}`, 3000) + `}]`),
		"a long text, deep":  traceWith(`,"attributes":[{"key":"a","value":` + strings.Repeat(`{"arrayValue":{"values":[`, 3000) + `{"stringValue":"` + strings.Repeat("x", 4*mb) + `"}` + strings.Repeat(`]}}`, 3000) + `}]`),
		"many empty members": `{"resourceSpans":[{"resource":{"attributes":[` + strings.Repeat(`{},`, mb) + `{}]}}]}`,
	} {
		var err error
		got := allocated(func() { _, err = AppendProtobuf(make([]byte, 0, 2*len(body)), Traces, []byte(body)) })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if limit := uint64(5*len(body) + 8*mb); got > limit {
			t.Errorf("%s: %d bytes allocated for %d", name, got, len(body))
		}
	}
}
