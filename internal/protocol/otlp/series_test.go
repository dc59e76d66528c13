package otlp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

// metricRows reads metrics from JSON: each row as what it says of its series and the
// named fields.
func metricRows(t *testing.T, metrics string, fields ...string) []string {
	t.Helper()
	request := `{"resourceMetrics":[{"resource":{"attributes":[{"key":"host","value":{"stringValue":"h"}}]},"scopeMetrics":[{"metrics":[` + metrics + `]}]}]}`
	wire, err := AppendProtobuf(nil, Metrics, []byte(strings.ReplaceAll(request, "NOW", fmt.Sprint(testTime))))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Decode(Metrics, wire, options())
	if err != nil || r.Rejected > 0 {
		t.Fatal(r, err)
	}
	var rows []string
	for _, b := range r.Batches {
		for i := range b.Len() {
			row := b.Row(i)
			text := fmt.Sprintf("since %s:", row.Get(event.FieldSeriesStart).Text())
			if v := row.Get(event.FieldSeriesSince); !v.IsNull() {
				text = fmt.Sprintf("of what was since %s:", v.Text())
			}
			for _, f := range fields {
				text += " " + row.Get(f).Text()
			}
			rows = append(rows, text)
		}
	}
	return rows
}

// TestDecode_EventsSayHowTheirCountersCount: counters that go on have since when, the
// earliest where several differ; deltas are in events of their own, each of which counts.
func TestDecode_EventsSayHowTheirCountersCount(t *testing.T) {
	t.Parallel()
	sum := func(name, start string, temporality int, values ...int) string {
		var points []string
		for _, v := range values {
			points = append(points, fmt.Sprintf(`{"timeUnixNano":"NOW","startTimeUnixNano":"%s","asInt":"%d"}`, start, v))
		}
		return fmt.Sprintf(`{"name":%q,"sum":{"isMonotonic":true,"aggregationTemporality":%d,"dataPoints":[%s]}}`, name, temporality, strings.Join(points, ","))
	}
	gauge := `{"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"NOW","asInt":"9"}]}}`
	for _, c := range []struct {
		metrics string
		want    []string
	}{
		{sum("a", "5000000007", 2, 1) + "," + sum("b", "3999999999", 2, 2) + "," + gauge, []string{"since 3000000000: 1 2 9"}},
		{sum("a", "0", 2, 1), []string{"since 0: 1  "}},
		{sum("a", "5000000000", 1, 1) + "," + gauge, []string{"of what was since 5000000000: 1  9"}},
		{sum("a", "5000000000", 1, 1, 4), []string{"of what was since 5000000000: 1  ", "of what was since 5000000000: 4  "}},
		{sum("a", "5000000000", 2, 1, 4), []string{"since 5000000000: 4  "}},
		{gauge + "," + sum("a", "5000000000", 2, 1) + "," + sum("b", "5000000000", 1, 2), []string{"since 5000000000: 1  9", "of what was since 5000000000:  2 "}},
	} {
		if got := metricRows(t, c.metrics, "a", "b", "g"); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s\ngot    %q\nwanted %q", c.metrics, got, c.want)
		}
	}
}

// TestSeriesNumbers_StayAsTheyAre: stored data points have them.
func TestSeriesNumbers_StayAsTheyAre(t *testing.T) {
	t.Parallel()
	text := func(key, value string) attribute {
		return attribute{[]byte(key), append([]byte{1<<3 | wireBytes, byte(len(value))}, value...)}
	}
	d := &decoder{}
	one := d.withPoint(seriesOf("metrics", []attribute{text("host", "a"), text("zone", "b")}))
	if one != 9440485626857932038 {
		t.Errorf("the number is %d", one)
	}
	if other := seriesOf("metrics", []attribute{text("zone", "b"), text("host", "a")}); other != one {
		t.Error("the order of attributes matters")
	}
	for _, other := range [][]attribute{{text("host", "b"), text("zone", "a")}, {text("host", "a")}, {text("host", "az"), text("one", "b")}, nil} {
		if seriesOf("metrics", other) == one {
			t.Errorf("%v are taken for the same", other)
		}
	}
	if seriesOf("other", []attribute{text("host", "a"), text("zone", "b")}) == one {
		t.Error("the dataset does not matter")
	}
}

// TestDecode_KeepsFineDistributionsCoarser: what is finer than is kept becomes the same
// buckets whatever the scale.
func TestDecode_KeepsFineDistributionsCoarser(t *testing.T) {
	t.Parallel()
	exponential := func(scale, offset int, counts string) string {
		return fmt.Sprintf(`{"name":"x","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"NOW","count":"6","scale":%d,"zeroCount":"1","positive":{"offset":%d,"bucketCounts":[%s]}}]}}`, scale, offset, counts)
	}
	want := metricRows(t, exponential(4, 16, `"3","2"`), "x")[0]
	for _, c := range []string{exponential(5, 32, `"1","2","2"`), exponential(6, 64, `"0","1","1","1","0","2"`)} {
		if got := metricRows(t, c, "x")[0]; got != want {
			t.Errorf("got %s, wanted %s", got, want)
		}
	}
	if !strings.HasPrefix(want, "since 0: [[0,0,1],[2,2.08") {
		t.Error(want)
	}
}
