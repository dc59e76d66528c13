package meta

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// migration is one schema file: NNNN_name.sql.
type migration struct {
	version int
	name    string
	text    string
}

// Migrate brings a room's tables up to date: every file schema/NNNN_name.sql
// of files that was not yet applied runs, in order, all in one transaction, so
// a crash leaves either all or nothing. Files are never edited once released,
// only added, and numbered from 1 without gaps. A database that a newer release
// has migrated is refused with a Conflict fault and left as it is. Two
// processes may call it at once.
func (db *DB) Migrate(ctx context.Context, room string, files fs.FS) error {
	all, err := migrations(files)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", room, err)
	}
	if current, err := db.applied(ctx, room); err != nil {
		return err
	} else if current == len(all) {
		return nil // the usual start: no write
	}
	return db.Write(ctx, func(tx *sql.Tx) error {
		var current int
		err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM meta_migration WHERE room = ?", room).Scan(&current)
		if err != nil {
			return classify(err, "read the settings' schema version")
		}
		if current > len(all) {
			return fault.New(fault.Conflict,
				"the settings database has version %d of %q, this release knows up to %d: start the newer release, or restore an older backup",
				current, room, len(all))
		}
		for _, m := range all[current:] {
			if _, err := tx.ExecContext(ctx, m.text); err != nil {
				return classify(err, fmt.Sprintf("migrate %s to %s", room, m.name))
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO meta_migration (room, version, name) VALUES (?, ?, ?)", room, m.version, m.name)
			if err != nil {
				return classify(err, "record a migration")
			}
		}
		return nil
	})
}

func (db *DB) applied(ctx context.Context, room string) (version int, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM meta_migration WHERE room = ?", room).Scan(&version)
	})
	return version, classify(err, "read the settings' schema version")
}

func migrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "schema/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list schema files: %w", err)
	}
	slices.Sort(names)
	all := make([]migration, 0, len(names))
	for i, name := range names {
		number, _, ok := strings.Cut(path.Base(name), "_")
		version, err := strconv.Atoi(number)
		if !ok || err != nil || version != i+1 {
			return nil, fmt.Errorf("schema file %s: want number %04d_", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read schema file %s: %w", name, err)
		}
		all = append(all, migration{version: version, name: path.Base(name), text: string(text)})
	}
	return all, nil
}
