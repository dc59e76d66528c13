package sdk_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// cardOf returns a card of the set-up page with a fresh key, as the page gets it.
func (s *server) cardOf(id string) map[string]snippet {
	s.t.Helper()
	var answer struct {
		Card struct {
			Languages []snippet
		}
	}
	s.call(http.MethodPost, "/api/setup", map[string]any{"card": id}, &answer)
	out := map[string]snippet{}
	for _, l := range answer.Card.Languages {
		out[l.ID] = l
	}
	return out
}

type snippet struct{ ID, Install, Env, Code string }

// book is what the ingest doctor says.
type book struct {
	Received []received
	Refused  []struct{ Path, Reason, Remedy, Key string }
	Dropped  []struct{ Reason string }
}

type received struct {
	Kind, Service, Group string
	Count                int64
}

func (b *book) has(kind string) bool {
	return slices.ContainsFunc(b.Received, func(r received) bool { return r.Kind == kind })
}

// awaits waits until something of each kind has arrived, and nothing was refused.
func (s *server) awaits(kinds ...string) {
	s.t.Helper()
	var b book
	missing := func(kind string) bool { return !b.has(kind) }
	for range 200 {
		b = book{}
		s.call(http.MethodGet, "/api/doctor", nil, &b)
		if !slices.ContainsFunc(kinds, missing) {
			break
		}
		time.Sleep(50 * time.Millisecond) // SDKs send when they like
	}
	if slices.ContainsFunc(kinds, missing) {
		s.t.Errorf("not all of %q arrived: %+v", kinds, b)
	}
	for _, r := range b.Refused {
		if !strings.Contains(r.Reason, "does not exist") { // watchtower looks so whether it must make the group and the stream
			s.t.Errorf("refused: %+v", r)
		}
	}
	if len(b.Dropped) > 0 {
		s.t.Errorf("dropped: %+v", b.Dropped)
	}
}

// freePort returns a port that nobody listens to.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// Every card of the set-up page, where keys are required: the key that the page
// makes is the one the snippet runs with, and what it sends is what the page waits for.
func TestSetUpPage_CardsRunWithTheKeyThatThePageMakes(t *testing.T) {
	t.Parallel()
	python := python(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	inModule := func(folder string) string { return "cd " + filepath.Join(here, folder) + " && go run $OLDPWD/main.go" }
	const visit = `import app; c = app.app.test_client(); app.app.testing = False; c.get("%s")`
	for _, c := range []struct {
		card, id, file, command string
		modules                 string // of Node, below node/
		serves                  string // the path to ask for, of a program that does not end
		kinds                   []string
	}{
		{card: "opentelemetry", id: "distro-go", file: "main.go", command: inModule("."), kinds: []string{"spans"}},
		{card: "opentelemetry", id: "libhoney-node", file: "events.js", command: "node events.js", modules: "honeycomb", kinds: []string{"events"}},
		{card: "cloudwatch", id: "cloudwatch-python", file: "app.py", command: python + " app.py", kinds: []string{"lines"}},
		{card: "cloudwatch", id: "cloudwatch-go", file: "main.go", command: inModule("."), kinds: []string{"lines"}},
		{card: "cloudwatch", id: "cloudwatch-node", file: "logs.mjs", command: "node logs.mjs", modules: "cloudwatch", kinds: []string{"lines"}},
		{card: "cloudwatch", id: "cloudwatch-cli", file: "logs.sh", command: "PATH=" + filepath.Dir(python) + ":$PATH; . ./logs.sh", kinds: []string{"lines"}},
		{card: "rollbar", id: "rollbar-python", file: "app.py", command: python + " -c '" + fmt.Sprintf(visit, "/broken") + "'", kinds: []string{"errors"}},
		{card: "rollbar", id: "rollbar-go", file: "main.go", command: inModule("."), kinds: []string{"errors"}},
		{card: "rollbar", id: "rollbar-node", file: "app.js", command: "node app.js", modules: "rollbar", kinds: []string{"errors"}},
		{card: "rollbar", id: "rollbar-deploy", file: "deploy.sh", command: ". ./deploy.sh"},
		{card: "xray", id: "xray-python", file: "app.py", command: python + " -c '" + fmt.Sprintf(visit, "/hello") + "'", kinds: []string{"segments"}},
		{card: "xray", id: "xray-go", file: "main.go", command: inModule("."), kinds: []string{"segments"}},
		{card: "xray", id: "xray-node", file: "app.js", command: "exec node app.js", modules: "xray", serves: "/hello", kinds: []string{"segments"}},
		{card: "xray", id: "xray-cli", file: "rules.sh", command: "PATH=" + filepath.Dir(python) + ":$PATH; . ./rules.sh"},
		{card: "library", id: "library", file: "main.go", command: "cd " + filepath.Join(here, "../../telemetry") + " && go build -o $OLDPWD/app $OLDPWD/main.go && exec $OLDPWD/app", serves: "/hello", kinds: []string{"spans", "lines", "errors"}},
	} {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			s := start(t, "--auth", "required", "--xray", "127.0.0.1:0")
			s.key = s.newKey("honeycomb")
			shown, ok := s.cardOf(c.card)[c.id]
			if !ok {
				t.Fatalf("the card %s has no snippet %s", c.card, c.id)
			}
			if strings.Contains(shown.Env+shown.Code, s.key) || strings.Contains(shown.Env+shown.Code, "YOUR-") {
				t.Errorf("the snippet has no key of its own:\n%s\n%s", shown.Env, shown.Code)
			}
			port := freePort(t)
			dir := folder(t, c.modules, map[string]string{
				c.file:   strings.ReplaceAll(shown.Code, "127.0.0.1:8080", "127.0.0.1:"+port),
				"run.sh": "set -e\nexport PORT=" + port + "\n" + shown.Env + "\n" + c.command + "\n",
			})
			ctx, end := context.WithCancel(t.Context())
			defer end()
			cmd := exec.CommandContext(ctx, "bash", "run.sh")
			cmd.Dir = dir
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.serves != "" {
				ask(t, "http://127.0.0.1:"+port+c.serves)
			} else if err := cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			s.awaits(c.kinds...)
			if c.serves != "" {
				end()
				_ = cmd.Wait() // it was told to end
			}
		})
	}
}

