package duckdb

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// edit is one record of the manifest.
type edit struct {
	Add     []string `json:"add,omitempty"`
	Remove  []string `json:"remove,omitempty"`
	Durable uint64   `json:"durable,omitempty"`
	Next    uint64   `json:"next,omitempty"`
}

const (
	manifestName    = "manifest"
	manifestMagic   = "OMR1"
	manifestHead    = 12
	maxRecord       = 16 << 20
	longManifest    = 4 << 20
	manifestPending = manifestName + ".tmp"
)

// manifest is the state that its records add up to.
type manifest struct {
	fs   FS
	dir  string
	file File
	size int64

	segments []string
	removed  map[string]bool
	durable  uint64
	next     uint64
	damaged  int // stretches of bytes that are no record
}

// openManifest reads the manifest of a folder; a missing one is empty.
func openManifest(fsys FS, dir string) (*manifest, error) {
	m := &manifest{fs: fsys, dir: dir, removed: map[string]bool{}, next: 1}
	raw, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	for len(raw) > 0 {
		e, n := decodeEdit(raw)
		if n == 0 {
			m.damaged++
			skip := bytes.Index(raw[1:], []byte(manifestMagic))
			if skip < 0 {
				break
			}
			raw = raw[1+skip:]
			continue
		}
		m.apply(e)
		raw = raw[n:]
	}
	return m, nil
}

func decodeEdit(raw []byte) (e edit, n int) {
	if len(raw) < manifestHead || string(raw[:4]) != manifestMagic {
		return e, 0
	}
	length := binary.LittleEndian.Uint32(raw[4:])
	if length > maxRecord || int(length) > len(raw)-manifestHead {
		return e, 0
	}
	body := raw[manifestHead : manifestHead+int(length)]
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(raw[8:]) || json.Unmarshal(body, &e) != nil {
		return e, 0
	}
	return e, manifestHead + int(length)
}

func (e edit) encode() ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	raw := append([]byte(manifestMagic), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(raw[4:], uint32(len(body)))
	binary.LittleEndian.PutUint32(raw[8:], crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	return append(raw, body...), nil
}

func (m *manifest) apply(e edit) {
	for _, name := range e.Remove {
		m.removed[name] = true
		if i := slices.Index(m.segments, name); i >= 0 {
			m.segments = slices.Delete(m.segments, i, i+1)
		}
	}
	for _, name := range e.Add {
		if !slices.Contains(m.segments, name) {
			m.segments = append(m.segments, name)
		}
	}
	m.durable = max(m.durable, e.Durable)
	m.next = max(m.next, e.Next)
}

// commit makes an edit durable. After an error it is unknown whether the edit
// is on disk; the file is written anew before the next one.
func (m *manifest) commit(e edit) error {
	if m.file == nil || m.size > longManifest {
		next := *m
		next.segments, next.removed = slices.Clone(m.segments), map[string]bool{}
		next.apply(e)
		if err := next.rewrite(); err != nil {
			return err
		}
		*m = next
		return nil
	}
	raw, err := e.encode()
	if err != nil {
		return err
	}
	if _, err = m.file.Write(raw); err == nil {
		err = m.file.Sync()
	}
	if err != nil {
		_ = m.file.Close()
		m.file = nil
		return fmt.Errorf("write the manifest: %w", err)
	}
	m.size += int64(len(raw))
	m.apply(e)
	return nil
}

// rewrite writes the whole state beside the manifest and puts it in its place.
func (m *manifest) rewrite() (err error) {
	if m.file != nil {
		_ = m.file.Close()
		m.file = nil
	}
	raw, err := edit{Add: m.segments, Durable: m.durable, Next: m.next}.encode()
	if err != nil {
		return err
	}
	pending := filepath.Join(m.dir, manifestPending)
	f, err := m.fs.Create(pending)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		if err = m.fs.Rename(pending, filepath.Join(m.dir, manifestName)); err == nil {
			err = m.fs.SyncDir(m.dir)
		}
	}
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if m.file, err = m.fs.Append(filepath.Join(m.dir, manifestName)); err != nil {
		return fmt.Errorf("open the manifest: %w", err)
	}
	m.size = int64(len(raw))
	return nil
}

func (m *manifest) close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}
