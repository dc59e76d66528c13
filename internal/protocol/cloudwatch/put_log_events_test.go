package cloudwatch

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/golden"
	"github.com/oriel-dev/oriel/internal/protocol/protocoltest"
)

var _ = golden.Flag()

func TestTranscripts(t *testing.T) {
	t.Parallel()
	protocoltest.Run(t, "testdata/*.txtar", func(t *testing.T) *protocoltest.Target {
		t.Helper()
		r := newRig(t)
		return &protocoltest.Target{
			URL: r.url, Now: r.clock().UnixNano(), Vars: map[string]string{"ACCOUNT": r.Keys.Default().Account()},
			Events: func() string { return protocoltest.Events(r.store.Take(), r.clock().UnixNano()) },
			Drops:  func() string { return protocoltest.Drops(r.Door.Ledger().Drops()) },
		}
	})
}

// withStream makes a group and a stream.
func (r *rig) withStream(group, stream string) {
	r.t.Helper()
	r.ok("CreateLogGroup", object{"logGroupName": group})
	r.ok("CreateLogStream", object{"logGroupName": group, "logStreamName": stream})
}

// events are log events at the rig's time, one for each message.
func (r *rig) events(messages ...string) []object {
	var out []object
	for _, m := range messages {
		out = append(out, object{"timestamp": r.now.Load(), "message": m})
	}
	return out
}

func (r *rig) put(group, stream string, messages ...string) object {
	r.t.Helper()
	return r.ok("PutLogEvents", object{"logGroupName": group, "logStreamName": stream, "logEvents": r.events(messages...)})
}

// bodies are the messages of all rows that the store holds, in its order.
func bodies(batches []*event.Batch) []string {
	var out []string
	for _, b := range batches {
		for i := range b.Len() {
			out = append(out, b.Row(i).Get(event.FieldBody).Str())
		}
	}
	return out
}

func TestPutLogEvents_WhatGoesInComesOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("/a", "s")
	rapid.Check(t, func(t *rapid.T) {
		messages := rapid.SliceOfN(rapid.StringN(1, -1, -1), 1, 20).Draw(t, "messages")
		answer := r.put("/a", "s", messages...)
		if len(answer) != 1 || answer["nextSequenceToken"] == "" {
			t.Errorf("answered %v", answer)
		}
		if got := bodies(r.store.Take()); !equal(got, messages) {
			t.Errorf("%q came out of %q", got, messages)
		}
	})
}

func equal(a, b []string) bool {
	return strings.Join(a, "\x00\x00") == strings.Join(b, "\x00\x00") && len(a) == len(b)
}

func TestPutLogEvents_StreamKnowsItsTimesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("/a", "s")
	describe := func() object {
		list, ok := r.ok("DescribeLogStreams", object{"logGroupName": "/a"})["logStreams"].([]any)
		if !ok || len(list) != 1 {
			t.Fatalf("%v", list)
		}
		s, _ := list[0].(object)
		return s
	}
	if s := describe(); s["lastEventTimestamp"] != nil || s["uploadSequenceToken"] != nil {
		t.Errorf("before any line: %v", s)
	}
	r.put("/a", "s", "one")
	s := describe()
	if now := float64(r.now.Load()); s["firstEventTimestamp"] != now || s["lastEventTimestamp"] != now || s["lastIngestionTime"] != now || s["uploadSequenceToken"] == nil {
		t.Errorf("after a line: %v", s)
	}
	r.restart()
	if again := describe(); again["lastEventTimestamp"] != s["lastEventTimestamp"] {
		t.Errorf("after a restart: %v", again)
	}
}

// An SDK sends a call again, under the same id, when the answer was lost.
func TestPutLogEvents_RetryOfTheSameCallCountsOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("/a", "s")
	r.withStream("/b", "s")
	body := func(group, message string) string {
		raw, err := json.Marshal(object{"logGroupName": group, "logStreamName": "s", "logEvents": r.events(message)})
		must(t, err)
		return string(raw)
	}
	f := func(wantRows int, id, group, message string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/?region="+testRegion, strings.NewReader(body(group, message)))
		must(t, err)
		req.Header.Set("X-Amz-Target", targetPrefix+"PutLogEvents")
		if id != "" {
			req.Header.Set("Amz-Sdk-Invocation-Id", id)
		}
		resp, err := r.client.Do(req)
		must(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		must(t, resp.Body.Close())
		if rows := len(bodies(r.store.Take())); resp.StatusCode != http.StatusOK || rows != wantRows {
			t.Errorf("%s %s %s: %d, %d rows are stored, want %d", id, group, message, resp.StatusCode, rows, wantRows)
		}
	}
	f(1, "id-1", "/a", "m")
	f(0, "id-1", "/a", "m")
	f(1, "id-2", "/a", "m")
	f(1, "id-1", "/b", "m")
	f(1, "id-1", "/a", "other")
	f(1, "", "/a", "m")
	f(1, "", "/a", "m")
	r.restart()
	f(0, "id-2", "/a", "m")
	r.now.Add((11 * time.Minute).Milliseconds())
	f(1, "id-3", "/a", "m")
}

