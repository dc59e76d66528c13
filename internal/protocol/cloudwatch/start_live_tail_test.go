package cloudwatch

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
)

// update is a sessionUpdate, as it was sent.
type update struct {
	SessionMetadata tailMetadata
	SessionResults  []tailLine
}

// sentEvents records what a session sends, and when.
type sentEvents struct {
	updates   []update
	times     []time.Time
	exception string
	gone      bool // the reader
}

func (s *sentEvents) Event(kind string, payload any) error {
	if s.gone {
		return errors.New("gone")
	}
	raw, err := json.Marshal(payload)
	if err != nil || kind != "sessionUpdate" {
		return fmt.Errorf("%s: %w", kind, err)
	}
	var u update
	if err := json.Unmarshal(raw, &u); err != nil {
		return err
	}
	s.updates, s.times = append(s.updates, u), append(s.times, time.Now())
	return nil
}

func (s *sentEvents) Exception(code, _ string) error {
	s.exception = code
	return nil
}

// session tests a session within a bubble that has a time of its own.
func session(t *testing.T, f func(t *testing.T, q *tailQueue, s *tailSession, sent *sentEvents)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q, sent := &tailQueue{wake: make(chan struct{}, 1)}, &sentEvents{}
		f(t, q, &tailSession{
			lines: q, stream: sent, missed: func() int64 { return 0 }, ended: make(chan event.Row), closing: make(chan struct{}),
		}, sent)
	})
}

func TestLiveTail_UpdatesComeEachSecondThoughNothingArrives(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, _ *tailQueue, s *tailSession, sent *sentEvents) {
		go s.run(t.Context())
		time.Sleep(5*time.Second + time.Millisecond) // of the bubble
		synctest.Wait()
		if len(sent.updates) != 5 {
			t.Fatalf("%d updates in five seconds", len(sent.updates))
		}
		for _, u := range sent.updates {
			if u.SessionResults == nil || len(u.SessionResults) != 0 || u.SessionMetadata.Sampled {
				t.Errorf("an update without lines is %+v", u)
			}
		}
	})
}

func TestLiveTail_LinesAreSentSoonInTheirOrder(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, q *tailQueue, s *tailSession, sent *sentEvents) {
		go s.run(t.Context())
		time.Sleep(300 * time.Millisecond)
		put := time.Now()
		q.put(tailLine{Message: "a", Timestamp: 9})
		time.Sleep(20 * time.Millisecond)
		q.put(tailLine{Message: "b", Timestamp: 1})
		time.Sleep(time.Second)
		synctest.Wait()
		if len(sent.updates) != 1 || sent.times[0].Sub(put) > 250*time.Millisecond {
			t.Fatalf("%+v after %v", sent.updates, sent.times)
		}
		if got := sent.updates[0].SessionResults; len(got) != 2 || got[0].Message != "a" || got[1].Message != "b" {
			t.Errorf("%+v", got)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if len(sent.updates) != 2 || len(sent.updates[1].SessionResults) != 0 {
			t.Errorf("a second after that update comes no empty one: %+v", sent.updates)
		}
	})
}

func TestLiveTail_ManyLinesAreSplitNotSampled(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, q *tailQueue, s *tailSession, sent *sentEvents) {
		for i := range tailLines {
			q.put(tailLine{Timestamp: int64(i)})
		}
		must(t, s.update())
		if len(sent.updates) != tailLines/tailUpdate {
			t.Fatalf("%d updates", len(sent.updates))
		}
		next := int64(0)
		for _, u := range sent.updates {
			if u.SessionMetadata.Sampled || len(u.SessionResults) != tailUpdate {
				t.Errorf("%d lines, %+v", len(u.SessionResults), u.SessionMetadata)
			}
			for _, line := range u.SessionResults {
				if line.Timestamp != next {
					t.Fatalf("line %d comes where %d should", line.Timestamp, next)
				}
				next++
			}
		}
	})
}

func TestLiveTail_WhatIsDroppedIsCountedAndSaid(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, q *tailQueue, s *tailSession, sent *sentEvents) {
		const extra = 2*tailLines + 7
		missed := int64(4)
		s.missed = func() int64 { return missed }
		for i := range tailLines + extra {
			q.put(tailLine{Timestamp: int64(i)})
		}
		must(t, s.update())
		first := sent.updates[0]
		if m := first.SessionMetadata; !m.Sampled || m.Dropped != extra+4 || first.SessionResults[0].Timestamp != extra {
			t.Errorf("%+v, the first line is %d", m, first.SessionResults[0].Timestamp)
		}
		if n := len(sent.updates); n != tailLines/tailUpdate || sent.updates[1].SessionMetadata.Sampled {
			t.Errorf("%d updates, the second says %+v", n, sent.updates[1].SessionMetadata)
		}
		must(t, s.update())
		if m := sent.updates[len(sent.updates)-1].SessionMetadata; m.Sampled {
			t.Errorf("the next update says it again: %+v", m)
		}
	})
}

