package api

import (
	"net/http"

	"github.com/oriel-dev/oriel/internal/store"
)

// keepAddress keeps what a page shows, where its address is too long for a link.
func (a *API) keepAddress(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Params string `json:"params"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	id, err := a.Workspace.KeepAddress(r.Context(), a.environment(r), body.Params)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"id": id})
}

// address gives back what was kept.
func (a *API) address(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	params, err := a.Workspace.Address(r.Context(), a.environment(r), id)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"id": id, "params": params})
}
