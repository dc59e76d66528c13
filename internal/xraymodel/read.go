package xraymodel

import (
	"math"
	"net"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// Names of the fields that rows of segment documents have, beside those that spans
// have anyway.
const (
	FieldType        = "xray.type" // "segment" or "subsegment"
	FieldNamespace   = "xray.namespace"
	FieldOrigin      = "xray.origin"
	FieldFault       = "xray.fault"
	FieldError       = "xray.error"
	FieldThrottle    = "xray.throttle"
	FieldTraced      = "xray.traced"
	FieldResource    = "xray.resource_arn"
	FieldAnnotations = "xray.annotations" // keys, a JSON list
	FieldDocument    = "xray.document"    // as it was sent, on the row of what it is about
	FieldExceptionID = "xray.exception.id"
	FieldRemote      = "xray.exception.remote"
	FieldReference   = "aws.xray.reserved.reference_type"

	// AnnotationPrefix is before the key of an annotation whose own name is that of
	// another field of its row.
	AnnotationPrefix = "annotation."

	TypeSegment    = "segment"
	TypeSubsegment = "subsegment"
)

// origin is who made a row.
type origin uint8

const (
	fromSpan origin = iota
	fromSegment
	fromSubsegment
)

type spanKind uint8

const (
	kindUnknown spanKind = iota
	kindInternal
	kindServer
	kindClient
	kindProducer
	kindConsumer
)

// known is a column that the model reads.
type known struct {
	field string
	set   func(r *reading, v event.Value)
}

// reading is a row while it is read: the part, and what only names and flags are
// made of.
type reading struct {
	*Part
	name, status             string
	failed                   bool
	localService, remote     string
	rpcSystem, peer, address string
	host, port, scheme, path string
	query, platform, launch  string
	provider, dataset        string
	duration                 float64
}

func text(into func(r *reading) *string) func(*reading, event.Value) {
	return func(r *reading, v event.Value) {
		if p := into(r); *p == "" {
			*p = v.Text()
		}
	}
}

func flag(f Flags) func(*reading, event.Value) {
	return func(r *reading, v event.Value) {
		if event.Failed(v) {
			r.Flags |= f
		}
	}
}

// treeFields are the columns that the tree is made of. Of several that fill the same
// place, the first that a row has counts.
func treeFields() []known { //nolint:funlen // one line for each column
	return []known{
		{event.FieldParentID, text(func(r *reading) *string { return &r.ParentID })},
		{event.FieldName, text(func(r *reading) *string { return &r.name })},
		{event.FieldService, text(func(r *reading) *string { return &r.service })},
		{event.FieldDuration, func(r *reading, v event.Value) { r.duration, _ = v.Number() }},
		{event.FieldSpanKind, func(r *reading, v event.Value) { r.kind = kindOf(v.Text()) }},
		{event.FieldStatusCode, text(func(r *reading) *string { return &r.status })},
		{event.FieldError, func(r *reading, v event.Value) { r.failed = event.Failed(v) }},
		{FieldType, func(r *reading, v event.Value) {
			if r.made = fromSegment; v.Text() == TypeSubsegment {
				r.made = fromSubsegment
			}
		}},
		{FieldNamespace, text(func(r *reading) *string { return &r.Namespace })},
		{FieldOrigin, text(func(r *reading) *string { return &r.Type })},
		{FieldFault, flag(Fault)},
		{FieldError, flag(Error)},
		{FieldThrottle, flag(Throttle)},
		{FieldTraced, flag(Traced)},
		{FieldResource, text(func(r *reading) *string { return &r.Resource })},
		{"aws.xray.resource_arn", text(func(r *reading) *string { return &r.Resource })},
		{"faas.id", text(func(r *reading) *string { return &r.Resource })},
		{"cloud.resource_id", text(func(r *reading) *string { return &r.Resource })},
		{"http.request.method", text(func(r *reading) *string { return &r.HTTP.Method })},
		{"http.method", text(func(r *reading) *string { return &r.HTTP.Method })},
		{"url.full", text(func(r *reading) *string { return &r.HTTP.URL })},
		{"http.url", text(func(r *reading) *string { return &r.HTTP.URL })},
		{"user_agent.original", text(func(r *reading) *string { return &r.HTTP.UserAgent })},
		{"http.user_agent", text(func(r *reading) *string { return &r.HTTP.UserAgent })},
		{"http.client_ip", text(func(r *reading) *string { return &r.HTTP.ClientIP })},
		{"client.address", address(func(r *reading) *string { return &r.HTTP.ClientIP })},
		{"http.response.status_code", httpStatus},
		{"http.status_code", httpStatus},
		{"enduser.id", text(func(r *reading) *string { return &r.User })},
		{"user.id", text(func(r *reading) *string { return &r.User })},
		{"host.id", text(func(r *reading) *string { return &r.Instance })},
		{"cloud.availability_zone", text(func(r *reading) *string { return &r.Zone })},
		{"aws.account_id", text(func(r *reading) *string { return &r.Account })},
		{"cloud.account.id", text(func(r *reading) *string { return &r.Account })},
		{"aws.span.kind", func(r *reading, v event.Value) { r.local = v.Text() == "LOCAL_ROOT" }},
		{"aws.local.service", text(func(r *reading) *string { return &r.localService })},
		{"aws.remote.service", text(func(r *reading) *string { return &r.remote })},
		{"rpc.system", text(func(r *reading) *string { return &r.rpcSystem })},
		{"rpc.system.name", text(func(r *reading) *string { return &r.rpcSystem })},
		{"rpc.service", text(func(r *reading) *string { return &r.call.rpcService })},
		{"peer.service", text(func(r *reading) *string { return &r.peer })},
		{"service.peer.name", text(func(r *reading) *string { return &r.peer })},
		{"aws.service", text(func(r *reading) *string { return &r.call.service })},
		{"http.host", text(func(r *reading) *string { return &r.host })},
		{"server.address", text(func(r *reading) *string { return &r.address })},
		{"net.peer.name", text(func(r *reading) *string { return &r.address })},
		{"net.host.name", text(func(r *reading) *string { return &r.address })},
		{"net.peer.ip", text(func(r *reading) *string { return &r.address })},
		{"server.port", text(func(r *reading) *string { return &r.port })},
		{"net.peer.port", text(func(r *reading) *string { return &r.port })},
		{"net.host.port", text(func(r *reading) *string { return &r.port })},
		{"url.scheme", text(func(r *reading) *string { return &r.scheme })},
		{"http.scheme", text(func(r *reading) *string { return &r.scheme })},
		{"url.path", text(func(r *reading) *string { return &r.path })},
		{"http.target", text(func(r *reading) *string { return &r.path })},
		{"url.query", text(func(r *reading) *string { return &r.query })},
		{"cloud.platform", text(func(r *reading) *string { return &r.platform })},
		{"cloud.provider", text(func(r *reading) *string { return &r.provider })},
		{"aws.ecs.launchtype", text(func(r *reading) *string { return &r.launch })},
		{"db.system.name", text(func(r *reading) *string { return &r.call.database })},
		{"db.system", text(func(r *reading) *string { return &r.call.database })},
		{"db.namespace", text(func(r *reading) *string { return &r.call.schema })},
		{"db.name", text(func(r *reading) *string { return &r.call.schema })},
		{"db.connection_string", text(func(r *reading) *string { return &r.call.connection })},
		{"messaging.destination.name", text(func(r *reading) *string { return &r.call.destination })},
		{"messaging.destination", text(func(r *reading) *string { return &r.call.destination })},
		{"aws.operation", text(func(r *reading) *string { return &r.call.operation })},
		{"rpc.method", text(func(r *reading) *string { return &r.call.operation })},
		{"aws.table_name", text(func(r *reading) *string { return &r.call.table })},
		{"aws.table.name", text(func(r *reading) *string { return &r.call.table })},
		{"aws.dynamodb.table_names", func(r *reading, v event.Value) { r.call.setTables(v.Text()) }},
		{"aws.queue_url", text(func(r *reading) *string { return &r.call.queue })},
		{"aws.queue.url", text(func(r *reading) *string { return &r.call.queue })},
		{"aws.sqs.queue.url", text(func(r *reading) *string { return &r.call.queue })},
		{"messaging.url", text(func(r *reading) *string { return &r.call.queue })},
		{"aws.topic_arn", text(func(r *reading) *string { return &r.call.topic })},
		{"aws.sns.topic.arn", text(func(r *reading) *string { return &r.call.topic })},
		{"aws.bucket_name", text(func(r *reading) *string { return &r.call.bucket })},
		{"aws.s3.bucket", text(func(r *reading) *string { return &r.call.bucket })},
		{"aws.function_name", text(func(r *reading) *string { return &r.call.function })},
		{"faas.invoked_name", text(func(r *reading) *string { return &r.call.function })},
	}
}

func address(into func(r *reading) *string) func(*reading, event.Value) {
	return func(r *reading, v event.Value) {
		if p := into(r); *p == "" && net.ParseIP(v.Text()) != nil {
			*p = v.Text()
		}
	}
}

func httpStatus(r *reading, v event.Value) {
	if r.HTTP.Status == 0 {
		r.HTTP.Status = call.StatusOf(v)
	}
}

func kindOf(s string) spanKind {
	switch strings.ToLower(s) {
	case "internal":
		return kindInternal
	case "server":
		return kindServer
	case "client":
		return kindClient
	case "producer":
		return kindProducer
	case "consumer":
		return kindConsumer
	}
	return kindUnknown
}

// Fields returns the columns that a scan must load for the options. Annotations of
// spans may be any columns at all: who wants those of spans loads them besides.
func Fields(o Options) []string {
	list := []string{event.FieldTraceID, event.FieldSpanID, event.FieldAnnotation, event.FieldSignal, event.FieldLinkTraceID, event.FieldLinkSpanID, FieldReference}
	for _, k := range treeFields() {
		list = append(list, k.field)
	}
	for _, f := range append(call.PeerFields(), call.LastResorts()...) {
		if !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	if o.Annotations {
		list = append(list, FieldAnnotations)
	}
	if o.Exceptions {
		list = append(list, "exception.type", "exception.message", "exception.stacktrace", FieldExceptionID, FieldRemote)
	}
	return list
}

// columns are the columns of a batch that the model reads.
type columns struct {
	of                            *event.Batch
	traceID, spanID               *event.Column
	annotation, signal            *event.Column
	linkTrace, linkSpan, linkKind *event.Column
	parentID                      *event.Column
	annotations, document         *event.Column
	excType, excMessage, excStack *event.Column
	excID, excRemote              *event.Column
	tree                          []treeColumn
	others                        []*event.Column // that may be annotations of spans
}

type treeColumn struct {
	*event.Column
	set func(r *reading, v event.Value)
}

// columnsOf finds the columns of a batch.
func (b *Builder) columnsOf(batch *event.Batch) *columns {
	if b.last != nil && b.last.of == batch {
		return b.last
	}
	if c := b.known[batch]; c != nil {
		b.last = c
		return c
	}
	find := func(field string) *event.Column {
		if b.options.Column != nil {
			if c := b.options.Column(batch, field); c != nil {
				return c
			}
		}
		return batch.Find(field)
	}
	c := &columns{
		of: batch, traceID: find(event.FieldTraceID), spanID: find(event.FieldSpanID), annotation: find(event.FieldAnnotation), signal: find(event.FieldSignal),
		linkTrace: find(event.FieldLinkTraceID), linkSpan: find(event.FieldLinkSpanID), linkKind: find(FieldReference), parentID: find(event.FieldParentID),
		annotations: find(FieldAnnotations), document: find(FieldDocument), excType: find("exception.type"), excMessage: find("exception.message"), excStack: find("exception.stacktrace"),
		excID: find(FieldExceptionID), excRemote: find(FieldRemote),
	}
	for _, k := range b.fields {
		if col := find(k.field); col != nil {
			c.tree = append(c.tree, treeColumn{col, k.set})
		}
	}
	if b.options.Annotations {
		for _, col := range batch.Columns {
			if !b.isMeaning(col.Name) {
				c.others = append(c.others, col)
			}
		}
	}
	if len(b.known) >= maxBatches {
		clear(b.known)
	}
	b.known[batch], b.last = c, c
	return c
}

// maxBatches is of how many batches the columns are remembered.
const maxBatches = 256

func at(c *event.Column, row int) event.Value {
	if c == nil {
		return event.Value{}
	}
	return c.Get(row)
}

// Add takes a row in. Rows that are neither spans nor of spans are let be.
func (b *Builder) Add(batch *event.Batch, row int) {
	c := b.columnsOf(batch)
	annotation := at(c.annotation, row).Text()
	signal := at(c.signal, row).Text()
	switch {
	case annotation == event.AnnotationLink:
		b.addLink(c, row)
	case annotation == event.AnnotationSpanEvent:
		b.addException(c, row)
	case annotation != "" && annotation != event.AnnotationInProgress, signal == event.SignalLog, signal == event.SignalError, signal == event.SignalMetric:
	default:
		if id := at(c.spanID, row).Text(); id != "" {
			b.addPart(c, row, id, annotation == event.AnnotationInProgress)
		}
	}
}

// addPart reads a row into a part.
func (b *Builder) addPart(c *columns, row int, id string, inProgress bool) {
	p := b.part()
	p.ID, p.Row, p.Start = id, event.Row{Batch: c.of, Index: row}, c.of.Times[row]
	r := &b.reading
	*r = reading{Part: p, dataset: c.of.Dataset}
	for _, t := range c.tree {
		if v := t.Get(row); !v.IsNull() {
			t.set(r, v)
		}
	}
	const longest = 1e12
	p.End = p.Start
	if r.duration > 0 {
		p.End += int64(math.Round(min(r.duration, longest) * 1e6))
	}
	if inProgress {
		p.Flags |= InProgress
	}
	r.finish()
	if b.options.Annotations {
		b.addAnnotations(c, row, p)
	}
	if p.made == fromSpan || !at(c.document, row).IsNull() {
		b.trace.Revision++
	}
	b.parts = append(b.parts, p)
}
