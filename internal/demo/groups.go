package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

// groups are the services whose lines go to CloudWatch Logs, as an agent or a
// function's platform would send them, by the name of their log group.
var groups = map[string]string{
	"messages": "/cruddur/messages",
	"auth":     "/ecs/cruddur/auth",
	"billing":  "/aws/lambda/billing",
}

// stream is the one stream that the demo writes to in each group.
const stream = "demo/i-0a1b2c3d"

// split takes the lines out that go to log groups, by group.
func split(lines []sample.Line) (rest []sample.Line, grouped map[string][]sample.Line) {
	grouped = map[string][]sample.Line{}
	for _, l := range lines {
		if g := groups[sample.Services[l.Service]]; g != "" {
			grouped[g] = append(grouped[g], l)
		} else {
			rest = append(rest, l)
		}
	}
	return rest, grouped
}

// put sends lines to a log group, which is made when it is not there.
func (s *sender) put(ctx context.Context, group string, lines []sample.Line) error {
	type inputEvent struct {
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	}
	slices.SortStableFunc(lines, func(a, b sample.Line) int { return cmp.Compare(a.At, b.At) }) // as the API wants them
	events := make([]inputEvent, len(lines))
	for i, l := range lines {
		events[i] = inputEvent{l.At / int64(time.Millisecond), l.Text}
	}
	name := map[string]any{"logGroupName": group}
	in := map[string]any{"logGroupName": group, "logStreamName": stream, "logEvents": events}
	status, err := s.call(ctx, "PutLogEvents", in)
	if status != http.StatusBadRequest {
		return err
	}
	// Most likely the group is not there; if it is, the next try says what is wrong.
	_, _ = s.call(ctx, "CreateLogGroup", name)
	_, _ = s.call(ctx, "CreateLogStream", map[string]any{"logGroupName": group, "logStreamName": stream})
	_, err = s.call(ctx, "PutLogEvents", in)
	return err
}

// call asks for an operation of CloudWatch Logs with the key in place of a
// signature, as the pages do.
func (s *sender) call(ctx context.Context, operation string, in any) (status int, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	for attempt := 0; ; attempt++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Endpoint+"/", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
		req.Header.Set("X-Honeycomb-Team", s.config.Key)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := s.client.Do(req)
		if err != nil {
			return 0, err
		}
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
		_ = resp.Body.Close()
		switch {
		case resp.StatusCode == http.StatusOK:
			return resp.StatusCode, nil
		case resp.StatusCode != http.StatusServiceUnavailable && resp.StatusCode != http.StatusTooManyRequests || attempt == 10:
			return resp.StatusCode, fmt.Errorf("%s: status %d: %q", operation, resp.StatusCode, answer)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
