package sdk_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"
	"time"
)

func TestLibhoneyPython_EveryEventIsAnswered(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	at := time.Now().Add(-time.Hour).Truncate(time.Second).Add(123456 * time.Microsecond)
	out := s.program(s.vendorEnv(s.key, "AT_US="+strconv.FormatInt(at.UnixMicro(), 10)), python(t), "python/libhoney_events.py")
	var answers map[string][2]any
	if err := json.Unmarshal(bytes.TrimSpace(out), &answers); err != nil || len(answers) != 4 {
		t.Fatalf("%s: %v", out, err)
	}
	for id, want := range map[string]float64{"first": 202, "naive": 202, "zoned": 202, "third": 400} {
		if got := answers[id]; got[0] != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	events := s.events("libhoney-python", "id", 3)
	common := map[string]any{"service": "python", "pid_known": true}
	events["first"].same(t, "first", merged(common, map[string]any{
		"id": "first", "text": "héllo 日本 🚀", "int": 42, "big": "9007199254740993", "float": 2.5, "yes": true, "list": `[1,"a"]`, "map": `{"deep":{"er":1}}`,
		"at": at.UTC().Format("2006-01-02 15:04:05.000000+00:00"),
	}))
	events["naive"].same(t, "naive", merged(common, map[string]any{"id": "naive", "int": -7}))
	events["zoned"].same(t, "zoned", merged(common, map[string]any{"id": "zoned", "int": 0, "ratio": "NaN", "list": "[1,null]"}))
	for id, e := range events {
		if e.Time != at.UnixNano() {
			t.Errorf("%s is at %d, want %d", id, e.Time, at.UnixNano())
		}
	}
	if n := s.countsBy("libhoney-python", "id"); n["first"] != 1 || n["naive"] != 9 {
		t.Errorf("sample rates count %v, want 1 and 9", n)
	}
}

func TestBeelinePython_TraceOfAService(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	s.program(s.vendorEnv(s.key), python(t), "python/beeline_trace.py")
	spans := s.spans(1)
	common := map[string]any{
		"service_name": "beeline-python", "service.name": "beeline-python", "meta.beeline_version": "3.6.0", "meta.local_hostname": "*",
		"trace.trace_id": "*", "trace.span_id": "*", "duration_ms": "*", "app.user": "andrew",
	}
	root := spans["GET /messages"]
	check(t, root, "", merged(common, map[string]any{"trace.parent_id": nil, "count": 3, "ratio": 0.25, "cached": false}))
	check(t, spans["query"], root.Name, merged(common, map[string]any{
		"trace.parent_id": root.Fields["trace.span_id"], "trace.trace_id": root.Fields["trace.trace_id"], "db.statement": "SELECT 1", "app.exception_type": "*", "app.exception_string": "no such table",
	}))
}
