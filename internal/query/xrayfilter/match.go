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
