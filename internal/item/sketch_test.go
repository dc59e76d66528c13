package item

import (
	"fmt"
	"testing"
)

func TestSketch_CountsExactlyThenWithinAFewPercent(t *testing.T) {
	t.Parallel()
	var s, other sketch
	for i := range 200_000 {
		s.add(fmt.Sprint("10.0.", i))
		s.add(fmt.Sprint("10.0.", i/2)) // seen before
		n := s.count()
		switch seen := int64(i + 1); {
		case seen <= exactHashes && n != seen:
			t.Fatalf("%d of %d", n, seen)
		case seen%10_000 == 0 && (float64(n) < 0.9*float64(seen) || float64(n) > 1.1*float64(seen)):
			t.Errorf("%d of %d", n, seen)
		}
	}
	if len(s) != registers {
		t.Errorf("%d bytes", len(s))
	}
	for i := range 60 {
		other.add(fmt.Sprint("192.168.", i))
	}
	few := other.clone()
	few.merge(other)
	if few.count() != 60 {
		t.Errorf("merged with itself it has %d", few.count())
	}
	for i := range 30 {
		few.add(fmt.Sprint("172.16.", i))
	}
	other.merge(few)
	if n := other.count(); n < 80 || n > 100 {
		t.Errorf("%d of 90", n)
	}
	before := s.count()
	s.merge(other)
	if n := s.count(); n < before {
		t.Errorf("%d after %d", n, before)
	}
}
