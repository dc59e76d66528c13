package xrayfilter

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// subject is what the conditions in one place of an expression are about.
type subject interface {
	// truth is a boolean key; known is false where it means nothing.
	truth(name string) (value, known bool)
	// values are what a key stands for, none where it is absent.
	values(k Key) []event.Value
}

// traceSubject is a trace as a whole: how it ended and how long it took is what its
// root says.
type traceSubject struct{ t *xraymodel.Trace }

func flags(p *xraymodel.Part, name string) (value, known bool) {
	const throttled, bad, broken = 429, 400, 500
	status := p.HTTP.Status
	switch name {
	case "ok":
		return p.Outcome() == call.OK, true
	case "error":
		return p.Flags.Has(xraymodel.Error) || status >= bad && status < broken, true
	case "throttle":
		return p.Flags.Has(xraymodel.Throttle) || status == throttled, true
	case "fault":
		return p.Flags.Has(xraymodel.Fault) || status >= broken, true
	}
	return false, false
}

func (s traceSubject) truth(name string) (value, known bool) {
	switch name {
	case "partial":
		return s.t.Partial, true
	case "inferred":
		for _, p := range s.t.Segments {
			if p.Inferred {
				return true, true
			}
		}
		return false, true
	}
	if s.t.Root == nil {
		_, known := flags(&xraymodel.Part{}, name)
		return false, known
	}
	return flags(s.t.Root, name)
}

func (s traceSubject) values(k Key) []event.Value {
	const second = 1e9
	switch k.Name {
	case "responsetime":
		if r := s.t.Root; r != nil && !r.Flags.Has(xraymodel.InProgress) {
			return []event.Value{event.FloatValue(float64(r.Duration()) / second)}
		}
		return nil
	case "duration":
		return []event.Value{event.FloatValue(float64(s.t.End-s.t.Start) / second)}
	}
	if strings.HasPrefix(k.Name, "http.") {
		return httpValues(s.t.HTTP(), k.Name)
	}
	var out []event.Value
	for _, p := range s.t.Segments {
		out = append(out, valuesBelow(p, k)...)
	}
	return out
}

func httpValues(h *xraymodel.HTTP, name string) []event.Value {
	text := map[string]string{"http.url": h.URL, "http.method": h.Method, "http.useragent": h.UserAgent, "http.clientip": h.ClientIP}[name]
	switch {
	case name == "http.status" && h.Status != 0:
		return []event.Value{event.IntValue(int64(h.Status))}
	case text != "":
		return []event.Value{event.StringValue(text)}
	}
	return nil
}

// valuesBelow are what a part, and all in it, have under a key that may have several.
func valuesBelow(p *xraymodel.Part, k Key) []event.Value {
	var out []event.Value
	text := func(s string) {
		if s != "" {
			out = append(out, event.StringValue(s))
		}
	}
	if !p.Inferred { // what is inferred has what its caller has
		switch k.Name {
		case "user":
			text(p.User)
		case "availabilityzone":
			text(p.Zone)
		case "instance.id":
			text(p.Instance)
		case "resource.arn":
			text(p.Resource)
		case "message":
			for _, x := range p.Exceptions {
				text(x.Message)
			}
		case KeyAnnotation:
			for _, a := range p.Annotations {
				if a.Key == k.Annotation {
					out = append(out, a.Value)
				}
			}
		}
	}
	if k.Name == "account.id" {
		text(p.Account)
	}
	for _, c := range p.Parts {
		out = append(out, valuesBelow(c, k)...)
	}
	return out
}

// partSubject is a segment, or a call.
type partSubject struct {
	t       *xraymodel.Trace
	p       *xraymodel.Part // what flags, times and values are of
	node    *xraymodel.Part // what name and type are of
	segment *xraymodel.Part // nil for a call
}

func (s partSubject) truth(name string) (value, known bool) {
	switch name {
	case "partial":
		return s.p.Flags.Has(xraymodel.InProgress), true
	case "inferred":
		return s.node.Inferred, true
	case "root":
		return s.segment != nil && (isRoot(s.segment) || s.segment == s.t.Root), true
	}
	return flags(s.p, name)
}

func (s partSubject) values(k Key) []event.Value {
	const second = 1e9
	switch k.Name {
	case "responsetime", "duration":
		if k.Name == "responsetime" && s.p.Flags.Has(xraymodel.InProgress) {
			return nil
		}
		end := s.p.End
		if k.Name == "duration" && s.segment != nil {
			end = max(end, lastEnd(s.p))
		}
		return []event.Value{event.FloatValue(float64(end-s.p.Start) / second)}
	case "name":
		return []event.Value{event.StringValue(s.node.Name)}
	case "type":
		return []event.Value{event.StringValue(s.node.Type)}
	}
	if strings.HasPrefix(k.Name, "http.") {
		return httpValues(&s.p.HTTP, k.Name)
	}
	return valuesBelow(s.p, k)
}

func lastEnd(p *xraymodel.Part) int64 {
	end := p.End
	for _, c := range p.Parts {
		end = max(end, lastEnd(c))
	}
	return end
}

// listed is an element of a list of a root cause.
type listed struct {
	index, of               int
	name, kind, message     string
	inferred, remote        bool
	coverage                float64
	hasCoverage, hasMessage bool
	hasKind                 bool
}

func (l listed) truth(name string) (value, known bool) {
	switch name {
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == l.of-1, true
	case "inferred":
		return l.inferred, true
	case "remote":
		return l.remote, true
	}
	return false, false
}

func (l listed) values(k Key) []event.Value {
	switch {
	case k.Name == "index":
		return []event.Value{event.IntValue(int64(l.index))}
	case k.Name == "name":
		return []event.Value{event.StringValue(l.name)}
	case k.Name == "type" && l.hasKind:
		return []event.Value{event.StringValue(l.kind)}
	case k.Name == "message" && l.hasMessage:
		return []event.Value{event.StringValue(l.message)}
	case k.Name == "coverage" && l.hasCoverage:
		return []event.Value{event.FloatValue(l.coverage)}
	}
	return nil
}
