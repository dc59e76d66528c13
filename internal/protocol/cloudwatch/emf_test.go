package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
)

func TestEMF_MetricsOfMessagesAreEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	now := r.now.Load()
	aws := func(more string) string {
		return fmt.Sprintf(`"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Cruddur","Dimensions":[["Route"],["Route","Method"]],"Metrics":[{"Name":"Latency","Unit":"Milliseconds","StorageResolution":60},{"Name":"Count"}]}%s]}`, now-1000, more)
	}
	f := func(message string, want ...string) {
		t.Helper()
		r.put("g", "s", message)
		if got := r.metrics(); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s\n got %q\nwant %q", message, got, want)
		}
	}
	f(`{`+aws("")+`,"Route":"/api/x","Method":"GET","Latency":12,"Count":3,"requestId":"r"}`, "cruddur -1 Route=/api/x Method=GET Latency=12 Latency.unit=Milliseconds Count=3")
	f(`{`+aws("")+`,"Route":"/api/x","Latency":[12,31.5],"Count":3}`, "cruddur -1 Route=/api/x Latency=12 Latency.unit=Milliseconds Count=3", "cruddur -1 Route=/api/x Latency=31.5 Latency.unit=Milliseconds")
	f(`{"Latency":1,`+aws(`,{"Namespace":"Other","Dimensions":[[]],"Metrics":[{"Name":"Count"}]}`)+`,"Count":2}`, "cruddur -1 Latency=1 Latency.unit=Milliseconds Count=2", "other -1 Count=2")
	f(`{` + aws("") + `,"a":{"Latency":1}}`) // targets are at the root
	f(`{"a":{` + aws("") + `},"Latency":1}`) // and so is _aws
	f(`text {` + aws("") + `,"Latency":1}`)
	f(`{` + aws("") + `,"Latency":1`)
	f(`{` + aws("") + `,"Latency":"1"}`)
	f(`{` + aws("") + `,"Latency":[]}`)
	f(`{` + aws("") + `,"Latency":[` + strings.Repeat("1,", 100) + `1]}`)
	drops := map[string]int64{}
	for _, d := range r.Door.Ledger().Drops() {
		drops[d.Reason] = d.Count
		if !d.Stored {
			t.Errorf("%s: the line is kept", d.Reason)
		}
	}
	if drops["emf_metric"] != 2+2+2+2 {
		t.Errorf("%v", drops)
	}
}

func TestEMF_BadOnesAreLinesAllTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	now := r.now.Load()
	around := func(metrics string) string {
		return fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":%s},"M":1}`, now, metrics)
	}
	bad := []string{
		`{"_aws":7,"M":1}`, `{"_aws":{},"M":1}`, `{"_aws":{"CloudWatchMetrics":[{"Namespace":"N","Metrics":[{"Name":"M"}]}]},"M":1}`,
		around(`[]`), around(`7`), around(`[{}]`), around(`[{"Namespace":"` + strings.Repeat("n", 1025) + `"}]`),
		around(`[{"Namespace":"N","Dimensions":[["` + strings.Repeat(`a","`, 30) + `a"]],"Metrics":[{"Name":"M"}]}]`),
		around(`[{"Namespace":"N","Metrics":[` + strings.Repeat(`{"Name":"M"},`, 100) + `{"Name":"M"}]}]`),
		around(`[{"Namespace":"N","Metrics":[{"Name":""}]}]`), around(`[` + strings.Repeat(`{"Namespace":"N"},`, 100) + `{"Namespace":"N"}]`),
		strings.Replace(around(`[{"Namespace":"N","Metrics":[{"Name":"M"}]}]`), fmt.Sprint(now), fmt.Sprint(now/1000), 1),
	}
	r.put("g", "s", bad...)
	taken := r.store.Take()
	if got := bodies(taken); len(taken) != 1 || !equal(got, bad) {
		t.Errorf("%d batches, %q", len(taken), got)
	}
	drops := r.Door.Ledger().Drops()
	if len(drops) != 1 || drops[0].Reason != "emf_invalid" || drops[0].Count != int64(len(bad)) || !drops[0].Stored {
		t.Errorf("%+v", drops)
	}
}

func TestEMF_IsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	message := fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[%s{"Namespace":"N","Metrics":[{"Name":"M"}]}]},"M":[%s1]}`,
		r.now.Load(), strings.Repeat(`{"Namespace":"N","Metrics":[{"Name":"M"}]},`, 99), strings.Repeat("1,", 99))
	r.put("g", "s", slices.Repeat([]string{message}, 100)...)
	rows := 0
	for _, b := range r.store.Take() {
		if b.Dataset == "n" {
			rows += b.Len()
		}
	}
	if rows != maxEMFRows {
		t.Errorf("%d rows", rows)
	}
}

// A namespace may be called as a log group is, whose dataset is for lines alone.
func TestEMF_DatasetOfAGroupStaysItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("Cruddur", "s")
	r.put("Cruddur", "s", fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Cruddur","Metrics":[{"Name":"body"}]}]},"body":1}`, r.now.Load()))
	signals := map[string]string{}
	for _, b := range r.store.Take() {
		signals[b.Dataset] += b.Row(0).Get(event.FieldSignal).Str() + fmt.Sprint(b.Row(0).Get("message.body").Number())
	}
	if len(signals) != 2 || !strings.HasPrefix(signals["cruddur"], "log") || signals["cruddur-metrics"] != "metric1 true" {
		t.Errorf("%v", signals)
	}
}

func FuzzEMF(f *testing.F) {
	f.Add([]byte(`{"_aws":{"Timestamp":1768471200000,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["R"]],"Metrics":[{"Name":"M"}]}]},"R":"x","M":[1,2.5e3]}`))
	f.Add([]byte(`{"\u005faws":{"Timestamp":1768471200000,"CloudWatchMetrics":[{"Namespace":"N","Metrics":[{"Name":"M"}]}]},"_aws":{},"M":-1}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		b := event.NewBatch("test", "n")
		x := &extraction{g: newGroup("test", testRegion, "g", "x", 0), max: 1 << 50, batches: map[string]*event.Batch{"N": b}}
		if !strings.Contains(string(message), `"Namespace":"N"`) || strings.Count(string(message), "Namespace") != 1 {
			return // other namespaces need a registry
		}
		x.line(message)
		if b.Len() > maxEMFValues*maxEMFDirectives {
			t.Errorf("%d rows", b.Len())
		}
	})
}
