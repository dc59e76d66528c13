package ingest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest/journal"
	"github.com/oriel-dev/oriel/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is moved by the test.
type clock struct{ now atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.now.Store(1_764_000_000_000_000_000)
	return c
}

func (c *clock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *clock) advance(d time.Duration) { c.now.Add(int64(d)) }

// gate is the reference store with a hook before each append.
type gate struct {
	*storetest.Reference
	mu     sync.Mutex
	before func(seq uint64) error
	order  []string // names of the rows taken
	stamps []int64  // their arrivals, 0 where there is none
	came   []int64  // when they came in as far as they tell, -1 where they do not
	seqs   []uint64
	flush  func() // instead of one, which then takes until its context ends
}

func newGate() *gate { return &gate{Reference: storetest.NewReference()} }

func (g *gate) hook(f func(seq uint64) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before = f
}

func (g *gate) Append(ctx context.Context, seq uint64, batches []*event.Batch) error {
	g.mu.Lock()
	before := g.before
	g.mu.Unlock()
	if before != nil {
		if err := before(seq); err != nil {
			return err
		}
	}
	g.mu.Lock()
	g.seqs = append(g.seqs, seq)
	for _, b := range batches {
		for i := range b.Len() {
			g.order = append(g.order, b.Row(i).Get("name").Str())
			g.stamps = append(g.stamps, b.Row(i).Get(event.FieldArrival).Int())
			at, known := event.Arrived(b.Row(i).Get)
			if !known {
				at = -1
			}
			g.came = append(g.came, at)
		}
	}
	g.mu.Unlock()
	return g.Reference.Append(ctx, seq, batches)
}

func (g *gate) Flush(ctx context.Context) error {
	if g.flush != nil {
		g.flush()
		<-ctx.Done()
		return fault.Wrap(fault.Unavailable, ctx.Err(), "a segment could not be written")
	}
	return g.Reference.Flush(ctx)
}

func (g *gate) names() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.order)
}

// failing is the real file system, whose creation of files the test can fail and
// whose disk it can fill.
type failing struct {
	journal.Disk
	create atomic.Pointer[error]
	full   atomic.Bool
}

func (f *failing) Create(name string) (journal.File, error) {
	if err := f.create.Load(); err != nil {
		return nil, *err
	}
	return f.Disk.Create(name)
}

func (f *failing) Space(string) (free, total int64, err error) {
	if f.full.Load() {
		return 0, 1 << 40, nil
	}
	return 1 << 39, 1 << 40, nil
}

// rig is a door over a real journal.
type rig struct {
	*Door
	t     *testing.T
	cfg   Config
	store *gate
	clock *clock
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, store: newGate(), clock: newClock()}
	r.cfg = Config{
		Dir: filepath.Join(t.TempDir(), "journal"), Store: r.store, Clock: r.clock.Now,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), FS: &failing{},
	}
	if change != nil {
		change(&r.cfg)
	}
	r.open()
	return r
}

func (r *rig) open() {
	r.t.Helper()
	door, err := Open(r.t.Context(), r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Door = door
	r.t.Cleanup(func() { _ = door.Close(context.Background()) })
}

// crashed opens another door on what is on disk now, over an empty store.
func (r *rig) crashed() *rig {
	r.t.Helper()
	after := &rig{t: r.t, cfg: r.cfg, store: newGate(), clock: r.clock}
	after.cfg.Dir, after.cfg.Store = filepath.Join(r.t.TempDir(), "journal"), after.store
	if err := os.CopyFS(after.cfg.Dir, os.DirFS(r.cfg.Dir)); err != nil {
		r.t.Fatal(err)
	}
	after.open()
	return after
}

func (r *rig) close() {
	r.t.Helper()
	if err := r.Close(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// batch is rows of one dataset, one for each name.
func (r *rig) batch(names ...string) *event.Batch {
	b := event.NewBatch("test", "api")
	for _, name := range names {
		b.Begin(r.clock.now.Load())
		b.SetString(b.Column("name"), name)
	}
	return b
}

// request holds rows; its fingerprint is that of their names.
func (r *rig) request(names ...string) Request {
	req := Request{Batches: []*event.Batch{r.batch(names...)}, Protocol: "test", Key: "key"}
	copy(req.Fingerprint[:], strings.Join(names, ","))
	return req
}

func (r *rig) write(names ...string) error { return r.Write(r.t.Context(), r.request(names...)) }

func (r *rig) mustWrite(names ...string) {
	r.t.Helper()
	if err := r.write(names...); err != nil {
		r.t.Fatal(err)
	}
}

// holds wants the store to have been given just these rows, in this order.
func (r *rig) holds(names ...string) {
	r.t.Helper()
	if got := r.store.names(); !slices.Equal(got, names) {
		r.t.Errorf("the store holds %q, want %q", got, names)
	}
	if !slices.IsSorted(r.store.seqs) {
		r.t.Errorf("the store was given %v", r.store.seqs)
	}
}

// balanced wants every row to be accounted for.
func (r *rig) balanced(received int64) {
	r.t.Helper()
	s := r.Stats()
	if s.Received != received || s.Received != s.Stored+s.Deduplicated+s.Dropped+s.Refused {
		r.t.Errorf("%d rows came in: %+v", received, s)
	}
}
