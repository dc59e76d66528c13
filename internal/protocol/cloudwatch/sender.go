package cloudwatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Bounds of a delivery.
const (
	sendTimeout   = 10 * time.Second
	maxSendAnswer = 64 << 10 // bytes that are read of an answer
)

// sender posts messages to addresses that callers name. Unless private addresses
// are allowed, it reaches none: the address is looked at once the name is
// resolved, so that no name leads past it.
type sender struct{ client *http.Client }

func newSender(private bool) *sender {
	dialer := &net.Dialer{Timeout: sendTimeout}
	if !private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return refusePrivate(address) }
	}
	return &sender{client: &http.Client{
		Timeout:       sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: sendTimeout, ResponseHeaderTimeout: sendTimeout,
		},
	}}
}

var errPrivate = errors.New("the address is private or loopback; start the server with --private-destinations to allow such") //nolint:gochecknoglobals // a constant

func refusePrivate(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	shared := netip.MustParsePrefix("100.64.0.0/10") // of carriers
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || shared.Contains(ip) {
		return errPrivate
	}
	return nil
}

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
