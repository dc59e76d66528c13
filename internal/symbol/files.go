package symbol

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/sourcemap"
)

// MaxMapBytes bounds a source map.
const MaxMapBytes = sourcemap.MaxBytes

// Limits of an upload.
const (
	maxVersion     = 255
	maxURL         = 2_000
	maxBeside      = 2_000 // sources beside a map
	maxBesideBytes = 100 << 20
)

// Upload is a map that is to be kept.
type Upload struct {
	Environment string
	Version     string
	URL         string // of the minified file
	Variant     string // "" is VariantSent
	Map         []byte
	Sources     map[string][]byte // texts of sources that the map does not hold, by path
}

// Put keeps a map, in place of an earlier one of the same version and URL. The
// file is on disk before the row that names it.
func (s *Store) Put(ctx context.Context, u Upload) (Map, error) {
	m, err := s.check(&u)
	if err != nil {
		return Map{}, err
	}
	decoded, err := s.cache.decode(u.Map)
	if err != nil {
		return Map{}, err
	}
	m.DebugID = clean(decoded.DebugID)
	s.change.Lock()
	defer s.change.Unlock()
	if m.hash, m.stored, err = s.write(u.Map); err != nil {
		return Map{}, err
	}
	for path, text := range u.Sources {
		hash, stored, err := s.write(text)
		if err != nil {
			return Map{}, err
		}
		m.Sources[sourcemap.CleanPath("", path)] = hash
		m.stored += stored
	}
	out := *m
	if out.ID, err = s.keep(ctx, m); err != nil {
		return Map{}, err
	}
	return out, s.bound(ctx)
}

func (s *Store) check(u *Upload) (*Map, error) {
	m := &Map{
		Environment: u.Environment, Version: strings.TrimSpace(u.Version), URL: withoutScheme(u.URL), Variant: u.Variant, Bytes: int64(len(u.Map)),
		Sources: map[string]string{}, Uploaded: s.cfg.Clock().UnixNano(),
	}
	if m.Variant == "" {
		m.Variant = VariantSent
	}
	size := 0
	for path, text := range u.Sources {
		if size += len(text); len(path) > maxURL {
			return nil, fault.New(fault.Invalid, "the path of a source has %d bytes; at most %d are taken", len(path), maxURL)
		}
	}
	switch {
	case m.Version == "" || len(m.Version) > maxVersion:
		return nil, fault.New(fault.Invalid, "version has %d bytes: want 1 to %d, the code_version that occurrences report", len(m.Version), maxVersion)
	case m.URL == "" || len(m.URL) > maxURL:
		return nil, fault.New(fault.Invalid, "minified_url has %d bytes: want 1 to %d, the URL that frames have as their filename", len(m.URL), maxURL)
	case len(u.Sources) > maxBeside || size > maxBesideBytes:
		return nil, fault.New(fault.TooLarge, "%d sources of %d bytes stand beside the map; at most %d of %d are taken: put them into the map, as sourcesContent", len(u.Sources), size, maxBeside, maxBesideBytes)
	}
	m.Version, m.URL = clean(m.Version), clean(m.URL)
	return m, nil
}

func clean(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\ufffd") }

// Failed notes why there is no map of a version and URL, for the list, unless
// there is one. Code is one of the Code constants.
func (s *Store) Failed(ctx context.Context, environment, version, url, code, problem string) error {
	m, err := s.check(&Upload{Environment: environment, Version: version, URL: url})
	if err != nil {
		return err
	}
	m.Code, m.Problem = code, problem
	s.change.Lock()
	defer s.change.Unlock()
	s.mu.RLock()
	there := s.byKey[key{m.Environment, m.Version, m.URL}]
	s.mu.RUnlock()
	if there != nil && there.Code == "" {
		return nil
	}
	if _, err := s.keep(ctx, m); err != nil {
		return err
	}
	return s.bound(ctx)
}

// keep writes a row, in place of that of the same version and URL. The caller
// holds change.
func (s *Store) keep(ctx context.Context, m *Map) (id int64, err error) {
	sources, err := json.Marshal(m.Sources)
	if err != nil {
		return 0, err
	}
	s.mu.RLock()
	m.ID = s.lastID + 1
	before := s.byKey[key{m.Environment, m.Version, m.URL}]
	s.mu.RUnlock()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM symbol_map WHERE environment = ? AND version = ? AND url = ?", m.Environment, m.Version, m.URL); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO symbol_map (id, environment, version, url, variant, hash, bytes, stored, debug_id, sources, code, problem, uploaded, matched, matched_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')`,
			m.ID, m.Environment, m.Version, m.URL, m.Variant, m.hash, m.Bytes, m.stored, m.DebugID, string(sources), m.Code, m.Problem, m.Uploaded)
		return err
	})
	if err != nil {
		return 0, err
	}
	id = m.ID
	s.mu.Lock()
	s.add(m)
	s.mu.Unlock()
	s.forget(before)
	return id, nil
}

