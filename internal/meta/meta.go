// Package meta is the relational database for settings: keys, datasets, boards
// and the like. It opens SQLite, applies migrations and runs transactions; it
// holds no domain table. Each room brings its own schema/*.sql and calls
// [DB.Migrate] before using it. The SQL in those files and in the rooms stays
// plain (no SQLite-only types or functions) so that another engine can follow.
//
// The file is in WAL mode, so other processes (the command line) may read and
// write it beside a running server; [DB.Version] tells when one of them has.
package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"

	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	busyTimeoutMS  = 5000 // how long a writer waits for another process
	readers        = 4    // connections for reading
	cacheKiB       = 2048 // page cache of each connection
	fileMode       = 0o600
	directoryMode  = 0o700
	synchronousAll = "FULL" // a committed key or board survives a power cut
)

// DB is an open database. All methods are safe for concurrent use: reads run
// beside one another and beside the one write at a time.
type DB struct {
	write *sql.DB
	read  *sql.DB
	watch *sql.DB // one connection, kept: data_version is per connection
}

// Open opens or creates the database file at path, and its folder. The caller
// closes it. Errors: Unavailable when the file cannot be opened or is not a
// database.
func Open(ctx context.Context, path string) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), directoryMode); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the settings folder cannot be created")
	}
	// Created first, so that the file never exists with wider rights.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode) //nolint:gosec // the operator names the path
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the settings database cannot be opened")
	}
	if err := f.Close(); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the settings database cannot be opened")
	}
	db := &DB{
		write: connect(path, 1, "_txlock=immediate"),
		read:  connect(path, readers, "_query_only=1"),
		watch: connect(path, 1, "_query_only=1"),
	}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(path string, connections int, extra string) *sql.DB {
	dsn := fmt.Sprintf("file:%s?_busy_timeout=%d&_foreign_keys=1&_journal_mode=WAL&_synchronous=%s&_cache_size=-%d&%s",
		(&url.URL{Path: path}).EscapedPath(), busyTimeoutMS, synchronousAll, cacheKiB, extra)
	pool := sql.OpenDB(connector{dsn: dsn, driver: &sqlite3.SQLiteDriver{}})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool
}

func (db *DB) prepare(ctx context.Context) error {
	_, err := db.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS meta_migration (
		room TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (room, version))`)
	return classify(err, "open the settings database")
}

// Read runs f in a read-only transaction: all it reads comes from one moment.
// It is rolled back whatever f returns.
func (db *DB) Read(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := db.read.BeginTx(ctx, nil)
	if err != nil {
		return classify(err, "begin reading the settings")
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(tx)
}

// Write runs f in a transaction of its own and commits it, on disk, if f
// returns nil; otherwise nothing of it remains. Writers take turns, those of
// other processes included; waiting too long is an Unavailable fault. f must
// use tx only: calling Write or Read inside would wait for itself.
func (db *DB) Write(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err, "begin writing the settings")
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return classify(tx.Commit(), "commit the settings")
}

// Version returns a number that differs from the last one when any other
// connection, of this or another process, has committed since. It costs a few
// microseconds.
func (db *DB) Version(ctx context.Context) (int64, error) {
	var v int64
	err := db.watch.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v)
	return v, classify(err, "read the settings' version")
}

// Close closes all connections. Transactions must have ended.
func (db *DB) Close() error {
	return errors.Join(db.watch.Close(), db.read.Close(), db.write.Close())
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// classify turns an engine's error into a fault; nil stays nil.
func classify(err error, doing string) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", doing, err)
	if errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Canceled, err, "the request was canceled")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(fault.Deadline, err, "the settings database did not answer in time")
	}
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		switch e.Code {
		case sqlite3.ErrBusy, sqlite3.ErrLocked:
			return fault.Wrap(fault.Unavailable, err, "the settings database is busy; try again")
		case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrReadonly:
			return fault.Wrap(fault.Unavailable, err, "the settings database cannot be written")
		case sqlite3.ErrNotADB, sqlite3.ErrCorrupt:
			return fault.Wrap(fault.Unavailable, err, "the settings database is damaged; restore it from a backup")
		case sqlite3.ErrConstraint:
			return fault.Wrap(fault.Conflict, err, "that already exists")
		}
	}
	return err
}
