package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest/journal"
)

func TestWrite_P1_WhatIsAcknowledgedIsOnDiskAndVisible(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("a", "b")
	r.mustWrite("c")
	r.holds("a", "b", "c")
	r.balanced(3)
	after := r.crashed()
	after.holds("a", "b", "c")
	if n := after.Stats().Replayed; n != 3 {
		t.Errorf("%d rows are counted as replayed", n)
	}
}

func TestWrite_IgnoresWhatIsEmpty(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	req := r.request("a")
	req.Batches = []*event.Batch{r.batch(), req.Batches[0], r.batch()}
	if err := r.Write(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(t.Context(), Request{Batches: []*event.Batch{r.batch()}}); err != nil {
		t.Fatal(err)
	}
	r.holds("a")
	if n := r.Stats().Journal.Appends; n != 1 {
		t.Errorf("%d records were written", n)
	}
}

// D16: a retry storm.
func TestWrite_P3_CountsRetriesOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	const requests, times = 50, 3
	var wg sync.WaitGroup
	for range times {
		for i := range requests {
			wg.Go(func() {
				if err := r.write(fmt.Sprintf("row %d", i)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	names := r.store.names()
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != requests || len(r.store.names()) != requests {
		t.Errorf("%d rows, %d distinct", len(r.store.names()), n)
	}
	r.balanced(requests * times)
	after := r.crashed()
	for i := range requests {
		after.mustWrite(fmt.Sprintf("row %d", i))
	}
	if n := len(after.store.names()); n != requests {
		t.Errorf("retries after a crash: %d rows", n)
	}
}

func TestWrite_P3_RemembersForTheWindow(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.DedupWindow = time.Minute })
	r.mustWrite("a")
	r.clock.advance(time.Minute - 1)
	r.mustWrite("a")
	r.holds("a")
	r.clock.advance(1)
	r.mustWrite("a")
	r.holds("a", "a")
}

func TestWrite_WithoutFingerprintIsAlwaysNew(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 2 {
		req := r.request("a")
		req.Fingerprint = fingerprint{}
		if err := r.Write(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	r.holds("a", "a")
}

// Fingerprints outlive the journal files in which they were written.
func TestWrite_P3_RemembersAcrossTruncation(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.JournalFile = 1 })
	r.mustWrite("a")
	r.mustWrite("b")
	if err := r.store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.tidy(t.Context())
	if n := r.Stats().Journal.Files; n != 1 {
		t.Fatalf("%d files are left", n)
	}
	after := r.crashed()
	after.mustWrite("a")
	after.mustWrite("b")
	after.mustWrite("c")
	if got := after.store.names(); slices.Contains(got, "a") || !slices.Contains(got, "c") {
		t.Errorf("written again: %q", got)
	}
}

func TestWrite_RemembersNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.DedupEntries = 2 })
	for _, name := range []string{"a", "b", "c"} {
		r.mustWrite(name)
	}
	if n := r.Stats().Fingerprints; n != 2 {
		t.Errorf("%d are remembered", n)
	}
	r.mustWrite("c")
	r.mustWrite("a") // forgotten: counted again
	r.holds("a", "b", "c", "a")
}

// D8: nothing is acknowledged, and nothing remembered, that is not on disk.
func TestWrite_D8_RefusesWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.JournalFile = 1 })
	disk, _ := r.cfg.FS.(*failing)
	r.mustWrite("before")
	var cause error = syscall.EIO
	disk.create.Store(&cause)
	for range 2 {
		if err := r.write("a"); !fault.Is(err, fault.Unavailable) || fault.RetryAfter(err) <= 0 {
			t.Fatalf("a failing disk says %v", err)
		}
	}
	disk.create.Store(nil)
	r.mustWrite("a")
	r.mustWrite("a")
	r.holds("before", "a")
	r.balanced(5)
}

