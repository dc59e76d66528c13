package sdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"
)

func TestLibhoneyNode_EveryEventIsAnswered(t *testing.T) {
	t.Parallel()
	s := startWithKeys(t)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	before := time.Now()
	out := s.program(s.vendorEnv(s.key, "AT_MS="+strconv.FormatInt(at.UnixMilli(), 10)), "node", "node/honeycomb/libhoney.js")
	var answers [][2]any
	if err := json.Unmarshal(bytes.TrimSpace(out), &answers); err != nil || len(answers) != 3 {
		t.Fatalf("%s: %v", out, err)
	}
	want := map[string]string{"first": "202", "second": "202", "third": "400"}
	for _, a := range answers {
		id, status := fmt.Sprint(a[0]), fmt.Sprint(a[1])
		if status != want[id] { // the client drops what the answer says beside the status
			t.Errorf("%v", a)
		}
	}
	events := s.events("libhoney-node", "id", 2)
	common := map[string]any{"service": "node", "pid_known": true}
	events["first"].same(t, "first", merged(common, map[string]any{
		"id": "first", "text": "héllo 日本 🚀", "int": 42, "float": 2.5, "yes": true, "list": `[1,"a"]`, "map": `{"deep":{"er":1}}`,
	}))
	if events["first"].Time != at.UnixNano() {
		t.Errorf("the first is at %d, want %d", events["first"].Time, at.UnixNano())
	}
	events["second"].same(t, "second", merged(common, map[string]any{"id": "second", "int": -7}))
	near(t, "the second", time.Unix(0, events["second"].Time), before, 10*time.Second)
	if n := s.countsBy("libhoney-node", "id"); n["first"] != 1 || n["second"] != 9 {
		t.Errorf("sample rates count %v, want 1 and 9", n)
	}
}
