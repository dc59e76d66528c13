package duckdb

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// countPlan is how a query is answered that begins by counting rows by a few keys,
// or by calculating with numbers of theirs.
type countPlan struct {
	terms    []query.Expr // all must hold; those that cost least come first
	keys     []countKey
	calcs    []countCalc
	fields   []fieldPlan
	names    []string // of the columns: keys, then calculations
	weighted bool
	timed    bool // something asks for the times of rows
	rest     []query.Stage
	most     int   // different values of a key, of one worker
	keeps    int64 // bytes of numbers that are kept, at most
}

// countCalc is a calculation: of events, or of the numbers of a field.
type countCalc struct {
	op    query.CalcOp
	field int // its place in fields; -1 counts rows
	share int // of a quantile: its place in fieldPlan.shares
}

// countKey is what rows are counted by: the dataset, a stored field, or the time
// rounded down.
type countKey struct {
	kind         event.Kind
	dataset      bool
	field        string
	step, offset int64
}

// mostCountKeys bounds the keys of a group.
const mostCountKeys = 4

// countStages takes a query apart that begins by counting rows.
func countStages(q *query.Query) (where query.Expr, inline func(query.Expr) query.Expr, at int, counts bool) {
	at = slices.IndexFunc(q.Stages, func(s query.Stage) bool { _, ok := s.(query.Aggregate); return ok })
	if at < 0 {
		return nil, nil, 0, false
	}
	events := *q
	events.Stages = q.Stages[:at]
	where, inline, err := events.Condition()
	if err != nil {
		return nil, nil, 0, false
	}
	a, _ := q.Stages[at].(query.Aggregate)
	keys := len(a.Groups)
	if a.Step > 0 {
		keys++
	}
	return where, inline, at, keys <= mostCountKeys && a.From == 0 && a.To == 0 && !slices.ContainsFunc(a.Calcs, func(k query.Calc) bool { return !isCounted(k) })
}

// isCounted tells the calculations that are made here.
func isCounted(k query.Calc) bool {
	if k.Where != nil || k.Series != nil {
		return false
	}
	switch k.Op { //nolint:exhaustive // DuckDB makes the others
	case query.Count:
		return true
	case query.Sum, query.Avg, query.Min, query.Max, query.Histogram:
		return k.Field != ""
	case query.Quantile, query.Interpolated:
		return k.Field != "" && k.Q >= 0 && k.Q <= 1
	}
	return false
}

// planCount says how to answer a query by counting; false if that is not its
// kind, or if DuckDB does it sooner.
func (sn *snapshot) planCount(q *query.Query) (*countPlan, bool) {
	where, inline, at, counts := countStages(q)
	if !counts || sqlgen.LooksAtTraces(q) {
		return nil, false
	}
	a, _ := q.Stages[at].(query.Aggregate)
	p := &countPlan{weighted: sn.weighted && !q.Unweighted, rest: q.Stages[at+1:], most: mostCountValues}
	p.terms, _ = planTerms(where)
	for _, t := range p.terms {
		if !isSimple(t) {
			return nil, false
		}
		p.timed = p.timed || slices.Contains(query.FieldsOf(t), event.SystemTime)
	}
	for _, name := range a.Groups {
		k, ok := sn.keyOf(inline(query.Field{Name: name}))
		if !ok {
			return nil, false
		}
		p.keys, p.names = append(p.keys, k), append(p.names, name)
	}
	if a.Step > 0 {
		p.keys, p.names = append(p.keys, countKey{kind: event.Int, step: a.Step}), append(p.names, event.SystemTime)
	}
	for _, k := range p.keys {
		p.timed = p.timed || k.step > 0
	}
	for _, calc := range a.Calcs {
		p.names = append(p.names, calc.Name)
		field := ""
		if calc.Field != "" {
			f, isField := inline(query.Field{Name: calc.Field}).(query.Field)
			if !isField || !sn.isNumber(f.Name) {
				return nil, false
			}
			field = f.Name
		}
		p.calculate(calc, field, sn)
	}
	return p, p.keep(sn)
}

// isNumber reports whether a field holds nothing but numbers, wherever it is kept.
func (sn *snapshot) isNumber(name string) bool {
	if event.IsSystem(name) {
		return false
	}
	switch sn.Kind(name) {
	case event.Null, event.Int, event.Float:
		return true
	case event.Bool, event.String:
	}
	return false
}

