package xray

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixtureTrace is the id of one of the five traces of the fixture.
func fixtureTrace(n int) string {
	return fmt.Sprintf("1-%08x-00000000000000000000000%d", testClock().Unix()-60*int64(n), n)
}

// fixture sends the worked fixture of the reference, trace n n minutes ago.
func (r *rig) fixture() {
	r.t.Helper()
	var docs []string
	doc := func(n int, id, parent, name string, start, end float64, more object) object {
		at := float64(testClock().Unix() - 60*int64(n))
		o := object{"trace_id": fixtureTrace(n), "id": fmt.Sprintf("%015x%s", n, id), "name": name, "start_time": at + start, "end_time": at + end}
		if parent != "" {
			o["parent_id"] = fmt.Sprintf("%015x%s", n, parent)
		}
		maps.Copy(o, more)
		return o
	}
	send := func(o object) {
		raw, err := json.Marshal(o)
		must(r.t, err)
		docs = append(docs, string(raw))
	}
	request := func(method, url string, status int) object {
		return object{"request": object{"method": method, "url": url}, "response": object{"status": status}}
	}
	ec2 := "AWS::EC2::Instance"
	send(doc(1, "1", "", "api.example.com", 0, 0.3, object{
		"origin": ec2, "user": "alice", "http": request("GET", "https://api.example.com/v2/items", 200), "annotations": object{"gameid": "817DL6VO", "age": 31, "internal": false},
		"aws":         object{"ec2": object{"instance_id": "i-1", "availability_zone": "eu-1a"}},
		"subsegments": []any{doc(1, "2", "", "DynamoDB", 0.1, 0.2, object{"namespace": "aws", "aws": object{"table_name": "items", "operation": "GetItem"}})},
	}))
	send(doc(2, "1", "", "api.example.com", 0, 6, object{
		"origin": ec2, "user": "bob", "fault": true, "http": request("POST", "http://api.example.com/api/game/1", 500), "annotations": object{"age": 20},
		"subsegments": []any{
			doc(2, "2", "", "backend.example.com", 0.5, 5.9, object{"namespace": "remote", "fault": true, "http": object{"response": object{"status": 500}}}),
			doc(2, "4", "", "late", 6, 6.5, nil),
		},
	}))
	send(doc(2, "3", "2", "backend.example.com", 0.6, 5.8, object{
		"fault": true, "cause": object{"exceptions": []any{object{"id": "00000000000000ee", "type": "AccessDenied", "message": "Access Denied for account_id: 1234567890"}}},
	}))
	send(doc(3, "1", "", "frontend", 0, 0.1, object{
		"http":        request("GET", "http://front/home", 200),
		"subsegments": []any{doc(3, "2", "", "api.example.com", 0.01, 0.07, object{"namespace": "remote", "error": true, "http": object{"response": object{"status": 404}}})},
	}))
	send(doc(3, "3", "2", "api.example.com", 0.02, 0.07, object{"origin": ec2, "error": true, "http": object{"response": object{"status": 404}}}))
	send(doc(4, "1", "", "frontend", 0, 0.02, object{
		"error": true, "throttle": true, "http": request("GET", "http://front/home?retry=1", 429), "annotations": object{"http.route": "/home"},
		"subsegments": []any{doc(4, "2", "", "worker", 0.005, 0.015, object{"namespace": "remote"})},
	}))
	pending := doc(4, "3", "2", "worker", 4, 4, object{"in_progress": true})
	delete(pending, "end_time")
	send(pending)
	send(doc(5, "1", "", "gateway", 0, 2.5, object{
		"http":        request("GET", "http://gw/fn", 200),
		"subsegments": []any{doc(5, "2", "", "Lambda", 0.01, 2.45, object{"namespace": "aws", "aws": object{"function_name": "fn", "operation": "Invoke"}})},
	}))
	send(doc(5, "3", "2", "fn", 0.02, 2.4, object{"origin": "AWS::Lambda"}))
	send(doc(5, "4", "3", "fn", 0.03, 2.3, object{"origin": "AWS::Lambda::Function", "error": true}))
	if bad := r.ok("/TraceSegments", object{"TraceSegmentDocuments": docs})["UnprocessedTraceSegments"].([]any); len(bad) > 0 {
		r.t.Fatalf("unprocessed: %v", bad)
	}
}

