package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/oriel-dev/oriel/internal/sample"
)

// reportedPast is how much of the past has reported errors: an occurrence is of
// the time it comes in, so that those of hours would all be of one moment.
const reportedPast = 10 * time.Minute

// report sends what the services report of traces, one post an error as SDKs do.
// A server that requires a token which this key is not gets none.
func (s *sender) report(ctx context.Context, traces []sample.Trace, starts []int64) error {
	for i := range traces {
		for _, body := range s.reporter.Payloads(&traces[i], starts[i]) {
			if err := s.postItem(ctx, body); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sender) postItem(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Endpoint+"/api/1/item/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Rollbar-Access-Token", s.config.Key)
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
	switch resp.StatusCode {
	case http.StatusOK, http.StatusForbidden, http.StatusUnauthorized, http.StatusTooManyRequests:
		return nil
	}
	return fmt.Errorf("status %d: %q", resp.StatusCode, answer)
}
