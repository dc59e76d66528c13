package item

import (
	"context"
	"database/sql"
	"encoding/binary"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Reports outlive a restart. What happens to them is noted, and the notes are
// written with the counters; of rows that are followed again after a crash, and
// were not written, the reports are made from what the rows say.
//
//	notes = note*
//	note  = kind byte, key 8, id 8, other 8, way byte    all little-endian
//
// other is the time of a report, and of a twin the occurrence it repeats.
const (
	noteReport byte = iota + 1
	noteTwin
	noteWithdrawn

	noteBytes = 26
	mostNotes = 4 * twinReports // that wait to be written: older ones would be forgotten anyway
)

// note remembers what is to be written.
func (w *twins) note(kind byte, key uint64, id, other int64, by way) {
	if len(w.notes) >= mostNotes*noteBytes {
		w.notes = append(w.notes[:0], w.notes[len(w.notes)/2/noteBytes*noteBytes:]...)
	}
	w.notes = append(w.notes, kind)
	w.notes = binary.LittleEndian.AppendUint64(w.notes, key)
	w.notes = binary.LittleEndian.AppendUint64(w.notes, uint64(id))
	w.notes = binary.LittleEndian.AppendUint64(w.notes, uint64(other))
	w.notes = append(w.notes, byte(by))
}

// takeNotes returns what is to be written; giveBack takes it again where it could not be.
func (w *twins) takeNotes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.notes
	w.notes = nil
	return out
}

func (w *twins) giveBack(notes []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(notes, w.notes...)
}

// restore applies notes of an earlier process.
func (w *twins) restore(notes []byte, now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ; len(notes) >= noteBytes; notes = notes[noteBytes:] {
		key, id := binary.LittleEndian.Uint64(notes[1:]), int64(binary.LittleEndian.Uint64(notes[9:]))
		other, by := int64(binary.LittleEndian.Uint64(notes[17:])), way(notes[25])
		switch {
		case by >= ways:
		case notes[0] == noteReport:
			w.recallReport(key, by, id, other, now)
		case notes[0] == noteTwin:
			w.recallTwin(key, by, id, other)
		case notes[0] == noteWithdrawn:
			w.forget(key, id)
		}
	}
}

// recallReport brings a report back, unless it is here or too old.
func (w *twins) recallReport(key uint64, by way, id, at, now int64) {
	if now-at >= twinWindow {
		return
	}
	n := 0
	for p := w.newest(key); p != noReport; p = w.ring[p].older {
		if n++; w.ring[p].id == id || n >= twinsOfKey {
			return
		}
	}
	w.add(report{key: key, id: id, at: at, way: by})
}

// recallTwin brings back that a report is the twin of one.
func (w *twins) recallTwin(key uint64, by way, id, of int64) {
	for p := w.newest(key); p != noReport; p = w.ring[p].older {
		if w.ring[p].id == of {
			w.ring[p].usedBy[by] = id
		}
	}
}

// recall makes the report of a row of an earlier process that was followed again.
func (t *Items) recall(row event.Row) {
	id := row.Get(event.FieldErrorID).Int()
	trace, now := row.Get(event.FieldTraceID).Text(), t.now()
	at := id * nanosPerMicro
	if trace == "" || id <= 0 || now-at >= twinWindow {
		return
	}
	by := wayOf(row)
	class, message := row.Get("exception.type").Text(), row.Get("exception.message").Text()
	if by != byPayload {
		d := t.stacks.Decide(nil, exceptionOf(row))
		class, message = d.Class, d.Message
	}
	if class = strings.TrimSpace(class); class == "" {
		return
	}
	key := twinKey(row.Batch.Environment, trace, class, message)
	w := &t.twins
	w.mu.Lock()
	defer w.mu.Unlock()
	if of := row.Get(event.FieldErrorTwin).Int(); of != 0 {
		w.recallTwin(key, by, id, of)
		w.note(noteTwin, key, id, of, by)
		return
	}
	w.recallReport(key, by, id, at, now)
	w.note(noteReport, key, id, at, by)
}

// wayOf is how the exception of a row was reported.
func wayOf(row event.Row) way {
	switch {
	case row.Get(event.FieldSignal).Str() == event.SignalError:
		return byPayload
	case row.Get(event.FieldSignal).Str() == event.SignalLog:
		return byLog
	case !row.Get(fieldXRayException).IsNull():
		return byDocument
	}
	return bySpan
}

// recallRows recalls the rows of a batch that an earlier process stamped, and
// reports whether one is a twin.
func (t *Items) recallRows(b *event.Batch) (twins bool) {
	c := b.Find(event.FieldErrorID)
	if c == nil {
		return false
	}
	for i := range c.Len() {
		if c.ValueAt(i).Int() < t.born {
			t.recall(b.Row(c.Row(i)))
		}
	}
	return b.Find(event.FieldErrorTwin) != nil
}

func (b *batch) writeReports(ctx context.Context, tx *sql.Tx) error {
	if len(b.reports) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO item_report (id, at, notes) SELECT COALESCE(MAX(id), 0) + 1, ?, ? FROM item_report", b.at, b.reports); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM item_report WHERE at < ?", b.at-twinWindow)
	return err
}

func (t *Items) readReports(ctx context.Context, tx *sql.Tx) error {
	now := t.now()
	return eachBody(ctx, tx, "SELECT notes FROM item_report WHERE at >= ? ORDER BY id", func(notes []byte) error {
		t.twins.restore(notes, now)
		return nil
	}, now-twinWindow)
}
