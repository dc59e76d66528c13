// Package cloudwatch speaks CloudWatch Logs (API of 2014-03-28, AWS JSON 1.1):
// what its SDKs, command line and log shippers call. operations.go says how an
// operation is added; model.txt lists all of them with what they take. What is
// not served answers in the service's form and names itself.
//
// A log group is a dataset of its own, and a log line is an event (see [Groups]).
package cloudwatch

import (
	"cmp"
	"context"
	_ "embed"
	"net/http"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/protocol"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// targetPrefix begins X-Amz-Target; the operation's name follows.
const targetPrefix = "Logs_20140328."

//go:embed model.txt
var modelText string //nolint:gochecknoglobals // embedded files are constants

func readModel() (aws.Model, error) {
	return aws.ReadModel(modelText, map[string]string{"P": "InvalidParameterException", "V": "ValidationException"})
}

// protocolName is how counts and the watch list name this protocol.
const protocolName = "cloudwatch"

// Front is the front end. It is safe for concurrent use.
type Front struct {
	protocol.Deps
	groups     *Groups
	gate       *aws.Gate
	model      aws.Model
	operations map[string]operation
	puts       sync.Pool // *put
	deliverer  *deliverer
	exporter   *exporter
	scheduler  *scheduler
	tails      *tails
	queries    *queryRuns
}

// New returns the front end over the tables, which must outlive it. Close ends its
// background work.
func New(ctx context.Context, deps protocol.Deps, groups *Groups) (*Front, error) {
	m, err := readModel()
	if err != nil {
		return nil, err
	}
	f := &Front{
		Deps: deps, groups: groups, model: m, operations: operations(), tails: newTails(),
		gate: aws.NewGate(aws.Config{
			Keys: deps.Keys, Clock: deps.Clock, Log: deps.Log, Service: "logs", NewID: deps.NewID, Bodies: deps.Bodies,
		}),
	}
	f.exporter = newExporter(ctx, f, groups.cfg.Exports)
	if err := f.exporter.resume(); err != nil { //nolint:contextcheck // it has its own, which ends with the front end
		f.exporter.close()
		return nil, err
	}
	f.deliverer = newDeliverer(ctx, f, deps.PrivateDestinations)
	if f.queries, err = newQueryRuns(f); err != nil {
		f.deliverer.close()
		f.exporter.close()
		return nil, err
	}
	f.scheduler = newScheduler(ctx, f)
	return f, nil
}

// Close ends the background work: what subscriptions have not delivered is
// delivered after the next start, and queries that run have failed.
func (f *Front) Close(context.Context) error {
	f.scheduler.close()
	f.deliverer.close()
	f.exporter.close()
	return f.queries.close()
}

// Handles implements protocol.Front: any path, as long as there is a target, and
// the paths that lines are posted to without one. Targets of services that nobody
// serves end here, too, as errors that name them.
func (f *Front) Handles(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	return r.Header.Get("X-Amz-Target") != "" || endpointOf(r) != nil
}

// Sends implements protocol.Front.
func (f *Front) Sends(r *http.Request) bool {
	if r.Header.Get("X-Amz-Target") == "" {
		return true
	}
	name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	return f.operations[name].needs == sends
}

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Call: f.gate.Begin(w, r), f: f}
	defer c.End()
	defer c.Survive("InternalServerException") //nolint:contextcheck // the call holds the context
	if r.Header.Get("X-Amz-Target") == "" {
		f.serveEndpoint(c, w)
		return
	}
	if err := f.serve(c, w); err != nil {
		f.refused(c, c.Fail(answerable(err))) //nolint:contextcheck // the call holds the context
	}
}

// serve lets a call in and answers it.
func (f *Front) serve(c *call, w http.ResponseWriter) error {
	if err := c.Admit(); err != nil {
		return err
	}
	target := c.Header.Get("X-Amz-Target")
	name, ours := strings.CutPrefix(target, targetPrefix)
	o, known := f.operations[name]
	switch {
	case !ours || !known:
		return &aws.Error{Code: "UnknownOperationException", Message: "The target " + cut(target) + " is no operation of CloudWatch Logs."}
	case o.unserved != "":
		return &aws.Error{Code: "UnknownOperationException", Message: name + " is not served by this version of Oriel: " + o.unserved + "."}
	case !o.needs.granted(&c.Who.Permissions):
		return aws.Denied("User: arn:aws:iam::" + c.Account + ":user/" + c.Who.KeyID + " is not authorized to perform: logs:" + name + ": the key lacks the permission " + o.needs.String())
	}
	if err := c.AtMost(cmp.Or(o.most, maxCallBody)); err != nil {
		return err
	}
	if !o.unchecked {
		if err := f.model[name].Check(c.Body); err != nil {
			return err
		}
	}
	if o.stream != nil {
		return o.stream(f, c, w)
	}
	answer, err := o.serve(f, c)
	if err != nil {
		return err
	}
	return c.Answer(answer)
}

// refused notes requests that brought data and were turned away, so that the
// set-up page can say why nothing arrives.
func (f *Front) refused(c *call, e aws.Failure) {
	name, _ := strings.CutPrefix(c.Header.Get("X-Amz-Target"), targetPrefix)
	signing := strings.Contains(e.Code, "Signature") || strings.Contains(e.Code, "Token") || e.Code == "UnrecognizedClientException"
	if f.Door == nil || !signing && name != "PutLogEvents" {
		return
	}
	f.Door.Ledger().Refuse(ingest.Refused{
		Protocol: protocolName, Method: c.Method, Path: name, Remote: c.RemoteAddr, Status: e.Status, Reason: e.Code + ": " + e.Message,
		Remedy: e.Remedy, Key: c.MaskedKey(),
	})
}

// access is what an operation does, and so what a key must be allowed.
type access uint8

const (
	reads access = iota
	sends
	manages
)

func (a access) granted(p *auth.Permissions) bool {
	switch a {
	case sends:
		return p.SendEvents
	case manages:
		return p.CreateDatasets
	case reads:
	}
	return p.RunQueries
}

// String returns the permission's name.
func (a access) String() string {
	switch a {
	case sends:
		return "send_events"
	case manages:
		return "create_datasets"
	case reads:
	}
	return "run_queries"
}
