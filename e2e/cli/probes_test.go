package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// eventually calls f until it returns nil; after patience it fails with f's last error.
func eventually(t testing.TB, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatalf("not within %v: %s: %v", patience, what, err)
}

// metric reads one sample of /metrics; the name includes its labels.
func (o *oriel) metric(name string) float64 {
	o.t.Helper()
	_, text := o.get("/metrics")
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				o.t.Fatal(err)
			}
			return n
		}
	}
	o.t.Fatalf("there is no metric %s in\n%s", name, text)
	return 0
}

// resident is the memory the kernel counts for the process.
func (o *oriel) resident() int64 {
	o.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", o.cmd.Process.Pid))
	if err != nil {
		o.t.Skipf("the memory of a process can't be read here: %v", err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
		o.t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// answer is the end of a query's lines.
type answer struct {
	Type     string `json:"type"`
	Complete bool   `json:"complete"`
	Error    struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	} `json:"error"`
	Result struct {
		Rows [][]any `json:"rows"`
	} `json:"result"`
}

// last reads the last line of an answer to a query.
func last(t testing.TB, body []byte) answer {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	var a answer
	if err := json.Unmarshal(lines[len(lines)-1], &a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

// batches counts the rows of each batch whose name starts with prefix.
func (o *oriel) batches(prefix string) map[string]int {
	o.t.Helper()
	found := map[string]int{}
	for _, r := range o.query(map[string]any{
		"calculations": []any{map[string]any{"op": "COUNT"}}, "breakdowns": []any{"batch.id"}, "time_range": 7200, "limit": 10000,
		"filters": []any{map[string]any{"column": "batch.id", "op": "starts-with", "value": prefix}},
	}) {
		name, _ := r["batch.id"].(string)
		n, _ := r["COUNT"].(float64)
		found[name] = int(n)
	}
	return found
}

// counted says whether the batches of a prefix have that many rows in all.
func (o *oriel) counted(prefix string, want int) error {
	o.t.Helper()
	got := 0
	for _, n := range o.batches(prefix) {
		got += n
	}
	if got != want {
		return fmt.Errorf("%d rows, want %d", got, want)
	}
	return nil
}
