// Package orieltest runs a real Oriel server inside a Go test, and waits for
// telemetry there: that a request makes the span it should, that it logs, that
// nothing failed.
//
//	o := orieltest.New(t)
//	app := startApp(o.Env())           // any program: Env points every SDK here
//	get(app, "/cart")
//	o.Wait(orieltest.Span(`http.route = "/cart" AND http.response.status_code = 200`))
//	o.Wait(orieltest.Log(`body contains "cart"`), orieltest.NoErrors())
//
// The server keeps its data in the test's temporary folder and ends with the test.
package orieltest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/server"
)

// Server is a running Oriel. Its methods are for the goroutine of its test.
type Server struct {
	t      testing.TB
	url    string
	xray   string
	within time.Duration
}

// Option changes how New starts the server.
type Option func(*Server, *server.Config)

// Within sets how long Wait waits; 10 s by default.
func Within(d time.Duration) Option { return func(s *Server, _ *server.Config) { s.within = d } }

// New starts a server on free ports of this machine. It takes any key.
func New(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	c := server.DefaultConfig()
	c.Data, c.Listen, c.OTLPGRPC, c.OTLPHTTP, c.XRay = tb.TempDir(), "127.0.0.1:0", "", "", "127.0.0.1:0"
	c.Auth, c.LogLevel = server.AuthOpen, "warn"
	s := &Server{t: tb, within: 10 * time.Second}
	for _, option := range options {
		option(s, &c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	//nolint:forbidigo // the clock of a test's server is the real one
	oriel, err := server.Open(ctx, c, server.Surroundings{Clock: time.Now, Out: io.Discard, Err: tb.Output(), Version: "test"})
	if err != nil {
		cancel()
		tb.Fatalf("start Oriel: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- oriel.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("stop Oriel: %v", err)
		}
	})
	select {
	case <-oriel.Ready():
	case err := <-ended:
		ended <- nil
		tb.Fatalf("start Oriel: %v", err)
	}
	s.url, s.xray = oriel.URL(), oriel.Addresses()["xray"]
	return s
}

// URL is the base address, for OTLP over HTTP and gRPC and for the APIs of all
// vendors.
func (s *Server) URL() string { return s.url }

// XRay is the address of the X-Ray daemon, UDP and TCP.
func (s *Server) XRay() string { return s.xray }

// Env is what points the SDKs of all vendors here, as NAME=value, and has them send
// soon. What an app sets besides comes behind it: of two values of a name, the last holds.
func (s *Server) Env() []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + s.url, "OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=test", "OTEL_BSP_SCHEDULE_DELAY=100",
		"HONEYCOMB_API_KEY=test", "HONEYCOMB_API_ENDPOINT=" + s.url,
		"AWS_ENDPOINT_URL=" + s.url, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_XRAY_DAEMON_ADDRESS=" + s.xray, "CLOUDWATCH_LOG_GROUP=test",
		"ROLLBAR_ACCESS_TOKEN=test", "ROLLBAR_ENDPOINT=" + s.url + "/api/1/",
	}
}

// Setenv sets the variables of Env for the test's own process, for an app that runs
// within it.
func (s *Server) Setenv() {
	s.t.Helper()
	for _, pair := range s.Env() {
		name, value, _ := strings.Cut(pair, "=")
		s.t.Setenv(name, value)
	}
}

// Expectation is what Wait waits for.
type Expectation struct {
	Kind    string   `json:"kind"`
	Where   string   `json:"where,omitempty"`
	All     []string `json:"all,omitempty"`
	Least   int      `json:"at_least"`
	Most    *int     `json:"at_most,omitempty"`
	Dataset string   `json:"dataset,omitempty"`
}

// Span expects a span for which a condition is true, as the query language has it:
// `service.name = "shop" AND duration_ms < 100`.
func Span(where string) Expectation { return Expectation{Kind: "span", Where: where, Least: 1} }

// Log expects a log line: `body contains "done" AND severity = "error"`.
func Log(where string) Expectation { return Expectation{Kind: "log", Where: where, Least: 1} }

// Error expects an occurrence of an error, whichever way it was reported:
// `exception.type = "KeyError"`.
func Error(where string) Expectation { return Expectation{Kind: "error", Where: where, Least: 1} }

// Trace expects a trace in which each condition is true for some span.
func Trace(all ...string) Expectation { return Expectation{Kind: "trace", All: all, Least: 1} }

// NoErrors expects that no error has been reported by the time that everything else
// has arrived.
func NoErrors() Expectation { return Error("").Times(0) }

// AtLeast expects so many.
func (e Expectation) AtLeast(n int) Expectation {
	e.Least = n
	return e
}

// Times expects exactly so many, by the time that everything else has arrived.
func (e Expectation) Times(n int) Expectation {
	e.Least, e.Most = n, &n
	return e
}

// Found is what an expectation found.
type Found struct {
	OK       bool                `json:"ok"`
	Name     string              `json:"name"`
	Found    float64             `json:"found"`
	Why      string              `json:"why"`
	Examples []map[string]string `json:"examples"` // the newest: time, dataset, trace.trace_id, name, body
}

// Wait waits until all expectations are met together, and returns what each found.
// If that does not happen in time, the test fails, saying what was missing and how
// near it was.
func (s *Server) Wait(expect ...Expectation) []Found {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"within": s.within.String(), "expect": expect})
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.url+"/api/assert", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatalf("ask Oriel: %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatalf("ask Oriel: %v", err)
	}
	var answer struct {
		OK     bool                     `json:"ok"`
		Expect []Found                  `json:"expect"`
		Error  struct{ Message string } `json:"error"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("ask Oriel: %s %s", response.Status, answer.Error.Message)
	}
	if !answer.OK {
		s.t.Errorf("after %s:\n%s", s.within, missing(answer.Expect))
	}
	return answer.Expect
}

// missing lists what was not met.
func missing(list []Found) string {
	var b strings.Builder
	for _, f := range list {
		if !f.OK {
			_, _ = fmt.Fprintf(&b, "  %s: found %v; %s\n", f.Name, f.Found, f.Why)
		}
	}
	return b.String()
}
