package cloudwatch

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// names lists what an answer calls things.
func names(answer object, list, member string) string {
	var out []string
	items, _ := answer[list].([]any)
	for _, item := range items {
		o, _ := item.(object)
		out = append(out, fmt.Sprint(o[member]))
	}
	return strings.Join(out, " ")
}

// first returns the first item of a list in an answer.
func first(t *testing.T, answer object, list string) object {
	t.Helper()
	items, _ := answer[list].([]any)
	if len(items) == 0 {
		t.Fatalf("no %s in %v", list, answer)
	}
	o, _ := items[0].(object)
	return o
}

func TestLogGroups_AreMadeListedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if out := r.ok("DescribeLogGroups", ""); names(out, "logGroups", "logGroupName") != "" || out["logGroups"] == nil {
		t.Errorf("%v", out)
	}
	r.ok("CreateLogGroup", object{"logGroupName": "/cruddur/api", "tags": object{"team": "a"}, "kmsKeyId": "key"})
	r.ok("CreateLogGroup", object{"logGroupName": "/cruddur/Api", "logGroupClass": "INFREQUENT_ACCESS"})
	r.ok("CreateLogGroup", object{"logGroupName": "/other", "logGroupClass": "DELIVERY", "deletionProtectionEnabled": true})
	r.fails("ResourceAlreadyExistsException", "The specified log group already exists", "CreateLogGroup", object{"logGroupName": "/other"})
	r.fails("InvalidParameterException", "reserved for AWS", "CreateLogGroup", object{"logGroupName": "aws/x"})
	r.fails("InvalidParameterException", "Value null at 'logGroupName' failed to satisfy constraint: Member must not be null", "CreateLogGroup", "{}")
	r.fails("InvalidParameterException", "2 validation errors detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+; Value 'X' at 'logGroupClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY, ESSENTIALS]",
		"CreateLogGroup", `{"logGroupName": "a b", "logGroupClass": "X"}`)
	for range 2 {
		for _, c := range []struct {
			in   object
			want string
		}{
			{object{}, "/cruddur/Api /cruddur/api /other"},
			{object{"logGroupNamePrefix": "/cruddur/a"}, "/cruddur/api"},
			{object{"logGroupNamePattern": "pi"}, "/cruddur/Api /cruddur/api"},
			{object{"logGroupClass": "ESSENTIALS"}, "/cruddur/Api"},
			{object{"logGroupIdentifiers": []string{"/other", "nothing"}}, "/other"},
			{object{"accountIdentifiers": []string{"000000000000"}}, ""},
		} {
			if got := names(r.ok("DescribeLogGroups", c.in), "logGroups", "logGroupName"); got != c.want {
				t.Errorf("%v lists %q", c.in, got)
			}
		}
		for pattern, want := range map[string]string{"^/crud": "/cruddur/Api /cruddur/api", "oth|Api": "/cruddur/Api /other"} {
			if got := names(r.ok("ListLogGroups", object{"logGroupNamePattern": pattern}), "logGroups", "logGroupName"); got != want {
				t.Errorf("%s lists %q", pattern, got)
			}
		}
		for _, c := range []struct{ value, want string }{{"a", "/cruddur/api"}, {"A", ""}, {"A*", "/cruddur/api"}, {"!b", "/cruddur/api"}, {"!a", ""}} {
			got := names(r.ok("ListLogGroups", object{"logGroupTags": []object{{"key": "team", "values": []string{c.value}}}}), "logGroups", "logGroupName")
			if got != c.want {
				t.Errorf("tag %s lists %q", c.value, got)
			}
		}
		r.restart()
	}
	r.fails("InvalidParameterException", "mutually exclusive", "DescribeLogGroups", object{"logGroupNamePrefix": "a", "logGroupNamePattern": "b"})
	r.fails("ValidationException", "deletion protection", "DeleteLogGroup", object{"logGroupName": "/other"})
	r.ok("PutLogGroupDeletionProtection", object{"logGroupIdentifier": "/other", "deletionProtectionEnabled": false})
	for _, name := range []string{"/other", "/cruddur/api", "/cruddur/Api"} {
		r.ok("DeleteLogGroup", object{"logGroupName": name})
		r.fails("ResourceNotFoundException", "The specified log group does not exist.", "DeleteLogGroup", object{"logGroupName": name})
	}
	if d := r.Datasets.List("test"); len(d) != 0 {
		t.Errorf("datasets are left: %v", d)
	}
}

