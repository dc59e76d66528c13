package demo

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/recording"
)

//nolint:gochecknoglobals // a constant
var now = time.Unix(1_800_000_000, 0)

// doors notes what comes in, and says whose it is.
type doors struct {
	keys   *auth.Keys
	busy   int    // how often it has no room at first
	busyAt string // where; "": anywhere
	refuse bool
	upTo   int // as many requests are taken, 0: all
	newest time.Time

	mu   sync.Mutex
	came []string
}

// ServeHTTP implements http.Handler.
func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy > 0 && strings.HasSuffix(r.Header.Get("X-Amz-Target"), d.busyAt) {
		d.busy--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if d.refuse || d.upTo > 0 && len(d.came) == d.upTo {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "not so")
		return
	}
	who, err := d.keys.Authenticate(r.Context(), auth.Sending, r.Header.Get("X-Honeycomb-Team"))
	if err != nil || who.Environment != auth.Sample {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	text := strings.TrimPrefix(r.URL.Path+" "+r.Header.Get("X-Amz-Target"), "/ ")
	if at, ok := protocol.Past(r.Context()); ok {
		text += at.Sub(now).String()
	}
	d.came = append(d.came, strings.TrimSpace(text))
}

func rig(t *testing.T) (*Sample, *doors) {
	t.Helper()
	dir := t.TempDir()
	db, err := meta.Open(t.Context(), filepath.Join(dir, "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now.Add(behind) }
	keys, err := auth.Open(t.Context(), db, auth.Config{Dir: dir, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	d := &doors{keys: keys}
	s := New(t.Context(), Config{
		Keys: keys, Doors: d, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Newest: func() time.Time { return d.newest }, Forget: keys.RemoveEnvironment, Progress: filepath.Join(dir, "progress"),
		Hour: func() (*recording.Recording, error) {
			return &recording.Recording{Acts: []recording.Act{{Lasts: time.Minute, Times: 1, Requests: []recording.Request{
				{Kind: recording.Deploy, Body: []byte("{}")},
				{At: time.Second, Kind: recording.Item, Body: []byte("{}")},
				{At: time.Second, Kind: recording.Item, Body: []byte("{}")},
				{At: time.Second, Kind: recording.Spans},
				{At: time.Second, Kind: recording.Segments, Body: []byte("{}")},
				{At: time.Second, Kind: recording.Lines, Group: "g", Stream: "s", Body: []byte("{}")},
				{At: 2 * time.Second, Kind: recording.Lines, Group: "g", Stream: "s", Body: []byte("{}")},
			}}}}, nil
		},
	})
	t.Cleanup(func() {
		s.Close()
		if err := errors.Join(keys.Close(context.Background()), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, d
}

// The hour comes in by the doors, into an environment of its own, with keys that are
// gone afterwards.
func TestLoad(t *testing.T) {
	t.Parallel()
	s, d := rig(t)
	d.busy = 2
	begun := 0
	if err := s.Load(t.Context(), func() { begun++ }); err != nil || begun != 1 {
		t.Fatal(err)
	}
	want := []string{
		"/api/1/deploy -1m0s", "/api/1/item/ -59s", "/api/1/item/ -58.999999s", "/v1/traces", "/TraceSegments",
		"Logs_20140328.CreateLogGroup", "Logs_20140328.CreateLogStream", "Logs_20140328.PutLogEvents", "Logs_20140328.PutLogEvents",
	}
	if diff := cmp.Diff(want, d.came); diff != "" {
		t.Errorf("what came in:\n%s", diff)
	}
	if st := s.Status(); !st.Present || st.Loading {
		t.Errorf("%+v", st)
	}
	if left := d.keys.List(); len(left) > 0 {
		t.Errorf("keys are left: %v", left)
	}
	if err := s.Remove(t.Context()); err != nil || s.Status().Present {
		t.Errorf("remove: %v", err)
	}
	if err := s.Remove(t.Context()); !fault.Is(err, fault.NotFound) {
		t.Errorf("remove again: %v", err)
	}
}

// A load that was cut short goes on where it was, though the app has sent what is newer.
func TestLoad_GoesOnWhereItWasCutShort(t *testing.T) {
	t.Parallel()
	s, d := rig(t)
	d.upTo = 1
	if err := s.Load(t.Context(), nil); err == nil {
		t.Fatal("loaded in spite of a refusal")
	}
	d.newest, d.upTo = now, 0
	if err := s.Load(t.Context(), nil); err != nil || len(d.came) != 9 || d.came[1] != "/api/1/item/ -59s" {
		t.Errorf("%v, then came %q", err, d.came)
	}
	if err := s.Load(t.Context(), nil); err != nil || len(d.came) != 9 {
		t.Errorf("what is whole is loaded again: %v, %q", err, d.came)
	}
}

// Also a log stream is made once there is room for it.
func TestLoad_WaitsForRoom(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateLogGroup", "CreateLogStream", "PutLogEvents"} {
		s, d := rig(t)
		d.busy, d.busyAt = 2, operation
		if err := s.Load(t.Context(), nil); err != nil || d.busy != 0 || len(d.came) != 9 {
			t.Errorf("%s: %v, %d requests", operation, err, len(d.came))
		}
	}
}

func TestLoad_SaysWhatIsRefused(t *testing.T) {
	t.Parallel()
	s, d := rig(t)
	d.refuse = true
	if err := s.Load(t.Context(), nil); err == nil || !strings.Contains(err.Error(), `/api/1/deploy: status 400: "not so"`) {
		t.Errorf("%v", err)
	}
	if err := s.LoadLater(); err != nil || len(d.keys.List()) > 3 {
		t.Errorf("load again: %v", err)
	}
}

// said is what the sample app says.
type said struct {
	once  sync.Once
	first chan struct{}
}

// Write implements io.Writer.
func (s *said) Write(b []byte) (int, error) {
	s.once.Do(func() { close(s.first) })
	return len(b), nil
}

// An app whose data is removed need not end in good order: what it would still send is
// removed, too.
func TestRemove_DoesNotWaitForTheApp(t *testing.T) {
	t.Parallel()
	s, _ := rig(t)
	goodbye := filepath.Join(t.TempDir(), "goodbye")
	out := &said{first: make(chan struct{})}
	app, err := s.Start(t.Context(), AppConfig{
		Program: "/bin/sh", Args: []string{"-c", "trap 'echo > " + goodbye + "; exit' TERM; echo ready; while :; do read x || exit; done"}, Database: filepath.Join(t.TempDir(), "none"),
		Getenv: os.Getenv, Err: out,
	})
	if err != nil {
		t.Fatal(err)
	}
	<-out.first
	if err := s.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if err := app.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(goodbye); err == nil {
		t.Error("the app was asked to end, and waited for")
	}
}

// What is set for other programs must not lead the app's telemetry elsewhere.
func TestEnvironment_IsTheAppsAlone(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "AWS_PROFILE", "HTTP_PROXY", "ROLLBAR_ENVIRONMENT", "ORIEL_DATA"} {
		t.Setenv(name, "elsewhere")
	}
	for _, pair := range environment("http://127.0.0.1:1", "127.0.0.1:2", Keys{Honeycomb: "h", Rollbar: "r", AccessKeyID: "a", AWSSecret: "s"}, os.Getenv) {
		if strings.Contains(pair, "elsewhere") {
			t.Errorf("the app is told %s", pair)
		}
	}
}
