package segment

import "encoding/binary"

// Numbers of Parquet's format that we use.
const (
	typeBoolean   = 0
	typeInt32     = 1
	typeInt64     = 2
	typeDouble    = 5
	typeByteArray = 6

	encodingPlain           = 0
	encodingRLE             = 3
	encodingDeltaBinary     = 5
	encodingDeltaLength     = 6
	encodingRLEDictionary   = 8
	encodingByteStreamSplit = 9

	codecZstd = 6

	pageData       = 0
	pageDictionary = 2

	repetitionRequired = 0
	repetitionOptional = 1

	convertedUTF8 = 0
)

// fileMeta is a file's footer, as far as we write and read it.
type fileMeta struct {
	rows      int64
	columns   []schemaColumn
	rowGroups []rowGroupMeta
	info      []byte // our Info as JSON, in the key-value metadata
}

type schemaColumn struct {
	name      string
	physical  int32
	optional  bool
	utf8      bool
	timestamp bool // nanoseconds
}

type rowGroupMeta struct {
	rows   int64
	bytes  int64
	chunks []chunkMeta
	byTime bool // the rows are sorted by time and arrival
}

type chunkMeta struct {
	column       int // index in the schema
	values       int64
	uncompressed int64
	compressed   int64
	dataPage     int64
	dictPage     int64 // 0 if there is none
	nulls        int64
	min, max     []byte // nil if not kept
	exact        bool   // min and max are not shortened
	encodings    []int32
	bloomAt      int64
	bloomLen     int32
	offsetIndex  indexAt
	columnIndex  indexAt
}

type indexAt struct {
	at  int64
	len int32
}

// pageLocation is an entry of an offset index.
type pageLocation struct {
	at       int64
	size     int32 // with its header
	firstRow int64
}

const createdBy = "oriel"

func (m *fileMeta) encode() []byte {
	w := &thriftWriter{}
	w.begin()
	w.i32(1, 2) // version of the format
	w.list(2, thriftStruct, len(m.columns)+1)
	w.begin()
	w.text(4, "schema")
	w.i32(5, int32(len(m.columns)))
	w.end()
	for i := range m.columns {
		m.columns[i].encode(w)
	}
	w.i64(3, m.rows)
	w.list(4, thriftStruct, len(m.rowGroups))
	for i := range m.rowGroups {
		m.rowGroups[i].encode(w, m.columns)
	}
	w.list(5, thriftStruct, 1)
	w.begin()
	w.text(1, infoKey)
	w.bytes(2, m.info)
	w.end()
	w.text(6, createdBy)
	w.list(7, thriftStruct, len(m.columns)) // order of values, for the statistics: by type
	for range m.columns {
		w.begin()
		w.structure(1)
		w.end()
		w.end()
	}
	w.end()
	return w.b
}

func (c *schemaColumn) encode(w *thriftWriter) {
	w.begin()
	w.i32(1, c.physical)
	repetition := int32(repetitionRequired)
	if c.optional {
		repetition = repetitionOptional
	}
	w.i32(3, repetition)
	w.text(4, c.name)
	switch {
	case c.utf8:
		w.i32(6, convertedUTF8)
		w.structure(10)
		w.structure(1) // STRING
		w.end()
		w.end()
	case c.timestamp:
		w.structure(10)
		w.structure(8)   // TIMESTAMP
		w.bool(1, false) // readers that see UTC here cut nanoseconds off
		w.structure(2)
		w.structure(3) // NANOS
		w.end()
		w.end()
		w.end()
		w.end()
	}
	w.end()
}

func (g *rowGroupMeta) encode(w *thriftWriter, columns []schemaColumn) {
	w.begin()
	w.list(1, thriftStruct, len(g.chunks))
	for i := range g.chunks {
		g.chunks[i].encode(w, columns)
	}
	w.i64(2, g.bytes)
	w.i64(3, g.rows)
	if g.byTime {
		w.list(4, thriftStruct, 1) // sorting columns
		w.begin()
		w.i32(1, columnTime)
		w.bool(2, false) // descending
		w.bool(3, false) // nulls first
		w.end()
	}
	w.end()
}

func (c *chunkMeta) encode(w *thriftWriter, columns []schemaColumn) {
	w.begin()
	first := c.dataPage
	if c.dictPage > 0 {
		first = c.dictPage
	}
	w.i64(2, first)
	w.structure(3)
	w.i32(1, columns[c.column].physical)
	w.list(2, thriftI32, len(c.encodings))
	for _, e := range c.encodings {
		w.b = binary.AppendVarint(w.b, int64(e))
	}
	w.list(3, thriftBinary, 1)
	w.b = appendText(w.b, columns[c.column].name)
	w.i32(4, codecZstd)
	w.i64(5, c.values)
	w.i64(6, c.uncompressed)
	w.i64(7, c.compressed)
	w.i64(9, c.dataPage)
	if c.dictPage > 0 {
		w.i64(11, c.dictPage)
	}
	w.structure(12)
	w.i64(3, c.nulls)
	if c.min != nil {
		w.bytes(5, c.max)
		w.bytes(6, c.min)
		w.bool(7, c.exact)
		w.bool(8, c.exact)
	}
	w.end()
	if c.bloomLen > 0 {
		w.i64(14, c.bloomAt)
		w.i32(15, c.bloomLen)
	}
	w.end()
	if c.offsetIndex.len > 0 {
		w.i64(4, c.offsetIndex.at)
		w.i32(5, c.offsetIndex.len)
	}
	if c.columnIndex.len > 0 {
		w.i64(6, c.columnIndex.at)
		w.i32(7, c.columnIndex.len)
	}
	w.end()
}

