package api

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/oriel-dev/oriel/internal/store"
)

// team are the people that items can be assigned to, by their ids. A list of
// items without names is better than none.
func (a *API) team(ctx context.Context) map[int64]string {
	members, err := a.Workspace.Members(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "the members could not be read", slog.Any("error", err))
	}
	team := make(map[int64]string, len(members))
	for _, m := range members {
		team[m.ID] = m.Name
	}
	return team
}

// errorTeam lists the people that items can be assigned to.
func (a *API) errorTeam(w http.ResponseWriter, r *http.Request) error {
	members, err := a.Workspace.Members(r.Context())
	if err != nil {
		return err
	}
	people := make([]personID, len(members))
	for i, m := range members {
		people[i] = personID{ID: m.ID, Name: m.Name}
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"people": people})
}

// addToTeam keeps a new member.
func (a *API) addToTeam(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	m, err := a.Workspace.AddMember(r.Context(), body.Name, body.Email)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"id": m.ID, "name": m.Name})
}

// removeFromTeam forgets a member.
func (a *API) removeFromTeam(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id", "member")
	if err != nil {
		return err
	}
	if err := a.Workspace.RemoveMember(r.Context(), id); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{})
}
