package segment

import (
	"hash/crc32"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
)

// readColumn reads the values of rows [from, to) of a column; rows are counted
// from 0 at from. Only the pages that hold them are read.
func (r *Reader) readColumn(g, column, from, to int) (*event.Column, error) {
	chunk := &r.meta.rowGroups[g].chunks[column]
	schema := &r.meta.columns[column]
	out := &event.Column{Name: schema.name, Kind: kindOfType(schema.physical), Rows: []uint32{}}
	if chunk.nulls == r.meta.rowGroups[g].rows {
		return out, nil
	}
	pages, err := r.pages(g, column)
	if err != nil {
		return nil, err
	}
	var dict *dictPage
	if chunk.dictPage > 0 {
		if dict, err = r.readDict(chunk, out.Kind, pages[0].at); err != nil {
			return nil, err
		}
		if out.Kind == event.String {
			out.Dict = event.Restore(dict.texts.ends, dict.texts.data, false)
		}
	}
	for i, p := range pages {
		end := int(r.meta.rowGroups[g].rows)
		if i+1 < len(pages) {
			end = int(pages[i+1].firstRow)
		}
		if end <= from || int(p.firstRow) >= to {
			continue
		}
		body, h, err := r.readPage(p.at, int64(p.size))
		if err != nil {
			return nil, err
		}
		if int(h.values) != end-int(p.firstRow) || h.kind != pageData {
			return nil, damaged("a page has %d rows, and its index says %d", h.values, end-int(p.firstRow))
		}
		page := pageReader{schema: schema, header: h, dict: dict, first: int(p.firstRow), from: from, to: to}
		if !page.appendTo(out, body) {
			return nil, damaged("a page of column %s can't be read", schema.name)
		}
	}
	if len(out.Rows) == to-from {
		out.Rows = nil // every row has a value
	}
	return out, nil
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

// readPage reads and unpacks the page at an offset.
func (r *Reader) readPage(at, size int64) ([]byte, pageHeader, error) {
	raw, err := r.readAt(at, size)
	if err != nil {
		return nil, pageHeader{}, err
	}
	h, n := decodePageHeader(raw)
	if n == 0 || int64(n)+int64(h.compressed) > size || h.uncompressed > maxPage {
		return nil, h, damaged("a page's head can't be read")
	}
	body := raw[n : n+int(h.compressed)]
	if crc32.ChecksumIEEE(body) != h.crc {
		return nil, h, damaged("the checksum of a page at %d is wrong", at)
	}
	out, err := r.zstd.DecodeAll(body, make([]byte, 0, min(int(h.uncompressed), 64*len(body)+1024)))
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
	body, h, err := r.readPage(chunk.dictPage, until-chunk.dictPage)
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

// pageReader takes the rows [from, to) out of a page that begins at row first.
type pageReader struct {
	schema   *schemaColumn
	header   pageHeader
	dict     *dictPage
	first    int
	from, to int
}

func (p *pageReader) appendTo(out *event.Column, body []byte) bool {
	n := int(p.header.values)
	lowRow, highRow := max(p.from-p.first, 0), min(p.to-p.first, n)
	full := !p.schema.optional
	var positions []uint32
	if p.schema.optional {
		var ok bool
		if positions, full, body, ok = decodeLevels(body, n); !ok {
			return false
		}
	}
	if full {
		for row := lowRow; row < highRow; row++ {
			out.Rows = append(out.Rows, uint32(p.first+row-p.from))
		}
		return p.appendValues(out, body, n, lowRow, highRow)
	}
	low, _ := slices.BinarySearch(positions, uint32(lowRow))
	high, _ := slices.BinarySearch(positions, uint32(highRow))
	for _, pos := range positions[low:high] {
		out.Rows = append(out.Rows, uint32(p.first+int(pos)-p.from))
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
	codes, ok := decodeCodes(body, high, p.dict.size)
	if !ok {
		return false
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
	case event.String:
		out.Codes = append(out.Codes, codes[low:high]...)
	case event.Bool, event.Null:
		return false
	}
	return true
}
