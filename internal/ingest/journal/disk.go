package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Disk is the operating system's file system.
type Disk struct{}

type diskFile struct{ *os.File }

// MakeDir implements [FS].
func (Disk) MakeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

// List implements [FS].
func (Disk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Create implements [FS].
func (Disk) Create(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a name of ours in a folder the operator chose
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Open implements [FS].
func (Disk) Open(name string) (File, error) {
	f, err := os.Open(name) //nolint:gosec // a name of ours in a folder the operator chose
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Remove implements [FS].
func (Disk) Remove(name string) error { return os.Remove(name) }

// Rename implements [FS].
func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir implements [FS].
func (Disk) SyncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the folder the operator chose
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lock implements [FS] with flock, which the kernel releases when a process ends.
func (Disk) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a name of ours in a folder the operator chose
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%s is held: %w", name, fs.ErrExist)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Space implements [FS].
func (Disk) Space(dir string) (free, total int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	block := int64(s.Bsize) //nolint:unconvert // not an int64 everywhere
	return int64(s.Bavail) * block, int64(s.Blocks) * block, nil
}

// Allocate implements [FS].
func (Disk) Allocate(name string, size int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // a name of ours in a folder the operator chose
	if err != nil {
		return err
	}
	return errors.Join(allocate(f, size), f.Close())
}

// fill takes up disk space on file systems that cannot reserve it.
func fill(f *os.File, size int64) error {
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < size; {
		n, err := f.WriteAt(zeros[:min(size-at, int64(len(zeros)))], at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return f.Sync()
}

// Size implements [File].
func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync implements [File].
func (f diskFile) Sync() error { return syncData(f.File) }
