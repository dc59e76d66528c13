package query

import (
	"slices"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
)

// comparePrevious is the [Spec.Compare] that moves with the range.
const comparePrevious = "previous"

// honeycombOffsets are the only values of [Spec.CompareOffset], in seconds.
func honeycombOffsets() []int64 {
	return []int64{1800, 3600, 7200, 28800, 86400, 604800, 2419200, 15724800}
}

// back reads how far back another period lies, in seconds; 0 is the one just before.
func (p *parser) back() (int64, error) {
	if p.takeWord(comparePrevious) {
		return 0, nil
	}
	var seconds *int64
	if err := p.seconds(&seconds); err != nil {
		return 0, err
	}
	return *seconds, nil
}

// setCompare compares with a period that back has read: in Honeycomb's member where
// that has the length, so that a length is written in one way only.
func (s *Spec) setCompare(seconds int64) {
	s.Compare, s.CompareOffset = "", nil
	switch {
	case seconds == 0:
		s.Compare = comparePrevious
	case slices.Contains(honeycombOffsets(), seconds):
		s.CompareOffset = &seconds
	default:
		s.Compare = lengthText(seconds)
	}
}

// compareSeconds reads Compare as back does.
func (s *Spec) compareSeconds() (int64, error) {
	p, err := newParser(s.Compare)
	if err != nil {
		return 0, err
	}
	seconds, err := p.back()
	if t := p.peek(); err == nil && t.kind != tokenEnd {
		err = fault.New(fault.Invalid, "found %s behind it", t.describe())
	}
	return seconds, err
}

// settleCompare gives what was decoded the form that setCompare gives. What makes
// no sense stays for checkCompare to refuse.
func (s *Spec) settleCompare() {
	if s.Compare == "" || s.CompareOffset != nil {
		return
	}
	if seconds, err := s.compareSeconds(); err == nil {
		s.setCompare(seconds)
	}
}

func (s *Spec) checkCompare() error {
	switch {
	case s.CompareOffset != nil && s.Compare != "":
		return fault.New(fault.Invalid, "compare_time_offset_seconds and compare are given; give one of them")
	case s.CompareOffset != nil && !slices.Contains(honeycombOffsets(), *s.CompareOffset):
		return fault.New(fault.Invalid, "compare_time_offset_seconds is %d; it must be one of 1800, 3600, 7200, 28800, 86400, 604800, 2419200, 15724800", *s.CompareOffset)
	case s.Compare == "":
		return nil
	}
	if _, err := s.compareSeconds(); err != nil {
		return fault.New(fault.Invalid, "compare is %.40q; it must be previous, or how far back, like 90m or 36h: %s", s.Compare, fault.MessageOf(err))
	}
	return nil
}

// comparedBack is how many ns back the period to compare with lies, for a range of a
// length in ns; 0 for none. It never reaches into the range itself.
func (s *Spec) comparedBack(length int64) (int64, error) {
	switch {
	case s.CompareOffset != nil:
		back := *s.CompareOffset * int64(time.Second)
		if back < length {
			return 0, fault.New(fault.Invalid, "compare_time_offset_seconds is %d; it must be at least the time range of %d seconds", *s.CompareOffset, length/1e9)
		}
		return back, nil
	case s.Compare == "":
		return 0, nil
	}
	seconds, err := s.compareSeconds()
	if err != nil {
		return 0, err
	}
	if seconds == 0 {
		return length, nil
	}
	if back := seconds * int64(time.Second); back >= length {
		return back, nil
	}
	return 0, fault.New(fault.Invalid, "compare is %s; it must be at least the time range of %s, or previous: the period just before", s.Compare, lengthText(length/1e9))
}
