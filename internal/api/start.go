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
		"first_event": moment(catalog.Oldest()), "kept_from": moment(a.keptLongest(catalog, a.environment(r))),
		"features": map[string]bool{}, "sample": a.sampleState(),
	})
}

// keptFrom is from when on rows of a dataset are kept, 0 if they are for ever; an
// empty dataset is one that nothing was said about.
func (a *API) keptFrom(environment, dataset string) int64 {
	if a.Kept == nil {
		return 0
	}
	return max(a.Kept(environment, dataset), 0)
}

// keptLongest is from when on there may be rows of an environment, 0 if some are kept
// for ever.
func (a *API) keptLongest(catalog store.Catalog, environment string) int64 {
	from := a.keptFrom(environment, "")
	for i := range catalog.Datasets {
		from = min(from, a.keptFrom(environment, catalog.Datasets[i].Slug))
	}
	return from
}
