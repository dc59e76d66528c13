package cloudwatch

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// putNow puts lines, a second apart, ending now.
func (r *rig) putNow(group, stream string, messages ...string) {
	r.t.Helper()
	var lines []object
	for i, m := range messages {
		lines = append(lines, object{"timestamp": r.now.Load() - int64(len(messages)-1-i)*1000, "message": m})
	}
	r.ok("PutLogEvents", object{"logGroupName": group, "logStreamName": stream, "logEvents": lines})
}

// metrics returns the rows of metrics that were stored since it was last asked:
// dataset, second before now, and fields.
func (r *rig) metrics() []string {
	out := []string{}
	for _, b := range r.store.Take() {
		for i := range b.Len() {
			if b.Row(i).Get(event.FieldSignal).Str() != event.SignalMetric {
				continue
			}
			text := fmt.Sprint(b.Dataset, " ", (b.Times[i]-r.now.Load()*1e6)/1e9)
			b.Row(i).Each(func(name string, v event.Value) {
				if name != event.FieldSignal && name != event.FieldLogGroup {
					text += " " + name + "=" + v.Text()
				}
			})
			out = append(out, text)
		}
	}
	return out
}

func transformation(name, value string, more object) []object {
	t := object{"metricName": name, "metricNamespace": "Cruddur/API", "metricValue": value}
	maps.Copy(t, more)
	return []object{t}
}

func TestMetricFilters_MakeEventsOfLines(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "s"})
	r.putNow("g", "s", "ERROR before the filter")
	r.ok("PutMetricFilter", object{"logGroupName": "g", "filterName": "errors", "filterPattern": "ERROR", "metricTransformations": transformation("Errors", "1", object{"defaultValue": 0})})
	r.ok("PutMetricFilter", object{
		"logGroupName": "g", "filterName": "latency", "filterPattern": "{ $.ms > 5 }",
		"metricTransformations":     transformation("Latency", "$.ms", object{"dimensions": object{"Route": "$.route"}, "unit": "Milliseconds"}),
		"emitSystemFieldDimensions": []string{"@aws.region"},
	})
	r.store.Take()
	r.restart()
	r.putNow("g", "s", "ERROR a", `{"ms":4,"route":"/"}`, `{"ms":12.5,"route":"/a"}`, `{"ms":"x","route":"/a"}`)
	want := []string{"cruddur-api -3 Errors=1", "cruddur-api 0 Errors=0", "cruddur-api -1 Latency=12.5 Latency.unit=Milliseconds @aws.region=eu-central-1 Route=/a"}
	if got := r.metrics(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	r.ok("PutMetricFilter", object{"logGroupName": "g", "filterName": "errors", "filterPattern": "[w=E*, ..., last]", "metricTransformations": transformation("Last", "$last", nil)})
	r.ok("DeleteMetricFilter", object{"logGroupName": "g", "filterName": "latency"})
	r.fails("ResourceNotFoundException", "metric filter does not exist", "DeleteMetricFilter", object{"logGroupName": "g", "filterName": "latency"})
	r.putNow("g", "s", "E a b 7", "E a b c", `{"ms":12}`)
	if got := r.metrics(); !slices.Equal(got, []string{"cruddur-api -2 Last=7"}) {
		t.Errorf("%q", got)
	}
	if g := first(t, r.ok("DescribeLogGroups", ""), "logGroups"); g["metricFilterCount"] != 1.0 {
		t.Errorf("%v", g)
	}
	r.ok("DeleteLogGroup", object{"logGroupName": "g"})
	if got := names(r.ok("DescribeMetricFilters", ""), "metricFilters", "filterName"); got != "" {
		t.Errorf("%s outlives its group", got)
	}
}

