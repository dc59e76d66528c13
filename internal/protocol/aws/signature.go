package aws

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a signature is made of, and its bounds.
const (
	algorithm     = "AWS4-HMAC-SHA256"
	terminator    = "aws4_request"
	basicTime     = "20060102T150405Z"
	basicDate     = "20060102"
	maxSkew       = 5 * time.Minute
	maxExpires    = 604_800 // seconds, of a presigned request
	maxSigned     = 64      // headers
	maxCredential = 512
	unsignedBody  = "UNSIGNED-PAYLOAD"
	emptyHash     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// signature is what a request says of how it is signed.
type signature struct {
	accessKey, date, region, service string
	headers                          []string // signed, as the client listed them: lower case, sorted
	given                            []byte   // 32
	at                               string   // of the request, in the basic form
	when                             time.Time
	presigned                        bool
	expires                          time.Duration // of a presigned one
}

// parseSignature reads the Authorization header, or the query of a presigned
// request. nil without an error: it is not signed, or its authorization is not
// AWS's.
func parseSignature(r *http.Request) (*signature, error) {
	text := r.Header.Get("Authorization")
	if text == "" {
		if !strings.Contains(r.URL.RawQuery, "X-Amz-Signature=") && !strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=") {
			return nil, nil //nolint:nilnil // not signed: nothing to report
		}
		return parsePresigned(r)
	}
	scheme, rest, _ := strings.Cut(text, " ")
	if scheme == "Bearer" {
		return nil, nil //nolint:nilnil // a key of our own pages, or none of AWS's
	}
	if scheme != algorithm {
		return nil, incomplete("Unsupported AWS 'algorithm': '" + brief(scheme) + "'. This server takes " + algorithm + ".")
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok || len(parts) > 8 {
			return nil, incomplete("'" + brief(field) + "' not a valid key=value pair (missing equal-sign) in Authorization header: '" + brief(text) + "'.")
		}
		parts[name] = value
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			return nil, incomplete("Authorization header requires '" + name + "' parameter. Authorization=" + brief(text))
		}
	}
	s := &signature{at: cmp.Or(r.Header.Get("X-Amz-Date"), r.Header.Get("Date"))}
	if s.at == "" {
		return nil, incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=" + brief(text))
	}
	return s, s.parse(r, parts["Credential"], parts["SignedHeaders"], parts["Signature"])
}

