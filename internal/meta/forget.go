package meta

import (
	"context"
	"database/sql"
	"strings"
)

// Forget deletes the rows of all tables, of whichever room, that have a column with a
// value in it: what is left of something once the rooms have let go of it. Rooms that
// keep such rows in memory must be told before.
func (db *DB) Forget(ctx context.Context, column, value string) error {
	return db.Write(ctx, func(tx *sql.Tx) error {
		tables, err := tablesWith(ctx, tx, column)
		if err != nil {
			return err
		}
		for _, table := range tables {
			//nolint:gosec // a table's and a column's name, quoted
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+quoted(table)+" WHERE "+quoted(column)+" = ?", value); err != nil {
				return err
			}
		}
		return nil
	})
}

func tablesWith(ctx context.Context, tx *sql.Tx, column string) (tables []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ? ORDER BY m.name", column)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
