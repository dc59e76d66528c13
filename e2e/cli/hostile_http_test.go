package cli_test

import (
	"bytes"
	"context"
	bigendian "encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what should take seconds at most.
const patience = time.Minute

func TestHTTP_EveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	for _, path := range []string{"/", "/traces", "/api/start", "/api/none", "/metrics", "/healthz", "/readyz", "/assets/none.js", "/v1/traces", "/1/auth", "/1/boards", "/1/queries/x/y", "/2/auth"} {
		status, h, _ := o.ask(http.MethodGet, path, nil)
		if p := h.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "frame-ancestors") {
			t.Errorf("%s (%d): policy %q", path, status, p)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s (%d): %s is %q", path, status, name, h.Get(name))
			}
		}
		if sends := strings.HasPrefix(path, "/v1/") || path == "/1/auth"; !sends && h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s lets other sites read it", path)
		}
	}
}

func TestHTTP_OtherSitesCanNeitherReadNorChangeAnything(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	port := o.addr["listen"][strings.LastIndex(o.addr["listen"], ":"):]
	for _, c := range []struct {
		method, path string
		header       map[string]string
		want         int
	}{
		{"GET", "/api/start", map[string]string{"Host": "evil.example" + port}, 403}, // a name pointed at 127.0.0.1
		{"GET", "/metrics", map[string]string{"Host": "evil.example" + port}, 403},
		{"GET", "/", map[string]string{"Host": "evil.example" + port}, 403},
		{"GET", "/api/start", map[string]string{"Host": "localhost.evil.example"}, 403},
		{"GET", "/api/start", map[string]string{"Host": "127.0.0.1.evil.example"}, 403},
		{"GET", "/1/boards", map[string]string{"Host": "evil.example" + port}, 403},
		{"GET", "/1/query_results/x/y", map[string]string{"Host": "evil.example" + port}, 403},
		{"GET", "/2/auth", map[string]string{"Host": "evil.example" + port}, 403},
		{"POST", "/1/queries/x", map[string]string{"Origin": "https://evil.example"}, 403},
		{"DELETE", "/1/boards/x", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"GET", "/1/auth", map[string]string{"Origin": "https://shop.example"}, 200},
		{"GET", "/healthz", map[string]string{"Host": "probe.example"}, 200},
		{"GET", "/api/start", map[string]string{"Host": "localhost" + port}, 200},
		{"GET", "/api/start", map[string]string{"Host": "[::1]" + port}, 200},
		{"GET", "/api/start", map[string]string{"Host": "oriel.localhost" + port}, 200},
		{"GET", "/api/start", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"POST", "/api/test-event", map[string]string{"Origin": "https://evil.example"}, 403},
		{"POST", "/api/test-event", map[string]string{"Origin": "null"}, 403},
		{"POST", "/api/test-event", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"PUT", "/api/prefs", map[string]string{"Origin": "http://localhost:1"}, 403},
		{"POST", "/api/test-event", map[string]string{"Origin": o.url}, 200},
		{"POST", "/api/test-event", nil, 200},
		{"POST", "/v1/traces", map[string]string{"Origin": "https://shop.example", "Host": "host.docker.internal:4318", "Content-Type": "application/json"}, 200},
	} {
		if status, _, body := o.ask(c.method, c.path, c.header); status != c.want {
			t.Errorf("%s %s %v: %d, want %d: %s", c.method, c.path, c.header, status, c.want, body)
		}
	}
}

