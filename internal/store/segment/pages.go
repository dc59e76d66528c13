package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
)

// Constant returns the value that every row of the row group has in a field,
// where the file's statistics tell that it is one and the same; nothing is read
// for it.
func (x *Rows) Constant(name string) (event.Value, bool) {
	at, known := x.reader.fields[name]
	if !known || at < systemColumns {
		return event.Value{}, false
	}
	return x.reader.constant(x.group, at)
}

// Lists reports whether the values of a text field in a row group are listed in a
// dictionary, so that one that is not there is found out without reading rows.
func (r *Reader) Lists(group int, field string) bool {
	column, known := r.fields[field]
	return known && r.meta.columns[column].physical == typeByteArray && r.meta.rowGroups[group].chunks[column].dictPage > 0
}

// Weight is about how much it costs to read the values of a field in a row group, in
// rows of a field with few different values. It is nothing where there is no value, or
// one that every row has.
func (r *Reader) Weight(group int, field string) int64 {
	// As measured: rows that are not coded by a dictionary, of which texts are looked up
	// one by one, so many bytes of them in the time of another row, and bytes of a packed
	// dictionary.
	const plain, textBytes, entry = 3, 8, 12
	rows := r.meta.rowGroups[group].rows
	if _, folded := r.fields[event.FieldOverflow]; folded {
		return plain * rows
	}
	column, known := r.fields[field]
	if !known || column < systemColumns {
		return 0
	}
	chunk := &r.meta.rowGroups[group].chunks[column]
	_, one := r.constant(group, column)
	switch filled := rows - min(chunk.nulls, rows); {
	case one || filled == 0:
		return 0
	case chunk.dictPage > 0:
		return filled + entry*max(chunk.dataPage-chunk.dictPage, 0)
	case r.meta.columns[column].physical == typeByteArray:
		return plain*filled + chunk.uncompressed/textBytes
	default:
		return plain * filled
	}
}

// constant tells the one value of a column from its statistics. Booleans have
// none, and neither has a float that may be a zero.
func (r *Reader) constant(g, column int) (event.Value, bool) {
	chunk := &r.meta.rowGroups[g].chunks[column]
	if chunk.nulls != 0 || !chunk.exact || chunk.min == nil || !bytes.Equal(chunk.min, chunk.max) {
		return event.Value{}, false
	}
	switch kindOfType(r.meta.columns[column].physical) {
	case event.String:
		return event.StringValue(string(chunk.min)), true
	case event.Int:
		if len(chunk.min) == 8 {
			return event.IntValue(int64(binary.LittleEndian.Uint64(chunk.min))), true
		}
	case event.Float:
		if len(chunk.min) == 8 {
			return event.FloatValue(math.Float64frombits(binary.LittleEndian.Uint64(chunk.min))), true
		}
	case event.Bool, event.Null:
	}
	return event.Value{}, false
}

// Extremes returns the least and the greatest of the numbers that a field has in all
// rows of the row group, where these are all its rows and the file's statistics tell
// them; nothing is read for it. Numbers that are not finite are told by none.
func (x *Rows) Extremes(name string) (least, most event.Value, told bool) {
	at, known := x.reader.fields[name]
	group := &x.reader.meta.rowGroups[x.group]
	if !known || at < systemColumns || x.from > 0 || int64(x.to) < group.rows {
		return event.Value{}, event.Value{}, false
	}
	chunk := &group.chunks[at]
	if chunk.nulls >= group.rows || !chunk.exact || len(chunk.min) != 8 || len(chunk.max) != 8 {
		return event.Value{}, event.Value{}, false
	}
	low, high := binary.LittleEndian.Uint64(chunk.min), binary.LittleEndian.Uint64(chunk.max)
	switch kindOfType(x.reader.meta.columns[at].physical) {
	case event.Int:
		return event.IntValue(int64(low)), event.IntValue(int64(high)), true
	case event.Float:
		a, b := math.Float64frombits(low), math.Float64frombits(high)
		// Statistics of floats don't know the sign of zero.
		return event.FloatValue(a), event.FloatValue(b), a-a == 0 && b-b == 0 && a != 0 && b != 0
	case event.String, event.Bool, event.Null:
	}
	return event.Value{}, event.Value{}, false
}

// Page holds the values of a field in rows that follow one another.
type Page struct {
	event.Column      // its rows are counted from First
	First        int  // row of the row group
	Same         bool // the dictionary is that of the page before
	Coded        bool // the dictionary holds until the end of Pages, and may be that of the next page

	// Entries are the dictionary of a coded page of numbers. Codes point into it then,
	// and the column has no numbers of its own: counting codes costs less.
	Entries *event.Column
}

// Len returns the number of values.
func (p *Page) Len() int {
	if p.Coded {
		return len(p.Codes)
	}
	return p.Column.Len()
}

// Pages calls f for each page of a field, without keeping the column: what f is
// given holds until it returns. It ends early when f returns false. Names in the
// overflow column have no pages. Entries of a dictionary may repeat.
//
// A panic of f is an error, but says nothing about the file.
func (x *Rows) Pages(name string, f func(*Page) bool) (err error) {
	visiting := false
	defer func() {
		switch p := recover(); {
		case p != nil && visiting:
			err = fmt.Errorf("panic at a page of %s: %v\n%s", name, p, debug.Stack())
		case p != nil:
			err = damaged("%v", p)
		}
	}()
	at, known := x.reader.fields[name]
	if !known || at < systemColumns {
		return nil
	}
	var p Page
	schema := &x.reader.meta.columns[at]
	p.Name, p.Kind = strings.Clone(schema.name), kindOfType(schema.physical)
	more, shown := true, false
	return x.reader.eachPage(x.offsets, x.group, at, x.from, x.to, func(r *pageReader, body []byte) (bool, error) {
		p.Coded = r.header.encoding == encodingRLEDictionary && r.dict != nil
		// f knows the dictionary only from a page that it saw: pages of nulls are not shown.
		shown = shown && p.Coded
		if p.Same = shown; p.Coded && !shown {
			p.Dict = event.Restore(r.dict.texts.ends, r.dict.texts.data, true)
			p.Entries = &event.Column{Name: p.Name, Kind: p.Kind, Ints: r.dict.ints, Floats: r.dict.floats}
		}
		if !p.Coded || p.Kind == event.String {
			p.Entries = nil
		}
		from, to := max(x.from, r.first), min(x.to, r.first+int(r.header.values))
		page := *r
		page.from, page.to, page.full, page.apart = from, to, true, true
		p.First = from
		p.Rows, p.Ints, p.Floats, p.Bools, p.Codes = p.Rows[:0], p.Ints[:0], p.Floats[:0], p.Bools[:0], p.Codes[:0]
		rows := p.Rows
		if !page.appendTo(&p.Column, body) {
			return false, damaged("a page of column %s can't be read", schema.name)
		}
		if page.full {
			p.Rows = nil
		}
		if p.Len() > 0 {
			visiting = true
			more = f(&p)
			visiting, shown = false, p.Coded
		}
		if p.Rows == nil {
			p.Rows = rows
		}
		return more, nil
	})
}
