package rollbar

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// link is the trace, and the span of it, that an occurrence happened in.
type link struct{ trace, span string }

// link finds the trace of an occurrence in what its sender told anyway: where the
// notifier puts its own ids, where people put them, and in the headers of the
// request that was served.
func (p *payload) link() link {
	if l := p.attributeLink(); l.trace != "" {
		return l
	}
	custom := p.get(p.data, "custom")
	for _, at := range [...]int32{custom, p.get(custom, "otel"), p.get(custom, "dd"), p.get(p.data, "otel"), p.data} {
		if l := linkOf(p.textAt(at, "trace_id"), p.textAt(at, "span_id")); l.trace != "" {
			return l
		}
	}
	return p.headerLink(p.get(p.data, "request", "headers"))
}

// attributeLink reads attributes, a list of keys and values.
func (p *payload) attributeLink() link {
	var trace, span string
	p.each(p.get(p.data, "attributes"), func(i int32, _ *node) bool {
		switch p.textAt(i, "key") {
		case "trace_id":
			trace = p.textAt(i, "value")
		case "span_id":
			span = p.textAt(i, "value")
		}
		return true
	})
	return linkOf(trace, span)
}

// attribute returns the value of a key of the attributes.
func (p *payload) attribute(key string) (value string) {
	p.each(p.get(p.data, "attributes"), func(i int32, _ *node) bool {
		if p.textAt(i, "key") == key {
			value = p.textAt(i, "value")
		}
		return value == ""
	})
	return value
}

func linkOf(trace, span string) link {
	const most = 64
	if trace == "" || len(trace) > most {
		return link{}
	}
	id, ok := event.TraceID(trace)
	if !ok {
		return link{}
	}
	if span = strings.ToLower(strings.TrimSpace(span)); len(span) > most {
		span = ""
	}
	return link{id, span}
}

// headerLink reads the headers of the request that was served: its caller's trace.
func (p *payload) headerLink(headers int32) (found link) {
	p.each(headers, func(i int32, n *node) bool {
		value := p.text(i)
		if n.kind == isList && n.child != 0 {
			value = p.text(n.child)
		}
		switch {
		case len(n.name) == len("Traceparent") && strings.EqualFold(n.name, "Traceparent"):
			found = traceparent(value)
		case len(n.name) == len("X-Amzn-Trace-Id") && strings.EqualFold(n.name, "X-Amzn-Trace-Id"):
			found = amznTrace(value)
		case len(n.name) == len("X-Honeycomb-Trace") && strings.EqualFold(n.name, "X-Honeycomb-Trace"):
			found = honeycombTrace(value)
		}
		return found.trace == ""
	})
	return found
}

// traceparent reads W3C's header: version, trace, span, flags.
func traceparent(value string) link {
	parts := strings.Split(strings.TrimSpace(value), "-")
	if len(parts) < 4 || len(parts[1]) != 32 || len(parts[2]) != 16 || strings.Trim(parts[1], "0") == "" {
		return link{}
	}
	return linkOf(parts[1], parts[2])
}

// amznTrace reads X-Ray's header: Root=1-8hex-24hex;Parent=16hex.
func amznTrace(value string) link {
	var root, parent string
	for part := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case strings.EqualFold(name, "Root"):
			root = v
		case strings.EqualFold(name, "Parent"):
			parent = v
		}
	}
	return linkOf(root, parent)
}

// honeycombTrace reads the beelines' header: 1;trace_id=…,parent_id=….
func honeycombTrace(value string) link {
	_, rest, _ := strings.Cut(value, ";")
	var trace, span string
	for part := range strings.SplitSeq(rest, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "trace_id":
			trace = v
		case "parent_id":
			span = v
		}
	}
	return linkOf(trace, span)
}
