package store

import (
	"math"

	"github.com/oriel-dev/oriel/internal/event"
)

// ContrastOptions tune a contrast.
type ContrastOptions struct {
	Fields    []string                             // computed ones too; none means every stored field but the ids of traces and spans
	MaxValues int                                  // values given of each field, the most frequent ones; 0 means 40
	Enough    int64                                // about so many rows are read for those values, see below; 0 means all
	Progress  func(c *Contrast, progress Progress) // called now and then, one call at a time, with what is counted so far; may be nil
}

// Enough is for one who wants values soon rather than every one of them: rows in memory
// and what is known without reading rows count always, other rows up to about that
// number, taken from all parts of the range; rows of a field of many values count for
// several, since they cost as much. Where functions must be called, for a computed field
// or by a condition, each row counts for as many as that costs, rows in memory, too. Rows left out are told as Contrast.Unread, rows
// known to be without the values asked for may be left out of Events, and of a field that
// is Unique, or has too many numbers, some values are given, of which there may be more.

// The sides of a contrast.
const (
	Selected = iota // rows for which the selection is true
	Others          // the other rows of the query
)

// Contrast tells how the rows of two sides differ, field by field. Rows count as
// many events as their sample rate says, unless the query is Unweighted.
type Contrast struct {
	Events [2]float64 // on each side
	// Squares are the sums of the squares of what rows count as: Events²/Squares is how
	// many rows of equal weight say as much.
	Squares [2]float64
	Fields  []ContrastField
	Left    int   // fields that are kept in the overflow column and were not looked at
	Unread  int64 // rows that were left out, because there had been enough
	Stats   Stats
}

// ContrastField is how one field's values lie on both sides.
type ContrastField struct {
	Name     string
	Kind     event.Kind // unified over all rows
	Present  [2]float64 // events that have it; not all if Unique
	Distinct int        // different values seen; not all if Unique or Cut
	Unique   bool       // nearly every event has a value of its own: neither values nor bins are given, but with Enough
	Cut      bool       // rare values were let go of on the way: their counts are missing
	Values   []ContrastValue
	Bins     []ContrastBin // numbers, from low to high; none for texts and booleans
}

// ContrastValue counts the events that have one value.
type ContrastValue struct {
	Value  event.Value
	Events [2]float64
}

// ContrastBin counts the events whose number is about Value: the middle of a
// bin that is 1.1 % wide, or zero.
type ContrastBin struct {
	Value  float64
	Events [2]float64
}

// binShift keeps a float's sign, exponent and six bits of its mantissa.
const binShift = 52 - 6

// BinOf returns the bin that a number is counted in. Bins are ordered as their
// numbers are; NaN and infinities have none.
func BinOf(v float64) (bin int32, ok bool) {
	if v == 0 {
		return 0, true
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	n := int32(math.Float64bits(math.Abs(v))>>binShift) + 1
	if v < 0 {
		return -n, true
	}
	return n, true
}

// BinValue returns the middle of a bin.
func BinValue(bin int32) float64 {
	switch {
	case bin > 0:
		return math.Float64frombits(uint64(bin-1)<<binShift | 1<<(binShift-1))
	case bin < 0:
		return -BinValue(-bin)
	}
	return 0
}
