package duckdb

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// countPlan is how a query is answered that begins by counting rows by a few keys.
type countPlan struct {
	terms    []query.Expr // all must hold; those that cost least come first
	keys     []countKey
	names    []string // of the columns: keys, then counts
	weighted bool
	timed    bool // something asks for the times of rows
	rest     []query.Stage
	most     int // different values of a key, of one worker
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
	if keys > mostCountKeys || slices.ContainsFunc(a.Calcs, func(k query.Calc) bool { return k.Op != query.Count || k.Field != "" || k.Where != nil }) {
		return nil, nil, 0, false
	}
	return where, inline, at, true
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
	}
	return p, true
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
