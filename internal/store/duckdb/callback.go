package duckdb

/*
#include "callback.h"
*/
import "C"

import (
	"errors"
	"strings"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// registerCallBack makes known to a DuckDB what compiled statements call back for.
func registerCallBack(c bindings.Connection) error {
	name := C.CString(sqlgen.CallBack)
	defer C.free(unsafe.Pointer(name))
	if C.callback_register(c.Ptr, name) != 0 {
		return errors.New("DuckDB does not take the function that calls back")
	}
	return nil
}

// duckText is a string as DuckDB keeps it: short ones in place.
type duckText struct {
	length uint32
	rest   [12]byte
}

const inPlace = 12

// text is the text of a row in DuckDB's memory, good until the call ends.
func (c *callbackColumn) text(row int) (string, bool) {
	if c.valid != nil && c.valid[row>>6]>>(row&63)&1 == 0 {
		return "", false
	}
	t := &c.texts[row]
	if t.length <= inPlace {
		return unsafe.String(&t.rest[0], int(t.length)), true
	}
	start := *(**byte)(unsafe.Pointer(&t.rest[4]))
	return unsafe.String(start, int(t.length)), true
}

type callbackColumn struct {
	texts []duckText
	valid []uint64
	last  string // the text of the row before, in memory of ours
}

// lasting is text, in memory that may be kept: functions keep compiled patterns
// by their text.
func (c *callbackColumn) lasting(row int) (string, bool) {
	s, ok := c.text(row)
	if ok && s != c.last {
		c.last = strings.Clone(s)
	}
	return c.last, ok
}

// answers are the results of a chunk.
type answers struct {
	bytes []byte
	ends  []int64
	null  []uint8
}

func (a *answers) add(s string, ok bool) {
	a.bytes = append(a.bytes, s...)
	null := uint8(1)
	if ok {
		null = 0
	}
	a.ends, a.null = append(a.ends, int64(len(a.bytes))), append(a.null, null)
}

// callbackRows computes a function of all rows of a chunk. The first column is
// its name.
//
//export callbackRows
func callbackRows(columns *C.struct_callback_column, count, rows C.int64_t, output unsafe.Pointer) {
	n := int(rows)
	given := unsafe.Slice(columns, int(count))
	args := make([]callbackColumn, len(given))
	for i, c := range given {
		args[i].texts = unsafe.Slice((*duckText)(c.texts), n)
		if c.valid != nil {
			args[i].valid = unsafe.Slice((*uint64)(unsafe.Pointer(c.valid)), (n+63)/64)
		}
	}
	a := answers{ends: make([]int64, 0, n), null: make([]uint8, 0, n)}
	if n > 0 && len(args) > 1 {
		applyRows(args, n, &a)
	}
	for len(a.ends) < n {
		a.add("", false)
	}
	if n > 0 {
		C.callback_answer(output, rows, (*C.char)(unsafe.Pointer(unsafe.SliceData(a.bytes))), (*C.int64_t)(unsafe.SliceData(a.ends)), (*C.uint8_t)(unsafe.SliceData(a.null)))
	}
}

func applyRows(args []callbackColumn, n int, a *answers) {
	defer func() { _ = recover() }() // a panic must not cross C: the rows that are left have no answer
	name, _ := args[0].lasting(0)
	args = args[1:]
	if name == "glob_part" && len(args) == 3 {
		globRows(args, n, a)
		return
	}
	values := make([]event.Value, len(args))
	for row := range n {
		for i := range args {
			read := args[i].text
			if i > 0 {
				read = args[i].lasting
			}
			values[i] = event.Value{}
			if s, ok := read(row); ok {
				values[i] = event.StringValue(s)
			}
		}
		v := query.Apply(name, values)
		a.add(v.Text(), !v.IsNull())
	}
}

// globRows reads the glob once.
func globRows(args []callbackColumn, n int, a *answers) {
	pattern, _ := args[1].text(0)
	place, _ := args[2].text(0)
	star := 0
	for _, c := range []byte(place) {
		star = star*10 + int(c-'0')
	}
	glob := query.NewGlob(pattern)
	for row := range n {
		s, ok := args[0].text(row)
		part := ""
		if ok {
			part, ok = glob.Part(s, star)
		}
		a.add(part, ok)
	}
}
