package duckdb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// faultFS fails its n-th operation, or from the n-th on all of them, as a
// process that was killed there.
type faultFS struct {
	osFS
	ops    atomic.Int64
	failAt int64
	dead   bool
	err    error
}

func (f *faultFS) op() error {
	n := f.ops.Add(1)
	if f.failAt > 0 && (n == f.failAt || f.dead && n > f.failAt) {
		return f.err
	}
	return nil
}

type faultFile struct {
	File
	fs *faultFS
}

func (f *faultFS) Create(path string) (File, error) {
	if err := f.op(); err != nil {
		return nil, err
	}
	file, err := f.osFS.Create(path)
	return faultFile{file, f}, err
}

func (f *faultFS) Append(path string) (File, error) {
	if err := f.op(); err != nil {
		return nil, err
	}
	file, err := f.osFS.Append(path)
	return faultFile{file, f}, err
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.op(); err != nil {
		return err
	}
	return f.osFS.Rename(from, to)
}

func (f *faultFS) Remove(path string) error {
	if err := f.op(); err != nil {
		return err
	}
	return f.osFS.Remove(path)
}

func (f *faultFS) SyncDir(path string) error {
	if err := f.op(); err != nil {
		return err
	}
	return f.osFS.SyncDir(path)
}

// Write leaves half of the bytes behind when it fails, as a full disk does.
func (f faultFile) Write(p []byte) (int, error) {
	if err := f.fs.op(); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f faultFile) Sync() error {
	if err := f.fs.op(); err != nil {
		return err
	}
	return f.File.Sync()
}

var base = time.Unix(1_800_000_000, 0).Add(-time.Hour).UnixNano()

// rowsOf makes rows whose n tells them apart.
func rowsOf(seq, n int) []*event.Batch {
	b := event.NewBatch("test", fmt.Sprint("set", seq%2))
	for i := range n {
		b.Begin(base + int64(seq*1000+i))
		b.Set(event.FieldTraceID, event.StringValue(fmt.Sprintf("%032x", i%5)))
		b.Set("n", event.IntValue(int64(seq*1000+i)))
	}
	return []*event.Batch{b}
}

