package xraymodel

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
)

// Document is what X-Ray gives back of a segment.
type Document struct {
	ID   string
	JSON []byte
}

// Documents returns the documents of a trace's segments, inferred ones included, with
// all that belongs to them folded in. A segment that came as a document comes back
// as it was sent, where nothing else was said of it or what is in it; what is put
// together keeps all members that were sent. It wants a trace that was built with
// annotations and exceptions.
func (t *Trace) Documents() []Document {
	w := documents{trace: t, sent: map[string]sentDocument{}}
	for _, s := range t.Segments {
		w.collect(s)
	}
	out := make([]Document, len(t.Segments))
	for i, s := range t.Segments {
		out[i] = Document{s.ID, w.segment(s)}
	}
	return out
}

// documents writes the documents of a trace.
type documents struct {
	trace *Trace
	sent  map[string]sentDocument // by id, in lower case
}

// sentDocument is a segment or subsegment as it was sent, member by member.
type sentDocument struct {
	names   []string
	members map[string]json.RawMessage
	own     bool // it is what its document is about, not within it
}

// collect notes what was sent of a part, and of those within.
func (w *documents) collect(p *Part) {
	for stack := []*Part{p}; len(stack) > 0; {
		p := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], p.Parts...)
		if text := p.document(); text != "" {
			w.note(json.RawMessage(text), true, 0)
		}
	}
}

// document is the text of the document that a part came as, "" if it is not one.
func (p *Part) document() string {
	if p.made == fromSpan || p.Inferred || p.Row.Batch == nil {
		return ""
	}
	return p.Row.Get(FieldDocument).Str()
}

// note takes a document apart. What is sent on its own is the last word on it.
func (w *documents) note(raw json.RawMessage, own bool, depth int) {
	const deepest = 100
	d, ok := takeApart(raw)
	if !ok || depth > deepest {
		return
	}
	d.own = own
	var id string
	_ = json.Unmarshal(d.members["id"], &id) // what has none is not found
	id = strings.ToLower(id)
	if known, seen := w.sent[id]; !seen || own || !known.own {
		w.sent[id] = d
	}
	var inner []json.RawMessage
	if json.Unmarshal(d.members["subsegments"], &inner) == nil {
		for _, raw := range inner {
			w.note(raw, false, depth+1)
		}
	}
}

// takeApart reads an object's members in their order.
func takeApart(raw json.RawMessage) (sentDocument, bool) {
	d := sentDocument{members: map[string]json.RawMessage{}}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return d, false
	}
	for dec.More() {
		token, err := dec.Token()
		name, isName := token.(string)
		var v json.RawMessage
		if err != nil || !isName || dec.Decode(&v) != nil {
			return d, false
		}
		if d.members[name] == nil {
			d.names = append(d.names, name)
		}
		d.members[name] = v
	}
	return d, true
}

// segment writes the document of a segment.
func (w *documents) segment(p *Part) []byte {
	if text := p.document(); text != "" && !w.changed(p) {
		return []byte(text)
	}
	return w.part(p, true)
}

// changed reports whether something lies in a part that did not come with its document.
func (w *documents) changed(p *Part) bool {
	stack := slices.Clone(p.Parts)
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], c.Parts...)
		if c.made == fromSpan || c.document() != "" {
			return true
		}
	}
	return false
}

// part writes one that is put together.
func (w *documents) part(p *Part, outermost bool) []byte {
	o := object{}
	sent, known := w.sent[p.ID]
	switch {
	case p.Inferred:
		w.inferred(&o, p)
	case known && p.made != fromSpan:
		for _, name := range sent.names {
			switch name {
			case "subsegments":
				continue
			case "trace_id", "type", "parent_id":
				if !outermost {
					continue
				}
			}
			o.raw(name, sent.members[name])
		}
	default:
		w.span(&o, p, outermost)
	}
	if len(p.Parts) > 0 {
		list := []byte{'['}
		for i, c := range p.Parts {
			if i > 0 {
				list = append(list, ',')
			}
			list = append(list, w.part(c, false)...)
		}
		o.raw("subsegments", append(list, ']'))
	}
	return o.end()
}

