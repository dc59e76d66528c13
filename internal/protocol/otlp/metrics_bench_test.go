package otlp

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDecode_Metrics reads what a service says once a minute: 30 counters and
// gauges and 4 histograms of 15 buckets, of 12 routes each.
func BenchmarkDecode_Metrics(b *testing.B) {
	var metrics []string
	for m := range 34 {
		var points []string
		for route := range 12 {
			at := fmt.Sprintf(`"timeUnixNano":"%d","startTimeUnixNano":"%d","attributes":[{"key":"http.route","value":{"stringValue":"/api/v1/route/%d"}},{"key":"http.request.method","value":{"stringValue":"GET"}}]`, testTime, testTime-1e12, route)
			if m < 30 {
				points = append(points, fmt.Sprintf(`{%s,"asDouble":%d.5}`, at, m*route))
				continue
			}
			points = append(points, fmt.Sprintf(`{%s,"count":"60","sum":900.5,"bucketCounts":["1","2","3","4","5","6","7","8","9","5","4","3","2","1","0"],"explicitBounds":[0,5,10,25,50,75,100,250,500,750,1000,2500,5000,7500]}`, at))
		}
		form := map[bool]string{true: "sum", false: "gauge"}[m%2 == 0]
		if m >= 30 {
			form = "histogram"
		}
		metrics = append(metrics, fmt.Sprintf(`{"name":"app.metric.number_%d","unit":"ms","description":"What the metric of this number measures, in words","%s":{"dataPoints":[%s]}}`, m, form, strings.Join(points, ",")))
	}
	resource := `{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}},{"key":"host.name","value":{"stringValue":"ip-10-0-0-7"}},{"key":"service.instance.id","value":{"stringValue":"627cc493-f310-47de-96bd-71410b7dec09"}},{"key":"telemetry.sdk.language","value":{"stringValue":"go"}}]}`
	wire, err := AppendProtobuf(nil, Metrics, []byte(`{"resourceMetrics":[{"resource":`+resource+`,"scopeMetrics":[{"metrics":[`+strings.Join(metrics, ",")+`]}]}]}`))
	if err != nil {
		b.Fatal(err)
	}
	points := 0
	for b.Loop() {
		r, err := Decode(Metrics, wire, options())
		if err != nil {
			b.Fatal(err)
		}
		points = r.Items
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(points), "ns/point")
}
