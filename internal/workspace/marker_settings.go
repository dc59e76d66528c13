package workspace

import (
	"context"
	"database/sql"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// MarkerSetting gives the markers of a type a colour.
type MarkerSetting struct {
	ID      string
	Scope   Scope
	Type    string // never changes
	Color   string // #RRGGBB
	Created time.Time
	Updated time.Time
}

// AddMarkerSetting keeps a new setting; one of the same type in the same scope
// is a Conflict.
func (l *Library) AddMarkerSetting(ctx context.Context, s MarkerSetting) (MarkerSetting, error) {
	now := l.now()
	s.ID, s.Created, s.Updated = newID(base58, idLength), now, now
	err := l.write(ctx, "add a marker setting", func(tx *sql.Tx) error {
		var same int
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM workspace_marker_setting WHERE environment = ? AND dataset = ? AND type = ?",
			s.Scope.Environment, s.Scope.Dataset, s.Type).Scan(&same)
		if err != nil {
			return err
		}
		if same > 0 {
			return fault.New(fault.Conflict, "markers of type %.100q have a setting already; change that one", s.Type)
		}
		if err := room(ctx, tx, "workspace_marker_setting", "marker settings", s.Scope.Environment, l.cfg.MaxSettings); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO workspace_marker_setting (id, environment, dataset, type, color, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
			s.ID, s.Scope.Environment, s.Scope.Dataset, s.Type, s.Color, s.Created.UnixNano(), s.Updated.UnixNano())
		return err
	})
	return s, err
}

// MarkerSettings lists those of a scope by type.
func (l *Library) MarkerSettings(ctx context.Context, scope Scope) (list []MarkerSetting, err error) {
	err = l.read(ctx, "list marker settings", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, settingColumns+" WHERE environment = ? AND dataset = ? ORDER BY type, id", scope.Environment, scope.Dataset)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			s, err := scanSetting(rows)
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		return rows.Err()
	})
	return list, err
}

// ChangeMarkerSetting gives the setting with an id another colour. typ must be
// its type, or empty.
func (l *Library) ChangeMarkerSetting(ctx context.Context, scope Scope, id, typ, color string) (s MarkerSetting, err error) {
	err = l.write(ctx, "change a marker setting", func(tx *sql.Tx) error {
		if s, err = oneSetting(ctx, tx, scope, id); err != nil {
			return err
		}
		if typ != "" && typ != s.Type {
			return fault.New(fault.Invalid, "the type of a marker setting cannot be changed from %.100q to %.100q; add another setting", s.Type, typ)
		}
		s.Color, s.Updated = color, l.now()
		_, err = tx.ExecContext(ctx, "UPDATE workspace_marker_setting SET color = ?, updated = ? WHERE id = ?", s.Color, s.Updated.UnixNano(), id)
		return err
	})
	return s, err
}

// RemoveMarkerSetting deletes a setting and returns what it was.
func (l *Library) RemoveMarkerSetting(ctx context.Context, scope Scope, id string) (s MarkerSetting, err error) {
	err = l.write(ctx, "remove a marker setting", func(tx *sql.Tx) error {
		if s, err = oneSetting(ctx, tx, scope, id); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM workspace_marker_setting WHERE id = ?", id)
		return err
	})
	return s, err
}

const settingColumns = "SELECT id, environment, dataset, type, color, created, updated FROM workspace_marker_setting"

func oneSetting(ctx context.Context, tx *sql.Tx, scope Scope, id string) (MarkerSetting, error) {
	s, err := scanSetting(tx.QueryRowContext(ctx, settingColumns+" WHERE id = ? AND environment = ? AND dataset = ?", id, scope.Environment, scope.Dataset))
	return s, missing(err, "marker setting", id)
}

func scanSetting(row scanner) (MarkerSetting, error) {
	var s MarkerSetting
	var created, updated int64
	err := row.Scan(&s.ID, &s.Scope.Environment, &s.Scope.Dataset, &s.Type, &s.Color, &created, &updated)
	s.Created, s.Updated = moment(created), moment(updated)
	return s, err
}
