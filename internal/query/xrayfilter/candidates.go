package xrayfilter

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Candidates returns conditions each of which some row of a trace must meet if the
// expression is to match the trace: what a store can answer fast. Traces that meet
// them are to be matched. Without any, every trace is a candidate. What must hold of one
// part of a trace is one condition, since it must hold of the row that the part was
// made of; those that leave fewest traces, as far as can be told, come first.
func (e Expression) Candidates() []query.TraceCondition {
	var out []query.TraceCondition
	if e.Root == nil {
		return out
	}
	list := ofTrace().needs(e.Root).conditions()
	slices.SortStableFunc(list, func(x, y query.Expr) int { return rank(x) - rank(y) })
	for _, c := range list {
		out = append(out, query.TraceCondition{Relation: query.Any, Where: c})
	}
	return out
}

// needs are conditions on rows that a match of an expression needs.
type needs struct {
	own  []query.Expr // all of them of one row: that of the subject
	http []query.Expr // likewise, of the row that its request is told by, where that may be another
	some []query.Expr // each of some row, whichever
}

func (n needs) conditions() []query.Expr {
	list := slices.Clone(n.some)
	for _, one := range [][]query.Expr{n.own, n.http} {
		if len(one) > 0 {
			list = append(list, query.And{Terms: one})
		}
	}
	return list
}

// place is what the conditions in one place of an expression are about: a trace, or
// a part of it.
type place struct {
	part bool
	// below narrows a condition on a value that may be the subject's or that of
	// anything in it to the rows that this can be.
	below func(query.Expr) query.Expr
}

func ofTrace() place { return place{below: func(e query.Expr) query.Expr { return e }} }

// ofPart is the place of a part, which is of one of some services, if known. Subsegments
// that were sent on their own don't know whose they are.
func ofPart(names ...query.Expr) place {
	for _, n := range names {
		if n == nil {
			return place{true, ofTrace().below}
		}
	}
	alone := query.In{X: field(xraymodel.FieldType), Values: []event.Value{event.StringValue(xraymodel.TypeSubsegment)}}
	belongs := query.Or{Terms: append(slices.Clone(names), alone)}
	return place{true, func(e query.Expr) query.Expr { return query.And{Terms: []query.Expr{e, belongs}} }}
}

func (s place) needs(e Expr) needs {
	switch e := e.(type) {
	case And:
		var all needs
		for _, t := range e.Terms {
			n := s.needs(t)
			all.own, all.http, all.some = append(all.own, n.own...), append(all.http, n.http...), append(all.some, n.some...)
		}
		return all
	case Or:
		return s.anyOf(e.Terms)
	case Not:
		if n, ok := e.X.(Not); ok {
			return s.needs(n.X)
		}
	case Has:
		return s.key(e.Key, hasRow(e.Key))
	case Compare:
		return s.key(e.Key, compareRow(e))
	case Service:
		return needs{some: ofService(e)}
	case Edge:
		return needs{some: ofEdge(e)}
	case RootCause:
		switch e.Kind {
		case OfFault:
			return needs{some: one(flagRow("fault"))}
		case OfError:
			return needs{some: one(query.Or{Terms: []query.Expr{flagRow("error"), flagRow("throttle")}})}
		case OfResponseTime:
		}
	}
	return needs{}
}

// key says of which row a condition on a key is.
func (s place) key(k Key, row query.Expr) needs {
	isHTTP := strings.HasPrefix(k.Name, "http.")
	switch {
	case row == nil:
		return needs{}
	case flagRow(k.Name) != nil, k.Name == "responsetime", isHTTP && s.part:
		return needs{own: one(row)}
	case isHTTP:
		return needs{http: one(row)}
	case k.Name == "message", k.Name == "account.id": // of rows of exceptions; of a caller, too
		return needs{some: one(row)}
	}
	return needs{some: one(s.below(row))}
}

// ofService are the needs of a segment that satisfies all of the braces: its row is
// one of its service, or of what calls one that was inferred.
func ofService(e Service) []query.Expr {
	name := named(e.Of)
	inner := ofPart(ownName(e.Of)).needs(e.Where)
	if inner.own != nil && name != nil {
		inner.own = append(inner.own, name)
	}
	if list := inner.conditions(); len(list) > 0 && (inner.own != nil || name == nil) {
		return list
	}
	return append(one(name), inner.some...)
}

