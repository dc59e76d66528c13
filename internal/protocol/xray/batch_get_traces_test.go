package xray

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// documents returns what is given back of the test's trace, by id.
func (r *rig) documents() map[string]object {
	r.t.Helper()
	out := map[string]object{}
	answer := r.ok("/Traces", object{"TraceIds": []string{testTraceID}})
	traces := answer["Traces"].([]any)
	if len(traces) != 1 || traces[0].(object)["Id"] != testTraceID {
		r.t.Fatalf("the answer is %v", answer)
	}
	for _, s := range traces[0].(object)["Segments"].([]any) {
		var doc object
		must(r.t, json.Unmarshal([]byte(s.(object)["Document"].(string)), &doc))
		if doc["id"] != s.(object)["Id"] && strings.ToLower(doc["id"].(string)) != s.(object)["Id"] {
			r.t.Errorf("the document of %v has the id %v", s.(object)["Id"], doc["id"])
		}
		out[s.(object)["Id"].(string)] = doc
	}
	return out
}

// What was sent comes back, member for member, whatever it is.
func TestBatchGetTraces_GivesBackWhatWasSent(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	var anything func(depth int) any
	anything = func(depth int) any {
		switch n := random.IntN(7); {
		case n == 0:
			return fmt.Sprintf("text \u20ac \"%d\" <&>", random.IntN(100))
		case n == 1:
			return float64(random.IntN(1000)) / 8
		case n == 2:
			return random.IntN(2) == 0
		case n == 3 || depth > 3:
			return nil
		case n == 4:
			return []any{anything(depth + 1), anything(depth + 1)}
		}
		out := object{}
		for range random.IntN(4) {
			out[fmt.Sprintf("k%d", random.IntN(20))] = anything(depth + 1)
		}
		return out
	}
	number := 0
	var made func(depth int) object
	made = func(depth int) object {
		number++
		doc := object{"id": fmt.Sprintf("%016x", number), "name": fmt.Sprintf("unit %d", number), "start_time": 1768471200.25, "end_time": 1768471200.5 + float64(number)/8}
		for _, name := range []string{"annotations", "metadata", "http", "aws", "sql", "service", "unknown", "user", "links", "namespace", "error", "fault", "precursor_ids"} {
			if random.IntN(3) == 0 {
				doc[name] = anything(0)
			}
		}
		if depth < 3 && random.IntN(2) == 0 {
			doc["subsegments"] = []any{made(depth + 1), made(depth + 1)}
		}
		return doc
	}
	for range 20 {
		r := newRig(t)
		want := map[string]object{}
		var texts []string
		for range 3 {
			doc := made(0)
			doc["trace_id"] = testTraceID
			want[doc["id"].(string)] = doc
			raw, err := json.Marshal(doc)
			must(t, err)
			texts = append(texts, string(raw))
		}
		r.put(texts...)
		got := r.documents()
		maps.DeleteFunc(got, func(_ string, doc object) bool { return doc["inferred"] == true })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-sent +got)\n%s", diff)
		}
	}
}

