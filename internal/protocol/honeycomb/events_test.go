package honeycomb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

// newTestEvents returns a reader that takes all times and any amount.
func newTestEvents(expand int) *events {
	return &events{
		batch: event.NewBatch("test", "api"), now: testClock.UnixNano(), min: 0, max: 1 << 62, expand: expand,
		reserve: func(int) error { return nil },
	}
}

// taken returns the rows that are taken, of a reader that takes any amount.
func (e *events) taken() *event.Batch {
	batch, err := e.finish()
	if err != nil {
		panic(err)
	}
	return batch
}

// manyFields is an event's data with so many fields.
func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"f%d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

// TestEvents_AnswerAsDocumented holds every status and body that is documented of
// the events API, and those of ours.
func TestEvents_AnswerAsDocumented(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	none := auth.Permissions{}
	silent, err := r.permitted(none)
	must(t, err)
	noMaking, err := r.permitted(auth.Permissions{SendEvents: true})
	must(t, err)
	const one, many = "/1/events/set", "/1/batch/set"
	says := func(text string) string { return `{"error":"` + text + `"}` }
	key := map[string]string{"X-Honeycomb-Team": r.keys[auth.Honeycomb]}
	with := func(pairs ...string) map[string]string {
		h := maps.Clone(key)
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = pairs[i+1]
		}
		return h
	}
	large := `{"a":"` + strings.Repeat("x", maxEventBytes) + `"}`
	packedLarge, err := protocoltest.Msgpack([]byte(large))
	must(t, err)
	for _, c := range []struct {
		name, path string
		header     map[string]string
		body       string
		status     int
		answer     string
	}{
		{"an event", one, key, `{"a":1}`, 200, ""},
		{"a batch", many, key, `[{"data":{"a":1}},{"data":{"a":2}}]`, 200, `[{"status":202},{"status":202}]`},
		{"an empty batch", many, key, `[]`, 200, `[]`},
		{"an empty event", one, key, `{}`, 400, says(saysEmpty)},
		{"no body", one, key, "", 400, says(saysEmpty)},
		{"a blank body", many, key, " \n", 400, says(saysEmpty)},
		{"an empty event in a batch", many, key, `[{"data":{"a":1}},{"data":{}}]`, 200, `[{"status":202},{"status":400,"error":"` + saysEmpty + `"}]`},
		{"2,000 fields", one, key, manyFields(2000), 200, ""},
		{"2,001 fields", one, key, manyFields(2001), 400, says(saysColumns)},
		{
			"2,001 fields in a batch", many, key, `[{"data":` + manyFields(2001) + `},{"data":{"a":1}}]`, 200,
			`[{"status":400,"error":"` + saysColumns + `"},{"status":202}]`,
		},
		{"no JSON", one, key, `{"a":`, 400, says(saysMalformed)},
		{"something after the JSON", many, key, `[] []`, 400, says(saysMalformed)},
		{"a list for an event", one, key, `[{"a":1}]`, 400, says(saysMalformed)},
		{"an event for a list", many, key, `{"data":{"a":1}}`, 400, says(saysMalformed)},
		{"msgpack that is JSON", many, with("Content-Type", "application/msgpack"), `[{"data":{"a":1}}]`, 400, says(saysMalformed)},
		{"JSON that is msgpack", many, key, "\x91\x81\xa4data\x81\xa1a\x01", 400, says(saysMalformed)},
		{"protobuf", many, with("Content-Type", "application/x-protobuf"), "\x0a\x01x", 400, says(saysMalformed)},
		{"no gzip", many, with("Content-Encoding", "gzip"), `[]`, 400, says(saysMalformed)},
		{"a coding that is not known", many, with("Content-Encoding", "br"), `[]`, 400, says(`unsupported content encoding \"br\": send gzip, zstd or none`)},
		{"a large event", one, key, large, 400, says(saysTooLarge)},
		{"a large event that is no JSON", one, key, large[5:], 400, says(saysTooLarge)},
		{"a large event in msgpack", one, with("Content-Type", "application/msgpack"), string(packedLarge), 400, says(saysTooLarge)},
		{"a large event in a batch", many, key, `[{"data":` + large + `},{"data":{"a":1}}]`, 200, `[{"status":400,"error":"` + saysTooLarge + `"},{"status":202}]`},
		{"no key", one, nil, `{"a":1}`, 401, says("unknown API key - check your credentials")},
		{"unknown key", many, map[string]string{"X-Honeycomb-Team": "nobody"}, `[]`, 401, says("unknown API key - check your credentials")},
		{"a key that may not send", many, map[string]string{"X-Honeycomb-Team": silent.Key}, `[]`, 401, "may not send events"},
		{"a dataset that may not be made", "/1/events/new", map[string]string{"X-Honeycomb-Team": noMaking.Key}, `{"a":1}`, 404, says(saysNoDataset)},
		{"a dataset that is there", one, map[string]string{"X-Honeycomb-Team": noMaking.Key}, `{"a":1}`, 200, ""},
		{"an ingest key", "/1/batch/ingested", map[string]string{"X-Honeycomb-Team": r.keys[auth.HoneycombIngest]}, `[{"data":{"a":1}}]`, 200, `[{"status":202}]`},
		{"all datasets", "/1/events/" + dataset.All, key, `{"a":1}`, 400, "stands for all datasets"},
		{"a long name", "/1/events/" + strings.Repeat("n", 256), key, `{"a":1}`, 400, "want 1 to 255 bytes"},
		{"no dataset", "/1/events/", key, `{"a":1}`, 404, "/problems/not-found"},
		{"too old", one, with("X-Honeycomb-Event-Time", "1000000000"), `{"a":1}`, 400, says("Event time is before 2025-09-25T16:00:00Z, the end of the retention.")},
	} {
		status, h, answer := r.do(http.MethodPost, c.path, c.header, []byte(c.body))
		if exact := strings.HasPrefix(c.answer, "{") || strings.HasPrefix(c.answer, "[") || c.answer == ""; status != c.status || exact && answer != c.answer || !strings.Contains(answer, c.answer) {
			t.Errorf("%s: %d %s\nwant %d %s", c.name, status, answer, c.status, c.answer)
		}
		if h.Get("Access-Control-Allow-Origin") != "*" && c.name != "no dataset" || answer != "" && !strings.HasPrefix(h.Get("Content-Type"), "application/") {
			t.Errorf("%s: headers %v", c.name, h)
		}
	}
	if n := r.rows("set"); n != 8 {
		t.Errorf("%d rows are stored", n)
	}
	if status, h, _ := r.do(http.MethodGet, one, key, nil); status != 405 || h.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("GET: %d, allowed %q", status, h.Get("Allow"))
	}
	if status, h, _ := r.do(http.MethodOptions, many, nil, nil); status != 204 || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "x-honeycomb-event-time") {
		t.Errorf("preflight: %d %v", status, h)
	}
	r.set(t, "busy")
	if status, h, answer := r.do(http.MethodPost, many, key, []byte(`[]`)); status != 429 || h.Get("Retry-After") != "1" || answer != says(saysThrottled) {
		t.Errorf("overload: %d %v %s", status, h, answer)
	}
	r.set(t, "idle")
	r.set(t, "closing")
	if status, h, answer := r.do(http.MethodPost, many, key, []byte(`[{"data":{"a":1}}]`)); status != 503 || h.Get("Retry-After") != "5" || answer != says("the server is shutting down") {
		t.Errorf("closing: %d %v %s", status, h, answer)
	}
}

