package aws

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/meta"
)

func testClock() time.Time { return time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC) }

// The vector was made with the vendor's own library.
const vectorSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" //nolint:gosec // published as an example

func vector(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	body := []byte(`{"logGroupNamePrefix":"/cruddur"}`)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:4580/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Date", "20260115T100000Z")
	r.Header.Set("X-Amz-Target", "Logs_20140328.DescribeLogGroups")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/logs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "+
		"Signature=61dbd986db545e3f55b6071468cd9992e341c645bf3ec61bef2b038947d28e87")
	return r, body
}

func TestVerify_TakesTheVector(t *testing.T) {
	t.Parallel()
	r, body := vector(t)
	s, err := parseSignature(r)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := s.bodyHash(r, body)
	if err != nil || hash != "78c9f63adf12356f6f8a25c8ce6a8a47fba454baff1d54276272b5f82d5c3d92" {
		t.Errorf("body hash %s, %v", hash, err)
	}
	sum := sha256.Sum256([]byte(s.canonical(r, hash)))
	if got := hex.EncodeToString(sum[:]); got != "5d0197aa59dc61c899e3353bfa52ae2733d37067c31cab3d1ff9dcb51d7b8e43" {
		t.Errorf("canonical request hash %s", got)
	}
	if err := s.verify(r, vectorSecret, "logs", body, testClock()); err != nil {
		t.Error(err)
	}
}

