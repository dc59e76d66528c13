package cli_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// command runs a command of the built binary against the server.
func (o *oriel) command(stdin string, args ...string) (stdout, stderr string, code int) {
	o.t.Helper()
	cmd := exec.Command(binary(o.t), args...)
	cmd.Env = append(os.Environ(), "ORIEL_URL="+o.url)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		o.t.Fatal(err)
	}
	return out.String(), errs.String(), code
}

// told starts a server that has taken n spans of one trace.
func told(t *testing.T, n int) (o *oriel, traceID string) {
	t.Helper()
	o = start(t, t.TempDir())
	if status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", batch("told", n, time.Now().Add(-time.Minute))); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	return o, fmt.Sprintf("%016x", fnv("told")) // of 32 digits, as the vendor shows an id that begins with 16 zeros
}

func TestQuery_AnswersInEachForm(t *testing.T) {
	t.Parallel()
	o, _ := told(t, 5)
	const text = "VISUALIZE COUNT, MAX(duration_ms) GROUP BY name LAST 1h"
	for _, c := range []struct {
		name, stdin string
		args        []string
	}{
		{"text", "", []string{"query", text}},
		{"JSON", "", []string{"query", `{"calculations":[{"op":"COUNT"},{"op":"MAX","column":"duration_ms"}],"breakdowns":["name"],"time_range":3600}`}},
		{"pipe", text + "\n", []string{"query"}},
		{"dash", text, []string{"query", "-"}},
	} {
		out, errs, code := o.command(c.stdin, c.args...)
		if code != 0 || out != "name  COUNT  MAX(duration_ms)\nop        5                 5\n" || errs != "" {
			t.Errorf("%s: %d\n%s%s", c.name, code, out, errs)
		}
	}
	out, _, code := o.command("", "query", "--csv", text)
	if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); code != 0 || err != nil || len(rows) != 2 || rows[1][0] != "op" || rows[1][1] != "5" {
		t.Errorf("CSV: %d %v %s", code, err, out)
	}
	out, _, code = o.command("", "query", text, "--json")
	var answer struct{ Rows [][]any }
	if err := json.Unmarshal([]byte(out), &answer); code != 0 || err != nil || len(answer.Rows) != 1 || answer.Rows[0][0] != "op" {
		t.Errorf("JSON: %d %v %s", code, err, out)
	}
	out, _, code = o.command("", "query", "VISUALIZE HEATMAP(duration_ms) LAST 1h")
	if code != 0 || !strings.Contains(out, "█") {
		t.Errorf("heatmap: %d\n%s", code, out)
	}
	_, errs, code := o.command("", "query", "VISUALIZE COUNT LAST")
	if code != 1 || !strings.HasSuffix(errs, "\n  VISUALIZE COUNT LAST\n                      ^\n") {
		t.Errorf("wrong question: %d\n%s", code, errs)
	}
}

func TestTraces_ListsAndDrawsWithoutColoursInAPipe(t *testing.T) {
	t.Parallel()
	o, id := told(t, 3)
	out, _, code := o.command("", "traces")
	if code != 0 || strings.Count(out, "\n") != 2 || !strings.Contains(out, id) || strings.Contains(out, "\x1b") {
		t.Errorf("%d\n%s", code, out)
	}
	out, _, code = o.command("", "traces", "show", id)
	if code != 0 || strings.Count(out, "crash  op") != 3 || !strings.Contains(out, "█") || strings.Contains(out, "\x1b") {
		t.Errorf("%d\n%s", code, out)
	}
	if long, _, code := o.command("", "traces", "show", strings.Repeat("0", 16)+id); code != 0 || long != out {
		t.Errorf("with its zeros: %d\n%s", code, long)
	}
	if _, errs, code := o.command("", "traces", "show", strings.Repeat("e", 32)); code != 1 || !strings.Contains(errs, "not have arrived yet") {
		t.Errorf("%d\n%s", code, errs)
	}
}