// permitted makes a key with permissions of its own.
func (r *rig) permitted(may auth.Permissions) (auth.Secret, error) {
	_, secret, err := r.front.Keys.Create(r.t.Context(), auth.NewKey{Kind: auth.Honeycomb, Permissions: &may})
	return secret, err
}

func TestEvents_UnfoldObjectsAsTheDatasetSays(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	_, _, err := r.front.Datasets.Create(context.WithoutCancel(t.Context()), "test", "deep", dataset.Settings{ExpandJSONDepth: 2})
	must(t, err)
	body := []byte(`[{"data":{"a":{"b":{"c":{"d":1}},"l":[1, 2],"n":null,"":2},"p":{},"q":3}}]`)
	packed, err := protocoltest.Msgpack(body)
	must(t, err)
	want := "test deep +0 x1\n  a.=2\n  a.b.c=\"{\\\"d\\\":1}\"\n  a.l=\"[1,2]\"\n  q=3\n"
	for kind, body := range map[string][]byte{"application/json": body, "application/msgpack": packed} {
		if status, _, answer := r.do(http.MethodPost, "/1/batch/deep", map[string]string{"Content-Type": kind}, body); status != 200 || answer != `[{"status":202}]` {
			t.Fatalf("%d %s", status, answer)
		}
		if got := protocoltest.Events(r.store.Take(), testClock.UnixNano()); got != want {
			t.Errorf("%s:\n%s", kind, got)
		}
	}
}

