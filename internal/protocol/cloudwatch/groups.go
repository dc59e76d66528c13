package cloudwatch

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/meta"
)

//go:embed schema/*.sql
var schema embed.FS //nolint:gochecknoglobals // embedded files are constants

const (
	maxStreams = 1_000_000 // of all groups: they are kept in memory
	writeEvery = time.Second
	msPerDay   = 24 * 60 * 60 * 1000
	lineWeight = 26 // bytes that the service counts for a line besides its text
)

// GroupsConfig says what the tables stand on.
type GroupsConfig struct {
	Datasets *dataset.Registry
	Clock    func() time.Time
	Log      *slog.Logger
	Exports  string // folder of the files of export tasks; made when there are some
}

// Groups are the tables of log groups and streams. They answer from memory.
// What a person changes is on disk before it is answered; what lines bring
// (times of events, bytes) is written in the background, and is right after a
// crash, too: see [ingest.Follower]. They are safe for concurrent use.
//
// A group's lines are the rows of its dataset, which nothing else has; a line's
// stream is its field event.FieldLogStream. A stream that is deleted leaves its
// rows for a while: until they are removed (see [Groups.Sweep]), those who read must
// leave out what [group.hidden] says.
type Groups struct {
	db  *meta.DB
	cfg GroupsConfig

	policies sync.Mutex // held while account policies are changed; taken before all others
	change   sync.Mutex // held while groups and streams are made and deleted; taken before those below
	loading  sync.Mutex // held while what applies to a group's lines is read and set

	mu        sync.RWMutex
	byName    map[groupKey]*group
	byDataset map[datasetKey]*group
	streams   int

	kept atomic.Uint64 // up to which seq the database is right

	following sync.Mutex // held while sums are made, and while they are taken for the database
	told      uint64     // the newest seq that Follow was called with
	counted   bool       // lines since sums were last taken
	writing   bool       // sums that were taken are not in the database yet

	background context.Context
	cancel     context.CancelFunc
	done       chan struct{}
	sweeping   sync.WaitGroup
}

var _ ingest.Follower = (*Groups)(nil)

type groupKey struct{ environment, region, name string }

type datasetKey struct{ environment, dataset string }

// group is one log group. Its first fields never change; the others are guarded
// by mu.
type group struct {
	environment, region, name string
	dataset                   string // slug; [dataset.All] for the group of all spans
	created                   int64  // Unix ms
	virtual                   bool   // a dataset that no CreateLogGroup made: read only
	spans                     bool   // the group of all spans

	mu        sync.RWMutex
	class     string
	retention int // days; 0: for ever
	kmsKey    string
	protected bool
	bearer    bool
	metrics   []*compiledMetric // its metric filters; the slice is replaced, never changed
	// subscribed says that there are subscription filters, news that lines came since
	// they were last looked after.
	subscribed  bool
	shared      *accountSubscriptionPolicy // the filter of the account that selects the group; nil: none
	news        atomic.Bool
	transformer *transformer     // nil: none
	masker      *masker          // of its data protection policy and the account's; nil: none
	protection  protectionStatus // whether lines are masked, or were
	inherits    bool             // the account masks, too
	unextracted bool             // metrics that lines embed are not made
	account     string           // of who made the transformer
	deleted     bool
	streams     map[string]*stream
	gone        map[string]int64 // arrival up to which lines of a deleted stream are hidden
	days        map[int32]int64  // bytes by day of event
	dirtyDays   map[int32]bool
	dirty       map[string]*stream // streams whose sums are not in the database
}

// stream is one log stream; all but its name is guarded by its group's mu.
type stream struct {
	name        string
	created     int64 // Unix ms
	first, last int64 // event times, Unix ms; 0: no line yet
	arrival     int64 // of the newest line, Unix ns
	bytes       int64
	after       int64 // lines that arrived up to then belong to an earlier stream of the name
}

// ingested returns the last ingestion time in Unix ms.
func (s *stream) ingested() int64 { return s.arrival / int64(time.Millisecond) }

// OpenGroups reads the tables. Close ends the background work.
func OpenGroups(ctx context.Context, db *meta.DB, cfg GroupsConfig) (*Groups, error) {
	if err := db.Migrate(ctx, "cloudwatch", schema); err != nil {
		return nil, err
	}
	g := &Groups{db: db, cfg: cfg, byName: map[groupKey]*group{}, byDataset: map[datasetKey]*group{}, done: make(chan struct{})}
	if err := g.read(ctx); err != nil {
		return nil, err
	}
	if err := g.loadFilters(ctx); err != nil {
		return nil, err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g.background, g.cancel = background, cancel
	go g.run(background)
	return g, nil
}

// loadFilters reads what applies to the lines of groups, of those that have
// something of their own or are in a region with account policies.
func (g *Groups) loadFilters(ctx context.Context) error {
	owners := map[groupKey]bool{}
	err := g.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT DISTINCT environment, region, owner FROM cloudwatch_resource WHERE kind IN (?, ?, ?, ?, ?, ?)",
			metricFilterKind, subscriptionKind, transformerKind, protectionKind, protectedKind, accountPolicyKind)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var key groupKey
			if err := rows.Scan(&key.environment, &key.region, &key.name); err != nil {
				return err
			}
			owners[key] = true
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("read filters: %w", err)
	}
	for key, one := range g.byName {
		if !owners[key] && !owners[groupKey{key.environment, key.region, ""}] {
			continue
		}
		if err := g.load(ctx, one); err != nil {
			g.cfg.Log.ErrorContext(ctx, "the filters of a log group can't be used", slog.String("group", key.name), slog.Any("error", err))
		}
	}
	return nil
}