func TestHTTP_OddRequestsAreRefusedAndNothingOutsideIsServed(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	const host = "Host: localhost\r\n"
	for name, c := range map[string]struct {
		request string
		want    []string // status codes; "" is a closed connection
	}{
		"two lengths":       {"POST /v1/traces HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", []string{"400"}},
		"negative length":   {"POST /v1/traces HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", []string{"400"}},
		"unknown coding":    {"POST /v1/traces HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", []string{"501", "400"}},
		"bad chunk":         {"POST /v1/traces HTTP/1.1\r\n" + host + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", []string{"400"}},
		"no host":           {"GET /api/start HTTP/1.1\r\n\r\n", []string{"400"}},
		"two hosts":         {"GET /api/start HTTP/1.1\r\n" + host + "Host: b\r\n\r\n", []string{"400"}},
		"space in a header": {"GET / HTTP/1.1\r\n" + host + "A b: c\r\n\r\n", []string{"400"}},
		"folded header":     {"GET / HTTP/1.1\r\n" + host + "Host : evil\r\n\r\n", []string{"400"}},
		"NUL in the path":   {"GET /\x00 HTTP/1.1\r\n" + host + "\r\n", []string{"400"}},
		"long address":      {"GET /" + strings.Repeat("a", 70<<10) + " HTTP/1.1\r\n" + host + "\r\n", []string{"431"}},
		"large header":      {"GET / HTTP/1.1\r\n" + host + "A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n", []string{"431"}},
		"absolute, foreign": {"GET http://evil.example/api/start HTTP/1.1\r\n" + host + "\r\n", []string{"403"}},
		"proxy":             {"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", []string{"403", "405"}},
		"trace":             {"TRACE / HTTP/1.1\r\n" + host + "\r\n", []string{"405"}},
		"delete a page":     {"DELETE / HTTP/1.1\r\n" + host + "\r\n", []string{"405"}},
		"wrong method":      {"GET /api/query HTTP/1.1\r\n" + host + "\r\n", []string{"404", "405"}},
		"unknown version":   {"GET / HTTP/9.9\r\n" + host + "\r\n", []string{"505", "400"}},
		"dots":              {"GET /../../../../etc/passwd HTTP/1.1\r\n" + host + "\r\n", []string{"200", "404"}},
		"coded dots":        {"GET /assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + host + "\r\n", []string{"200", "404"}},
		"coded NUL":         {"GET /assets/%00 HTTP/1.1\r\n" + host + "\r\n", []string{"404"}},
		"not HTTP":          {"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", []string{"400", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := o.raw(t, c.request)
			status := ""
			if f := strings.Fields(answer); len(f) > 1 {
				status = f[1]
			}
			ok := false
			for _, w := range c.want {
				ok = ok || w == status
			}
			if !ok || strings.Contains(answer, "root:") {
				t.Errorf("answered %.300q, want %v", answer, c.want)
			}
		})
	}
}

func TestHTTP_SlowPeersAreCutOff(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	var held []net.Conn
	for range 100 {
		held = append(held,
			o.dial(t, "GET / HTTP/1.1\r\nHost: localhost\r\nA: "),
			o.dial(t, "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"))
	}
	if status, _, err := o.post(t.Context(), "/v1/traces", "application/json", batch("among-slow", 3, time.Now())); err != nil || status != 200 {
		t.Errorf("a normal request among slow ones: %d, %v", status, err)
	}
	for i, c := range held {
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("slow connection %d was held for a minute", i)
		}
	}
}

func TestHTTP2_FloodsEndTheirConnectionOnly(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	head := append([]byte{0x82, 0x86, 0x84, 0x41, 9}, "localhost"...) // GET http / of localhost
	var resets bytes.Buffer
	for i := range uint32(20_000) {
		resets.Write(frame(1, 0x5, 2*i+1, head))
		resets.Write(frame(3, 0, 2*i+1, []byte{0, 0, 0, 8}))
	}
	var streams bytes.Buffer
	for i := range uint32(10_000) { // requests whose bodies never come
		streams.Write(frame(1, 0x4, 2*i+1, append([]byte{0x83}, head[1:]...)))
	}
	continued := bytes.NewBuffer(frame(1, 0x1, 1, head))
	field := append([]byte{0, 1, 'a', 0x7f, 0x81, 0x7e}, bytes.Repeat([]byte("x"), 16256)...)
	for range 2000 {
		continued.Write(frame(9, 0, 1, field[:16000]))
	}
	for name, flood := range map[string][]byte{"rapid reset": resets.Bytes(), "streams": streams.Bytes(), "continuation": continued.Bytes()} {
		c := o.dial(t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
		_ = c.SetDeadline(time.Now().Add(patience))
		go func() { _, _ = io.Copy(io.Discard, c) }()
		_, _ = c.Write(frame(4, 0, 0, nil))
		_, err := c.Write(flood)
		t.Logf("%s: the flood ended with %v", name, err)
		if name == "continuation" && err == nil {
			t.Error("32 MB of headers were taken")
		}
		if status, body := o.get("/healthz"); status != 200 {
			t.Errorf("after %s: %d %s", name, status, body)
		}
		_ = c.Close()
	}
	if mb := o.resident() >> 20; mb > 600 {
		t.Errorf("%d MB are held after the floods", mb)
	}
}

// TestDescriptors sets the environment, so it is not parallel.
func TestDescriptors_FewAreEnoughForACrowdOfConnections(t *testing.T) {
	wrapper := filepath.Join(t.TempDir(), "few")
	if err := os.WriteFile(wrapper, fmt.Appendf(nil, "#!/bin/sh\nulimit -n 256\nexec '%s' \"$@\"\n", binary(t)), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ORIEL_BIN", wrapper)
	o := start(t, t.TempDir(), "--flush-rows", "200")
	for range 800 {
		o.dial(t, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := range 30 {
		name := fmt.Sprintf("crowd-%d", i)
		body := batch(name, 20, time.Now())
		eventually(t, "a batch is taken", func() error {
			resp, err := fresh.Post(o.url+"/v1/traces", "application/json", bytes.NewReader(body))
			if err != nil {
				return err
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != 200 {
				return errors.New(resp.Status)
			}
			return nil
		})
	}
	eventually(t, "all rows are there", func() error { return o.counted("crowd-", 600) })
	if strings.Contains(o.log.String(), "too many open files") {
		t.Errorf("files ran out:\n%s", o.log)
	}
}

// ask sends a request with headers; Host is one of them.
func (o *oriel) ask(method, path string, header map[string]string) (int, http.Header, string) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, o.url+path, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	if method != http.MethodGet {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// dial opens a connection, sends text and leaves it open until the test ends.
func (o *oriel) dial(t testing.TB, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", o.addr["listen"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, text) // the server may refuse before it has read all
	return c
}

// raw sends bytes as they are and returns all that comes back.
func (o *oriel) raw(t testing.TB, request string) string {
	t.Helper()
	c := o.dial(t, request)
	_ = c.(*net.TCPConn).CloseWrite()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	answer, _ := io.ReadAll(io.LimitReader(c, 1<<20)) // a reset ends it too
	return string(answer)
}

// frame is an HTTP/2 frame.
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := bigendian.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = bigendian.BigEndian.AppendUint32(append(head, flags), stream)
	return append(head, payload...)
}
