package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutDoctor = `Checks a running server from the outside, as an application would see it: is it
alive and ready, does it take a trace and show it, are its doors open, does its
clock agree with ours, what came in lately, and what was refused or dropped. Each failure comes with
what to do about it. Ends with an error if something is wrong.`

// finding is the outcome of one check.
type finding struct {
	what   string
	detail string
	remedy string // empty if all is well
	warn   bool   // worth knowing, not wrong
}

func runDoctor(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "doctor", aboutDoctor, &t)
	if rest, err := usage.Parse(set, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usage.Errorf("unexpected %q: doctor wants flags only", rest[0])
	}
	c := t.client(s)
	wrong := 0
	for _, check := range []func(context.Context, *client) []finding{checkAlive, checkStart, checkTrace, checkBook} {
		findings := check(ctx, c)
		for _, f := range findings {
			mark := s.paint("32", "✓")
			switch {
			case f.remedy != "" && !f.warn:
				mark = s.paint(red, "✗")
				wrong++
			case f.warn:
				mark = s.paint("33", "!")
			}
			_, _ = fmt.Fprintf(s.Out, "%s %s: %s\n", mark, f.what, clean(f.detail))
			if f.remedy != "" {
				_, _ = fmt.Fprintf(s.Out, "    %s\n", clean(f.remedy))
			}
		}
		if wrong > 0 {
			break // what follows would fail for the same cause
		}
	}
	if wrong > 0 {
		return errors.New("something is wrong: see above")
	}
	return nil
}

func checkAlive(ctx context.Context, c *client) []finding {
	started := c.clock()
	resp, err := c.request(ctx, http.MethodGet, "/healthz", nil, nil)
	if err != nil {
		return []finding{{what: "alive", detail: err.Error(), remedy: "start it with oriel serve, or name its address with --url"}}
	}
	_ = resp.Body.Close()
	out := []finding{{what: "alive", detail: "answers in " + c.clock().Sub(started).Round(10*time.Microsecond).String()}}
	if served, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		if off := served.Sub(c.clock()).Round(time.Second); off.Abs() > 5*time.Second {
			out = append(out, finding{
				what: "clock", detail: fmt.Sprintf("the server is %s off", off), warn: true,
				remedy: "set the clocks by NTP: traces of several hosts will not line up, and signed AWS requests are refused",
			})
		} else {
			out = append(out, finding{what: "clock", detail: "agrees with ours"})
		}
	}
	resp, err = c.request(ctx, http.MethodGet, "/readyz", nil, nil)
	if err != nil {
		return append(out, finding{what: "ready", detail: err.Error(), remedy: "it may still be reading its journal: wait, then look into its log"})
	}
	defer func() { _ = resp.Body.Close() }()
	out = append(out, finding{what: "ready", detail: "takes and answers"})
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return out // it did answer; what it set aside is also in its log
	}
	_, asides, _ := strings.Cut(string(text), "\n")
	for line := range strings.Lines(asides) {
		out = append(out, finding{
			what: "damage", detail: strings.TrimSpace(line), warn: true,
			remedy: "look at the disk's health; what was set aside lies in the data folder",
		})
	}
	return out
}

func checkStart(ctx context.Context, c *client) []finding {
	var start struct {
		Version   string            `json:"version"`
		Auth      string            `json:"auth"`
		Endpoints map[string]string `json:"endpoints"`
	}
	if err := c.get(ctx, "/api/start", nil, &start); err != nil {
		return []finding{{what: "API", detail: err.Error(), remedy: "give a key that may run queries with --key"}}
	}
	out := []finding{{what: "API", detail: fmt.Sprintf("version %s, auth %s", start.Version, start.Auth)}}
	host := "127.0.0.1"
	if u, err := url.Parse(c.base); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	for _, door := range []struct{ name, what, port string }{{"otlp_grpc", "OTLP over gRPC", "4317"}, {"otlp_http", "OTLP over HTTP", "4318"}} {
		address := start.Endpoints[door.name]
		if address == "" {
			out = append(out, closedDoor(ctx, door.what, net.JoinHostPort(host, door.port)))
			continue
		}
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		d := net.Dialer{Timeout: 3 * time.Second}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			out = append(out, finding{what: door.what, detail: err.Error(), remedy: "a firewall may be in the way, or it listens on loopback only: see oriel config"})
			continue
		}
		_ = conn.Close()
		out = append(out, finding{what: door.what, detail: "open at " + net.JoinHostPort(host, port)})
	}
	return out
}

