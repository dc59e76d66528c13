package sdk_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// build builds one of the vendor's programs at the version of clients.mod.
func build(t *testing.T, path string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), filepath.Base(path))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-modfile=clients.mod", "-o", bin, path).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", path, err, out)
	}
	return bin
}

func TestHoneytail_BackfillsALogFile(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	begin := time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Millisecond)
	var log strings.Builder
	const lines = 120 // more than two batches
	for i := range lines {
		_, _ = fmt.Fprintf(&log, `{"time":%q,"id":"line-%d","status":%d,"took":%g,"ok":%t,"msg":"héllo \"%d\"","user":{"name":"andrew"}}`+"\n",
			begin.Add(time.Duration(i)*time.Second).Format(time.RFC3339Nano), i, 200+i%3*100, float64(i)/4+0.125, i%2 == 0, i)
	}
	file := filepath.Join(t.TempDir(), "app.log")
	if err := os.WriteFile(file, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.program(nil, build(t, "github.com/honeycombio/honeytail"), "--api_host", s.url(), "--writekey", s.key, "--dataset", "App Log",
		"--parser", "json", "--file", file, "--backfill", "--add_field", "env=ci", "--drop_field", "msg")
	events := s.events("app-log", "id", lines)
	for i := range lines {
		e := events[fmt.Sprintf("line-%d", i)]
		e.same(t, fmt.Sprintf("line %d", i), map[string]any{
			"id": fmt.Sprintf("line-%d", i), "status": 200 + i%3*100, "took": float64(i)/4 + 0.125, "ok": i%2 == 0, "user": `{"name":"andrew"}`, "env": "ci",
		})
		if want := begin.Add(time.Duration(i) * time.Second).UnixNano(); e.Time != want {
			t.Errorf("line %d is at %d, want %d", i, e.Time, want)
		}
	}
}
