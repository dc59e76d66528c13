package sdk_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signed is a request as the SDK's own signer signs it, which a test may spoil.
type signed struct {
	operation, body    string
	id, secret         string
	service, region    string
	at                 time.Time
	packed             bool
	after              func(r *http.Request)
	status             int
	code, message, has string // of the answer
}

func (s *awsServer) sends(c signed) (status int, body string, header http.Header) {
	s.t.Helper()
	raw := []byte(c.body)
	if c.packed {
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		_, _ = z.Write(raw) // to memory
		_ = z.Close()
		raw = buf.Bytes()
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url()+"/", bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "Logs_20140328."+c.operation)
	if c.packed {
		req.Header.Set("Content-Encoding", "gzip")
	}
	sum := sha256.Sum256(raw)
	err = signer.NewSigner().SignHTTP(s.t.Context(), aws.Credentials{AccessKeyID: c.id, SecretAccessKey: c.secret}, req, hex.EncodeToString(sum[:]), c.service, c.region, c.at)
	if err != nil {
		s.t.Fatal(err)
	}
	if c.after != nil {
		c.after(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(answer), resp.Header
}

func TestAWS_PackedBodiesAndEveryFaultOfASignature(t *testing.T) {
	t.Parallel()
	s := startAWS(t)
	s.make("/raw", "a")
	now := time.Now()
	put := fmt.Sprintf(`{"logGroupName":"/raw","logStreamName":"a","logEvents":[{"timestamp":%d,"message":"packed"}]}`, now.UnixMilli())
	change := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]signed{
		"a packed body":        {packed: true, status: 200, has: "nextSequenceToken"},
		"another coding":       {after: change("Content-Encoding", "br"), status: 415, code: "SerializationException"},
		"not the gzip it says": {after: change("Content-Encoding", "gzip"), status: 400, code: "SerializationException"},
		"an unknown key":       {id: "AKIAUNKNOWN", status: 400, code: "UnrecognizedClientException", message: "security token included in the request is invalid"},
		"another secret":       {secret: "wrong", status: 400, code: "InvalidSignatureException", message: "does not match the signature you provided"},
		"a changed body": {after: func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(put, "packed", "forged", 1)))
		}, status: 400, code: "InvalidSignatureException"},
		"a changed target":       {after: change("X-Amz-Target", "Logs_20140328.DeleteLogGroup"), status: 400, code: "InvalidSignatureException"},
		"another service":        {service: "xray", status: 400, code: "InvalidSignatureException", message: "correct service: 'logs'"},
		"ten minutes ago":        {at: now.Add(-10 * time.Minute), status: 400, code: "InvalidSignatureException", message: "Signature expired"},
		"ten minutes ahead":      {at: now.Add(10 * time.Minute), status: 400, code: "InvalidSignatureException", message: "Signature not yet current"},
		"four minutes ago":       {at: now.Add(-4 * time.Minute), status: 200},
		"no signature":           {after: func(r *http.Request) { r.Header.Del("Authorization") }, status: 400, code: "MissingAuthenticationTokenException"},
		"half of one":            {after: change("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/logs/aws4_request"), status: 400, code: "IncompleteSignatureException"},
		"a scheme of the past":   {after: change("Authorization", "AWS AKID:sum"), status: 400, code: "IncompleteSignatureException"},
		"another operation":      {operation: "MakeCoffee", status: 400, code: "UnknownOperationException", message: "MakeCoffee"},
		"a body that is no JSON": {body: "{", status: 400, code: "SerializationException"},
	} {
		t.Run(name, func(t *testing.T) {
			for to, value := range map[*string]string{&c.operation: "PutLogEvents", &c.body: put, &c.id: s.id, &c.secret: s.secret, &c.service: "logs", &c.region: awsRegion} {
				if *to == "" {
					*to = value
				}
			}
			if c.at.IsZero() {
				c.at = now
			}
			status, body, header := s.sends(c)
			var e struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			if status != c.status || json.Unmarshal([]byte(body), &e) != nil || e.Type != c.code || !strings.Contains(e.Message, c.message) || !strings.Contains(body, c.has) {
				t.Errorf("%d %s, want %d %s %s", status, body, c.status, c.code, c.message)
			}
			if header.Get("X-Amzn-Requestid") == "" || header.Get("Date") == "" {
				t.Errorf("the answer has no request id, or no date to learn the time from: %v", header)
			}
		})
	}
	if got := messages(s.lines("/raw", "", 2)); got[0] != "packed" || got[1] != "packed" {
		t.Errorf("what was refused arrived: %q", got)
	}
}
