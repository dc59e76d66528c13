package query

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// WithIDs writes ids of traces that conditions compare with as rows have them, so
// that one finds the same trace in whatever notation it is given: X-Ray's
// 1-5759e988-bd862e3fe1be46a994272793, 32 digits in any case, a traceparent, a UUID.
// q itself is not changed, and is returned if there is nothing to write.
func (q *Query) WithIDs() *Query {
	var out *Query
	for i, stage := range q.Stages {
		changed, ok := stageWithIDs(stage)
		if !ok {
			continue
		}
		if out == nil {
			copied := *q
			copied.Stages = slices.Clone(q.Stages)
			out = &copied
		}
		out.Stages[i] = changed
	}
	if out == nil {
		return q
	}
	return out
}

// ConditionWithIDs is WithIDs for a condition, which may be nil.
func ConditionWithIDs(e Expr) Expr {
	if !namesTrace(e) {
		return e
	}
	return rewrite(e, withIDs)
}

// stageWithIDs reports whether a stage compares ids of traces with anything.
func stageWithIDs(stage Stage) (changed Stage, ok bool) {
	switch s := stage.(type) {
	case Filter:
		return Filter{Where: ConditionWithIDs(s.Where)}, namesTrace(s.Where)
	case Compute:
		return Compute{Name: s.Name, Expr: ConditionWithIDs(s.Expr)}, namesTrace(s.Expr)
	case TraceFilter:
		return s.each(ConditionWithIDs), slices.ContainsFunc(s.Conditions, func(c TraceCondition) bool { return namesTrace(c.Where) })
	case Relate:
		return s.each(ConditionWithIDs), namesTrace(s.Where) || slices.ContainsFunc(s.Fields, func(f RelatedField) bool { return namesTrace(f.Expr) })
	case Aggregate:
		if !slices.ContainsFunc(s.Calcs, func(c Calc) bool { return namesTrace(c.Where) }) {
			return s, false
		}
		s.Calcs = slices.Clone(s.Calcs)
		for i := range s.Calcs {
			s.Calcs[i].Where = ConditionWithIDs(s.Calcs[i].Where)
		}
		return s, true
	case Relevant:
		some := namesTrace(s.Where)
		s.Where = ConditionWithIDs(s.Where)
		return s, some
	}
	return stage, false
}

func namesTrace(e Expr) (some bool) {
	walk(e, func(x Expr) { some = some || isTraceField(x) })
	return some
}

func isTraceField(e Expr) bool {
	f, ok := e.(Field)
	return ok && (f.Name == event.FieldTraceID || f.Name == event.FieldLinkTraceID)
}

// withIDs changes one node: what stands beside the field.
func withIDs(e Expr) Expr {
	switch x := e.(type) {
	case Compare:
		switch {
		case isTraceField(x.L):
			x.R = literalID(x.R)
		case isTraceField(x.R):
			x.L = literalID(x.L)
		}
		return x
	case In:
		if isTraceField(x.X) {
			values := slices.Clone(x.Values)
			for i, v := range values {
				values[i] = storedID(v)
			}
			return In{X: x.X, Values: values}
		}
	case Text:
		if isTraceField(x.X) && x.Op <= EndsWith {
			x.S = storedID(event.StringValue(x.S)).Str()
		}
		return x
	case Call:
		if slices.ContainsFunc(x.Args, isTraceField) {
			args := slices.Clone(x.Args)
			for i, a := range args {
				args[i] = literalID(a)
			}
			return Call{Name: x.Name, Args: args}
		}
	}
	return e
}

func literalID(e Expr) Expr {
	if l, ok := e.(Literal); ok {
		return Literal{Value: storedID(l.Value)}
	}
	return e
}

// storedID is the value with an id in the notation of rows; what is not a whole
// id of 16 bytes stays as it is.
func storedID(v event.Value) event.Value {
	const digits = 32
	if v.Kind() != event.String || len(v.Str()) < digits {
		return v
	}
	if id, ok := event.TraceID(v.Str()); ok && len(id) <= digits {
		return event.StringValue(id)
	}
	return v
}