// Python's libhoney writes what no JSON has; the events beside it count, too.
func TestEvents_TakeWhatPythonWritesForNoNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	const body = `[{"data":{"a":1,"n":NaN,"i":Infinity,"j":-Infinity,"l":[NaN,-Infinity,-1,{"x":Infinity}],"t":"NaN"},"time":NaN},{"data":{"a":2}}]`
	if status, _, answer := r.do(http.MethodPost, "/1/batch/py", nil, []byte(body)); status != 200 || answer != `[{"status":202},{"status":202}]` {
		t.Fatalf("%d %s", status, answer)
	}
	want := "test py +0 x1\n  a=1\n  i=+Inf\n  j=-Inf\n  l=\"[null,null,-1,{\\\"x\\\":null}]\"\n  n=NaN\n  t=\"NaN\"\ntest py +0 x1\n  a=2\n"
	if got := protocoltest.Events(r.store.Take(), testClock.UnixNano()); got != want {
		t.Errorf("%s", got)
	}
	for _, bad := range []string{"Nan", "nan", "+Infinity", "Inf", "NaNx", "-"} {
		if status, _, answer := r.do(http.MethodPost, "/1/batch/py", nil, []byte(`[{"data":{"a":`+bad+`}}]`)); status != 400 {
			t.Errorf("%s: %d %s", bad, status, answer)
		}
	}
}

func TestEventTime_ReadsAllForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"2025-11-24T16:00:00Z":           1_764_000_000_000_000_000,
		"2025-11-24T16:00:00.123456789Z": 1_764_000_000_123_456_789,
		"2025-11-24T17:30:00.5+01:30":    1_764_000_000_500_000_000,
		"1764000000":                     1_764_000_000_000_000_000,
		"1764000000123":                  1_764_000_000_123_000_000,
		"1764000000123456":               1_764_000_000_123_456_000,
		"1764000000123456789":            1_764_000_000_123_456_789,
		"17640000001234567891":           1_764_000_000_123_456_789,
		"1764000000.25":                  1_764_000_000_250_000_000,
		"1764000000.1234567899":          1_764_000_000_123_456_789,
		"1.764e9":                        1_764_000_000_000_000_000,
		"0.5":                            500_000_000,
	} {
		if got, ok := eventTime([]byte(text)); !ok || got != want {
			t.Errorf("%s: %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "now", "176400000", "2025-11-24", "1e300", "NaN", "-", "9999-01-01T00:00:00Z", strings.Repeat("1", 100), "12345678901.5.5"} {
		if got, ok := eventTime([]byte(text)); ok {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestMsgpack_ReadsTimesOfAllSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\xd6\xff\x00\x00\x00\x05":                                             "1970-01-01T00:00:05Z",
		"\xd7\xff\x00\x00\x00\x08\x00\x00\x00\x05":                             "1970-01-01T00:00:05.000000002Z",
		"\xc7\x0c\xff\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff":         "1969-12-31T23:59:59.000000001Z",
		"\xc8\x00\x0c\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00":     "1970-01-01T00:00:00.000000001Z",
		"\xc9\x00\x00\x00\x04\xff\x00\x00\x00\x07":                             "1970-01-01T00:00:07Z",
		"\xd6\x01\x00\x00\x00\x05":                                             "",
		"\xd7\xff\xff\xff\xff\xff\x00\x00\x00\x05" /* over 10⁹ nanoseconds */ : "",
	} {
		r := packReader{in: []byte(text)}
		v := r.next()
		at, ok := v.timestamp()
		if got := at.Format(time.RFC3339Nano); ok != (want != "") || ok && got != want || r.bad || r.pos != len(text) {
			t.Errorf("%x: %s, %v", text, got, ok)
		}
	}
}

// A request in msgpack becomes the same rows as in JSON, whatever is in it, and
// each of its elements has an answer.
func TestEvents_AreTheSameInBothForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		expand := rapid.IntRange(0, 3).Draw(t, "expand")
		list := rapid.SliceOfN(anyElement(), 0, 12).Draw(t, "batch")
		text, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := protocoltest.Msgpack(text)
		if err != nil {
			t.Fatal(err)
		}
		one, other := newTestEvents(expand), newTestEvents(expand)
		if err := one.read(text, false, false); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := other.read(packed, true, false); err != nil {
			t.Fatalf("%x: %v", packed, err)
		}
		if len(one.outcomes) != len(list) || !slices.Equal(one.outcomes, other.outcomes) || one.distinct != other.distinct {
			t.Fatalf("%s: %v and %v", text, one.outcomes, other.outcomes)
		}
		now := testClock.UnixNano()
		a, b := protocoltest.Events([]*event.Batch{one.taken()}, now), protocoltest.Events([]*event.Batch{other.taken()}, now)
		if a != b {
			t.Fatalf("%s:\n%s\n%s", text, a, b)
		}
		var answers []struct{ Status int }
		var body bytes.Buffer
		one.answer(&body)
		if err := json.Unmarshal(body.Bytes(), &answers); err != nil || len(answers) != len(list) {
			t.Fatalf("%s: %v", body.Bytes(), err)
		}
	})
}

