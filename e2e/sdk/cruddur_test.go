package sdk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
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

// The app of the tutorials, instrumented for four products at once, pointed here by
// its environment alone: each vendor's API has what was sent, and each knows the
// others.
func TestCruddurInPython_FourVendorsKnowOneAnother(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	s.key = "any"
	url := "http://" + s.addr["listen"]
	s.program(append(s.daemonEnv(),
		"OTEL_EXPORTER_OTLP_ENDPOINT="+url, "OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=any", "OTEL_SERVICE_NAME=backend-flask", "OTEL_PYTHON_LOG_CORRELATION=true",
		"AWS_ENDPOINT_URL="+url, "AWS_DEFAULT_REGION="+awsRegion, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_EC2_METADATA_DISABLED=true",
		"ROLLBAR_ACCESS_TOKEN=any", "ROLLBAR_ENDPOINT="+url+"/api/1/",
	), python(t), "python/cruddur.py")
	const home, failed = "5759e988bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272794"
	s.expect(
		map[string]any{"kind": "span", "where": `trace.trace_id = "` + home + `"`, "at_least": 4},
		map[string]any{"kind": "trace", "all": []string{`trace.trace_id = "` + failed + `" AND xray.fault = true`, `meta.signal_type = "log"`, `error.title exists`}},
		map[string]any{"kind": "log", "where": `body contains "/api/activities/home?page=1 200 OK"`},
	)

	// Honeycomb: its query API counts the spans of the home trace by name.
	names := s.honeycombCounts("backend-flask", "name", map[string]any{"column": "trace.trace_id", "op": "=", "value": home})
	if names["home-activities"] != 1 || names["GET /api/activities/home"] != 1 {
		t.Errorf("the home trace by Honeycomb's API: %v", names)
	}

	// The Trace page.
	var page joined
	s.call(http.MethodGet, "/api/trace/"+failed, nil, &page)
	if lines, errors := page.named(3), page.named(4); len(lines) != 1 || !strings.Contains(lines[0], "GET http /api/messages/bayko? 500") || len(errors) != 1 || errors[0] != "KeyError: 'bayko'" {
		t.Errorf("the trace has the lines %q and the errors %q", lines, errors)
	}

	// CloudWatch Logs: the line, by its trace.
	lines, err := logs.New(logs.Options{BaseEndpoint: &url, Region: awsRegion, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")}).
		FilterLogEvents(t.Context(), &logs.FilterLogEventsInput{LogGroupName: aws.String("cruddur"), FilterPattern: aws.String(`"` + home + `"`)})
	if err != nil || len(lines.Events) != 2 {
		t.Errorf("lines of the home trace: %v, %v", lines, err)
	}

	// Rollbar: one item, though OpenTelemetry and X-Ray saw the exception, too.
	var items struct {
		Result struct {
			Items []struct {
				ID               int64 `json:"id"`
				Title            string
				Environment      string
				TotalOccurrences int `json:"total_occurrences"`
			}
		}
	}
	s.call(http.MethodGet, "/api/1/items?access_token=any", nil, &items)
	if list := items.Result.Items; len(list) != 1 || list[0].Title != "KeyError: 'bayko'" || list[0].TotalOccurrences != 1 {
		t.Fatalf("items %+v", list)
	}
	var instances struct {
		Result struct {
			Instances []struct{ Data map[string]any }
		}
	}
	s.call(http.MethodGet, fmt.Sprintf("/api/1/item/%d/instances?access_token=any", items.Result.Items[0].ID), nil, &instances)
	raw, err := json.Marshal(instances.Result.Instances)
	if err != nil || !strings.Contains(string(raw), failed) || !strings.Contains(string(raw), "cruddur.py") {
		t.Errorf("the occurrence: %s, %v", raw, err)
	}

	// X-Ray: segments and spans of the trace, in its own form.
	traces, err := s.xray.BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{"1-5759e988-bd862e3fe1be46a994272794"}})
	if err != nil || len(traces.Traces) != 1 {
		t.Fatalf("traces %+v, %v", traces, err)
	}
	for _, segment := range traces.Traces[0].Segments {
		if !strings.Contains(*segment.Document, "backend-flask") {
			t.Errorf("a segment of another service: %s", *segment.Document)
		}
	}
	if len(traces.Traces[0].Segments) < 2 {
		t.Errorf("%d segments, want that of the SDK and that of OpenTelemetry's span", len(traces.Traces[0].Segments))
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

// honeycombCounts counts by a column through Honeycomb's query API: a query, its run,
// and its results once they are complete.
func (s *server) honeycombCounts(dataset, by string, filter map[string]any) map[string]float64 {
	s.t.Helper()
	query := map[string]any{"calculations": []any{map[string]any{"op": "COUNT"}}, "breakdowns": []string{by}, "filters": []any{filter}, "time_range": 7200}
	var made, run struct {
		ID       string
		Complete bool
		Data     struct {
			Results []struct{ Data map[string]any }
		}
	}
	s.call(http.MethodPost, "/1/queries/"+dataset, query, &made)
	s.call(http.MethodPost, "/1/query_results/"+dataset, map[string]any{"query_id": made.ID}, &run)
	for id := run.ID; !run.Complete; {
		if s.t.Context().Err() != nil {
			s.t.Fatal("the results were never complete")
		}
		s.call(http.MethodGet, "/1/query_results/"+dataset+"/"+id, nil, &run)
	}
	out := map[string]float64{}
	for _, row := range run.Data.Results {
		n, ok := row.Data["COUNT"].(float64)
		if !ok {
			s.t.Fatalf("COUNT is %v", row.Data["COUNT"])
		}
		out[fmt.Sprint(row.Data[by])] = n
	}
	return out
}