// lastHour is the time range of the fixture.
func lastHour(more object) object {
	o := object{"StartTime": testClock().Unix() - 3600, "EndTime": testClock().Unix()}
	maps.Copy(o, more)
	return o
}

// matches names the traces of the fixture whose summaries are answered.
func (r *rig) matches(expression string) string {
	r.t.Helper()
	var names []string
	for _, s := range r.ok("/TraceSummaries", lastHour(object{"FilterExpression": expression}))["TraceSummaries"].([]any) {
		id := s.(object)["Id"].(string)
		names = append(names, "T"+id[len(id)-1:])
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// The table of expressions holds for what SDKs send, through the whole server; see
// also the test of package xrayfilter.
func TestGetTraceSummaries_FiltersAsTheReferenceSays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fixture()
	r.ok("/CreateGroup", object{"GroupName": "slow", "FilterExpression": "responsetime > 2"})
	for expression, want := range map[string]string{
		"":                                "T1 T2 T3 T4 T5",
		"ok":                              "T1 T3 T5",
		"!ok":                             "T2 T4",
		"error":                           "T4",
		"partial":                         "T4",
		"inferred":                        "T1",
		"ok !partial duration <3":         "T1 T3 T5",
		"duration >= 3 AND duration <= 8": "T2 T4",
		"http.status != 200":              "T2 T4",
		`http.url BEGINSWITH "http://front" http.method = "GET"`: "T3 T4",
		"annotation.age > 29":                                              "T1",
		"annotation.internal":                                              "",
		"annotation.internal = false":                                      "T1",
		`annotation[http.route] = "/home"`:                                 "T4",
		`service("api.example.com") { root }`:                              "T1 T2",
		"service() { error }":                                              "T3 T4 T5",
		`edge("frontend", "api.example.com") { error }`:                    "T3",
		`service(id(name: "fn", type: "AWS::Lambda::Function")) { error }`: "T5",
		`service(id(type: "AWS::DynamoDB::Table"))`:                        "T1",
		`rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }`: "T2",
		`group.name = "slow" AND user = "bob"`:                                                        "T2",
	} {
		if got := r.matches(expression); got != want {
			t.Errorf("%s matches %q, want %q", expression, got, want)
		}
	}
	for _, bad := range []string{"responsetime >", `service("a" {fault}`, "foo = 1", `http.status CONTAINS "2"`, "(ok", "ok AND", `group.name = "none"`} {
		r.fails(400, "InvalidRequestException", "", "/TraceSummaries", lastHour(object{"FilterExpression": bad}))
	}
	r.fails(400, "InvalidRequestException", "column 15", "/TraceSummaries", lastHour(object{"FilterExpression": "responsetime >"}))
	r.fails(400, "InvalidRequestException", "after", "/TraceSummaries", object{"StartTime": 2, "EndTime": 1})
	r.fails(400, "InvalidRequestException", "NextToken", "/TraceSummaries", lastHour(object{"NextToken": "x"}))
}

func TestGetTraceSummaries_SaysWhatATraceIs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fixture()
	answer := r.ok("/TraceSummaries", lastHour(object{"TimeRangeType": "Event"}))
	if answer["TracesProcessedCount"] != 5.0 || answer["ApproximateTime"] != float64(testClock().Unix()-3600) || answer["NextToken"] != nil {
		t.Errorf("the envelope is %v", answer)
	}
	byName := map[string]object{}
	for _, s := range answer["TraceSummaries"].([]any) {
		id := s.(object)["Id"].(string)
		byName["T"+id[len(id)-1:]] = s.(object)
	}
	ec2 := object{"Name": "api.example.com", "Names": []any{"api.example.com"}, "Type": "AWS::EC2::Instance"}
	client := object{"Name": "api.example.com", "Names": []any{"api.example.com"}, "Type": "client"}
	at := float64(testClock().Unix() - 60)
	want := object{
		"Id": fixtureTrace(1), "StartTime": at, "Duration": 0.3, "ResponseTime": 0.3, "HasFault": false, "HasError": false, "HasThrottle": false, "IsPartial": false,
		"Http": object{"HttpURL": "https://api.example.com/v2/items", "HttpStatus": 200.0, "HttpMethod": "GET"},
		"Annotations": object{
			"gameid":   []any{object{"AnnotationValue": object{"StringValue": "817DL6VO"}, "ServiceIds": []any{ec2}}},
			"age":      []any{object{"AnnotationValue": object{"NumberValue": 31.0}, "ServiceIds": []any{ec2}}},
			"internal": []any{object{"AnnotationValue": object{"BooleanValue": false}, "ServiceIds": []any{ec2}}},
		},
		"Users":        []any{object{"UserName": "alice", "ServiceIds": []any{ec2}}},
		"ServiceIds":   []any{client, ec2, object{"Name": "items", "Names": []any{"items"}, "Type": "AWS::DynamoDB::Table"}},
		"ResourceARNs": []any{}, "InstanceIds": []any{object{"Id": "i-1"}}, "AvailabilityZones": []any{object{"Name": "eu-1a"}}, "EntryPoint": ec2,
		"FaultRootCauses": []any{}, "ErrorRootCauses": []any{}, "ResponseTimeRootCauses": []any{}, "Revision": 1.0, "MatchedEventTime": at + 0.3,
	}
	near := cmp.Comparer(func(x, y float64) bool { return x-y < 1e-5 && y-x < 1e-5 })
	if d := cmp.Diff(want, byName["T1"], near); d != "" {
		t.Errorf("T1: %s", d)
	}
	causes := []any{object{"ClientImpacting": true, "Services": []any{
		object{"Name": "api.example.com", "Names": []any{"api.example.com"}, "Type": "AWS::EC2::Instance", "Inferred": false, "EntityPath": []any{
			object{"Name": "api.example.com", "Exceptions": []any{}, "Remote": false}, object{"Name": "backend.example.com", "Exceptions": []any{}, "Remote": true},
		}},
		object{"Name": "backend.example.com", "Names": []any{"backend.example.com"}, "Type": "", "Inferred": false, "EntityPath": []any{
			object{"Name": "backend.example.com", "Exceptions": []any{object{"Name": "AccessDenied", "Message": "Access Denied for account_id: 1234567890"}}, "Remote": false},
		}},
	}}}
	if d := cmp.Diff(causes, byName["T2"]["FaultRootCauses"], near); d != "" {
		t.Errorf("T2: %s", d)
	}
	if s := byName["T4"]; s["HasThrottle"] != true || s["HasError"] != true || s["IsPartial"] != true || s["HasFault"] != false {
		t.Errorf("T4: %v", s)
	}
	slow := byName["T5"]["ResponseTimeRootCauses"].([]any)
	if len(slow) != 1 || len(slow[0].(object)["Services"].([]any)) != 3 {
		t.Errorf("T5: %v", slow)
	}
}

