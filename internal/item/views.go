package item

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/oriel-dev/oriel/internal/fault"
)

// View is a list of items that people keep: its name, and the pages' own words
// for filter and order.
type View struct {
	ID          int64
	Environment string
	Name        string
	Author      string
	Body        string // JSON of the pages
	ChangedAt   int64  // Unix nanoseconds
}

const (
	maxViews     = 500
	maxViewBytes = 16 << 10
)

// Views lists the views of a project by name.
func (t *Items) Views(ctx context.Context, environment string) (list []View, err error) {
	err = t.db.Read(ctx, func(tx *sql.Tx) error {
		return eachBody(ctx, tx, "SELECT body FROM item_view WHERE environment = ? ORDER BY name", func(body []byte) error {
			var v View
			if err := json.Unmarshal(body, &v); err != nil {
				return err
			}
			list = append(list, v)
			return nil
		}, environment)
	})
	return list, err
}

// SaveView keeps a view, in place of the one of its name.
func (t *Items) SaveView(ctx context.Context, v View) (View, error) {
	switch {
	case v.Name == "" || len(v.Name) > maxTitle:
		return v, fault.New(fault.Invalid, "the view's name has %d bytes: want 1 to %d", len(v.Name), maxTitle)
	case len(v.Body) > maxViewBytes || !json.Valid([]byte(v.Body)):
		return v, fault.New(fault.Invalid, "the view is not JSON of up to %d bytes", maxViewBytes)
	}
	v.ChangedAt = t.now()
	t.change.Lock()
	defer t.change.Unlock()
	err := t.db.Write(ctx, func(tx *sql.Tx) error {
		var views int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM item_view WHERE environment = ? AND name <> ?", v.Environment, v.Name).Scan(&views); err != nil {
			return err
		}
		if views >= maxViews {
			return fault.New(fault.Conflict, "there are %d views already, the most there may be", views)
		}
		err := tx.QueryRowContext(ctx, "SELECT COALESCE((SELECT id FROM item_view WHERE environment = ? AND name = ?), (SELECT COALESCE(MAX(id), 0) + 1 FROM item_view))",
			v.Environment, v.Name).Scan(&v.ID)
		if err != nil {
			return err
		}
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO item_view (id, environment, name, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment, name) DO UPDATE SET body = excluded.body`, v.ID, v.Environment, v.Name, string(body))
		return err
	})
	return v, err
}

// RemoveView deletes a view. Errors: NotFound.
func (t *Items) RemoveView(ctx context.Context, environment string, id int64) error {
	t.change.Lock()
	defer t.change.Unlock()
	return t.db.Write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM item_view WHERE environment = ? AND id = ?", environment, id)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return fault.New(fault.NotFound, "view %d is not known", id)
	})
}
