package rollbar

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/meta"
)

const (
	maxDrops  = 10_000 // kinds of them that are not written yet
	keepDrops = 30 * 24 * time.Hour
)

// drops counts the items over the limit of their token that were looked at and
// belong to an error that is known: they are not kept.
type drops struct {
	db *meta.DB

	mu    sync.Mutex
	count map[dropKey]int64
}

type dropKey struct {
	environment, errorEnvironment, fingerprint string
	hour                                       int64
}

func (d *drops) add(environment string, s *item.Stamp, at int64) {
	key := dropKey{environment, s.Environment, s.Decision.Fingerprint, at / int64(time.Hour)}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.count[key]; !known {
		if len(d.count) >= maxDrops {
			return
		}
		if d.count == nil {
			d.count = map[dropKey]int64{}
		}
		key.errorEnvironment, key.fingerprint = strings.Clone(key.errorEnvironment), strings.Clone(key.fingerprint)
	}
	d.count[key]++
}

func (d *drops) persist(ctx context.Context) error {
	d.mu.Lock()
	count := d.count
	d.count = nil
	d.mu.Unlock()
	if len(count) == 0 {
		return nil
	}
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		newest := int64(0)
		for key, n := range count {
			newest = max(newest, key.hour)
			_, err := tx.ExecContext(ctx, `INSERT INTO rollbar_dropped (environment, error_environment, fingerprint, hour, n) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (environment, error_environment, fingerprint, hour) DO UPDATE SET n = n + excluded.n`,
				key.environment, key.errorEnvironment, key.fingerprint, key.hour, n)
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM rollbar_dropped WHERE hour < ?", newest-int64(keepDrops/time.Hour))
		return err
	})
}

// DroppedByLimit returns how many occurrences of an error were dropped because
// their token was over its limit since a time in Unix nanoseconds, rounded down to
// the hour; they are known for 30 days. What was not even looked at is in the ledger alone.
func (f *Front) DroppedByLimit(ctx context.Context, environment, errorEnvironment string, fingerprints []string, since int64) (all int64, err error) {
	if err := f.drops.persist(ctx); err != nil {
		return 0, err
	}
	err = f.db.Read(ctx, func(tx *sql.Tx) error {
		all = 0
		for _, fingerprint := range fingerprints {
			var n int64
			row := tx.QueryRowContext(ctx, "SELECT COALESCE(SUM(n), 0) FROM rollbar_dropped WHERE environment = ? AND error_environment = ? AND fingerprint = ? AND hour >= ?",
				environment, errorEnvironment, fingerprint, since/int64(time.Hour))
			if err := row.Scan(&n); err != nil {
				return err
			}
			all += n
		}
		return nil
	})
	return all, err
}

// tellLimit makes an item that says that a token reached its limit. It counts
// against nothing.
func (f *Front) tellLimit(r *http.Request, t *token) {
	ctx := context.WithoutCancel(r.Context())
	name := t.KeyName
	if name == "" {
		name = "(any)"
	}
	title := "Your rate limit has been reached for access_token " + name
	data := map[string]any{
		"environment": "unknown", "level": "warning", "framework": "rollbar-system", "title": title, "fingerprint": "rate-limit-" + event.Cut(t.KeyID, 29),
		"body": map[string]any{"message": map[string]any{"body": title}}, "notifier": map[string]any{"name": "oriel"},
	}
	if err := f.addOwn(ctx, t.Environment, data); err != nil {
		f.Log.WarnContext(ctx, "the item about a reached limit was not stored", slog.Any("error", err))
	}
}

// addOwn stores an item of the server's own.
func (f *Front) addOwn(ctx context.Context, environment string, data map[string]any) error {
	text, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		return err
	}
	own := &token{Principal: &auth.Principal{Environment: environment, KeyName: "oriel"}, scopes: posts}
	p := &post{front: f, call: &call{token: own}, policy: f.policies.of(environment)}
	if err := p.payload.readAll(text); err != nil {
		return err
	}
	if _, err := p.add(f.Clock().UnixNano()); err != nil {
		return err
	}
	return p.write(ctx, [16]byte{})
}