func TestWrite_D6_FullDiskIsRefusedAndRecovers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	disk, _ := r.cfg.FS.(*failing)
	disk.full.Store(true)
	r.clock.advance(time.Second)
	if err := r.write("a"); !fault.Is(err, fault.Unavailable) || fault.RetryAfter(err) <= 0 || r.Ready() == nil {
		t.Fatalf("a full disk says %v, ready %v", err, r.Ready())
	}
	disk.full.Store(false)
	r.clock.advance(time.Second)
	if err := r.Ready(); err != nil {
		t.Fatal(err)
	}
	r.mustWrite("a")
	r.holds("a")
	r.balanced(2)
}

func TestWrite_ThrottlesWhatTheStoreHasNotTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.MaxInFlight = 1 })
	entered, release := make(chan struct{}), make(chan struct{})
	r.store.hook(func(uint64) error {
		entered <- struct{}{}
		<-release
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.write("a"); err != nil {
			t.Error(err)
		}
	})
	<-entered
	if err := r.write("b"); !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) <= 0 {
		t.Errorf("too much in flight says %v", err)
	}
	if r.Stats().InFlight == 0 {
		t.Error("nothing is counted in flight")
	}
	r.store.hook(nil)
	close(release)
	wg.Wait()
	r.mustWrite("b")
	r.holds("a", "b")
	if n := r.Stats().InFlight; n != 0 {
		t.Errorf("%d bytes stay in flight", n)
	}
	r.balanced(3)
}

func TestWrite_StalledStoreLosesNothingAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var broken atomic.Bool
	broken.Store(true)
	r.store.hook(func(uint64) error {
		if broken.Load() {
			return fault.Busy(fault.Throttled, 7*time.Second, "too many rows in memory")
		}
		return nil
	})
	r.mustWrite("a") // on disk: the sender need not wait for the store
	err := r.write("b")
	if !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) != 7*time.Second || !fault.Is(r.Ready(), fault.Throttled) {
		t.Errorf("a store that takes nothing in says %v, ready %v", err, r.Ready())
	}
	broken.Store(false)
	r.close() // waits until the store has it
	r.holds("a")
	if r.store.Durable() == 0 {
		t.Error("nothing was flushed at the end")
	}
	r.balanced(2)
}

func TestWrite_CanceledMayBeRetried(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	r.store.hook(func(uint64) error {
		entered <- struct{}{}
		<-release
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.Write(ctx, r.request("a")); !fault.Is(err, fault.Canceled) {
			t.Errorf("a canceled write says %v", err)
		}
	})
	<-entered
	cancel()
	wg.Wait()
	late, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	if err := r.Write(late, r.request("b")); !fault.Is(err, fault.Deadline) {
		t.Errorf("a late write says %v", err)
	}
	r.store.hook(nil)
	close(release)
	r.mustWrite("a")
	r.mustWrite("b")
	r.close()
	r.holds("a", "b")
}

func TestClose_RefusesAndFlushes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("a")
	r.close()
	if err := r.write("b"); !fault.Is(err, fault.Unavailable) || fault.RetryAfter(err) <= 0 || r.Ready() == nil {
		t.Errorf("a closed door says %v, ready %v", err, r.Ready())
	}
	if r.store.Durable() == 0 {
		t.Error("the store was not flushed")
	}
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("closed again: %v", err)
	}
	again := &rig{t: t, cfg: r.cfg, store: r.store, clock: r.clock}
	again.open()
	if n := again.Stats().Replayed; n != 0 {
		t.Errorf("%d rows are replayed after a graceful stop", n)
	}
	r.balanced(2)
}

func TestClose_OutOfTimeLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	r.store.hook(func(uint64) error {
		entered <- struct{}{}
		<-release
		return errors.New("the store is gone")
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.write("a"); err != nil {
			t.Errorf("it was on disk, and its sender is told %v", err)
		}
	})
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wg.Go(func() {
		if err := r.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("closed without waiting: %v", err)
		}
	})
	close(release)
	wg.Wait()
	r.crashed().holds("a")
}

// A stop that has no time for the flush has failed at nothing: the journal holds the
// rows, and is closed for the next start.
func TestClose_FlushCutShortIsNoFailure(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("a")
	ctx, cancel := context.WithCancel(t.Context())
	r.store.flush = cancel
	if err := r.Close(ctx); err != nil {
		t.Errorf("closed with %v", err)
	}
	again := &rig{t: t, cfg: r.cfg, store: newGate(), clock: r.clock}
	again.cfg.Store = again.store
	again.open() // the folder is free
	again.holds("a")
}

