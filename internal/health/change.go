package health

import (
	"math"
	"slices"
	"time"
)

// Deploy is a version that came.
type Deploy struct {
	At      int64 // Unix nanoseconds
	Version string
	Service string // "" for all of the environment
}

// Period is the time that is looked at, in steps of equal length. The last one may
// not be over.
type Period struct {
	Start, End  int64 // Unix nanoseconds
	Step        int64
	HistoryFrom int64    // since when the history before Start reaches; 0: there is none
	Heard       int64    // the latest event of anybody; 0 if that is not known
	Deploys     []Deploy // the oldest first
}

// share is a part of requests: that failed, or were slow.
type share struct{ hits, of float64 }

func (s share) rate() float64 {
	if s.of <= 0 {
		return 0
	}
	return s.hits / s.of
}

func (s *share) add(o share) {
	s.hits += o.hits
	s.of += o.of
}

// likelihood is the logarithm of how likely the hits are at their own rate.
func (s share) likelihood() float64 {
	l := 0.0
	if s.hits > 0 {
		l += s.hits * math.Log(s.hits/s.of)
	}
	if miss := s.of - s.hits; miss > 0 {
		l += miss * math.Log(miss/s.of)
	}
	return l
}

// change is since when a share is higher.
type change struct {
	at            int // the first point after it; 0: it lies before the period
	before, after share
}

const (
	// surely is the least evidence for a change: twice a log likelihood ratio, of
	// which chance alone exceeds it at one of about 60 places once in a hundred times.
	surely = 14
	// leastBefore is of how many requests a share before must be known.
	leastBefore = 20
)

// rise finds where a share rose, if it did: the place where two rates, one before
// and one after, explain the points best.
func rise(history share, points []share) (c change, found bool) {
	whole := history
	for _, p := range points {
		whole.add(p)
	}
	before, best := history, float64(surely)
	for at, p := range points {
		after := share{whole.hits - before.hits, whole.of - before.of}
		if before.of >= leastBefore && after.of > 0 && after.rate() > before.rate() {
			if g := 2 * (before.likelihood() + after.likelihood() - whole.likelihood()); g > best {
				best, c, found = g, change{at, before, after}, true
			}
		}
		before.add(p)
	}
	return c, found
}

// splitAt is the change at a point, whatever the evidence.
func splitAt(history share, points []share, at int) change {
	c := change{at: at, before: history}
	for i, p := range points {
		if i < at {
			c.before.add(p)
		} else {
			c.after.add(p)
		}
	}
	return c
}

// lasts reports whether a rise is still there in the latest points: not a peak that
// is over.
func (c *change) lasts(points []share, step int64) bool {
	const recent, fewest, least, quarter = int64(10 * time.Minute), 3, 10, 0.25
	n := max(int(recent/max(step, 1)), fewest)
	var tail share
	for _, p := range points[max(len(points)-n, c.at, 0):] {
		tail.add(p)
	}
	return tail.of < least || tail.rate() >= c.before.rate()+quarter*(c.after.rate()-c.before.rate())
}

// deployAt finds the deploy that a change at a point came with: the latest of the
// service or of all, not long before and not after it.
func (p *Period) deployAt(service string, at int) *Deploy {
	const soon = int64(5 * time.Minute)
	moment := p.Start + int64(at)*p.Step
	for _, d := range slices.Backward(p.Deploys) {
		if d.Service != "" && d.Service != service {
			continue
		}
		if d.At < moment+p.Step && d.At >= moment-max(soon, 2*p.Step) {
			return &d
		}
	}
	return nil
}

// deployBefore finds the deploy that something new came with, from its first moment.
func (p *Period) deployBefore(at int64) *Deploy {
	const soon = int64(15 * time.Minute)
	for _, d := range slices.Backward(p.Deploys) {
		if d.At <= at && at-d.At <= soon {
			return &d
		}
	}
	return nil
}

// pointOf is the first point that begins at a moment or later.
func (p *Period) pointOf(at int64) int {
	return int(max((at-p.Start+p.Step-1)/p.Step, 0))
}
