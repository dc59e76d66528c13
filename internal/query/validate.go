package query

import (
	"github.com/oriel-dev/oriel/internal/fault"
)

// Limits of a pipeline.
const (
	maxStages  = 50
	maxNodes   = 20_000 // of all expressions together
	maxBuckets = 10_000
	maxLimit   = 1_000_000
	maxRegexes = 50
)

// Validate checks that a query can be run by any store: names, limits, nesting,
// patterns. A store need not check again.
func (q *Query) Validate() error {
	switch {
	case q.Environment == "":
		return fault.New(fault.Invalid, "the query names no environment")
	case q.Start >= q.End:
		return fault.New(fault.Invalid, "the time range is empty: it ends at %d and starts at %d", q.End, q.Start)
	case len(q.Stages) > maxStages:
		return fault.New(fault.Invalid, "the query has %d stages; at most %d are taken", len(q.Stages), maxStages)
	}
	v := validator{length: q.End - q.Start}
	for _, s := range q.Stages {
		if err := v.stage(s); err != nil {
			return err
		}
	}
	return nil
}

type validator struct {
	length  int64
	nodes   int
	regexes int
}

func (v *validator) stage(s Stage) error { //nolint:cyclop // one case for each, side by side
	switch x := s.(type) {
	case Filter:
		return v.expr(x.Where, 0)
	case TraceFilter:
		for _, c := range x.Conditions {
			if err := v.expr(c.Where, 0); err != nil {
				return err
			}
		}
	case Relate:
		return v.relate(x)
	case Compute:
		if err := checkName(x.Name); err != nil {
			return err
		}
		return v.expr(x.Expr, 0)
	case Unnest:
		if err := checkName(x.Name); err != nil {
			return err
		}
		return v.expr(x.List, 0)
	case Aggregate:
		return v.aggregate(x)
	case Sort:
		for _, k := range x.Keys {
			if err := checkName(k.Field); err != nil {
				return err
			}
		}
	case Limit:
		if x.Count < 0 || x.Offset < 0 || x.Count > maxLimit || x.Offset > maxLimit {
			return fault.New(fault.Invalid, "the limit is %d from %d on; both must be from 0 to %d", x.Count, x.Offset, maxLimit)
		}
	case Dedup:
		return checkNames(x.Fields)
	case Project:
		return checkNames(x.Fields)
	}
	return nil
}

func (v *validator) relate(r Relate) error {
	if r.Relation >= None {
		return fault.New(fault.Invalid, "%s is no span to take fields from", r.Relation)
	}
	if r.Where != nil {
		if err := v.expr(r.Where, 0); err != nil {
			return err
		}
	}
	for _, f := range r.Fields {
		if err := checkName(f.Name); err != nil {
			return err
		}
		if err := v.expr(f.Expr, 0); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) aggregate(a Aggregate) error { //nolint:cyclop // one case for each, side by side
	if err := checkNames(a.Groups); err != nil {
		return err
	}
	if len(a.Calcs) > maxParts || len(a.Groups) > maxParts {
		return fault.New(fault.Invalid, "the query has %d calculations and %d groups; at most %d of each are taken", len(a.Calcs), len(a.Groups), maxParts)
	}
	if a.Step < 0 || (a.Step > 0 && v.length/a.Step > maxBuckets) {
		return fault.New(fault.Invalid, "buckets of %d ns cut the time range into more than %d; make them longer", a.Step, maxBuckets)
	}
	for _, c := range a.Calcs {
		if err := checkName(c.Name); err != nil {
			return err
		}
		if c.Op == TopValues && !(c.Q >= 1 && c.Q <= MaxListed) {
			return fault.New(fault.Invalid, "the %v most frequent values are asked for; it must be from 1 to %d", c.Q, MaxListed)
		}
		if (c.Op == Quantile || c.Op == Interpolated) && !(c.Q >= 0 && c.Q <= 1) {
			return fault.New(fault.Invalid, "the quantile is %v; it must be from 0 to 1", c.Q)
		}
		if c.Field == "" && c.Op != Count && c.Op != Concurrency {
			return fault.New(fault.Invalid, "%s needs a field", c.Op)
		}
		if err := c.checkSeries(a.Step); err != nil {
			return err
		}
		if c.Where != nil {
			if err := v.expr(c.Where, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *validator) expr(e Expr, depth int) error {
	if v.nodes++; v.nodes > maxNodes {
		return fault.New(fault.Invalid, "the conditions have more than %d parts", maxNodes)
	}
	if depth > maxDepth {
		return fault.New(fault.Invalid, "the condition is nested more than %d deep", maxDepth)
	}
	switch x := e.(type) {
	case nil:
		return fault.New(fault.Invalid, "a condition is missing")
	case Field:
		return checkName(x.Name)
	case Compare:
		return v.all(depth, x.L, x.R)
	case In:
		v.nodes += len(x.Values)
		return v.all(depth, x.X)
	case InQuery:
		if err := x.Query.Validate(); err != nil {
			return err
		}
		return v.all(depth, x.X)
	case Exists:
		return v.all(depth, x.X)
	case Text:
		if x.Op == Regex || x.Op == Pattern {
			if v.regexes++; v.regexes > maxRegexes {
				return fault.New(fault.Invalid, "the query has more than %d patterns", maxRegexes)
			}
		}
		if err := x.Op.check(x.S); err != nil {
			return err
		}
		return v.all(depth, x.X)
	case And:
		return v.all(depth, x.Terms...)
	case Or:
		return v.all(depth, x.Terms...)
	case Not:
		return v.all(depth, x.X)
	case Call:
		return v.call(x, depth)
	}
	return nil
}

// call checks a function; fields may nest deeper than conditions do.
func (v *validator) call(c Call, depth int) error {
	if height(c) > maxFieldDepth {
		return tooDeep()
	}
	if err := CheckField(c); err != nil {
		return err
	}
	switch c.Name {
	case "REG_MATCH", "REG_VALUE", "REG_COUNT", "capture", "replace_pattern":
		if v.regexes++; v.regexes > maxRegexes {
			return fault.New(fault.Invalid, "the query has more than %d patterns", maxRegexes)
		}
	}
	for _, a := range c.Args {
		if inner, ok := a.(Call); ok {
			if v.nodes++; v.nodes > maxNodes {
				return fault.New(fault.Invalid, "the conditions have more than %d parts", maxNodes)
			}
			if err := v.call(inner, depth); err != nil {
				return err
			}
			continue
		}
		if err := v.expr(a, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) all(depth int, list ...Expr) error {
	for _, e := range list {
		if err := v.expr(e, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return fault.New(fault.Invalid, "a field's name is empty or longer than %d bytes", maxName)
	}
	return nil
}

func checkNames(names []string) error {
	for _, n := range names {
		if err := checkName(n); err != nil {
			return err
		}
	}
	return nil
}