func TestLogGroups_PagesAreWholeAndTokensLast(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("g%d", i)
		want = append(want, name)
		r.ok("CreateLogGroup", object{"logGroupName": name})
	}
	var got []string
	token := ""
	for range 4 {
		in := object{"limit": 3, "logGroupNamePrefix": "g"}
		if token != "" {
			in["nextToken"] = token
			r.fails("InvalidParameterException", "The specified nextToken is invalid.", "DescribeLogGroups", object{"limit": 3, "nextToken": token})
			r.restart()
		}
		out := r.ok("DescribeLogGroups", in)
		got = append(got, names(out, "logGroups", "logGroupName"))
		if token, _ = out["nextToken"].(string); token == "" {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") || len(got) != 3 {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"x", "!", strings.Repeat("A", 20)} {
		r.fails("InvalidParameterException", "The specified nextToken is invalid.", "DescribeLogGroups", object{"nextToken": bad})
	}
}

func TestRetention_IsOneOfTheServicesDays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	r.fails("InvalidParameterException", "[1, 3, 5, 7, 14,", "PutRetentionPolicy", object{"logGroupName": "g", "retentionInDays": 8})
	r.ok("PutRetentionPolicy", object{"logGroupName": "g", "retentionInDays": 14})
	r.restart()
	if g := first(t, r.ok("DescribeLogGroups", ""), "logGroups"); g["retentionInDays"] != 14.0 {
		t.Errorf("%v", g)
	}
	r.ok("DeleteRetentionPolicy", object{"logGroupName": "g"})
	if _, has := first(t, r.ok("DescribeLogGroups", ""), "logGroups")["retentionInDays"]; has {
		t.Error("the retention is still there")
	}
}

func TestTags_OfAResource(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "g", "tags": object{"a": "1"}})
	arn, _ := first(t, r.ok("DescribeLogGroups", ""), "logGroups")["logGroupArn"].(string)
	r.ok("TagResource", object{"resourceArn": arn, "tags": object{"b": "2"}})
	r.ok("TagLogGroup", object{"logGroupName": "g", "tags": object{"c": "3", "a": "4"}})
	r.ok("UntagResource", object{"resourceArn": arn, "tagKeys": []string{"b", "nothing"}})
	for operation, in := range map[string]object{"ListTagsForResource": {"resourceArn": arn}, "ListTagsLogGroup": {"logGroupName": "g"}} {
		if got := fmt.Sprint(r.ok(operation, in)["tags"]); got != "map[a:4 c:3]" {
			t.Errorf("%s: %s", operation, got)
		}
	}
	many := object{}
	for i := range 49 {
		many[fmt.Sprint("k", i)] = ""
	}
	r.fails("TooManyTagsException", "50", "TagResource", object{"resourceArn": arn, "tags": many})
	r.fails("InvalidParameterException", "regular expression", "TagResource", object{"resourceArn": arn + ":*", "tags": object{"x": "y"}})
	r.fails("InvalidParameterException", "aws:", "TagLogGroup", object{"logGroupName": "g", "tags": object{"aws:x": "y"}})
}

// line writes lines into a group's dataset as the put operation does.
func (r *rig) lines(group, stream string, timesMS ...int64) {
	r.t.Helper()
	g := r.groups.find("test", testRegion, group)
	b := event.NewBatch("test", g.dataset)
	for _, at := range timesMS {
		b.Begin(at * 1e6)
		b.Set(event.FieldSignal, event.StringValue(event.SignalLog))
		b.Set(event.FieldBody, event.StringValue("0123456789"))
		b.Set(event.FieldLogGroup, event.StringValue(group))
		b.Set(event.FieldLogStream, event.StringValue(stream))
	}
	must(r.t, r.Door.Write(r.t.Context(), ingest.Request{Batches: []*event.Batch{b}, Protocol: protocolName}))
}

// What a stream says of its lines is right at once, and after a crash, whether or
// not the sums were written before it.
func TestLogStreams_KnowTheirLines(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.now.Load()
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "a"})
	r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "b"})
	r.fails("ResourceAlreadyExistsException", "The specified log stream already exists", "CreateLogStream", object{"logGroupName": "g", "logStreamName": "b"})
	if s := first(t, r.ok("DescribeLogStreams", object{"logGroupName": "g"}), "logStreams"); s["lastEventTimestamp"] != nil || s["creationTime"] != float64(now) {
		t.Errorf("%v", s)
	}
	r.lines("g", "b", now-5000, now-1000)
	must(t, r.groups.write(t.Context()))
	r.lines("g", "b", now-9000)
	r.lines("g", "a", now-8000)
	check := func(what string) {
		t.Helper()
		out := r.ok("DescribeLogStreams", object{"logGroupName": "g", "orderBy": "LastEventTime", "descending": true})
		if got := names(out, "logStreams", "logStreamName"); got != "b a" {
			t.Errorf("%s: %s", what, got)
		}
		b := first(t, out, "logStreams")
		if b["firstEventTimestamp"] != float64(now-9000) || b["lastEventTimestamp"] != float64(now-1000) || b["lastIngestionTime"] != float64(now) || b["storedBytes"] != 108.0 {
			t.Errorf("%s: %v", what, b)
		}
		if g := first(t, r.ok("DescribeLogGroups", ""), "logGroups"); g["storedBytes"] != 144.0 {
			t.Errorf("%s: %v", what, g)
		}
	}
	check("at once")
	crashed := t.TempDir()
	must(t, os.CopyFS(crashed, os.DirFS(r.dir))) // what is on disk now
	r.restart()
	check("after a restart")
	r.stop()
	r.dir = crashed
	r.open()
	check("after a crash")
}

