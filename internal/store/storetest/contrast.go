package storetest

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Contrast implements store.Store: it counts all, and then gives the most
// frequent values.
func (r *Reference) Contrast(ctx context.Context, q *query.Query, selection query.Expr, opts store.ContrastOptions) (*store.Contrast, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	rows := r.snapshot()
	sideOf, err := sidesOf(ctx, q, selection, rows)
	if err != nil {
		return nil, err
	}
	made, err := madeFields(q, opts.Fields, rows)
	if err != nil {
		return nil, err
	}
	out := &store.Contrast{}
	kinds := map[string]event.Kind{}
	values := map[string]map[event.Value]*[2]float64{}
	for i, e := range rows {
		if e.environment != q.Environment || (len(q.Datasets) > 0 && !slices.Contains(q.Datasets, e.dataset)) {
			continue
		}
		for name, v := range e.fields {
			kinds[name] = event.Unify(kinds[name], v.Kind())
		}
		side, some := sideOf(i)
		if e.time < q.Start || e.time >= q.End || !some {
			continue
		}
		weight := float64(e.weight)
		if q.Unweighted {
			weight = 1
		}
		out.Events[side] += weight
		out.Squares[side] += weight * weight
		for name, v := range countedOf(i, e, made) {
			countValue(values, name, v)[side] += weight
			if made[name] != nil {
				kinds[name] = v.Kind()
			}
		}
	}
	for name, counted := range values {
		if len(opts.Fields) == 0 && slices.Contains([]string{event.FieldTraceID, event.FieldSpanID, event.FieldParentID}, name) {
			out.Fields = append(out.Fields, store.ContrastField{Name: name, Kind: kinds[name], Unique: true})
			continue
		}
		if len(opts.Fields) == 0 || slices.Contains(opts.Fields, name) {
			out.Fields = append(out.Fields, contrastOf(name, kinds[name], counted, opts.MaxValues))
		}
	}
	return out, nil
}

// countedOf are the values of a row that are counted, those of computed fields in place
// of stored ones; what is no number (NaN) is no value.
func countedOf(i int, e row, made map[string]func(i int) event.Value) map[string]event.Value {
	fields := maps.Clone(e.fields)
	maps.DeleteFunc(fields, func(name string, _ event.Value) bool { return event.IsSystem(name) || made[name] != nil })
	for name, of := range made {
		if v := of(i); !v.IsNull() {
			fields[name] = v
		}
	}
	maps.DeleteFunc(fields, func(_ string, v event.Value) bool { return v.Kind() == event.Float && math.IsNaN(v.Float()) })
	return fields
}

// madeFields are those of the names that a query computes, unless it also asks about
// other spans.
func madeFields(q *query.Query, names []string, rows []row) (map[string]func(i int) event.Value, error) {
	reading, err := q.Reading()
	if err != nil || reading.LooksAtTraces() {
		return nil, err
	}
	rows = slices.Clone(rows)
	unify(rows)
	made, known := map[string]func(i int) event.Value{}, kindsOf(rows)
	for _, name := range names {
		if e := reading.Inline(query.Field{Name: name}); e != query.Expr(query.Field{Name: name}) {
			made[name] = func(i int) event.Value {
				return query.Eval(e, newRecord(rows[i], known)).Convert(query.KindOf(e, known.of))
			}
		}
	}
	return made, nil
}

// sidesOf tells on which side a row is, if on one.
func sidesOf(ctx context.Context, q *query.Query, selection query.Expr, rows []row) (func(i int) (side int, some bool), error) {
	side := func(selected bool) int {
		if selected {
			return store.Selected
		}
		return store.Others
	}
	reading, err := q.Reading()
	if err != nil {
		return nil, err
	}
	if !reading.LooksAtTraces() {
		selection, known := reading.Inline(selection), kindsOf(rows)
		return func(i int) (int, bool) {
			rec := newRecord(rows[i], known)
			return side(holds(selection, rec)), holds(reading.Where, rec)
		}, nil
	}
	p := &pipeline{ctx: ctx, q: q, raw: true}
	var places []int
	for i, e := range rows {
		if e.environment == q.Environment && e.time >= q.Start && e.time < q.End {
			p.all, places = append(p.all, e), append(places, i)
		}
	}
	unify(p.all)
	p.events = kindsOf(p.all)
	p.kinds = maps.Clone(p.events)
	for i, e := range p.all {
		if len(q.Datasets) == 0 || slices.Contains(q.Datasets, e.dataset) {
			r := newRecord(e, p.kinds)
			r.id = places[i]
			p.records = append(p.records, r)
		}
	}
	for _, s := range q.Stages {
		if err := p.apply(s); err != nil {
			return nil, err
		}
	}
	sides := map[int]int{}
	for _, r := range p.records {
		sides[r.id] = side(holds(selection, r))
	}
	return func(i int) (int, bool) {
		side, some := sides[i]
		return side, some
	}, nil
}

// countValue returns the counts of a value of a field.
func countValue(values map[string]map[event.Value]*[2]float64, name string, v event.Value) *[2]float64 {
	if v.Kind() == event.Float && v.Float() == 0 {
		v = event.FloatValue(0) // zero is one value, whatever its sign
	}
	if values[name] == nil {
		values[name] = map[event.Value]*[2]float64{}
	}
	if values[name][v] == nil {
		values[name][v] = &[2]float64{}
	}
	return values[name][v]
}

func contrastOf(name string, kind event.Kind, counted map[event.Value]*[2]float64, most int) store.ContrastField {
	f := store.ContrastField{Name: name, Kind: kind}
	unified := map[event.Value]*[2]float64{}
	bins := map[int32]*[2]float64{}
	for v, n := range counted {
		for side := range n {
			f.Present[side] += n[side]
		}
		add(unified, v.Convert(kind), n)
		if x, ok := v.Number(); ok && (kind == event.Int || kind == event.Float) {
			if bin, ok := store.BinOf(x); ok {
				add(bins, bin, n)
			}
		}
	}
	for v, n := range unified {
		f.Values = append(f.Values, store.ContrastValue{Value: v, Events: *n})
	}
	for bin, n := range bins {
		f.Bins = append(f.Bins, store.ContrastBin{Value: store.BinValue(bin), Events: *n})
	}
	f.Distinct = len(f.Values)
	slices.SortFunc(f.Bins, func(x, y store.ContrastBin) int { return cmp.Compare(x.Value, y.Value) })
	share := func(v store.ContrastValue) float64 {
		return max(v.Events[0]/max(f.Present[0], 1), v.Events[1]/max(f.Present[1], 1))
	}
	slices.SortFunc(f.Values, func(x, y store.ContrastValue) int {
		return cmp.Or(cmp.Compare(share(y), share(x)), strings.Compare(x.Value.Text(), y.Value.Text()))
	})
	if most <= 0 {
		most = 40
	}
	f.Values = f.Values[:min(len(f.Values), most)]
	return f
}

func add[K comparable](sums map[K]*[2]float64, key K, n *[2]float64) {
	if sums[key] == nil {
		sums[key] = &[2]float64{}
	}
	for side := range n {
		sums[key][side] += n[side]
	}
}
