// Package outbound makes the HTTP client for addresses that callers name:
// webhooks, subscriptions, files to fetch. Unless private addresses are allowed,
// it reaches none, so that nobody uses the server to look around its network. It
// follows no redirects. What is sent, and when again, is the business of others.
package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrPrivate is why a private address is not reached.
var ErrPrivate = errors.New("the address is private or loopback; start the server with --private-destinations to allow such") //nolint:gochecknoglobals // a constant

// Client returns a client that gives up after a time.
func Client(private bool, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: Dialer(private, timeout).DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
		},
	}
}

// Dialer returns what Client connects by. An address is looked at once its name is
// resolved, so that no name leads past the rule.
func Dialer(private bool, timeout time.Duration) *net.Dialer {
	dialer := &net.Dialer{Timeout: timeout}
	if !private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return refusePrivate(address) }
	}
	return dialer
}

func refusePrivate(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	shared := netip.MustParsePrefix("100.64.0.0/10") // of carriers
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || shared.Contains(ip) {
		return ErrPrivate
	}
	return nil
}
