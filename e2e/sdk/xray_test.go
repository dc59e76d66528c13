package sdk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"
)

// xrayServer is a server with a daemon's address.
type xrayServer struct {
	*server
	xray *xray.Client
}

func startXRay(t *testing.T) *xrayServer {
	t.Helper()
	s := &xrayServer{server: start(t, "--xray", "127.0.0.1:0")}
	if s.addr["xray"] == "" {
		t.Fatal("the server has no address for the X-Ray daemon")
	}
	s.xray = xray.New(xray.Options{
		BaseEndpoint: aws.String("http://" + s.addr["listen"]), Region: awsRegion, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	return s
}

// daemonEnv is all that an instrumented app is told.
func (s *xrayServer) daemonEnv() []string {
	return []string{"AWS_XRAY_DAEMON_ADDRESS=" + s.addr["xray"], "AWS_XRAY_CONTEXT_MISSING=LOG_ERROR", "AWS_REGION=" + awsRegion}
}

// tracesOf returns the traces of a filter, with their documents, once there are as
// many as are wanted.
func (s *xrayServer) tracesOf(filter string, want int) []tracedSegments {
	s.t.Helper()
	var ids []string
	for range 200 {
		ids = nil
		now := time.Now()
		pages := xray.NewGetTraceSummariesPaginator(s.xray, &xray.GetTraceSummariesInput{
			StartTime: aws.Time(now.Add(-10 * time.Minute)), EndTime: aws.Time(now.Add(time.Minute)), FilterExpression: &filter, TimeRangeType: types.TimeRangeTypeEvent,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(s.t.Context())
			if err != nil {
				s.t.Fatal(err)
			}
			for _, summary := range page.TraceSummaries {
				ids = append(ids, *summary.Id)
			}
		}
		if len(ids) >= want {
			break
		}
		time.Sleep(50 * time.Millisecond) // datagrams arrive when they do
	}
	if len(ids) != want {
		s.t.Fatalf("%s: %d traces, want %d", filter, len(ids), want)
	}
	out := []tracedSegments{}
	for _, id := range ids {
		answer, err := s.xray.BatchGetTraces(s.t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{id}})
		if err != nil || len(answer.Traces) != 1 {
			s.t.Fatalf("%s: %v, %v", id, answer, err)
		}
		tr := tracedSegments{id: id, segments: map[string]document{}}
		for _, segment := range answer.Traces[0].Segments {
			var d document
			if err := json.Unmarshal([]byte(*segment.Document), &d); err != nil {
				s.t.Fatalf("%v: %s", err, *segment.Document)
			}
			if known, twice := tr.segments[d.Name]; !twice || known.ParentID != "" { // of those with one name, what began
				tr.segments[d.Name] = d
			}
		}
		out = append(out, tr)
	}
	return out
}

type tracedSegments struct {
	id       string
	segments map[string]document
}

// document is a segment document as clients read it.
type document struct {
	ID, Name, Namespace, Origin string
	ParentID                    string `json:"parent_id"`
	Fault, Error, Throttle      bool
	Inferred                    bool
	HTTP                        struct {
		Request  struct{ Method, URL string }
		Response struct{ Status int }
	}
	Annotations map[string]any
	Metadata    map[string]map[string]any
	SQL         map[string]any
	Service     map[string]any
	Cause       json.RawMessage
	Subsegments []document
}

// under finds a subsegment by its name, however deep.
func (d document) under(name string) document {
	for _, s := range d.Subsegments {
		if s.Name == name {
			return s
		}
		if found := s.under(name); found.Name != "" {
			return found
		}
	}
	return document{}
}

func (d document) count() int {
	n := 1
	for _, s := range d.Subsegments {
		n += s.count()
	}
	return n
}

func TestXRaySDKPython_FlaskAsTutorialsDo(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	s.program(s.daemonEnv(), python(t), "python/xray_flask.py", "once", s.addr["listen"]+"/healthz")
	home := s.tracesOf(`annotation.handle = "andrew" AND annotation.count >= 3 AND annotation.cached = false`, 1)[0]
	if home.id != "1-5759e988-bd862e3fe1be46a994272793" {
		t.Errorf("the trace is %s", home.id)
	}
	web := home.segments["backend-flask"]
	if web.ParentID != "53995c3f42cd8ad8" || web.HTTP.Request.URL != "http://localhost/api/activities/andrew" || web.HTTP.Response.Status != 200 {
		t.Errorf("the segment: %+v", web)
	}
	activities := web.under("home activities")
	if activities.Metadata["cruddur"]["feed"] == nil || activities.Annotations["count"] != 3.0 || activities.Annotations["cached"] != false {
		t.Errorf("the subsegment: %+v", activities)
	}
	broken := s.tracesOf(`fault = true`, 1)[0].segments["backend-flask"]
	if !broken.Fault || !strings.Contains(string(broken.under("reading").Cause), "no such message") {
		t.Errorf("the broken one: %+v", broken)
	}
	called := s.tracesOf(`http.url CONTAINS "/api/call/"`, 1)[0].segments["backend-flask"]
	host := strings.Split(s.addr["listen"], ":")[0]
	if c := called.under(host); c.Namespace != "remote" || c.HTTP.Response.Status != 200 {
		t.Errorf("the call: %+v", called)
	}
	many, err := s.xray.BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{"1-5759e988-000000000000000000000001"}})
	if err != nil || len(many.Traces) != 1 || len(many.Traces[0].Segments) != 1 {
		t.Fatalf("the long trace: %+v, %v", many, err)
	}
	var long document
	if err := json.Unmarshal([]byte(*many.Traces[0].Segments[0].Document), &long); err != nil || long.count() != 42 {
		t.Errorf("a segment whose parts came one by one has %d nodes, want 42: %v", long.count(), err)
	}
	// The same traces are there for everything else.
	spans := s.spans(4)
	check(t, spans["home activities"], "backend-flask", map[string]any{"handle": "andrew", "count": 3, "cached": false, "service.name": "backend-flask"})
}

