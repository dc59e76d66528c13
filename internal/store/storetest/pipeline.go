package storetest

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// pipeline is a query being run, stage by stage, on all its rows.
type pipeline struct {
	ctx     context.Context
	q       *query.Query
	all     []row // what conditions on traces look at
	records []record
	columns []string // nil: raw events as they are
	added   []string // computed, in order
	raw     bool     // records are events, not groups
	events  kinds    // of the fields of all
	kinds   kinds    // of the fields in scope
	stats   store.Stats
}

// kinds are the kinds of fields, as a store knows them before it looks at values.
type kinds map[string]event.Kind

func (k kinds) of(name string) event.Kind { return k[name] }

func kindsOf(rows []row) kinds {
	k := kinds{event.SystemTime: event.Int, event.SystemDataset: event.String, event.SystemEnvironment: event.String, event.SystemSampleRate: event.Int}
	for _, e := range rows {
		for name, v := range e.fields {
			k[name] = event.Unify(k[name], v.Kind())
		}
	}
	return k
}

// record is a row on its way through the pipeline.
type record struct {
	fields map[string]event.Value // those in scope
	time   int64                  // of the event, whatever is in scope
	weight int64
	id     int   // tells the events of a query apart
	kinds  kinds // of the fields in scope
}

func newRecord(e row, k kinds) record {
	r := record{fields: map[string]event.Value{}, time: e.time, weight: e.weight, kinds: k}
	maps.Copy(r.fields, e.fields)
	r.fields[event.SystemTime] = event.IntValue(e.time)
	r.fields[event.SystemDataset] = event.StringValue(e.dataset)
	r.fields[event.SystemEnvironment] = event.StringValue(e.environment)
	r.fields[event.SystemSampleRate] = event.IntValue(e.weight)
	return r
}

// Get returns a field, null if it is not in scope.
func (r record) Get(name string) event.Value { return r.fields[name] }

// Kind returns the kind of a field, Null if it is not in scope.
func (r record) Kind(name string) event.Kind { return r.kinds[name] }

func (p *pipeline) apply(stage query.Stage) error {
	switch s := stage.(type) {
	case query.Filter:
		p.records = slices.DeleteFunc(slices.Clone(p.records), func(r record) bool { return !holds(s.Where, r) })
	case query.TraceFilter:
		if !p.raw {
			return fault.New(fault.Invalid, "conditions on traces work on events")
		}
		p.filterTraces(s)
	case query.Relate:
		if !p.raw || s.Relation == query.None {
			return fault.New(fault.Invalid, "fields are taken from spans of events")
		}
		p.relate(s)
	case query.Compute:
		p.compute(s)
	case query.Unnest:
		p.unnest(s)
	case query.Aggregate:
		return p.aggregate(s)
	case query.Sort:
		slices.SortStableFunc(p.records, func(a, b record) int { return compareBy(s.Keys, a, b) })
	case query.Limit:
		start := min(max(s.Offset, 0), len(p.records))
		end := min(start+max(s.Count, 0), len(p.records))
		p.records = p.records[start:end]
	case query.Dedup:
		seen := map[string]bool{}
		p.records = slices.DeleteFunc(slices.Clone(p.records), func(r record) bool {
			if s.KeepNull && slices.ContainsFunc(s.Fields, func(name string) bool { return r.Get(name).IsNull() }) {
				return false
			}
			key := keyOf(r, s.Fields)
			again := seen[key]
			seen[key] = true
			return again
		})
	case query.Project:
		p.project(s.Fields)
	default:
		return fault.New(fault.Invalid, "unknown stage %T", stage)
	}
	return nil
}

func (p *pipeline) compute(s query.Compute) {
	kind := query.KindOf(s.Expr, p.kinds.of)
	for i, r := range p.records {
		v := value(s.Expr, r).Convert(kind)
		fields := make(map[string]event.Value, len(r.fields)+1)
		maps.Copy(fields, r.fields)
		fields[s.Name] = v
		p.records[i].fields = fields
	}
	p.setKinds(s.Name, kind)
	if p.columns != nil {
		if !slices.Contains(p.columns, s.Name) {
			p.columns = append(slices.Clone(p.columns), s.Name)
		}
		return
	}
	p.added = append(p.added, s.Name)
}

