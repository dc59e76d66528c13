package segment

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// GroupInfo says what the footer tells of a row group.
type GroupInfo struct {
	Rows             int
	MinTime, MaxTime int64 // inclusive, Unix ns
	ByTime           bool  // the rows are sorted by time and arrival

	// Of all rows; "" where they differ.
	Environment, Dataset string
}

// GroupInfo describes a row group, without reading.
func (r *Reader) GroupInfo(g int) GroupInfo {
	group := &r.meta.rowGroups[g]
	info := GroupInfo{Rows: int(group.rows), MinTime: r.info.MinTime, MaxTime: r.info.MaxTime, ByTime: group.byTime}
	if t := &group.chunks[columnTime]; len(t.min) == 8 && len(t.max) == 8 {
		info.MinTime, info.MaxTime = int64(binary.LittleEndian.Uint64(t.min)), int64(binary.LittleEndian.Uint64(t.max))
	}
	one := func(c *chunkMeta) string {
		if c.exact && bytes.Equal(c.min, c.max) {
			return string(c.min)
		}
		return ""
	}
	info.Environment, info.Dataset = one(&group.chunks[columnEnvironment]), one(&group.chunks[columnDataset])
	return info
}

// Times reads the times of a row group.
func (r *Reader) Times(g int) (times []int64, err error) {
	defer r.recovered(&err)
	n := r.meta.rowGroups[g].rows
	if n < 0 || n > maxRowsOfGroup {
		return nil, damaged("a row group has %d rows", n)
	}
	c, err := r.readColumn(nil, g, columnTime, 0, int(n))
	if err != nil {
		return nil, err
	}
	if c.Len() != int(n) || c.Kind != event.Int {
		return nil, damaged("a row group has %d times for %d rows", c.Len(), n)
	}
	return c.Ints, nil
}

// Range is Rows for the rows [from, to) of a row group.
func (r *Reader) Range(group, from, to int) (x *Rows, err error) {
	return r.part(group, from, to, false)
}

// RangeWithin is Range for a caller who wants to know of the times only whether
// they lie in [start, end): where all do, they are not read, and each row has
// that of the earliest.
func (r *Reader) RangeWithin(group, from, to int, start, end int64) (x *Rows, err error) {
	return r.part(group, from, to, r.lies(group, start, end))
}

func (r *Reader) part(group, from, to int, untimed bool) (x *Rows, err error) {
	defer r.recovered(&err)
	if n := r.meta.rowGroups[group].rows; from < 0 || from > to || int64(to) > n || n > maxRowsOfGroup {
		return nil, damaged("rows %d to %d of %d are asked for", from, to, n)
	}
	return r.frame(group, from, to, untimed)
}

// lies reports whether all rows of a row group have times in [start, end), as far as
// the footer tells.
func (r *Reader) lies(group int, start, end int64) bool {
	chunk := &r.meta.rowGroups[group].chunks[columnTime]
	if len(chunk.min) != 8 || len(chunk.max) != 8 {
		return false
	}
	low, high := int64(binary.LittleEndian.Uint64(chunk.min)), int64(binary.LittleEndian.Uint64(chunk.max))
	return low >= start && high < end
}

// MayHoldTrace reports whether a row group may have rows of a trace.
func (r *Reader) MayHoldTrace(group int, id string) bool {
	column, known := r.fields[event.FieldTraceID]
	if !known {
		return false
	}
	bloom, bounds, err := r.traceIndex(group, column)
	return err != nil || bounds != nil && MayHold(bloom, id)
}

// Run is a range of rows of a row group.
type Run struct{ From, To int }

// Containing returns those of the rows [from, to) that lie in pages in which values
// of a text field contain one part of each list of parts. Texts are not taken apart
// for that: unpacked pages are searched as they are. It returns the whole range
// where the file can't tell.
func (r *Reader) Containing(group int, field string, parts [][][]byte, from, to int) (runs []Run, err error) {
	defer r.recovered(&err)
	all := []Run{{from, to}}
	column, known := r.fields[field]
	if _, folded := r.fields[event.FieldOverflow]; folded || from >= to {
		return all, nil
	}
	if !known {
		return nil, nil
	}
	if r.meta.columns[column].physical != typeByteArray {
		return all, nil
	}
	chunk := &r.meta.rowGroups[group].chunks[column]
	if chunk.nulls == r.meta.rowGroups[group].rows {
		return nil, nil
	}
	pages, err := r.pages(nil, group, column)
	if err != nil {
		return nil, err
	}
	if chunk.dictPage > 0 {
		d, err := r.readDict(chunk, event.String, pages[0].at)
		if err != nil || containsEach(d.texts.data, parts) {
			return all, err
		}
		return nil, nil
	}
	return r.searchPages(group, column, pages, parts, from, to)
}