// Subsegments that were sent on their own are in the segment that they hang under,
// and what was said while something was in progress is forgotten once it has ended.
func TestBatchGetTraces_FoldsWhatCameApart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	inProgress := strings.Replace(segment("aaaaaaaaaaaaaaa1", "shop", `"note":"early"`), `"end_time":1.7684712005E9`, `"in_progress":true`, 1)
	r.put(inProgress)
	if doc := r.documents()["aaaaaaaaaaaaaaa1"]; doc["in_progress"] != true {
		t.Errorf("while it lasts: %v", doc)
	}
	r.put(
		segment("aaaaaaaaaaaaaaa3", "inner", `"type":"subsegment","parent_id":"aaaaaaaaaaaaaaa2","extra":3`),
		segment("aaaaaaaaaaaaaaa1", "shop", `"extra":1,"subsegments":[{"id":"aaaaaaaaaaaaaaa2","name":"DynamoDB","namespace":"aws","start_time":1768471200.25,"end_time":1768471200.5,
			"trace_id":"x","parent_id":"aaaaaaaaaaaaaaa1","type":"subsegment","aws":{"table_name":"items"}}]`),
	)
	got := r.documents()
	times := func(o object) object {
		o["start_time"], o["end_time"] = 1768471200.25, 1768471200.5
		return o
	}
	want := map[string]object{"aaaaaaaaaaaaaaa1": times(object{
		"id": "aaaaaaaaaaaaaaa1", "name": "shop", "trace_id": testTraceID, "extra": 1.0, "subsegments": []any{times(object{
			"id": "aaaaaaaaaaaaaaa2", "name": "DynamoDB", "namespace": "aws", "aws": object{"table_name": "items"},
			"subsegments": []any{times(object{"id": "aaaaaaaaaaaaaaa3", "name": "inner", "extra": 3.0})},
		})},
	})}
	for id, doc := range got {
		if doc["inferred"] == true {
			delete(doc, "id")
			want[id] = times(object{"name": "items", "trace_id": testTraceID, "parent_id": "aaaaaaaaaaaaaaa2", "inferred": true, "origin": "AWS::DynamoDB::Table", "aws": object{"table_name": "items"}})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 2 {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Spans of any origin are segments, too, in one trace with those that were documents.
func TestBatchGetTraces_AnswersSpans(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := event.NewBatch(r.Keys.Default().Slug, "web")
	spans := func(fields ...object) {
		for _, f := range fields {
			b.Begin(testClock().UnixNano())
			for _, name := range slices.Sorted(maps.Keys(f)) {
				switch v := f[name].(type) {
				case string:
					b.Set(name, event.StringValue(v))
				case int:
					b.Set(name, event.IntValue(int64(v)))
				}
			}
			b.Set("trace.trace_id", event.StringValue(testCanonical))
			b.Set("service.name", event.StringValue("web"))
		}
	}
	spans(
		object{"trace.span_id": "aaaaaaaaaaaaaaa1", "span.kind": "server", "name": "GET /", "duration_ms": 100, "http.request.method": "GET", "http.response.status_code": 500, "url.full": "http://web/", "plan": "free"},
		object{"trace.span_id": "aaaaaaaaaaaaaaa2", "trace.parent_id": "aaaaaaaaaaaaaaa1", "span.kind": "client", "name": "call", "duration_ms": 50, "peer.service": "shop"},
		object{"meta.annotation_type": "span_event", "trace.parent_id": "aaaaaaaaaaaaaaa1", "exception.type": "Boom", "exception.message": "it broke"},
	)
	must(t, r.Door.Write(t.Context(), ingest.Request{Batches: []*event.Batch{b}, Protocol: "test"}))
	r.put(segment("aaaaaaaaaaaaaaa3", "shop", `"parent_id":"aaaaaaaaaaaaaaa2"`))
	got := r.documents()
	web := got["aaaaaaaaaaaaaaa1"]
	if len(got) != 2 || web == nil || got["aaaaaaaaaaaaaaa3"]["parent_id"] != "aaaaaaaaaaaaaaa2" {
		t.Fatalf("got %v", got)
	}
	cause := web["cause"].(object)["exceptions"].([]any)[0].(object)
	if web["name"] != "web" || web["fault"] != true || web["annotations"].(object)["plan"] != "free" || cause["type"] != "Boom" || web["http"].(object)["response"].(object)["status"] != 500.0 {
		t.Errorf("the span is %v", web)
	}
	if sub := web["subsegments"].([]any)[0].(object); sub["name"] != "shop" || sub["namespace"] != "remote" || sub["parent_id"] != nil {
		t.Errorf("the call is %v", sub)
	}
	answer := r.ok("/Traces", object{"TraceIds": []string{testCanonical, testTraceID, "1-5759e988-000000000000000000000000", "nonsense"}})
	if n := len(answer["Traces"].([]any)); n != 1 {
		t.Errorf("%d traces", n)
	}
	if diff := cmp.Diff([]any{"nonsense", "1-5759e988-000000000000000000000000"}, answer["UnprocessedTraceIds"]); diff != "" {
		t.Errorf("unprocessed (-want +got)\n%s", diff)
	}
}
