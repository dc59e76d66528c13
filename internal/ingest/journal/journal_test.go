package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const dir = "/journal"

func testConfig(fs FS) Config {
	var ticks atomic.Int64
	return Config{
		Dir: dir, FS: fs, Log: slog.New(slog.DiscardHandler), Reserve: -1, LowWater: 1,
		Clock: func() time.Time { return time.Unix(1_700_000_000, ticks.Add(1)*int64(time.Second)) },
	}
}

func open(t testing.TB, cfg Config) *Journal {
	t.Helper()
	j, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close(context.Background()) })
	return j
}

// appendWait appends and waits for the outcome.
func appendWait(j *Journal, payload string) (uint64, error) {
	type outcome struct {
		seq uint64
		err error
	}
	done := make(chan outcome, 1)
	e := &Entry{Payload: []byte(payload), Done: func(seq uint64, err error) { done <- outcome{seq, err} }}
	copy(e.Fingerprint[:], payload)
	if err := j.Append(e); err != nil {
		return 0, err
	}
	o := <-done
	return o.seq, o.err
}

func replayed(t testing.TB, j *Journal, after uint64) (entries, notes []string) {
	t.Helper()
	var last uint64
	err := j.Replay(t.Context(), after, func(r Record) error {
		if r.Note {
			notes = append(notes, string(r.Payload))
			return nil
		}
		if r.Seq <= last {
			t.Fatalf("seq %d comes after %d", r.Seq, last)
		}
		last = r.Seq
		if r.Payload == nil {
			entries = append(entries, "-")
			return nil
		}
		entries = append(entries, string(r.Payload))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries, notes
}

func TestJournal_GivesBackWhatWasAppended(t *testing.T) {
	t.Parallel()
	cfg := testConfig(Disk{})
	cfg.Dir, cfg.FileBytes = filepath.Join(t.TempDir(), "journal"), 600
	cfg.Preface = func() []byte { return []byte("preface") }
	j := open(t, cfg)
	want := make([]string, 0, 20)
	for i := range 20 {
		p := fmt.Sprintf("record %d %s", i, strings.Repeat("x", i*10))
		if i == 7 {
			p = strings.Repeat("long", 100_000)
		}
		seq, err := appendWait(j, p)
		if err != nil || seq != uint64(i+1) {
			t.Fatalf("seq %d, %v", seq, err)
		}
		want = append(want, p)
	}
	if _, err := Open(t.Context(), cfg); !fault.Is(err, fault.Conflict) {
		t.Fatalf("a second process got %v", err)
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := open(t, cfg)
	if again.Stats().Bytes != j.Stats().Bytes {
		t.Errorf("%d bytes were counted, %d are there", j.Stats().Bytes, again.Stats().Bytes)
	}
	got, notes := replayed(t, again, 2)
	want[0], want[1] = "-", "-"
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if len(notes) != j.Stats().Files || notes[0] != "preface" {
		t.Fatalf("%d files have the notes %q", j.Stats().Files, notes)
	}
	if seq, err := appendWait(again, "more"); err != nil || seq != 21 {
		t.Fatalf("seq %d, %v", seq, err)
	}
}

func TestJournal_SharesCommitsAndCompletesInOrder(t *testing.T) {
	t.Parallel()
	j := open(t, testConfig(newMemFS()))
	var (
		wait sync.WaitGroup
		last uint64 // only the writer touches it
		sum  atomic.Int64
	)
	for range 40 {
		wait.Go(func() {
			for i := range 25 {
				done := make(chan struct{})
				err := j.Append(&Entry{Payload: bytes.Repeat([]byte{1}, i*100), Done: func(seq uint64, err error) {
					if err != nil || seq != last+1 {
						t.Errorf("seq %d follows %d, %v", seq, last, err)
					}
					last = seq
					sum.Add(1)
					close(done)
				}})
				if err != nil {
					t.Error(err)
					return
				}
				<-done
			}
		})
	}
	wait.Wait()
	if s := j.Stats(); sum.Load() != 1000 || s.Appends != 1000 || s.Groups > 1000 || s.Queued != 0 {
		t.Fatalf("%d completed, %+v", sum.Load(), s)
	}
}

func TestJournal_TruncatesWholeFilesAndKeepsTheNewest(t *testing.T) {
	t.Parallel()
	m := newMemFS()
	cfg := testConfig(m)
	cfg.FileBytes = 1 // each group its own file
	j := open(t, cfg)
	for i := range 5 {
		if _, err := appendWait(j, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for durable, want := range map[uint64]int{0: 5, 2: 3, 5: 1} {
		if durable == 5 {
			continue // last, below
		}
		_ = want
	}
	for _, step := range []struct {
		durable uint64
		files   int
	}{{0, 5}, {2, 3}, {5, 1}} {
		if err := j.Truncate(t.Context(), step.durable); err != nil {
			t.Fatal(err)
		}
		names, _ := m.List(dir)
		if len(names) != step.files || j.Stats().Files != step.files {
			t.Fatalf("durable %d: %d files, counted %d", step.durable, len(names), j.Stats().Files)
		}
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg.After = 5
	again := open(t, cfg)
	if got, _ := replayed(t, again, 4); len(got) != 1 || got[0] != "4" {
		t.Fatalf("%q is left", got)
	}
	if seq, err := appendWait(again, "x"); err != nil || seq != 6 {
		t.Fatal(seq, err)
	}
}

func TestJournal_RefusesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	m := newMemFS()
	cfg := testConfig(m)
	cfg.MaxQueue, cfg.MaxRecord, cfg.MaxBytes = 100, 1000, 5000
	release, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m.slow = func() {
		once.Do(func() { close(entered) })
		<-release
	}
	j := open(t, cfg)
	var done sync.WaitGroup
	entry := func(n int) *Entry {
		return &Entry{Payload: make([]byte, n), Done: func(uint64, error) { done.Done() }}
	}
	done.Add(2)
	if err := j.Append(entry(50)); err != nil {
		t.Fatal(err)
	}
	<-entered
	if err := j.Append(entry(50)); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(entry(51)); !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) == 0 {
		t.Fatalf("a full queue says %v", err)
	}
	if err := j.Append(entry(1001)); !fault.Is(err, fault.TooLarge) {
		t.Fatalf("a long record says %v", err)
	}
	close(release)
	done.Wait()
	for {
		if _, err := appendWait(j, strings.Repeat("x", 900)); err != nil {
			if !fault.Is(err, fault.Unavailable) {
				t.Fatal(err)
			}
			break
		}
	}
	if n := j.Stats().Bytes; n < 5000 || n > 7000 {
		t.Fatalf("the journal stopped at %d bytes", n)
	}
	if err := j.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(entry(1)); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("a closed journal says %v", err)
	}
}

func TestJournal_WaitsForDiskSpaceAndGivesTheReserveBack(t *testing.T) {
	t.Parallel()
	m := newMemFS()
	m.free, m.total = 60<<20, 64<<20
	cfg := testConfig(m)
	cfg.LowWater, cfg.Reserve = 0, 0
	j := open(t, cfg)
	reserve := func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.names[filepath.Join(dir, reserveName)] != nil
	}
	free := func(n int64) { m.mu.Lock(); defer m.mu.Unlock(); m.free = n << 20 }
	if _, err := appendWait(j, "a"); err != nil || !reserve() {
		t.Fatalf("%v, reserve %v", err, reserve())
	}
	free(6)
	if _, err := appendWait(j, "b"); !fault.Is(err, fault.Unavailable) || fault.RetryAfter(err) == 0 || reserve() {
		t.Fatalf("a full disk says %v, reserve %v", err, reserve())
	}
	free(10) // what the reserve gave back
	if _, err := appendWait(j, "c"); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("the reserve was written on: %v", err)
	}
	if j.Ready() == nil || !j.Stats().Full {
		t.Fatal("a full disk is ready")
	}
	free(20)
	if _, err := appendWait(j, "d"); err != nil || !reserve() || j.Ready() != nil {
		t.Fatalf("with space again: %v, reserve %v", err, reserve())
	}
}

// D8: the n-th change fails, once or from then on.
func TestJournal_D8_NoAcknowledgementWithoutDisk(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 60; n++ {
		for _, forever := range []bool{false, true} {
			cause := errDisks[n%len(errDisks)]
			m := newMemFS()
			m.before = func(op int, _ string) error {
				if op == n || (forever && op > n) {
					return cause
				}
				return nil
			}
			cfg := testConfig(m)
			cfg.FileBytes = 300
			j := open(t, cfg)
			var acked []string
			failed := 0
			for i := range 15 {
				p := fmt.Sprintf("%d-%d", n, i)
				if _, err := appendWait(j, p); err == nil {
					acked = append(acked, p)
				} else if failed++; !fault.Is(err, fault.Unavailable) || !errors.Is(err, cause) {
					t.Fatalf("n %d: %v", n, err)
				}
			}
			if !forever && failed > 0 {
				t.Errorf("n %d: one failure of the disk failed %d appends", n, failed)
			}
			m.mu.Lock()
			after := m.crash(rand.New(rand.NewPCG(uint64(n), 1)))
			m.mu.Unlock()
			got, _ := replayed(t, open(t, testConfig(after)), 0)
			for _, p := range acked {
				if !slices.Contains(got, p) {
					t.Fatalf("n %d, forever %v: %q was acknowledged and is gone", n, forever, p)
				}
			}
		}
	}
}

// D2: whatever a power cut leaves opens, holds what was acknowledged, and
// nothing that was never written.
func TestJournal_D2_EveryCrashStateHoldsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		m, at := newMemFS(), r.IntN(60)+1
		var (
			acked   []string
			dropped uint64
			crashed *memFS
			want    []string
		)
		m.before = func(op int, what string) error {
			if op == at {
				crashed, want = m.crash(r), slices.Clone(acked[min(int(dropped), len(acked)):])
			}
			if seed%3 == 0 && op != at && op%17 == 0 && what != "remove" {
				return errDisks[op%len(errDisks)]
			}
			return nil
		}
		cfg := testConfig(m)
		cfg.FileBytes = int64(r.IntN(3000) + 1)
		j := open(t, cfg)
		written := map[string]bool{}
		for i := range 20 {
			size := []int{0, 30, 700, 5000}[r.IntN(4)]
			if r.IntN(20) == 0 {
				size = bufferBytes + 100
			}
			p := fmt.Sprintf("%d-%d-%s", seed, i, strings.Repeat(string(rune('a'+i)), size))
			written[p] = true
			if seq, err := appendWait(j, p); err == nil {
				acked = append(acked, p)
				if r.IntN(6) == 0 && seed%3 != 0 {
					dropped = seq - uint64(r.IntN(3)+1)&seq // at most what was acknowledged
					dropped = min(dropped, uint64(len(acked)))
					if err := j.Truncate(t.Context(), dropped); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		m.mu.Lock()
		if crashed == nil {
			crashed, want = m.crash(r), acked[dropped:]
		}
		m.mu.Unlock()
		checkCrashed(t, seed, crashed, want, written)
	}
}

func checkCrashed(t *testing.T, seed uint64, m *memFS, want []string, written map[string]bool) {
	t.Helper()
	j := open(t, testConfig(m))
	got, _ := replayed(t, j, 0)
	for _, p := range got {
		if !written[p] {
			t.Fatalf("seed %d: %.60q was never written", seed, p)
		}
	}
	missing := func(got []string) {
		for _, p := range want {
			if !slices.Contains(got, p) {
				t.Fatalf("seed %d: %.60q was acknowledged and is gone; damages %+v", seed, p, j.Damages())
			}
		}
	}
	missing(got)
	if _, err := appendWait(j, "after"); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := j.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, _ = replayed(t, open(t, testConfig(m)), 0)
	missing(append(got, "after"))
	if got[len(got)-1] != "after" {
		t.Fatalf("seed %d: what came after the crash is not last", seed)
	}
}
