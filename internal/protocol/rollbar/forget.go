package rollbar

import (
	"context"
	"maps"
)

// Forget drops what is kept of an environment that is removed: settings, tokens'
// limits, counts. Its other rows are removed by the caller.
func (f *Front) Forget(ctx context.Context, environment string) error {
	for _, k := range f.tokensOf(environment) {
		if err := f.quotas.forget(ctx, k.ID); err != nil {
			return err
		}
	}
	f.policies.mu.Lock()
	delete(f.policies.own, environment)
	f.policies.mu.Unlock()
	f.drops.mu.Lock()
	maps.DeleteFunc(f.drops.count, func(k dropKey, _ int64) bool { return k.environment == environment })
	f.drops.mu.Unlock()
	return f.team.forgetProject(ctx, environment)
}
