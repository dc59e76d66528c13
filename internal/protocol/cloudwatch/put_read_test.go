package cloudwatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plainPut is a request as Go's own reader of JSON reads it.
type plainPut struct {
	LogGroupName  string `json:"logGroupName"`
	LogStreamName string `json:"logStreamName"`
	SequenceToken string `json:"sequenceToken,omitempty"`
	LogEvents     []struct {
		Timestamp *int64  `json:"timestamp"`
		Message   *string `json:"message"`
	} `json:"logEvents"`
}

func TestSentLines_ReadsWhatJSONSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := plainPut{
			LogGroupName: rapid.StringN(1, 9, -1).Draw(t, "group"), LogStreamName: rapid.StringN(1, 9, -1).Draw(t, "stream"),
			SequenceToken: rapid.String().Draw(t, "token"),
		}
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			at, message := rapid.Int64Range(0, 1<<45).Draw(t, "at"), rapid.StringN(1, -1, -1).Draw(t, "message")
			want.LogEvents = append(want.LogEvents, struct {
				Timestamp *int64  `json:"timestamp"`
				Message   *string `json:"message"`
			}{&at, &message})
		}
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var s sentLines
		s.read([]byte(`{"logGroupName":"before","logStreamName":"b","logEvents":[{"timestamp":1,"message":"before"}]}`))
		if !s.read(raw) {
			t.Fatalf("%s is not taken", raw)
		}
		if s.group != want.LogGroupName || s.stream != want.LogStreamName || len(s.lines) != len(want.LogEvents) {
			t.Errorf("%s is read as %q %q with %d lines", raw, s.group, s.stream, len(s.lines))
		}
		for i, e := range want.LogEvents {
			if s.lines[i].at != *e.Timestamp || string(s.message(i)) != *e.Message {
				t.Errorf("line %d of %s is %d %q", i, raw, s.lines[i].at, s.message(i))
			}
		}
	})
}

func TestSentLines_TakesNothingElse(t *testing.T) {
	t.Parallel()
	around := func(events string) string {
		return `{"logGroupName":"g","logStreamName":"s","logEvents":` + events + `}`
	}
	for body, want := range map[string]bool{
		around(`[{"timestamp":1,"message":"m"}]`):                                   true,
		around(`[{"message":"m","timestamp":1,"more":[1,{}]}]`) + "\n":              true,
		around(`[{"timestamp":1,"message":"a","message":"b"}]`):                     true,
		`{"unknown":{"a":[]},` + around(`[{"timestamp":0,"message":"\u0000"}]`)[1:]: true,
		around(`[{"timestamp":1,"message":"m"}]`)[:20]:                              false,
		around(`[{"timestamp":1,"message":"m"}]`) + "x":                             false,
		around(`[]`):                false,
		around(`{}`):                false,
		around(`null`):              false,
		around(`[null]`):            false,
		around(`[{}]`):              false,
		around(`[{"timestamp":1}]`): false,
		around(`[{"timestamp":1,"message":null}]`):                                                                false,
		around(`[{"timestamp":1,"message":""}]`):                                                                  false,
		around(`[{"timestamp":1,"message":"a","message":""}]`):                                                    false,
		around(`[{"timestamp":1,"message":7}]`):                                                                   false,
		around(`[{"message":"m"}]`):                                                                               false,
		around(`[{"timestamp":-1,"message":"m"}]`):                                                                false,
		around(`[{"timestamp":1.5,"message":"m"}]`):                                                               false,
		around(`[{"timestamp":"1","message":"m"}]`):                                                               false,
		around(`[{"timestamp":99999999999999999999,"message":"m"}]`):                                              false,
		around("[{\"timestamp\":1,\"message\":\"a\nb\"}]"):                                                        false,
		around(`[` + strings.Repeat(`{"timestamp":1,"message":"m"},`, 10_000) + `{"timestamp":1,"message":"m"}]`): false,
		`{"logStreamName":"s","logEvents":[{"timestamp":1,"message":"m"}]}`:                                       false,
		`{"logGroupName":"g","logEvents":[{"timestamp":1,"message":"m"}]}`:                                        false,
		`{"logGroupName":"g","logStreamName":"s"}`:                                                                false,
		``: false, `[]`: false, `null`: false,
	} {
		var s sentLines
		if got := s.read([]byte(body)); got != want {
			t.Errorf("%.100s: %v", body, got)
		}
	}
}

