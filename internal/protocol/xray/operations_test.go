package xray

import (
	"net/http"
	"strings"
	"testing"
)

// Each of the service's 38 operations is served, or says why not; none twice, and
// no two on one path.
func TestOperations_AreAllOfTheModel(t *testing.T) {
	t.Parallel()
	m, err := readModel()
	if err != nil {
		t.Fatal(err)
	}
	if len(m) != 38 {
		t.Errorf("the model has %d operations", len(m))
	}
	seen := map[string]bool{}
	for _, o := range operations() {
		if seen[o.name] || seen[o.path] {
			t.Errorf("%s (%s) is there twice", o.name, o.path)
		}
		seen[o.name], seen[o.path] = true, true
		if m[o.name] == nil {
			t.Errorf("%s is no operation of the model", o.name)
		}
		if (o.serve != nil) == (o.unserved != "") {
			t.Errorf("%s is both served and not, or neither", o.name)
		}
		if !strings.HasPrefix(o.path, "/") {
			t.Errorf("%s has the path %q", o.name, o.path)
		}
	}
	for name := range m {
		if !seen[name] {
			t.Errorf("%s is in no area", name)
		}
	}
}

func TestServe_NamesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fails(http.StatusNotFound, "UnknownOperationException", "/TraceTrees", "/TraceTrees", "")
}

func TestServe_ChecksMembersInTheServicesWords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := func(path, body, text string) {
		t.Helper()
		if err := r.model[r.byPath[path].name].Check([]byte(body)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s %s: %v, want %q", path, body, err, text)
		}
	}
	f("/TraceSegments", `{}`, "1 validation error detected: Value null at 'TraceSegmentDocuments' failed to satisfy constraint: Member must not be null")
	f("/TraceSummaries", `{"StartTime":1,"EndTime":2,"TimeRangeType":"Week"}`, "Member must satisfy enum value set: [TraceId, Event, Service]")
	f("/TraceSummaries", `{"StartTime":"soon","EndTime":2}`, "can not be converted to a Timestamp")
	f("/UpdateIndexingRule", `{"Name":"Default","Rule":{"Probabilistic":{"DesiredSamplingPercentage":100.5}}}`, "Member must have value less than or equal to 100")
	for _, body := range []string{
		`{"StartTime":1795415070.85,"EndTime":"1795415071","NextToken":null}`, `{"StartTime":"2026-11-28T05:00:00Z","EndTime":1.79E9,"Unknown":{},"NextToken":""}`,
	} {
		if err := r.model["GetTraceSummaries"].Check([]byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}
