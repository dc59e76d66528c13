package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Config says where the journal is and what it may take. Zero numbers mean the
// defaults given.
type Config struct {
	Dir   string
	FS    FS // nil means Disk
	Clock func() time.Time
	Log   *slog.Logger

	// After is the highest seq known to be safe elsewhere: new ones are above it.
	After uint64
	// Preface makes the payload of the note that begins each new file: what must
	// not be lost when earlier files are removed. It may be nil, and runs on the
	// writer's goroutine.
	Preface func() []byte

	FileBytes   int64 // a file this long is followed by another; 64 MiB
	MaxBytes    int64 // of all files, above which appends are refused; 8 GiB
	MaxQueue    int64 // payload bytes that wait for the writer; 64 MiB
	MaxRecord   int64 // payload bytes of one record; 64 MiB, at most 4 GiB - 1
	LowWater    int64 // free disk below which appends are refused; see lowWater
	Reserve     int64 // bytes set aside for cleaning up; 32 MiB, less on small disks; negative: none
	KeepDamaged int   // damaged files kept for inspection; 4
}

const (
	defaultFileBytes = 64 << 20
	defaultMaxBytes  = 8 << 30
	defaultMaxQueue  = 64 << 20
	defaultMaxRecord = 64 << 20
	defaultReserve   = 32 << 20
	defaultDamaged   = 4
)

func (c *Config) setDefaults() {
	if c.FS == nil {
		c.FS = Disk{}
	}
	for _, n := range []struct {
		value *int64
		usual int64
	}{
		{&c.FileBytes, defaultFileBytes},
		{&c.MaxBytes, defaultMaxBytes},
		{&c.MaxQueue, defaultMaxQueue},
		{&c.MaxRecord, defaultMaxRecord},
	} {
		if *n.value <= 0 {
			*n.value = n.usual
		}
	}
	if c.KeepDamaged <= 0 {
		c.KeepDamaged = defaultDamaged
	}
}

// Entry is one record to append. The journal reads Payload until it calls Done,
// which it does exactly once if Append returned nil: with the seq once the record
// is on disk, or with an error. Done runs on the writer's goroutine, in the order
// of seq, and must be quick.
type Entry struct {
	Payload     []byte
	Fingerprint [16]byte
	Time        int64 // Unix nanoseconds, what the record says; 0 stands for the clock's
	Done        func(seq uint64, err error)
}

// Stats are counts of the journal.
type Stats struct {
	Files   int   // on disk
	Bytes   int64 // on disk
	Queued  int64 // payload bytes that wait for the writer
	Appends int64 // records written since start
	Groups  int64 // writes with one sync each; Appends/Groups is how well commits are shared
	Failed  int64 // groups that could not be written
	Damaged int   // damaged places found at start, torn tails included
	Lost    int   // those of Damaged that may have held acknowledged records
	LastSeq uint64
	Full    bool // appends are refused for want of disk
}

// Journal is an open journal. All methods are safe for concurrent use, except
// that Replay must have returned before the first Append.
type Journal struct {
	cfg  Config
	lock io.Closer
	disk disk // free space and the reserve

	mu     sync.Mutex
	cond   *sync.Cond // signalled on a new entry and on close
	queue  []*Entry
	queued int64
	closed bool
	files  []*logFile // by number; the last one may be open for writing
	stats  Stats
	seq    uint64 // last given out

	places  []place // what was found at start, until replayed
	damages []Damage

	w    writer
	done chan struct{}
}

// logFile is a file on disk.
type logFile struct {
	name    string // without the folder
	number  uint32
	salt    uint64
	size    int64  // synced
	maxSeq  uint64 // of the entries in it
	noteSeq uint64 // of its note: the entry after all those of earlier files
	damaged bool
}

// Open takes the folder for this process and checks every record in it. The
// records are then given out by Replay. Errors: Conflict if another process has
// the folder, Unavailable if it cannot be read or made.
func Open(ctx context.Context, cfg Config) (*Journal, error) {
	cfg.setDefaults()
	if err := cfg.FS.MakeDir(cfg.Dir); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the journal's folder cannot be made")
	}
	lock, err := cfg.FS.Lock(filepath.Join(cfg.Dir, lockName))
	if errors.Is(err, fs.ErrExist) {
		return nil, fault.Wrap(fault.Conflict, err, "another process uses this data folder: stop it, or choose another with --data")
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the journal cannot be locked")
	}
	j := &Journal{cfg: cfg, lock: lock, seq: cfg.After, done: make(chan struct{})}
	j.cond = sync.NewCond(&j.mu)
	j.disk = disk{cfg: &j.cfg}
	j.w.j = j
	if err := j.read(ctx); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := j.disk.check(ctx, cfg.Clock()); err != nil {
		cfg.Log.WarnContext(ctx, "the journal starts without room to write", slog.Any("error", err))
	}
	go j.w.run()
	return j, nil
}

