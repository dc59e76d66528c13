package honeycomb

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

// deliver is the body of a delivery of records.
func deliver(id string, records ...[]byte) []byte {
	var list []string
	for _, r := range records {
		list = append(list, `{"data":"`+base64.StdEncoding.EncodeToString(r)+`"}`)
	}
	return []byte(`{"requestId":"` + id + `","timestamp":1764000000000,"records":[` + strings.Join(list, ",") + `]}`)
}

const logLines = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/f","logStream":"2025/11/24/[$LATEST]a","subscriptionFilters":["all"],"logEvents":[
	{"id":"1","timestamp":1764000000001,"message":"START RequestId: a\n"},
	{"id":"2","timestamp":1764000000002,"message":"{\"level\":\"error\",\"n\":3,\"service_name\":\"f\"}"},
	{"id":"3","timestamp":1264000000002,"message":"long ago"}]}`

const streamed = `{"metric_stream_name":"all","account_id":"123456789012","region":"eu-west-1","namespace":"AWS/EC2","metric_name":"CPUUtilization","dimensions":{"InstanceId":"i-1"},"timestamp":1764000000000,"value":{"max":3,"min":1,"sum":8,"count":4},"unit":"Percent"}
`

func TestKinesis_ReadsWhatFirehoseDelivers(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	header := map[string]string{"X-Amz-Firehose-Access-Key": r.keys[auth.HoneycombIngest], "X-Amz-Firehose-Request-Id": "id-1", "Content-Type": "application/json"}
	metrics, err := protocoltest.OTLP().Encode("ExportMetrics", []byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"queue","gauge":{"dataPoints":[{"timeUnixNano":"1764000000000000000","asInt":"5"}]}}]}]}]}`))
	must(t, err)
	metrics = append(binary.AppendUvarint(nil, uint64(len(metrics))), metrics...)
	body := deliver("id-1", pack(t, "gzip", []byte(logLines)), []byte(`{"messageType":"CONTROL_MESSAGE","logEvents":[]}`), []byte(streamed+streamed[:len(streamed)-1]),
		append(metrics, metrics...), []byte(`{"own":{"x":1}} {"b":2}`), []byte("plain text\r\n\n{\"c\":3}\n{ no JSON\n"), []byte("{\"d\":4}\nand text"), []byte("\x1f\x8bno gzip"), []byte("\x05\xff"), nil)
	const answered = `{"requestId":"id-1","timestamp":1764000000000}` + "\n"
	status, h, answer := r.do(http.MethodPost, "/1/kinesis_events/aws", header, body)
	if status != 200 || answer != answered || h.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s", status, answer)
	}
	point := "test aws +0 x1\n  CPUUtilization.avg=2.0\n  CPUUtilization.count=4.0\n  CPUUtilization.max=3.0\n  CPUUtilization.min=1.0\n  CPUUtilization.sum=8.0\n" +
		"  InstanceId=\"i-1\"\n  aws.metric_stream=\"all\"\n  aws.namespace=\"AWS/EC2\"\n  cloud.account.id=\"123456789012\"\n  cloud.region=\"eu-west-1\"\n  meta.signal_type=\"metric\"\n  unit=\"Percent\"\n"
	queue := "test aws +0 x1\n  meta.signal_type=\"metric\"\n  queue=5\n"
	from := func(id string) string {
		return "  aws.cloudwatch.group=\"/aws/lambda/f\"\n  aws.cloudwatch.id=\"" + id + "\"\n  aws.cloudwatch.owner=\"123456789012\"\n  aws.cloudwatch.stream=\"2025/11/24/[$LATEST]a\"\n"
	}
	want := queue + queue + "test aws +1000000 x1\n" + from("1") + "  message=\"START RequestId: a\\n\"\n" +
		"test aws +2000000 x1\n" + from("2") + "  level=\"error\"\n  n=3\n  service.name=\"f\"\n  service_name=\"f\"\n" +
		point + point + "test aws +0 x1\n  own=\"{\\\"x\\\":1}\"\ntest aws +0 x1\n  b=2\n" +
		"test aws +0 x1\n  message=\"plain text\"\ntest aws +0 x1\n  c=3\ntest aws +0 x1\n  message=\"{ no JSON\"\n" +
		"test aws +0 x1\n  d=4\ntest aws +0 x1\n  message=\"and text\"\n"
	if got := protocoltest.Events(r.store.Take(), testClock.UnixNano()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := protocoltest.Drops(r.door.Ledger().Drops()); !strings.Contains(got, "record_unreadable × 2") || !strings.Contains(got, "time_too_old × 1") {
		t.Errorf("drops: %s", got)
	}
	// Firehose sends again what it has no answer for.
	if status, _, answer := r.do(http.MethodPost, "/1/kinesis_events/aws", header, body); status != 200 || answer != answered || len(r.store.Take()) != 0 {
		t.Errorf("a retry: %d %s", status, answer)
	}
}

