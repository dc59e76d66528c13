// Package aws is what AWS's services over HTTP have in common: requests signed
// with Signature Version 4, their bodies, request ids, and the two forms of
// error bodies. It knows no operation of any service: a vendor's room calls
// [Gate.Admit], reads with [Call.Decode], and answers with [Call.Answer] or [Call.Fail].
//
// A request is, in this order: read (bounded), its signature checked over the
// bytes as they came, unpacked (bounded), and only then looked into.
package aws

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/body"
)

// defaultRegion is where a caller is that names no region: one that is not
// signed for, Oriel's own pages among them.
const defaultRegion = "us-east-1"

// Gate lets requests in. It is safe for concurrent use.
type Gate struct {
	keys    *auth.Keys
	clock   func() time.Time
	log     *slog.Logger
	service string
	form    Form
	newID   func() string
	bodies  *body.Budget

	unsigned func(*http.Request) *auth.Principal
}

// Config says what a gate is for.
type Config struct {
	Keys    *auth.Keys
	Clock   func() time.Time
	Log     *slog.Logger
	Service string        // the name that a signature's scope must have: "logs", "xray", "sts"
	Form    Form          // of error bodies
	NewID   func() string // of requests; nil makes random ones
	// Bodies bounds what the bodies at hand may hold together; nil means a budget of
	// its own.
	Bodies *body.Budget
	// Unsigned says who calls without a signature or key where keys are required;
	// nil, or nil for a request: nobody.
	Unsigned func(*http.Request) *auth.Principal
}

// NewGate returns a gate.
func NewGate(c Config) *Gate {
	g := &Gate{keys: c.Keys, clock: c.Clock, log: c.Log, service: c.Service, form: c.Form, newID: c.NewID, bodies: cmp.Or(c.Bodies, body.NewBudget(0)), unsigned: c.Unsigned}
	if g.newID == nil {
		g.newID = NewID
	}
	return g
}

