package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// running is a whole server in this process.
type running struct {
	*Server
	t         *testing.T
	out, log  syncBuffer
	client    *http.Client
	stop      context.CancelFunc
	ended     chan error
	transport *http.Transport
}

func run(t *testing.T, change func(*Config)) *running {
	t.Helper()
	c := DefaultConfig()
	c.Data, c.Listen, c.OTLPGRPC, c.OTLPHTTP, c.Auth = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", "", AuthOpen
	if change != nil {
		change(&c)
	}
	r := &running{t: t, transport: &http.Transport{}, ended: make(chan error, 1)}
	r.client = &http.Client{Transport: r.transport}
	s, err := Open(t.Context(), c, Surroundings{Version: "test", Out: &r.out, Err: &r.log, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r.Server = s
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		r.transport.CloseIdleConnections()
	})
	<-s.Ready()
	return r
}

// end stops the server and wants it to end well.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		r.t.Errorf("the server ended with %v\n%s", err, &r.log)
	}
}

func (r *running) ask(method, path, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addresses()["listen"]+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func oneSpan(name string) string {
	return fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"api"}}]},"scopeSpans":[{"spans":[
	 {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":%q,"startTimeUnixNano":"%d"}]}]}]}`, name, time.Now().UnixNano())
}

// A server that is stopped leaves no goroutine, whoever still listens to it.
func TestServer_RunsAndEnds(t *testing.T) { //nolint:paralleltest // it looks at all goroutines
	r := run(t, nil)
	var addresses map[string]string
	line, _ := strings.CutPrefix(r.out.String(), "ready ")
	if err := json.Unmarshal([]byte(line), &addresses); err != nil || addresses["listen"] != r.Addresses()["listen"] || addresses["otlp_http"] != "" || addresses["otlp_grpc"] == "" {
		t.Errorf("ready line %q, %v", r.out.String(), err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/1/auth": 200, "/api/start": 200, "/api/none": 404} {
		if status, body := r.ask(http.MethodGet, path, ""); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := r.ask(http.MethodPost, "/v1/traces", oneSpan("a")); status != 200 || body != "{}" {
		t.Errorf("%d %s", status, body)
	}
	if _, text := r.ask(http.MethodGet, "/metrics", ""); !strings.Contains(text, `oriel_ingest_rows_total{outcome="stored"} 1`) || !strings.Contains(text, "oriel_ingest_held_bytes 0") {
		t.Errorf("%s", text)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.Addresses()["listen"]+"/api/tail", nil)
	if err != nil {
		t.Fatal(err)
	}
	tail, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	r.end()
	if _, err := io.Copy(io.Discard, tail.Body); err != nil {
		t.Errorf("a live view is cut off rather than ended: %v", err)
	}
	_ = tail.Body.Close()
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// A sender that tries TLS is told of where its owner looks, and not too often.
func TestServer_TellsOfSendersThatTryTLS(t *testing.T) { //nolint:paralleltest // as above
	r := run(t, nil)
	for range 3 {
		for _, name := range []string{"listen", "otlp_grpc"} {
			c, err := net.Dial("tcp", r.Addresses()[name])
			if err != nil {
				t.Fatal(err)
			}
			if err := tls.Client(c, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context()); err == nil {
				t.Error("the handshake succeeded")
			}
			_ = c.Close()
		}
	}
	if status, body := r.ask(http.MethodPost, "/v1/traces", oneSpan("plain")); status != 200 {
		t.Errorf("beside it: %d %s", status, body)
	}
	entries, _ := r.door.Ledger().Watch(0)
	notices := 0
	for _, e := range entries {
		if e.Refused != nil && e.Refused.Protocol == "tls" && strings.Contains(e.Refused.Remedy, "http://") {
			notices++
		}
	}
	if notices == 0 || notices == 6 || !strings.Contains(r.log.String(), "speaks TLS") {
		t.Errorf("%d notices in %+v\n%s", notices, entries, &r.log)
	}
	r.end()
}

// What was opened is closed again where the next step fails.
func TestOpen_LeavesNothingBehindWhenItFails(t *testing.T) { //nolint:paralleltest // as above
	first := run(t, nil)
	for name, change := range map[string]func(*Config){
		"address is taken": func(c *Config) { c.Listen = first.Addresses()["listen"] },
		"data is in use":   func(c *Config) { c.Data = first.config.Data },
		"log level":        func(c *Config) { c.LogLevel = "loud" },
	} {
		c := first.config
		c.Data, c.Listen, c.OTLPGRPC = t.TempDir(), "127.0.0.1:0", ""
		change(&c)
		var out, log syncBuffer
		if s, err := Open(t.Context(), c, Surroundings{Version: "test", Out: &out, Err: &log, Clock: time.Now}); err == nil {
			t.Errorf("%s: it opened", name)
			_ = s.Close(t.Context())
		}
		if out.String() != "" {
			t.Errorf("%s: it says %q", name, out.String())
		}
	}
	if status, body := first.ask(http.MethodPost, "/v1/traces", oneSpan("b")); status != 200 {
		t.Errorf("the first one: %d %s", status, body)
	}
	first.end()
}
