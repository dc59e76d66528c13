package query

import (
	"slices"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Condition returns the one condition that the query's Filter and Compute stages
// put on a row, computed fields put in where they are read; it is true of every
// row if there are none. Other stages are refused. inline does the same to a
// further expression over the stages' rows.
func (q *Query) Condition() (where Expr, inline func(Expr) Expr, err error) {
	r, err := q.Reading()
	if err == nil && r.LooksAtTraces() {
		err = fault.New(fault.Invalid, "only conditions on single events can be asked here, and this query asks about other spans of their traces: %q", q)
	}
	if err != nil {
		return nil, nil, err
	}
	return r.Where, r.Inline, nil
}

// Reading is what a query says of single rows, and of what lies in their traces.
type Reading struct {
	Where Expr // of the row; true of every row if nothing is asked

	// Inline puts computed fields in where a further expression over the rows reads them.
	Inline func(Expr) Expr

	// Traces must hold as well. Relates are read by Where, and by what Inline gives,
	// under the names of their fields here, which no field of an event has.
	Traces  []TraceCondition
	Relates []Relate
}

// LooksAtTraces reports whether other spans of a row's trace are asked about.
func (r *Reading) LooksAtTraces() bool { return len(r.Traces)+len(r.Relates) > 0 }

// Reading is Condition for one who can also look at other spans: TraceFilter and
// Relate stages are taken too. The order of stages does not matter to what they
// say, since both look at all events of the range.
func (q *Query) Reading() (*Reading, error) {
	all := And{}
	made := map[string]Expr{}
	r := &Reading{Inline: func(e Expr) Expr { return substitute(e, made) }}
	for _, stage := range q.Stages {
		switch s := stage.(type) {
		case Filter:
			all.Terms = append(all.Terms, r.Inline(s.Where))
		case Compute:
			made[s.Name] = r.Inline(s.Expr)
		case TraceFilter:
			r.Traces = append(r.Traces, s.Conditions...)
		case Relate:
			s.Fields = slices.Clone(s.Fields)
			for i := range s.Fields {
				name := "\x00" + strconv.Itoa(len(r.Relates)) + "." + strconv.Itoa(i) // names with it are refused at the door
				made[s.Fields[i].Name] = Field{Name: name}
				s.Fields[i].Name = name
			}
			r.Relates = append(r.Relates, s)
		default:
			return nil, fault.New(fault.Invalid, "only conditions on single events can be compared, and this query also says %q", s)
		}
	}
	r.Where = all
	return r, nil
}

// substitute puts expressions in the place of fields.
func substitute(e Expr, made map[string]Expr) Expr {
	if len(made) == 0 {
		return e
	}
	return rewrite(e, func(x Expr) Expr {
		if f, ok := x.(Field); ok {
			if by, ok := made[f.Name]; ok {
				return by
			}
		}
		return x
	})
}

// rewrite makes an expression anew: f is given each part once the parts within
// are what f made of them, and returns what stands in its place.
func rewrite(e Expr, f func(Expr) Expr) Expr {
	list := func(terms []Expr) []Expr {
		out := slices.Clone(terms)
		for i, t := range out {
			out[i] = rewrite(t, f)
		}
		return out
	}
	switch x := e.(type) {
	case Compare:
		e = Compare{Op: x.Op, L: rewrite(x.L, f), R: rewrite(x.R, f)}
	case In:
		e = In{X: rewrite(x.X, f), Values: x.Values}
	case InQuery:
		e = InQuery{X: rewrite(x.X, f), Query: x.Query}
	case Exists:
		e = Exists{X: rewrite(x.X, f)}
	case Text:
		e = Text{Op: x.Op, X: rewrite(x.X, f), S: x.S}
	case And:
		e = And{Terms: list(x.Terms)}
	case Or:
		e = Or{Terms: list(x.Terms)}
	case Not:
		e = Not{X: rewrite(x.X, f)}
	case Call:
		e = Call{Name: x.Name, Args: list(x.Args)}
	}
	return f(e)
}
