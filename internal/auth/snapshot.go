package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// The names of what the first start makes.
const (
	defaultTeamSlug        = "oriel"
	defaultTeamName        = "Oriel"
	defaultEnvironmentSlug = "test"
	defaultEnvironmentName = "Test"
)

// snapshot is everything known, immutable but for the last-used times.
type snapshot struct {
	number       int64 // of auth_change
	team         team
	environments []Environment // oldest first; the first is the default one
	byID         map[string]*entry
	byHash       map[[sha256.Size]byte]*entry
	strangers    struct{ honeycomb, classic, management, rollbar Principal }
	local        Principal
}

type team struct {
	id, slug, name string
	created        time.Time
}

type entry struct {
	key       Key
	principal *Principal
	hash      [sha256.Size]byte
	sealed    string
	expires   int64
	used      *atomic.Int64 // Unix nanoseconds; outlives the snapshot
	written   atomic.Int64  // value of used in the database
}

func (k *Keys) load(ctx context.Context) error {
	k.reload.Lock()
	defer k.reload.Unlock()
	version, err := k.db.Version(ctx)
	if err != nil {
		return err
	}
	return k.loadLocked(ctx, version)
}

// loadLocked replaces the snapshot, unless what changed in the database was
// not about keys.
func (k *Keys) loadLocked(ctx context.Context, version int64) error {
	old := k.known.Load()
	next := &snapshot{byID: map[string]*entry{}, byHash: map[[sha256.Size]byte]*entry{}}
	err := k.db.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT number FROM auth_change WHERE id = 1").Scan(&next.number)
		if err != nil || (old != nil && old.number == next.number) {
			return err
		}
		if err := next.readEnvironments(ctx, tx); err != nil {
			return err
		}
		return next.readKeys(ctx, tx, old)
	})
	if err != nil {
		return fmt.Errorf("load keys: %w", err)
	}
	k.seen = version
	if old == nil || old.number != next.number {
		next.nameStrangers()
		k.known.Store(next)
	}
	return nil
}

