package duckdb

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// DropDataset implements store.Store. What is in memory is flushed first, so
// that the journal does not bring it back. Segments that hold nothing else go in
// one step; the others are written anew, one by one, so that flushing is never
// held up for longer than one takes.
func (s *Store) DropDataset(ctx context.Context, environment, dataset string) error {
	s.upkeep.Lock()
	defer s.upkeep.Unlock()
	if err := s.Flush(ctx); err != nil {
		return err
	}
	d := drop{environment: environment, dataset: dataset}
	whole, mixed, err := d.plan(s.inUse())
	if err != nil {
		return err
	}
	s.config.Log.InfoContext(ctx, "dropping a dataset", slog.String("environment", environment), slog.String("dataset", dataset),
		slog.Int("segments", len(whole)), slog.Int("segments_rewritten", len(mixed)))
	if err := s.dropWhole(whole); err != nil {
		return classifyDisk(err)
	}
	for _, f := range mixed {
		if err := ctx.Err(); err != nil {
			return fault.Wrap(fault.Canceled, err, "the dataset is dropped in part: drop it again")
		}
		if err := s.rewriteWithout(ctx, f, d); err != nil {
			return classifyDisk(err)
		}
	}
	return nil
}

func (s *Store) inUse() []*file {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.files)
}

// drop is a dataset on its way out, and the services that nothing else has.
type drop struct {
	environment, dataset string
	gone                 map[string]bool
}

// plan tells the segments of nothing but the dataset from those that must be
// written anew: for its rows, or for calls from or to its services.
func (d *drop) plan(files []*file) (whole, mixed []*file, err error) {
	calls := map[*file][]storedCall{}
	d.gone = map[string]bool{}
	kept := map[string]bool{}
	for _, f := range files {
		sums, err := summaryOf(f, everything())
		if err != nil {
			return nil, nil, err
		}
		calls[f] = sums.Calls
		for _, r := range sums.Rollups {
			switch {
			case r.Environment != d.environment:
			case r.Dataset == d.dataset:
				d.gone[r.Service] = true
			default:
				kept[r.Service] = true
			}
		}
	}
	for service := range kept {
		delete(d.gone, service)
	}
	for _, f := range files {
		holds := slices.ContainsFunc(f.info.Datasets, func(i segment.DatasetInfo) bool { return d.is(i.Environment, i.Dataset) })
		switch {
		case holds && len(f.info.Datasets) == 1:
			whole = append(whole, f)
		case holds || slices.ContainsFunc(calls[f], d.isGone):
			mixed = append(mixed, f)
		}
	}
	return whole, mixed, nil
}

func (d *drop) is(environment, dataset string) bool {
	return environment == d.environment && dataset == d.dataset
}

func (d *drop) isGone(c storedCall) bool {
	return c.Environment == d.environment && (d.gone[c.Caller] || d.gone[c.Callee])
}

func (s *Store) dropWhole(files []*file) error {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.Lock()
	s.open = nil // spans of the dataset must not become sides of calls any more
	files = slices.DeleteFunc(files, func(f *file) bool { return !slices.Contains(s.files, f) })
	s.mu.Unlock()
	if len(files) == 0 {
		return nil
	}
	return s.replace(files, nil)
}

// rewriteWithout puts a segment without the dataset in the place of one with it.
func (s *Store) rewriteWithout(ctx context.Context, f *file, d drop) error {
	kept := func(b *event.Batch) *event.Batch {
		if d.is(b.Environment, b.Dataset) {
			return nil
		}
		return b
	}
	return s.rewrite(ctx, f, kept, func(c storedCall) bool { return !d.isGone(c) })
}

// rewrite puts a segment of what is kept of one in its place. kept returns the
// rows of a batch to keep, nil for none.
func (s *Store) rewrite(ctx context.Context, f *file, kept func(*event.Batch) *event.Batch, keptCall func(storedCall) bool) error {
	f.hold()
	defer f.release()
	all, err := s.readTogether(ctx, []*file{f})
	if errors.Is(err, segment.ErrDamaged) {
		return nil // it is out of use
	}
	if err != nil {
		return err
	}
	var batches []*event.Batch
	for _, b := range all {
		if b = kept(b); b != nil {
			batches = append(batches, b)
		}
	}
	sums, err := summaryOf(f, everything())
	if err != nil {
		return err
	}
	sums.Rollups = rollupBatches(batches)
	sums.Calls = slices.DeleteFunc(sums.Calls, func(c storedCall) bool { return !keptCall(c) })
	extra, err := sums.encode()
	if err != nil {
		return err
	}
	opts := segment.Options{MaxFields: s.config.MaxFields, Extra: extra, Durable: f.info.Durable, Replaces: []string{f.name}}
	s.write.Lock()
	defer s.write.Unlock()
	if !slices.Contains(s.inUse(), f) {
		return nil // set aside meanwhile
	}
	if len(batches) == 0 {
		return s.replace([]*file{f}, nil)
	}
	by, err := s.writeSegment(s.manifest.next, func(out File) error { return writeBatches(out, batches, opts) })
	if err != nil {
		return err
	}
	if err := s.replace([]*file{f}, by); err != nil {
		by.drop()
		return err
	}
	return nil
}
