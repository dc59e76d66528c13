// Package storetest holds the slow, obvious [Reference] store, and the
// conformance suite [Run] that every engine passes by giving the same answers.
// It is for tests only.
package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Reference is a store that keeps rows as maps in memory and answers with plain
// loops and exact arithmetic: right before fast. It says what a query means
// where engines disagree.
type Reference struct {
	mu      sync.Mutex
	rows    []row
	dropped int
	seen    uint64
	durable uint64
	horizon func(environment, dataset string) int64
}

var _ store.Store = (*Reference)(nil)

// row is one stored event.
type row struct {
	environment, dataset string
	time                 int64
	weight               int64
	fields               map[string]event.Value
}

// NewReference returns an empty store.
func NewReference() *Reference { return &Reference{} }

func rowAt(b *event.Batch, i int) row {
	kept := row{
		environment: b.Environment, dataset: b.Dataset,
		time: b.Times[i], weight: int64(b.SampleRate(i)), fields: map[string]event.Value{},
	}
	b.Row(i).All(func(name string, v event.Value) { kept.fields[name] = v })
	return kept
}

// Append implements store.Store.
func (r *Reference) Append(_ context.Context, seq uint64, batches []*event.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq <= r.durable {
		return nil
	}
	r.seen = max(r.seen, seq)
	for _, b := range batches {
		for i := range b.Len() {
			r.rows = append(r.rows, rowAt(b, i))
		}
	}
	return nil
}

// Durable implements store.Store: it grows at Flush.
func (r *Reference) Durable() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.durable
}

// Revision implements store.Store: any row that comes or goes changes it.
func (r *Reference) Revision(string, int64, int64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	hidden := 0
	for _, e := range r.rows {
		if r.horizon != nil && e.time < r.horizon(e.environment, e.dataset) {
			hidden++
		}
	}
	return uint64(len(r.rows) + 2*r.dropped + hidden<<32)
}

// DropDataset implements store.Store.
func (r *Reference) DropDataset(ctx context.Context, environment, dataset string) error {
	return r.DropRows(ctx, environment, dataset, query.And{})
}

// DropRows implements store.Store.
func (r *Reference) DropRows(_ context.Context, environment, dataset string, where query.Expr) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kept []row // a new slice: snapshots share the old one
	known := kindsOf(r.rows)
	for _, e := range r.rows {
		if e.environment != environment || e.dataset != dataset || !holds(where, newRecord(e, known)) {
			kept = append(kept, e)
		}
	}
	r.dropped += len(r.rows) - len(kept)
	r.rows, r.durable = kept, r.seen
	return nil
}

// Flush implements store.Store.
func (r *Reference) Flush(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.durable = r.seen
	return nil
}

// Maintain implements store.Store: rows that have expired are gone for good.
func (r *Reference) Maintain(context.Context) error {
	kept := r.snapshot()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped += len(r.rows) - len(kept)
	r.rows = kept
	return nil
}

// Close implements store.Store; there is nothing to release.
func (r *Reference) Close() error { return nil }

// Retain implements store.Store.
func (r *Reference) Retain(horizon func(environment, dataset string) int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.horizon = horizon
}

// snapshot returns the rows appended so far that have not expired; they are never
// changed.
func (r *Reference) snapshot() []row {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.horizon == nil {
		return slices.Clip(r.rows)
	}
	var kept []row
	for _, e := range r.rows {
		if e.time >= r.horizon(e.environment, e.dataset) {
			kept = append(kept, e)
		}
	}
	return kept
}

