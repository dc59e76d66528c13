package sdk_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeycombio/libhoney-go/transmission"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const refineryConfig = `
ListenAddr = %q
PeerListenAddr = %q
APIKeys = ["*"]
HoneycombAPI = %q
SendDelay = "50ms"
BatchTimeout = "20ms"
TraceTimeout = "2s"
SendTicker = "20ms"
AddSpanCountToRoot = true
AddRuleReasonToTrace = true
Logger = "logrus"
LoggingLevel = "error"
Metrics = "prometheus"
[PeerManagement]
Type = "file"
Peers = [%q]
[PrometheusMetrics]
MetricsListenAddr = %q
[InMemCollector]
CacheCapacity = 1000
`

const refineryRules = `
Sampler = "RulesBasedSampler"
[[rule]]
name = "many"
SampleRate = 4
[[rule.condition]]
field = "sampled"
operator = "="
value = true
[[rule]]
name = "the rest"
SampleRate = 1
`

// startRefinery runs the vendor's sampling proxy in front of the server and
// returns its address.
func (s *server) startRefinery() string {
	s.t.Helper()
	bin, dir := build(s.t, "github.com/honeycombio/refinery/cmd/refinery"), s.t.TempDir()
	var free [3]string
	for i := range free {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		free[i] = ln.Addr().String()
		_ = ln.Close()
	}
	config := fmt.Sprintf(refineryConfig, free[0], free[1], s.url(), "http://"+free[1], free[2])
	for name, text := range map[string]string{"config.toml": config, "rules.toml": refineryRules} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "-c", filepath.Join(dir, "config.toml"), "-r", filepath.Join(dir, "rules.toml"))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for range 200 {
		if resp, err := http.Get("http://" + free[0] + "/alive"); err == nil {
			_ = resp.Body.Close()
			return free[0]
		}
		time.Sleep(50 * time.Millisecond) // it says nowhere when it listens
	}
	s.t.Fatal("refinery does not listen")
	return ""
}

func TestRefinery_InFrontOfOriel(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	proxy := s.startRefinery()

	t.Run("events", func(t *testing.T) { s.throughRefinery(t, proxy) })
	t.Run("OTLP", func(t *testing.T) { s.otlpThroughRefinery(t, proxy) })
	t.Run("sampling", func(t *testing.T) { s.sampledByRefinery(t, proxy) })
	t.Run("everything else", func(t *testing.T) {
		for _, path := range []string{"/1/auth", "/1/datasets"} {
			if direct, proxied := s.get(t, s.addr["listen"], path), s.get(t, proxy, path); direct != proxied || direct == "" {
				t.Errorf("%s is %q through the proxy, %q directly", path, proxied, direct)
			}
		}
	})
}

// through returns a server that is reached by another address.
func (s *server) through(t *testing.T, address string) *server {
	return &server{t: t, addr: map[string]string{"listen": address}, data: s.data, key: s.key}
}

func (s *server) throughRefinery(t *testing.T, proxy string) {
	client := libhoneyClient(t, s.through(t, proxy), s.key, "tail", &transmission.Honeycomb{})
	at := time.Now().Add(-time.Minute).Truncate(time.Microsecond)
	child, root := client.NewEvent(), client.NewEvent()
	child.Timestamp, child.Metadata = at.Add(time.Millisecond), "child"
	root.Timestamp, root.Metadata, root.SampleRate = at, "root", 3
	child.SampleRate = 3
	for k, v := range map[string]any{"trace.trace_id": "t1", "trace.span_id": "s2", "trace.parent_id": "s1", "id": "child", "int": 42, "map": map[string]any{"a": 1}} {
		child.AddField(k, v)
	}
	for k, v := range map[string]any{"trace.trace_id": "t1", "trace.span_id": "s1", "id": "root", "duration_ms": 12.5, "ok": true} {
		root.AddField(k, v)
	}
	for id, r := range send(t, client, child, root) {
		if r.StatusCode != http.StatusAccepted {
			t.Errorf("%v: %d %s %v", id, r.StatusCode, r.Body, r.Err)
		}
	}
	events := s.events("tail", "id", 2)
	common := map[string]any{"trace.trace_id": "t1", "meta.refinery.reason": "rules/trace/the rest", "meta.refinery.original_sample_rate": 3}
	events["child"].same(t, "child", merged(common, map[string]any{"id": "child", "trace.span_id": "s2", "trace.parent_id": "s1", "int": 42, "map": `{"a":1}`}))
	events["root"].same(t, "root", merged(common, map[string]any{
		"id": "root", "trace.span_id": "s1", "duration_ms": 12.5, "ok": true, "meta.span_count": 2,
	}))
	if events["root"].Time != at.UnixNano() || events["child"].Time != at.Add(time.Millisecond).UnixNano() {
		t.Errorf("times %d and %d, want %d and a millisecond later", events["root"].Time, events["child"].Time, at.UnixNano())
	}
	if n := s.countsBy("tail", "id"); n["root"] != 3 || n["child"] != 3 {
		t.Errorf("sample rates count %v, want 3 each", n)
	}
}

func (s *server) otlpThroughRefinery(t *testing.T, proxy string) {
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpoint(proxy), otlptracehttp.WithInsecure(),
		otlptracehttp.WithHeaders(map[string]string{"x-honeycomb-team": s.key}))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(serviceResource("behind-refinery")))
	ctx, root := provider.Tracer("app").Start(t.Context(), "GET /proxied")
	_, child := provider.Tracer("app").Start(ctx, "query")
	child.End()
	root.End()
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	events := s.events("behind-refinery", "name", 2)
	for name, parent := range map[string]any{"GET /proxied": nil, "query": root.SpanContext().SpanID().String()} {
		e := events[name]
		if e.Fields["trace.trace_id"] != root.SpanContext().TraceID().String() || e.Fields["trace.parent_id"] != parent ||
			e.Fields["service.name"] != "behind-refinery" || e.Fields["span.kind"] != "internal" || e.Fields["library.name"] != "app" {
			t.Errorf("%s: %v", name, e.Fields)
		}
	}
}

// sampledByRefinery sends many traces of which the proxy keeps a part: counts
// must still come out near what was sent.
func (s *server) sampledByRefinery(t *testing.T, proxy string) {
	const traces = 400
	client := libhoneyClient(t, s.through(t, proxy), s.key, "sampled", &transmission.Honeycomb{})
	for i := range traces {
		e := client.NewEvent()
		e.AddField("trace.trace_id", fmt.Sprintf("sampled-%d", i))
		e.AddField("trace.span_id", "s")
		e.AddField("sampled", true)
		if err := e.SendPresampled(); err != nil {
			t.Fatal(err)
		}
	}
	for range traces {
		if r := <-client.TxResponses(); r.StatusCode != http.StatusAccepted {
			t.Fatalf("%d %s %v", r.StatusCode, r.Body, r.Err)
		}
	}
	count := func(how string) float64 {
		n, _ := s.ask("__all__", "VISUALIZE COUNT WHERE sampled = true LAST 1h "+how)[0][0].(float64)
		return n
	}
	kept := -1.0
	for range 200 {
		now := count("UNWEIGHTED")
		if now == kept && kept > traces/8 {
			break
		}
		kept = now
		time.Sleep(300 * time.Millisecond) // the proxy holds traces back
	}
	weighted := count("")
	if kept < traces/8 || kept > traces/2 || weighted != kept*4 {
		t.Errorf("%g of %d events were kept and count %g", kept, traces, weighted)
	}
}

func (s *server) get(t *testing.T, address, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Honeycomb-Team", s.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !json.Valid(raw) {
		t.Fatalf("%s%s: %d %s %v", address, path, resp.StatusCode, raw, err)
	}
	return strings.TrimSpace(string(raw))
}
