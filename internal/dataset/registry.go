package dataset

import (
	"cmp"
	"context"
	"embed"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/meta"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

const (
	defaultMaxDatasets = 1000
	maxServices        = 20000 // beyond, a service has a slot by its name and is not listed
	maxColumns         = 2000  // of a dataset that are remembered; beyond, only the catalogue lists them
	maxAllColumns      = 100_000
	maxSpellings       = 8 // remembered spellings of names, as a multiple of MaxDatasets
	writeEvery         = time.Second
)

// Data is what the registry asks of a store.
type Data interface {
	Catalog(environment string) store.Catalog
	DropDataset(ctx context.Context, environment, dataset string) error
	Flush(ctx context.Context) error
	Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error)
}

// Config says how the registry works.
type Config struct {
	Data Data
	// MaxDatasets is how many senders and people can make in each environment; 0 means
	// 1,000. Ten times as many can be allocated beside them.
	MaxDatasets int
	Clock       func() time.Time
	Log         *slog.Logger
}

// Registry knows the datasets and services. All methods are safe for
// concurrent use.
type Registry struct {
	db  *meta.DB
	cfg Config

	write sync.Mutex // held while the settings database is written; taken before mu

	mu         sync.RWMutex
	sets       map[id]*set
	perEnv     map[string]count
	spelling   map[id]string                     // environment and name as sent → slug
	calculated map[id]map[string]CalculatedField // by environment and slug or All, then alias
	columns    int                               // of all sets
	others     int                               // of all sets
	seed       maphash.Seed                      // of the hashes of names
	noted      []notedColumn                     // to be written
	services   map[string]*service
	load       [Slots + 1]int64 // rows of the services of each slot
	holders    [Slots + 1]int   // services of each slot

	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
}

// count is how many datasets an environment has.
type count struct{ brought, allocated int }

func (n *count) add(s *set, by int) {
	if s.allocated {
		n.allocated += by
	} else {
		n.brought += by
	}
}

// id is an environment's slug and a dataset's slug, or a name.
type id struct{ environment, name string }

type set struct {
	Dataset
	last    atomic.Int64 // Unix nanoseconds of the last write
	written int64        // last, as the database has it; -1 before the first time
	// allocated says that it is for what must have one to itself, see Allocate.
	allocated bool
	columns   map[string]*column
	others    map[uint64]bool   // hashes of names that are no columns, see Beyond
	live      int               // columns that were not removed
	meaning   map[string]string // what people defined: names of columns or calculated fields

	declared map[string]bool // texts of event.FieldMetrics that were taken in
}

type service struct {
	name    string
	slot    int
	seen    int64
	rows    atomic.Int64
	written int64 // rows, as the database has it; -1 before the first time
}

// Open prepares the tables and loads what is known. Close ends its background work.
func Open(ctx context.Context, db *meta.DB, cfg Config) (*Registry, error) {
	if err := db.Migrate(ctx, "dataset", schema); err != nil {
		return nil, err
	}
	if cfg.MaxDatasets <= 0 {
		cfg.MaxDatasets = defaultMaxDatasets
	}
	r := &Registry{
		seed: maphash.MakeSeed(),
		db:   db, cfg: cfg, sets: map[id]*set{}, perEnv: map[string]count{}, spelling: map[id]string{}, calculated: map[id]map[string]CalculatedField{},
		services: map[string]*service{}, wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	r.noteCatalogue(ctx)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	go r.run(background)
	return r, nil
}

// Close ends the background work and writes what is pending.
func (r *Registry) Close(ctx context.Context) error {
	r.cancel()
	<-r.done
	return r.Write(ctx)
}

// Resolve returns the slug of the dataset that a sender calls name. A new name
// makes a dataset, whose displayed name is that first spelling, if create
// allows it. A known spelling costs one map look-up. Errors: Invalid for an
// empty or overlong name, Denied if the dataset is new and create is false,
// Throttled at the limit of datasets.
func (r *Registry) Resolve(environment, name string, create bool) (slug string, err error) {
	r.mu.RLock()
	slug, ok := r.spelling[id{environment, name}]
	r.mu.RUnlock()
	if ok {
		return slug, nil
	}
	if err := checkName(name); err != nil {
		return "", err
	}
	name = strings.Clone(name) // it may lie in a request's buffer
	slug = Slug(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sets[id{environment, slug}] == nil {
		switch {
		case !create:
			return "", fault.New(fault.Denied, "dataset %q does not exist and this key may not create it", name)
		case r.perEnv[environment].brought >= r.cfg.MaxDatasets:
			return "", fault.New(fault.Throttled, "the environment has reached its limit of %d datasets; %q was not created", r.cfg.MaxDatasets, name)
		}
		r.addLocked(newSet(environment, slug, name, r.cfg.Clock()))
	}
	// A sender that varies the case of its names must not grow this for ever.
	if len(r.spelling) < maxSpellings*r.cfg.MaxDatasets {
		r.spelling[id{strings.Clone(environment), name}] = slug
	}
	return slug, nil
}

func checkName(name string) error {
	if name == "" || len(name) > MaxName || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, "dataset name %.40q has %d bytes: want 1 to %d bytes of UTF-8", name, len(name), MaxName)
	}
	if Slug(name) == All {
		return fault.New(fault.Invalid, "dataset name %q stands for all datasets: choose another", name)
	}
	return nil
}

func newSet(environment, slug, name string, now time.Time) *set {
	return &set{written: -1, columns: map[string]*column{}, meaning: map[string]string{}, Dataset: Dataset{
		Environment: strings.Clone(environment), Slug: slug, Name: name, Created: now.UTC(),
	}}
}

