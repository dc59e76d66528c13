package xray

import (
	"encoding/binary"
	"strings"
	"testing"
)

// Nobody answers a datagram: what is wrong with it is said on the set-up page.
func TestStrangeDatagrams_AreCalledByTheirName(t *testing.T) {
	t.Parallel()
	for datagram, want := range map[string]string{
		"POST /v1/traces HTTP/1.1\r\n\r\n{}":          "HTTP over UDP",
		"\x16\x03\x01\x02\x00":                        "TLS",
		"\x16\xfe\xfd\x00\x00":                        "TLS",
		"\x82\x21\x01\x09emitBatch":                   "Jaeger",
		"api.requests:1|c|#env:prod":                  "StatsD",
		"{\"resourceSpans\":[]}":                      "JSON without the line",
		"{\"format\": \"xml\", \"version\": 1}\n<a/>": "another format",
		" ":        "an empty datagram",
		"\x0a\x0b": "bytes that do not begin",
	} {
		if got := strangeDatagram([]byte(datagram)); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", datagram, got, want)
		}
	}
}

func TestFromAddress_ReadsWhatTheKernelSays(t *testing.T) {
	t.Parallel()
	for sender, want := range map[string]string{
		"10.1.2.3:4000": " from 10.1.2.3:4000",
		string(append(binary.NativeEndian.AppendUint16(nil, 2), 0x0f, 0xa0, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0)):                                        " from 10.1.2.3:4000",
		string(append(binary.NativeEndian.AppendUint16(nil, 10), append([]byte{0x0f, 0xa0, 0, 0, 0, 0}, append(make([]byte, 15), 1, 0, 0, 0, 0)...)...)): " from [::1]:4000",
		"":  "",
		"x": "",
	} {
		if got := fromAddress(sender); got != want {
			t.Errorf("%q: %q, want %q", sender, got, want)
		}
	}
}
