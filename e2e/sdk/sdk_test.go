// Package sdk_test runs real clients against the built server and checks what
// arrives, field by field: OpenTelemetry's SDKs, and the vendor's own libraries,
// agents and proxy.
package sdk_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// server is a running oriel.
type server struct {
	t    *testing.T
	addr map[string]string
	data string
	key  string // sent with calls; empty where the server takes any
	stop func() // asks it to end
}

func start(t *testing.T, flags ...string) *server {
	t.Helper()
	bin := os.Getenv("ORIEL_BIN")
	if bin == "" {
		t.Fatal("ORIEL_BIN must name the built binary; make e2e-sdk sets it")
	}
	s := &server{t: t, data: t.TempDir()}
	args := []string{"serve", "--data", s.data, "--listen", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--xray", ""}
	cmd := exec.Command(bin, append(args, flags...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.stop = func() { _ = cmd.Process.Signal(os.Interrupt) }
	t.Cleanup(func() {
		s.stop()
		_ = cmd.Wait()
	})
	sc := bufio.NewScanner(out)
	for sc.Scan() {
		if line, ok := strings.CutPrefix(sc.Text(), "ready "); ok {
			if err := json.Unmarshal([]byte(line), &s.addr); err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	t.Fatal("the server ended before it was ready")
	return nil
}

// call sends body as JSON and decodes the answer.
func (s *server) call(method, path string, body, into any) {
	s.t.Helper()
	raw := s.request(method, path, body)
	if err := json.Unmarshal(raw, into); err != nil {
		s.t.Fatalf("%s: %v", raw, err)
	}
}

// lines returns the lines of an answer that is a stream of JSON.
func (s *server) lines(path string, body any) [][]byte {
	s.t.Helper()
	return bytes.Split(bytes.TrimSpace(s.request(http.MethodPost, path, body)), []byte("\n"))
}

func (s *server) request(method, path string, body any) []byte {
	s.t.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr["listen"]+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.key != "" {
		req.Header.Set("X-Honeycomb-Team", s.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, raw, err)
	}
	return raw
}

// span is a span with its fields and events, as the trace page gets it.
type span struct {
	Name, Parent string
	Fields       map[string]any
	Events       []map[string]any
}

// spans returns every span of all traces, by name.
func (s *server) spans(wantTraces int) map[string]span {
	s.t.Helper()
	var list struct {
		Traces []struct {
			TraceID string `json:"trace_id"`
		} `json:"traces"`
	}
	for range 100 {
		s.call(http.MethodGet, "/api/traces", nil, &list)
		if len(list.Traces) >= wantTraces {
			break
		}
		time.Sleep(50 * time.Millisecond) // the SDK's own batching decides when it sends
	}
	if len(list.Traces) != wantTraces {
		s.t.Fatalf("%d traces arrived, want %d", len(list.Traces), wantTraces)
	}
	out := map[string]span{}
	for _, tr := range list.Traces {
		var sk struct {
			Strings []string
			Spans   struct {
				ID     []string
				Parent []int
				Name   []int
			}
		}
		s.call(http.MethodGet, "/api/trace/"+tr.TraceID, nil, &sk)
		indexes := make([]int, len(sk.Spans.ID))
		for i := range indexes {
			indexes[i] = i
		}
		var details struct {
			Spans []struct {
				Fields map[string]any
				Events []struct{ Fields map[string]any }
			}
		}
		s.call(http.MethodPost, "/api/trace/"+tr.TraceID+"/spans", map[string]any{"indexes": indexes}, &details)
		for i, d := range details.Spans {
			sp := span{Name: sk.Strings[sk.Spans.Name[i]], Fields: d.Fields}
			if p := sk.Spans.Parent[i]; p >= 0 {
				sp.Parent = sk.Strings[sk.Spans.Name[p]]
			}
			for _, e := range d.Events {
				sp.Events = append(sp.Events, e.Fields)
			}
			out[sp.Name] = sp
		}
	}
	return out
}

// check wants each field as given; "*" wants any text that is not empty.
func check(t *testing.T, sp span, parent string, want map[string]any) {
	t.Helper()
	if sp.Fields == nil {
		t.Fatal("the span did not arrive")
	}
	if sp.Parent != parent {
		t.Errorf("%s hangs on %q, want %q", sp.Name, sp.Parent, parent)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		got := sp.Fields[name]
		switch w := want[name].(type) {
		case string:
			if w == "*" && got != nil && got != "" {
				continue
			}
			if got != w {
				t.Errorf("%s: %s is %v, want %q", sp.Name, name, got, w)
			}
		case nil:
			if got != nil {
				t.Errorf("%s: %s is %v, want none", sp.Name, name, got)
			}
		default:
			if fmt.Sprint(got) != fmt.Sprint(w) {
				t.Errorf("%s: %s is %v, want %v", sp.Name, name, got, w)
			}
		}
	}
}

// run runs a program with the three variables of the set-up page.
func (s *server) run(service, endpoint, name string, args ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = append(os.Environ(),
		"OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=any-key", "OTEL_SERVICE_NAME="+service)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// program runs a program to its end and returns its standard output.
func (s *server) program(env []string, name string, args ...string) []byte {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, &errs)
	}
	return out
}

func TestPython_FlaskAsTutorialsDo(t *testing.T) {
	t.Parallel()
	python := python(t)
	s := start(t)
	s.run("backend-flask", "http://"+s.addr["listen"], python, "python/app.py")
	spans := s.spans(2)
	resource := map[string]any{
		"service.name": "backend-flask", "service.instance.id": "*",
		"telemetry.sdk.language": "python", "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "1.45.1",
	}
	common := merged(resource, map[string]any{
		"trace.trace_id": "*", "trace.span_id": "*", "meta.signal_type": "trace", "duration_ms": "*",
		"span.num_events": 0, "span.num_links": 0, "status_code": 0,
	})
	home := spans["home-activities"]
	exactly(t, home, "GET /api/activities/<handle>", merged(common, map[string]any{
		"name": "home-activities", "trace.parent_id": "*", "app.user": "andrew", "app.count": 3, "app.ratio": 0.5, "app.ok": true, "app.tags": `["a","b"]`,
		"span.kind": "internal", "type": "internal", "library.name": "__main__", "span.num_events": 1,
	}))
	if len(home.Events) != 1 {
		t.Fatalf("events %v", home.Events)
	}
	arrived{Fields: home.Events[0]}.same(t, "the span event", merged(resource, map[string]any{
		"name": "cache miss", "cache.key": "home", "library.name": "__main__", "meta.annotation_type": "span_event", "meta.signal_type": "trace",
		"meta.time_since_span_start_ms": "*", "parent_name": "home-activities", "trace.trace_id": home.Fields["trace.trace_id"], "trace.parent_id": home.Fields["trace.span_id"],
	}))
	instrumented := merged(common, map[string]any{
		"telemetry.instrumentation_library": true, "library.version": "0.66b1", "scope.schema_url": "https://opentelemetry.io/schemas/1.11.0", "http.method": "GET",
	})
	served := merged(instrumented, map[string]any{
		"span.kind": "server", "type": "server", "trace.parent_id": "*", "library.name": "opentelemetry.instrumentation.flask",
		"http.flavor": "1.1", "http.host": "*", "http.scheme": "http", "http.server_name": "127.0.0.1", "http.user_agent": "python-requests/2.34.2",
		"net.host.name": "*", "net.host.port": "*", "net.peer.ip": "127.0.0.1", "net.peer.port": "*",
	})
	exactly(t, spans["GET /api/activities/<handle>"], "GET", merged(served, map[string]any{
		"name": "GET /api/activities/<handle>", "http.route": "/api/activities/<handle>", "http.target": "/api/activities/andrew", "http.status_code": 200,
	}))
	exactly(t, spans["GET /api/broken"], "GET", merged(served, map[string]any{
		"name": "GET /api/broken", "http.route": "/api/broken", "http.target": "/api/broken", "http.status_code": 500, "error": true, "status_code": 2,
		"status_message": "KeyError: 'id'", "exception.type": "KeyError", "exception.message": "'id'", "exception.stacktrace": "*", "span.num_events": 1,
	}))
	asked := spans["GET"] // one of two
	delete(asked.Fields, "error")
	delete(asked.Fields, "status_message")
	exactly(t, asked, "", merged(instrumented, map[string]any{
		"name": "GET", "span.kind": "client", "type": "client", "library.name": "opentelemetry.instrumentation.requests", "http.url": "*",
		"http.status_code": "*", "status_code": "*", "user_agent.original": "python-requests/2.34.2",
	}))
}

// exactly is check, and wants no other fields.
func exactly(t *testing.T, sp span, parent string, want map[string]any) {
	t.Helper()
	check(t, sp, parent, nil)
	arrived{Fields: sp.Fields}.same(t, sp.Name, want)
}

func TestNode_OverProtobufAndJSON(t *testing.T) {
	t.Parallel()
	for _, exporter := range []string{"proto", "http"} {
		t.Run(exporter, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.run("backend-node", "http://"+s.addr["otlp_http"], "node", "node/app.js", exporter)
			spans := s.spans(1)
			common := map[string]any{
				"service.name": "backend-node", "service.instance.id": "*", "library.name": "node-app", "library.version": "1.0",
				"telemetry.sdk.language": "nodejs", "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "*",
				"trace.trace_id": "*", "trace.span_id": "*", "meta.signal_type": "trace", "duration_ms": "*", "span.num_links": 0,
			}
			for _, name := range []string{
				"host.arch", "host.id", "host.name", "os.type", "os.version", "process.command", "process.command_args", "process.executable.name",
				"process.executable.path", "process.owner", "process.pid", "process.runtime.description", "process.runtime.name", "process.runtime.version",
			} {
				common[name] = "*"
			}
			if _, ok := spans["query"].Fields["host.id"]; !ok {
				delete(common, "host.id") // not every machine has one
			}
			exactly(t, spans["GET /messages"], "", merged(common, map[string]any{
				"name": "GET /messages", "http.route": "/messages", "app.count": 7, "app.ratio": 1.25, "span.kind": "server", "type": "server",
				"status_code": 0, "span.num_events": 0,
			}))
			exactly(t, spans["query"], "GET /messages", merged(common, map[string]any{
				"name": "query", "trace.parent_id": spans["GET /messages"].Fields["trace.span_id"], "span.kind": "client", "type": "client",
				"status_code": 2, "status_message": "no such table", "error": true, "span.num_events": 1,
				"exception.type": "TypeError", "exception.message": "no such table", "exception.stacktrace": "*",
			}))
		})
	}
}
