package dataset

import (
	"context"
	"database/sql"
	"maps"
	"sync/atomic"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Forget deletes all datasets of an environment with their events, also those that are
// protected, and what was defined for the environment.
func (r *Registry) Forget(ctx context.Context, environment string) error {
	for _, d := range r.List(environment) {
		d.Deletable = true
		if _, err := r.Update(ctx, environment, d.Slug, d.Settings); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := r.Delete(ctx, environment, d.Slug); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.calculated, func(k id, _ map[string]CalculatedField) bool { return k.environment == environment })
	maps.DeleteFunc(r.spelling, func(k id, _ string) bool { return k.environment == environment })
	return nil
}

// ForgetServices takes services off the list, which are nowhere any more. Should they
// come again, they are new.
func (r *Registry) ForgetServices(ctx context.Context, names []string) error {
	r.write.Lock()
	defer r.write.Unlock()
	err := r.db.Write(ctx, func(tx *sql.Tx) error {
		for _, name := range names {
			if _, err := tx.ExecContext(ctx, "DELETE FROM dataset_service WHERE name = ?", name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		if s := r.services[name]; s != nil {
			delete(r.services, name)
			r.holders[s.slot]--
			atomic.AddInt64(&r.load[s.slot], -s.rows.Load())
		}
	}
	return nil
}
