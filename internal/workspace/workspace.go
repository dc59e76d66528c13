// Package workspace keeps what people make beside the events: questions and
// their answers, names for them, markers on charts and their colours, and the
// history of who asked what, and addresses that are too long for a link. It lives in the settings database and survives
// restarts; every table is bounded. It knows no engine: an answer is JSON that
// others make and read.
package workspace

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// All is the dataset of what belongs to the whole environment.
const All = "__all__"

// Scope is where a thing belongs: a dataset of an environment, or [All].
type Scope struct{ Environment, Dataset string }

// Config says how much is kept. Zero values have the defaults given.
type Config struct {
	Clock func() time.Time
	Log   *slog.Logger

	MaxQueries     int   // of an environment; 200,000
	MaxAnnotations int   // of an environment; 50,000
	MaxMarkers     int   // of an environment; 100,000
	MaxSettings    int   // marker settings of an environment; 1,000
	MaxRuns        int   // of an environment's history, older ones go; 10,000
	MaxAddresses   int   // of an environment, those not kept again for longest go; 20,000
	MaxAnswer      int   // bytes of one answer; 32 MiB
	MaxOpen        int64 // bytes of the answers that are read at once; 64 MiB
	MaxAnswers     int64 // packed bytes of all answers, the oldest go; 1 GiB
}

func (c *Config) fill() {
	for _, d := range []struct {
		value  *int
		normal int
	}{
		{&c.MaxQueries, 200_000},
		{&c.MaxAnnotations, 50_000},
		{&c.MaxMarkers, 100_000},
		{&c.MaxSettings, 1_000},
		{&c.MaxRuns, 10_000},
		{&c.MaxAddresses, 20_000},
		{&c.MaxAnswer, 32 << 20},
	} {
		if *d.value <= 0 {
			*d.value = d.normal
		}
	}
	if c.MaxAnswers <= 0 {
		c.MaxAnswers = 1 << 30
	}
	if c.MaxOpen <= 0 {
		c.MaxOpen = 64 << 20
	}
}

// Library holds everything. All methods are safe for concurrent use; what they
// write is on disk when they return, and what they return is the caller's own.
// Errors are faults: NotFound, Invalid, Conflict (also at the limit of a
// table), TooLarge, Unavailable.
type Library struct {
	db     *meta.DB
	cfg    Config
	packer *zstd.Encoder
	opener *zstd.Decoder

	opened atomic.Int64 // bytes of answers that are read
	mu     sync.Mutex
	stored int64 // size of all results
}

// Open prepares the tables. Answers that were under way when the last process
// ended have failed: nothing waits for ever. Close lets go of what it holds.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Library, error) {
	cfg.fill()
	if err := db.Migrate(ctx, "workspace", schema); err != nil {
		return nil, err
	}
	l := &Library{db: db, cfg: cfg}
	var err error
	if l.packer, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true)); err != nil {
		return nil, fmt.Errorf("open the packer: %w", err)
	}
	if l.opener, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(cfg.MaxAnswer)+1)); err != nil {
		return nil, fmt.Errorf("open the unpacker: %w", err)
	}
	return l, l.endAbandoned(ctx)
}

// Forget removes what is about a dataset that is no more: its markers, their
// settings and its annotations. Queries and results stay: they never change.
func (l *Library) Forget(ctx context.Context, scope Scope) error {
	return l.write(ctx, "forget a dataset", func(tx *sql.Tx) error {
		for _, table := range []string{"workspace_marker", "workspace_marker_setting", "workspace_annotation"} {
			//nolint:gosec // the tables are constants
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE environment = ? AND dataset = ?", scope.Environment, scope.Dataset); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close lets go of memory. The database stays its owner's.
func (l *Library) Close() {
	l.opener.Close()
}

// endAbandoned fails the answers that nobody works on any more, and adds up sizes.
func (l *Library) endAbandoned(ctx context.Context) error {
	const why = "the server was restarted before this query had ended; ask again"
	abandoned := 0
	err := l.db.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT COALESCE(SUM(size), 0) FROM workspace_result").Scan(&l.stored)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM workspace_result WHERE state = ?", underWay).Scan(&abandoned)
	})
	if err != nil || abandoned == 0 {
		return wrap(err, "read the kept answers")
	}
	return l.write(ctx, "end abandoned answers", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE workspace_result SET state = ?, failure = ?, ended = ? WHERE state = ?",
			failed, why, l.now().UnixNano(), underWay)
		return err
	})
}

func (l *Library) now() time.Time { return l.cfg.Clock().UTC() }

func (l *Library) read(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	return wrap(l.db.Read(ctx, f), doing)
}

func (l *Library) write(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	return wrap(l.db.Write(ctx, f), doing)
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// room refuses when an environment has as many rows of a table as it may.
func room(ctx context.Context, tx *sql.Tx, table, what, environment string, limit int) error {
	var n int
	//nolint:gosec // the table is a constant of this package
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" WHERE environment = ?", environment).Scan(&n); err != nil {
		return err
	}
	if n >= limit {
		return fault.New(fault.Conflict, "the environment has reached its limit of %d %s; nothing was added", limit, what)
	}
	return nil
}

// missing turns "no rows" into a NotFound fault that names the thing.
func missing(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "%s %.40q is not known", what, id)
	}
	return err
}

// Alphabets of ids: what Honeycomb's look like.
const (
	base58    = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	hexDigits = "0123456789abcdef"

	idLength       = 12 // 70 random bits
	markerIDLength = 8  // 32 random bits: tables of clients have room for 11
)

// IsID reports whether a text may be the id of a query or of a result.
func IsID(text string) bool {
	return len(text) == idLength && strings.Trim(text, base58) == ""
}

// newID returns n random characters of an alphabet, each equally likely.
func newID(alphabet string, n int) string {
	out := make([]byte, 0, n)
	var buf [32]byte
	limit := 256 / len(alphabet) * len(alphabet)
	for len(out) < n {
		_, _ = rand.Read(buf[:]) // never fails: it ends the process instead
		for _, b := range buf {
			if int(b) < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func moment(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
