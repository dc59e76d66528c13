package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// mood is how the chaos server treats what comes.
type mood int

const (
	well     mood = iota
	failing       // 500
	limited       // 429
	patient       // 429, and Retry-After
	slow          // takes all, after long
	silent        // takes the request, and never answers
	refusing      // takes no connection
	wrong         // 400: it will not take this, ever
	hole          // neither takes nor refuses connections
)

const (
	retryAfter  = 30 * time.Second
	answerTakes = 8 * time.Second
)

// chaos stands for all four backends. It keeps the bodies that it took well.
type chaos struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	mood    mood
	taken   map[string][][]byte // by path, or by operation
	refused map[string]int
	headers map[string]http.Header // of what came last
	made    map[string]bool
	changed chan struct{} // closed and replaced at each request
	silence chan struct{}
	udp     net.PacketConn
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	c := newBackends(t)
	c.Server = httptest.NewServer(c)
	var err error
	if c.udp, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go c.listen()
	t.Cleanup(func() {
		close(c.silence)
		c.CloseClientConnections()
		c.Close()
		_ = c.udp.Close()
	})
	return c
}

// newBackends is a chaos without a network.
func newBackends(t *testing.T) *chaos {
	return &chaos{t: t, taken: map[string][][]byte{}, refused: map[string]int{}, headers: map[string]http.Header{}, made: map[string]bool{}, changed: make(chan struct{}), silence: make(chan struct{})}
}

func (c *chaos) listen() {
	buf := make([]byte, 1<<16)
	for {
		n, _, err := c.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		_, body, _ := bytes.Cut(buf[:n], []byte("\n"))
		c.note("segments", bytes.Clone(body), true)
	}
}

func (c *chaos) note(what string, body []byte, taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if taken {
		c.taken[what] = append(c.taken[what], body)
	} else {
		c.refused[what]++
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *chaos) be(m mood) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mood = m
}

func (c *chaos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if zipped, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, _ = io.ReadAll(zipped)
		}
	}
	what := r.URL.Path
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		what = strings.TrimPrefix(target, "Logs_20140328.")
	}
	c.mu.Lock()
	m := c.mood
	c.headers[what] = r.Header
	c.mu.Unlock()
	switch m {
	case failing, limited, patient, wrong:
		c.note(what, nil, false)
		if m == patient {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		}
		w.WriteHeader(map[mood]int{failing: 500, limited: 429, patient: 429, wrong: 400}[m])
		return
	case silent:
		c.note(what, nil, false)
		select {
		case <-c.silence:
		case <-r.Context().Done():
		}
		return
	case slow:
		time.Sleep(answerTakes) // of the bubble's clock
	case well, refusing, hole:
	}
	c.mu.Lock()
	there := c.made["CreateLogStream"]
	c.made[what] = true
	c.mu.Unlock()
	if what == "PutLogEvents" && !there {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}`)
		return
	}
	_, _ = io.WriteString(w, `{}`)
	c.note(what, body, true)
}

// wait returns once ok says so of what was taken.
func (c *chaos) wait(what string, ok func(taken [][]byte, refused int) bool) [][]byte {
	c.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		c.mu.Lock()
		taken, refused, changed := c.taken[what], c.refused[what], c.changed
		c.mu.Unlock()
		if ok(taken, refused) {
			return taken
		}
		select {
		case <-changed:
		case <-deadline:
			c.t.Fatalf("%s: %d bodies taken, %d refused, and no more came", what, len(taken), refused)
		}
	}
}

// config points everything at url, and at a daemon's address.
func (c *chaos) config(url, daemon string) Config {
	return Config{
		Service: "shop", Version: "1.2.3", Environment: "test",
		Traces:  Traces{Endpoint: url, Key: "key"},
		Logs:    Logs{Group: "/shop/{environment}", Stream: "{service}", Endpoint: url, Region: "eu-central-1", RetentionDays: 7, Every: 10 * time.Millisecond},
		Errors:  Errors{Token: "0123456789abcdef0123456789abcdef", Endpoint: url + "/api/1/item/"},
		XRay:    XRay{Daemon: daemon},
		Trouble: slog.New(slog.DiscardHandler),
	}
}

func (c *chaos) start(change ...func(*Config)) *Telemetry {
	c.t.Helper()
	cfg := c.config(c.URL, c.udp.LocalAddr().String())
	for _, f := range change {
		f(&cfg)
	}
	t, err := Start(c.t.Context(), cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = t.Shutdown(ended)
	})
	return t
}

// lines are the messages of the batches that were taken, in order.
func lines(t *testing.T, taken [][]byte) (out []map[string]any) {
	t.Helper()
	for _, body := range taken {
		var put struct {
			LogEvents []struct{ Message string } `json:"logEvents"`
		}
		if err := json.Unmarshal(body, &put); err != nil {
			t.Fatal(err)
		}
		for _, e := range put.LogEvents {
			var line map[string]any
			if err := json.Unmarshal([]byte(e.Message), &line); err != nil {
				t.Fatalf("%v: %s", err, e.Message)
			}
			out = append(out, line)
		}
	}
	return out
}

func TestMain(m *testing.M) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"} {
		if err := setenv(name, value); err != nil {
			panic(err)
		}
	}
	m.Run()
}
