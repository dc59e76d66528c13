// Package symbol keeps source maps, and says what positions in minified files were
// in their sources. Maps are files below the data folder, named by what is in them;
// which map is of which version and URL is in the relational database. Frames are
// resolved when they are read, so a map that comes late mends what is there.
//
// A map is found by version and URL, see find.go; the room sourcemap decodes it. No
// wire format here, and no fetching of maps.
package symbol

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// Config says what a store stands on. Zero numbers mean the defaults given.
type Config struct {
	Dir   string // of the files
	Clock func() time.Time
	Log   *slog.Logger

	MaxBytes   int64         // of all files; 4 GiB. The maps that are unused the longest go
	MaxMaps    int           // 50,000
	CacheBytes int           // of decoded maps in memory; 128 MiB
	Keep       time.Duration // of maps that are not used; 90 days
}

// Map is a source map that was uploaded, or why there is none.
type Map struct {
	ID          int64
	Environment string
	Version     string
	URL         string // without scheme
	Variant     string // VariantSent, VariantJoined or VariantResolved
	Bytes       int64
	DebugID     string
	Sources     map[string]string // paths of sources beside the map, to their hashes
	Code        string            // why there is no map, "" if there is
	Problem     string            // the same in words
	Uploaded    int64             // Unix nanoseconds
	Matched     int64             // when an occurrence was last resolved by it, 0 for never
	MatchedBy   string            // how: one of the Match constants

	hash   string
	stored int64
}

// How a URL came about.
const (
	VariantSent     = "as sent"
	VariantJoined   = "joined"   // a prefix, a slash and a name
	VariantResolved = "resolved" // a name against a prefix, by the rules of URLs
)

// Store keeps maps. All methods are safe for concurrent use. Errors are faults:
// Invalid, NotFound, TooLarge, Unavailable.
type Store struct {
	db  *meta.DB
	cfg Config

	change sync.Mutex // held while files and the database are changed

	mu     sync.RWMutex // guards what follows
	maps   map[int64]*Map
	byKey  map[key]*Map
	byVer  map[versionKey][]*Map
	used   map[int64]bool // whose Matched is not written yet
	lastID int64
	// perEnvironment is how many maps there are.
	perEnvironment map[string]int

	cache  *cache
	cancel context.CancelFunc
	done   chan struct{}
}

type (
	key        struct{ environment, version, url string }
	versionKey struct{ environment, version string }
)

// Open prepares the table and reads the index. Close writes what is not written yet.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Store, error) {
	const day = 24 * time.Hour
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 4<<30)
	cfg.MaxMaps = cmp.Or(cfg.MaxMaps, 50_000)
	cfg.CacheBytes = cmp.Or(cfg.CacheBytes, 128<<20)
	cfg.Keep = cmp.Or(cfg.Keep, 90*day)
	if err := db.Migrate(ctx, "symbol", schema); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of source maps: %w", err)
	}
	s := &Store{
		db: db, cfg: cfg, maps: map[int64]*Map{}, byKey: map[key]*Map{}, byVer: map[versionKey][]*Map{}, used: map[int64]bool{}, perEnvironment: map[string]int{},
		cache: newCache(cfg.CacheBytes), done: make(chan struct{}),
	}
	if err := s.read(ctx); err != nil {
		return nil, fmt.Errorf("read the index of source maps: %w", err)
	}
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("sweep the folder of source maps: %w", err)
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	go s.run(background)
	return s, nil
}

// Close ends the background work.
func (s *Store) Close(ctx context.Context) error {
	s.cancel()
	<-s.done
	return s.persist(ctx)
}

func (s *Store) run(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.WarnContext(ctx, "source maps could not be tidied up, trying again", slog.Any("error", err))
			}
		}
	}
}

func (s *Store) read(ctx context.Context) error {
	return s.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, environment, version, url, variant, hash, bytes, stored, debug_id, sources, code, problem, uploaded, matched, matched_by
			FROM symbol_map ORDER BY id`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			m := &Map{}
			var sources string
			if err := rows.Scan(&m.ID, &m.Environment, &m.Version, &m.URL, &m.Variant, &m.hash, &m.Bytes, &m.stored, &m.DebugID, &sources, &m.Code, &m.Problem,
				&m.Uploaded, &m.Matched, &m.MatchedBy); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(sources), &m.Sources); err != nil {
				return err
			}
			s.add(m)
		}
		return rows.Err()
	})
}

// add takes a map into the index. The caller holds mu, or is alone.
func (s *Store) add(m *Map) {
	s.remove(s.byKey[key{m.Environment, m.Version, m.URL}])
	s.maps[m.ID] = m
	s.perEnvironment[m.Environment]++
	s.byKey[key{m.Environment, m.Version, m.URL}] = m
	v := versionKey{m.Environment, m.Version}
	s.byVer[v] = append(s.byVer[v], m)
	s.lastID = max(s.lastID, m.ID)
}

func (s *Store) remove(m *Map) {
	if m == nil {
		return
	}
	delete(s.maps, m.ID)
	if s.perEnvironment[m.Environment]--; s.perEnvironment[m.Environment] == 0 {
		delete(s.perEnvironment, m.Environment)
	}
	delete(s.byKey, key{m.Environment, m.Version, m.URL})
	delete(s.used, m.ID)
	v := versionKey{m.Environment, m.Version}
	if s.byVer[v] = slices.DeleteFunc(s.byVer[v], func(o *Map) bool { return o == m }); len(s.byVer[v]) == 0 {
		delete(s.byVer, v)
	}
}

// Filter says which maps List gives; empty members choose all.
type Filter struct {
	Version string
	Text    string // in the URL
}

// List returns the maps of an environment, those uploaded last first, at most so
// many, and how many there are.
func (s *Store) List(environment string, f Filter, offset, limit int) (list []Map, total int) {
	s.mu.RLock()
	for _, m := range s.maps {
		if m.Environment == environment && (f.Version == "" || f.Version == m.Version) && contains(m.URL, f.Text) {
			list = append(list, *m)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(list, func(a, b Map) int { return cmp.Or(cmp.Compare(b.Uploaded, a.Uploaded), cmp.Compare(b.ID, a.ID)) })
	total = len(list)
	from := min(max(offset, 0), total)
	return list[from:min(from+max(limit, 0), total)], total
}

// Delete takes a map away. Errors: NotFound.
func (s *Store) Delete(ctx context.Context, environment string, id int64) error {
	s.change.Lock()
	defer s.change.Unlock()
	s.mu.RLock()
	m := s.maps[id]
	s.mu.RUnlock()
	if m == nil || m.Environment != environment {
		return fault.New(fault.NotFound, "source map %d is not known", id)
	}
	return s.drop(ctx, m)
}

// Usage is how much is kept.
type Usage struct {
	Maps  int
	Bytes int64 // of all files
}

// Usage returns how much is kept.
func (s *Store) Usage() Usage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := Usage{Maps: len(s.maps)}
	for _, m := range s.maps {
		u.Bytes += m.stored
	}
	return u
}
