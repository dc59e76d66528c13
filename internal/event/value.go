// Package event is the canonical model: what every protocol decodes into and
// every store keeps. A row is wide and flat: a time, a sample rate and typed
// fields under the names the client used, grouped by environment and dataset
// into a column-wise [Batch]. It imports nothing of ours and knows no vendor.
package event

import (
	"math"
	"strconv"
	"strings"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of value, from narrow to wide for the numeric ones. Null is the absence of a value.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
)

// String returns the name of the kind as the API shows it.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "boolean"
	case Int:
		return "integer"
	case Float:
		return "float"
	case String:
		return "string"
	}
	return "unknown"
}

// Unify returns the narrowest kind that holds values of both: equal kinds stay,
// int and float become float, Null yields to the other, all else is string.
func Unify(a, b Kind) Kind {
	switch {
	case a == b || b == Null:
		return a
	case a == Null:
		return b
	case (a == Int && b == Float) || (a == Float && b == Int):
		return Float
	}
	return String
}

// Value is one typed scalar. The zero Value is null. Values are comparable with
// ==, except that a float NaN differs from itself.
type Value struct {
	kind Kind
	num  uint64
	str  string
}

// StringValue returns a string value.
func StringValue(s string) Value { return Value{kind: String, str: s} }

// IntValue returns an integer value.
func IntValue(i int64) Value { return Value{kind: Int, num: uint64(i)} }

// FloatValue returns a float value.
func FloatValue(f float64) Value { return Value{kind: Float, num: math.Float64bits(f)} }

// BoolValue returns a boolean value.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether there is no value.
func (v Value) IsNull() bool { return v.kind == Null }

// Str returns the string of a String value, else "".
func (v Value) Str() string { return v.str }

// Int returns the integer of an Int value, else 0.
func (v Value) Int() int64 {
	if v.kind == Int {
		return int64(v.num)
	}
	return 0
}

// Float returns the number of a Float value, else 0. Use Number for any numeric kind.
func (v Value) Float() float64 {
	if v.kind == Float {
		return math.Float64frombits(v.num)
	}
	return 0
}

// Bool returns the truth of a Bool value, else false.
func (v Value) Bool() bool { return v.kind == Bool && v.num == 1 }

// Number returns the value as a float64: ints and floats as they are, booleans
// as 1 and 0, strings if they parse as a finite decimal number without underscores.
func (v Value) Number() (float64, bool) {
	switch v.kind {
	case Int:
		return float64(int64(v.num)), true
	case Float:
		return math.Float64frombits(v.num), true
	case Bool:
		return float64(v.num), true
	case String:
		f, err := strconv.ParseFloat(v.str, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(v.str, "_xX") {
			return 0, false
		}
		return f, true
	case Null:
	}
	return 0, false
}

// Text returns the canonical text form: what a value becomes in a string
// column. Floats are printed in the shortest form that reads back the same,
// without an exponent below 1e21; null is "".
func (v Value) Text() string {
	switch v.kind {
	case String:
		return v.str
	case Int:
		return strconv.FormatInt(int64(v.num), 10)
	case Float:
		return string(AppendFloat(nil, math.Float64frombits(v.num)))
	case Bool:
		if v.num == 1 {
			return "true"
		}
		return "false"
	case Null:
	}
	return ""
}

// AppendFloat appends the canonical text of a float, the one [Value.Text] gives.
func AppendFloat(dst []byte, f float64) []byte {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// Any returns the value as a Go value for encoding: nil, bool, int64, float64 or string.
func (v Value) Any() any {
	switch v.kind {
	case Bool:
		return v.num == 1
	case Int:
		return int64(v.num)
	case Float:
		return math.Float64frombits(v.num)
	case String:
		return v.str
	case Null:
	}
	return nil
}

// Convert returns the value in the wider kind that [Unify] asks for.
func (v Value) Convert(to Kind) Value {
	switch {
	case v.kind == to || v.kind == Null:
		return v
	case to == Float && v.kind == Int:
		return FloatValue(float64(int64(v.num)))
	}
	return StringValue(v.Text())
}
