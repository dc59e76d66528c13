package sdk_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// joined is a trace as the Trace page gets it.
type joined struct {
	Strings []string
	Spans   struct {
		ID      []string
		Name    []int
		Service []int
	}
	Annotations struct {
		Name []int
		Kind []int
	}
}

// named lists the texts of what is annotated, of one kind: 3 log lines, 4 errors.
func (j *joined) named(kind int) (out []string) {
	for i, k := range j.Annotations.Kind {
		if k == kind {
			out = append(out, j.Strings[j.Annotations.Name[i]])
		}
	}
	return out
}

// visit is what a client of the app asked and was answered, as the app tells it.
type visit struct {
	Trace, Method, Path string
	Status              int
}

// left is what a visit leaves behind.
type left struct {
	status       int
	spans        map[string]int // of OpenTelemetry, by name; pyrollbar's post is one, too
	lines        []string       // parts of them
	failed       string         // the title of its item
	fault, wrong bool           // as X-Ray has it
	calls        bool           // it calls the app again
	slow         bool
}

func leftBy(method, path string) left {
	switch {
	case strings.HasPrefix(path, "/api/activities/home"):
		return left{200, map[string]int{"GET /api/activities/home": 1, "home-activities": 1}, []string{"home feed of three", `GET http ` + path + ` 200 OK`}, "", false, false, false, false}
	case path == "/api/messages/andrew":
		return left{200, map[string]int{"GET /api/messages/<handle>": 1}, []string{"GET http /api/messages/andrew? 200 OK"}, "", false, false, false, false}
	case path == "/api/messages/bayko":
		return left{500, map[string]int{"GET /api/messages/<handle>": 1, "exception": 1, "POST": 1}, []string{"GET http /api/messages/bayko? 500"}, "KeyError: 'bayko'", true, false, false, false}
	case path == "/api/activities/search/tea":
		return left{200, map[string]int{"GET /api/activities/search/<term>": 1, "search-activities": 1}, []string{"looked at every activity", "/api/activities/search/tea? 200 OK"}, "", false, false, false, true}
	case path == "/api/nowhere":
		return left{404, map[string]int{method + " /api/nowhere": 1}, []string{"GET http /api/nowhere? 404"}, "", false, true, false, false}
	}
	return left{}
}

// leftByPost is what the two kinds of posts leave: one that is taken, and one that
// fails where the app calls itself.
func leftByPost(status int) left {
	spans := map[string]int{"POST /api/activities": 1, "POST": 1, "POST /api/moderation": 1}
	if status == http.StatusCreated {
		return left{status, spans, []string{"moderated 5 characters", "POST http /api/moderation? 200 OK", "POST http /api/activities? 201"}, "", false, false, true, false}
	}
	spans["POST"], spans["exception"] = 2, 1
	return left{status, spans, []string{"moderation answered 500", "POST http /api/moderation? 500", "POST http /api/activities? 502"}, "ValueError: there is nothing to moderate", true, false, true, false}
}

// The app of the tutorials, instrumented for four products at once, pointed here by
// its environment alone, and asked by eight clients at once: what each visit left is in
// each vendor's API, and each knows the others.
func TestCruddurInPython_FourVendorsKnowOneAnother(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	s.key = "any"
	url := "http://" + s.addr["listen"]
	told := s.program(append(s.daemonEnv(),
		"OTEL_EXPORTER_OTLP_ENDPOINT="+url, "OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=any", "OTEL_SERVICE_NAME=backend-flask", "OTEL_PYTHON_LOG_CORRELATION=true",
		"AWS_ENDPOINT_URL="+url, "AWS_DEFAULT_REGION="+awsRegion, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_EC2_METADATA_DISABLED=true",
		"ROLLBAR_ACCESS_TOKEN=any", "ROLLBAR_ENDPOINT="+url+"/api/1/",
	), python(t), "python/cruddur.py")
	visits, want := map[string]left{}, counts{}
	for line := range strings.Lines(string(told)) {
		var v visit
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		l := leftBy(v.Method, v.Path)
		if v.Method == http.MethodPost {
			l = leftByPost(v.Status)
		}
		if v.Status != l.status {
			t.Fatalf("%s %s was answered %d", v.Method, v.Path, v.Status)
		}
		visits[v.Trace] = l
		want.add(l)
	}
	if len(visits) != 40 || want.failed != 10 {
		t.Fatalf("%d visits, %d of which failed", len(visits), want.failed)
	}
	s.expect(
		map[string]any{"kind": "", "where": `telemetry.sdk.name = "opentelemetry"`, "at_least": want.spans},
		map[string]any{"kind": "log", "at_least": want.lines},
		map[string]any{"kind": "error", "at_least": want.failed},
	)
	s.honeycombHas(visits)
	s.linesHave(visits)
	s.itemsHave(visits)
	s.segmentsHave(visits)
	s.pagesHave(visits)
}

