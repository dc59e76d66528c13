package journal

import "io"

// FS is the part of a file system that the journal needs, so that tests can
// make it fail, fill up or crash. Names are full paths. Errors that mean "does
// not exist" or "no space" wrap those of io/fs and syscall.
type FS interface {
	// MakeDir creates a folder and those above it.
	MakeDir(dir string) error
	// List returns the names, without the folder, of the files in dir.
	List(dir string) ([]string, error)
	// Create makes a new file for writing and reading; it must not exist.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Remove and Rename change a folder; SyncDir makes that, and new files in
	// it, survive a power cut.
	Remove(name string) error
	Rename(from, to string) error
	SyncDir(dir string) error
	// Lock takes a file for this process until the closer is closed or the
	// process ends. It does not wait: a lock that is held is fs.ErrExist.
	Lock(name string) (io.Closer, error)
	// Allocate makes a file that takes up size bytes of disk.
	Allocate(name string, size int64) error
	// Space returns the bytes that may still be written on dir's disk, and its size.
	Space(dir string) (free, total int64, err error)
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync returns when the file's data and size are on disk.
	Sync() error
	Truncate(size int64) error
	Size() (int64, error)
}