func TestPutLogEvents_HostileBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("/a", "s")
	many := r.events(strings.Split(strings.Repeat("m,", 10_001), ",")[:10_001]...)
	r.fails("InvalidParameterException", "at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000",
		"PutLogEvents", object{"logGroupName": "/a", "logStreamName": "s", "logEvents": many})
	r.ok("PutLogEvents", object{"logGroupName": "/a", "logStreamName": "s", "logEvents": many[:10_000]})
	most := strings.Repeat("x", 1<<20-26)
	r.put("/a", "s", most)
	r.fails("InvalidParameterException", "Upload too large: 1048577 bytes exceeds limit of 1048576",
		"PutLogEvents", object{"logGroupName": "/a", "logStreamName": "s", "logEvents": r.events(most + "x")})
	if status, body := r.send("PutLogEvents", `{"logGroupName":"/a","logStreamName":"s","logEvents":[{"timestamp":`+fmt.Sprint(r.now.Load())+`,"message":"`+strings.Repeat(`\u00e9`, 1<<19-13)+`"}]}`); status != http.StatusOK {
		t.Errorf("a megabyte, every character an escape: %d %.200s", status, body)
	}
	for _, body := range []string{strings.Repeat(" ", 9<<20), `{"a":` + strings.Repeat("[", 1<<20), `{"logEvents":` + strings.Repeat(`[{"message":`, 10_000)} {
		if status, answer := r.send("PutLogEvents", body); status == http.StatusOK || !strings.Contains(answer, `"__type"`) {
			t.Errorf("%.30s…: %d %.200s", body, status, answer)
		}
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 100 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	must(t, z.Close())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, &bomb)
	must(t, err)
	req.Header.Set("X-Amz-Target", targetPrefix+"PutLogEvents")
	req.Header.Set("Content-Encoding", "gzip")
	resp, err := r.client.Do(req)
	must(t, err)
	if resp.StatusCode == http.StatusOK {
		t.Errorf("a bomb is taken")
	}
	must(t, resp.Body.Close())
}

// Expressions that make a matcher try again and again take time in proportion to
// the text here, wherever a caller can bring one; those that are too large are
// refused. With a matcher that goes back, this test would not end.
func TestExpressions_ThatHangAMatcherAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.withStream("g", "s")
	long := strings.Repeat("a", 64<<10)
	r.put("g", "s", long)
	for _, c := range []struct {
		operation string
		in        object
	}{
		{"FilterLogEvents", object{"logGroupName": "g", "filterPattern": `%a*a*a*a*a*a*a*a*a*a*a*a*a*b$%`}},
		{"FilterLogEvents", object{"logGroupName": "g", "filterPattern": `[w = %a*a*a*a*a*a*a*a*a*a*a*b$%, ...]`}},
		{"TestMetricFilter", object{"filterPattern": `%a*a*a*a*a*a*a*a*a*a*a*a*a*b$%`, "logEventMessages": []string{long}}},
		{"TestTransformer", object{"logEventMessages": []string{`{"m":"` + long + `"}`}, "transformerConfig": []object{
			{"parseJSON": object{}}, {"substituteString": object{"entries": []object{{"source": "m", "from": "(a+)+$x", "to": "b"}}}},
		}}},
		{"TestTransformer", object{"logEventMessages": []string{long}, "transformerConfig": []object{{"grok": object{"match": "%{GREEDYDATA:a}%{GREEDYDATA:b}%{GREEDYDATA:c}%{GREEDYDATA:d}!"}}}}},
		{"PutDataProtectionPolicy", object{"logGroupIdentifier": "g", "policyDocument": protection(`"Configuration":{"CustomDataIdentifier":[{"Name":"T","Regex":"(a+)+b"}]},`, "T")}},
		{"PutLogEvents", object{"logGroupName": "g", "logStreamName": "s", "logEvents": r.events(long)}},
		{"StartQuery", object{"logGroupName": "g", "startTime": 0, "endTime": r.now.Load() / 1000, "queryString": "filter @message like /(a+)+$b/"}},
	} {
		r.ok(c.operation, c.in)
	}
	bomb := `%a{1000}{1000}{1000}%`
	r.fails("InvalidParameterException", "pattern", "FilterLogEvents", object{"logGroupName": "g", "filterPattern": bomb})
	r.fails("InvalidParameterException", "pattern", "TestMetricFilter", object{"filterPattern": bomb, "logEventMessages": []string{"a"}})
	r.fails("InvalidParameterException", "pattern", "StartLiveTail", object{"logGroupIdentifiers": []string{"arn:aws:logs:" + testRegion + ":" + r.account() + ":log-group:g"}, "logEventFilterPattern": bomb})
	r.fails("InvalidParameterException", "no regular expression", "TestTransformer", object{"logEventMessages": []string{"{}"}, "transformerConfig": []object{
		{"parseJSON": object{}}, {"substituteString": object{"entries": []object{{"source": "m", "from": "((a{1000}){1000}){1000}", "to": "b"}}}},
	}})
}
