package cloudwatch

import "context"

// Forget deletes all log groups of an environment with their lines, also those that are
// protected: the environment is removed.
func (g *Groups) Forget(ctx context.Context, environment string) error {
	var all []*group
	g.mu.RLock()
	for key, one := range g.byName {
		if key.environment == environment {
			all = append(all, one)
		}
	}
	g.mu.RUnlock()
	for _, one := range all {
		if err := g.update(ctx, one, func(to *group) { to.protected = false }); err != nil {
			return err
		}
		if err := g.delete(ctx, one); err != nil {
			return err
		}
	}
	return nil
}
