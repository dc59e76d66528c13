package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client speaks the HTTP API.
type client struct {
	base, key, env string
	http           *http.Client
	clock          func() time.Time
}

// serverError is an error the server answered with.
type serverError struct {
	Status    int
	Kind      string `json:"kind"`
	Message   string `json:"message"`
	Position  *int   `json:"position"`
	RequestID string `json:"request_id"`
}

func (e *serverError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("what answers there is not Oriel's API (status %d): is the address that of an Oriel server, without a path?", e.Status)
	}
	if e.Kind == "internal" {
		return fmt.Sprintf("%s (request %s; the server's log says more)", clean(e.Message), clean(e.RequestID))
	}
	return clean(e.Message)
}

func (c *client) request(ctx context.Context, method, path string, params url.Values, body any) (*http.Response, error) {
	if params == nil {
		params = url.Values{}
	}
	if c.env != "" {
		params.Set("env", c.env)
	}
	target := c.base + path
	if len(params) > 0 {
		target += "?" + params.Encode()
	}
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return nil, fmt.Errorf("%s is no address of a server: write it as http://HOST:PORT", clean(c.base))
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("X-Honeycomb-Team", c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("no answer from %s: is the server running there? (%w)", c.base, errors.Unwrap(err))
	}
	if resp.StatusCode >= 400 {
		defer func() { _ = resp.Body.Close() }()
		return nil, c.readError(resp)
	}
	return resp, nil
}

func (c *client) readError(resp *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	var answer struct {
		Error serverError `json:"error"`
	}
	_ = json.Unmarshal(raw, &answer) // anything else than our shape leaves the status alone
	answer.Error.Status = resp.StatusCode
	if resp.StatusCode == http.StatusUnauthorized {
		answer.Error.Message = "the server wants a key: give one with --key or ORIEL_KEY (oriel keys create makes one)"
		if c.key != "" {
			answer.Error.Message = "the server does not know this key, or it is disabled: oriel keys list, with the server's --data, shows those it knows"
		}
	}
	return &answer.Error
}

func (c *client) get(ctx context.Context, path string, params url.Values, into any) error {
	resp, err := c.request(ctx, http.MethodGet, path, params, nil) //nolint:bodyclose // closed where it is read
	if err != nil {
		return err
	}
	return decode(resp, into)
}

func (c *client) post(ctx context.Context, path string, body, into any) error {
	resp, err := c.request(ctx, http.MethodPost, path, nil, body) //nolint:bodyclose // closed where it is read
	if err != nil {
		return err
	}
	return decode(resp, into)
}

func decode(resp *http.Response, into any) error {
	defer func() { _ = resp.Body.Close() }()
	dec := json.NewDecoder(resp.Body)
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// lines calls f for each line of a newline-delimited JSON answer.
func lines(resp *http.Response, f func(line []byte) error) error {
	defer func() { _ = resp.Body.Close() }()
	sc := bufio.NewScanner(resp.Body)
	sc.Buffer(nil, 256<<20)
	for sc.Scan() {
		if len(sc.Bytes()) == 0 {
			continue
		}
		if err := f(sc.Bytes()); err != nil {
			return err
		}
	}
	return sc.Err()
}

// serverEvents calls f for each server-sent event until the stream ends.
func (c *client) serverEvents(ctx context.Context, path string, params url.Values, f func(name, data string) error) error {
	resp, err := c.request(ctx, http.MethodGet, path, params, nil) //nolint:bodyclose // closed where it is read
	if err != nil {
		return err
	}
	name := ""
	return lines(resp, func(line []byte) error {
		key, value, _ := strings.Cut(string(line), ": ")
		switch key {
		case "event":
			name = value
		case "data":
			return f(name, value)
		}
		return nil
	})
}
