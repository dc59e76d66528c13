package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Ten minutes without any backend, each in its own way of being away, then back. The
// clock is the bubble's: it moves only while everything waits, so that a call of the
// app that waited for a backend would show as time that passed.
func TestTelemetry_TenMinutesWithoutBackends(t *testing.T) {
	for name, m := range map[string]mood{
		"connections refused": refusing, "connections unanswered": hole, "requests unanswered": silent,
		"slow": slow, "429 with Retry-After": patient, "500": failing,
	} {
		t.Run(name, func(t *testing.T) {
			daemon := nobody(t)
			synctest.Test(t, func(t *testing.T) { tenMinutes(t, m, daemon) })
		})
	}
}

// nobody is an address that no daemon listens at.
func nobody(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	return conn.LocalAddr().String()
}

const (
	beat       = 100 * time.Millisecond // between requests
	spansWait  = 1000
	linesWait  = 256 << 10
	settlesFor = 2 * time.Minute // after backends are back
)

func tenMinutes(t *testing.T, m mood, daemon string) {
	net := newMemoryNet(t)
	app, trouble := net.start(t, daemon)
	tel := app.tel

	app.run(time.Minute)
	settled(t, "before the outage", app, spansWait)
	if s := tel.Stats(); s.Traces.Dropped+s.Logs.Dropped+s.Errors.Dropped != 0 || s.Logs.Sent == 0 || s.XRay.Dropped == 0 { // no daemon is there at all
		t.Errorf("before the outage: %+v", s)
	}
	net.be(m)
	app.run(5 * time.Minute)
	settled(t, "in the middle of the outage", app, spansWait)
	before := heap() - net.backends.kept()
	app.run(5 * time.Minute)
	settled(t, "at the end of the outage", app, spansWait)
	if grown := heap() - net.backends.kept() - before; grown > 2<<20 {
		t.Errorf("memory grew by %d bytes in the second half of the outage", grown)
	}
	lost := tel.Stats()
	if m != slow && (lost.Traces.Dropped == 0 || lost.Logs.Dropped == 0 || lost.Errors.Dropped == 0) {
		t.Errorf("after ten minutes nothing was dropped: %+v", lost)
	}
	if n := trouble.count("is said once"); m != slow && (n == 0 || n > 6) {
		t.Errorf("%d warnings that something cannot be delivered", n)
	}
	if asked := net.backends.refusals("/api/1/item/"); m == patient && asked > int(10*time.Minute/retryAfter)+1 {
		t.Errorf("items were posted %d times in ten minutes to a backend that asked for %s", asked, retryAfter)
	}

	net.be(well)
	app.run(settlesFor)
	time.Sleep(settlesFor)
	settled(t, "after the outage", app, 0)
	if last := net.backends.lastLine(t); last != app.requests {
		t.Errorf("the last line that came is of request %d of %d", last, app.requests)
	}
	end := tel.Stats()
	if n := app.requests - app.at; end.Traces.Sent-lost.Traces.Sent < int64(n) || end.Errors.Sent <= lost.Errors.Sent {
		t.Errorf("delivery did not go on for the %d requests since: %+v, then %+v", n, lost, end)
	}
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	for unit, n := range map[string]int64{"spans": end.Traces.Dropped, "lines": end.Logs.Dropped, "items": end.Errors.Dropped, "segments": end.XRay.Dropped} {
		if told := trouble.sum(unit); told != n {
			t.Errorf("%d %s were dropped, %d were told of", n, unit, told)
		}
	}
}

// A backend that restarts is away for seconds. Nothing is lost by that.
func TestTelemetry_ARestartOfTheBackendLosesNothing(t *testing.T) {
	for name, m := range map[string]mood{"connections refused": refusing, "connections unanswered": hole, "requests unanswered": silent, "429": limited, "500": failing} {
		t.Run(name, func(t *testing.T) {
			daemon := nobody(t)
			synctest.Test(t, func(t *testing.T) {
				net := newMemoryNet(t)
				app, _ := net.start(t, daemon)
				app.run(5 * time.Second)
				net.be(m)
				app.run(15 * time.Second)
				net.be(well)
				app.run(5 * time.Second)
				time.Sleep(settlesFor)
				settled(t, "after the restart", app, 0)
				if s := app.tel.Stats(); s.Traces.Dropped+s.Logs.Dropped+s.Errors.Dropped != 0 {
					t.Errorf("something was dropped: %+v", s)
				}
				_ = app.tel.Shutdown(t.Context())
			})
		})
	}
}

