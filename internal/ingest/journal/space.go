package journal

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	checkEvery = 250 * time.Millisecond // asking costs a system call
	retryFull  = 5 * time.Second        // what callers are told to wait
)

// disk watches the free space. Below the low-water mark it gives the reserve
// back, for whoever can clean up, and refuses appends until the mark is passed
// with room for a new reserve.
type disk struct {
	cfg  *Config
	full atomic.Bool

	mu       sync.Mutex
	asked    time.Time
	refusal  error
	reserved bool
}

// lowWater returns the mark and the reserve for a disk: 2 % or 512 MiB,
// whichever is more, but never more than a tenth of it.
func (d *disk) lowWater(total int64) (mark, reserve int64) {
	mark, reserve = d.cfg.LowWater, d.cfg.Reserve
	if mark <= 0 {
		mark = min(max(total/50, 512<<20), total/10)
	}
	if reserve == 0 {
		reserve = min(defaultReserve, mark/2)
	}
	return mark, max(reserve, 0)
}

// check returns an Unavailable fault while there is too little space. It asks
// the disk now and then only.
func (d *disk) check(ctx context.Context, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.asked.IsZero() && now.Sub(d.asked) < checkEvery && !now.Before(d.asked) {
		return d.refusal
	}
	d.asked = now
	free, total, err := d.cfg.FS.Space(d.cfg.Dir)
	if err != nil {
		// Not knowing is no reason to refuse: writing tells.
		d.cfg.Log.WarnContext(ctx, "the free disk space is unknown", slog.Any("error", err))
		return d.refusal
	}
	mark, reserve := d.lowWater(total)
	switch full := d.full.Load(); {
	case free < mark:
		d.release(ctx)
		if !full {
			d.cfg.Log.ErrorContext(ctx, "the disk is full, nothing is taken in until space is freed",
				slog.Int64("free_bytes", free), slog.Int64("needed_bytes", mark))
		}
		d.full.Store(true)
		d.refusal = fault.Busy(fault.Unavailable, retryFull,
			"the disk is full: %d MiB are free, %d MiB must be; free some space or shorten the retention", free>>20, mark>>20)
	case full && free < mark+2*reserve:
		// Free only because the reserve was given back: that is not ours to write on.
	case full:
		d.cfg.Log.InfoContext(ctx, "the disk has space again", slog.Int64("free_bytes", free))
		d.full.Store(false)
		d.refusal = nil
		d.keep(ctx, reserve)
	case !d.reserved && free >= mark+reserve:
		d.keep(ctx, reserve)
	}
	return d.refusal
}

func (d *disk) keep(ctx context.Context, reserve int64) {
	if reserve == 0 || d.reserved {
		return
	}
	d.reserved = true // also if it fails: the next start tries again
	if err := d.cfg.FS.Allocate(filepath.Join(d.cfg.Dir, reserveName), reserve); err != nil {
		d.cfg.Log.WarnContext(ctx, "no disk space could be set aside for cleaning up", slog.Any("error", err))
	}
}

func (d *disk) release(ctx context.Context) {
	if !d.reserved && d.full.Load() {
		return
	}
	d.reserved = false
	err := d.cfg.FS.Remove(filepath.Join(d.cfg.Dir, reserveName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.cfg.Log.WarnContext(ctx, "the reserved disk space could not be given back", slog.Any("error", err))
	}
}