// setKinds puts a field of a kind in scope.
func (p *pipeline) setKinds(name string, kind event.Kind) {
	p.kinds = maps.Clone(p.kinds)
	p.kinds[name] = kind
	for i := range p.records {
		p.records[i].kinds = p.kinds
	}
}

func (p *pipeline) project(fields []string) {
	for i, r := range p.records {
		kept := make(map[string]event.Value, len(fields))
		for _, name := range fields {
			kept[name] = r.fields[name]
		}
		p.records[i].fields = kept
	}
	maps.DeleteFunc(p.kinds, func(name string, _ event.Kind) bool { return !slices.Contains(fields, name) })
	p.columns = slices.Clone(fields)
	if p.columns == nil {
		p.columns = []string{}
	}
}

// keyOf makes a text that is equal for records with equal values in the fields.
func keyOf(r record, fields []string) string {
	var b strings.Builder
	for _, name := range fields {
		v := r.Get(name)
		if n, ok := v.Number(); ok && n == 0 && v.Kind() == event.Float {
			v = event.FloatValue(0) // zero is one value, whatever its sign
		}
		if !v.IsNull() {
			b.WriteString("=" + strings.NewReplacer("\\", "\\\\", "|", "\\|").Replace(v.Text()))
		}
		b.WriteByte('|')
	}
	return b.String()
}

