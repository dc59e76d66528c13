package journal

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// memFS is a file system in memory that knows what a power cut may leave of it,
// can fail any operation, and can be full.
type memFS struct {
	mu     sync.Mutex
	names  map[string]*memFile // as programs see it
	synced map[string]*memFile // as the disk has the folder
	locked map[string]bool
	ops    int
	before func(op int, what string) error // called before each operation that changes something
	slow   func()                          // called before each sync, with nothing locked: a slow disk
	free   int64
	total  int64
}

type memFile struct {
	data   []byte
	synced []byte
	later  []memWrite // since the last sync
}

type memWrite struct {
	at       int64
	data     []byte
	truncate bool
}

func newMemFS() *memFS {
	return &memFS{
		names: map[string]*memFile{}, synced: map[string]*memFile{}, locked: map[string]bool{},
		free: 1 << 40, total: 1 << 41,
	}
}

// op counts a change and lets the test fail it. m.mu is held.
func (m *memFS) op(what string) error {
	m.ops++
	if m.before != nil {
		return m.before(m.ops, what)
	}
	return nil
}

func (m *memFS) MakeDir(string) error { return nil }

func (m *memFS) List(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for name := range m.names {
		if filepath.Dir(name) == dir {
			out = append(out, filepath.Base(name))
		}
	}
	return out, nil
}

func (m *memFS) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("create"); err != nil {
		return nil, err
	}
	if m.names[name] != nil {
		return nil, fs.ErrExist
	}
	m.names[name] = &memFile{}
	return &memHandle{fs: m, file: m.names[name]}, nil
}

func (m *memFS) Open(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.names[name]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	return &memHandle{fs: m, file: f}, nil
}

func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[name] == nil {
		return fs.ErrNotExist
	}
	if err := m.op("remove"); err != nil {
		return err
	}
	delete(m.names, name)
	return nil
}

func (m *memFS) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("rename"); err != nil {
		return err
	}
	m.names[to] = m.names[from]
	delete(m.names, from)
	return nil
}

func (m *memFS) SyncDir(string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("syncdir"); err != nil {
		return err
	}
	m.synced = map[string]*memFile{}
	maps.Copy(m.synced, m.names)
	return nil
}

func (m *memFS) Lock(name string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked[name] {
		return nil, fmt.Errorf("held: %w", fs.ErrExist)
	}
	m.locked[name] = true
	return unlocker(func() { m.mu.Lock(); defer m.mu.Unlock(); m.locked[name] = false }), nil
}

type unlocker func()

func (u unlocker) Close() error { u(); return nil }

func (m *memFS) Allocate(name string, _ int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names[name] = &memFile{}
	return nil
}

func (m *memFS) Space(string) (free, total int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.free, m.total, nil
}

type memHandle struct {
	fs   *memFS
	file *memFile
}

func (h *memHandle) ReadAt(p []byte, at int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if at >= int64(len(h.file.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.file.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *memHandle) WriteAt(p []byte, at int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	err := h.fs.op("write")
	if err != nil {
		p = p[:len(p)/2] // some of it got through
	}
	w := memWrite{at: at, data: slices.Clone(p)}
	h.file.data = w.apply(h.file.data)
	h.file.later = append(h.file.later, w)
	return len(p), err
}

func (h *memHandle) Sync() error {
	if h.fs.slow != nil {
		h.fs.slow()
	}
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.fs.op("sync"); err != nil {
		h.file.later = slices.Clone(h.file.later) // the kernel may have dropped any of them
		return err
	}
	h.file.synced, h.file.later = slices.Clone(h.file.data), nil
	return nil
}

func (h *memHandle) Truncate(size int64) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.fs.op("truncate"); err != nil {
		return err
	}
	w := memWrite{at: size, truncate: true}
	h.file.data = w.apply(h.file.data)
	h.file.later = append(h.file.later, w)
	return nil
}

func (h *memHandle) Size() (int64, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	return int64(len(h.file.data)), nil
}

func (h *memHandle) Close() error { return nil }

func (w memWrite) apply(data []byte) []byte {
	end := int(w.at) + len(w.data)
	if w.truncate {
		return slices.Clone(data[:min(len(data), end)])
	}
	if len(data) < end {
		data = append(data, make([]byte, end-len(data))...)
	}
	copy(data[w.at:], w.data)
	return data
}

// crash returns a file system as a disk may have it after a power cut now:
// names that were not synced may be there or not, as may each sector of what was
// written since the last sync; the rest of a file's new length is zeros or
// whatever was there before. The caller holds m.mu.
func (m *memFS) crash(r *rand.Rand) *memFS {
	after := newMemFS()
	for _, view := range []map[string]*memFile{m.synced, m.names} {
		for name, f := range view {
			both := m.synced[name] == f && m.names[name] == f
			if both || (after.names[name] == nil && r.IntN(2) == 0) {
				data := f.crash(r)
				g := &memFile{data: data, synced: slices.Clone(data)}
				after.names[name], after.synced[name] = g, g
			}
		}
	}
	return after
}

func (f *memFile) crash(r *rand.Rand) []byte {
	data := slices.Clone(f.synced)
	sector := []int{512, 4096}[r.IntN(2)]
	mode := r.IntN(4) // 0 nothing, 1 everything, else each sector by chance
	for _, w := range f.later {
		if mode == 0 || (mode > 1 && w.truncate && r.IntN(2) == 0) {
			continue
		}
		if mode == 1 || w.truncate {
			data = w.apply(data)
			continue
		}
		for from := 0; from < len(w.data); {
			to := min(from+sector-(int(w.at)+from)%sector, len(w.data))
			if r.IntN(3) > 0 {
				data = memWrite{at: w.at + int64(from), data: w.data[from:to]}.apply(data)
			}
			from = to
		}
	}
	switch r.IntN(4) {
	case 0: // the length reached the disk, the data did not
		data = append(data, make([]byte, r.IntN(3000))...)
	case 1: // an old block shows through
		if len(f.later) > 0 {
			for range r.IntN(700) {
				data = append(data, byte(r.Uint32()))
			}
		}
	}
	return data
}

var errDisks = []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT}
