package xray

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/servicegraph"
)

// busy sends twenty requests for each minute of a range, minutes before the test's
// now: api asks backend, which fails for a share of them.
func (r *rig) busy(from, to, failing int) {
	r.t.Helper()
	for minute := from; minute > to; minute-- {
		var docs []string
		for i := range 20 {
			at := testClock().Unix() - int64(minute)*60 + int64(i)
			fault := i < failing
			id := fmt.Sprintf("1-%08x-%024x", at, 1_000_000+minute*100+i)
			docs = append(docs,
				fmt.Sprintf(`{"trace_id":%q,"id":"%016x","name":"api","start_time":%d,"end_time":%d.5,"fault":%v,"subsegments":[{"id":"%016x","name":"backend","namespace":"remote","start_time":%d,"end_time":%d.4,"fault":%v}]}`, id, i*3+1, at, at, fault, i*3+2, at, at, fault),
				fmt.Sprintf(`{"trace_id":%q,"id":"%016x","parent_id":"%016x","name":"backend","start_time":%d,"end_time":%d.3,"fault":%v}`, id, i*3+3, i*3+2, at, at, fault))
		}
		if bad := r.ok("/TraceSegments", object{"TraceSegmentDocuments": docs})["UnprocessedTraceSegments"].([]any); len(bad) > 0 {
			r.t.Fatalf("unprocessed: %v", bad)
		}
	}
}

// A service that begins to fail is found, with those who call it, while it fails and
// after; what was found is kept.
func TestInsights_FindWhatFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.busy(60, 10, 0)
	r.busy(10, 0, 8)
	r.ok("/CreateGroup", object{"GroupName": "calm"})
	r.ok("/CreateGroup", object{"GroupName": "watched", "FilterExpression": `service("backend")`, "InsightsConfiguration": object{"InsightsEnabled": true}})
	r.ok("/UpdateGroup", object{"GroupName": "Default", "InsightsConfiguration": object{"InsightsEnabled": true}})
	summaries := func(more object) []any {
		return r.ok("/InsightSummaries", lastHour(more))["InsightSummaries"].([]any)
	}
	if got := summaries(object{"GroupName": "calm"}); len(got) != 0 {
		t.Errorf("a group without insights has %v", got)
	}
	for _, group := range []string{"Default", "watched"} {
		got := summaries(object{"GroupName": group, "States": []string{"ACTIVE"}})
		if len(got) != 1 {
			t.Fatalf("%s: there are %v", group, got)
		}
		i := got[0].(object)
		clients := i["ClientRequestImpactStatistics"].(object)
		if i["RootCauseServiceId"].(object)["Name"] != "backend" || i["EndTime"] != nil || len(i["TopAnomalousServices"].([]any)) != 2 ||
			clients["FaultCount"] != 80.0 || clients["TotalCount"] != 200.0 || strings.Count(i["Summary"].(string), ". ") != 1 {
			t.Errorf("%s: the insight is %v", group, i)
		}
	}
	id := summaries(object{"GroupName": "Default"})[0].(object)["InsightId"].(string)
	if n := len(r.ok("/InsightEvents", object{"InsightId": id})["InsightEvents"].([]any)); n != 1 {
		t.Errorf("%d events", n)
	}
	graph := r.ok("/InsightImpactGraph", lastHour(object{"InsightId": id}))["Services"].([]any)
	if len(graph) != 3 {
		t.Errorf("the impact graph is %v", graph)
	}
	r.fails(400, "InvalidRequestException", "6h", "/InsightImpactGraph", object{"InsightId": id, "StartTime": 0, "EndTime": 100_000})
	r.fails(400, "InvalidRequestException", "no insight", "/Insight", object{"InsightId": "00000000-0000-1000-8000-000000000000"})

	// All is well again, and the server begins anew.
	r.now.Add((25 * time.Minute).Milliseconds())
	r.restart()
	r.busy(0, -24, 0)
	if active := summaries(object{"GroupName": "Default", "States": []string{"ACTIVE"}}); len(active) != 0 {
		t.Errorf("still active are %v", active)
	}
	closed := r.ok("/Insight", object{"InsightId": id})["Insight"].(object)
	if closed["State"] != "CLOSED" || closed["EndTime"] == nil {
		t.Errorf("the insight became %v", closed)
	}
	if n := len(r.ok("/InsightEvents", object{"InsightId": id})["InsightEvents"].([]any)); n != 2 {
		t.Errorf("%d events after the end", n)
	}
}

func TestAnomalies_OpenAndCloseAsWritten(t *testing.T) {
	t.Parallel()
	f := func(what string, faults []float64, want ...string) {
		t.Helper()
		list := make([]servicegraph.Stats, len(faults))
		for i, n := range faults {
			list[i] = servicegraph.Stats{Count: 100, Faults: n}
		}
		var got []string
		for _, a := range anomalies(servicegraph.NodeID{}, list) {
			got = append(got, fmt.Sprint(a.from, " to ", a.to, " ", a.open))
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	quiet := func(n int) []float64 { return make([]float64, n) }
	seq := func(parts ...[]float64) (all []float64) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	f("nothing", quiet(60))
	f("two bad minutes", seq(quiet(30), []float64{9, 9}, quiet(20)))
	f("three of five", seq(quiet(30), []float64{9, 0, 9, 0, 9}), "30 to 35 true")
	f("too spread", seq(quiet(30), []float64{9, 0, 0, 9, 0, 0, 9}, quiet(20)))
	f("over after ten", seq(quiet(30), []float64{9, 9, 9}, quiet(10)), "30 to 33 false")
	f("not over before", seq(quiet(30), []float64{9, 9, 9}, quiet(9)), "30 to 42 true")
	steady := make([]float64, 60)
	for i := range steady {
		steady[i] = 10
	}
	f("what is always so", steady)
	f("worse than always", seq(steady, []float64{40, 40, 40}), "60 to 63 true")
}
