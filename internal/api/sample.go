package api

import (
	"context"
	"net/http"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/store"
)

// Sample is what the server does with sample data.
type Sample interface {
	// Status says whether there is some, and how much of what is being loaded is in: 0 to 1.
	Status() (present, loading bool, done float64)
	// Load begins to load the recorded hour, or what of it is not there; a Conflict fault
	// while it does.
	Load(ctx context.Context) error
	// Remove removes all of it; a NotFound fault if there is none.
	Remove(ctx context.Context) error
}

// sampleState is what answers say of sample data.
func (a *API) sampleState() map[string]any {
	present, loading, done := a.Sample.Status()
	return map[string]any{"environment": auth.Sample, "present": present, "loading": loading, "done": done}
}

func (a *API) getSample(w http.ResponseWriter, r *http.Request) error {
	return a.answer(w, r, store.Stats{}, a.sampleState())
}

func (a *API) loadSample(w http.ResponseWriter, r *http.Request) error {
	if err := a.Sample.Load(r.Context()); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, a.sampleState())
}

func (a *API) removeSample(w http.ResponseWriter, r *http.Request) error {
	if err := a.Sample.Remove(context.WithoutCancel(r.Context())); err != nil { // half of it is of no use
		return err
	}
	return a.answer(w, r, store.Stats{}, a.sampleState())
}