// xrayProgram builds the service that is instrumented with the SDK for Go.
func xrayProgram(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "xray")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./go/xray").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func TestXRaySDKGo_ServicesOfOneTrace(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	s.program(s.daemonEnv(), xrayProgram(t), "once")
	tr := s.tracesOf(`service("stock") AND annotation.cart = 9`, 1)[0]
	shop, stock := tr.segments["shop"], tr.segments["stock"]
	cart := shop.under("load cart")
	if !shop.Fault || cart.Annotations["cart"] != 9.0 || !strings.Contains(string(cart.Cause), "no tea left") || fmt.Sprint(cart.Metadata["shop"]["items"]) != "[tea]" {
		t.Errorf("the shop: %+v", shop)
	}
	if !stock.Throttle || stock.HTTP.Response.Status != 429 || shop.under("step 29").Name == "" {
		t.Errorf("the stock: %+v, steps %d", stock, shop.count())
	}
	graph, err := s.xray.GetTraceGraph(t.Context(), &xray.GetTraceGraphInput{TraceIds: []string{tr.id}})
	if err != nil {
		t.Fatal(err)
	}
	edges := map[string]string{}
	names := map[int32]string{}
	for _, service := range graph.Services {
		names[*service.ReferenceId] = *service.Name + ":" + aws.ToString(service.Type)
	}
	for _, service := range graph.Services {
		for _, e := range service.Edges {
			edges[names[*service.ReferenceId]] = names[*e.ReferenceId]
		}
	}
	if edges["shop:client"] != "shop:" || edges["shop:"] != "stock:" {
		t.Errorf("edges %v", edges)
	}
}

func TestXRaySDKNode_Express(t *testing.T) {
	t.Parallel()
	s := startXRay(t)
	s.program(s.daemonEnv(), "node", "node/xray/app.cjs", "once")
	tr := s.tracesOf(`annotation.user = "andrew"`, 1)[0]
	web := tr.segments["web"]
	read := web.under("read messages")
	if !strings.Contains(string(read.Cause), "no such message") || read.SQL["sanitized_query"] != "SELECT 1" || read.Metadata["default"]["page"] == nil {
		t.Errorf("the subsegment: %+v", read)
	}
	if web.HTTP.Response.Status != 429 || !web.Throttle {
		t.Errorf("the segment: %+v", web)
	}
}

// rules keeps nothing of /quiet and everything of /loud.
func (s *xrayServer) rules() {
	s.t.Helper()
	for name, rate := range map[string]float64{"quiet": 0, "loud": 1} {
		_, err := s.xray.CreateSamplingRule(s.t.Context(), &xray.CreateSamplingRuleInput{SamplingRule: &types.SamplingRule{
			RuleName: &name, Priority: aws.Int32(10), FixedRate: rate, ReservoirSize: 0, Version: aws.Int32(1), URLPath: aws.String("/" + name),
			ServiceName: aws.String("*"), ServiceType: aws.String("*"), Host: aws.String("*"), HTTPMethod: aws.String("*"), ResourceARN: aws.String("*"),
		}})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// obeyed waits until a client has reported what it was asked to do: it decided about
// requests of both rules, and kept all of one and none of the other.
func (s *xrayServer) obeyed() {
	s.t.Helper()
	for range 600 {
		answer, err := s.xray.GetSamplingStatisticSummaries(s.t.Context(), &xray.GetSamplingStatisticSummariesInput{})
		if err != nil {
			s.t.Fatal(err)
		}
		requests, sampled := map[string]int32{}, map[string]int32{}
		for _, summary := range answer.SamplingStatisticSummaries {
			requests[*summary.RuleName] += summary.RequestCount
			sampled[*summary.RuleName] += summary.SampledCount
		}
		if requests["quiet"] > 0 && requests["loud"] > 0 {
			if sampled["quiet"] != 0 || sampled["loud"] != requests["loud"] {
				s.t.Errorf("of %v requests %v were kept", requests, sampled)
			}
			return
		}
		time.Sleep(50 * time.Millisecond) // clients report every ten seconds
	}
	s.t.Fatal("no client reported")
}

func TestXRaySampling_RealClientsObeyTheRules(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"python": {python(t), "python/xray_flask.py", "rules"},
		"go":     {xrayProgram(t), "rules"},
		"node":   {"node", "node/xray/app.cjs", "rules"},
		"otel":   {"node", "node/xray/otel.mjs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startXRay(t)
			s.rules()
			env := append(s.daemonEnv(), "SAMPLING_ENDPOINT=http://"+s.addr["xray"], "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+s.addr["listen"])
			client := s.runs(env, args[0], args[1:]...)
			s.obeyed()
			kept := s.tracesOfAtLeast(`http.url ENDSWITH "/loud" OR annotation[url.path] = "/loud"`)
			if kept == 0 {
				t.Error("nothing of what was to be kept arrived")
			}
			if name == "otel" {
				tr, err := s.xray.BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{"1-5759e988-bd862e3fe1be46a994272793"}})
				if err != nil || len(tr.Traces) != 1 {
					t.Fatalf("the caller's trace: %+v, %v", tr, err)
				}
				sent := <-client.out // the header that the propagator sends on
				if want := "Root=" + *tr.Traces[0].Id + ";Parent=" + *tr.Traces[0].Segments[0].Id + ";Sampled=1"; sent != want {
					t.Errorf("sent on %q, want %q", sent, want)
				}
			}
		})
	}
}

