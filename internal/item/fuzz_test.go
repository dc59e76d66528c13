package item_test

import (
	"encoding/json"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
)

// Rows of any form are stamped or left alone, counted, and read back.
func FuzzStamp(f *testing.F) {
	f.Add(`{"exception.type":"a.B","exception.message":"x","exception.stacktrace":"Traceback (most recent call last):\n  File \"/a\", line 1, in f\nE: y","telemetry.sdk.language":"python","service.version":"1"}`)
	f.Add(`{"exception.type":7,"exception.message":true,"trace.trace_id":1.5,"enduser.id":false,"severity":"fatal","deployment.environment":"\n"}`)
	f.Add(`{"exception.message":"m","error.fingerprint":"x","error.occurrence_id":-1,"rollbar.payload":"{","xray.exception.id":"1"}`)
	r := newRig(f)
	seq := uint64(0)
	f.Fuzz(func(t *testing.T, text string) {
		var fields map[string]any
		if json.Unmarshal([]byte(text), &fields) != nil {
			return
		}
		b := event.NewBatch("test", "fuzz")
		b.Begin(r.now.Load())
		b.Set(event.FieldAnnotation, event.StringValue(event.AnnotationSpanEvent))
		for name, v := range fields {
			switch v := v.(type) {
			case string:
				b.Set(name, event.StringValue(v))
			case float64:
				b.Set(name, event.FloatValue(v))
			case bool:
				b.Set(name, event.BoolValue(v))
			}
		}
		seq++
		r.items.Stamp([]*event.Batch{b})
		r.items.Follow(seq, []*event.Batch{b})
		row := b.Row(0)
		if id := row.Get(event.FieldErrorID).Int(); id != 0 {
			if fingerprint := row.Get(event.FieldErrorFingerprint).Text(); fingerprint == "" && row.Get(event.FieldErrorTwin).IsNull() {
				t.Fatalf("occurrence %d has no fingerprint", id)
			}
		}
		if payload, err := item.PayloadOf(row); err != nil || !json.Valid(payload) {
			t.Fatalf("%s %v", payload, err)
		}
	})
}