func TestSentLines_ReplacesWhatIsNoText(t *testing.T) {
	t.Parallel()
	var s sentLines
	if !s.read([]byte("{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":[{\"timestamp\":1,\"message\":\"a\\ud800b\xff\xfec\"}]}")) {
		t.Fatal("not taken")
	}
	if got, want := string(s.message(0)), "a\ufffdb\ufffd\ufffdc"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPut_JudgesTimesAndSizes(t *testing.T) {
	t.Parallel()
	const (
		now = int64(1_768_471_200_000)
		h   = int64(time.Hour / time.Millisecond)
		day = 24 * h
	)
	oldest := int64(0)
	f := func(want string, times ...int64) {
		t.Helper()
		p := &put{}
		for _, at := range times {
			p.sent.lines = append(p.sent.lines, sentLine{at: now + at})
		}
		got := ""
		if err := p.judge(now, oldest); err != nil {
			got = err.Error()
		} else if r := p.rejected(); r != nil {
			raw, _ := json.Marshal(r)
			got = string(raw)
		}
		if got != want {
			t.Errorf("%v: %s, want %s", times, got, want)
		}
	}
	const disorder = "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order."
	const span = "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
	f("", 0)
	f("", 0, 0, 1)
	f(disorder, 0, -1)
	f(disorder, -20*day, -21*day)
	f(disorder, 4*h, 3*h)
	f("", -day, 0)
	f(span, -day-1, 0)
	f("", -14*day)
	f(`{"tooOldLogEventEndIndex":1}`, -14*day-1)
	f("", 2*h)
	f(`{"tooNewLogEventStartIndex":0}`, 2*h+1)
	f(`{"tooNewLogEventStartIndex":4,"tooOldLogEventEndIndex":2}`, -20*day, -15*day, 0, 60_000, 3*h, 4*h)
	f(`{"tooNewLogEventStartIndex":1,"tooOldLogEventEndIndex":1}`, -20*day, 3*h)
	oldest = now - 3*day
	f("", -3*day)
	f(`{"expiredLogEventEndIndex":2}`, -5*day, -3*day-1, -3*day)
	f(`{"tooOldLogEventEndIndex":1,"expiredLogEventEndIndex":2}`, -20*day, -5*day, -1)
	f(`{"tooNewLogEventStartIndex":2,"tooOldLogEventEndIndex":1,"expiredLogEventEndIndex":2}`, -20*day, -5*day, 3*h)
	oldest = now - 30*day
	f(`{"tooOldLogEventEndIndex":1}`, -40*day, -1)
}

func TestSentEntity_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprintf(`"a%d":"v"`, i)
	}
	for entity, want := range map[string]string{
		`null`: "",
		`{"keyAttributes":{"Type":"Service","Name":"api","Environment":"prod"},"attributes":{"PlatformType":"Generic"}}`: "",
		`{"keyAttributes":{"Type":"Service","Name":"api","Environment":"prod","AwsAccountId":"123456789012"}}`:           "",
		`{"keyAttributes":{"Type":"AWS::Resource","ResourceType":"AWS::EC2::Instance","Identifier":"i-1"}}`:              "",
		`{}`:                                            "InvalidEntity",
		`{"keyAttributes":null,"attributes":{}}`:        "InvalidEntity",
		`{"attributes":{"a":"b"}}`:                      "MissingRequiredFields",
		`{"keyAttributes":{"Type":"Service"}}`:          "MissingRequiredFields",
		`{"keyAttributes":{"Type":"Cat","Name":"Tom"}}`: "InvalidTypeValue",
		`{"keyAttributes":{"Type":"Service","Name":"api","Colour":"red"}}`:                                         "InvalidKeyAttributes",
		`{"keyAttributes":{"Type":"Service","Name":"` + strings.Repeat("x", 513) + `"}}`:                           "InvalidKeyAttributes",
		`{"keyAttributes":{"Type":"Service","Name":"a"},"attributes":{` + strings.Join(many, ",") + `}}`:           "InvalidAttributes",
		`{"keyAttributes":{"Type":"Service","Name":"a"},"attributes":{"a":"` + strings.Repeat("x", 20_000) + `"}}`: "EntitySizeTooLarge",
	} {
		var s sentLines
		if !s.read([]byte(`{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1,"message":"m"}],"entity":` + entity + `}`)) {
			t.Errorf("%.80s is not taken", entity)
		}
		if got := s.entity.problem(); got != want {
			t.Errorf("%.80s: %q, want %q", entity, got, want)
		}
	}
}

// What is taken is what JSON says, and what the model finds nothing wrong with.
func FuzzSentLines(f *testing.F) {
	f.Add([]byte(`{"logGroupName":"g","logStreamName":"s","sequenceToken":"1","logEvents":[{"timestamp":1,"message":"{\"a\":\"\\u00e9\"}"},{"message":"\ud83d\ude00","timestamp":2}],"entity":{"keyAttributes":{"Type":"Service","Name":"api"},"attributes":{"a":"b"}}}`))
	f.Add([]byte(`{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1,"message":""}]}`))
	f.Add([]byte(`{"logEvents":[{}],"logEvents":null}`))
	m, err := readModel()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var s sentLines
		if !s.read(body) {
			return
		}
		var want plainPut
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatalf("%q is taken: %v", body, err)
		}
		if strings.Contains(strings.ToLower(string(body)), "\\u") || slices.Contains(body, 0xff) || duplicates(body) {
			return // names in other spellings, and given twice, are Go's own affair
		}
		if len(want.LogEvents) != len(s.lines) {
			t.Fatalf("%q has %d lines, %d were read", body, len(want.LogEvents), len(s.lines))
		}
		for i, e := range want.LogEvents {
			if e.Message == nil || *e.Message != string(s.message(i)) || *e.Timestamp != s.lines[i].at {
				t.Fatalf("line %d of %q is %q", i, body, s.message(i))
			}
		}
		if s.entity.given {
			return // what is wrong in it costs no lines
		}
		if err := m["PutLogEvents"].Check(body); err != nil && strings.Contains(err.Error(), "logEvents") {
			t.Fatalf("%q is taken: %v", body, err)
		}
	})
}

