package segment

import "encoding/binary"

// Orders of the pages of a column index.
const (
	orderNone      = 0
	orderAscending = 1
)

// byteBounds is a column index: the least and the greatest text of each page.
type byteBounds struct {
	min, max [][]byte // nil for a page of nulls
	nulls    []int64
	sorted   bool // from page to page
}

// boundsOf finds the bounds of the pages of a column of n rows.
func boundsOf(c *column, pages []pageLocation, n int, sorted bool) byteBounds {
	b := byteBounds{sorted: sorted}
	value := 0
	for i := range pages {
		end := n
		if i+1 < len(pages) {
			end = int(pages[i+1].firstRow)
		}
		from := value
		for value < len(c.positions) && int(c.positions[value]) < end {
			value++
		}
		b.nulls = append(b.nulls, int64(end-int(pages[i].firstRow)-(value-from)))
		if from == value {
			b.min, b.max = append(b.min, nil), append(b.max, nil)
			continue
		}
		low, high := c.ends(from, value, sorted)
		b.min, b.max = append(b.min, valid(low)), append(b.max, valid(high))
	}
	return b
}

func (b *byteBounds) encode() []byte {
	w := &thriftWriter{}
	w.begin()
	w.list(1, thriftTrue, len(b.min))
	for _, m := range b.min {
		if m == nil {
			w.b = append(w.b, thriftTrue)
		} else {
			w.b = append(w.b, thriftFalse)
		}
	}
	for id, list := range [][][]byte{b.min, b.max} {
		w.list(int16(id)+2, thriftBinary, len(list))
		for _, m := range list {
			w.b = binary.AppendUvarint(w.b, uint64(len(m)))
			w.b = append(w.b, m...)
		}
	}
	order := int32(orderNone)
	if b.sorted {
		order = orderAscending
	}
	w.i32(4, order)
	w.list(5, thriftI64, len(b.nulls))
	for _, n := range b.nulls {
		w.b = binary.AppendVarint(w.b, n)
	}
	w.end()
	return w.b
}

func decodeBounds(raw []byte) (b byteBounds, ok bool) {
	r := &thriftReader{b: raw}
	texts := func(into *[][]byte) { r.list(func(byte) { *into = append(*into, r.bytes()) }) }
	r.structure(func(id int16, kind byte) {
		switch {
		case id == 2 && kind == thriftList:
			texts(&b.min)
		case id == 3 && kind == thriftList:
			texts(&b.max)
		case id == 4 && kind == thriftI32:
			b.sorted = r.varint() == orderAscending
		default:
			r.skip(kind)
		}
	})
	return b, !r.failed && len(b.min) == len(b.max)
}