func TestTail_PrintsWhatArrivesUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	cmd := exec.Command(binary(t), "tail", "--json", "n >= 1")
	cmd.Env = append(os.Environ(), "ORIEL_URL="+o.url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := make(chan string)
	go func() {
		for sc := bufio.NewScanner(out); sc.Scan(); {
			lines <- sc.Text()
		}
		close(lines)
	}()
	// The tail says nothing before the first event: send until one is seen.
	seen := ""
	for i := 0; seen == ""; i++ {
		if status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", batch(fmt.Sprintf("tail-%d", i), 2, time.Now())); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s %v", status, answer, err)
		}
		select {
		case seen = <-lines:
		case <-time.After(100 * time.Millisecond):
		}
	}
	var event struct{ Fields map[string]any }
	if err := json.Unmarshal([]byte(seen), &event); err != nil || event.Fields["n"] != 1.0 {
		t.Errorf("%s: %v", seen, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for range lines { // the rest of what was under way
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("an interrupted tail ends with %v", err)
	}
}

func TestDoctor_FindsWhatIsRightAndWrong(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	if out, errs, code := o.command("", "doctor"); code != 0 || strings.Contains(out, "✗") || !strings.Contains(out, "readable after") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	o.kill()
	if out, _, code := o.command("", "doctor"); code != 1 || !strings.Contains(out, "start it with oriel serve") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestCommandLine_WrongUseIsOneLineAndCode2(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"srve", "serve --lsten x", "serve x", "demo --retention soon", "config --memory lots", "keys", "keys lst", "keys create --knd aws", "keys disable",
		"query", "query --bogus", "query --output xml COUNT", "traces --limit many", "traces show", "tail --output csv", "doctor now", "bubbleup", "bubbleup --top",
	} {
		cmd := exec.Command(binary(t), strings.Fields(line)...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 2 || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 || !strings.HasPrefix(errs.String(), "oriel: ") {
			t.Errorf("%s: %v\n%s%s", line, err, &out, &errs)
		}
	}
	for _, line := range []string{"--help", "help", "help query", "serve --help", "demo -h", "keys --help", "traces show --help", "--version", "version"} {
		out, err := exec.Command(binary(t), strings.Fields(line)...).Output()
		if err != nil || len(out) == 0 {
			t.Errorf("%s: %v, %d bytes on standard output", line, err, len(out))
		}
	}
}

// line puts one line into a log group, with nobody's key: the server is open.
func (o *oriel) line(group, message string) {
	o.t.Helper()
	call := func(operation, body string) (int, string) {
		req, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.url+"/", strings.NewReader(body))
		if err != nil {
			o.t.Fatal(err)
		}
		req.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			o.t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			o.t.Fatal(err)
		}
		return resp.StatusCode, string(raw)
	}
	call("CreateLogGroup", fmt.Sprintf(`{"logGroupName":%q}`, group)) // it may be there
	call("CreateLogStream", fmt.Sprintf(`{"logGroupName":%q,"logStreamName":"web"}`, group))
	status, answer := call("PutLogEvents", fmt.Sprintf(`{"logGroupName":%q,"logStreamName":"web","logEvents":[{"timestamp":%d,"message":%q}]}`, group, time.Now().UnixMilli(), message))
	if status != http.StatusOK {
		o.t.Fatalf("%d %s", status, answer)
	}
}

func TestTail_PrintsLinesOfAGroupThatAPatternMatches(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	cmd := exec.CommandContext(t.Context(), binary(t), "tail", "--group", "/shop/*", "--stream", "web", `{ $.n >= 1 }`)
	cmd.Env = append(os.Environ(), "ORIEL_URL="+o.url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := make(chan string)
	go func() {
		for sc := bufio.NewScanner(out); sc.Scan(); {
			lines <- sc.Text()
		}
		close(lines)
	}()
	// The tail says nothing before the first line: put until one is seen.
	seen := ""
	for seen == "" {
		o.line("/shop/api", `{"n":0,"level":"info"}`)
		o.line("/other", `{"n":1,"level":"info"}`)
		o.line("/shop/api", `{"n":1,"level":"error"}`)
		select {
		case seen = <-lines:
		case <-time.After(100 * time.Millisecond):
		}
	}
	if _, shown, _ := strings.Cut(seen, "  "); shown != `/shop/api  error  {"n":1,"level":"error"}  log.stream=web` {
		t.Errorf("%q", seen)
	}
}

func TestQuery_AsksLogGroupsInInsights(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	for i, level := range []string{"info", "error", "info"} {
		o.line("/shop/api", fmt.Sprintf(`{"n":%d,"level":%q}`, i, level))
	}
	out, errs, code := o.command("", "query", "--group", "/shop/api", "stats count(*) as lines, sum(n) as total by level | sort level")
	if code != 0 || out != "level  lines  total\nerror      1      1\ninfo       2      2\n" {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	_, errs, code = o.command("", "query", "--group", "/shop/api", "stats cont(*)")
	if code != 1 || !strings.Contains(errs, "\n  stats cont(*)\n        ^") {
		t.Errorf("%d\n%s", code, errs)
	}
}