// A record that an older or newer version wrote in a way we can't read costs itself only.
func TestOpen_LeavesOutWhatItCannotRead(t *testing.T) {
	t.Parallel()
	clk := newClock()
	dir := filepath.Join(t.TempDir(), "journal")
	j, err := journal.Open(t.Context(), journal.Config{Dir: dir, Clock: clk.Now, Log: slog.New(slog.DiscardHandler), FS: &failing{}})
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch("test", "api")
	b.Begin(clk.now.Load())
	b.SetString(b.Column("name"), "good")
	for _, payload := range [][]byte{[]byte("not a batch"), event.AppendBatch(nil, b)} {
		done := make(chan error, 1)
		if err := j.Append(&journal.Entry{Payload: payload, Done: func(_ uint64, err error) { done <- err }}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Dir = dir })
	r.holds("good")
	if d := r.Ledger().Drops(); len(d) != 1 || d[0].Reason != "journal_record_unreadable" || d[0].Count != 1 {
		t.Errorf("%+v", d)
	}
}

func TestOpen_D15_RefusesASecondProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if _, err := Open(t.Context(), r.cfg); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second process gets %v", err)
	}
}

func TestOpen_EndsWithAnErrorOfTheStore(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("a")
	dir := filepath.Join(t.TempDir(), "journal")
	if err := os.CopyFS(dir, os.DirFS(r.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	cfg := r.cfg
	broken := newGate()
	cause := &fs.PathError{Op: "open", Path: "segment", Err: syscall.EIO}
	broken.hook(func(uint64) error { return cause })
	cfg.Dir, cfg.Store = dir, broken
	if _, err := Open(t.Context(), cfg); !errors.Is(err, cause) {
		t.Fatalf("%v", err)
	}
	broken.hook(nil)
	d, err := Open(t.Context(), cfg) // the folder was given back
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := broken.names(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("%q", got)
	}
}

// A store that is only busy is waited for.
func TestOpen_WaitsForABusyStore(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.mustWrite("a")
	dir := filepath.Join(t.TempDir(), "journal")
	if err := os.CopyFS(dir, os.DirFS(r.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	busy := newGate()
	asked := 0
	busy.hook(func(uint64) error {
		if asked++; asked < 3 {
			return fault.Busy(fault.Throttled, time.Second, "flushing")
		}
		return nil
	})
	after := &rig{t: t, cfg: r.cfg, store: busy, clock: r.clock}
	after.cfg.Dir, after.cfg.Store = dir, busy
	after.open()
	after.holds("a")
}

func TestLimits_FollowTheClock(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.MaxPast, c.MaxFuture = time.Hour, time.Minute })
	now := r.clock.now.Load()
	if l := r.Limits(); l.MinTime != now-int64(time.Hour) || l.MaxTime != now+int64(time.Minute) {
		t.Errorf("%+v at %d", l, now)
	}
	forever := newRig(t, func(c *Config) { c.MaxPast = 1<<63 - 1 })
	if l := forever.Limits(); l.MinTime != 1 {
		t.Errorf("an event without a time is taken: %+v", l)
	}
}

// What was deleted and is sent again is no retry, also after a crash.
func TestForget_TakesRequestsAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.JournalFile = 1 })
	r.mustWrite("a")
	r.mustWrite("b")
	r.clock.advance(time.Second)
	if err := r.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.clock.advance(time.Second)
	r.mustWrite("a")
	r.mustWrite("a")
	r.holds("a", "b", "a")
	after := r.crashed()
	after.mustWrite("a") // known since
	if got := after.store.names(); len(got) != 3 {
		t.Errorf("the store holds %q", got)
	}
	after.mustWrite("b") // forgotten
	if got := after.store.names(); len(got) != 4 || got[3] != "b" {
		t.Errorf("the store holds %q", got)
	}
	r.close()
	if err := r.Forget(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a closed door says %v", err)
	}
}
