package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

const (
	pollEvery  = time.Second      // how soon keys of another process are seen at the latest
	writeEvery = 30 * time.Second // how often last-used times are written
	usedGrain  = time.Minute      // and how coarse they are

	// Unknown keys make us look into the database, so that a key minted a
	// moment ago works at once; a flood of them must not.
	missesPerSecond = 50
)

// Config says how keys are kept.
type Config struct {
	Dir       string // where the server key file is kept, mode 0600; made on first need
	AcceptAny bool   // open mode: an unknown or missing key stands for the default environment
	Clock     func() time.Time
	Log       *slog.Logger
}

// Keys knows every key. It answers from memory, re-reading the database when
// this or another process has changed it. All methods are safe for concurrent use.
type Keys struct {
	db   *meta.DB
	cfg  Config
	seal *sealer

	known  atomic.Pointer[snapshot]
	reload sync.Mutex // guards seen and misses, and makes re-reading happen once
	seen   int64      // version of the database last looked at
	misses bucket

	cancel context.CancelFunc
	done   chan struct{}
}

// Open prepares the tables, makes the default team and environment on first
// start, and loads the keys. Close ends its background work.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Keys, error) {
	if err := db.Migrate(ctx, "auth", schema); err != nil {
		return nil, err
	}
	k := &Keys{db: db, cfg: cfg, seal: &sealer{dir: cfg.Dir}, done: make(chan struct{})}
	if err := k.load(ctx); err != nil {
		return nil, err
	}
	if len(k.known.Load().environments) == 0 {
		if err := k.createDefaults(ctx); err != nil {
			return nil, err
		}
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k.cancel = cancel
	go k.run(background)
	return k, nil
}

// Close ends the background work and writes pending last-used times.
func (k *Keys) Close(ctx context.Context) error {
	k.cancel()
	<-k.done
	return k.writeUsed(ctx)
}

func (k *Keys) run(ctx context.Context) {
	defer close(k.done)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	write := time.NewTicker(writeEvery)
	defer write.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
			err = k.refresh(ctx)
		case <-write.C:
			err = k.writeUsed(ctx)
		}
		if err != nil && ctx.Err() == nil {
			k.cfg.Log.WarnContext(ctx, "keys could not be read or written, the ones in memory stay in use", slog.Any("error", err))
		}
	}
}

// Authenticate returns who the key of a family belongs to. It takes well under
// a microsecond for a known key, and its time does not depend on how much of a
// wrong key is right. Errors: Unauthenticated for unknown, disabled and expired
// keys. In open mode an unknown key (also an empty one) is the default
// environment's.
func (k *Keys) Authenticate(ctx context.Context, family Family, secret string) (*Principal, error) {
	hash := sha256.Sum256([]byte(secret))
	s := k.known.Load()
	e := s.find(family, &hash)
	if e == nil && secret != "" && k.refreshOnMiss(ctx) {
		s = k.known.Load()
		e = s.find(family, &hash)
	}
	if e == nil {
		if k.cfg.AcceptAny {
			return s.stranger(family, secret), nil
		}
		return nil, fault.New(fault.Unauthenticated, "unknown API key - check your credentials")
	}
	if err := k.usable(e); err != nil {
		return nil, err
	}
	return e.principal, nil
}

// Secret returns the secret that signs requests of an AWS access key, and whom
// the key belongs to. Errors: Unauthenticated for unknown, disabled and expired
// keys; Unavailable if the server key that sealed it is gone.
func (k *Keys) Secret(ctx context.Context, accessKeyID string) (string, *Principal, error) {
	e := k.known.Load().byID[accessKeyID]
	if e == nil && k.refreshOnMiss(ctx) {
		e = k.known.Load().byID[accessKeyID]
	}
	if e == nil || e.key.Kind != AWS {
		return "", nil, fault.New(fault.Unauthenticated, "unknown access key id")
	}
	if err := k.usable(e); err != nil {
		return "", nil, err
	}
	secret, err := k.seal.open(e.sealed, accessKeyID)
	return secret, e.principal, err
}

// Why a key that is known may not be used: causes of Unauthenticated faults.
var (
	ErrDisabled = errors.New("the key is disabled")
	ErrExpired  = errors.New("the key has expired")
)

// usable refuses a disabled or expired key, and notes the use of any other.
func (k *Keys) usable(e *entry) error {
	now := k.cfg.Clock()
	switch {
	case e.key.Disabled:
		return fault.Wrap(fault.Unauthenticated, ErrDisabled, "API key "+e.key.ID+" is disabled")
	case e.expires != 0 && now.UnixNano() >= e.expires:
		return fault.Wrap(fault.Unauthenticated, ErrExpired, "API key "+e.key.ID+" has expired")
	}
	// Stored only when the minute changes: a shared cache line would cost more.
	if minute := now.Truncate(usedGrain).UnixNano(); e.used.Load() < minute {
		e.used.Store(minute)
	}
	return nil
}

// refresh re-reads the keys if the database has changed since the last look.
func (k *Keys) refresh(ctx context.Context) error {
	k.reload.Lock()
	defer k.reload.Unlock()
	return k.refreshLocked(ctx)
}

func (k *Keys) refreshLocked(ctx context.Context) error {
	version, err := k.db.Version(ctx)
	if err != nil || version == k.seen {
		return err
	}
	return k.loadLocked(ctx, version)
}

// refreshOnMiss looks into the database for a key that is not in memory, unless
// that happened too often lately, and reports whether it looked.
func (k *Keys) refreshOnMiss(ctx context.Context) bool {
	k.reload.Lock()
	defer k.reload.Unlock()
	if !k.misses.take(k.cfg.Clock()) {
		return false
	}
	if err := k.refreshLocked(ctx); err != nil {
		k.cfg.Log.WarnContext(ctx, "an unknown key could not be looked up", slog.Any("error", err))
		return false
	}
	return true
}

// bucket allows missesPerSecond takes a second, in bursts of as many.
type bucket struct {
	left float64
	last time.Time
}

func (b *bucket) take(now time.Time) bool {
	if b.last.IsZero() {
		b.left = missesPerSecond
	} else if elapsed := now.Sub(b.last).Seconds(); elapsed > 0 {
		b.left = min(b.left+elapsed*missesPerSecond, missesPerSecond)
	}
	b.last = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func (s *snapshot) find(family Family, hash *[sha256.Size]byte) *entry {
	e := s.byHash[*hash]
	if e == nil || subtle.ConstantTimeCompare(e.hash[:], hash[:]) != 1 || !family.holds(e.key.Kind) {
		return nil
	}
	return e
}

// stranger returns whom an unknown key stands for in open mode.
func (s *snapshot) stranger(family Family, secret string) *Principal {
	switch {
	case family == Management:
		return &s.strangers.management
	case family == Rollbar:
		return &s.strangers.rollbar
	case Classic(secret):
		return &s.strangers.classic
	}
	return &s.strangers.honeycomb
}