func parsePresigned(r *http.Request) (*signature, error) {
	query := r.URL.Query()
	if got := query.Get("X-Amz-Algorithm"); got != algorithm {
		return nil, incomplete("Unsupported AWS 'algorithm': '" + brief(got) + "'. This server takes " + algorithm + ".")
	}
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"} {
		if query.Get(name) == "" {
			return nil, incomplete("AWS query-string parameters must include '" + name + "'. Re-examine the query-string parameters.")
		}
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || seconds < 1 || seconds > maxExpires {
		return nil, incomplete("X-Amz-Expires is '" + brief(query.Get("X-Amz-Expires")) + "'; it must be a number of seconds from 1 to " + strconv.Itoa(maxExpires))
	}
	s := &signature{at: query.Get("X-Amz-Date"), presigned: true, expires: time.Duration(seconds) * time.Second}
	return s, s.parse(r, query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature"))
}

func (s *signature) parse(r *http.Request, credential, headers, given string) error {
	scope := strings.Split(credential, "/")
	if n := len(scope); n < 5 || len(credential) > maxCredential || scope[n-1] != terminator || scope[0] == "" {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + brief(credential) + "'")
	}
	n := len(scope) // an access key id may hold slashes
	s.accessKey = strings.Join(scope[:n-4], "/")
	s.date, s.region, s.service = scope[n-4], scope[n-3], scope[n-2]
	if !isRegion(s.region) {
		return &Error{
			Code: "InvalidSignatureException", Message: "Credential should be scoped to a valid region, not '" + brief(s.region) + "'.",
			Remedy: "Set AWS_REGION to the name of a region, as us-east-1: this server takes any.",
		}
	}
	s.headers = strings.Split(headers, ";")
	if len(s.headers) > maxSigned {
		return incomplete("SignedHeaders names " + strconv.Itoa(len(s.headers)) + " headers; the limit is " + strconv.Itoa(maxSigned))
	}
	if !slices.Contains(s.headers, "host") && !slices.Contains(s.headers, ":authority") {
		return invalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for _, name := range []string{"X-Amz-Target", "X-Amz-Date"} {
		if r.Header.Get(name) != "" && !slices.Contains(s.headers, strings.ToLower(name)) {
			return invalidSignature("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	var err error
	if s.given, err = hex.DecodeString(given); err != nil || len(s.given) != sha256.Size {
		return incomplete("Signature must be 64 hexadecimal digits, got '" + brief(given) + "'")
	}
	for _, layout := range []string{basicTime, http.TimeFormat, time.RFC1123Z} {
		if s.when, err = time.Parse(layout, s.at); err == nil {
			s.at = s.when.UTC().Format(basicTime)
			return nil
		}
	}
	return incomplete("Date must be in ISO-8601 'basic format'. Got '" + brief(s.at) + "'. See http://en.wikipedia.org/wiki/ISO_8601")
}

// verify checks scope, time and signature over the body as it came.
func (s *signature) verify(r *http.Request, secret, service string, raw []byte, now time.Time) error {
	if s.service != service {
		return &Error{
			Code: "InvalidSignatureException", Message: "Credential should be scoped to correct service: '" + service + "'.",
			Remedy: "The request is signed for the service " + brief(s.service) + " and came to " + service + ": give each service its own endpoint, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and AWS_ENDPOINT_URL_XRAY.",
		}
	}
	if s.date != s.at[:len(basicDate)] {
		return invalidSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + brief(s.date) + "' != '" + s.at[:len(basicDate)] + "', from '" + s.at + "'.")
	}
	hash, err := s.bodyHash(r, raw)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(s.canonical(r, hash)))
	toSign := algorithm + "\n" + s.at + "\n" + s.date + "/" + s.region + "/" + s.service + "/" + terminator + "\n" + hex.EncodeToString(sum[:])
	key := mac([]byte("AWS4"+secret), s.date)
	for _, part := range []string{s.region, s.service, terminator, toSign} {
		key = mac(key, part)
	}
	if subtle.ConstantTimeCompare(key, s.given) != 1 {
		return signatureMismatch()
	}
	return s.inTime(now)
}

// inTime is asked last: only who has the secret learns of our clock's opinion.
func (s *signature) inTime(now time.Time) error {
	now = now.UTC()
	past := maxSkew
	if s.presigned {
		past = s.expires
	}
	at, today := s.at, now.Format(basicTime)
	switch {
	case s.when.Before(now.Add(-past)) && s.presigned:
		return &Error{Code: "ExpiredTokenException", Message: "Signature expired: " + at + " is now earlier than " + now.Add(-past).Format(basicTime) + " (" + today + " - " + past.String() + ".)"}
	case s.when.Before(now.Add(-past)):
		return skewed(now.Sub(s.when), "behind", "Signature expired: "+at+" is now earlier than "+now.Add(-maxSkew).Format(basicTime)+" ("+today+" - 5 min.)")
	case s.when.After(now.Add(maxSkew)):
		return skewed(s.when.Sub(now), "ahead of", "Signature not yet current: "+at+" is still later than "+now.Add(maxSkew).Format(basicTime)+" ("+today+" + 5 min.)")
	}
	return nil
}

// skewed is the answer to a sender whose clock is wrong, or whose request was long
// on its way.
func skewed(by time.Duration, where, message string) error {
	return &Error{
		Code: "InvalidSignatureException", Message: message,
		Remedy: "The sender's clock is " + minutes(by) + " " + where + " this server's: set both by NTP. 5 minutes are allowed.",
	}
}

// minutes says a duration of some minutes or more as people do.
func minutes(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return strconv.FormatInt(int64(d/day), 10) + " days"
	case d >= 2*time.Hour:
		return strconv.FormatInt(int64(d/time.Hour), 10) + " h"
	}
	return strconv.FormatInt(int64(d.Round(time.Minute)/time.Minute), 10) + " min"
}

// bodyHash is the hash of the body, or what a signed header says in its place.
func (s *signature) bodyHash(r *http.Request, raw []byte) (string, error) {
	hash := emptyHash
	if len(raw) > 0 {
		sum := sha256.Sum256(raw)
		hash = hex.EncodeToString(sum[:])
	}
	const header = "x-amz-content-sha256"
	said := r.Header.Get(header)
	switch {
	case said == "" || !slices.Contains(s.headers, header):
		return hash, nil
	case said == unsignedBody && r.TLS != nil:
		return said, nil
	case subtle.ConstantTimeCompare([]byte(strings.ToLower(said)), []byte(hash)) != 1:
		return "", invalidSignature("The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return said, nil
}

// canonical is the request in the one form that both sides sign.
func (s *signature) canonical(r *http.Request, bodyHash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL) + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + bodyHash)
	return b.String()
}

// headerValue is a header as it is signed. net/http keeps the host, and may keep
// the length, elsewhere than among the headers.
func headerValue(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host" || name == ":authority":
		return r.Host
	case name == "content-length" && len(values) == 0 && r.ContentLength >= 0:
		return strconv.FormatInt(r.ContentLength, 10)
	case name == "transfer-encoding" && len(values) == 0:
		return strings.Join(r.TransferEncoding, ",")
	}
	if len(values) == 1 && !strings.Contains(values[0], "  ") {
		return strings.TrimSpace(values[0])
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(trimmed, ",")
}

// canonicalPath escapes the path as it was sent once more, as all services but S3 do.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" || path == "/" {
		return "/"
	}
	return escape(path, true)
}

func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		p := pair{escape(unescape(name), false), escape(unescape(value), false)}
		if part != "" && p.name != "X-Amz-Signature" {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + p.value)
	}
	return b.String()
}

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

const upperHex = "0123456789ABCDEF"

// escape leaves only what RFC 3986 calls unreserved, and slashes if they are to stay.
func escape(s string, slashes bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~' || (c == '/' && slashes) {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}

// brief bounds what an error quotes.
func brief(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
