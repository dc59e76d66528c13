package duckdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/oriel-dev/oriel/internal/store/segment"
)

// file is a segment in use. Queries hold it; once it is out of use the last one
// that lets go removes it.
type file struct {
	name   string
	path   string
	info   *segment.Info
	reader *segment.Reader
	users  atomic.Int64
	gone   atomic.Bool
	once   sync.Once
	remove func(f *file)

	// unpacked is the summary as long as nobody needs its memory: roll-ups and calls
	// are mostly asked for one after the other.
	unpacked atomic.Pointer[weak.Pointer[[]byte]]
}

func (f *file) hold() { f.users.Add(1) }

func (f *file) release() {
	if f.users.Add(-1) == 0 && f.gone.Load() {
		f.once.Do(func() { f.remove(f) })
	}
}

// drop takes the file out of use.
func (f *file) drop() {
	f.gone.Store(true)
	if f.users.Load() == 0 {
		f.once.Do(func() { f.remove(f) })
	}
}

const segmentSuffix = ".parquet"

func segmentName(id uint64) string { return fmt.Sprintf("%016x%s", id, segmentSuffix) }

func (s *Store) openFile(name string) (*file, error) {
	path := filepath.Join(s.config.Dir, name)
	r, err := segment.Open(path)
	if err != nil {
		return nil, err
	}
	return &file{name: name, path: path, info: r.Info(), reader: r, remove: s.removeFile}, nil
}

// removeFile is called once nobody reads the file any more.
func (s *Store) removeFile(f *file) {
	if err := f.reader.Close(); err != nil {
		s.config.Log.Warn("close a segment", slog.String("file", f.name), slog.Any("error", err))
	}
	if err := s.config.FS.Remove(f.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.config.Log.Warn("remove a segment that is out of use", slog.String("file", f.name), slog.Any("error", err))
	}
}

// openSegments opens what the manifest names; what is damaged or missing is set
// aside and reported, the rest serves.
func (s *Store) openSegments(ctx context.Context) error {
	var lost []string
	for _, name := range s.manifest.segments {
		f, err := s.openFile(name)
		if err != nil {
			s.config.Log.ErrorContext(ctx, "a segment can't be read and is set aside", slog.String("file", name), slog.Any("error", err))
			s.setAside(ctx, name)
			lost = append(lost, name)
			continue
		}
		s.files = append(s.files, f)
	}
	adopted, err := s.tidyFolder(ctx)
	if err != nil {
		return err
	}
	if len(lost) > 0 || len(adopted) > 0 || s.manifest.damaged > 0 {
		if s.manifest.damaged > 0 {
			s.config.Log.ErrorContext(ctx, "the manifest was damaged and is written anew", slog.Int("places", s.manifest.damaged), slog.Int("segments_taken_in", len(adopted)))
		}
		s.missing = append(s.missing, lost...)
		s.manifest.apply(edit{Remove: lost, Add: adopted})
		return s.manifest.rewrite()
	}
	return nil
}

// tidyFolder removes unfinished files. Segments that nothing names are leftovers
// of a crash, or, if the manifest was damaged, the only trace of their rows.
func (s *Store) tidyFolder(ctx context.Context) (adopted []string, err error) {
	entries, err := os.ReadDir(s.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("list the segments: %w", err)
	}
	var strays []*file
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(s.config.Dir, name)
		switch {
		case e.IsDir() || slices.Contains(s.manifest.segments, name):
		case strings.HasSuffix(name, ".tmp"):
			if err := s.config.FS.Remove(path); err != nil {
				return nil, fmt.Errorf("remove an unfinished file: %w", err)
			}
		case strings.HasSuffix(name, segmentSuffix):
			if s.manifest.damaged > 0 && !s.manifest.removed[name] {
				if f, err := s.openFile(name); err == nil {
					strays = append(strays, f)
					continue
				}
			}
			s.config.Log.InfoContext(ctx, "removing a segment that was never put to use", slog.String("file", name))
			if err := s.config.FS.Remove(path); err != nil {
				return nil, fmt.Errorf("remove a leftover segment: %w", err)
			}
		}
	}
	return s.adopt(strays), nil
}

// adopt takes in segments that a damaged manifest does not name, but for those
// that another one replaces, and drops those in use that a stray one replaces.
func (s *Store) adopt(strays []*file) (names []string) {
	replaced := map[string]bool{}
	for _, f := range append(slices.Clone(s.files), strays...) {
		for _, name := range f.info.Replaces {
			replaced[name] = true
		}
	}
	for _, f := range strays {
		if replaced[f.name] {
			f.drop()
			continue
		}
		s.files = append(s.files, f)
		names = append(names, f.name)
		s.manifest.durable = max(s.manifest.durable, f.info.Durable)
	}
	s.files = slices.DeleteFunc(s.files, func(f *file) bool {
		if !replaced[f.name] {
			return false
		}
		s.manifest.apply(edit{Remove: []string{f.name}})
		f.drop()
		return true
	})
	return names
}

// setAside moves a damaged file where nobody reads it but who looks into it.
func (s *Store) setAside(ctx context.Context, name string) {
	dir := filepath.Join(s.config.Dir, "quarantine")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = s.config.FS.Rename(filepath.Join(s.config.Dir, name), filepath.Join(dir, name))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.config.Log.WarnContext(ctx, "a damaged file could not be moved", slog.String("file", name), slog.Any("error", err))
	}
	s.quarantined.Add(1)
}

// writeSegment writes a file under a new name: beside, synced, renamed. It is in
// use only once the manifest names it.
func (s *Store) writeSegment(id uint64, write func(File) error) (_ *file, err error) {
	name := segmentName(id)
	path := filepath.Join(s.config.Dir, name)
	pending := path + ".tmp"
	f, err := s.config.FS.Create(pending)
	if err != nil {
		return nil, fmt.Errorf("create a segment: %w", err)
	}
	defer func() {
		if err != nil {
			_ = s.config.FS.Remove(pending) // a leftover is removed at start
			_ = s.config.FS.Remove(path)
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if err = s.config.FS.Rename(pending, path); err != nil {
		return nil, fmt.Errorf("name a segment: %w", err)
	}
	if err = s.config.FS.SyncDir(s.config.Dir); err != nil {
		return nil, fmt.Errorf("sync the folder: %w", err)
	}
	return s.openFile(name)
}
