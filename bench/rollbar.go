package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// rollbarProfile is the traffic that is errors as Rollbar's SDKs send them.
const rollbarProfile = "rollbar"

const (
	uuidMark   = "uuid-of-this-occurrence-32-bytes"
	traceMark  = "trace-of-this-request-32--bytes-"
	personMark = "person-000000"
	itemMark   = "E0000000"
)

// report is a request made beforehand; what tells occurrences apart is written
// over before it is sent again.
type report struct {
	request                      []byte
	uuids, traces, people, items []int // where they begin
}

// newReport makes one of so many occurrences of about 4 kB, as SDKs post them:
// one by itself, or a list.
func newReport(host string, occurrences int) *report {
	one := typicalOccurrence()
	path, body := "/api/1/item/", one
	if occurrences > 1 {
		path = "/api/1/item_batch/"
		body = "[" + strings.Repeat(one+",", occurrences-1) + one + "]"
	}
	r := &report{request: []byte("POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: rollbar-bench\r\nContent-Type: application/json\r\n" +
		"X-Rollbar-Access-Token: bench\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)}
	for mark, to := range map[string]*[]int{uuidMark: &r.uuids, traceMark: &r.traces, personMark: &r.people, itemMark: &r.items} {
		for at := 0; ; {
			next := bytes.Index(r.request[at:], []byte(mark))
			if next < 0 {
				break
			}
			*to = append(*to, at+next)
			at += next + len(mark)
		}
	}
	return r
}

func typicalOccurrence() string {
	var frames []string
	for i := range 14 {
		frames = append(frames, fmt.Sprintf(`{"filename": "/app/services/part_%d.py", "lineno": %d, "method": "handle_%d", "code": "return self.next(request, timeout=0.25)", "context": {"pre": ["def handle(self):"], "post": [""]}}`, i, 10+i, i))
	}
	return `{"data": {"environment": "production", "level": "error", "language": "python 3.12.4", "framework": "flask", "platform": "linux", "uuid": "` + uuidMark + `", "timestamp": 1764000000, ` +
		`"body": {"trace": {"frames": [` + strings.Join(frames, ", ") + `], "exception": {"class": "` + itemMark + `", "message": "deadline of 250 ms exceeded for \"home\""}}}, ` +
		`"request": {"url": "https://cruddur.example/api/home?page=3", "method": "GET", "user_ip": "$remote_ip", "headers": {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Authorization": "Bearer x", ` +
		`"Traceparent": "00-` + traceMark + `-00f067aa0ba902b7-01", "Accept": "application/json"}}, "person": {"id": "` + personMark + `", "username": "ann"}, "server": {"host": "web-1", "root": "/app", "pid": 77}, ` +
		`"custom": {"region": "eu-west-1", "attempt": 2, "note": "` + strings.Repeat("lorem ipsum ", 20) + `"}, "notifier": {"name": "pyrollbar", "version": "1.5.0"}, "code_version": "2026.11.3151"}}`
}

// move gives the occurrences ids of their own, and items and people of so many.
func (r *report) move(rng *rand.Rand, items int) {
	const digits = "0123456789abcdef"
	for _, at := range slices.Concat(r.uuids, r.traces) {
		for k := 0; k < 32; k += 16 {
			bits := rng.Uint64()
			for b := range 16 {
				r.request[at+k+b] = digits[bits>>(4*b)&15]
			}
		}
	}
	number := func(at, length, n int) {
		for i := length - 1; i >= 0; i-- {
			r.request[at+i] = byte('0' + n%10)
			n /= 10
		}
	}
	for _, at := range r.items {
		number(at+1, len(itemMark)-1, rng.IntN(items))
	}
	for _, at := range r.people {
		number(at+len("person-"), len(personMark)-len("person-"), rng.IntN(1000))
	}
}

// reporters count what all connections sent and were answered.
type reporters struct {
	accepted, waited atomic.Int64
	mu               sync.Mutex
	latencies        []time.Duration
	failed           error
}

// runRollbar sends errors at a steady rate, or as many as are taken, and says what
// they cost.
func runRollbar(ctx context.Context, o options) error {
	done, err := o.makeFolder()
	if err != nil {
		return err
	}
	defer done()
	p, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer p.kill()
	l := &loaded{from: time.Now().Add(-time.Hour).UnixNano(), to: time.Now().Add(24 * time.Hour).UnixNano()}
	host := strings.TrimPrefix(p.url, "http://")
	size := len(typicalOccurrence())
	before, own, began := p.cpu(), ownCPU(), time.Now()
	sent := sendReports(ctx, host, o)
	took, during, mine := time.Since(began), p.cpu()-before, ownCPU()-own
	if sent.failed != nil {
		return sent.failed
	}
	l.rows = sent.accepted.Load()
	visible := time.Now()
	if err := l.waitVisible(ctx, p); err != nil {
		return err
	}
	l.visible = time.Since(visible)
	stored, err := count(ctx, p, l)
	if err != nil {
		return err
	}
	l.waitQuiet(ctx, p)
	l.cpu = p.cpu() - before
	counted, err := occurrencesCounted(ctx, p)
	if err != nil {
		return err
	}
	disk, segments := p.stored()
	slices.Sort(sent.latencies)
	n := max(float64(l.rows), 1)
	t := &table{}
	t.add(fmt.Sprintf("occurrences of %d bytes, %d to a request, of %d items", size, o.perReq, o.items), fmt.Sprintf("%d in %.1f s: %.0f a second", l.rows, took.Seconds(), n/took.Seconds()), "5,000 a second")
	t.add("processor time of an occurrence, while they come", fmt.Sprintf("%.0f µs: %.2f of a core", float64(during.Microseconds())/n, during.Seconds()/took.Seconds()), "400 µs")
	t.add("the same with what is written after them", fmt.Sprintf("%.0f µs", float64(l.cpu.Microseconds())/n), "")
	t.add("processor time of the sender", fmt.Sprintf("%.0f µs an occurrence", float64(mine.Microseconds())/n), "")
	t.add("acknowledged after, p50 / p99", short(at(sent.latencies, 0.5))+" / "+short(at(sent.latencies, 0.99)), "")
	t.add("asked to wait", fmt.Sprintf("%d times", sent.waited.Load()), "")
	t.add("visible after the last acknowledgement", l.visible, "0.2 s")
	t.add("acknowledged, stored, counted by items", fmt.Sprintf("%d, %.0f, %d", l.rows, stored, counted), "equal")
	t.add("memory after, at its peak", bytesOf(p.rss())+", "+bytesOf(p.peak()), "bounded")
	t.add("disk", fmt.Sprintf("%.0f bytes an occurrence in %d segments", float64(disk)/n, segments), "")
	t.print(os.Stdout)
	return nil
}

// ownCPU is the time that this process, the sender, has spent on processors.
func ownCPU() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// sendReports sends over as many connections as there are senders, each of which
// waits for its answers.
func sendReports(ctx context.Context, host string, o options) *reporters {
	sent := &reporters{}
	ctx, cancel := context.WithTimeout(ctx, o.during)
	defer cancel()
	var wg sync.WaitGroup
	for n := range o.senders {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano()))) //nolint:gosec // traffic, not secrets
			if err := sent.connection(ctx, host, rng, o); err != nil {
				sent.mu.Lock()
				sent.failed = err
				sent.mu.Unlock()
				cancel()
			}
		})
	}
	wg.Wait()
	return sent
}

