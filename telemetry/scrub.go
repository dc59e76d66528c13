package telemetry

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Values under these names, or names that contain them, never leave the process.
var secretParts = []string{ //nolint:gochecknoglobals // a constant table
	"password", "passwd", "pwd", "secret", "token", "authorization", "cookie", "api_key", "apikey", "api-key",
	"access_key", "private_key", "credential", "session", "csrf", "card_number", "cvv", "ssn",
}

const filtered = "[FILTERED]"

func secretNames(more []string) func(string) bool {
	parts := append([]string{}, secretParts...)
	for _, m := range more {
		if m != "" {
			parts = append(parts, strings.ToLower(m))
		}
	}
	return func(name string) bool {
		name = strings.ToLower(name)
		for _, p := range parts {
			if strings.Contains(name, p) {
				return true
			}
		}
		return false
	}
}

// scrubbed returns what was kept of custom values, without secrets, however deep
// they lie.
func (r *reporter) scrubbed(kept map[string]any) map[string]any {
	out := make(map[string]any, len(kept)+1)
	for k, v := range kept {
		switch raw, ok := v.(json.RawMessage); {
		case r.settings.secret(k):
			out[k] = filtered
		case ok && len(raw) > 0 && (raw[0] == '{' || raw[0] == '['):
			out[k] = r.scrubbedJSON(raw)
		default:
			out[k] = v
		}
	}
	return out
}

func (r *reporter) scrubbedJSON(raw json.RawMessage) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // as it was written
	if err := d.Decode(&v); err != nil {
		return filtered
	}
	r.scrub(v)
	return v
}

// scrub goes no deeper than JSON's decoder, which has a limit.
func (r *reporter) scrub(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if r.settings.secret(k) {
				v[k] = filtered
			} else {
				r.scrub(inner)
			}
		}
	case []any:
		for _, inner := range v {
			r.scrub(inner)
		}
	}
}

// requestOf describes a request without its body.
func (r *reporter) requestOf(q *http.Request) map[string]any {
	headers := map[string]string{}
	for name, values := range q.Header {
		if r.settings.secret(name) {
			headers[name] = filtered
		} else {
			headers[name] = strings.Join(values, ", ")
		}
	}
	query := url.Values{}
	for name, values := range q.URL.Query() {
		if len(query) >= maxQuery {
			break
		}
		if r.settings.secret(name) {
			values = []string{filtered}
		}
		query[name] = values
	}
	address := *q.URL
	address.Scheme, address.Host, address.User, address.RawQuery = schemeOf(q), q.Host, nil, query.Encode()
	out := map[string]any{"url": address.String(), "method": q.Method, "headers": headers, "query_string": query.Encode()}
	if ip := clientOf(q); ip != "" {
		out["user_ip"] = ip
	}
	return out
}

func schemeOf(q *http.Request) string {
	if q.TLS != nil || strings.EqualFold(q.Header.Get("X-Forwarded-Proto"), "https") {
		return "https"
	}
	return "http"
}

// clientOf is the peer's address without its port.
func clientOf(q *http.Request) string {
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	if err != nil {
		return q.RemoteAddr
	}
	return host
}
