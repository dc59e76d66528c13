package segment

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// sortKey orders the rows of a row group: by trace id and time, or, if they are
// log lines, by time and arrival. Rows that are equal in it keep their order.
type sortKey struct {
	first  uint64 // first bytes of the trace id, or the time, so that numbers order as times do
	second int64  // time, or arrival
	ref    ref
}

// arrange sorts rows and cuts them into row groups. Log lines lie apart: they
// are read by time, spans by trace.
func (l *layout) arrange(opts Options) {
	var shared, sharedLines []sortKey
	ids := make([]*event.Column, len(l.batches))
	for i, b := range l.batches {
		if c := b.Find(event.FieldTraceID); c != nil && c.Kind == event.String {
			ids[i] = c
		}
		keys, lines := keysOf(uint32(i), b, ids[i])
		if len(keys) < opts.BigDataset {
			shared = append(shared, keys...)
		} else {
			l.sortAndCut(keys, ids, opts.RowGroupRows)
		}
		if len(lines) < opts.BigDataset {
			sharedLines = append(sharedLines, lines...)
		} else {
			l.sortLines(lines, opts.RowGroupRows)
		}
	}
	l.sortAndCut(shared, ids, opts.RowGroupRows)
	l.sortLines(sharedLines, opts.RowGroupRows)
}

// keysOf returns the keys of a batch's rows, those of log lines apart.
func keysOf(batch uint32, b *event.Batch, id *event.Column) (keys, lines []sortKey) {
	isLine := linesOf(b)
	keys = make([]sortKey, 0, b.Len())
	place := make([]int, 0, b.Len()) // in keys, of each row; unused for lines
	for row, at := range b.Times {
		place = append(place, len(keys))
		k := sortKey{second: at, ref: ref{batch, uint32(row)}}
		if isLine != nil && isLine[row] {
			k.first, k.second = uint64(at)^1<<63, 0
			lines = append(lines, k)
			continue
		}
		keys = append(keys, k)
	}
	if id != nil && len(keys) > 0 {
		for i, code := range id.Codes {
			row := id.Row(i)
			if isLine != nil && isLine[row] {
				continue
			}
			var prefix [8]byte
			copy(prefix[:], id.Dict.Bytes(code))
			keys[place[row]].first = binary.BigEndian.Uint64(prefix[:])
		}
	}
	setArrivals(lines, b.Find(event.FieldArrival))
	return keys, lines
}

// linesOf tells which rows are log lines; nil means none.
func linesOf(b *event.Batch) []bool {
	c := b.Find(event.FieldSignal)
	if c == nil || c.Kind != event.String {
		return nil
	}
	var is []bool
	for i, code := range c.Codes {
		if string(c.Dict.Bytes(code)) == event.SignalLog {
			if is == nil {
				is = make([]bool, b.Len())
			}
			is[c.Row(i)] = true
		}
	}
	return is
}

// setArrivals puts arrivals into the keys of lines, which are in the order of rows.
func setArrivals(lines []sortKey, arrival *event.Column) {
	if arrival == nil || arrival.Kind != event.Int {
		return
	}
	next := 0
	for i, v := range arrival.Ints {
		row := uint32(arrival.Row(i))
		for next < len(lines) && lines[next].ref.row < row {
			next++
		}
		if next < len(lines) && lines[next].ref.row == row {
			lines[next].second = v
		}
	}
}

func (l *layout) sortAndCut(keys []sortKey, ids []*event.Column, rows int) {
	slices.SortFunc(keys, func(x, y sortKey) int {
		if x.first != y.first {
			if x.first < y.first {
				return -1
			}
			return 1
		}
		if c := l.compareIDs(x.ref, y.ref, ids); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(x.second, y.second), x.ref.compare(y.ref))
	})
	l.cut(keys, rows, false)
}

func (l *layout) sortLines(lines []sortKey, rows int) {
	slices.SortFunc(lines, func(x, y sortKey) int {
		return cmp.Or(cmp.Compare(x.first, y.first), cmp.Compare(x.second, y.second), x.ref.compare(y.ref))
	})
	l.cut(lines, rows, true)
}

func (l *layout) cut(keys []sortKey, rows int, byTime bool) {
	for len(keys) > 0 {
		n := min(len(keys), rows)
		group := make([]ref, n)
		for i := range group {
			group[i] = keys[i].ref
		}
		l.groups = append(l.groups, rowGroup{rows: group, byTime: byTime})
		keys = keys[n:]
	}
}

func (r ref) compare(o ref) int {
	return cmp.Or(cmp.Compare(r.batch, o.batch), cmp.Compare(r.row, o.row))
}

func (l *layout) compareIDs(x, y ref, ids []*event.Column) int {
	a, b := ids[x.batch], ids[y.batch]
	switch {
	case a == nil && b == nil:
		return 0
	case x.batch == y.batch && a.Rows == nil && max(x.row, y.row) < uint32(len(a.Codes)) && a.Codes[x.row] == a.Codes[y.row]:
		return 0
	}
	return strings.Compare(idAt(a, x.row), idAt(b, y.row))
}

func idAt(c *event.Column, row uint32) string {
	if c == nil {
		return ""
	}
	return c.Get(int(row)).Str()
}