func anyElement() *rapid.Generator[any] {
	name := rapid.SampledFrom([]string{"a", "b", "name", "service_name", "service.name", "trace.trace_id", "trace.span_id", "", "time", "ä\"\\"})
	scalar := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.IntRange(-200, 70000).AsAny(), rapid.Custom(func(t *rapid.T) any { return float64(rapid.IntRange(-4000, 4000).Draw(t, "quarters")) / 4 }),
		rapid.StringN(0, 40, -1).AsAny(), rapid.SampledFrom([]any{"5759E988BD862E3FE1BE46A994272793", "B7AD6B7169203331", "x\u2028<>&"}),
	)
	var value *rapid.Generator[any]
	level := func(of *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.OneOf(scalar, rapid.SliceOfN(of, 0, 3).AsAny(), rapid.MapOfN(name, of, 0, 3).AsAny())
	}
	value = level(level(level(scalar)))
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 9).Draw(t, "form") {
		case 0:
			return scalar.Draw(t, "no event")
		case 1:
			return map[string]any{"data": scalar.Draw(t, "no data")}
		}
		e := map[string]any{"data": rapid.MapOfN(name, value, 0, 6).Draw(t, "data")}
		if rapid.Bool().Draw(t, "timed") {
			e["time"] = rapid.SampledFrom([]any{"2025-11-24T16:00:00.123456789Z", "2025-11-24T16:00:00Z", 1764000000, 1764000000.25, "1764000000123", "no time", nil, []int{1}}).Draw(t, "time")
		}
		if rapid.Bool().Draw(t, "sampled") {
			e["samplerate"] = rapid.SampledFrom([]any{0, 1, 7, -3, "9", 2.6, nil, true, int64(1) << 40}).Draw(t, "rate")
		}
		return e
	})
}

// An event that is not taken leaves nothing behind in the rows of the others.
func TestEvents_LeaveOutWhatIsNotTaken(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 50 {
		at := "2025-11-24T16:00:00Z"
		if i%3 == 0 {
			at = "1960-01-01T00:00:00Z"
		}
		list = append(list, fmt.Sprintf(`{"time":%q,"samplerate":%d,"data":{"all":"v%d","n":%d,"only%d":%d.5,"ok":true,"gone%d":"x"}}`, at, i+1, i, i, i%2, i, i%3))
	}
	e := newTestEvents(0)
	must(t, e.read([]byte("["+strings.Join(list, ",")+"]"), false, false))
	batch := e.taken()
	row := 0
	for i := range 50 {
		if i%3 == 0 {
			continue
		}
		want := map[string]event.Value{
			"all": event.StringValue(fmt.Sprint("v", i)), "n": event.IntValue(int64(i)), fmt.Sprint("only", i%2): event.FloatValue(float64(i) + 0.5),
			"ok": event.BoolValue(true), fmt.Sprint("gone", i%3): event.StringValue("x"),
		}
		got := map[string]event.Value{}
		batch.Row(row).Each(func(name string, v event.Value) { got[name] = v })
		if !maps.Equal(got, want) || batch.SampleRate(row) != uint32(i+1) {
			t.Fatalf("row %d is %v, want %v", row, got, want)
		}
		row++
	}
	if batch.Len() != row || batch.Find("gone0") != nil || batch.Find("all").Dict.Len() != row {
		t.Errorf("%d rows, %d texts", batch.Len(), batch.Find("all").Dict.Len())
	}
}

// The case of an element's members does not matter, as it does not at Honeycomb: there
// are senders that say sampleRate.
func TestEvents_ReadMembersOfAnyCase(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"JSON":    `[{"sampleRate":4,"Time":"2025-11-24T15:59:59Z","DATA":{"a":1,"A":2}}]`,
		"msgpack": "\x91\x83\xaasampleRate\x04\xa4Time\xb42025-11-24T15:59:59Z\xa4DATA\x82\xa1a\x01\xa1A\x02",
	} {
		e := newTestEvents(0)
		must(t, e.read([]byte(body), name == "msgpack", false))
		b := e.taken()
		if b.Len() != 1 || b.SampleRate(0) != 4 || b.Times[0] != testClock.UnixNano()-1e9 || b.Row(0).Get("a").Int() != 1 || b.Row(0).Get("A").Int() != 2 {
			t.Errorf("%s: %s", name, protocoltest.Events([]*event.Batch{b}, testClock.UnixNano()))
		}
	}
}

