package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

// loaded is what was sent, and what it cost.
type loaded struct {
	spans, rows, bytes int64
	wall, cpu          time.Duration
	visible            time.Duration // until the last acknowledged span could be counted
	latencies          []time.Duration
	retries            int64
	from, to           int64
	traceIDs           []string
}

// encoded are requests made beforehand, so that making them costs nothing while
// it is measured.
const encodedRequests = 48

func encode(o options, at int64) []*sample.Request {
	g := sample.New(profiles()[o.profile].make(42))
	out := make([]*sample.Request, encodedRequests)
	for i := range out {
		traces, starts := make([]sample.Trace, o.perReq), make([]int64, o.perReq)
		for k := range traces {
			traces[k] = g.Next()
			starts[k] = at + int64(k)*20e6
		}
		out[i] = g.Encode(traces, starts)
	}
	return out
}

func ingest(ctx context.Context, s *process, o options) (*loaded, error) {
	const span = 6 * time.Hour // of event time that the spans are spread over
	now := time.Now()
	l := &loaded{from: now.Add(-span - time.Hour).UnixNano(), to: now.Add(time.Minute).UnixNano()}
	requests := encode(o, now.Add(-span).UnixNano())
	perRequest := 0
	for _, r := range requests {
		perRequest += r.Spans
	}
	perRequest /= len(requests)
	total := max(o.spans/perRequest, 1)
	fmt.Printf("sending %d requests of about %d spans, %d bytes\n", total, perRequest, len(requests[0].Body))
	var next, failed atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	var firstErr error
	began, cpu := time.Now(), s.cpu()
	for w := range o.senders {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}}
			mine := make([]*sample.Request, 0, len(requests)/o.senders)
			for i := w; i < len(requests); i += o.senders {
				mine = append(mine, requests[i])
			}
			for ctx.Err() == nil && failed.Load() == 0 {
				n := next.Add(1)
				if n > int64(total) {
					return
				}
				r := mine[int(n)%len(mine)]
				r.Move(uint64(n), int64(span)*n/int64(total))
				took, retries, err := send(ctx, client, s.url, r.Body)
				mu.Lock()
				if err != nil {
					firstErr = err
					failed.Add(1)
				}
				l.latencies = append(l.latencies, took)
				l.retries += retries
				l.spans += int64(r.Spans)
				l.rows += int64(r.Rows)
				l.bytes += int64(len(r.Body))
				if n%max(int64(total)/2000, 1) == 0 {
					l.traceIDs = append(l.traceIDs, firstTraceID(r.Body))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	l.wall = time.Since(began)
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

func send(ctx context.Context, client *http.Client, url string, body []byte) (took time.Duration, retries int64, err error) {
	for {
		began := time.Now()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/traces", bytes.NewReader(body))
		if err != nil {
			return 0, retries, err
		}
		req.Header.Set("Content-Type", "application/x-protobuf")
		req.Header.Set("X-Honeycomb-Team", "bench")
		resp, err := client.Do(req)
		if err != nil {
			return 0, retries, err
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		switch {
		case err != nil:
			return 0, retries, err
		case resp.StatusCode == http.StatusOK:
			if len(answer) > 0 {
				return 0, retries, fmt.Errorf("partial success: %q", answer)
			}
			return time.Since(began), retries, nil
		case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
			retries++
			time.Sleep(100 * time.Millisecond)
		default:
			return 0, retries, fmt.Errorf("status %d: %s", resp.StatusCode, answer)
		}
	}
}

// firstTraceID reads the id of the first span of a request: field 1, 16 bytes.
func firstTraceID(body []byte) string {
	at := bytes.Index(body, []byte{0x0a, 16})
	for at >= 0 && at+18 < len(body) && body[at+18] != 0x12 {
		step := bytes.Index(body[at+1:], []byte{0x0a, 16})
		if step < 0 {
			return ""
		}
		at += 1 + step
	}
	if at < 0 || at+18 >= len(body) || binary.LittleEndian.Uint64(body[at+2:]) == 0 {
		return ""
	}
	return hex.EncodeToString(body[at+2 : at+18])
}

func (l *loaded) waitVisible(ctx context.Context, s *process) error {
	for ctx.Err() == nil {
		n, err := count(ctx, s, l)
		if err != nil {
			return err
		}
		if n >= float64(l.rows) {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

// waitQuiet waits until background work has ended, so that its cost is counted.
func (l *loaded) waitQuiet(ctx context.Context, s *process) {
	for quiet := 0; quiet < 8 && ctx.Err() == nil; {
		before := s.cpu()
		time.Sleep(250 * time.Millisecond)
		if s.cpu()-before < 20*time.Millisecond {
			quiet++
		} else {
			quiet = 0
		}
	}
}

func (l *loaded) report(t *table, s *process, o options) {
	perMillion := l.cpu.Seconds() / float64(l.spans) * 1e6
	t.add("ingest, "+profiles()[o.profile].about, fmt.Sprintf("%.2f CPU-s per million spans", perMillion), "6")
	t.add("ingest rate, senders on the same machine", fmt.Sprintf("%.0f k spans/s", float64(l.spans)/l.wall.Seconds()/1e3), "250 k/s with senders elsewhere")
	slices.Sort(l.latencies)
	t.add("acknowledged after, p50 / p99", fmt.Sprintf("%s / %s", short(at(l.latencies, 0.5)), short(at(l.latencies, 0.99))), "")
	t.add("asked to wait", fmt.Sprintf("%d times", l.retries), "")
	t.add("visible after the last acknowledgement", l.visible, "0.2 s")
	size, segments := s.stored()
	t.add("disk", fmt.Sprintf("%.1f bytes a span in %d segments", float64(size)/float64(l.spans), segments), "64")
	t.add("memory after the load", bytesOf(s.rss()), "bounded")
	t.add("bytes sent", fmt.Sprintf("%.0f a span", float64(l.bytes)/float64(l.spans)), "")
}

func at(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func short(d time.Duration) string {
	return strings.Replace(d.Round(10*time.Microsecond).String(), "µ", "u", 1)
}
