// Package querier is the one door out: every question passes a [Querier],
// whoever asks. It decides who may run now, ends what takes too long, keeps
// answers as long as they stay true, and makes the results of Honeycomb
// queries out of plain ones.
package querier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// Source is what the querier asks of a store.
type Source interface {
	Run(ctx context.Context, q *query.Query, opts store.Options) (*store.Result, error)
	Trace(ctx context.Context, environment, traceID string, limit int) (rows []*event.Batch, more bool, err error)
	Rollups(ctx context.Context, environment string, start, end int64) ([]store.Rollup, error)
	Calls(ctx context.Context, environment string, start, end int64) ([]store.Call, error)
	Contrast(ctx context.Context, q *query.Query, selection query.Expr, opts store.ContrastOptions) (*store.Contrast, error)
	Scan(ctx context.Context, q *query.Query, opts store.ScanOptions) (store.Stats, error)
	Page(ctx context.Context, q *query.Query, opts store.PageOptions) (*store.Page, error)
	Revision(environment string, start, end int64) uint64
	Catalog(environment string) store.Catalog
}

// Config says what the querier stands on and how much it may do. Zero values
// have the defaults given.
type Config struct {
	Store         Source
	Clock         func() time.Time
	Log           *slog.Logger
	MaxConcurrent int           // queries at once, of each class; 4
	MaxQueue      int           // queries that wait, of each class; 100
	Deadline      time.Duration // longest run of a query, waiting included; 30 s
	CacheBytes    int64         // answers kept; 64 MiB
	MaxRows       int           // rows of an answer; 100,000

	// Calculated returns the saved calculated fields, by alias, that queries of a
	// dataset may use. A question over several datasets asks for dataset.All. May be nil.
	Calculated func(environment, dataset string) map[string]string

	// Metrics returns what is known of the metrics of a dataset, by the names of their
	// fields; nil for a dataset that is none of metrics. May be nil.
	Metrics func(environment, dataset string) func(name string) event.Metric
}

// Stats counts queries since the start; Running and Waiting are of now.
type Stats struct {
	Running, Waiting                             int64
	Done, Failed, Throttled, Deadline, Cancelled int64
	Cached                                       int64
}

// Querier runs queries. All methods are safe for concurrent use.
type Querier struct {
	config Config
	cache  *cache
	light  *gate // look-ups and short ranges: never behind heavy ones
	heavy  *gate

	done, failed, deadline, cancelled, cached atomic.Int64
}

// New returns a querier.
func New(c Config) *Querier {
	if c.MaxConcurrent <= 0 {
		c.MaxConcurrent = 4
	}
	if c.MaxQueue <= 0 {
		c.MaxQueue = 100
	}
	if c.Deadline <= 0 {
		c.Deadline = 30 * time.Second
	}
	if c.CacheBytes <= 0 {
		c.CacheBytes = 64 << 20
	}
	if c.MaxRows <= 0 {
		c.MaxRows = 100_000
	}
	return &Querier{
		config: c, cache: newCache(c.CacheBytes),
		light: newGate(2*c.MaxConcurrent, c.MaxQueue), heavy: newGate(c.MaxConcurrent, c.MaxQueue),
	}
}

// Stats returns the counters.
func (q *Querier) Stats() Stats {
	return Stats{
		Running: q.light.running.Load() + q.heavy.running.Load(), Waiting: q.light.waiting.Load() + q.heavy.waiting.Load(),
		Done: q.done.Load(), Failed: q.failed.Load(), Throttled: q.light.refused.Load() + q.heavy.refused.Load(),
		Deadline: q.deadline.Load(), Cancelled: q.cancelled.Load(), Cached: q.cached.Load(),
	}
}

// Run answers a query; saved calculated fields are put in. Results are shared and
// must not be changed. Errors: Throttled if too many wait, Deadline with the limit
// named, Canceled if ctx ended, TooLarge, Invalid.
func (q *Querier) Run(ctx context.Context, ask *query.Query) (*store.Result, error) {
	return q.run(ctx, ask, Telling{})
}

// Telling is who is told of a query that is under way, now and then and from other
// goroutines. Both may be nil.
type Telling struct {
	Progress func(store.Progress)
	// Partial is given rows of the answer as far as they are known, in its columns:
	// of counts what they have come to, of single events those that stand first for
	// certain. Not every query has such.
	Partial func(*store.Result)
}

