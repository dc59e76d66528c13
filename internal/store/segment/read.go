package segment

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/oriel-dev/oriel/internal/event"
)

// ErrDamaged is in the chain of every error about a file that is not as we write it.
var ErrDamaged = errors.New("segment is damaged")

// Limits of what a reader takes from a file before it believes it.
const (
	maxFooter = 256 << 20
	maxPage   = 256 << 20
)

// Reader reads one segment. It is safe for concurrent use.
type Reader struct {
	file   io.ReaderAt
	close  func() error
	size   int64
	meta   *fileMeta
	info   *Info
	fields map[string]int // name of a field to its column
	zstd   *zstd.Decoder

	scratch sync.Pool // of *scratch

	mu     sync.Mutex
	blooms [][]byte // by row group, read when first needed
	bounds []*byteBounds
}

// Open opens a segment file.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	st, err := f.Stat()
	if err == nil {
		var r *Reader
		if r, err = NewReader(f, st.Size()); err == nil {
			r.close = f.Close
			return r, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("open segment %s: %w", path, err), f.Close())
}

// NewReader reads the description of a segment of size bytes. Closing the Reader
// does not close file.
func NewReader(file io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{file: file, size: size, close: func() error { return nil }}
	const tail = 8
	if size < int64(len(magic)+tail) {
		return nil, damaged("it is %d bytes long", size)
	}
	end, err := r.readAt(size-tail, tail)
	if err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != magic || length > maxFooter || length > size-tail {
		return nil, damaged("it has no footer")
	}
	footer, err := r.readAt(size-tail-length, length)
	if err != nil {
		return nil, err
	}
	meta, ok := decodeFileMeta(footer)
	if !ok || len(meta.info) == 0 {
		return nil, damaged("its footer can't be read")
	}
	r.meta, r.info = meta, &Info{}
	if err := json.Unmarshal(meta.info, r.info); err != nil {
		return nil, damaged("its description can't be read: %v", err)
	}
	if r.info.Version != formatVersion || len(meta.columns) < systemColumns {
		return nil, damaged("it has version %d and %d columns; this version reads version %d", r.info.Version, len(meta.columns), formatVersion)
	}
	r.info.Bytes = size
	if r.info.Filter, err = r.readAt(r.info.FilterAt, int64(r.info.FilterLen)); err != nil {
		return nil, err
	}
	r.blooms = make([][]byte, len(meta.rowGroups))
	r.bounds = make([]*byteBounds, len(meta.rowGroups))
	r.fields = map[string]int{}
	for i, c := range meta.columns {
		r.fields[c.name] = i
	}
	r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxPage))
	return r, err
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// Info returns the description; it must not be changed.
func (r *Reader) Info() *Info { return r.info }

// Extra returns Options.Extra as it was written.
func (r *Reader) Extra() ([]byte, error) {
	return r.readAt(r.info.ExtraAt, int64(r.info.ExtraLen))
}

// Close closes the file. Nobody may be reading.
func (r *Reader) Close() error {
	r.zstd.Close()
	return r.close()
}

func (r *Reader) readAt(at, length int64) ([]byte, error) { return r.readInto(nil, at, length) }

// readInto reads into b, if there is room in it.
func (r *Reader) readInto(b []byte, at, length int64) ([]byte, error) {
	if at < 0 || length < 0 || at+length > r.size || at+length < at {
		return nil, damaged("it points to %d bytes at %d, but is %d long", length, at, r.size)
	}
	b = slices.Grow(b[:0], int(length))[:length]
	if _, err := r.file.ReadAt(b, at); err != nil && (length > 0 || !errors.Is(err, io.EOF)) {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return b, nil
}

// Groups returns the number of row groups.
func (r *Reader) Groups() int { return len(r.meta.rowGroups) }

// Unpacked returns about how many bytes the rows take once all of them are read:
// those of every page before compression.
func (r *Reader) Unpacked() int64 {
	n := int64(0)
	for i := range r.meta.rowGroups {
		n += r.meta.rowGroups[i].bytes
	}
	return n
}

// Group reads a whole row group: a batch for each dataset, rows in file order.
func (r *Reader) Group(i int) (batches []*event.Batch, err error) {
	defer r.recovered(&err)
	n := r.meta.rowGroups[i].rows
	if n < 0 || n > maxRowsOfGroup {
		return nil, damaged("a row group has %d rows", n)
	}
	return r.rows(i, 0, int(n), nil)
}

const maxRowsOfGroup = 1 << 20

// recovered turns a panic while decoding damaged bytes into an error: lengths are
// checked, but a file is hostile, and the process must live.
func (r *Reader) recovered(err *error) {
	if p := recover(); p != nil {
		*err = damaged("%v", p)
	}
}

// traceIndex returns a row group's Bloom filter and the bounds of its pages, nil
// if no row of it has a trace id.
func (r *Reader) traceIndex(g, column int) (bloom []byte, bounds *byteBounds, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bounds[g] != nil {
		return r.blooms[g], r.bounds[g], nil
	}
	chunk := &r.meta.rowGroups[g].chunks[column]
	if chunk.columnIndex.len == 0 || chunk.bloomLen == 0 {
		return nil, nil, nil
	}
	raw, err := r.readAt(chunk.bloomAt, int64(chunk.bloomLen))
	if err != nil {
		return nil, nil, err
	}
	index, err := r.readAt(chunk.columnIndex.at, int64(chunk.columnIndex.len))
	if err != nil {
		return nil, nil, err
	}
	b, ok := decodeBounds(index)
	if !ok {
		return nil, nil, damaged("its column index can't be read")
	}
	r.blooms[g], r.bounds[g] = bloomBody(raw), &b
	return r.blooms[g], r.bounds[g], nil
}

// offsets are the bytes of the offset indexes of a row group, which lie together.
type offsets struct {
	at  int64
	raw []byte
}

// maxOffsets bounds what is read of them at once.
const maxOffsets = 4 << 20

// offsets reads the offset indexes of all columns of a row group, nil if they do
// not lie together.
func (r *Reader) offsets(g int) (*offsets, error) {
	low, high := r.size, int64(0)
	for i := range r.meta.rowGroups[g].chunks {
		if x := r.meta.rowGroups[g].chunks[i].offsetIndex; x.len > 0 {
			low, high = min(low, x.at), max(high, x.at+int64(x.len))
		}
	}
	if high <= low || high-low > maxOffsets {
		return nil, nil //nolint:nilnil // each is read by itself then
	}
	raw, err := r.readAt(low, high-low)
	return &offsets{low, raw}, err
}

// pages returns where the pages of a column lie; known may be nil.
func (r *Reader) pages(known *offsets, g, column int) ([]pageLocation, error) {
	at := r.meta.rowGroups[g].chunks[column].offsetIndex
	var raw []byte
	if known != nil && at.at >= known.at && at.len >= 0 && at.at+int64(at.len) <= known.at+int64(len(known.raw)) {
		raw = known.raw[at.at-known.at:][:at.len]
	} else {
		var err error
		if raw, err = r.readAt(at.at, int64(at.len)); err != nil {
			return nil, err
		}
	}
	pages, ok := decodeOffsetIndex(raw)
	if !ok {
		return nil, damaged("its offset index can't be read")
	}
	last := int64(-1)
	for _, p := range pages {
		if p.firstRow <= last || p.firstRow >= r.meta.rowGroups[g].rows {
			return nil, damaged("its pages are out of order")
		}
		last = p.firstRow
	}
	return pages, nil
}
