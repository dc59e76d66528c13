package storetest

import (
	"context"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
)

// Recorder is the reference store, which also hands out what it was given.
type Recorder struct {
	*Reference
	mu    sync.Mutex
	taken []*event.Batch
}

// NewRecorder returns an empty store.
func NewRecorder() *Recorder { return &Recorder{Reference: NewReference()} }

// Append implements store.Store.
func (r *Recorder) Append(ctx context.Context, seq uint64, batches []*event.Batch) error {
	r.mu.Lock()
	r.taken = append(r.taken, batches...)
	r.mu.Unlock()
	return r.Reference.Append(ctx, seq, batches)
}

// Take returns the batches since it was last called.
func (r *Recorder) Take() []*event.Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.taken
	r.taken = nil
	return out
}