func (s *xrayServer) tracesOfAtLeast(filter string) int {
	s.t.Helper()
	for range 200 {
		now := time.Now()
		answer, err := s.xray.GetTraceSummaries(s.t.Context(), &xray.GetTraceSummariesInput{StartTime: aws.Time(now.Add(-10 * time.Minute)), EndTime: aws.Time(now.Add(time.Minute)), FilterExpression: &filter})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(answer.TraceSummaries) > 0 {
			return len(answer.TraceSummaries)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return 0
}

// What tutorials type.
func TestXRayCLI_AnswersAsAWSDoes(t *testing.T) {
	t.Parallel()
	a := startAWS(t)
	cli := a.first()
	var group struct {
		Group struct{ GroupName, FilterExpression string }
	}
	cli.says(&group, "xray", "create-group", "--group-name", "Cruddur", "--filter-expression", `service("backend-flask")`)
	if group.Group.FilterExpression != `service("backend-flask")` {
		t.Errorf("group %+v", group)
	}
	var rule struct {
		SamplingRuleRecord struct{ SamplingRule struct{ RuleName string } }
	}
	cli.says(&rule, "xray", "create-sampling-rule", "--cli-input-json",
		`{"SamplingRule":{"RuleName":"Cruddur","ResourceARN":"*","Priority":9000,"FixedRate":0.1,"ReservoirSize":5,"ServiceName":"backend-flask","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","Version":1}}`)
	now := time.Now()
	id := fmt.Sprintf("1-%08x-bd862e3fe1be46a994272793", now.Unix())
	segment := fmt.Sprintf(`{"trace_id":"%s","id":"53995c3f42cd8ad8","name":"backend-flask","start_time":%d.25,"end_time":%d.75,"annotations":{"user":"andrew"},"http":{"request":{"method":"GET","url":"http://cruddur/api/activities/home"},"response":{"status":200}}}`, id, now.Unix()-1, now.Unix()-1)
	var put struct{ UnprocessedTraceSegments []any }
	cli.says(&put, "xray", "put-trace-segments", "--trace-segment-documents", segment)
	if len(put.UnprocessedTraceSegments) != 0 {
		t.Errorf("not taken: %v", put)
	}
	from, to := fmt.Sprint(now.Unix()-600), fmt.Sprint(now.Unix()+60)
	var summaries struct {
		TraceSummaries []struct {
			ID           string `json:"Id"`
			ResponseTime float64
		}
	}
	cli.says(&summaries, "xray", "get-trace-summaries", "--start-time", from, "--end-time", to, "--filter-expression", `annotation.user = "andrew"`)
	if len(summaries.TraceSummaries) != 1 || summaries.TraceSummaries[0].ID != id || summaries.TraceSummaries[0].ResponseTime != 0.5 {
		t.Errorf("summaries %+v", summaries)
	}
	var traces struct {
		Traces []struct{ Segments []struct{ Document string } }
	}
	cli.says(&traces, "xray", "batch-get-traces", "--trace-ids", id)
	if len(traces.Traces) != 1 || !strings.Contains(traces.Traces[0].Segments[0].Document, "backend-flask") {
		t.Errorf("traces %+v", traces)
	}
	var graph struct{ Services []struct{ Name, Type string } }
	cli.says(&graph, "xray", "get-service-graph", "--start-time", from, "--end-time", to)
	if len(graph.Services) != 2 {
		t.Errorf("graph %+v", graph)
	}
	if _, err := http.Get("http://" + a.addr["listen"] + "/GetSamplingRules"); err != nil {
		t.Error(err)
	}
}
