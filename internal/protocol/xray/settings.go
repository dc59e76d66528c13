package xray

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// settings is where what people define is kept.
type settings struct{ db *meta.DB }

func openSettings(ctx context.Context, db *meta.DB) (*settings, error) {
	if err := db.Migrate(ctx, "xray", schema); err != nil {
		return nil, err
	}
	return &settings{db}, nil
}

// kept is something that people defined. Times are Unix ns.
type kept[T any] struct {
	Name             string
	Created, Updated int64
	Body             T
}

// shelf keeps the things of one kind. It is a value: each operation makes the one
// that it needs.
type shelf[T any] struct {
	*settings
	kind string
	most int   // how many there may be; 0: any number
	full error // the error beyond it
}

// get returns a thing, nil if there is none.
func (s shelf[T]) get(ctx context.Context, environment, name string) (found *kept[T], err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		found, err = s.read(ctx, tx, environment, name)
		return err
	})
	return found, err
}

func (s shelf[T]) read(ctx context.Context, tx *sql.Tx, environment, name string) (*kept[T], error) {
	k := kept[T]{Name: name}
	var body string
	err := tx.QueryRowContext(ctx, "SELECT created, updated, body FROM xray_setting WHERE environment = ? AND kind = ? AND name = ?",
		environment, s.kind, name).Scan(&k.Created, &k.Updated, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none, which is no error here
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.kind, err)
	}
	return &k, json.Unmarshal([]byte(body), &k.Body)
}

// list returns all, by name.
func (s shelf[T]) list(ctx context.Context, environment string) (all []kept[T], err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT name, created, updated, body FROM xray_setting WHERE environment = ? AND kind = ? ORDER BY name", environment, s.kind)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var k kept[T]
			var body string
			if err := rows.Scan(&k.Name, &k.Created, &k.Updated, &body); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(body), &k.Body); err != nil {
				return err
			}
			all = append(all, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", s.kind, err)
	}
	return all, nil
}

// put makes or changes a thing: change is given the one there is, nil for none, and
// returns what it is to be, or why it must not be.
func (s shelf[T]) put(ctx context.Context, environment, name string, now int64, change func(old *kept[T]) (T, error)) (kept[T], error) {
	k := kept[T]{Name: name, Created: now, Updated: now}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		old, err := s.read(ctx, tx, environment, name)
		if err != nil {
			return err
		}
		if old != nil {
			k.Created = old.Created
		} else if err := s.room(ctx, tx, environment); err != nil {
			return err
		}
		if k.Body, err = change(old); err != nil {
			return err
		}
		body, err := json.Marshal(k.Body)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO xray_setting (environment, kind, name, created, updated, body) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (environment, kind, name) DO UPDATE SET updated = excluded.updated, body = excluded.body`,
			environment, s.kind, name, k.Created, k.Updated, string(body))
		return err
	})
	return k, err
}

// room refuses one more than the limit.
func (s shelf[T]) room(ctx context.Context, tx *sql.Tx, environment string) error {
	if s.most == 0 {
		return nil
	}
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM xray_setting WHERE environment = ? AND kind = ?", environment, s.kind).Scan(&n)
	if err == nil && n >= s.most {
		return s.full
	}
	return err
}

// delete removes a thing unless check refuses it, and returns what it was, nil if
// there was none.
func (s shelf[T]) delete(ctx context.Context, environment, name string, check func(old *kept[T]) error) (was *kept[T], err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if was, err = s.read(ctx, tx, environment, name); err != nil || was == nil {
			return err
		}
		if check != nil {
			if err := check(was); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM xray_setting WHERE environment = ? AND kind = ? AND name = ?", environment, s.kind, name)
		return err
	})
	return was, err
}

func (s *settings) exec(ctx context.Context, statement string, args ...any) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
}
