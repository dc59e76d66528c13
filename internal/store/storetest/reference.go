// Package storetest holds the slow, obvious [Reference] store, and the
// conformance suite that every engine passes by giving the same answers.
package storetest

import (
	"context"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store"
)

// Reference is a store that keeps rows as maps in memory and answers with plain
// loops and exact arithmetic. It is for tests: right before fast.
type Reference struct {
	mu      sync.Mutex
	rows    []row
	seen    uint64
	durable uint64
}

type row struct {
	environment, dataset string
	time                 int64
	weight               uint32
	fields               map[string]event.Value
}

// NewReference returns an empty store.
func NewReference() *Reference { return &Reference{} }

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
			kept := row{
				environment: b.Environment, dataset: b.Dataset,
				time: b.Times[i], weight: b.SampleRate(i), fields: map[string]event.Value{},
			}
			b.Row(i).Each(func(name string, v event.Value) { kept.fields[name] = v })
			r.rows = append(r.rows, kept)
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

// Flush implements store.Store.
func (r *Reference) Flush(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.durable = r.seen
	return nil
}

// Maintain implements store.Store; there is nothing to do.
func (r *Reference) Maintain(context.Context) error { return nil }

// Close implements store.Store; there is nothing to release.
func (r *Reference) Close() error { return nil }

var _ = store.Options{}
