package segment

import "encoding/binary"

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

// pageLocation is an entry of an offset index.
type pageLocation struct {
	at       int64
	size     int32 // with its header
	firstRow int64
}
