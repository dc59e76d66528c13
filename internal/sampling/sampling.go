// Package sampling steers what clients of X-Ray's sampling API record: the rules
// they fetch, the shares of a rule's reservoir that they are given, and the counts
// they report. Where the service's own choice is not public, the package says
// what ours is. It knows no wire.
//
// Rules belong to an environment, not to a region: a client that asks through the
// daemon's port names none. Rules and counts survive a restart. Who the clients are
// does not need to: each reports again within ten seconds.
package sampling

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// Config says what the rules stand on. Zero values have the defaults given.
type Config struct {
	Clock func() time.Time
	Log   *slog.Logger

	MaxRules   int // of an environment besides Default; 1,000
	MaxClients int // of a rule that share its reservoir, those not heard of for longest go; 10,000
}

// Sampler holds the rules of all environments and what is reported about them. All
// methods are safe for concurrent use. Rules that a method changed are on disk when
// it returns; counts are there ten seconds later.
type Sampler struct {
	db  *meta.DB
	cfg Config

	changing sync.Mutex // held while a rule changes, on disk and in memory; taken before mu

	mu           sync.Mutex
	environments map[string]*environment

	cancel context.CancelFunc
	done   chan struct{}
}

// environment is what is known of one; guarded by the sampler's mu.
type environment struct {
	rules   map[string]Rule
	changed time.Time
	clients map[string]map[string]*client // by rule and id
	boosts  map[boostKey]*boost
	windows map[windowKey]*window
}

// Open reads the rules and counts. Close ends the background work.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Sampler, error) {
	if cfg.MaxRules <= 0 {
		cfg.MaxRules = 1000
	}
	if cfg.MaxClients <= 0 {
		cfg.MaxClients = 10_000
	}
	if err := db.Migrate(ctx, "sampling", schema); err != nil {
		return nil, err
	}
	s := &Sampler{db: db, cfg: cfg, environments: map[string]*environment{}, done: make(chan struct{})}
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("read the sampling rules: %w", err)
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	go s.run(background)
	return s, nil
}

// Close writes the counts that are not on disk yet.
func (s *Sampler) Close(ctx context.Context) error {
	s.cancel()
	<-s.done
	return s.keepWindows(ctx)
}

// Rules lists an environment's rules in the order in which clients try them: by
// priority, then by name. Default is always the last.
func (s *Sampler) Rules(environment string) []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.environments[environment]
	list := []Rule{}
	if e != nil {
		for _, r := range e.rules {
			list = append(list, r.clone())
		}
	}
	if !slices.ContainsFunc(list, func(r Rule) bool { return r.Name == Default }) {
		list = append(list, defaultRule())
	}
	slices.SortFunc(list, Compare)
	return list
}

// Changed is when the rules of an environment last changed, removals included; the
// zero time if they never did.
func (s *Sampler) Changed(environment string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.environments[environment]; e != nil {
		return e.changed
	}
	return time.Time{}
}

// Rule returns the rule of a name. Errors: NotFound.
func (s *Sampler) Rule(environment, name string) (Rule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.environments[environment]; e != nil {
		if r, ok := e.rules[name]; ok {
			return r.clone(), nil
		}
	}
	if name == Default {
		return defaultRule(), nil
	}
	return Rule{}, fault.New(fault.NotFound, "there is no sampling rule named %.100q; names are case-sensitive", name)
}

// Create keeps a new rule. Errors: Invalid, Conflict when the name is taken,
// TooLarge at the limit of rules.
func (s *Sampler) Create(ctx context.Context, environment string, r Rule) (Rule, error) {
	if err := r.Check(); err != nil {
		return Rule{}, err
	}
	if r.Name == Default {
		return Rule{}, fault.New(fault.Conflict, "the sampling rule %q is always there; update its FixedRate and ReservoirSize", Default)
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	rules := s.Rules(environment)
	if slices.ContainsFunc(rules, func(old Rule) bool { return old.Name == r.Name }) {
		return Rule{}, fault.New(fault.Conflict, "a sampling rule named %.100q exists already; update it or choose another name", r.Name)
	}
	if len(rules) > s.cfg.MaxRules {
		return Rule{}, fault.New(fault.TooLarge, "the environment has its limit of %d sampling rules; delete some first", s.cfg.MaxRules)
	}
	r = r.clone()
	r.Created = s.now()
	r.Modified = r.Created
	return r, s.keep(ctx, environment, r)
}

// Update changes the members of a rule that c has. Errors: NotFound, Invalid (also
// for all of Default but its rate and reservoir).
func (s *Sampler) Update(ctx context.Context, environment, name string, c Change) (Rule, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	r, err := s.Rule(environment, name)
	if err != nil {
		return Rule{}, err
	}
	c.apply(&r)
	if name == Default && !r.isDefault() {
		return Rule{}, fault.New(fault.Invalid, "only FixedRate and ReservoirSize of the sampling rule %q can be changed", Default)
	}
	if err := r.Check(); err != nil {
		return Rule{}, err
	}
	r.Modified = s.now()
	return r, s.keep(ctx, environment, r)
}

// Delete removes a rule and returns what it was. Errors: NotFound, Invalid for Default.
func (s *Sampler) Delete(ctx context.Context, environment, name string) (Rule, error) {
	if name == Default {
		return Rule{}, fault.New(fault.Invalid, "the sampling rule %q cannot be deleted: it holds for what no other rule matches", Default)
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	r, err := s.Rule(environment, name)
	if err != nil {
		return Rule{}, err
	}
	now := s.now()
	err = s.write(ctx, environment, now, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM sampling_rule WHERE environment = ? AND name = ?", environment, name)
		return err
	})
	if err != nil {
		return Rule{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.environments[environment]
	delete(e.rules, name)
	delete(e.clients, name)
	e.changed = now
	return r, nil
}

// keep puts a checked rule on disk, then in memory.
func (s *Sampler) keep(ctx context.Context, environment string, r Rule) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a sampling rule: %w", err)
	}
	err = s.write(ctx, environment, r.Modified, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sampling_rule (environment, name, priority, rule) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment, name) DO UPDATE SET priority = excluded.priority, rule = excluded.rule`,
			environment, r.Name, r.Priority, string(text))
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.environment(environment)
	e.rules[r.Name] = r.clone()
	e.changed = r.Modified
	return nil
}

func (s *Sampler) write(ctx context.Context, environment string, now time.Time, f func(tx *sql.Tx) error) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sampling_change (environment, changed) VALUES (?, ?)
			ON CONFLICT (environment) DO UPDATE SET changed = excluded.changed`, environment, now.UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("change a sampling rule: %w", err)
	}
	return nil
}

// environment returns what is known of one; the caller holds mu.
func (s *Sampler) environment(name string) *environment {
	e := s.environments[name]
	if e == nil {
		e = &environment{
			rules: map[string]Rule{}, clients: map[string]map[string]*client{},
			boosts: map[boostKey]*boost{}, windows: map[windowKey]*window{},
		}
		s.environments[name] = e
	}
	return e
}

func (s *Sampler) now() time.Time { return s.cfg.Clock().UTC() }

// Compare orders rules as clients try them: by priority, then by name.
func Compare(a, b Rule) int {
	if a.Priority != b.Priority {
		return a.Priority - b.Priority
	}
	return strings.Compare(a.Name, b.Name)
}
