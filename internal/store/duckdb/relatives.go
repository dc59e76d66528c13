package duckdb

import (
	"context"
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// relatives are what a question asks of other spans of its rows' traces. They are
// found in one pass over all rows of the environment and range, before the rows
// themselves are looked at; then each row's are found by its ids.
type relatives struct {
	sweep
	seeds [2]maphash.Seed
	asked []*relative
	ids   bool // some are about single spans, not only about traces
}

// relative is one that is asked for.
type relative struct {
	relation query.Relation
	where    query.Expr
	fields   []query.RelatedField // none: only whether there is one is asked
	kinds    []event.Kind         // of fields
	alike    *kin                 // what is read of every one, nil if that may differ

	mu    sync.Mutex
	found map[spanKey]*kin
	texts map[string]string
}

// kin is the earliest span found.
type kin struct {
	at     int64
	span   string
	values []event.Value
}

// spanKey stands for a trace, or for a span of one, by a hash of its ids that nobody
// outside can foresee. That of no id is zero.
type spanKey [2]uint64

// Limits of the spans that are kept of one condition, about 100 and 150 MB of memory.
const (
	mostRelatives = 4_000_000
	mostKin       = 1_000_000
)

func newRelatives(sn *snapshot, asked *query.Reading) *relatives {
	r := &relatives{sweep: sweep{sn: sn}, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	add := func(relation query.Relation, where query.Expr, fields []query.RelatedField) {
		one := &relative{relation: relation, where: where, fields: fields, found: map[spanKey]*kin{}, texts: map[string]string{}}
		if where == nil {
			one.where = query.And{}
		}
		for _, f := range fields {
			one.kinds = append(one.kinds, query.KindOf(f.Expr, unified{sn: sn}.Kind))
		}
		one.settle()
		r.ids = r.ids || relation == query.Parent || relation == query.Child
		r.asked = append(r.asked, one)
	}
	for _, t := range asked.Traces {
		add(t.Relation, t.Where, nil)
	}
	for _, s := range asked.Relates {
		add(s.Relation, s.Where, s.Fields)
	}
	return r
}

// settle finds what is read of every relative alike.
func (a *relative) settle() {
	k := &kin{}
	for _, f := range a.fields {
		l, ok := f.Expr.(query.Literal)
		if !ok {
			return
		}
		k.values = append(k.values, l.Value)
	}
	a.alike = k
}

// asking is the snapshot for the rows of the question, which may be of fewer datasets.
func (r *relatives) asking(q *query.Query) *snapshot {
	sn := *r.sn
	sn.datasets = q.Datasets
	sn.hot = slices.DeleteFunc(slices.Clone(sn.hot), func(b *event.Batch) bool { return !sn.wants(b.Dataset) })
	sn.kinds = maps.Clone(sn.kinds)
	for _, a := range r.asked {
		for i, f := range a.fields {
			sn.kinds[f.Name] = a.kinds[i]
		}
	}
	return &sn
}

// names are the fields that finding them takes.
func (r *relatives) names() []string {
	names := r.idNames()
	for _, a := range r.asked {
		names = append(names, query.FieldsOf(a.where)...)
		for _, f := range a.fields {
			names = append(names, query.FieldsOf(f.Expr)...)
		}
		if a.relation == query.Root || len(a.fields) > 0 {
			names = append(names, event.FieldSpanID, event.FieldParentID)
		}
	}
	return append(names, event.FieldOverflow)
}

// idNames are the fields that tell whose relatives they are.
func (r *relatives) idNames() []string {
	if r.ids {
		return []string{event.FieldTraceID, event.FieldSpanID, event.FieldParentID}
	}
	return []string{event.FieldTraceID}
}

// find goes through all rows.
func (r *relatives) find(ctx context.Context, workers int) {
	r.run(ctx, workers, r.sn.pieces(), func(_ context.Context, _ int, p piece) error {
		if p.hot != nil {
			return r.batch(p.hot)
		}
		rows, err := p.file.reader.Rows(p.group)
		if err != nil {
			return err
		}
		ours := func(b *event.Batch) bool { return b.Environment == r.sn.environment }
		if !slices.ContainsFunc(rows.Batches, ours) {
			return nil
		}
		if err := rows.Load(r.names()...); err != nil {
			return err
		}
		for _, b := range rows.Batches {
			if ours(b) {
				if err := r.batch(b); err != nil {
					return err
				}
			}
		}
		return nil
	}, nil)
}

func (r *relatives) batch(b *event.Batch) error {
	kept := r.sn.inRange(b)
	if kept.Count() == 0 {
		return nil
	}
	trace := r.hashes(b, event.FieldTraceID)
	var span, parent []spanKey
	for _, a := range r.asked {
		in := r.sn.mask(a.where, b)
		in.And(kept)
		if in.Count() == 0 {
			continue
		}
		if span == nil && a.relation != query.Any && a.relation != query.None {
			span, parent = r.hashes(b, event.FieldSpanID), r.hashes(b, event.FieldParentID)
		}
		if err := r.take(a, b, in, func(row int) spanKey {
			switch a.relation {
			case query.Root:
				if span[row] == (spanKey{}) || parent[row] != (spanKey{}) {
					return spanKey{}
				}
			case query.Parent:
				return joined(trace[row], span[row])
			case query.Child:
				return joined(trace[row], parent[row])
			case query.Any, query.None:
			}
			return trace[row]
		}); err != nil {
			return err
		}
	}
	return nil
}

// take keeps the rows of a batch that are relatives; key names those they are the
// relatives of.
func (r *relatives) take(a *relative, b *event.Batch, in query.Mask, key func(row int) spanKey) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for row := range b.Len() {
		if !in.Has(row) {
			continue
		}
		k := key(row)
		if k == (spanKey{}) {
			continue
		}
		known, again := a.found[k]
		switch {
		case a.alike != nil:
			a.found[k] = a.alike
		case !again:
			known = &kin{}
			a.found[k] = known
			a.keep(known, r.sn, b, row)
		case b.Times[row] < known.at || b.Times[row] == known.at && idAt(b, row, event.FieldSpanID) < known.span:
			a.keep(known, r.sn, b, row)
		}
	}
	if most := a.most(); len(a.found) > most {
		return fault.New(fault.TooLarge, "what is asked of other spans of the trace holds for more than %d of them (%s); narrow it, or ask for a shorter time range", most, a.where)
	}
	return nil
}

func (a *relative) most() int {
	if a.alike == nil {
		return mostKin
	}
	return mostRelatives
}

// keep notes what is read of a span. Texts are kept once each.
func (a *relative) keep(k *kin, sn *snapshot, b *event.Batch, row int) {
	k.at, k.span = b.Times[row], strings.Clone(idAt(b, row, event.FieldSpanID))
	k.values = make([]event.Value, len(a.fields))
	for i, f := range a.fields {
		v := query.Eval(f.Expr, unified{sn, b.Row(row)}).Convert(a.kinds[i])
		if v.Kind() == event.String {
			text, known := a.texts[v.Str()]
			if !known {
				text = strings.Clone(v.Str())
				a.texts[text] = text
			}
			v = event.StringValue(text)
		}
		k.values[i] = v
	}
}

func idAt(b *event.Batch, row int, name string) string { return b.Row(row).Get(name).Text() }

// hashes gives the hash of an id of each row of a batch.
func (r *relatives) hashes(b *event.Batch, name string) []spanKey {
	out := make([]spanKey, b.Len())
	c := b.Find(name)
	if c == nil {
		return out
	}
	hash := func(id string) spanKey {
		if id == "" {
			return spanKey{}
		}
		return spanKey{maphash.String(r.seeds[0], id), maphash.String(r.seeds[1], id)}
	}
	if c.Kind != event.String {
		for i := range c.Len() {
			out[c.Row(i)] = hash(c.ValueAt(i).Text())
		}
		return out
	}
	last, key := noCode, spanKey{}
	for i, code := range c.Codes { // rows of a trace lie together
		if code != last {
			last, key = code, hash(c.Dict.Text(code))
		}
		out[c.Row(i)] = key
	}
	return out
}

// joined is the key of a span of a trace.
func joined(trace, span spanKey) spanKey {
	if trace == (spanKey{}) || span == (spanKey{}) {
		return spanKey{}
	}
	const odd = 0x9e3779b97f4a7c15
	for i := range trace {
		high, low := bits.Mul64(trace[i]^odd, span[i]|1)
		trace[i] = high ^ low ^ bits.RotateLeft64(span[i], 29)
	}
	return trace
}

// meet takes the rows of a batch out of kept whose relatives are not as asked, and
// returns the batch with the fields that are read of relatives. The batch itself
// stays as it is.
func (r *relatives) meet(b *event.Batch, kept query.Mask) *event.Batch {
	trace := r.hashes(b, event.FieldTraceID)
	var span, parent []spanKey
	if r.ids {
		span, parent = r.hashes(b, event.FieldSpanID), r.hashes(b, event.FieldParentID)
	}
	out := event.NewBatch(b.Environment, b.Dataset)
	out.Times, out.SampleRates = b.Times, b.SampleRates
	for _, c := range b.Columns {
		same := *c // a batch in memory is read by others as well
		out.Attach(&same)
	}
	for _, a := range r.asked {
		made := make([]*event.Column, len(a.fields))
		for i, f := range a.fields {
			made[i] = &event.Column{Name: f.Name, Kind: a.kinds[i], Rows: []uint32{}}
		}
		met := query.NewMask(b.Len())
		for row := range b.Len() {
			key := trace[row]
			switch a.relation {
			case query.Parent:
				key = joined(key, parent[row])
			case query.Child:
				key = joined(key, span[row])
			case query.Root, query.Any, query.None:
			}
			k, found := a.found[key]
			if trace[row] != (spanKey{}) && found != (a.relation == query.None) {
				met.Set(row)
			}
			if k == nil || !kept.Has(row) {
				continue
			}
			for i, v := range k.values {
				if !v.IsNull() {
					appendTo(made[i], row, v)
				}
			}
		}
		if len(a.fields) == 0 {
			kept.And(met)
		}
		for _, c := range made {
			out.Attach(c)
		}
	}
	return out
}

// appendTo adds the value of a row to a column of its kind.
func appendTo(c *event.Column, row int, v event.Value) {
	c.Rows = append(c.Rows, uint32(row))
	switch c.Kind {
	case event.Int:
		c.Ints = append(c.Ints, v.Int())
	case event.Float:
		c.Floats = append(c.Floats, v.Float())
	case event.Bool:
		c.Bools = append(c.Bools, v.Bool())
	case event.String, event.Null:
		c.Codes = append(c.Codes, c.Dict.Intern(v.Text()))
	}
}