func TestLiveTail_LargeLinesAreBoundedByBytes(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, q *tailQueue, s *tailSession, sent *sentEvents) {
		large := strings.Repeat("x", updateBytes)
		for i := range 5 {
			q.put(tailLine{Message: large, Timestamp: int64(i)})
		}
		must(t, s.update())
		if len(sent.updates) != 2 || sent.updates[0].SessionMetadata.Dropped != 3 {
			t.Fatalf("%d updates, %+v", len(sent.updates), sent.updates[0].SessionMetadata)
		}
		if u := sent.updates[1].SessionResults; len(u) != 1 || u[0].Timestamp != 4 {
			t.Errorf("the newest line is not the last: %d lines", len(u))
		}
		q.put(tailLine{Message: large + large + large})
		must(t, s.update())
		if u := sent.updates[2].SessionResults; len(u) != 1 {
			t.Error("a line larger than all that may wait is lost")
		}
	})
}

func TestLiveTail_EndsAfterThreeHours(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, _ *tailQueue, s *tailSession, sent *sentEvents) {
		start := time.Now()
		s.run(t.Context())
		if took := time.Since(start); took != tailLast || sent.exception != "SessionTimeoutException" || len(sent.updates) < 10_799 {
			t.Errorf("%q after %v and %d updates", sent.exception, took, len(sent.updates))
		}
	})
}

func TestLiveTail_EndsWithTheServerTheDoorAndTheReader(t *testing.T) {
	t.Parallel()
	session(t, func(t *testing.T, q *tailQueue, s *tailSession, sent *sentEvents) {
		closing, ended := make(chan struct{}), make(chan event.Row)
		close(closing)
		q.put(tailLine{Message: "last words"})
		(&tailSession{lines: q, stream: sent, missed: s.missed, ended: ended, closing: closing}).run(t.Context())
		if sent.exception != "SessionStreamingException" || len(sent.updates) == 0 || len(sent.updates[0].SessionResults) != 1 {
			t.Errorf("%q, %+v", sent.exception, sent.updates)
		}
		close(ended)
		sent.exception = ""
		(&tailSession{lines: q, stream: sent, missed: s.missed, ended: ended, closing: make(chan struct{})}).run(t.Context())
		if sent.exception != "SessionStreamingException" {
			t.Errorf("the door ended: %q", sent.exception)
		}
		sent.gone, sent.exception = true, ""
		s.run(t.Context()) // returns when it can't write
		if sent.exception != "" {
			t.Errorf("a reader that has gone is sent %q", sent.exception)
		}
	})
}

// tailing is a session over HTTP.
type tailing struct {
	t    *testing.T
	body io.ReadCloser
}

// frame is an event of a stream.
type frame struct {
	headers map[string]string
	payload []byte
}

func (l *tailing) next() (f frame, err error) {
	prelude := make([]byte, 12)
	if _, err := io.ReadFull(l.body, prelude); err != nil {
		return f, err
	}
	rest := make([]byte, binary.BigEndian.Uint32(prelude)-12)
	if _, err := io.ReadFull(l.body, rest); err != nil {
		return f, err
	}
	all := slices.Concat(prelude, rest)
	if crc32.ChecksumIEEE(prelude[:8]) != binary.BigEndian.Uint32(prelude[8:]) || crc32.ChecksumIEEE(all[:len(all)-4]) != binary.BigEndian.Uint32(all[len(all)-4:]) {
		l.t.Fatal("a sum is wrong")
	}
	f.headers = map[string]string{}
	headers := rest[:binary.BigEndian.Uint32(prelude[4:])]
	f.payload = rest[len(headers) : len(rest)-4]
	for len(headers) > 0 {
		n := int(headers[0])
		name, value := string(headers[1:n+1]), headers[n+4:]
		size := int(binary.BigEndian.Uint16(headers[n+2:]))
		f.headers[name], headers = string(value[:size]), value[size:]
	}
	return f, nil
}

// lines reads updates until there are n lines, and returns the messages.
func (l *tailing) lines(n int) (got []tailLine) {
	l.t.Helper()
	for len(got) < n {
		f, err := l.next()
		if err != nil || f.headers[":event-type"] != "sessionUpdate" || f.headers[":content-type"] != "application/json" {
			l.t.Fatalf("%v %s %v", f.headers, f.payload, err)
		}
		var u update
		must(l.t, json.Unmarshal(f.payload, &u))
		got = append(got, u.SessionResults...)
	}
	return got
}

