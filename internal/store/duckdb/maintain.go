package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Segments below this share of Config.FlushRows and of Config.FlushBytes are
// small; so many of them together are merged, up to so many rows and bytes: all
// of them are in memory while that is done.
const (
	smallShare = 2 // half
	mergeFrom  = 4
	mergeMost  = 16
)

// Maintain implements store.Store: it drops what is too old or too much, and
// merges small segments. While a dataset is dropped it does nothing.
func (s *Store) Maintain(ctx context.Context) error {
	if !s.upkeep.TryRLock() {
		return nil
	}
	defer s.upkeep.RUnlock()
	if err := s.retain(ctx); err != nil {
		return err
	}
	for {
		merged, err := s.compact(ctx)
		if err != nil || !merged {
			return err
		}
	}
}

// retain drops segments whose rows have all expired, then the oldest ones until
// the rest is small enough. Where all rows of a dataset have expired and others
// have not, the segment is written anew.
func (s *Store) retain(ctx context.Context) error {
	mixed, err := s.dropExpired(ctx)
	if err != nil {
		return err
	}
	for _, f := range mixed {
		if err := ctx.Err(); err != nil {
			return err
		}
		kept := func(b *event.Batch) *event.Batch { return since(b, s.kept(b.Environment, b.Dataset)) }
		if err := s.rewrite(ctx, f, kept, func(storedCall) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// kept is the time from which on rows of a dataset are kept: its own horizon, or
// else that of all.
func (s *Store) kept(environment, dataset string) int64 {
	s.mu.RLock()
	horizon := s.horizon
	s.mu.RUnlock()
	if horizon != nil {
		if at := horizon(environment, dataset); at > math.MinInt64 {
			return at
		}
	}
	if s.config.RetentionAge <= 0 {
		return math.MinInt64
	}
	return s.config.Clock().Add(-s.config.RetentionAge).UnixNano()
}

// dropExpired drops segments, and returns those to be written anew.
func (s *Store) dropExpired(ctx context.Context) (mixed []*file, err error) {
	s.write.Lock()
	defer s.write.Unlock()
	byAge := s.inUse()
	slices.SortFunc(byAge, func(x, y *file) int { return compareTimes(x.info.MaxTime, y.info.MaxTime) })
	var total int64
	for _, f := range byAge {
		total += f.info.Bytes
	}
	var expired []*file
	for _, f := range byAge {
		gone := 0
		for _, d := range f.info.Datasets {
			if d.MaxTime < s.kept(d.Environment, d.Dataset) {
				gone++
			}
		}
		tooMuch := s.config.RetentionBytes > 0 && total > s.config.RetentionBytes
		switch {
		case gone == len(f.info.Datasets) || tooMuch:
			expired = append(expired, f)
			total -= f.info.Bytes
		case gone > 0:
			mixed = append(mixed, f)
		}
	}
	if len(expired) == 0 {
		return mixed, nil
	}
	s.config.Log.InfoContext(ctx, "dropping segments by retention", slog.Int("segments", len(expired)))
	return mixed, s.replace(expired, nil)
}

func compareTimes(x, y int64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// replace takes segments out of use and puts one, if given, in their place, in
// one step for readers and for crashes.
func (s *Store) replace(old []*file, by *file) error {
	e := edit{}
	rows := int64(0) // that go
	for _, f := range old {
		e.Remove = append(e.Remove, f.name)
		rows += f.info.Rows
	}
	if by != nil {
		e.Add, e.Next = []string{by.name}, s.manifest.next+1
	}
	if err := s.manifest.commit(e); err != nil {
		return err
	}
	s.mu.Lock()
	s.files = slices.DeleteFunc(slices.Clone(s.files), func(f *file) bool { return slices.Contains(old, f) })
	if by != nil {
		s.files = append(s.files, by)
		rows -= by.info.Rows
	}
	if rows > 0 {
		s.revisions.removed()
	}
	s.mu.Unlock()
	for _, f := range old {
		f.drop()
	}
	return nil
}

// compact merges one run of small segments.
func (s *Store) compact(ctx context.Context) (merged bool, err error) {
	s.mu.RLock()
	small := s.smallRun()
	for _, f := range small {
		f.hold()
	}
	s.mu.RUnlock()
	defer func() {
		for _, f := range small {
			f.release()
		}
	}()
	if len(small) < mergeFrom {
		return false, nil
	}
	batches, err := s.readTogether(ctx, small)
	if err != nil {
		return false, err
	}
	extra, err := mergeSummaries(small, batches)
	if err != nil {
		return false, err
	}
	opts := segment.Options{MaxFields: s.config.MaxFields, Extra: extra}
	for _, f := range small {
		opts.Durable = max(opts.Durable, f.info.Durable)
		opts.Replaces = append(opts.Replaces, f.name)
	}
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	unchanged := !slices.ContainsFunc(small, func(f *file) bool { return !slices.Contains(s.files, f) })
	s.mu.RUnlock()
	if !unchanged {
		return false, nil // one was dropped meanwhile: the next look decides anew
	}
	f, err := s.writeSegment(s.manifest.next, func(out File) error { return writeBatches(out, batches, opts) })
	if err != nil {
		return false, fmt.Errorf("merge segments: %w", err)
	}
	if err := s.replace(small, f); err != nil {
		f.drop()
		return false, err
	}
	s.merges.Add(1)
	return true, nil
}

// run is small segments that can be merged.
type run struct {
	files       []*file
	rows, bytes int64
	kinds       mixture
}

// smallRun returns the oldest small segments that can be merged. The store's
// lock is held.
func (s *Store) smallRun() []*file {
	var runs []*run
	for _, f := range s.files {
		unpacked := f.reader.Unpacked()
		if f.info.Rows >= int64(s.config.FlushRows)/smallShare || unpacked >= s.config.FlushBytes/smallShare {
			continue
		}
		all := fieldsOfSegment(f.info)
		at := slices.IndexFunc(runs, func(r *run) bool { return r.kinds.takes(all) })
		if at < 0 {
			at = len(runs)
			runs = append(runs, &run{kinds: mixture{}})
		}
		r := runs[at]
		if r.rows+f.info.Rows > int64(s.config.FlushRows) || r.bytes+unpacked > s.config.FlushBytes || len(r.files) == mergeMost {
			if len(r.files) >= mergeFrom {
				return r.files
			}
			*r = run{kinds: mixture{}}
		}
		r.files = append(r.files, f)
		r.rows += f.info.Rows
		r.bytes += unpacked
		r.kinds.join(all)
	}
	for _, r := range runs {
		if len(r.files) >= mergeFrom {
			return r.files
		}
	}
	return nil
}

// readTogether reads segments into one batch for each dataset.
func (s *Store) readTogether(ctx context.Context, files []*file) ([]*event.Batch, error) {
	g := newGeneration()
	for _, f := range files {
		sent := sentAsIntegers(f.info)
		for i := range f.reader.Groups() {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			batches, err := f.reader.Group(i)
			if errors.Is(err, segment.ErrDamaged) {
				s.retire(ctx, f, err)
			}
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", f.name, err)
			}
			for _, b := range batches {
				sent.restore(b)
				g.append(b)
			}
		}
	}
	return g.order, nil
}

// mergeSummaries sums up rows anew, but for calls: their sides may lie in
// different segments.
func mergeSummaries(files []*file, batches []*event.Batch) ([]byte, error) {
	calls := callSums{}
	for _, f := range files {
		kept, err := summaryOf(f, everything())
		if err != nil {
			return nil, err
		}
		calls.merge(kept.Calls)
	}
	sums := summary{Rollups: rollupBatches(batches), Calls: calls.list()}
	return sums.encode()
}
