package xray

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTraceRetrieval_GivesTracesInBothForms(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var documents []string
	for i := range 230 {
		documents = append(documents, segment(fmt.Sprintf("%016x", i+1), "shop", `"annotations":{"n":1}`))
	}
	r.put(documents...)
	started := r.ok("/StartTraceRetrieval", object{"TraceIds": []string{testCanonical}, "StartTime": 1768471000, "EndTime": 1768472000})
	r.restart()
	in := object{"RetrievalToken": started["RetrievalToken"]}
	got := r.ok("/ListRetrievedTraces", in)
	traces := got["Traces"].([]any)
	var spans []any
	for _, item := range traces {
		if item.(object)["Id"] != testTraceID {
			t.Errorf("an item has the id %v", item.(object)["Id"])
		}
		spans = append(spans, item.(object)["Spans"].([]any)...)
	}
	if got["RetrievalStatus"] != "COMPLETE" || got["TraceFormat"] != "XRAY" || len(traces) != 3 || len(spans) != 230 || got["NextToken"] != nil {
		t.Errorf("%v: %d items, %d spans", got["RetrievalStatus"], len(traces), len(spans))
	}
	in["TraceFormat"] = "OTEL"
	span := r.ok("/ListRetrievedTraces", in)["Traces"].([]any)[0].(object)["Spans"].([]any)[0].(object)
	var doc object
	must(t, json.Unmarshal([]byte(span["Document"].(string)), &doc))
	delete(doc, "resource")
	want := object{
		"traceId": testCanonical, "spanId": "0000000000000001", "name": "shop", "kind": "SERVER", "startTimeUnixNano": 1768471200250000000.0, "endTimeUnixNano": 1768471200500000000.0,
		"durationNano": 250000000.0, "attributes": object{"n": 1.0, "xray.type": "segment", "xray.annotations": `["n"]`}, "status": object{"code": "UNSET"},
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	r.ok("/CancelTraceRetrieval", object{"RetrievalToken": in["RetrievalToken"]})
	if got := r.ok("/ListRetrievedTraces", in); got["RetrievalStatus"] != "CANCELLED" || len(got["Traces"].([]any)) != 0 {
		t.Errorf("after it was cancelled: %v", got)
	}
	r.fails(http.StatusNotFound, "ResourceNotFoundException", "no retrieval", "/ListRetrievedTraces", object{"RetrievalToken": "x"})
	r.fails(http.StatusBadRequest, "InvalidRequestException", "no trace id", "/StartTraceRetrieval", object{"TraceIds": []string{"x"}, "StartTime": 1, "EndTime": 2})
}

// A retrieval pages through many traces, each page once.
func TestTraceRetrieval_Pages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var documents, ids []string
	for i := range 12 {
		id := fmt.Sprintf("1-5759e988-%024x", i+1)
		ids = append(ids, id)
		documents = append(documents, strings.Replace(segment("aaaaaaaaaaaaaaaa", "shop", ""), testTraceID, id, 1))
	}
	r.put(documents...)
	in := object{"RetrievalToken": r.ok("/StartTraceRetrieval", object{"TraceIds": ids, "StartTime": 1768471000, "EndTime": 1768472000})["RetrievalToken"]}
	var got []string
	for {
		answer := r.ok("/ListRetrievedTraces", in)
		for _, item := range answer["Traces"].([]any) {
			got = append(got, item.(object)["Id"].(string))
		}
		if answer["NextToken"] == nil {
			break
		}
		in["NextToken"] = answer["NextToken"]
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	in["TraceFormat"] = "OTEL"
	r.fails(http.StatusBadRequest, "InvalidRequestException", "NextToken", "/ListRetrievedTraces", in)
}