// Pages go from the newest to the oldest, and hold each trace once.
func TestGetTraceSummaries_PagesFromTheNewest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const traces = 700
	for from := 0; from < traces; from += 100 {
		var docs []string
		for i := from; i < from+100; i++ {
			at := testClock().Unix() - 3000 + int64(i)
			docs = append(docs, fmt.Sprintf(`{"trace_id":"1-%08x-%024x","id":"%016x","name":"api","start_time":%d,"end_time":%d.5,"annotations":{"n":%d}}`, at, i, i+1, at, at, i))
		}
		r.ok("/TraceSegments", object{"TraceSegmentDocuments": docs})
	}
	for _, c := range []struct {
		filter string
		share  float64
		low    int
		high   int
	}{{"", 1, traces, traces}, {"annotation.n >= 200", 1, 500, 500}, {"annotation.n >= 200 !fault", 0.5, 180, 320}} {
		var ids []string
		token, pages := any(nil), 0
		for more := true; more; more = token != nil {
			in := lastHour(object{"FilterExpression": c.filter, "SamplingStrategy": object{"Name": "FixedRate", "Value": c.share}})
			if token != nil {
				in["NextToken"] = token
			}
			answer := r.ok("/TraceSummaries", in)
			for _, s := range answer["TraceSummaries"].([]any) {
				ids = append(ids, s.(object)["Id"].(string))
			}
			token = answer["NextToken"]
			pages++
		}
		if len(ids) < c.low || len(ids) > c.high || pages < 2 || !slices.IsSortedFunc(ids, func(x, y string) int { return strings.Compare(y, x) }) {
			t.Errorf("%q: %d traces on %d pages", c.filter, len(ids), pages)
		}
		if compact := slices.Compact(ids); len(compact) != len(ids) {
			t.Errorf("%q: traces come twice", c.filter)
		}
	}
}
