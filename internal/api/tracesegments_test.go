package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

func TestTraceSegments_AreThoseOfXRayWithTheirCallsAndDocuments(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shop()
	const id = "0af7651916cd43dd8448eb211c803192"
	const document = `{"name":"mailer","id":"00000000000000aa","annotations":{"plan":"pro"},"x":NaN}`
	rows := event.NewBatch("test", "mailer")
	rows.Begin(b.clock.UnixNano())
	for name, v := range map[string]string{
		event.FieldTraceID: id, event.FieldSpanID: "00000000000000aa", event.FieldParentID: "3", event.FieldService: "mailer", event.FieldName: "mailer",
		event.FieldSpanKind: "server", "xray.type": "segment", xraymodel.FieldDocument: document,
	} {
		rows.Set(name, event.StringValue(v))
	}
	b.must(b.store.Append(t.Context(), 3, []*event.Batch{rows}))
	var got struct {
		XRayID   string `json:"xray_id"`
		Segments []struct {
			Name, Class, Document string
			Inferred              bool
		}
		Calls []struct {
			From, To int
			Class    string
		}
	}
	status, _, body := b.do(http.MethodGet, "/api/trace/"+id+"/segments", "", "")
	if status != http.StatusOK {
		t.Fatalf("answered %d: %s", status, body)
	}
	b.must(json.Unmarshal(body, &got))
	if want := "1-0af76519-16cd43dd8448eb211c803192"; got.XRayID != want {
		t.Errorf("X-Ray's id is %q, want %q", got.XRayID, want)
	}
	var names, calls []string
	documents := map[string]string{}
	for _, s := range got.Segments {
		names = append(names, s.Name+" "+s.Class)
		if s.Document != "" {
			documents[s.Name] = s.Document
		}
	}
	for _, c := range got.Calls {
		calls = append(calls, got.Segments[c.From].Name+" > "+got.Segments[c.To].Name+" "+c.Class)
	}
	if d := cmp.Diff(map[string]string{"mailer": document}, documents); d != "" {
		t.Error("documents:", d)
	}
	if d := cmp.Diff([]string{"web fault", "api ok", "items@db1 fault", "mailer ok"}, names); d != "" {
		t.Error("segments:", d)
	}
	if d := cmp.Diff([]string{"web > api ok", "api > mailer ok", "api > items@db1 fault"}, calls); d != "" {
		t.Error("calls:", d)
	}
}