// What a backend refuses for what it is, is dropped, and not in the way of the rest.
func TestTelemetry_WhatIsRefusedIsNotTriedAgain(t *testing.T) {
	daemon := nobody(t)
	synctest.Test(t, func(t *testing.T) {
		net := newMemoryNet(t)
		app, _ := net.start(t, daemon)
		net.be(wrong)
		for range 10 { // the tenth has an item
			app.run(beat)
		}
		time.Sleep(settlesFor)
		if s := app.tel.Stats(); s.Traces.Dropped != 10 || s.Logs.Dropped != 20 || s.Errors.Dropped != 1 {
			t.Errorf("%+v, want everything dropped", s)
		}
		for _, what := range []string{"/v1/traces", "PutLogEvents", "/api/1/item/"} {
			if n := net.backends.refusals(what); n == 0 || n > 2 { // two batches, as time has it
				t.Errorf("%s was tried %d times", what, n)
			}
		}
		_ = app.tel.Shutdown(t.Context())
	})
}

// An app that ends while its backends are away ends, and says what was left.
func TestShutdown_EndsWithoutBackends(t *testing.T) {
	daemon := nobody(t)
	synctest.Test(t, func(t *testing.T) {
		net := newMemoryNet(t)
		app, trouble := net.start(t, daemon)
		net.be(silent)
		app.run(time.Second)
		began := time.Now()
		err := app.tel.Shutdown(context.Background())
		if took := time.Since(began); took > endLasts {
			t.Errorf("it took %s", took)
		}
		for _, text := range []string{"10 spans", "20 lines", "1 item"} {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("it says %q, which lacks %s", err, text)
			}
		}
		if s := app.tel.Stats(); trouble.sum("spans") != s.Traces.Dropped || trouble.sum("lines") != s.Logs.Dropped || s.Logs.Waiting+s.Traces.Waiting != 0 {
			t.Errorf("%+v, but told of %d spans and %d lines", s, trouble.sum("spans"), trouble.sum("lines"))
		}
	})
}

// settled checks that everything is accounted for, and that what waits is bounded.
func settled(t *testing.T, when string, app *busyApp, bound int64) {
	t.Helper()
	synctest.Wait()
	s := app.tel.Stats()
	for what, f := range map[string]struct {
		Flow
		want, bound int64
	}{
		"spans": {s.Traces, int64(app.requests), min(bound+spanBatch, 2*bound)}, "segments": {s.XRay, int64(app.requests), min(bound+spanBatch, 2*bound)},
		"lines": {s.Logs, int64(app.lines), 10 * bound}, "items": {s.Errors, int64(app.reports), min(itemsWaiting+1, bound)},
	} {
		if f.Sent+f.Waiting+f.Dropped != f.want || f.Waiting > f.bound {
			t.Errorf("%s: %d %s, of which %+v (at most %d may wait)", when, f.want, what, f.Flow, f.bound)
		}
	}
	app.tel.lines.mu.Lock()
	waiting := app.tel.lines.waiting + len(app.tel.lines.open.text)
	app.tel.lines.mu.Unlock()
	if waiting > linesWait+sealedAt {
		t.Errorf("%s: %d bytes of lines wait", when, waiting)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below
}

// busyApp is a service that is asked ten times a second.
type busyApp struct {
	t                        *testing.T
	tel                      *Telemetry
	handler                  http.Handler
	requests, lines, reports int
	at                       int // requests when the last run began
}

func newBusyApp(t *testing.T, tel *Telemetry) *busyApp {
	a := &busyApp{t: t, tel: tel}
	log := slog.New(tel.LogHandler(nil))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(_ http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "a line of some length, as they are in applications", slog.Int("i", a.requests))
		switch {
		case a.requests%200 == 0:
			a.reports, a.lines = a.reports+1, a.lines+1
			panic("no luck")
		case a.requests%10 == 0:
			a.reports++
			tel.Report(r.Context(), errors.New("no luck"))
		}
	})
	a.handler = tel.Handler(mux, WithLogger(log))
	return a
}