func TestEvents_AreDistinctByTimeOrSpan(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`[{"data":{"a":1}}]`: false,
		`[{"data":{"a":1},"time":"2025-11-24T16:00:00.123Z"}]`:                        false,
		`[{"data":{"a":1},"time":"2025-11-24T16:00:00.123456Z"}]`:                     true,
		`[{"data":{"trace.span_id":"b7ad6b7169203331"}}]`:                             true,
		`[{"data":{"trace.span_id":"b7ad6b7169203331"}},{"data":{"name":"no span"}}]`: true,
		// A fine clock strikes a whole millisecond now and then.
		`[{"data":{"a":1},"time":"2025-11-24T16:00:00.123000000Z"},{"data":{"a":2},"time":"2025-11-24T16:00:00.123000001Z"}]`: true,
	} {
		e := newTestEvents(0)
		must(t, e.read([]byte(body), false, false))
		if e.distinct != want {
			t.Errorf("%s: %v", body, e.distinct)
		}
	}
}

func FuzzEvents(f *testing.F) {
	for _, seed := range []string{
		`[{"data":{"a":1,"b":"\u00e9","c":{"d":[1,{"e":null}]}},"time":"2025-11-24T16:00:00Z","samplerate":2},{"data":{}},3]`,
		`[{"data":{"trace.trace_id":"1-5759e988-bd862e3fe1be46a994272793","service_name":"x"}}]`, `{"a":-0.5e-3}`,
	} {
		packed, err := protocoltest.Msgpack([]byte(seed))
		must2(f, err)
		f.Add([]byte(seed), false, byte(0))
		f.Add(packed, true, byte(2))
	}
	f.Add([]byte("\x91\x81\xa4data\xde\xff\xff"), true, byte(1))
	f.Fuzz(func(t *testing.T, body []byte, packed bool, expand byte) {
		for _, single := range []bool{false, true} {
			e := newTestEvents(int(expand % 11))
			err := e.read(bytes.Clone(body), packed, single)
			if err != nil {
				continue
			}
			batch, taken := e.taken(), 0
			for _, o := range e.outcomes {
				if o == eventTaken {
					taken++
				}
			}
			if batch.Len() != taken {
				t.Fatalf("%d rows of %d events", batch.Len(), taken)
			}
			again, rest, err := event.DecodeBatch(event.AppendBatch(nil, batch))
			if err != nil || len(rest) > 0 || again.Len() != taken {
				t.Fatalf("the rows can't be stored: %v", err)
			}
			var answer bytes.Buffer
			if e.answer(&answer); !json.Valid(answer.Bytes()) {
				t.Fatalf("the answer is not JSON: %s", answer.Bytes())
			}
		}
	})
}

func must2(f *testing.F, err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// benchBatch is what a client sends of 15 fields each, sorted as Go sorts them.
func benchBatch(n int) []byte {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"data":{"duration_ms":%d.25,"handler.name":"main.feed","http.host":"api.example.com","http.status_code":%d,
			"meta.beeline_version":"1.19.0","meta.local_hostname":"web-%d","meta.type":"http_request","name":"GET /feed","ok":true,"request.path":"/feed/%d",
			"service_name":"api","trace.parent_id":"%016x","trace.span_id":"%016x","trace.trace_id":"%032x","user.id":%d},
			"samplerate":4,"time":"2025-11-24T16:00:00.%09dZ"}`, i%900, 200+i%4, i%8, i%50, i*7919, i*104729, i/8*7919, i*31%100000, i*1009))
	}
	return []byte("[" + strings.Join(list, ",") + "]")
}

func BenchmarkEvents(b *testing.B) {
	const n = 500
	text := benchBatch(n)
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		b.Fatal(err)
	}
	packed, err := protocoltest.Msgpack(text)
	if err != nil {
		b.Fatal(err)
	}
	for name, body := range map[string][]byte{"json": compact.Bytes(), "msgpack": packed} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				e := newTestEvents(0)
				if err := e.read(body, name == "msgpack", false); err != nil || e.batch.Len() != n || len(e.dead) > 0 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
		})
	}
}
