package item

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item/grouping"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

// Config is what Items stand on. Zero numbers mean the defaults given.
type Config struct {
	Clock func() time.Time
	Log   *slog.Logger
	// Mark shows a deploy on charts; may be nil.
	Mark func(ctx context.Context, m Mark) error

	MaxItems    int // of the server; 200,000
	MaxVersions int // of an item, and releases of the server; 500 and 40 times that
	MaxPeople   int // of an item that are kept by name; 2,000
}

// Mark is a moment on charts.
type Mark struct {
	Environment string
	Start       int64 // Unix seconds
	Message     string
	Type        string
	URL         string
}

func (c *Config) fill() {
	c.MaxItems = cmp.Or(c.MaxItems, 200_000)
	c.MaxVersions = cmp.Or(c.MaxVersions, 500)
	c.MaxPeople = cmp.Or(c.MaxPeople, 2_000)
}

// Items are all items of the server. All methods are safe for concurrent use;
// what they return is the caller's own, what they change is on disk when they
// return. Errors are faults: NotFound, Invalid, Conflict, Unavailable.
type Items struct {
	db  *meta.DB
	cfg Config

	change sync.Mutex // held while the database is written

	mu                    sync.RWMutex // guards all that follows
	items                 map[int64]*entry
	byKey                 map[key]*entry
	byEnv                 map[string][]*entry
	projects              map[string]*project
	releases              map[releaseKey]*release
	settings              map[string]*settings
	rates                 map[string][]Rate
	rings                 map[ringKey]*ring
	watch                 map[string]bool
	wanted                pending
	flight                *batch // that is being written
	told                  uint64
	counted               bool // something to write
	writing               bool
	lastItem, lastRelease int64
	notices               int64 // last id
	evicted               int64

	kept         atomic.Uint64
	lastID       atomic.Int64 // of an occurrence
	twins        twins
	stacks       grouping.Memo
	born         int64 // ids of occurrences below it are of earlier processes
	arrived      chan struct{}
	stop         context.CancelFunc
	done         chan struct{}
	lastActivity atomic.Int64
}

type key struct{ environment, errorEnvironment, fingerprint string }

// entry is an item in memory.
type entry struct {
	Item
	prints      []string // its fingerprints
	ips, people sketch
	versions    int // rows of item_version
	persons     int // rows of item_person
}

// Open prepares the tables and reads the items. It must be opened before the
// door, which it then follows. Close writes what is not written yet.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Items, error) {
	cfg.fill()
	if err := db.Migrate(ctx, "item", schema); err != nil {
		return nil, err
	}
	t := &Items{
		db: db, cfg: cfg, items: map[int64]*entry{}, byKey: map[key]*entry{}, byEnv: map[string][]*entry{}, projects: map[string]*project{},
		releases: map[releaseKey]*release{}, settings: map[string]*settings{}, rates: map[string][]Rate{}, rings: map[ringKey]*ring{}, watch: map[string]bool{},
		arrived: make(chan struct{}, 1), done: make(chan struct{}), wanted: newPending(),
	}
	t.twins.init()
	t.born = t.now() / nanosPerMicro
	if err := t.read(ctx); err != nil {
		return nil, fmt.Errorf("read the items: %w", err)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	go t.run(background)
	return t, nil
}

// Close writes what is pending; what cannot be written then is followed again
// after the next start.
func (t *Items) Close(ctx context.Context) error {
	t.stop()
	<-t.done
	return t.flush(ctx)
}

// Get returns an item by its id.
func (t *Items) Get(id int64) (Item, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := t.items[id]; e != nil {
		return e.Item, nil
	}
	return Item{}, fault.New(fault.NotFound, "item %d is not known", id)
}

// ByCounter returns an item of a project by its number there.
func (t *Items) ByCounter(environment string, counter int64) (Item, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, e := range t.byEnv[environment] {
		if e.Counter == counter {
			return e.Item, nil
		}
	}
	return Item{}, fault.New(fault.NotFound, "item #%d is not known in %s", counter, environment)
}

// ByFingerprint returns the item of an occurrence, the member rather than its group.
func (t *Items) ByFingerprint(environment, errorEnvironment, fingerprint string) (Item, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := t.byKey[key{environment, errorEnvironment, fingerprint}]; e != nil {
		return e.Item, nil
	}
	return Item{}, fault.New(fault.NotFound, "no item has the fingerprint %.40q in %s, %s", fingerprint, environment, errorEnvironment)
}

// Fingerprints returns those whose occurrences count for an item, those of its
// members included. Questions about it are: error.fingerprint is one of them,
// and error.environment is the item's.
func (t *Items) Fingerprints(id int64) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := t.items[id]
	if e == nil {
		return nil
	}
	list := slices.Clone(e.prints)
	for _, m := range e.Members {
		if member := t.items[m]; member != nil {
			list = append(list, member.prints...)
		}
	}
	slices.Sort(list)
	return list
}

// Environments lists where errors of a project happened, as they call it.
func (t *Items) Environments(environment string) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	seen := map[string]bool{}
	var list []string
	for _, e := range t.byEnv[environment] {
		if !seen[e.ErrorEnvironment] {
			seen[e.ErrorEnvironment] = true
			list = append(list, e.ErrorEnvironment)
		}
	}
	slices.Sort(list)
	return list
}

// Stats are counts for metrics.
type Stats struct {
	Items   int
	Evicted int64 // items that were forgotten to make room, since the start
}

// Stats returns the counts.
func (t *Items) Stats() Stats {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return Stats{Items: len(t.items), Evicted: t.evicted}
}

// What is only counted waits a few seconds: a crash loses nothing of it, it is
// counted again from the journal.
const (
	writeEvery = time.Second
	countEvery = 5 * time.Second
	tidyEvery  = time.Minute
)

func (t *Items) run(ctx context.Context) {
	defer close(t.done)
	write, tidy := time.NewTicker(writeEvery), time.NewTicker(tidyEvery)
	defer write.Stop()
	defer tidy.Stop()
	written := t.now()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-write.C:
			if now := t.now(); t.urgent() || now-written >= int64(countEvery) || now < written {
				written, err = now, t.flush(ctx)
			}
		case <-tidy.C:
			err = t.Tidy(ctx)
		}
		if err != nil && ctx.Err() == nil {
			t.cfg.Log.WarnContext(ctx, "items could not be written, trying again", slog.Any("error", err))
		}
	}
}

// urgent reports whether something waits to be written that somebody waits for,
// or much does.
func (t *Items) urgent() bool {
	const many = 10_000
	t.mu.RLock()
	defer t.mu.RUnlock()
	w := &t.wanted
	return len(w.notices)+len(w.acts)+len(w.gone)+len(w.keys) > 0 || len(w.people)+len(w.versions)+len(w.counts) > many
}

func (t *Items) now() int64 { return t.cfg.Clock().UnixNano() }

func errNoItem(id int64) error { return fault.New(fault.NotFound, "item %d is not known", id) }