func (a *busyApp) run(d time.Duration) {
	a.at = a.requests
	for range d / beat {
		a.requests, a.lines = a.requests+1, a.lines+2
		began := time.Now()
		a.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		if waited := time.Since(began); waited != 0 {
			a.t.Fatalf("request %d waited %s for telemetry", a.requests, waited)
		}
		time.Sleep(beat)
	}
}

// memoryNet connects a client with the backends without a real network, which no
// bubble can wait for.
type memoryNet struct {
	backends  *chaos
	url       string
	transport *http.Transport
	accepted  chan net.Conn
	closed    chan struct{}

	mu    sync.Mutex
	mood  mood
	conns []net.Conn
}

func newMemoryNet(t *testing.T) *memoryNet {
	n := &memoryNet{backends: newBackends(t), url: "http://backends.example", accepted: make(chan net.Conn), closed: make(chan struct{})}
	n.transport = &http.Transport{DialContext: n.dial}
	srv := &http.Server{Handler: n.backends}
	go func() { _ = srv.Serve(n) }()
	t.Cleanup(func() {
		close(n.backends.silence)
		n.transport.CloseIdleConnections()
		_ = srv.Close()
	})
	return n
}

// start starts a service with small bounds.
func (n *memoryNet) start(t *testing.T, daemon string) (*busyApp, *records) {
	trouble := &records{}
	cfg := n.backends.config(n.url, daemon)
	cfg.HTTP, cfg.Trouble = &http.Client{Transport: n.transport}, slog.New(trouble)
	cfg.Logs.Every, cfg.Logs.Buffer = time.Second, linesWait
	cfg.Traces.Queue, cfg.XRay.Queue = spansWait, spansWait
	tel, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return newBusyApp(t, tel), trouble
}

// be changes how the backends are. Those that go away take their connections along.
func (n *memoryNet) be(m mood) {
	n.backends.be(m)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mood = m
	if m == refusing || m == hole {
		for _, c := range n.conns {
			_ = c.Close()
		}
		n.conns = nil
	}
}

func (n *memoryNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	m := n.mood
	n.mu.Unlock()
	switch m {
	case refusing:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case hole:
		<-ctx.Done()
		return nil, ctx.Err()
	default:
	}
	here, there := net.Pipe()
	select {
	case n.accepted <- there:
	case <-n.closed:
		return nil, net.ErrClosed
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, here)
	return here, nil
}

// Accept implements net.Listener.
func (n *memoryNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.accepted:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (n *memoryNet) Close() error {
	close(n.closed)
	return nil
}

// Addr implements net.Listener.
func (n *memoryNet) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// refusals says how often something was refused.
func (c *chaos) refusals(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused[what]
}

// lastLine is the number of the request of the last line that came; lines come in order.
func (c *chaos) lastLine(t *testing.T) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := 0
	for _, l := range lines(t, c.taken["PutLogEvents"]) {
		if i, ok := l["i"].(float64); ok {
			if int(i) <= last {
				t.Fatalf("line %v came after line %d", i, last)
			}
			last = int(i)
		}
	}
	return last
}

// kept is how many bytes of bodies the test itself holds.
func (c *chaos) kept() (n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, bodies := range c.taken {
		for _, b := range bodies {
			n += int64(cap(b))
		}
	}
	return n
}

// records keeps what the library says of itself.
type records struct {
	mu  sync.Mutex
	all []slog.Record
}

// Enabled implements slog.Handler.
func (*records) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (r *records) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, record.Clone())
	return nil
}

// WithAttrs implements slog.Handler.
func (r *records) WithAttrs([]slog.Attr) slog.Handler { return r }

// WithGroup implements slog.Handler.
func (r *records) WithGroup(string) slog.Handler { return r }

// count is how many messages contain a text.
func (r *records) count(text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.all {
		if strings.Contains(record.Message, text) {
			n++
		}
	}
	return n
}

// sum adds up an attribute of all messages.
func (r *records) sum(key string) (n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.all {
		record.Attrs(func(a slog.Attr) bool {
			if a.Key == key {
				n += a.Value.Int64()
			}
			return true
		})
	}
	return n
}