// ofEdge are the needs of a call: its row is the caller's, or that of who was called,
// or a subsegment's that was sent on its own.
func ofEdge(e Edge) []query.Expr {
	from, to := named(&e.From), named(&e.To)
	s := ofPart(from, to)
	inner := s.needs(e.Where)
	if inner.own != nil {
		inner.own = []query.Expr{s.below(query.And{Terms: inner.own})}
		return inner.conditions()
	}
	return append(append(inner.some, one(from)...), one(to)...)
}

// mostPairs bounds what two sides of an OR are multiplied out to.
const mostPairs = 9

// anyOf: a trace that meets one of several lists of conditions meets, of any two
// lists, a pair of their conditions by one row that meets either.
func (s place) anyOf(terms []Expr) needs {
	all := make([]needs, len(terms))
	own, http := query.Or{}, query.Or{}
	for i, t := range terms {
		all[i] = s.needs(t)
		if len(all[i].own) > 0 {
			own.Terms = append(own.Terms, query.And{Terms: all[i].own})
		}
		if len(all[i].http) > 0 {
			http.Terms = append(http.Terms, query.And{Terms: all[i].http})
		}
	}
	switch len(terms) {
	case len(own.Terms):
		return needs{own: one(own)}
	case len(http.Terms):
		return needs{http: one(http)}
	}
	var out []query.Expr
	for i, n := range all {
		list := n.conditions()
		if len(list) == 0 {
			return needs{}
		}
		if i == 0 {
			out = list
			continue
		}
		if len(out)*len(list) > mostPairs {
			out, list = out[:1], list[:1]
		}
		var pairs []query.Expr
		for _, x := range out {
			for _, y := range list {
				pairs = append(pairs, query.Or{Terms: []query.Expr{x, y}})
			}
		}
		out = pairs
	}
	return needs{some: out}
}

// rank guesses how few rows meet a condition: the fewer, the lower.
func rank(e query.Expr) int {
	const equal, text, compare, exists, other = 0, 1, 2, 3, 4
	switch e := e.(type) {
	case query.And:
		least := other
		for _, t := range e.Terms {
			least = min(least, rank(t))
		}
		return least
	case query.Or:
		most := equal
		for _, t := range e.Terms {
			most = max(most, rank(t))
		}
		return most
	case query.In:
		return equal
	case query.Text:
		return text
	case query.Compare:
		if e.Op == query.Eq {
			return equal
		}
		return compare
	case query.Exists:
		return exists
	}
	return other
}

func one(e query.Expr) []query.Expr {
	if e == nil {
		return nil
	}
	return []query.Expr{e}
}

func field(name string) query.Expr { return query.Field{Name: name} }

func number(name string, op query.CompareOp, n float64) query.Expr {
	return query.Compare{Op: op, L: field(name), R: query.Literal{Value: event.FloatValue(n)}}
}

func truth(name string) query.Expr {
	return query.Compare{Op: query.Eq, L: field(name), R: query.Literal{Value: event.BoolValue(true)}}
}

// each makes a condition on any of several fields.
func each(names []string, f func(name string) query.Expr) query.Expr {
	var either query.Or
	for _, n := range names {
		either.Terms = append(either.Terms, f(n))
	}
	return either
}

func statusFields() []string { return []string{call.FieldStatus, call.FieldOldStatus} }

// flagRow is met by the row of a part that has the flag.
func flagRow(name string) query.Expr {
	status := func(from, to float64) query.Expr {
		return each(statusFields(), func(f string) query.Expr {
			return query.And{Terms: []query.Expr{number(f, query.Ge, from), number(f, query.Lt, to)}}
		})
	}
	switch name {
	case "fault":
		return query.Or{Terms: []query.Expr{
			truth(xraymodel.FieldFault), status(500, 1000), query.Failed(),
			query.Compare{Op: query.Eq, L: field(event.FieldStatusCode), R: query.Literal{Value: event.StringValue("2")}},
		}}
	case "error":
		return query.Or{Terms: []query.Expr{truth(xraymodel.FieldError), status(400, 500)}}
	case "throttle":
		return query.Or{Terms: []query.Expr{truth(xraymodel.FieldThrottle), status(429, 430)}}
	}
	return nil
}