// counts are sums over all visits.
type counts struct{ spans, lines, failed int }

func (c *counts) add(l left) {
	for _, n := range l.spans {
		c.spans += n
	}
	c.lines += len(l.lines)
	if l.failed != "" {
		c.failed++
	}
}

// honeycombHas checks the spans of each visit by Honeycomb's query API.
func (s *xrayServer) honeycombHas(visits map[string]left) {
	s.t.Helper()
	got := map[string]map[string]int{}
	for _, row := range s.honeycombRows("backend-flask", []string{"trace.trace_id", "name"}, map[string]any{"column": "telemetry.sdk.name", "op": "=", "value": "opentelemetry"}) {
		id := fmt.Sprint(row["trace.trace_id"])
		if got[id] == nil {
			got[id] = map[string]int{}
		}
		n, _ := row["COUNT"].(float64)
		got[id][fmt.Sprint(row["name"])] = int(n)
	}
	for id, l := range visits {
		if !maps.Equal(got[id], l.spans) {
			s.t.Errorf("Honeycomb has the spans %v of %s, want %v", got[id], id, l.spans)
		}
	}
	if len(got) != len(visits) {
		s.t.Errorf("Honeycomb has %d traces, want %d", len(got), len(visits))
	}
}

// linesHave checks the lines of each visit by CloudWatch Logs, found by its trace.
func (s *xrayServer) linesHave(visits map[string]left) {
	s.t.Helper()
	url := "http://" + s.addr["listen"]
	client := logs.New(logs.Options{BaseEndpoint: &url, Region: awsRegion, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	for id, l := range visits {
		found, err := client.FilterLogEvents(s.t.Context(), &logs.FilterLogEventsInput{LogGroupName: aws.String("cruddur"), FilterPattern: aws.String(`"` + id + `"`)})
		if err != nil {
			s.t.Fatal(err)
		}
		missing := slices.DeleteFunc(slices.Clone(l.lines), func(part string) bool {
			return slices.ContainsFunc(found.Events, func(e logtypes.FilteredLogEvent) bool { return strings.Contains(*e.Message, part) })
		})
		if len(found.Events) != len(l.lines) || len(missing) > 0 {
			s.t.Errorf("CloudWatch has %d lines of %s, without %q", len(found.Events), id, missing)
		}
	}
}

// itemsHave checks Rollbar's items: one of each error, with an occurrence of each
// visit that knows its trace, though OpenTelemetry and X-Ray saw the exception, too.
func (s *xrayServer) itemsHave(visits map[string]left) {
	s.t.Helper()
	var items struct {
		Result struct {
			Items []struct {
				ID               int64 `json:"id"`
				Title            string
				TotalOccurrences int `json:"total_occurrences"`
			}
		}
	}
	s.call(http.MethodGet, "/api/1/items?access_token=any", nil, &items)
	want, got := map[string][]string{}, map[string][]string{}
	for id, l := range visits {
		if l.failed != "" {
			want[l.failed] = append(want[l.failed], id)
		}
	}
	for _, item := range items.Result.Items {
		var instances struct {
			Result struct {
				Instances []struct{ Data map[string]any }
			}
		}
		s.call(http.MethodGet, fmt.Sprintf("/api/1/item/%d/instances?access_token=any", item.ID), nil, &instances)
		if item.TotalOccurrences != len(instances.Result.Instances) {
			s.t.Errorf("%s has %d occurrences, and counts %d", item.Title, len(instances.Result.Instances), item.TotalOccurrences)
		}
		for _, one := range instances.Result.Instances {
			raw, err := json.Marshal(one.Data)
			if err != nil || !strings.Contains(string(raw), "cruddur.py") {
				s.t.Errorf("an occurrence without its code: %s, %v", raw, err)
			}
			for id := range visits {
				if strings.Contains(string(raw), id) {
					got[item.Title] = append(got[item.Title], id)
				}
			}
		}
	}
	for _, of := range []map[string][]string{want, got} {
		for title := range of {
			slices.Sort(of[title])
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		s.t.Errorf("Rollbar has the items and traces %v, want %v", got, want)
	}
}

// segmentsHave checks X-Ray: each visit by its summary, its filter expressions and its
// documents, in which spans and segments stand side by side.
func (s *xrayServer) segmentsHave(visits map[string]left) {
	s.t.Helper()
	want := map[string][]string{"": nil, "fault": nil, "error AND !fault": nil, `annotation[term] = "tea" AND responsetime >= 0.3`: nil}
	for id, l := range visits {
		own := "1-" + id[:8] + "-" + id[8:]
		for filter, in := range map[string]bool{"": true, "fault": l.fault, "error AND !fault": l.wrong, `annotation[term] = "tea" AND responsetime >= 0.3`: l.slow} {
			if in {
				want[filter] = append(want[filter], own)
			}
		}
	}
	for filter, ids := range want {
		var got []string
		for _, tr := range s.tracesOf(filter, len(ids)) {
			got = append(got, tr.id)
			if filter == "" {
				s.segmentsOf(tr.id, visits[strings.ReplaceAll(strings.TrimPrefix(tr.id, "1-"), "-", "")])
			}
		}
		slices.Sort(got)
		slices.Sort(ids)
		if !slices.Equal(got, ids) {
			s.t.Errorf("X-Ray has for %q %v, want %v", filter, got, ids)
		}
	}
}

// segmentsOf checks one trace: the request is told of twice, by X-Ray's SDK and by
// OpenTelemetry's, and so is the call that it made of the app itself.
func (s *xrayServer) segmentsOf(id string, l left) {
	s.t.Helper()
	answer, err := s.xray.BatchGetTraces(s.t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{id}})
	if err != nil || len(answer.Traces) != 1 {
		s.t.Fatalf("%s: %v, %v", id, answer, err)
	}
	var asked, called []document
	within := map[string]bool{}
	for _, segment := range answer.Traces[0].Segments {
		var d document
		if err := json.Unmarshal([]byte(*segment.Document), &d); err != nil {
			s.t.Fatalf("%v: %s", err, *segment.Document)
		}
		d.ids(within)
		switch {
		case d.Name != "backend-flask":
		case d.ParentID == visitor:
			asked = append(asked, d)
		default:
			called = append(called, d)
		}
	}
	wrong := func(d document) bool {
		return d.HTTP.Response.Status != l.status || d.Fault != l.fault || d.Error != l.wrong
	}
	if len(asked) != 2 || slices.ContainsFunc(asked, wrong) {
		s.t.Errorf("the segments of %s are %+v, want two of %+v", id, asked, l)
	}
	lost := func(d document) bool {
		return !within[d.ParentID] || !strings.HasSuffix(d.HTTP.Request.URL, "/api/moderation") || d.Fault != l.fault
	}
	if n := map[bool]int{true: 2}[l.calls]; len(called) != n || slices.ContainsFunc(called, lost) {
		s.t.Errorf("the calls in %s are %+v", id, called)
	}
}

// visitor is the span of whoever asks.
const visitor = "53995c3f42cd8ad8"

// ids notes those of a document and of what is in it.
func (d document) ids(into map[string]bool) {
	into[d.ID] = true
	for _, s := range d.Subsegments {
		s.ids(into)
	}
}

// pagesHave checks that the Trace page has the lines and the error of each visit among
// its spans.
func (s *xrayServer) pagesHave(visits map[string]left) {
	s.t.Helper()
	for id, l := range visits {
		var page joined
		s.call(http.MethodGet, "/api/trace/"+id, nil, &page)
		errors := []string{}
		if l.failed != "" {
			errors = append(errors, l.failed)
		}
		if lines := page.named(3); len(lines) != len(l.lines) || !slices.Equal(page.named(4), errors) {
			s.t.Errorf("the trace %s has the lines %q and the errors %q", id, lines, page.named(4))
		}
	}
}

// expect waits until all is there that is expected.
func (s *server) expect(list ...map[string]any) {
	s.t.Helper()
	var answer struct {
		OK     bool
		Expect json.RawMessage
	}
	s.call(http.MethodPost, "/api/assert", map[string]any{"within": "20s", "expect": list}, &answer)
	if !answer.OK {
		s.t.Fatalf("%s", answer.Expect)
	}
}

// honeycombRows counts by columns through Honeycomb's query API: a query, its run,
// and its results once they are complete.
func (s *server) honeycombRows(dataset string, by []string, filter map[string]any) (rows []map[string]any) {
	s.t.Helper()
	query := map[string]any{"calculations": []any{map[string]any{"op": "COUNT"}}, "breakdowns": by, "filters": []any{filter}, "time_range": 7200, "limit": 1000}
	rows, _ = s.results(dataset, query)
	return rows
}
