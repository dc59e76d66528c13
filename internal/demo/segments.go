package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/oriel-dev/oriel/internal/sample"
)

// tracedByXRay are the services that have an X-Ray SDK in them, not OpenTelemetry's,
// by their index: their part of a trace comes as segment documents.
func tracedByXRay() []int {
	var list []int
	for i, name := range sample.Services {
		if name == "media" || name == "recommendations" {
			list = append(list, i)
		}
	}
	return list
}

// sendSegments sends documents: those of the past as the API takes them, so that none
// is lost, and live ones as datagrams, as SDKs do.
func (s *sender) sendSegments(ctx context.Context, traces []sample.Trace, starts []int64, live bool) error {
	var documents []string
	for i := range traces {
		for _, service := range tracedByXRay() {
			documents = append(documents, sample.Segments(&traces[i], starts[i], service)...)
		}
	}
	if len(documents) == 0 {
		return nil
	}
	if live && s.config.XRay != "" {
		return s.sendDatagrams(ctx, documents)
	}
	body, err := json.Marshal(map[string]any{"TraceSegmentDocuments": documents})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.Endpoint+"/TraceSegments", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-Honeycomb-Team", s.config.Key)
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("segments: status %d: %q", resp.StatusCode, answer)
	}
	return nil
}

func (s *sender) sendDatagrams(ctx context.Context, documents []string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", s.config.XRay)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for _, document := range documents {
		if _, err := io.WriteString(conn, `{"format": "json", "version": 1}`+"\n"+document); err != nil {
			return err
		}
	}
	return nil
}
