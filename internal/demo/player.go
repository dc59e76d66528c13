package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/recording"
)

// player sends what was recorded through the server's doors, without a network.
type player struct {
	doors http.Handler
	keys  Keys
	made  map[string]bool // streams
	last  time.Time       // of an item: no two are of one moment
}

func (p *player) send(ctx context.Context, r recording.Played) error {
	switch r.Kind {
	case recording.Spans:
		return p.post(ctx, "/v1/traces", "application/x-protobuf", r.Body)
	case recording.Lines:
		if err := p.makeStream(ctx, r.Group, r.Stream); err != nil {
			return err
		}
		return p.try(ctx, "PutLogEvents", func() *answer { return p.askLogs(ctx, "PutLogEvents", r.Body) })
	case recording.Segments:
		return p.post(ctx, "/TraceSegments", "application/json", r.Body)
	case recording.Item:
		at := r.At
		if !at.After(p.last) {
			at = p.last.Add(time.Microsecond)
		}
		p.last = at
		return p.post(protocol.At(ctx, at), "/api/1/item/", "application/json", r.Body)
	case recording.Deploy:
		return p.post(protocol.At(ctx, r.At), "/api/1/deploy", "application/json", r.Body)
	}
	return fmt.Errorf("the recording has a request of kind %d, which is not known", r.Kind)
}

// makeStream makes a log group and a stream; that they are there is fine.
func (p *player) makeStream(ctx context.Context, group, stream string) error {
	if p.made[group+" "+stream] {
		return nil
	}
	for _, operation := range []string{"CreateLogGroup", "CreateLogStream"} {
		in := map[string]string{"logGroupName": group}
		if operation == "CreateLogStream" {
			in["logStreamName"] = stream
		}
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		err = p.try(ctx, operation, func() *answer {
			a := p.askLogs(ctx, operation, body)
			if bytes.Contains(a.body.Bytes(), []byte("ResourceAlreadyExistsException")) {
				a.status = http.StatusOK
			}
			return a
		})
		if err != nil {
			return err
		}
	}
	p.made[group+" "+stream] = true
	return nil
}

// askLogs asks for an operation of CloudWatch Logs.
func (p *player) askLogs(ctx context.Context, operation string, body []byte) *answer {
	return p.ask(ctx, "/", map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328." + operation}, body)
}

func (p *player) post(ctx context.Context, path, content string, body []byte) error {
	return p.try(ctx, path, func() *answer { return p.ask(ctx, path, map[string]string{"Content-Type": content}, body) })
}

const (
	tries = 100
	pause = 100 * time.Millisecond
)

// try asks again where the server has no room at the moment.
func (p *player) try(ctx context.Context, what string, ask func() *answer) error {
	for n := 1; ; n++ {
		a := ask()
		if a.good() {
			return nil
		}
		if n == tries || a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable {
			return a.err(what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (p *player) ask(ctx context.Context, path string, headers map[string]string, body []byte) *answer {
	a := &answer{header: http.Header{}, status: http.StatusOK}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
	if err != nil {
		a.status = http.StatusInternalServerError
		return a
	}
	r.RemoteAddr = "127.0.0.1:0"
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("X-Honeycomb-Team", p.keys.Honeycomb)
	r.Header.Set("X-Rollbar-Access-Token", p.keys.Rollbar)
	p.doors.ServeHTTP(a, r)
	return a
}

// answer is what the server says to a request of its own.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) good() bool { return a.status < http.StatusMultipleChoices }

func (a *answer) err(what string) error {
	return fmt.Errorf("%s: status %d: %.300q", what, a.status, a.body.String())
}