// fieldsOf are the fields that hold what a key stands for, nil if that can't be told.
func fieldsOf(k Key) []string {
	switch k.Name {
	case KeyAnnotation:
		return []string{k.Annotation, xraymodel.AnnotationPrefix + k.Annotation}
	case "http.status":
		return statusFields()
	case "http.method":
		return []string{"http.request.method", "http.method"}
	case "http.useragent":
		return []string{"user_agent.original", "http.user_agent"}
	case "http.clientip":
		return []string{"client.address", "http.client_ip"}
	case "user":
		return []string{"enduser.id", "user.id"}
	case "message":
		return []string{"exception.message"}
	case "instance.id":
		return []string{"host.id"}
	case "availabilityzone":
		return []string{"cloud.availability_zone"}
	case "account.id":
		return []string{"aws.account_id", "cloud.account.id"}
	case "resource.arn":
		return []string{xraymodel.FieldResource, "aws.xray.resource_arn", "faas.id", "cloud.resource_id"}
	}
	return nil
}

func exists(name string) query.Expr { return query.Exists{X: field(name)} }

func hasRow(k Key) query.Expr {
	if f := flagRow(k.Name); f != nil {
		return f
	}
	if k.Name == "http.url" {
		return nil
	}
	if names := fieldsOf(k); names != nil {
		return each(names, exists)
	}
	return nil
}

func compareRow(c Compare) query.Expr {
	if f := flagRow(c.Key.Name); f != nil && (c.Op == Equal) == c.Value.Truth {
		return f
	}
	if c.Key.Name == "responsetime" && (c.Op == Greater || c.Op == AtLeast) {
		// A little less, since one is in nanoseconds and the other in milliseconds.
		const almost = 0.999
		return number(event.FieldDuration, query.Ge, c.Value.Number*1000*almost)
	}
	if c.Key.Name == "http.url" && c.Value.Kind == Text && c.Op != Unequal {
		return urlRow(c.Op, c.Value.Text)
	}
	names := fieldsOf(c.Key)
	if names == nil {
		return nil
	}
	if c.Op == Unequal || c.Value.Kind == Truth {
		return each(names, exists)
	}
	return each(names, func(name string) query.Expr {
		if c.Value.Kind == Number {
			op := map[Op]query.CompareOp{Equal: query.Eq, Less: query.Lt, AtMost: query.Le, Greater: query.Gt, AtLeast: query.Ge}[c.Op]
			return number(name, op, c.Value.Number)
		}
		return textRow(name, c.Op, c.Value.Text)
	})
}

func textRow(name string, op Op, s string) query.Expr {
	if s == "" {
		return exists(name)
	}
	switch op { //nolint:exhaustive // the others are not of text
	case Contains:
		return query.Text{Op: query.Contains, X: field(name), S: s}
	case BeginsWith:
		return query.Text{Op: query.StartsWith, X: field(name), S: s}
	case EndsWith:
		return query.Text{Op: query.EndsWith, X: field(name), S: s}
	}
	return query.In{X: field(name), Values: []event.Value{event.StringValue(s)}}
}

// urlRow is met by rows with such a URL, and by those of which one is made of parts.
func urlRow(op Op, s string) query.Expr {
	parts := each([]string{"url.path", "http.target"}, exists)
	return query.Or{Terms: []query.Expr{
		textRow("url.full", op, s), textRow("http.url", op, s),
		query.And{Terms: []query.Expr{query.Not{X: exists("url.full")}, query.Not{X: exists("http.url")}, parts}},
	}}
}

// nameOf is the name that a reference gives, "" for none.
func nameOf(r *Ref) string {
	switch {
	case r == nil:
		return ""
	case r.IDName != nil:
		return *r.IDName
	case r.IDType != nil || r.IDAccount != nil:
		return ""
	}
	return r.Name
}

// ownName is met by the rows that the service which a reference names sent itself; nil
// where it names none.
func ownName(r *Ref) query.Expr {
	name := nameOf(r)
	if name == "" {
		return nil
	}
	return each([]string{event.FieldService, "aws.local.service", event.SystemDataset}, func(f string) query.Expr {
		return query.In{X: field(f), Values: []event.Value{event.StringValue(name)}}
	})
}

// named is met by rows of the node that a reference means: those of its service, or
// of those who call it; nil where it names none.
func named(r *Ref) query.Expr {
	name := nameOf(r)
	if name == "" {
		return nil
	}
	piece := name
	if before, _, ok := strings.Cut(name, "@"); ok && before != "" {
		piece = before // of a database at a host
	}
	either := query.Or{Terms: []query.Expr{ownName(r)}}
	for _, f := range append(call.PeerFields(), call.LastResorts()...) {
		either.Terms = append(either.Terms, query.Text{Op: query.Search, X: field(f), S: piece})
	}
	return either
}
