package ingest

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/ingest/journal"
)

// arrivals gives out the numbers of event.FieldArrival, which are also the times that
// event.SystemLag is counted up to. They need no place in
// the journal's payloads: a record's time is the first number of its rows, and
// rows are counted in the order they stand in. So numbers grow as seq does, and
// what is replayed gets the ones it had.
type arrivals struct {
	mu   sync.Mutex
	next int64
}

// take returns the first of n numbers, never below the clock.
func (a *arrivals) take(now time.Time, n int) int64 {
	first := max(a.next, now.UnixNano())
	a.next = first + int64(max(n, 1))
	return first
}

// heed makes later numbers lie above n that were given out from first on.
func (a *arrivals) heed(first int64, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = max(a.next, first+int64(n))
}

// appendInOrder appends an entry of so many rows to the journal. Numbers are
// given out in the order of appending: a reader who has seen one will not see
// a lower one later.
func (d *Door) appendInOrder(e *journal.Entry, rows int) error {
	d.arrival.mu.Lock()
	defer d.arrival.mu.Unlock()
	e.Time = d.arrival.take(d.cfg.Clock(), rows)
	return d.journal.Append(e)
}

// mostRows is how many rows a payload may hold: those of which only the length
// is known are not worth reading.
func mostRows(payload int) int {
	const rowsPerByte = 16 // of event's binary form, see there
	return rowsPerByte * payload
}

// stamp gives the rows of logs their numbers, and tells of all others how long after
// their time they came in. The k-th row of a request has the k-th number, whatever
// its signal. Rows that were stamped before stay as they are.
func stamp(batches []*event.Batch, first int64) {
	next := first
	for _, b := range batches {
		lines := b.Find(event.FieldArrival)
		if lines == nil {
			if lines = arrivalsOf(b, next); lines != nil {
				b.Attach(lines)
			}
		}
		if lags := lagsOf(b, first, lines); lags != nil {
			b.Attach(lags)
		}
		next += int64(b.Len())
	}
}

// lagsOf returns the lags of the rows that are not among lines, nil if there are none
// or it is there.
func lagsOf(b *event.Batch, arrived int64, lines *event.Column) *event.Column {
	count := b.Len()
	if lines != nil {
		count -= lines.Len()
	}
	if count == 0 || b.Find(event.SystemLag) != nil {
		return nil
	}
	out := &event.Column{Name: event.SystemLag, Kind: event.Int, Ints: make([]int64, 0, count)}
	if count < b.Len() {
		out.Rows = make([]uint32, 0, count)
	}
	line := 0
	for row, at := range b.Times {
		if lines != nil && line < lines.Len() && lines.Row(line) == row {
			line++
			continue
		}
		out.Ints = append(out.Ints, lagOf(arrived, at))
		if out.Rows != nil {
			out.Rows = append(out.Rows, uint32(row))
		}
	}
	return out
}

// lagOf counts the steps that have passed whole, also where the time lies ahead.
func lagOf(arrived, at int64) int64 {
	late := arrived - at
	if late < 0 {
		late -= event.LagStep - 1
	}
	return late / event.LagStep
}

// arrivalsOf returns the column, nil if no row is that of a log.
func arrivalsOf(b *event.Batch, first int64) *event.Column {
	signal := b.Find(event.FieldSignal)
	if signal == nil || signal.Kind != event.String {
		return nil
	}
	out := &event.Column{Name: event.FieldArrival, Kind: event.Int, Rows: []uint32{}}
	last, is := -1, false // equal codes follow each other
	for i, code := range signal.Codes {
		if int(code) != last {
			last, is = int(code), signal.Dict.Text(code) == event.SignalLog
		}
		if is {
			row := signal.Row(i)
			out.Ints = append(out.Ints, first+int64(row))
			out.Rows = append(out.Rows, uint32(row))
		}
	}
	switch len(out.Ints) {
	case 0:
		return nil
	case b.Len():
		out.Rows = nil
	}
	return out
}

// The first entry of a note in the journal is none that is remembered: its time
// is the next arrival. It outlives the records it was counted from.
func arrivalMark() fingerprint {
	return fingerprint([]byte("\xffarrival\xff\xff\xff\xff\xff\xff\xff\xff"))
}

func (d *Door) preface() []byte {
	mark := arrivalMark()
	d.arrival.mu.Lock()
	next := d.arrival.next
	d.arrival.mu.Unlock()
	return append(binary.LittleEndian.AppendUint64(mark[:], uint64(next)), d.seen.note()...)
}

func (d *Door) readPreface(note []byte) {
	if mark := arrivalMark(); len(note) >= rememberedBytes && fingerprint(note[:16]) == mark {
		d.arrival.heed(int64(binary.LittleEndian.Uint64(note[16:])), 0)
		note = note[rememberedBytes:]
	}
	d.seen.restore(note)
}
