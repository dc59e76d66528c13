package segment

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/sample"
)

// sampleBatches makes about n rows of generated spans, a batch for each service.
func sampleBatches(n int, p sample.Profile) []*event.Batch {
	g := sample.New(p)
	batches := make([]*event.Batch, len(sample.Services))
	for i, s := range sample.Services {
		batches[i] = event.NewBatch("test", s)
	}
	kinds := []string{"unspecified", "internal", "server", "client", "producer", "consumer"}
	for rows := 0; rows < n; {
		tr := g.Next()
		id := fmt.Sprintf("%016x%016x", tr.High, tr.Low)
		start := int64(1.7e18) + int64(rows)*1e5
		for _, s := range tr.Spans {
			rows++
			b := batches[s.Service]
			b.Begin(start + s.Start)
			b.Set(event.FieldTraceID, event.StringValue(id))
			b.Set(event.FieldSpanID, event.StringValue(fmt.Sprintf("%016x", s.ID)))
			if s.Parent != 0 {
				b.Set(event.FieldParentID, event.StringValue(fmt.Sprintf("%016x", s.Parent)))
			}
			b.Set(event.FieldName, event.StringValue(s.Name))
			b.Set(event.FieldSpanKind, event.StringValue(kinds[s.Kind]))
			b.Set(event.FieldType, event.StringValue(kinds[s.Kind]))
			b.Set(event.FieldDuration, event.FloatValue(float64(s.End-s.Start)/1e6))
			b.Set(event.FieldStatusCode, event.IntValue(0))
			b.Set(event.FieldNumEvents, event.IntValue(0))
			b.Set(event.FieldNumLinks, event.IntValue(0))
			b.Set(event.FieldSignal, event.StringValue("trace"))
			b.Set(event.FieldService, event.StringValue(sample.Services[s.Service]))
			b.Set("service.version", event.StringValue("2026.11"))
			b.Set("host.name", event.StringValue(fmt.Sprint("host-", s.ID%4)))
			b.Set("telemetry.sdk.language", event.StringValue("go"))
			for _, a := range s.Attributes {
				switch v := a.Value.(type) {
				case string:
					b.Set(a.Name, event.StringValue(v))
				case int64:
					b.Set(a.Name, event.IntValue(v))
				case float64:
					b.Set(a.Name, event.FloatValue(v))
				}
			}
		}
	}
	return batches
}

func benchmarkWrite(b *testing.B, p sample.Profile) {
	batches := sampleBatches(200_000, p)
	var buf bytes.Buffer
	rows := int64(0)
	for b.Loop() {
		buf.Reset()
		info, err := Write(&buf, batches, Options{BigDataset: 5000})
		if err != nil {
			b.Fatal(err)
		}
		rows = info.Rows
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
	b.ReportMetric(float64(buf.Len())/float64(rows), "bytes/row")
}

func BenchmarkWrite_Dense(b *testing.B) { benchmarkWrite(b, sample.Dense(1)) }
func BenchmarkWrite_Wide(b *testing.B)  { benchmarkWrite(b, sample.Wide(1)) }

func BenchmarkTrace(b *testing.B) {
	batches := sampleBatches(200_000, sample.Dense(1))
	raw, _ := write(b, batches, Options{BigDataset: 5000})
	r := open(b, raw)
	var ids []string
	for i := 0; i < batches[0].Len(); i += 97 {
		ids = append(ids, batches[0].Row(i).Get(event.FieldTraceID).Str())
	}
	i := 0
	for b.Loop() {
		found, _, err := r.Trace(ids[i%len(ids)], 1000)
		if err != nil || len(found) == 0 {
			b.Fatal(err)
		}
		i++
	}
}
