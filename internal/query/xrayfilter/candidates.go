package xrayfilter

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/call"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

// Candidates returns conditions each of which some row of a trace must meet if the
// expression is to match the trace: what a store can answer fast. Traces that meet
// them are to be matched. Without any, every trace is a candidate.
func (e Expression) Candidates() []query.TraceCondition {
	var out []query.TraceCondition
	for _, c := range candidates(e.Root) {
		out = append(out, query.TraceCondition{Relation: query.Any, Where: c})
	}
	return out
}

// mostPairs bounds what two sides of an OR are multiplied out to.
const mostPairs = 9

func candidates(e Expr) []query.Expr {
	switch e := e.(type) {
	case And:
		var all []query.Expr
		for _, t := range e.Terms {
			all = append(all, candidates(t)...)
		}
		return all
	case Or:
		return anyOf(e.Terms)
	case Not:
		if n, ok := e.X.(Not); ok {
			return candidates(n.X)
		}
	case Has:
		return one(hasRow(e.Key))
	case Compare:
		return one(compareRow(e))
	case Service:
		return append(named(e.Of), candidates(e.Where)...)
	case Edge:
		return append(append(named(&e.From), named(&e.To)...), candidates(e.Where)...)
	case RootCause:
		switch e.Kind {
		case OfFault:
			return one(flagRow("fault"))
		case OfError:
			return one(query.Or{Terms: []query.Expr{flagRow("error"), flagRow("throttle")}})
		case OfResponseTime:
		}
	}
	return nil
}

// anyOf: a trace that meets one of several lists of conditions meets, of any two
// lists, a pair of their conditions by one row that meets either.
func anyOf(terms []Expr) []query.Expr {
	var out []query.Expr
	for i, t := range terms {
		list := candidates(t)
		if len(list) == 0 {
			return nil
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
	return out
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

// named are conditions on the rows of the node that a reference means: those of
// its service, or of those who call it.
func named(r *Ref) []query.Expr {
	if r == nil {
		return nil
	}
	name := r.Name
	switch {
	case r.IDName != nil:
		name = *r.IDName
	case r.IDType != nil || r.IDAccount != nil:
		return nil
	}
	if name == "" {
		return nil
	}
	own := []string{event.FieldService, "aws.local.service", event.SystemDataset}
	either := query.Or{}
	for _, f := range own {
		either.Terms = append(either.Terms, query.In{X: field(f), Values: []event.Value{event.StringValue(name)}})
	}
	piece := name
	if before, _, ok := strings.Cut(name, "@"); ok && before != "" {
		piece = before // of a database at a host
	}
	for _, f := range append(call.PeerFields(), call.LastResorts()...) {
		either.Terms = append(either.Terms, query.Text{Op: query.Search, X: field(f), S: piece})
	}
	return []query.Expr{either}
}
