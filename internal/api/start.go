package api

import (
	"net/http"

	"github.com/oriel-dev/oriel/internal/store"
)

// start is everything the UI needs for its first paint.
func (a *API) start(w http.ResponseWriter, r *http.Request) error {
	type environment struct {
		Slug string `json:"slug"`
		Name string `json:"name"`
	}
	type service struct {
		Name string `json:"name"`
		Slot int    `json:"slot"`
	}
	visible := map[string]bool{}
	for _, slug := range a.environments(r) {
		visible[slug] = true
	}
	environments := []environment{}
	for _, e := range a.Keys.Environments() {
		if visible[e.Slug] {
			environments = append(environments, environment{e.Slug, e.Name})
		}
	}
	services := []service{}
	for _, s := range a.Datasets.Services() {
		services = append(services, service{s.Name, s.Slot})
	}
	catalog := a.Querier.Catalog(a.environment(r))
	mode := "required"
	if a.Open {
		mode = "open"
	}
	return a.answer(w, r, store.Stats{}, map[string]any{
		"version": a.Version, "auth": mode, "environments": environments, "environment": a.environment(r),
		"services": services, "endpoints": a.Endpoints(), "has_data": len(catalog.Datasets) > 0, "last_event": moment(catalog.Latest()),
		"features": map[string]bool{}, "sample": a.sampleState(),
	})
}
