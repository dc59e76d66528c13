package segment

import (
	"hash/crc32"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// readColumn reads the values of rows [from, to) of a column; rows are counted
// from 0 at from. Only the pages that hold them are read. known may be nil.
func (r *Reader) readColumn(known *offsets, g, column, from, to int) (*event.Column, error) {
	chunk := &r.meta.rowGroups[g].chunks[column]
	schema := &r.meta.columns[column]
	rows := int(r.meta.rowGroups[g].rows)
	out := &event.Column{Name: schema.name, Kind: kindOfType(schema.physical), Rows: []uint32{}}
	if chunk.nulls == int64(rows) {
		return out, nil
	}
	reserve(out, min(to-from, rows-int(max(min(chunk.nulls, int64(rows)), 0))))
	full, first := true, true
	err := r.eachPage(known, g, column, from, to, func(p *pageReader, body []byte) (bool, error) {
		if first && p.dict != nil && out.Kind == event.String {
			out.Dict = event.Restore(p.dict.texts.ends, p.dict.texts.data, false)
		}
		first = false
		if !p.appendTo(out, body) {
			return false, damaged("a page of column %s can't be read", schema.name)
		}
		full = p.full
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if full {
		out.Rows = nil // every row has a value
	}
	return out, nil
}

// eachPage reads the pages of a column that hold rows of [from, to), and calls f
// for each with what it takes to read it further, until f returns false.
func (r *Reader) eachPage(known *offsets, g, column, from, to int, f func(p *pageReader, body []byte) (more bool, err error)) error {
	chunk := &r.meta.rowGroups[g].chunks[column]
	rows := int(r.meta.rowGroups[g].rows)
	if chunk.nulls == int64(rows) {
		return nil
	}
	pages, err := r.pages(known, g, column)
	if err != nil {
		return err
	}
	s, ok := r.scratch.Get().(*scratch)
	if !ok {
		s = &scratch{}
	}
	defer r.scratch.Put(s)
	page := pageReader{schema: &r.meta.columns[column], scratch: s, from: from, to: to, full: true}
	if chunk.dictPage > 0 {
		if page.dict, err = r.readDict(chunk, kindOfType(page.schema.physical), pages[0].at); err != nil {
			return err
		}
	}
	endOf := func(i int) int {
		if i+1 < len(pages) {
			return int(pages[i+1].firstRow)
		}
		return rows
	}
	first, last, err := pagesOf(pages, from, to)
	if err != nil {
		return err
	}
	window := pageWindow{r: r, pages: pages[first : last+1], scratch: s}
	for i := first; i <= last; i++ {
		raw, err := window.page(i - first)
		if err != nil {
			return err
		}
		body, h, err := r.unpackPage(raw, pages[i].at, s.body[:0])
		if err != nil {
			return err
		}
		s.body = body[:0]
		if int(h.values) != endOf(i)-int(pages[i].firstRow) || h.kind != pageData {
			return damaged("a page has %d rows, and its index says %d", h.values, endOf(i)-int(pages[i].firstRow))
		}
		page.header, page.first = h, int(pages[i].firstRow)
		if more, err := f(&page, body); err != nil || !more {
			return err
		}
	}
	return nil
}

// pagesOf returns the first and the last page that hold rows of [from, to).
func pagesOf(pages []pageLocation, from, to int) (first, last int, err error) {
	first, _ = slices.BinarySearchFunc(pages, from, func(p pageLocation, row int) int { return int(p.firstRow) - row })
	if first == len(pages) || int(pages[first].firstRow) > from {
		first--
	}
	if first < 0 {
		return 0, 0, damaged("its first page begins at row %d", pages[0].firstRow)
	}
	last = first
	for last+1 < len(pages) && int(pages[last+1].firstRow) < to {
		last++
	}
	return first, last, nil
}

// scratch is memory that reading one column after the other uses again.
type scratch struct {
	raw, body        []byte
	positions, codes []uint32
}

// pageWindow reads pages that lie one after the other together.
type pageWindow struct {
	r       *Reader
	pages   []pageLocation
	scratch *scratch
	from    int // pages [from, to) are in raw
	to      int
}

// windowBytes is about how much is read at once.
const windowBytes = 1 << 20

// page returns the bytes of a page, valid until the next call.
func (w *pageWindow) page(i int) ([]byte, error) {
	if i >= w.to || i < w.from {
		w.from, w.to = i, i+1
		start, end := w.pages[i].at, w.pages[i].at+int64(w.pages[i].size)
		for w.to < len(w.pages) && w.pages[w.to].at == end && end+int64(w.pages[w.to].size)-start <= windowBytes {
			end += int64(w.pages[w.to].size)
			w.to++
		}
		var err error
		if w.scratch.raw, err = w.r.readInto(w.scratch.raw, start, end-start); err != nil {
			return nil, err
		}
	}
	at := w.pages[i].at - w.pages[w.from].at
	return w.scratch.raw[at : at+int64(w.pages[i].size)], nil
}

// reserve makes room for n values.
func reserve(c *event.Column, n int) {
	switch c.Kind {
	case event.Int:
		c.Ints = make([]int64, 0, n)
	case event.Float:
		c.Floats = make([]float64, 0, n)
	case event.Bool:
		c.Bools = make([]bool, 0, n)
	case event.String:
		c.Codes = make([]uint32, 0, n)
	case event.Null:
	}
}

func kindOfType(physical int32) event.Kind {
	switch physical {
	case typeBoolean:
		return event.Bool
	case typeInt64, typeInt32:
		return event.Int
	case typeDouble:
		return event.Float
	}
	return event.String
}

// unpackPage checks a page that lies at an offset, and unpacks it behind into.
func (r *Reader) unpackPage(raw []byte, at int64, into []byte) ([]byte, pageHeader, error) {
	h, n := decodePageHeader(raw)
	if n == 0 || h.compressed < 0 || int64(n)+int64(h.compressed) > int64(len(raw)) || h.uncompressed < 0 || h.uncompressed > maxPage {
		return nil, h, damaged("a page's head can't be read")
	}
	body := raw[n : n+int(h.compressed)]
	if crc32.ChecksumIEEE(body) != h.crc {
		return nil, h, damaged("the checksum of a page at %d is wrong", at)
	}
	out, err := r.zstd.DecodeAll(body, slices.Grow(into, min(int(h.uncompressed), 64*len(body)+1024)))
	if err != nil || len(out) != int(h.uncompressed) {
		return nil, h, damaged("a page at %d can't be unpacked", at)
	}
	return out, h, nil
}

// dictPage is a dictionary of one kind.
type dictPage struct {
	size   int
	ints   []int64
	floats []float64
	texts  texts
}

func (r *Reader) readDict(chunk *chunkMeta, kind event.Kind, until int64) (*dictPage, error) {
	raw, err := r.readAt(chunk.dictPage, until-chunk.dictPage)
	if err != nil {
		return nil, err
	}
	body, h, err := r.unpackPage(raw, chunk.dictPage, nil)
	if err != nil {
		return nil, err
	}
	d := &dictPage{size: int(h.values)}
	ok := h.kind == pageDictionary
	if ok {
		switch kind {
		case event.Int:
			d.ints, ok = decodePlainInts(body, d.size)
		case event.Float:
			d.floats, ok = decodePlainFloats(body, d.size)
		case event.String:
			d.texts, ok = decodePlainTexts(body, d.size)
		case event.Bool, event.Null:
			ok = false
		}
	}
	if !ok {
		return nil, damaged("a dictionary can't be read")
	}
	return d, nil
}

// pageReader takes the rows [from, to) out of pages, one after the other.
type pageReader struct {
	schema   *schemaColumn
	dict     *dictPage
	scratch  *scratch
	from, to int
	full     bool // every row so far has a value: Column.Rows is not written
	apart    bool // the page is read by itself: the dictionary of out may be that of another

	header pageHeader
	first  int // row that the page begins at
}

func (p *pageReader) appendTo(out *event.Column, body []byte) bool {
	n := int(p.header.values)
	lowRow, highRow := max(p.from-p.first, 0), min(p.to-p.first, n)
	full := !p.schema.optional
	if p.schema.optional {
		var ok bool
		if p.scratch.positions, full, body, ok = decodeLevels(p.scratch.positions[:0], body, n); !ok {
			return false
		}
	}
	if full {
		if !p.full {
			for row := lowRow; row < highRow; row++ {
				out.Rows = append(out.Rows, uint32(p.first+row-p.from))
			}
		}
		return p.appendValues(out, body, n, lowRow, highRow)
	}
	if p.full {
		p.full = false
		out.Rows = slices.Grow(out.Rows[:0], p.to-p.from)[:p.first+lowRow-p.from]
		for row := range out.Rows {
			out.Rows[row] = uint32(row)
		}
	}
	positions := p.scratch.positions
	low, _ := slices.BinarySearch(positions, uint32(lowRow))
	high, _ := slices.BinarySearch(positions, uint32(highRow))
	if p.first == p.from {
		out.Rows = append(out.Rows, positions[low:high]...)
	} else {
		for _, pos := range positions[low:high] {
			out.Rows = append(out.Rows, uint32(p.first+int(pos)-p.from))
		}
	}
	return p.appendValues(out, body, len(positions), low, high)
}

func (p *pageReader) appendValues(out *event.Column, body []byte, n, low, high int) bool {
	if low == high {
		return true
	}
	if p.header.encoding == encodingRLEDictionary {
		return p.appendCoded(out, body, low, high)
	}
	switch {
	case out.Kind == event.Int && p.header.encoding == encodingDeltaBinary:
		values, _, ok := decodeDeltaUntil(body, n, high)
		if !ok {
			return false
		}
		out.Ints = append(out.Ints, values[low:high]...)
	case out.Kind == event.Float && p.header.encoding == encodingByteStreamSplit:
		if len(body) != 8*n {
			return false
		}
		out.Floats = appendFloatsAt(out.Floats, body, n, low, high)
	case out.Kind == event.Bool && p.header.encoding == encodingPlain:
		values, ok := decodeBools(body, n)
		if !ok {
			return false
		}
		out.Bools = append(out.Bools, values[low:high]...)
	case out.Kind == event.String && p.header.encoding == encodingDeltaLength:
		t, ok := decodeDeltaTexts(body, n)
		if !ok {
			return false
		}
		if p.apart {
			out.Dict = event.Restore(t.ends, t.data, true)
			for code := low; code < high; code++ {
				out.Codes = append(out.Codes, uint32(code))
			}
			return true
		}
		out.Dict.Unique()
		for i := low; i < high; i++ {
			out.Codes = append(out.Codes, out.Dict.InternBytes(t.at(i)))
		}
	default:
		return false
	}
	return true
}

func (t *texts) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.data[start:t.ends[i]]
}

func (p *pageReader) appendCoded(out *event.Column, body []byte, low, high int) bool {
	if p.dict == nil {
		return false
	}
	keep := out.Kind == event.String || p.apart // the codes, rather than the numbers they stand for
	if keep && low == 0 {
		var ok bool
		out.Codes, ok = decodeCodes(out.Codes, body, high, p.dict.size)
		return ok
	}
	codes, ok := decodeCodes(p.scratch.codes[:0], body, high, p.dict.size)
	p.scratch.codes = codes
	if !ok {
		return false
	}
	if keep {
		out.Codes = append(out.Codes, codes[low:high]...)
		return true
	}
	switch out.Kind {
	case event.Int:
		for _, c := range codes[low:high] {
			out.Ints = append(out.Ints, p.dict.ints[c])
		}
	case event.Float:
		for _, c := range codes[low:high] {
			out.Floats = append(out.Floats, p.dict.floats[c])
		}
	case event.String, event.Bool, event.Null:
		return false
	}
	return true
}
