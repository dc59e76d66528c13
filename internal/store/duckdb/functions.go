package duckdb

/*
#include <stdlib.h>
#include "functions.h"
*/
import "C"

import (
	"errors"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/query/pattern"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// RegisterFunctions makes the functions known to an instance of DuckDB that
// statements of package sqlgen call. All its connections have them then.
func RegisterFunctions(c bindings.Connection) error {
	name := C.CString(sqlgen.FilterPattern)
	defer C.free(unsafe.Pointer(name))
	if C.functions_register(c.Ptr, name) != 0 {
		return errors.New("DuckDB does not take the function for filter patterns")
	}
	return registerCallBack(c)
}

// engineText is a text as DuckDB keeps it: see [hotScan.setTexts].
type engineText [16]byte

// bytes are the text's own memory.
func (t *engineText) bytes() []byte {
	const inlined = 12
	n := *(*uint32)(unsafe.Pointer(t))
	if n <= inlined {
		return t[4 : 4+n]
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&t[8])), n)
}

// filterPatternRows tests texts by the filter pattern beside each, which is the
// same for nearly all calls. It runs on DuckDB's threads.
//
//export filterPatternRows
func filterPatternRows(rows C.uint64_t, texts, valid, patterns, out unsafe.Pointer) (failed C.int) {
	defer func() { // DuckDB cannot take a panic
		if recover() != nil {
			failed = 1
		}
	}()
	n := int(rows)
	results := unsafe.Slice((*bool)(out), n)
	clear(results)
	list, filters := unsafe.Slice((*engineText)(texts), n), unsafe.Slice((*engineText)(patterns), n)
	var bits []uint64 // none where every text is there
	if valid != nil {
		bits = unsafe.Slice((*uint64)(valid), (n+63)/64)
	}
	var p *pattern.Pattern
	var source []byte
	for i := range results {
		if bits != nil && bits[i>>6]>>(i&63)&1 == 0 {
			continue
		}
		if f := filters[i].bytes(); p == nil || string(f) != string(source) {
			if p = query.FilterPattern(string(f)); p == nil {
				continue
			}
			source = f
		}
		results[i] = p.Match(list[i].bytes())
	}
	return 0
}
