package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/fault"
)

const maxNameRunes = 100 // of keys and environments

// NewKey says what key to make.
type NewKey struct {
	Kind        Kind
	Name        string       // for lists; "" becomes the kind
	Environment string       // slug; "" is the default environment
	Permissions *Permissions // nil means what the kind usually may do
	Expires     time.Time    // zero: never
}

// Secret is what a client needs; it can be shown only once. Key is set for
// every kind but aws (for management keys it is ID:SECRET), the others for aws.
type Secret struct {
	Key             string `json:"key,omitempty"`
	AccessKeyID     string `json:"access_key_id,omitempty"`
	SecretAccessKey string `json:"secret_access_key,omitempty"`
}

// Create makes a key. It is on disk when Create returns; servers running on the
// same data accept it at once. Errors: Invalid, NotFound for the environment,
// Unavailable.
func (k *Keys) Create(ctx context.Context, spec NewKey) (Key, Secret, error) {
	m, err := mint(spec.Kind)
	if err != nil {
		return Key{}, Secret{}, err
	}
	environment, err := k.known.Load().environment(spec.Environment)
	if err != nil {
		return Key{}, Secret{}, err
	}
	key := Key{
		ID: m.id, Name: spec.Name, Kind: spec.Kind, Environment: environment.Slug, Permissions: spec.Kind.defaults(),
		Created: k.cfg.Clock().UTC(), Expires: spec.Expires,
	}
	if key.Name == "" {
		key.Name = string(spec.Kind)
	}
	if err := checkName(key.Name); err != nil {
		return Key{}, Secret{}, err
	}
	if spec.Permissions != nil {
		key.Permissions = *spec.Permissions
	}
	permissions, err := json.Marshal(key.Permissions)
	if err != nil {
		return Key{}, Secret{}, fmt.Errorf("encode permissions: %w", err)
	}
	var hash, sealed string
	if spec.Kind == AWS {
		if sealed, err = k.seal.close(m.secret.SecretAccessKey, m.id); err != nil {
			return Key{}, Secret{}, err
		}
	} else {
		sum := sha256.Sum256([]byte(m.secret.Key))
		hash = hex.EncodeToString(sum[:])
	}
	err = k.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO auth_key
			(id, kind, name, environment_id, hash, sealed, permissions, disabled, created, expires, last_used)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
			key.ID, string(key.Kind), key.Name, environment.ID, hash, sealed, string(permissions), false,
			key.Created.UnixNano(), nanos(key.Expires))
		return err
	})
	return key, m.secret, err
}

// Disable switches a key off or on again. Running servers follow within two
// seconds. A key that does not exist is a NotFound fault.
func (k *Keys) Disable(ctx context.Context, id string, disabled bool) error {
	return k.change(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE auth_key SET disabled = ? WHERE id = ?", disabled, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fault.New(fault.NotFound, "there is no key %q", id)
		}
		return nil
	})
}

// CreateEnvironment makes an environment, its slug taken from the name by slug.
// A slug that exists is a Conflict fault.
func (k *Keys) CreateEnvironment(ctx context.Context, slug, name string) (Environment, error) {
	if err := checkName(name); err != nil {
		return Environment{}, err
	}
	if slug == "" || len(slug) > maxNameRunes || !all(slug, func(c byte) bool { return lowerAlnum(c) || strings.IndexByte("_~.-", c) >= 0 }) {
		return Environment{}, fault.New(fault.Invalid, "environment slug %q: want 1 to %d of a-z, 0-9, _ ~ . -", slug, maxNameRunes)
	}
	if slug == Sample {
		return Environment{}, fault.New(fault.Conflict, "environment %q exists already, or will: sample data is there", slug)
	}
	e := Environment{ID: "hcxen_" + token(crockford, 26), Slug: slug, Name: name}
	teamID := k.known.Load().team.id
	err := k.change(ctx, func(tx *sql.Tx) error { return insertEnvironment(ctx, tx, teamID, e, k.cfg.Clock()) })
	return e, err
}

func insertEnvironment(ctx context.Context, tx *sql.Tx, teamID string, e Environment, now time.Time) error {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM auth_environment WHERE team_id = ? AND slug = ?", teamID, e.Slug).Scan(&n)
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "environment %q exists already", e.Slug)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO auth_environment (id, team_id, slug, name, created) VALUES (?, ?, ?, ?, ?)",
		e.ID, teamID, e.Slug, e.Name, now.UnixNano())
	return err
}

// createDefaults makes the first team and environment, unless another process
// was quicker.
func (k *Keys) createDefaults(ctx context.Context) error {
	return k.change(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM auth_team").Scan(&n); err != nil || n > 0 {
			return err
		}
		now, teamID := k.cfg.Clock(), "hcxtm_"+token(crockford, 26)
		_, err := tx.ExecContext(ctx, "INSERT INTO auth_team (id, slug, name, created) VALUES (?, ?, ?, ?)",
			teamID, defaultTeamSlug, defaultTeamName, now.UnixNano())
		if err != nil {
			return err
		}
		e := Environment{ID: "hcxen_" + token(crockford, 26), Slug: defaultEnvironmentSlug, Name: defaultEnvironmentName}
		return insertEnvironment(ctx, tx, teamID, e, now)
	})
}

// change writes, tells other processes, and re-reads.
func (k *Keys) change(ctx context.Context, f func(tx *sql.Tx) error) error {
	err := k.db.Write(ctx, func(tx *sql.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE auth_change SET number = number + 1 WHERE id = 1")
		return err
	})
	if err != nil {
		return err
	}
	return k.load(ctx)
}

// writeUsed stores the last-used times that changed, all in one transaction.
func (k *Keys) writeUsed(ctx context.Context) error {
	var changed []*entry
	for _, e := range k.known.Load().byID {
		if e.used.Load() > e.written.Load() {
			changed = append(changed, e)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return k.db.Write(ctx, func(tx *sql.Tx) error {
		for _, e := range changed {
			used := e.used.Load()
			_, err := tx.ExecContext(ctx, "UPDATE auth_key SET last_used = ? WHERE id = ? AND last_used < ?", used, e.key.ID, used)
			if err != nil {
				return err
			}
			e.written.Store(used)
		}
		return nil
	})
}

func checkName(name string) error {
	if name == "" || utf8.RuneCountInString(name) > maxNameRunes || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, "name %.200q: want 1 to %d characters", name, maxNameRunes)
	}
	if strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return fault.New(fault.Invalid, "name %.200q: want no control characters", name)
	}
	return nil
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