// inferred writes a segment that nobody sent: what the subsegment that calls says of it.
func (w *documents) inferred(o *object, p *Part) {
	w.head(o, p, true)
	o.truth("inferred", true)
	if strings.HasPrefix(p.Type, "AWS::") {
		o.text("origin", p.Type)
	}
	o.flags(p)
	if sent, known := w.sent[p.Via.ID]; known && p.Via.made != fromSpan {
		for _, name := range []string{"http", "aws", "cause"} {
			o.raw(name, sent.members[name])
		}
		return
	}
	o.raw("http", httpOf(&p.HTTP))
	o.raw("aws", called(p.Via))
}

// head writes what all have.
func (w *documents) head(o *object, p *Part, outermost bool) {
	o.text("id", p.ID)
	o.text("name", p.Name)
	o.raw("start_time", appendSeconds(nil, p.Start))
	if p.Flags.Has(InProgress) {
		o.truth("in_progress", true)
	} else {
		o.raw("end_time", appendSeconds(nil, p.End))
	}
	if outermost {
		o.text("trace_id", event.XRayTraceID(w.trace.ID))
		if p.ParentID != "" {
			o.text("parent_id", p.ParentID)
		}
		if p.Orphan {
			o.text("type", TypeSubsegment)
		}
	}
}

// span writes a part of which no document was sent.
func (w *documents) span(o *object, p *Part, outermost bool) {
	w.head(o, p, outermost)
	o.text("namespace", p.Namespace)
	o.text("origin", p.Type)
	o.text("user", p.User)
	o.text("resource_arn", p.Resource)
	o.flags(p)
	o.raw("http", httpOf(&p.HTTP))
	if p.Segment {
		o.raw("aws", surroundings(p))
		if version := p.get("service.version").Text(); version != "" {
			service := object{}
			service.text("version", version)
			o.raw("service", service.end())
		}
	} else {
		o.raw("aws", called(p))
		o.raw("sql", sqlOf(p))
	}
	o.raw("cause", causeOf(p))
	w.values(o, p)
	o.raw("links", w.links(p))
}

func (p *Part) get(field string) event.Value {
	if p.Row.Batch == nil {
		return event.Value{}
	}
	return p.Row.Get(field)
}

// first returns the first of some fields that a part has, as text.
func (p *Part) first(fields ...string) string {
	for _, f := range fields {
		if v := p.get(f); !v.IsNull() {
			return v.Text()
		}
	}
	return ""
}

func httpOf(h *HTTP) []byte {
	if !h.given() {
		return nil
	}
	request, response, o := object{}, object{}, object{}
	request.text("method", h.Method)
	request.text("url", h.URL)
	request.text("user_agent", h.UserAgent)
	request.text("client_ip", h.ClientIP)
	if h.Status > 0 {
		response.raw("status", strconv.AppendInt(nil, int64(h.Status), 10))
	}
	o.raw("request", request.endIfAny())
	o.raw("response", response.endIfAny())
	return o.end()
}

// surroundings is where a span's service ran.
func surroundings(p *Part) []byte {
	o := object{}
	o.text("account_id", p.Account)
	o.group("ec2", p, map[string]string{"instance_id": "host.id", "instance_size": "host.type", "ami_id": "host.image.id", "availability_zone": "cloud.availability_zone"})
	if strings.Contains(p.first("cloud.platform"), "ecs") {
		o.group("ecs", p, map[string]string{
			"container": "container.name", "container_id": "container.id", "container_arn": "aws.ecs.container.arn", "task_arn": "aws.ecs.task.arn",
			"task_family": "aws.ecs.task.family", "cluster_arn": "aws.ecs.cluster.arn", "launch_type": "aws.ecs.launchtype",
		})
	}
	o.group("eks", p, map[string]string{"cluster_name": "k8s.cluster.name", "pod": "k8s.pod.name"})
	if sdk := p.first("telemetry.sdk.name"); sdk != "" {
		x := object{}
		if language := p.first("telemetry.sdk.language"); language != "" {
			sdk += " for " + language
		}
		x.text("sdk", sdk)
		x.text("sdk_version", p.first("telemetry.sdk.version"))
		o.raw("xray", x.end())
	}
	return o.endIfAny()
}

