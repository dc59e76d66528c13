package xray

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"regexp"
)

// statsd matches the first line of StatsD: name:1|c.
var statsd = regexp.MustCompile(`^[\w.\-/]+:[-+\d.]+\|(?:c|g|ms|s|h|d)\b`) //nolint:gochecknoglobals // compiled once

// strangeDatagram says what a datagram is that is not of the daemon's protocol, for
// whoever wonders why nothing arrives. Nothing of it is quoted.
func strangeDatagram(data []byte) string {
	text := bytes.TrimLeft(data, " \t\r\n")
	begins := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(text, []byte(p)) {
				return true
			}
		}
		return false
	}
	const (
		thriftCompact = 0x82 // of Jaeger's agent
		handshake     = 0x16
		dtls          = 0xfe
		newest        = 0x04 // versions of TLS begin with 3
	)
	switch {
	case len(text) == 0:
		return "an empty datagram"
	case begins("POST ", "GET ", "PUT ", "HEAD ", "OPTIONS ", "PRI * HTTP"):
		return "HTTP over UDP: send it over TCP, to the main address"
	case len(data) > 1 && data[0] == handshake && (data[1] == dtls || data[1] < newest):
		return "TLS: the daemon's protocol has none"
	case data[0] == thriftCompact:
		return "the protocol of Jaeger's agent: send OTLP to the main address"
	case statsd.Match(text):
		return "StatsD: send metrics as OTLP to the main address"
	case begins("{\"format\"", "{ \"format\""):
		return "a first line that names another format than {\"format\": \"json\", \"version\": 1}, or no document after it"
	case begins("{", "["):
		return "JSON without the line {\"format\": \"json\", \"version\": 1} before it, and without a trace_id"
	}
	return "bytes that do not begin with the line {\"format\": \"json\", \"version\": 1}"
}

// fromAddress says where a datagram came from, "" if that can't be said: senders are
// kept as text, or in the kernel's form (see sockaddr in ip(7), ipv6(7)).
func fromAddress(sender string) string {
	const (
		inet, inet6   = 2, 10
		size4, size6  = 16, 28
		port, at4     = 2, 4
		at6, length6  = 8, 16
		length4       = 4
		familyOrder16 = 2
	)
	if a, err := netip.ParseAddrPort(sender); err == nil {
		return " from " + a.String()
	}
	raw := []byte(sender)
	if len(raw) < size4 {
		return ""
	}
	family, number := binary.NativeEndian.Uint16(raw[:familyOrder16]), binary.BigEndian.Uint16(raw[port:])
	var ip netip.Addr
	switch {
	case family == inet:
		ip = netip.AddrFrom4([length4]byte(raw[at4:]))
	case family == inet6 && len(raw) >= size6:
		ip = netip.AddrFrom16([length6]byte(raw[at6:])).Unmap()
	default:
		return ""
	}
	return " from " + netip.AddrPortFrom(ip, number).String()
}
