package event

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// TraceID returns the canonical form of a trace id as people and tools write
// it: 32 (or 16) hex digits in any case, X-Ray's 1-8-24 form, W3C traceparent,
// a UUID, or base64 of 16 bytes. Other text of up to 256 bytes is an id too
// (Honeycomb lets senders choose); it stays as it is. Empty text is no id.
// An id of 64 bits that was filled up with 16 zeros is the one of 16 digits.
func TraceID(s string) (id string, ok bool) { //nolint:cyclop // one case for each form, side by side
	s = strings.TrimSpace(s)
	switch {
	case s == "" || len(s) > 256:
		return "", false
	case isHex(s):
		if short, padded := strings.CutPrefix(s, "0000000000000000"); padded && len(short) == 16 {
			s = short
		}
		return strings.ToLower(s), true
	case len(s) == 35 && s[0] == '1' && s[1] == '-' && s[10] == '-':
		if joined := s[2:10] + s[11:]; isHex(joined) {
			return strings.ToLower(joined), true
		}
	case len(s) == 55 && s[2] == '-' && s[35] == '-' && isHex(s[3:35]):
		return strings.ToLower(s[3:35]), true
	case len(s) == 36 && s[8] == '-' && s[13] == '-':
		if joined := strings.ReplaceAll(s, "-", ""); len(joined) == 32 && isHex(joined) {
			return strings.ToLower(joined), true
		}
	case len(s) == 24:
		if raw, err := base64.StdEncoding.DecodeString(s); err == nil && len(raw) == 16 {
			return hex.EncodeToString(raw), true
		}
	}
	return s, true
}

// XRayTraceID returns a canonical 32-digit id in X-Ray's 1-8-24 form, or the id
// itself if it has another length.
func XRayTraceID(id string) string {
	if len(id) != 32 {
		return id
	}
	return "1-" + id[:8] + "-" + id[8:]
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return len(s) > 0
}
