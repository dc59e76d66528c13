package duckdb

import (
	"fmt"
	"strings"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/store"
	"github.com/oriel-dev/oriel/internal/store/sqlgen"
)

// fetch copies a result into columns of the wanted kinds.
func fetch(res *bindings.Result, columns []sqlgen.Column, maxRows int) (*store.Result, error) {
	// A question for no columns at all is answered with a dummy.
	if n := int(bindings.ColumnCount(res)); n != len(columns) && len(columns) > 0 {
		return nil, fmt.Errorf("the engine answered %d columns where %d were asked for", n, len(columns))
	}
	out := &store.Result{Columns: make([]store.ResultColumn, len(columns))}
	for i, c := range columns {
		out.Columns[i].Name = c.Name
	}
	for {
		chunk := bindings.FetchChunk(*res)
		if chunk.Ptr == nil {
			return out, nil
		}
		n := int(bindings.DataChunkGetSize(chunk))
		if out.Rows += n; out.Rows > maxRows {
			bindings.DestroyDataChunk(&chunk)
			return nil, tooManyRows(maxRows)
		}
		for i := range columns {
			v := bindings.DataChunkGetVector(chunk, bindings.IdxT(i))
			col := &out.Columns[i]
			if err := appendVector(col, v, bindings.ColumnType(res, bindings.IdxT(i)), columns[i].Kind, n); err != nil {
				bindings.DestroyDataChunk(&chunk)
				return nil, fmt.Errorf("column %s: %w", columns[i].Name, err)
			}
		}
		bindings.DestroyDataChunk(&chunk)
	}
}

func tooManyRows(most int) error {
	return fault.New(fault.TooLarge, "the answer has more than %d rows: add a limit, or ask for fewer groups", most)
}

// appendVector reads a flat vector straight from the engine's memory.
func appendVector(col *store.ResultColumn, v bindings.Vector, t bindings.Type, want event.Kind, n int) error {
	read, err := reader(t, bindings.VectorGetData(v))
	if err != nil {
		return err
	}
	validity := bindings.VectorGetValidity(v)
	for row := range n {
		if validity != nil {
			word := *(*uint64)(unsafe.Add(validity, row/64*8))
			if word>>(row%64)&1 == 0 {
				col.Values = append(col.Values, event.Value{})
				continue
			}
		}
		value := read(row)
		if want != event.Null && value.Kind() != want {
			value = convert(value, want)
		}
		col.Values = append(col.Values, value)
		col.Kind = event.Unify(col.Kind, value.Kind())
	}
	return nil
}

// convert makes an engine's number the kind that the question says.
func convert(v event.Value, want event.Kind) event.Value {
	switch want {
	case event.Float:
		f, _ := v.Number()
		return event.FloatValue(f)
	case event.Int:
		f, _ := v.Number()
		return event.IntValue(int64(f))
	case event.Bool:
		f, _ := v.Number()
		return event.BoolValue(f != 0)
	case event.String:
		return event.StringValue(v.Text())
	case event.Null:
	}
	return v
}

func at[T any](data unsafe.Pointer, row int) T {
	var zero T
	return *(*T)(unsafe.Add(data, uintptr(row)*unsafe.Sizeof(zero)))
}

func integers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](data unsafe.Pointer) func(int) event.Value {
	return func(row int) event.Value { return event.IntValue(int64(at[T](data, row))) }
}

// reader returns what reads a value of a type.
func reader(t bindings.Type, data unsafe.Pointer) (func(row int) event.Value, error) {
	switch t {
	case bindings.TypeBoolean:
		return func(row int) event.Value { return event.BoolValue(at[bool](data, row)) }, nil
	case bindings.TypeTinyInt:
		return integers[int8](data), nil
	case bindings.TypeSmallInt:
		return integers[int16](data), nil
	case bindings.TypeInteger, bindings.TypeSQLNull:
		return integers[int32](data), nil
	case bindings.TypeBigInt, bindings.TypeTimestampNS:
		return integers[int64](data), nil
	case bindings.TypeUTinyInt:
		return integers[uint8](data), nil
	case bindings.TypeUSmallInt:
		return integers[uint16](data), nil
	case bindings.TypeUInteger:
		return integers[uint32](data), nil
	case bindings.TypeUBigInt:
		return integers[uint64](data), nil
	case bindings.TypeHugeInt:
		return func(row int) event.Value { return hugeInt(at[[2]int64](data, row)) }, nil
	case bindings.TypeFloat:
		return func(row int) event.Value { return event.FloatValue(float64(at[float32](data, row))) }, nil
	case bindings.TypeDouble:
		return func(row int) event.Value { return event.FloatValue(at[float64](data, row)) }, nil
	case bindings.TypeVarchar:
		return func(row int) event.Value { return event.StringValue(text(unsafe.Add(data, row*16))) }, nil
	}
	return nil, fmt.Errorf("the engine answered type %d, which is not read", t)
}

// hugeInt reads a 128-bit integer: the lower half unsigned, then the upper one.
func hugeInt(halves [2]int64) event.Value {
	low, high := uint64(halves[0]), halves[1]
	if (high == 0 && low < 1<<63) || (high == -1 && low >= 1<<63) {
		return event.IntValue(int64(low))
	}
	return event.FloatValue(float64(high)*(1<<64) + float64(low))
}

// text reads DuckDB's string: a length of four bytes, then up to twelve bytes of
// text, or four of them and a pointer.
func text(p unsafe.Pointer) string {
	const inlined = 12
	n := *(*uint32)(p)
	if n <= inlined {
		return strings.Clone(unsafe.String((*byte)(unsafe.Add(p, 4)), n))
	}
	return strings.Clone(unsafe.String(*(**byte)(unsafe.Add(p, 8)), n))
}