// A stream that is made again begins anew: what was in the first one stays hidden.
func TestDeleteLogStream_HidesItsLines(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.now.Load()
	r.ok("CreateLogGroup", object{"logGroupName": "g"})
	r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "a"})
	r.lines("g", "a", now-5000)
	g := r.groups.find("test", testRegion, "g")
	s, _ := g.stream("a")
	if hidden := g.hidden(); len(hidden) != 0 {
		t.Errorf("%v", hidden)
	}
	r.ok("DeleteLogStream", object{"logGroupName": "g", "logStreamName": "a"})
	r.fails("ResourceNotFoundException", "The specified log stream does not exist.", "DeleteLogStream", object{"logGroupName": "g", "logStreamName": "a"})
	r.restart()
	for _, step := range []string{"gone", "made again"} {
		g = r.groups.find("test", testRegion, "g")
		if hidden := g.hidden(); len(hidden) != 1 || hidden[0] != (hiddenStream{"a", s.arrival}) {
			t.Errorf("%s: %v", step, hidden)
		}
		if step == "gone" {
			r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "a"})
			r.restart()
		}
	}
	if again, _ := g.stream("a"); again.bytes != 0 || again.last != 0 {
		t.Errorf("%+v", again)
	}
}

// Lines that came by OTLP are a group of their dataset's name, which can be read only.
func TestVirtualGroups_ShowWhatCameOtherwise(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	slug, err := r.Datasets.Resolve("test", "Checkout", true)
	must(t, err)
	b := event.NewBatch("test", slug)
	b.Begin(r.now.Load() * 1e6)
	b.Set(event.FieldBody, event.StringValue("hello"))
	must(t, r.Door.Write(t.Context(), ingest.Request{Batches: []*event.Batch{b}}))
	if got := names(r.ok("DescribeLogGroups", ""), "logGroups", "logGroupName"); got != "Checkout" {
		t.Errorf("%q", got)
	}
	if got := names(r.ok("DescribeLogStreams", object{"logGroupName": "Checkout"}), "logStreams", "logStreamName"); got != virtualStream {
		t.Errorf("%q", got)
	}
	r.fails("InvalidParameterException", "can only be read", "DeleteLogGroup", object{"logGroupName": "Checkout"})
	r.ok("CreateLogGroup", object{"logGroupName": "Checkout"})
	if got := names(r.ok("DescribeLogGroups", ""), "logGroups", "logGroupName"); got != "Checkout" {
		t.Errorf("%q", got)
	}
	if g := r.groups.find("test", testRegion, "Checkout"); g.virtual || g.dataset != "checkout-2" {
		t.Errorf("%+v", g)
	}
}

func TestCalls_ThatAreNoCallsOfOurs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fails("UnknownOperationException", "Nothing", "Nothing", "{}")
	for body, want := range map[string]string{
		"[":                           "START_ARRAY found where a structure or map was expected.",
		"{":                           "not JSON",
		"{} x":                        "goes on",
		`{"limit":"x"}`:               "STRING_VALUE can not be converted to an Integer",
		`{"limit":1.5}`:               "NUMBER_VALUE 1.5 can not be converted",
		`{"logGroupIdentifiers":"x"}`: "STRING_VALUE found where a list was expected.",
		`{"LOGGROUPNAMEPREFIX":5}`:    "NUMBER_VALUE can not be converted to a String",
	} {
		r.fails("SerializationException", want, "DescribeLogGroups", body)
	}
	r.fails("InvalidParameterException", "has 3000010 bytes", "DescribeLogGroups", strings.Repeat(" ", 3_000_008)+"{}")
	r.ok("DescribeLogGroups", `{"unknown":[{"a":[1,2]}],"limit":null}`)
}

func FuzzCheck(f *testing.F) {
	m, err := readModel()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("PutMetricFilter", `{"logGroupName":"g","filterName":"f","filterPattern":"","metricTransformations":[{"metricName":"a"}]}`)
	f.Add("PutTransformer", `{"logGroupIdentifier":"g","transformerConfig":[{"csv":{"columns":["a"]}}]}`)
	f.Add("TagResource", `{"resourceArn":"a","tags":{"k":"v","":null}}`)
	f.Fuzz(func(t *testing.T, operation, body string) {
		in := m[operation]
		if in == nil {
			return
		}
		if err := in.Check([]byte(body)); err == nil && strings.TrimSpace(body) != "" && !json.Valid([]byte(body)) {
			t.Errorf("%s takes %q", operation, body)
		}
	})
}
