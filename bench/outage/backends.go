package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// backends are what listens at the two addresses that the app was given: a server, or
// something that is none.
type backends struct {
	bin, data    string
	listen, xray string
	now          func() // ends what listens now
}

// choose finds addresses that are free.
func (b *backends) choose(ctx context.Context) error {
	for _, address := range []*string{&b.listen, &b.xray} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*address = l.Addr().String()
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (b *backends) url() string { return "http://" + b.listen }

func (b *backends) environ() []string {
	return []string{
		"OTEL_SERVICE_NAME=outage", "HONEYCOMB_API_KEY=any", "HONEYCOMB_API_ENDPOINT=" + b.url(),
		"CLOUDWATCH_LOG_GROUP=outage", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=" + b.url(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
		"ROLLBAR_ACCESS_TOKEN=any", "ROLLBAR_ENDPOINT=" + b.url() + "/api/1/", "AWS_XRAY_DAEMON_ADDRESS=" + b.xray,
	}
}

func (b *backends) gone() {
	if b.now != nil {
		b.now()
	}
	b.now = nil
}

// oriel starts the server, on the data that it left.
func (b *backends) oriel(ctx context.Context) error {
	b.gone()
	cmd := exec.CommandContext(ctx, b.bin, "serve", "--data", b.data, "--listen", b.listen, "--otlp-grpc", "", "--otlp-http", "", "--xray", b.xray, "--log-level", "warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", b.bin, err)
	}
	b.now = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "ready ") {
			return nil
		}
	}
	return errors.New("the server ended before it was ready")
}

// refuse leaves nobody at the addresses.
func (b *backends) refuse(context.Context) error {
	b.gone()
	return nil
}

// hang takes requests and answers none.
func (b *backends) hang(ctx context.Context) error {
	return b.other(ctx, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
}

// limit answers 429, with and without a time to wait for, and 503.
func (b *backends) limit(ctx context.Context) error {
	var n atomic.Int64
	return b.other(ctx, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch n.Add(1) % 3 {
		case 0:
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusTooManyRequests)
		case 1:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

func (b *backends) other(ctx context.Context, handle http.HandlerFunc) error {
	b.gone()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", b.listen)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: handle, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	b.now = func() { _ = srv.Close() }
	return nil
}

// arrived is how many of a kind the server has for which a condition is true.
func (b *backends) arrived(ctx context.Context, kind, where string) string {
	body, err := json.Marshal(map[string]any{"within": "0s", "from": "now-6h", "expect": []any{map[string]any{"kind": kind, "where": where, "at_least": 0}}})
	if err != nil {
		return err.Error()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url()+"/api/assert", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Expect []struct{ Found float64 }
		Error  struct{ Message string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Expect) == 0 {
		return fmt.Sprint(err, answer.Error.Message)
	}
	return fmt.Sprint(answer.Expect[0].Found)
}
