package sampling

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	windowSeconds = 10
	keepWindows   = time.Hour
	maxWindows    = 400_000 // of an environment: an hour of 1,000 rules is 360,000
)

// Window is what clients reported of a rule in ten seconds. The three counts are
// shown as they came: X-Ray's SDKs leave borrowed requests out of Sampled, those of
// OpenTelemetry count them in.
type Window struct {
	Rule                        string
	Start                       time.Time
	Requests, Sampled, Borrowed int
}

type windowKey struct {
	rule  string
	start int64 // Unix seconds
}

type window struct {
	requests, sampled, borrowed int
	unwritten                   bool
}

// Windows lists what was reported since a time, the newest first, then by rule. An
// hour is kept.
func (s *Sampler) Windows(environment string, since time.Time) []Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Window{}
	e := s.environments[environment]
	if e == nil {
		return list
	}
	for key, w := range e.windows {
		if key.start+windowSeconds <= since.Unix() {
			continue
		}
		list = append(list, Window{
			Rule: key.rule, Start: time.Unix(key.start, 0).UTC(),
			Requests: w.requests, Sampled: w.sampled, Borrowed: w.borrowed,
		})
	}
	slices.SortFunc(list, func(a, b Window) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.Rule, b.Rule))
	})
	return list
}

// count adds a report to its window. A clock that is a little ahead counts as now,
// so that no trend shows the future.
func (e *environment) count(r *Report, now time.Time) {
	at := r.At
	if at.After(now) && at.Sub(now) <= oldestStats {
		at = now
	}
	key := windowKey{r.Rule, at.Unix() / windowSeconds * windowSeconds}
	w := e.windows[key]
	if w == nil {
		if len(e.windows) >= maxWindows {
			return
		}
		w = &window{}
		e.windows[key] = w
	}
	w.requests += max(0, r.Requests)
	w.sampled += max(0, r.Sampled)
	w.borrowed += max(0, r.Borrowed)
	w.unwritten = true
}

// run writes windows every ten seconds until ctx ends.
func (s *Sampler) run(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(windowSeconds * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.keepWindows(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.WarnContext(ctx, "counts of sampling rules could not be written; they are tried again", slog.Any("error", err))
			}
		}
	}
}

type windowRow struct {
	environment string
	key         windowKey
	window      window
}

// keepWindows writes what is new, and forgets what is older than an hour.
func (s *Sampler) keepWindows(ctx context.Context) error {
	oldest := s.now().Add(-keepWindows).Unix()
	rows, expired := s.unwritten(oldest)
	if len(rows) == 0 && !expired {
		return nil
	}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		for i := range rows {
			r := &rows[i]
			_, err := tx.ExecContext(ctx, `INSERT INTO sampling_window (environment, rule, started, requests, sampled, borrowed) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (environment, rule, started) DO UPDATE SET requests = excluded.requests, sampled = excluded.sampled, borrowed = excluded.borrowed`,
				r.environment, r.key.rule, r.key.start, r.window.requests, r.window.sampled, r.window.borrowed)
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM sampling_window WHERE started < ?", oldest)
		return err
	})
	if err != nil {
		s.stillUnwritten(rows)
		return fmt.Errorf("write counts of sampling rules: %w", err)
	}
	return nil
}

func (s *Sampler) unwritten(oldest int64) (rows []windowRow, expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, e := range s.environments {
		for key, w := range e.windows {
			if key.start < oldest {
				delete(e.windows, key)
				expired = true
				continue
			}
			if w.unwritten {
				w.unwritten = false
				rows = append(rows, windowRow{name, key, *w})
			}
		}
	}
	return rows, expired
}

func (s *Sampler) stillUnwritten(rows []windowRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rows {
		if w := s.environments[rows[i].environment].windows[rows[i].key]; w != nil {
			w.unwritten = true
		}
	}
}

// load reads what the database holds.
func (s *Sampler) load(ctx context.Context) error {
	return s.db.Read(ctx, func(tx *sql.Tx) error {
		if err := each(ctx, tx, "SELECT environment, rule FROM sampling_rule", func(scan func(...any) error) error {
			var name, text string
			if err := scan(&name, &text); err != nil {
				return err
			}
			var r Rule
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return fmt.Errorf("a sampling rule of %s: %w", name, err)
			}
			s.environment(name).rules[r.Name] = r.clone()
			return nil
		}); err != nil {
			return err
		}
		if err := each(ctx, tx, "SELECT environment, changed FROM sampling_change", func(scan func(...any) error) error {
			var name string
			var ns int64
			if err := scan(&name, &ns); err != nil {
				return err
			}
			s.environment(name).changed = time.Unix(0, ns).UTC()
			return nil
		}); err != nil {
			return err
		}
		return each(ctx, tx, "SELECT environment, rule, started, requests, sampled, borrowed FROM sampling_window", func(scan func(...any) error) error {
			var name string
			var key windowKey
			var w window
			if err := scan(&name, &key.rule, &key.start, &w.requests, &w.sampled, &w.borrowed); err != nil {
				return err
			}
			s.environment(name).windows[key] = &w
			return nil
		})
	})
}

func each(ctx context.Context, tx *sql.Tx, query string, row func(scan func(...any) error) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