// called is what a span that calls says of a service of AWS.
func called(p *Part) []byte {
	if p.Namespace != "aws" {
		return nil
	}
	o := object{}
	for _, m := range [...]struct {
		name   string
		fields []string
	}{
		{"operation", []string{"aws.operation", "rpc.method"}},
		{"account_id", []string{"aws.account_id"}},
		{"region", []string{"aws.region", "cloud.region"}},
		{"request_id", []string{"aws.request_id", "aws.requestId"}},
		{"table_name", []string{"aws.table_name", "aws.table.name"}},
		{"queue_url", []string{"aws.queue_url", "aws.queue.url", "aws.sqs.queue.url", "messaging.url"}},
		{"topic_arn", []string{"aws.topic_arn", "aws.sns.topic.arn"}},
		{"bucket_name", []string{"aws.bucket_name", "aws.s3.bucket"}},
		{"function_name", []string{"aws.function_name", "faas.invoked_name"}},
	} {
		o.text(m.name, p.first(m.fields...))
	}
	var tables []string
	if json.Unmarshal([]byte(p.first("aws.dynamodb.table_names")), &tables) == nil && len(tables) == 1 {
		o.text("table_name", tables[0])
	}
	return o.endIfAny()
}

func sqlOf(p *Part) []byte {
	if !p.call.sql() {
		return nil
	}
	o := object{}
	connection := p.first("db.connection_string", "server.address", "net.peer.name")
	if schema := p.first("db.namespace", "db.name"); schema != "" {
		connection += "/" + schema
	}
	o.text("url", connection)
	o.text("database_type", p.call.database)
	o.text("user", p.first("db.user"))
	o.text("sanitized_query", call.StatementOf(p.get))
	return o.end()
}

func causeOf(p *Part) []byte {
	if len(p.Exceptions) == 0 {
		message := p.first(event.FieldStatusMessage)
		if message == "" || !p.Flags.Has(Fault) && !p.Flags.Has(Error) {
			return nil
		}
		return causeList([]Exception{{ID: derivedID("", p.ID, "exception"), Message: message}})
	}
	return causeList(p.Exceptions)
}

func causeList(all []Exception) []byte {
	list := []byte{'['}
	for i, e := range all {
		if i > 0 {
			list = append(list, ',')
		}
		o := object{}
		if e.ID == "" {
			e.ID = derivedID(e.Type, e.Message, strconv.Itoa(i))
		}
		o.text("id", e.ID)
		o.text("type", e.Type)
		o.text("message", e.Message)
		if e.Remote {
			o.truth("remote", true)
		}
		o.text("stacktrace", e.Stack)
		list = append(list, o.end()...)
	}
	o := object{}
	o.raw("exceptions", append(list, ']'))
	return o.end()
}

// maxAnnotations is how many values of a span are annotations; the others are metadata.
const maxAnnotations = 50

// values writes the attributes of a span: the first as annotations, all others that
// there are as metadata.
func (w *documents) values(o *object, p *Part) {
	annotations, rest := object{}, object{}
	for i, a := range p.Annotations {
		to := &annotations
		if i >= maxAnnotations {
			to = &rest
		}
		if raw, err := json.Marshal(a.Value.Any()); err == nil { // no infinite numbers
			to.raw(a.Key, raw)
		}
	}
	o.raw("annotations", annotations.endIfAny())
	rest.text("span.kind", p.first(event.FieldSpanKind))
	if name := p.first(event.FieldName); name != p.Name {
		rest.text("span.name", name)
	}
	rest.text("status_message", p.first(event.FieldStatusMessage))
	if inner := rest.endIfAny(); inner != nil {
		outer := object{}
		outer.raw("default", inner)
		o.raw("metadata", outer.end())
	}
}

func (w *documents) links(p *Part) []byte {
	list := []byte{'['}
	for _, l := range w.trace.Links {
		if l.From != p {
			continue
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		o := object{}
		o.text("trace_id", event.XRayTraceID(l.TraceID))
		o.text("id", l.ID)
		if l.Reference != "" {
			attributes := object{}
			attributes.text(FieldReference, l.Reference)
			o.raw("attributes", attributes.end())
		}
		list = append(list, o.end()...)
	}
	if len(list) == 1 {
		return nil
	}
	return append(list, ']')
}
