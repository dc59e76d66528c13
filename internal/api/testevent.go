package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// testKind is what a test event is: one for each vendor's door.
type testKind string

const (
	testTrace   testKind = "trace"   // two spans in OTLP
	testEvents  testKind = "event"   // of Honeycomb's events API
	testLines   testKind = "line"    // of CloudWatch Logs
	testError   testKind = "error"   // an item of Rollbar's
	testSegment testKind = "segment" // of X-Ray
)

// What test events come from, and the log group of test lines.
const (
	testService = "oriel-test"
	testGroup   = "/oriel/test"
)

// testStep is one request of a test event. Its body has variables of a shell, which
// is how people see it, as $NOW; see testVariables.
type testStep struct {
	path    string
	headers [][2]string
	service string // of AWS: what the request is signed for
	body    string
	mayFail bool // it makes what may be there
}

// testSteps are the requests of a kind.
func testSteps(kind testKind) []testStep {
	const json = "application/json"
	logs := func(operation, body string, mayFail bool) testStep {
		return testStep{path: "/", service: "logs", body: body, mayFail: mayFail, headers: [][2]string{
			{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "Logs_20140328." + operation},
		}}
	}
	switch kind {
	case testTrace:
		return []testStep{{path: "/v1/traces", headers: [][2]string{{"Content-Type", json}}, body: `{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "oriel-test"}}]},
  "scopeSpans": [{"spans": [
    {"traceId": "$TRACE", "spanId": "$SPAN", "name": "test event", "kind": 2, "startTimeUnixNano": "${NOW}000000000", "endTimeUnixNano": "${NOW}120000000"},
    {"traceId": "$TRACE", "spanId": "$CHILD", "parentSpanId": "$SPAN", "name": "it works", "kind": 1, "startTimeUnixNano": "${NOW}020000000", "endTimeUnixNano": "${NOW}100000000"}
  ]}]
}]}`}}
	case testEvents:
		return []testStep{{path: "/1/events/oriel-test", headers: [][2]string{{"Content-Type", json}}, body: `{"name": "test event", "service.name": "oriel-test", "duration_ms": 120}`}}
	case testLines:
		return []testStep{
			logs("CreateLogGroup", `{"logGroupName": "/oriel/test"}`, true),
			logs("CreateLogStream", `{"logGroupName": "/oriel/test", "logStreamName": "oriel-test"}`, true),
			logs("PutLogEvents", `{"logGroupName": "/oriel/test", "logStreamName": "oriel-test", "logEvents": [
  {"timestamp": ${NOW}000, "message": "INFO test event: it works trace_id=$TRACE"}
]}`, false),
		}
	case testError:
		return []testStep{{path: "/api/1/item/", headers: [][2]string{{"Content-Type", json}}, body: `{"data": {
  "environment": "test", "level": "error", "timestamp": $NOW, "language": "bash", "uuid": "$UUID",
  "body": {"trace": {"frames": [{"filename": "oriel-test.sh", "lineno": 1, "method": "main"}], "exception": {"class": "TestEvent", "message": "it works"}}}
}}`}}
	case testSegment:
		return []testStep{{path: "/TraceSegments", service: "xray", headers: [][2]string{{"Content-Type", json}}, body: `{"TraceSegmentDocuments": [
  "{\"name\": \"oriel-test\", \"id\": \"$SPAN\", \"trace_id\": \"1-$XTRACE\", \"start_time\": $NOW.0, \"end_time\": $NOW.12}"
]}`}}
	}
	return nil
}

// curlOf is the same as commands.
func curlOf(kind testKind, values setupValues) string {
	var b strings.Builder
	b.WriteString("NOW=$(date +%s) TRACE=$(openssl rand -hex 16) SPAN=$(openssl rand -hex 8) CHILD=$(openssl rand -hex 8)\n")
	uses := func(variable string) bool {
		return slices.ContainsFunc(testSteps(kind), func(s testStep) bool { return strings.Contains(s.body, variable) })
	}
	if uses("$XTRACE") {
		b.WriteString("XTRACE=$(printf '%08x' $NOW)-$(openssl rand -hex 12)\n")
	}
	if uses("$UUID") {
		b.WriteString("UUID=$(openssl rand -hex 16)\n")
	}
	for _, s := range testSteps(kind) {
		fmt.Fprintf(&b, "curl -sS %s%s", values.Endpoint, s.path)
		switch {
		case s.service != "":
			fmt.Fprintf(&b, " --aws-sigv4 aws:amz:%s:%s --user %s:%s", values.Region, s.service, values.AccessKey, values.SecretKey)
		case kind == testError:
			fmt.Fprintf(&b, " -H 'X-Rollbar-Access-Token: %s'", values.Token)
		default:
			fmt.Fprintf(&b, " -H 'X-Honeycomb-Team: %s'", values.Key)
		}
		for _, h := range s.headers {
			fmt.Fprintf(&b, " -H '%s: %s'", h[0], h[1])
		}
		fmt.Fprintf(&b, " --data-binary @- <<EOF\n%s\nEOF\n", s.body)
	}
	return strings.TrimRight(b.String(), "\n")
}

