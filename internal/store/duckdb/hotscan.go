package duckdb

/*
#include "hotscan.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/oriel-dev/oriel/internal/event"
)

// hotScan gives rows in memory to DuckDB as a table, without copying columns
// that lie in memory as it wants them. The Go memory is pinned until close.
type hotScan struct {
	pinner runtime.Pinner
	table  *C.struct_hot_table
}

// hotColumn is a column of the table: a system column, or a field in a kind.
type hotColumn struct {
	name  string
	field string
	kind  event.Kind
}

// registerHotRows makes the table function known to DuckDB, once.
func registerHotRows(c *conn) error {
	if C.hot_register(c.c.Ptr) != 0 {
		return errors.New("DuckDB does not take the function for rows in memory")
	}
	return nil
}

// newHotScan makes a table of the rows of batches, which must not change until close.
func newHotScan(columns []hotColumn, batches []*event.Batch) *hotScan {
	s := &hotScan{table: C.hot_table_new(C.int64_t(len(columns)), C.int64_t(len(batches)))}
	for i, col := range columns {
		name := C.CString(col.name)
		C.hot_table_name(s.table, C.int64_t(i), name, hotKind(col.kind))
		C.free(unsafe.Pointer(name))
	}
	for p, b := range batches {
		C.hot_table_part(s.table, C.int64_t(p), C.int64_t(b.Len()))
		for i, col := range columns {
			s.column(p, i, col, b)
		}
	}
	return s
}

// from is the table as SQL.
func (s *hotScan) from() string {
	return fmt.Sprintf("hot_rows(%d)", int64(uintptr(unsafe.Pointer(s.table))))
}

// close frees the table. No query may be reading it.
func (s *hotScan) close() {
	C.hot_table_free(s.table)
	s.pinner.Unpin()
}

func hotKind(k event.Kind) C.int32_t {
	switch k {
	case event.Bool:
		return C.HOT_BOOL
	case event.Int:
		return C.HOT_INT
	case event.Float:
		return C.HOT_FLOAT
	case event.String, event.Null:
	}
	return C.HOT_TEXT
}

func (s *hotScan) column(part, i int, col hotColumn, b *event.Batch) {
	n := b.Len()
	switch col.field {
	case event.SystemTime:
		s.set(part, i, unsafe.Pointer(unsafe.SliceData(b.Times)), nil)
		return
	case event.SystemDataset:
		var d event.Dict
		d.Intern(b.Dataset)
		s.setTexts(part, i, make([]uint32, n), &d)
		return
	case event.SystemSampleRate:
		rates := make([]int64, n)
		for row := range rates {
			rates[row] = int64(b.SampleRate(row))
		}
		s.set(part, i, unsafe.Pointer(unsafe.SliceData(rates)), nil)
		return
	}
	c := b.Find(col.field)
	if c == nil {
		c = &event.Column{Kind: col.kind}
	}
	d := newDense(c, col.kind, n)
	switch col.kind {
	case event.Bool:
		s.set(part, i, unsafe.Pointer(unsafe.SliceData(d.bools)), d.valid)
	case event.Int:
		s.set(part, i, unsafe.Pointer(unsafe.SliceData(d.ints)), d.valid)
	case event.Float:
		s.set(part, i, unsafe.Pointer(unsafe.SliceData(d.floats)), d.valid)
	case event.String, event.Null:
		s.setTexts(part, i, d.codes, d.dict)
	}
}

func (s *hotScan) pin(p unsafe.Pointer) unsafe.Pointer {
	if p != nil {
		s.pinner.Pin(p)
	}
	return p
}

func (s *hotScan) set(part, i int, data unsafe.Pointer, valid []byte) {
	C.hot_table_column(s.table, C.int64_t(part), C.int64_t(i), s.pin(data), (*C.uint8_t)(s.pin(unsafe.Pointer(unsafe.SliceData(valid)))), nil, 0)
}

// setTexts lays a dictionary out as DuckDB keeps strings: four bytes of length,
// then the text itself if it has at most twelve bytes, else its first four and
// its address.
func (s *hotScan) setTexts(part, i int, codes []uint32, d *event.Dict) {
	const inlined = 12
	texts := make([][16]byte, d.Len()+1)
	base := uintptr(s.pin(unsafe.Pointer(unsafe.SliceData(d.Data))))
	start := uint32(0)
	for k, end := range d.Ends {
		t := &texts[k]
		text := d.Data[start:end]
		*(*uint32)(unsafe.Pointer(t)) = uint32(len(text))
		if len(text) <= inlined {
			copy(t[4:], text)
		} else {
			copy(t[4:8], text)
			*(*uintptr)(unsafe.Pointer(&t[8])) = base + uintptr(start)
		}
		start = end
	}
	C.hot_table_column(s.table, C.int64_t(part), C.int64_t(i), s.pin(unsafe.Pointer(unsafe.SliceData(codes))), nil,
		s.pin(unsafe.Pointer(unsafe.SliceData(texts))), C.uint32_t(d.Len()))
}
