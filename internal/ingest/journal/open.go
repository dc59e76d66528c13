package journal

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// seqLeap is left free above the highest seq found where entries were lost: they
// may have had higher ones, and a bad disk may show them again.
const seqLeap = 1 << 20

// Record is a record read back.
type Record struct {
	Note        bool
	Seq         uint64
	Time        time.Time // of the append, or what its writer said
	Fingerprint [16]byte
	Bytes       int    // of the payload, whether it was asked for or not
	Payload     []byte // the reader's own; nil for entries that were not asked for
}

// read lists and checks the files.
func (j *Journal) read(ctx context.Context) error {
	names, err := j.cfg.FS.List(j.cfg.Dir)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the journal's folder cannot be read")
	}
	for _, name := range names {
		number, salt, ok := parseName(strings.TrimSuffix(name, damagedSuffix))
		if !ok {
			continue
		}
		j.w.number = max(j.w.number, number) // never used twice
		if !strings.HasSuffix(name, damagedSuffix) {
			j.files = append(j.files, &logFile{name: name, number: number, salt: salt})
		}
	}
	slices.SortFunc(j.files, func(a, b *logFile) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.salt, b.salt))
	})
	for i, f := range j.files {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if err := j.readFile(i, f); err != nil {
			return fault.Wrap(fault.Unavailable, err, "the journal cannot be read")
		}
		j.stats.Bytes += f.size
	}
	j.stats.Files = len(j.files)
	for _, p := range j.places {
		if p.note {
			j.seq = max(j.seq, p.seq-1)
		} else {
			j.seq = max(j.seq, p.seq)
		}
	}
	j.judge(ctx)
	return nil
}

// judge tells what a crash leaves behind from damage, and reports both. Nothing
// was lost at the end of a file if it is the newest, or if the next one goes on
// right where it stops.
func (j *Journal) judge(ctx context.Context) {
	leap := false
	for i := range j.damages {
		d := &j.damages[i]
		f := j.files[d.file]
		d.Tail = d.Offset+d.Length == f.size &&
			(d.file == len(j.files)-1 || (j.files[d.file+1].noteSeq > 0 && j.files[d.file+1].noteSeq <= f.maxSeq+1))
		f.damaged = f.damaged || !d.Tail
		leap = leap || !d.Tail || d.unreadable
		if !d.Tail {
			j.stats.Lost++
		}
		j.report(ctx, *d)
	}
	if leap {
		j.seq += seqLeap
	}
}

func (j *Journal) readFile(index int, f *logFile) error {
	file, err := j.cfg.FS.Open(filepath.Join(j.cfg.Dir, f.name))
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	if f.size, err = file.Size(); err != nil {
		return err
	}
	s := scanner{
		file: file, size: f.size, salt: f.salt,
		visit: func(h header, offset int64) {
			j.places = append(j.places, place{header: h, file: index, offset: offset})
			if h.note {
				f.noteSeq = h.seq
			} else {
				f.maxSeq = max(f.maxSeq, h.seq)
			}
		},
		fail: func(offset, length int64, reason string, unreadable bool) {
			j.damages = append(j.damages, Damage{
				File: f.name, Offset: offset, Length: length, Reason: reason, file: index, unreadable: unreadable,
			})
		},
	}
	s.run()
	return nil
}

func (j *Journal) report(ctx context.Context, d Damage) {
	level, text := slog.LevelWarn, "part of the journal is damaged; the records around it were read"
	if d.Tail {
		level, text = slog.LevelInfo, "the journal ends in an unfinished write, which nobody was told had succeeded"
	}
	j.cfg.Log.LogAttrs(ctx, level, text, //nolint:sloglint // one of two constants
		slog.String("file", d.File), slog.Int64("offset", d.Offset),
		slog.Int64("length", d.Length), slog.String("reason", d.Reason))
}

// Damages returns what could not be read when the journal was opened.
func (j *Journal) Damages() []Damage {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.damages)
}

// Replay calls f for every note, then for every entry in the order of seq, each
// once. Entries up to after come without their payload, for the sake of their
// fingerprints. It may be called once, before the first Append. An error of f
// ends it and is returned.
func (j *Journal) Replay(ctx context.Context, after uint64, f func(Record) error) error {
	places := j.places
	j.places = nil
	slices.SortStableFunc(places, func(a, b place) int {
		if a.note != b.note {
			if a.note {
				return -1
			}
			return 1
		}
		if a.note {
			return 0
		}
		return cmp.Compare(a.seq, b.seq)
	})
	r := replayer{j: j, open: -1}
	defer r.close()
	var last uint64
	for _, p := range places {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replay the journal: %w", err)
		}
		if !p.note && p.seq == last {
			continue // a group that was written twice because a file failed
		}
		rec := Record{Note: p.note, Seq: p.seq, Time: time.Unix(0, p.time), Fingerprint: p.fingerprint, Bytes: int(p.length)}
		if p.note || p.seq > after {
			payload, err := r.payload(p)
			if err != nil {
				d := Damage{File: j.files[p.file].name, Offset: p.offset, Length: headerBytes + int64(p.length), Reason: err.Error()}
				j.mu.Lock()
				j.damages = append(j.damages, d)
				j.mu.Unlock()
				j.report(ctx, d)
				continue
			}
			rec.Payload = payload
		}
		if !p.note {
			last = p.seq
		}
		if err := f(rec); err != nil {
			return err
		}
	}
	return nil
}

// replayer keeps one file open at a time.
type replayer struct {
	j    *Journal
	open int
	file File
}

func (r *replayer) payload(p place) ([]byte, error) {
	if r.open != p.file {
		r.close()
		f, err := r.j.cfg.FS.Open(filepath.Join(r.j.cfg.Dir, r.j.files[p.file].name))
		if err != nil {
			return nil, err
		}
		r.file, r.open = f, p.file
	}
	buf := make([]byte, p.length) // bounded: this many bytes were there when the file was checked
	if _, err := r.file.ReadAt(buf, p.offset+headerBytes); err != nil {
		return nil, fmt.Errorf("unreadable: %w", err)
	}
	if payloadSum(buf) != p.payloadSum {
		return nil, errChanged
	}
	return buf, nil
}

func (r *replayer) close() {
	if r.open >= 0 {
		_ = r.file.Close() // only read
		r.open = -1
	}
}

func damagedNames(names []string) []string {
	var out []string
	for _, name := range names {
		if stem, ok := strings.CutSuffix(name, damagedSuffix); ok {
			if _, _, ok := parseName(stem); ok {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}