// testVariables are what the variables in the bodies stand for.
func (a *API) testVariables() map[string]string {
	var ids [48]byte
	_, _ = rand.Read(ids[:]) // never fails
	hexOf := func(from, to int) string { return hex.EncodeToString(ids[from:to]) }
	now := a.clock().Unix()
	return map[string]string{
		"NOW": strconv.FormatInt(now, 10), "TRACE": hexOf(0, 16), "SPAN": hexOf(16, 24), "CHILD": hexOf(24, 32), "UUID": hexOf(32, 48),
		"XTRACE": fmt.Sprintf("%08x-%s", now, hexOf(4, 16)),
	}
}

// testEvent sends an event through the door of a vendor, as its SDKs would, and
// answers when it is on disk.
func (a *API) testEvent(w http.ResponseWriter, r *http.Request) error {
	ask := struct {
		Kind testKind `json:"kind"`
	}{testTrace}
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &ask); err != nil {
			return err
		}
	}
	steps := testSteps(ask.Kind)
	if steps == nil {
		return fault.New(fault.Invalid, "kind is %.100q; it must be trace, event, line, error or segment", string(ask.Kind))
	}
	variables := a.testVariables()
	c := callerOf(r)
	if c.environment != c.principal.Environment {
		return fault.New(fault.Invalid, "without keys all that is sent goes to the environment %s: look there, or send with a key of %s", c.principal.Environment, c.environment)
	}
	values := setupValues{Token: openKey}
	if ask.Kind == testError { // the only door that takes no key of the page's own
		if err := a.addKey(r.Context(), c, auth.RollbarWrite, &values); err != nil {
			return err
		}
	}
	for _, s := range steps {
		if err := a.sendTest(r, s, c, values, variables); err != nil {
			return err
		}
	}
	answer := map[string]any{"kind": ask.Kind}
	switch ask.Kind {
	case testTrace:
		answer["trace_id"] = variables["TRACE"]
	case testSegment:
		answer["trace_id"] = strings.ReplaceAll(variables["XTRACE"], "-", "")
	case testLines:
		answer["group"], answer["stream"] = testGroup, testService
	case testError:
		answer["uuid"] = variables["UUID"]
	case testEvents:
		answer["dataset"] = testService
	}
	return a.answer(w, r, store.Stats{}, answer)
}

// sendTest makes one request of a test event.
func (a *API) sendTest(r *http.Request, s testStep, c caller, values setupValues, variables map[string]string) error {
	body := s.body
	for name, value := range variables {
		body = strings.NewReplacer("${"+name+"}", value, "$"+name, value).Replace(body)
	}
	target := "http://localhost" + s.path
	if s.service != "" {
		target += "?env=" + url.QueryEscape(c.environment)
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.RemoteAddr = r.RemoteAddr
	for _, h := range s.headers {
		req.Header.Set(h[0], h[1])
	}
	if strings.HasPrefix(s.path, "/api/1/") {
		req.Header.Set("X-Rollbar-Access-Token", values.Token)
	} else if c.key != "" {
		req.Header.Set("X-Honeycomb-Team", c.key)
	}
	answer := &recorded{header: http.Header{}, status: http.StatusOK}
	a.Doors.ServeHTTP(answer, req)
	if answer.status >= http.StatusMultipleChoices && !s.mayFail {
		return fault.New(fault.Unavailable, "the door %s answered %d: %s", s.path, answer.status, answer.body)
	}
	return nil
}

// recorded is the answer to a request that was made here: its status, and how its
// body begins.
type recorded struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (r *recorded) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorded) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *recorded) Write(p []byte) (int, error) {
	const most = 300
	r.body = append(r.body, p[:min(len(p), most-min(len(r.body), most))]...)
	return len(p), nil
}