// ask waits for a server to answer.
func ask(t *testing.T, url string) {
	t.Helper()
	for range 600 {
		resp, err := http.Get(url) //nolint:noctx // a test's
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		time.Sleep(100 * time.Millisecond) // it may have to be compiled first
	}
	t.Fatalf("%s never answered", url)
}

// The same test event as the button sends, as commands.
func TestSetUpPage_TestEventsAsCurl(t *testing.T) {
	t.Parallel()
	s := start(t, "--auth", "required", "--xray", "127.0.0.1:0")
	s.key = s.newKey("honeycomb")
	for card, kind := range map[string]string{"opentelemetry": "spans", "cloudwatch": "lines", "rollbar": "errors", "xray": "segments"} {
		var answer struct {
			Card struct{ Curl, Test string }
		}
		s.call(http.MethodPost, "/api/setup", map[string]any{"card": card}, &answer)
		if out, err := exec.CommandContext(t.Context(), "bash", "-e", "-c", answer.Card.Curl).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", card, err, out)
		}
		s.awaits(kind)
		s.request(http.MethodPost, "/api/test-event", map[string]any{"kind": answer.Card.Test})
	}
	var b book
	s.call(http.MethodGet, "/api/doctor", nil, &b)
	for _, r := range b.Received {
		if r.Count < 2 {
			t.Errorf("%d %s arrived, want those of the button and of curl", r.Count, r.Kind)
		}
	}
}

// Ten mistakes, and what the doctor says about each.
func TestIngestDoctor_KnowsWhatWasMeant(t *testing.T) {
	t.Parallel()
	s := start(t, "--auth", "required", "--xray", "127.0.0.1:0")
	s.key = s.newKey("honeycomb")
	token := s.newKey("rollbar-write")
	post := func(path, body string, headers ...string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode < http.StatusBadRequest {
			t.Errorf("%s was answered %d", path, resp.StatusCode)
		}
	}
	const json, amz = "application/json", "application/x-amz-json-1.1"
	post("/v1/traces", "{}", "Content-Type", json, "X-Honeycomb-Team", "nobodys")
	post("/v1/traces", "{}", "Content-Type", json, "X-Honeycomb-Team", token)
	post("/v1/traces", "{}", "Content-Type", json)
	post("/v1/traces", "{}", "Content-Type", "text/plain", "X-Honeycomb-Team", s.key)
	post("/v1/trace", "{}", "Content-Type", json, "X-Honeycomb-Team", s.key)
	post("/api/1/item/", "{}", "X-Rollbar-Access-Token", s.key)
	post("/api/1/item/", "{bad", "X-Rollbar-Access-Token", token)
	post("/", "{}", "Content-Type", amz, "X-Amz-Target", "Logs_20140328.PutLogEvents")
	post("/", "{}", "Content-Type", amz, "X-Amz-Target", "Logs_20140328.PutLogEvents", "X-Amz-Date", "20261128T000000Z", "Authorization",
		"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261128/us-east-1/logs/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature="+strings.Repeat("a", 64))
	post("/loki/api/v1/push", "{}", "Content-Type", json)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "udp", s.addr["xray"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("POST / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	wants := []string{
		"header x-honeycomb-team; oriel keys create", "a key of kind rollbar-write", "missing 'x-honeycomb-team' header", "unsupported content-type",
		"OTLP is taken at /v1/traces", "a key of kind honeycomb", "Send JSON", "The request is not signed", "does not know the access key id", "Loki's protocol", "HTTP over UDP",
	}
	var out string
	for range 100 {
		raw, err := exec.CommandContext(t.Context(), os.Getenv("ORIEL_BIN"), "doctor", "--url", s.url(), "--key", s.key).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		if out = string(raw); strings.Contains(out, "HTTP over UDP") {
			break
		}
		time.Sleep(50 * time.Millisecond) // the datagram is on its way
	}
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("oriel doctor does not say %q:\n%s", want, out)
		}
	}
	for _, secret := range []string{token, s.key, "AKIAIOSFODNN7EXAMPLE", "nobodys"} {
		if strings.Contains(out, secret) {
			t.Errorf("a key is shown whole")
		}
	}
}