func decodeFileMeta(raw []byte) (*fileMeta, bool) {
	m := &fileMeta{}
	r := &thriftReader{b: raw}
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 2 && kind == thriftList:
			first := true
			r.list(func(byte) {
				c := decodeSchemaColumn(r)
				if !first {
					m.columns = append(m.columns, c)
				}
				first = false
			})
		case id == 3 && kind == thriftI64:
			m.rows = r.varint()
		case id == 4 && kind == thriftList:
			r.list(func(byte) { m.rowGroups = append(m.rowGroups, decodeRowGroup(r)) })
		case id == 5 && kind == thriftList:
			r.list(func(byte) {
				key, value := decodeKeyValue(r)
				if key == infoKey {
					m.info = value
				}
			})
		default:
			r.skip(kind)
		}
	})
	for i := range m.rowGroups {
		for k := range m.rowGroups[i].chunks {
			m.rowGroups[i].chunks[k].column = k
		}
		if len(m.rowGroups[i].chunks) != len(m.columns) {
			return nil, false
		}
	}
	return m, !r.failed
}

func decodeKeyValue(r *thriftReader) (key string, value []byte) {
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftBinary:
			key = string(r.bytes())
		case id == 2 && kind == thriftBinary:
			value = r.bytes()
		default:
			r.skip(kind)
		}
	})
	return key, value
}

func decodeSchemaColumn(r *thriftReader) (c schemaColumn) {
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftI32:
			c.physical = int32(r.varint())
		case id == 3 && kind == thriftI32:
			c.optional = r.varint() == repetitionOptional
		case id == 4 && kind == thriftBinary:
			c.name = string(r.bytes())
		default:
			r.skip(kind)
		}
	})
	return c
}

func decodeRowGroup(r *thriftReader) (g rowGroupMeta) {
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftList:
			r.list(func(byte) { g.chunks = append(g.chunks, decodeChunk(r)) })
		case id == 2 && kind == thriftI64:
			g.bytes = r.varint()
		case id == 3 && kind == thriftI64:
			g.rows = r.varint()
		case id == 4 && kind == thriftList:
			r.list(func(byte) {
				r.structure(func(id int16, kind byte) {
					if id == 1 && kind == thriftI32 {
						g.byTime = r.varint() == columnTime
						return
					}
					r.skip(kind)
				})
			})
		default:
			r.skip(kind)
		}
	})
	return g
}

func decodeChunk(r *thriftReader) (c chunkMeta) {
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 3 && kind == thriftStruct:
			r.structure(func(id int16, kind byte) { c.decodeField(r, id, kind) })
		case id == 4 && kind == thriftI64:
			c.offsetIndex.at = r.varint()
		case id == 5 && kind == thriftI32:
			c.offsetIndex.len = int32(r.varint())
		case id == 6 && kind == thriftI64:
			c.columnIndex.at = r.varint()
		case id == 7 && kind == thriftI32:
			c.columnIndex.len = int32(r.varint())
		default:
			r.skip(kind)
		}
	})
	return c
}

func (c *chunkMeta) decodeField(r *thriftReader, id int16, kind byte) {
	switch {
	case id == 5 && kind == thriftI64:
		c.values = r.varint()
	case id == 6 && kind == thriftI64:
		c.uncompressed = r.varint()
	case id == 7 && kind == thriftI64:
		c.compressed = r.varint()
	case id == 9 && kind == thriftI64:
		c.dataPage = r.varint()
	case id == 11 && kind == thriftI64:
		c.dictPage = r.varint()
	case id == 12 && kind == thriftStruct:
		r.structure(func(id int16, kind byte) { c.decodeStatistics(r, id, kind) })
	case id == 14 && kind == thriftI64:
		c.bloomAt = r.varint()
	case id == 15 && kind == thriftI32:
		c.bloomLen = int32(r.varint())
	default:
		r.skip(kind)
	}
}

func (c *chunkMeta) decodeStatistics(r *thriftReader, id int16, kind byte) {
	switch {
	case id == 3 && kind == thriftI64:
		c.nulls = r.varint()
	case id == 5 && kind == thriftBinary:
		c.max = r.bytes()
	case id == 6 && kind == thriftBinary:
		c.min = r.bytes()
	case id == 7 && (kind == thriftTrue || kind == thriftFalse):
		c.exact = kind == thriftTrue
	default:
		r.skip(kind)
	}
}

