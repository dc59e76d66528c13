package event

import "unsafe"

// nursery is where columns and their first values lie side by side. Most batches
// are one request's with few rows of many columns: what those hold would
// otherwise be some hundred small allocations. What outgrows its first place moves
// by itself.
type nursery struct {
	columns []Column
	codes   []uint32
	text    []byte
	made    int // columns
}

const (
	mostColumns = 64      // made at a time
	firstText   = 2 << 10 // bytes of text at a time
	mostText    = 256     // of a first value that lies here
)

// expect makes room for so many columns at once.
func (n *nursery) expect(columns int) {
	if n.made == 0 && columns > 0 {
		n.made = min(columns, mostColumns)
		n.columns, n.codes = make([]Column, n.made), make([]uint32, 2*n.made)
	}
}

// column returns a new one with room for one value of text.
func (n *nursery) column(name string, place int) *Column {
	if len(n.columns) == 0 {
		size := min(max(n.made, 8), mostColumns)
		n.columns, n.codes = make([]Column, size), make([]uint32, 2*size)
		n.made += size
	}
	c := &n.columns[0]
	n.columns = n.columns[1:]
	c.Name, c.place = name, place
	c.Codes, c.Dict.Ends = n.codes[0:0:1], n.codes[1:1:2]
	n.codes = n.codes[2:]
	return c
}

// place gives the dictionary room for its first text.
func (n *nursery) place(d *Dict, size int) {
	if d.Data == nil && size <= mostText {
		d.Data = n.bytes(size)
	}
}

// copied returns a copy of a name.
func (n *nursery) copied(name []byte) string {
	if len(name) > mostText {
		return string(name)
	}
	text := append(n.bytes(len(name)), name...)
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// bytes returns an empty slice with room for so many.
func (n *nursery) bytes(size int) []byte {
	if cap(n.text)-len(n.text) < size {
		n.text = make([]byte, 0, firstText)
	}
	at := len(n.text)
	n.text = n.text[:at+size]
	return n.text[at:at:len(n.text)]
}

// room makes a slice hold n more. It doubles what is full: what append would add,
// a quarter, copies large batches over and over and leaves that much behind.
func room[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	out := make([]T, len(s), max(2*cap(s), len(s)+n))
	copy(out, s)
	return out
}

// roomAhead makes room in a full slice of values for those to come, if the rows ahead
// have as many as those so far: but eight times as many as there are, lest few bytes
// that claim to be many rows take much memory.
func roomAhead[T any](s []T, row, expected int) []T {
	const most, least = 8, 16
	n := len(s)
	if n < cap(s) || row >= expected {
		return s
	}
	ahead := (expected-row)*(n+1)/(row+1) + 1
	out := make([]T, n, n+min(ahead, max(most*n, least)))
	copy(out, s)
	return out
}

// roomForText is room for text. What is large doubles as well, but up to the size
// at which stores begin a new piece of it: beyond, it grows by a third, as half of
// it would be empty, and texts are most of what lies in memory.
func roomForText(s []byte, n int) []byte {
	const large, textPiece, share = 4 << 20, 16 << 20, 3
	if len(s) < large || cap(s)-len(s) >= n {
		return room(s, n)
	}
	out := make([]byte, len(s), len(s)+max(n, large, len(s)/share, min(len(s), textPiece-len(s))))
	copy(out, s)
	return out
}