func TestMetricFilters_AreDescribed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, g := range []string{"g", "h"} {
		r.ok("CreateLogGroup", object{"logGroupName": g})
		r.ok("PutMetricFilter", object{"logGroupName": g, "filterName": "f-" + g, "filterPattern": "", "metricTransformations": transformation("M"+g, "1", nil)})
	}
	for want, in := range map[string]object{
		"f-g f-h": {}, "f-h": {"logGroupName": "h"}, "f-g": {"metricName": "Mg", "metricNamespace": "Cruddur/API"}, "": {"filterNamePrefix": "x"},
	} {
		if got := names(r.ok("DescribeMetricFilters", in), "metricFilters", "filterName"); got != want {
			t.Errorf("%v: %q", in, got)
		}
	}
	f := first(t, r.ok("DescribeMetricFilters", object{"logGroupName": "g"}), "metricFilters")
	if f["creationTime"] != float64(r.now.Load()) || f["applyOnTransformedLogs"] != false || fmt.Sprint(f["metricTransformations"]) != "[map[metricName:Mg metricNamespace:Cruddur/API metricValue:1 unit:None]]" {
		t.Errorf("%v", f)
	}
	for want, more := range map[string]object{
		"Invalid metric filter pattern":    {"filterPattern": "{ $.a"},
		"metricValue is 'abc'":             {"metricTransformations": transformation("M", "abc", nil)},
		"mutually exclusive":               {"metricTransformations": transformation("M", "1", object{"defaultValue": 0, "dimensions": object{"a": "$.a"}})},
		"up to 3 dimensions":               {"metricTransformations": transformation("M", "1", object{"dimensions": object{"a": "$.a", "b": "$.b", "c": "$.c", "d": "$.d"}})},
		"less than or equal to 1":          {"metricTransformations": append(transformation("M", "1", nil), transformation("N", "1", nil)...)},
		"emitSystemFieldDimensions names":  {"emitSystemFieldDimensions": []string{"@x"}},
		"The criteria are not valid at 'x": {"fieldSelectionCriteria": "x"},
	} {
		in := object{"logGroupName": "g", "filterName": "f", "filterPattern": "", "metricTransformations": transformation("M", "1", nil)}
		maps.Copy(in, more)
		r.fails("InvalidParameterException", want, "PutMetricFilter", in)
	}
	r.fails("InvalidParameterException", "together", "DescribeMetricFilters", object{"metricName": "x"})
}

func TestTestMetricFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	out := r.ok("TestMetricFilter", object{"filterPattern": "[ip, user, ..., status=4*, bytes]", "logEventMessages": []string{
		"127.0.0.1 frank GET 404 1534", "127.0.0.1 frank GET 200 1", "x",
	}})
	if got := fmt.Sprint(out["matches"]); got != "[map[eventMessage:127.0.0.1 frank GET 404 1534 eventNumber:1 extractedValues:map[$bytes:1534 $ip:127.0.0.1 $status:404 $user:frank]]]" {
		t.Error(got)
	}
	r.fails("InvalidParameterException", "Invalid metric filter pattern", "TestMetricFilter", object{"filterPattern": "%(%", "logEventMessages": []string{"x"}})
}

func BenchmarkMetricBatches(b *testing.B) {
	lines := event.NewBatch("test", "x")
	for i := range 10_000 {
		lines.Begin(int64(i))
		lines.Set(event.FieldBody, event.StringValue(fmt.Sprintf(`{"level":"INFO","route":"/api/activities/home","status":200,"ms":%d,"user":{"handle":"ada"},"tags":["a","b"]}`, i)))
	}
	g := newGroup("test", testRegion, "g", "x", 0)
	for _, p := range []string{"ERROR", "{ $.status >= 500 }", "{ $.ms = * }"} {
		m, err := compileMetricFilter(g, &keptMetricFilter{metricFilter: metricFilter{FilterPattern: p, MetricTransformations: []metricTransformation{{MetricName: "m", MetricNamespace: "n", MetricValue: "1"}}}})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(p, func(b *testing.B) {
			for b.Loop() {
				m.apply(g, lines, lines.Find(event.FieldBody), event.NewBatch("test", "n"), nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/line")
		})
	}
}
