package api

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/store"
)

// testService is the service, and dataset, of the traces that the set-up page
// and the doctor send.
const testService = "oriel-test"

// testEvent puts a trace of two spans through the ingest door and answers when
// it is on disk.
func (a *API) testEvent(w http.ResponseWriter, r *http.Request) error {
	c := callerOf(r)
	slug, err := a.Datasets.Resolve(c.environment, testService, c.principal.Permissions.CreateDatasets)
	if err != nil {
		return err
	}
	var ids [32]byte
	_, _ = rand.Read(ids[:])
	traceID, root, child := hex.EncodeToString(ids[:16]), hex.EncodeToString(ids[16:24]), hex.EncodeToString(ids[24:])
	const rootMS, childMS = 120.0, 80.0
	start := a.clock().UnixNano() - int64(rootMS*1e6)
	b := event.NewBatch(c.environment, slug)
	span := func(at int64, id, parent, name, kind string, ms float64) {
		b.Begin(at)
		b.Set(event.FieldTraceID, event.StringValue(traceID))
		b.Set(event.FieldSpanID, event.StringValue(id))
		if parent != "" {
			b.Set(event.FieldParentID, event.StringValue(parent))
		}
		b.Set(event.FieldName, event.StringValue(name))
		b.Set(event.FieldService, event.StringValue(testService))
		b.Set(event.FieldSpanKind, event.StringValue(kind))
		b.Set(event.FieldType, event.StringValue(kind))
		b.Set(event.FieldDuration, event.FloatValue(ms))
		b.Set(event.FieldStatusCode, event.IntValue(0))
		b.Set(event.FieldSignal, event.StringValue(event.SignalTrace))
		b.Set(event.FieldNumEvents, event.IntValue(0))
		b.Set(event.FieldNumLinks, event.IntValue(0))
	}
	span(start, root, "", "test event", "server", rootMS)
	span(start+int64(20e6), child, root, "it works", "internal", childMS)
	err = a.Door.Write(r.Context(), ingest.Request{Batches: []*event.Batch{b}, Protocol: "oriel", Key: c.principal.KeyID})
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"trace_id": traceID})
}