// Requests of real clients, as they came over the wire: each signs other headers.
func TestVerify_TakesWhatClientsSigned(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../cloudwatch/testdata/recorded/*.http")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded requests", err)
	}
	signed := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(bytes.NewReader(raw))
		for n := 1; ; n++ {
			r, err := http.ReadRequest(in)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s, request %d: %v", file, n, err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			s, err := parseSignature(r)
			if err != nil {
				t.Fatalf("%s, request %d: %v", file, n, err)
			}
			at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.verify(r, vectorSecret, "logs", body, at); err != nil {
				t.Errorf("%s, request %d: %v", file, n, err)
			}
			if err := s.verify(r, vectorSecret, "logs", append(body, ' '), at); err == nil {
				t.Errorf("%s, request %d: a changed body is taken", file, n)
			}
			signed[r.Header.Get("Authorization")[strings.Index(r.Header.Get("Authorization"), "SignedHeaders="):strings.Index(r.Header.Get("Authorization"), ", Signature=")]] = true
		}
	}
	if len(signed) != 3 {
		t.Errorf("the clients sign %d different lists of headers: %v", len(signed), signed)
	}
}

func TestVerify_RefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(r *http.Request)
		body    string
		now     time.Duration
		service string
		want    string
	}{
		"target":    {change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "Logs_20140328.DeleteLogGroup") }, want: "does not match the signature you provided"},
		"host":      {change: func(r *http.Request) { r.Host = "127.0.0.1:1" }, want: "does not match the signature you provided"},
		"path":      {change: func(r *http.Request) { r.URL.Path = "/x" }, want: "does not match the signature you provided"},
		"query":     {change: func(r *http.Request) { r.URL.RawQuery = "a=b" }, want: "does not match the signature you provided"},
		"body":      {body: `{}`, want: "does not match the signature you provided"},
		"late":      {now: 6 * time.Minute, want: "Signature expired: 20260115T100000Z is now earlier than 20260115T100100Z (20260115T100600Z - 5 min.)"},
		"early":     {now: -6 * time.Minute, want: "Signature not yet current: 20260115T100000Z is still later than 20260115T095900Z (20260115T095400Z + 5 min.)"},
		"service":   {service: "xray", want: "Credential should be scoped to correct service: 'xray'."},
		"scope day": {change: func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260116T100000Z") }, want: "Date in Credential scope does not match YYYYMMDD"},
	} {
		r, body := vector(t)
		if c.change != nil {
			c.change(r)
		}
		if c.body != "" {
			body = []byte(c.body)
		}
		if c.service == "" {
			c.service = "logs"
		}
		s, err := parseSignature(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = s.verify(r, vectorSecret, c.service, body, testClock().Add(c.now))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "InvalidSignatureException") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseSignature_NamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	const scope = "Credential=AK/20260115/us-east-1/logs/aws4_request"
	zeros := strings.Repeat("0", 64)
	for text, want := range map[string]string{
		"AWS4-HMAC-SHA256 x": "'x' not a valid key=value pair",
		"AWS4-HMAC-SHA256 " + scope + ", SignedHeaders=host":                                                      "requires 'Signature' parameter",
		"AWS4-HMAC-SHA256 " + scope + ",Signature=" + zeros:                                                       "requires 'SignedHeaders' parameter",
		"AWS4-HMAC-SHA256 SignedHeaders=host,Signature=" + zeros:                                                  "requires 'Credential' parameter",
		"AWS4-HMAC-SHA256 Credential=AK/logs/aws4_request,SignedHeaders=host,Signature=" + zeros:                  "exactly 5 slash-delimited elements",
		"AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=host;x-amz-date,Signature=zz":                               "64 hexadecimal digits",
		"AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=x-amz-date,Signature=" + zeros:                              "'Host' or ':authority' must be a 'SignedHeader'",
		"AWS4-HMAC-SHA256 " + scope + ",SignedHeaders=host,Signature=" + zeros:                                    "'X-Amz-Date' must be a 'SignedHeader'",
		"AWS4-ECDSA-P256-SHA256 " + scope + ",SignedHeaders=host;x-amz-date,Signature=" + zeros:                   "Unsupported AWS 'algorithm'",
		"AWS4-HMAC-SHA256 Credential=AK/1/U S/logs/aws4_request,SignedHeaders=host;x-amz-date,Signature=" + zeros: "valid region",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		r.Header.Set("Authorization", text)
		r.Header.Set("X-Amz-Date", "20260115T100000Z")
		if _, err := parseSignature(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// rig is a gate over real keys.
type rig struct {
	*Gate
	keys       *auth.Keys
	id, secret string
	pageKey    string
	now        time.Time
}

func newRig(t *testing.T, open bool) *rig {
	t.Helper()
	r := &rig{now: testClock()}
	dir, ctx := t.TempDir(), context.WithoutCancel(t.Context())
	db, err := meta.Open(ctx, filepath.Join(dir, "meta.db"))
	must(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	r.keys, err = auth.Open(ctx, db, auth.Config{Dir: dir, AcceptAny: open, Clock: func() time.Time { return r.now }, Log: log})
	must(t, err)
	t.Cleanup(func() {
		must(t, r.keys.Close(ctx))
		must(t, db.Close())
	})
	_, secret, err := r.keys.Create(ctx, auth.NewKey{Kind: auth.AWS})
	must(t, err)
	r.id, r.secret = secret.AccessKeyID, secret.SecretAccessKey
	_, page, err := r.keys.Create(ctx, auth.NewKey{Kind: auth.Honeycomb})
	must(t, err)
	r.pageKey = page.Key
	r.Gate = NewGate(Config{Keys: r.keys, Clock: func() time.Time { return r.now }, Log: log, Service: "logs", NewID: func() string { return "the-id" }})
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sign signs a request as clients do.
func (r *rig) sign(req *http.Request, body []byte, id, secret string, headers ...string) {
	headers = append([]string{"host", "x-amz-date"}, headers...)
	slices.Sort(headers)
	s := &signature{accessKey: id, date: r.now.Format(basicDate), region: "eu-west-1", service: "logs", at: r.now.Format(basicTime), headers: headers}
	req.Header.Set("X-Amz-Date", s.at)
	hash, _ := s.bodyHash(req, body)
	sum := sha256.Sum256([]byte(s.canonical(req, hash)))
	scope := s.date + "/" + s.region + "/" + s.service + "/" + terminator
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, terminator, algorithm + "\n" + s.at + "\n" + scope + "\n" + hex.EncodeToString(sum[:])} {
		key = mac(key, part)
	}
	req.Header.Set("Authorization", algorithm+" Credential="+id+"/"+scope+",SignedHeaders="+strings.Join(headers, ";")+",Signature="+hex.EncodeToString(key))
}

// admit returns the call, and how it was answered if it was not let in.
func (r *rig) admit(t *testing.T, req *http.Request) (*Call, *http.Response) {
	t.Helper()
	w := httptest.NewRecorder()
	c := r.Begin(w, req)
	t.Cleanup(c.End)
	if err := c.Admit(); err != nil {
		c.Fail(err)
	}
	return c, w.Result()
}

func code(t *testing.T, resp *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(resp.Body)
	must(t, err)
	if len(raw) == 0 {
		return ""
	}
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	must(t, json.Unmarshal(raw, &body))
	if resp.Header.Get("X-Amzn-Requestid") != "the-id" || resp.Header.Get("X-Amzn-Errortype") != body.Type {
		t.Errorf("headers %v", resp.Header)
	}
	return body.Type
}

func post(t *testing.T, body string) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://oriel.example/", strings.NewReader(body))
}

func TestAdmit_WhereKeysAreRequired(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	good := post(t, "{}")
	good.Header.Set("X-Amz-Security-Token", "stale")
	r.sign(good, []byte("{}"), r.id, r.secret, "x-amz-security-token", "content-length")
	c, _ := r.admit(t, good)
	if c.Who == nil || c.Region != "eu-west-1" || c.AccessKey != r.id || string(c.Body) != "{}" || len(c.Account) != 12 {
		t.Errorf("%+v", c)
	}
	wrong, stranger, page, unsigned := post(t, "{}"), post(t, "{}"), post(t, "{}"), post(t, "{}")
	r.sign(wrong, []byte("{}"), r.id, "another secret")
	r.sign(stranger, []byte("{}"), "AKIANOBODY", r.secret)
	page.AddCookie(&http.Cookie{Name: "oriel_key", Value: r.pageKey})
	page.URL.RawQuery = "region=eu-north-1"
	for want, req := range map[string]*http.Request{
		"InvalidSignatureException": wrong, "UnrecognizedClientException": stranger, "MissingAuthenticationTokenException": unsigned,
	} {
		if _, resp := r.admit(t, req); resp.StatusCode != http.StatusBadRequest || code(t, resp) != want {
			t.Errorf("%s: %d", want, resp.StatusCode)
		}
	}
	if c, _ := r.admit(t, page); c.Who == nil || c.Region != "eu-north-1" || c.Signed() {
		t.Errorf("our own pages: %+v", c)
	}
	must(t, r.keys.Disable(t.Context(), r.id, true))
	late := post(t, "{}")
	r.sign(late, []byte("{}"), r.id, r.secret)
	if _, resp := r.admit(t, late); code(t, resp) != "UnrecognizedClientException" {
		t.Error("a disabled key is let in")
	}
}

func TestAdmit_InOpenMode(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	stranger, unsigned, wrong := post(t, "{}"), post(t, "{}"), post(t, "{}")
	r.sign(stranger, []byte("{}"), "AKIANOBODY", "whatever")
	r.sign(wrong, []byte("{}"), r.id, "another secret")
	for _, req := range []*http.Request{stranger, unsigned} {
		if c, _ := r.admit(t, req); c.Who == nil || c.Who.Environment != "test" {
			t.Errorf("%v is not let in", req.Header)
		}
	}
	if _, resp := r.admit(t, wrong); code(t, resp) != "InvalidSignatureException" {
		t.Error("a key that is known is not checked")
	}
	must(t, r.keys.Disable(t.Context(), r.id, true))
	disabled := post(t, "{}")
	r.sign(disabled, []byte("{}"), r.id, r.secret)
	if _, resp := r.admit(t, disabled); code(t, resp) != "UnrecognizedClientException" {
		t.Error("a disabled key is let in")
	}
}

func TestAdmit_UnpacksWithinBounds(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	zip := func(text string, zeros int) string {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		chunk := make([]byte, 1<<20)
		for range zeros {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
		return b.String()
	}
	packed := zip(`{"a":1}`, 0)
	req := post(t, packed)
	req.Header.Set("Content-Encoding", "gzip")
	r.sign(req, []byte(packed), r.id, r.secret, "content-encoding") // over the packed bytes
	if c, _ := r.admit(t, req); string(c.Body) != `{"a":1}` {
		t.Errorf("%q", c.Body)
	}
	for want, body := range map[string]string{"SerializationException": "no gzip", "RequestEntityTooLargeException": zip("", 33)} {
		req := post(t, body)
		req.Header.Set("Content-Encoding", "gzip")
		if _, resp := r.admit(t, req); code(t, resp) != want {
			t.Errorf("want %s", want)
		}
	}
	odd := post(t, "x")
	odd.Header.Set("Content-Encoding", "br")
	if _, resp := r.admit(t, odd); resp.StatusCode != http.StatusUnsupportedMediaType || code(t, resp) != "SerializationException" {
		t.Errorf("%d", resp.StatusCode)
	}
}

// Whatever a header holds, it is refused or taken, and never ends the server.
func FuzzParseSignature(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AK/20260115/us-east-1/logs/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64), "20260115T100000Z", "a=b&X-Amz-Signature=1")
	f.Add("AWS4-HMAC-SHA256 Credential=/,,=", "Thu, 15 Jan 2026 10:00:00 GMT", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-Signature=0")
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		r.Header["Authorization"], r.Header["X-Amz-Date"] = []string{authorization}, []string{date}
		r.URL.RawQuery = query
		s, err := parseSignature(r)
		if err != nil || s == nil {
			return
		}
		if err := s.verify(r, "secret", "logs", nil, testClock()); err == nil {
			t.Error("a signature was guessed")
		}
	})
}

// The set-up page says by how much a clock is wrong, and which service was meant.
func TestSignature_SaysWhatToChange(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		when time.Time
		want string
	}{
		{now.Add(14 * time.Minute), "14 min ahead of"},
		{now.Add(-6 * time.Minute), "6 min behind"},
		{now.Add(-5 * time.Hour), "5 h behind"},
		{now.Add(72 * time.Hour), "3 days ahead of"},
	} {
		err := (&signature{when: c.when, at: c.when.Format(basicTime)}).inTime(now)
		e, ok := errors.AsType[*Error](err)
		if !ok || !strings.Contains(e.RemedyText(), c.want) || strings.Contains(e.Message, "NTP") {
			t.Errorf("%v: %v, want %s", c.when, err, c.want)
		}
	}
	if err := (&signature{service: "logs"}).verify(nil, "", "xray", nil, now); !strings.Contains(classified(err, "").RemedyText(), "AWS_ENDPOINT_URL_XRAY") {
		t.Error(err)
	}
}
