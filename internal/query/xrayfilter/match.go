package xrayfilter

import (
	"encoding/json"
	"strings"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Options say what a trace must be asked beside its own parts.
type Options struct {
	// Slow tells which traces have root causes of their response time; nil for none.
	Slow func(*xraymodel.Trace) bool
}

// Match reports whether the expression is true of a trace, which must have been
// read with annotations and exceptions. Groups must have been put in: see Resolve.
func (e Expression) Match(t *xraymodel.Trace, o Options) bool {
	if e.Root == nil {
		return true
	}
	return (&matcher{t: t, o: o}).match(e.Root, traceSubject{t})
}

// subject is what the conditions in one place of an expression are about.
type subject interface {
	// truth is a boolean key; known is false where it means nothing.
	truth(name string) (value, known bool)
	// values are what a key stands for, none where it is absent.
	values(k Key) []event.Value
}

type matcher struct {
	t      *xraymodel.Trace
	o      Options
	causes map[CauseKind][]xraymodel.Cause
}

func (m *matcher) match(e Expr, s subject) bool {
	switch e := e.(type) {
	case And:
		for _, t := range e.Terms {
			if !m.match(t, s) {
				return false
			}
		}
		return true
	case Or:
		for _, t := range e.Terms {
			if m.match(t, s) {
				return true
			}
		}
		return false
	case Not:
		return !m.match(e.X, s)
	case Has:
		return has(e.Key, s)
	case Compare:
		return compare(e, s)
	case Service:
		return m.service(e)
	case Edge:
		return m.edge(e)
	case RootCause:
		return m.rootCause(e)
	case RootCauseJSON:
		return m.causeJSON(e)
	}
	return false
}

func has(k Key, s subject) bool {
	if v, ok := s.truth(k.Name); ok {
		return v
	}
	values := s.values(k)
	for _, v := range values {
		if v.Kind() == event.Bool && k.Name == KeyAnnotation {
			if v.Bool() {
				return true
			}
			continue
		}
		return true
	}
	return false
}

func compare(c Compare, s subject) bool {
	if v, ok := s.truth(c.Key.Name); ok {
		return (v == c.Value.Truth) == (c.Op == Equal)
	}
	values := s.values(c.Key)
	if len(values) == 0 {
		return false
	}
	if c.Op == Unequal {
		for _, v := range values {
			if holds(v, Equal, c.Value) {
				return false
			}
		}
		return true
	}
	for _, v := range values {
		if holds(v, c.Op, c.Value) {
			return true
		}
	}
	return false
}

// holds compares like with like: numbers with numbers, text with text.
func holds(v event.Value, op Op, with Value) bool {
	switch with.Kind {
	case Number:
		if v.Kind() != event.Int && v.Kind() != event.Float {
			return false
		}
		n, _ := v.Number()
		switch op { //nolint:exhaustive // the parser lets no others through
		case Equal:
			return n == with.Number
		case Less:
			return n < with.Number
		case AtMost:
			return n <= with.Number
		case Greater:
			return n > with.Number
		case AtLeast:
			return n >= with.Number
		}
		return false
	case Truth:
		return v.Kind() == event.Bool && v.Bool() == with.Truth
	case Text:
	}
	if v.Kind() != event.String {
		return false
	}
	switch op { //nolint:exhaustive // the parser lets no others through
	case Equal:
		return v.Str() == with.Text
	case Contains:
		return strings.Contains(v.Str(), with.Text)
	case BeginsWith:
		return strings.HasPrefix(v.Str(), with.Text)
	case EndsWith:
		return strings.HasSuffix(v.Str(), with.Text)
	}
	return false
}

// clientType is the type of the node in front of a service where requests begin.
const clientType = "client"

func (m *matcher) service(e Service) bool {
	for _, s := range m.t.Segments {
		if !s.Segment {
			continue
		}
		meant := e.Of == nil || e.Of.Means(s.Name, s.Type, s.Account)
		if !meant && isRoot(s) && e.Of.IDType != nil && *e.Of.IDType == clientType {
			meant = e.Of.Means(s.Name, clientType, s.Account)
		}
		if meant && (e.Where == nil || m.match(e.Where, partSubject{m.t, s, s, s})) {
			return true
		}
	}
	return false
}

func (m *matcher) edge(e Edge) bool {
	for _, c := range m.t.Calls {
		if e.From.Means(c.From.Name, c.From.Type, c.From.Account) && e.To.Means(c.To.Name, c.To.Type, c.To.Account) &&
			(e.Where == nil || m.match(e.Where, partSubject{m.t, c.Via, c.To, nil})) {
			return true
		}
	}
	if e.From.IDType == nil || *e.From.IDType != clientType {
		return false
	}
	for _, s := range m.t.Segments {
		if isRoot(s) && e.From.Means(s.Name, clientType, s.Account) && e.To.Means(s.Name, s.Type, s.Account) &&
			(e.Where == nil || m.match(e.Where, partSubject{m.t, s, s, nil})) {
			return true
		}
	}
	return false
}

func isRoot(s *xraymodel.Part) bool { return s.Segment && !s.Inferred && s.ParentID == "" }

// Means reports whether a node is the one that is referred to. A service that does
// not say its origin is the one of its name, whatever origin is asked for, as
// on a map.
func (r Ref) Means(name, kind, account string) bool {
	if r.IDName == nil && r.IDType == nil && r.IDAccount == nil {
		return r.Name == name
	}
	is := func(want *string, have string) bool { return want == nil || *want == have }
	untold := kind == "" && r.IDName != nil && r.IDType != nil && *r.IDType != clientType && *r.IDType != call.TypeRemote
	return is(r.IDName, name) && (untold || is(r.IDType, kind)) && is(r.IDAccount, account)
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

func (m *matcher) causesOf(kind CauseKind) []xraymodel.Cause {
	if list, done := m.causes[kind]; done {
		return list
	}
	var list []xraymodel.Cause
	switch kind {
	case OfFault:
		list = m.t.FaultCauses()
	case OfError:
		list = m.t.ErrorCauses()
	case OfResponseTime:
		if m.o.Slow != nil && m.o.Slow(m.t) {
			list = m.t.ResponseTimeCauses()
		}
	}
	if m.causes == nil {
		m.causes = map[CauseKind][]xraymodel.Cause{}
	}
	m.causes[kind] = list
	return list
}

func (m *matcher) rootCause(e RootCause) bool {
	for _, c := range m.causesOf(e.Kind) {
		list := elementsOf(c, e.Part)
		for i := range list {
			list[i].index, list[i].of, list[i].hasCoverage = i, len(list), e.Kind == OfResponseTime && e.Part == CauseEntity
			if e.Where == nil || m.match(e.Where, list[i]) {
				return true
			}
		}
	}
	return false
}

// elementsOf lists a part of a cause, over its whole path.
func elementsOf(c xraymodel.Cause, part CausePart) []listed {
	var list []listed
	for _, s := range c.Services {
		if part == CauseService {
			list = append(list, listed{name: s.Segment.Name, kind: s.Segment.Type, hasKind: true, inferred: s.Segment.Inferred})
			continue
		}
		for _, e := range s.Entities {
			if part == CauseEntity {
				list = append(list, listed{name: e.Part.Name, remote: e.Remote, coverage: e.Coverage})
				continue
			}
			for _, x := range e.Part.Exceptions {
				list = append(list, listed{name: x.Type, message: x.Message, hasMessage: true})
			}
		}
	}
	return list
}

func (m *matcher) causeJSON(e RootCauseJSON) bool {
	var all []any
	for _, kind := range []CauseKind{OfFault, OfError, OfResponseTime} {
		for _, c := range m.causesOf(kind) {
			all = append(all, causeObject(c, kind))
		}
	}
	for _, want := range e.Causes {
		found := false
		for _, have := range all {
			found = found || like(want, have)
		}
		if !found {
			return false
		}
	}
	return true
}

// causeObject is a cause as a summary shows it.
func causeObject(c xraymodel.Cause, kind CauseKind) map[string]any {
	var services []any
	for _, s := range c.Services {
		var path []any
		for _, e := range s.Entities {
			o := map[string]any{"Name": e.Part.Name, "Remote": e.Remote}
			if kind == OfResponseTime {
				o["Coverage"] = e.Coverage
			} else {
				list := []any{}
				for _, x := range e.Part.Exceptions {
					list = append(list, map[string]any{"Name": x.Type, "Message": x.Message})
				}
				o["Exceptions"] = list
			}
			path = append(path, o)
		}
		services = append(services, map[string]any{
			"Name": s.Segment.Name, "Names": []any{s.Segment.Name}, "Type": s.Segment.Type, "AccountId": s.Segment.Account,
			"Inferred": s.Segment.Inferred, "EntityPath": path,
		})
	}
	return map[string]any{"Services": services, "ClientImpacting": c.ClientImpacting}
}

// like compares a given cause with one there is: what is left out may be anything.
func like(want, have any) bool {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for name, v := range w {
			if hv, there := h[name]; !there || !like(v, hv) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return false
		}
		for i := range w {
			if !like(w[i], h[i]) {
				return false
			}
		}
		return true
	case json.Number:
		n, err := w.Float64()
		h, ok := have.(float64)
		return err == nil && ok && n == h
	case nil:
		return have == nil || have == ""
	}
	return want == have
}