// pageHeader is the head of a page.
type pageHeader struct {
	kind         int32
	uncompressed int32
	compressed   int32
	crc          uint32
	values       int32
	encoding     int32
}

func (h *pageHeader) encode(b []byte) []byte {
	w := &thriftWriter{b: b}
	w.begin()
	w.i32(1, h.kind)
	w.i32(2, h.uncompressed)
	w.i32(3, h.compressed)
	w.i32(4, int32(h.crc))
	if h.kind == pageDictionary {
		w.structure(7)
		w.i32(1, h.values)
		w.i32(2, encodingPlain)
		w.end()
	} else {
		w.structure(5)
		w.i32(1, h.values)
		w.i32(2, h.encoding)
		w.i32(3, encodingRLE)
		w.i32(4, encodingRLE)
		w.end()
	}
	w.end()
	return w.b
}

// decodePageHeader returns the header and its length, 0 if it is damaged.
func decodePageHeader(raw []byte) (h pageHeader, length int) { //nolint:cyclop // one case for each form, side by side
	r := &thriftReader{b: raw}
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 1 && kind == thriftI32:
			h.kind = int32(r.varint())
		case id == 2 && kind == thriftI32:
			h.uncompressed = int32(r.varint())
		case id == 3 && kind == thriftI32:
			h.compressed = int32(r.varint())
		case id == 4 && kind == thriftI32:
			h.crc = uint32(r.varint())
		case (id == 5 || id == 7) && kind == thriftStruct:
			r.structure(func(id int16, kind byte) {
				switch {
				case id == 1 && kind == thriftI32:
					h.values = int32(r.varint())
				case id == 2 && kind == thriftI32:
					h.encoding = int32(r.varint())
				default:
					r.skip(kind)
				}
			})
		default:
			r.skip(kind)
		}
	})
	if r.failed || h.uncompressed < 0 || h.compressed < 0 || h.values < 0 {
		return h, 0
	}
	return h, len(raw) - len(r.b)
}

func encodeOffsetIndex(pages []pageLocation) []byte {
	w := &thriftWriter{}
	w.begin()
	w.list(1, thriftStruct, len(pages))
	for _, p := range pages {
		w.begin()
		w.i64(1, p.at)
		w.i32(2, p.size)
		w.i64(3, p.firstRow)
		w.end()
	}
	w.end()
	return w.b
}

func decodeOffsetIndex(raw []byte) ([]pageLocation, bool) {
	if pages, ok := decodeOwnOffsetIndex(raw); ok {
		return pages, true
	}
	var pages []pageLocation
	r := &thriftReader{b: raw}
	r.structure(func(id int16, kind byte) {
		if id != 1 || kind != thriftList {
			r.skip(kind)
			return
		}
		r.list(func(byte) {
			var p pageLocation
			r.structure(func(id int16, kind byte) {
				switch {
				case id == 1 && kind == thriftI64:
					p.at = r.varint()
				case id == 2 && kind == thriftI32:
					p.size = int32(r.varint())
				case id == 3 && kind == thriftI64:
					p.firstRow = r.varint()
				default:
					r.skip(kind)
				}
			})
			pages = append(pages, p)
		})
	})
	return pages, !r.failed && len(pages) > 0
}

// decodeOwnOffsetIndex reads the very form that encodeOffsetIndex writes, since
// looking up a trace reads some hundred of them.
func decodeOwnOffsetIndex(raw []byte) (pages []pageLocation, ok bool) {
	const (
		listOfStructs = 1<<4 | thriftList
		long          = 15 // sizes from here stand apart
	)
	if len(raw) < 3 || raw[0] != listOfStructs || raw[1]&15 != thriftStruct {
		return nil, false
	}
	n := uint64(raw[1] >> 4)
	raw = raw[2:]
	if n == long {
		used := 0
		if n, used = binary.Uvarint(raw); used <= 0 {
			return nil, false
		}
		raw = raw[used:]
	}
	const least = 7 // bytes of an entry
	if n == 0 || n > uint64(len(raw))/least {
		return nil, false
	}
	pages = make([]pageLocation, n)
	for i := range pages {
		var values [3]int64
		for field, head := range [...]byte{1<<4 | thriftI64, 1<<4 | thriftI32, 1<<4 | thriftI64} {
			if len(raw) == 0 || raw[0] != head {
				return nil, false
			}
			v, used := binary.Varint(raw[1:])
			if used <= 0 {
				return nil, false
			}
			values[field], raw = v, raw[1+used:]
		}
		if len(raw) == 0 || raw[0] != 0 {
			return nil, false
		}
		raw = raw[1:]
		pages[i] = pageLocation{at: values[0], size: int32(values[1]), firstRow: values[2]}
	}
	return pages, true
}
