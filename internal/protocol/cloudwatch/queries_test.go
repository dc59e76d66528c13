package cloudwatch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// queryRig has the group of the examples, with two streams.
func queryRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.ok("CreateLogGroup", object{"logGroupName": "/cruddur/api"})
	for _, stream := range []string{"web-1", "web-2"} {
		r.ok("CreateLogStream", object{"logGroupName": "/cruddur/api", "logStreamName": stream})
	}
	at := testClock().UnixMilli()
	r.ok("PutLogEvents", object{"logGroupName": "/cruddur/api", "logStreamName": "web-1", "logEvents": []object{
		{"timestamp": at - 3000, "message": `{"level":"INFO","ms":10}`}, {"timestamp": at - 2000, "message": `{"level":"ERROR","ms":250.5}`},
	}})
	r.ok("PutLogEvents", object{"logGroupName": "/cruddur/api", "logStreamName": "web-2", "logEvents": []object{
		{"timestamp": at - 1000, "message": `{"level":"INFO","ms":30}`},
	}})
	return r
}

func (r *rig) startQuery(text string) string {
	r.t.Helper()
	at := testClock().Unix()
	return r.ok("StartQuery", object{"logGroupName": "/cruddur/api", "startTime": at - 3600, "endTime": at, "queryString": text})["queryId"].(string)
}

// results waits until a query has ended.
func (r *rig) results(id string) object {
	r.t.Helper()
	for {
		out := r.ok("GetQueryResults", object{"queryId": id})
		if out["status"] != "Running" && out["status"] != "Scheduled" {
			return out
		}
	}
}

