package cloudwatch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/outbound"
)

// Bounds of a delivery.
const (
	sendTimeout   = 10 * time.Second
	maxSendAnswer = 64 << 10 // bytes that are read of an answer
)

// sender posts messages to addresses that callers name.
type sender struct{ client *http.Client }

func newSender(private bool) *sender { return &sender{client: outbound.Client(private, sendTimeout)} }

// post sends a message; any status but 2xx is an error.
func (s *sender) post(ctx context.Context, address string, message any) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(raw) // a buffer takes everything
	_ = z.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, &packed)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "gzip")
	req.Header.Set("User-Agent", "oriel")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxSendAnswer)) // so that the connection is used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("deliver: %s answered %s", req.URL.Host, resp.Status)
	}
	return nil
}
