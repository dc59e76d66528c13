package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
)

// oneOrMoreTexts is a text or a list of texts.
type oneOrMoreTexts []string

// UnmarshalJSON reads either; null and "" are none.
func (t *oneOrMoreTexts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = nil
		if one != "" {
			*t = oneOrMoreTexts{one}
		}
		return nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		return fault.New(fault.Invalid, "%s is neither a text nor a list of texts", raw)
	}
	*t = list
	return nil
}

// viewBody is what a view of the list keeps.
type viewBody struct {
	Search string `json:"search"`
}

// errorViews lists the views that were kept.
func (a *API) errorViews(w http.ResponseWriter, r *http.Request) error {
	type view struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Search string `json:"search"`
	}
	kept, err := a.Items.Views(r.Context(), a.environment(r))
	if err != nil {
		return err
	}
	views := make([]view, 0, len(kept))
	for _, v := range kept {
		var body viewBody
		if err := json.Unmarshal([]byte(v.Body), &body); err != nil {
			continue // kept by another kind of page
		}
		views = append(views, view{strconv.FormatInt(v.ID, 10), v.Name, body.Search})
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"views": views})
}

// keepErrorView keeps a view, in place of the one of its name.
func (a *API) keepErrorView(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Name   string `json:"name"`
		Search string `json:"search"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if !strings.HasPrefix(body.Search, "?") && body.Search != "" {
		return fault.New(fault.Invalid, "search is %.40q; it must be the search part of an address", body.Search)
	}
	text, err := json.Marshal(viewBody{body.Search})
	if err != nil {
		return err
	}
	v, err := a.Items.SaveView(r.Context(), item.View{Environment: a.environment(r), Name: strings.TrimSpace(body.Name), Author: actor(r), Body: string(text)})
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"id": strconv.FormatInt(v.ID, 10)})
}

// removeErrorView forgets a view.
func (a *API) removeErrorView(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id", "view")
	if err != nil {
		return err
	}
	if err := a.Items.RemoveView(r.Context(), a.environment(r), id); err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{})
}
