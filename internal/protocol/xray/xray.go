// Package xray speaks AWS X-Ray: its API (of 2016-04-12, REST-JSON), which SDKs,
// the command line and exporters call, and its daemon's protocol on UDP and TCP,
// which instrumented programs send segments to. operations.go says how an
// operation is added; model.txt lists all of them with what they take. What is not
// served answers in the service's form and names itself.
//
// A segment is an event like a span of any other origin (see document.go); what is
// read back is the reading of spans in room xraymodel. An environment is an
// account; it has the same traces, groups and rules whatever region a caller names.
package xray

import (
	"cmp"
	"context"
	_ "embed"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// serviceName is what signatures are scoped to.
const serviceName = "xray"

// Protocols as counts and the watch list name them.
const (
	protocolAPI = "xray"
	protocolUDP = "xray_udp"
)

//go:embed model.txt
var modelText string //nolint:gochecknoglobals // embedded files are constants

func readModel() (aws.Model, error) {
	return aws.ReadModel(modelText, map[string]string{"I": "InvalidRequestException"})
}

// Front is the front end. It is safe for concurrent use.
type Front struct {
	protocol.Deps
	settings *settings
	gate     *aws.Gate
	model    aws.Model
	byPath   map[string]operation
	owners   *owners
	intakes  sync.Pool // *intake
	daemon   atomic.Pointer[daemon]

	telemetry telemetry
	watcher   watcher
}

// New returns the front end; its tables are in db, which must outlive it.
func New(ctx context.Context, deps protocol.Deps, db *meta.DB) (*Front, error) {
	m, err := readModel()
	if err != nil {
		return nil, err
	}
	f := &Front{Deps: deps, model: m, owners: newOwners(), byPath: map[string]operation{}}
	if f.settings, err = openSettings(ctx, db); err != nil {
		return nil, err
	}
	for _, o := range operations() {
		f.byPath[o.path] = o
	}
	f.gate = aws.NewGate(aws.Config{
		Keys: deps.Keys, Clock: deps.Clock, Log: deps.Log, Service: serviceName, Form: aws.REST, NewID: deps.NewID, Bodies: deps.Bodies,
		Unsigned: f.unsigned,
	})
	f.watchInsights(ctx)
	return f, nil
}

// Close ends the background work: what came as datagrams is stored.
func (f *Front) Close(ctx context.Context) error {
	f.watcher.close()
	if d := f.daemon.Load(); d != nil {
		return d.close(ctx)
	}
	return nil
}

// fromDaemon marks requests that came to the daemon's own address.
type fromDaemon struct{}

// Daemon returns a handler for the daemon's TCP address, where programs ask for
// sampling rules without signing: h, told where its requests came from.
func Daemon(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), fromDaemon{}, true)))
	})
}

// unsigned says who calls without a signature where keys are required: on the
// daemon's address somebody who may send segments and follow sampling rules, as the
// daemon's protocol has no keys; elsewhere nobody.
func (f *Front) unsigned(r *http.Request) *auth.Principal {
	if r.Context().Value(fromDaemon{}) == nil {
		return nil
	}
	return f.Keys.Local()
}

// Handles implements protocol.Front: the paths of the operations, and whatever else
// is signed for the service: spans in OTLP, and what is answered in its form.
func (f *Front) Handles(r *http.Request) bool {
	if r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != "" {
		return false
	}
	_, known := f.byPath[pathOf(r)]
	return known || aws.Service(r) == serviceName
}

// pathOf is the path without the slash that some clients put at its end.
func pathOf(r *http.Request) string {
	if len(r.URL.Path) > 1 {
		return strings.TrimSuffix(r.URL.Path, "/")
	}
	return r.URL.Path
}

// Sends implements protocol.Front.
func (f *Front) Sends(r *http.Request) bool {
	return pathOf(r) == otlpPath || f.byPath[pathOf(r)].needs == sends
}

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Call: f.gate.Begin(w, r), f: f}
	defer c.End()
	defer c.Survive("InternalFailure") //nolint:contextcheck // the call holds the context
	serve := f.serve
	if pathOf(r) == otlpPath {
		serve = func(c *call) error { return f.serveOTLP(c, w) } //nolint:contextcheck // the call holds the context
	}
	if err := serve(c); err != nil {
		f.refused(c, c.Fail(c.answerable(err))) //nolint:contextcheck // the call holds the context
	}
}

// serve lets a call in and answers it.
func (f *Front) serve(c *call) error {
	if err := c.Admit(); err != nil {
		return err
	}
	o, known := f.byPath[pathOf(c.Request)]
	switch {
	case !known:
		return &aws.Error{Status: http.StatusNotFound, Code: "UnknownOperationException", Message: "The path " + aws.Cut(c.URL.Path) + " is no operation of X-Ray."}
	case !o.needs.granted(&c.Who.Permissions):
		return c.denied(o)
	case o.unserved != "":
		return &aws.Error{Status: http.StatusNotFound, Code: "UnknownOperationException", Message: o.name + " is not served by this version of Oriel: " + o.unserved + "."}
	}
	if err := c.AtMost(cmp.Or(o.most, maxCallBody)); err != nil {
		return err
	}
	if err := f.model[o.name].Check(c.Body); err != nil {
		return err
	}
	answer, err := o.serve(f, c)
	if err != nil {
		return err
	}
	return c.Answer(answer)
}

// denied says what a caller lacks.
func (c *call) denied(o operation) error {
	who := "arn:aws:iam::" + c.Account + ":user/" + c.Who.KeyID
	why := "the key lacks the permission " + o.needs.String()
	if c.Who == c.f.Keys.Local() {
		who, why = "an unsigned caller", "where keys are required, requests that are not signed may only send segments and ask for sampling rules and targets"
	}
	return aws.Denied("User: " + who + " is not authorized to perform: xray:" + o.name + ": " + why)
}

// refused notes requests that brought data and were turned away, so that the
// set-up page can say why nothing arrives.
func (f *Front) refused(c *call, e aws.Failure) {
	o := f.byPath[pathOf(c.Request)]
	signing := strings.Contains(e.Code, "Signature") || strings.Contains(e.Code, "Token") || e.Code == "UnrecognizedClientException"
	if f.Door == nil || !signing && o.needs != sends {
		return
	}
	f.Door.Ledger().Refuse(ingest.Refused{
		Protocol: protocolAPI, Method: c.Method, Path: c.URL.Path, Remote: c.RemoteAddr, Status: e.Status, Reason: e.Code + ": " + e.Message,
		Remedy: e.Remedy, Key: c.MaskedKey(),
	})
}

// access is what an operation does, and so what a key must be allowed.
type access uint8

const (
	reads   access = iota
	sends          // brings data
	samples        // is what whoever sends asks for
	manages
)

func (a access) granted(p *auth.Permissions) bool {
	switch a {
	case sends, samples:
		return p.SendEvents
	case manages:
		return p.CreateDatasets && p.RunQueries
	case reads:
	}
	return p.RunQueries
}

// String returns the permission's name.
func (a access) String() string {
	switch a {
	case sends, samples:
		return "send_events"
	case manages:
		return "create_datasets"
	case reads:
	}
	return "run_queries"
}
