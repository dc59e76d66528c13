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
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
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
	if err != nil || resp.StatusCode != http.StatusOK {
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
	python := os.Getenv("E2E_PYTHON")
	if python == "" {
		t.Fatal("E2E_PYTHON must name a Python with python/requirements.txt; make e2e-sdk sets it")
	}
	s := start(t)
	s.run("backend-flask", "http://"+s.addr["listen"], python, "python/app.py")
	spans := s.spans(2)
	common := map[string]any{
		"service.name": "backend-flask", "telemetry.sdk.language": "python", "telemetry.sdk.name": "opentelemetry",
		"trace.trace_id": "*", "trace.span_id": "*", "meta.signal_type": "trace", "duration_ms": "*",
	}
	home := maps.Clone(common)
	maps.Copy(home, map[string]any{
		"app.user": "andrew", "app.count": 3, "app.ratio": 0.5, "app.ok": true, "app.tags": `["a","b"]`, "span.kind": "internal",
		"type": "internal", "library.name": "__main__", "span.num_events": 1, "span.num_links": 0, "status_code": 0, "error": nil,
	})
	delete(home, "duration_ms")
	check(t, spans["home-activities"], "GET /api/activities/<handle>", home)
	if events := spans["home-activities"].Events; len(events) != 1 || events[0]["name"] != "cache miss" || events[0]["cache.key"] != "home" {
		t.Errorf("events %v", events)
	}
	server := maps.Clone(common)
	maps.Copy(server, map[string]any{"span.kind": "server", "library.name": "opentelemetry.instrumentation.flask", "telemetry.instrumentation_library": true})
	delete(server, "duration_ms")
	check(t, spans["GET /api/activities/<handle>"], "GET", server)
	broken := maps.Clone(server)
	maps.Copy(broken, map[string]any{"error": true, "status_code": 2, "exception.type": "KeyError", "exception.message": "'id'", "exception.stacktrace": "*"})
	check(t, spans["GET /api/broken"], "GET", broken)
}

func TestNode_OverProtobufAndJSON(t *testing.T) {
	t.Parallel()
	for _, exporter := range []string{"proto", "http"} {
		t.Run(exporter, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.run("backend-node", "http://"+s.addr["otlp_http"], "node", "node/app.js", exporter)
			spans := s.spans(1)
			check(t, spans["GET /messages"], "", map[string]any{
				"service.name": "backend-node", "http.route": "/messages", "app.count": 7, "app.ratio": 1.25, "span.kind": "server",
				"library.name": "node-app", "library.version": "1.0", "trace.parent_id": nil, "telemetry.sdk.language": "nodejs",
			})
			check(t, spans["query"], "GET /messages", map[string]any{
				"span.kind": "client", "status_code": 2, "status_message": "no such table", "error": true, "exception.type": "TypeError",
				"exception.message": "no such table",
			})
		})
	}
}
