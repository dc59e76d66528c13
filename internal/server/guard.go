package server

import (
	"net"
	"net/http"
	"strings"
)

// secured is what every answer carries, pages and data alike; pages replace the
// policy by their own. All answers share the values.
func secured() http.Header {
	h := http.Header{}
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	return h
}

// refusal says why a request that reads or changes data must not be served, or "".
//
// In open mode on loopback there is no key to guess, so any web site that points
// its own name at 127.0.0.1 could read everything through its visitor's browser.
// Such a request gives itself away by its Host, which is a name; browsers send
// neither Sec-Fetch-Site nor Origin with it. Addresses can't be rebound.
func (s *Server) refusal(r *http.Request) string {
	if s.config.Auth == AuthOpen && !s.config.Insecure && !s.knownHost(r.Host) {
		return "without keys Oriel answers only to localhost, IP addresses and the name in --listen, not to this Host: " +
			"use http://localhost or the address, or require keys with --auth required"
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return "this request was made by a page of another site; only Oriel's own pages may change something"
	}
	return ""
}

func (s *Server) knownHost(host string) bool {
	name := hostName(host)
	// AWS's clients put this before the host for what they stream; no name that
	// begins so and goes on like an address can be made to lead here.
	for _, prefix := range []string{"stream-", "streaming-"} {
		name = strings.TrimPrefix(name, prefix)
	}
	listen := hostName(s.config.Listen)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name) != nil || (name != "" && name == listen)
}

// hostName returns the name or address of host, without port, brackets and a final dot.
func hostName(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}
