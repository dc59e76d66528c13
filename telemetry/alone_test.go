package telemetry

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Each exporter works without the others.
func TestTelemetry_EachExporterWorksAlone(t *testing.T) {
	for name, c := range map[string]struct {
		but  func(*Config) // keeps this one
		want []string
	}{
		"traces":   {func(cfg *Config) { cfg.Logs, cfg.Errors, cfg.XRay = Logs{}, Errors{}, XRay{} }, []string{"/v1/traces"}},
		"logs":     {func(cfg *Config) { cfg.Traces, cfg.Errors, cfg.XRay = Traces{}, Errors{}, XRay{} }, []string{"CreateLogGroup", "CreateLogStream", "PutLogEvents", "PutRetentionPolicy"}},
		"errors":   {func(cfg *Config) { cfg.Traces, cfg.Logs, cfg.XRay = Traces{}, Logs{}, XRay{} }, []string{"/api/1/item/"}},
		"segments": {func(cfg *Config) { cfg.Traces, cfg.Logs, cfg.Errors = Traces{}, Logs{}, Errors{} }, []string{"segments"}},
	} {
		t.Run(name, func(t *testing.T) {
			backends := newChaos(t)
			tel := backends.start(c.but)
			log := slog.New(tel.LogHandler(nil))
			front := httptest.NewServer(tel.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				log.InfoContext(r.Context(), "a line")
				tel.Report(r.Context(), errors.New("an error"))
			}), WithLogger(log)))
			defer front.Close()
			response, err := (&http.Client{Transport: tel.Transport(nil)}).Get(front.URL)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if err := tel.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			backends.wait(c.want[0], func(taken [][]byte, _ int) bool { return len(taken) > 0 })
			backends.mu.Lock()
			got := slices.Sorted(maps.Keys(backends.taken))
			backends.mu.Unlock()
			if !slices.Equal(got, c.want) {
				t.Errorf("told were %v, want %v", got, c.want)
			}
		})
	}
}

// A segment is as long as a datagram may be, or says less; what is known to be lost is
// counted.
func TestXRay_CountsWhatIsLost(t *testing.T) {
	c := newChaos(t)
	tel := c.start(func(cfg *Config) { cfg.Logs, cfg.Errors, cfg.Traces = Logs{}, Errors{}, Traces{} })
	came := 0
	const most = 66_000 // of text, which every length of a datagram up to its limit comes of
	for n := most - 1200; n <= most; n += 40 {
		_, span := tel.Tracer().Start(t.Context(), fmt.Sprint("of ", n), trace.WithAttributes(attribute.String("text", strings.Repeat("x", n))))
		span.End()
		if err := tel.xray.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		came++ // one after the other: the system drops datagrams of a burst
		c.wait("segments", func(taken [][]byte, _ int) bool { return len(taken) == came })
	}
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if s := tel.Stats().XRay; s.Sent != 31 || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}

	alone, err := Start(t.Context(), Config{XRay: XRay{Daemon: nobody(t)}, Trouble: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		_, span := alone.Tracer().Start(t.Context(), "to nobody")
		span.End()
	}
	if err := alone.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if s := alone.Stats().XRay; s.Dropped < 90 || s.Sent+s.Dropped != 100 {
		t.Errorf("where nobody listens: %+v", s)
	}
}
