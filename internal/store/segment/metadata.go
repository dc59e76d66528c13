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
