package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
)

// Config says where the data lies and how much may be used. Zero values have
// the defaults given.
type Config struct {
	Dir            string
	MemoryLimit    int64         // of DuckDB, bytes; half as much again for numbers that our own counts keep; 512 MiB
	Threads        int           // of DuckDB; 2
	FlushRows      int           // rows in memory that make a segment; 500,000
	FlushAge       time.Duration // age of rows in memory that makes one; 1 min
	FlushBytes     int64         // bytes of rows in memory that make one; 256 MiB
	HotLimit       int64         // bytes of rows in memory above which Append refuses; 512 MiB
	MaxFields      int           // columns of a dataset in a segment; 2,000
	RetentionAge   time.Duration // 0 keeps everything
	RetentionBytes int64         // 0 is no limit
	Clock          func() time.Time
	FS             FS // nil is the operating system's
	Log            *slog.Logger
}

func (c *Config) setDefaults() {
	for value, def := range map[*int64]int64{&c.MemoryLimit: 512 << 20, &c.FlushBytes: 256 << 20, &c.HotLimit: 512 << 20} {
		if *value <= 0 {
			*value = def
		}
	}
	for value, def := range map[*int]int{&c.Threads: 2, &c.FlushRows: 500_000, &c.MaxFields: 2000} {
		if *value <= 0 {
			*value = def
		}
	}
	if c.FlushAge <= 0 {
		c.FlushAge = time.Minute
	}
	if c.FS == nil {
		c.FS = osFS{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Store is the embedded engine; see store.Store for what its methods promise.
type Store struct {
	config Config
	engine *engine
	lock   *os.File

	mu        sync.RWMutex
	files     []*file // in use, in the order of their names
	active    *generation
	sealed    []*generation // being written, oldest first
	manifest  *manifest
	durable   uint64
	missing   []string // segments that were set aside
	revisions revisions
	horizon   func(environment, dataset string) int64 // nil: all rows are kept
	hotSums   hotSums
	open      []*halves // sides of calls whose other side may still come, newest first

	upkeep sync.RWMutex // held alone while a dataset is dropped: segments are not merged then
	write  sync.Mutex   // held while segments or the manifest are written
	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}

	hotBytes                  atomic.Int64
	counted                   atomic.Int64 // bytes of numbers that counts under way may keep
	flushes, failures, merges atomic.Int64
	quarantined               atomic.Int64
	failing                   atomic.Bool // the last flush failed
}

var _ store.Store = (*Store)(nil)

// Open opens a folder, making it if need be, and starts the background work.
func Open(ctx context.Context, c Config) (_ *Store, err error) {
	c.setDefaults()
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return nil, fmt.Errorf("find the folder: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	s := &Store{config: c, active: newGeneration(), wake: make(chan struct{}, 1), done: make(chan struct{})}
	if s.lock, err = lockFolder(c.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Close())
		}
	}()
	if s.manifest, err = openManifest(c.FS, c.Dir); err != nil {
		return nil, err
	}
	if err := s.openSegments(ctx); err != nil {
		return nil, err
	}
	s.durable = s.manifest.durable
	if s.engine, err = openEngine(c.Dir, c.MemoryLimit, c.Threads); err != nil {
		return nil, err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	go s.run(background)
	return s, nil
}

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, seq uint64, batches []*event.Batch) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.Canceled, err, "the rows were not taken")
	}
	if used := s.hotBytes.Load(); used > s.config.HotLimit {
		s.signal()
		kind, why := fault.Throttled, "segments are being written"
		if s.failing.Load() {
			kind, why = fault.Unavailable, "segments can't be written"
		}
		return fault.Busy(kind, time.Second, "%d bytes of rows are in memory, more than the %d that may be, and %s", used, s.config.HotLimit, why)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= s.durable {
		return nil
	}
	g := s.active
	before := g.bytes
	for _, b := range batches {
		if b.Len() == 0 {
			continue
		}
		if g.rows == 0 {
			g.born = s.config.Clock()
		}
		g.append(b)
		s.revisions.added(b)
	}
	g.last = max(g.last, seq)
	s.hotBytes.Add(g.bytes - before)
	if g.rows >= s.config.FlushRows || g.bytes >= s.config.FlushBytes {
		s.sealLocked()
	}
	return nil
}

// sealLocked makes the rows in memory a generation to be written.
func (s *Store) sealLocked() {
	if s.active.last == 0 {
		return
	}
	s.sealed = append(s.sealed, s.active)
	s.active = newGeneration()
	s.signal()
}

func (s *Store) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Durable implements store.Store.
func (s *Store) Durable() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.durable
}

// run writes segments when there is something to write, and looks after them.
func (s *Store) run(ctx context.Context) {
	defer close(s.done)
	const look = time.Second
	tick := time.NewTicker(look)
	defer tick.Stop()
	sinceMaintenance := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
			s.sealOld()
			sinceMaintenance += look
		}
		if err := s.flushSealed(ctx); err != nil && ctx.Err() == nil {
			s.config.Log.ErrorContext(ctx, "rows can't be written; they stay in memory and the journal, and are tried again", slog.Any("error", err))
			continue
		}
		if sinceMaintenance >= maintainEvery {
			sinceMaintenance = 0
			if err := s.Maintain(ctx); err != nil && ctx.Err() == nil {
				s.config.Log.ErrorContext(ctx, "segments can't be looked after", slog.Any("error", err))
			}
		}
	}
}

const maintainEvery = 10 * time.Second

func (s *Store) sealOld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active.rows > 0 && s.config.Clock().Sub(s.active.born) >= s.config.FlushAge {
		s.sealLocked()
	}
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.cancel()
	<-s.done
	s.write.Lock()
	defer s.write.Unlock()
	s.engine.close()
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.reader.Close())
	}
	return errors.Join(append(errs, s.manifest.close(), s.lock.Close())...)
}

// Stats are figures of the moment, and counts since the start.
type Stats struct {
	Segments, Rows, Bytes                            int64
	HotRows, HotBytes                                int64
	Flushes, FlushFailures, Compactions, Quarantined int64
	Failing                                          bool // the last attempt to write a segment failed
}

// Stats returns the figures.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := Stats{
		Segments: int64(len(s.files)), HotBytes: s.hotBytes.Load(), Flushes: s.flushes.Load(), FlushFailures: s.failures.Load(),
		Compactions: s.merges.Load(), Quarantined: s.quarantined.Load(), Failing: s.failing.Load(),
	}
	for _, f := range s.files {
		out.Rows += f.info.Rows
		out.Bytes += f.info.Bytes
	}
	for _, g := range append(slices.Clone(s.sealed), s.active) {
		out.HotRows += int64(g.rows)
	}
	return out
}
