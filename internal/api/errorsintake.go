package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// Intake is how a vendor's room takes payloads: what it turned away, and the
// settings it takes them by, as JSON of its own.
type Intake interface {
	// Rejected lists what was turned away, the newest first; before is an id, or 0.
	Rejected(ctx context.Context, environment string, before int64, limit int) (any, error)
	// DroppedByLimit is how many occurrences of an error were not kept since a time in
	// Unix ns, because their access token was over its limit.
	DroppedByLimit(ctx context.Context, environment, errorEnvironment string, fingerprints []string, since int64) (int64, error)
	Settings(environment string) any
	UsualSettings() any
	// SetSettings replaces them. Errors: Invalid.
	SetSettings(ctx context.Context, environment string, body json.RawMessage, author string) error
}

// intakeSettings are those by which a project's payloads are taken, and the usual ones.
func (a *API) intakeSettings(w http.ResponseWriter, r *http.Request) error {
	return a.answer(w, r, store.Stats{}, map[string]any{"settings": a.Intake.Settings(a.environment(r)), "usual": a.Intake.UsualSettings()})
}

// setIntakeSettings replaces them. They are for payloads that come from now on.
func (a *API) setIntakeSettings(w http.ResponseWriter, r *http.Request) error {
	var body json.RawMessage
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if err := a.Intake.SetSettings(r.Context(), a.environment(r), body, actor(r)); err != nil {
		return err
	}
	return a.intakeSettings(w, r)
}

// rejectedPayloads lists payloads that were turned away, the newest first.
func (a *API) rejectedPayloads(w http.ResponseWriter, r *http.Request) error {
	before := int64(0)
	if text := r.URL.Query().Get("cursor"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fault.New(fault.Invalid, "cursor %q is not one this server gave", text)
		}
	}
	list, err := a.Intake.Rejected(r.Context(), a.environment(r), before, usualItems)
	if err != nil {
		return err
	}
	return a.answer(w, r, store.Stats{}, map[string]any{"rejected": list})
}