// containsAny reports whether a text contains one of the parts.
func containsAny(text []byte, parts [][]byte) bool {
	return slices.ContainsFunc(parts, func(part []byte) bool { return contains(text, part) })
}

// containsEach reports whether a text contains one part of each list.
func containsEach(text []byte, lists [][][]byte) bool {
	return !slices.ContainsFunc(lists, func(parts [][]byte) bool { return !containsAny(text, parts) })
}

// contains is bytes.Contains, but looks for the byte of part that is rarest in
// lines of logs, where bytes.Index stops at each byte that is like the first.
func contains(text, part []byte) bool {
	rare := 0
	for i, c := range part {
		if rarity(c) > rarity(part[rare]) {
			rare = i
		}
	}
	if len(part) == 0 || rarity(part[rare]) == 0 {
		return bytes.Contains(text, part)
	}
	for from := rare; from < len(text); {
		i := bytes.IndexByte(text[from:], part[rare])
		if i < 0 {
			return false
		}
		at := from + i - rare
		if at+len(part) <= len(text) && bytes.Equal(text[at:at+len(part)], part) {
			return true
		}
		from += i + 1
	}
	return false
}

// rarity orders bytes by how seldom they are in logs: JSON, ids in hex, words.
func rarity(c byte) int {
	switch {
	case bytes.IndexByte([]byte("0123456789abcdef\"_-.:,/ {}"), c) >= 0:
		return 0
	case bytes.IndexByte([]byte("inorst"), c) >= 0:
		return 1
	case bytes.IndexByte([]byte("ghlmpu"), c) >= 0:
		return 2
	case c >= 0x80, c < ' ', c >= 'a' && c <= 'z':
		return 4
	}
	return 3
}

// textsOf returns the texts of a page of n rows, one after the other, without the
// lengths in front of them, or the whole page if it can't be told.
func textsOf(body []byte, n int32, optional bool) []byte {
	rest, values := body, int(n)
	if optional {
		positions, full, after, ok := decodeLevels(nil, body, values)
		if !ok {
			return body
		}
		if rest = after; !full {
			values = len(positions)
		}
	}
	if _, texts, ok := decodeDelta(rest, values); ok {
		return texts
	}
	return body
}

// hasByte reports whether one of the parts is a single byte, which stands in the
// lengths of texts as well.
func hasByte(parts [][][]byte) bool {
	return slices.ContainsFunc(parts, func(list [][]byte) bool {
		return slices.ContainsFunc(list, func(part []byte) bool { return len(part) < 2 })
	})
}

func (r *Reader) searchPages(group, column int, pages []pageLocation, parts [][][]byte, from, to int) (runs []Run, err error) {
	s, ok := r.scratch.Get().(*scratch)
	if !ok {
		s = &scratch{}
	}
	defer r.scratch.Put(s)
	first := 0
	for first+1 < len(pages) && int(pages[first+1].firstRow) <= from {
		first++
	}
	last := first
	for last+1 < len(pages) && int(pages[last+1].firstRow) < to {
		last++
	}
	texts, optional := hasByte(parts), r.meta.columns[column].optional
	window := pageWindow{r: r, pages: pages[first : last+1], scratch: s}
	for i := first; i <= last; i++ {
		raw, err := window.page(i - first)
		if err != nil {
			return nil, err
		}
		body, h, err := r.unpackPage(raw, pages[i].at, s.body[:0])
		if err != nil {
			return nil, err
		}
		s.body = body[:0]
		if texts {
			body = textsOf(body, h.values, optional)
		}
		if !containsEach(body, parts) {
			continue
		}
		run := Run{max(int(pages[i].firstRow), from), min(r.endOf(group, pages, i), to)}
		if n := len(runs); n > 0 && runs[n-1].To == run.From {
			runs[n-1].To = run.To
		} else {
			runs = append(runs, run)
		}
	}
	return runs, nil
}
