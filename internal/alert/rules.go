package alert

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// Rules lists the rules of a channel of a project, oldest first.
func (a *Alerts) Rules(environment, channel string) []Rule {
	a.mu.RLock()
	defer a.mu.RUnlock()
	list := []Rule{}
	for _, r := range a.rules {
		if r.Environment == environment && r.Channel == channel {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(x, y Rule) int { return int(x.ID - y.ID) })
	return list
}

// Rule returns a rule. Errors: NotFound.
func (a *Alerts) Rule(environment, channel string, id int64) (Rule, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if r := a.rules[id]; r != nil && r.Environment == environment && r.Channel == channel {
		return *r, nil
	}
	return Rule{}, fault.New(fault.NotFound, "Not found")
}

func saveRule(ctx context.Context, tx *sql.Tx, r *Rule) error {
	body, err := r.body()
	if err != nil {
		return err
	}
	if r.ID != 0 {
		_, err = tx.ExecContext(ctx, "UPDATE alert_rule SET body = ? WHERE id = ?", body, r.ID)
		return err
	}
	done, err := tx.ExecContext(ctx, "INSERT INTO alert_rule (environment, channel, body) VALUES (?, ?, ?)", r.Environment, r.Channel, body)
	if err != nil {
		return err
	}
	r.ID, err = done.LastInsertId()
	return err
}

// AddRules keeps new rules of a channel, all of them or none.
func (a *Alerts) AddRules(ctx context.Context, environment, channel string, rules []Rule) ([]Rule, error) {
	return a.putRules(ctx, environment, channel, rules, false)
}

// ReplaceRules puts rules in the place of all those of a channel.
func (a *Alerts) ReplaceRules(ctx context.Context, environment, channel string, rules []Rule) ([]Rule, error) {
	return a.putRules(ctx, environment, channel, rules, true)
}

func (a *Alerts) putRules(ctx context.Context, environment, channel string, rules []Rule, replace bool) ([]Rule, error) {
	a.edit.Lock()
	defer a.edit.Unlock()
	old := a.Rules(environment, channel)
	if total := len(rules) + len(old); !replace && total > maxRules || len(rules) > maxRules {
		return nil, fault.New(fault.Conflict, "%d %s rules: at most %d are kept", total, channel, maxRules)
	}
	out := make([]Rule, 0, len(rules))
	err := a.db.Write(ctx, func(tx *sql.Tx) error {
		if replace {
			for i := range old {
				if err := deleteRule(ctx, tx, old[i].ID); err != nil {
					return err
				}
			}
		}
		for _, r := range rules {
			r.ID, r.Environment, r.Channel = 0, environment, channel
			r.summary = a.today()
			if err := saveRule(ctx, tx, &r); err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	if replace {
		for i := range old {
			delete(a.rules, old[i].ID)
		}
	}
	for i := range out {
		r := out[i]
		a.rules[r.ID] = &r
	}
	a.mu.Unlock()
	a.watch()
	return out, nil
}

// SetRule changes a rule. One that was switched off begins anew.
func (a *Alerts) SetRule(ctx context.Context, environment, channel string, id int64, r Rule) (Rule, error) {
	a.edit.Lock()
	defer a.edit.Unlock()
	if _, err := a.Rule(environment, channel, id); err != nil {
		return r, err
	}
	r.ID, r.Environment, r.Channel, r.summary = id, environment, channel, a.today()
	if err := a.db.Write(ctx, func(tx *sql.Tx) error { return saveRule(ctx, tx, &r) }); err != nil {
		return r, err
	}
	a.mu.Lock()
	kept := r
	a.rules[id] = &kept
	a.mu.Unlock()
	a.watch()
	return r, nil
}

// RemoveRule forgets a rule, what it told, and what it still had to tell.
func (a *Alerts) RemoveRule(ctx context.Context, environment, channel string, id int64) error {
	a.edit.Lock()
	defer a.edit.Unlock()
	if _, err := a.Rule(environment, channel, id); err != nil {
		return err
	}
	if err := a.db.Write(ctx, func(tx *sql.Tx) error { return deleteRule(ctx, tx, id) }); err != nil {
		return err
	}
	a.mu.Lock()
	delete(a.rules, id)
	a.mu.Unlock()
	a.watch()
	return nil
}

func deleteRule(ctx context.Context, tx *sql.Tx, id int64) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM alert_rule WHERE id = ?", id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM alert_delivery WHERE rule = ?", id)
	return err
}

// watch tells the items what is wanted that is not always told.
func (a *Alerts) watch() {
	rates, occurrences := map[string][]item.Rate{}, map[string]bool{}
	a.mu.RLock()
	for _, r := range a.rules {
		rates[r.Environment] = append(rates[r.Environment], []item.Rate{}...)
		if r.Status != "enabled" {
			continue
		}
		if r.Trigger == item.AnyOccurrence {
			occurrences[r.Environment] = true
		}
		if rate, ok := r.rate(); ok && r.Trigger == item.OccurrenceRate && !slices.Contains(rates[r.Environment], rate) {
			rates[r.Environment] = append(rates[r.Environment], rate)
		}
	}
	a.mu.RUnlock()
	list := make([]string, 0, len(occurrences))
	for e := range occurrences {
		list = append(list, e)
	}
	a.cfg.Items.WatchOccurrences(list)
	for e, wanted := range rates {
		a.cfg.Items.WatchRates(e, wanted)
	}
}

// Settings returns those of a channel of a project.
func (a *Alerts) Settings(environment, channel string) Settings {
	a.mu.RLock()
	defer a.mu.RUnlock()
	s, set := a.channels[channelKey{environment, channel}]
	if !set {
		s.Enabled = true
	}
	return s
}

// SetSettings changes those of a channel. Errors: Invalid.
func (a *Alerts) SetSettings(ctx context.Context, environment, channel string, s Settings) (Settings, error) {
	if err := checkAddress("url", s.URL); err != nil {
		return s, err
	}
	switch s.ServiceAccountID.(type) {
	case map[string]any, []any:
		return s, fault.New(fault.Invalid, "Invalid format. service_account_id must be a number or a text")
	}
	s.SigningSecret = a.Settings(environment, channel).SigningSecret
	return s, a.keepSettings(ctx, environment, channel, s)
}

func (a *Alerts) keepSettings(ctx context.Context, environment, channel string, s Settings) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO alert_channel (environment, channel, body) VALUES (?, ?, ?)
			ON CONFLICT (environment, channel) DO UPDATE SET body = excluded.body`, environment, channel, string(body))
		return err
	})
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.channels[channelKey{environment, channel}] = s
	a.mu.Unlock()
	return nil
}

// secret is what the webhooks of a project are signed with, made when it is first
// needed.
func (a *Alerts) secret(ctx context.Context, environment string) (string, error) {
	s := a.Settings(environment, Webhook)
	if s.SigningSecret == "" {
		s.SigningSecret = rand.Text()
		if err := a.keepSettings(ctx, environment, Webhook, s); err != nil {
			return "", err
		}
	}
	return s.SigningSecret, nil
}

// SigningSecret returns what the webhooks of a project are signed with.
func (a *Alerts) SigningSecret(ctx context.Context, environment string) (string, error) {
	return a.secret(ctx, environment)
}
