package rollbar

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// Names of fields of an occurrence that are ours beside those of its data.
const (
	fieldPayload = "rollbar.payload" // the whole data as JSON, scrubbed
	fieldBrowser = "browser"
	fieldOS      = "os"
	fieldSession = "session_id"
	fieldReplay  = "replay_id"
	fieldClass   = "exception.type"
	fieldMessage = "exception.message"
)

// Limits of what becomes fields. All the rest is in the payload.
const (
	maxFields     = 300
	maxFieldName  = 300
	maxFieldText  = 8 << 10
	maxFieldList  = 1 << 10 // of a list's JSON
	maxFieldDepth = 12
	maxChain      = 10 // traces of a chain
)

// flatten stores the members of the data under their own paths.
type flatten struct {
	p     *payload
	b     *event.Batch
	path  []byte
	left  int
	quote []byte // scratch
}

func (f *flatten) data() {
	f.left = maxFields
	f.members(f.p.data, 1)
}

func (f *flatten) members(at int32, depth int) {
	base := len(f.path)
	if base > 0 {
		f.path = append(f.path, '.')
	}
	prefix := len(f.path)
	f.p.each(at, func(i int32, n *node) bool {
		if prefix+len(n.name) > maxFieldName || n.name == "" {
			return true
		}
		f.path = append(f.path[:prefix], n.name...)
		f.value(i, n, depth)
		return f.left > 0
	})
	f.path = f.path[:base]
}

// apart reports whether a path has what is looked at one by one and not searched
// by: frames and what is in them, and what happened before.
func apart(path string) bool {
	switch path {
	case "body.telemetry", "body.trace.frames", "notifier.configured_options", "notifier.diagnostic", "metadata", "attributes", "client.javascript.plugins":
		return true
	}
	return strings.HasPrefix(path, "body.trace_chain.") && strings.HasSuffix(path, ".frames")
}

func (f *flatten) value(at int32, n *node, depth int) {
	path := shared(f.path)
	switch n.kind {
	case isObject:
		if depth < maxFieldDepth && !apart(path) {
			f.members(at, depth+1)
		}
	case isList:
		if !apart(path) {
			f.list(at, path, depth)
		}
	case isText:
		f.text(path, n.text)
	case isNumber:
		f.number(path, n.text)
	case isTrue, isFalse:
		if c := f.column(path); c != nil {
			f.b.SetBool(c, n.kind == isTrue)
		}
	case isNull:
	}
}

// list stores a list: that of traces by number, others as JSON if they are short.
func (f *flatten) list(at int32, path string, depth int) {
	if path == "body.trace_chain" {
		base, number := len(f.path), 0
		f.p.each(at, func(i int32, n *node) bool {
			f.path = strconv.AppendInt(append(f.path[:base], '.'), int64(number), 10)
			f.value(i, n, depth+1)
			number++
			return number < maxChain && f.left > 0
		})
		f.path = f.path[:base]
		return
	}
	const most = 100
	if f.p.nodes[at].size > most {
		return
	}
	if f.quote = f.p.print(f.quote[:0], at, none); len(f.quote) <= maxFieldList {
		if c := f.column(path); c != nil {
			f.b.SetBytes(c, f.quote)
		}
	}
}

func (f *flatten) text(path, text string) {
	if c := f.column(path); c != nil {
		f.b.SetString(c, event.Cut(text, maxFieldText))
	}
}

// number stores a number, those that are names as texts: one sender's is another's text.
func (f *flatten) number(path, text string) {
	c := f.column(path)
	if c == nil {
		return
	}
	switch path {
	case "person.id", "code_version", "uuid", "fingerprint", "context", "server.host", "server.code_version", "client.javascript.code_version", "environment", "title", fieldSession:
		f.b.SetString(c, text)
		return
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		f.b.SetInt(c, n)
	} else if n, err := strconv.ParseFloat(text, 64); err == nil {
		f.b.SetFloat(c, n)
	} else {
		f.b.SetString(c, event.Cut(text, maxFieldText))
	}
}

// column returns the column of a path, nil if it is not the sender's to set.
func (f *flatten) column(path string) *event.Column {
	if ours(path) {
		return nil
	}
	f.left--
	return f.b.ColumnBytes(f.path)
}

