package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// logsProfile is the traffic that is lines and not spans.
const logsProfile = "logs"

const (
	logGroup   = "/bench/api"
	logRegion  = "us-east-1"
	logTargets = "Logs_20140328."
	putBytes   = 1 << 20 // of a request, as the service counts them
	lineWeight = 26
)

// credentials sign requests.
type credentials struct {
	ID     string `json:"access_key_id"`
	Secret string `json:"secret_access_key"`
}

func makeCredentials(ctx context.Context, o options) (c credentials, err error) {
	out, err := exec.CommandContext(ctx, o.bin, "keys", "create", "--data", o.data, "--kind", "aws", "--json").Output()
	if err != nil {
		return c, fmt.Errorf("make a key: %w", err)
	}
	return c, json.Unmarshal(out, &c)
}

// put is a request made beforehand; times and ids in it are written over before
// it is sent again.
type put struct {
	body       []byte
	times, ids []int // where they begin
}

// encodePut makes lines of about 200 bytes, as services write them.
func encodePut(rng *rand.Rand, stream string) *put {
	routes := []string{"/api/activities/home", "/api/activities/notifications", "/api/messages", "/api/users/@andrew/short", "/api/activities/search"}
	levels := []string{"info", "info", "info", "info", "info", "info", "debug", "debug", "warn", "error"}
	p := &put{body: []byte(`{"logGroupName":"` + logGroup + `","logStreamName":"` + stream + `","logEvents":[`)}
	for size := 0; ; {
		route := routes[rng.IntN(len(routes))]
		line := fmt.Sprintf(`{"level":"%s","msg":"GET %s","route":"%s","status":%d,"duration_ms":%.2f,"user":"u%05d","request_id":"................","trace_id":"................................"}`,
			levels[rng.IntN(len(levels))], route, route, []int{200, 200, 200, 201, 404, 500}[rng.IntN(6)], rng.ExpFloat64()*40, rng.IntN(100_000))
		if size += len(line) + lineWeight; size > putBytes || len(p.times) == 10_000 {
			break
		}
		text, _ := json.Marshal(line)
		p.body = append(p.body, `{"timestamp":`...)
		p.times = append(p.times, len(p.body))
		p.body = append(p.body, `1700000000000,"message":`...)
		p.ids = append(p.ids, len(p.body)+bytes.Index(text, []byte("......")), len(p.body)+bytes.LastIndex(text, []byte("......"))-26)
		p.body = append(append(p.body, text...), '}', ',')
	}
	p.body = append(p.body[:len(p.body)-1], "]}"...)
	return p
}

// move gives the lines times from a moment on, and ids of their own.
func (p *put) move(rng *rand.Rand, ms int64) {
	const digits = "0123456789abcdef"
	for i, at := range p.times {
		strconv.AppendInt(p.body[at:at], ms+int64(i/50), 10)
		for j, length := range []int{16, 32} {
			id := p.body[p.ids[2*i+j]:][:length]
			for k := 0; k < length; k += 16 {
				bits := rng.Uint64()
				for b := range 16 {
					id[k+b] = digits[bits>>(4*b)&15]
				}
			}
		}
	}
}

// sign signs a request as SDKs do.
func (c credentials) sign(r *http.Request, body []byte, at time.Time) {
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		_, _ = io.WriteString(h, text)
		return h.Sum(nil)
	}
	stamp := at.UTC().Format("20060102T150405Z")
	r.Header.Set("X-Amz-Date", stamp)
	const signed = "content-type;host;x-amz-date;x-amz-target"
	sum := sha256.Sum256(body)
	canonical := "POST\n/\n\ncontent-type:" + r.Header.Get("Content-Type") + "\nhost:" + r.URL.Host + "\nx-amz-date:" + stamp +
		"\nx-amz-target:" + r.Header.Get("X-Amz-Target") + "\n\n" + signed + "\n" + hex.EncodeToString(sum[:])
	scope := stamp[:8] + "/" + logRegion + "/logs/aws4_request"
	sum = sha256.Sum256([]byte(canonical))
	key := mac(mac(mac(mac([]byte("AWS4"+c.Secret), stamp[:8]), logRegion), "logs"), "aws4_request")
	signature := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(sum[:])))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.ID+"/"+scope+", SignedHeaders="+signed+", Signature="+signature)
}

// call calls an operation and returns the body of its answer.
func (c credentials) call(ctx context.Context, client *http.Client, url, operation string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", logTargets+operation)
	c.sign(r, body, time.Now())
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d: %s", operation, resp.StatusCode, answer)
	}
	return answer, err
}

// runLogs measures lines by PutLogEvents: what it costs to take them, and to ask
// for them.
func runLogs(ctx context.Context, o options) error {
	done, err := o.makeFolder()
	if err != nil {
		return err
	}
	defer done()
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer s.kill()
	c, err := makeCredentials(ctx, o)
	if err != nil {
		return err
	}
	t := &table{}
	l, err := c.loadOrFind(ctx, s, o, t)
	if err != nil {
		return err
	}
	if err := measurePages(ctx, s, c, l, o, t); err != nil {
		return err
	}
	if err := measureQueries(ctx, s, l, o, lineQuestions(), "lines", t); err != nil {
		return err
	}
	if err := measureInsights(ctx, s, l, o, t); err != nil {
		return err
	}
	t.print(os.Stdout)
	return nil
}

