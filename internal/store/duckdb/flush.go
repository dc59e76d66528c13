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

// flush puts one generation into a segment and swaps it for the rows in memory,
// in one step for every reader.
func (s *Store) flush(g *generation) error {
	var f *file
	e := edit{Durable: g.last}
	open := s.open
	if g.rows > 0 {
		id := s.manifest.next
		sums := summary{Rollups: rollupBatches(g.order)}
		sums.Calls, open = joinCalls(g.order, s.open)
		extra, err := sums.encode()
		if err != nil {
			return err
		}
		f, err = s.writeSegment(id, func(out File) error {
			return writeBatches(out, g.order, segment.Options{MaxFields: s.config.MaxFields, Durable: g.last, Extra: extra})
		})
		if err != nil {
			return err
		}
		e.Add, e.Next = []string{f.name}, id+1
	}
	if err := s.manifest.commit(e); err != nil {
		if f != nil {
			f.drop()
		}
		return err
	}
	defer s.hotSums.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	if f != nil {
		s.files = append(s.files, f)
	}
	s.sealed, s.open = s.sealed[1:], open
	s.durable = g.last
	s.hotBytes.Add(-g.bytes)
	return nil
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
