package storetest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	spancall "github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// randomGraphs: whatever calls what, in whatever order it comes.
func randomGraphs(_ *testing.T, p *pair) {
	n := 0
	rapid.Check(p.t, func(t *rapid.T) {
		n++
		p.append(RandomTraces(t, n, 40)...)
		p.sameRollups(Environment, suiteStart, suiteEnd)
		p.sameCalls(Environment, suiteStart, suiteEnd)
		if n%10 == 0 {
			p.flush()
			p.sameCalls(Environment, suiteStart, suiteEnd)
		}
		if p.t.Failed() {
			t.FailNow()
		}
	})
}

// RandomTraces draws up to limit spans of one or two traces, whose ids begin with
// prefix: services of one name and two origins, calls within calls, answers by
// several services, parents that are missing.
func RandomTraces(t *rapid.T, prefix, limit int) []*event.Batch {
	byService := map[string]*event.Batch{}
	var batches []*event.Batch
	var ids []string
	for i := range rapid.IntRange(1, limit).Draw(t, "spans") {
		service := rapid.SampledFrom([]string{"web", "api", "store", spancall.UnknownService, ""}).Draw(t, "service")
		b := byService[service]
		if b == nil {
			b = event.NewBatch(Environment, "d"+service)
			byService[service] = b
			batches = append(batches, b)
		}
		b.Begin(suiteBase + int64(i*7919%300)*second)
		b.SetSampleRate(rapid.SampledFrom([]uint32{1, 1, 1, 4}).Draw(t, "rate"))
		id := fmt.Sprintf("%x", i+1)
		set := func(name string, v event.Value) { b.Set(name, v) }
		text := func(name, s string) {
			if s != "" {
				set(name, event.StringValue(s))
			}
		}
		text(event.FieldTraceID, fmt.Sprintf("%d-%d", prefix, i%2))
		text(event.FieldSpanID, id)
		if len(ids) > 0 {
			text(event.FieldParentID, rapid.SampledFrom(append([]string{"", "missing"}, ids...)).Draw(t, "parent"))
		}
		ids = append(ids, id)
		text(event.FieldService, service)
		text(event.FieldName, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"))
		text(event.FieldSpanKind, rapid.SampledFrom([]string{"server", "server", "client", "client", "internal", "consumer", "producer", ""}).Draw(t, "kind"))
		set(event.FieldDuration, event.FloatValue(float64(rapid.IntRange(0, 400).Draw(t, "quarters"))/4))
		randomMarks(t, set, text)
	}
	return batches
}

func randomMarks(t *rapid.T, set func(string, event.Value), text func(string, string)) {
	text("xray.origin", rapid.SampledFrom([]string{"", "", "AWS::EC2::Instance"}).Draw(t, "origin"))
	text("cloud.platform", rapid.SampledFrom([]string{"", "", "", "aws_ec2", "aws_ecs", "gcp_cloud_run"}).Draw(t, "platform"))
	text("xray.type", rapid.SampledFrom([]string{"", "", "", "segment", "subsegment"}).Draw(t, "document"))
	if status := rapid.SampledFrom([]int64{0, 0, 200, 404, 429, 500}).Draw(t, "status"); status > 0 {
		set("http.response.status_code", event.IntValue(status))
	}
	for _, mark := range []string{"error", "xray.fault", "xray.error", "xray.throttle"} {
		if rapid.IntRange(0, 5).Draw(t, mark) == 0 {
			set(mark, event.BoolValue(true))
		}
	}
	text("server.address", rapid.SampledFrom([]string{"", "", "db1", "api.internal"}).Draw(t, "host"))
	text("db.system", rapid.SampledFrom([]string{"", "", "", "postgresql", "redis"}).Draw(t, "db"))
	text("xray.namespace", rapid.SampledFrom([]string{"", "", "aws", "remote"}).Draw(t, "namespace"))
	text("rpc.service", rapid.SampledFrom([]string{"", "", "", "DynamoDB"}).Draw(t, "rpc"))
	text("url.full", rapid.SampledFrom([]string{"", "", "https://mail.example.com/1", "https://mail.example.com/2", ":"}).Draw(t, "url"))
}
