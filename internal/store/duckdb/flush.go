package duckdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store/segment"
)

// Flush implements store.Store.
func (s *Store) Flush(ctx context.Context) error {
	s.mu.Lock()
	s.sealLocked()
	s.mu.Unlock()
	if err := s.flushSealed(ctx); err != nil {
		return classifyDisk(err)
	}
	return nil
}

// classifyDisk tells a full disk from other failures of writing.
func classifyDisk(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fault.Wrap(fault.Unavailable, err, "the disk is full: free some space, or lower the settings retention or retention-bytes")
	}
	return fault.Wrap(fault.Unavailable, err, "a segment could not be written")
}

// flushSealed writes the sealed generations, oldest first, until there are none.
// A generation that can't be written stays, and so do those after it.
func (s *Store) flushSealed(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	for {
		s.mu.RLock()
		var g *generation
		if len(s.sealed) > 0 {
			g = s.sealed[0]
		}
		s.mu.RUnlock()
		if g == nil {
			s.failing.Store(false)
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.flush(g); err != nil {
			s.failures.Add(1)
			s.failing.Store(true)
			return err
		}
		s.flushes.Add(1)
	}
}

// flush puts one generation into segments and swaps them for the rows in memory,
// in one step for every reader.
func (s *Store) flush(g *generation) error {
	e := edit{Durable: g.last}
	files, open, err := s.writeGeneration(g)
	if err == nil {
		for _, f := range files {
			e.Add = append(e.Add, f.name)
		}
		if len(files) > 0 {
			e.Next = s.manifest.next + uint64(len(files))
		}
		err = s.manifest.commit(e)
	}
	if err != nil {
		for _, f := range files {
			f.drop()
		}
		return err
	}
	defer s.hotSums.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, files...)
	s.sealed, s.open = s.sealed[1:], open
	s.durable = g.last
	s.hotBytes.Add(-g.bytes)
	return nil
}

// writeGeneration writes a generation's segments, mostly one, and returns the calls
// that are open after it. The last of them says up to where rows are in segments,
// and has the calls, whose sides may lie in different ones. What was written is
// returned with an error, too.
func (s *Store) writeGeneration(g *generation) (files []*file, open []*halves, err error) {
	open = s.open
	if g.rows == 0 {
		return nil, open, nil
	}
	groups := apart(g.order)
	for i, batches := range groups {
		sums, opts := summary{Rollups: rollupBatches(batches)}, segment.Options{MaxFields: s.config.MaxFields}
		if i == len(groups)-1 {
			sums.Calls, open = joinCalls(g.order, s.open)
			opts.Durable = g.last
		}
		if opts.Extra, err = sums.encode(); err != nil {
			return files, nil, err
		}
		f, err := s.writeSegment(s.manifest.next+uint64(i), func(out File) error { return writeBatches(out, batches, opts) })
		if err != nil {
			return files, nil, err
		}
		files = append(files, f)
	}
	return files, open, nil
}

func writeBatches(out File, batches []*event.Batch, opts segment.Options) error {
	const buffer = 1 << 20
	w := bufio.NewWriterSize(out, buffer)
	if _, err := segment.Write(w, batches, opts); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write a segment: %w", err)
	}
	return nil
}