func (q *Querier) run(ctx context.Context, ask *query.Query, tell Telling) (*store.Result, error) {
	ask, err := q.withFields(ask)
	if err == nil {
		err = ask.Validate()
	}
	if err != nil {
		q.failed.Add(1)
		return nil, err
	}
	return q.cache.do(ctx, q.cacheKey(ask), func() { q.cached.Add(1) }, func(ctx context.Context) (*store.Result, error) {
		return q.admit(ctx, q.gateOf(ask), func(ctx context.Context) (*store.Result, error) {
			return q.config.Store.Run(ctx, ask, store.Options{MaxRows: q.config.MaxRows, Progress: tell.Progress, Partial: tell.Partial})
		})
	})
}

// lightRange is the longest range of a query that is taken for cheap.
const lightRange = int64(15 * time.Minute)

// gateOf tells cheap queries from heavy ones by what is known beforehand.
func (q *Querier) gateOf(ask *query.Query) *gate {
	if ask.End-ask.Start <= lightRange {
		return q.light
	}
	return q.heavy
}

// cacheKey returns the text an answer is kept under. It names the revision of
// the rows asked about, so that an answer is used as long as it is true: for a
// range that is past, until late rows come or retention takes some.
func (q *Querier) cacheKey(ask *query.Query) string {
	return fmt.Sprintf("%d %s", q.config.Store.Revision(ask.Environment, ask.Start, ask.End), ask)
}

// admit waits for a place, bounds the time, and classifies how it ended.
func (q *Querier) admit(ctx context.Context, g *gate, f func(context.Context) (*store.Result, error)) (res *store.Result, err error) {
	limited, cancel := context.WithTimeout(ctx, q.config.Deadline)
	defer cancel()
	if err := g.enter(limited); err != nil {
		return nil, q.ended(ctx, limited, err)
	}
	defer g.leave()
	defer func() {
		if p := recover(); p != nil {
			q.config.Log.ErrorContext(ctx, "a query panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			res, err = nil, fault.New(fault.Internal, "panic: %v", p)
			q.failed.Add(1)
		}
	}()
	if res, err = f(limited); err != nil {
		return nil, q.ended(ctx, limited, err)
	}
	q.done.Add(1)
	return res, nil
}

// ended turns the end of a context into the fault that says whose end it was.
func (q *Querier) ended(caller, limited context.Context, err error) error {
	switch {
	case caller.Err() != nil && !errors.Is(caller.Err(), context.DeadlineExceeded):
		q.cancelled.Add(1)
		return fault.Wrap(fault.Canceled, err, "the query was cancelled")
	case limited.Err() != nil:
		q.deadline.Add(1)
		return fault.Wrap(fault.Deadline, err, fmt.Sprintf("the query did not end within %s, the setting query-timeout: ask for a shorter time range or fewer groups", q.config.Deadline))
	}
	q.failed.Add(1)
	return err
}

// Trace returns the rows of one trace, at most limit; see store.Store.
func (q *Querier) Trace(ctx context.Context, environment, traceID string, limit int) (rows []*event.Batch, more bool, err error) {
	_, err = q.admit(ctx, q.light, func(ctx context.Context) (*store.Result, error) {
		var err error
		rows, more, err = q.config.Store.Trace(ctx, environment, traceID, limit)
		return nil, err
	})
	return rows, more, err
}

// Rollups returns the per-minute summaries of [start, end); see store.Store.
func (q *Querier) Rollups(ctx context.Context, environment string, start, end int64) (list []store.Rollup, err error) {
	_, err = q.admit(ctx, q.light, func(ctx context.Context) (*store.Result, error) {
		var err error
		list, err = q.config.Store.Rollups(ctx, environment, start, end)
		return nil, err
	})
	return list, err
}

// Calls returns per minute which service called which; see store.Store.
func (q *Querier) Calls(ctx context.Context, environment string, start, end int64) (list []store.Call, err error) {
	_, err = q.admit(ctx, q.light, func(ctx context.Context) (*store.Result, error) {
		var err error
		list, err = q.config.Store.Calls(ctx, environment, start, end)
		return nil, err
	})
	return list, err
}

// Revision returns a number that changes with the rows of a range; see store.Store.
func (q *Querier) Revision(environment string, start, end int64) uint64 {
	return q.config.Store.Revision(environment, start, end)
}

// FieldNames are those of all fields of an environment, in order, each once.
func (q *Querier) FieldNames(environment string) []string {
	var names []string
	for _, d := range q.Catalog(environment).Datasets {
		for _, f := range d.Fields {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Catalog describes what the store holds of an environment, from metadata alone.
func (q *Querier) Catalog(environment string) store.Catalog {
	return q.config.Store.Catalog(environment)
}