// closedDoor tells a door that was switched off from one whose customary port
// somebody else holds: what applications send there by default goes astray.
func closedDoor(ctx context.Context, what, customary string) finding {
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", customary)
	if err != nil {
		return finding{what: what, detail: "no listener of its own; the main address takes it too", warn: true}
	}
	_ = conn.Close()
	return finding{
		what: what, detail: "another program listens at " + customary + ", where applications send by default", warn: true,
		remedy: "stop it and start oriel again, or point applications at the main address",
	}
}

// checkTrace sends a trace through the ingest door and waits until it is seen.
func checkTrace(ctx context.Context, c *client) []finding {
	started := c.clock()
	var sent struct {
		TraceID string `json:"trace_id"`
	}
	if err := c.post(ctx, "/api/test-event", map[string]any{}, &sent); err != nil {
		return []finding{{what: "sending a trace", detail: err.Error(), remedy: "see the server's log; a full disk and a key without the right to send are the usual causes"}}
	}
	var last error
	for range 50 {
		var sk skeleton
		if last = c.get(ctx, "/api/trace/"+sent.TraceID, nil, &sk); last == nil {
			took := c.clock().Sub(started).Round(time.Millisecond)
			return []finding{{what: "sending a trace", detail: fmt.Sprintf("%d spans on disk and readable after %s", sk.Total, took)}}
		}
		select {
		case <-ctx.Done():
			return []finding{{what: "sending a trace", detail: ctx.Err().Error(), remedy: "run it again"}}
		case <-time.After(100 * time.Millisecond):
		}
	}
	return []finding{{what: "sending a trace", detail: "taken, but not readable after 5 s: " + last.Error(), remedy: "see the server's log"}}
}

// book is what the server says of what it received, refused and dropped.
type book struct {
	Received []struct {
		Kind    string `json:"kind"`
		Service string `json:"service"`
		Dataset string `json:"dataset"`
		Count   int64  `json:"count"`
		At      string `json:"at"`
	} `json:"received"`
	Refused []struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Remote string `json:"remote"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
		Remedy string `json:"remedy"`
		Key    string `json:"key"`
		Count  int64  `json:"count"`
		At     string `json:"at"`
	} `json:"refused"`
	Dropped []struct {
		Reason   string `json:"reason"`
		Protocol string `json:"protocol"`
		Stored   bool   `json:"stored"`
		Count    int64  `json:"count"`
		Remedy   string `json:"remedy"`
		Last     []struct {
			Detail string `json:"detail"`
		} `json:"last"`
	} `json:"dropped"`
}

// most bounds what is printed of each list.
const mostListed = 20

// checkBook says what came in, and, with what to change, what did not.
func checkBook(ctx context.Context, c *client) []finding {
	var b book
	if err := c.get(ctx, "/api/doctor", nil, &b); err != nil {
		return []finding{{what: "refused data", detail: err.Error(), remedy: "see the server's log"}}
	}
	var out []finding
	for _, r := range b.Received[:min(len(b.Received), mostListed)] {
		out = append(out, finding{what: "received", detail: fmt.Sprintf("%d %s from %s, the last %s", r.Count, r.Kind, cmp.Or(r.Service, r.Dataset), c.ago(r.At))})
	}
	if len(b.Refused) == 0 && len(b.Dropped) == 0 {
		return append(out, finding{what: "refused data", detail: "nothing since the server started"})
	}
	for _, r := range b.Refused[:min(len(b.Refused), mostListed)] {
		detail := fmt.Sprintf("%s %s from %s: %d, %s", r.Method, r.Path, r.Remote, r.Status, r.Reason)
		if r.Key != "" {
			detail += ", key " + r.Key
		}
		if r.Count > 1 {
			detail += fmt.Sprintf(", %d times", r.Count)
		}
		out = append(out, finding{what: "refused", detail: detail + ", the last " + c.ago(r.At), remedy: r.Remedy, warn: true})
	}
	for _, d := range b.Dropped[:min(len(b.Dropped), mostListed)] {
		what := "dropped"
		if d.Stored {
			what = "stored with less"
		}
		detail := fmt.Sprintf("%d × %s (%s)", d.Count, d.Reason, d.Protocol)
		if n := len(d.Last); n > 0 && d.Last[n-1].Detail != "" {
			detail += ": " + d.Last[n-1].Detail
		}
		out = append(out, finding{what: what, detail: detail, remedy: d.Remedy, warn: true})
	}
	return out
}

// ago says how long ago a time in nanoseconds was.
func (c *client) ago(at string) string {
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return "at an unknown time"
	}
	return max(c.clock().Sub(time.Unix(0, n)), 0).Round(time.Second).String() + " ago"
}
