package workspace

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Marker is a moment or a span of time that charts show: a deploy, an incident.
type Marker struct {
	ID      string
	Scope   Scope
	Start   int64 // Unix seconds
	End     int64 // Unix seconds; 0 for a moment
	Message string
	Type    string
	URL     string // as the sender wrote it; not checked
	Color   string // of its type's setting, read only; empty for none
	Created time.Time
	Updated time.Time
}

// AddMarker keeps a new marker. It is in lists from then on.
func (l *Library) AddMarker(ctx context.Context, m Marker) (Marker, error) {
	now := l.now()
	m.Created, m.Updated = now, now
	err := l.write(ctx, "add a marker", func(tx *sql.Tx) error {
		if err := room(ctx, tx, "workspace_marker", "markers", m.Scope.Environment, l.cfg.MaxMarkers); err != nil {
			return err
		}
		var err error
		if m.ID, err = freeMarkerID(ctx, tx); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO workspace_marker (id, environment, dataset, start_time, end_time, message, type, url, created, updated)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, m.ID, m.Scope.Environment, m.Scope.Dataset, m.Start, m.End, m.Message, m.Type, m.URL,
			m.Created.UnixNano(), m.Updated.UnixNano())
		if err != nil {
			return err
		}
		m, err = oneMarker(ctx, tx, m.Scope, m.ID)
		return err
	})
	return m, err
}

// freeMarkerID returns an id that no marker has: they are short.
func freeMarkerID(ctx context.Context, tx *sql.Tx) (string, error) {
	for {
		id, n := newID(hexDigits, markerIDLength), 0
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM workspace_marker WHERE id = ?", id).Scan(&n)
		if err != nil || n == 0 {
			return id, err
		}
	}
}

// Markers lists those of a scope by start.
func (l *Library) Markers(ctx context.Context, scope Scope) (list []Marker, err error) {
	return l.markers(ctx, "WHERE m.environment = ? AND m.dataset = ? ORDER BY m.start_time, m.id", scope.Environment, scope.Dataset)
}

// FindMarker returns the marker with an id, of whatever dataset it is.
func (l *Library) FindMarker(ctx context.Context, environment, id string) (m Marker, err error) {
	err = l.read(ctx, "read a marker", func(tx *sql.Tx) error {
		m, err = scanMarker(tx.QueryRowContext(ctx, markerColumns+" WHERE m.id = ? AND m.environment = ?", id, environment))
		return missing(err, "marker", id)
	})
	return m, err
}

// LatestMarkers lists those of all scopes of an environment that begin at a Unix
// second or later, by start, at most so many of the latest.
func (l *Library) LatestMarkers(ctx context.Context, environment string, since int64, most int) (list []Marker, err error) {
	list, err = l.markers(ctx, "WHERE m.environment = ? AND m.start_time >= ? ORDER BY m.start_time DESC, m.id DESC LIMIT ?", environment, since, most)
	slices.Reverse(list)
	return list, err
}

func (l *Library) markers(ctx context.Context, where string, args ...any) (list []Marker, err error) {
	err = l.read(ctx, "list markers", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, markerColumns+" "+where, args...) //nolint:gosec // where is a constant of this file
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			m, err := scanMarker(rows)
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return rows.Err()
	})
	return list, err
}

// ChangeMarker lets change alter the marker with an id: start, end, message,
// type and URL.
func (l *Library) ChangeMarker(ctx context.Context, scope Scope, id string, change func(*Marker) error) (m Marker, err error) {
	err = l.write(ctx, "change a marker", func(tx *sql.Tx) error {
		if m, err = oneMarker(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := change(&m); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE workspace_marker SET start_time = ?, end_time = ?, message = ?, type = ?, url = ?, updated = ? WHERE id = ?",
			m.Start, m.End, m.Message, m.Type, m.URL, l.now().UnixNano(), id)
		if err != nil {
			return err
		}
		m, err = oneMarker(ctx, tx, scope, id)
		return err
	})
	return m, err
}

// RemoveMarker deletes a marker and returns what it was.
func (l *Library) RemoveMarker(ctx context.Context, scope Scope, id string) (m Marker, err error) {
	err = l.write(ctx, "remove a marker", func(tx *sql.Tx) error {
		if m, err = oneMarker(ctx, tx, scope, id); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM workspace_marker WHERE id = ?", id)
		return err
	})
	return m, err
}

// A marker has the colour of its type in its own scope, else that of the environment.
const markerColumns = `SELECT m.id, m.environment, m.dataset, m.start_time, m.end_time, m.message, m.type, m.url, m.created, m.updated,
	COALESCE(s.color, e.color, '') FROM workspace_marker m
	LEFT JOIN workspace_marker_setting s ON s.environment = m.environment AND s.dataset = m.dataset AND s.type = m.type
	LEFT JOIN workspace_marker_setting e ON e.environment = m.environment AND e.dataset = '` + All + `' AND e.type = m.type`

func oneMarker(ctx context.Context, tx *sql.Tx, scope Scope, id string) (Marker, error) {
	m, err := scanMarker(tx.QueryRowContext(ctx, markerColumns+" WHERE m.id = ? AND m.environment = ? AND m.dataset = ?", id, scope.Environment, scope.Dataset))
	return m, missing(err, "marker", id)
}

func scanMarker(row scanner) (Marker, error) {
	var m Marker
	var created, updated int64
	err := row.Scan(&m.ID, &m.Scope.Environment, &m.Scope.Dataset, &m.Start, &m.End, &m.Message, &m.Type, &m.URL, &created, &updated, &m.Color)
	m.Created, m.Updated = moment(created), moment(updated)
	return m, err
}
