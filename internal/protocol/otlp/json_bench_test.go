package otlp

import (
	"testing"

	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
	"github.com/oriel-dev/oriel/internal/sample"
)

// BenchmarkDecodeJSON is BenchmarkDecode for the same request as JSON.
func BenchmarkDecodeJSON(b *testing.B) {
	g := sample.New(sample.Dense(1))
	var traces []sample.Trace
	var starts []int64
	for range 60 {
		traces = append(traces, g.Next())
		starts = append(starts, testTime)
	}
	r := g.Encode(traces, starts)
	text, err := protocoltest.OTLP().Decode("ExportTraces", r.Body)
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(text)
	var wire []byte
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if wire, err = AppendProtobuf(wire[:0], Traces, body); err != nil {
			b.Fatal(err)
		}
		if _, err := Decode(Traces, wire, options()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Spans), "ns/span")
	b.ReportMetric(float64(len(body))/float64(r.Spans), "bytes/span")
}
