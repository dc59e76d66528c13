package logtext

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
)

// AsPattern writes a condition as a filter pattern; ok is false where there is
// none that means it: a pattern is about the message only, and about its text or
// its JSON, not both.
func AsPattern(e query.Expr) (text string, ok bool) {
	text, ok = asTerms(e)
	if !ok {
		var body string
		if body, ok = asJSON(e, false); ok {
			text = "{ " + body + " }"
		}
	}
	if t, is := e.(query.Text); is && t.Op == query.Pattern && isBody(t.X) {
		text, ok = t.S, true
	}
	if !ok {
		return "", false
	}
	p, err := pattern.Parse(text)
	if err != nil {
		return "", false
	}
	return p.String(), true
}

func isBody(e query.Expr) bool {
	f, ok := e.(query.Field)
	return ok && f.Name == event.FieldBody
}

// asTerms writes tests of the message's text.
func asTerms(e query.Expr) (string, bool) {
	switch x := e.(type) {
	case query.Text:
		return asTerm("", x)
	case query.Not:
		if t, ok := x.X.(query.Text); ok {
			return asTerm("-", t)
		}
	case query.And:
		return termList(x.Terms, func(e query.Expr) (string, bool) {
			if _, nested := e.(query.And); nested {
				return "", false
			}
			if o, nested := e.(query.Or); nested && len(o.Terms) > 1 {
				return "", false
			}
			return asTerms(e)
		})
	case query.Or:
		return termList(x.Terms, func(e query.Expr) (string, bool) {
			t, ok := e.(query.Text)
			if !ok {
				return "", false
			}
			return asTerm("?", t)
		})
	}
	return "", false
}

func termList(list []query.Expr, one func(query.Expr) (string, bool)) (string, bool) {
	parts := make([]string, len(list))
	for i, e := range list {
		var ok bool
		if parts[i], ok = one(e); !ok {
			return "", false
		}
	}
	return strings.Join(parts, " "), true
}

