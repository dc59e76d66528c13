package xray

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

// The trace that documents of tests are in, in the two notations.
const (
	testTraceID   = "1-5759e988-bd862e3fe1be46a994272793"
	testCanonical = "5759e988bd862e3fe1be46a994272793"
)

// segment returns a document of the test's clock; more are members as JSON.
func segment(id, name, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"trace_id":%q,"id":%q,"name":%q,"start_time":1768471200.25,"end_time":1.7684712005E9%s}`, testTraceID, id, name, more)
}

// put sends documents of which all must be taken, and returns their rows as fields.
func (r *rig) put(documents ...string) []object {
	r.t.Helper()
	if answer := r.ok("/TraceSegments", object{"TraceSegmentDocuments": documents}); len(answer["UnprocessedTraceSegments"].([]any)) > 0 {
		r.t.Fatalf("not taken: %v", answer)
	}
	return r.rows()
}

func (r *rig) rows() (out []object) {
	for _, b := range r.store.Take() {
		for i := range b.Len() {
			row := object{"@dataset": b.Dataset, "@time": b.Times[i]}
			b.Row(i).Each(func(name string, v event.Value) { row[name] = v.Any() })
			out = append(out, row)
		}
	}
	slices.SortStableFunc(out, func(a, b object) int {
		return strings.Compare(fmt.Sprint(a["trace.span_id"]), fmt.Sprint(b["trace.span_id"]))
	})
	return out
}

// without takes out the fields that every test would have to repeat.
func without(rows []object, names ...string) []object {
	for _, row := range rows {
		for _, n := range append(names, "meta.signal_type", "trace.trace_id", "span.num_events", "span.num_links", "type", "xray.document") {
			delete(row, n)
		}
	}
	return rows
}

func TestPutTraceSegments_MakesRowsOfAllThatADocumentHolds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	doc := segment("53995C3F42CD8AD8", "shop", `"origin":"AWS::EC2::Instance","user":"bob","fault":true,"error":false,"resource_arn":"arn:aws:x",
		"http":{"request":{"method":"POST","url":"http://shop/cart?a=1","client_ip":"::ffff:127.0.0.1","user_agent":""},"response":{"status":500,"content_length":"861"}},
		"aws":{"account_id":"123456789012","ec2":{"instance_id":"i-1","availability_zone":"eu-1a"},"xray":{"sdk":"X-Ray for Go","sdk_version":"2.0.3","sampling_rule_name":"Default"},"cloudwatch_logs":[{"log_group":"/app"}]},
		"service":{"version":"7","runtime":"gc"},
		"annotations":{"game.id":"817","age":31,"rate":0.5,"internal":false,"name":"mine","list":[1]},
		"metadata":{"default":{"cart":{"items":3,"note":NaN}},"debug":"plain"},
		"cause":{"working_directory":"/app","exceptions":[{"id":"aaaaaaaaaaaaaaaa","type":"Boom","message":"it broke","stack":[{"path":"cart.go","line":12,"label":"Add"}]}]},
		"links":[{"trace_id":"1-5759e989-bd862e3fe1be46a994272793","id":"bbbbbbbbbbbbbbbb","attributes":{"aws.xray.reserved.reference_type":"parent"}}],
		"subsegments":[{"id":"53995c3f42cd8ad9","name":"items@db","parent_id":"ffffffffffffffff","trace_id":"1-0","namespace":"remote","start_time":1768471200.3,"end_time":1768471200.4,"Dummy":false,
			"sql":{"url":"postgresql://db/items","database_type":"PostgreSQL","sanitized_query":"select 1","user":"u"},
			"subsegments":[{"id":"53995c3f42cd8ada","name":"inner","namespace":"local","start_time":1768471200.3,"in_progress":true}]}]`)
	rows := r.put(doc + "\n")
	for _, row := range rows {
		if row["trace.trace_id"] != testCanonical || row["service.name"] != "shop" || row["@dataset"] != "shop" || row["meta.signal_type"] != "trace" {
			t.Errorf("a row has no trace, service or dataset: %v", row)
		}
	}
	const start = int64(1768471200250000000)
	if got := rows[0]["xray.document"]; got != strings.Replace(doc, "NaN", "null", 1) {
		t.Errorf("the document is kept as %v", got)
	}
	want := []object{
		{
			"@dataset": "shop", "@time": start, "trace.span_id": "53995c3f42cd8ad8", "name": "shop", "service.name": "shop", "span.kind": "server", "duration_ms": 250.0, "error": true, "status_code": int64(2),
			"status_message": "it broke", "exception.type": "Boom", "exception.message": "it broke", "exception.stacktrace": "Boom: it broke\n    at Add (cart.go:12)",
			"xray.type": "segment", "xray.origin": "AWS::EC2::Instance", "xray.fault": true, "xray.resource_arn": "arn:aws:x", "enduser.id": "bob",
			"http.request.method": "POST", "url.full": "http://shop/cart?a=1", "client.address": "::ffff:127.0.0.1", "http.response.status_code": int64(500), "http.response.body.size": int64(861),
			"cloud.account.id": "123456789012", "cloud.provider": "aws", "host.id": "i-1", "cloud.availability_zone": "eu-1a", "telemetry.sdk.name": "X-Ray", "telemetry.sdk.language": "go",
			"telemetry.sdk.version": "2.0.3", "aws.xray.sampling_rule_name": "Default", "aws.log.group.names": `["/app"]`, "service.version": "7", "process.runtime.name": "gc",
			"game.id": "817", "age": int64(31), "rate": 0.5, "internal": false, "annotation.name": "mine", "xray.annotations": `["game.id","age","rate","internal","name"]`,
			"metadata.default.cart.items": int64(3), "metadata.debug": "plain",
		},
		{
			"@dataset": "shop", "@time": start + 50_000_000, "trace.span_id": "53995c3f42cd8ad9", "trace.parent_id": "53995c3f42cd8ad8", "name": "items@db", "service.name": "shop", "span.kind": "client",
			"duration_ms": 100.0, "status_code": int64(0), "xray.type": "subsegment", "xray.namespace": "remote",
			"db.url": "postgresql://db/items", "db.name": "items", "db.system": "PostgreSQL", "db.statement": "select 1", "db.user": "u",
		},
		{
			"@dataset": "shop", "@time": start + 50_000_000, "trace.span_id": "53995c3f42cd8ada", "trace.parent_id": "53995c3f42cd8ad9", "name": "inner", "service.name": "shop", "span.kind": "internal",
			"status_code": int64(0), "xray.type": "subsegment", "xray.namespace": "local", "meta.annotation_type": "in_progress",
		},
		{
			"@dataset": "shop", "@time": start + 250_000_000, "trace.parent_id": "53995c3f42cd8ad8", "parent_name": "shop", "service.name": "shop", "meta.annotation_type": "span_event", "name": "exception",
			"error": true, "meta.time_since_span_start_ms": 250.0, "telemetry.sdk.language": "go", "exception.type": "Boom", "exception.message": "it broke",
			"exception.stacktrace": "Boom: it broke\n    at Add (cart.go:12)", "xray.exception.id": "aaaaaaaaaaaaaaaa",
		},
		{
			"@dataset": "shop", "@time": start, "trace.parent_id": "53995c3f42cd8ad8", "parent_name": "shop", "service.name": "shop", "meta.annotation_type": "link",
			"trace.link.trace_id": "5759e989bd862e3fe1be46a994272793", "trace.link.span_id": "bbbbbbbbbbbbbbbb", "aws.xray.reserved.reference_type": "parent",
		},
	}
	if diff := cmp.Diff(want, without(rows)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// An exception is told of once, with the whole document: it is an occurrence of an error.
func TestPutTraceSegments_TellsOfAnExceptionOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	exceptions := 0
	whole := segment("aaaaaaaaaaaaaaa1", "shop", `"cause":{"exceptions":[{"id":"aaaaaaaaaaaaaaaa","type":"Boom","message":"it broke"}]}`)
	early := strings.Replace(whole, `"end_time":`, `"in_progress":true,"ended":`, 1)
	for _, doc := range []string{early, whole} {
		for _, row := range r.put(doc) {
			if row["meta.annotation_type"] == "span_event" {
				exceptions++
			} else if row["exception.type"] != "Boom" {
				t.Errorf("the span's own row is %v", row)
			}
		}
	}
	if exceptions != 1 {
		t.Errorf("%d", exceptions)
	}
}

// Subsegments that are sent on their own are of the service of the segment they hang
// under, in whatever order they come, as long as it is known.
func TestPutTraceSegments_FindsTheServiceOfSubsegments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	sub := func(id, parent string) string {
		return segment(id, "call", fmt.Sprintf(`"type":"subsegment","parent_id":%q`, parent))
	}
	services := func(rows []object) (out []string) {
		for _, row := range rows {
			out = append(out, fmt.Sprintf("%v %v", row["trace.span_id"], row["service.name"]))
		}
		return out
	}
	got := services(r.put(sub("aaaaaaaaaaaaaaa3", "aaaaaaaaaaaaaaa2"), sub("aaaaaaaaaaaaaaa2", "AAAAAAAAAAAAAAA1"), segment("aaaaaaaaaaaaaaa1", "shop", ""), sub("aaaaaaaaaaaaaaa4", "cccccccccccccccc")))
	want := []string{"aaaaaaaaaaaaaaa1 shop", "aaaaaaaaaaaaaaa2 shop", "aaaaaaaaaaaaaaa3 shop", "aaaaaaaaaaaaaaa4 unknown"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in one call (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"aaaaaaaaaaaaaaa5 shop"}, services(r.put(sub("aaaaaaaaaaaaaaa5", "aaaaaaaaaaaaaaa3")))); diff != "" {
		t.Errorf("in a later call (-want +got)\n%s", diff)
	}
}

func TestPutTraceSegments_NamesWhatItDoesNotTake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := func(document, id, code, why string) {
		t.Helper()
		list := r.ok("/TraceSegments", object{"TraceSegmentDocuments": []string{document, segment("aaaaaaaaaaaaaaaa", "good", "")}})["UnprocessedTraceSegments"].([]any)
		if len(list) != 1 {
			t.Errorf("%.200s: %v", document, list)
			return
		}
		bad := list[0].(object)
		got, _ := bad["Id"].(string)
		message := bad["Message"].(string)
		if got != id || bad["ErrorCode"] != code || !strings.Contains(message, "ErrorCode: "+code) || !strings.Contains(message, why) {
			t.Errorf("%.200s: %v, want %s %s %q", document, bad, id, code, why)
		}
	}
	const id = "bbbbbbbbbbbbbbbb"
	f(`{`, "", "InvalidSegment", "not JSON")
	f(`[]`, "", "MissingId", "empty")
	f(`"text"`, "", "MissingId", "no JSON object")
	f(`{"name":"x"}`, "", "MissingId", "id is missing")
	f(segment("abc", "x", ""), "abc", "InvalidId", `"abc"`)
	f(strings.Replace(segment(id, "x", ""), testTraceID, "1-0-0", 1), id, "InvalidTraceId", `"1-0-0"`)
	f(segment(id, "", ""), id, "MissingName", "name is missing")
	f(segment(id, "a<b>", ""), id, "InvalidName", `"a<b>"`)
	f(strings.Replace(segment(id, "x", ""), "start_time", "began", 1), id, "MissingStartTime", "start_time")
	f(strings.Replace(segment(id, "x", ""), "end_time", "ended", 1), id, "MissingEndTime", "in_progress")
	f(segment(id, "x", `"cause":7`), id, "InvalidSegment", "cause")
	f(strings.Replace(segment(id, "x", ""), "1768471200.25", "1768471200250", 1), id, "InvalidSegment", "is it in seconds")
	f(segment(id, "x", `"subsegments":[{"id":"bbbbbbbbbbbbbbbc","name":"inner one","start_time":1768471200}]`), id, "MissingEndTime", `subsegment "inner one" (id "bbbbbbbbbbbbbbbc")`)
	f(segment(id, "x", `"metadata":{"a":"`+strings.Repeat("a", 64<<10)+`"}`), "", "InvalidSegment", "the limit is 65536")
	f(segment(id, "x", `"subsegments":[`+strings.Repeat(`{"id":"bbbbbbbbbbbbbbbc","subsegments":[`, 65)+strings.Repeat("]}", 65)+`]`), id, "InvalidSegment", "within each other")
	f("T1S!!", "", "InvalidSegment", "base64")
	if n := len(r.rows()); n != 16 {
		t.Errorf("%d good documents were taken", n)
	}
}

func TestPutTraceSegments_TakesListsAndSpans(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	// ResourceSpans{ScopeSpans{Span{trace_id 1…1, span_id 2…2, name "work", start, end}}}
	span := "\x0a\x10" + strings.Repeat("\x01", 16) + "\x12\x08" + strings.Repeat("\x02", 8) + "\x2a\x04work" + "\x39\x00\x00\x3c\x4c\xb0\xdb\x8a\x18" + "\x41\x00\x00\x3c\x4c\xb0\xdb\x8a\x18"
	wrap := func(field byte, inner string) string { return string([]byte{field<<3 | 2, byte(len(inner))}) + inner }
	request := wrap(1, wrap(2, wrap(2, span)))
	rows := r.put("["+segment("aaaaaaaaaaaaaaaa", "one", "")+","+segment("bbbbbbbbbbbbbbbb", "two", "")+"]", "T1S"+base64.StdEncoding.EncodeToString([]byte(request)), "T1U"+base64.StdEncoding.EncodeToString([]byte(request)))
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprint(row["name"]))
	}
	if diff := cmp.Diff([]string{"work", "one", "two"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPutTraceSegments_TakesTheSameCallOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 2 {
		r.put(segment("aaaaaaaaaaaaaaaa", "one", ""))
	}
	if got := r.Door.Stats(); got.Stored != 1 || got.Deduplicated != 1 {
		t.Errorf("stored %d, seen before %d", got.Stored, got.Deduplicated)
	}
}

// Where keys are required, whoever reaches the daemon's address may send and ask for
// rules, and nothing more; elsewhere nobody may who does not sign.
func TestUnsigned_MaySendToTheDaemonOnly(t *testing.T) {
	t.Parallel()
	r := newClosedRig(t)
	r.required, r.daemon = true, true
	r.open()
	r.put(segment("aaaaaaaaaaaaaaaa", "one", ""))
	r.ok("/GetSamplingRules", "")
	r.fails(http.StatusForbidden, "AccessDeniedException", "may only send segments", "/Traces", object{"TraceIds": []string{testTraceID}})
	r.fails(http.StatusForbidden, "AccessDeniedException", "may only send segments", "/CreateGroup", object{"GroupName": "x"})
	r.stop()
	r.daemon = false
	r.open()
	r.fails(http.StatusForbidden, "MissingAuthenticationTokenException", "Missing", "/TraceSegments", object{"TraceSegmentDocuments": []string{}})
}

// Spans that are signed for the service come in where others come unsigned.
func TestOTLP_IsTakenSignedForTheService(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const body = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"spans":[
		{"traceId":"5759e988bd862e3fe1be46a994272793","spanId":"aaaaaaaaaaaaaaaa","name":"work","startTimeUnixNano":"1768471200000000000","endTimeUnixNano":"1768471200500000000"},
		{"traceId":"5759e988bd862e3fe1be46a994272793","spanId":"aaaaaaaaaaaaaaab","name":"old","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/traces", strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/eu-west-1/xray/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
	req.Header.Set("X-Amz-Date", "20260115T100000Z")
	if !r.Handles(req) || !r.Sends(req) {
		t.Error("it is not taken as the service's")
	}
	resp, err := r.client.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(answer), `"rejectedSpans":"1"`) {
		t.Errorf("%d %s", resp.StatusCode, answer)
	}
	if rows := r.rows(); len(rows) != 1 || rows[0]["name"] != "work" || rows[0]["@dataset"] != "web" {
		t.Errorf("rows: %v", rows)
	}
}