func (r *Registry) addLocked(s *set) {
	r.sets[id{s.Environment, s.Slug}] = s
	r.countLocked(s, 1)
	r.signal()
}

func (r *Registry) countLocked(s *set, by int) {
	n := r.perEnv[s.Environment]
	n.add(s, by)
	if r.perEnv[s.Environment] = n; n == (count{}) {
		delete(r.perEnv, s.Environment)
	}
}

// Touch notes that a batch came in: its dataset's last write, columns that were
// never seen, and its services, which get a colour slot when first seen. A dataset that is not known is added
// (a replayed journal may be ahead of the settings database), whatever the
// limit. It costs a microsecond or so and allocates only for what is new.
func (r *Registry) Touch(b *event.Batch) {
	now := r.cfg.Clock().UnixNano()
	key := id{b.Environment, b.Dataset}
	r.mu.RLock()
	s := r.sets[key]
	known := s != nil && r.knowsAll(s, b) && s.knowsMetrics(b)
	r.mu.RUnlock()
	if !known {
		r.mu.Lock()
		if s = r.sets[key]; s == nil {
			slug := strings.Clone(b.Dataset)
			s = newSet(b.Environment, slug, slug, r.cfg.Clock())
			r.addLocked(s)
		}
		if s.last.Load() == 0 && isMetrics(b) {
			s.Metrics = true
		}
		for _, c := range b.Columns {
			if c.Len() > 0 && !event.Internal(c.Name) {
				r.noteLocked(s, c.Name, now)
			}
		}
		r.noteMetricsLocked(s, b)
		r.mu.Unlock()
	}
	s.last.Store(now)
	if c := b.Find(event.FieldService); c != nil && c.Kind == event.String {
		r.touchServices(c, now)
	}
}

// isMetrics reports whether a batch begins with data points of metrics.
func isMetrics(b *event.Batch) bool {
	return b.Len() > 0 && b.Row(0).Get(event.FieldSignal).Text() == event.SignalMetric
}

// touchServices counts a batch's rows for its services. Batches have few, and
// equal neighbours, so runs are counted rather than rows.
func (r *Registry) touchServices(c *event.Column, now int64) {
	for i := 0; i < len(c.Codes); {
		code, from := c.Codes[i], i
		for i < len(c.Codes) && c.Codes[i] == code {
			i++
		}
		r.touchService(c.Dict.Text(code), int64(i-from), now)
	}
}

func (r *Registry) touchService(name string, rows, now int64) {
	if name == "" {
		return
	}
	r.mu.RLock()
	s := r.services[name]
	r.mu.RUnlock()
	if s == nil {
		r.mu.Lock()
		s = r.services[name]
		if s == nil && len(r.services) < maxServices {
			s = &service{name: strings.Clone(name), slot: r.pickSlotLocked(), seen: now, written: -1}
			r.services[s.name] = s
			r.holders[s.slot]++
			r.signal()
		}
		r.mu.Unlock()
		if s == nil {
			return
		}
	}
	s.rows.Add(rows)
	atomic.AddInt64(&r.load[s.slot], rows)
}

// pickSlotLocked chooses the colour of a new service: one that the fewest
// services have, and of these the one whose services are the least busy, so
// that colours are spread and the busiest services stay distinct.
func (r *Registry) pickSlotLocked() int {
	best := 1
	for slot := 1; slot <= Slots; slot++ {
		fewer := r.holders[slot] - r.holders[best]
		if fewer < 0 || fewer == 0 && atomic.LoadInt64(&r.load[slot]) < atomic.LoadInt64(&r.load[best]) {
			best = slot
		}
	}
	return best
}

// Slot returns the colour slot of a service, 1..Slots. One never seen has a
// slot by its name alone, so that it does not flicker.
func (r *Registry) Slot(name string) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.services[name]; s != nil {
		return s.slot
	}
	sum := uint32(2166136261) // FNV-1a
	for i := range len(name) {
		sum = (sum ^ uint32(name[i])) * 16777619
	}
	return int(sum%Slots) + 1
}

// Services returns the services seen so far, busiest first.
func (r *Registry) Services() []Service {
	r.mu.RLock()
	all := make([]Service, 0, len(r.services))
	for _, s := range r.services {
		all = append(all, Service{Name: s.name, Slot: s.slot, Rows: s.rows.Load()})
	}
	r.mu.RUnlock()
	slices.SortFunc(all, func(a, b Service) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Name, b.Name))
	})
	return all
}

// Find returns a dataset by its slug.
func (r *Registry) Find(environment, slug string) (Dataset, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.sets[id{environment, slug}]; s != nil {
		return s.describe(), true
	}
	return Dataset{}, false
}

// List returns the datasets of an environment by slug.
func (r *Registry) List(environment string) []Dataset {
	r.mu.RLock()
	all := make([]Dataset, 0, r.perEnv[environment].brought+r.perEnv[environment].allocated)
	for key, s := range r.sets {
		if key.environment == environment {
			all = append(all, s.describe())
		}
	}
	r.mu.RUnlock()
	slices.SortFunc(all, func(a, b Dataset) int { return strings.Compare(a.Slug, b.Slug) })
	return all
}

func (s *set) describe() Dataset {
	d := s.Dataset
	d.Columns = s.live
	d.LastWritten = moment(s.last.Load())
	return d
}

func moment(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// signal asks for an early write: what is new should survive a crash.
func (r *Registry) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
