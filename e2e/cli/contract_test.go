package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestServe_KeepsItsContractWithScripts(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	for _, name := range []string{"listen", "otlp_grpc", "otlp_http"} {
		if !strings.HasPrefix(o.addr[name], "127.0.0.1:") {
			t.Errorf("%s is %q in the ready line", name, o.addr[name])
		}
	}
	if _, ok := o.addr["xray"]; !ok {
		t.Error("xray is missing from the ready line")
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := o.get(path); status != http.StatusOK {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	if status, body := o.get("/metrics"); status != http.StatusOK || !strings.Contains(body, "oriel_ingest_rows_total") {
		t.Errorf("/metrics: %d, %.200q", status, body)
	}
	if err := o.stop(); err != nil {
		t.Errorf("stopped with %v\n%s", err, o.log)
	}
}

func TestServe_RefusesToBeOpenToOthers(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary(t), "serve", "--data", t.TempDir(), "--listen", "0.0.0.0:0", "--otlp-grpc", "", "--otlp-http", "", "--auth", "open").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--insecure") {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestServe_RefusesASecondProcessOnTheSameData(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data)
	out, err := exec.Command(binary(t), "serve", "--data", data, "--listen", "127.0.0.1:0", "--otlp-grpc", "", "--otlp-http", "").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another") {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestServe_TakesEventsOfAnyAgeIfNoneAreDropped(t *testing.T) {
	t.Parallel()
	for retention, want := range map[string]string{"0": "{}", "1440h": "time_too_old"} {
		o := start(t, t.TempDir(), "--retention", retention)
		old := batch("old", 3, time.Now().AddDate(-3, 0, 0))
		if status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", old); err != nil || status != 200 || !strings.Contains(string(answer), want) {
			t.Errorf("retention %s: %d, %v, %s", retention, status, err, answer)
		}
		never := batch("never", 1, time.Unix(0, 0))
		if status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", never); err != nil || status != 200 || !strings.Contains(string(answer), "time_too_old") {
			t.Errorf("retention %s, without a time: %d, %v, %s", retention, status, err, answer)
		}
	}
}

func TestServe_RefusesUnknownSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "oriel.yaml")
	if err := os.WriteFile(file, []byte("retenshun: 3h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary(t), "config", "--config", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "retenshun") {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(binary(t), "config")
	cmd.Env = append(os.Environ(), "ORIEL_RETENSHUN=3h")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "ORIEL_RETENSHUN") {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestKeys_WorkBesideARunningServer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	before := createKey(t, data, "honeycomb-ingest")
	o := start(t, data, "--auth", "required")
	while := createKey(t, data, "honeycomb")
	body := batch("keys", 1, time.Now())
	for _, c := range []struct {
		key  string
		want int
	}{{before["key"], 200}, {while["key"], 200}, {"nonsense", 401}, {"", 401}} {
		if got := o.postWithKey(t, c.key, body); got != c.want {
			t.Errorf("key %.8q: %d, want %d", c.key, got, c.want)
		}
	}
	aws := createKey(t, data, "aws")
	if !strings.HasPrefix(aws["access_key_id"], "AKIA") || len(aws["secret_access_key"]) != 40 {
		t.Errorf("aws key %v", aws)
	}
	for _, kind := range []string{"honeycomb-classic", "honeycomb-management", "rollbar-write", "rollbar-read", "rollbar-account"} {
		if createKey(t, data, kind)["key"] == "" {
			t.Errorf("no key of kind %s", kind)
		}
	}
}

func createKey(t *testing.T, data, kind string) map[string]string {
	t.Helper()
	out, err := exec.Command(binary(t), "keys", "create", "--kind", kind, "--json", "--data", data).Output()
	if err != nil {
		t.Fatalf("keys create --kind %s: %v", kind, err)
	}
	var key map[string]string
	if err := json.Unmarshal(out, &key); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return key
}

func (o *oriel) postWithKey(t *testing.T, key string, body []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, o.url+"/v1/traces", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("X-Honeycomb-Team", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestCommands_AnswerOverTheAPI(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	if status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", batch("b1", 3, time.Now())); status != 200 || err != nil {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	oriel := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(binary(t), append(args[:1:1], append([]string{"--url", o.url}, args[1:]...)...)...).CombinedOutput()
		if err != nil {
			t.Errorf("oriel %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"query", `VISUALIZE COUNT, P99(duration_ms) WHERE batch.id = "b1" GROUP BY name LAST 1h`}, []string{"COUNT", "P99(duration_ms)", "op", "3"}},
		{[]string{"query", "--output", "csv", `{"calculations":[{"op":"COUNT"}],"breakdowns":["service.name"]}`}, []string{"service.name,COUNT", "crash,3"}},
		{[]string{"query", "--json", "VISUALIZE COUNT LAST 1h"}, []string{`"rows":[[3]]`}},
		{[]string{"traces"}, []string{"crash", "trace id"}},
		{[]string{"traces", "--service", "nobody"}, []string{"no traces"}},
		{[]string{"doctor"}, []string{"✓ alive", "✓ ready", "✓ sending a trace", "✓ OTLP over gRPC"}},
	} {
		out := oriel(c.args...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("oriel %v has no %q:\n%s", c.args, want, out)
			}
		}
	}
	out, err := exec.Command(binary(t), "query", "--url", o.url, `VISUALIZE COUNT WHERE duration_ms >`).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "^") {
		t.Errorf("a broken question: %v\n%s", err, out)
	}
}

// Who deletes a dataset and sends the same again means it: it is no retry.
func TestDelete_WhatIsSentAgainIsStoredAgain(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	o := start(t, data)
	body := batch("again", 3, time.Now())
	send := func() {
		t.Helper()
		if status, answer, err := o.post(t.Context(), "/v1/traces", "application/json", body); err != nil || status != 200 {
			t.Fatalf("%d, %v, %s", status, err, answer)
		}
	}
	call := func(method, body string, want int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, o.url+"/1/datasets/crash", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Honeycomb-Team", "any")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Fatalf("%s: %s", method, resp.Status)
		}
	}
	send()
	send() // a retry
	if err := o.counted("again", 3); err != nil {
		t.Fatal(err)
	}
	call(http.MethodPut, `{"name":"crash","settings":{"delete_protected":false}}`, 200)
	call(http.MethodDelete, "", 202)
	if err := o.counted("again", 0); err != nil {
		t.Fatal(err)
	}
	o.kill()
	o = start(t, data)
	send()
	send()
	if err := o.counted("again", 3); err != nil {
		t.Error(err)
	}
}
