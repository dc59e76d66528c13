package otlp

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestLogMessages_IsBounded(t *testing.T) {
	t.Parallel()
	wire := func(resource, body string) []byte {
		raw, err := AppendProtobuf(nil, Logs, []byte(`{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"`+resource+`"}}]},"scopeLogs":[{"logRecords":[{"body":{"stringValue":"`+body+`"}},{"body":{"stringValue":"b"}}]}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var texts []string
	read := func(raw []byte) error {
		texts = nil
		return LogMessages(raw, func(_ uint64, text []byte) error {
			texts = append(texts, string(text))
			return nil
		})
	}
	if err := read(wire("r", strings.Repeat("x", 1<<20-100))); err != nil || len(texts) != 2 || len(texts[0]) < 1<<20-100 || !json.Valid([]byte(texts[0])) {
		t.Errorf("a megabyte: %v, %d texts", err, len(texts))
	}
	if err := read(wire("r", strings.Repeat("x", 2<<20))); err != nil || len(texts) != 2 || texts[0] != "" || texts[1] == "" {
		t.Errorf("two megabytes: %v, %d texts", err, len(texts))
	}
	if err := read(wire(strings.Repeat("r", 17<<10), "x")); !fault.Is(err, fault.Invalid) {
		t.Errorf("a resource of 17 KB: %v", err)
	}
}

func FuzzLogMessages(f *testing.F) {
	seed, err := AppendProtobuf(nil, Logs, []byte(`{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"kvlistValue":{"values":[{"key":"b","value":{"doubleValue":1}}]}}}]},"scopeLogs":[{"scope":{"name":"n","version":"v"},"logRecords":[
		{"timeUnixNano":"1","severityNumber":9,"body":{"arrayValue":{"values":[{"stringValue":"x"}]}},"traceId":"0af7651916cd43dd8448eb211c80319c","attributes":[{"key":"c","value":{"bytesValue":"AAE="}}]}]}]}]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, body []byte) {
		err := LogMessages(body, func(_ uint64, text []byte) error {
			if text != nil && !json.Valid(text) {
				t.Errorf("%q is no JSON", text)
			}
			return nil
		})
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestLogs_LongBodiesAreKeptWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 200_000)
	raw, err := AppendProtobuf(nil, Logs, []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"`+long+`"},"attributes":[{"key":"a","value":{"stringValue":"`+long+`"}}]}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Decode(Logs, raw, options())
	if err != nil {
		t.Fatal(err)
	}
	row := r.Batches[0].Row(0)
	if got := row.Get("body").Str(); got != long {
		t.Errorf("%d bytes of the body are kept", len(got))
	}
	if got := row.Get("a").Str(); len(got) > maxValue {
		t.Errorf("%d bytes of an attribute are kept", len(got))
	}
}

// BenchmarkLogs is what a record costs, with a body that is text, and one that is
// JSON and so becomes fields.
func BenchmarkLogs(b *testing.B) {
	const n = 1000
	for name, body := range map[string]string{
		"text": `127.0.0.1 GET http /api/activities/home? 200 and more text that goes on until it has about two hundred bytes, which is what people say a line has, give or take some, and so on and so forth ......`,
		"json": `{\"level\":\"info\",\"msg\":\"GET /api/activities/home\",\"route\":\"/api/activities/home\",\"status\":200,\"duration_ms\":12.5,\"user\":\"u00007\",\"request_id\":\"0123456789abcdef\",\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"}`,
	} {
		record := `{"timeUnixNano":"1764000000000000000","severityNumber":9,"severityText":"INFO","body":{"stringValue":"` + body + `"},"attributes":[{"key":"a","value":{"stringValue":"b"}}]}`
		raw, err := AppendProtobuf(nil, Logs, []byte(`{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"api"}}]},"scopeLogs":[{"logRecords":[`+strings.Repeat(record+",", n-1)+record+`]}]}]}`))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Decode(Logs, raw, options()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
		})
	}
}
