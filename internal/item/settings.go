package item

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// Kinds of settings of a project, each with versions of its own.
const (
	SettingRules   = "rules"   // custom fingerprint rules: a JSON list
	SettingPaths   = "paths"   // rules that make file paths alike: a JSON list
	SettingOptions = "options" // an Options as JSON
)

// Options say how a project groups and ends its items.
type Options struct {
	IgnoreClientFingerprints bool           `json:"ignore_client_fingerprints"`
	AutoResolveDays          map[string]int `json:"auto_resolve_days"` // by error environment; "*" is the others'; 0 never
	ResolveOnDeploy          []string       `json:"resolve_on_deploy"` // error environments whose items a deploy resolves
	RaiseLevel               bool           `json:"raise_level"`       // an item's level follows its worst occurrence
}

// Setting is a version of one.
type Setting struct {
	Environment string
	Kind        string
	Version     int64 // from 1
	At          int64 // Unix nanoseconds
	Author      string
	Body        string
}

// settings are the newest of a project, ready for use.
type settings struct {
	bodies  map[string]Setting
	options Options
	rules   *grouping.Rules
}

const (
	maxSettingBytes  = 256 << 10
	maxSettingsKept  = 1000 // versions of one kind
	maxAutoResolve   = 400
	allEnvironments  = "*"
	emptyRules       = "[]"
	emptyOptionsText = "{}"
)

// Setting returns the newest version of a kind; version 0 and an empty body of
// its form if nobody has set it.
func (t *Items) Setting(environment, kind string) Setting {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if s := t.settings[environment]; s != nil {
		if one, ok := s.bodies[kind]; ok {
			return one
		}
	}
	body := emptyRules
	if kind == SettingOptions {
		body = emptyOptionsText
	}
	return Setting{Environment: environment, Kind: kind, Body: body}
}

// Options returns a project's options.
func (t *Items) Options(environment string) Options {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if s := t.settings[environment]; s != nil {
		return s.options
	}
	return Options{}
}

// Rules returns the rules that occurrences of a project are grouped by; nil is
// the default algorithm alone, and of use.
func (t *Items) Rules(environment string) *grouping.Rules {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if s := t.settings[environment]; s != nil {
		return s.rules
	}
	return nil
}

// Set makes a new version of a setting. Errors: Invalid with what is wrong with
// it, and where.
func (t *Items) Set(ctx context.Context, environment, kind, author, body string) (Setting, error) {
	if kind != SettingRules && kind != SettingPaths && kind != SettingOptions {
		return Setting{}, fault.New(fault.Invalid, "setting %.40q: want %s, %s or %s", kind, SettingRules, SettingPaths, SettingOptions)
	}
	if len(body) > maxSettingBytes {
		return Setting{}, fault.New(fault.TooLarge, "the setting has %d bytes, the limit is %d", len(body), maxSettingBytes)
	}
	t.change.Lock()
	defer t.change.Unlock()
	old := t.Setting(environment, kind)
	made := Setting{Environment: environment, Kind: kind, Version: old.Version + 1, At: t.now(), Author: author, Body: body}
	next := &settings{bodies: map[string]Setting{kind: made}}
	t.mu.RLock()
	if was := t.settings[environment]; was != nil {
		for k, s := range was.bodies {
			if k != kind {
				next.bodies[k] = s
			}
		}
	}
	t.mu.RUnlock()
	if err := next.compile(); err != nil {
		return Setting{}, err
	}
	err := t.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO item_setting (environment, kind, version, at, author, body) VALUES (?, ?, ?, ?, ?, ?)",
			environment, kind, made.Version, made.At, author, body)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM item_setting WHERE environment = ? AND kind = ? AND version <= ?", environment, kind, made.Version-maxSettingsKept)
		return err
	})
	if err != nil {
		return Setting{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settings[strings.Clone(environment)] = next
	return made, nil
}

// SettingVersions lists all versions of a setting, newest first.
func (t *Items) SettingVersions(ctx context.Context, environment, kind string) (list []Setting, err error) {
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		list, err = scanSettings(ctx, tx, "WHERE environment = ? AND kind = ? ORDER BY version DESC", environment, kind)
		return err
	})
	return list, err
}

func scanSettings(ctx context.Context, tx *sql.Tx, where string, args ...any) (list []Setting, err error) {
	//nolint:gosec // where is a constant of this package
	rows, err := tx.QueryContext(ctx, "SELECT environment, kind, version, at, author, body FROM item_setting "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var s Setting
		if err := rows.Scan(&s.Environment, &s.Kind, &s.Version, &s.At, &s.Author, &s.Body); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// compile makes rules and options of the bodies.
func (s *settings) compile() error {
	s.options = Options{}
	if text := s.bodies[SettingOptions].Body; text != "" {
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&s.options); err != nil {
			return fault.New(fault.Invalid, "the options are not valid: %v", err)
		}
	}
	for environment, days := range s.options.AutoResolveDays {
		if days < 0 || days > maxAutoResolve {
			return fault.New(fault.Invalid, "auto_resolve_days of %.40q is %d: want 0 to %d", environment, days, maxAutoResolve)
		}
	}
	var err error
	s.rules, err = grouping.Compile(s.bodies[SettingRules].Body, s.bodies[SettingPaths].Body, s.options.IgnoreClientFingerprints)
	return err
}

func (t *Items) readSettings(ctx context.Context, tx *sql.Tx) error {
	all, err := scanSettings(ctx, tx, "ORDER BY environment, kind, version")
	if err != nil {
		return err
	}
	for _, one := range all {
		s := t.settings[one.Environment]
		if s == nil {
			s = &settings{bodies: map[string]Setting{}}
			t.settings[one.Environment] = s
		}
		s.bodies[one.Kind] = one
	}
	for environment, s := range t.settings {
		if err := s.compile(); err != nil {
			t.cfg.Log.WarnContext(ctx, "rules that group errors cannot be used any more and are left out", slog.String("environment", environment), slog.Any("error", err))
		}
	}
	return nil
}

func (t *Items) autoRaise(environment string) bool {
	s := t.settings[environment]
	return s != nil && s.options.RaiseLevel
}

// autoResolve is after how long without occurrences an item is resolved, 0 for never.
func (t *Items) autoResolve(e *entry) int64 {
	s := t.settings[e.Environment]
	if s == nil {
		return 0
	}
	days, own := s.options.AutoResolveDays[e.ErrorEnvironment]
	if !own {
		days = s.options.AutoResolveDays[allEnvironments]
	}
	return int64(days) * dayWidth * nanosPerSecond
}
