// Command outage measures what an app that reports with the telemetry library notices
// when all four backends are away: refused, then unanswered, then told to wait, and
// then there again. It starts the app as a process of its own, asks it at an even rate,
// and prints a Markdown table. Nothing is asserted: a test of the library does that in
// a world without a clock; here it is seen in the real one.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/telemetry"
)

type options struct {
	bin    string
	outage time.Duration
	around time.Duration
	rate   int
	app    bool
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin/oriel", "`path` of the built server")
	flag.DurationVar(&o.outage, "outage", 10*time.Minute, "how long all backends are away")
	flag.DurationVar(&o.around, "around", time.Minute, "how long they are there before, and after")
	flag.IntVar(&o.rate, "rate", 200, "`requests` a second")
	flag.BoolVar(&o.app, "app", false, "be the app")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := measure
	if o.app {
		run = func(ctx context.Context, _ options) error { return serve(ctx) }
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "outage:", err)
		os.Exit(1)
	}
}

// measure runs app and backends through all phases.
func measure(ctx context.Context, o options) error {
	folder, err := os.MkdirTemp("", "oriel-outage-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	b := &backends{bin: o.bin, data: filepath.Join(folder, "data")}
	if err := b.choose(ctx); err != nil {
		return err
	}
	defer b.gone()
	if err := b.oriel(ctx); err != nil {
		return err
	}
	a, err := startApp(ctx, b)
	if err != nil {
		return err
	}
	defer a.kill()

	fmt.Printf("| backends | for | requests | p50 | p99 | longest | resident | heap | goroutines | spans waiting, dropped | lines | items | segments |\n| %s\n", strings.Repeat("--- | ", 13))
	third := o.outage / 3
	for _, phase := range []struct {
		name  string
		begin func(context.Context) error
		lasts time.Duration
	}{
		{"there, warming up", nil, o.around / 4},
		{"there", nil, o.around},
		{"refuse connections", b.refuse, third},
		{"take requests, never answer", b.hang, third},
		{"answer 429 and 503", b.limit, third},
		{"there again", b.oriel, o.around},
		{"there", nil, o.around},
	} {
		if phase.begin != nil {
			if err := phase.begin(ctx); err != nil {
				return err
			}
		}
		if err := a.ask(ctx, phase.name, o.rate, phase.lasts); err != nil {
			return err
		}
	}
	return a.end(ctx, b)
}

// app is the process that is measured.
type app struct {
	cmd *exec.Cmd
	url string
	log string // what the library said of its troubles
}

func startApp(ctx context.Context, b *backends) (*app, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a := &app{cmd: exec.CommandContext(ctx, self, "-app"), log: filepath.Join(filepath.Dir(b.data), "trouble")}
	a.cmd.Env = append(os.Environ(), b.environ()...)
	trouble, err := os.Create(a.log)
	if err != nil {
		return nil, err
	}
	a.cmd.Stderr = trouble
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	_, err = fmt.Fscan(out, &a.url)
	return a, err
}

func (a *app) kill() {
	_ = a.cmd.Process.Kill()
	_ = a.cmd.Wait()
}

// vitals is what the app says of itself.
type vitals struct {
	Heap       uint64
	Goroutines int
	telemetry.Stats
}

func (a *app) vitals(ctx context.Context) (v vitals, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/vitals", http.NoBody)
	if err != nil {
		return v, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return v, err
	}
	defer func() { _ = response.Body.Close() }()
	return v, json.NewDecoder(response.Body).Decode(&v)
}

// end waits until the app has sent what waits, stops it, and compares what it counted
// with what arrived.
func (a *app) end(ctx context.Context, b *backends) error {
	var v vitals
	var err error
	for range 600 {
		if v, err = a.vitals(ctx); err != nil {
			return err
		}
		if v.Traces.Waiting+v.Logs.Waiting+v.Errors.Waiting+v.XRay.Waiting == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Printf("\n| | sent | arrived | waiting | dropped |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range []struct {
		what, kind, where string
		telemetry.Flow
	}{
		{"spans", "span", `telemetry.sdk.name = "opentelemetry"`, v.Traces},
		{"lines", "log", "", v.Logs},
		{"items", "", `rollbar.payload exists`, v.Errors}, // also of what OpenTelemetry reported before
		{"segments", "span", `xray.document exists`, v.XRay},
	} {
		fmt.Printf("| %s | %d | %s | %d | %d |\n", f.what, f.Sent, b.arrived(ctx, f.kind, f.where), f.Waiting, f.Dropped)
	}
	_ = a.cmd.Process.Signal(os.Interrupt)
	_ = a.cmd.Wait()
	said, err := os.ReadFile(a.log)
	if err != nil {
		return err
	}
	fmt.Printf("\nWhat the library said on standard error:\n\n%s", said)
	return nil
}

// serve is the app: a few routes, reported by all four exporters, as its environment
// says.
func serve(ctx context.Context) error {
	t, err := telemetry.Start(ctx, telemetry.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = t.Shutdown(context.WithoutCancel(ctx)) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: routes(t, "http://"+listener.Addr().String()), ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	fmt.Println("http://" + listener.Addr().String())
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
