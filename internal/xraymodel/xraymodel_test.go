package xraymodel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/event"
)

const testTrace = "5759e988bd862e3fe1be46a994272793"

// row is a row of a test: start and duration in ms, and its fields.
type row struct {
	start, took int64
	fields      map[string]any
}

// span is a row of an OTLP span.
func span(id, parent, kind, service, name string, start, took int64, more ...any) row {
	r := row{start, took, map[string]any{
		event.FieldSpanID: id, event.FieldParentID: parent, event.FieldSpanKind: kind, event.FieldService: service, event.FieldName: name, event.FieldSignal: event.SignalTrace,
	}}
	return r.with(more)
}

// doc is a row of a segment document.
func doc(what, id, parent, service, name string, start, took int64, more ...any) row {
	r := span(id, parent, "", service, name, start, took)
	r.fields[FieldType] = what
	return r.with(more)
}

func (r row) with(more []any) row {
	for i := 0; i < len(more); i += 2 {
		r.fields[more[i].(string)] = more[i+1]
	}
	return r
}

func value(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case int:
		return event.IntValue(int64(v))
	case int64:
		return event.IntValue(v)
	case float64:
		return event.FloatValue(v)
	case bool:
		return event.BoolValue(v)
	}
	return event.Value{}
}

// batches puts every row into the batch of its service.
func batches(rows []row) []*event.Batch {
	var out []*event.Batch
	for _, r := range rows {
		service, _ := r.fields[event.FieldService].(string)
		i := slices.IndexFunc(out, func(b *event.Batch) bool { return b.Dataset == service })
		if i < 0 {
			i = len(out)
			out = append(out, event.NewBatch("test", service))
		}
		b := out[i]
		b.Begin(r.start * int64(time.Millisecond))
		b.Set(event.FieldTraceID, event.StringValue(testTrace))
		if r.took >= 0 {
			b.Set(event.FieldDuration, event.FloatValue(float64(r.took)))
		}
		for name, v := range r.fields {
			if v != "" {
				b.Set(name, value(v))
			}
		}
	}
	return out
}

// print writes a trace as lines: what, name, type, flags, and what called it.
func (t *Trace) print() string {
	var out strings.Builder
	var part func(p *Part, depth int)
	part = func(p *Part, depth int) {
		what := "subsegment"
		switch {
		case p.Inferred:
			what = "inferred"
		case p.Segment:
			what = "segment"
		case p.Orphan:
			what = "orphan"
		}
		fmt.Fprintf(&out, "%s%s %s", strings.Repeat("  ", depth), what, p.Name)
		for _, more := range []string{p.Type, p.Namespace} {
			if more != "" {
				fmt.Fprintf(&out, " [%s]", more)
			}
		}
		for i, name := range []string{"fault", "error", "throttle", "in progress", "traced"} {
			if p.Flags.Has(1 << i) {
				out.WriteString(" " + name)
			}
		}
		if p.HTTP.given() {
			fmt.Fprintf(&out, " %s %s %d", p.HTTP.Method, p.HTTP.URL, p.HTTP.Status)
		}
		out.WriteByte('\n')
		for _, c := range p.Parts {
			part(c, depth+1)
		}
	}
	for _, s := range t.Segments {
		part(s, 0)
	}
	for _, c := range t.Calls {
		fmt.Fprintf(&out, "%s -> %s via %s\n", c.From.Name, c.To.Name, c.Via.Name)
	}
	if t.Root != nil {
		fmt.Fprintf(&out, "root %s", t.Root.Name)
	}
	if t.Partial {
		out.WriteString(", partial")
	}
	return out.String() + "\n"
}

