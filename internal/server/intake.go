package server

import (
	"context"
	"encoding/json"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/protocol/rollbar"
)

// intake shows the API what Rollbar's room turned away, and its settings; neither
// knows the other.
type intake struct{ front *rollbar.Front }

// Rejected implements api.Intake.
func (i intake) Rejected(ctx context.Context, environment string, before int64, limit int) (any, error) {
	list, err := i.front.Rejected(ctx, rollbar.RejectedFilter{Environment: environment, Before: before, Limit: limit})
	if list == nil {
		list = []rollbar.Rejected{}
	}
	return list, err
}

// DroppedByLimit implements api.Intake.
func (i intake) DroppedByLimit(ctx context.Context, environment, errorEnvironment string, fingerprints []string, since int64) (int64, error) {
	return i.front.DroppedByLimit(ctx, environment, errorEnvironment, fingerprints, since)
}

// Settings implements api.Intake.
func (i intake) Settings(environment string) any { return i.front.Settings(environment) }

// UsualSettings implements api.Intake.
func (i intake) UsualSettings() any { return rollbar.DefaultSettings() }

// SetSettings implements api.Intake.
func (i intake) SetSettings(ctx context.Context, environment string, body json.RawMessage, author string) error {
	var s rollbar.Settings
	if err := json.Unmarshal(body, &s); err != nil {
		return fault.New(fault.Invalid, "these are no settings of Rollbar's intake: %w", err)
	}
	return i.front.SetSettings(ctx, environment, s, author)
}
