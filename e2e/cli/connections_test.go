package cli_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"
)

// One origin does it all: clients are given one address for OTLP over HTTP and
// over gRPC, and for everything else.
func TestConnections_SpeakBothVersionsOnEveryPort(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	for _, port := range []string{"listen", "otlp_http", "otlp_grpc"} {
		for version := 1; version <= 2; version++ {
			protocols := new(http.Protocols)
			protocols.SetHTTP1(version == 1)
			protocols.SetUnencryptedHTTP2(version == 2)
			client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
			body := batch(fmt.Sprintf("%s-%d", port, version), 3, time.Now())
			resp, err := client.Post("http://"+o.addr[port]+"/v1/traces", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || resp.ProtoMajor != version {
				t.Errorf("%s: %s over %s", port, resp.Status, resp.Proto)
			}
			if err := o.counted(fmt.Sprintf("%s-%d", port, version), 3); err != nil {
				t.Error(err)
			}
			client.CloseIdleConnections()
		}
	}
}

// Some clients ask with each request whether they may go on in HTTP/2. A server
// that does not want to answers as if it had not been asked.
func TestConnections_OfferToUpgradeIsNoObstacle(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir())
	c := o.dial(t, "")
	answers := bufio.NewReader(c)
	_ = c.SetDeadline(time.Now().Add(patience))
	for i := range 3 {
		body := batch(fmt.Sprintf("upgrade-%d", i), 2, time.Now())
		head := "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n" +
			"Content-Type: application/json\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n\r\n"
		if _, err := io.WriteString(c, head+string(body)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || string(answer) != "{}" {
			t.Errorf("request %d on the connection: %s %s %v", i, resp.Status, answer, err)
		}
	}
	if err := o.counted("upgrade-", 6); err != nil {
		t.Error(err)
	}
}

// A refused request costs the sender its request, not its connection.
func TestConnections_StayOpenAfterRefusals(t *testing.T) {
	t.Parallel()
	o := start(t, t.TempDir(), "--auth", "required")
	client := &http.Client{Transport: &http.Transport{}}
	for i, c := range []struct {
		kind, coding, key, body string
		want                    int
	}{
		{"application/json", "", "nobody", "{}", 401},
		{"text/plain", "", "nobody", "{}", 415},
		{"application/json", "br", "nobody", "{}", 401},
		{"application/json", "", "", strings.Repeat(" ", 100_000), 401},
		{"application/x-protobuf", "gzip", "nobody", "no gzip", 401},
	} {
		reused := false
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }})
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url+"/v1/traces", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", c.kind)
		req.Header.Set("X-Honeycomb-Team", c.key)
		if c.coding != "" {
			req.Header.Set("Content-Encoding", c.coding)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("request %d: %s, want %d", i, resp.Status, c.want)
		}
		if i > 0 && !reused {
			t.Errorf("request %d needed a new connection", i)
		}
	}
	client.CloseIdleConnections()
}