// calculate plans a calculation, with the numbers of a field if it is not "".
func (p *countPlan) calculate(calc query.Calc, field string, sn *snapshot) {
	c := countCalc{op: calc.Op, field: -1}
	if field == "" {
		p.calcs = append(p.calcs, c)
		return
	}
	c.field = slices.IndexFunc(p.fields, func(f fieldPlan) bool { return f.field == field })
	if c.field < 0 {
		c.field = len(p.fields)
		p.fields = append(p.fields, fieldPlan{field: field, kind: sn.Kind(field)})
	}
	f := &p.fields[c.field]
	many := sn.rows > sqlgen.ExactRows
	switch calc.Op { //nolint:exhaustive // isCounted lets no others through
	case query.Count:
		f.counted = true
	case query.Sum, query.Avg:
		f.summed = true
	case query.Min, query.Max:
		f.extremes = true
	case query.Histogram:
		f.binned = true
	case query.Quantile, query.Interpolated:
		s := share{q: calc.Q, between: calc.Op == query.Interpolated && (p.weighted || !many)} // as sqlgen does
		s.binned = !s.between && (p.weighted || many)
		f.binned, f.kept = f.binned || s.binned, f.kept || !s.binned
		if c.share = slices.Index(f.shares, s); c.share < 0 {
			c.share = len(f.shares)
			f.shares = append(f.shares, s)
		}
	}
	p.calcs = append(p.calcs, c)
}

// keep reckons how many numbers are kept; false if they are more than DuckDB keeps
// for a field.
func (p *countPlan) keep(sn *snapshot) bool {
	const size = 8
	for _, f := range p.fields {
		if f.kept {
			p.keeps += size * sn.rows
		}
	}
	return p.keeps <= size*sqlgen.ExactRows
}

// isSimple tells the conditions that are soon decided: each part is about one
// field, and tests each different value once. Messages are not among those fields:
// DuckDB unpacks them in two thirds of the time.
func isSimple(e query.Expr) bool {
	each := func(terms []query.Expr) bool {
		return !slices.ContainsFunc(terms, func(t query.Expr) bool { return !isSimple(t) })
	}
	switch x := e.(type) {
	case query.And:
		return each(x.Terms)
	case query.Or:
		return each(x.Terms)
	case query.Not:
		return isSimple(x.X)
	case query.Text:
		return x.Op != query.Regex && x.Op != query.Search && isField(x.X)
	case query.Compare:
		_, literal := x.R.(query.Literal)
		return literal && isField(x.L)
	case query.In:
		return isField(x.X)
	case query.Exists:
		return isField(x.X)
	case query.Literal:
		return true
	}
	return false
}

func isField(e query.Expr) bool {
	f, ok := e.(query.Field)
	return ok && f.Name != event.FieldBody
}

// isMixed reports whether a field is not a column of one kind wherever it is kept.
func (sn *snapshot) isMixed(name string) bool {
	for _, f := range sn.files {
		for _, d := range f.info.Datasets {
			if d.Environment != sn.environment || !sn.wants(d.Dataset) {
				continue
			}
			for _, field := range d.Fields {
				if field.Name == name && (field.Column == "" || field.Kind != sn.Kind(name)) {
					return true
				}
			}
		}
	}
	return slices.ContainsFunc(sn.hot, func(b *event.Batch) bool {
		c := b.Find(name)
		return c != nil && c.Len() > 0 && c.Kind != sn.Kind(name)
	})
}

// keyOf makes a key of an expression, if it is a simple one.
func (sn *snapshot) keyOf(e query.Expr) (k countKey, ok bool) {
	switch x := e.(type) {
	case query.Field:
		if x.Name == event.SystemDataset {
			return countKey{kind: event.String, dataset: true}, true
		}
		k = countKey{kind: sn.Kind(x.Name), field: x.Name}
		if event.IsSystem(x.Name) || k.kind == event.Float || x.Name == event.FieldBody {
			return k, false
		}
		return k, k.kind == event.Null || !sn.isMixed(x.Name)
	case query.Call:
		if x.Name == "time_floor" {
			return timeKey(x)
		}
	}
	return k, false
}

func timeKey(x query.Call) (k countKey, ok bool) {
	f, isField := x.Args[0].(query.Field)
	if !isField || f.Name != event.SystemTime {
		return k, false
	}
	var numbers [2]int64
	for i, arg := range x.Args[1:] {
		lit, isLiteral := arg.(query.Literal)
		if !isLiteral || lit.Value.Kind() != event.Int {
			return k, false
		}
		numbers[i] = lit.Value.Int()
	}
	return countKey{kind: event.Int, step: numbers[0], offset: numbers[1]}, numbers[0] > 0
}
