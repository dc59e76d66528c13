package cloudwatch

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

func (r *rig) post(path string, header map[string]string, body []byte) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, bytes.NewReader(body))
	must(r.t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	must(r.t, err)
	raw, err := io.ReadAll(resp.Body)
	must(r.t, err)
	must(r.t, resp.Body.Close())
	return resp.StatusCode, string(raw)
}

func TestEndpoints_AreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	const bulk = "/ingest/bulk?region=" + testRegion + "&logGroup=g&logStream=s"
	if status, body := r.post(bulk, nil, []byte(strings.Repeat("1\n", 10_001))); status != http.StatusBadRequest || !strings.Contains(body, "more than 10000") {
		t.Errorf("10,001 events: %d %s", status, body)
	}
	if status, body := r.post(bulk, nil, bytes.Repeat([]byte(" "), maxPosted+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d %s", status, body)
	}
	if status, body := r.post(bulk, nil, []byte(`["`+strings.Repeat("x", 1<<20)+`","ok"]`)); status != http.StatusOK || !strings.Contains(body, `"rejectedLogRecords":1`) {
		t.Errorf("a large event: %d %s", status, body)
	}
	if got := bodies(r.store.Take()); !slices.Equal(got, []string{"ok"}) {
		t.Errorf("%d lines are stored", len(got))
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	if status, body := r.post(bulk, nil, []byte(deep)); status != http.StatusOK || len(bodies(r.store.Take())) != 1 {
		t.Errorf("nested: %d %s", status, body)
	}
}

// An exporter sends again what was not answered.
func TestEndpoints_OTLPThatIsSentAgainCountsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	header := map[string]string{"Content-Type": "application/json", groupHeader: "g", streamHeader: "s"}
	body := []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}`)
	for _, want := range []int{1, 0} {
		if status, answer := r.post("/v1/logs", header, body); status != http.StatusOK || answer != "{}" {
			t.Errorf("%d %s", status, answer)
		}
		if got := len(bodies(r.store.Take())); got != want {
			t.Errorf("%d lines are stored, want %d", got, want)
		}
	}
}

func TestEndpoints_TakeBearerTokensWhereTheGroupDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	const path = "/ingest/json?region=" + testRegion + "&logGroup=g&logStream=s"
	header := map[string]string{"Authorization": "Bearer ACWL1234567890"}
	if status, body := r.post(path, header, []byte(`{}`)); status != http.StatusForbidden {
		t.Errorf("%d %s", status, body)
	}
	r.ok("PutBearerTokenAuthentication", object{"logGroupIdentifier": "g", "bearerTokenAuthenticationEnabled": true})
	if status, body := r.post(path, header, []byte(`{"a":1}`)); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

func FuzzPosted(f *testing.F) {
	f.Add([]byte(`{"event":"x","time":1.5}{"event":{}}`))
	f.Add([]byte("{\"a\":1}\n[1,\"x\",[null]]\nno"))
	f.Add([]byte(`[{"timestamp":"2026-01-15T09:59:59Z"},{"time":1}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &call{Call: &aws.Call{Body: body}}
		for _, read := range []func(*sentLines, *call, int64) error{readCollector, readBulk, readObjects} {
			var s sentLines
			s.reset("g", "s")
			if err := read(&s, c, 5); err != nil {
				continue
			}
			s.sort()
			for i, l := range s.lines {
				if l.end <= l.start || i > 0 && l.at < s.lines[i-1].at || i > 0 && l.start != s.lines[i-1].end {
					t.Errorf("%q: %+v", body, s.lines)
				}
			}
		}
	})
}