// loadOrFind sends lines, or, with none to send, finds what a folder holds.
func (c credentials) loadOrFind(ctx context.Context, s *process, o options, t *table) (*loaded, error) {
	if o.spans == 0 {
		now := time.Now()
		l := &loaded{from: now.Add(-24 * time.Hour).UnixNano(), to: now.Add(time.Minute).UnixNano()}
		n, err := count(ctx, s, l)
		l.rows, l.spans = int64(n), int64(n)
		fmt.Printf("%d lines are there\n", l.rows)
		return l, err
	}
	l, err := c.load(ctx, s, o)
	if err != nil {
		return nil, err
	}
	t.add("lines of JSON by PutLogEvents, signed", fmt.Sprintf("%.2f CPU-s per million", l.cpu.Seconds()/float64(l.spans)*1e6), "8")
	t.add("rate, senders on the same machine", fmt.Sprintf("%.0f k lines/s", float64(l.spans)/l.wall.Seconds()/1e3), "150 k/s")
	size, segments := s.stored()
	t.add("disk", fmt.Sprintf("%.1f bytes a line in %d segments", float64(size)/float64(l.spans), segments), "")
	t.add("bytes sent", fmt.Sprintf("%.0f a line", float64(l.bytes)/float64(l.spans)), "")
	t.add("visible after the last acknowledgement", l.visible, "0.2 s")
	t.add("memory, peak", bytesOf(s.peak()), "bounded")
	return l, nil
}

// load sends lines over several streams.
func (c credentials) load(ctx context.Context, s *process, o options) (*loaded, error) {
	const span = 6 * time.Hour // of event time that the lines are spread over
	now := time.Now()
	l := &loaded{from: now.Add(-span - time.Hour).UnixNano(), to: now.Add(time.Minute).UnixNano()}
	if _, err := c.call(ctx, http.DefaultClient, s.url, "CreateLogGroup", []byte(`{"logGroupName":"`+logGroup+`"}`)); err != nil && !isThere(err) {
		return nil, err
	}
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	var firstErr error
	requests := make([][]*put, o.senders)
	for w := range o.senders {
		stream := "web/" + strconv.Itoa(w)
		if _, err := c.call(ctx, http.DefaultClient, s.url, "CreateLogStream", []byte(`{"logGroupName":"`+logGroup+`","logStreamName":"`+stream+`"}`)); err != nil && !isThere(err) {
			return nil, err
		}
		rng := rand.New(rand.NewPCG(uint64(w), 1)) //nolint:gosec // traffic, not secrets
		for range 4 {
			requests[w] = append(requests[w], encodePut(rng, stream))
		}
	}
	perRequest := len(requests[0][0].times)
	total := int64(max(o.spans/perRequest, 1))
	fmt.Printf("sending %d requests of %d lines, %d bytes\n", total, perRequest, len(requests[0][0].body))
	began, cpu := time.Now(), s.cpu()
	for w := range o.senders {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			rng := rand.New(rand.NewPCG(uint64(w), 2)) //nolint:gosec // traffic, not secrets
			for n := next.Add(1); n <= total && ctx.Err() == nil; n = next.Add(1) {
				p := requests[w][n%4]
				p.move(rng, now.Add(-span+span*time.Duration(n)/time.Duration(total)).UnixMilli()-1000)
				answer, err := c.call(ctx, client, s.url, "PutLogEvents", p.body)
				for err != nil && strings.Contains(err.Error(), "Throttling") {
					time.Sleep(100 * time.Millisecond)
					answer, err = c.call(ctx, client, s.url, "PutLogEvents", p.body)
				}
				if err == nil && bytes.Contains(answer, []byte("rejected")) {
					err = fmt.Errorf("rejected: %s", answer)
				}
				mu.Lock()
				if err != nil {
					firstErr = err
					next.Store(total)
				}
				l.spans += int64(len(p.times))
				l.bytes += int64(len(p.body))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	l.wall, l.rows = time.Since(began), l.spans
	if firstErr != nil {
		return nil, firstErr
	}
	visible := time.Now()
	if err := l.waitVisible(ctx, s); err != nil {
		return nil, err
	}
	l.visible = time.Since(visible)
	l.waitQuiet(ctx, s)
	l.cpu = s.cpu() - cpu
	return l, nil
}

// isThere reports whether what should be made is there already, in a kept folder.
func isThere(err error) bool { return strings.Contains(err.Error(), "ResourceAlreadyExistsException") }

// lineQuestions are what people ask of lines.
func lineQuestions() []question {
	count := []any{map[string]any{"op": "COUNT"}}
	return []question{
		{"substring of the message, counted", "1.5 s", map[string]any{
			"calculations": count, "filters": []any{map[string]any{"column": "body", "op": "contains", "value": "notifications"}},
		}},
		{"count by level", "0.5 s", map[string]any{"calculations": count, "breakdowns": []string{"level"}}},
		{"count by level and five minutes", "0.5 s", map[string]any{"calculations": count, "breakdowns": []string{"level"}, "granularity": 300}},
	}
}
