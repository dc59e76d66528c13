package sdk_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nodeApp serves one request and is then stopped as an orchestrator stops it.
const nodeApp = `
const http = require("http");
const server = http.createServer((_, res) => res.end("hello")).listen(0, async () => {
  await (await fetch("http://127.0.0.1:" + server.address().port + "/hello")).text();
  process.kill(process.pid, "SIGTERM");
});
`

// The snippets of the set-up page are programs: each must run as the page says,
// end by itself, and send what the page then shows.
func TestSetUpPage_SnippetsRun(t *testing.T) {
	t.Parallel()
	python := python(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id, file, command string
		more              map[string]string // files beside the snippet
		traces            int
		span, parent      string
		want              map[string]any
	}{
		{
			id: "curl", file: "curl.sh", command: "bash -e curl.sh", traces: 1,
			span: "hello", want: map[string]any{"span.kind": "server", "duration_ms": 250},
		},
		{
			id: "python", file: "app.py", traces: 1,
			command: python + ` -c 'import app; assert app.app.test_client().get("/hello").data == b"hello"'`,
			span:    "say hello", parent: "GET /hello", want: map[string]any{"library.name": "app", "telemetry.sdk.language": "python"},
		},
		{
			id: "node", file: "tracing.js", more: map[string]string{"app.js": nodeApp}, command: "node --require ./tracing.js app.js", traces: 1,
			span: "GET", parent: "GET", want: map[string]any{"telemetry.sdk.language": "nodejs", "span.kind": "server"}, // below the span of fetch
		},
		{
			id: "go-http", file: "main.go", command: "cd " + here + " && go run $OLDPWD/main.go", traces: 1,
			span: "hello", want: map[string]any{"library.name": "main", "telemetry.sdk.language": "go"},
		},
		{
			id: "go-grpc", file: "main.go", command: "cd " + here + " && go run $OLDPWD/main.go", traces: 1,
			span: "hello", want: map[string]any{"library.name": "main", "telemetry.sdk.language": "go"},
		},
	} {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			env, code := s.snippet(c.id)
			files := map[string]string{c.file: code, "run.sh": "set -e\n" + env + "\n" + c.command + "\n"}
			for name, text := range c.more {
				files[name] = text
			}
			dir := folder(t, "setup", files)
			cmd := exec.CommandContext(t.Context(), "bash", "run.sh")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			sp := s.spans(c.traces)[c.span]
			check(t, sp, c.parent, c.want)
			check(t, sp, c.parent, map[string]any{"service.name": "my-service"})
		})
	}
}

// folder makes a folder with some files and, where modules names one of node/, its modules.
func folder(t *testing.T, modules string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if modules != "" {
		of, err := filepath.Abs(filepath.Join("node", modules, "node_modules"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(of, filepath.Join(dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// snippet returns the environment and the program that the page shows.
func (s *server) snippet(id string) (env, code string) {
	s.t.Helper()
	var setup struct {
		Endpoint string
		Cards    []struct {
			Languages []struct{ ID, Env, Code string }
		}
	}
	s.call(http.MethodGet, "/api/setup", nil, &setup)
	for _, card := range setup.Cards {
		for _, l := range card.Languages {
			if l.ID == id {
				if !strings.Contains(l.Env+l.Code, setup.Endpoint) {
					s.t.Errorf("the snippet %s does not name the server %s", id, setup.Endpoint)
				}
				return l.Env, l.Code
			}
		}
	}
	s.t.Fatalf("the page has no snippet %s", id)
	return "", ""
}