func duplicates(body []byte) bool {
	lower := strings.ToLower(string(body))
	for _, name := range []string{`"loggroupname"`, `"logstreamname"`, `"logevents"`} {
		if strings.Count(lower, name) > 1 {
			return true
		}
	}
	return strings.Count(lower, `"timestamp"`) != strings.Count(string(body), `"timestamp"`) || strings.Count(lower, `"message"`) != strings.Count(string(body), `"message"`) ||
		strings.Count(lower, `"timestamp"`) != strings.Count(lower, `"message"`)
}

// BenchmarkPut is what lines of JSON of 200 bytes cost from the body to columns.
func BenchmarkPut(b *testing.B) {
	const n = 4000
	want := plainPut{LogGroupName: "/a", LogStreamName: "s"}
	body := []byte(`{"logGroupName":"/a","logStreamName":"s","logEvents":[`)
	for i := range n {
		line, _ := json.Marshal(fmt.Sprintf(`{"level":"info","msg":"GET /api/activities/home","route":"/api/activities/home","status":200,"duration_ms":%d.25,"user":"u%05d","request_id":"%016x","trace_id":"%032x"}`, i%100, i*7%100_000, i*7919, i*104729))
		body = fmt.Appendf(body, `{"timestamp":%d,"message":%s},`, 1_768_471_200_000+i, line)
	}
	body = append(body[:len(body)-1], "]}"...)
	g := newGroup("test", testRegion, want.LogGroupName, "a", 0)
	p := &put{}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if !p.sent.read(body) {
			b.Fatal("not taken")
		}
		if err := p.judge(1_768_471_200_000, 0); err != nil {
			b.Fatal(err)
		}
		p.batch("test", g)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/line")
}
