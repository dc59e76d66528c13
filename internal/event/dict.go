package event

import (
	"hash/maphash"
	"unsafe"
)

// Dict maps the distinct strings of a column to codes. When most strings turn
// out to differ it stops looking for equal ones, so entries may then repeat:
// equal codes mean equal text, different codes do not mean different text.
// Reading is safe from many goroutines while nobody interns.
type Dict struct {
	// Ends[i] is where entry i ends in Data; it starts where entry i-1 ends.
	Ends []uint32
	Data []byte

	table *dictTable // nil while small or given up
	last  uint32     // code last returned, +1
	asked uint32     // strings interned so far
	loose bool       // entries may repeat
}

// dictTable finds entries by their hash. It lies apart: most dictionaries are a
// single request's and never need one.
type dictTable struct {
	slots  []uint32 // open addressing: code+1, 0 is free
	hashes []uint32 // per entry
}

var dictSeed = maphash.MakeSeed()

const (
	dictScanLimit  = 8    // up to here a linear scan beats hashing
	dictJudgeAfter = 1024 // strings seen before giving up on equal ones
)

// Len returns the number of entries.
func (d *Dict) Len() int { return len(d.Ends) }

// Loose reports whether entries may repeat.
func (d *Dict) Loose() bool { return d.loose }

// Bytes returns entry code; the caller must not change it.
func (d *Dict) Bytes(code uint32) []byte {
	start := uint32(0)
	if code > 0 {
		start = d.Ends[code-1]
	}
	return d.Data[start:d.Ends[code]]
}

// Text returns entry code as a string that shares the dictionary's memory,
// which never changes once written.
func (d *Dict) Text(code uint32) string {
	b := d.Bytes(code)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Intern returns the code of s, adding it if need be.
func (d *Dict) Intern(s string) uint32 {
	return d.InternBytes(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// InternBytes returns the code of b, adding a copy if need be. The total of all
// entries is limited to 4 GiB by the offsets; batches stay far below.
func (d *Dict) InternBytes(b []byte) uint32 {
	d.asked++
	if d.last > 0 && string(d.Bytes(d.last-1)) == string(b) {
		return d.last - 1
	}
	if d.loose {
		return d.add(b)
	}
	if d.table == nil {
		for code := range d.Ends {
			if string(d.Bytes(uint32(code))) == string(b) {
				d.last = uint32(code) + 1
				return uint32(code)
			}
		}
		if len(d.Ends) < dictScanLimit {
			return d.add(b)
		}
		d.grow(64)
	}
	t, h := d.table, uint32(maphash.Bytes(dictSeed, b))
	mask := uint32(len(t.slots) - 1)
	i := h & mask
	for t.slots[i] != 0 {
		code := t.slots[i] - 1
		if t.hashes[code] == h && string(d.Bytes(code)) == string(b) {
			d.last = code + 1
			return code
		}
		i = (i + 1) & mask
	}
	code := d.add(b)
	t.hashes = append(t.hashes, h)
	t.slots[i] = code + 1
	switch n := len(d.Ends); {
	case d.asked >= dictJudgeAfter && n > int(d.asked-d.asked/4):
		// Three in four are new: hashing them buys nothing.
		d.loose, d.table = true, nil
	case n > len(t.slots)-len(t.slots)/4:
		d.grow(2 * len(t.slots))
	}
	return code
}

// Unique tells the dictionary that its strings will rarely repeat (ids), so
// that it never hashes.
func (d *Dict) Unique() {
	d.loose, d.table = true, nil
}

// Reserve makes room for so many bytes of text that are to come.
func (d *Dict) Reserve(bytes int) {
	if bytes > cap(d.Data)-len(d.Data) {
		d.Data = append(make([]byte, 0, len(d.Data)+bytes), d.Data...)
	}
}

func (d *Dict) add(b []byte) uint32 {
	d.Data = append(roomForText(d.Data, len(b)), b...)
	d.Ends = append(room(d.Ends, 1), uint32(len(d.Data)))
	d.last = uint32(len(d.Ends))
	return d.last - 1
}

func (d *Dict) grow(size int) {
	for size < 2*len(d.Ends) {
		size *= 2
	}
	if d.table == nil {
		d.table = &dictTable{hashes: make([]uint32, len(d.Ends), size)}
		for code := range d.Ends {
			d.table.hashes[code] = uint32(maphash.Bytes(dictSeed, d.Bytes(uint32(code))))
		}
	}
	slots, mask := make([]uint32, size), uint32(size-1)
	for code, h := range d.table.hashes {
		i := h & mask
		for slots[i] != 0 {
			i = (i + 1) & mask
		}
		slots[i] = uint32(code) + 1
	}
	d.table.slots = slots
}

// Restore makes a dictionary of entries read from outside; the slices are kept.
// Later interning works, at the price of hashing the entries once.
func Restore(ends []uint32, data []byte, loose bool) Dict {
	return Dict{Ends: ends, Data: data, loose: loose}
}
