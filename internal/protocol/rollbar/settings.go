package rollbar

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

// Settings say how the items of an environment (a project) are taken.
type Settings struct {
	Scrub ScrubRules `json:"scrub"`
	// AnyScope takes items of client platforms with tokens for servers, and the
	// other way round.
	AnyScope bool `json:"any_scope"`
	// NoEnvironment takes items that do not say in which environment they happened,
	// as "unknown".
	NoEnvironment bool `json:"no_environment"`
	// BlockedAddresses are addresses and networks whose items are refused.
	BlockedAddresses []string `json:"blocked_addresses"`
}

// DefaultSettings are those of an environment that has none of its own.
func DefaultSettings() Settings {
	return Settings{Scrub: defaultScrubRules(), BlockedAddresses: []string{}}
}

// Limits of scrub rules.
const (
	maxRules    = 200
	maxRuleName = 100
	maxBlocked  = 1000
)

// check says what is wrong with settings.
func (s *Settings) check() error {
	for _, list := range [...][]string{s.Scrub.Names, s.Scrub.Except} {
		if len(list) > maxRules {
			return fault.New(fault.Invalid, "%d names to scrub: at most %d are taken", len(list), maxRules)
		}
		for _, name := range list {
			if plain := plainName(name); plain == "" || len(name) > maxRuleName || strings.Trim(plain, "*") == "" {
				return fault.New(fault.Invalid, "the name to scrub %.40q: want 1 to %d characters, not all of them *, - or _", name, maxRuleName)
			}
			if strings.Count(name, "*") > 4 { //nolint:mnd // more make matching slow
				return fault.New(fault.Invalid, "the name to scrub %.40q has more than 4 *", name)
			}
		}
	}
	if len(s.BlockedAddresses) > maxBlocked {
		return fault.New(fault.Invalid, "%d blocked addresses: at most %d are taken", len(s.BlockedAddresses), maxBlocked)
	}
	for _, text := range s.BlockedAddresses {
		if _, err := network(text); err != nil {
			return fault.New(fault.Invalid, "the blocked address %.60q: want an address or a network, as 203.0.113.7 or 203.0.113.0/24", text)
		}
	}
	return nil
}

// network reads a network, or an address as the network of it alone.
func network(text string) (netip.Prefix, error) {
	if one, err := netip.ParseAddr(text); err == nil {
		one = one.Unmap()
		return one.Prefix(one.BitLen())
	}
	return netip.ParsePrefix(text)
}

// blocks reports whether items from an address are refused.
func (p *policy) blocks(address string) bool {
	if len(p.blocked) == 0 {
		return false
	}
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(p.blocked, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}

// policy is what an environment's settings come to.
type policy struct {
	Settings
	scrubber *scrubber
	blocked  []netip.Prefix
}

// policies are those of all environments.
type policies struct {
	db *meta.DB

	mu   sync.RWMutex
	own  map[string]*policy
	rest *policy
}

func openPolicies(ctx context.Context, db *meta.DB) (*policies, error) {
	p := &policies{db: db, own: map[string]*policy{}, rest: newPolicy(DefaultSettings())}
	err := db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT environment, body FROM rollbar_setting")
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var environment, body string
			if err := rows.Scan(&environment, &body); err != nil {
				return err
			}
			s := DefaultSettings()
			if err := json.Unmarshal([]byte(body), &s); err != nil {
				return fmt.Errorf("settings of %s: %w", environment, err)
			}
			p.own[environment] = newPolicy(s)
		}
		return rows.Err()
	})
	return p, err
}

func newPolicy(s Settings) *policy {
	if s.Scrub.Names == nil {
		s.Scrub.Names = []string{}
	}
	if s.Scrub.Except == nil {
		s.Scrub.Except = []string{}
	}
	if s.BlockedAddresses == nil {
		s.BlockedAddresses = []string{}
	}
	p := &policy{Settings: s, scrubber: newScrubber(s.Scrub)}
	for _, text := range s.BlockedAddresses {
		if n, err := network(text); err == nil { // they were checked
			p.blocked = append(p.blocked, n)
		}
	}
	return p
}

func (p *policies) of(environment string) *policy {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if own := p.own[environment]; own != nil {
		return own
	}
	return p.rest
}

// Settings returns how items of an environment are taken.
func (f *Front) Settings(environment string) Settings { return f.policies.of(environment).Settings }

// SetSettings changes how items of an environment are taken from now on; what is
// stored stays as it is. author is who did it, for people to read. Errors:
// Invalid, Unavailable.
func (f *Front) SetSettings(ctx context.Context, environment string, s Settings, author string) error {
	if err := s.check(); err != nil {
		return err
	}
	next := newPolicy(s)
	body, err := json.Marshal(next.Settings)
	if err != nil {
		return err
	}
	p := f.policies
	err = p.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO rollbar_setting (environment, body, changed, author) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment) DO UPDATE SET body = excluded.body, changed = excluded.changed, author = excluded.author`,
			environment, string(body), f.Clock().UnixNano(), event.Cut(author, maxName))
		return err
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own[environment] = next
	return nil
}