// Append queues an entry for the next group and returns at once. Errors, in
// which case Done is not called: TooLarge; Throttled, with a time to wait, if too
// much is queued; Unavailable if the disk is full, the journal has reached its
// size, or it is closed.
func (j *Journal) Append(e *Entry) error {
	n := int64(len(e.Payload))
	if n > j.cfg.MaxRecord {
		return fault.New(fault.TooLarge, "the request takes %d bytes in the journal, the limit is %d: send less at once", n, j.cfg.MaxRecord)
	}
	now := j.cfg.Clock()
	if err := j.disk.check(context.Background(), now); err != nil {
		return err
	}
	if e.Time == 0 {
		e.Time = now.UnixNano()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return fault.Busy(fault.Unavailable, 5*time.Second, "the server is shutting down")
	case j.stats.Bytes >= j.cfg.MaxBytes:
		return fault.Busy(fault.Unavailable, 10*time.Second, "the journal has reached its limit of %d bytes: the store cannot keep up or is down", j.cfg.MaxBytes)
	case j.queued > 0 && j.queued+n > j.cfg.MaxQueue:
		return fault.Busy(fault.Throttled, time.Second, "%d bytes wait to be written, the limit is %d", j.queued, j.cfg.MaxQueue)
	}
	j.queue = append(j.queue, e)
	j.queued += n
	j.cond.Signal()
	return nil
}

// next waits for entries and takes all there are. It returns none once the
// journal is closed and everything is written.
func (j *Journal) next(spare []*Entry) []*Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.queue) == 0 && !j.closed {
		j.cond.Wait()
	}
	group := j.queue
	j.queue = spare
	return group
}

// Truncate removes the files all of whose entries have a seq up to durable. The
// newest file always stays: its note is what remains of the others.
func (j *Journal) Truncate(ctx context.Context, durable uint64) error {
	j.mu.Lock()
	var old []*logFile
	for j.succeeded() && j.files[0].maxSeq <= durable {
		old = append(old, j.files[0])
		j.files = j.files[1:]
		j.stats.Bytes -= old[len(old)-1].size
	}
	j.stats.Files = len(j.files)
	j.mu.Unlock()
	if len(old) == 0 {
		return nil
	}
	var errs []error
	for _, f := range old {
		name := filepath.Join(j.cfg.Dir, f.name)
		if f.damaged {
			errs = append(errs, j.cfg.FS.Rename(name, name+damagedSuffix))
			j.cfg.Log.WarnContext(ctx, "a damaged journal file is set aside", slog.String("file", f.name+damagedSuffix))
		} else {
			errs = append(errs, j.cfg.FS.Remove(name))
		}
	}
	errs = append(errs, j.dropDamaged())
	// Not synced: a file that comes back after a power cut is a replay of
	// entries the store already has.
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clean up the journal: %w", err)
	}
	return nil
}

// succeeded reports whether the oldest file is followed by one whose note is on disk.
func (j *Journal) succeeded() bool {
	for _, f := range j.files[min(1, len(j.files)):] {
		if f.size > 0 {
			return true
		}
	}
	return false
}

// dropDamaged removes all but the newest files that were set aside.
func (j *Journal) dropDamaged() error {
	names, err := j.cfg.FS.List(j.cfg.Dir)
	if err != nil {
		return err
	}
	damaged := damagedNames(names)
	var errs []error
	for len(damaged) > j.cfg.KeepDamaged {
		errs = append(errs, j.cfg.FS.Remove(filepath.Join(j.cfg.Dir, damaged[0])))
		damaged = damaged[1:]
	}
	return errors.Join(errs...)
}

// Ready returns nil while appends are taken, else the Unavailable fault that
// they get.
func (j *Journal) Ready() error {
	j.mu.Lock()
	closed := j.closed
	j.mu.Unlock()
	if closed {
		return fault.New(fault.Unavailable, "the journal is closed")
	}
	return j.disk.check(context.Background(), j.cfg.Clock())
}

// Stats returns the counts.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.stats
	s.Queued, s.LastSeq, s.Damaged, s.Full = j.queued, j.seq, len(j.damages), j.disk.full.Load()
	return s
}

// Close refuses further appends, writes what is queued, and gives the folder
// back. If ctx ends first it returns its error, and the writer is left to
// finish; the lock is then held until the process ends.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	again := j.closed
	j.closed = true
	j.cond.Broadcast()
	j.mu.Unlock()
	select {
	case <-j.done:
	case <-ctx.Done():
		return fmt.Errorf("close the journal: %w", ctx.Err())
	}
	if again {
		return nil
	}
	return errors.Join(j.w.close(), j.lock.Close())
}
