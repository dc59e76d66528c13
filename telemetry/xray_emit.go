package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	segmentHeader  = `{"format":"json","version":1}` + "\n"
	segmentLongest = 65_507 // of a datagram: the daemon's limit of 64 kB less the headers of UDP and IP
	looksAgain     = 30 * time.Second
	nameLongest    = 200
)

// emitter sends spans as X-Ray segment documents, one datagram each. Most datagrams
// that nobody takes are lost without a word: that is the daemon's protocol. What is
// known to be lost, as where nobody listens at an address of this machine, is counted.
type emitter struct {
	settings *settings
	conn     net.Conn  // nil until the first segment
	looked   time.Time // up where the daemon is
}

func (e *emitter) export(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.conn == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "udp", e.settings.udp)
		if err != nil {
			return err
		}
		e.conn, e.looked = conn, time.Now()
	}
	lost := partly{}
	for _, s := range spans {
		body, err := e.document(s)
		if err == nil {
			err = e.send(append([]byte(segmentHeader), body...))
		}
		if err != nil {
			lost.lost, lost.err = lost.lost+1, err
		}
	}
	if lost.err == nil {
		return nil
	}
	if time.Since(e.looked) > looksAgain {
		e.follow()
	}
	return lost
}

// follow lets go of a daemon whose name leads elsewhere by now.
func (e *emitter) follow() {
	e.looked = time.Now()
	at, err := net.ResolveUDPAddr("udp", e.settings.udp)
	if err == nil && at.String() != e.conn.RemoteAddr().String() {
		_ = e.conn.Close()
		e.conn = nil
	}
}

// send reports a refusal of the datagram before, which is how the system tells that
// nobody listens. The one at hand is sent all the same.
func (e *emitter) send(datagram []byte) error {
	_, err := e.conn.Write(datagram)
	if errors.Is(err, syscall.ECONNREFUSED) {
		if _, again := e.conn.Write(datagram); again != nil && !errors.Is(again, syscall.ECONNREFUSED) {
			return again
		}
	}
	return err
}

func (e *emitter) close(context.Context) error {
	if e.conn == nil {
		return nil
	}
	return e.conn.Close()
}