// tail begins a session and reads what it begins with.
func (r *rig) tail(in object) *tailing {
	r.t.Helper()
	raw, err := json.Marshal(in)
	must(r.t, err)
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/?region="+testRegion, strings.NewReader(string(raw)))
	must(r.t, err)
	req.Header.Set("X-Amz-Target", targetPrefix+"StartLiveTail")
	resp, err := r.client.Do(req)
	must(r.t, err)
	return r.began(resp)
}

func (r *rig) began(resp *http.Response) *tailing {
	r.t.Helper()
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" || resp.ContentLength >= 0 {
		raw, _ := io.ReadAll(resp.Body)
		r.t.Fatalf("%d %v %s", resp.StatusCode, resp.Header, raw)
	}
	l := &tailing{r.t, resp.Body}
	first, err := l.next()
	must(r.t, err)
	if first.headers[":event-type"] != "initial-response" || string(first.payload) != "{}" {
		r.t.Fatalf("the first frame is %v %s", first.headers, first.payload)
	}
	second, err := l.next()
	must(r.t, err)
	var start object
	must(r.t, json.Unmarshal(second.payload, &start))
	for _, list := range []string{"logGroupIdentifiers", "logStreamNames", "logStreamNamePrefixes"} {
		if _, ok := start[list].([]any); !ok {
			r.t.Errorf("%s is %v", list, start[list])
		}
	}
	if second.headers[":event-type"] != "sessionStart" || start["requestId"] != "REQUEST" || start["sessionId"] == "" {
		r.t.Errorf("the second frame is %v %s", second.headers, second.payload)
	}
	return l
}

// arrive puts one line into a stream, making what is not there.
func (r *rig) arrive(group, stream, message string) {
	r.t.Helper()
	r.send("CreateLogGroup", object{"logGroupName": group})
	r.send("CreateLogStream", object{"logGroupName": group, "logStreamName": stream})
	r.ok("PutLogEvents", object{
		"logGroupName": group, "logStreamName": stream, "logEvents": []object{{"timestamp": r.clock().UnixMilli(), "message": message}},
	})
}

func TestStartLiveTail_SendsWhatComesInFromNowOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.arrive("/app", "a", "before")
	all := r.tail(object{"logGroupIdentifiers": []string{"/app", "arn:aws:logs:" + testRegion + ":" + r.account() + ":log-group:/app"}})
	errs := r.tail(object{"logGroupIdentifiers": []string{"/app"}, "logEventFilterPattern": "ERROR"})
	one := r.tail(object{"logGroupIdentifiers": []string{"/app"}, "logStreamNames": []string{"b"}})
	some := r.tail(object{"logGroupIdentifiers": []string{"/app"}, "logStreamNamePrefixes": []string{"b", "c"}})
	r.arrive("/other", "a", "ERROR elsewhere")
	r.arrive("/app", "a", "hello")
	r.arrive("/app", "b", "ERROR of b")
	r.arrive("/app", "c", "last")
	for _, c := range []struct {
		name string
		from *tailing
		want []string
	}{
		{"all", all, []string{"hello", "ERROR of b", "last"}},
		{"a pattern", errs, []string{"ERROR of b"}},
		{"a stream", one, []string{"ERROR of b"}},
		{"prefixes", some, []string{"ERROR of b", "last"}},
	} {
		var got []string
		for _, line := range c.from.lines(len(c.want)) {
			got = append(got, line.Message)
			now := r.clock().UnixMilli()
			if line.LogGroupIdentifier != r.account()+":/app" || line.Timestamp != now || line.IngestionTime < now {
				t.Errorf("%s: %+v", c.name, line)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestStartLiveTail_FollowsAGroupThatIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.arrive("/app", "a", "before")
	l := r.tail(object{"logGroupIdentifiers": []string{"/app"}})
	r.ok("DeleteLogGroup", object{"logGroupName": "/app"})
	r.arrive("/app", "a", "after")
	if got := l.lines(1); got[0].Message != "after" {
		t.Errorf("%+v", got)
	}
}

// What is wrong is said as any other error, before the stream begins.
func TestStartLiveTail_Refuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.arrive("/app", "a", "x")
	r.arrive("/b", "a", "x")
	arn := "arn:aws:logs:" + testRegion + ":" + r.account() + ":log-group:/app"
	for _, c := range []struct {
		code, text string
		in         object
	}{
		{"InvalidParameterException", "at 'logGroupIdentifiers' failed to satisfy constraint", object{}},
		{"InvalidParameterException", "greater than or equal to 1", object{"logGroupIdentifiers": []string{}}},
		{"InvalidParameterException", "less than or equal to 10", object{"logGroupIdentifiers": slices.Repeat([]string{"/app"}, 11)}},
		{"InvalidParameterException", "regular expression pattern", object{"logGroupIdentifiers": []string{arn + ":*"}}},
		{"ResourceNotFoundException", "The specified log group does not exist.", object{"logGroupIdentifiers": []string{"/none"}}},
		{"ResourceNotFoundException", "The specified log group does not exist.", object{"logGroupIdentifiers": []string{"arn:aws:logs:us-east-1:999999999999:log-group:/app"}}},
		{"InvalidParameterException", "mutually exclusive", object{"logGroupIdentifiers": []string{"/app"}, "logStreamNames": []string{"a"}, "logStreamNamePrefixes": []string{"a"}}},
		{"InvalidParameterException", "only with a single log group", object{"logGroupIdentifiers": []string{"/app", "/b"}, "logStreamNames": []string{"a"}}},
		{"InvalidParameterException", "Invalid filter pattern", object{"logGroupIdentifiers": []string{"/app"}, "logEventFilterPattern": "{ $.a = "}},
		{"InvalidParameterException", "less than or equal to 1024", object{"logGroupIdentifiers": []string{"/app"}, "logEventFilterPattern": strings.Repeat("a", 1025)}},
	} {
		r.fails(c.code, c.text, "StartLiveTail", c.in)
	}
}

func TestStartLiveTail_SessionsAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.arrive("/app", "a", "x")
	first := r.tail(object{"logGroupIdentifiers": []string{"/app"}})
	for range maxTails - 1 {
		r.tail(object{"logGroupIdentifiers": []string{"/app"}})
	}
	r.fails("LimitExceededException", "64 live tail sessions", "StartLiveTail", object{"logGroupIdentifiers": []string{"/app"}})
	r.EndStreams()
	for {
		f, err := first.next()
		must(t, err)
		if f.headers[":exception-type"] == "SessionStreamingException" {
			break
		}
	}
	if _, err := first.next(); !errors.Is(err, io.EOF) {
		t.Errorf("more follows: %v", err)
	}
}