// check builds a trace of rows in many orders, which must all give the same.
func check(t *testing.T, want string, rows ...row) *Trace {
	t.Helper()
	want = strings.TrimLeft(want, "\n")
	random := rand.New(rand.NewPCG(1, 2))
	b := NewBuilder(Options{Annotations: true, Exceptions: true})
	for range 8 {
		b.Begin(testTrace)
		for _, batch := range batches(rows) {
			for i := range batch.Len() {
				b.Add(batch, i)
			}
		}
		if diff := cmp.Diff(want, b.Trace().print()); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return Build(testTrace, batches(rows), Options{Annotations: true, Exceptions: true})
}

func TestBuild_SpansOfTwoServicesAreTwoSegments(t *testing.T) {
	t.Parallel()
	check(t, `
segment web GET http://front/home?retry=1 200
  subsegment api.example.com [remote] error GET https://api.example.com/items 404
  subsegment render
segment api error GET  404
  subsegment orders@db.example.com [remote] fault
inferred orders@db.example.com [Database::SQL] fault
web -> api via api.example.com
api -> orders@db.example.com via orders@db.example.com
root web
`,
		span("a1", "", "server", "web", "GET /home", 0, 100, "http.request.method", "GET", "server.address", "front", "url.path", "/home", "url.query", "retry=1", "http.response.status_code", 200),
		span("a2", "a1", "client", "web", "GET", 10, 50, "http.method", "GET", "http.url", "https://api.example.com/items", "net.peer.name", "api.example.com", "http.status_code", 404),
		span("a3", "a1", "internal", "web", "render", 70, 10),
		span("b1", "a2", "server", "api", "GET /items", 20, 30, "http.request.method", "GET", "http.response.status_code", 404),
		span("b2", "b1", "client", "api", "SELECT orders", 25, 10, "db.system", "postgresql", "db.namespace", "orders", "server.address", "db.example.com", "status_code", 2, "error", true),
	)
}

func TestBuild_DocumentsAreReadAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	check(t, `
segment shop [AWS::EC2::Instance] GET http://shop/cart 429
  subsegment DynamoDB [aws]
    subsegment attempt
      subsegment connect [remote]
  subsegment back [remote] traced
inferred items [AWS::DynamoDB::Table]
segment late fault in progress
orphan lonely [remote]
inferred lonely [remote]
shop -> items via DynamoDB
lonely -> lonely via lonely
root shop, partial
`,
		doc("segment", "a1", "", "shop", "shop", 0, 100, FieldOrigin, "AWS::EC2::Instance", "http.request.method", "GET", "url.full", "http://shop/cart", "http.response.status_code", 429),
		doc("subsegment", "a2", "a1", "shop", "DynamoDB", 10, 20, FieldNamespace, "aws", "aws.table_name", "items"),
		doc("subsegment", "a3", "a2", "shop", "attempt", 11, 10, FieldNamespace, "local"),
		doc("subsegment", "a4", "a3", "shop", "connect", 12, 5, FieldNamespace, "remote"),
		doc("subsegment", "a5", "a1", "shop", "back", 40, 20, FieldNamespace, "remote", FieldTraced, true),
		doc("segment", "b1", "ff", "late", "late", 60, -1, FieldFault, true, event.FieldAnnotation, event.AnnotationInProgress),
		doc("subsegment", "c1", "fe", "unknown", "lonely", 70, 5, FieldNamespace, "remote"),
	)
}

// A complete part replaces what was said of it before; a span and a segment of one
// request are one trace. Each document is a revision, however many subsegments it has.
func TestBuild_KeepsTheCompleteOfTwo(t *testing.T) {
	t.Parallel()
	got := check(t, `
segment front
  subsegment back [remote]
segment back
  subsegment render
front -> back via back
root front
`,
		span("a1", "", "server", "front", "GET", 0, 100),
		span("a2", "a1", "client", "front", "GET", 10, 50, "peer.service", "back"),
		doc("segment", "b1", "a2", "back", "back", 20, -1, event.FieldAnnotation, event.AnnotationInProgress, FieldDocument, "{}"),
		doc("segment", "b1", "a2", "back", "back", 20, 30, "game", "chess", FieldAnnotations, `["game"]`, FieldDocument, "{}"),
		doc("subsegment", "b2", "b1", "back", "render", 21, 5),
		row{25, -1, map[string]any{event.FieldAnnotation: event.AnnotationSpanEvent, event.FieldParentID: "b1", "exception.type": "Boom", "exception.message": "it broke"}},
	)
	back := got.Segments[1]
	if diff := cmp.Diff([]Annotation{{"game", event.StringValue("chess")}}, back.Annotations, cmp.AllowUnexported(event.Value{})); diff != "" {
		t.Errorf("annotations: %s", diff)
	}
	if len(back.Exceptions) != 1 || back.Exceptions[0].Type != "Boom" || got.Revision != 4 {
		t.Errorf("exceptions %v, revision %d", back.Exceptions, got.Revision)
	}
	if got.Start != 0 || got.End != 100*int64(time.Millisecond) {
		t.Errorf("from %d to %d", got.Start, got.End)
	}
}

// The first span of a service may be one that calls: it is a segment and the call.
func TestBuild_SplitsACallThatIsASegment(t *testing.T) {
	t.Parallel()
	got := check(t, `
segment job
  subsegment queue.example.com [remote]
inferred queue.example.com [remote]
job -> queue.example.com via queue.example.com
root job
`, span("a1", "", "client", "job", "push", 0, 10, "server.address", "queue.example.com"))
	if s := got.Segments[0]; len(s.ID) != 16 || s.Parts[0].ID != "a1" || s.Parts[0].ParentID != s.ID {
		t.Errorf("ids %s, %s under %s", s.ID, s.Parts[0].ID, s.Parts[0].ParentID)
	}
}

func TestBuild_CutsCircles(t *testing.T) {
	t.Parallel()
	check(t, `
orphan a
  subsegment b
orphan self
root a
`,
		doc("subsegment", "a1", "a2", "x", "a", 0, 10),
		doc("subsegment", "a2", "a1", "x", "b", 1, 5),
		doc("subsegment", "a3", "a3", "x", "self", 2, 5),
	)
}