// Run implements store.Store.
func (r *Reference) Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error) {
	if err := stopped(ctx); err != nil {
		return nil, err
	}
	var all []row // of the environment and range: what conditions on traces look at
	for _, e := range r.snapshot() {
		if e.environment == q.Environment && e.time >= q.Start && e.time < q.End {
			all = append(all, e)
		}
	}
	wholeTraces := slices.ContainsFunc(q.Stages, func(s query.Stage) bool {
		switch s.(type) {
		case query.TraceFilter, query.Relate:
			return true
		}
		return false
	})
	reached := all
	if !wholeTraces {
		reached = inDatasets(all, q.Datasets)
	}
	unify(reached)
	known := kindsOf(reached)
	p := &pipeline{ctx: ctx, q: q, all: reached, raw: true, events: known, kinds: maps.Clone(known)}
	for i, e := range inDatasets(reached, q.Datasets) {
		r := newRecord(e, p.kinds)
		r.id = i
		p.records = append(p.records, r)
		p.stats.Scanned++
		p.stats.Sampled = p.stats.Sampled || e.weight > 1
	}
	for _, s := range q.Stages {
		if err := p.apply(s); err != nil {
			return nil, err
		}
		if err := stopped(ctx); err != nil {
			return nil, err
		}
	}
	limit := opts.MaxRows
	if limit == 0 {
		limit = 1_000_000
	}
	if len(p.records) > limit {
		return nil, fault.New(fault.TooLarge, "the result has more than %d rows", limit)
	}
	return p.result(), nil
}

// stopped returns the fault for a context that has ended.
func stopped(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Deadline, err, "the query took too long")
	default:
		return fault.Wrap(fault.Canceled, err, "the query was canceled")
	}
}

func inDatasets(rows []row, datasets []string) []row {
	if len(datasets) == 0 {
		return rows
	}
	var in []row
	for _, e := range rows {
		if slices.Contains(datasets, e.dataset) {
			in = append(in, e)
		}
	}
	return in
}

// unify converts the values of each field to the one kind that holds them all.
func unify(rows []row) {
	kinds := map[string]event.Kind{}
	for _, e := range rows {
		for name, v := range e.fields {
			kinds[name] = event.Unify(kinds[name], v.Kind())
		}
	}
	for i, e := range rows {
		fields := make(map[string]event.Value, len(e.fields))
		for name, v := range e.fields {
			fields[name] = v.Convert(kinds[name])
		}
		rows[i].fields = fields
	}
}

// Trace implements store.Store.
func (r *Reference) Trace(ctx context.Context, environment, traceID string, limit int) ([]*event.Batch, bool, error) {
	if err := stopped(ctx); err != nil {
		return nil, false, err
	}
	byDataset := map[string]*event.Batch{}
	var batches []*event.Batch
	found := 0
	for _, e := range r.snapshot() {
		if e.environment != environment || e.fields[event.FieldTraceID].Text() != traceID || traceID == "" {
			continue
		}
		if found++; found > limit {
			return batches, true, nil
		}
		b := byDataset[e.dataset]
		if b == nil {
			b = event.NewBatch(environment, e.dataset)
			byDataset[e.dataset] = b
			batches = append(batches, b)
		}
		appendRow(b, e)
	}
	return batches, false, nil
}

func appendRow(b *event.Batch, e row) {
	b.Begin(e.time)
	b.SetSampleRate(uint32(e.weight))
	for _, name := range sortedKeys(e.fields) {
		b.SetAt(b.Len()-1, name, e.fields[name])
	}
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// Catalog implements store.Store. Nothing is on disk.
func (r *Reference) Catalog(environment string) store.Catalog {
	byName := map[string]*store.Dataset{}
	fields := map[string]map[string]store.FieldInfo{}
	for _, e := range r.snapshot() {
		if e.environment != environment {
			continue
		}
		d := byName[e.dataset]
		if d == nil {
			d = &store.Dataset{Slug: e.dataset, First: e.time, Last: e.time}
			byName[e.dataset] = d
			fields[e.dataset] = map[string]store.FieldInfo{}
		}
		d.Rows++
		d.First, d.Last = min(d.First, e.time), max(d.Last, e.time)
		for name, v := range e.fields {
			if event.IsSystem(name) {
				continue
			}
			f, known := fields[e.dataset][name]
			if !known {
				f = store.FieldInfo{Name: name, Last: e.time}
			}
			f.Kind, f.Filled, f.Last = event.Unify(f.Kind, v.Kind()), f.Filled+1, max(f.Last, e.time)
			fields[e.dataset][name] = f
		}
	}
	var c store.Catalog
	for _, slug := range sortedKeys(byName) {
		d := byName[slug]
		for _, name := range sortedKeys(fields[slug]) {
			d.Fields = append(d.Fields, fields[slug][name])
		}
		c.Datasets = append(c.Datasets, *d)
	}
	return c
}