func (s *snapshot) readEnvironments(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT t.id, t.slug, t.name, t.created, e.id, e.slug, e.name
		FROM auth_environment e JOIN auth_team t ON t.id = e.team_id ORDER BY CASE e.slug WHEN ? THEN 1 ELSE 0 END, e.created, e.id`, Sample)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var e Environment
		var created int64
		if err := rows.Scan(&s.team.id, &s.team.slug, &s.team.name, &created, &e.ID, &e.Slug, &e.Name); err != nil {
			return err
		}
		s.team.created = moment(created)
		s.environments = append(s.environments, e)
	}
	return rows.Err()
}

func (s *snapshot) readKeys(ctx context.Context, tx *sql.Tx, old *snapshot) error {
	accounts := map[string]string{}
	for _, e := range s.environments {
		accounts[e.Slug] = e.Account()
	}
	rows, err := tx.QueryContext(ctx, `SELECT k.id, k.kind, k.name, e.slug, e.name, k.hash, k.sealed, k.permissions,
		k.disabled, k.created, k.expires, k.last_used FROM auth_key k JOIN auth_environment e ON e.id = k.environment_id`)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var (
			e                             entry
			environment, hash, permission string
			created, used                 int64
		)
		err := rows.Scan(&e.key.ID, &e.key.Kind, &e.key.Name, &e.key.Environment, &environment, &hash, &e.sealed,
			&permission, &e.key.Disabled, &created, &e.expires, &used)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(permission), &e.key.Permissions); err != nil {
			return fmt.Errorf("permissions of key %s: %w", e.key.ID, err)
		}
		e.key.Created, e.key.Expires = moment(created), moment(e.expires)
		e.principal = &Principal{
			Team: s.team.slug, TeamName: s.team.name, TeamID: s.team.id, TeamCreated: s.team.created, Environment: e.key.Environment, EnvironmentName: environment,
			Account: accounts[e.key.Environment], KeyID: e.key.ID, KeyName: e.key.Name, Kind: e.key.Kind, Classic: e.key.Kind == HoneycombClassic,
			Permissions: e.key.Permissions,
		}
		e.written.Store(used)
		e.inheritUse(old)
		s.byID[e.key.ID] = &e
		if e.key.Kind != AWS {
			if n, err := hex.Decode(e.hash[:], []byte(hash)); err != nil || n != len(e.hash) {
				return fmt.Errorf("hash of key %s is malformed", e.key.ID)
			}
			s.byHash[e.hash] = &e
		}
	}
	return rows.Err()
}

// inheritUse keeps a use that was noted but not yet written.
func (e *entry) inheritUse(old *snapshot) {
	if old != nil {
		if before := old.byID[e.key.ID]; before != nil {
			e.used = before.used
			return
		}
	}
	e.used = new(atomic.Int64)
	e.used.Store(e.written.Load())
}

func (s *snapshot) nameStrangers() {
	if len(s.environments) == 0 {
		return
	}
	p := s.anonymous(s.environments[0])
	s.strangers.honeycomb, s.strangers.classic, s.strangers.management, s.strangers.rollbar = p, p, p, p
	s.strangers.honeycomb.Kind = Honeycomb
	s.strangers.classic.Kind, s.strangers.classic.Classic = HoneycombClassic, true
	s.strangers.management.Kind = HoneycombManagement
	s.strangers.management.Permissions.ManageKeys = true
	s.strangers.rollbar.Kind = RollbarWrite
	s.local = p
	s.local.KeyName, s.local.Permissions = "local", Permissions{SendEvents: true, CreateDatasets: true}
}

// anonymous is who a caller without a key is in an environment, in open mode.
func (s *snapshot) anonymous(e Environment) Principal {
	return Principal{
		Team: s.team.slug, TeamName: s.team.name, TeamID: s.team.id, TeamCreated: s.team.created, Account: e.Account(),
		Environment: e.Slug, EnvironmentName: e.Name, Permissions: AllPermissions(), Kind: Honeycomb,
	}
}

// List returns the keys, newest first, without secrets.
func (k *Keys) List() []Key {
	s := k.known.Load()
	keys := make([]Key, 0, len(s.byID))
	for _, e := range s.byID {
		key := e.key
		key.LastUsed = moment(e.used.Load())
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b Key) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return keys
}

// Find returns a key by its id, without its secret.
func (k *Keys) Find(id string) (Key, bool) {
	e := k.known.Load().byID[id]
	if e == nil {
		return Key{}, false
	}
	key := e.key
	key.LastUsed = moment(e.used.Load())
	return key, true
}

// Environments returns the environments, oldest first.
func (k *Keys) Environments() []Environment { return slices.Clone(k.known.Load().environments) }

// Default returns the environment used where none is named: the oldest one.
func (k *Keys) Default() Environment { return k.known.Load().environments[0] }

// Anonymous returns the principal of open mode for a caller without a key, and
// false where keys are required.
func (k *Keys) Anonymous() (*Principal, bool) {
	if !k.cfg.AcceptAny {
		return nil, false
	}
	return &k.known.Load().strangers.honeycomb, true
}

// Local returns who a program is that sends without any key, over a protocol that
// has none, to an address where that is taken: it may send to the default
// environment, whether keys are required elsewhere or not.
func (k *Keys) Local() *Principal { return &k.known.Load().local }

// anonymousIn returns the principal of open mode for a caller who names an
// environment; false where keys are required, or there is no such environment.
func (k *Keys) anonymousIn(environment string) (*Principal, bool) {
	if !k.cfg.AcceptAny {
		return nil, false
	}
	s := k.known.Load()
	e, err := s.environment(environment)
	if err != nil {
		return nil, false
	}
	p := s.anonymous(e)
	return &p, true
}

// Knows reports whether there is a key of an id, usable or not.
func (k *Keys) Knows(id string) bool { return k.known.Load().byID[id] != nil }

// environment returns the environment with a slug; "" is the default one.
func (s *snapshot) environment(slug string) (Environment, error) {
	if slug == "" {
		return s.environments[0], nil
	}
	for _, e := range s.environments {
		if e.Slug == slug {
			return e, nil
		}
	}
	return Environment{}, fault.New(fault.NotFound, "there is no environment %q", slug)
}

func moment(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