func TestKinesis_AnswersAsFirehoseExpects(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	key := r.keys[auth.Honeycomb]
	bomb := deliver("id", pack(t, "gzip", make([]byte, maxRecord+1)))
	many := `{"messageType":"DATA_MESSAGE","logEvents":[` + strings.Repeat("{},", 1_000_000) + `{}]}`
	for _, c := range []struct {
		name, key, id string
		coding        string
		body          []byte
		status        int
		text          string
	}{
		{"no records", key, "id", "", []byte(`{"requestId":"id","records":[]}`), 200, ""},
		{"gzip", key, "id", "gzip", pack(t, "gzip", deliver("id", []byte(`{"a":1}`))), 200, ""},
		{"no key", "", "id", "", deliver("id"), 401, "unknown API key - check your credentials"},
		{"unknown key", "nobody", "id", "", deliver("id"), 401, "unknown API key - check your credentials"},
		{"no id", key, "", "", deliver("id"), 400, "missing 'X-Amz-Firehose-Request-Id' header"},
		{"no body", key, "id", "", nil, 400, saysEmpty},
		{"no JSON", key, "id", "", []byte(`{"records":[{"data":`), 400, saysMalformed},
		{"a list", key, "id", "", []byte(`[]`), 400, saysMalformed},
		{"records of another form", key, "id", "", []byte(`{"records":[{"data":7},{"other":"x"}]}`), 200, ""},
		{"a record that unpacks to too much", key, "id", "", bomb, 413, saysTooLarge},
		{"a million log lines", key, "id", "", deliver("id", pack(t, "gzip", []byte(many))), 413, saysTooLarge},
	} {
		header := map[string]string{"X-Amz-Firehose-Access-Key": c.key, "X-Amz-Firehose-Request-Id": c.id, "Content-Encoding": c.coding}
		status, _, body := r.do(http.MethodPost, "/1/kinesis_events/x", header, c.body)
		var answer deliveryAnswer
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != c.status || answer.RequestID != c.id || answer.Error != c.text || answer.Timestamp != testClock.UnixMilli() {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
	if held := r.front.bodies.budget.Held(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

func FuzzDelivery(f *testing.F) {
	for i, record := range []string{logLines, streamed, `{"a":1}`, "\x05\x0a\x03\x12\x01\x0a"} {
		f.Add(deliver(strconv.Itoa(i), []byte(record)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := &delivery{events: newTestEvents(1), reserve: func(int) error { return nil }}
		d.metrics = func(message []byte) (*otlp.Result, error) {
			return otlp.Decode(otlp.Metrics, message, otlp.Options{MaxTime: 1 << 62, Float: func() float64 { return 0 }, Dataset: func(string) (string, error) { return "x", nil }})
		}
		if err := d.read(body); err != nil {
			return
		}
		for _, b := range append(d.batches, d.taken()) {
			if again, _, err := event.DecodeBatch(event.AppendBatch(nil, b)); err != nil || again.Len() != b.Len() {
				t.Fatalf("the rows can't be stored: %v", err)
			}
		}
	})
}