// segment is a segment or an independent subsegment, as AWS documents them.
type segment struct {
	Name        string         `json:"name"`
	ID          string         `json:"id"`
	TraceID     string         `json:"trace_id"`
	ParentID    string         `json:"parent_id,omitempty"`
	Type        string         `json:"type,omitempty"`
	Namespace   string         `json:"namespace,omitempty"`
	StartTime   epoch          `json:"start_time"`
	EndTime     epoch          `json:"end_time"`
	Fault       bool           `json:"fault,omitempty"`
	Error       bool           `json:"error,omitempty"`
	Throttle    bool           `json:"throttle,omitempty"`
	User        string         `json:"user,omitempty"`
	HTTP        map[string]any `json:"http,omitempty"`
	SQL         map[string]any `json:"sql,omitempty"`
	AWS         map[string]any `json:"aws,omitempty"`
	Service     map[string]any `json:"service,omitempty"`
	Cause       map[string]any `json:"cause,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
	Metadata    map[string]any `json:"metadata,omitempty"`
}

// epoch is a time as X-Ray writes it: seconds, with nanoseconds behind the point.
type epoch time.Time

// MarshalJSON implements json.Marshaler.
func (e epoch) MarshalJSON() ([]byte, error) {
	ns := time.Time(e).UnixNano()
	b := strconv.AppendInt(nil, ns/1e9, 10)
	rest := strconv.AppendInt(nil, 1e9+ns%1e9, 10)
	rest[0] = '.'
	return append(b, rest...), nil
}

// document makes a segment of what a service received or began, and a subsegment of
// everything within.
func (e *emitter) document(s sdktrace.ReadOnlySpan) ([]byte, error) {
	sc, parent := s.SpanContext(), s.Parent()
	seg := segment{
		ID: sc.SpanID().String(), TraceID: xrayTraceID(sc.TraceID()), StartTime: epoch(s.StartTime()), EndTime: epoch(s.EndTime()),
		AWS: map[string]any{"xray": map[string]any{"sdk": scope, "sdk_version": libraryVersion()}},
	}
	if parent.SpanID().IsValid() {
		seg.ParentID = parent.SpanID().String()
	}
	a := byName(s.Attributes())
	if isSegment(s) {
		seg.Name = segmentName(e.settings.segment)
		seg.Service = map[string]any{"version": e.settings.Version, "runtime": "gc"}
	} else {
		seg.Type = "subsegment"
		seg.Name = segmentName(subsegmentName(s, a))
		if s.SpanKind() == trace.SpanKindClient || s.SpanKind() == trace.SpanKindProducer {
			seg.Namespace = "remote"
		}
	}
	seg.User = text(a, "enduser.id")
	seg.describeHTTP(a)
	seg.describeSQL(a)
	seg.flag(s, a)
	seg.annotate(s)
	body, err := json.Marshal(seg)
	if err == nil && len(body)+len(segmentHeader) > segmentLongest {
		seg.Annotations, seg.Metadata, seg.Cause = nil, map[string]any{"default": map[string]any{"left_out": "the segment was too long"}}, nil
		body, err = json.Marshal(seg)
	}
	return body, err
}

func byName(list []attribute.KeyValue) map[string]attribute.Value {
	out := make(map[string]attribute.Value, len(list))
	for _, a := range list {
		out[string(a.Key)] = a.Value
	}
	return out
}

// text is the first of some attributes that is there.
func text(a map[string]attribute.Value, names ...string) string {
	for _, n := range names {
		if v, ok := a[n]; ok {
			return v.String()
		}
	}
	return ""
}

func subsegmentName(s sdktrace.ReadOnlySpan, a map[string]attribute.Value) string {
	if text(a, "db.system.name", "db.system") != "" {
		host, name := text(a, "server.address", "net.peer.name"), text(a, "db.namespace", "db.name")
		if host != "" && name != "" {
			return name + "@" + host
		}
	}
	if s.SpanKind() == trace.SpanKindClient {
		if host := text(a, "peer.service", "server.address"); host != "" {
			return host
		}
	}
	return s.Name()
}

// segmentName keeps what X-Ray takes in names.
func segmentName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" _.:/%&#=+\\-@", r) {
			return r
		}
		return '_'
	}, name)
	if runes := []rune(name); len(runes) > nameLongest {
		name = string(runes[:nameLongest])
	}
	if name == "" {
		return "span"
	}
	return name
}

func (seg *segment) describeHTTP(a map[string]attribute.Value) {
	method := text(a, "http.request.method")
	if method == "" {
		return
	}
	address := text(a, "url.full")
	if address == "" {
		address = text(a, "url.scheme") + "://" + text(a, "server.address")
		if port := text(a, "server.port"); port != "" {
			address += ":" + port
		}
		address += text(a, "url.path")
		if query := text(a, "url.query"); query != "" {
			address += "?" + query
		}
	}
	request := map[string]any{"method": method, "url": address}
	if seg.Type == "" {
		request["client_ip"] = text(a, "client.address")
		request["user_agent"] = text(a, "user_agent.original")
	}
	seg.HTTP = map[string]any{"request": request}
	if status, ok := a["http.response.status_code"]; ok {
		seg.HTTP["response"] = map[string]any{"status": status.AsInt64(), "content_length": a["http.response.body.size"].AsInt64()}
	}
}

func (seg *segment) describeSQL(a map[string]attribute.Value) {
	if system := text(a, "db.system.name", "db.system"); system != "" && seg.Type != "" {
		seg.SQL = map[string]any{"database_type": system, "sanitized_query": text(a, "db.query.text", "db.statement"), "url": text(a, "db.namespace", "db.name"), "user": text(a, "db.user")}
	}
}

func (seg *segment) flag(s sdktrace.ReadOnlySpan, a map[string]attribute.Value) {
	status := a["http.response.status_code"].AsInt64()
	switch {
	case status == 429:
		seg.Error, seg.Throttle = true, true
	case status >= 500:
		seg.Fault = true
	case status >= 400:
		seg.Error = true
	case s.Status().Code == codes.Error:
		seg.Fault = true
	}
	var exceptions []map[string]any
	for _, event := range s.Events() {
		if event.Name != "exception" {
			continue
		}
		of := byName(event.Attributes)
		exceptions = append(exceptions, map[string]any{
			"id": randomHex(8), "type": text(of, "exception.type"), "message": text(of, "exception.message"), "remote": seg.Namespace == "remote",
		})
	}
	if len(exceptions) == 0 && s.Status().Code == codes.Error && s.Status().Description != "" {
		exceptions = []map[string]any{{"id": randomHex(8), "message": s.Status().Description, "remote": seg.Namespace == "remote"}}
	}
	if len(exceptions) > 0 {
		seg.Cause = map[string]any{"exceptions": exceptions}
	}
}

// annotate indexes scalars that are the app's own; what the segment says elsewhere,
// and lists, go into the metadata.
func (seg *segment) annotate(s sdktrace.ReadOnlySpan) {
	known, annotations := map[string]any{}, map[string]any{}
	for _, a := range s.Attributes() {
		key := string(a.Key)
		switch a.Value.Type() {
		case attribute.BOOL, attribute.INT64, attribute.FLOAT64, attribute.STRING:
			if !strings.HasPrefix(key, "http.") && !strings.HasPrefix(key, "url.") && !strings.HasPrefix(key, "server.") && !strings.HasPrefix(key, "network.") && !strings.HasPrefix(key, "db.") {
				annotations[key] = a.Value.AsInterface()
				continue
			}
		default:
		}
		known[key] = a.Value.AsInterface()
	}
	if len(annotations) > 0 {
		seg.Annotations = annotations
	}
	known["otel.name"] = s.Name()
	seg.Metadata = map[string]any{"default": known}
}