// Close ends the background work and writes what is pending.
func (g *Groups) Close(ctx context.Context) error {
	g.cancel()
	<-g.done
	g.sweeping.Wait()
	return g.write(ctx)
}

func newGroup(environment, region, name, slug string, created int64) *group {
	return &group{
		environment: environment, region: region, name: name, dataset: slug, created: created, class: classStandard,
		streams: map[string]*stream{}, gone: map[string]int64{}, days: map[int32]int64{}, dirtyDays: map[int32]bool{}, dirty: map[string]*stream{},
	}
}

// find returns a group by its exact name, nil if there is none.
func (g *Groups) find(environment, region, name string) *group {
	g.mu.RLock()
	own := g.byName[groupKey{environment, region, name}]
	g.mu.RUnlock()
	if own != nil {
		return own
	}
	return g.findVirtual(environment, region, name)
}

// spansGroup is the name of the group of all spans.
const spansGroup = "aws/spans"

// findVirtual returns what looks like a group though nobody made one: the log
// lines of a dataset that came otherwise (by OTLP), under the dataset's name, and
// all spans.
func (g *Groups) findVirtual(environment, region, name string) *group {
	if name == spansGroup {
		v := newGroup(environment, region, name, dataset.All, 0)
		v.virtual, v.spans = true, true
		return v
	}
	for _, d := range g.cfg.Datasets.List(environment) {
		if d.Name == name && g.isVirtual(environment, d.Slug) {
			return virtualGroup(environment, region, d)
		}
	}
	return nil
}

func virtualGroup(environment, region string, d dataset.Dataset) *group {
	v := newGroup(environment, region, d.Name, d.Slug, d.Created.UnixMilli())
	v.virtual = true
	v.streams[virtualStream] = &stream{
		name: virtualStream, created: v.created, first: v.created, last: max(v.created, d.LastWritten.UnixMilli()), arrival: d.LastWritten.UnixNano(),
	}
	return v
}

// ofDataset returns the group that a dataset is, nil if it is none that was made.
func (g *Groups) ofDataset(environment, slug string) *group {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.byDataset[datasetKey{environment, slug}]
}

// virtualStream is the one stream of a virtual group: that of lines that name none.
const virtualStream = "default"

// isVirtual reports whether a dataset is no group's and holds log lines.
func (g *Groups) isVirtual(environment, slug string) bool {
	if g.ofDataset(environment, slug) != nil {
		return false
	}
	return g.cfg.Datasets.HasColumn(environment, slug, event.FieldBody)
}

// list returns the groups of a region by name, virtual ones included.
func (g *Groups) list(environment, region string) []*group {
	g.mu.RLock()
	var all []*group
	for key, one := range g.byName {
		if key.environment == environment && key.region == region {
			all = append(all, one)
		}
	}
	g.mu.RUnlock()
	names := map[string]bool{}
	for _, one := range all {
		names[one.name] = true
	}
	for _, d := range g.cfg.Datasets.List(environment) {
		if !names[d.Name] && g.isVirtual(environment, d.Slug) {
			all = append(all, virtualGroup(environment, region, d))
		}
	}
	slices.SortFunc(all, func(a, b *group) int { return strings.Compare(a.name, b.name) })
	return all
}

// regions returns those in which an environment has groups, in order.
func (g *Groups) regions(environment string) []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	found := map[string]bool{}
	for key := range g.byName {
		if key.environment == environment {
			found[key.region] = true
		}
	}
	out := make([]string, 0, len(found))
	for region := range found {
		out = append(out, region)
	}
	slices.Sort(out)
	return out
}

// stream returns a copy of a stream.
func (g *group) stream(name string) (stream, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if s := g.streams[name]; s != nil {
		return *s, true
	}
	return stream{}, false
}

// each calls f for every stream while the group is locked: f must not keep it.
func (g *group) each(f func(*stream)) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, s := range g.streams {
		f(s)
	}
}

// oldest returns the time, in Unix ms, before which lines have expired; 0: none have.
func (g *group) oldest(nowMS int64) int64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.retention == 0 {
		return 0
	}
	return nowMS - int64(g.retention)*msPerDay
}

// Horizon returns the event time, in Unix ns, before which rows of a dataset have
// expired by the retention of its log group; before all times if they never do.
func (g *Groups) Horizon(environment, slug string) int64 {
	g.mu.RLock()
	own := g.byDataset[datasetKey{environment, slug}]
	g.mu.RUnlock()
	if own == nil {
		return math.MinInt64
	}
	if oldest := own.oldest(g.cfg.Clock().UnixMilli()); oldest > 0 {
		return oldest * int64(time.Millisecond)
	}
	return math.MinInt64
}

// storedBytes is what is kept of the lines that were put, as they were sent.
func (g *group) storedBytes(nowMS int64) int64 {
	from := g.oldest(nowMS) / msPerDay
	g.mu.RLock()
	defer g.mu.RUnlock()
	var sum int64
	for day, bytes := range g.days {
		if int64(day) >= from {
			sum += bytes
		}
	}
	return sum
}

// hiddenStream says which lines of a stream are deleted: those that arrived up to
// an arrival.
type hiddenStream struct {
	stream  string
	arrival int64
}

// hidden returns which lines of the dataset belong to streams that were deleted.
// Usually there are none. Readers must leave them out.
func (g *group) hidden() []hiddenStream {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var out []hiddenStream
	for name, arrival := range g.gone {
		out = append(out, hiddenStream{name, arrival})
	}
	for _, s := range g.streams {
		if s.after > 0 {
			out = append(out, hiddenStream{s.name, s.after})
		}
	}
	slices.SortFunc(out, func(a, b hiddenStream) int { return strings.Compare(a.stream, b.stream) })
	return out
}