func rowsText(out object) []string {
	var rows []string
	for _, row := range out["results"].([]any) {
		var cells []string
		for _, cell := range row.([]any) {
			c := cell.(object)
			if c["field"] != "@ptr" {
				cells = append(cells, c["field"].(string)+"="+c["value"].(string))
			}
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return rows
}

func TestStartQuery_AnswersInTheBackground(t *testing.T) {
	t.Parallel()
	r := queryRig(t)
	out := r.results(r.startQuery("filter ms > 20 | fields @timestamp, level, ms, nothing | sort @timestamp asc"))
	want := []string{"@timestamp=2026-01-15 09:59:58.000 | level=ERROR | ms=250.5", "@timestamp=2026-01-15 09:59:59.000 | level=INFO | ms=30"}
	if d := cmp.Diff(want, rowsText(out)); d != "" {
		t.Error(d)
	}
	statistics := out["statistics"].(object)
	if statistics["recordsMatched"] != 2.0 || statistics["recordsScanned"] != 3.0 || statistics["logGroupsScanned"] != 1.0 || statistics["bytesScanned"] == 0.0 {
		t.Errorf("statistics %v", statistics)
	}
	row := out["results"].([]any)[0].([]any)
	last := row[len(row)-1].(object)
	if last["field"] != "@ptr" {
		t.Fatalf("a row of an event ends with %v, not with its pointer", last)
	}
	record := r.ok("GetLogRecord", object{"logRecordPointer": last["value"]})["logRecord"].(object)
	if record["@message"] != `{"level":"ERROR","ms":250.5}` {
		t.Errorf("the pointer leads to %v", record)
	}
}

func TestGetQueryResults_GivesWhatARunningQueryHasComeTo(t *testing.T) {
	t.Parallel()
	r := queryRig(t)
	told, release := make(chan struct{}), make(chan struct{})
	r.store.running = func(q *query.Query, opts store.Options) {
		if opts.Partial == nil {
			return
		}
		soFar, err := r.store.Reference.Run(t.Context(), q, store.Options{})
		if err != nil {
			t.Error(err)
			return
		}
		opts.Partial(soFar)
		close(told)
		<-release
	}
	id := r.startQuery("stats count(*) as n by level | sort level asc")
	<-told
	want := []string{"level=ERROR | n=1", "level=INFO | n=2"}
	out := r.ok("GetQueryResults", object{"queryId": id})
	if d := cmp.Diff(want, rowsText(out)); d != "" || out["status"] != "Running" || out["nextToken"] != nil {
		t.Errorf("on the way: status %v, token %v, %s", out["status"], out["nextToken"], d)
	}
	if d := cmp.Diff(want[:1], rowsText(r.ok("GetQueryResults", object{"queryId": id, "maxItems": 1}))); d != "" {
		t.Error(d)
	}
	close(release)
	if out = r.results(id); out["status"] != "Complete" || cmp.Diff(want, rowsText(out)) != "" {
		t.Errorf("in the end: %v", out)
	}
}

// Spans are told apart, though they have one time, and their messages are those of
// GetLogEvents.
func TestStartQuery_ShowsSpansAsLines(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	slug, err := r.Datasets.Resolve("test", "Checkout", true)
	must(t, err)
	b := event.NewBatch("test", slug)
	for i := range 3 {
		b.Begin(testClock().Add(-time.Minute).UnixNano())
		for name, v := range map[string]event.Value{
			event.FieldSignal: event.StringValue(event.SignalTrace), event.FieldTraceID: event.StringValue(strings.Repeat("a", 32)),
			event.FieldSpanID: event.StringValue(fmt.Sprintf("%016d", i)), event.FieldDuration: event.FloatValue(2.5), event.FieldName: event.StringValue("GET /"),
		} {
			b.Set(name, v)
		}
	}
	must(t, r.Door.Write(t.Context(), ingest.Request{Batches: []*event.Batch{b}}))
	var want []string
	for _, e := range r.ok("GetLogEvents", object{"logGroupName": "aws/spans", "logStreamName": "default", "startFromHead": true})["events"].([]any) {
		want = append(want, e.(object)["message"].(string))
	}
	at := testClock().Unix()
	in := object{"logGroupName": "aws/spans", "startTime": at - 3600, "endTime": at, "queryString": "fields @message | filter name = 'GET /'"}
	rows := r.results(r.ok("StartQuery", in)["queryId"].(string))["results"].([]any)
	var got []string
	for _, row := range rows {
		cells := row.([]any)
		message, pointer := cells[0].(object)["value"].(string), cells[1].(object)["value"]
		got = append(got, message)
		if record := r.ok("GetLogRecord", object{"logRecordPointer": pointer})["logRecord"].(object); record["@message"] != message {
			t.Errorf("the pointer of %s leads to %v", message, record["@message"])
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" || len(got) != 3 {
		t.Error(d)
	}
	in["queryString"] = "filter @message like 'GET' | stats count(*)"
	r.fails("MalformedQueryException", "@message", "StartQuery", in)
}

func TestQueries_SurviveARestart(t *testing.T) {
	t.Parallel()
	r := queryRig(t)
	id := r.startQuery("stats count(*) as n by level")
	want := rowsText(r.results(id))
	r.restart()
	if d := cmp.Diff(want, rowsText(r.results(id))); d != "" {
		t.Error(d)
	}
	queries := r.ok("DescribeQueries", object{"logGroupName": "/cruddur/api", "status": "Complete"})["queries"].([]any)
	if len(queries) != 1 {
		t.Fatalf("%d queries are listed, want 1", len(queries))
	}
	q := queries[0].(object)
	if q["queryId"] != id || q["queryString"] != `SOURCE "/cruddur/api" START=1768467600000 END=1768471200999 | stats count(*) as n by level` {
		t.Errorf("it is listed as %v", q)
	}
	groups := r.ok("ListLogGroupsForQuery", object{"queryId": id})["logGroupIdentifiers"]
	if d := cmp.Diff([]any{"/cruddur/api"}, groups); d != "" {
		t.Error(d)
	}
	r.now.Add(keptFor.Milliseconds() + 1)
	r.fails("ResourceNotFoundException", "does not exist", "GetQueryResults", object{"queryId": id})
}

func TestGetQueryResults_IsCutIntoPages(t *testing.T) {
	t.Parallel()
	r := queryRig(t)
	id := r.startQuery("fields ms | sort ms asc")
	r.results(id)
	var rows []string
	in := object{"queryId": id, "maxItems": 2}
	for range 5 {
		out := r.ok("GetQueryResults", in)
		rows = append(rows, rowsText(out)...)
		if out["nextToken"] == nil {
			break
		}
		in["nextToken"] = out["nextToken"]
	}
	if d := cmp.Diff([]string{"ms=10", "ms=30", "ms=250.5"}, rows); d != "" {
		t.Error(d)
	}
	r.fails("InvalidParameterException", "nextToken is invalid", "GetQueryResults", object{"queryId": id, "nextToken": "x"})
}

func TestStartQuery_RefusesWhatItCannotRun(t *testing.T) {
	t.Parallel()
	r := queryRig(t)
	at := testClock().Unix()
	ask := func(change object) object {
		in := object{"logGroupName": "/cruddur/api", "startTime": at - 60, "endTime": at, "queryString": "fields @message"}
		for name, v := range change {
			if in[name] = v; v == nil {
				delete(in, name)
			}
		}
		return in
	}
	r.fails("ResourceNotFoundException", "Log group '/none' does not exist for account ID", "StartQuery", ask(object{"logGroupName": "/none"}))
	r.fails("InvalidParameterException", "Only one of", "StartQuery", ask(object{"logGroupNames": []string{"/cruddur/api"}}))
	r.fails("InvalidParameterException", "names no log group", "StartQuery", ask(object{"logGroupName": nil}))
	r.fails("InvalidParameterException", "before start time", "StartQuery", ask(object{"endTime": at - 61}))
	r.fails("InvalidParameterException", "PPL is not served", "StartQuery", ask(object{"queryLanguage": "PPL"}))
	r.fails("MalformedQueryException", "SOURCE names no log group", "StartQuery", ask(object{"queryString": "SOURCE 'none' | fields a"}))
	r.fails("ResourceNotFoundException", "does not exist", "GetQueryResults", object{"queryId": "x"})
	r.fails("ResourceNotFoundException", "does not exist", "StopQuery", object{"queryId": "x"})
	id := r.startQuery("fields ms")
	r.results(id)
	r.fails("InvalidParameterException", "not currently running", "StopQuery", object{"queryId": id})

	status, body := r.send("StartQuery", ask(object{"queryString": "fields @message | fitler status = 200"}))
	var e struct {
		Type              string `json:"__type"`
		QueryCompileError struct {
			Location struct{ StartCharOffset, EndCharOffset int }
			Message  string
		}
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || status != http.StatusBadRequest {
		t.Fatalf("%d %s", status, body)
	}
	if at := e.QueryCompileError.Location; e.Type != "MalformedQueryException" || at.StartCharOffset != 18 || at.EndCharOffset != 24 || !strings.Contains(e.QueryCompileError.Message, "fitler") {
		t.Errorf("%s", body)
	}
}

func TestStartQuery_TakesSourcesAndTimesInMilliseconds(t *testing.T) {
	t.Parallel()
	r := queryRig(t)
	at := testClock().UnixMilli()
	id := r.ok("StartQuery", object{"startTime": at - 3_600_000, "endTime": at, "queryString": "SOURCE logGroups(namePrefix: ['/cruddur']) | stats count(*) as n by @log"})["queryId"].(string)
	out := rowsText(r.results(id))
	if len(out) != 1 || !strings.HasSuffix(out[0], ":/cruddur/api | n=3") {
		t.Errorf("rows %q", out)
	}
}