// drop deletes a row, and its files if no other row has them. The caller holds change.
func (s *Store) drop(ctx context.Context, m *Map) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM symbol_map WHERE id = ?", m.ID)
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.remove(m)
	s.mu.Unlock()
	s.forget(m)
	return nil
}

// forget deletes the files of a map that is in the index no more, unless another
// one has them. The caller holds change.
func (s *Store) forget(m *Map) {
	if m == nil {
		return
	}
	s.mu.RLock()
	needed := s.hashes()
	s.mu.RUnlock()
	for _, hash := range m.hashes() {
		if !needed[hash] {
			if err := os.Remove(s.path(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.cfg.Log.Warn("a file of a source map could not be deleted", slog.String("hash", hash), slog.Any("error", err))
			}
		}
	}
}

func (m *Map) hashes() []string {
	var list []string
	if m.hash != "" {
		list = append(list, m.hash)
	}
	for _, hash := range m.Sources {
		list = append(list, hash)
	}
	return list
}

func (s *Store) hashes() map[string]bool {
	all := map[string]bool{}
	for _, m := range s.maps {
		for _, hash := range m.hashes() {
			all[hash] = true
		}
	}
	return all
}

func (s *Store) path(hash string) string { return filepath.Join(s.cfg.Dir, hash[:2], hash+".gz") }

// write puts a text into its file, and returns its name and the file's size.
func (s *Store) write(text []byte) (hash string, stored int64, err error) {
	sum := sha256.Sum256(text)
	hash = hex.EncodeToString(sum[:])
	path := s.path(hash)
	if info, err := os.Stat(path); err == nil {
		return hash, info.Size(), nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", 0, unavailable(err)
	}
	file, err := os.CreateTemp(s.cfg.Dir, "new-*")
	if err != nil {
		return "", 0, unavailable(err)
	}
	defer os.Remove(file.Name()) //nolint:errcheck // it has another name by then
	z := gzip.NewWriter(file)
	_, err = io.Copy(z, bytes.NewReader(text))
	size, told := int64(0), error(nil)
	if err = errors.Join(err, z.Close(), file.Sync()); err == nil {
		size, told = file.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, told, file.Close()); err != nil {
		return "", 0, unavailable(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return "", 0, unavailable(err)
	}
	return hash, size, nil
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the source map could not be written to disk; try again")
}

// open reads a file back.
func (s *Store) open(hash string) ([]byte, error) {
	file, err := os.Open(s.path(hash))
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, sourcemap.MaxBytes+1))
}

// sweep deletes files that no row names: those of uploads that a crash cut off.
func (s *Store) sweep() error {
	needed := s.hashes()
	return filepath.WalkDir(s.cfg.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if hash, ok := strings.CutSuffix(entry.Name(), ".gz"); ok && needed[hash] {
			return nil
		}
		return os.Remove(path)
	})
}

// Tidy deletes what was not used for long, and writes down what was.
func (s *Store) Tidy(ctx context.Context) error {
	if err := s.persist(ctx); err != nil {
		return err
	}
	s.change.Lock()
	defer s.change.Unlock()
	before := s.cfg.Clock().Add(-s.cfg.Keep).UnixNano()
	for _, old := range s.byUse() {
		if old.used >= before {
			break
		}
		if err := s.drop(ctx, old.m); err != nil {
			return err
		}
	}
	return nil
}

// use is when a map was used last, or uploaded.
type use struct {
	m    *Map
	used int64
}

// byUse lists the maps, those unused the longest first.
func (s *Store) byUse() []use {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]use, 0, len(s.maps))
	for _, m := range s.maps {
		list = append(list, use{m, max(m.Uploaded, m.Matched)})
	}
	slices.SortFunc(list, func(a, b use) int { return cmp.Or(cmp.Compare(a.used, b.used), cmp.Compare(a.m.ID, b.m.ID)) })
	return list
}

// bound deletes the maps that are unused the longest while there is too much. The
// caller holds change.
func (s *Store) bound(ctx context.Context) error {
	for u := s.Usage(); u.Bytes > s.cfg.MaxBytes || u.Maps > s.cfg.MaxMaps; u = s.Usage() {
		oldest := s.byUse()
		if len(oldest) < 2 {
			return nil
		}
		m := oldest[0].m
		s.cfg.Log.WarnContext(ctx, "there are too many source maps: the one that is unused the longest was deleted",
			slog.String("environment", m.Environment), slog.String("version", m.Version), slog.String("url", m.URL))
		if err := s.drop(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// persist writes down which maps were used.
func (s *Store) persist(ctx context.Context) error {
	s.mu.Lock()
	var list []Map
	for id := range s.used {
		list = append(list, *s.maps[id])
	}
	clear(s.used)
	s.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, m := range list {
			if _, err := tx.ExecContext(ctx, "UPDATE symbol_map SET matched = ?, matched_by = ? WHERE id = ?", m.Matched, m.MatchedBy, m.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.mu.Lock()
		for _, m := range list {
			if s.maps[m.ID] != nil {
				s.used[m.ID] = true
			}
		}
		s.mu.Unlock()
	}
	return err
}
