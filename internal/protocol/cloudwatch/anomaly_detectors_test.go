package cloudwatch

import (
	"fmt"
	"strings"
	"testing"
)

// A detector learns what is usual and tells of what is not.
func TestAnomalyDetectors_FindNewPatternsAndSurges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.scheduler.close()
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	group := "arn:aws:logs:" + testRegion + ":" + r.Keys.Default().Account() + ":log-group:g"
	arn := r.ok("CreateLogAnomalyDetector", object{"logGroupArnList": []string{group}, "detectorName": "d", "evaluationFrequency": "ONE_MIN", "tags": object{"k": "v"}})["anomalyDetectorArn"]
	round := func(status string, more ...any) {
		t.Helper()
		r.now.Add(70_000)
		lines := []any{}
		for i := range 4 {
			lines = append(lines, 30_000, fmt.Sprintf("INFO request of user %d took %d ms", i, 7*i))
		}
		r.fill("g", "s", append(lines, more...)...)
		must(t, (&scheduler{f: r.Front}).evaluateDue(t.Context()))
		if got := r.ok("GetLogAnomalyDetector", object{"anomalyDetectorArn": arn})["anomalyDetectorStatus"]; got != status {
			t.Errorf("%s: %v", status, got)
		}
	}
	if got := r.ok("GetLogAnomalyDetector", object{"anomalyDetectorArn": arn})["anomalyDetectorStatus"]; got != "INITIALIZING" {
		t.Error(got)
	}
	round("TRAINING")
	round("TRAINING", 20_000, "WARN cache is cold")
	round("ANALYZING")
	round("ANALYZING")
	if got := names(r.ok("ListAnomalies", object{"anomalyDetectorArn": arn}), "anomalies", "patternString"); got != "" {
		t.Errorf("%q is unusual", got)
	}
	r.restart()
	r.scheduler.close()
	round("ANALYZING", 20_000, "ERROR connection to 10.0.0.7 refused")
	a := first(t, r.ok("ListAnomalies", object{"anomalyDetectorArn": arn}), "anomalies")
	if text, _ := a["patternString"].(string); !strings.Contains(text, "connection to <*> refused") || a["priority"] != "HIGH" || a["state"] != "Active" || a["active"] != true || a["suppressed"] != false {
		t.Errorf("%v", a)
	}
	var many []any
	for i := range 60 {
		many = append(many, 20_000, fmt.Sprintf("INFO request of user %d took %d ms", i, i))
	}
	round("ANALYZING", many...)
	all := r.ok("ListAnomalies", object{})
	if got := names(all, "anomalies", "priority"); got != "LOW HIGH" {
		t.Errorf("%v", all)
	}
	surge := first(t, all, "anomalies")
	r.ok("UpdateAnomaly", object{"anomalyDetectorArn": arn, "anomalyId": surge["anomalyId"], "suppressionType": "LIMITED", "suppressionPeriod": object{"value": 1, "suppressionUnit": "HOURS"}})
	r.ok("UpdateAnomaly", object{"anomalyDetectorArn": arn, "patternId": a["patternId"], "suppressionType": "INFINITE"})
	if got := names(r.ok("ListAnomalies", object{"suppressionState": "SUPPRESSED"}), "anomalies", "state"); got != "Suppressed Suppressed" {
		t.Errorf("%q", got)
	}
	r.ok("UpdateAnomaly", object{"anomalyDetectorArn": arn, "patternId": a["patternId"]})
	r.now.Add(3_700_000)
	if got := names(r.ok("ListAnomalies", object{}), "anomalies", "state"); got != "Active Active" {
		t.Errorf("%q", got)
	}
	r.ok("UpdateAnomaly", object{"anomalyDetectorArn": arn, "anomalyId": surge["anomalyId"], "baseline": true})
	if got := names(r.ok("ListAnomalies", object{}), "anomalies", "state"); got != "Baseline Active" {
		t.Errorf("%q", got)
	}
	r.ok("UpdateLogAnomalyDetector", object{"anomalyDetectorArn": arn, "enabled": false})
	round("PAUSED", 1000, "PANIC nobody looks")
	if got := names(r.ok("ListLogAnomalyDetectors", object{"filterLogGroupArn": group}), "anomalyDetectors", "detectorName"); got != "d" {
		t.Errorf("%q", got)
	}
	r.ok("DeleteLogAnomalyDetector", object{"anomalyDetectorArn": arn})
	r.fails("ResourceNotFoundException", "anomaly detector does not exist", "ListAnomalies", object{"anomalyDetectorArn": arn})
	r.fails("InvalidParameterException", "Exactly one", "UpdateAnomaly", object{"anomalyDetectorArn": arn})
}

// A line that names somebody else each time is not a new pattern each time.
func TestAnomalyDetectors_KnowAPatternByItsPast(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.scheduler.close()
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	group := "arn:aws:logs:" + testRegion + ":" + r.Keys.Default().Account() + ":log-group:g"
	r.ok("CreateLogAnomalyDetector", object{"logGroupArnList": []string{group}, "evaluationFrequency": "ONE_MIN", "filterPattern": "-DEBUG"})
	for _, name := range []string{"ada", "bob", "eve", "mallory", "trent", "peggy", "walter", "victor"} {
		r.now.Add(70_000)
		r.fill("g", "s", 30_000, "INFO user "+name+" logged in", 20_000, "DEBUG "+name)
		must(t, (&scheduler{f: r.Front}).evaluateDue(t.Context()))
	}
	if got := names(r.ok("ListAnomalies", object{}), "anomalies", "patternString"); got != "" {
		t.Errorf("%q is unusual", got)
	}
}