// counted is how many rows there are, and how many of them differ.
func counted(t *testing.T, s *Store) (rows, distinct int) {
	t.Helper()
	res, err := s.Run(t.Context(), &query.Query{Environment: "test", Start: 0, End: 1 << 62, Stages: []query.Stage{query.Aggregate{Calcs: []query.Calc{
		{Op: query.Count, Name: "rows"}, {Op: query.CountDistinct, Field: "n", Name: "distinct"},
	}}}}, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := res.Column("rows").Values[0].Number()
	b, _ := res.Column("distinct").Values[0].Number()
	return int(a), int(b)
}

func appendRows(t *testing.T, s *Store, from, to int) {
	t.Helper()
	for seq := from; seq <= to; seq++ {
		if err := s.Append(t.Context(), uint64(seq), rowsOf(seq, 10)); err != nil {
			t.Fatal(err)
		}
	}
}

func wantRows(t *testing.T, s *Store, want int, when string) {
	t.Helper()
	if rows, distinct := counted(t, s); rows != want || distinct != want {
		t.Fatalf("%s: %d rows, %d distinct, want %d", when, rows, distinct, want)
	}
}

func TestFlush_RecoversFromAFullDiskAtAnyPoint(t *testing.T) {
	t.Parallel()
	for failAt := int64(1); failAt <= 14; failAt++ {
		fs := &faultFS{failAt: failAt, err: unix.ENOSPC}
		dir := t.TempDir()
		s := openStore(t, Config{Dir: dir, FS: fs, FlushAge: time.Hour})
		s.cancel() // nobody tries again behind the test's back
		<-s.done
		appendRows(t, s, 1, 4)
		failed := false
		if err := s.Flush(t.Context()); err != nil {
			failed = true
			if !fault.Is(err, fault.Unavailable) || !errors.Is(err, unix.ENOSPC) {
				t.Fatalf("operation %d: %v", failAt, err)
			}
			wantRows(t, s, 40, fmt.Sprintf("operation %d failed", failAt))
			if s.Durable() != 0 {
				t.Fatalf("operation %d failed, and %d is called durable", failAt, s.Durable())
			}
		}
		appendRows(t, s, 5, 6)
		err := s.Flush(t.Context())
		if err != nil && !failed { // the operation was one of this second flush
			failed = true
			wantRows(t, s, 60, fmt.Sprintf("operation %d failed", failAt))
			err = s.Flush(t.Context())
		}
		if err != nil {
			t.Fatalf("space came back after operation %d: %v", failAt, err)
		}
		wantRows(t, s, 60, fmt.Sprintf("after operation %d", failAt))
		if s.Durable() != 6 || !failed {
			t.Fatalf("operation %d: durable %d, failed %v", failAt, s.Durable(), failed)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, Config{Dir: dir})
		wantRows(t, s, 60, "reopened")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFlush_KilledAtAnyPointLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for failAt := int64(1); failAt <= 22; failAt++ {
		fs := &faultFS{failAt: failAt, dead: true, err: errors.New("killed")}
		dir := t.TempDir()
		s := openStore(t, Config{Dir: dir, FS: fs, FlushAge: time.Hour})
		appendRows(t, s, 1, 3)
		_ = s.Flush(t.Context())
		appendRows(t, s, 4, 6)
		_ = s.Flush(t.Context())
		_ = s.Close() // the process is dead: only its lock goes
		s = openStore(t, Config{Dir: dir, FlushAge: time.Hour})
		appendRows(t, s, 1, 6) // what the journal replays; the store drops what it has
		wantRows(t, s, 60, fmt.Sprintf("killed at operation %d", failAt))
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantRows(t, s, 60, "flushed after the kill")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpen_FindsSegmentsAgainWithADamagedManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, Config{Dir: dir, FlushAge: time.Hour})
	for i := range 3 {
		appendRows(t, s, 2*i+1, 2*i+2)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, manifestName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string][]byte{"emptied": {0}, "cut": whole[:len(whole)-5], "zeroed": make([]byte, len(whole))}
	for at := 0; at < len(whole); at += 37 {
		flipped := append([]byte(nil), whole...)
		flipped[at] ^= 4
		damages[fmt.Sprint("bit of byte ", at)] = flipped
	}
	for name, raw := range damages {
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, manifestName), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openStore(t, Config{Dir: copied, FlushAge: time.Hour})
		appendRows(t, s, 1, 6)
		wantRows(t, s, 60, name)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRun_ServesOnWithoutADamagedSegment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, Config{Dir: dir, FlushAge: time.Hour})
	appendRows(t, s, 1, 1)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendRows(t, s, 2, 2)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, segmentName(1))
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[len(raw)-40:], make([]byte, 30)) // its footer
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, Config{Dir: dir, FlushAge: time.Hour})
	wantRows(t, s, 10, "with one segment damaged")
	res, err := s.Run(t.Context(), &query.Query{Environment: "test", Start: 0, End: 1 << 62}, store.Options{})
	if err != nil || !res.Stats.Partial || len(res.Stats.Missing) != 1 {
		t.Fatalf("the answer does not say that it is partial: %+v, %v", res.Stats, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "quarantine", segmentName(1))); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMaintain_MergesAndForgets(t *testing.T) {
	t.Parallel()
	clock := atomic.Int64{}
	clock.Store(base)
	s := openStore(t, Config{FlushAge: time.Hour, FlushRows: 1000, RetentionAge: 24 * time.Hour, Clock: func() time.Time { return time.Unix(0, clock.Load()) }})
	for seq := 1; seq <= 6; seq++ {
		appendRows(t, s, seq, seq)
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Segments != 1 || st.Compactions != 1 {
		t.Errorf("%d segments after %d mergers", st.Segments, st.Compactions)
	}
	wantRows(t, s, 60, "merged")
	rollups, err := s.Rollups(t.Context(), "test", 0, 1<<62)
	if err != nil || len(rollups) != 0 { // the rows are no spans
		t.Errorf("%v, %v", rollups, err)
	}
	batches, more, err := s.Trace(t.Context(), "test", fmt.Sprintf("%032x", 3), 100)
	n := 0
	for _, b := range batches {
		n += b.Len()
	}
	if n != 12 || more || err != nil {
		t.Errorf("%d rows of a trace, more %v, %v", n, more, err)
	}
	clock.Add(int64(30 * time.Hour))
	if err := s.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s, 0, "expired")
	if files, _ := filepath.Glob(filepath.Join(s.config.Dir, "*"+segmentSuffix)); len(files) > 0 {
		t.Errorf("files are left: %v", files)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is merged is in memory meanwhile: long texts bound it before rows do.
func TestMaintain_MergesNoMoreBytesThanAFlushHas(t *testing.T) {
	t.Parallel()
	const flushBytes = 40_000
	s := openStore(t, Config{FlushAge: time.Hour, FlushRows: 1000, FlushBytes: flushBytes})
	random := rand.New(rand.NewPCG(1, 2))
	for seq := 1; seq <= 12; seq++ {
		batch := event.NewBatch("test", "set")
		for i := range 10 {
			text := make([]byte, 500)
			for j := range text {
				text[j] = byte('a' + random.IntN(26))
			}
			batch.Begin(base + int64(seq*1000+i))
			batch.Set("n", event.IntValue(int64(seq*1000+i)))
			batch.Set("text", event.StringValue(string(text)))
		}
		if err := s.Append(t.Context(), uint64(seq), []*event.Batch{batch}); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		if err := s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.Stats().Compactions == 0 {
		t.Error("nothing was merged")
	}
	for _, f := range s.files {
		if n := f.reader.Unpacked(); n > flushBytes {
			t.Errorf("a segment of %d bytes was merged; a flush has %d at most", n, flushBytes)
		}
	}
	wantRows(t, s, 120, "merged")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAppend_RefusesWhenMemoryIsFull(t *testing.T) {
	t.Parallel()
	fs := &faultFS{failAt: 1, dead: true, err: unix.ENOSPC}
	s := openStore(t, Config{FS: fs, HotLimit: 10_000, FlushBytes: 2000, FlushAge: time.Hour})
	var err error
	for seq := 1; seq < 1000 && err == nil; seq++ {
		err = s.Append(t.Context(), uint64(seq), rowsOf(seq, 10))
	}
	if !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) == 0 {
		t.Fatalf("memory grew without end, or: %v", err)
	}
	if rows, _ := counted(t, s); rows == 0 {
		t.Error("reads do not go on")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