// compareBy orders records by the keys; nulls come last either way.
func compareBy(keys []query.SortKey, a, b record) int {
	for _, k := range keys {
		x, y := a.Get(k.Field), b.Get(k.Field)
		switch {
		case x.IsNull() && y.IsNull():
			continue
		case x.IsNull():
			return 1
		case y.IsNull():
			return -1
		}
		c := compareValues(x, y)
		if k.Natural {
			c = naturally(x, y)
		}
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// naturally orders texts as people do, and other values by size.
func naturally(x, y event.Value) int {
	if x.Kind() != event.String || y.Kind() != event.String {
		return compareValues(x, y)
	}
	a, isNumber := finite(x)
	b, both := finite(y)
	switch {
	case isNumber && both:
		return cmp.Or(cmp.Compare(a, b), digitsFirst(x.Text(), y.Text()))
	case isNumber:
		return 1
	case both:
		return -1
	}
	return digitsFirst(x.Text(), y.Text())
}

var runsOfDigits = regexp.MustCompile(`[0-9]+`)

// digitsFirst orders texts with their runs of digits made equally long.
func digitsFirst(x, y string) int {
	pad := func(run string) string { return strings.Repeat("0", max(20-len(run), 0)) + run }
	return cmp.Or(strings.Compare(runsOfDigits.ReplaceAllStringFunc(x, pad), runsOfDigits.ReplaceAllStringFunc(y, pad)), strings.Compare(x, y))
}

// unnest makes a record of each element of a list.
func (p *pipeline) unnest(s query.Unnest) {
	var records []record
	for _, r := range p.records {
		for _, v := range query.ListItems(value(s.List, r)) {
			one := r
			one.id = len(records) // each is a row of its own
			one.fields = maps.Clone(r.fields)
			one.fields[s.Name] = v
			records = append(records, one)
		}
	}
	p.records = records
	p.setKinds(s.Name, event.String)
	if p.columns == nil {
		p.added = append(p.added, s.Name)
	} else if !slices.Contains(p.columns, s.Name) {
		p.columns = append(slices.Clone(p.columns), s.Name)
	}
}

// compareValues orders two values of one column: numbers by size, else by text.
func compareValues(x, y event.Value) int {
	switch {
	case x.Kind() == event.Int && y.Kind() == event.Int:
		return cmp.Compare(x.Int(), y.Int())
	case x.Kind() != event.String && y.Kind() != event.String:
		a, _ := x.Number()
		b, _ := y.Number()
		return cmp.Compare(a, b)
	}
	return strings.Compare(x.Text(), y.Text())
}

// result turns the records into columns.
func (p *pipeline) result() *store.Result {
	names := p.columns
	if names == nil {
		names = []string{event.SystemTime, event.SystemDataset}
		attributes := map[string]bool{}
		for _, r := range p.records {
			for name := range r.fields {
				if !event.IsSystem(name) && !slices.Contains(p.added, name) {
					attributes[name] = true
				}
			}
		}
		names = append(append(names, sortedKeys(attributes)...), p.added...)
	}
	res := &store.Result{Rows: len(p.records), Stats: p.stats}
	for _, name := range names {
		col := store.ResultColumn{Name: name}
		for _, r := range p.records {
			v := r.Get(name)
			col.Values = append(col.Values, v)
			col.Kind = event.Unify(col.Kind, v.Kind())
		}
		res.Columns = append(res.Columns, col)
	}
	return res
}

// filterTraces keeps the records whose trace satisfies every condition.
func (p *pipeline) filterTraces(s query.TraceFilter) {
	for _, c := range s.Conditions {
		p.records = slices.DeleteFunc(slices.Clone(p.records), func(r record) bool { return !p.satisfies(r, c) })
	}
}

// relate adds the fields of the earliest span that has the relation.
func (p *pipeline) relate(s query.Relate) {
	where := s.Where
	if where == nil {
		where = query.And{}
	}
	found := make([]*record, len(p.records))
	for i, r := range p.records {
		trace := r.Get(event.FieldTraceID).Text()
		span, parent := r.Get(event.FieldSpanID).Text(), r.Get(event.FieldParentID).Text()
		var first row
		for _, e := range p.all {
			if trace == "" || e.fields[event.FieldTraceID].Text() != trace || !related(e, s.Relation, span, parent) {
				continue
			}
			candidate := newRecord(e, p.events)
			if !holds(where, candidate) {
				continue
			}
			if found[i] == nil || e.time < first.time || e.time == first.time && e.fields[event.FieldSpanID].Text() < first.fields[event.FieldSpanID].Text() {
				found[i], first = &candidate, e
			}
		}
	}
	for _, f := range s.Fields {
		kind := query.KindOf(f.Expr, p.events.of)
		for i, r := range p.records {
			fields := maps.Clone(r.fields)
			fields[f.Name] = event.Value{}
			if found[i] != nil {
				fields[f.Name] = value(f.Expr, *found[i]).Convert(kind)
			}
			p.records[i].fields = fields
		}
		p.setKinds(f.Name, kind)
		if p.columns != nil {
			p.columns = append(slices.Clone(p.columns), f.Name)
		} else {
			p.added = append(p.added, f.Name)
		}
	}
}

// related reports whether an event of the same trace has a relation to a span.
func related(e row, relation query.Relation, span, parent string) bool {
	itsSpan, itsParent := e.fields[event.FieldSpanID].Text(), e.fields[event.FieldParentID].Text()
	switch relation {
	case query.Root:
		return itsSpan != "" && itsParent == ""
	case query.Parent:
		return itsSpan != "" && itsSpan == parent
	case query.Child:
		return itsParent != "" && itsParent == span
	case query.Any:
		return true
	case query.None:
	}
	return false
}

func (p *pipeline) satisfies(r record, c query.TraceCondition) bool {
	trace := r.Get(event.FieldTraceID).Text()
	if trace == "" {
		return false
	}
	span, parent := r.Get(event.FieldSpanID).Text(), r.Get(event.FieldParentID).Text()
	for _, e := range p.all {
		if e.fields[event.FieldTraceID].Text() != trace || !holds(c.Where, newRecord(e, p.events)) {
			continue
		}
		itsSpan, itsParent := e.fields[event.FieldSpanID].Text(), e.fields[event.FieldParentID].Text()
		switch c.Relation {
		case query.Root:
			if itsSpan != "" && itsParent == "" {
				return true
			}
		case query.Parent:
			if itsSpan != "" && itsSpan == parent {
				return true
			}
		case query.Child:
			if itsParent != "" && itsParent == span {
				return true
			}
		case query.Any:
			return true
		case query.None:
			return false
		}
	}
	return c.Relation == query.None
}
