package logline

import "bytes"

// heard is what the entries of a message have told so far.
type heard struct {
	trace, span int    // depth of the entries that were believed, 0 if none
	message     *entry // the text meant for people
}

// listen takes up what an entry tells of the line.
func (r *Reader) listen(e *entry, l *Line, said *heard) {
	const shortest, longest = 2, 20
	name := e.path[e.own:]
	if len(name) < shortest || len(name) > longest {
		return
	}
	switch name[len(name)-1] | ' ' { // most names are none of these
	case 'd':
		r.ids(e, name, l, said)
	case 't':
		r.ids(e, name, l, said)
		fallthrough
	case 'l', 'e', 'y', 'r':
		if l.Severity == "" {
			l.Severity = severityOfEntry(e, name)
		}
	}
	if e.depth == 1 && said.message == nil && (e.kind == textEntry || e.kind == escapedEntry) {
		switch string(name) {
		case "msg", "message", "log", "Message", "text", "@m":
			said.message = e
		}
	}
}

// ids takes the ids of a trace and span from an entry that is named like one.
// Of several, the one that lies least deep is believed. Datadog's ids are
// numbers of their own, of no trace here.
func (r *Reader) ids(e *entry, name []byte, l *Line, said *heard) {
	if e.kind != textEntry && e.kind != escapedEntry || bytes.HasSuffix(e.path[:e.own], []byte("dd.")) {
		return
	}
	var plain [24]byte
	switch string(simple(plain[:0], name)) {
	case "traceid", "oteltraceid", "xraytraceid", "awsxraytraceid", "xamzntraceid", "traceparent":
		r.believeTrace(e, l, said)
	case "spanid", "otelspanid", "xraysegmentid", "segmentid":
		r.believeSpan(e, l, said)
	case "id": // as in ECS
		switch {
		case bytes.HasSuffix(e.path, []byte("trace.id")):
			r.believeTrace(e, l, said)
		case bytes.HasSuffix(e.path, []byte("span.id")):
			r.believeSpan(e, l, said)
		}
	}
}

// simple appends a name without the signs between its words, in lower case.
func simple(out, name []byte) []byte {
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			out = append(out, c|' ')
		case c != '_' && c != '-' && c != '.' && c != '@' && c != ' ':
			out = append(out, c)
		}
	}
	return out
}

func (r *Reader) believeTrace(e *entry, l *Line, said *heard) {
	if said.trace > 0 && said.trace <= e.depth {
		return
	}
	trace, span := r.traceOf(e.raw)
	if trace == nil {
		return
	}
	l.TraceID, said.trace = trace, e.depth
	if span != nil && (said.span == 0 || said.span > e.depth) {
		l.SpanID, said.span = span, e.depth
	}
}

func (r *Reader) believeSpan(e *entry, l *Line, said *heard) {
	if said.span > 0 && said.span <= e.depth {
		return
	}
	if span := r.spanOf(e.raw); span != nil {
		l.SpanID, said.span = span, e.depth
	}
}
