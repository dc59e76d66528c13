package app

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// database is SQLite or Postgres. Each statement has a span of its own.
type database struct {
	*sql.DB
	system string // as OpenTelemetry names it
	name   string
	host   string
}

// openDatabase opens a postgres:// URL, or a file of SQLite.
func openDatabase(ctx context.Context, address string) (*database, error) {
	d := &database{system: "sqlite", name: "cruddur", host: "localhost"}
	driver := "sqlite3"
	if u, err := url.Parse(address); err == nil && strings.HasPrefix(u.Scheme, "postgres") {
		driver, d.system, d.name, d.host = "pgx", "postgresql", strings.Trim(u.Path, "/"), u.Hostname()
	} else {
		address = "file:" + (&url.URL{Path: address}).EscapedPath() + "?_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000&_foreign_keys=1"
	}
	var err error
	if d.DB, err = sql.Open(driver, address); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	d.SetMaxOpenConns(8)
	if err := d.migrate(ctx); err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	return d, nil
}

// rebind writes placeholders as the database wants them: ? for SQLite, $1 for Postgres.
func (d *database) rebind(statement string) string {
	if d.system == "sqlite" {
		return statement
	}
	var b strings.Builder
	n := 0
	for _, r := range statement {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

func (d *database) span(ctx context.Context, tracer trace.Tracer, statement string) (context.Context, trace.Span) {
	words := strings.Fields(statement)
	operation, table := words[0], ""
	for i, w := range words {
		if (w == "FROM" || w == "INTO" || w == "UPDATE") && i+1 < len(words) {
			table = words[i+1]
			break
		}
	}
	return tracer.Start(ctx, operation+" "+table, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", d.system), attribute.String("db.namespace", d.name), attribute.String("server.address", d.host),
		attribute.String("db.operation.name", operation), attribute.String("db.collection.name", table), attribute.String("db.query.text", strings.Join(words, " "))))
}

func end(span trace.Span, err error) {
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// exec runs a statement that returns nothing.
func (d *database) exec(ctx context.Context, tracer trace.Tracer, statement string, args ...any) error {
	ctx, span := d.span(ctx, tracer, statement)
	_, err := d.ExecContext(ctx, d.rebind(statement), args...)
	end(span, err)
	return err
}

// rows runs a statement and scans all its rows.
func rows[T any](ctx context.Context, d *database, tracer trace.Tracer, scan func(*sql.Rows, *T) error, statement string, args ...any) (out []T, err error) {
	ctx, span := d.span(ctx, tracer, statement)
	defer func() {
		span.SetAttributes(attribute.Int("db.response.returned_rows", len(out)))
		end(span, err)
	}()
	found, err := d.QueryContext(ctx, d.rebind(statement), args...)
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // found.Err tells
	out = []T{}
	for found.Next() {
		var one T
		if err := scan(found, &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, found.Err()
}

// one runs a statement and scans its first row; sql.ErrNoRows if there is none.
func one[T any](ctx context.Context, d *database, tracer trace.Tracer, scan func(*sql.Rows, *T) error, statement string, args ...any) (T, error) {
	all, err := rows(ctx, d, tracer, scan, statement, args...)
	if err == nil && len(all) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}

var tables = []string{ //nolint:gochecknoglobals // a constant table
	`CREATE TABLE IF NOT EXISTS users (handle TEXT PRIMARY KEY, display_name TEXT NOT NULL, avatar TEXT, created BIGINT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS follows (follower TEXT NOT NULL, followed TEXT NOT NULL, PRIMARY KEY (follower, followed))`,
	`CREATE TABLE IF NOT EXISTS activities (uuid TEXT PRIMARY KEY, handle TEXT NOT NULL, message TEXT NOT NULL, reply_to TEXT, created BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS activities_handle ON activities (handle, created)`,
	`CREATE INDEX IF NOT EXISTS activities_reply ON activities (reply_to)`,
	`CREATE TABLE IF NOT EXISTS likes (uuid TEXT NOT NULL, handle TEXT NOT NULL, PRIMARY KEY (uuid, handle))`,
	`CREATE TABLE IF NOT EXISTS notifications (id TEXT PRIMARY KEY, handle TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, uuid TEXT, seen INTEGER NOT NULL, created BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS notifications_handle ON notifications (handle, created)`,
	`CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, sender TEXT NOT NULL, receiver TEXT NOT NULL, body TEXT NOT NULL, created BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS messages_receiver ON messages (receiver, created)`,
}

func (d *database) migrate(ctx context.Context) error {
	for _, t := range tables {
		if _, err := d.ExecContext(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