func asTerm(sign string, t query.Text) (string, bool) {
	if !isBody(t.X) {
		return "", false
	}
	switch t.Op { //nolint:exhaustive // the others are no terms
	case query.Contains:
		return sign + quoted(t.S), strings.TrimSpace(t.S) != ""
	case query.Regex:
		return sign + "%" + t.S + "%", true
	}
	return "", false
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// asJSON writes conditions on fields as a JSON pattern; negated turns a
// comparison into its opposite, which is false too where there is no value.
func asJSON(e query.Expr, negated bool) (string, bool) {
	switch x := e.(type) {
	case query.And:
		return asJSONList(x.Terms, negated, " && ", " || ")
	case query.Or:
		return asJSONList(x.Terms, negated, " || ", " && ")
	case query.Not:
		return asJSON(x.X, !negated)
	case query.Exists:
		s, ok := selector(x.X)
		if negated {
			return s + " NOT EXISTS", ok
		}
		return s + " = *", ok
	case query.In:
		terms := make([]query.Expr, len(x.Values))
		for i, v := range x.Values {
			terms[i] = query.Compare{Op: query.Eq, L: x.X, R: query.Literal{Value: v}}
		}
		return asJSON(query.Or{Terms: terms}, negated)
	case query.Compare:
		return asComparison(x, negated)
	case query.Text:
		s, ok := selector(x.X)
		op := map[bool]string{false: " = ", true: " != "}[negated]
		if strings.ContainsRune(x.S, '*') && x.Op != query.Regex {
			return "", false
		}
		switch x.Op {
		case query.Contains:
			return s + op + quoted("*"+x.S+"*"), ok
		case query.StartsWith:
			return s + op + quoted(x.S+"*"), ok
		case query.EndsWith:
			return s + op + quoted("*"+x.S), ok
		case query.Regex:
			return s + op + "%" + x.S + "%", ok
		case query.Search, query.Pattern:
		}
	}
	return "", false
}

func asJSONList(list []query.Expr, negated bool, joint, opposite string) (string, bool) {
	if negated {
		joint = opposite
	}
	if len(list) == 0 {
		return "", false
	}
	parts := make([]string, len(list))
	for i, e := range list {
		var ok bool
		if parts[i], ok = asJSON(e, negated); !ok {
			return "", false
		}
		if len(list) > 1 && strings.Contains(parts[i], strings.TrimSpace(map[string]string{" && ": " || ", " || ": " && "}[joint])) {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, joint), true
}

func asComparison(x query.Compare, negated bool) (string, bool) {
	s, ok := selector(x.L)
	l, literal := x.R.(query.Literal)
	if !ok || !literal {
		return "", false
	}
	ops := [...]string{query.Eq: "=", query.Ne: "!=", query.Lt: "<", query.Le: "<=", query.Gt: ">", query.Ge: ">="}
	op := x.Op
	if negated {
		op = [...]query.CompareOp{query.Eq: query.Ne, query.Ne: query.Eq, query.Lt: query.Ge, query.Le: query.Gt, query.Gt: query.Le, query.Ge: query.Lt}[op]
	}
	switch v := l.Value; v.Kind() {
	case event.String:
		if op > query.Ne || strings.ContainsRune(v.Str(), '*') {
			return "", false
		}
		return s + " " + ops[op] + " " + quoted(v.Str()), true
	case event.Bool:
		if op > query.Ne {
			return "", false
		}
		return s + " IS " + strings.ToUpper(strconv.FormatBool(v.Bool() == (op == query.Eq))), true
	case event.Int, event.Float:
		return s + " " + ops[op] + " " + v.Text(), true
	case event.Null:
	}
	return "", false
}

// selector is the place in a JSON message that a field was found at; ok is false
// for fields that are not of the message.
func selector(e query.Expr) (string, bool) {
	f, ok := e.(query.Field)
	if !ok || event.IsSystem(f.Name) || strings.HasPrefix(f.Name, "_") {
		return "", false
	}
	name, of := strings.CutPrefix(f.Name, "message.")
	switch {
	case of:
	case name == event.FieldBody, name == event.FieldSeverity, name == event.FieldLogGroup, name == event.FieldLogStream,
		strings.HasPrefix(name, "meta."), strings.HasPrefix(name, "trace."):
		return "", false
	}
	var path []pattern.Step
	for key := range strings.SplitSeq(name, ".") {
		s := pattern.Step{Key: key, Index: -1}
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && strconv.Itoa(i) == key && len(path) > 0 {
			s = pattern.Step{Index: i}
		}
		path = append(path, s)
	}
	return pattern.PathText(path), true
}

// AsInsights writes a condition as one of Insights' filter command; ok is false
// where it has none.
func AsInsights(e query.Expr) (text string, ok bool) {
	switch x := e.(type) {
	case query.And:
		return insightsList(x.Terms, " and ")
	case query.Or:
		return insightsList(x.Terms, " or ")
	case query.Not:
		inner, ok := AsInsights(x.X)
		return "not (" + inner + ")", ok
	case query.Exists:
		f, ok := insightsField(x.X)
		return "ispresent(" + f + ")", ok
	case query.In:
		f, ok := insightsField(x.X)
		values := make([]string, len(x.Values))
		for i, v := range x.Values {
			values[i] = insightsValue(v)
		}
		return f + " in [" + strings.Join(values, ", ") + "]", ok && len(values) > 0
	case query.Compare:
		f, ok := insightsField(x.L)
		l, literal := x.R.(query.Literal)
		if !ok || !literal || l.Value.IsNull() || int(x.Op) > int(query.Ge) {
			return "", false
		}
		op := [...]string{query.Eq: "=", query.Ne: "!=", query.Lt: "<", query.Le: "<=", query.Gt: ">", query.Ge: ">="}[x.Op]
		return f + " " + op + " " + insightsValue(l.Value), true
	case query.Text:
		return insightsText(x)
	}
	return "", false
}

func insightsList(list []query.Expr, joint string) (string, bool) {
	if len(list) == 0 {
		return "", false
	}
	parts := make([]string, len(list))
	for i, e := range list {
		var ok bool
		if parts[i], ok = AsInsights(e); !ok {
			return "", false
		}
		switch e.(type) {
		case query.And, query.Or:
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, joint), true
}

func insightsText(t query.Text) (string, bool) {
	f, ok := insightsField(t.X)
	if !ok {
		return "", false
	}
	regex := func(re string) (string, bool) {
		return f + " like /" + strings.ReplaceAll(strings.ReplaceAll(re, `\/`, "/"), "/", `\/`) + "/", true
	}
	switch t.Op {
	case query.Contains:
		return f + " like " + insightsValue(event.StringValue(t.S)), true
	case query.StartsWith:
		return regex("^" + regexp.QuoteMeta(t.S))
	case query.EndsWith:
		return regex(regexp.QuoteMeta(t.S) + "$")
	case query.Search:
		return regex("(?i)" + regexp.QuoteMeta(t.S))
	case query.Regex:
		return regex(t.S)
	case query.Pattern:
		if simpler, ok := t.Lowered(); ok {
			return AsInsights(simpler)
		}
		if p := query.FilterPattern(t.S); p != nil && p.Kind == pattern.JSON {
			return insightsNode(p.Where)
		}
	}
	return "", false
}

// insightsNode writes a JSON pattern by the names that the fields have.
func insightsNode(n pattern.Node) (string, bool) {
	list := func(nodes []pattern.Node, joint string) (string, bool) {
		parts := make([]string, len(nodes))
		for i, n := range nodes {
			var ok bool
			if parts[i], ok = insightsNode(n); !ok {
				return "", false
			}
			if _, leaf := n.(*pattern.Condition); !leaf {
				parts[i] = "(" + parts[i] + ")"
			}
		}
		return strings.Join(parts, joint), true
	}
	switch x := n.(type) {
	case pattern.And:
		return list(x, " and ")
	case pattern.Or:
		return list(x, " or ")
	case *pattern.Condition:
		e := condition(x)
		if e == nil {
			return "", false
		}
		return AsInsights(e)
	}
	return "", false
}

// condition is a condition of a JSON pattern as one on the field that is found
// there, nil where there is none.
func condition(c *pattern.Condition) query.Expr {
	keys := make([]string, len(c.Path))
	for i, s := range c.Path {
		if keys[i] = s.Key; !s.IsMember() {
			keys[i] = strconv.Itoa(s.Index)
		}
		if s.Every {
			return nil
		}
	}
	if len(keys) == 0 {
		return nil
	}
	f := query.Field{Name: strings.Join(keys, ".")}
	var e query.Expr
	switch c.Op {
	case pattern.NotExists:
		return query.Not{X: query.Exists{X: f}}
	case pattern.IsTrue, pattern.IsFalse:
		return query.Compare{Op: query.Eq, L: f, R: query.Literal{Value: event.BoolValue(c.Op == pattern.IsTrue)}}
	case pattern.IsNull:
		return nil
	case pattern.Lt, pattern.Le, pattern.Gt, pattern.Ge:
		op := [...]query.CompareOp{pattern.Lt: query.Lt, pattern.Le: query.Le, pattern.Gt: query.Gt, pattern.Ge: query.Ge}[c.Op]
		return query.Compare{Op: op, L: f, R: query.Literal{Value: event.FloatValue(c.Value.Number)}}
	case pattern.Eq, pattern.Ne:
	}
	switch {
	case c.Value.Regex != nil:
		e = query.Text{Op: query.Regex, X: f, S: c.Value.Regex.String()}
	case c.Value.Glob != nil:
		e = glob(f, c.Value.Text)
	default:
		op := map[bool]query.CompareOp{true: query.Eq, false: query.Ne}[c.Op == pattern.Eq]
		return query.Compare{Op: op, L: f, R: query.Literal{Value: typed(c.Value.Text, c.Value.Quoted)}}
	}
	if c.Op == pattern.Ne {
		return query.Not{X: e}
	}
	return e
}

var bareName = regexp.MustCompile(`^@?[A-Za-z_][A-Za-z0-9_.]*$`)

func insightsField(e query.Expr) (string, bool) {
	f, ok := e.(query.Field)
	if !ok {
		return "", false
	}
	name := strings.TrimPrefix(f.Name, "message.")
	switch f.Name {
	case event.FieldBody:
		return "@message", true
	case event.FieldLogStream:
		return "@logStream", true
	case event.FieldLogGroup:
		return "@log", true
	case event.SystemTime:
		return "@timestamp", true
	}
	if bareName.MatchString(name) {
		return name, true
	}
	return "`" + name + "`", !strings.Contains(name, "`")
}

func insightsValue(v event.Value) string {
	if v.Kind() == event.Int || v.Kind() == event.Float {
		return v.Text()
	}
	return quoted(v.Text())
}