func (s *reporters) connection(ctx context.Context, host string, rng *rand.Rand, o options) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 4<<10)
	r := newReport(host, o.perReq)
	var latencies []time.Duration
	share := float64(o.rate) / float64(o.senders*o.perReq) // requests a second
	begin := time.Now().Add(time.Duration(rng.Float64() / max(share, 1) * float64(time.Second)))
	for n := 0; ctx.Err() == nil; n++ {
		if o.rate > 0 {
			time.Sleep(time.Until(begin.Add(time.Duration(float64(n) / share * float64(time.Second)))))
		}
		r.move(rng, o.items)
		began := time.Now()
		if _, err := conn.Write(r.request); err != nil {
			return err
		}
		status, answer, err := readAnswer(in)
		if err != nil {
			return err
		}
		switch {
		case status == http.StatusOK && (o.perReq == 1 || bytes.Contains(answer, []byte(`"rejected":[]`))):
			latencies = append(latencies, time.Since(began))
			s.accepted.Add(int64(o.perReq))
		case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
			s.waited.Add(1)
			time.Sleep(100 * time.Millisecond)
		default:
			return fmt.Errorf("status %d: %s", status, answer)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latencies = append(s.latencies, latencies...)
	return nil
}

// readAnswer reads an answer as cheaply as can be: this sender shares the machine.
func readAnswer(in *bufio.Reader) (status int, body []byte, err error) {
	length := 0
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			if len(line) < 12 {
				return 0, nil, fmt.Errorf("the answer begins with %q", line)
			}
			status, _ = strconv.Atoi(string(line[9:12]))
		case len(line) == 0:
			body = make([]byte, length)
			_, err := io.ReadFull(in, body)
			return status, body, err
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			length, _ = strconv.Atoi(string(line[len("Content-Length: "):]))
		}
	}
}

// occurrencesCounted sums what the items say of themselves.
func occurrencesCounted(ctx context.Context, p *process) (total int64, err error) {
	for page := 1; ; page++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/api/1/items?page="+strconv.Itoa(page), nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("X-Rollbar-Access-Token", "bench")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		var answer struct {
			Result struct {
				Items []struct {
					Total int64 `json:"total_occurrences"`
				} `json:"items"`
			} `json:"result"`
		}
		err = json.NewDecoder(resp.Body).Decode(&answer)
		_ = resp.Body.Close()
		if err != nil || len(answer.Result.Items) == 0 {
			return total, err
		}
		for _, i := range answer.Result.Items {
			total += i.Total
		}
	}
}
