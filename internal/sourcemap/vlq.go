package sourcemap

import (
	"math"

	"github.com/oriel-dev/oriel/internal/fault"
)

// The mappings are text: lines of the generated file end with ";", segments with
// ",", and a segment is 1, 4 or 5 numbers:
//
//	generated column | source | line | column | name
//
// each the difference to the one before it in the text; the column's begins anew
// with each line. A number is digits of base 64, least significant first: of the
// six bits of a digit the highest says that more follow, the others are data, and
// the lowest bit of the first is the sign.

// reader reads the mappings of one map, or of one section.
type reader struct {
	m               *Map
	text            string
	at              int
	source, sources int // the first one's place in the map, and how many there are
	name, names     int
}

// read adds the segments behind those that are there. The offset of a section
// counts for lines, and for columns on its first line only.
func (r *reader) read(line int, column int32) (loose bool, err error) {
	m := r.m
	var at [5]int64 // generated column, source, line, column, name
	for len(m.starts) <= line {
		m.starts = append(m.starts, int32(len(m.segs)))
	}
	last := int32(-1)
	if n := len(m.segs); n > int(m.starts[line]) {
		last = m.segs[n-1].column
	}
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ';':
			r.at++
			at[0], column, last = 0, 0, -1
			if len(m.starts) >= maxLines {
				return loose, fault.New(fault.TooLarge, "the source map has more than %d lines", maxLines)
			}
			m.starts = append(m.starts, int32(len(m.segs)))
		case ',':
			r.at++
		default:
			s, err := r.segment(&at, column)
			if err != nil {
				return loose, err
			}
			if len(m.segs) >= maxSegments {
				return loose, fault.New(fault.TooLarge, "the source map has more than %d segments", maxSegments)
			}
			loose = loose || s.column < last
			last = s.column
			m.segs = append(m.segs, s)
		}
	}
	return loose, nil
}

// segment reads one mapping; at holds the numbers so far.
func (r *reader) segment(at *[5]int64, column int32) (segment, error) {
	start, n := r.at, 0
	for ; r.at < len(r.text) && r.text[r.at] != ',' && r.text[r.at] != ';'; n++ {
		if n == len(at) {
			return segment{}, fault.New(fault.Invalid, "the segment at character %d of the mappings has more than five numbers", start)
		}
		d, err := r.number()
		if err != nil {
			return segment{}, err
		}
		at[n] += d
		if at[n] < 0 || at[n] > math.MaxInt32/2 {
			return segment{}, fault.New(fault.Invalid, "the segment at character %d of the mappings leads to %d, which is out of range", start, at[n])
		}
	}
	if n == 2 || n == 3 {
		return segment{}, fault.New(fault.Invalid, "the segment at character %d of the mappings has %d numbers; it must have 1, 4 or 5", start, n)
	}
	s := segment{column: int32(at[0]) + column, source: -1, name: -1}
	if n >= 4 && at[1] < int64(r.sources) {
		s.source, s.line, s.sourceColumn = int32(int64(r.source)+at[1]), int32(at[2]), int32(at[3])
		if n == 5 && at[4] < int64(r.names) {
			s.name = int32(int64(r.name) + at[4])
		}
	}
	return s, nil
}

// number reads one number.
func (r *reader) number() (int64, error) {
	var v int64
	for shift := 0; r.at < len(r.text); shift += 5 {
		d := digit(r.text[r.at])
		if d < 0 || shift > 30 {
			return 0, fault.New(fault.Invalid, "the mappings hold no number at character %d", r.at)
		}
		r.at++
		v |= int64(d&31) << shift
		if d&32 == 0 {
			if v&1 != 0 {
				return -(v >> 1), nil
			}
			return v >> 1, nil
		}
	}
	return 0, fault.New(fault.Invalid, "the mappings end within a number")
}

func digit(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}
