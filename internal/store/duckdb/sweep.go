package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// piece is a part of a snapshot: a row group, or rows in memory.
type piece struct {
	file  *file
	group int
	hot   *event.Batch
}

// pieces lists the parts of a snapshot, those in memory first.
func (sn *snapshot) pieces() []piece {
	var all []piece
	for _, b := range sn.hot {
		all = append(all, piece{hot: b})
	}
	for _, f := range sn.files {
		for g := range f.reader.Groups() {
			all = append(all, piece{file: f, group: g})
		}
	}
	return all
}

// inRange returns the rows of a batch that lie in the range asked for and have
// not expired.
func (sn *snapshot) inRange(b *event.Batch) query.Mask {
	kept := query.NewMask(b.Len())
	from := max(sn.start, sn.horizonOf(b.Dataset))
	for w := range kept {
		in := uint64(0)
		for i, at := range b.Times[64*w : min(64*w+64, len(b.Times))] {
			if at >= from && at < sn.end {
				in |= 1 << i
			}
		}
		kept[w] = in
	}
	return kept
}

// sweep goes through all rows of a snapshot. Workers share it.
type sweep struct {
	sn   *snapshot
	done atomic.Int64 // rows

	mu      sync.Mutex
	err     error
	damaged damages
}

// tellEvery is how often progress is told.
const tellEvery = 250 * time.Millisecond

// run visits pieces with so many workers, and tells now and then how far it is, if
// tell is not nil. A damaged file is noted and the others go on, to find further ones; any other
// error of a visit ends the run.
func (w *sweep) run(ctx context.Context, workers int, pieces []piece, visit func(ctx context.Context, worker int, p piece) error, tell func(store.Progress)) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work := make(chan piece)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for p := range work {
				if ctx.Err() == nil && !w.visit(p, func() error { return visit(ctx, worker, p) }) {
					stop()
				}
			}
		})
	}
	over, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		w.tell(over, tell)
	}()
	for _, p := range pieces {
		work <- p
	}
	close(work)
	wg.Wait()
	close(over)
	<-told
}

func (w *sweep) tell(over <-chan struct{}, tell func(store.Progress)) {
	if tell == nil {
		return
	}
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
			rows := w.done.Load()
			tell(store.Progress{Share: min(float64(rows)/float64(max(w.sn.total, 1)), 1), Scanned: rows, Rows: w.sn.total})
		}
	}
}

// visit visits a piece; it returns false if there is no point in going on.
func (w *sweep) visit(p piece, f func() error) (fine bool) {
	defer func() {
		if v := recover(); v != nil { // the process must outlive a mistake of the visitor
			w.fail(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			fine = false
		}
	}()
	err := f()
	switch {
	case err == nil:
		return true
	case p.file == nil:
		w.fail(err)
		return false
	case errors.Is(err, segment.ErrDamaged):
		w.mu.Lock()
		defer w.mu.Unlock()
		w.damaged.add(p.file, err)
		return true
	}
	w.fail(fmt.Errorf("read segment %s: %w", p.file.name, err))
	return false
}

func (w *sweep) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = errors.Join(w.err, err)
}

// damage is what was found to be wrong with a file.
type damage struct {
	file  *file
	cause error
}

// damages are of different files.
type damages []damage

func (d *damages) add(f *file, cause error) {
	if !slices.ContainsFunc(*d, func(known damage) bool { return known.file == f }) {
		*d = append(*d, damage{f, cause})
	}
}

// untilWhole runs once, which reads a snapshot of its own, again and again until
// no file turns out to be damaged: those that are get set aside. What was made of a
// damaged file is not told from the rest, so each run begins anew. A file that is
// whole after all is kept, and the second time the run has failed.
func (s *Store) untilWhole(ctx context.Context, once func() (damages, error)) error {
	spared := map[*file]bool{}
	for {
		found, err := once()
		switch {
		case ctx.Err() != nil:
			return ended(ctx, ctx.Err())
		case err != nil:
			return err
		case len(found) == 0:
			return nil
		}
		for _, d := range found {
			gone, err := s.examine(ctx, d)
			if err != nil {
				return err
			}
			if !gone && spared[d.file] {
				return fmt.Errorf("segment %s cannot be read here, and is whole when all of it is read: %w", d.file.name, d.cause)
			}
			spared[d.file] = true
		}
	}
}

// examine reads the whole of a file that somebody found damaged, and sets it aside
// if it is. Errors: what kept it from being read, or taken out of use.
func (s *Store) examine(ctx context.Context, d damage) (gone bool, err error) {
	switch err := verify(d.file.reader); {
	case err == nil:
		s.config.Log.ErrorContext(ctx, "a segment could not be read and is whole: it stays in use", slog.String("file", d.file.name), slog.Any("error", d.cause))
		return false, nil
	case !errors.Is(err, segment.ErrDamaged):
		return false, fmt.Errorf("read segment %s: %w", d.file.name, errors.Join(d.cause, err))
	}
	if !s.retire(ctx, d.file, d.cause) {
		return false, fmt.Errorf("segment %s: %w", d.file.name, d.cause)
	}
	return true, nil
}
