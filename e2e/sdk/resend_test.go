package sdk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// exporters are the SDK's, by how they send; they try again for as long as a test
// may take.
func exporters(address string) map[string]func(context.Context) (sdktrace.SpanExporter, error) {
	return map[string]func(context.Context) (sdktrace.SpanExporter, error){
		"http": func(ctx context.Context) (sdktrace.SpanExporter, error) {
			return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(address), otlptracehttp.WithInsecure(), otlptracehttp.WithTimeout(time.Minute),
				otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: 100 * time.Millisecond, MaxInterval: time.Second, MaxElapsedTime: time.Minute}))
		},
		"grpc": func(ctx context.Context) (sdktrace.SpanExporter, error) {
			return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(address), otlptracegrpc.WithInsecure(), otlptracegrpc.WithTimeout(time.Minute),
				otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: true, InitialInterval: 100 * time.Millisecond, MaxInterval: time.Second, MaxElapsedTime: time.Minute}))
		},
	}
}

// startOn runs a server with settings; the returned function ends it with a signal.
func startOn(t *testing.T, data, listen string, args ...string) (*server, func(syscall.Signal)) {
	t.Helper()
	cmd := exec.Command(os.Getenv("ORIEL_BIN"), append([]string{"serve", "--data", data, "--listen", listen, "--otlp-grpc", "", "--otlp-http", "", "--xray", ""}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := func(signal syscall.Signal) {
		_ = cmd.Process.Signal(signal)
		_ = cmd.Wait()
	}
	t.Cleanup(func() { end(syscall.SIGKILL) })
	s := &server{t: t}
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if line, ok := strings.CutPrefix(sc.Text(), "ready "); ok {
			if err := json.Unmarshal([]byte(line), &s.addr); err != nil {
				t.Fatal(err)
			}
			return s, end
		}
	}
	t.Fatal("the server ended before it was ready")
	return nil, nil
}

// spansOf are n spans of a service, as an exporter gets them.
func spansOf(service, batch string, n int) []sdktrace.ReadOnlySpan {
	stubs := make(tracetest.SpanStubs, n)
	for i := range stubs {
		stubs[i] = tracetest.SpanStub{
			Name: batch, SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: byte(i)}, SpanID: trace.SpanID{7: byte(i + 1)}}),
			StartTime: time.Now(), EndTime: time.Now(), Resource: resource.NewSchemaless(attribute.String("service.name", service)),
		}
	}
	return stubs.Snapshots()
}

// count returns how many events of a dataset there are by name.
func (s *server) count(t *testing.T, dataset string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, c := range s.counts(t, dataset) {
		out[c.name] += c.count
	}
	return out
}

// Requests that hold all the memory there is make the server refuse others, which
// are told to come back, do so, and are counted once.
func TestGo_ComesBackAfterOverload(t *testing.T) {
	t.Parallel()
	for name := range exporters("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := startOn(t, t.TempDir(), "127.0.0.1:0", "--memory", fmt.Sprint(256<<20))
			exporter, err := exporters(s.addr["listen"])[name](t.Context())
			if err != nil {
				t.Fatal(err)
			}
			const half = 32 << 20 // of what requests may hold
			var held []net.Conn
			for sent := 0; sent < 2*half; sent += 4 << 20 {
				held = append(held, s.hold(t, 2100<<10)) // which takes a buffer of 4 MiB
			}
			eventually(t, "a request is refused", func() error {
				resp, err := http.Post("http://"+s.addr["listen"]+"/v1/traces", "application/json", strings.NewReader("{}"))
				if err != nil {
					return err
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
					return fmt.Errorf("%s, Retry-After %q", resp.Status, resp.Header.Get("Retry-After"))
				}
				return nil
			})
			before := s.metric(t, "oriel_refused_requests_total", name)
			done := make(chan error, 1)
			go func() { done <- exporter.ExportSpans(t.Context(), spansOf("patient", "batch", 10)) }()
			eventually(t, "the exporter was refused", func() error {
				if s.metric(t, "oriel_refused_requests_total", name) == before {
					return errors.New("not yet")
				}
				return nil
			})
			for _, c := range held {
				_ = c.Close()
			}
			if err := <-done; err != nil {
				t.Fatalf("the exporter gave up: %v", err)
			}
			if got := s.count(t, "patient"); got["batch"] != 10 {
				t.Errorf("%v", got)
			}
		})
	}
}

// hold begins a request with a large body, sends n bytes of it, and goes on as
// slowly as it may.
func (s *server) hold(t *testing.T, n int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.addr["listen"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	head := "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 30000000\r\n\r\n"
	if _, err := io.WriteString(c, head+strings.Repeat(" ", n)); err != nil {
		t.Fatal(err)
	}
	go func() {
		for err := error(nil); err == nil; {
			time.Sleep(500 * time.Millisecond)
			_, err = io.WriteString(c, strings.Repeat(" ", 36<<10))
		}
	}()
	return c
}

// metric adds up the samples of a metric whose labels hold a text.
func (s *server) metric(t *testing.T, name, label string) float64 {
	t.Helper()
	resp, err := http.Get("http://" + s.addr["listen"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	total := 0.0
	for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
		var v float64
		if line := sc.Text(); strings.HasPrefix(line, name+"{") && strings.Contains(line, label) {
			if _, err := fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &v); err != nil {
				t.Fatal(err)
			}
			total += v
		}
	}
	return total
}

func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("not within a minute: %s: %v", what, err)
}

// Exporters send on while the server is stopped, and killed, and started again:
// what they were told is stored is there, once.
func TestGo_SendsOnAcrossRestarts(t *testing.T) {
	t.Parallel()
	for name := range exporters("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			s, end := startOn(t, data, "127.0.0.1:0")
			exporter, err := exporters(s.addr["listen"])[name](t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			var acked atomic.Int64
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := 0; ctx.Err() == nil; i++ {
					spans := spansOf("steady", fmt.Sprint("batch ", i), 10)
					// Over HTTP the exporter leaves a refused connection to its caller.
					for err := exporter.ExportSpans(t.Context(), spans); err != nil; err = exporter.ExportSpans(t.Context(), spans) {
						if t.Context().Err() != nil {
							return
						}
						time.Sleep(10 * time.Millisecond)
					}
					acked.Store(int64(i + 1))
				}
			}()
			for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGTERM} {
				reached := acked.Load() + 20
				eventually(t, "twenty more batches", func() error {
					if n := acked.Load(); n < reached {
						return fmt.Errorf("%d of %d", n, reached)
					}
					return nil
				})
				end(signal)
				s, end = startOn(t, data, s.addr["listen"])
			}
			stop()
			<-done
			got := s.count(t, "steady")
			for i := range acked.Load() {
				if n := got[fmt.Sprint("batch ", i)]; n != 10 {
					t.Errorf("batch %d has %d spans of 10", i, n)
				}
			}
			t.Logf("%d batches over three restarts", acked.Load())
		})
	}
}
