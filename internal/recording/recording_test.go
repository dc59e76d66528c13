package recording

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

//nolint:gochecknoglobals // a constant
var began = time.Unix(1_790_000_000, 0)

func request(t *testing.T, spans ...*trace.Span) []byte {
	t.Helper()
	body, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{ScopeSpans: []*trace.ScopeSpans{{Spans: spans}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func nanos(d time.Duration) uint64 { return uint64(began.Add(d).UnixNano()) }

// What is packed and played tells the same story at another time, under other ids
// that still belong together in all four products.
func TestPlay_TellsTheSameStoryLater(t *testing.T) {
	t.Parallel()
	traceID, root, child := began.Add(3*time.Second).Unix(), []byte("rootspan"), []byte("childspn")
	id := append([]byte{byte(traceID >> 24), byte(traceID >> 16), byte(traceID >> 8), byte(traceID)}, "abcdefghijkl"...)
	spans := request(t,
		&trace.Span{TraceId: id, SpanId: root, Name: "GET /", StartTimeUnixNano: nanos(3 * time.Second), EndTimeUnixNano: nanos(4 * time.Second)},
		&trace.Span{
			TraceId: id, SpanId: child, ParentSpanId: root, Name: "SELECT", StartTimeUnixNano: nanos(3500 * time.Millisecond), EndTimeUnixNano: nanos(3600 * time.Millisecond),
			Events: []*trace.Span_Event{{Name: "exception", TimeUnixNano: nanos(3550 * time.Millisecond)}},
			Links:  []*trace.Span_Link{{TraceId: id, SpanId: root}},
		})
	digits, spanDigits := hex.EncodeToString(id), hex.EncodeToString(root)
	item := `{"data":{"timestamp":1790000003,"body":{"timestamp_ms":1790000003250},"uuid":"00112233445566778899aabbccddeeff","of":{"uuid":"39dd1516-6523-430b-9605-f01096dcd0e7","start_time_ms":1790000003250},"attributes":[{"value":"` + digits + `"},{"value":"` + spanDigits + `"}]}}`
	document, err := json.Marshal(map[string]any{"TraceSegmentDocuments": []string{`{"trace_id":"1-` + digits[:8] + "-" + digits[8:] + `","id":"` + spanDigits + `","start_time":1790000003.500000,"end_time":1790000003.750001}`}})
	if err != nil {
		t.Fatal(err)
	}
	line := `{"logEvents":[{"timestamp":1790000003500,"message":"{\"time\":\"` + began.Add(3500*time.Millisecond).UTC().Format("2006-01-02T15:04:05.000000Z") + `\",\"trace_id\":\"` + digits + `\"}"}]}`

	pack := NewPacker(began)
	if err := pack.Spans(spans); err != nil {
		t.Fatal(err)
	}
	whole := Recording{Acts: []Act{{Lasts: time.Minute, Times: 2, Requests: []Request{
		{At: 0, Kind: Deploy, Body: []byte(`{}`)},
		{At: 3 * time.Second, Kind: Item, Body: pack.Text([]byte(item))},
		{At: 3 * time.Second, Kind: Spans, Body: spans},
		{At: 3 * time.Second, Kind: Segments, Body: pack.Text(document)},
		{At: 3 * time.Second, Kind: Lines, Group: "g", Stream: "s", Body: pack.Text([]byte(line))},
	}}}}
	var file bytes.Buffer
	if err := whole.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&whole, read); diff != "" {
		t.Fatalf("what is read is not what was written:\n%s", diff)
	}

	now := time.Unix(1_800_000_000, 0)
	texts := map[Kind][]string{}
	var requests []*collector.ExportTraceServiceRequest
	play := func(since time.Time, seed uint64) (kinds []Kind) {
		err := read.Play(now, since, seed, func(p Played) error {
			kinds = append(kinds, p.Kind)
			if p.Kind == Spans {
				var in collector.ExportTraceServiceRequest
				requests = append(requests, &in)
				return proto.Unmarshal(p.Body, &in)
			}
			texts[p.Kind] = append(texts[p.Kind], string(p.Body))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return kinds
	}
	if diff := cmp.Diff([]Kind{Deploy, Item, Spans, Segments, Lines, Item, Spans, Segments, Lines}, play(time.Time{}, 7)); diff != "" {
		t.Errorf("what is played, the deploy once:\n%s", diff)
	}
	begin := now.Add(-2 * time.Minute)
	got := requests[0].GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()
	if at := time.Unix(0, int64(got[1].GetStartTimeUnixNano())); !at.Equal(begin.Add(3500 * time.Millisecond)) {
		t.Errorf("the span is at %s", at)
	}
	if at := time.Unix(0, int64(got[1].GetEvents()[0].GetTimeUnixNano())); !at.Equal(begin.Add(3550 * time.Millisecond)) {
		t.Errorf("its event is at %s", at)
	}
	fresh, span := hex.EncodeToString(got[0].GetTraceId()), hex.EncodeToString(got[0].GetSpanId())
	if fresh == digits || !bytes.Equal(got[1].GetParentSpanId(), got[0].GetSpanId()) || !bytes.Equal(got[1].GetLinks()[0].GetTraceId(), got[0].GetTraceId()) {
		t.Errorf("the spans do not belong together, or are what was recorded: %v", got)
	}
	for kind, want := range map[Kind][]string{
		Item:     {fresh, span, `"timestamp":1799999883`, `"timestamp_ms":1799999883250`, `"start_time_ms":1799999883250`},
		Segments: {"1-" + fresh[:8] + "-" + fresh[8:], span, `1799999883.500000`, `1799999883.750001`},
		Lines:    {fresh, `"timestamp":1799999883500`, begin.Add(3500 * time.Millisecond).UTC().Format("2006-01-02T15:04:05.000000Z")},
	} {
		for _, part := range want {
			if !strings.Contains(texts[kind][0], part) {
				t.Errorf("kind %d has no %s in %s", kind, part, texts[kind][0])
			}
		}
		if !json.Valid([]byte(texts[kind][0])) || texts[kind][0] == texts[kind][1] {
			t.Errorf("kind %d: %q and %q", kind, texts[kind][0], texts[kind][1])
		}
	}
	if strings.Contains(texts[Item][0], "00112233445566778899aabbccddeeff") || strings.Contains(texts[Item][0], "39dd1516") {
		t.Error("an item has the uuid that was recorded")
	}
	if dashed := regexp.MustCompile(`"uuid":"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"`); !dashed.MatchString(texts[Item][0]) {
		t.Errorf("a uuid with dashes has lost them: %s", texts[Item][0])
	}
	if diff := cmp.Diff([]Kind{Item, Spans, Segments, Lines}, play(begin.Add(time.Minute), 7)); diff != "" {
		t.Errorf("what is newer than half of it:\n%s", diff)
	}
	again := requests[2].GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetTraceId()
	if !bytes.Equal(again, requests[1].GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetTraceId()) {
		t.Error("the same seed gives other ids")
	}
}

// The hour that the program carries is whole, small, and tells nothing of where it
// was recorded.
func TestHour(t *testing.T) {
	t.Parallel()
	if len(hour) > 2<<20 {
		t.Errorf("the recorded hour has %d bytes", len(hour))
	}
	r, err := Hour()
	if err != nil {
		t.Fatal(err)
	}
	if r.Length() != time.Hour || len(r.Acts) != 2 {
		t.Errorf("it lasts %s, in %d acts", r.Length(), len(r.Acts))
	}
	now := time.Unix(1_800_000_000, 0)
	before := now.Add(-time.Hour)
	ofAMachine := regexp.MustCompile(`/(?:tmp|home|root)/|container\.id`)
	kinds := map[Kind]int{}
	ofBrowsers := map[Kind]int{}
	err = r.Play(now, time.Time{}, 1, func(p Played) error {
		kinds[p.Kind]++
		if bytes.Contains(p.Body, []byte("cruddur-web")) || bytes.Contains(p.Body, []byte("rollbar-browser-js")) {
			ofBrowsers[p.Kind]++
		}
		if p.At.Before(before.Add(-10*time.Second)) || p.At.After(now) {
			t.Errorf("a request of kind %d is at %s", p.Kind, p.At)
		}
		before = p.At
		if place := ofAMachine.Find(p.Body); place != nil {
			t.Errorf("kind %d names %s", p.Kind, place)
		}
		if p.Kind != Spans && !json.Valid(p.Body) {
			t.Errorf("kind %d is no JSON: %.200s", p.Kind, p.Body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind, least := range map[Kind]int{Spans: 300, Lines: 900, Item: 50, Segments: 300, Deploy: 2} {
		if kinds[kind] < least {
			t.Errorf("%d requests of kind %d, want %d", kinds[kind], kind, least)
		}
	}
	for kind, least := range map[Kind]int{Spans: 100, Item: 1} {
		if ofBrowsers[kind] < least {
			t.Errorf("browsers sent %d requests of kind %d, want %d", ofBrowsers[kind], kind, least)
		}
	}
}

func TestRead_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	whole := Recording{Acts: []Act{{Lasts: time.Minute, Times: 1, Requests: []Request{{Kind: Item, Body: []byte("{}")}}}}}
	if err := whole.Write(&file); err != nil {
		t.Fatal(err)
	}
	for n := range file.Len() {
		if _, err := Read(bytes.NewReader(file.Bytes()[:n])); err == nil {
			t.Errorf("%d of %d bytes are taken for a recording", n, file.Len())
		}
	}
	for _, body := range []string{"\x08", "\x0a\xff", "\x0a\x04\x12\x02\x12\x05"} {
		if err := NewPacker(began).Spans([]byte(body)); err == nil {
			t.Errorf("%q is taken for spans", body)
		}
	}
}
