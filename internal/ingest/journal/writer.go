package journal

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

const (
	bufferBytes = 256 << 10 // small records of a group are put together up to this
	attempts    = 2         // a group that fails is written to a new file once
)

var errChanged = errors.New("payload changed since it was checked")

// writer is the one goroutine that writes. Its fields are its own.
type writer struct {
	j      *Journal
	file   File     // nil: a new one is needed
	log    *logFile // of file
	number uint32   // last used
	size   int64    // written to file, synced or not
	buf    []byte   // follows what is written
	head   [headerBytes]byte
	spare  []*Entry
}

func (w *writer) run() {
	defer close(w.j.done)
	for {
		group := w.j.next(w.spare[:0])
		if len(group) == 0 {
			return
		}
		w.commit(group)
		clear(group)
		w.spare = group
	}
}

// commit writes and syncs a group and completes its entries.
func (w *writer) commit(group []*Entry) {
	j := w.j
	j.mu.Lock()
	first := j.seq + 1
	j.seq += uint64(len(group)) // also if the group fails: a seq is given out once
	j.mu.Unlock()
	var err error
	for range attempts {
		if err = w.write(group, first); err == nil {
			break
		}
		w.abandon(err)
	}
	if err != nil {
		err = &fault.Error{
			Kind: fault.Unavailable, Message: "the journal cannot be written: nothing was stored, try again",
			Position: -1, Retry: 2 * time.Second, Cause: err,
		}
	}
	bytes := int64(0)
	for _, e := range group {
		bytes += int64(len(e.Payload))
	}
	j.mu.Lock()
	j.queued -= bytes
	if err == nil {
		j.stats.Appends += int64(len(group))
		j.stats.Groups++
		j.stats.Bytes += w.size - w.log.size
		w.log.size, w.log.maxSeq = w.size, j.seq
	} else {
		j.stats.Failed++
	}
	j.mu.Unlock()
	for i, e := range group {
		e.Done(first+uint64(i), err)
	}
	if w.size >= j.cfg.FileBytes {
		if err := w.close(); err != nil {
			// Everything in it was synced, so this costs nothing.
			j.cfg.Log.Warn("a finished journal file could not be closed", slog.Any("error", err))
		}
	}
}

func (w *writer) write(group []*Entry, first uint64) error {
	if w.file == nil {
		if err := w.start(first); err != nil {
			return err
		}
	}
	for i, e := range group {
		h := header{seq: first + uint64(i), time: e.Time, fingerprint: e.Fingerprint}
		if err := w.put(&h, e.Payload); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", w.log.name, err)
	}
	return nil
}

// start makes a new file. What it holds is synced with the first group.
func (w *writer) start(seq uint64) error {
	var salt [8]byte
	_, _ = rand.Read(salt[:]) // never fails: it ends the process instead
	w.number++
	log := &logFile{number: w.number, salt: binary.BigEndian.Uint64(salt[:]), noteSeq: seq}
	log.name = fileName(log.number, log.salt)
	file, err := w.j.cfg.FS.Create(filepath.Join(w.j.cfg.Dir, log.name))
	if err != nil {
		return fmt.Errorf("create %s: %w", log.name, err)
	}
	w.file, w.log, w.size, w.buf = file, log, 0, append(w.buf[:0], fileMagic...)
	w.j.mu.Lock()
	w.j.files = append(w.j.files, log)
	w.j.stats.Files++
	w.j.mu.Unlock()
	if err := w.j.cfg.FS.SyncDir(w.j.cfg.Dir); err != nil {
		return fmt.Errorf("sync the folder of %s: %w", log.name, err)
	}
	var preface []byte
	if w.j.cfg.Preface != nil {
		preface = w.j.cfg.Preface()
	}
	return w.put(&header{note: true, seq: seq, time: w.j.cfg.Clock().UnixNano()}, preface)
}

// put adds a record to the buffer, or writes it where it is too long for that.
func (w *writer) put(h *header, payload []byte) error {
	h.length, h.payloadSum = uint32(len(payload)), payloadSum(payload)
	h.put(&w.head, w.log.salt)
	w.buf = append(w.buf, w.head[:]...)
	if len(payload) < bufferBytes {
		w.buf = append(w.buf, payload...)
		if len(w.buf) < bufferBytes {
			return nil
		}
		return w.flush()
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.writeAt(payload)
}

func (w *writer) flush() error {
	err := w.writeAt(w.buf)
	w.buf = w.buf[:0]
	return err
}

func (w *writer) writeAt(b []byte) error {
	n, err := w.file.WriteAt(b, w.size)
	w.size += int64(n)
	if err != nil {
		return fmt.Errorf("write %s: %w", w.log.name, err)
	}
	return nil
}

// abandon gives up a file that failed. What was synced in it stays and is read
// at the next start; the rest is cut off if the disk lets us.
func (w *writer) abandon(cause error) {
	ctx := context.Background()
	w.buf = w.buf[:0]
	if w.file == nil {
		w.j.cfg.Log.ErrorContext(ctx, "a journal file cannot be made", slog.Any("error", cause))
		return
	}
	name, empty := filepath.Join(w.j.cfg.Dir, w.log.name), w.log.size == 0
	w.j.cfg.Log.ErrorContext(ctx, "a journal file failed and is not used any more", slog.String("file", w.log.name), slog.Any("error", cause))
	errs := []error{w.file.Truncate(w.log.size), w.file.Close()}
	w.file, w.size = nil, 0
	w.j.mu.Lock()
	w.log.maxSeq = max(w.log.maxSeq, w.j.seq) // the cutting may have failed
	w.j.mu.Unlock()
	if empty {
		errs = append(errs, w.forget(name))
	}
	if err := errors.Join(errs...); err != nil {
		w.j.cfg.Log.WarnContext(ctx, "the failed journal file could not be tidied", slog.String("file", w.log.name), slog.Any("error", err))
	}
}

// forget removes a file in which nothing was ever synced.
func (w *writer) forget(name string) error {
	if err := w.j.cfg.FS.Remove(name); err != nil {
		return err
	}
	w.j.mu.Lock()
	defer w.j.mu.Unlock()
	for i, f := range w.j.files {
		if f == w.log {
			w.j.files = append(w.j.files[:i:i], w.j.files[i+1:]...)
			w.j.stats.Files--
			break
		}
	}
	return nil
}

// close ends the file in use; the next group makes another.
func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	file := w.file
	w.file, w.size = nil, 0
	return file.Close()
}
