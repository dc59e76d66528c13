// Package cli_test runs the built binary as its users do: the command line, the
// start and stop contract, and kills in the middle of work.
package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the path of the built oriel.
func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("ORIEL_BIN")
	if path == "" {
		t.Fatal("ORIEL_BIN must name the built binary; make e2e-cli sets it")
	}
	return path
}

// oriel is a running server.
type oriel struct {
	t    testing.TB
	cmd  *exec.Cmd
	addr map[string]string
	url  string
	log  *lockedBuffer
	done chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs oriel serve on free ports and waits for its ready line.
func start(t testing.TB, data string, args ...string) *oriel {
	t.Helper()
	return startAs(t, "serve", data, args...)
}

// startAs runs oriel serve, or oriel demo.
func startAs(t testing.TB, name, data string, args ...string) *oriel {
	t.Helper()
	args = append([]string{name, "--data", data, "--listen", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--xray", ""}, args...)
	o := &oriel{t: t, cmd: exec.Command(binary(t), args...), log: &lockedBuffer{}, done: make(chan error, 1)}
	o.cmd.Stderr = o.log
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.cmd.Process.Kill() })
	ready := make(chan string, 1)
	go func() {
		sc := bufio.NewScanner(out)
		for sc.Scan() {
			if line, ok := strings.CutPrefix(sc.Text(), "ready "); ok {
				ready <- line
			}
		}
		o.done <- o.cmd.Wait()
	}()
	select {
	case line := <-ready:
		if err := json.Unmarshal([]byte(line), &o.addr); err != nil {
			t.Fatalf("ready line %q: %v", line, err)
		}
	case err := <-o.done:
		t.Fatalf("oriel ended before it was ready: %v\n%s", err, o.log)
	case <-time.After(60 * time.Second):
		t.Fatalf("oriel is not ready after a minute\n%s", o.log)
	}
	o.url = "http://" + o.addr["listen"]
	return o
}

// kill ends the server as a power cut would, as far as a process can see.
func (o *oriel) kill() {
	_ = o.cmd.Process.Kill()
	<-o.done
}

// stop asks the server to stop and returns how it ended.
func (o *oriel) stop() error {
	if err := o.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return <-o.done
}

// post sends a body and returns status and answer; an error means no answer.
func (o *oriel) post(ctx context.Context, path, contentType string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-Honeycomb-Team", "any")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// get returns status and body.
func (o *oriel) get(path string) (int, string) {
	o.t.Helper()
	resp, err := http.Get(o.url + path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// query runs a Honeycomb query and returns its table as rows by column.
func (o *oriel) query(spec map[string]any) []map[string]any {
	o.t.Helper()
	body, err := json.Marshal(map[string]any{"dataset": "__all__", "query": spec})
	if err != nil {
		o.t.Fatal(err)
	}
	status, answer, err := o.post(context.Background(), "/api/query", "application/json", body)
	if err != nil || status != http.StatusOK {
		o.t.Fatalf("query: %d, %v, %s", status, err, answer)
	}
	for line := range bytes.Lines(answer) {
		var l struct {
			Type   string          `json:"type"`
			Error  json.RawMessage `json:"error"`
			Result struct {
				Columns []struct {
					Name string `json:"name"`
				} `json:"columns"`
				Rows [][]any `json:"rows"`
			} `json:"result"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			o.t.Fatalf("line %q: %v", line, err)
		}
		switch l.Type {
		case "error":
			o.t.Fatalf("query: %s", l.Error)
		case "done":
			var rows []map[string]any
			for _, r := range l.Result.Rows {
				row := map[string]any{}
				for i, c := range l.Result.Columns {
					row[c.Name] = r[i]
				}
				rows = append(rows, row)
			}
			return rows
		}
	}
	o.t.Fatalf("no result in %s", answer)
	return nil
}

// batch encodes n spans as OTLP JSON; every span carries the batch's name.
func batch(name string, n int, at time.Time) []byte {
	spans := make([]map[string]any, n)
	for i := range spans {
		spans[i] = map[string]any{
			"traceId": fmt.Sprintf("%032x", fnv(name)), "spanId": fmt.Sprintf("%016x", fnv(name)+uint64(i)+1),
			"name": "op", "kind": 2, "startTimeUnixNano": fmt.Sprint(at.UnixNano() + int64(i)), "endTimeUnixNano": fmt.Sprint(at.UnixNano() + int64(i) + 5e6),
			"attributes": []any{
				map[string]any{"key": "batch.id", "value": map[string]any{"stringValue": name}},
				map[string]any{"key": "n", "value": map[string]any{"intValue": fmt.Sprint(i)}},
			},
		}
	}
	raw, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": []any{map[string]any{"key": "service.name", "value": map[string]any{"stringValue": "crash"}}}},
		"scopeSpans": []any{map[string]any{"spans": spans}},
	}}})
	if err != nil {
		panic(err)
	}
	return raw
}

// events encodes a batch as the events API has it.
func events(name string, n int, at time.Time) []byte {
	list := make([]map[string]any, n)
	for i := range list {
		list[i] = map[string]any{"time": at.Add(time.Duration(i)).Format(time.RFC3339Nano), "data": map[string]any{"batch.id": name, "n": i, "name": "op"}}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return raw
}

func fnv(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h >> 8 << 8
}
