package otlp

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
	"github.com/oriel-dev/oriel/internal/sample"
)

var _ = golden.Flag()

const testTime = int64(1_764_000_000_000_000_000)

func options() Options {
	return Options{
		Environment: "test", Now: testTime, MinTime: testTime - int64(time.Hour), MaxTime: testTime + int64(time.Hour),
		Dataset: func(service string) (string, error) {
			if service == "refused" {
				return "", fault.New(fault.Denied, "no more datasets")
			}
			if service == "" {
				return "unknown_service", nil
			}
			return service, nil
		},
		Float: func() float64 { return 0.4 },
	}
}

// printRows prints events one to a line, fields sorted.
func printRows(r *Result) string {
	var b strings.Builder
	for _, batch := range r.Batches {
		for i := range batch.Len() {
			var fields []string
			batch.Row(i).Each(func(name string, v event.Value) {
				text := v.Text()
				if v.Kind() == event.String {
					text = fmt.Sprintf("%q", text)
				}
				fields = append(fields, name+"="+text)
			})
			slices.Sort(fields)
			fmt.Fprintf(&b, "%s %+d x%d\n  %s\n", batch.Dataset, batch.Times[i]-testTime, batch.SampleRate(i), strings.Join(fields, "\n  "))
		}
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "problem %s × %d rejected %v: %s\n", p.Reason, p.Count, p.Rejected, p.Sample)
	}
	fmt.Fprintf(&b, "items %d, rejected %d\n", r.Items, r.Rejected)
	return b.String()
}

// Each file of testdata holds a JSON request above a line of dashes and the
// events it becomes below, which -update rewrites. The name begins with the signal.
func TestDecode_Cases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in, _, _ := strings.Cut(string(raw), "\n----\n")
			signal := map[string]Signal{"traces": Traces, "logs": Logs, "metrics": Metrics}[strings.SplitN(filepath.Base(file), "_", 2)[0]]
			wire, err := AppendProtobuf(nil, signal, []byte(strings.ReplaceAll(in, "NOW", fmt.Sprint(testTime))))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Decode(signal, wire, options())
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, file, in+"\n----\n"+printRows(r))
		})
	}
}

func TestDecode_RefusesWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	g := sample.New(sample.Dense(1))
	body := g.Encode([]sample.Trace{g.Next()}, []int64{testTime}).Body
	whole, err := Decode(Traces, body, options())
	if err != nil || whole.Items == 0 {
		t.Fatal(err)
	}
	for n := 1; n < len(body); n += 7 {
		r, err := Decode(Traces, body[:n], options())
		if err == nil && r.Items >= whole.Items {
			t.Errorf("the first %d bytes gave %d items", n, r.Items)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for _, body := range []string{"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x0b", "\x0f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x00"} {
		if _, err := Decode(Traces, []byte(body), options()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if r, err := Decode(Traces, nil, options()); err != nil || r.Items != 0 {
		t.Errorf("an empty request: %+v, %v", r, err)
	}
}

func TestDecode_BoundsWhatOneEventCanHold(t *testing.T) {
	t.Parallel()
	attrs := make([]map[string]any, 10_000)
	for i := range attrs {
		attrs[i] = map[string]any{"key": fmt.Sprint("k", i), "value": map[string]any{"intValue": i}}
	}
	attrs[0] = map[string]any{"key": "long", "value": map[string]any{"stringValue": strings.Repeat("é", 2_500_000)}}
	attrs[1] = map[string]any{"key": strings.Repeat("n", 5000), "value": map[string]any{"intValue": 1}}
	deep := map[string]any{"stringValue": "bottom"}
	for range 1000 {
		deep = map[string]any{"kvlistValue": map[string]any{"values": []any{map[string]any{"key": "d", "value": deep}}}}
	}
	attrs[2] = map[string]any{"key": "deep", "value": deep}
	body, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{"scopeSpans": []any{map[string]any{"spans": []any{
		map[string]any{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "startTimeUnixNano": fmt.Sprint(testTime), "attributes": attrs},
		map[string]any{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203332", "name": "after", "startTimeUnixNano": fmt.Sprint(testTime)},
	}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	wire, err := AppendProtobuf(nil, Traces, body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Decode(Traces, wire, options())
	if err != nil {
		t.Fatal(err)
	}
	b := r.Batches[0]
	if b.Len() != 2 || b.Row(1).Get("name").Str() != "after" {
		t.Fatalf("%d rows", b.Len())
	}
	fields := 0
	b.Row(0).Each(func(string, event.Value) { fields++ })
	if fields > maxFields+20 {
		t.Errorf("%d fields", fields)
	}
	if n := len(b.Row(0).Get("long").Str()); n > maxValue || n < maxValue-4 {
		t.Errorf("the long value has %d bytes", n)
	}
	for _, reason := range []string{ReasonFields, ReasonTruncated, ReasonLongName} {
		if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Reason == reason }) {
			t.Errorf("%s was not counted", reason)
		}
	}
}

func TestSampleRate_ReadsTraceState(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]uint32{
		"": 1, "ot=th:8": 2, "vendor=x,ot=rv:1;th:c": 4, "th=e": 8, "ot=th:0": 1, "ot=th:zz": 1, "ot=th:fffffffffffffff": 1,
		"ot=th:5": 1, // 1.45, and the die says 0.4 < 0.45: see below
	} {
		if want == 1 && state == "ot=th:5" {
			want = 2
		}
		if got := stateRate(state, func() float64 { return 0.4 }); got != want {
			t.Errorf("%q: %d, want %d", state, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range full() { // small, for large seeds are minimized for ever
		body, err := protocoltest.OTLP().Encode(c[0], []byte(c[1]))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		for _, s := range []Signal{Traces, Logs, Metrics} {
			r, err := Decode(s, body, options())
			if err != nil {
				continue
			}
			for _, b := range r.Batches {
				for i := range b.Len() {
					b.Row(i).Each(func(string, event.Value) {})
				}
			}
		}
	})
}

func FuzzAppendProtobuf(f *testing.F) {
	for _, c := range full() {
		f.Add([]byte(c[1]))
	}
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","attributes":[{"key":"a","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}]}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range []Signal{Traces, Logs, Metrics} {
			wire, err := AppendProtobuf(nil, s, body)
			if err != nil {
				continue
			}
			if _, err := Decode(s, wire, options()); err != nil {
				t.Fatalf("what was rewritten can't be read: %v", err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	g := sample.New(sample.Dense(1))
	var traces []sample.Trace
	var starts []int64
	for range 60 {
		traces = append(traces, g.Next())
		starts = append(starts, testTime)
	}
	r := g.Encode(traces, starts)
	b.SetBytes(int64(len(r.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(Traces, r.Body, options()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Spans), "ns/span")
	b.ReportMetric(float64(len(r.Body))/float64(r.Spans), "bytes/span")
}
