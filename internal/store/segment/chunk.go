package segment

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/oriel-dev/oriel/internal/event"
)

// column is a chunk to be written: its values in the order of the rows that
// have one.
type column struct {
	at        int // in the schema
	kind      event.Kind
	positions []uint32 // rows of the group that have a value; all of them where required
	ints      []int64
	floats    []float64
	bools     []bool
	codes     []uint32
	dict      *event.Dict
	spread    [][]byte // instead of dict: texts where they lie in the batches
	ascii     bool     // all texts of dict are
}

// text returns the text of a code.
func (c *column) text(code uint32) []byte {
	if c.spread != nil {
		return c.spread[code]
	}
	return c.dict.Bytes(code)
}

// validText is text as UTF-8.
func (c *column) validText(code uint32) []byte {
	if c.ascii {
		return c.dict.Bytes(code)
	}
	return valid(c.text(code))
}

func (c *column) len() int {
	switch c.kind {
	case event.Int:
		return len(c.ints)
	case event.Float:
		return len(c.floats)
	case event.Bool:
		return len(c.bools)
	case event.String, event.Null:
	}
	return len(c.codes)
}

// packed are the values of a chunk made ready for its pages.
type packed struct {
	encoding int32
	dict     []byte // the dictionary page, nil if there is none
	dictSize int
	codes    []uint32 // with a dictionary
	min, max []byte
	exact    bool
}

// longestStat is how many bytes of a text are kept as minimum or maximum.
const longestStat = 64

// pack chooses the encoding of a chunk and makes its dictionary.
func (w *writer) pack(c *column) packed {
	switch c.kind {
	case event.Int:
		return w.packInts(c)
	case event.Float:
		return w.packFloats(c)
	case event.Bool:
		return packed{encoding: encodingPlain}
	case event.String, event.Null:
	}
	return w.packTexts(c)
}

func (w *writer) packInts(c *column) packed {
	p := packed{encoding: encodingDeltaBinary, exact: true}
	if len(c.ints) == 0 {
		return p
	}
	p.min = binary.LittleEndian.AppendUint64(nil, uint64(slices.Min(c.ints)))
	p.max = binary.LittleEndian.AppendUint64(nil, uint64(slices.Max(c.ints)))
	codes, distinct, ok := dictionary(c.ints)
	if !ok || c.at == columnTime {
		return p
	}
	p.encoding, p.codes, p.dictSize = encodingRLEDictionary, codes, len(distinct)
	for _, v := range distinct {
		p.dict = binary.LittleEndian.AppendUint64(p.dict, uint64(v))
	}
	return p
}

func (w *writer) packFloats(c *column) packed {
	p := packed{encoding: encodingByteStreamSplit, exact: true}
	if len(c.floats) == 0 {
		return p
	}
	low, high := math.Inf(1), math.Inf(-1)
	numbers := true
	keys := make([]uint64, len(c.floats))
	for i, f := range c.floats {
		keys[i] = math.Float64bits(f)
		numbers = numbers && f == f //nolint:gocritic // false for NaN, which has no order
		low, high = min(low, f), max(high, f)
	}
	if numbers && low != 0 && high != 0 { // readers disagree on the sign of zero
		p.min = binary.LittleEndian.AppendUint64(nil, math.Float64bits(low))
		p.max = binary.LittleEndian.AppendUint64(nil, math.Float64bits(high))
	}
	codes, distinct, ok := dictionary(keys)
	if !ok {
		return p
	}
	p.encoding, p.codes, p.dictSize = encodingRLEDictionary, codes, len(distinct)
	for _, v := range distinct {
		p.dict = binary.LittleEndian.AppendUint64(p.dict, v)
	}
	return p
}

func (w *writer) packTexts(c *column) packed {
	p := packed{encoding: encodingDeltaLength}
	if len(c.codes) == 0 {
		return p
	}
	if c.spread == nil && !c.dict.Loose() && w.textDictionary(c, &p) {
		return p
	}
	if c.at == w.traceColumn {
		p.setTextBounds(c.ends(0, len(c.codes), !w.byTime))
	}
	return p
}

// ends returns the least and the greatest of the texts [from, to); of sorted
// ones they are the first and the last.
func (c *column) ends(from, to int, sorted bool) (low, high []byte) {
	low, high = c.text(c.codes[from]), c.text(c.codes[to-1])
	if sorted {
		return low, high
	}
	for _, code := range c.codes[from:to] {
		text := c.text(code)
		if bytes.Compare(text, low) < 0 {
			low = text
		}
		if bytes.Compare(text, high) > 0 {
			high = text
		}
	}
	return low, high
}

// textDictionary takes over the batch's dictionary, as far as this row group uses it.
func (w *writer) textDictionary(c *column, p *packed) bool {
	w.local = slices.Grow(w.local[:0], c.dict.Len())[:c.dict.Len()]
	clear(w.local)
	codes := make([]uint32, len(c.codes))
	var low, high []byte
	for i, code := range c.codes {
		if w.local[code] == 0 {
			text := c.validText(code)
			p.dict = binary.LittleEndian.AppendUint32(p.dict, uint32(len(text)))
			p.dict = append(p.dict, text...)
			p.dictSize++
			w.local[code] = uint32(p.dictSize)
			if low == nil || bytes.Compare(text, low) < 0 {
				low = text
			}
			if high == nil || bytes.Compare(text, high) > 0 {
				high = text
			}
			if p.dictSize > 64 && p.dictSize > len(c.codes)/4 || p.dictSize > maxDict || len(p.dict) > maxDictData {
				*p = packed{encoding: encodingDeltaLength}
				return false
			}
		}
		codes[i] = w.local[code] - 1
	}
	p.encoding, p.codes = encodingRLEDictionary, codes
	p.setTextBounds(low, high)
	return true
}

