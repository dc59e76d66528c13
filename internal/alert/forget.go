package alert

import "maps"

// Forget drops what is kept in memory of an environment that is removed; its rows are
// removed by the caller.
func (a *Alerts) Forget(environment string) {
	a.edit.Lock()
	defer a.edit.Unlock()
	a.mu.Lock()
	maps.DeleteFunc(a.rules, func(_ int64, r *Rule) bool { return r.Environment == environment })
	maps.DeleteFunc(a.channels, func(k channelKey, _ Settings) bool { return k.environment == environment })
	a.mu.Unlock()
	a.watch()
}