// NewID returns a random UUID in text form, which is what ids of requests,
// queries and the like look like.
func NewID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the process instead
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	var out [36]byte
	hex.Encode(out[:8], raw[:4])
	hex.Encode(out[9:13], raw[4:6])
	hex.Encode(out[14:18], raw[6:8])
	hex.Encode(out[19:23], raw[8:10])
	hex.Encode(out[24:], raw[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// Call is a request that was let in.
type Call struct {
	*http.Request
	Who       *auth.Principal
	Account   string // 12 digits: the account that Who's environment is
	Region    string // of the signature's scope
	RequestID string
	AccessKey string // the id that signed; "" for a caller of Oriel's own pages
	// Body is the request's body, unpacked. It lies in a buffer that is used
	// again: nobody may keep a part of it once the call was answered.
	Body []byte

	w       http.ResponseWriter
	gate    *Gate
	memory  *memory
	claimed string // the access key id of the signature, right or wrong
}

// AtMost refuses a body of more bytes.
func (c *Call) AtMost(most int) error {
	if len(c.Body) > most {
		return fault.New(fault.TooLarge, "the request body has %d bytes, the limit is %d", len(c.Body), most)
	}
	return nil
}

// Decode reads the body, which was checked against the model, into what it points
// at. One without content leaves that as it is.
func (c *Call) Decode(into any) error {
	if len(bytes.TrimSpace(c.Body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.Body, into); err != nil {
		return Malformed(err.Error())
	}
	return nil
}

// Begin gives the answer its request id and returns a call that is not let in
// yet, so that errors can be answered. The caller calls End when all is answered.
func (g *Gate) Begin(w http.ResponseWriter, r *http.Request) *Call {
	c := &Call{Request: r, w: w, gate: g, RequestID: g.newID(), memory: &memory{g.bodies.Memory()}}
	w.Header().Set("X-Amzn-Requestid", c.RequestID)
	return c
}

// End gives the body's memory back.
func (c *Call) End() { c.memory.Release() }

// Survive is deferred around what answers the call. A panic is logged and answered as
// our own fault, by the code that the service has for it; the other calls go on.
func (c *Call) Survive(code string) {
	p := recover()
	switch p {
	case nil:
		return
	case http.ErrAbortHandler:
		panic(p) // net/http looks for it
	}
	c.gate.log.ErrorContext(c.Context(), "a handler panicked", slog.String("request_id", c.RequestID), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	c.Fail(internalError(code, c.RequestID))
}

// Reserve counts memory that the call needs besides its body, until its end. Faults:
// Throttled, TooLarge.
func (c *Call) Reserve(bytes int) error { return c.memory.reserve(bytes) }

// Admit finds out who calls and reads the body. Errors are [Error]s of AWS's, or
// faults of the key store. Where keys are not required, a well-formed signature
// of any key is taken, and a request without one; a key that we know is checked
// all the same.
func (c *Call) Admit() error {
	ctx := c.Context()
	signed, err := parseSignature(c.Request)
	if err != nil {
		return err
	}
	if signed != nil {
		c.claimed = signed.accessKey
	}
	raw, err := c.memory.read(c.Request.Body, c.ContentLength)
	if err != nil {
		return err
	}
	if signed == nil {
		err = c.admitSession(ctx)
	} else {
		err = c.admitSigned(ctx, signed, raw)
	}
	if err != nil {
		return err
	}
	c.Account = c.Who.Account
	c.Body, err = c.memory.unpack(raw, c.Header.Get("Content-Encoding"))
	return err
}

// admitSigned checks the signature of a key that is known, and takes that of one
// that is not where keys are not required.
func (c *Call) admitSigned(ctx context.Context, s *signature, raw []byte) error {
	secret, who, err := c.gate.keys.Secret(ctx, s.accessKey)
	if fault.Is(err, fault.Unauthenticated) {
		anyone, open := c.gate.keys.Anonymous()
		if !open || c.gate.keys.Knows(s.accessKey) {
			return unknownKey()
		}
		c.Who, c.Region, c.AccessKey = anyone, s.region, s.accessKey
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.verify(c.Request, secret, c.gate.service, raw, c.gate.clock()); err != nil {
		return err
	}
	c.Who, c.Region, c.AccessKey = who, s.region, s.accessKey
	return nil
}

// keyCookie is where Oriel's own pages have their key: they call this API, too.
const keyCookie = "oriel_key"

// admitSession lets in who has a key of Oriel's own pages, in the header or the
// cookie. Such a caller names region (and, where no key is required, environment)
// in the query: POST /?region=eu-central-1&env=production.
func (c *Call) admitSession(ctx context.Context) error {
	key := sessionKey(c.Request)
	anyone, open := c.gate.keys.Anonymous()
	who := anyone
	if key == "" && !open {
		if c.gate.unsigned != nil {
			who = c.gate.unsigned(c.Request)
		}
		if who == nil {
			return missingToken()
		}
	}
	if key != "" {
		var err error
		if who, err = c.gate.keys.Authenticate(ctx, auth.Sending, key); err != nil {
			return err
		}
	}
	query := c.URL.Query()
	who, ok := c.gate.keys.Elsewhere(who, query.Get("env"))
	if !ok {
		return Denied("environment " + query.Get("env") + " is not one that this key may see")
	}
	c.Who, c.Region = who, defaultRegion
	if region := query.Get("region"); region != "" {
		if !isRegion(region) {
			return &Error{Code: "InvalidParameterException", Message: "region " + region + " is not the name of a region"}
		}
		c.Region = region
	}
	return nil
}

// SetHeader adds a header to the answer, which must not be written yet.
func (c *Call) SetHeader(name, value string) { c.w.Header().Set(name, value) }

// MaskedKey is the beginning of the access key id that signed, or claims to have.
func (c *Call) MaskedKey() string {
	const shown = 8
	if len(c.claimed) <= shown {
		return strings.Repeat("…", min(len(c.claimed), 1))
	}
	return c.claimed[:shown] + "…"
}

// Signed reports whether the request came with a signature, not from our own pages.
func (c *Call) Signed() bool { return c.AccessKey != "" }

func sessionKey(r *http.Request) string {
	if key := r.Header.Get("X-Honeycomb-Team"); key != "" {
		return key
	}
	if key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return key
	}
	if c, err := r.Cookie(keyCookie); err == nil {
		return c.Value
	}
	return ""
}

// Service returns the service that a request is signed for, "" if it is not signed.
func Service(r *http.Request) string {
	if s, err := parseSignature(r); err == nil && s != nil {
		return s.service
	}
	return ""
}

// isRegion allows any name that can stand in an ARN.
func isRegion(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// internal reports whether an error is one of ours that the caller is not told.
func internal(err error) bool {
	_, known := errors.AsType[*Error](err)
	return !known && fault.KindOf(err) == fault.Internal
}