// Clients put a prefix before the host of what is streamed. Through a proxy
// setting such a request arrives with the whole address in its first line.
func TestStartLiveTail_ServesWhatGoesThroughAProxySetting(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.arrive("/app", "a", "x")
	for _, prefix := range []string{"stream-", "streaming-"} {
		host := strings.TrimPrefix(r.url, "http://")
		var dialer net.Dialer
		conn, err := dialer.DialContext(t.Context(), "tcp", host)
		must(t, err)
		body := `{"logGroupIdentifiers":["/app"]}`
		_, err = fmt.Fprintf(conn, "POST http://%s%s/?region=%s HTTP/1.1\r\nHost: %s%s\r\nX-Amz-Target: %sStartLiveTail\r\nContent-Length: %d\r\n\r\n%s",
			prefix, host, testRegion, prefix, host, targetPrefix, len(body), body)
		must(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		must(t, err)
		l := r.began(resp)
		r.arrive("/app", "a", prefix)
		if got := l.lines(1); got[0].Message != prefix {
			t.Errorf("%+v", got)
		}
		_ = conn.Close()
	}
}

// Lines that came by OTLP can be followed, and so can spans.
func TestStartLiveTail_OfVirtualGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	slug, err := r.Datasets.Resolve("test", "Checkout", true)
	must(t, err)
	write := func(fields ...map[string]event.Value) {
		b := event.NewBatch("test", slug)
		for _, row := range fields {
			b.Begin(r.now.Load() * perMS)
			for name, v := range row {
				b.Set(name, v)
			}
		}
		must(t, r.Door.Write(t.Context(), ingest.Request{Batches: []*event.Batch{b}}))
	}
	line := map[string]event.Value{event.FieldSignal: event.StringValue(event.SignalLog), event.FieldBody: event.StringValue("a line")}
	span := map[string]event.Value{
		event.FieldSignal: event.StringValue(event.SignalTrace), event.FieldSpanID: event.StringValue("0123456789abcdef"), event.FieldDuration: event.FloatValue(2.5),
		event.FieldName: event.StringValue("GET /"),
	}
	write(line, span) // for the group to be there
	lines, spans := r.tail(object{"logGroupIdentifiers": []string{"Checkout"}}), r.tail(object{"logGroupIdentifiers": []string{"aws/spans"}, "logEventFilterPattern": `{ $.durationNano > 2000000 }`})
	write(span, line, map[string]event.Value{event.FieldSignal: event.StringValue(event.SignalMetric)}, line)
	for _, got := range lines.lines(2) {
		if got.Message != "a line" || got.LogStreamName != virtualStream {
			t.Errorf("%+v", got)
		}
	}
	if got := spans.lines(1); !strings.Contains(got[0].Message, `"name":"GET /"`) || got[0].IngestionTime == 0 {
		t.Errorf("%+v", got)
	}
}
