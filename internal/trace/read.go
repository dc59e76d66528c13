package trace

import (
	"math"

	"github.com/oriel-dev/oriel/internal/event"
)

// node is a span while the tree is being built.
type node struct {
	id, parentID string
	start, end   int64 // Unix ns
	service      int32
	host         int32
	name         int32
	kind, status uint8
	http         int32
	flags        uint32
	ref          Ref
	parent       int32
	children     []int32
}

// mark is an annotation while the tree is being built.
type mark struct {
	spanID string
	time   int64
	name   int32
	kind   AnnotationKind
	sev    int32
	ref    Ref
}

type assembly struct {
	out     *Trace
	strings map[string]int32
	nodes   []node
	marks   []mark
	byID    map[string]int32
	roots   []int32
	final   []int32 // node index to position in depth-first order
}

func newAssembly(id string) *assembly {
	a := &assembly{out: &Trace{ID: id}, strings: map[string]int32{}, byID: map[string]int32{}}
	a.intern("")
	return a
}

func (a *assembly) intern(s string) int32 {
	if i, ok := a.strings[s]; ok {
		return i
	}
	i := int32(len(a.out.Strings))
	a.strings[s] = i
	a.out.Strings = append(a.out.Strings, s)
	return i
}

// cursor walks a column in row order, so that a row's value costs one comparison.
type cursor struct {
	col  *event.Column
	next int
}

func (c *cursor) at(row int) event.Value {
	if c.col == nil {
		return event.Value{}
	}
	for c.next < c.col.Len() && c.col.Row(c.next) < row {
		c.next++
	}
	if c.next < c.col.Len() && c.col.Row(c.next) == row {
		return c.col.ValueAt(c.next)
	}
	return event.Value{}
}

var (
	httpFields = []string{"http.response.status_code", "http.status_code", "response.status_code"}
	hostFields = []string{"host.name", "service.instance.id", "k8s.pod.name", "host.id", "meta.local_hostname"}
)

// columns are the cursors over what the tree needs of a batch.
type columns struct {
	spanID, parentID, name, service, duration, kind, status, isError cursor
	annotation, signal, severity, severityText, body, excType        cursor
	http, host                                                       []cursor
}

func openColumns(b *event.Batch, defined func(b *event.Batch, field string) *event.Column) *columns {
	open := func(field string) cursor {
		if defined != nil {
			if c := defined(b, field); c != nil {
				return cursor{col: c}
			}
		}
		return cursor{col: b.Find(field)}
	}
	c := &columns{
		spanID: open(event.FieldSpanID), parentID: open(event.FieldParentID), name: open(event.FieldName),
		service: open(event.FieldService), duration: open(event.FieldDuration), kind: open(event.FieldSpanKind),
		status: open(event.FieldStatusCode), isError: open(event.FieldError), annotation: open(event.FieldAnnotation),
		signal: open(event.FieldSignal), severity: open(event.FieldSeverity), severityText: open(event.FieldSeverityText), body: open(event.FieldBody),
		excType: open("exception.type"),
	}
	for _, f := range httpFields {
		c.http = append(c.http, open(f))
	}
	for _, f := range hostFields {
		c.host = append(c.host, open(f))
	}
	return c
}

func first(cursors []cursor, row int) event.Value {
	for i := range cursors {
		if v := cursors[i].at(row); !v.IsNull() {
			return v
		}
	}
	return event.Value{}
}

func (a *assembly) read(batch int32, b *event.Batch, defined func(b *event.Batch, field string) *event.Column) {
	if a.out.Environment == "" {
		a.out.Environment = b.Environment
	}
	c := openColumns(b, defined)
	for row := range b.Len() {
		ref := Ref{Batch: batch, Row: int32(row)}
		annotation, signal := c.annotation.at(row).Text(), c.signal.at(row).Text()
		spanID := c.spanID.at(row).Text()
		if annotation == event.AnnotationInProgress && spanID != "" {
			a.readSpan(c, row, b, ref, spanID)
			a.nodes[len(a.nodes)-1].flags |= FlagInProgress
			continue
		}
		if annotation != "" || spanID == "" || signal == event.SignalLog || signal == event.SignalError {
			a.readMark(c, row, b.Times[row], ref, annotation, signal)
			continue
		}
		a.readSpan(c, row, b, ref, spanID)
	}
}

func (a *assembly) readSpan(c *columns, row int, b *event.Batch, ref Ref, spanID string) {
	n := node{id: spanID, parentID: c.parentID.at(row).Text(), start: b.Times[row], ref: ref, parent: -1}
	ms, ok := c.duration.at(row).Number()
	if ok && ms > 0 {
		n.end = n.start + int64(math.Round(min(ms, 1e12)*1e6))
	} else {
		n.end = n.start
		if !ok {
			n.flags |= FlagNoDuration
		}
	}
	service := c.service.at(row).Text()
	if service == "" {
		service = b.Dataset
	}
	n.service = a.intern(service)
	n.host = a.intern(first(c.host, row).Text())
	n.name = a.intern(c.name.at(row).Text())
	n.kind = kindOf(c.kind.at(row).Text())
	if s, ok := c.status.at(row).Number(); ok && s >= 0 && s <= 2 {
		n.status = uint8(s)
	}
	if event.Failed(c.isError.at(row)) || n.status == 2 {
		n.flags |= FlagError
	}
	if h, ok := first(c.http, row).Number(); ok && h > 0 && h < 1000 {
		n.http = int32(h)
	}
	a.nodes = append(a.nodes, n)
}

func (a *assembly) readMark(c *columns, row int, at int64, ref Ref, annotation, signal string) {
	name := c.name.at(row).Text()
	m := mark{spanID: c.parentID.at(row).Text(), time: at, ref: ref, sev: a.intern(c.level(row))}
	switch {
	case annotation == event.AnnotationLink:
		m.kind = Link
	case signal == event.SignalError:
		m.kind = ErrorItem
	case signal == event.SignalLog || annotation == "":
		m.kind = Log
		if body := c.body.at(row).Text(); body != "" {
			name = body
		}
	case name == "exception" || !c.excType.at(row).IsNull():
		m.kind = Exception
		if t := c.excType.at(row).Text(); t != "" {
			name = t
		}
	default:
		m.kind = SpanEvent
	}
	const longest = 200 // a row shows no more; the rest comes with the details
	m.name = a.intern(event.Cut(name, longest))
	a.marks = append(a.marks, m)
}

// level is the severity of a row in its sender's word where there is no number for it.
func (c *columns) level(row int) string {
	if s := c.severity.at(row).Text(); s != "" && s != "unspecified" {
		return s
	}
	return c.severityText.at(row).Text()
}

func kindOf(s string) uint8 {
	switch s {
	case "internal":
		return KindInternal
	case "server":
		return KindServer
	case "client":
		return KindClient
	case "producer":
		return KindProducer
	case "consumer":
		return KindConsumer
	}
	return KindUnspecified
}