// ours reports whether a field is made here, or means something that an
// occurrence is not: a sender's member of that name stays in the payload alone.
func ours(path string) bool {
	switch path {
	case event.FieldName, event.FieldSignal, event.FieldAnnotation, event.FieldTraceID, event.FieldSpanID, event.FieldParentID, event.FieldDuration,
		event.FieldSeverity, event.FieldError, event.FieldLinkTraceID, event.FieldLinkSpanID, event.FieldLogGroup, event.FieldLogStream,
		event.FieldSpanKind, event.FieldType, event.FieldBody, event.FieldService,
		fieldPayload, fieldBrowser, fieldOS, fieldSession, fieldReplay, fieldClass, fieldMessage, "level", "code_version", "environment":
		return true
	}
	return false
}

// severityOf is a level as logs write it.
func severityOf(level string) string {
	switch level {
	case "critical":
		return "fatal"
	case "warning":
		return "warn"
	}
	return level
}

// set stores a text in the current row under a name that may be ours; "" stores nothing.
func set(b *event.Batch, name, text string) {
	if text != "" {
		b.SetString(b.Column(name), text)
	}
}

// row begins the row of an item and stores all of its fields but those that
// grouping stamps. text is its data as JSON.
func (p *payload) row(b *event.Batch, at int64, agents *agents, text []byte) {
	b.Begin(at)
	b.SetString(b.Column(event.FieldSignal), event.SignalError)
	f := flatten{p: p, b: b}
	f.data()
	set(b, "environment", p.environment)
	set(b, "level", p.level)
	set(b, event.FieldSeverity, severityOf(p.level))
	set(b, "code_version", p.version)
	if traces := p.traces(); len(traces) > 0 {
		class, message := p.exception(traces[0])
		set(b, fieldClass, event.Cut(class, maxFieldText))
		set(b, fieldMessage, event.Cut(message, maxFieldText))
	}
	who := agents.read(p.userAgent())
	set(b, fieldBrowser, who.browser)
	set(b, fieldOS, who.os)
	set(b, fieldSession, event.Cut(p.attribute("session_id"), maxName))
	set(b, fieldReplay, event.Cut(p.attribute("replay_id"), maxName))
	if l := p.link(); l.trace != "" {
		set(b, event.FieldTraceID, l.trace)
		set(b, event.FieldParentID, l.span)
	}
	b.SetBytes(b.Column(fieldPayload), text)
}

// userAgent returns what the user's browser calls itself.
func (p *payload) userAgent() string {
	if text := p.textAt(p.data, "client", "javascript", "browser"); text != "" {
		return text
	}
	request := p.get(p.data, "request")
	if text := p.textAt(request, "user_agent"); text != "" {
		return text
	}
	found := none
	p.each(p.get(request, "headers"), func(i int32, n *node) bool {
		if strings.EqualFold(n.name, "User-Agent") {
			found = i
		}
		return found == none
	})
	if p.kindOf(found) == isList && p.nodes[found].child != 0 {
		found = p.nodes[found].child
	}
	return p.text(found)
}

// look is what of a payload grouping asks for.
type look int

const (
	whole        look = iota // rules may ask for anything
	withoutLarge             // what is large is left out
	framesAlone              // and of the frames in stacks only the calls are there
)

// plain returns a value as encoding/json would: what grouping looks at.
func (p *payload) plain(at int32, l look) any {
	n := &p.nodes[at]
	switch n.kind {
	case isObject:
		out := make(map[string]any, n.size)
		p.each(at, func(i int32, n *node) bool {
			if l == whole || !large(n.name) {
				out[n.name] = p.plain(i, l)
			}
			return true
		})
		return out
	case isList:
		if l == framesAlone && slices.Contains(p.stacks, at) {
			return p.calls(at)
		}
		out := make([]any, 0, n.size)
		p.each(at, func(i int32, _ *node) bool {
			out = append(out, p.plain(i, l))
			return true
		})
		return out
	case isText:
		return n.text
	case isNumber:
		return json.Number(n.text)
	case isTrue, isFalse:
		return n.kind == isTrue
	case isNull:
	}
	return nil
}

// calls returns frames as far as the algorithm of grouping looks at them.
func (p *payload) calls(at int32) []grouping.Frame {
	out := make([]grouping.Frame, 0, p.nodes[at].size)
	p.each(at, func(i int32, n *node) bool {
		if n.kind == isObject {
			out = append(out, grouping.Frame{File: p.textAt(i, "filename"), Method: p.textAt(i, "method")})
		}
		return true
	})
	return out
}

// large reports whether members of a name are large and tell grouping nothing.
func large(name string) bool {
	switch name {
	case "locals", "telemetry", "code", "context", "argspec", "args", "kwargs", "custom", "client", "request", "extra", "configured_options", "diagnostic", "person":
		return true
	}
	return false
}