// setTextBounds keeps the ends of a range of texts, shortened if need be: the
// lower one by cutting, the upper one by raising its last character.
func (p *packed) setTextBounds(low, high []byte) {
	if low == nil {
		low, high = []byte{}, []byte{}
	}
	p.exact = len(low) <= longestStat && len(high) <= longestStat
	p.min, p.max = low, high
	if len(low) > longestStat {
		p.min = cutText(low)
	}
	if len(high) <= longestStat {
		return
	}
	p.max = slices.Clone(cutText(high))
	for i := len(p.max) - 1; i >= 0; i-- {
		if p.max[i] < 0x7f { // stays one valid character
			p.max[i]++
			p.max = p.max[:i+1]
			return
		}
	}
	p.min, p.max = nil, nil
}

func cutText(b []byte) []byte {
	n := longestStat
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// isASCII reports whether there are no bytes beyond ASCII.
func isASCII(text []byte) bool {
	const high, word = 0x8080808080808080, 8
	for ; len(text) >= word; text = text[word:] {
		if binary.LittleEndian.Uint64(text)&high != 0 {
			return false
		}
	}
	return !slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf })
}

// valid returns text as UTF-8: what is not is replaced, as Parquet's readers may
// refuse it.
func valid(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	return bytes.ToValidUTF8(text, []byte("\uFFFD"))
}

// writeChunk writes the pages of a column of n rows and returns its metadata
// and the places of its pages.
func (w *writer) writeChunk(c *column, n int) (chunkMeta, []pageLocation) {
	p := w.pack(c)
	m := chunkMeta{
		column: c.at, values: int64(n), nulls: int64(n - c.len()), min: p.min, max: p.max, exact: p.exact,
		encodings: []int32{encodingRLE, p.encoding},
	}
	if p.dict != nil || p.codes != nil {
		m.encodings = append(m.encodings, encodingPlain)
		m.dictPage = w.at
		w.writePage(&m, pageHeader{kind: pageDictionary, values: int32(p.dictSize)}, p.dict)
	}
	m.dataPage = w.at
	pageRows := w.opts.PageRows
	if c.len() == 0 {
		pageRows = n // nothing but nulls: one run
	}
	var pages []pageLocation
	value := 0
	for first := 0; first < n; first += pageRows {
		rows := min(pageRows, n-first)
		from := value
		if c.len() == n {
			value += rows
		} else {
			for value < len(c.positions) && int(c.positions[value]) < first+rows {
				value++
			}
		}
		w.page = w.page[:0]
		switch {
		case !w.meta.columns[c.at].optional:
		case value-from == rows:
			w.page = appendFull(w.page, rows)
		default:
			w.page = appendLevels(w.page, w.relative(c.positions[from:value], first), rows)
		}
		w.page = w.appendValues(w.page, c, &p, from, value)
		at := w.at
		w.writePage(&m, pageHeader{kind: pageData, values: int32(rows), encoding: p.encoding}, w.page)
		pages = append(pages, pageLocation{at: at, size: int32(w.at - at), firstRow: int64(first)})
	}
	return m, pages
}

// relative returns positions counted from a page's first row.
func (w *writer) relative(positions []uint32, first int) []uint32 {
	w.shifted = slices.Grow(w.shifted[:0], len(positions))[:len(positions)]
	for i, p := range positions {
		w.shifted[i] = p - uint32(first)
	}
	return w.shifted
}

func (w *writer) appendValues(b []byte, c *column, p *packed, from, to int) []byte {
	switch {
	case p.codes != nil:
		return appendCodes(b, p.codes[from:to], p.dictSize)
	case c.kind == event.Int:
		return appendDelta(b, c.ints[from:to])
	case c.kind == event.Float:
		return appendFloats(b, c.floats[from:to])
	case c.kind == event.Bool:
		return appendBools(b, c.bools[from:to])
	}
	w.lengths = w.lengths[:0]
	all := 0
	for _, code := range c.codes[from:to] {
		n := len(c.validText(code))
		w.lengths = append(w.lengths, int64(n))
		all += n
	}
	b = slices.Grow(appendDelta(b, w.lengths), all)
	for _, code := range c.codes[from:to] {
		b = append(b, c.validText(code)...)
	}
	return b
}

func (w *writer) writePage(m *chunkMeta, h pageHeader, body []byte) {
	w.packed = w.zstd.EncodeAll(body, w.packed[:0])
	h.uncompressed, h.compressed = int32(len(body)), int32(len(w.packed))
	h.crc = crc32.ChecksumIEEE(w.packed)
	w.head = h.encode(w.head[:0])
	m.uncompressed += int64(len(w.head) + len(body))
	m.compressed += int64(len(w.head) + len(w.packed))
	w.write(w.head)
	w.write(w.packed)
}
