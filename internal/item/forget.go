package item

import (
	"context"
	"maps"
	"slices"
)

// Forget removes all that is known of an environment: its items, people, versions,
// deploys and settings. Its rows in the store are others' to remove.
func (t *Items) Forget(ctx context.Context, environment string) error {
	return t.edit(ctx, func() error {
		for _, e := range slices.Clone(t.byEnv[environment]) {
			t.forget(e)
		}
		delete(t.byEnv, environment)
		delete(t.projects, environment)
		delete(t.settings, environment)
		delete(t.rates, environment)
		delete(t.watch, environment)
		maps.DeleteFunc(t.releases, func(k releaseKey, _ *release) bool { return k.environment == environment })
		delete(t.wanted.projects, environment)
		maps.DeleteFunc(t.wanted.releases, func(k releaseKey, _ *release) bool { return k.environment == environment })
		t.wanted.notices = slices.DeleteFunc(t.wanted.notices, func(n Notice) bool { return n.Environment == environment })
		return nil
	})
}
